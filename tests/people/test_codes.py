"""One-time codes against the vectors of RFC 6238, and what people may type."""

from datetime import UTC, datetime

import pytest

from blocker.people import codes

SECRET = b"12345678901234567890"  # RFC 6238, appendix B
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str):
    assert codes.taken_step(SECRET, code[-6:], at(seconds), after=0) == seconds // 30


@pytest.mark.parametrize(("wrong_by", "taken"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_wrong_by_one_step(wrong_by: int, taken: bool):
    assert (codes.taken_step(SECRET, "005924", at(1234567890 + wrong_by), after=0) is not None) == taken


def test_a_code_counts_once_and_none_before_it_counts_any_more():
    step = codes.taken_step(SECRET, "005924", at(1234567890), after=0)
    assert step
    assert codes.taken_step(SECRET, "005924", at(1234567890), after=step) is None
    assert codes.taken_step(SECRET, "005924", at(1234567890), after=step + 1) is None


@pytest.mark.parametrize("typed", ["", "00592", "0059240", "005925", "x" * 5000, "٠٠٥٩٢٤", "005924\0"])
def test_what_is_not_the_code_is_refused(typed: str):
    assert codes.taken_step(SECRET, typed, at(1234567890), after=0) is None


def test_a_code_may_be_typed_as_apps_show_it():
    assert codes.taken_step(SECRET, " 005 924 ", at(1234567890), after=0)


def test_the_address_names_the_account_and_the_desk_and_holds_the_secret():
    made = codes.address(SECRET, "agent-014", "Redhand desk.example")
    assert made.startswith("otpauth://totp/Redhand%20desk.example:agent-014?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")


def test_a_recovery_code_is_known_however_it_is_spelled():
    assert codes.recovery_hash("abcd efgh") == codes.recovery_hash("ABCD-EFGH") != codes.recovery_hash("ABCDEFGI")
