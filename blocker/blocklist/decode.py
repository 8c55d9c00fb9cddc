"""From the files of a list to values: form, place and spelling, with every fault at once.

Whether the entries may be blocked (guards.py) and were decided lawfully (procedure.py) is judged afterwards on what
could be read; blocklist/check.py puts the three together.
"""

import hashlib
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from pydantic import BaseModel

from blocker.blocklist import files as form
from blocker.blocklist.entry import (
    Blocklist,
    Directive,
    Entry,
    Environment,
    Ground,
    OwnerStep,
    Protected,
    Scope,
)
from blocker.errors import Fault, FaultsError, InvalidNameError
from blocker.located import Document, Path, read_yaml
from blocker.names import DomainName

LIST, GROUNDS, PROTECTED = "list.yaml", "grounds.yaml", "protected.yaml"
REMEMBERED = 1000
"""Files whose content is kept once read: a list is judged at every step of a case, and changes by a file at a time."""
LONGEST = 64 * 1024
"""Bytes of a file that is remembered: what is longer takes more memory than it saves time."""
_DEPTH = 2  # <ground>/<directive>.yaml

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Shipped:
    """What comes with Redhand and stands under every list: the floor of protected names, grounds for want of own."""

    protected: bytes
    grounds: bytes
    trial_grounds: bytes


@dataclass(slots=True)
class Decoded:
    """What could be read; `blocklist` is None if list.yaml could not. `documents` are the directives' files, by id."""

    blocklist: Blocklist | None = None
    documents: dict[str, Document] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def decode(files: Mapping[str, bytes], shipped: Shipped) -> Decoded:
    """Read a list from its files, by path relative to the list's folder (`/` between parts)."""
    return _Decoder(files, shipped).decode()


