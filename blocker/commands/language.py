"""Which language a command speaks, and its words: English as written in the code, French from locales/fr.yaml.

Sentences are looked up as they are said (blocker/sentences.py): the core goes on speaking English and knows nothing of
this.
"""

import os

import click

LANGUAGES = ("fr", "en")
_KEY = "redhand.language"


def of_environment() -> str:
    """Return the language that the terminal asks for (POSIX: LC_ALL, else LC_MESSAGES, else LANG); English if none."""
    asked = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "fr" if asked.lower().startswith("fr") else "en"


def choose(context: click.Context, language: str) -> None:
    """Speak `language` from now on, in this run."""
    context.meta[_KEY] = language


def _choose(context: click.Context, _parameter: click.Parameter, language: str | None) -> None:
    if language is not None:
        choose(context, language)


language_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    is_eager=True,  # before --help
    expose_value=False,
    callback=_choose,
    help="The language to speak (otherwise that of LC_ALL, LC_MESSAGES or LANG).",
)


def say(sentence: str, *, err: bool = False) -> None:
    """Print a sentence of ours in the language of this run."""
    click.echo(translated(sentence), err=err)


def translated(sentence: str) -> str:
    """Return a sentence of ours in the language of this run."""
    context = click.get_current_context(silent=True)
    language = context.meta.get(_KEY, "en") if context else "en"
    if language == "en":
        return sentence
    from blocker.distribution.french import french  # noqa: PLC0415 - only who speaks French waits for this

    return french()(sentence)
