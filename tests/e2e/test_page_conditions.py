"""The page under the conditions in which people read: zoom, keyboard, colours of their own, paper, no style at all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import chromium
from tests.e2e.page_process import page_process
from tests.e2e.page_views import (
    ALL_TEXT,
    DESKTOP,
    LANGUAGES,
    NAMED,
    NARROW,
    OVERFLOW,
    PHONE,
    VARIANTS,
    ZOOMED,
    opened,
    style,
)
from tests.needs import needs
from tests.warning_page.trial import CHILD_ABUSE, TERRORISM

pytestmark = [pytest.mark.e2e, needs("chromium")]

INK_LIGHT, PAPER_LIGHT, PAPER_DARK = "rgb(36, 27, 28)", "rgb(253, 251, 249)", "rgb(24, 19, 20)"
# WCAG 2.2, 1.4.12: what a reader may set, and nothing may be lost.
SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }"""
# Elements whose text is cut off or lies under another element.
CUT_OFF = """() => [...document.querySelectorAll("main *")].filter(each => {
  const style = getComputedStyle(each);
  return each.scrollWidth > each.clientWidth + 1 && style.overflowX !== "visible" && each.clientWidth;
}).map(each => each.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with page_process(tmp_path_factory.mktemp("page")) as (port, _), chromium(port) as started:
        yield started


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_page_scrolls_sideways_at_any_size_zoom_or_spacing(browser: Browser, variant: str, language: str) -> None:
    page = opened(browser, VARIANTS[variant], DESKTOP, language, bypass_csp=True)
    for size in (DESKTOP, PHONE, NARROW, ZOOMED):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert page.evaluate(OVERFLOW) == 0, size
        assert page.evaluate(CUT_OFF) == [], size
    page.add_style_tag(content=SPACING)
    assert page.evaluate(OVERFLOW) == 0
    page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_400_percent_everything_is_there_and_large(browser: Browser, language: str) -> None:
    page = opened(browser, f"http://{CHILD_ABUSE}/", DESKTOP, language)
    before = page.evaluate(ALL_TEXT)
    page.set_viewport_size({"width": ZOOMED[0], "height": ZOOMED[1]})
    assert page.evaluate(ALL_TEXT) == before
    sizes = page.locator("p, a, dd, dt").evaluate_all(
        "all => all.map(each => parseFloat(getComputedStyle(each).fontSize))"
    )
    page.context.close()
    assert min(sizes) >= 15


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_keyboard_reaches_every_link_in_reading_order_and_shows_where_it_is(
    browser: Browser, language: str
) -> None:
    page = opened(browser, f"http://{CHILD_ABUSE}/", ZOOMED, language, reduced_motion="reduce")
    expected = page.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    reached = []
    for _ in expected:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('href')"))
        assert style(page, ":focus", "outlineStyle") == "solid"
        box = page.evaluate("(({top, bottom}) => [top, bottom])(document.activeElement.getBoundingClientRect())")
        assert box[0] >= 0 and box[1] <= ZOOMED[1] + 1, reached[-1]
    page.context.close()
    assert reached == expected


def test_the_keyboard_goes_straight_to_help(browser: Browser) -> None:
    page = opened(browser, f"http://{CHILD_ABUSE}/", PHONE, "en", reduced_motion="reduce")
    page.get_by_role("link", name="get help").focus()
    page.keyboard.press("Enter")
    top = page.evaluate("document.querySelector('#help').getBoundingClientRect().top")
    page.keyboard.press("Tab")
    next_link = page.evaluate("document.activeElement.getAttribute('href')")
    page.context.close()
    assert 0 <= top < PHONE[1] / 2
    assert next_link == "https://help.example/"


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_are_large_enough_to_be_touched(browser: Browser, language: str) -> None:
    page = opened(browser, f"http://{TERRORISM}/", PHONE, language)
    for link in page.locator("nav a, a.more, .contact a").all():
        box = link.bounding_box()
        assert box is not None
        assert box["height"] >= 24 and box["width"] >= 24  # WCAG 2.2, 2.5.8
    page.context.close()


def test_light_and_dark_follow_the_reader(browser: Browser) -> None:
    page = opened(browser, f"http://{TERRORISM}/", DESKTOP, color_scheme="light")
    light = style(page, "body", "backgroundColor"), style(page, "body", "color")
    red = style(page, ".palm", "fill")
    page.emulate_media(color_scheme="dark")
    dark = style(page, "body", "backgroundColor")
    hand = style(page, ".palm", "fill")
    page.context.close()
    assert light == (PAPER_LIGHT, INK_LIGHT)
    assert dark == PAPER_DARK
    assert hand == red


@pytest.mark.parametrize("variant", NAMED)
def test_in_forced_colours_the_symbol_and_every_mark_are_the_readers_own(browser: Browser, variant: str) -> None:
    page = opened(browser, VARIANTS[variant], PHONE, "en", forced_colors="active", color_scheme="light")
    system = page.evaluate(
        "['Canvas', 'CanvasText', 'LinkText'].map(name => { const each = document.createElement('i');"
        "document.body.append(each); each.style.cssText = 'forced-color-adjust: none; color: ' + name;"
        "const colour = getComputedStyle(each).color; each.remove(); return colour; })"
    )
    canvas, text, link = system
    assert len(set(system)) == 3
    assert style(page, "body", "backgroundColor") == canvas
    assert style(page, "nav a", "color") == link
    assert style(page, ".disc", "fill") == canvas
    assert style(page, ".disc", "stroke") == text
    if variant == "unlisted":
        assert style(page, ".stroke", "stroke") == text
    else:
        assert style(page, ".palm", "fill") == text
        assert style(page, ".lines", "stroke") == canvas
        assert style(page, ".more svg", "stroke") == text
    assert style(page, ".trial", "borderBottomStyle") == "solid"
    page.context.close()


def test_on_paper_a_contact_that_is_a_link_says_where_it_leads(browser: Browser) -> None:
    page = opened(browser, f"http://{TERRORISM}/", DESKTOP, "en")
    page.emulate_media(media="print")
    after = style(page, ".contact a", "content", "::after")
    page.context.close()
    assert "https://help.example/" in after


@pytest.mark.parametrize("language", ["en", "ar"])
def test_without_styles_everything_is_still_there_in_order(browser: Browser, language: str) -> None:
    page = opened(browser, f"http://{CHILD_ABUSE}/", PHONE, language)
    before = page.evaluate(ALL_TEXT)
    page.evaluate("document.querySelector('style').remove()")
    headings = page.locator("h1, h2").all_inner_texts()
    hand = page.locator("svg.symbol").bounding_box()
    overflow = page.evaluate(OVERFLOW)
    after = page.evaluate(ALL_TEXT)
    page.context.close()
    assert after == before
    assert language != "en" or headings == [
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


def test_a_language_that_reads_from_the_right_is_laid_out_from_the_right(browser: Browser) -> None:
    page = opened(browser, f"http://{CHILD_ABUSE}/", DESKTOP, "ar")
    hand, message = page.locator("svg.symbol").bounding_box(), page.locator(".message").bounding_box()
    assert hand is not None and message is not None
    assert hand["x"] > message["x"] + message["width"] - 1
    # The law is in French here, and begins where French begins.
    law = page.locator("#law p").bounding_box()
    first = page.evaluate(
        "(() => { const range = document.createRange(); const text = document.querySelector('#law p span').firstChild;"
        "range.setStart(text, 0); range.setEnd(text, 1); return range.getBoundingClientRect().left; })()"
    )
    assert law is not None
    assert abs(first - law["x"]) < 2
    assert style(page, ".contact bdi", "direction") == "ltr"
    assert style(page, "h1", "letterSpacing") == "normal"
    page.context.close()
