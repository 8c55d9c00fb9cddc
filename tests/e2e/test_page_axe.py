"""axe-core finds nothing: every variant, every language, light, dark and forced colours."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import chromium
from tests.e2e.page_axe import complaints, violations
from tests.e2e.page_process import page_process
from tests.e2e.page_views import LANGUAGES, PHONE, VARIANTS, opened
from tests.needs import needs

pytestmark = [pytest.mark.e2e, needs("chromium")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with page_process(tmp_path_factory.mktemp("page")) as (port, _), chromium(port) as started:
        yield started


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_axe_finds_nothing(browser: Browser, variant: str, language: str) -> None:
    assert complaints(browser, VARIANTS[variant], language, PHONE) == {}


def test_axe_would_find_something(browser: Browser) -> None:
    page = opened(browser, VARIANTS["terrorism"], PHONE, "en", bypass_csp=True)
    page.evaluate("document.querySelector('html').removeAttribute('lang')")
    page.evaluate("document.querySelector('h1').style.color = '#ccc'")
    found = violations(page)
    page.context.close()
    assert found.keys() >= {"html-has-lang", "color-contrast"}
