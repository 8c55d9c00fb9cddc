"""A language of the page: its words, and how it writes a moment. Languages are files, locales/<code>.yaml.

A language need not be whole. What its file or the list does not say in it is said in French or English, as the file
chooses, and is marked as such for screen readers: half a page in one's own language is better than none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape
from pydantic import Field, model_validator

from blocker.located import StrictModel


class Level(StrEnum):
    """How much of the page a language has: all of it, or what somebody needs who is frightened."""

    WHOLE = "whole"
    HELP = "help"


# The first screen, the help part, what is said of privacy, and the pages that accuse nobody.
NEEDED = frozenset({
    "trial", "languages", "hand", "how_you_came", "nobody", "what_you_can_do", "get_help", "contest_it", "more",
    "contest_reference", "help", "deaf_access", "about", "privacy", "not_blocked_content", "version",
    "unlisted_title", "unlisted", "unlisted_why", "no_list_title", "no_list", "fault", "specimen",
})  # fmt: skip
# The words about the decision, whose texts are the list's, and those that only a trial shows.
WORDS = NEEDED | {
    "authority", "law", "directive", "reference", "issued", "review_by", "expires", "contest", "scaled",
    "previews_title", "previews", "preview_of", "preview_unlisted", "preview_no_list", "preview_back",
}  # fmt: skip


class Locale(StrictModel):
    """One language file."""

    name: str
    """The language's name in itself."""
    direction: Literal["ltr", "rtl"] = "ltr"
    level: Level
    otherwise: Literal["fr", "en"] = "fr"
    """The language for what is missing: one of those that every list speaks."""
    moment: str
    """How a moment is written, with {day} {month} {year} {hour} {minute} {offset}."""
    first_day: str
    """What the first day of a month is called."""
    months: Annotated[tuple[str, ...], Field(min_length=12, max_length=12)]
    words: Mapping[str, str]

    @model_validator(mode="after")
    def _keeps_its_level(self) -> Self:
        missing = (WORDS if self.level is Level.WHOLE else NEEDED) - self.words.keys()
        unknown = self.words.keys() - WORDS
        if missing or unknown:
            raise ValueError(f"words missing: {', '.join(sorted(missing))}; unknown: {', '.join(sorted(unknown))}")
        return self

    def write_moment(self, instant: datetime, timezone: str) -> str:
        """Return an instant as people of the list's timezone read it, with the offset from UTC."""
        local = instant.astimezone(ZoneInfo(timezone))
        offset = f"{local:%z}"
        return self.moment.format(
            day=self.first_day if local.day == 1 else local.day,
            month=self.months[local.month - 1],
            year=local.year,
            hour=f"{local:%H}",
            minute=f"{local:%M}",
            offset=f"{offset[:3]}:{offset[3:5]}",
        )


@dataclass(frozen=True, slots=True)
class Wording:
    """What the page says to a reader of one language, and in which language it has to say it."""

    language: str
    locales: Mapping[str, Locale]

    @property
    def locale(self) -> Locale:
        """The language's own file."""
        return self.locales[self.language]

    def plain(self, texts: Mapping[str, str]) -> str:
        """Return a text of the list as it is, for places that hold no markup."""
        return texts[self._spoken(texts)]

    def said(self, texts: Mapping[str, str]) -> Markup:
        """Return a text of the list as HTML, marked with its language where that is not the page's."""
        return self._marked(self._spoken(texts), escape(self.plain(texts)))

    def word(self, key: str, **values: str | Markup) -> Markup:
        """Return words of the page as HTML, with `values` in their places, marked like a text of the list."""
        language = self._speaking(key)
        return self._marked(language, escape(self.locales[language].words[key]).format(**values))

    def plain_word(self, key: str) -> str:
        """Return words of the page as they are, for attributes and plain text."""
        return self.locales[self._speaking(key)].words[key]

    def moment(self, key: str, instant: datetime, timezone: str) -> Markup:
        """Return an instant as the language writes it that says the words `key` beside it."""
        language = self._speaking(key)
        return self._marked(language, escape(self.locales[language].write_moment(instant, timezone)))

    def _spoken(self, texts: Mapping[str, object]) -> str:
        return self.language if self.language in texts else self.locale.otherwise

    def _speaking(self, key: str) -> str:
        return self.language if key in self.locale.words else self.locale.otherwise

    def _marked(self, language: str, text: Markup) -> Markup:
        if language == self.language:
            return text
        return Markup('<span lang="{}" dir="{}">{}</span>').format(language, self.locales[language].direction, text)
