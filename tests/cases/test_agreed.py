"""What two people agreed on is in force, and no file changes that: over restarts, on a real store."""

import email.policy
import sqlite3
from contextlib import closing
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from blocker.addresses import Address
from blocker.cases import agreed
from blocker.cases.agreed import APPROVED, BEGUN
from blocker.cases.case import Document, Role, entry
from blocker.cases.integrity import audit, ledger
from blocker.cases.integrity.seal import Seal
from blocker.cases.road import Road, open_road
from blocker.cases.terms import Change, Terms, changes, touches_overseer
from blocker.config import PageSettings, Settings
from blocker.desk_settings import Isp, Overseer
from blocker.errors import IllegalStepError, OperationError
from blocker.people.account import Account
from blocker.people.people import People
from blocker.policy import CasesSettings
from tests.cases.desk import Desk, clock_at, open_desk
from tests.cases.walking import OFFICER, START, TO_C3

ONE, OTHER = Account("admin-001", Role.ADMINISTRATOR), Account("admin-002", Role.ADMINISTRATOR)
EVIL: dict[str, Any] = {
    "isps": (
        Isp(id="isp-a", name="First Provider", mail="somebody@else.example", resolvers=(Address("192.0.2.9", 53),)),
    ),
    "overseer": Overseer(mail="nobody@else.example"),
    "sender": "Another desk <desk@else.example>",
    "public_url": "https://else.example",
    "evidence_recipients": ("age1" + "q" * 58,),
}
LAX = CasesSettings(owner_clock_basis="sent", deemed_service=True, emergency_basis="nobody's law", acknowledge_days=30)


def file_of(desk: Desk, cases: CasesSettings = LAX, **admin: object) -> Settings:
    """The configuration of a desk after somebody edited it."""
    edited = desk.settings.admin.model_copy(update=admin)
    page = PageSettings(ipv4=(IPv4Address("192.0.2.66"),))
    return desk.settings.model_copy(update={"admin": edited, "cases": cases, "page": page})


async def approved(road: Road, database: Path) -> None:
    """Two administrators decide on what the file says."""
    people = People.of(road.store, database)
    for each in (ONE, OTHER):
        sql = "INSERT INTO accounts (number, role, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        await road.store.execute(sql, (each.number, each.role, START.isoformat()))
    agreement, file = people.agreement, road.offered
    issue = await road.notice(file)
    await agreement.propose(ONE, road.now(), offered=file, standing=road.terms, issue=issue)
    offer = await agreement.pending()
    assert offer
    issue = await road.notice(file, file)
    await agreement.approve(offer.id, OTHER, road.now(), offered=file, standing=road.terms, issue=issue)
    await road.work_as_agreed()


@pytest.mark.asyncio
async def test_the_first_start_records_what_its_file_says_once(tmp_path: Path):
    for _ in range(2):
        async with open_desk(tmp_path) as desk:
            (first,) = await desk.road.store.events()
            assert (first.seq, first.case, first.transition, first.actor) == (1, "settings", BEGUN, "system")
            assert Terms.read(first.data["terms"]) == Terms.of(desk.settings) == desk.road.terms


