"""Where an operated run stood is noted: one that dies flies to there and goes on as asked."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ground.commands import resuming
from ground.commands.resuming import Resumed
from ground.edge.private_files import state_folder
from ground.edge.standing import GOAL, STANDING, Standing, StandingFile, read_standing
from ground.missions.run_folder import RunFolder
from ground.testbed.operating.run_control import ControlRefused, RefusedByRun
from ground.testbed.record.session import SessionHead, SessionWriter


class Wall:
    """A clock of the wall that stands until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_flies_on_is_noted_each_second_and_what_is_asked_for_at_once(tmp_path: Path) -> None:
    wall = Wall()
    kept = StandingFile(tmp_path, wall)

    def noted(*standing: Any) -> bool:
        kept.note(Standing(*standing))
        return read_standing(tmp_path / STANDING) == Standing(*standing)

    assert noted(0, 0.0)
    assert noted(10, None, 5000.0), "it was set going"
    assert not noted(20, None, 5000.0), "it flies on, and a second has not gone by"
    wall.now += 1.0
    assert noted(30, None, 5000.0)
    assert noted(40, None, 6000.0), "it is to stand elsewhere"
    assert noted(50, 0.0), "it stands"
    assert noted(60, 0.0), "it stands elsewhere: what lies between was too short to be seen"


def test_what_is_no_note_is_none(tmp_path: Path) -> None:
    assert read_standing(tmp_path / STANDING) is None
    (tmp_path / STANDING).write_text('{"time_ns": "soon"}')
    assert read_standing(tmp_path / STANDING) is None
    (tmp_path / STANDING).write_text('{"time_ns": 7, "pace": null}')  # as an older edge wrote it
    assert read_standing(tmp_path / STANDING) == Standing(7, None, None)


class Run:
    """A run that is flown again, as far as one that resumes it asks."""

    def __init__(self) -> None:
        self.time = 0.0
        self.rate: float | None = 0.0
        self.asked: list[tuple[float | None, float | None]] = []
        self.paces = 0
        self.between: Any = lambda: None  # what comes after a look

    def __call__(self, *_: Any, **__: Any) -> "Run":
        return self

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None: ...

    def look(self) -> dict[str, Any]:
        told = {"time": self.time, "pace": self.rate, "paces": self.paces}
        self.between()
        return told

    def pace(self, rate: float | None, until: float | None = None, after: int = -1) -> None:
        if until is not None and until < self.time:
            raise ControlRefused("it is past")
        if after != self.paces:
            raise RefusedByRun("somebody has set the pace meanwhile")
        self.paces += 1
        self.asked.append((rate, until))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = Run()
    monkeypatch.setattr(resuming, "RunControl", run)
    return run


def resumed(folder: Path, standing: Standing, pace: str | None = None) -> Resumed:
    flown = RunFolder(folder)
    head = SessionHead(1, "surface", 1, None, {})
    SessionWriter(flown, head).close()
    flown.close()
    (state_folder(folder) / STANDING).write_bytes(msgspec.json.encode(standing))
    return Resumed(folder, pace)


@pytest.mark.parametrize(
    ("standing", "pace", "goes_on"),
    [
        (Standing(10**9, None, 5000.0), None, (None, 5000.0)),
        (Standing(10**9, 60.0), None, (60.0, None)),
        (Standing(5000 * 10**9, 0.0), None, (0.0, None)),
        (Standing(5000 * 10**9, None, 5000.0), None, (0.0, None)),  # it was about to stand
        (Standing(10**9, None, 5000.0), "3", (3.0, None)),
    ],
)
def test_one_that_died_goes_on_to_where_it_was_to_stand(
    run: Run, tmp_path: Path, standing: Standing, pace: str | None, goes_on: Any
) -> None:
    folder = tmp_path / "run"
    again = resumed(folder, standing, pace)
    there = standing.time_ns / 1e9
    assert not again.arrived() and run.asked == [(None, there)]
    run.time, run.rate = there / 2, None
    assert not again.arrived() and run.asked == [(None, there)]
    assert read_standing(state_folder(folder) / GOAL) is not None
    run.time, run.rate = there, 0.0
    assert again.arrived() and run.asked == [(None, there), goes_on]
    assert read_standing(state_folder(folder) / GOAL) is None


def test_one_that_is_there_can_die_again_before_the_edge_has_noted_that(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    again = resumed(folder, Standing(10**9, 0.0))
    noted = state_folder(folder) / STANDING
    noted.write_bytes(msgspec.json.encode(Standing(10**8, None)))  # as the edge does on the way
    run.time, run.rate = 1.0, 0.0
    for _ in range(3):
        assert not again.arrived() and again.record.exists()
        assert read_standing(state_folder(folder) / GOAL) == Standing(10**9, 0.0)
    noted.write_bytes(msgspec.json.encode(Standing(10**9, 0.0)))
    assert again.arrived() and not again.record.exists()
    assert read_standing(state_folder(folder) / GOAL) is None
    assert run.asked == [(0.0, None)]
    assert read_standing(noted) == Standing(10**9, 0.0)  # else a second death would forget it


@pytest.mark.parametrize(
    "when", ["before the first look", "after it", "on its way", "after the last look"]
)
def test_the_pace_that_somebody_sets_on_one_that_comes_back_holds(
    run: Run, tmp_path: Path, when: str
) -> None:
    """Whenever it comes, also between a look and what is asked then; here they have it stand."""
    folder = tmp_path / "run"
    again = resumed(folder, Standing(10**9, 50.0))
    noted = state_folder(folder) / STANDING
    noted.write_bytes(msgspec.json.encode(Standing(10**8, None)))  # as the edge does on the way

    def somebody() -> None:
        run.rate, run.paces, run.between = 0.0, run.paces + 1, lambda: None

    if when == "before the first look":
        somebody()
    elif when == "after it":
        run.between = somebody
    assert not again.arrived()
    asked = [(None, 1.0)] if run.rate != 0.0 or run.asked else []
    run.time = 0.5
    if when == "on its way":
        somebody()
    elif when == "after the last look":
        run.time, run.rate, run.between = 1.0, 0.0, somebody
    assert not again.arrived() and not again.arrived()
    assert run.paces == len(asked) + 1 and run.asked == asked
    noted.write_bytes(msgspec.json.encode(Standing(10**9, 0.0)))
    assert again.arrived() and run.asked == asked
    assert read_standing(state_folder(folder) / GOAL) is None
