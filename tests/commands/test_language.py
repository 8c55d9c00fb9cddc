"""The commands in French: nothing that they can say is missing, and whoever asks for a language gets it."""

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import blocker
from blocker.cli import main
from blocker.commands.cases import group as cases
from blocker.commands.lists import group
from blocker.commands.output import paragraphs
from blocker.distribution.french import french
from blocker.located import read_yaml
from tests.commands.running import AT, make_list, put, run

ROOT = Path(blocker.__file__).parent
CATALOGUE = read_yaml((resources.files("blocker.commands") / "locales" / "fr.yaml").read_bytes(), "fr.yaml").value
PAIRS = Path(__file__).parents[1] / "blocklist"
SPEAKING = [
    *("located", "explained", "names"),
    *(f"blocklist/{name}" for name in ("check", "contacts", "dates", "decode", "entry", "files", "formats", "guards")),
    *(f"blocklist/{name}" for name in ("imports", "index", "layout", "lookalikes", "procedure", "zones")),
    *(f"commands/{name}" for name in ("lists", "lists_history", "lists_import", "lists_options", "lists_write")),
    *("commands/cases", "commands/output", "distribution/durable", "distribution/source"),
    *(f"cases/integrity/{name}" for name in ("audit", "backup", "checkpoint", "keyfile", "ledger", "seal")),
]
# What looks like a sentence in those files and is none that stands alone, or is not said by these commands.
NOT_SAID = {
    "an undated directive must have been refused before",  # RuntimeError: our own mistake
    "A host or domain name, without scheme, port or path.",  # of the schema, for editors
    "the authority's own name", "nom de l’autorité elle-même",  # in both languages where it stands
    "it is", "it would block {},", "it lies below {},",  # beginnings; see the three sentences in the catalogue
    "the next review is due within {} calendar months, by {}", "{} (decree 2015-125 art. 4)",  # two halves of one
    " (and {} more)",  # the end of a sentence
    "nested too deeply", "a key must be plain text",  # explained.py says more
    "{} {}  {}  {}  → {}", "~ {}  {}  scope: {} → {}", "~ {}  {}: {} → {}", "{} {} → {}", "# {}",  # signs and values
}  # fmt: skip

SQL = re.compile(r"\(?(?:SELECT|PRAGMA|WHERE|EXISTS)\b|{} AND ")


