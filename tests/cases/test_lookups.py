"""Searches against real servers on loopback, kind and hostile: RDAP and security.txt over HTTP, WHOIS over TCP."""

import asyncio
import contextlib
import gzip
import json
from contextlib import AsyncExitStack
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from aiohttp import web

from blocker.cases.search import rdap, reach, security_txt, whois
from blocker.cases.search.finding import Contact
from blocker.cases.search.lookups import Lookups
from blocker.cases.search.reach import Reach
from blocker.desk_settings import LookupSettings
from blocker.distribution.source import suffixes
from blocker.errors import RegisterError
from blocker.names import DomainName
from tests.cases.registers import DOMAIN, NETWORK, answering, bootstrap, entity, http_server, whois_server

NAME = DomainName("www.propaganda.co.uk")
LOOPBACK = (ip_network("127.0.0.0/8"),)


def lookups(
    folder: Path | None = None, whois: str = "whois.invalid", web: str = "https://{name}", allow=LOOPBACK
) -> Lookups:
    return Lookups(LookupSettings(bootstrap=folder, whois=whois, allow=allow), suffixes(), web)


@pytest.mark.asyncio
async def test_rdap_names_the_registrar_and_the_registrant_of_what_was_registered(tmp_path: Path):
    paths: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        paths.append(request.path)
        assert "rdap+json" in request.headers["Accept"]
        return web.json_response(DOMAIN)

    async with http_server(handle) as url:
        found = await lookups(bootstrap(tmp_path, url)).search("rdap-name", NAME)
    assert paths == ["/domain/propaganda.co.uk"]
    assert found.asked == "propaganda.co.uk"
    assert found.whom == "registrar"
    assert [(each.capacity, each.mail) for each in found.contacts] == [
        ("registrar", "sales@registrar.example"),
        ("registrar", "abuse@registrar.example"),
        ("registrant", "who@owner.example"),
    ]
    assert "registrar.example" in found.answer


@pytest.mark.asyncio
async def test_rdap_names_whoever_runs_the_network_of_the_address(tmp_path: Path):
    async with http_server(answering(NETWORK)) as url:
        found = await lookups(bootstrap(tmp_path, url)).search("rdap-address", DomainName("localhost"))
    assert found.asked == "127.0.0.1"
    assert (found.whom, found.contacts) == ("host", (Contact("host", "abuse@host.example", "RDAP, abuse"),))


@pytest.mark.asyncio
async def test_what_a_register_does_not_know_is_a_search_that_found_nobody(tmp_path: Path):
    async with http_server(answering({}, 404)) as url:
        found = await lookups(bootstrap(tmp_path, url)).search("rdap-name", NAME)
    assert (found.whom, found.answer) == ("nobody", "404")


@pytest.mark.asyncio
async def test_whois_follows_its_referral_and_reads_what_registers_write():
    last = b"Registrant Email: who@owner.example\r\nRegistrar Abuse Contact Email: abuse@r.example\r\n"
    async with AsyncExitStack() as stack:
        second, asked_second = await stack.enter_async_context(whois_server(last))
        referral = f"% IANA\r\nrefer: 127.0.0.1:{second}\r\n".encode()
        first, asked_first = await stack.enter_async_context(whois_server(referral))
        found = await lookups(whois=f"127.0.0.1:{first}").search("whois", NAME)
    assert asked_first == asked_second == [b"propaganda.co.uk\r\n"]
    assert found.asked == "propaganda.co.uk"
    assert [each.mail for each in found.contacts] == ["who@owner.example", "abuse@r.example"]


@pytest.mark.asyncio
async def test_whois_servers_that_refer_to_each_other_are_asked_once():
    async with whois_server(b"refer: 127.0.0.1") as (port, asked):
        referral = f"refer: 127.0.0.1:{port}".encode()
        async with whois_server(referral) as (first, _):
            with pytest.raises(RegisterError):  # the second refers to port 43, where nobody listens
                await lookups(whois=f"127.0.0.1:{first}").search("whois", NAME)
    assert len(asked) == 1


