"""What a person sees: measured in a real browser at the names themselves."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import chromium
from tests.e2e.page_process import page_process
from tests.needs import needs
from tests.warning_page.trial import CHILD_ABUSE, TERRORISM

pytestmark = [pytest.mark.e2e, needs("chromium")]

PHONE, NARROW, DESKTOP = (360, 640), (320, 640), (1280, 800)
ZOOMED = (320, 200)  # 1280×800 at 400 %
MOST_WORDS = 60
HOSTS = [TERRORISM, CHILD_ABUSE, "clean.example"]

# The text whose boxes lie at least partly inside the window, whatever hides below the fold.
VISIBLE_TEXT = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = [];
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const boxes = [...range.getClientRects()];
    if (boxes.some(box => box.width && box.bottom > 0 && box.top < innerHeight)) seen.push(walker.currentNode.data);
  }
  return seen.join(" ");
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with page_process(tmp_path_factory.mktemp("page")) as (port, _), chromium(port) as started:
        yield started


def opened(browser: Browser, url: str, size: tuple[int, int], language: str = "fr", **options: object) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=language,
        **options,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto(url)
    return page


def words(text: str) -> list[str]:
    """Count strictly: what an apostrophe joins is two words."""
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("host", HOSTS)
def test_the_first_screen_of_a_phone_has_at_most_sixty_words(
    browser: Browser, host: str, language: str, theme: str
) -> None:
    page = opened(browser, f"http://{host}/some/path", PHONE, language, color_scheme=theme)
    text = page.evaluate(VISIBLE_TEXT)
    page.context.close()
    assert 20 < len(words(text)) <= MOST_WORDS, text


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("host", [TERRORISM, CHILD_ABUSE])
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


@pytest.mark.parametrize("size", [PHONE, NARROW, ZOOMED, DESKTOP], ids=["phone", "320", "400 %", "desktop"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("host", HOSTS)
def test_no_page_scrolls_sideways(browser: Browser, host: str, language: str, size: tuple[int, int]) -> None:
    page = opened(browser, f"http://{host}/", size, language)
    overflow = page.evaluate(OVERFLOW)
    page.context.close()
    assert overflow == 0


@pytest.mark.parametrize("host", HOSTS)
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


def test_the_keyboard_reaches_every_link_in_reading_order_and_shows_where_it_is(browser: Browser) -> None:
    page = opened(browser, f"http://{CHILD_ABUSE}/", DESKTOP, "en")
    expected = page.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    reached = []
    for _ in expected:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('href')"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
    page.context.close()
    assert reached == expected


def test_links_are_large_enough_to_be_touched(browser: Browser) -> None:
    page = opened(browser, f"http://{TERRORISM}/", PHONE)
    for link in page.locator("nav a, a.more").all():
        box = link.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert box["width"] >= 24  # WCAG 2.2, 2.5.8
    page.context.close()


def test_dark_forced_colours_and_print_are_served(browser: Browser) -> None:
    def background(**options: object) -> str:
        page = opened(browser, f"http://{TERRORISM}/", DESKTOP, "fr", **options)
        colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.context.close()
        return colour

    assert background(color_scheme="light") == "rgb(253, 251, 249)"
    assert background(color_scheme="dark") == "rgb(24, 19, 20)"
    assert background(forced_colors="active", color_scheme="light") == "rgb(255, 255, 255)"
    page = opened(browser, f"http://{TERRORISM}/", DESKTOP, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    page.context.close()


def test_without_styles_everything_is_still_there_in_order(browser: Browser) -> None:
    page = opened(browser, f"http://{CHILD_ABUSE}/", PHONE, "en")
    page.evaluate("document.querySelector('style').remove()")
    headings = page.locator("h1, h2").all_inner_texts()
    hand = page.locator("svg.symbol").bounding_box()
    overflow = page.evaluate(OVERFLOW)
    page.context.close()
    assert headings == [
        "Access to this address is blocked",
        "Who decided",
        "The law",
        "The decision",
        "Contest the block",
        "Get help",
        "About this page",
    ]
    assert hand is not None
    assert hand["width"] == 136
    assert overflow == 0


def test_the_own_address_of_a_trial_leads_to_every_variant(browser: Browser) -> None:
    page = opened(browser, "http://127.0.0.1/", DESKTOP, "en")
    names = ["terrorism", "child sexual abuse", "not on the list", "without a list"]
    for name in names:
        page.get_by_role("link", name=re.compile(name)).click()
        assert page.locator(".trial").inner_text() == "TRIAL – not an official page"
        page.get_by_role("link", name="All previews").click()
    assert page.locator(".previews a").count() == len(names)
    page.context.close()
