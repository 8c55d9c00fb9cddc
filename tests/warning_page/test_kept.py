"""Answers are made once for a version of the list, compressed once, and bounded whatever visitors send."""

import gzip

import pytest

from blocker.blocklist.index import Index
from tests.warning_page.answers import answer, text_of
from tests.warning_page.trial import CHILD_ABUSE, TERRORISM, blocklist, compiled
from warning_page import render
from warning_page.page import Visit
from warning_page.render import Renderer

LANGUAGES = Renderer().languages
JSON = "application/json"


def test_an_answer_is_made_once_for_a_version_of_the_list() -> None:
    renderer = Renderer()
    first = answer(Visit(TERRORISM, chosen="en"), renderer=renderer)
    assert answer(Visit(f"www.{TERRORISM}", chosen="en"), renderer=renderer) is first
    assert answer(Visit(TERRORISM, chosen="fr"), renderer=renderer) is not first
    assert answer(Visit(CHILD_ABUSE, chosen="en"), renderer=renderer) is not first
    assert answer(Visit(TERRORISM, accept=JSON, chosen="en"), renderer=renderer) is not first
    newer = Index.load(compiled(blocklist(), serial=13))
    assert "version 13" in text_of(answer(Visit(TERRORISM, chosen="en"), newer, renderer))
    assert "version 12" in text_of(answer(Visit(TERRORISM, chosen="en"), renderer=renderer))


def test_no_visitor_can_fill_the_memory_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "_KEPT", 4)
    renderer = Renderer()
    for number in range(20):
        answer(Visit(f"{number}.{TERRORISM}", languages=f"x-{number}", accept=f"text/html;v={number}"), None, renderer)
    assert len(renderer._kept) == 1
    for language in LANGUAGES:
        for host in (TERRORISM, CHILD_ABUSE, "clean.example"):
            answer(Visit(host, chosen=language), renderer=renderer)
    assert len(renderer._kept) == 4


def test_the_compressed_body_is_the_same_and_less_than_half() -> None:
    shown = answer(Visit(TERRORISM))
    assert shown.gzipped is not None
    assert gzip.decompress(shown.gzipped) == shown.body
    assert len(shown.gzipped) * 2 < len(shown.body)
    assert answer(Visit(TERRORISM, accept="image/png")).gzipped is None
