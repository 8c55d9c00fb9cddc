"""A list changes under a running resolver: cached names are blocked and lifted, and nobody goes without an answer."""

import threading
import time

import dns.exception
import pytest

from tests.e2e.resolver_process import PAGE, TrialList, eventually, resolver
from tests.e2e.unbound import unbound
from tests.needs import needs

pytestmark = [pytest.mark.e2e, needs("unbound")]

SEEN_WITHIN = 6.0  # seconds: two for sync to look, a quarter for the workers, and time for a busy machine


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    with unbound(tmp_path_factory.mktemp("unbound")) as port:
        yield port


def test_cached_names_are_blocked_and_lifted(tmp_path, upstream):
    lists = TrialList(tmp_path / "lists")
    with resolver(tmp_path / "run", upstreams=[upstream], lists=lists) as running:
        for _ in range(20):  # every worker keeps it
            assert running.data("www.propaganda.example") == ["198.51.100.1"]
        lists.block("propaganda.example")
        eventually(lambda: running.data("www.propaganda.example") == [PAGE], SEEN_WITHIN)
        time.sleep(0.6)  # the other worker has it too
        assert {tuple(running.data("www.propaganda.example")) for _ in range(20)} == {(PAGE,)}
        assert running.data("clean.example") == ["192.0.2.10"]
        lists.block()
        eventually(lambda: running.data("www.propaganda.example") == ["198.51.100.1"], SEEN_WITHIN)
        time.sleep(0.6)
        assert {running.data("version.server", "TXT", rdclass="CH")[0].split('" "')[1] for _ in range(20)} == {
            "serial 3"
        }


def test_an_alias_is_blocked_only_where_the_directive_says_so(tmp_path, upstream):
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example")
    with resolver(tmp_path / "run", upstreams=[upstream], lists=lists) as running:
        assert running.data("cdn.clean.example") == ["propaganda.example."]
        lists.block("propaganda.example", more="aliases: true")
        eventually(lambda: running.data("cdn.clean.example") == [PAGE], SEEN_WITHIN)
        assert running.data("cdn.clean.example", "MX") == ["propaganda.example."]


def test_a_list_that_is_refused_leaves_the_last_good_one_in_force(tmp_path, upstream):
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example")
    with resolver(tmp_path / "run", upstreams=[upstream], lists=lists) as running:
        lists.block("propaganda.example", "example.com.not a name")
        eventually(lambda: "list refused" in running.said(), SEEN_WITHIN)
        assert running.data("propaganda.example") == [PAGE]


def test_no_query_is_lost_while_lists_change(tmp_path, upstream):
    lists = TrialList(tmp_path / "lists")
    with resolver(tmp_path / "run", upstreams=[upstream], lists=lists) as running:
        lost: list[str] = []
        asked = 0
        over = threading.Event()

        def keep_asking() -> None:
            nonlocal asked
            while not over.is_set():
                for name in ("clean.example", "www.propaganda.example", "x.propaganda.example"):
                    asked += 1
                    try:
                        running.ask(name)
                    except dns.exception.Timeout:
                        lost.append(name)

        asking = threading.Thread(target=keep_asking)
        asking.start()
        try:
            for turn in range(4):
                lists.block(*(["propaganda.example"] if turn % 2 == 0 else []))
                expected = [PAGE] if turn % 2 == 0 else ["198.51.100.1"]
                eventually(lambda expected=expected: running.data("www.propaganda.example") == expected, SEEN_WITHIN)
        finally:
            over.set()
            asking.join()
        assert asked > 50  # a busy machine asks slowly; make soak counts
        assert lost == []


def test_without_any_list_nothing_is_answered_as_if_it_were_clean(tmp_path, upstream):
    with resolver(tmp_path / "run", upstreams=[upstream]) as running:
        reply = running.ask("clean.example")
        assert (reply.rcode(), [int(option.code) for option in reply.options]) == (2, [14])


def test_an_operator_may_have_questions_answered_before_the_first_list_which_then_counts_at_once(tmp_path, upstream):
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example", "example.com.not a name")  # refused: there is no list to stay with
    with resolver(tmp_path / "run", upstreams=[upstream], lists=lists, more="without_list: upstream") as running:
        assert "no list in force yet; until then questions get: upstream" in running.said()
        for _ in range(20):  # every worker keeps it
            assert running.data("www.propaganda.example") == ["198.51.100.1"]
        assert running.data("version.server", "TXT", rdclass="CH")[0].endswith('"serial none" "environment none"')
        lists.block("propaganda.example")
        eventually(lambda: running.data("www.propaganda.example") == [PAGE], SEEN_WITHIN)
        time.sleep(0.6)  # the other worker has it too
        assert {tuple(running.data("www.propaganda.example")) for _ in range(20)} == {(PAGE,)}
