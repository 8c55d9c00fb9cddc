"""The list of a simulation: a repository in memory, its channel of commits and the index that is built of it.

Keeps true: the channel's contract is that of the real one (blocker/cases/channels.py); the list's files are judged and
compiled by the real code. Git itself is left out: its commits name the wall clock's second, so that no two runs would
have the same ledger, and it takes a dozen processes a commit.
"""

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from blocker.blocklist.index import Index
from blocker.cases.channels import Due
from blocker.cases.drafts import Draft
from blocker.cases.lists import ListView
from blocker.clock import Clock
from blocker.distribution.source import SourceTree
from blocker.distribution.sync import build

LIST = b"title: {fr: simulation, en: simulation}\nenvironment: trial\ntimezone: Europe/Paris\nmay_be_empty: true\n"


@dataclass(slots=True)
class Ticking:
    """The simulation's time: it stands still until it is moved."""

    now: datetime

    @property
    def clock(self) -> Clock:
        """The clock that the case road is handed."""
        return Clock(scale=0.0, trial_epoch=self.now.timestamp())


@dataclass(frozen=True, slots=True)
class Commit:
    """One change of one file; `order` is what was ordered of the channel."""

    id: str
    order: Mapping[str, str]
    at: datetime


@dataclass(slots=True)
class Repository:
    """Files, every commit that made them, and the channel that makes commits."""

    time: Ticking
    files: dict[str, bytes] = field(default_factory=lambda: {"list.yaml": LIST})
    commits: list[Commit] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)
    """The files on the cases' branches, by case."""

    @property
    def head(self) -> str:
        """The id of the last commit."""
        return self.commits[-1].id if self.commits else "0" * 40

    async def carry_out(self, due: Due) -> Mapping[str, str] | None:
        """Commit, unless it is done, or was overtaken by the removal."""
        order = due.row.payload
        if order["act"] == "draft":
            self.drafts.setdefault(order["case"], Draft(order["path"], order["text"]))
            return None
        if order["act"] == "remove":
            # The state decides, as in the real channel: a removal ends with the file gone.
            return {"commit": self._commit(order) if order["path"] in self.files else self.head}
        # The real channel finds its commit by trailers, which are what an order says beside the file's text.
        made = next((each.id for each in self.commits if each.order == order), None)
        if made is None and due.superseded:
            return None
        if order["act"] == "add":
            self.drafts.pop(order["case"], None)
        return {"commit": made or self._commit(order)}

    def _commit(self, order: Mapping[str, str]) -> str:
        said = repr((self.head, sorted(order.items()), self.time.now.isoformat()))
        made = hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest()
        if order["act"] == "remove":
            del self.files[order["path"]]
        else:
            self.files[order["path"]] = order["text"].encode()
        self.commits.append(Commit(made, order, self.time.now))
        return made


class RepositoryView(ListView):
    """What the case road sees of the repository, and the index in force, built of it by the real code."""

    def __init__(self, repository: Repository) -> None:
        super().__init__(Path("simulation"), Path("simulation.index"))
        self._repository = repository
        self._built: str | None = None
        self.versions = 0

    def state(self) -> Hashable:
        """Return what differs once the repository differs."""
        return self._repository.head

    def source(self) -> SourceTree:
        """Return the files at its head."""
        return SourceTree(dict(self._repository.files), self._repository.head)

    async def draft(self, case_id: str) -> Draft | None:
        """Return the directive's file on the case's branch."""
        return self._repository.drafts.get(case_id)

    def build(self, clock: Clock) -> bool:
        """Bring the head in force; return True if that is a new version.

        Raises:
            ListRefusedError: if the list's own rules refuse what was committed.
        """
        if self._built == self._repository.head:
            return False
        self.versions += 1
        self.current.index = Index.load(build(self.source(), self.versions, clock).index)
        self._built = self._repository.head
        return True
