"""Letters and directives as text."""

import hashlib
from dataclasses import replace

import pytest

from blocker.blocklist.check import check
from blocker.cases import documents
from blocker.cases.case import SYSTEM, Document, entry
from blocker.cases.context import Recipient
from blocker.cases.documents import LIFT_GROUNDS, SUBJECTS, directive_yaml
from blocker.cases.table import BY_ACT, TRANSITIONS
from blocker.distribution.source import shipped, suffixes
from tests.cases.walking import OFFICER, RESTORING, ROADS, Walk, actor_for, before, context, facts


def letters(state: str, kind: str) -> list[Document]:
    return [letter for letter in Walk().go(*ROADS[state]).documents if letter.kind == kind]


def test_letters_are_numbered_in_order_and_hashed():
    documents = Walk().go(*ROADS["C10"]).documents
    assert [letter.number for letter in documents] == [f"D-2026-{number:06d}" for number in range(1, 15)]
    for letter in documents:
        assert letter.number in letter.text
        assert letter.sha256 == hashlib.sha256(letter.text.encode()).hexdigest()


def test_every_letter_speaks_both_languages_and_says_how_to_contest():
    for letter in Walk().go(*ROADS["C10"]).documents:
        assert "Recours :" in letter.text
        assert "How to contest:" in letter.text
        assert "2026-000001" in letter.text


def test_the_owner_reads_the_addresses_the_reasons_and_the_time():
    (letter,) = letters("C3", "owner-request")
    assert letter.mail == "abuse@hosting.example"
    for part in ("http://propaganda.example/one", "It calls for attacks.", "twenty-four hours", "heures écoulées"):
        assert part in letter.text.replace("\n", " ").replace("heures  écoulées", "heures écoulées")
    assert "2026-12-01 10:00:00+01:00" in letter.text


@pytest.mark.parametrize("kind", ["isp-information", "isp-directive", "isp-unblocking"])
def test_a_letter_to_an_isp_names_no_url(kind: str):
    for letter in letters("C10", kind):
        assert "http" not in letter.text
        assert "propaganda.example" in letter.text
        assert "It calls for attacks." not in letter.text


def test_a_directive_says_scope_version_dates_and_where_the_name_leads():
    text = letters("C6", "isp-directive")[0].text
    for part in ("FR-2026-0001", "propaganda.example – that name and everything below it", "192.0.2.1, 2001:db8::1"):
        assert part in text
    for part in ("videos.hosting.example – that name alone", "ab" * 32, "2027-03-02 00:00:00+01:00"):
        assert part in text


def test_an_international_name_is_shown_in_both_forms():
    walk = Walk()
    walk.act("report", OFFICER, names="bücher.example domain")
    walk.go(*ROADS["C6"][1:])
    (text, *_) = [letter.text for letter in walk.documents if letter.kind == "isp-directive"]
    assert "xn--bcher-kva.example (bücher.example)" in text


@pytest.mark.parametrize("code", LIFT_GROUNDS)
def test_an_unblocking_directive_gives_the_ground_of_lifting(code: str):
    walk = Walk().go(*ROADS["C7"])
    walk.act("propose-lift", OFFICER, reason_code=code)
    walk.go(*ROADS["C9"][-1:], *RESTORING)
    for kind, text in ((letter.kind, letter.text) for letter in walk.documents[-4:]):
        if kind == "isp-unblocking":
            assert LIFT_GROUNDS[code]["fr"] in text
            assert LIFT_GROUNDS[code]["en"] in text


def test_letters_of_a_trial_say_so_and_real_ones_do_not():
    (trial,) = letters("C3", "owner-request")
    assert trial.text.startswith("*** ESSAI")
    assert trial.subject.startswith("[TRIAL]")
    walk = Walk().go(*ROADS["C2"])
    walk.context = context(list=facts(environment="production"))
    walk.go(*ROADS["C3"][-1:])
    assert "ESSAI" not in walk.documents[0].text.splitlines()[0]
    assert not walk.documents[0].subject.startswith("[TRIAL]")


def test_a_ground_that_left_the_list_holds_up_no_lift():
    walk = Walk().go(*ROADS["C9"])
    walk.context = context(list=facts(grounds={}))
    walk.go(*RESTORING)
    told = ["isp-unblocking", "isp-unblocking", "oversight-notice", "owner-lifted"]
    assert [letter.kind for letter in walk.documents[-4:]] == told


