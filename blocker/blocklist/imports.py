"""Names from other people's lists: what can be taken, and why the rest cannot.

Real lists carry dirt (addresses, comments, URLs, names without a dot). Nothing of it stops an import and nothing of it
vanishes: each line that is left out is reported with its number and the reason. The formats are formats.py's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from blocker.blocklist.entry import Scope
from blocker.blocklist.formats import FORMATS, Excepted, LeftOut, Wanted
from blocker.blocklist.guards import Guards
from blocker.errors import Fault, InvalidNameError
from blocker.names import DomainName


@dataclass(frozen=True, slots=True)
class Imported:
    """The names to list with their scope, in the order of the file, and what was left out."""

    names: tuple[tuple[DomainName, Scope], ...]
    left_out: tuple[Fault, ...]


def import_names(
    data: bytes, format_: str, file: str, *, guards: Guards, listed: Iterable[str], scope: Scope
) -> Imported:
    """Read a file of one of the FORMATS.

    `listed` are names that the ground has already; `scope` is that of names whose format says none.
    """
    taking = _Taking(file, guards, frozenset(listed))
    excepted: dict[str, int] = {}
    for found in FORMATS[format_](data):
        if isinstance(found, LeftOut):
            taking.leave(found.line, "format", f"`{found.text[:80]}`: {found.reason}")
            continue
        try:
            name = DomainName.parse(found.text)
        except InvalidNameError as error:
            taking.leave(found.line, "name", f"`{found.text[:80]}`: {error}")
            continue
        if isinstance(found, Excepted):
            excepted[name] = found.line
        else:
            taking.take(name, found, found.scope or scope)
    taking.withdraw(excepted)
    names = tuple((name, reach) for name, (_, reach) in taking.names.items())
    return Imported(names, tuple(sorted(taking.left_out)))


@dataclass
class _Taking:
    """What has been taken and left so far."""

    file: str
    guards: Guards
    listed: frozenset[str]
    names: dict[DomainName, tuple[int, Scope]] = field(default_factory=dict)
    left_out: list[Fault] = field(default_factory=list)

    def leave(self, line: int, rule: str, message: str) -> None:
        """Report a line that is not taken."""
        self.left_out.append(Fault(self.file, line, 1, rule, message, warning=True))

    def take(self, name: DomainName, found: Wanted, scope: Scope) -> None:
        """Take a name, unless it stands already or a guard refuses it."""
        if name in self.names:
            first, reach = self.names[name]
            if reach is Scope.HOST:  # the same name twice: the further reach is what the list asks for
                self.names[name] = (first, scope)
            self.leave(found.line, "duplicate", f"{name} stands in line {first} too")
        elif name in self.listed:
            self.leave(found.line, "duplicate", f"{name} is listed for this ground")
        elif (refusal := self.guards.refusal(name)) is not None:
            self.leave(found.line, refusal.rule, f"{name}: {refusal.reason}")
        else:
            self.names[name] = (found.line, scope)

    def withdraw(self, excepted: dict[str, int]) -> None:
        """Leave out what the foreign list excepts again; an exception below a name that is taken is reported."""
        for name, (line, _) in list(self.names.items()):
            above = next((each for each in name.ancestors() if each in excepted), None)
            if above is not None:
                del self.names[name]
                self.leave(line, "format", f"`{name}`: excepted by that list itself, in line {excepted[above]}")
        for exception, line in excepted.items():
            reason = "an exception of that list: nothing is taken from it"
            if any(above in self.names for above in DomainName(exception).ancestors()):
                reason = "an exception of that list: name it under `except:` if it shall stay reachable"
            self.leave(line, "format", f"`{exception}`: {reason}")
