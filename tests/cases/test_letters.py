"""Letters as messages: into a folder, and through a mail server with TLS of a test authority's own."""

import email
import email.policy
import socket
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blocker.cases.case import Document
from blocker.cases.channels import Due, UndeliverableError
from blocker.cases.post.letters import IN_THE_FOLDER, LetterChannel
from blocker.cases.post.smtp import MailServer
from blocker.cases.rows import OutboxRow
from blocker.desk_settings import SmtpSettings
from blocker.errors import OperationError
from tests.cases.mail_server import USER, Received, mail_server
from tests.cases.walking import ROADS, START, Walk
from tests.certificates import Authority

SENDER = "Redhand desk <desk@redhand.invalid>"


def letter(**changes: Any) -> Due:
    document: Document = replace(Walk().go(*ROADS["C3"]).documents[0], **changes)
    row = OutboxRow(
        id="7.1",
        case="2026-000001",
        kind="letter",
        payload={"document": document.number},
        attempts=0,
        next_at=START,
        last_error=None,
    )
    return Due(row, document)


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.asyncio
async def test_a_letter_is_a_message_that_mail_programs_read(tmp_path: Path):
    sent = await LetterChannel(tmp_path / "letters", "Redhand desk <desk@redhand.invalid>").carry_out(letter())
    (file,) = (tmp_path / "letters").iterdir()
    assert sent == {
        "document": "D-2026-000001",
        "message_id": "<2026-000001.7.1@redhand.invalid>",
        "said": IN_THE_FOLDER,
    }
    assert file.name == "D-2026-000001.eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (message["From"], message["To"]) == ("Redhand desk <desk@redhand.invalid>", "abuse@hosting.example")
    assert message["Message-ID"] == "<2026-000001.7.1@redhand.invalid>"
    assert message["Date"].datetime == START
    assert message["Content-Language"] == "fr, en"
    assert message.get_content().replace("\r\n", "\n") == Walk().go(*ROADS["C3"]).documents[0].text


@pytest.mark.asyncio
async def test_a_letter_that_was_written_is_not_written_again(tmp_path: Path):
    channel = LetterChannel(tmp_path, "desk@redhand.invalid")
    first = await channel.carry_out(letter())
    file = tmp_path / "D-2026-000001.eml"
    before = file.stat()
    assert await channel.carry_out(letter()) == first
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.asyncio
async def test_no_header_can_be_slipped_into_a_letter(tmp_path: Path):
    channel = LetterChannel(tmp_path, "desk@redhand.invalid")
    with pytest.raises(OperationError, match="addressed"):
        await channel.carry_out(letter(subject="hello\r\nBcc: stranger@example.net"))
    with pytest.raises(OperationError, match="addressed"):
        await channel.carry_out(letter(mail="a@b.example, c@d.example"))
    assert not written(tmp_path)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("authority"))


def channel(folder: Path, authority: Authority, port: int, **changes: object) -> LetterChannel:
    values = {"host": "localhost", "port": port, "ca": authority.certificate, **changes}
    return LetterChannel(folder, SENDER, MailServer(SmtpSettings.model_validate(values)))


@pytest.mark.asyncio
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_letter_goes_through_the_mail_server_over_tls(tmp_path: Path, authority: Authority, tls: str) -> None:
    with mail_server(authority, tls=tls) as server:
        sent = await channel(tmp_path, authority, server.port, tls=tls).carry_out(letter())
    assert sent is not None
    assert (sent["message_id"], sent["said"]) == ("<2026-000001.7.1@redhand.invalid>", "250 OK queued as Q1")
    assert server.received == [
        Received("desk@redhand.invalid", ("abuse@hosting.example",), "<2026-000001.7.1@redhand.invalid>", tls=True)
    ]
    assert written(tmp_path) == ["D-2026-000001.eml", "D-2026-000001.sent"]


@pytest.mark.asyncio
async def test_the_letter_carries_a_request_for_reports_where_the_server_can_make_them(
    tmp_path: Path, authority: Authority
) -> None:
    with mail_server(authority, dsn=True) as server:
        await channel(tmp_path, authority, server.port).carry_out(letter())
    assert server.options == [["RET=HDRS", "ENVID=D-2026-000001"], ["NOTIFY=SUCCESS,FAILURE"]]


