"""What carries effects out: the contract of every channel, and the one of directives into the list's repository.

Keeps true: an effect that was carried out is known again by what it left outside (here the commit's trailers and the
list's own state), so that carrying it out twice does it once. When, and what is recorded of it, is the outbox's
business; letters have a channel of their own (letters.py).
"""

import asyncio
import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from blocker.cases.case import Document
from blocker.cases.rows import OutboxRow
from blocker.distribution import branches, git
from blocker.errors import OperationError

log = logging.getLogger("redhand.cases")

ATTEMPTS = 5
"""Commits tried in a row while others move HEAD, before the outbox backs off."""

_BY = {"add": "Approved-by", "renew": "Reviewed-by", "remove": "Lifted-by"}

_MAY_BE_EMPTY = re.compile(rb"(?m)^may_be_empty:[^\n]*$")


@dataclass(frozen=True, slots=True)
class Due:
    """One effect to carry out now."""

    row: OutboxRow
    document: Document | None = None
    """The letter, if it is one."""
    superseded: bool = False
    """True if the opposite was decided since: what has not been done yet is then better left undone."""


class UndeliverableError(OperationError):
    """The letter's recipient is refused for good: people must find another way; the text is what the server said."""


class Channel(Protocol):
    """Carries out effects of one kind.

    The contract: `carry_out` may be called again with the same effect at any time, after an error, after a kill between
    its work and its record, and by another process. It then finds what it did and does nothing twice. It returns once
    the work is durable, with the data of the event that records it, or None if nothing was left to do. OperationError
    means: try again later; nothing half done may be left that a further call would not complete. UndeliverableError
    means: this will never work.
    """

    async def carry_out(self, due: Due) -> Mapping[str, str] | None:
        """Do it, or find that it is done."""


class ListChannel:
    """Commits that add a directive to the list's work tree, renew its dates after a review, or remove it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def carry_out(self, due: Due) -> Mapping[str, str] | None:
        """Commit, unless the repository shows that it is done; then bring the work tree up to date."""
        return await asyncio.to_thread(self._carry_out, due.row.payload, superseded=due.superseded)

    def _carry_out(self, order: Mapping[str, str], *, superseded: bool) -> Mapping[str, str] | None:
        if order["act"] == "draft":
            self._draft(order)
            return None
        adds = order["act"] != "remove"
        trailers = (
            *(("Case", order["case"]), ("Directive", order["directive"])),
            *((_BY[order["act"]], person) for person in order["by"].split()),
            *((("Reviewed", order["reviewed"]),) if "reviewed" in order else ()),
        )
        commit = git.find_by_trailers(self._directory, trailers)
        if adds and commit is None:
            if superseded:
                return None
            commit = self._commit(order, trailers)
        elif not adds and self._listed(order["path"]):
            # The state decides, not the trailers: whatever put the file back, a lift ends with the file gone.
            commit = self._commit(order, trailers)
        if commit is None:  # removed already, by somebody else's commit
            return {"commit": git.head(self._directory)}
        self._refresh(commit)
        if order["act"] == "add":
            self._end_branch(order, commit)
        return {"commit": commit}

    def _draft(self, order: Mapping[str, str]) -> None:
        """Lay the directive's file on its case's branch, where officers may edit it."""
        if git.is_work_tree(self._directory):
            trailers = (("Case", order["case"]), ("Directive", order["directive"]), ("Proposed-by", order["by"]))
            change = git.Change({order["path"]: order["text"].encode()}, order["message"], trailers)
            branches.begin(self._directory, order["branch"], change)

    def _merged(self, order: Mapping[str, str]) -> str | None:
        """Return the branch's end if the file there is the one that was approved; another is none of this commit's."""
        tip = branches.tip_of(self._directory, order["branch"])
        files = (branches.changed(self._directory, order["branch"]) or {}) if tip else {}
        approved = hashlib.sha256(files.get(order["path"], b"")).hexdigest() == order["file"]
        return tip if approved and len(files) == 1 else None

    def _end_branch(self, order: Mapping[str, str], commit: str) -> None:
        tip = branches.tip_of(self._directory, order["branch"])
        if tip is not None and branches.is_ancestor(self._directory, tip, commit):
            branches.end(self._directory, order["branch"], tip)

    def _refresh(self, commit: str) -> None:
        """Bring the work tree up to date if that can be; HEAD is what counts, and a lift waits for nothing else."""
        try:
            for path in git.refresh(self._directory, commit):
                log.warning("work tree left as it is path=%s commit=%s reason=unfinished changes", path, commit)
        except OperationError as error:
            log.warning("work tree not brought up to date commit=%s reason=%s", commit, error)

    def _listed(self, path: str) -> bool:
        return path in git.read_head(self._directory)[1]

    def _commit(self, order: Mapping[str, str], trailers: tuple[tuple[str, str], ...]) -> str:
        for _ in range(ATTEMPTS):
            try:
                files = self._files(order)
                merged = self._merged(order) if order["act"] == "add" else None
                return git.commit_change(self._directory, git.Change(files, order["message"], trailers), merged)
            except git.HeadMovedError:
                continue
        raise OperationError("the list's HEAD keeps moving; the commit will be tried again")

    def _files(self, order: Mapping[str, str]) -> dict[str, bytes | None]:
        if order["act"] != "remove":
            return {order["path"]: order["text"].encode()}
        files: dict[str, bytes | None] = {order["path"]: None}
        there = git.read_head(self._directory)[1]
        others = [path for path in there if "/" in path and path.endswith(".yaml") and path != order["path"]]
        if not others and "list.yaml" in there:
            # Two officials decided to lift the last one, so the empty list is meant: refusing it would hold up a lift.
            files["list.yaml"] = _may_be_empty(there["list.yaml"])
        return files


def _may_be_empty(text: bytes) -> bytes:
    """Say in list.yaml that the list may be empty, and change nothing else."""
    line = b"may_be_empty: true"
    if _MAY_BE_EMPTY.search(text):
        return _MAY_BE_EMPTY.sub(line, text, count=1)
    return text.rstrip(b"\n") + b"\n" + line + b"\n"
