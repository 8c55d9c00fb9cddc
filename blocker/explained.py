"""What a YAML parser and pydantic stumble over, said so that the person who wrote the file can mend it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |\Z)")

# libyaml's own words for what people get wrong most, and what to do about it.
_PROBLEMS = {
    "mapping values are not allowed in this context": (
        "a colon that YAML does not expect here: put the text between quotes, or give this line the indentation of its "
        "neighbours"
    ),
    "could not find expected ':'": "a key without its colon: write `key: value`",
    "did not find expected key": (
        "this does not fit what stands before it: give the line the indentation of its neighbours, and write '' for an "
        "apostrophe between single quotes"
    ),
    "did not find expected '-' indicator": "an item of a list is missing its dash: write `- ` before it",
    "did not find expected ',' or '}'": "a comma or a closing brace } is missing",
    "did not find expected ',' or ']'": "a comma or a closing bracket ] is missing",
    "did not find expected node content": "a value is missing, or a comma too many",
    "found unexpected end of stream": "a quotation mark is opened and never closed",
    "found character that cannot start any token": "a text may not begin with this character: put it between quotes",
    "found unknown escape character": "in double quotes a backslash has a meaning of its own: use single quotes",
    "did not find expected alphabetic or numeric character": (
        "a text may not begin with this character: put it between quotes"
    ),
    "block sequence entries are not allowed in this context": "a list begins on a line of its own: write `- ` there",
    "found incompatible YAML document": "remove the line that begins with a percent sign",
    "a key must be plain text": "a key must be plain text: write `key: value`",
    "nested too deeply": "nested too deeply: no file of ours needs more than twenty levels",
    "found undefined tag handle": "a text that begins with an exclamation mark: put it between quotes",
    "did not find expected <document start>": "this does not belong to what stands above: one file, one document",
}


def problem(text: str, line: int, column: int, said: str) -> tuple[int, int, str]:
    """Say in a person's words what the parser met in `text` at a place (from 1): the place to look at, and why."""
    lines = text.split("\n")
    for number, each in enumerate(lines[:line], 1):
        if _CONFLICT.match(each.rstrip("\r")):
            return number, 1, "a merge conflict was left here: keep one side and remove the marker lines"
    at = lines[line - 1] if line <= len(lines) else ""
    if "\t" in at[:column]:
        return line, column, "a tab: YAML indents with spaces"
    return line, column, _PROBLEMS.get(said, f"this is no YAML ({said}): compare it with another file of the kind")


def invalid(kind: str, key: str | int, found: Any, context: Mapping[str, Any], said: str) -> str:
    """Say in a person's words what pydantic met: the kind of its error, at which key, and the value there."""
    called = _called(found)
    if kind in {"enum", "literal_error"}:
        choices = ", ".join(re.findall(r"'([^']+)'", str(context.get("expected", ""))))
        return f"`{key}` must be one of {choices}, found {called}"
    messages = {
        "missing": f"the key `{key}` is missing: add it",
        "extra_forbidden": f"unknown key `{key}`: mend its spelling, or leave it out",
        "value_error": str(context.get("error", "")),
        "string_type": f"expected a text in one line, found {called}",
        "string_too_short": "the text is empty: write one, or leave the key out",
        "string_pattern_mismatch": f"{called} has not the form {context.get('pattern', '')}",
        "int_parsing": f"expected a whole number, found {called}",
        "int_type": f"expected a whole number, found {called}",
        "tuple_type": f"expected a list such as [a, b], found {called}",
        "frozen_set_type": f"expected a list such as [a, b], found {called}",
        "dict_type": f"expected keys and values, found {called}",
        "mapping_type": f"expected keys and values, found {called}",
        "model_type": f"expected keys and values, found {called}",
    }
    return messages.get(kind, said)


def _called(value: Any) -> str:
    if isinstance(value, str):
        return f"`{value[:60]}`" if value else "nothing"
    if isinstance(value, Mapping):
        return "keys and values"
    if isinstance(value, Sequence):
        return "a list"
    return f"`{value}`"
