"""The page of the run folder names every file and every key that a run leaves."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from ground.testbed.control_room.dictionary import build_dictionary
from ground.testbed.participants.vehicles import vehicle_classes
from tests.flown import Fly

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/run-folder.md"
SHARED = pytest.mark.flies("short")


@pytest.fixture
def short(flown: Fly) -> Path:
    return flown("short").folder


@SHARED
def test_every_file_is_on_the_page(short: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for path in short.rglob("*"):
        name = path.relative_to(short).as_posix()
        if name.startswith("nodes/"):
            name = "nodes/<vehicle>.sqlite"
        if path.is_file():
            shown = "ground/manifest.md" if name == "ground/manifest.json" else name
            assert f"`{shown}`" in page


@SHARED
def test_every_key_of_the_summary_is_on_the_page(short: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for key in json.loads((short / "summary.json").read_text()):
        assert f"`{key}`" in page


@SHARED
def test_every_table_and_view_of_the_archive_is_on_the_page(short: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    archive = sqlite3.connect(short / "ground" / "archive.sqlite")
    beneath_views = {"commands", "rungs", "events", "streams", "samples", "custody"}
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    for (name,) in archive.execute(query):
        assert name in beneath_views or f"`{name}`" in page
    archive.close()


@SHARED
def test_the_questions_of_the_page_for_operators_have_answers(short: Path) -> None:
    page = (PAGE.parents[1] / "how-to/operate.md").read_text(encoding="utf-8")
    archive = sqlite3.connect(short / "ground" / "archive.sqlite")
    questions = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    assert len(questions) == 7
    for question in questions:
        rows = archive.execute(question).fetchall()
        assert rows or "pass_list" in question or "alarms" in question, question
    archive.close()


def test_what_the_page_for_operators_says_to_command_there_is() -> None:
    page = (PAGE.parents[1] / "how-to/operate.md").read_text(encoding="utf-8")
    table = page.partition("| it is | command |")[2].partition("\n\n")[0]
    dictionary = build_dictionary(vehicle_classes())["vehicles"].values()
    known = {name for vehicle in dictionary for name in vehicle["commands"]}
    said = set(re.findall(r"`([a-z_]+)`", table)) - {"silence_sols"}
    assert len(said) > 8 and said <= known
