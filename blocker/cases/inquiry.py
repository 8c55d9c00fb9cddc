"""The guards of the inquiry: what must be known, shown and kept before anybody is asked or blocked.

Rules as in rules.py, which has those of the procedure itself.
"""

from collections.abc import Mapping
from datetime import datetime

from blocker.cases.case import Actor, Case
from blocker.cases.collateral import Weight
from blocker.cases.context import Context
from blocker.cases.rules import Bar
from blocker.errors import FormError, IllegalStepError

WHOLE, PART = EXTENTS = ("whole", "part")
LEGAL_NOTICE, SECURITY_TXT, RDAP_NAME, RDAP_ADDRESS, WHOIS, ELSEWHERE = CHANNELS = (
    *("legal-notice", "security-txt", "rdap-name", "rdap-address", "whois", "elsewhere"),
)
"""Where somebody to ask is looked for."""
REQUIRED = ((LEGAL_NOTICE,), (RDAP_NAME, WHOIS), (RDAP_ADDRESS,))
"""Of each of these at least one must have been looked at before nobody counts as identified."""
ASKED_FIRST = ("publisher", "host")
"""Whom the request goes to if the search finds them (LCEN art. 6-1 §1)."""
NOBODY = "nobody"
NO_KEYS = "No keys are configured that evidence is encrypted to (admin.evidence_recipients), so none can be kept here."


def evidence_can_be_kept(_case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """Evidence is kept encrypted or not at all: without the keys it is encrypted to, none is taken."""
    if not context.sealing:
        raise IllegalStepError(NO_KEYS)


def evidence_is_new(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """A file stands in a case once."""
    if case is not None and data["file"] in {each.sha256 for each in case.exhibits}:
        raise FormError({"file": "this file is among the evidence of this case already"})


def evidence_of_case(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """Only what belongs to this case is opened from it."""
    if case is None or data["evidence"] not in {each.sha256 for each in case.exhibits}:
        raise IllegalStepError("This case has no such evidence.")


def has_evidence(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """There must be something to look at."""
    return None if case.exhibits else Bar("There is no evidence yet.", moot=True)


def capture_uploaded(case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """What is assessed is what was captured: the capture that the report names is kept; a trial may do without keys."""
    _demand_keys(context)
    uploaded = {each.sha256 for each in case.exhibits} if case else set()
    if context.sealing and case is not None and case.capture not in uploaded:
        raise IllegalStepError("Upload the sealed capture that the report names first.")


def verification_uploaded(case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """That the content is still there after the owner's time is shown by evidence; a trial may do without keys."""
    _demand_keys(context)
    if context.sealing and case is not None and case.deadline is not None:
        after = [each for each in case.exhibits if each.seen_at >= case.deadline]
        if not after:
            raise IllegalStepError("Upload a sealed capture that was made after the owner's 24 hours first.")


def nothing_else_is_hit(_case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """What belongs to many is never blocked for one: suffixes, platforms, protected names."""
    refused = [f"{each.name}: {each.said}" for each in context.findings if each.weight is Weight.REFUSED]
    if refused:
        raise IllegalStepError(f"This would block too much: {'; '.join(refused)}.")


def unchecked_by_hand(_case: Case | None, data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """What the desk could not check is no pass: a person says how it was checked."""
    if not data["by_hand"] and any(each.weight is Weight.UNCHECKED for each in context.findings):
        raise FormError({"by_hand": "the desk could not check everything: say how you did"})


def apt_for_the_dns(_case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """The DNS knows no pages: where only some of a site is unlawful, its host removes them."""
    if data["extent"] == PART:
        raise IllegalStepError(
            "Only a part of what lies under these names is unlawful. A block in the DNS is not apt for that: ask the "
            "host or the platform to remove it."
        )


def no_open_case_has_it(_case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """One name, one ground, one open case: what is found again is added there. Another ground is another case."""
    if context.same:
        name, case = next(iter(context.same.items()))
        raise FormError({"names": f"“{name}” is worked in case {case} on the same ground: add the evidence there"})


def addressee_in_order(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """The law names publisher and host: a registrar or registrant is asked only where neither was found."""
    known = {each.found for each in case.searches} & set(ASKED_FIRST) if case else set()
    if data["capacity"] not in ASKED_FIRST and known:
        raise FormError({"capacity": "the search log names a publisher or a host: ask them first"})


def looked_everywhere(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Nobody can be identified only where everybody was looked for: on the site, by its name and by its address."""
    looked = {each.channel for each in case.searches}
    for places in REQUIRED:
        if not looked & set(places):
            return Bar("The search log must show the site's own notice, a register of names and one of addresses.")
    return None


def nobody_was_found(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Whoever was found is asked: a host that the address leads to gets the request."""
    if {each.found for each in case.searches} & set(ASKED_FIRST):
        return Bar("The search log names a publisher or a host: ask them.")
    return None


def _demand_keys(context: Context) -> None:
    if not context.sealing and not context.list.trial:
        raise IllegalStepError(NO_KEYS)
