"""What a person sees: measured in a real browser at the names themselves."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import chromium
from tests.e2e.page_process import page_process
from tests.e2e.page_views import BLOCKED, DESKTOP, LANGUAGES, NAMED, PHONE, VISIBLE_TEXT, opened, words
from tests.needs import needs
from tests.warning_page.trial import TERRORISM

pytestmark = [pytest.mark.e2e, needs("chromium")]

MOST_WORDS = 60


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with page_process(tmp_path_factory.mktemp("page")) as (port, _), chromium(port) as started:
        yield started


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("host", NAMED.values())
def test_the_first_screen_of_a_phone_has_at_most_sixty_words(browser: Browser, host: str, language: str) -> None:
    page = opened(browser, f"http://{host}/some/path", PHONE, language)
    text = page.evaluate(VISIBLE_TEXT)
    page.context.close()
    assert 20 < len(words(text)) <= MOST_WORDS, text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("host", BLOCKED)
def test_the_whole_message_and_the_hand_stand_on_the_first_screen(browser: Browser, host: str, language: str) -> None:
    page = opened(browser, f"http://{host}/", PHONE, language)
    hand = page.locator("svg.symbol").bounding_box()
    message = page.locator(".message").bounding_box()
    page.context.close()
    assert hand is not None
    assert message is not None
    assert hand["width"] >= 96
    assert 0 < hand["y"] < message["y"]
    assert message["y"] + message["height"] <= PHONE[1]


@pytest.mark.parametrize("host", NAMED.values())
def test_the_page_asks_nobody_else_and_breaks_no_rule_of_its_own(browser: Browser, host: str) -> None:
    page = browser.new_context(locale="fr").new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"http://{host}/")
    page.wait_for_load_state("networkidle")
    colour = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    cookies = page.context.cookies()
    page.context.close()
    assert [url for url in requests if not url.startswith("data:")] == [f"http://{host}/"]
    # Chromium itself notes that the status is not 2xx; a refused style or image would be another line.
    assert [text for text in complaints if "Failed to load resource" not in text] == []
    assert colour == "rgb(36, 27, 28)"
    assert cookies == []


def test_the_other_language_is_one_visible_link_away_on_any_path(browser: Browser) -> None:
    page = opened(browser, f"http://{TERRORISM}/any/path?with=query", PHONE)
    assert page.locator("h1").inner_text() == "L’accès à cette adresse est bloqué"
    page.get_by_role("link", name="English").click()
    assert page.locator("h1").inner_text() == "Access to this address is blocked"
    assert page.url == f"http://{TERRORISM}/any/path?lang=en"
    page.get_by_role("link", name="Français").click()
    assert page.locator("html").get_attribute("lang") == "fr"
    page.context.close()


def test_the_own_address_of_a_trial_leads_to_every_variant(browser: Browser) -> None:
    page = opened(browser, "http://127.0.0.1/", DESKTOP, "en")
    names = ["terrorism", "child sexual abuse", "not on the list", "without a list"]
    for name in names:
        page.get_by_role("link", name=re.compile(name)).click()
        assert page.locator(".trial").inner_text() == "TRIAL – not an official page"
        page.get_by_role("link", name="All previews").click()
    assert page.locator(".previews a").count() == len(names)
    page.context.close()
