"""What else a block would cut off: told from the list and from the DNS, and never passed over in silence."""

import socket

import dns.rcode
import pytest

from blocker.addresses import Address
from blocker.blocklist.decode import decode
from blocker.blocklist.guards import Guards
from blocker.blocklist.lookalikes import Lookalikes
from blocker.blocklist.suffixes import Suffixes
from blocker.cases.collateral import Finding, Heard, Known, Weight, as_text, from_text, weigh
from blocker.cases.forms import parse_names
from blocker.cases.hearing import SILENT, UNSET, hear
from blocker.cases.table import BY_ACT, WEIGHED
from blocker.distribution.gate import Popular
from blocker.distribution.source import shipped
from blocker.errors import FormError, IllegalStepError
from blocker.names import DomainName
from tests.cases.desk import open_desk
from tests.cases.dns_server import dns_server
from tests.cases.walking import OFFICER, ROADS, Walk, context, entered

SUFFIXES = Suffixes("com\nco.uk\n// ===BEGIN PRIVATE DOMAINS===\nblogs.com\n// ===END PRIVATE DOMAINS===\n")
LIST = b"title: {fr: a, en: b}\nenvironment: trial\nown_names: [ministry.example]\n"
LISTED = b"""directive: FR-2026-0042
case: 2026-000042
ground: terrorism
issued: 2026-11-01T00:00:00Z
review_by: 2026-12-20
expires: 2026-12-20
names: [{name: listed.example, scope: domain}]
"""


def known(*popular: str) -> Known:
    blocklist = decode({"list.yaml": LIST, "terrorism/FR-2026-0042.yaml": LISTED}, shipped()).blocklist
    assert blocklist is not None
    never = [DomainName("ministry.example")]
    return Known(Guards(blocklist, SUFFIXES), Lookalikes(never), tuple(blocklist.entries), Popular(popular))


def found(names: str, *popular: str, heard: Heard | str | None = None) -> list[tuple[str, str]]:
    parsed = parse_names(names)
    answers = {each.name: heard or Heard() for each in parsed}
    return [(str(each.weight), each.said) for each in weigh(parsed, known(*popular), answers)]


def refusals(names: str) -> str:
    return "; ".join(said for weight, said in found(names) if weight == Weight.REFUSED)


# -- the rows of the specification's edge cases


@pytest.mark.parametrize("name", ["co.uk", "com", "blogs.com"])
@pytest.mark.parametrize("scope", ["host", "domain"])
def test_name_at_a_public_suffix_is_refused_always(name: str, scope: str):
    assert refusals(f"{name} {scope}")


def test_the_edition_of_the_public_suffix_list_is_on_record():
    walk = Walk(context=context(suffixes=SUFFIXES.digest)).go(*ROADS["C1"])
    assert walk.events[-1].data["suffixes"] == SUFFIXES.digest


def test_name_on_shared_hosting_takes_the_host_alone():
    assert "blogs.com is a platform" in refusals("user.blogs.com domain")
    assert "blogs.com is a platform" in refusals("deep.user.blogs.com domain")
    assert refusals("user.blogs.com host") == ""
    assert ("noted", "one site of the platform blogs.com; the others are not touched") in found("user.blogs.com host")


def test_name_on_shared_hosting_with_lawful_pages_beside_is_not_for_the_dns():
    walk = Walk().go(*ROADS["C0"])
    with pytest.raises(IllegalStepError, match="not apt"):
        walk.act("assess", OFFICER, extent="part")


@pytest.mark.parametrize(
    "names", ["com", "arpa domain", "_dns.resolver.arpa", "ministry.example", "www.ministry.example"]
)
def test_tld_root_arpa_and_own_names_are_hard_refused(names: str):
    assert refusals(names)


def test_parent_and_child_both_listed_is_allowed_and_warned_of():
    child, parent = found("www.listed.example"), found("example.example domain")
    assert ("noted", "listed.example above it is on the list: directive FR-2026-0042") in child
    assert not [weight for weight, _ in (*child, *parent) if weight == Weight.REFUSED]
    below = weigh(parse_names("example domain"), known(), {DomainName("example"): Heard()})
    assert "listed.example below it is on the list: directive FR-2026-0042" in {each.said for each in below}


def test_a_name_that_is_listed_on_another_ground_is_said_to_be():
    assert ("noted", "on the list already: directive FR-2026-0042") in found("listed.example domain")


def test_a_homoglyph_of_a_protected_name_is_said_to_be():
    said = found("m\u0456nistry.example")  # a Cyrillic i
    assert any("looks like ministry.example" in sentence for _, sentence in said)


# -- what many people use, and what the DNS says


def test_names_that_many_people_use_are_noted_at_and_below():
    use = "many people use this name, or one below it"
    assert ("noted", use) in found("used.example", "used.example")
    assert ("noted", use) in found("used.example domain", "www.used.example")
    assert ("noted", use) not in found("used.example host", "www.used.example")


@pytest.mark.parametrize(
    ("names", "heard", "said"),
    [
        ("a.example domain", Heard(mail=("mx.a.example",)), "its mail goes to mx.a.example, which the block cuts off"),
        ("a.example host", Heard(mail=("mx.a.example",)), "its mail goes to mx.a.example, which it leaves alone"),
        ("a.example host", Heard(mail=("a.example",)), "its mail goes to a.example, which the block cuts off"),
        ("a.example domain", Heard(mail=("mx.b.example",)), "its mail goes to mx.b.example, which it leaves alone"),
        ("a.example", Heard(alias="cdn.b.example"), "an alias of cdn.b.example: hosted together with others"),
        ("a.example", Heard(anything_beside=True), "any name beside it answers: perhaps one site of a platform"),
        (
            "a.example domain",
            Heard(anything_below=True, below=("www.a.example",)),
            "perhaps a platform with many sites",
        ),
        ("a.example domain", Heard(below=("www.a.example", "shop.a.example")), "www.a.example, shop.a.example"),
        ("a.example", Heard(), "nothing else below it"),
    ],
)
def test_what_the_dns_says_is_weighed(names: str, heard: Heard, said: str):
    assert any(said in sentence for _, sentence in found(names, heard=heard))


