"""`redhand evidence`: made, sealed, opened; and nothing is overwritten."""

import hashlib
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner, Result

from blocker.cases.encrypted import judge
from blocker.cli import main


def run(*arguments: str, code: int = 0) -> Result:
    ran = CliRunner().invoke(main, ["evidence", *arguments], env={"LC_ALL": "C.UTF-8"})
    assert ran.exit_code == code, ran.output
    return ran


def made(folder: Path, name: str = "unit.key") -> tuple[Path, str]:
    key = folder / name
    return key, run("keygen", str(key), "--unprotected").output.strip()


def test_what_is_sealed_opens_with_each_key_and_with_no_other(tmp_path: Path):
    (unit, first), (overseer, second), (other, _) = (made(tmp_path, name) for name in ("a.key", "b.key", "c.key"))
    plain = tmp_path / "capture.png"
    plain.write_bytes(b"seen" * 100_000)
    printed = run("seal", str(plain), "--to", first, "--to", second).output.split()
    sealed = tmp_path / "capture.png.age"
    data = sealed.read_bytes()
    assert printed == [hashlib.sha256(data).hexdigest(), str(sealed)]
    assert sealed.stat().st_mode & 0o777 == 0o600
    judge(data[:65536], len(data), 2)
    for number, key in enumerate((unit, overseer)):
        out = tmp_path / f"out-{number}"
        run("open", str(sealed), "--key", str(key), "--out", str(out))
        assert out.read_bytes() == plain.read_bytes()
        assert out.stat().st_mode & 0o777 == 0o600
    refused = run("open", str(sealed), "--key", str(other), "--out", str(tmp_path / "no"), code=2)
    assert "does not open with this key" in refused.output
    assert not (tmp_path / "no").exists()


def test_the_keys_of_a_configuration_are_sealed_to(tmp_path: Path):
    key, public = made(tmp_path)
    (tmp_path / "redhand.yaml").write_text(f"admin: {{evidence_recipients: [{public}]}}\n")
    (tmp_path / "one").write_text("1")
    (tmp_path / "two").write_text("2")
    run("seal", str(tmp_path / "one"), str(tmp_path / "two"), "--config", str(tmp_path / "redhand.yaml"))
    for name, text in (("one", b"1"), ("two", b"2")):
        sealed = (tmp_path / f"{name}.age").read_bytes()
        identity = pyrage.x25519.Identity.from_str(key.read_text().splitlines()[-1])
        assert pyrage.decrypt(sealed, [identity]) == text


def test_a_key_under_a_password_opens_with_it_and_not_without(tmp_path: Path):
    key, plain, password = tmp_path / "k", tmp_path / "p", tmp_path / "password"
    password.write_text("a long password\n")
    public = run("keygen", str(key), "--password-file", str(password)).output.strip()
    assert b"AGE-SECRET-KEY" not in key.read_bytes()
    plain.write_text("seen")
    run("seal", str(plain), "--to", public)
    run("open", f"{plain}.age", "--key", str(key), "--out", str(tmp_path / "o"), "--password-file", str(password))
    assert (tmp_path / "o").read_text() == "seen"
    password.write_text("another password\n")
    where = ("--out", str(tmp_path / "no"), "--password-file", str(password))
    assert "the password is wrong" in run("open", f"{plain}.age", "--key", str(key), *where, code=2).output


def test_what_was_changed_on_the_way_is_not_opened(tmp_path: Path):
    key, public = made(tmp_path)
    plain = tmp_path / "p"
    plain.write_bytes(bytes(200_000))
    run("seal", str(plain), "--to", public)
    sealed = tmp_path / "p.age"
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"x")
    run("open", str(sealed), "--key", str(key), "--out", str(tmp_path / "o"), code=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p", "p.age", "unit.key"]


def test_nothing_is_ever_overwritten(tmp_path: Path):
    key, public = made(tmp_path)
    before = key.read_bytes()
    run("keygen", str(key), "--unprotected", code=2)
    assert key.read_bytes() == before
    plain = tmp_path / "p"
    plain.write_text("seen")
    run("seal", str(plain), "--to", public)
    sealed = (tmp_path / "p.age").read_bytes()
    run("seal", str(plain), "--to", public, code=2)
    assert (tmp_path / "p.age").read_bytes() == sealed
    run("open", str(tmp_path / "p.age"), "--key", str(key), "--out", str(plain), code=2)
    assert plain.read_text() == "seen"


@pytest.mark.parametrize("to", [(), ("--to", "age1nonsense")])
def test_without_a_key_nothing_is_sealed(tmp_path: Path, to: tuple[str, ...]):
    plain = tmp_path / "p"
    plain.write_text("seen")
    run("seal", str(plain), *to, code=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p"]


def test_the_command_speaks_french():
    ran = CliRunner().invoke(main, ["evidence", "--lang", "fr", "open", "--help"])
    assert "Ouvrir le FILE scellé avec votre clé." in " ".join(ran.output.split())
