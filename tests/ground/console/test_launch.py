"""`short` is flown to orbit from the procedure screen, the launch approved in a second browser. The
session, with pauses, a fault and a death of mission control, flies again from its record.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ground.testbed.operating.run_control import RunControl
from ground.testbed.record.session import SESSION_FILE
from tests.ground.console.conftest import PATIENCE, ROOT, Process, Served, Tab, free_port

PACE = 20_000.0  # mission seconds in a second, between the decisions of people
FLIGHT = 420.0  # wall seconds that it may take
LOOK = 0.05  # wall seconds
FAULT = {"id": "gauge", "device": "lander.battery", "kind": "bias", "offset": 0.01, "lasts": "1 h"}
_NOBODY: Process = object.__new__(Process)

pytestmark = [
    pytest.mark.check,
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("console"),
]


@contextmanager
def demo_of(mission: str, tmp_path: Path) -> Iterator[tuple[Served, Path, dict[str, str]]]:
    """A demo that stands at its beginning, its folder, and the links of its people."""
    port, log, out = free_port(), tmp_path / "demo.log", tmp_path / "run"
    words = ["console", "--demo", mission, "--pace", "0", "--no-browser", "--port", str(port)]
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


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Served, Path, dict[str, str]]]:
    """Of `short`."""
    with demo_of("short", tmp_path) as made:
        yield made


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
                for entry in told.get("journal", ()):  # none while mission control is down
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

    def breaks(self) -> None:
        """Another pace, a pause, and a fault, at the beginning."""
        with RunControl(self.folder, patience=30.0) as control:
            control.pace(50.0)
            time.sleep(0.2)
            control.pace(0.0)
            told = control.ask("anna", {"do": "fault_inject", "fault": FAULT}, "breaks", "anna-1")
            assert told["fault"] == FAULT["id"]

    def dies(self) -> None:
        """A death of mission control, while people decide something."""
        with RunControl(self.folder, patience=30.0) as control:
            control.ask("anna", {"do": "kill", "role": "ground"}, "dies", "anna-1")
            control.pace(PACE)
            end = time.monotonic() + FLIGHT
            while control.poll()["ground"] == "down":
                assert time.monotonic() < end
                time.sleep(LOOK)


def flies_again(out: Path, place: Path) -> None:
    """The record gives the same bits; another argument, and an input less, give others."""
    head, *inputs = (out / SESSION_FILE).read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in inputs]
    does = [each["input"]["request"]["do"] for each in asked]
    assert {"procedure_run", "procedure_answer", "fault_inject", "kill"} <= set(does)
    assert {each["input"]["user"] for each in asked} >= {"anna", "ben"}
    again = place / "again"
    words = ["fly", "--from", str(out), "--out", str(again), "--quiet", "--no-pictures"]
    subprocess.run([sys.executable, "-m", "ground.cli", *words], cwd=ROOT, check=True)
    assert summary_of(again)["log_sha256"] == summary_of(out)["log_sha256"]
    fault = does.index("fault_inject")
    end = asked[fault]["time_ns"] / 1e9 + 600.0
    other = json.loads(inputs[fault])
    other["input"]["request"]["fault"]["offset"] = 0.02
    altered = [*inputs[:fault], json.dumps(other), *inputs[fault + 1 :]]
    kept = [each for number, each in enumerate(asked) if number != fault]
    dropped = [json.dumps({**each, "order": order}) for order, each in enumerate(kept, 1)]
    hashes = []
    for name, lines in (("as it was", inputs), ("altered", altered), ("dropped", dropped)):
        file = place / f"{name}.jsonl"
        file.write_text("".join(f"{line}\n" for line in (head, *lines)), encoding="utf-8")
        words = [sys.executable, "-m", "tests.ground.testbed.operating.operated", str(file),
                 str(place / name), "short", str(end)]  # fmt: skip
        told = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
        hashes.append(told.stdout.splitlines()[-1])
    assert len(set(hashes)) == 3, hashes


@pytest.mark.requirement("CON-06")
@pytest.mark.requirement("REC-05")
def test_the_mav_is_launched_from_the_procedure_screen_by_two_people(
    demo: tuple[Served, Path, dict[str, str]], open_tab: Callable[..., Tab], tmp_path: Path
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
    flight.breaks()
    while (hold := flight.next_hold()) is not None:
        assert hold["kind"] == "approval", hold
        press(anna, "approve")  # who took it in hand is no director
        anna.sees("director", "#said")
        if not approved:
            flight.dies()
            anna.page.locator(".console:not(.lost)").wait_for()
        press(ben, "approve")
        ben.sees("Answered", "#said")
        approved.append(hold["command"])
    assert any("launch" in str(command) for command in approved), approved
    assert flight.ended == "complete"
    summary = summary_of(out)
    assert summary["verdict"] == "success", summary
    assert anna.said == ben.said == []
    flies_again(out, tmp_path)
