"""As much of JSON Schema (2020-12) as our own schemas use; a keyword that is not known here fails the test."""

import re
from collections.abc import Iterator
from typing import Any

from blocker.located import read_yaml

_SAID_ONLY = {"$schema", "$defs", "title", "description", "default"}


def as_editors_read(data: bytes) -> Any:
    """Return a YAML file as YAML 1.2's core schema types it: plain words true and false, and whole numbers."""
    return _typed(read_yaml(data, "file").value)


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    if value in {"true", "false"}:
        return value == "true"
    if value in {"", "null", "~"}:
        return None
    return int(value) if re.fullmatch(r"[0-9]+", value) else value


def problems(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "$") -> Iterator[str]:
    """Yield what is wrong with a value."""
    for keyword, argument in schema.items():
        if keyword == "$ref":
            yield from problems(value, root["$defs"][argument.removeprefix("#/$defs/")], root, path)
        elif keyword == "anyOf":
            if all(list(problems(value, each, root, path)) for each in argument):
                yield f"{path}: none of {len(argument)} forms"
        elif keyword not in _SAID_ONLY:
            yield from _KEYWORDS[keyword](value, argument, schema, root, path)


def _type(value: Any, argument: str, _schema: Any, _root: Any, path: str) -> Iterator[str]:
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    if not isinstance(value, kinds[argument]) or (argument == "integer" and isinstance(value, bool)):
        yield f"{path}: not of type {argument}"


def _properties(value: Any, argument: Any, _schema: Any, root: Any, path: str) -> Iterator[str]:
    for key, inner in argument.items():
        if isinstance(value, dict) and key in value:
            yield from problems(value[key], inner, root, f"{path}.{key}")


def _additional(value: Any, argument: Any, schema: Any, root: Any, path: str) -> Iterator[str]:
    for key in value if isinstance(value, dict) else ():
        if key not in schema.get("properties", {}):
            if argument is False:
                yield f"{path}: unknown key {key}"
            elif isinstance(argument, dict):
                yield from problems(value[key], argument, root, f"{path}.{key}")


def _pattern_properties(value: Any, argument: Any, _schema: Any, root: Any, path: str) -> Iterator[str]:
    for key in value if isinstance(value, dict) else ():
        for pattern, inner in argument.items():
            if re.search(pattern, key):
                yield from problems(value[key], inner, root, f"{path}.{key}")


def _required(value: Any, argument: Any, _schema: Any, _root: Any, path: str) -> Iterator[str]:
    yield from (f"{path}: {key} is missing" for key in argument if isinstance(value, dict) and key not in value)


def _items(value: Any, argument: Any, _schema: Any, root: Any, path: str) -> Iterator[str]:
    for number, inner in enumerate(value if isinstance(value, list) else ()):
        yield from problems(inner, argument, root, f"{path}[{number}]")


def _names(value: Any, argument: Any, _schema: Any, root: Any, path: str) -> Iterator[str]:
    for key in value if isinstance(value, dict) else ():
        yield from problems(key, argument, root, f"{path}: key {key}")


def _enum(value: Any, argument: Any, _schema: Any, _root: Any, path: str) -> Iterator[str]:
    if value not in argument:
        yield f"{path}: not one of {argument}"


def _const(value: Any, argument: Any, _schema: Any, _root: Any, path: str) -> Iterator[str]:
    if value != argument:
        yield f"{path}: not {argument}"


def _pattern(value: Any, argument: Any, _schema: Any, _root: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(argument, value):
        yield f"{path}: not of the form {argument}"


def _min_length(value: Any, argument: Any, _schema: Any, _root: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and len(value) < argument:
        yield f"{path}: too short"


def _format(value: Any, argument: Any, _schema: Any, _root: Any, path: str) -> Iterator[str]:
    assert argument == "date"
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        yield f"{path}: not a date"


def _unique(_value: Any, _argument: Any, _schema: Any, _root: Any, _path: str) -> Iterator[str]:
    yield from ()


_KEYWORDS = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "patternProperties": _pattern_properties,
    "propertyNames": _names,
    "required": _required,
    "items": _items,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minLength": _min_length,
    "format": _format,
    "uniqueItems": _unique,
}
