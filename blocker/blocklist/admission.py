"""Which index may serve at all: staging and production only as sync made it of verified versions.

Keeps true: a list that blocks real people cannot come in force by a file that somebody built and copied, nor one of
another environment than the operator pinned. It is the reader's own check; signatures are checked where they arrive.
"""

from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Header


def refusal(header: Header, pinned: str | None = None) -> str | None:
    """Return why an index may not serve, for its operator, or None; `pinned` is the environment accepted here."""
    if pinned is not None and header.environment != pinned:
        return f"the index is of a {header.environment} list; {pinned} lists alone are accepted here"
    if header.environment is not Environment.TRIAL and not header.signed:
        return f"an index of a {header.environment} list counts only if sync wrote it (blocklist.repositories)"
    if any(source.environment is not header.environment for source in header.sources):
        return "the index mixes environments"
    return None
