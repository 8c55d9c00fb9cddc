"""`redhand publish` and `redhand sync` as people type them: the ceremony, exit codes, and what CI may see."""

import shlex
import socket
import sys
import threading
import time

import pytest
from click.testing import CliRunner

from blocker.cli import main
from blocker.distribution.outcome import Result
from blocker.distribution.runner import pause
from blocker.distribution.signed import SignedSync
from tests.distribution.publishing import Ministry, Receiver, serving

PASSWORD = "a password for tests"
ROLES = ("root", "targets", "lifts")


class Host:
    """A publishing host and its officials' key files."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.password = folder / "password"
        self.password.write_text(PASSWORD)
        monkeypatch.setenv("REDHAND_REPOSITORY", str(folder / "repository"))
        monkeypatch.setenv("REDHAND_ONLINE_PASSWORD_FILE", str(self.password))
        monkeypatch.delenv("CI", raising=False)
        self.ministry = Ministry(folder / "ministry").found()  # for its list in git
        self.lists = self.ministry.lists

    def run(self, *arguments, code=0):
        result = CliRunner().invoke(main, list(map(str, arguments)))
        assert result.exit_code == code, result.output
        return result.output

    def publish(self, *arguments, code=0):
        return self.run("publish", *arguments, code=code)

    def sign(self, key, code=0):
        return self.publish("sign", "--key", self.folder / key, "--password-file", self.password, "--yes", code=code)

    def found(self):
        options = []
        for role in ROLES:
            for number in (1, 2, 3):
                key = self.folder / f"{role}-{number}"
                self.publish("make-key", key, "--password-file", self.password)
                options += [f"--{role}", f"{key}.pub"]
        self.publish("init", "--environment", "trial", *options)
        for key in ("root-1", "root-2", "targets-1", "targets-2"):
            self.sign(key)
        self.publish("release")
        return self


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch).found()


def test_the_ceremony_as_the_guide_tells_it(host):
    host.ministry.block("propaganda.example")
    staged = host.publish("stage", host.lists)
    assert "+ FR-2026-0042  propaganda.example (domain)" in staged
    assert "FR-2026-0042: 1 name blocked" in staged
    assert "confidential" in staged
    assert "2 more must sign" in host.publish("release", code=1)
    host.sign("targets-1")
    assert "it can be released" in host.sign("targets-3")
    released = host.publish("release")
    assert "serial 2" in released
    assert "confidential" in released
    assert "in force: serial 2, environment trial" in host.publish("status")
    lifted = host.publish(
        *("lift", "propaganda.example", "--reason", "by mistake", "--key", host.folder / "lifts-1"),
        *("--password-file", host.password),
    )
    assert "redhand publish confirm L-1" in lifted
    assert "confidential" in lifted
    assert "a second official confirms it until" in host.publish("status")
    host.publish("confirm", "L-1", "--key", host.folder / "lifts-2", "--password-file", host.password)
    assert "L-1" in host.publish("status")
    host.publish("refresh")


def test_under_ci_directives_and_lines_are_printed_and_no_name(host, monkeypatch):
    monkeypatch.setenv("CI", "true")
    host.ministry.block("propaganda.example")
    output = host.publish("stage", host.lists)
    output += host.sign("targets-1")
    host.ministry.block("google.fr", "other.example")
    output += host.publish("stage", host.lists, code=1)
    assert "FR-2026-0042" in output
    assert "protected" in output
    for name in ("propaganda", "google", "other.example"):
        assert name not in output


def test_a_key_file_is_encrypted_private_and_never_overwritten(host):
    key = host.folder / "root-1"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert "never overwritten" in host.publish("make-key", key, "--password-file", host.password, code=2)


def test_a_wrong_password_signs_nothing(host):
    host.ministry.block("propaganda.example")
    host.publish("stage", host.lists)
    wrong = host.folder / "wrong"
    wrong.write_text("another password")
    output = host.publish("sign", "--key", host.folder / "targets-1", "--password-file", wrong, "--yes", code=2)
    assert "password is wrong" in output


def test_a_token_signs_through_a_command_and_what_it_answers_is_verified(host):
    host.ministry.block("propaganda.example")
    host.publish("stage", host.lists)
    token = host.folder / "our_token.py"
    token.write_text(
        "import sys\n"
        "from cryptography.hazmat.primitives.serialization import load_pem_private_key\n"
        f"key = load_pem_private_key(open(sys.argv[1], 'rb').read(), {PASSWORD.encode()!r})\n"
        "sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read()))\n"
    )

    def signer(key):
        return shlex.join([sys.executable, str(token), str(host.folder / key)])

    public = host.folder / "targets-1.pub"
    refused = host.publish("sign", "--key", public, "--signer", signer("targets-2"), "--yes", code=2)
    assert "not one of this key" in refused
    assert "signed: targets" in host.publish("sign", "--key", public, "--signer", signer("targets-1"), "--yes")


def test_a_change_of_keys_is_staged_signed_and_released(host):
    host.publish("make-key", host.folder / "targets-4", "--password-file", host.password)
    old = (host.folder / "targets-1.pub").read_text().split('"')[3]
    host.publish("rotate", "targets", "--remove", old[:12], "--add", host.folder / "targets-4.pub")
    for key in ("root-1", "root-3", "targets-2", "targets-4"):
        host.sign(key)
    host.publish("release")
    host.publish("rotate", "timestamp", "--renew")
    host.sign("root-1")
    host.sign("root-2")
    host.publish("release")
    assert "root version 3" in host.publish("status")


def test_popular_names_come_from_the_common_form_of_top_lists(host):
    top = host.folder / "top.csv"
    top.write_text("1,much-used.test\n2,also-used.test\nrank,domain\n3,192.0.2.1\n")
    assert "imported: 2 names" in host.publish("popular", "import", top)
    host.ministry.block("much-used.test")
    assert "--accept popular" in host.publish("stage", host.lists, code=1)
    host.publish("stage", host.lists, "--accept", "popular", "--reason", "the court named it")


# redhand sync


def config(folder, url, root):
    path = folder / "redhand.yaml"
    path.write_text(f"data: ./data\nblocklist: {{repositories: [{{name: ministry, url: '{url}', root: '{root}'}}]}}\n")
    return path


def test_sync_once_says_by_its_exit_code_how_it_ended(tmp_path):
    ministry = Ministry(tmp_path / "ministry").found()
    ministry.block("propaganda.example")
    ministry.publish()
    runner = CliRunner()
    with serving(ministry.shelf.public) as server:
        command = ["sync", "--once", "--config", str(config(tmp_path, server.url, ministry.root))]
        assert runner.invoke(main, command).exit_code == 0
        server.spoil = lambda path, data: b"{}" if "timestamp" in path else data
        refused = runner.invoke(main, command)
        assert (refused.exit_code, "ministry: refused: metadata" in refused.output) == (1, True)
        server.spoil = lambda _path, _data: None
        assert runner.invoke(main, command).exit_code == 2
    (tmp_path / "redhand.yaml").write_text("sync: {intervall: 3}\n")
    assert runner.invoke(main, command).exit_code == 2


def test_sync_goes_through_the_proxy_that_is_set(tmp_path):
    ministry = Ministry(tmp_path / "ministry").found()
    ministry.block("propaganda.example")
    ministry.publish()
    with serving(ministry.shelf.public) as proxy:
        path = config(tmp_path, "http://lists.example/", ministry.root)  # a name that leads nowhere
        path.write_text(f"{path.read_text()}sync: {{proxy: '{proxy.url}'}}\n")
        done = CliRunner().invoke(main, ["sync", "--once", "--config", str(path)])
        assert done.exit_code == 0, done.output
        assert proxy.requests > 2


def test_a_server_that_drips_is_given_up_in_time(tmp_path):
    ministry = Ministry(tmp_path / "ministry").found()
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip():
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.1):
                try:
                    connection.sendall(b"X-More: 1\r\n")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        receiver = Receiver(tmp_path / "isp", ("ministry", url, ministry.root))
        began = time.monotonic()
        (outcome,) = SignedSync(receiver.settings, receiver.sync._clock).look(2.0)
        assert outcome.result is Result.FAILED
        assert time.monotonic() - began < 10
    finally:
        over.set()
        listening.close()
        thread.join()


def test_looks_spread_out_and_grow_rarer_with_failures_yet_show_a_fault_within_a_minute():
    assert (pause(10, 0, 0.0), pause(10, 0, 1.0)) == pytest.approx((8.0, 12.0))
    assert pause(10, 1, 0.5) == 20.0
    assert max(pause(10, failures, 1.0) for failures in range(100)) <= 60
    assert pause(600, 3, 0.5) == 600
