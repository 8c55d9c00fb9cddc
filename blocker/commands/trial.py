"""What `redhand up` lays down before it starts anything: the list, the clock, the configuration.

All of it lies under one data directory and is kept: the next `redhand up` goes on where this one stopped. Passwords and
scaled time are for trial lists alone.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import yaml

from blocker.addresses import Address
from blocker.blocklist.decode import decode
from blocker.blocklist.entry import Environment
from blocker.clock import TRIAL_CLOCK, open_clock
from blocker.distribution import durable
from blocker.distribution.source import read_source, shipped, shipped_lists
from blocker.errors import ListRefusedError, OperationError

CONFIG = "redhand.yaml"
ISP_KEY = "demo-isp-token"
ISP = "demo-isp"
EVIDENCE_KEY = "demo-evidence.key"
HEADING = "# Written by `redhand up`, anew at each start. docs/CONFIGURATION.md explains every line.\n"
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}(?=T|\b)")
_ISSUED = re.compile(r"^issued: (\d{4}-\d{2}-\d{2})", re.MULTILINE)
IDENTITY = ("-c", "user.name=Redhand trial", "-c", "user.email=trial@redhand.invalid")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who typed `redhand up` asked for; None: our own choice."""

    data: Path
    dns: Address
    page: Address
    admin: Address
    lists: Path | None
    upstream: Address | None
    time_scale: float | None


def prepare_lists(wishes: Wishes) -> Path:
    """Return the list's directory: the one given, or our trial list, copied and put under git once.

    Raises:
        OperationError: if it cannot be written.
    """
    if wishes.lists is not None:
        return wishes.lists
    target = wishes.data / "lists"
    if target.exists():
        return target
    # Made aside and renamed: after a kill in between there is no half list that looks like a whole one.
    aside = wishes.data / ".lists.part"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        lay_trial_list(aside, datetime.now(UTC).date())
        _git(aside, "init", "--quiet", "--initial-branch=main")
        _git(aside, "add", "--all")
        _git(aside, *IDENTITY, "commit", "--quiet", "--message=The trial list that ships with Redhand")
        aside.rename(target)
    except OSError as error:
        raise OperationError(f"cannot lay the trial list at {target}: {error.strerror}") from error
    return target


def lay_trial_list(target: Path, today: date) -> None:
    """Copy the trial list to `target`, with its dates moved so that its directives were issued yesterday.

    Every entry ends; a trial list as it was written once would block nothing a few months later.
    """
    shutil.copytree(shipped_lists(), target, copy_function=shutil.copyfile)
    texts = {path: path.read_text(encoding="utf-8") for path in target.glob("*/*.yaml")}
    issued = max(date.fromisoformat(day) for text in texts.values() for day in _ISSUED.findall(text))
    later = today - timedelta(days=1) - issued
    for path, text in texts.items():
        moved = _DAY.sub(lambda day: (date.fromisoformat(day[0]) + later).isoformat(), text)
        path.write_text(moved, encoding="utf-8")


def _git(directory: Path, *arguments: str) -> None:
    # Neither the repository that a hook ran us from nor anybody's settings, templates and hooks are meant here.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TEMPLATE_DIR": ""}
    command = ["git", "-C", str(directory), *arguments]
    ran = subprocess.run(command, env={**clean, **own}, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise OperationError(f"git failed in {directory}: {ran.stderr.strip()}")


def environment_of(lists: Path) -> Environment:
    """Return what kind of list lies there.

    Raises:
        ListRefusedError: if its list.yaml cannot be read.
    """
    decoded = decode(read_source(lists).files, shipped())
    if decoded.blocklist is None:
        raise ListRefusedError(decoded.faults)
    return decoded.blocklist.environment


def start_clock(wishes: Wishes, environment: Environment) -> None:
    """Let trial time run on from where it was, at the wished pace.

    Time never goes back in one data directory: once scaled, it stays a trial's own time. It stands still while nothing
    runs, unless the last run was killed before it could note when it stopped.

    Raises:
        OperationError: if the list is not a trial list.
    """
    path = wishes.data / TRIAL_CLOCK
    if wishes.time_scale is None and not path.exists():
        return
    if environment is not Environment.TRIAL:
        raise OperationError(f"time can be scaled for a trial list only, and this is a list for {environment}")
    moment = open_clock(wishes.data).timestamp()  # also says if the file is no clock
    stopped = json.loads(path.read_text()).get("stopped") if path.exists() else None
    moment = moment if stopped is None else stopped
    _write_clock(path, {"scale": wishes.time_scale or 1.0, "real_epoch": time.time(), "trial_epoch": moment})


def stop_clock(data: Path) -> None:
    """Note when trial time stopped."""
    path = data / TRIAL_CLOCK
    if path.exists():
        _write_clock(path, {**json.loads(path.read_text()), "stopped": open_clock(data).timestamp()})


def _write_clock(path: Path, values: dict[str, float]) -> None:
    durable.write(path, json.dumps(values).encode())


def evidence_key(wishes: Wishes) -> str:
    """Return the public half of the trial's own evidence key, made once; a real desk never holds the private half."""
    from blocker.commands.evidence import make_key, public_half  # noqa: PLC0415 - only a trial pays for it

    path = wishes.data / EVIDENCE_KEY
    return public_half(path) if path.exists() else make_key(path, None)


def write_config(
    wishes: Wishes, lists: Path, signed: Mapping[str, str] | None = None, recipient: str | None = None
) -> Path:
    """Write `<data>/redhand.yaml`, the one file that the three roles are started with.

    `recipient` is the key that evidence is sealed to; `signed` is the repository that the list comes from; without it,
    it is built as it stands in `lists`.
    """
    page = _with_twin(wishes.page)
    settings = {
        "data": str(wishes.data),
        "resolver": {
            "listen": [str(address) for address in _with_twin(wishes.dns)],
            **({"upstreams": [str(wishes.upstream)]} if wishes.upstream else {}),
        },
        **(_signed_source(wishes, signed) if signed else {"blocklist": {"lists": str(lists)}}),
        "page": {
            "listen": [str(address) for address in page],
            "ipv4": [address.host for address in page if ":" not in address.host],
            "ipv6": [address.host for address in page if ":" in address.host],
            "implementer": "https://isp.example/",
        },
        "admin": {
            "listen": str(wishes.admin),
            "lists": str(lists),
            "isps": [{"id": ISP, "name": "Demonstration ISP", "mail": "noc@isp.example"}],
            "overseer": {"mail": "overseer@oversight.example"},
            "evidence_recipients": [recipient] if recipient else [],
            # The owner's letters lead to a page that can be looked at here; elsewhere that needs https and a name.
            **({"public_url": f"http://{wishes.admin}"} if wishes.admin.host in {"127.0.0.1", "::1"} else {}),
        },
    }
    path = wishes.data / CONFIG
    text = HEADING + yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    durable.write(path, text.encode())
    return path


def _signed_source(wishes: Wishes, signed: Mapping[str, str]) -> dict[str, object]:
    acknowledge = {"url": f"http://{wishes.admin}", "key": str(wishes.data / ISP_KEY), "resolver": "demo-resolver"}
    return {
        "blocklist": {"repositories": [dict(signed)], "environment": "trial"},
        "sync": {"interval": 0.5, "acknowledge": acknowledge},
    }


def _with_twin(address: Address) -> list[Address]:
    """Return an IPv4 loopback address together with its IPv6 sister: what browsers try first must answer too."""
    return [address, Address("::1", address.port)] if address.host == "127.0.0.1" else [address]
