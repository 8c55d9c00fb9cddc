"""What comes back to a letter: reports made for machines, people's replies, and all the rest."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocker.cases.post import mail
from blocker.cases.post.mail import Incoming, News

MAILS = Path(__file__).with_name("mails")

EXPECTED = {
    "bounce": Incoming(News.FAILED, "5.1.1 smtp; 550 5.1.1 no such user", "2026-000001", "5.1", "D-2026-000001"),
    "bounce-headers-only": Incoming(News.FAILED, "5.2.2 smtp; 552 mailbox full", "2026-000001", "5.1", None),
    "bounce-by-envelope": Incoming(News.FAILED, "5.1.1", None, None, "D-2026-000001"),
    "delivered": Incoming(News.DELIVERED, "2.0.0", "2026-000001", "5.1", "D-2026-000001"),
    "displayed": Incoming(News.DISPLAYED, "manual-action/MDN-sent-manually; displayed", "2026-000001", "5.1", None),
    "reply": Incoming(News.REPLIED, "a reply from abuse@hosting.example", "2026-000001", "5.1", None),
    "delayed": None,
    "deleted-unread": None,
    "out-of-office": None,
    "bounce-in-prose": None,
    "stranger": None,
    "no-mail-at-all": None,
}


def test_every_example_is_judged():
    assert {path.stem for path in MAILS.glob("*.eml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_mail_is_news_of_a_letter_or_it_is_nothing(name: str):
    assert mail.read((MAILS / f"{name}.eml").read_bytes()) == EXPECTED[name]


@pytest.mark.parametrize("name", [name for name, news in EXPECTED.items() if news])
def test_line_ends_of_the_network_change_nothing(name: str):
    content = (MAILS / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")
    assert mail.read(content) == EXPECTED[name]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(EXPECTED)), st.integers(0, 4000), st.binary(max_size=12))
def test_a_damaged_mail_raises_nothing_and_what_is_kept_of_it_is_one_short_line(name: str, place: int, junk: bytes):
    content = (MAILS / f"{name}.eml").read_bytes()
    news = mail.read(content[:place] + junk + content[place + len(junk) :])
    if news is not None:
        assert news.said.isprintable() and 0 < len(news.said) <= mail.LONGEST_SAID


def test_what_a_server_said_is_kept_as_one_short_printable_line():
    assert mail.printable("250\r\n2.0.0 OK\x00\x1b[31m") == "250 2.0.0 OK [31m"
    assert len(mail.printable("x" * 5000)) == mail.LONGEST_SAID
    assert mail.printable("\n") == "nothing"
