"""What a screen reader says, in its order: each variant as the browser's accessibility tree has it.

The expected trees lie beside this file in page_outlines/; `RENEW=1` writes them anew, and the difference is then read
by whoever changed the page.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import chromium
from tests.e2e.page_process import page_process
from tests.e2e.page_views import LANGUAGES, PHONE, VARIANTS, opened
from tests.needs import needs

pytestmark = [pytest.mark.e2e, needs("chromium")]

OUTLINES = Path(__file__).with_name("page_outlines")
# Every variant in the languages that are whole, one variant in those that have the help part.
PAIRS = [(variant, language) for variant in VARIANTS for language in ("fr", "en", "ar")]
PAIRS += [("child-abuse", language) for language in LANGUAGES if language not in {"fr", "en", "ar"}]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with page_process(tmp_path_factory.mktemp("page")) as (port, _), chromium(port) as started:
        yield started


@pytest.mark.parametrize(("variant", "language"), PAIRS)
def test_a_screen_reader_says_what_is_expected_in_this_order(browser: Browser, variant: str, language: str) -> None:
    page = opened(browser, VARIANTS[variant], PHONE, language)
    outline = page.locator("body").aria_snapshot() + "\n"
    page.context.close()
    expected = OUTLINES / f"{variant}-{language}.yaml"
    if os.environ.get("RENEW"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(outline, encoding="utf-8")
    assert outline == expected.read_text(encoding="utf-8")


def test_no_expected_outline_is_left_over() -> None:
    assert {path.stem for path in OUTLINES.iterdir()} == {f"{variant}-{language}" for variant, language in PAIRS}
