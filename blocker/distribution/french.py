"""Our sentences in French, for whoever speaks it: the desk and the commands say a fault in the same words.

The catalogues stand beside the parts that show them; the reasons of the shipped protected names are in both languages
where they stand. What has no counterpart (a file's text, git's own words) stays as it is.
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources

from blocker.distribution.source import shipped
from blocker.located import read_yaml
from blocker.sentences import Sentences

_CATALOGUES = (("blocker.commands", "fr.yaml"), ("blocker.admin", "sentences.fr.yaml"))


@cache
def french() -> Sentences:
    """Return what turns our English sentences into French."""
    counterparts: dict[str, str] = {}
    for package, file in _CATALOGUES:
        path = resources.files(package) / "locales" / file
        counterparts |= read_yaml(path.read_bytes(), file).value
    return Sentences.of(counterparts | dict(_reasons()))


def _reasons() -> Iterable[tuple[str, str]]:
    for group in read_yaml(shipped().protected, "protected.yaml").value["groups"]:
        yield group["reason"]["en"], group["reason"]["fr"]
