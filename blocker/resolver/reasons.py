"""Why a question is answered as it is, in words for an operator; what is answered, the engine alone decides.

The order is the engine's: what nobody is served, the list, special names, and what an upstream's answer adds to that.
"""

from typing import NamedTuple

from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Index, Match
from blocker.dns.walk import Message
from blocker.dns.wire import Query
from blocker.resolver.policy import UNSERVED, Treatment, aliases, deciding, followed, treatment, undoes_the_block
from blocker.resolver.special import local_answer


class Reason(NamedTuple):
    """What is done with a question, the listed name that is to blame, if any, and whether upstreams may hear of it."""

    verdict: str
    match: Match | None = None
    private: bool = False


def reason(query: Query, message: Message | None, index: Index | None, now: float) -> Reason:
    """Return why `query` is answered as it is; `message` is what an upstream says to it, `now` seconds since 1970."""
    if query.qtype in UNSERVED:
        return Reason(f"not served for any name: {UNSERVED[query.qtype].name}", private=True)
    if index is None:
        return Reason("no list is in force")
    match = deciding(index, query.name, query.qtype, now)
    if match:
        return _of_a_listed_name(query, match, message, index, now)
    if local_answer(query, trial=index.header.environment is Environment.TRIAL):
        return Reason("a special-use name: answered here, never asked upstream", private=True)
    for alias in aliases(message) if message else ():
        match = followed(index, alias, query.qtype, now)
        if match:
            kind = treatment(query.qtype, match.directive).value
            return Reason(f"an alias of {alias}, whose directive extends to aliases: {kind}", match)
    return Reason("clean: the upstream answers")


def _of_a_listed_name(query: Query, match: Match, message: Message | None, index: Index, now: float) -> Reason:
    kind = treatment(query.qtype, match.directive)
    if kind is not Treatment.PASS:
        return Reason(kind.value, match)
    if message and undoes_the_block(message, lambda name: index.match(name, now) is not None):
        return Reason("listed, this type passes, but what the upstream says would undo the block: no such data", match)
    return Reason("listed, but this type passes: the upstream answers", match)
