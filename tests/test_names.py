"""Names as people write them and as Redhand compares them."""

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocker.errors import InvalidNameError
from blocker.names import DomainName

TAKEN = {
    "example.fr": "example.fr",
    "Example.FR.": "example.fr",
    "bücher.example": "xn--bcher-kva.example",
    "BÜCHER.example": "xn--bcher-kva.example",
    "xn--bcher-kva.example": "xn--bcher-kva.example",
    "faß.example": "xn--fa-hia.example",
    "_dmarc.mail.example": "_dmarc.mail.example",
    "r3---sn-25ge7nzs.video.example": "r3---sn-25ge7nzs.video.example",
    "trailing-.example": "trailing-.example",
    "www。example。": "www.example",  # ideographic and full-width stops are stops (UTS 46)
    "ｗｗｗ．example": "www.example",
    "xn--i-7iq.example": "xn--i-7iq.example",  # an emoji: IDNA 2008 refuses it, the DNS and browsers do not
}
REFUSED = [
    "127.0.0.1。", "１２７。０。０。１。", "exam\ufe0fple.com", "a\u3164b.com", "a\u115fb.com", "a\u034fb.com",
    "", ".", "..", "a..example", ".example", "192.0.2.1", "192.0.2.1.", "0x7f.1", "2130706433", "[2001:db8::1]",
    "2001:db8::1", "１９２.0.2.1", "http://a.example", "a.example/path", "a.example:53", "*.example",
    "x@a.example", "a b.example", "a\u200b.example", "a\u00ad.example", "a\u202e.example", "a\x00.example",
    "a\n.example", "xn--.example", "xn--abc-.example", "a" * 64 + ".example", "a." * 126 + "aa", "%61.example",
    "a,b.example", "a\\.b.example", "ü" * 60 + ".example",
]  # fmt: skip


@pytest.mark.parametrize(("written", "name"), TAKEN.items())
def test_idn_case_and_trailing_dot_are_brought_to_one_form(written, name):
    assert DomainName.parse(written) == name


@pytest.mark.parametrize("written", REFUSED)
def test_what_is_no_name_is_refused_with_a_sentence(written):
    with pytest.raises(InvalidNameError, match=r"\w+ \w+"):
        DomainName.parse(written)


def test_the_longest_name_is_253_octets():
    assert len(DomainName.parse("a." * 126 + "a")) == 253


def test_ancestors_go_from_the_name_to_its_top_level_domain():
    assert list(DomainName.parse("a.b.example").ancestors()) == ["a.b.example", "b.example", "example"]


def test_a_name_is_shown_with_its_u_labels():
    assert DomainName.parse("xn--bcher-kva.example").to_unicode() == "bücher.example"
    assert DomainName.parse("xn--i-7iq.example").to_unicode() == "xn--i-7iq.example"


@given(st.text(max_size=80))
def test_any_text_gives_a_valid_name_or_our_error(text):
    try:
        name = DomainName.parse(text)
    except InvalidNameError:
        return
    assert DomainName.parse(name) == name
    assert name.isascii()
    assert name == name.lower()
    assert all(0 < len(label) <= 63 for label in name.split("."))


@given(st.text(alphabet="абвгдежз", min_size=1, max_size=20))
def test_an_international_label_survives_the_way_there_and_back(label):
    assert DomainName.parse(f"{label}.example").to_unicode() == idna.decode(idna.encode(f"{label}.example"))
