"""What is not documented does not exist: settings, commands, and what the README shows."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest
from pydantic import BaseModel

from blocker.blocklist.check import check
from blocker.cli import COMMANDS, main
from blocker.clock import Clock
from blocker.config import Settings, load
from blocker.desk_settings import Isp, Source
from blocker.distribution.source import shipped, suffixes

ROOT = Path(__file__).parents[1]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        optional = [kind for kind in get_args(inner) if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings(inner, f"{prefix}{name}.")
            continue
        yield f"{prefix}{name}"
        if type(None) in get_args(inner):  # a section that may be absent: what that means is said at its own heading
            for each in optional:
                yield from settings(each, f"{prefix}{name}.")


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))
    else:
        yield path, command


EVERY_SETTING = [
    *settings(Settings),
    *(f"admin.isps.{name}" for name in Isp.model_fields),
    *(f"admin.reports.sources.{name}" for name in Source.model_fields),
]
EVERY_COMMAND = dict(commands(main, ("redhand",)))


@pytest.mark.parametrize("name", EVERY_SETTING)
def test_every_setting_has_a_heading_in_the_configuration_guide(name):
    assert re.search(rf"^### `{re.escape(name)}`$", text("docs/CONFIGURATION.md"), re.MULTILINE)


def test_the_configuration_guide_describes_no_setting_that_is_gone():
    assert set(re.findall(r"^### `([\w.]+)`$", text("docs/CONFIGURATION.md"), re.MULTILINE)) == set(EVERY_SETTING)


def test_the_example_in_the_configuration_guide_is_read(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", text("docs/CONFIGURATION.md"), re.DOTALL)
    assert example
    (tmp_path / "redhand.yaml").write_text(example[1])
    assert load(tmp_path / "redhand.yaml").resolver.workers == 1


@pytest.mark.parametrize("path", EVERY_COMMAND, ids=" ".join)
def test_every_command_and_option_stands_in_the_command_guide(path):
    guide = text("docs/COMMANDS.md")
    heading = f"## `{' '.join(path)}`"
    assert heading in guide
    section = guide.partition(heading)[2].partition("\n## ")[0]
    options = [option for each in EVERY_COMMAND[path].params for option in each.opts if option.startswith("--")]
    assert [option for option in options if f"`{option}" not in section] == []


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_says_in_a_line_what_it_is_for(name):
    assert COMMANDS[name][1].endswith(".")


def test_every_decision_record_stands_in_its_index():
    index = text("docs/adr/README.md")
    records = sorted(path.name for path in (ROOT / "docs" / "adr").glob("0*.md"))
    assert records
    assert [name for name in records if name not in index] == []


def test_every_dependency_has_its_reason():
    project = tomllib.loads(text("pyproject.toml"))
    named = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = [re.split(r"[>=\[]", each)[0] for each in named]
    reasons = text("docs/adr/0003-dependencies.md")
    assert [name for name in names if not re.search(rf"^\|.*\b{re.escape(name)}\b.*\|", reasons, re.MULTILINE)] == []


def test_the_links_of_the_readme_lead_somewhere():
    for page in ("README.md", "docs/ARCHITECTURE.md", "CONTRIBUTING.md"):
        links = re.findall(r"\]\(([^)#:]+)\)", text(page))
        assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_every_example_of_the_lists_guide_passes_the_check():
    examples = re.findall(r"```yaml\n(directive: .*?)```", text("lists/README.md"), re.DOTALL)
    assert examples
    header = "title: {fr: Essai, en: Trial}\nenvironment: trial\n"
    for example in examples:
        name = re.findall(r"^directive: (\S+)", example, re.MULTILINE)[0]
        ground = re.findall(r"^ground: (\S+)", example, re.MULTILINE)[0]
        files = {"list.yaml": header.encode(), f"{ground}/{name}.yaml": example.encode()}
        assert check(files, shipped(), suffixes(), Clock().now()).blocklist.entries
