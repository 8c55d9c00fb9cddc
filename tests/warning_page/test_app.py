import asyncio
import logging
import time
from pathlib import Path

import pytest

from tests.warning_page.server import Server, parse, serving
from tests.warning_page.trial import HOST_ONLY, TERRORISM, TERRORISM_REFERENCE
from warning_page import app

MARK = "ZQX7"
PAYLOADS = [
    line.encode("latin-1").decode("unicode_escape").encode("latin-1")
    for line in Path(__file__).with_name("hostile.txt").read_bytes().decode("latin-1").splitlines()
    if not line.startswith("#")
]
PLACES = {
    "host": b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
    "path": b"GET /%s HTTP/1.1\r\nHost: propaganda.example\r\nConnection: close\r\n\r\n",
    "query": b"GET /?lang=%s&preview=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "headers": (
        b"GET / HTTP/1.1\r\nHost: clean.example\r\nAccept: text/html,%s\r\nAccept-Language: %s\r\nCookie: %s\r\n"
        b"Referer: http://%s/\r\nUser-Agent: %s\r\nX-Forwarded-Host: %s\r\nOrigin: %s\r\nConnection: close\r\n\r\n"
    ),
    "method": b"%s / HTTP/1.1\r\nHost: propaganda.example\r\nConnection: close\r\n\r\n",
    "nothing else": b"%s\r\n\r\n",
}
EVERYWHERE = {
    "Server": "redhand",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def whole_log(caplog: pytest.LogCaptureFixture) -> str:
    return "".join(f"{record.getMessage()} {record.exc_text or ''} {record.exc_info}" for record in caplog.records)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "method",
    ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "CONNECT", "HEAD", "FOO", "get", "X-1"],
)
async def test_every_method_gets_the_same_answer(method: str) -> None:
    async with serving() as server:
        reply = await server.ask(target=f"{TERRORISM}:80" if method == "CONNECT" else "/", method=method)
    assert reply.status == 451
    assert reply.headers["Link"] == '<https://isp.example/>; rel="blocked-by"'
    assert int(reply.headers["Content-Length"]) > 5000
    assert (reply.body == b"") is (method == "HEAD")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "target", ["/", "/a/b.html?c=d", "/favicon.ico", "/%00/../x", "//", "/" + "a" * 20_000, "http://clean.example/"]
)
async def test_every_path_gets_the_same_answer(target: str) -> None:
    async with serving() as server:
        reply = await server.ask(target=target)
    assert reply.status == 451
    assert TERRORISM_REFERENCE in reply.body.decode()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("host", "accept", "status", "kind"),
    [
        (TERRORISM, "text/html", 451, "text/html; charset=utf-8"),
        (TERRORISM, "application/json", 451, "application/problem+json"),
        (TERRORISM, "image/png", 451, "text/plain; charset=utf-8"),
        ("clean.example", "text/html", 503, "text/html; charset=utf-8"),
        ("clean.example", "application/json", 503, "application/problem+json"),
        ("127.0.0.1", "text/html", 200, "text/html; charset=utf-8"),
    ],
)
async def test_every_answer_keeps_out_of_caches_frames_and_search_engines(
    host: str, accept: str, status: int, kind: str
) -> None:
    async with serving() as server:
        reply = await server.ask(host, Accept=accept)
    assert reply.status == status
    assert reply.headers.items() >= EVERYWHERE.items()
    assert reply.headers["Content-Type"] == kind
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert reply.headers["Content-Language"] == "fr"
    assert "Set-Cookie" not in reply.headers
    assert ("Link" in reply.headers) is (status == 451)
    assert ("Retry-After" in reply.headers) is (status == 503)


@pytest.mark.asyncio
async def test_the_language_comes_from_the_browser_or_from_the_link() -> None:
    async with serving() as server:
        assert (await server.ask(Accept_Language="en-GB,fr;q=0.5")).headers["Content-Language"] == "en"
        linked = await server.ask(target="/some/path?lang=en", Accept_Language="fr")
        assert linked.headers["Content-Language"] == "en"
        assert b"Access to this address is blocked" in linked.body


