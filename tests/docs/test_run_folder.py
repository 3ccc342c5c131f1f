"""The page of the run folder names every file and every key that a run leaves."""

import json
import sqlite3
from pathlib import Path

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.run import RunOptions

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/run-folder.md"


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "short"
    fly_mission(load_mission("short"), folder, RunOptions())
    return folder


def test_every_file_is_on_the_page(flown: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for path in flown.rglob("*"):
        name = path.relative_to(flown).as_posix()
        if name.startswith("nodes/"):
            name = "nodes/<vehicle>.sqlite"
        if path.is_file():
            shown = "ground/manifest.md" if name == "ground/manifest.json" else name
            assert f"`{shown}`" in page


def test_every_key_of_the_summary_is_on_the_page(flown: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for key in json.loads((flown / "summary.json").read_text()):
        assert f"`{key}`" in page


def test_every_table_and_view_of_the_archive_is_on_the_page(flown: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    archive = sqlite3.connect(flown / "ground" / "archive.sqlite")
    beneath_views = {"commands", "rungs", "events", "streams", "samples", "custody"}
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    for (name,) in archive.execute(query):
        assert name in beneath_views or f"`{name}`" in page
    archive.close()
