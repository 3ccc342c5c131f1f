"""`short` is flown to orbit from the procedure screen, the launch approved in a second browser."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ground.testbed.run_control import RunControl
from tests.ground.console.conftest import PATIENCE, ROOT, Process, Served, Tab, free_port

PACE = 20_000.0  # mission seconds in a second, between the decisions of people
FLIGHT = 420.0  # wall seconds that it may take
LOOK = 0.05  # wall seconds
_NOBODY: Process = object.__new__(Process)

pytestmark = [
    pytest.mark.check,
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("console"),
]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Served, Path, dict[str, str]]]:
    """A demo of `short` that stands at its beginning, its folder, and the links of its people."""
    port, log, out = free_port(), tmp_path / "demo.log", tmp_path / "run"
    words = ["console", "--demo", "short", "--pace", "0", "--no-browser", "--port", str(port)]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "ground.cli", *words, "--out", str(out)],
            cwd=ROOT, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        end = time.monotonic() + 3 * PATIENCE
        while "Ctrl-C" not in log.read_text():
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        links = {
            user: re.search(rf"{user}\b.*?(http\S+)", log.read_text())[1]  # type: ignore[index]
            for user in ("anna", "ben")
        }
        yield Served(port, tmp_path, _NOBODY, _NOBODY), out, links
    finally:
        process.terminate()
        process.wait(PATIENCE)


def press(tab: Tab, name: str) -> None:
    """A button, by keyboard."""
    tab.page.locator("button:enabled", has_text=name).first.focus()
    tab.press("Enter")


def summary_of(folder: Path) -> dict[str, Any]:
    """What the run says of itself when it is over."""
    end = time.monotonic() + 3 * PATIENCE
    while not (file := folder / "summary.json").exists():
        assert time.monotonic() < end, "the run leaves no summary"
        time.sleep(0.1)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


class Flight:
    """Lets time run until somebody has to decide something, and no further."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen = 0
        self.ended = ""

    def next_hold(self) -> dict[str, Any] | None:
        """What the procedure waits for; None: it has ended."""
        end = time.monotonic() + FLIGHT
        with RunControl(self.folder, patience=30.0) as control:
            control.pace(PACE)
            while time.monotonic() < end:
                told = control.poll(journal=self.seen)
                for entry in told["journal"]:
                    self.seen = entry["n"]
                    hold = entry["data"].get("hold") if entry["topic"] == "proc" else None
                    if hold and entry["what"] == "holds":
                        control.pace(0.0)
                        found: dict[str, Any] = hold
                        return found
                if told["ended"]:
                    self.ended = told["ended"]
                    return None
                time.sleep(LOOK)
        raise AssertionError("the flight has not come to an end")


@pytest.mark.requirement("CON-06")
@pytest.mark.requirement("REC-05")
def test_the_mav_is_launched_from_the_procedure_screen_by_two_people(
    demo: tuple[Served, Path, dict[str, str]], open_tab: Callable[..., Tab]
) -> None:
    served, out, links = demo
    anna, ben = open_tab(served), open_tab(served)
    for tab, user in ((anna, "anna"), (ben, "ben")):
        tab.page.goto(links[user])
        tab.page.locator(".card").first.wait_for()
        tab.go("p")
    press(anna, "Take in hand")
    anna.sees("It is in your hands", "#said")
    flight, approved = Flight(out), []
    while (hold := flight.next_hold()) is not None:
        assert hold["kind"] == "approval", hold
        press(anna, "approve")  # who took it in hand is no director
        anna.sees("director", "#said")
        press(ben, "approve")
        ben.sees("Answered", "#said")
        approved.append(hold["command"])
    assert any("launch" in str(command) for command in approved), approved
    assert flight.ended == "complete"
    summary = summary_of(out)
    assert summary["verdict"] == "success", summary
    assert anna.said == ben.said == []
