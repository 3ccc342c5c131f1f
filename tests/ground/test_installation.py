"""What is installed flies: without the extras, from wheel and sdist, on the lowest versions."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PATIENCE = 900.0  # wall seconds, on a machine that does other things beside

WITHOUT_EXTRAS = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("scipy", "matplotlib", "numba"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
import flight, sim_hw
import ground.missions, ground.mission_control, ground.reports, ground.terminal, ground.testbed
for room in (flight, sim_hw, ground.missions, ground.mission_control, ground.reports,
             ground.terminal, ground.testbed):
    for found in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
        importlib.import_module(found.name)
import ground.commands.display, ground.commands.fly, ground.pictures.draw
assert ground.pictures.draw.draw_pictures("nowhere") == []
"""


def run(*words: object, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def pip(*words: object) -> list[object]:
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words]


def environment(folder: Path) -> Path:
    """An empty environment; returns its interpreter."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    return folder / "bin" / "python"


def flown(python: Path, folder: Path) -> dict[str, object]:
    """Flies `short` in an empty folder; returns the summary."""
    folder.mkdir()
    run(python.with_name("msr"), "fly", "short", "--quiet", "--no-pictures", cwd=folder)
    summary: dict[str, object] = json.loads((folder / "runs/short/summary.json").read_text())
    return summary


@pytest.mark.processes
def test_a_flight_without_pictures_needs_no_extra() -> None:
    done = run(sys.executable, "-c", WITHOUT_EXTRAS)
    assert "No pictures: matplotlib is not installed" in done.stderr


def test_every_requirement_has_a_floor_or_is_pinned() -> None:
    assert "transitions==0.9.3" in PROJECT["dependencies"]
    for requirement in PROJECT["dependencies"]:
        assert re.fullmatch(r"[A-Za-z]+(>=|==)\d+\.\d+\.\d+", requirement)


def test_nothing_is_read_by_a_type_that_the_lowest_msgspec_does_not_know() -> None:
    """A Literal of truth values is known from msgspec 0.20 on; the floor is older."""
    rooms = ("flight", "ground", "sim_hw")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    assert len(files) > 300
    foreign = re.compile(r"Literal\[[^\]]*\b(True|False)\b")
    assert [file.name for file in files if foreign.search(file.read_text("utf-8"))] == []


@pytest.mark.check
@pytest.mark.processes
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_what_is_built_flies_in_an_empty_environment(kind: str, tmp_path: Path) -> None:
    built = tmp_path / "built"
    if kind == "sdist":
        program = "import sys; from hatchling.build import build_sdist; build_sdist(sys.argv[1])"
        builder = environment(tmp_path / "builder")
        run(*pip("--python", builder, "install", "hatchling"))
        built.mkdir()
        run(builder, "-c", program, built, cwd=ROOT)
    else:
        run(*pip("wheel", "--no-deps", "--wheel-dir", built, ROOT))
    (package,) = built.iterdir()
    python = environment(tmp_path / "empty")
    run(*pip("--python", python, "install", package))
    assert flown(python, tmp_path / "folder")["verdict"] == "success"


@pytest.mark.check
@pytest.mark.processes
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the floors are those of Python 3.11")
def test_the_lowest_versions_fly_as_the_newest_do(tmp_path: Path) -> None:
    lowest = [each.replace(">=", "==") for each in PROJECT["dependencies"]]
    verdicts = []
    for name, requirements in (("lowest", lowest), ("newest", PROJECT["dependencies"])):
        python = environment(tmp_path / name)
        run(*pip("--python", python, "install", *requirements))
        run(*pip("--python", python, "install", "--no-deps", ROOT))
        verdicts.append(flown(python, tmp_path / f"{name}-folder"))
    assert [each["verdict"] for each in verdicts] == ["success", "success"]
    assert verdicts[0]["log_sha256"] == verdicts[1]["log_sha256"]
