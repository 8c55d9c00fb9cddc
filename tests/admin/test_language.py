"""Every word in both languages, and every sentence of the core in French."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocker import cases, names, people
from blocker.admin import language
from blocker.cases import statistics
from blocker.cases.agreed import APPROVED, BEGUN, PROPOSED, REFUSED
from blocker.cases.case import Role, State
from blocker.cases.documents import SUBJECTS, WITHDRAWALS
from blocker.cases.flags import Flag
from blocker.cases.forms import Kind
from blocker.cases.intake.platform_looks import CHECKED
from blocker.cases.intake.reports import ACTS
from blocker.cases.isps.onboardings import ISSUED
from blocker.cases.table import BY_ID, TRANSITIONS
from blocker.people.powers import Power

LANGUAGES = language.load()
PLACE = re.compile(r"{\w*}")
# Whoever makes one of these speaks to a person at the desk; in which of the arguments the sentence stands.
SPEAKERS = {
    *("Bar", "Finding", "ValueError", "IllegalStepError", "ForbiddenError", "FormError", "RegisterError"),
    "InvalidNameError",
}
FOLDERS = [Path(package.__file__).parent for package in (cases, people) if package.__file__]
MODULES = [Path(names.__file__), *(path for folder in FOLDERS for path in folder.glob("*.py"))]
OF_COMMANDS = {"ledger.py", "channels.py"}  # these speak to an operator, in English


def sentences() -> Iterator[str]:
    for module in MODULES:
        if module.name in OF_COMMANDS:
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SPEAKERS:
                first = node.args[0]
                for said in first.values if isinstance(first, ast.Dict) else [first]:
                    yield from template(said)


def template(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.BinOp(left=left, right=_):
            yield from (text + "{}" for text in template(left))
        case ast.IfExp(body=body, orelse=orelse):
            yield from template(body)
            yield from template(orelse)


def test_both_languages_have_the_same_keys() -> None:
    assert set(LANGUAGES["fr"].texts) == set(LANGUAGES["en"].texts)


def test_both_languages_have_the_same_values_put_in() -> None:
    french, english = LANGUAGES["fr"].texts, LANGUAGES["en"].texts
    for key, text in english.items():
        assert set(PLACE.findall(text)) == set(PLACE.findall(french[key])), key


def test_no_text_is_empty() -> None:
    assert [key for words in LANGUAGES.values() for key, text in words.texts.items() if not text.strip()] == []


def test_everything_that_the_workflow_can_name_has_words() -> None:
    words = LANGUAGES["en"]
    wanted = {f"state.{state}.{part}" for state in State for part in ("name", "text")}
    wanted |= {f"event.{row.id}" for row in TRANSITIONS}
    wanted |= {f"event.{ISSUED}"}
    wanted |= {f"event.{act.act}" for act in ACTS}
    wanted |= {f"event.{power}-{done}" for power in Power for done in ("proposed", "approved", "refused")}
    wanted |= {f"event.{done}" for done in (BEGUN, PROPOSED, APPROVED, REFUSED, CHECKED)}
    wanted |= {f"role.{role}" for role in Role}
    wanted |= {f"letter.{kind}" for kind in SUBJECTS}
    wanted |= {f"flag.{flag}" for flag in Flag} | {f"choice.{reason}" for reason in WITHDRAWALS}
    wanted |= {f"case.commits.{row.commit}" for row in TRANSITIONS if row.commit}
    wanted |= {f"choice.{choice}" for row in TRANSITIONS for field in row.fields for choice in field.choices}
    assert {key for key in wanted if key not in words} == set()


def test_every_figure_of_the_statistics_has_words() -> None:
    wanted = {f"statistics.column.{subject}.{part}" for table in statistics.MONTHLY.values() for subject, part in table}
    wanted |= {f"statistics.table.{id_}" for id_ in statistics.MONTHLY}
    wanted |= {f"statistics.span.of.{key}" for key in statistics.SPANS}
    wanted |= {f"choice.{reason}" for reason in statistics.ENDINGS}
    assert {key for key in wanted if key not in LANGUAGES["en"]} == set()


def test_every_label_and_every_title_of_the_table_is_there_in_french() -> None:
    said = {row.title for row in TRANSITIONS} | {field.label for row in TRANSITIONS for field in row.fields}
    assert {text for text in said if not LANGUAGES["fr"].say.knows(text)} == set()


def test_every_sentence_of_the_core_is_there_in_french() -> None:
    said = set(sentences())
    assert len(said) > 30, "the sentences are not found any more"
    assert {text for text in said if not LANGUAGES["fr"].say.knows(text.replace("{}", "x"))} == set()


def test_what_varies_in_a_sentence_is_kept_and_translated_itself() -> None:
    say = LANGUAGES["fr"].say
    assert (
        say("“a b c”: write a name, then host or domain")
        == "«\u00a0a b c\u00a0»\u00a0: écrire un nom, puis host ou domain"
    )
    assert "c’est une URL" in say("“http://x”: this is a URL: write the host name alone, without scheme and path")
    assert say("Nobody wrote this down.") == "Nobody wrote this down."


def test_english_says_the_sentence_as_it_is() -> None:
    assert LANGUAGES["en"].say("No lift is proposed.") == "No lift is proposed."


def test_a_missing_key_or_value_is_our_mistake_and_never_shown() -> None:
    with pytest.raises(RuntimeError, match=r"no\.such\.key"):
        LANGUAGES["en"]("no.such.key")
    with pytest.raises(RuntimeError, match="number"):
        LANGUAGES["en"]("case.title")


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        ("", "fr"),
        ("en", "en"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de, en-GB;q=0.7, fr;q=0.3", "en"),
        ("de", "fr"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("en;q=nonsense", "fr"),
        (";;q=,,=", "fr"),
        ("en;q=0.5,fr;q=0.5", "en"),
    ],
)
def test_the_browser_s_languages_are_weighed(header: str, spoken: str) -> None:
    assert language.negotiate(header) == spoken


def test_every_kind_of_field_has_a_control() -> None:
    template_text = (Path(language.__file__).parent / "templates" / "fields.html").read_text()
    by_name = {"line"}  # the control of whatever is not named
    assert {kind for kind in Kind if f'"{kind}"' not in template_text} == by_name


def test_facts_that_the_system_adds_have_labels() -> None:
    source = "\n".join(path.read_text() for path in Path(cases.__file__).parent.glob("changes*.py"))
    functions = {row.facts.__name__ for row in BY_ID.values()}
    added: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            for found in ast.walk(node):
                if isinstance(found, ast.Dict):
                    added |= {str(key.value) for key in found.keys if isinstance(key, ast.Constant)}
    assert added
    assert {name for name in added if f"fact.{name}" not in LANGUAGES["en"]} == set()
