"""Evidence over real HTTP: sealed on the workstation, taken by the desk, opened by whom the ledger names."""

import hashlib
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pyrage
import pytest
import pytest_asyncio

from blocker.cases.case import Event
from tests.admin.running import OFFICER, Answer, Browser, Running, browser, running
from tests.admin.walking import STEPS, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNIT, OVERSIGHT = (pyrage.x25519.Identity.generate() for _ in range(2))
KEYS = [UNIT.to_public(), OVERSIGHT.to_public()]
PLAIN = b"what was seen on the page" * 10_000
SEALED = pyrage.encrypt(PLAIN, KEYS)
SHA256 = hashlib.sha256(SEALED).hexdigest()
DETAILS = {"shows": "The page", "seen_at": "", "method": "A browser in Paris"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    recipients = ", ".join(str(key) for key in KEYS)
    more = f"  evidence_recipients: [{recipients}]\n  evidence_mib: 1\n"
    async with running(Path(tmp_path_factory.mktemp("desk")), more=more) as running_desk:
        yield running_desk


def form(
    csrf: str, turn: str, file: bytes | None, *, name: str = "/home/agent/who.age", **details: str
) -> aiohttp.FormData:
    made = aiohttp.FormData()
    for key, value in {"csrf": csrf, "turn": turn, **DETAILS, **details}.items():
        made.add_field(key, value)
    if file is not None:
        made.add_field("file", io.BytesIO(file), filename=name, content_type="application/octet-stream")
    return made


async def send(client: Browser, case: str, file: bytes | None, **details: str) -> Answer:
    page = await client.get(f"/cases/{case}")
    body = form(page.hidden("csrf"), page.hidden("turn"), file, **details)
    return await client.request("POST", f"/cases/{case}/add-evidence", body)


async def events(desk: Running, case: str, transition: str) -> list[Event]:
    return [event for event in await desk.desk.road.store.events(case) if event.transition == transition]


def kept(desk: Running) -> list[str]:
    folder = desk.settings.admin.evidence
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def fetched(client: Browser, path: str) -> tuple[int, bytes, str]:
    assert client.seen is not None
    data = {"csrf": client.seen.hidden("csrf")}
    async with client.http.post(client.url + path, data=data, headers=client.headers) as answer:
        return answer.status, await answer.read(), answer.headers.get("Content-Disposition", "")


async def test_evidence_comes_in_sealed_and_goes_out_as_it_came(
    desk: Running, officer: Browser, overseer: Browser
) -> None:
    number = await opened(officer, names="evidence.example", capture=SHA256)
    early = await officer.act(number, "assess", **STEPS["assess"][1])
    assert "Upload the sealed capture that the report names first." in early.words
    assert (await send(officer, number, SEALED)).status == 303
    assert kept(desk) == [f"{SHA256}.age"]
    page = await officer.get(f"/cases/{number}")
    assert SHA256 in page.text
    assert "who.age" not in page.text
    assert "Nobody has opened it yet." in page.words
    assert re.search(r"The page Seen on \w+ \d.*? A browser in Paris Added by agent-014", page.words)
    assert (await officer.act(number, "assess", **STEPS["assess"][1])).status == 303
    for client, who in ((officer, OFFICER), (overseer, "overseer-001")):
        await client.get(f"/cases/{number}")
        status, body, disposition = await fetched(client, f"/cases/{number}/evidence/{SHA256}")
        assert (status, body) == (200, SEALED)
        assert disposition == f'attachment; filename="{SHA256[:16]}.age"'
        (*_, last) = await events(desk, number, "To")
        assert (last.actor, last.data["evidence"]) == (who, SHA256)
    assert pyrage.decrypt(SEALED, [OVERSIGHT]) == PLAIN
    page = await officer.get(f"/cases/{number}")
    assert "Opened: 2. The last time by overseer-001" in page.words


async def test_opening_leaves_a_form_that_is_being_filled_in_valid(officer: Browser) -> None:
    number = await opened(officer, names="not-stale.example", capture=SHA256)
    await send(officer, number, SEALED)
    page = await officer.get(f"/cases/{number}")
    await fetched(officer, f"/cases/{number}/evidence/{SHA256}")
    answer = await officer.post(f"/cases/{number}/assess", {"turn": page.hidden("turn"), **STEPS["assess"][1]})
    assert answer.status == 303


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"GIF89a not sealed", "not encrypted"),
        (pyrage.encrypt(PLAIN, KEYS[:1]), "encrypted to 1 keys, and 2 are configured"),
        (pyrage.passphrase.encrypt(b"x", "secret"), "in another way"),
        (SEALED[:250], "damaged"),
        (bytes(2 << 20), "more than 1 MiB"),
        (b"", "not encrypted"),
    ],
    ids=["plain", "one key of two", "a password", "cut", "too large", "nothing"],
)
async def test_what_is_not_sealed_to_our_keys_is_refused_and_leaves_nothing(
    desk: Running, officer: Browser, file: bytes, said: str
) -> None:
    number, before = await opened(officer, names=f"refused-{len(file)}.example"), kept(desk)
    answer = await send(officer, number, file)
    assert answer.status == 422
    assert (said in answer.words) is True, said  # a failure must not print the file
    assert "A browser in Paris" in answer.text
    assert kept(desk) == before
    assert await events(desk, number, "Te") == []


