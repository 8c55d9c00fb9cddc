"""Reads packets/*.txt; the form is told in their first lines."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

FOLDER = Path(__file__).parent / "packets"
CLIENTS = ("questions.txt", "hostile.txt")
UPSTREAMS = ("answers.txt", "hostile-answers.txt")

_TOKEN = re.compile(
    r"""
    "(?P<label>[^"]+)"
    | (?P<octet>[0-9a-f]{2}) \* (?P<times>[0-9]+)
    | \( (?P<group>[^()]+) \) \* (?P<rounds>[0-9]+)
    | (?P<hex>(?:[0-9a-f]{2})+)
    | (?P<space>\s+)
    """,
    re.VERBOSE,
)


def cases(*files: str) -> list[ParameterSet]:
    """Return a pytest parameter (packet, outcome) for each case, named by its first line."""
    return [pytest.param(encode(packet), outcome, id=what) for what, packet, outcome in blocks(*files)]


def each(*files: str) -> list[ParameterSet]:
    """Return a pytest parameter (packet) for each case, named by its first line."""
    return [pytest.param(encode(packet), id=what) for what, packet, _ in blocks(*files)]


def packets(*files: str) -> list[bytes]:
    return [encode(packet) for _, packet, _ in blocks(*files)]


def blocks(*files: str) -> Iterator[tuple[str, str, str]]:
    """Yield what each case is, its packet as it is written, and its outcome."""
    for block in "\n\n".join((FOLDER / file).read_text() for file in files).split("\n\n"):
        if block.startswith("="):
            what, packet, outcome = block.rstrip("\n").split("\n")
            assert (what[:2], packet[:1], outcome[:1]) == ("= ", "<", ">"), block
            yield what[2:], packet[1:], outcome[1:].strip()


def encode(text: str) -> bytes:
    out, at = b"", 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token, f"not a packet from here: {text[at:]}"
        at = token.end()
        if token["label"]:
            out += bytes([len(token["label"])]) + token["label"].encode()
        elif token["octet"]:
            out += bytes.fromhex(token["octet"]) * int(token["times"])
        elif token["group"]:
            out += encode(token["group"]) * int(token["rounds"])
        elif token["hex"]:
            out += bytes.fromhex(token["hex"])
    return out
