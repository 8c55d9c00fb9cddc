"""axe-core on the page, in every theme that a reader may have."""

from collections.abc import Mapping
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.page_views import opened

# axe's rules: those of WCAG 2.2 AA, and what its authors hold to be good besides. The document is the same in every
# theme, so in the other two only what speaks of colours can differ.
EVERY_RULE: Mapping[str, Any] = {"resultTypes": ["violations"]}
COLOURS: Mapping[str, Any] = {**EVERY_RULE, "runOnly": ["cat.color"]}
THEMES: Mapping[str, tuple[dict[str, Any], Mapping[str, Any]]] = {
    "light": ({"color_scheme": "light", "forced_colors": "none"}, EVERY_RULE),
    "dark": ({"color_scheme": "dark", "forced_colors": "none"}, COLOURS),
    "forced": ({"color_scheme": "light", "forced_colors": "active"}, COLOURS),
}


def violations(page: Page, rules: Mapping[str, Any] = EVERY_RULE) -> dict[str, list[str]]:
    """Return the elements that break a rule, by the rule's id; the page needs a context with bypass_csp."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("rules => axe.run(rules)", rules)
    return {each["id"]: [node["html"] for node in each["nodes"]] for each in found["violations"]}


def complaints(browser: Browser, url: str, language: str, size: tuple[int, int]) -> dict[str, dict[str, list[str]]]:
    """Return what axe says of the page in each theme, by theme, if it says anything."""
    # The page's own policy lets no script run, not even axe.
    page = opened(browser, url, size, language, bypass_csp=True)
    said = {}
    for theme, (media, rules) in THEMES.items():
        page.emulate_media(**media)
        said[theme] = violations(page, rules)
    page.context.close()
    return {theme: found for theme, found in said.items() if found}
