"""Sessions by the clock, without any HTTP."""

from blocker.admin.sessions import FRESH, HALFWAY, STRANGERS, Sessions

IDLE, LIFE = 900.0, 28800.0


def test_a_session_is_found_by_its_token_and_by_no_other() -> None:
    sessions = Sessions(IDLE, LIFE)
    session = sessions.open(0.0)
    assert sessions.find(session.token, 1.0) is not None
    assert sessions.find("", 1.0) is None
    assert sessions.find(session.csrf, 1.0) is None


def test_a_session_ends_after_a_while_without_a_request() -> None:
    sessions = Sessions(IDLE, LIFE)
    token = sessions.open(0.0).token
    assert sessions.find(token, IDLE) is not None
    assert sessions.find(token, 2 * IDLE) is not None
    assert sessions.find(token, 3 * IDLE + 1) is None
    assert sessions.find(token, 3 * IDLE + 1) is None


def test_a_busy_session_ends_after_a_working_day() -> None:
    sessions = Sessions(IDLE, LIFE)
    token = sessions.open(0.0).token
    now = 0.0
    while now < LIFE:
        assert sessions.find(token, now) is not None
        now += IDLE / 2
    assert sessions.find(token, LIFE + 1) is None


def test_signing_in_gives_a_new_token_and_kills_the_old_one() -> None:
    sessions = Sessions(IDLE, LIFE)
    before = sessions.open(0.0, language="fr")
    after = sessions.sign_in(before, "agent-014", 1.0)
    assert after.token != before.token
    assert after.csrf != before.csrf
    assert (after.account, after.language) == ("agent-014", "fr")
    assert sessions.find(before.token, 2.0) is None


def test_signing_in_starts_a_new_working_day() -> None:
    sessions = Sessions(IDLE, LIFE)
    after = sessions.sign_in(sessions.open(0.0), "agent-014", IDLE)
    assert after.began == IDLE


def test_strangers_cannot_fill_the_memory_nor_push_out_those_who_signed_in() -> None:
    sessions = Sessions(IDLE, LIFE)
    staff = sessions.sign_in(sessions.open(0.0), "agent-014", 0.0)
    for _ in range(STRANGERS + 50):
        sessions.open(1.0)
    assert len(sessions) == STRANGERS + 1
    assert sessions.find(staff.token, 2.0) is not None


def test_dead_sessions_are_swept_out() -> None:
    sessions = Sessions(IDLE, LIFE)
    for _ in range(20):
        sessions.open(0.0)
    sessions.open(IDLE + 1)
    assert len(sessions) == 1


def test_a_chosen_language_is_kept() -> None:
    sessions = Sessions(IDLE, LIFE)
    session = sessions.open(0.0)
    sessions.speak(session, "fr")
    found = sessions.find(session.token, 1.0)
    assert found is not None
    assert found.language == "fr"


def test_a_form_belongs_to_one_session() -> None:
    sessions = Sessions(IDLE, LIFE)
    mine, other = sessions.open(0.0), sessions.open(0.0)
    assert mine.owns(mine.csrf)
    assert not mine.owns(other.csrf)
    assert not mine.owns("")
    assert not mine.owns("é\ud800".encode("utf-8", "replace").decode())


def test_a_password_alone_opens_nothing_and_is_worth_five_minutes() -> None:
    sessions = Sessions(IDLE, LIFE)
    half = sessions.half(sessions.open(0.0), "agent-014", 0.0)
    assert (half.account, half.halfway) == (None, "agent-014")
    assert sessions.of("agent-014", 1.0) == ()
    assert sessions.find(half.token, HALFWAY) is not None
    assert sessions.find(half.token, HALFWAY + 1) is None


def test_the_sessions_of_an_account_are_listed_and_end_together() -> None:
    sessions = Sessions(IDLE, LIFE)
    first, second = (sessions.sign_in(sessions.open(0.0), "agent-014", when) for when in (1.0, 2.0))
    half = sessions.half(sessions.open(0.0), "agent-014", 2.0)
    other = sessions.sign_in(sessions.open(0.0), "agent-022", 2.0)
    assert sessions.of("agent-014", 3.0) == (second, first)
    sessions.end_all("agent-014", but=second)
    assert sessions.of("agent-014", 3.0) == (second,)
    assert sessions.find(half.token, 3.0) is None
    sessions.end_all("agent-014")
    assert sessions.of("agent-014", 3.0) == ()
    assert sessions.find(other.token, 3.0) is not None


def test_a_session_that_was_ended_is_not_brought_back_by_what_was_still_under_way() -> None:
    sessions = Sessions(IDLE, LIFE)
    session = sessions.sign_in(sessions.open(0.0), "agent-014", 0.0)
    sessions.end_all("agent-014")
    sessions.speak(session, "fr")
    sessions.ask(session, challenge=b"asked")
    assert sessions.find(session.token, 1.0) is None


def test_a_challenge_is_answered_once() -> None:
    sessions = Sessions(IDLE, LIFE)
    session = sessions.open(0.0)
    sessions.ask(session, challenge=b"asked")
    assert sessions.challenge(session) == b"asked"
    assert sessions.challenge(session) == b""


def test_a_session_is_fresh_for_a_short_while_and_a_new_token_makes_it_neither_fresher_nor_longer() -> None:
    sessions = Sessions(IDLE, LIFE)
    first = sessions.sign_in(sessions.open(0.0), "agent-014", 0.0, bare=True)
    assert (first.fresh(FRESH), first.fresh(FRESH + 1)) == (True, False)
    at, session = 0.0, first
    while at + IDLE <= LIFE:
        at += IDLE
        found = sessions.find(session.token, at)
        assert found is not None
        session = sessions.renew(found, bare=False)
        assert session.token != found.token
        assert session.csrf != found.csrf
        assert (session.began, session.seen, session.account, session.bare) == (0.0, at, "agent-014", False)
        assert sessions.find(found.token, at) is None, "the old cookie is worth nothing"
    assert sessions.find(session.token, LIFE + 1) is None
