"""A vehicle that has lost its memory is told where things stand, and then looks for its tubes."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.custody_record import CustodyRecord, CustodyStatus, Evidence
from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution.arguments import survey_key
from ground.mission_control.execution.recovery import Recoverer, Recovery

RECORD = CustodyRecord(
    tube="M1", owner="rover", step="adopt", status=CustodyStatus.HELD, place="rover_rack",
    evidence=Evidence("camera", "seen"), since_ns=1, link=1, sequence=1,
)  # fmt: skip
LANDER = {"east": 1.0, "north": 2.0, "error": 0.5, "title": "of no use"}
ALL = ("look_for_tubes", "locate_lander", "correct_place")


class Room:
    """Tools of a procedure that tell which commands were ordered."""

    def __init__(self) -> None:
        self.ordered: list[tuple[str, str, dict[str, Any], float]] = []
        self.logged: list[str] = []
        self.verdict = Verdict.COMPLETED
        self.told: list[CustodyRecord] = [RECORD]
        self.commands = ALL
        self.lander: dict[str, Any] | None = LANDER
        self.seen: Any = SimpleNamespace(east=7.0, north=8.0, error=0.25)
        self.imagery = True

    async def order(self, name: str, step: Any) -> Any:
        self.ordered.append((name, step.command, step.arguments, step.limit_sols))
        return SimpleNamespace(verdict=self.verdict, detail="no", issued_ns=5)

    async def find(self, vehicle: str) -> Any:
        return self.seen

    def recover(self) -> list[str]:
        """What was ordered, by name."""
        vehicle = SimpleNamespace(commands=dict.fromkeys(self.commands))
        tools: Any = SimpleNamespace(
            custody=SimpleNamespace(forgotten=lambda name: self.told),
            dictionary=SimpleNamespace(vehicle=lambda name: vehicle),
            archive=SimpleNamespace(
                get=lambda key: self.lander if key == survey_key("lander") else None
            ),
            imagery=SimpleNamespace(find=self.find) if self.imagery else None,
        )
        rules: Any = SimpleNamespace(limit_sols=3.0)
        recoverer = Recoverer(
            rules, tools, [], lambda: None, self.order, lambda name, text: self.logged.append(text)
        )
        recovery = Recovery("1/steps drive", "rover", "drive", "safe", began=0.0)
        asyncio.run(recoverer._have_tubes_found(recovery, 88_775.244))
        return [command for _, command, _, _ in self.ordered]


@pytest.fixture
def room() -> Room:
    return Room()


def test_it_is_told_both_places_before_it_looks(room: Room) -> None:
    assert room.recover() == ["locate_lander", "correct_place", "look_for_tubes"]
    lander, own, look = (arguments for _, _, arguments, _ in room.ordered)
    assert lander == {"east": 1.0, "north": 2.0, "error": 0.5}
    assert own == {"east": 7.0, "north": 8.0, "error": 0.25}
    assert [each["tube"] for each in look["records"]] == ["M1"]
    [*left] = (limit for _, _, _, limit in room.ordered)
    assert left == pytest.approx([1.0] * 3, abs=1e-6)  # a sol is left, of three
    assert room.ordered[0][0] == "1/steps drive locate_lander"


def test_who_has_forgotten_nothing_or_cannot_look_is_told_nothing(room: Room) -> None:
    room.told = []
    assert room.recover() == []
    room.told, room.commands = [RECORD], ("locate_lander", "correct_place")
    assert room.recover() == []


@pytest.mark.parametrize(
    ("changes", "ordered"),
    [
        ({"lander": None}, ["correct_place", "look_for_tubes"]),
        ({"imagery": False}, ["locate_lander", "look_for_tubes"]),
        ({"seen": "clouds"}, ["locate_lander", "look_for_tubes"]),
        ({"commands": ("look_for_tubes", "locate_lander")}, ["locate_lander", "look_for_tubes"]),
        ({"commands": ("look_for_tubes", "correct_place")}, ["correct_place", "look_for_tubes"]),
    ],
)
def test_what_is_not_known_or_not_understood_is_not_told(
    room: Room, changes: dict[str, Any], ordered: list[str]
) -> None:
    for name, value in changes.items():
        setattr(room, name, value)
    assert room.recover() == ordered
    assert room.logged == (["rover was not found from orbit: clouds"] if "seen" in changes else [])


def test_what_does_not_succeed_is_noted_and_the_rest_is_done(room: Room) -> None:
    room.verdict = Verdict.REJECTED
    assert room.recover() == ["locate_lander", "correct_place", "look_for_tubes"]
    assert room.logged[0] == "locate_lander ended REJECTED: no" and len(room.logged) == 3
