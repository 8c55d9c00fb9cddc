"""Programs that a test needs from outside: absent ones skip with a reason, and fail where CI=true promised them."""

import os
import shutil

import pytest

PACKAGES = {
    "chromium": "chromium",
    "delv": "bind9-dnsutils",
    "dig": "bind9-dnsutils",
    "dnsperf": "dnsperf",
    "git": "git",
    "named": "bind9",
    "nginx": "nginx-light",
    "systemd-analyze": "systemd",
    "unbound": "unbound",
}
FOLDERS = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin{os.pathsep}/sbin"


def program(name: str) -> str:
    """Return the path of a program; daemons live in sbin, which is not on every PATH."""
    found = shutil.which(name, path=FOLDERS)
    assert found, f"{name} is not installed"
    return found


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip the test, saying why, if a program is absent; under CI=true an absent one is left to fail the test."""
    missing = [name for name in programs if shutil.which(name, path=FOLDERS) is None]
    reason = ", ".join(f"{name} (Debian package {PACKAGES[name]})" for name in missing)
    return pytest.mark.skipif(bool(missing) and os.environ.get("CI") != "true", reason=f"needs {reason}")
