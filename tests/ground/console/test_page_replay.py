"""`msr console --replay`: a run that has ended, on all screens, at any of its instants."""

import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ground.console.conftest import PATIENCE, ROOT, Process, Served, Tab, free_port

OpenTab = Callable[..., Tab]
_NOBODY: Process = object.__new__(Process)
pytestmark = [
    pytest.mark.check, pytest.mark.processes, pytest.mark.browser, pytest.mark.flies("surface"),
]  # fmt: skip


def sums(folder: Path) -> dict[str, str]:
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return {str(each): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def test_an_ended_run_is_looked_at_and_not_commanded(
    recorded: tuple[Path, Path], open_tab: OpenTab, tmp_path: Path
) -> None:
    run, before = recorded[0], sums(recorded[0])
    port, log = free_port(), tmp_path / "replay.log"
    words = ["console", "--replay", str(run), "--no-browser", "--port", str(port)]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "ground.cli", *words], cwd=ROOT, stdout=said, stderr=said
        )
    try:
        end = time.monotonic() + 3 * PATIENCE
        while "Ctrl-C" not in log.read_text():
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        link = re.search(r"ben\b.*?(http\S+)", log.read_text())
        assert link is not None
        tab = open_tab(Served(port, tmp_path, _NOBODY, _NOBODY))
        tab.page.goto(link[1])
        tab.sees("replay of a run that has ended", ".alarmbar")
        tab.sees("declare_ready")
        tab.go("r")
        tab.page.locator("#instant").fill("3 12:00")
        tab.press("Enter")
        tab.sees("Looking at Sol 3 12:00", ".alarmbar")
        listed = tab.page.locator(".panel", has_text="Go to").locator("tbody tr")
        # Of sol 13: later ones stay in the list.
        listed.filter(has_text="declare_ready").first.wait_for()
        marks = listed.evaluate_all("rows => rows.map((row) => row.className.trim())")
        here = marks.index("picked")  # the last one until then
        assert marks == ["soft"] * here + ["picked"] + [""] * (len(marks) - here - 1) and here
        tab.press("Escape")
        tab.go("o")
        tab.page.locator(".card").first.wait_for()
        assert tab.page.locator("main", has_text="declare_ready").count() == 0
        tab.press(".")  # there is no live view: the end of the run
        tab.sees("declare_ready")
        tab.sees("replay of a run that has ended", ".alarmbar")
        tab.go("y")
        tab.sees("Who holds what")
        tab.sees("as at the end: who holds what", ".alarmbar")
        assert tab.page.get_by_role("button", name=re.compile("^take", re.I)).count() == 0
    finally:
        process.terminate()
        process.wait(PATIENCE)
    assert sums(run) == before
