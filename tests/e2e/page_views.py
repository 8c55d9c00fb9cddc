"""The page as people come to it: every variant by its address, in a browser of some size, language and colours."""

import re

from playwright.sync_api import Browser, Page

from tests.warning_page.trial import CHILD_ABUSE, TERRORISM
from warning_page.render import Renderer

LANGUAGES = Renderer().languages
# Variants that a name leads to, and those that a trial shows at the page's own address.
NAMED = {"terrorism": TERRORISM, "child-abuse": CHILD_ABUSE, "unlisted": "clean.example"}
BLOCKED = [TERRORISM, CHILD_ABUSE]
VARIANTS = {
    **{variant: f"http://{name}/" for variant, name in NAMED.items()},
    "no-list": "http://127.0.0.1/?preview=no-list",
    "previews": "http://127.0.0.1/",
}
PHONE, NARROW, DESKTOP = (360, 640), (320, 640), (1280, 800)
ZOOMED = (320, 200)  # 1280×800 at 400 %

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
# Every text that has a box at all, wherever on the page.
ALL_TEXT = VISIBLE_TEXT.replace(" && box.bottom > 0 && box.top < innerHeight", "").replace(
    'seen.join(" ")', "seen.map(text => text.trim()).filter(text => text)"
)
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def opened(browser: Browser, url: str, size: tuple[int, int], language: str = "fr", **options: object) -> Page:
    """Open an address in a context of its own; whoever asked closes `page.context`."""
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


def style(page: Page, selector: str, name: str, pseudo: str = "") -> str:
    """Return what the browser makes of a property of the first element that `selector` finds."""
    script = "([selector, name, pseudo]) => getComputedStyle(document.querySelector(selector), pseudo || null)[name]"
    value: str = page.evaluate(script, [selector, name, pseudo])
    return value
