"""The room of drills with people: which files it shows, what may begin, and what it tells whom."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from flight.icd.messages import Command, EventReport, Severity
from flight.runtime.loop import VirtualLoop
from ground.drills import room as of_room
from ground.drills.crew import Crew
from ground.drills.room import DrillRoom
from ground.testbed.hosts.throttled import ThrottledHost

TEXT = """\
format: 1
title: A battery gauge
scenario: short
start: {at: 10 s}
horizon: 0.5 sol
faults:
  - {id: gauge, device: lander.battery, method: state, kind: dropout}
always: [tubes_accounted]
operator:
  - {prompt: What now, after: {event: lander.gauge_lost}, do: lander.report_status,
     deadline: 1 h}
"""
CASES = TEXT + "cases:\n  night: {title: By night}\n  day: {title: By day}\n"


class Host(ThrottledHost):
    """Stands for the host of a run that is held back."""

    def __init__(self) -> None:
        self.loop_of_run = VirtualLoop()
        self.stands = 0

    @property
    def held_loop(self) -> VirtualLoop:
        return self.loop_of_run

    def stand_here(self) -> None:
        self.stands += 1


class Room:
    """A room over a run that only has a name, and faults that were armed before."""

    def __init__(self) -> None:
        self.host = Host()
        self.armed: list[str] = []
        self.run: Any = SimpleNamespace(
            host=self.host, mission=SimpleNamespace(name="short"), observers=[],
            faults=SimpleNamespace(
                every=lambda: [(SimpleNamespace(id=each), "") for each in self.armed]
            ),
        )  # fmt: skip
        self.room = DrillRoom(self.run)

    def begin(self, text: str = TEXT, case: str = "", *, now: bool = False) -> dict[str, Any]:
        return self.room.begin("crew/gauge", text, case, now=now, stand=False)


@pytest.fixture
def made() -> Iterator[Room]:
    room = Room()
    yield room
    room.host.loop_of_run.close()


# ------------------------------------------------------------------------------------- files


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(of_room, "configs_folder", lambda: tmp_path)
    folder = tmp_path / "drills"
    (folder / "crew").mkdir(parents=True)
    (folder / "crew" / "b.yaml").write_text(CASES)
    (folder / "crew" / "a.yaml").write_text("scenario: short\n")
    (folder / "z.yaml").write_text(TEXT.replace("scenario: short", "scenario: surface"))
    (folder / "broken.yaml").write_text("scenario: [short\n")
    (folder / "list.yaml").write_text("- short\n")
    return folder


def test_the_files_of_this_runs_scenario_are_shown_and_broken_ones_are_not(
    made: Room, home: Path
) -> None:
    assert made.room.catalogue() == {
        "drills": [
            {"name": "crew/a", "title": "", "cases": [], "steps": 0},
            {"name": "crew/b", "title": "A battery gauge", "cases": ["night", "day"], "steps": 1},
        ]
    }
    assert made.room.text("crew/b") == {"name": "crew/b", "text": CASES}
    for other in ("z", "broken", "crew/../z", "../secret", ""):
        with pytest.raises(ValueError, match="allowed is one of crew/a, crew/b"):
            made.room.text(other)


def test_where_there_is_none_that_is_said(made: Room, home: Path) -> None:
    made.run.mission.name = "return"
    with pytest.raises(ValueError, match="allowed is one of none"):
        made.room.text("crew/a")


def test_five_hundred_files_are_shown_and_not_one_more(made: Room, home: Path) -> None:
    for number in range(499):
        (home / f"n{number:03d}.yaml").write_text("scenario: short\n")
    shown = made.room.catalogue()["drills"]
    assert len(shown) == 500 and shown[-1]["name"] == "n497"


# ------------------------------------------------------------------------------- what may begin


def test_a_drill_waits_for_its_start_and_one_at_a_time(made: Room) -> None:
    assert made.begin() == {"drill": "gauge", "title": "A battery gauge", "starts": "10 s"}
    with pytest.raises(ValueError, match="gauge is under way: one drill at a time"):
        made.begin()
    assert made.room.end() == {"drill": "gauge"}
    with pytest.raises(ValueError, match="no drill waits"):
        made.room.end()
    assert made.begin(now=True)["starts"] == "now"
    made.room.end()


def test_what_is_refused_leaves_nothing_that_waits(made: Room) -> None:
    made.armed = ["gauge"]
    with pytest.raises(ValueError, match="fault gauge was armed already"):
        made.begin()
    made.armed = ["gauge_2"]
    for text, case, why in (
        ("format: 1", "", "title"), (TEXT, "night", "case = 'night': allowed"),
        (CASES, "", "night, day"), (CASES, "dawn", "case = 'dawn': allowed is one of"),
        (TEXT.replace("scenario: short", "scenario: surface"), "", "short is flown here"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=why) as refused:
            made.begin(text, case)
        assert "/tmp" not in str(refused.value), "nobody is told where it was read"
    assert made.room.told(trainer=True) == {"state": "none", "prompts": []}
    assert made.begin(CASES, "night")["title"] == "By night"


def test_a_start_that_is_over_is_refused_and_now_is_not(made: Room) -> None:
    made.host.loop_of_run.close()
    made.host.loop_of_run = VirtualLoop(start_ns=11_000_000_000)
    with pytest.raises(ValueError, match="the run is at 11 s; begin it now"):
        made.begin()
    assert made.begin(now=True)["starts"] == "now"


# --------------------------------------------------------------------------- who is told what


def test_of_a_drill_that_waits_trainers_are_told_all_and_the_crew_nothing(made: Room) -> None:
    made.begin()
    told = made.room.told(trainer=True)
    assert (told["state"], told["name"], told["start"]) == ("waiting", "gauge", "10 s")
    assert [fault["id"] for fault in told["faults"]] == ["gauge"]
    assert told["began_ns"] is None and told["ends_ns"] is None
    assert told["horizon_s"] == pytest.approx(0.5 * 88_775.244)
    assert made.room.told(trainer=False) == {"state": "none", "prompts": []}


def under_way(made: Room) -> Crew:
    """Has the drill that waits begin, without a flight around it; returns its crew."""
    room: Any = made.room
    sight: Any = SimpleNamespace()
    room._watch = SimpleNamespace(
        began=10.0, over=False, broken=[], break_off=lambda: room._watch.broken.append("off")
    )
    return room._let_people(sight)  # type: ignore[no-any-return]


def test_of_one_under_way_the_crew_is_told_what_it_is_asked_and_no_more(made: Room) -> None:
    made.begin()
    under_way(made)
    told = made.room.told(trainer=True)
    assert (told["state"], told["began_ns"]) == ("under_way", 10_000_000_000)
    assert told["ends_ns"] == pytest.approx(10_000_000_000 + 44_387_622_000_000, abs=1e6)
    assert [each["state"] for each in told["prompts"]] == ["not_yet"]
    assert made.room.told(trainer=False) == {"state": "none", "prompts": []}
    lost = EventReport("lander", "gauge_lost", Severity.WARNING_HI, 5, "", {}, 1)
    made.room.heard(lost)
    asked = made.room.told(trainer=False)
    assert asked["state"] == "under_way" and [p["prompt"] for p in asked["prompts"]] == ["What now"]
    assert "faults" not in asked and "command" not in asked["prompts"][0]
    made.room.issued(Command("mc-1", "lander", "report_status", {}, "x"), "ben")
    [done] = made.room.told(trainer=False)["prompts"]
    assert (done["state"], done["by"]) == ("in_time", "ben")


def test_one_under_way_that_is_ended_is_broken_off_and_judged(made: Room) -> None:
    made.begin()
    under_way(made)
    assert made.room.end() == {"drill": "gauge"}
    room: Any = made.room
    assert room._watch.broken == ["off"], "what it came to is still to be judged"


def test_what_is_heard_or_issued_without_a_drill_concerns_nobody(made: Room) -> None:
    made.room.heard(EventReport("lander", "gauge_lost", Severity.WARNING_HI, 5, "", {}, 1))
    made.room.issued(Command("mc-1", "lander", "report_status", {}, "x"), "ben")
    made.room.run_ends()
    assert made.room.told(trainer=True) == {"state": "none", "prompts": []}


class FakeWatch:
    """Stands for the watch over a drill; keeps what it was made of."""

    made: ClassVar[list["FakeWatch"]] = []

    def __init__(self, *given: Any) -> None:
        self.given = given
        self.began, self.over, self.begun, self.looks_too = 10.0, False, 0, False
        self.when_over: Any = None
        self.made.append(self)

    def let_people(self, letting: Any) -> None:
        letting(SimpleNamespace())

    def begin(self) -> None:
        assert self.looks_too and self.when_over is not None
        self.begun += 1


@pytest.mark.parametrize("stand", [True, False])
def test_when_its_start_has_come_it_is_watched_beside_who_looks_already(
    made: Room, monkeypatch: pytest.MonkeyPatch, stand: bool
) -> None:
    class Phases:
        def __init__(self, run: Any) -> None:
            self.looked: list[float] = []

        def look(self, now: float) -> None:
            self.looked.append(now)

    monkeypatch.setattr(of_room, "PhaseClock", Phases)
    monkeypatch.setattr(of_room, "Watch", FakeWatch)
    FakeWatch.made = []
    made.begin()
    room: Any = made.room
    drill, scenario = room._drill, SimpleNamespace(vocabulary="words")
    room._begin(drill, scenario, stand)
    [watch] = FakeWatch.made
    run, what, words, loop, phases = watch.given
    assert (run, what, words, loop) == (made.run, drill, "words", made.host.loop_of_run)
    assert phases.looked == [0.0] and watch.begun == 1 and made.host.stands == int(stand)
    assert made.room.told(trainer=True)["state"] == "under_way"
    with pytest.raises(ValueError, match="one drill at a time"):
        made.begin()
