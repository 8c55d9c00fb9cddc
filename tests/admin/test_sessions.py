"""Sessions by the clock, without any HTTP."""

from blocker.admin.sessions import IDLE, LIFE, STRANGERS, Sessions


def test_a_session_is_found_by_its_token_and_by_no_other() -> None:
    sessions = Sessions()
    session = sessions.open(0.0)
    assert sessions.find(session.token, 1.0) is not None
    assert sessions.find("", 1.0) is None
    assert sessions.find(session.csrf, 1.0) is None


def test_a_session_ends_after_half_an_hour_without_a_request() -> None:
    sessions = Sessions()
    token = sessions.open(0.0).token
    assert sessions.find(token, IDLE) is not None
    assert sessions.find(token, 2 * IDLE) is not None
    assert sessions.find(token, 3 * IDLE + 1) is None
    assert sessions.find(token, 3 * IDLE + 1) is None


def test_a_busy_session_ends_after_a_working_day() -> None:
    sessions = Sessions()
    token = sessions.open(0.0).token
    now = 0.0
    while now < LIFE:
        assert sessions.find(token, now) is not None
        now += IDLE / 2
    assert sessions.find(token, LIFE + 1) is None


def test_signing_in_gives_a_new_token_and_kills_the_old_one() -> None:
    sessions = Sessions()
    before = sessions.open(0.0, language="fr")
    after = sessions.sign_in(before, "agent-014", 1.0)
    assert after.token != before.token
    assert after.csrf != before.csrf
    assert (after.account, after.language) == ("agent-014", "fr")
    assert sessions.find(before.token, 2.0) is None


def test_signing_in_starts_a_new_working_day() -> None:
    sessions = Sessions()
    after = sessions.sign_in(sessions.open(0.0), "agent-014", IDLE)
    assert after.began == IDLE


def test_strangers_cannot_fill_the_memory_nor_push_out_those_who_signed_in() -> None:
    sessions = Sessions()
    staff = sessions.sign_in(sessions.open(0.0), "agent-014", 0.0)
    for _ in range(STRANGERS + 50):
        sessions.open(1.0)
    assert len(sessions) == STRANGERS + 1
    assert sessions.find(staff.token, 2.0) is not None


def test_dead_sessions_are_swept_out() -> None:
    sessions = Sessions()
    for _ in range(20):
        sessions.open(0.0)
    sessions.open(IDLE + 1)
    assert len(sessions) == 1


def test_a_chosen_language_is_kept() -> None:
    sessions = Sessions()
    session = sessions.open(0.0)
    sessions.speak(session, "fr")
    found = sessions.find(session.token, 1.0)
    assert found is not None
    assert found.language == "fr"


def test_a_form_belongs_to_one_session() -> None:
    sessions = Sessions()
    mine, other = sessions.open(0.0), sessions.open(0.0)
    assert mine.owns(mine.csrf)
    assert not mine.owns(other.csrf)
    assert not mine.owns("")
    assert not mine.owns("é\ud800".encode("utf-8", "replace").decode())
