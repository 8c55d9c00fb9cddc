"""A sealed head of the ledger, as a file that the overseer keeps: whoever holds it can tell if anything before is gone.

Keeps true: a file that was changed, or sealed by another key, is not taken for a head.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from blocker.cases.integrity import seal as seals
from blocker.cases.integrity.ledger import Head
from blocker.cases.integrity.seal import Seal
from blocker.errors import OperationError

KIND = "head"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head, when it was given away, and the public key of the desk that did."""

    head: Head
    at: datetime
    key: str


def write(head: Head, at: datetime, seal: Seal) -> str:
    """Return the file of a head, sealed."""
    body = {"seq": head.seq, "hash": head.hash, "at": at.isoformat(), "key": seal.public}
    return json.dumps({**body, "seal": seal.of(KIND, body)}, indent=2) + "\n"


def read(text: str) -> Checkpoint:
    """Read such a file.

    Raises:
        OperationError: if it is none, or its seal does not hold.
    """
    try:
        body = json.loads(text)
        seal = body.pop("seal")
        found = Checkpoint(Head.parse(f"{body['seq']}:{body['hash']}"), datetime.fromisoformat(body["at"]), body["key"])
        whole = set(body) == {"seq", "hash", "at", "key"} and seals.holds(found.key, KIND, body, seal)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OperationError("this is no file of a ledger's head") from error
    if not whole:
        raise OperationError("the seal of this head does not hold: it was changed, or made by somebody else")
    return found