def test_the_file_of_a_directive_is_accepted_by_a_production_list_as_it_is():
    walk = Walk()
    walk.act("report", OFFICER, names="first.propaganda-site.net domain\nvideos.propaganda-host.org")
    walk.go(*ROADS["C5d"][1:])
    text = directive_yaml(walk.at, facts())
    files = {
        "list.yaml": b"title: {fr: a, en: b}\nenvironment: production\ntimezone: Europe/Paris\n",
        "terrorism/FR-2026-0001.yaml": text.encode(),
    }
    checked = check(files, shipped(), suffixes(), walk.now)
    (directive,) = checked.blocklist.directives
    assert checked.warnings == ()
    assert (directive.id, directive.case, directive.approved_by) == (
        "FR-2026-0001",
        "2026-000001",
        ("agent-014", "agent-022"),
    )
    assert directive.expires == walk.at.expires
    assert [(entry.name, entry.scope) for entry in checked.blocklist.entries] == [
        (entry.name, entry.scope) for entry in walk.at.names
    ]


def test_an_undecided_case_has_no_directive():
    with pytest.raises(RuntimeError):
        directive_yaml(Walk().go(*ROADS["C5"]).at, facts())


ISSUED_BY = {
    "owner-request": "approve-request",
    "owner-question": "ask-owner",
    "owner-answer": "answer-statement",
    "owner-blocked": "record-release",
    "owner-lifted": "record-withdrawal",
    "isp-information": "approve-request",
    "isp-directive": "record-release",
    "isp-unblocking": "record-withdrawal",
    "oversight-notice": "approve-directive",
    "oversight-answer": "answer-recommendation",
    "closed": "record-removal",
    "appeal-acknowledgement": "log-appeal",
    "appeal-decision": "decide-appeal",
}
"""For each kind of document an act that issues one."""


@pytest.mark.parametrize("kind", ISSUED_BY)
def test_every_document_says_what_it_is_of_which_case_when_by_whom_on_which_law_and_where_the_ledger_stood(kind: str):
    act = ISSUED_BY[kind]
    walk = Walk().go(*ROADS["C3"]) if act in {"record-removal", "log-appeal"} else before(act)
    outcome = walk.act(act, actor_for(BY_ACT[act]))
    letters = [letter for letter in outcome.documents if letter.kind == kind]
    assert letters
    for letter in letters:
        assert {"Recours :", "How to contest:"} <= set(letter.text.splitlines())
        for part in (letter.number, "2026-000001", "+01:00", "Signataire", walk.context.letterhead.sender):
            assert part in letter.text
        assert f"{outcome.event.legal_basis or 'LCEN art. 6-1'}" in letter.text
        assert outcome.event.prev_hash in letter.text
        assert letter.sha256 in outcome.event.doc_sha256
        if letter.recipient != "owner":
            assert "http://" not in letter.text


def test_an_onboarding_directive_says_all_that_is_in_force_to_whom_until_when_and_on_which_law():
    walk = Walk().go(*ROADS["C7"])
    data = {"serial": "7", "digest": "ab" * 32}
    event = replace(entry("isp-c", "onboarding", SYSTEM, walk.now, data), legal_basis="Décret 2015-125 art. 3")
    third = Recipient("isp-c", "Third Provider", "noc@isp-c.example")
    letter, copy = documents.onboarding(third, [walk.at, walk.at], event, walk.context, 41)
    assert (letter.number, letter.recipient) == ("D-2026-000041", "isp-c")
    assert (copy.number, copy.recipient) == ("D-2026-000042", "overseer")
    assert {"Recours :", "How to contest:", "SHA-256 of the list: " + "ab" * 32} <= set(letter.text.splitlines())
    assert letter.text.count(f"{walk.at.directive} (terrorism)\n  décidée / decided 2026-12-02") == 2
    for part in ("force: 2.", "twenty-four (elapsed)", "propaganda.example – ce nom et au-dessous"):
        assert part in letter.text
    assert "Décret 2015-125 art. 3" in letter.text
    assert "Third Provider (isp-c)" in copy.text
    assert "Copy" not in letter.text
    assert letter.sha256 == hashlib.sha256(letter.text.encode()).hexdigest()


def test_every_kind_of_document_is_issued_somewhere():
    # To the staff, and of no case: test_reminders.py, test_agreed.py, and above.
    elsewhere = {"reminder", "settings-notice", "isp-onboarding"}
    assert set(ISSUED_BY) == set(SUBJECTS) - elsewhere


def test_every_notice_to_the_overseer_says_what_happened():
    told = [row for row in TRANSITIONS if "oversight-notice" in row.letters]
    openings = set()
    for row in told:
        walk = before(row.act)
        outcome = walk.act(row.act, actor_for(row))
        (notice,) = [letter for letter in outcome.documents if letter.kind == "oversight-notice"]
        lines = notice.text.splitlines()
        openings.add(lines[lines.index("NOTICE TO THE OVERSEER") + 2])
    assert len(openings) >= len(told) - 4, (
        "those that say the same: T9 and T9s, T10 and T10x, T13 and T13s, T19l and T22"
    )
