"""The road of a case by the desk's own forms, as an officer and an approver would fill them in."""

from collections.abc import Mapping
from datetime import timedelta

from blocker.cases.case import Role
from blocker.people.account import Account
from tests.admin.running import ADMINISTRATOR, Browser, Running

REPORT = {
    "ground": "terrorism",
    "names": "new.propaganda-copy.example",
    "names-scope": "domain",
    "urls": "http://new.propaganda-copy.example/video",
    "source": "hotline 2026-11-4711",
    "seen_at": "",
    "seen_from": "a line at home, the provider's resolver",
    "capture": "ab" * 32,
}

STEPS: Mapping[str, tuple[str, dict[str, str]]] = {
    "assess": (
        "officer",
        {
            "qualification": "Praises an attack.",
            "proportionality": "Nothing else there.",
            "extent": "whole",
            "by_hand": "Asked three public resolvers.",
            "deconfliction": "U-7",
        },
    ),
    "propose-request": (
        "officer",
        {
            "owner": "Host B.V.",
            "capacity": "host",
            "owner_mail": "abuse@hosting.example",
            "seat": "here",
            "contact_found": "RDAP",
        },
    ),
    "approve-request": ("approver", {}),
    "record-receipt": ("officer", {"received_at": "", "how": "Return receipt"}),
    "verify": ("officer", {"verified_at": "", "method": "From two networks"}),
    "propose-directive": ("officer", {"reason": "No answer; still there."}),
    "approve-directive": ("approver", {}),
    "confirm-block": ("officer", {"how": "Probe"}),
    "propose-lift": ("officer", {"reason_code": "content_removed", "reason": "All is gone."}),
    "approve-lift": ("approver", {}),
    "confirm-lift": ("officer", {"how": "Probe"}),
}
"""Every act from report to lifted, in order, with who takes it and what is entered."""


ISPS = ("isp-a", "isp-b")


async def reported(officer: Browser, number: str) -> None:
    """Record for each provider that it has carried out what it was told last."""
    for isp in ISPS:
        page = await officer.get(f"/cases/{number}/isps/{isp}")
        entered = {"turn": page.hidden("turn"), "isp": isp, "applied_at": "", "where": "All resolvers"}
        answer = await officer.post(f"/cases/{number}/isp-applied", entered)
        assert answer.status == 303, answer.words


async def opened(officer: Browser, **changed: str) -> str:
    """Open a case by the form and return its number."""
    form = await officer.get("/cases/new")
    answer = await officer.post("/cases", {**REPORT, "once": form.hidden("once"), **changed})
    assert answer.status == 303, answer.words
    assert answer.location is not None
    return answer.location.removeprefix("/cases/")


async def walked(
    desk: Running, officer: Browser, approver: Browser, *, until: str | None = None, **changed: str
) -> str:
    """Walk a new case up to and including the act `until` (None: nothing but the report) and return its number."""
    number = await opened(officer, **changed)
    people = {"officer": officer, "approver": approver}
    for act, (who, entered) in STEPS.items():
        if until is None:
            break
        if act in {"confirm-block", "confirm-lift"}:
            await reported(officer, number)
        answer = await people[who].act(number, act, **entered)
        assert answer.status == 303, (act, answer.words)
        if who == "approver":  # an officer's acts leave nothing to carry out but the end of a case
            await desk.carry_out()
        if act == until:
            break
        if act == "record-receipt":
            desk.clock.move(timedelta(hours=24, minutes=1))
    return number


async def settings_proposed(desk: Running) -> str:
    """An administrator proposes other settings; return the number of the letter that tells the overseer."""
    road, actor = desk.desk.road, Account(ADMINISTRATOR, Role.ADMINISTRATOR)
    road.offered = road.terms.model_copy(update={"sender": "Another desk <desk@elsewhere.example>"})
    issue = await road.notice(road.offered)
    agreement = desk.desk.people.agreement
    await agreement.propose(actor, road.now(), offered=road.offered, standing=road.terms, issue=issue)
    (letter,) = await road.store.documents("settings")
    return letter.number
