"""One layout for all files of a list, so that a difference between two versions is one of meaning.

Keeps true: comments stay, and what the file says stays, to the letter but for the spelling of names; a file that could
not be laid out so is refused. Laying out twice changes nothing more. Names keep their order: it is the decision's.
"""

import re
from collections.abc import Iterator
from typing import Any

from blocker.blocklist.entry import Scope
from blocker.errors import Fault, FaultsError, InvalidNameError
from blocker.located import Document, read_yaml
from blocker.names import DomainName

# Who, why, when, until when; then how; the names last, because they may be many.
ORDER = (
    "directive", "public_reference", "case", "ground", "issued", "reviewed", "owner_step", "approved_by", "review_by",
    "expires", "record_types", "aliases", "except", "names_file", "names",
)  # fmt: skip
_INDENT = 2  # before the dash of an item
_PLAIN = re.compile(r"[a-z0-9_][a-z0-9_.-]*\Z")
_ITEM = re.compile(r"\s*-\s+(\{[^{}]*\})(\s*)(#.*)?\Z")


def laid_out(data: bytes, file: str) -> bytes:
    """Return a file of a list in the one layout: UTF-8 without a mark, LF, no blanks at line ends.

    A directive has its keys in ORDER too, names as A-labels, and one name a line.

    Raises:
        FaultsError: if it is no YAML that we take, or would come to say something else.
    """
    document = read_yaml(data, file)
    if document.faults:
        raise FaultsError(document.faults)
    text = data.decode("utf-8-sig").rstrip()
    lines = [line.rstrip() for line in re.split(r"\r\n|\r|\n", text)]
    if file.count("/") == 1 and isinstance(document.value, dict):
        lines = list(_ordered(_one_name_a_line(_respelled(lines, document), document), document))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"
    after = text.encode()
    if not _says_the_same(after, document):
        message = "laying this file out would change what it says: write its values in one line each, then try again"
        raise FaultsError([Fault(file, 1, 1, "layout", message)])
    return after


def _says_the_same(after: bytes, before: Document) -> bool:
    try:
        return bool(_meaning(read_yaml(after, before.file).value) == _meaning(before.value))
    except FaultsError:
        return False


def _respelled(lines: list[str], document: Document) -> list[str]:
    """Write names in the one form, from the right so that the places before stay true."""
    lines = list(lines)
    places = [(document.values[path], value) for path, value in _names(document.value)]
    for mark, written in sorted(places, key=lambda place: (place[0].line, -place[0].column)):
        line, at = lines[mark.line - 1], mark.column - 1
        at += line[at : at + 1] in {'"', "'"}
        name = _spelling(written)
        if name != written and line[at : at + len(written)] == written:
            lines[mark.line - 1] = line[:at] + name + line[at + len(written) :]
    return lines


def _names(value: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for number, each in enumerate(_items(value, "names")):
        if isinstance(each, dict) and isinstance(each.get("name"), str):
            yield ("names", number, "name"), each["name"]
    for number, each in enumerate(_items(value, "except")):
        if isinstance(each, str):
            yield ("except", number), each


def _items(value: dict[str, Any], key: str) -> list[Any]:
    items = value.get(key)
    return items if isinstance(items, list) else []


def _spelling(written: str) -> str:
    try:
        return DomainName.parse(written)
    except InvalidNameError:
        return written  # the check says what is wrong with it


def _one_name_a_line(lines: list[str], document: Document) -> list[str]:
    """Write each item of `names` on a line of its own; an item with a comment inside stays as it is."""
    items = _items(document.value, "names")
    starts = [document.marks[("names", number)].line - 1 for number in range(len(items))]
    if len(set(starts)) != len(starts) or not starts or starts[0] == document.marks[("names",)].line - 1:
        return lines
    ends = [start + _length(lines[start:]) for start in starts]
    for start, end, each in reversed(list(zip(starts, ends, items, strict=True))):
        lines[start:end] = _item(lines[start:end], each)
    return lines


def _item(lines: list[str], item: Any) -> list[str]:
    flow = _ITEM.match(lines[0])
    if flow is None or len(lines) > 1:
        gap, comment = "", None
    else:
        gap, comment = flow[2], flow[3]
    name = _spelling(item["name"]) if _is_plain(item) else ""
    commented = any("#" in line for line in lines) and comment is None
    if not _PLAIN.match(name) or commented:
        # As it is, at the indentation of its neighbours; where something is wrong the check says what.
        shift = _INDENT - (len(lines[0]) - len(lines[0].lstrip()))
        return [" " * shift + line if shift >= 0 else line[-shift:] for line in lines]
    if comment is None and not item["name"].isascii():
        gap, comment = "  ", f"# {item['name']}"
    whole = f"{' ' * _INDENT}- {{name: {name}, scope: {item['scope']}}}"
    return [f"{whole}{gap or '  '}{comment}" if comment else whole]


def _is_plain(item: Any) -> bool:
    if not isinstance(item, dict) or set(item) != {"name", "scope"} or not isinstance(item["name"], str):
        return False
    return item["scope"] in set(Scope)


def _length(lines: list[str]) -> int:
    """Return how many lines the item that begins with the first of `lines` takes."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    count = 1
    while (
        count < len(lines) and lines[count].startswith(" " * (indent + 1)) and not lines[count].lstrip().startswith("#")
    ):
        count += 1
    return count


def _ordered(lines: list[str], document: Document) -> Iterator[str]:
    """Yield the lines with the top keys in ORDER, each with the comments that stand directly above it."""
    keys = {key: _line_of(lines, key) for key in document.value}
    if None in keys.values() or not set(keys) <= set(ORDER):
        yield from lines
        return
    order = sorted(keys, key=lambda key: keys[key] or 0)
    begins = [keys[key] or 0 for key in order]
    for number in range(1, len(begins)):
        while lines[begins[number] - 1].startswith("#"):
            begins[number] -= 1
    blocks = {key: lines[begin:end] for key, begin, end in zip(order, begins, [*begins[1:], None], strict=True)}
    yield from lines[: begins[0]]
    for key in sorted(blocks, key=ORDER.index):
        yield from blocks[key]


def _line_of(lines: list[str], key: str) -> int | None:
    found = [number for number, line in enumerate(lines) if re.match(rf"{re.escape(key)}\s*:(?:\s|\Z)", line)]
    return found[0] if len(found) == 1 else None


def _meaning(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    meaning = dict(value)
    for key in ("names", "except"):
        if isinstance(value.get(key), list):
            meaning[key] = [
                {**each, "name": _spelling(each["name"])}
                if isinstance(each, dict) and isinstance(each.get("name"), str)
                else _spelling(each)
                if isinstance(each, str)
                else each
                for each in value[key]
            ]
    return meaning
