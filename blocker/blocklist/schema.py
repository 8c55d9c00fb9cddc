"""JSON Schemas of a list's files, made from the models that the check itself uses, for editors to help while writing.

They say what files.py says and no more: form. Dates against each other, guards and procedure remain the check's.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from blocker.blocklist.files import DirectiveFile, GroundsFile, ListFile, ProtectedFile

FOLDER = ".schema"
"""Where they lie in a list: its files name them in their first line, relative to themselves."""

MODELS: Mapping[str, type[BaseModel]] = {
    "list": ListFile,
    "grounds": GroundsFile,
    "protected": ProtectedFile,
    "directive": DirectiveFile,
}


def schemas() -> dict[str, bytes]:
    """Return the schema files by their path in a list."""
    return {f"{FOLDER}/{name}.json": _schema(model) for name, model in MODELS.items()}


def hint(schema: str, *, depth: int = 0) -> str:
    """Return the first line by which editors find the schema of a file that lies `depth` folders down."""
    return f"# yaml-language-server: $schema={'../' * depth}{FOLDER}/{schema}.json"


def _schema(model: type[BaseModel]) -> bytes:
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(by_alias=True, mode="validation"),
    }
    return (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()
