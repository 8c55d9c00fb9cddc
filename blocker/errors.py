"""Every error of Redhand, split by who must act on it.

The text of each error is written for the person named in its docstring and is fit to be shown: no internals, no
client's address. Misuse by our own code is a plain RuntimeError and not found here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong at one place of a file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    rule: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        """Return `file:line:column: rule: message`, the form that editors turn into a link."""
        kind = "warning: " if self.warning else ""
        return f"{self.file}:{self.line}:{self.column}: {kind}{self.rule}: {self.message}"


class RedhandError(Exception):
    """The root of all errors that Redhand raises on purpose."""


class FaultsError(RedhandError):
    """A file has faults: all of them at once, in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ConfigError(FaultsError):
    """The operator must mend the configuration file (exit code 2)."""


class ListRefusedError(FaultsError):
    """Whoever keeps the list must mend it; what is in force stays in force (exit code 1)."""


class InvalidNameError(RedhandError):
    """The text is not a domain name that we take; the message says what to write instead."""


class CorruptIndexError(RedhandError):
    """The file is not an index, or not the one that was written: build it again."""


class OtherVersionIndexError(CorruptIndexError):
    """The index is whole, but was made by another version of Redhand: build it again."""

    def __init__(self) -> None:
        super().__init__("this index was made by another version of Redhand: build it again")


class InadmissibleIndexError(CorruptIndexError):
    """The index may not serve here: of the wrong environment, or of a real list and not made by sync."""


class OperationError(RedhandError):
    """The operator must act: a disk, a port, git or another program failed us (exit code 2)."""


class UnreachableError(OperationError):
    """The server of a list did not answer, not in time, or not with what was asked for."""


class WireError(RedhandError):
    """A peer sent bytes that are not a DNS message that we take; `reply` is what to answer them with, if anything."""

    def __init__(self, message: str, reply: bytes | None = None) -> None:
        self.reply = reply
        super().__init__(message)


class UpstreamError(RedhandError):
    """No upstream answered in time."""


class RegisterError(RedhandError):
    """A register or a site could not be asked whom to reach, or its answer is none; the search counts as not made."""


class IllegalStepError(RedhandError):
    """The case may not go this way now; nothing was changed."""


class ForbiddenError(RedhandError):
    """This person may not do this; nothing was changed."""


class FormError(RedhandError):
    """What somebody entered is incomplete or wrong; `problems` says what, field by field. Nothing was changed."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))
