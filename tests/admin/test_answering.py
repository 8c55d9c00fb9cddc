"""The owner's reply page, by real HTTP: with the link of a real mail, and with everything that is no such link."""

import email
import email.policy
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from blocker.admin.answering import LONGEST
from blocker.admin.pauses import FREE_FAILURES
from blocker.cases.case import Case
from tests.admin.running import APPROVER, OFFICER, Answer, Browser, Running, browser, running
from tests.admin.walking import STEPS, walked

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

PUBLIC = "  public_url: https://reply.example\n"
LINK = re.compile(r"https://reply\.example(/answer/[A-Za-z0-9_-]{43})")


@dataclass
class Owner(Browser):
    """Somebody with a mail, at its page, without cookies to take a form token from."""

    link: str = ""

    async def look(self, **headers: str) -> Answer:
        return await self.get(self.link, **headers)

    async def say(self, do: str, says: str = "", text: str = "", **headers: str) -> Answer:
        return await self.request("POST", self.link, {"do": do, "says": says, "text": text}, **headers)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(Path(tmp_path_factory.mktemp("desk")), more=PUBLIC) as made:
        yield made


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return (f"asked-{number}.example" for number in range(100))


@dataclass
class Asked:
    """A case at the owner's step."""

    desk: Running
    number: str
    owner: Owner

    async def case(self) -> Case:
        found = await self.desk.desk.road.store.case(self.number)
        assert found is not None
        return found


@pytest_asyncio.fixture(loop_scope="module")
async def asked(desk: Running, officer: Browser, approver: Browser, names: Iterator[str]) -> AsyncIterator[Asked]:
    number = await walked(desk, officer, approver, until="approve-request", names=next(names))
    async with browser(desk.url) as made:
        yield Asked(desk, number, Owner(made.url, made.http, link=await link_of(desk, number)))


async def link_of(desk: Running, number: str) -> str:
    (letter,) = [each for each in await desk.desk.road.store.documents(number) if each.kind == "owner-request"]
    sent = (desk.settings.admin.letters / f"{letter.number}.eml").read_bytes()
    cover, text = email.message_from_bytes(sent, policy=email.policy.default).iter_parts()
    assert text.get_content().replace("\r\n", "\n") == letter.text
    assert "accompagne ce courrier" in letter.text and "/answer/" not in letter.text
    found = LINK.search(cover.get_content())
    assert found is not None
    return found[1]


async def test_the_page_says_what_is_asked_until_when_and_no_address_of_content(
    desk: Running, officer: Browser, asked: Asked
) -> None:
    before = await asked.owner.look()
    assert before.status == 200 and "24 elapsed hours from receipt" in before.words
    await officer.act(asked.number, "record-receipt", **STEPS["record-receipt"][1])
    page = await asked.owner.look()
    deadline = (await asked.case()).deadline
    assert deadline is not None
    assert f"ends on {desk.desk.moments(desk.desk.languages['en']).full(deadline)}" in page.words
    assert "propaganda-copy" not in page.text and ".example/video" not in page.text and "<script" not in page.text
    french = await asked.owner.get(f"{asked.owner.link}?lang=fr")
    assert 'lang="fr"' in french.text and "Votre délai de retrait prend fin le" in french.words


async def test_the_headers_are_as_strict_as_the_desk_s_and_no_cookie_is_set(asked: Asked) -> None:
    for page in (await asked.owner.look(), await asked.owner.say("check", "says_removed")):
        assert page.status == 200
        assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in page.headers and 'href="/' not in page.text.replace('href="/static/', "")


async def test_looking_uses_nothing_up_and_is_noted_once_for_the_officer(officer: Browser, asked: Asked) -> None:
    links = asked.desk.desk.road.links
    assert (await asked.owner.request("HEAD", asked.owner.link)).status == 200
    assert await links.openings(asked.number) == {}
    await asked.owner.look()
    first = await links.openings(asked.number)
    asked.desk.clock.move(timedelta(minutes=3))
    for _ in range(3):
        assert (await asked.owner.look()).status == 200
    assert len(first) == 1 and await links.openings(asked.number) == first
    assert "proves no receipt" in (await officer.get(f"/cases/{asked.number}")).words
    assert (await asked.case()).clock_start is None


@pytest.mark.parametrize("says", ["says_removed", "says_unclear", "says_cannot", "says_objects"])
async def test_an_answer_is_confirmed_recorded_and_shown_to_officers(officer: Browser, asked: Asked, says: str) -> None:
    text = "" if says == "says_removed" else "Le serveur est\r\nen panne <b>depuis</b> hier."
    check = await asked.owner.say("check", says, text)
    assert check.status == 200 and "Nothing is sent yet" in check.words
    assert (await asked.case()).statements == ()
    told = await asked.owner.say("send", check.hidden("says"), check.hidden("text"))
    assert told.status == 200 and "Your answer has arrived" in told.words
    assert [said.kind for said in (await asked.case()).statements] == [says]
    event = (await asked.desk.desk.road.store.events(asked.number))[-1]
    assert (event.transition, event.actor, event.role) == ("Th", "system", "system")
    assert event.data["statement"].endswith(text.replace("\r\n", "\n") or "The content is removed.")
    page = await officer.get(f"/cases/{asked.number}")
    assert "The owner says:" in page.words and "<b>depuis" not in page.text
    await officer.act(asked.number, "answer-statement", answer="We look again.")
    assert "The owner says:" not in (await officer.get(f"/cases/{asked.number}")).words