async def test_a_form_without_its_file_or_with_a_mistake_reads_no_file(desk: Running, officer: Browser) -> None:
    number, before = await opened(officer, names="mistake.example"), kept(desk)
    missing = await send(officer, number, b"", name="")
    assert missing.status == 422
    assert "this must be filled in" in missing.words
    mistaken = await send(officer, number, pyrage.encrypt(b"other", KEYS), shows="")
    assert mistaken.status == 422
    assert kept(desk) == before


async def test_a_hash_without_a_file_is_no_evidence(desk: Running, officer: Browser) -> None:
    number = await opened(officer, names="hash-alone.example")
    answer = await officer.act(number, "add-evidence", **DETAILS, file=SHA256)
    assert answer.status == 415
    assert await events(desk, number, "Te") == []


async def test_a_file_is_taken_by_no_other_form(desk: Running, officer: Browser) -> None:
    number, before = await opened(officer, names="elsewhere.example"), kept(desk)
    page = await officer.get(f"/cases/{number}")
    body = form(page.hidden("csrf"), page.hidden("turn"), SEALED)
    assert (await officer.request("POST", f"/cases/{number}/assess", body)).status == 415
    for path in ("/cases", "/list", "/sign-out"):
        body = form(page.hidden("csrf"), page.hidden("turn"), SEALED)
        assert (await officer.request("POST", path, body)).status == 415, path
    assert kept(desk) == before


async def test_another_site_s_upload_is_refused_before_its_file_is_read(desk: Running, officer: Browser) -> None:
    number, before = await opened(officer, names="forged.example"), kept(desk)
    page = await officer.get(f"/cases/{number}")
    sealed = pyrage.encrypt(b"forged", KEYS)
    no_token = form("", page.hidden("turn"), sealed)
    assert (await officer.request("POST", f"/cases/{number}/add-evidence", no_token)).status == 403
    foreign = form(page.hidden("csrf"), page.hidden("turn"), sealed)
    asked = await officer.request("POST", f"/cases/{number}/add-evidence", foreign, Sec_Fetch_Site="cross-site")
    assert asked.status == 403
    assert kept(desk) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nabc',
        b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\xff\xfe\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + b"a" * 70_000 + b"\r\n--x--\r\n",
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 100 + b"--x--\r\n",
    ],
    ids=["empty", "begun", "cut", "nameless", "not text", "too long", "nested", "too many"],
)
async def test_what_is_no_form_of_ours_is_refused_calmly(officer: Browser, body: bytes) -> None:
    number = await opened(officer, names=f"calm-{len(body)}.example")
    answer = await officer.request(
        "POST", f"/cases/{number}/add-evidence", body, Content_Type="multipart/form-data; boundary=x"
    )
    assert answer.status in {400, 413}


async def test_nobody_but_officer_approver_and_overseer_opens_evidence(
    desk: Running, officer: Browser, auditor: Browser, contact: Browser
) -> None:
    number = await opened(officer, names="closed.example", capture=SHA256)
    await send(officer, number, SEALED)
    for client in (auditor, contact):
        await client.get("/cases" if client is auditor else "/directives")
        status, body, _ = await fetched(client, f"/cases/{number}/evidence/{SHA256}")
        assert status == 403
        assert b"age-encryption" not in body
    page = await auditor.get(f"/cases/{number}")
    assert SHA256 in page.text
    assert "Open (this is recorded)" not in page.words
    assert await events(desk, number, "To") == []


async def test_a_file_of_another_case_is_not_opened_from_this_one(desk: Running, officer: Browser) -> None:
    one, other = [await opened(officer, names=f"{name}.example", capture=SHA256) for name in ("one", "other")]
    await send(officer, one, SEALED)
    await officer.get(f"/cases/{other}")
    status, body, _ = await fetched(officer, f"/cases/{other}/evidence/{SHA256}")
    assert status == 409
    assert b"age-encryption" not in body
    assert await events(desk, other, "To") == []


async def test_a_file_that_the_disk_lost_is_said_to_be_and_the_look_stays_on_record(
    desk: Running, officer: Browser
) -> None:
    sealed = pyrage.encrypt(b"lost", KEYS)
    digest = hashlib.sha256(sealed).hexdigest()
    number = await opened(officer, names="lost.example", capture=digest)
    assert (await send(officer, number, sealed)).status == 303
    (desk.settings.admin.evidence / f"{digest}.age").unlink()
    await officer.get(f"/cases/{number}")
    status, body, _ = await fetched(officer, f"/cases/{number}/evidence/{digest}")
    assert status == 503
    assert b"Restore it from a copy" in body
    assert len(await events(desk, number, "To")) == 1


async def test_a_desk_without_keys_takes_no_evidence_and_says_which_setting(tmp_path: Path) -> None:
    async with running(tmp_path) as bare, browser(bare.url) as client:
        await client.sign_in(OFFICER)
        number = await opened(client, names="no-keys.example")
        answer = await send(client, number, SEALED)
        assert answer.status == 409
        assert "admin.evidence_recipients" in answer.words
        assert kept(bare) == []
