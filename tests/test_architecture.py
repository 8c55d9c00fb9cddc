"""The shape of the code, held to docs/ARCHITECTURE.md: what is pure stays pure, imports go one way, the map is true."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAP = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
SOURCES = sorted(path.relative_to(ROOT) for top in ("blocker", "warning_page") for path in (ROOT / top).rglob("*.py"))

# What a sans-IO file may never import: sockets, clocks, files, processes, loops. (`datetime`, `zoneinfo` are values.)
IO = {
    "aiohttp", "aiosqlite", "asyncio", "ctypes", "fcntl", "http.client", "http.server", "io", "logging", "mmap",
    "os", "pathlib", "random", "secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl",
    "subprocess", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip
# Types that pure files may speak of without using them: a path in the settings, a mapped buffer.
ALLOWED = {
    ("blocker/config.py", "pathlib"), ("blocker/fields.py", "pathlib"), ("blocker/desk_settings.py", "pathlib"),
    ("blocker/blocklist/index.py", "mmap"),
}  # fmt: skip

# Lower may not import higher; of one number, only itself. resolver and cases stand side by side and never meet.
LAYERS = {
    "blocker.errors": 0, "blocker.explained": 0,
    "blocker.names": 1, "blocker.addresses": 1, "blocker.located": 1, "blocker.clock": 1, "blocker.journal": 1,
    "blocker.sentences": 1, "blocker.methods": 1,
    "blocker.fields": 1.25, "blocker.policy": 1.5, "blocker.desk_settings": 1.5,
    "blocker.listening": 2, "blocker.config": 2,
    "blocker.dns": 3,
    "blocker.blocklist": 4,
    "blocker.distribution": 5,
    "blocker.resolver": 6, "blocker.cases": 6, "warning_page": 6,
    "blocker.people": 7, "blocker.simulation": 7.5,
    "blocker.admin": 8,
    "blocker.commands": 9,
    "blocker.cli": 10, "blocker.__main__": 11, "blocker": 0,
}  # fmt: skip
# The page is the part that everybody can reach: it sees the list and nothing else.
PAGE_MAY_IMPORT = (
    "warning_page", "blocker.errors", "blocker.names", "blocker.addresses", "blocker.located", "blocker.clock",
    "blocker.methods", "blocker.listening", "blocker.config", "blocker.blocklist", "blocker.distribution.current",
)  # fmt: skip


def module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def unit(name: str) -> str:
    parts = name.split(".")
    return parts[0] if parts[0] == "warning_page" or len(parts) == 1 else ".".join(parts[:2])


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            base = node.module or ""
            for alias in node.names:
                deeper = ROOT / base.replace(".", "/") / f"{alias.name}.py"
                yield f"{base}.{alias.name}" if deeper.exists() else base


def mapped() -> dict[str, bool]:
    """Return the files that the map names, and whether it marks them S."""
    rows = re.findall(r"^\| `([\w/.]+\.py)` \| (S?) *\|", MAP, re.MULTILINE)
    return {path: mark == "S" for path, mark in rows}


PURE = sorted(path for path, pure in mapped().items() if pure)


def test_every_module_stands_on_the_map_and_every_file_on_the_map_exists():
    described = set(mapped())
    real = {str(path) for path in SOURCES if path.name != "__init__.py"}
    assert described == real


def test_every_other_path_that_the_map_names_exists():
    named = re.findall(r"`((?:blocker|warning_page|lists|tests|docs|deploy|bench|\.ci)/[\w/.-]*)`", MAP)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("path", PURE)
def test_a_sans_io_file_imports_no_io(path):
    forbidden = IO - {name for file, name in ALLOWED if file == path}
    assert [name for name in imports(Path(path)) if f"{name}.".startswith(tuple(f"{io}." for io in forbidden))] == []


@pytest.mark.parametrize("path", PURE)
def test_a_sans_io_file_imports_only_sans_io_files_of_ours(path):
    ours = {
        name.replace(".", "/") + ".py" for name in imports(Path(path)) if name.startswith(("blocker.", "warning_page."))
    }
    assert {file for file in ours if (ROOT / file).exists()} <= set(PURE)


@pytest.mark.parametrize("path", PURE)
def test_a_sans_io_file_asks_no_clock(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not re.search(r"\b(?:datetime\.(?:now|utcnow|today)|date\.today)\(", text)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_imports_go_one_way(path):
    here = unit(module(path))
    for name in imports(path):
        if name.split(".")[0] in {"blocker", "warning_page"}:
            there = unit(name)
            assert there == here or LAYERS[there] < LAYERS[here], f"{path} imports {name}"


@pytest.mark.parametrize("path", [path for path in SOURCES if path.parts[0] == "warning_page"], ids=str)
def test_the_page_sees_the_list_and_nothing_else(path):
    ours = [name for name in imports(path) if name.split(".")[0] in {"blocker", "warning_page"} and name != "blocker"]
    assert [name for name in ours if not name.startswith(PAGE_MAY_IMPORT)] == []


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_module_says_what_it_is_and_stays_small(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert text.count("\n") <= 350