class _Decoder:
    def __init__(self, files: Mapping[str, bytes], shipped: Shipped) -> None:
        self.files = files
        self.shipped = shipped
        self.result = Decoded()
        self.timezone = form.DEFAULT_TIMEZONE

    def decode(self) -> Decoded:
        header = self._header()
        grounds = self._grounds(header)
        protected = self._protected()
        directives: list[Directive] = []
        entries: list[Entry] = []
        for path in sorted(self.files):
            if not path.lower().endswith((".yaml", ".yml")) or path in {LIST, GROUNDS, PROTECTED}:
                continue
            read = self._directive(path, {ground.id for ground in grounds})
            if read is not None:
                directives.append(read[0])
                entries += read[1]
        if header is not None:
            self.result.blocklist = Blocklist(
                title=header.title,
                environment=header.environment,
                timezone=header.timezone,
                may_be_empty=header.may_be_empty,
                own_names=header.own_names,
                grounds=grounds,
                directives=tuple(directives),
                entries=tuple(entries),
                protected=protected,
            )
        return self.result

    def _header(self) -> form.ListFile | None:
        if LIST not in self.files:
            message = "the file is missing: it says whose list this is and for which environment"
            self._fault(Fault(LIST, 1, 1, "form", message))
            return None
        read = self._read(LIST, self.files[LIST], form.ListFile)
        if read is None:
            return None
        self.timezone = read[1].timezone
        return read[1]

    def _grounds(self, header: form.ListFile | None) -> tuple[Ground, ...]:
        trial = header is None or header.environment is Environment.TRIAL
        data = self.files.get(GROUNDS, self.shipped.trial_grounds if trial else self.shipped.grounds)
        read = self._read(GROUNDS, data, form.GroundsFile)
        if read is None:
            return ()
        grounds = read[1].grounds
        ids = [ground.id for ground in grounds]
        for twice in sorted({name for name in ids if ids.count(name) > 1}):
            self._fault(Fault(GROUNDS, 1, 1, "form", f"the ground `{twice}` stands twice: keep one"))
        return grounds

    def _protected(self) -> tuple[Protected, ...]:
        names: dict[tuple[DomainName, Scope], Protected] = {}
        for data in (self.shipped.protected, self.files.get(PROTECTED)):
            read = self._read(PROTECTED, data, form.ProtectedFile) if data is not None else None
            for group in read[1].groups if read else ():
                for each in group.names:
                    key = (each.name, each.scope)
                    names.setdefault(key, Protected(each.name, each.scope, group.id, group.reason))
        return tuple(names.values())

    def _directive(self, path: str, grounds: set[str]) -> tuple[Directive, list[Entry]] | None:
        folder, _, last = path.rpartition("/")
        name = last.removesuffix(".yaml")
        if path.count("/") != _DEPTH - 1 or not last.endswith(".yaml"):
            message = "a directive lies at <ground>/<directive>.yaml, and no other YAML file may stand in a list"
            self._fault(Fault(path, 1, 1, "form", message))
            return None
        file = self._read(path, self.files[path], form.DirectiveFile)
        if file is None:
            return None
        document, read = file
        self._check_place(document, read, folder, name, grounds)
        if read.directive in self.result.documents:
            other = self.result.documents[read.directive].file
            self._fault(
                document.fault(("directive",), "form", f"this directive stands in {other} too: keep one of the files")
            )
        undated = [key for key in ("issued", "review_by", "expires") if getattr(read, key) is None]
        if undated:
            message = (
                f"`{'`, `'.join(undated)}` missing: every block has a beginning, a review and an end, add the date"
            )
            self._fault(document.fault((), "undated", message))
            return None
        self.result.documents[read.directive] = document
        directive = _directive(read)
        entries = [*self._named(document, read, directive), *self._bulk(document, read, directive)]
        if not read.names and not read.names_file:
            self._fault(document.fault(("names",), "form", "the directive lists no name: remove the file to lift it"))
        return directive, entries

    def _check_place(
        self, document: Document, read: form.DirectiveFile, folder: str, name: str, known: set[str]
    ) -> None:
        if read.directive != name:
            message = f"the file is named {name}.yaml but holds the directive {read.directive}: make them one"
            self._fault(document.fault(("directive",), "form", message))
        if read.ground != folder:
            message = f"the file lies in {folder}/ but its ground is `{read.ground}`: make them one"
            self._fault(document.fault(("ground",), "form", message))
        elif known and read.ground not in known:
            message = f"`{read.ground}` is no ground of {GROUNDS}: {', '.join(sorted(known))}"
            self._fault(document.fault(("ground",), "form", message))

    def _named(self, document: Document, read: form.DirectiveFile, directive: Directive) -> Iterator[Entry]:
        for number, each in enumerate(read.names):
            path = ("names", number, "name")
            mark = document.values[path]
            written = document.value["names"][number]["name"]
            if written != each.name:
                self._warn(document.file, mark.line, mark.column, written, each.name)
            yield Entry(each.name, each.scope, directive, document.file, mark.line, mark.column)

    def _bulk(self, document: Document, read: form.DirectiveFile, directive: Directive) -> Iterator[Entry]:
        for number, each in enumerate(read.names_file):
            place: Path = ("names_file", number)
            path = posixpath.join(posixpath.dirname(document.file), each.file)
            if posixpath.dirname(path) != posixpath.dirname(document.file) or each.file in {"", ".", ".."}:
                message = "the file must lie beside the directive: write its name alone"
                self._fault(document.fault((*place, "file"), "form", message))
                continue
            data = self.files.get(path)
            if data is None:
                message = f"there is no file {path} (a symbolic link does not count)"
                self._fault(document.fault((*place, "file"), "form", message))
                continue
            digest = hashlib.sha256(data).hexdigest()
            if digest != each.sha256:
                message = (
                    f"{path} has the SHA-256 {digest}: it is not the file that this directive was decided on; "
                    "bring that one back, or have the new one decided"
                )
                self._fault(document.fault((*place, "sha256"), "form", message))
                continue
            for line, written, name in self._lines(path, data):
                if written != name:
                    self._warn(path, line, 1, written, name)
                yield Entry(name, each.scope, directive, path, line, 1)

    def _lines(self, path: str, data: bytes) -> Iterator[tuple[int, str, DomainName]]:
        for line, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
            try:
                written = raw.decode().strip()
                if written and not written.startswith("#"):
                    yield line, written, DomainName.parse(written)
            except UnicodeDecodeError:
                self._fault(Fault(path, line, 1, "name", "not UTF-8: save the file with the encoding UTF-8"))
            except InvalidNameError as error:
                self._fault(Fault(path, line, 1, "name", str(error)))

    def _read(self, path: str, data: bytes, model: type[Model]) -> tuple[Document, Model] | None:
        try:
            return _read(path, data, model, self.timezone)
        except FaultsError as error:
            self.result.faults += error.faults
            return None

    def _warn(self, file: str, line: int, column: int, written: str, name: DomainName) -> None:
        message = f"`{written}` is read as {name}"
        self._fault(Fault(file, line, column, "spelling", message, warning=True))

    def _fault(self, fault: Fault) -> None:
        self.result.faults.append(fault)


def _read(path: str, data: bytes, model: type[Model], timezone: str) -> tuple[Document, Model]:
    """Read a file as a model; a file that was read before, byte for byte, is not read again.

    Raises:
        FaultsError: with every fault of the file.
    """
    read: Callable[..., tuple[Document, Model]] = _read_anew if len(data) > LONGEST else _remembered
    return read(path, data, model, timezone)


def _read_anew(path: str, data: bytes, model: type[Model], timezone: str) -> tuple[Document, Model]:
    document = read_yaml(data, path)
    return document, document.validate(model, form.context(timezone))


_remembered = lru_cache(maxsize=REMEMBERED)(_read_anew)


def _directive(read: form.DirectiveFile) -> Directive:
    step = read.owner_step
    return Directive(
        id=read.directive,
        case=read.case,
        ground=read.ground,
        issued=_dated(read.issued),
        review_by=_dated(read.review_by),
        expires=_dated(read.expires),
        reviewed=read.reviewed,
        owner_step=OwnerStep(step.asked, step.verified_present, step.skipped) if step else None,
        approved_by=read.approved_by,
        public_reference=read.public_reference or read.directive,
        record_types=None if read.record_types is None else frozenset(read.record_types),
        aliases=read.aliases,
        exceptions=frozenset(read.exceptions),
    )


def _dated(value: datetime | None) -> datetime:
    if value is None:
        raise RuntimeError("an undated directive must have been refused before")
    return value
