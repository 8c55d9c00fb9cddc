"""The one strict YAML reader: every value is text and knows its line and column.

What YAML could surprise people with is refused, all of it at once: duplicate keys, anchors and aliases, tags, several
documents in a file, keys that are not plain text. `no` stays the text "no" and 3.10 stays "3.10": what a value means is
the model's business (pydantic), whose errors come back with the mark of the value they speak of.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from blocker.errors import Fault, FaultsError
from blocker.explained import invalid, problem

MAX_BYTES = 4 * 1024 * 1024  # no file that people keep by hand is longer; bulk names have a names_file
MAX_DEPTH = 20
RULE = "yaml"
# What YAML 1.2 §5.1 does not count as printable; the parser would refuse it without a place.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


class StrictModel(BaseModel):
    """The base of every model read from YAML: frozen, unknown keys refused, docs under the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)


def _true_or_false(value: Any) -> Any:
    if value in {"true", "false"}:
        return value == "true"
    if isinstance(value, bool):
        return value
    raise ValueError("write true or false")


YamlBool = Annotated[bool, BeforeValidator(_true_or_false)]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as text, lists and dicts.

    `marks` has the place of each key (of an item: of the item) by its path, `values` that of each value. `faults` are
    those of form; validate() raises them together with those of the schema.
    """

    file: str
    value: Any
    marks: Mapping[Path, Mark]
    values: Mapping[Path, Mark]
    faults: tuple[Fault, ...] = ()

    def mark(self, path: Path) -> Mark:
        """Return where `path` stands, or the nearest place around it."""
        return _nearest(self.marks, path)

    def fault(self, path: Path, rule: str, message: str, *, warning: bool = False) -> Fault:
        """Return a fault that points at the value of `path`, or at the nearest place around it."""
        mark = _nearest(self.values, path)
        return Fault(self.file, mark.line, mark.column, rule, message, warning)

    def validate(self, model: type[Model], context: Mapping[str, Any] | None = None) -> Model:
        """Return the file as `model`.

        Raises:
            FaultsError: with every fault of the file, each at its place.
        """
        try:
            valid = model.model_validate(self.value, context=dict(context or {}))
        except ValidationError as error:
            raise FaultsError([*self.faults, *self._schema_faults(error)]) from error
        if self.faults:
            raise FaultsError(self.faults)
        return valid

    def _schema_faults(self, error: ValidationError) -> Iterator[Fault]:
        for detail in error.errors(include_url=False):
            path = detail["loc"]
            place = self.mark(path) if detail["type"] in {"missing", "extra_forbidden"} else None
            key = path[-1] if path else ""
            message = invalid(detail["type"], key, detail["input"], detail.get("ctx", {}), str(detail["msg"]))
            if place is None:
                yield self.fault(path, "schema", message)
            else:
                yield Fault(self.file, place.line, place.column, "schema", message)


def _nearest(marks: Mapping[Path, Mark], path: Path) -> Mark:
    while path not in marks:
        # What may stand alone or as the one item of a list has a path without the number when it stands alone.
        alone = tuple(part for part in path if part != 0)
        path = alone if alone in marks else path[:-1]
    return marks[path]


def read_yaml(data: bytes, file: str) -> Document:
    """Read a YAML file; `file` is its name in faults. A byte order mark and CRLF are accepted.

    Raises:
        FaultsError: if it cannot be read as YAML at all; lesser faults stay with the document.
    """
    builder = _Builder(file)
    builder.read(data)
    if builder.unreadable:
        raise FaultsError(builder.faults)
    return Document(file, builder.value, builder.marks, builder.values, tuple(builder.faults))


class _Builder:
    """Turns the parser's events into values and marks; faults gather in `faults`."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.value: Any = ""
        self.marks: dict[Path, Mark] = {(): Mark(1, 1)}
        self.values: dict[Path, Mark] = {(): Mark(1, 1)}
        self.faults: list[Fault] = []
        self.unreadable = False

    def read(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            self._give_up(Mark(1, 1), f"the file has {len(data)} bytes; {MAX_BYTES} are the most (use a names_file)")
            return
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            lines = data[: error.start].split(b"\n")
            self._give_up(Mark(len(lines), len(lines[-1]) + 1), "not UTF-8: save the file with the encoding UTF-8")
            return
        if (hidden := _FORBIDDEN.search(text)) is not None:
            before = text[: hidden.start()].split("\n")
            message = f"U+{ord(hidden[0]):04X} is a control character, which cannot be seen: type the line anew"
            self._give_up(Mark(len(before), len(before[-1]) + 1), message)
            return
        try:
            self._document(yaml.parse(text, Loader=yaml.CBaseLoader))
        except yaml.MarkedYAMLError as error:
            mark = _mark(error.problem_mark)
            line, column, message = problem(text, mark.line, mark.column, str(error.problem))
            self._give_up(Mark(line, column), message)

    def _document(self, events: Iterator[Any]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._fault(_mark(event.start_mark), "a second document begins here: one file, one document")
                    return
                self.value = self._node(next(events), events, ())
        if not documents:
            self._give_up(Mark(1, 1), "the file is empty: fill it, or remove it")

    def _node(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        mark = _mark(event.start_mark)
        self.values[path] = mark
        self.marks.setdefault(path, mark)
        if isinstance(event, yaml.AliasEvent):
            self._fault(mark, f"alias *{event.anchor}: write the value out")
            return ""
        if event.anchor is not None:
            self._fault(mark, f"anchor &{event.anchor}: write the value out wherever it is needed")
        if event.tag is not None:
            self._fault(mark, f"tag {event.tag}: write the plain value")
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if len(path) >= MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return self._mapping(events, path)

    def _sequence(self, events: Iterator[Any], path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        pairs: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            mark = _mark(event.start_mark)
            if not isinstance(event, yaml.ScalarEvent):
                raise yaml.MarkedYAMLError(problem="a key must be plain text", problem_mark=event.start_mark)
            key = event.value
            if event.anchor is not None or event.tag is not None:
                self._fault(mark, f"the key `{key}` has an anchor or a tag: write the plain key")
            if key in pairs:
                first = self.marks[(*path, key)]
                self._fault(mark, f"the key `{key}` stands twice (first in line {first.line}): keep one")
            self.marks[(*path, key)] = mark
            pairs[key] = self._node(next(events), events, (*path, key))
        return pairs

    def _give_up(self, mark: Mark, message: str) -> None:
        self.unreadable = True
        self._fault(mark, message)

    def _fault(self, mark: Mark, message: str) -> None:
        self.faults.append(Fault(self.file, mark.line, mark.column, RULE, message))


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)
