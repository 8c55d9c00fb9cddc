"""What the page answers to a visit, and the text that is left of it without its markup."""

import re
from html import unescape

from blocker.blocklist.index import Index
from tests.warning_page.trial import NOW, trial_index
from warning_page.page import Visit, page
from warning_page.render import Answer, Renderer


def answer(visit: Visit, index: Index | None = None, renderer: Renderer | None = None) -> Answer:
    renderer = renderer or Renderer()
    return renderer.answer(page(visit, index or trial_index(), NOW, renderer.languages))


def text_of(answer: Answer) -> str:
    body = re.sub(r"<style>.*?</style>", "", answer.body.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", body)).split())
