"""A ministry in a folder: a list in git, three officials, a signed repository, and a server that can misbehave."""

import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, Key, Signer

from blocker.blocklist.entry import Environment
from blocker.clock import Clock
from blocker.commands.staging import build, require_commit
from blocker.config import Settings
from blocker.distribution import metadata
from blocker.distribution.lifts import Lift
from blocker.distribution.metadata import Repository
from blocker.distribution.online import Online
from blocker.distribution.outcome import Outcome
from blocker.distribution.popular import read_popular
from blocker.distribution.proposal import Wishes
from blocker.distribution.publish import Publisher
from blocker.distribution.shelf import Shelf
from blocker.distribution.signed import SignedSync

PEOPLE = 3


def now() -> datetime:
    return datetime.now(UTC)


def new_signer() -> CryptoSigner:
    return CryptoSigner(Ed25519PrivateKey.generate())


@dataclass
class Ministry:
    """Who signs what; `clock` is the officials' watch."""

    folder: Path
    environment: Environment = Environment.TRIAL
    clock: Callable[[], datetime] = now
    people: dict[str, list[Signer]] = field(
        default_factory=lambda: {role: [new_signer() for _ in range(PEOPLE)] for role in metadata.BY_PEOPLE}
    )
    online: Online = field(default_factory=lambda: Online(new_signer(), new_signer()))

    def __post_init__(self) -> None:
        self.lists = self.folder / "lists"
        self.shelf = Shelf(self.folder / "repository")

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.shelf)

    def public_keys(self) -> dict[str, list[Key]]:
        return {role: [signer.public_key for signer in signers] for role, signers in self.people.items()}

    def found(self) -> "Ministry":
        """Lay an empty list in git and release a repository without any list."""
        self.lists.mkdir(parents=True)
        title = "title: {fr: Liste, en: List}\n"
        (self.lists / "list.yaml").write_text(f"{title}environment: {self.environment}\nmay_be_empty: true\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()
        with self.shelf.locked(new=True):
            online = {"snapshot": self.online.snapshot.public_key, "timestamp": self.online.timestamp.public_key}
            self.publisher.init(self.environment, self.public_keys(), online, self.clock())
            for role in ("root", "targets"):
                for signer in self.people[role][:2]:
                    self.publisher.sign(signer)
            self.publisher.release(self.online, self.clock())
        return self

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@t.invalid", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=self.lists, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")

    def block(self, *names: str, directive: str = "FR-2026-0042", scope: str = "domain", more: str = "") -> None:
        """Commit a directive of these names; none removes it."""
        path = self.lists / "terrorism" / f"{directive}.yaml"
        path.parent.mkdir(exist_ok=True)
        if names:
            path.write_text(directive_text(directive, names, scope, self.clock(), more))
        else:
            path.unlink()
        self.commit()

    def stage(self, accept: Mapping[str, str] | None = None, reinstate: Sequence[str] = ()) -> None:
        require_commit(self.lists)
        with self.shelf.locked():
            popular = read_popular(self.shelf.directory)
            proposal, _ = build(self.lists, self.publisher.before(), popular, Wishes(accept or {}, reinstate), Clock())
            self.publisher.stage(proposal, self.clock())

    def sign(self, *signers: Signer) -> None:
        with self.shelf.locked():
            for signer in signers or self.people["targets"][:2]:
                self.publisher.sign(signer)

    def release(self) -> Repository:
        with self.shelf.locked():
            return self.publisher.release(self.online, self.clock())

    def publish(self, accept: Mapping[str, str] | None = None, reinstate: Sequence[str] = ()) -> Repository:
        self.stage(accept, reinstate)
        self.sign()
        return self.release()

    def lift(self, what: str, official: int = 0) -> Lift:
        with self.shelf.locked():
            return self.publisher.lift(what, "by mistake", self.people["lifts"][official], self.online, self.clock())

    @property
    def root(self) -> Path:
        return self.shelf.public / "metadata" / "1.root.json"


def directive_text(directive: str, names: Sequence[str], scope: str, at: datetime, more: str = "") -> str:
    issued = at - timedelta(hours=2)
    asked, seen = issued - timedelta(hours=25), issued - timedelta(minutes=20)
    lines = [
        f"directive: {directive}",
        "case: 2026-000123",
        "ground: terrorism",
        f"issued: {issued:%Y-%m-%dT%H:%M:%SZ}",
        f"owner_step: {{asked: {asked:%Y-%m-%dT%H:%M:%SZ}, verified_present: {seen:%Y-%m-%dT%H:%M:%SZ}}}",
        "approved_by: [agent-014, agent-022]",
        f"review_by: {at + timedelta(days=60):%Y-%m-%d}",
        f"expires: {at + timedelta(days=60):%Y-%m-%d}",
        *([more] if more else []),
        "names:",
        *(f"  - {{name: {name}, scope: {scope}}}" for name in names),
    ]
    return "\n".join(lines) + "\n"


Spoil = Callable[[str, bytes], bytes | None]


class ListServer(ThreadingHTTPServer):
    """A static file server; `spoil` may change or withhold (None) what it sends. It counts requests and bytes."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.spoil: Spoil = lambda _path, data: data
        self.requests = 0
        self.bytes = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: ListServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = urlsplit(self.path).path.lstrip("/")  # who goes through a proxy asks for a whole URL
        path = self.server.folder / asked
        data = self.server.spoil(asked, path.read_bytes()) if path.is_file() else None
        self.server.requests += 1
        body = data if data is not None else b""
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.bytes += len(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[ListServer]:
    with ListServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Receiver:
    """An ISP in a folder."""

    def __init__(self, folder: Path, *sources: tuple[str, str, Path], **blocklist: object) -> None:
        self.folder = folder
        self._repositories = [{"name": name, "url": url, "root": str(root)} for name, url, root in sources]
        self.reconfigure(**blocklist)

    def reconfigure(self, **blocklist: object) -> None:
        """Start again with other settings of the section `blocklist`."""
        values = {
            "data": str(self.folder),
            "page": {"implementer": "https://www.isp.example/"},
            "blocklist": {"repositories": self._repositories, **blocklist},
        }
        self.settings = Settings.model_validate(values, context={"base": self.folder})
        self.restart()

    def look(self) -> tuple[Outcome, ...]:
        return self.sync.look(5.0)

    def outcome(self) -> tuple[str, str]:
        (only,) = self.look()
        return only.result.value, only.reason

    def restart(self) -> None:
        self.sync = SignedSync(self.settings, Clock())

    def names(self) -> set[str]:
        index = self.sync.in_force()
        return {name for name, _, _ in index.entries()} if index else set()

    def digest(self) -> str:
        index = self.sync.in_force()
        return index.header.digest if index else ""

    def serial(self) -> int:
        index = self.sync.in_force()
        return index.header.serial if index else 0