async def test_while_an_answer_is_open_no_directive_can_be_proposed(officer: Browser, asked: Asked) -> None:
    await officer.act(asked.number, "record-receipt", **STEPS["record-receipt"][1])
    await asked.owner.say("send", "says_objects", "It is satire.")
    asked.desk.clock.move(timedelta(hours=25))
    await officer.act(asked.number, "verify", **STEPS["verify"][1])
    refused = await officer.act(asked.number, "propose-directive", **STEPS["propose-directive"][1])
    assert refused.status == 409 and "not answered yet" in refused.words


async def test_what_somebody_wrote_can_be_changed_before_it_is_sent(asked: Asked) -> None:
    page = await asked.owner.say("change", "says_cannot", "No access.")
    assert page.status == 200 and "No access.</textarea>" in page.text
    assert 'value="says_cannot" aria-describedby="says-3-hint" checked' in page.text
    assert (await asked.case()).statements == ()


@pytest.mark.parametrize(
    ("says", "text", "problem"),
    [
        ("", "", "Choose one of the four answers."),
        ("says_yes", "x", "Choose one of the four answers."),
        ("says_objects", " \n\u200b", "Write a few words of explanation."),
        ("says_removed", "x" * (LONGEST + 1), f"Write at most {LONGEST} characters."),
    ],
)
async def test_an_incomplete_answer_is_explained_and_not_recorded(
    asked: Asked, says: str, text: str, problem: str
) -> None:
    for wish in ("check", "send"):
        page = await asked.owner.say(wish, says, text)
        assert page.status == 422 and problem in page.words
    assert (await asked.case()).statements == ()


async def test_a_used_an_ended_a_wrong_and_a_made_up_link_look_the_same(
    officer: Browser, approver: Browser, asked: Asked, names: Iterator[str]
) -> None:
    await asked.owner.say("send", "says_removed")
    ended = await walked(asked.desk, officer, approver, until="propose-directive", names=next(names))
    used = asked.owner.link
    wrong = used[:-1] + ("A" if used[-1] != "A" else "B")
    pages = set()
    for path in (used, await link_of(asked.desk, ended), wrong, "/answer/x", "/answer/%ff%00"):
        for method in ("GET", "POST"):
            page = await asked.owner.request(method, path, {"do": "send", "says": "says_removed"})
            assert page.status == 404
            pages.add(re.sub(r"Page made [^<]*", "", page.text))
    assert len(pages) == 1
    assert (
        len([event for event in await asked.desk.desk.road.store.events(asked.number) if event.transition == "Th"]) == 1
    )


async def test_another_site_s_page_cannot_answer_even_with_the_link(asked: Asked) -> None:
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert (await asked.owner.say("send", "says_removed", **headers)).status == 403
    assert (await asked.case()).statements == ()


async def test_whoever_guesses_links_has_to_wait(asked: Asked) -> None:
    for number in range(FREE_FAILURES + 1):
        assert (await asked.owner.get(f"/answer/{number}", X_Forwarded_For="192.0.2.77")).status == 404
    waits = await asked.owner.look(X_Forwarded_For="192.0.2.77")
    assert waits.status == 429 and int(waits.headers["Retry-After"]) > 0
    assert (await asked.owner.look(X_Forwarded_For="192.0.2.78")).status == 200


async def test_under_the_owners_name_there_is_nothing_else(asked: Asked) -> None:
    assert (await asked.owner.look(Host="reply.example")).status == 200
    assert (await asked.owner.get("/static/desk.css", Host="reply.example")).status == 200
    for path in ("/sign-in", "/", "/cases", "/nowhere", "/api/v1/openapi.json"):
        assert (await asked.owner.get(path, Host="reply.example")).status == 421


async def test_somebody_of_the_desk_sees_the_owner_s_page_as_the_owner_does(officer: Browser, asked: Asked) -> None:
    page = await officer.get(asked.owner.link)
    assert page.status == 200 and OFFICER not in page.text and APPROVER not in page.text
    assert "Set-Cookie" not in page.headers


async def test_the_store_holds_no_link(asked: Asked) -> None:
    token = asked.owner.link.rpartition("/")[2].encode()
    database = asked.desk.settings.admin.database
    for file in database.parent.glob(f"{database.name}*"):
        assert token not in file.read_bytes()
