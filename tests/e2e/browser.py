"""Debian's Chromium through Playwright, with every name of the world leading to the page under test."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.needs import program

QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@contextmanager
def chromium(port: int) -> Iterator[Browser]:
    """Yield a browser for which every name has the address 127.0.0.1:`port`, whatever DNS would say."""
    arguments = [*QUIET, "--disable-component-update", f"--host-resolver-rules=MAP * 127.0.0.1:{port}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=arguments)
        try:
            yield browser
        finally:
            browser.close()