@pytest.mark.asyncio
async def test_security_txt_is_read_at_its_place_or_at_the_older_one():
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path == "/security.txt":
            return web.Response(
                text="# us\nContact: mailto:Security@propaganda.example\nContact: https://x.example/form\n"
            )
        return web.Response(status=404)

    async with http_server(handle) as url:
        found = await lookups(web=url).search("security-txt", NAME)
    assert found.contacts == (Contact("publisher", "security@propaganda.example", "security.txt"),)
    assert found.whom == "publisher"


# -- hostile ones


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[" * 100_000, b"[]", b'{"objectClassName": 7}', b"\xff\xfe", b'{"a":'],
    ids=["empty", "html", "deep", "a list", "no class", "no text", "cut"],
)
async def test_an_answer_that_is_no_rdap_is_an_error_and_no_search(tmp_path: Path, body: bytes):
    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    async with http_server(handle) as url:
        with pytest.raises(RegisterError):
            await lookups(bootstrap(tmp_path, url)).search("rdap-name", NAME)


@pytest.mark.parametrize(
    "answer",
    [
        {"entities": 7},
        {"entities": [7, None, {"roles": 7}, {"roles": ["abuse"], "vcardArray": 7}]},
        {"entities": [entity(None, "abuse"), entity(["a@b.example"] * 3, "nobody"), entity("no mail", "abuse")]},
        {"entities": [{"roles": ["abuse"], "vcardArray": ["vcard", [["email"], 7, ["email", {}, "text"]]]}]},
    ],
)
def test_what_has_another_form_is_passed_over(answer: dict[str, object]):
    assert rdap.contacts_in(json.dumps({"objectClassName": "domain", **answer}).encode(), of_address=False) == ()


def test_entities_within_entities_are_read_to_a_bounded_depth():
    inner = entity("deep@registrar.example", "abuse")
    for _ in range(50):
        inner = {"roles": [], "entities": [inner]}
    assert (
        rdap.contacts_in(json.dumps({"objectClassName": "domain", "entities": [inner]}).encode(), of_address=False)
        == ()
    )


@pytest.mark.asyncio
async def test_an_answer_without_end_is_cut_off(tmp_path: Path):
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 65536)
        return response

    async with http_server(handle) as url:
        with pytest.raises(RegisterError, match="too large"):
            await lookups(bootstrap(tmp_path, url)).search("rdap-name", NAME)
    async with whois_server(b"x" * (reach.MAX_ANSWER + 10)) as (port, _):
        with pytest.raises(RegisterError, match="too large"):
            await lookups(whois=f"127.0.0.1:{port}").search("whois", NAME)


@pytest.mark.asyncio
async def test_a_silent_server_is_given_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert reach.SECONDS == 10.0
    monkeypatch.setattr(reach, "SECONDS", 0.2)
    waiting = asyncio.Event()

    async def handle(_request: web.Request) -> web.StreamResponse:
        await waiting.wait()
        return web.Response()

    async with http_server(handle) as url:
        with pytest.raises(RegisterError, match="did not answer"):
            await lookups(bootstrap(tmp_path, url)).search("rdap-name", NAME)
        waiting.set()
    async with whois_server(b"", hold=True) as (port, _):
        with pytest.raises(RegisterError, match="did not answer"):
            await lookups(whois=f"127.0.0.1:{port}").search("whois", NAME)


@pytest.mark.asyncio
async def test_a_server_that_sends_round_in_circles_is_given_up(tmp_path: Path):
    asked = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return web.Response(status=302, headers={"Location": request.path})

    async with http_server(handle) as url:
        with pytest.raises(RegisterError, match="on and on"):
            await lookups(bootstrap(tmp_path, url)).search("rdap-name", NAME)
    assert asked == reach.REDIRECTS + 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "target",
    [
        *("http://127.0.0.2:1/", "http://[::1]:1/", "http://[::ffff:127.0.0.2]:1/", "http://localhost.localdomain:1/"),
        *(
            "http://10.0.0.1/",
            "http://169.254.169.254/latest",
            "http://2130706434:1/",
            "ftp://192.0.2.1/",
            "file:///etc/passwd",
        ),
        "http://user:password@198.51.100.1/",
    ],
)
async def test_a_redirect_to_the_inside_is_not_followed(tmp_path: Path, target: str):
    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": target})

    async with http_server(handle) as url:
        only = (ip_network("127.0.0.1/32"),)
        with pytest.raises(RegisterError, match=r"not a public one|no address|did not answer"):
            await lookups(bootstrap(tmp_path, url), allow=only).search("rdap-name", NAME)