def test_what_was_not_asked_is_unchecked_and_never_clear():
    assert found("a.example", heard=UNSET) == [("unchecked", UNSET)]


def test_findings_are_read_back_as_they_were_written():
    findings = (Finding("a  b c", Weight.NOTED, "a.example"), Finding("x", Weight.UNCHECKED, "b.example"))
    assert from_text(as_text(findings)) == findings
    assert from_text("") == ()


# -- in the procedure


def test_what_belongs_to_many_is_not_assessed():
    refused = (Finding("blogs.example is a platform", Weight.REFUSED, "user.blogs.example"),)
    walk = Walk(context=context(findings=refused)).go(*ROADS["C0"])
    with pytest.raises(IllegalStepError, match="block too much"):
        walk.act("assess", OFFICER)


def test_what_the_desk_could_not_check_is_assessed_only_with_the_check_by_hand():
    unchecked = (Finding(SILENT, Weight.UNCHECKED, "a.example"),)
    walk = Walk(context=context(findings=unchecked)).go(*ROADS["C0"])
    with pytest.raises(FormError) as caught:
        walk.act("assess", OFFICER, by_hand="")
    assert set(caught.value.problems) == {"by_hand"}
    walk.act("assess", OFFICER)
    assert walk.events[-1].data["findings"] == f"unchecked a.example {SILENT}"
    free = Walk().go(*ROADS["C0"])
    free.act("assess", OFFICER, by_hand="")
    assert free.events[-1].data["by_hand"] == ""


def test_a_look_beforehand_moves_nothing_and_is_on_record():
    assert set(WEIGHED) == {"assess", "check-collateral"}
    noted = (Finding("many people use this name, or one below it", Weight.NOTED, "a.example"),)
    walk = Walk(context=context(findings=noted)).go(*ROADS["C0"], ("check-collateral", OFFICER))
    assert walk.at.state == BY_ACT["check-collateral"].sources[0]
    assert walk.events[-1].data["findings"].startswith("noted a.example many people")


# -- asking


@pytest.mark.asyncio
async def test_a_real_resolver_is_asked_about_mail_aliases_and_neighbours():
    zone = {
        ("site.example", "MX"): ["10 mail.site.example.", "20 mx.other.example."],
        ("site.example", "A"): ["192.0.2.1"],
        ("www.site.example", "A"): ["192.0.2.1"],
        ("user.blogs.example", "CNAME"): ["hosting.example."],
        ("*.blogs.example", "A"): ["192.0.2.2"],
        ("*.wild.example", "A"): ["192.0.2.3"],
        ("null.example", "MX"): ["0 ."],
    }
    names = parse_names("site.example\nuser.blogs.example\nwild.example domain\nnull.example")
    async with dns_server(zone) as (address, server):
        heard = {str(name): answer for name, answer in (await hear(address, names)).items()}
    assert heard["site.example"] == Heard(mail=("mail.site.example", "mx.other.example"), below=("www.site.example",))
    user, wild = heard["user.blogs.example"], heard["wild.example"]
    assert isinstance(user, Heard)
    assert isinstance(wild, Heard)
    assert (user.alias, user.anything_beside) == ("hosting.example", True)
    assert wild.anything_below
    assert len(wild.below) == 8
    assert heard["null.example"] == Heard()
    assert len(server.asked) == 4 * 12


@pytest.mark.asyncio
@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED])
async def test_a_resolver_that_cannot_say_leaves_it_unchecked(rcode: dns.rcode.Rcode):
    async with dns_server({}, rcode) as (address, _):
        assert await hear(address, parse_names("a.example")) == {"a.example": SILENT}


@pytest.mark.asyncio
async def test_a_resolver_that_is_silent_leaves_it_unchecked_in_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("blocker.cases.hearing.PATIENCE", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        heard = await hear(Address("127.0.0.1", silent.getsockname()[1]), parse_names("a.example\nb.example"))
    assert heard == {"a.example": SILENT, "b.example": SILENT}


@pytest.mark.asyncio
async def test_no_resolver_means_that_nothing_is_asked():
    assert await hear(None, parse_names("a.example")) == {"a.example": UNSET}


@pytest.mark.asyncio
async def test_an_assessment_records_what_list_and_dns_say_of_its_names(tmp_path):
    zone = {("propaganda.example", "MX"): ["10 mx.propaganda.example."]}
    async with dns_server(zone) as (address, _), open_desk(tmp_path) as desk:
        desk.road.resolver = address
        case = await desk.act(None, "report", OFFICER, names="propaganda.example domain")
        case = await desk.act(case, "assess", OFFICER, **{**entered("assess", desk.road.now()), "by_hand": ""})
        (event,) = [each for each in await desk.road.store.events(case.id) if each.transition == "T2"]
    assert event.data["findings"].splitlines() == [
        "noted propaganda.example its mail goes to mx.propaganda.example, which the block cuts off"
    ]
    assert len(event.data["suffixes"]) == 64
