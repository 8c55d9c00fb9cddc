"""`pip install .` gives a whole Redhand: templates, languages, grounds and the trial list are in the package."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout without the network and unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True, capture_output=True)
    target = folder / "site"
    with zipfile.ZipFile(next(folder.glob("redhand-*.whl"))) as wheel:
        wheel.extractall(target)
    return target


def run(installed: Path, *arguments: str) -> str:
    """Run `redhand` from the package, far from the checkout."""
    command = [sys.executable, "-m", "blocker", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    ran = subprocess.run(command, cwd=installed.parent, env=environment, check=True, capture_output=True, text=True)
    return ran.stdout


def test_every_data_file_of_the_checkout_is_in_the_package(installed):
    for top in ("blocker", "warning_page"):
        here = {
            path.relative_to(ROOT)
            for path in (ROOT / top).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert {path for path in here if not (installed / path).exists()} == set()
    lists = {path.relative_to(ROOT / "lists") for path in (ROOT / "lists").rglob("*") if path.is_file()}
    assert {path for path in lists if not (installed / "blocker" / "shipped_lists" / path).exists()} == set()


def test_nothing_but_the_product_is_in_the_package(installed):
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == {
        "blocker",
        "warning_page",
    }


def test_the_command_reads_the_list_of_the_package(installed):
    assert run(installed, "--version").startswith("redhand, version ")
    where = "import blocker, blocker.distribution.source as source; print(blocker.__file__, source.shipped_lists())"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    told = subprocess.run(
        [sys.executable, "-c", where], cwd="/", env=environment, check=True, capture_output=True, text=True
    )
    assert all(path.startswith(str(installed)) for path in told.stdout.split())
    assert run(installed, "lists", "check", str(installed / "blocker" / "shipped_lists")).startswith("fine")


def test_the_whole_road_runs_from_the_package(installed, road, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(installed))
    monkeypatch.chdir(tmp_path)
    road.start()
    assert road.addresses("propaganda.example") == ["127.0.0.1"]
    assert road.stop() == 0
