"""The legal texts and contacts that ship for real lists, on the screen and on paper."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import chromium
from tests.e2e.page_axe import complaints
from tests.e2e.page_process import page_process
from tests.e2e.page_views import ALL_TEXT, BLOCKED, DESKTOP, LANGUAGES, opened, style
from tests.needs import needs
from tests.warning_page.trial import compiled, with_shipped_grounds

pytestmark = [pytest.mark.e2e, needs("chromium")]

WHITE, BLACK = "rgb(255, 255, 255)", "rgb(0, 0, 0)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    index = compiled(with_shipped_grounds())
    with page_process(tmp_path_factory.mktemp("page"), index=index) as (port, _), chromium(port) as started:
        yield started


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("host", BLOCKED)
def test_axe_finds_nothing_on_a_large_screen_with_real_contacts(browser: Browser, host: str, language: str) -> None:
    assert complaints(browser, f"http://{host}/", language, DESKTOP) == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("host", BLOCKED)
def test_on_paper_nothing_is_lost_but_the_language_links(browser: Browser, host: str, language: str) -> None:
    page = opened(browser, f"http://{host}/", DESKTOP, language, color_scheme="dark")
    links = page.locator("nav a").all_inner_texts()
    screen = page.evaluate(ALL_TEXT)
    page.emulate_media(media="print")
    paper = page.evaluate(ALL_TEXT)
    assert [text for text in screen if text not in paper and text not in links] == []
    assert (style(page, "body", "backgroundColor"), style(page, "body", "color")) == (WHITE, BLACK)
    assert page.locator("svg.symbol").is_visible()
    shown = page.locator(".contact a").evaluate_all(
        "links => links.map(link =>"
        "  [link.getAttribute('href'), link.innerText, getComputedStyle(link, '::after').content])"
    )
    page.context.close()
    assert shown
    for href, text, after in shown:
        digits = "".join(re.findall(r"\d", text))
        assert href in after or href.removeprefix("tel:").replace("+33", "0") == digits
