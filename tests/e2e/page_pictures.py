"""Renews the pictures of the page in docs/images: `python -m tests.e2e.page_pictures`."""

import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.browser import chromium
from tests.e2e.page_process import page_process
from tests.warning_page.trial import CHILD_ABUSE, TERRORISM

FOLDER = Path(__file__).parents[2] / "docs" / "images"
SIZES = {"phone": (360, 640), "desktop": (1280, 800)}
HOSTS = {"terrorism": TERRORISM, "child-abuse": CHILD_ABUSE, "unlisted": "clean.example"}


def take(browser: Browser, name: str, size: str, language: str, theme: str, *, whole: bool = False) -> Path:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=language,
        color_scheme=theme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto(f"http://{HOSTS[name]}/")
    path = FOLDER / f"page-{name}-{size}-{language}-{theme}{'-whole' if whole else ''}.png"
    page.screenshot(path=path, full_page=whole)
    context.close()
    return path


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, page_process(Path(folder)) as (port, _), chromium(port) as browser:
        taken = [
            take(browser, *each)
            for each in product(("terrorism", "child-abuse"), SIZES, ("fr", "en", "ar"), ("light", "dark"))
        ]
        taken.append(take(browser, "unlisted", "phone", "fr", "light"))
        taken += [take(browser, "child-abuse", "desktop", language, "light", whole=True) for language in ("en", "ar")]
    sys.stdout.write("".join(f"{path.name}\n" for path in taken))


if __name__ == "__main__":
    main()