@pytest.mark.asyncio
async def test_a_file_that_was_edited_gives_nobody_anything(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        before = desk.road.terms
    async with open_road(file_of(desk, **EVIL), clock_at(START)) as road:
        assert road.terms == before
        assert road.offered != before
        assert (road.policy, road.letterhead.overseer) == (CasesSettings(), None)
        assert [(isp.id, isp.mail) for isp in road.letterhead.isps] == [("isp-a", "noc@isp-a.example")]
        assert road.letterhead.sender == road.letters.sender == "Redhand desk <desk@redhand.invalid>"
        assert "192.0.2.66" not in road.letterhead.page
        assert (road.evidence.recipients, road.letterhead.reply_page, road.links.base) == (0, False, None)
        assert road.outbox().terms() == road.outbox().providers.terms() == road.prober().terms() == before
        assert [event.transition for event in await road.store.events()] == [BEGUN]


@pytest.mark.asyncio
async def test_what_two_people_approved_is_in_force_at_once_and_after_every_start(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        pass
    file = file_of(desk, **EVIL)
    async with open_road(file, clock_at(START)) as road:
        outbox, prober = road.outbox(), road.prober()
        await approved(road, file.admin.database)
        assert road.terms == road.offered == Terms.of(file)
        assert outbox.terms() == outbox.providers.terms() == prober.terms() == road.terms, "those that run already too"
        assert (road.policy, road.evidence.recipients, road.links.base) == (LAX, 1, "https://else.example")
        assert road.letterhead.sender == road.letters.sender == "Another desk <desk@else.example>"
        assert road.agreed.by == (ONE.number, OTHER.number)
    async with open_road(desk.settings, clock_at(START)) as road:
        assert road.terms == Terms.of(file), "the old file proposes the old settings, no more"
    verdict = audit.judge(desk.settings.admin.database)
    assert verdict.findings == ()


@pytest.mark.asyncio
async def test_a_running_case_keeps_the_clock_it_began_with(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        running = await desk.work(await desk.go(None, *TO_C3))
        assert running.deadline is None, "receipt is not proved"
    file = file_of(desk)
    async with open_road(file, clock_at(START)) as road:
        await approved(road, file.admin.database)
        late = Desk(road, file, desk.sync)
        fresh = await late.act(None, "report", OFFICER, names="second.example")
        fresh = await late.work(await late.go(fresh, *TO_C3[1:]))
        assert ((await late.see(running)).clock.basis, fresh.clock.basis) == ("received", "sent")
        await late.act(fresh, "record-dispatch", OFFICER)
        with pytest.raises(IllegalStepError):
            await late.act(running, "record-dispatch", OFFICER)


@pytest.mark.asyncio
async def test_the_overseer_is_told_where_they_were_told_before_and_where_they_are_told_now(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        pass
    for mail, told in (
        ("overseer@oversight.example", ["overseer@oversight.example"]),
        ("other@oversight.example", ["other@oversight.example", "overseer@oversight.example"]),
    ):
        file = file_of(desk, overseer=Overseer(mail=mail))
        async with open_road(file, clock_at(START)) as road:
            await approved(road, file.admin.database)
            letters = [each for each in await road.store.documents("settings") if APPROVED_WORDS in each.text]
            assert sorted(each.mail for each in letters[-len(told) :]) == told
            await road.outbox().tick()
            assert await road.store.effects() == (), "every letter left, and that is recorded"
    async with open_road(file, clock_at(START)) as road:
        events = await road.store.events()
        assert ledger.verify(events) is None
        kept = await road.store.documents("settings")
        sent = [event.data["document"] for event in events if event.transition == "Ts" and event.case == "settings"]
        assert sorted(sent) == sorted(each.number for each in kept)
    assert audit.judge(desk.settings.admin.database).findings == ()


APPROVED_WORDS = "THE SETTINGS OF THE PROCEDURE HAVE CHANGED"


@pytest.mark.asyncio
async def test_a_notice_says_what_was_and_what_is_line_by_line(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        pass
    file = file_of(desk, overseer=Overseer(mail="overseer@oversight.example"), isps=())
    async with open_road(file, clock_at(START)) as road:
        await approved(road, file.admin.database)
        letter: Document = (await road.store.documents("settings"))[-1]
    assert f"{ONE.number} proposed it, {OTHER.number} approved it." in letter.text
    for key, before, after in (
        ("cases.deemed_service", "false", "true"),
        ("admin.isps.isp-a.mail", "noc@isp-a.example", "(–)"),
        ("admin.overseer.mail", "(–)", "overseer@oversight.example"),
    ):
        assert f"{key}\n  {before}\n  → {after}\n" in letter.text
    assert "cases.recommendation_hours" not in letter.text, "what stays is not told"


@pytest.mark.asyncio
async def test_a_notice_that_bounced_is_on_record_once(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        pass
    file = file_of(desk, overseer=Overseer(mail="overseer@oversight.example"))
    async with open_road(file, clock_at(START)) as road:
        await approved(road, file.admin.database)
        await road.outbox().tick()
        (letter,) = await road.store.documents("settings")
        eml = email.message_from_bytes(
            (file.admin.letters / f"{letter.number}.eml").read_bytes(), policy=email.policy.default
        )
        incoming = file.admin.incoming
        assert incoming is not None
        incoming.mkdir()
        for name in ("a", "b"):
            (incoming / f"{name}.eml").write_text(
                f"From: overseer@oversight.example\nSubject: Re: notice\nIn-Reply-To: {eml['Message-ID']}\n\nRead.\n"
            )
        await road.outbox().tick()
        assert [event.data["document"] for event in await road.store.events() if event.transition == "Tr"] == [
            letter.number
        ]
        assert not list(incoming.glob("*.eml")), "both are filed"


@pytest.mark.asyncio
@pytest.mark.parametrize("key", ["somebody's own", "none"])
async def test_an_entry_that_the_desk_did_not_write_puts_nothing_in_force(tmp_path: Path, key: str):
    async with open_desk(tmp_path) as desk:
        store = desk.road.store
        forged = entry("settings", APPROVED, ONE.actor, START, agreed.recorded(Terms.of(file_of(desk, **EVIL))))
        if key == "somebody's own":
            store.seal = Seal.new()
        await store.note(forged)
    database = desk.settings.admin.database
    if key == "none":
        with closing(sqlite3.connect(database)) as db, db:
            db.execute("DROP TRIGGER events_stay")
            db.execute("UPDATE events SET data = replace(data, 'noc@', 'evil@') WHERE transition = ?", (BEGUN,))
            db.execute("DROP TRIGGER events_remain")
            db.execute("DELETE FROM events WHERE transition = ?", (APPROVED,))
    with pytest.raises(OperationError, match="not what this desk wrote"):
        async with open_road(desk.settings, clock_at(START)):
            pass
    with pytest.raises(OperationError, match="not what this desk wrote"):
        agreed.seen_from_beside(database)


@pytest.mark.asyncio
async def test_beside_a_desk_at_work_the_same_is_read(tmp_path: Path):
    assert agreed.seen_from_beside(tmp_path / "none") is None
    async with open_desk(tmp_path) as desk:
        assert agreed.seen_from_beside(desk.settings.admin.database) == desk.road.agreed
    (tmp_path / "torn").write_bytes(b"no database" * 100)
    with pytest.raises(OperationError, match="cannot read"):
        agreed.seen_from_beside(tmp_path / "torn")


def terms(**update: object) -> Terms:
    return Terms.of(Settings()).model_copy(update=update)


def test_what_is_written_is_read_back_the_same():
    full = terms(**EVIL, cases=LAX, ipv4=(IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")))
    assert Terms.read(full.text()) == full
    assert changes(Terms.read(full.text()), full) == ()


@pytest.mark.parametrize("name", sorted(CasesSettings.model_fields))
def test_every_setting_of_the_procedure_is_one_that_two_people_approve(name: str):
    lines = terms(cases=LAX).lines()
    assert (f"cases.{name}" in lines) == (getattr(LAX, name) is not None)


def test_the_order_of_providers_means_nothing_and_of_any_other_line_one_differs():
    a, b = (Isp(id=f"isp-{letter}", name=letter, mail=f"noc@{letter}.example") for letter in "ab")
    assert changes(terms(isps=(a, b)), terms(isps=(b, a))) == ()
    moved = b.model_copy(update={"mail": "noc@c.example"})
    assert changes(terms(isps=(a, b)), terms(isps=(moved, a))) == (
        Change("admin.isps.isp-b.mail", "noc@b.example", "noc@c.example"),
    )


@pytest.mark.parametrize(
    ("before", "after", "touched"),
    [
        (None, Overseer(mail="a@a.example"), False),
        (Overseer(mail="a@a.example"), Overseer(mail="b@a.example"), True),
        (Overseer(mail="a@a.example"), Overseer(mail="a@a.example", name="Somebody"), True),
        (Overseer(mail="a@a.example"), None, True),
        (Overseer(mail="a@a.example"), Overseer(mail="a@a.example"), False),
    ],
)
def test_the_overseer_s_own_address_is_known_for_what_it_is(
    before: Overseer | None, after: Overseer | None, touched: bool
):
    assert touches_overseer(changes(terms(overseer=before), terms(overseer=after, sender="x@x.example"))) is touched