@pytest.mark.asyncio
async def test_a_letter_that_the_server_took_is_not_sent_again(tmp_path: Path, authority: Authority) -> None:
    with mail_server(authority) as server:
        first = await channel(tmp_path, authority, server.port).carry_out(letter())
        assert await channel(tmp_path, authority, server.port).carry_out(letter()) == first
    assert len(server.received) == 1


@pytest.mark.asyncio
async def test_a_kill_before_the_answer_is_kept_costs_a_copy_that_is_known_as_one(
    tmp_path: Path, authority: Authority
) -> None:
    with mail_server(authority) as server:
        await channel(tmp_path, authority, server.port).carry_out(letter())
        (tmp_path / "D-2026-000001.sent").unlink()
        await channel(tmp_path, authority, server.port).carry_out(letter())
    assert [each.message_id for each in server.received] == ["<2026-000001.7.1@redhand.invalid>"] * 2


@pytest.mark.asyncio
@pytest.mark.parametrize("weakness", ["no tls", "other authority", "other name"])
async def test_nothing_is_said_to_a_server_that_cannot_be_trusted(
    tmp_path: Path, authority: Authority, weakness: str
) -> None:
    other = Authority.made(tmp_path / "other") if weakness == "other authority" else authority
    named = Authority.made(tmp_path / "named", host="mail.example") if weakness == "other name" else other
    password = tmp_path / "password"
    password.write_text("the secret")
    with mail_server(named, tls="none" if weakness == "no tls" else "starttls") as server:
        trusted = named if weakness == "other name" else authority
        wary = channel(tmp_path / "letters", trusted, server.port, user=USER, password_file=password)
        with pytest.raises(OperationError, match="mail server failed"):
            await wary.carry_out(letter())
    assert server.received == []
    assert server.passwords == []
    assert written(tmp_path / "letters") == ["D-2026-000001.eml"]


@pytest.mark.asyncio
async def test_it_signs_in_with_the_password_of_the_file(tmp_path: Path, authority: Authority) -> None:
    password = tmp_path / "password"
    password.write_text("the secret\n")
    with mail_server(authority, auth=True) as server:
        known = channel(tmp_path / "letters", authority, server.port, user=USER, password_file=password)
        await known.carry_out(letter())
    assert server.passwords == ["the secret"]
    assert len(server.received) == 1


@pytest.mark.asyncio
async def test_a_recipient_who_is_refused_for_good_is_told_apart_from_one_who_is_put_off(
    tmp_path: Path, authority: Authority
) -> None:
    with mail_server(authority) as server:
        asked = channel(tmp_path, authority, server.port)
        with pytest.raises(UndeliverableError, match="550"):
            await asked.carry_out(letter(mail="nobody@hosting.example"))
        with pytest.raises(OperationError, match="puts the recipient off: 451") as caught:
            await asked.carry_out(letter(mail="later@hosting.example", number="D-2026-000002"))
    assert not isinstance(caught.value, UndeliverableError)
    assert server.received == []


@pytest.mark.asyncio
async def test_a_server_that_is_down_or_silent_is_tried_again_later(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(authority) as server:
        port = server.port
    with pytest.raises(OperationError, match="mail server failed"):
        await channel(tmp_path, authority, port).carry_out(letter())
    monkeypatch.setattr("blocker.cases.post.smtp.TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes the connection and never says a word
        port = silent.getsockname()[1]
        with pytest.raises(OperationError, match="mail server failed"):
            await channel(tmp_path, authority, port, host="127.0.0.1").carry_out(letter())


@pytest.mark.asyncio
async def test_a_password_file_that_is_gone_says_so(tmp_path: Path, authority: Authority) -> None:
    absent = tmp_path / "absent"
    with pytest.raises(OperationError, match="cannot read what the mail server's settings name"):
        await channel(tmp_path, authority, 25, user=USER, password_file=absent).carry_out(letter())
