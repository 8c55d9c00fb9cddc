"""What a browser really sends from a page that embeds parts of a blocked name, over plain http, and what it gets."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.e2e.browser import chromium
from tests.e2e.page_process import PATIENCE, page_process
from tests.needs import needs
from tests.warning_page.trial import TERRORISM

pytestmark = [pytest.mark.e2e, needs("chromium")]

INNOCENT = "http://innocent.example/"
EMBEDDING = f"""<!DOCTYPE html><html lang="en"><title>x</title>
<link rel="stylesheet" href="http://{TERRORISM}/style.css">
<style>@font-face {{ font-family: f; src: url("http://{TERRORISM}/font.woff2") }} body {{ font-family: f }}</style>
<script src="http://{TERRORISM}/script.js"></script>
<script type="module" src="http://{TERRORISM}/module.js"></script>
<img src="http://{TERRORISM}/image.png" alt="">
<video src="http://{TERRORISM}/video.mp4" autoplay muted></video>
<iframe src="http://{TERRORISM}/frame.html" title="x"></iframe>
<p>text</p>
<script>
fetch("http://{TERRORISM}/fetch", {{ mode: "no-cors" }});
fetch("http://{TERRORISM}/api", {{ mode: "no-cors", headers: {{ Accept: "application/json" }} }});
</script>"""
# What Chromium says first that it takes; the kinds of images are more in every version. Nothing tells a script's `*/*`
# from a simple tool's but the User-Agent.
SENT = {
    "style.css": "text/css,*/*;q=0.1",
    "font.woff2": "*/*",
    "script.js": "*/*",
    "module.js": "*/*",
    "image.png": "image/",
    "video.mp4": "*/*",
    "fetch": "*/*",
    "api": "application/json",
}
FEW = 200  # octets of body


@dataclass(frozen=True, slots=True)
class Visit:
    asked: dict[str, str]
    status: int
    answered: dict[str, str]
    body: bytes


@contextmanager
def between(page: int) -> Iterator[tuple[int, dict[str, Visit]]]:
    """Stand between browser and page, note what passes for the blocked name, and serve the page that embeds it."""
    seen: dict[str, Visit] = {}

    class Between(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name.lower(): value for name, value in self.headers.items()}
            if asked["host"] != TERRORISM:
                self.answer(200, {"content-type": "text/html"}, EMBEDDING.encode())
                return
            connection = http.client.HTTPConnection("127.0.0.1", page, timeout=PATIENCE)
            connection.request("GET", self.path, headers=asked)
            response = connection.getresponse()
            answered = {name.lower(): value for name, value in response.getheaders()}
            body = response.read()
            connection.close()
            seen[self.path.removeprefix("/")] = Visit(asked, response.status, answered, body)
            self.answer(response.status, answered, body)

        def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body)), "connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Visit]]:
    folder = tmp_path_factory.mktemp("page")
    with page_process(folder) as (page, _), between(page) as (port, visits), chromium(port) as browser:
        tab = browser.new_context(locale="en").new_page()
        tab.goto(INNOCENT)
        for _ in range(100):
            if visits.keys() >= {*SENT, "frame.html"}:
                break
            tab.wait_for_timeout(50)
        tab.context.close()
        yield visits


@pytest.mark.parametrize("name", SENT)
def test_a_browser_says_of_a_part_what_it_takes_and_no_destination(seen: dict[str, Visit], name: str) -> None:
    asked = seen[name].asked
    assert asked["accept"].startswith(SENT[name])
    assert "sec-fetch-dest" not in asked
    assert asked["user-agent"].startswith("Mozilla/")


@pytest.mark.parametrize("name", SENT)
def test_a_part_of_a_page_gets_a_few_bytes(seen: dict[str, Visit], name: str) -> None:
    wanted = "application/problem+json" if name == "api" else "text/plain; charset=utf-8"
    assert (seen[name].status, seen[name].answered["content-type"]) == (451, wanted)
    assert name == "api" or len(seen[name].body) < FEW


def test_a_navigation_names_html_and_gets_the_page_even_in_a_frame(seen: dict[str, Visit]) -> None:
    frame = seen["frame.html"]
    assert frame.asked["accept"].startswith("text/html,")
    assert frame.answered["content-type"] == "text/html; charset=utf-8"
    assert frame.answered["content-encoding"] == "gzip"
    # No frame shows it: who embeds a blocked name must not be able to dress its page up.
    assert "frame-ancestors 'none'" in frame.answered["content-security-policy"]