@pytest.mark.asyncio
async def test_an_answer_that_says_it_is_compressed_is_not_unpacked(tmp_path: Path):
    wanted: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        wanted.append(request.headers["Accept-Encoding"])
        bomb = gzip.compress(b" " * (64 << 20))
        assert len(bomb) < reach.MAX_ANSWER
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})

    async with http_server(handle) as url:
        status, body = await Reach((ip_network("127.0.0.1/32"),)).get(url)
        assert (status, len(body) < reach.MAX_ANSWER, wanted) == (200, True, ["identity"])
        with pytest.raises(RegisterError):
            await lookups(bootstrap(tmp_path, url)).search("rdap-name", NAME)


@pytest.mark.asyncio
async def test_nothing_inside_is_asked_unless_the_settings_allow_it(tmp_path: Path):
    asked: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.json_response(DOMAIN)

    async with http_server(handle) as url, whois_server(b"x") as (port, questions):
        closed = lookups(bootstrap(tmp_path, url), whois=f"localhost:{port}", web=url, allow=())
        for channel in ("rdap-name", "whois", "security-txt"):
            with pytest.raises(RegisterError, match="not a public one"):
                await closed.search(channel, NAME)
        named = bootstrap(tmp_path, url.replace("127.0.0.1", "localhost"))
        with pytest.raises(RegisterError, match=r"not a public one|did not answer"):
            await lookups(named, allow=()).search("rdap-name", NAME)
    assert (asked, questions) == ([], [])


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        *(
            (inside, False)
            for inside in ("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0")
        ),
        *((inside, False) for inside in ("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1")),
        *((inside, False) for inside in ("::1", "::", "fe80::1", "fec0::1", "fc00::1", "ff02::1", "2001:db8::1")),
        *((inside, False) for inside in ("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1")),
    ],
)
def test_only_public_addresses_may_be_reached(address: str, may: bool):
    assert Reach().may(ip_address(address)) is may


# -- where to ask


def test_the_longest_suffix_and_the_narrowest_network_are_asked():
    names = rdap.read_services(b'{"services": [[["UK"], ["http://a/", "https://b"]], [["co.uk"], ["https://c/"]]]}')
    ipv4 = rdap.read_services(b'{"services": [[["192.0.0.0/8"], ["https://a/"]], [["192.0.2.0/24"], ["https://b/"]]]}')
    known = rdap.Bootstrap(names, ipv4)
    assert rdap.url_of_name(DomainName("x.co.uk"), known) == "https://c/domain/x.co.uk"
    assert rdap.url_of_name(DomainName("x.uk"), known) == "https://b/domain/x.uk"
    assert rdap.url_of_address(ip_address("192.0.2.9"), known) == "https://b/ip/192.0.2.9"
    with pytest.raises(RegisterError, match="no RDAP server is known for this name"):
        rdap.url_of_name(NAME, rdap.Bootstrap())
    with pytest.raises(RegisterError, match="no RDAP server is known for this address"):
        rdap.url_of_address(ip_address("::1"), known)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"services": 7}', b'{"services": [[["uk"], []]]}', b"[" * 100_000])
def test_a_file_that_is_no_bootstrap_file_is_said_to_be_none(data: bytes):
    with pytest.raises(RegisterError, match="bootstrap"):
        rdap.read_services(data)


def test_whois_labels_say_who_it_is_and_rubbish_says_nothing():
    answer = (
        "Registrar: x\nRegistrar Abuse Contact Email: a@r.example\nTech Email: t@x.example\nOwner-mail: o@x.example\n"
    )
    assert [(each.capacity, each.mail) for each in whois.contacts_in(answer)] == [
        ("registrar", "a@r.example"),
        ("registrant", "o@x.example"),
    ]
    assert whois.contacts_in("\x00" * 1000 + ":::@@@\n" * 1000) == ()
    assert whois.referral_in("% IANA\nrefer:   whois.nic.example\n") == "whois.nic.example"
    assert whois.referral_in("nothing") is None


def test_security_txt_without_a_mail_names_nobody():
    assert security_txt.contacts_in("Contact: https://x.example/\nExpires: never\n") == ()
    assert security_txt.urls("https://a.example")[0] == "https://a.example/.well-known/security.txt"
