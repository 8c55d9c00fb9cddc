"""`redhand accounts`, as somebody types it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from blocker.cases.case import Role
from blocker.cases.road import open_road
from blocker.cli import main
from blocker.clock import Clock
from blocker.commands.accounts import PASSWORD_BYTES, add_account
from blocker.config import load
from blocker.people.people import People
from tests.admin.running import config_text, git, lay_lists


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "redhand.yaml"
    path.write_text(config_text(tmp_path, lay_lists(tmp_path)))
    return path


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["accounts", *arguments], input=typed)


def test_a_generated_password_is_printed_once_and_opens_the_account(config: Path) -> None:
    ran = run("add", "agent-014", "--role", "officer", "--generate", "--config", str(config))
    assert ran.exit_code == 0, ran.output
    assert "agent-014 may now sign in as officer" in ran.output
    password = ran.output.partition("password: ")[2].strip()
    assert len(password) == PASSWORD_BYTES * 4 // 3
    listed = run("list", "--config", str(config))
    assert listed.output == "agent-014  officer\n"
    assert password not in listed.output


def test_a_typed_password_is_asked_for_twice_and_never_shown(config: Path) -> None:
    typed = "a long enough password\na long enough password\n"
    ran = run("add", "agent-022", "--role", "approver", "--config", str(config), typed=typed)
    assert ran.exit_code == 0, ran.output
    assert "a long enough password" not in ran.output


@pytest.mark.parametrize(
    ("number", "typed", "said"),
    [
        ("Agent 14", "a long enough password\n" * 2, "agent-014"),
        ("agent-014", "short\n" * 2, "password has from"),
    ],
)
def test_what_makes_no_account_is_said_and_exits_with_two(config: Path, number: str, typed: str, said: str) -> None:
    ran = run("add", number, "--role", "officer", "--config", str(config), typed=typed)
    assert ran.exit_code == 2
    assert said in ran.output
    assert run("list", "--config", str(config)).output == ""


def test_a_number_is_given_once(config: Path) -> None:
    arguments = ("add", "agent-014", "--role", "officer", "--generate", "--config", str(config))
    assert run(*arguments).exit_code == 0
    again = run(*arguments)
    assert again.exit_code == 2
    assert "taken" in again.output


@pytest.mark.asyncio
async def test_an_account_made_for_a_demonstration_can_sign_in(config: Path) -> None:
    settings = load(config)
    await add_account(settings, "demo-1", Role.APPROVER, "a long enough password")
    async with open_road(settings, Clock()) as road:
        people = People.of(road.store, settings.admin.database)
        account = await people.door.password("demo-1", "a long enough password")
    assert account is not None
    assert account.role is Role.APPROVER


def test_the_first_two_administrators_are_made_once_and_each_invitation_has_two_halves(config: Path) -> None:
    ran = run("first", "admin-001", "admin-002", "--config", str(config))
    assert ran.exit_code == 0, ran.output
    lines = [line.split() for line in ran.output.splitlines()]
    assert [line[0] for line in lines] == ["admin-001", "admin-002"]
    assert len({half for line in lines for half in line[1:]}) == 4
    again = run("first", "admin-003", "admin-004", "--config", str(config))
    assert again.exit_code == 2
    assert "already" in again.output


def test_outside_a_trial_nobody_makes_an_account_alone(config: Path, tmp_path: Path) -> None:
    header = next(tmp_path.rglob("list.yaml"))
    header.write_text(header.read_text().replace("environment: trial", "environment: staging"))
    git(header.parent, "commit", "--quiet", "--all", "--message", "staging")
    ran = run("add", "agent-014", "--role", "officer", "--generate", "--config", str(config))
    assert ran.exit_code == 2
    assert "two people make an account" in ran.output
    assert run("first", "admin-001", "admin-002", "--config", str(config)).exit_code == 0


def test_what_a_file_says_otherwise_than_what_is_in_force_is_said_without_a_desk(config: Path) -> None:
    def check() -> Result:
        return CliRunner().invoke(main, ["admin", "--check", "--config", str(config)])

    assert (check().exit_code, check().output.count("no settings are in force yet")) == (0, 1)
    run("list", "--config", str(config))  # whatever opens the store first begins it
    assert (check().exit_code, check().output) == (0, "the file says what is in force since entry 1 of the ledger\n")
    config.write_text(
        config.read_text().replace("noc@isp-a.example", "noc@elsewhere.example") + "  sender: a@b.example\n"
    )
    run("list", "--config", str(config))
    refused = run("add", "contact-9", "--role", "isp", "--isp", "isp-z", "--generate", "--config", str(config))
    assert "it has: isp-a, isp-b" in refused.output
    for _ in range(2):
        assert check().exit_code == 1
        assert check().output.splitlines() == [
            "admin.isps.isp-a.mail: noc@isp-a.example → noc@elsewhere.example",
            "admin.sender: Redhand desk <desk@redhand.invalid> → a@b.example",
            "not in force: 2; two people approve them at the desk, under /settings",
        ]
    (config.parent / "redhand.sqlite3").write_bytes(b"torn" * 1000)
    assert check().exit_code == 2