def silent(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what is no sentence: docstrings, other programs' words, patterns, the parts of a longer text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield node.value
        elif isinstance(node, ast.Dict):  # what another program says is a key of what we say
            yield from (key for key in node.keys if key is not None)
        elif isinstance(node, ast.JoinedStr):
            yield from (inner for inner in ast.walk(node) if inner is not node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
            yield from ast.walk(node)


def sentences(name: str) -> Iterator[str]:
    tree = ast.parse((ROOT / f"{name}.py").read_text(encoding="utf-8"))
    for node in set(ast.walk(tree)) - set(silent(tree)):
        if isinstance(node, ast.JoinedStr):
            said = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = node.value
        else:
            continue
        if re.search(r"\w.* .*\w", said.replace("{}", "x")) and said not in NOT_SAID and not SQL.match(said):
            yield said


def in_french(sentence: str) -> str:
    return french()(sentence)


@pytest.mark.parametrize("name", SPEAKING)
def test_every_sentence_in_the_code_is_there_in_french(name: str) -> None:
    missing = {said for said in sentences(name) if in_french(said.replace("{}", "1")) == said.replace("{}", "1")}
    assert missing == set()


def test_the_sentences_are_found() -> None:
    assert len({said for name in SPEAKING for said in sentences(name)}) > 150


def test_whatever_is_excused_from_translation_is_still_there() -> None:
    text = "".join((ROOT / f"{name}.py").read_text(encoding="utf-8") for name in SPEAKING)
    assert [said for said in NOT_SAID if re.sub(r"{}.*", "", said) not in text] == []


@pytest.mark.parametrize(
    "pair", sorted([*PAIRS.glob("lint/*.txt"), *PAIRS.glob("imports/*.txt")]), ids=lambda pair: pair.stem
)
def test_every_fault_that_the_pairs_know_is_said_in_french(pair: Path) -> None:
    expected = pair.read_text(encoding="utf-8").partition("=== expected\n")[2].splitlines()
    faults = [re.match(r"\S+?:\d+:\d+: (?:warning: )?[a-z-]+: (.*)", line) for line in expected]
    messages = [fault[1] for fault in faults if fault]
    assert [message for message in messages if in_french(message) == message] == []


@pytest.mark.parametrize(("english", "other"), CATALOGUE.items(), ids=lambda text: text[:30])
def test_what_varies_is_the_same_in_both(english: str, other: str) -> None:
    assert other.strip()
    assert other.count("{}") == english.count("{}")
    other.format(*"abcdefghij")


@pytest.mark.parametrize(
    "command",
    [each for top in (group, cases) for each in (top, *top.commands.values())],
    ids=lambda command: str(command.name),
)
def test_the_help_of_each_command_is_there_in_french(command: click.Command) -> None:
    context = click.Context(command)
    options = (each for each in command.get_params(context) if isinstance(each, click.Option))
    texts = [record[1] for each in options if (record := each.get_help_record(context)) is not None]
    assert [text for text in [*paragraphs(command.help), *texts] if in_french(text) == text] == []
    top = [] if command in (group, cases) else [str(command.name)]
    named = "cases" if command is cases or command in cases.commands.values() else "lists"
    shown = CliRunner().invoke(main, [named, *top, "--help"], env={"LC_ALL": "fr_FR.UTF-8"})
    assert (shown.exit_code, "Afficher cette aide." in shown.output) == (0, True)


def test_the_reasons_of_protected_names_are_said_in_french() -> None:
    said = in_french(
        "it is protected, group search: How people find everything else; blocking an engine hides the whole web."
    )
    assert said.startswith("il est protégé, groupe search\u00a0: Par où chacun")


@pytest.mark.parametrize(
    ("environment", "french_"),
    [
        ({"LC_ALL": "fr_FR.UTF-8"}, True),
        ({"LC_ALL": "", "LC_MESSAGES": "fr_BE", "LANG": "en_US"}, True),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "fr"}, True),
        ({"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, False),
        ({"LC_ALL": "de_DE.UTF-8", "LC_MESSAGES": "", "LANG": ""}, False),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}, False),
    ],
)
def test_the_terminal_chooses_the_language(tmp_path: Path, environment: dict[str, str], french_: bool) -> None:
    said = run("check", make_list(tmp_path / "lists"), env=environment).stdout
    assert said.startswith("bon\u00a0:" if french_ else "fine:")


def test_an_option_chooses_before_the_terminal(tmp_path: Path) -> None:
    lists = make_list(tmp_path / "lists")
    assert run("--lang", "fr", "check", lists).stdout.startswith("bon\u00a0:")
    assert run("--lang", "en", "check", lists, env={"LC_ALL": "fr_FR"}).stdout.startswith("fine:")
    assert "Faire une directive des noms" in run("--lang", "fr", "--help").stdout
    assert "Faire une directive des noms" in run("--help", env={"LC_ALL": "fr_FR"}).stdout
    assert "Make a directive of the names" in run("--lang", "en", "--help", env={"LC_ALL": "fr_FR"}).stdout


def test_faults_refusals_and_wrong_usage_are_said_in_french(tmp_path: Path) -> None:
    lists = make_list(tmp_path / "lists")
    put(lists, "FR-1", "google.fr domain", "Ok.example host")
    said = run("--lang", "fr", "check", lists, *AT).stderr.splitlines()
    assert said[0].startswith("terrorism/FR-1.yaml:8:12: protected: google.fr\u00a0: il est protégé, groupe search")
    assert said[1].startswith("terrorism/FR-1.yaml:9:12: avertissement: spelling: `Ok.example` est lu ok.example")
    assert said[-1] == "refusée\u00a0; fautes\u00a0: 1"
    wrong = run("--lang", "fr", "new", lists)
    assert wrong.exit_code == 2
    assert "usage\u00a0: Il manque l’option «\u00a0--case\u00a0»." in wrong.stderr
    assert "new --help" in wrong.stderr
