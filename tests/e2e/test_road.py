"""The whole road as people walk it: a case worked in the desk, `dig`, a browser at the blocked name, and the way back.

Officer, approver and overseer sit at the desk; the owner answers by the link of the letter, without an account.

Nothing is replaced: `redhand up` with its three processes, git, SQLite, Unbound as upstream, dig, Chromium. Chromium
reaches the world through a forward proxy that asks the resolver under test.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from blocker.clock import open_clock
from tests.e2e.browser import QUIET
from tests.e2e.conftest import MakeRoad
from tests.e2e.proxy import Proxy
from tests.e2e.road import Road
from tests.e2e.unbound import unbound
from tests.needs import needs, program

pytestmark = [pytest.mark.e2e, needs("chromium", "unbound", "dig", "git")]

NAME = "clean.example"  # what Unbound answers for it: 192.0.2.10
UPSTREAM_ADDRESS = "192.0.2.10"
OWNER = "abuse@hosting.example"
DECIDED = {"The owner said something", "The owner was answered", "Directive to block approved", "ISPs have blocked"}
"""What the overseer reads of a case at its own desk when the block has come into effect, among other steps."""
PATIENCE = 30.0  # seconds until the desk, the list and the resolver have done their part


@dataclass(frozen=True)
class Person:
    """Somebody signed in at the desk, in a browser of their own."""

    page: Page
    road: Road

    def act(self, case: str, act: str, **fields: str) -> None:
        """Take an act of a case by filling in its form; instants are the trial's now unless given."""
        self.page.goto(f"http://127.0.0.1:{self.road.admin}/cases/{case}")
        form = self.page.locator(f'form[action="/cases/{case}/{act}"]')
        if not form.is_visible():
            self.page.locator("details", has=form).locator("summary").first.click()
        self.send(form_selector=f'form[action="/cases/{case}/{act}"]', fields=fields)

    def send(self, form_selector: str, fields: dict[str, str]) -> None:
        form = self.page.locator(form_selector)
        for name, value in fields.items():
            control = form.locator(f'[name="{name}"]')
            if control.evaluate("element => element.tagName") == "SELECT":
                control.select_option(value)
            elif control.get_attribute("type") == "file":
                control.set_input_files(value)
            else:
                control.fill(value)
        for instant in form.locator('input[type="datetime-local"]').all():
            instant.fill(self.now())
        with self.page.expect_navigation():
            form.locator("button").first.click()
        wrong = self.page.locator('[role="alert"]')
        assert wrong.count() == 0, wrong.first.inner_text()

    def now(self) -> str:
        return open_clock(self.road.data).now().astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m-%dT%H:%M:%S")

    def steps(self, case: str) -> list[str]:
        """What the overseer's desk shows of a case, the newest step first."""
        self.page.goto(f"http://127.0.0.1:{self.road.admin}/oversight")
        rows = self.page.locator("tbody tr", has=self.page.locator(f'a[href="/cases/{case}"]'))
        return [step.strip() for step in rows.locator("td:nth-of-type(2)").all_inner_texts()]

    def state(self, case: str) -> str:
        self.page.goto(f"http://127.0.0.1:{self.road.admin}/cases/{case}")
        return self.page.locator(".head .tag .mono").inner_text()


def sign_in(browser: Browser, road: Road, role: str) -> Person:
    page = browser.new_context().new_page()
    page.goto(f"http://127.0.0.1:{road.admin}/")
    number, password = road.accounts()[role]
    page.fill("#number", number)
    page.fill("#password", password)
    with page.expect_navigation():
        page.click("main form button")
    return Person(page, road)


def wait_for(what: Callable[[], object], expected: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := what()) != expected:
        assert time.monotonic() < deadline, f"{found!r} is not {expected!r}"
        time.sleep(0.2)


def dig(road: Road, *question: str) -> list[str]:
    command = [program("dig"), "@127.0.0.1", "-p", str(road.dns), "+short", "+tries=1", *question]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def trailers(road: Road) -> list[str]:
    """The newest commit's trailers, as git itself reads them."""
    command = ["git", "-C", str(road.data / "lists"), "log", "-1", "--format=%(trailers:only)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")


def letters(road: Road) -> str:
    """Heads of all letters: whom they went to and what they are."""
    heads = [message_from_bytes(path.read_bytes(), policy=default) for path in (road.data / "letters").glob("*.eml")]
    return "\n".join(f"To: {head['To']}\n{head['Subject']}" for head in heads)


@pytest.fixture
def road(tmp_path: Path, make_road: MakeRoad) -> Iterator[Road]:
    with unbound(tmp_path / "unbound") as upstream:
        yield make_road(upstream)


@pytest.fixture
def browser(road: Road) -> Iterator[Browser]:
    """Chromium behind the proxy; what lies on 127.0.0.1 (the desk) it reaches directly."""
    with Proxy(road.addresses, {80: road.page}) as proxy, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program("chromium"),
            args=[*QUIET, "--disable-component-update"],
            proxy={"server": f"http://127.0.0.1:{proxy.port}", "bypass": "127.0.0.1"},
        )
        yield chromium
        chromium.close()


def a_day_passes(road: Road) -> None:
    """Stop, let more than 24 hours pass in a few seconds, and go on at a pace at which people can work."""
    before = open_clock(road.data).now()
    assert road.stop() == 0
    road.start("--time-scale", "20000")
    wait_for(lambda: (open_clock(road.data).now() - before).total_seconds() > 24.5 * 3600, True)  # noqa: FBT003
    assert road.stop() == 0
    road.start("--time-scale", "60")


