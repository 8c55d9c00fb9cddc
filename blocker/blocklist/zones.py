"""A response policy zone in master-file form (RFC 1035 §5.1), read as far as a list needs it and no further.

The reader is our own because the files are big and strangers': one pass, no recursion, no file included. It tells
which owners are blocked (`CNAME .`, and `CNAME *.`: NXDOMAIN and NODATA) and why any other line is left out.
"""

import re
from collections.abc import Iterator

MAX_OPEN = 20  # lines that one record may take; an SOA with a comment on each takes eight
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"();]+|[()]|;.*|"')
_TTL = re.compile(r"(?:\d+[smhdw]?)+\Z", re.IGNORECASE | re.ASCII)
_CLASSES = frozenset({"in", "ch", "hs"})
_TRIGGERS = {
    "rpz-ip": "the addresses in answers",
    "rpz-client-ip": "a client",
    "rpz-nsip": "a name server's address",
    "rpz-nsdname": "a name server",
}
_ACTIONS = {
    "rpz-passthru": "an exception of that list: name it under `except:` if it shall stay reachable",
    "rpz-drop": "the action rpz-drop gives no answer at all: Redhand always says why",
    "rpz-tcp-only": "the action rpz-tcp-only blocks nothing",
}

Owner = tuple[str, str | None]
"""An owner relative to the zone's apex, and why it is left out (None: it is blocked)."""


class RpzReader:
    """Fed one line after the other; keeps the origin, the last owner and whether a parenthesis is open."""

    def __init__(self) -> None:
        self._apex: str | None = None
        self._origin: str | None = None
        self._owner: str | None = None
        self._record: list[str] = []
        self._depth = 0
        self._open = 0  # lines since a parenthesis was opened

    def read(self, line: str) -> Iterator[Owner]:
        """Take a line and yield what its record, now complete, says of an owner."""
        tokens = [token for token in _TOKEN.findall(line) if not token.startswith(";")]
        if not tokens:
            return
        if not self._depth:
            # A line that begins with a blank belongs to the owner of the line before.
            self._record = [""] if line[0].isspace() else []
        self._depth = max(self._depth + tokens.count("(") - tokens.count(")"), 0)
        self._record += [token for token in tokens if token not in {"(", ")"}]
        if not self._depth:
            self._open = 0
            if any(self._record):
                yield from self._complete(self._record)
            return
        self._open += 1
        if self._open > MAX_OPEN:
            yield from self.end()

    def end(self) -> Iterator[Owner]:
        """Say what was left open; to be asked at the end of the file too."""
        if self._depth:
            yield (
                " ".join(self._record)[:80],
                f"a parenthesis that does not close: {self._open} lines up to here were not read",
            )
        self._depth = self._open = 0

    def _complete(self, record: list[str]) -> Iterator[Owner]:
        if record[0].startswith("$"):
            yield from self._directive(record)
            return
        owner = record[0] or self._owner
        if owner is None:
            yield " ".join(record[1:]), "a record without a name before it"
            return
        self._owner = owner
        fields = record[1:]
        while fields and (fields[0].lower() in _CLASSES or _TTL.match(fields[0])):
            fields = fields[1:]
        rtype = fields[0].upper() if fields else ""
        if rtype in {"SOA", "NS"}:
            self._begin(rtype, owner)
            return
        name = self._relative(owner.lower())
        if name is None:
            yield owner, "a full name outside the zone: the file needs its $ORIGIN or SOA before it"
        elif name:
            yield name, _why_not(name, rtype, [field.lower() for field in fields[1:]])

    def _directive(self, record: list[str]) -> Iterator[Owner]:
        word = record[0].upper()
        if word == "$ORIGIN" and len(record) > 1:
            origin = record[1].lower().rstrip(".")
            if not record[1].endswith(".") and self._origin:
                origin = f"{origin}.{self._origin}"
            self._origin = origin
            self._apex = origin if self._apex is None else self._apex
            self._owner = None
        elif word != "$TTL":
            yield " ".join(record)[:80], f"{word} is not followed: write the names out"

    def _begin(self, rtype: str, owner: str) -> None:
        if rtype == "SOA" and owner.endswith(".") and owner != "." and self._apex is None:
            self._apex = self._origin = owner.lower().rstrip(".")

    def _relative(self, owner: str) -> str | None:
        """Return an owner relative to the apex ("" for the apex itself), None if it lies outside."""
        if owner == "@":
            owner = self._origin or ""
        elif owner.endswith("."):
            owner = owner[:-1]
            if self._apex is None:
                return None
        elif self._origin:
            owner = f"{owner}.{self._origin}"
        if self._apex is None:
            return owner
        if owner == self._apex:
            return ""
        return owner[: -len(self._apex) - 1] if owner.endswith(f".{self._apex}") else None


def _why_not(name: str, rtype: str, data: list[str]) -> str | None:
    trigger = name.lower().rpartition(".")[2]
    if trigger in _TRIGGERS:
        return f"a rule about {_TRIGGERS[trigger]} ({trigger}): a block names a site"
    if rtype != "CNAME" or len(data) != 1:
        return f"not a block but data of its own ({rtype or 'nothing'}): only `CNAME .` and `CNAME *.` block"
    target = data[0].rstrip(".") if data[0] not in {".", "*."} else ""
    if target in _ACTIONS:
        return _ACTIONS[target]
    return "it leads elsewhere instead of blocking: only `CNAME .` and `CNAME *.` block" if target else None