@pytest.mark.asyncio
@pytest.mark.parametrize("place", PLACES)
async def test_hostile_requests_are_answered_and_nothing_of_them_comes_back(
    place: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving() as server:
        for payload in PAYLOADS:
            template = PLACES[place]
            received = await server.send(template.replace(b"%s", payload))
            assert MARK.lower() not in received.decode("latin-1").lower(), payload
            assert parse(received).status in {200, 400, 451, 503}, payload
            assert b"Injected" not in received
        assert (await server.ask()).status == 451
    assert MARK.lower() not in whole_log(caplog).lower()
    assert "could not be made" not in whole_log(caplog)


def test_there_are_enough_hostile_requests() -> None:
    assert len(set(PAYLOADS)) >= 200
    assert all(MARK.encode() in payload for payload in PAYLOADS)


@pytest.mark.asyncio
async def test_two_host_headers_accuse_nobody() -> None:
    async with serving() as server:
        request = b"GET / HTTP/1.1\r\nHost: %s\r\nHost: %s\r\nConnection: close\r\n\r\n"
        reply = parse(await server.send(request % (TERRORISM.encode(), HOST_ONLY.encode())))
    assert reply.status in {400, 503}


@pytest.mark.asyncio
async def test_a_request_without_host_accuses_nobody() -> None:
    async with serving() as server:
        assert parse(await server.send(b"GET / HTTP/1.0\r\n\r\n")).status == 503


@pytest.mark.asyncio
async def test_many_long_cookies_are_no_reason_to_refuse() -> None:
    async with serving() as server:
        assert (await server.ask(Cookie="a=" + "b" * 30_000)).status == 451


@pytest.mark.asyncio
async def test_bytes_that_are_no_http_get_a_short_refusal() -> None:
    async with serving() as server:
        reply = parse(await server.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n"))
    assert (reply.status, reply.body) == (400, b"400\n")
    assert reply.headers.items() >= EVERYWHERE.items()


@pytest.mark.asyncio
async def test_a_fault_of_ours_is_a_calm_503_and_logs_its_kind_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"secret {TERRORISM}")

    monkeypatch.setattr(app, "page", broken)
    async with serving() as server:
        reply = await server.ask()
    assert (reply.status, reply.headers["Retry-After"]) == (503, "60")
    assert b"secret" not in reply.body
    assert "kind=ValueError" in whole_log(caplog)
    assert "secret" not in whole_log(caplog)


@pytest.mark.asyncio
async def test_visits_leave_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving() as server:
        await server.ask(target="/marked-path", User_Agent="marked-agent", Referer="http://marked.example/")
        await server.send(b"nonsense\r\n\r\n")
    written = whole_log(caplog)
    for secret in ("marked", TERRORISM, "127.0.0.1", "nonsense"):
        assert secret not in written


async def seconds_until_cut(server: Server, first: bytes, trickle: bytes) -> tuple[float, bytes]:
    """Send `first`, then `trickle` every 50 ms, until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    begun = time.monotonic()
    received = bytearray()

    async def keep_sending() -> None:
        while True:
            writer.write(trickle)
            await asyncio.sleep(0.05)

    writer.write(first)
    sending = asyncio.create_task(keep_sending())
    try:
        async with asyncio.timeout(10):
            while chunk := await reader.read(65536):
                received += chunk
    except ConnectionError:
        pass
    finally:
        sending.cancel()
        writer.close()
    return time.monotonic() - begun, bytes(received)


@pytest.mark.asyncio
async def test_slow_headers_are_cut() -> None:
    async with serving(life=0.5) as server:
        seconds, received = await seconds_until_cut(server, b"GET / HTTP/1.1\r\n", b"X-A: b\r\n")
    assert 0.3 < seconds < 3
    assert received == b""


@pytest.mark.asyncio
async def test_a_slow_body_is_not_waited_for() -> None:
    head = f"POST /form HTTP/1.1\r\nHost: {TERRORISM}\r\nContent-Length: 1000000\r\n\r\n".encode()
    async with serving(life=0.8) as server:
        seconds, received = await seconds_until_cut(server, head, b"x")
    assert seconds < 3
    assert received.startswith(b"HTTP/1.1 451 ")


@pytest.mark.asyncio
async def test_an_idle_connection_is_cut() -> None:
    async with serving(life=0.5) as server:
        seconds, _ = await seconds_until_cut(server, b"", b"")
    assert 0.3 < seconds < 3


def test_a_connection_lives_at_most_fifteen_seconds() -> None:
    assert app.CONNECTION_LIFE + app.LINGER < 15