def sealed(road: Road, name: str) -> tuple[Path, str]:
    """Seal a capture as an officer does on the workstation; return the file and its SHA-256."""
    plain = road.data.parent / name
    plain.write_text(f"what was seen: {name}")
    command = [sys.executable, "-m", "blocker", "evidence", "seal", str(plain), "--config"]
    ran = subprocess.run([*command, str(road.data / "redhand.yaml")], capture_output=True, text=True, check=True)
    return plain.with_name(f"{name}.age"), ran.stdout.split()[0]


def add_evidence(officer: Person, case: str, file: Path) -> None:
    officer.act(case, "add-evidence", shows="The page", method="A browser in Paris", file=str(file))


def open_case(officer: Person, capture: str) -> str:
    officer.page.goto(f"http://127.0.0.1:{officer.road.admin}/cases/new")
    report = {
        "ground": "terrorism",
        "names": f"{NAME} domain",
        "urls": f"http://{NAME}/leaflet",
        "source": "public report 2026-77",
        "seen_from": "a line at home, the provider's resolver",
        "capture": capture,
    }
    officer.send('form[action="/cases"]', report)
    return officer.page.url.rsplit("/", 1)[1]


def work_until_the_owner_is_asked(officer: Person, approver: Person) -> str:
    file, digest = sealed(officer.road, "first.png")
    case = open_case(officer, digest)
    add_evidence(officer, case, file)
    officer.act(
        case,
        "assess",
        qualification="It calls for attacks.",
        proportionality="Nothing else lies under this name.",
        extent="whole",
        by_hand="Asked a public resolver.",
        deconfliction="ref 12",
    )
    owner = {"owner": "Hosting Ltd", "capacity": "host", "owner_mail": OWNER, "seat": "here"}
    officer.act(case, "propose-request", **owner, contact_found="RDAP")
    approver.act(case, "approve-request")
    officer.act(case, "record-receipt", how="read receipt")
    assert officer.state(case) == "C3"
    return case


def object_to_it(browser: Browser, road: Road) -> None:
    """The owner follows the link of the letter and objects."""
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in (road.data / "letters").glob("*.eml")]
    (body,) = [mail.get_body(("plain",)) for mail in mails if mail["To"] == OWNER]
    assert body is not None
    link = re.search(r"http://127\.0\.0\.1:\d+/answer/\S+", body.get_content())
    assert link is not None
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.goto(link[0])
    page.get_by_label("I object to the request.").check()
    page.fill("#text", "It is a work of art.")
    page.click("main button[value=check]")
    page.click("button[value=send]")
    assert page.locator("h1").inner_text() == "Your answer has arrived"
    assert context.cookies() == []
    context.close()


def block(officer: Person, approver: Person, case: str) -> None:
    officer.act(case, "verify", method="from two networks")
    add_evidence(officer, case, sealed(officer.road, "after.png")[0])
    officer.act(case, "propose-directive", reason="The content is still there.")
    approver.act(case, "approve-directive")


def see_the_red_hand(browser: Browser, language: str, said: str) -> None:
    context = browser.new_context(locale=language)
    page = context.new_page()
    answer = page.goto(f"http://www.{NAME}/leaflet")
    assert answer is not None
    assert answer.status == 451
    assert 'rel="blocked-by"' in answer.headers["link"]
    assert page.locator("html").get_attribute("lang") == language
    assert said in page.locator("h1").inner_text()
    assert page.locator("svg").first.is_visible()
    assert NAME not in page.content()
    context.close()


def test_a_case_goes_from_report_to_the_red_hand_and_back(road: Road, browser: Browser) -> None:
    road.start("--time-scale", "60")
    assert dig(road, NAME) == [UPSTREAM_ADDRESS]
    officer, approver = sign_in(browser, road, "officer"), sign_in(browser, road, "approver")
    case = work_until_the_owner_is_asked(officer, approver)
    wait_for(lambda: letters(road).count(f"To: {OWNER}"), 1)
    object_to_it(browser, road)
    officer.act(case, "answer-statement", answer="A court may decide that; the request stands meanwhile.")
    wait_for(lambda: letters(road).count(f"To: {OWNER}"), 2)

    a_day_passes(road)
    officer, approver = sign_in(browser, road, "officer"), sign_in(browser, road, "approver")
    overseer = sign_in(browser, road, "overseer")
    block(officer, approver, case)
    wait_for(lambda: officer.state(case) in {"C6", "C7"}, True)  # noqa: FBT003 - the resolver itself reports
    wait_for(lambda: dig(road, f"www.{NAME}"), ["127.0.0.1"])
    assert dig(road, NAME, "AAAA") == ["::1"]
    assert dig(road, NAME, "MX") == ["10", f"{NAME}."]  # mail is not what was ordered
    assert "Case: " + case in trailers(road)
    assert any(line.startswith("Approved-by: agent-022") for line in trailers(road))

    see_the_red_hand(browser, "fr", "bloqué")
    see_the_red_hand(browser, "en", "blocked")
    wait_for(lambda: officer.state(case), "C7")

    assert set(overseer.steps(case)) >= DECIDED
    overseer.act(case, "recommend", recommendation="The owner's objection is well founded.")
    approver.act(case, "answer-recommendation", answer="accepted", reason="We follow it.")
    officer.act(case, "propose-lift", reason_code="oversight_accepted", reason="The objection is founded.")
    approver.act(case, "approve-lift")
    wait_for(lambda: dig(road, NAME), [UPSTREAM_ADDRESS])
    assert any(line.startswith("Lifted-by: agent-022") for line in trailers(road))
    wait_for(lambda: letters(road).count("Unblocking directive"), 1)
    wait_for(lambda: officer.state(case), "C10")
    assert {"Lift approved", "Access restored"} <= set(overseer.steps(case))
