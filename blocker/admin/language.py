"""The desk's words: every visible text comes from locales/<language>.yaml, by its key.

Keeps true that a page never shows a key or half a sentence: an unknown key or a missing value raises. Which keys there
are, and that both languages have the same ones, is held by tests/admin/test_language.py. Legal texts of the grounds
are not here: they come from the list.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blocker.distribution.french import french
from blocker.located import read_yaml
from blocker.sentences import Sentences

LANGUAGES = ("fr", "en")
"""The first is spoken to those who ask for none of them."""

_FOLDER = Path(__file__).parent / "locales"


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts: words("case.title", number=…) is the sentence with its values put in."""

    language: str
    texts: Mapping[str, str]
    say: Sentences
    """Brings a sentence of the core, which speaks English, into this language."""

    def __call__(self, key: str, **values: object) -> str:
        """Return a text; RuntimeError if there is no such key or a value is missing (our mistake, never a user's)."""
        try:
            return self.texts[key].format(**values)
        except (KeyError, IndexError) as error:
            raise RuntimeError(f"locales/{self.language}.yaml: {key}: nothing for {error}") from error

    def __contains__(self, key: str) -> bool:
        return key in self.texts


def load() -> dict[str, Words]:
    """Read all languages that the desk speaks."""
    return {name: Words(name, dict(_flat(_read(name), "")), _sentences(name)) for name in LANGUAGES}


def negotiate(accept_language: str) -> str:
    """Return the language of ours that a browser likes best (RFC 9110 §12.5.4), the first of ours if it likes none."""
    liked: dict[str, float] = {}
    for part in accept_language.split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if language in LANGUAGES and weight > liked.get(language, 0.0):
            liked[language] = weight
    return max(liked, key=lambda name: liked[name], default=LANGUAGES[0])


def _read(language: str) -> Any:
    file = _FOLDER / f"{language}.yaml"
    return read_yaml(file.read_bytes(), file.name).value


def _sentences(language: str) -> Sentences:
    return french() if language == "fr" else Sentences()


def _flat(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
        return
    for name, inner in value.items():
        yield from _flat(inner, f"{key}.{name}" if key else name)


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
