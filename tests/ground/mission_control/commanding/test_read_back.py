"""What becomes active on board is what the ground has loaded, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import Command, CommandReport, Rung
from flight.icd.refusals import READ_BACK_REFUSAL
from ground.mission_control.archive.archive import Archive
from ground.mission_control.commanding.read_back import ACTIVATE, LOAD, ReadBack
from ground.mission_control.commanding.tracker import CommandTracker
from ground.mission_control.timing.windows import Window

TRIES = 2

PERSON, PROCEDURE = "operator.drill", "mission_control"
REFUSAL = f"rover: {READ_BACK_REFUSAL} slip_limit is 0.5, 0.7 was loaded."


class Ground:
    """A tracker with the read-back; vehicles answer as the test says."""

    def __init__(self, folder: Path) -> None:
        self.sent: list[Command] = []
        self.archive = Archive(folder / "archive.sqlite")
        self.tracker = CommandTracker(
            self.archive, lambda vehicle: Window(1.0, 2.0, 3.0), self.sent.extend, lambda: 0
        )
        self.read_back = ReadBack(self.tracker, lambda vehicle, command: 60.0)
        self.tracker.completed = self.read_back.completed
        self.tracker.on_verdict = self.read_back.heard

    def order(self, name: str, to: str = "rover", by: str = PERSON, **arguments: Any) -> Command:
        (identifier,) = self.tracker.next_identifiers(1)
        self.tracker.issue("step", [Command(identifier, to, name, arguments, by)], 60.0)
        return self.sent[-1]

    def answer(self, order: Command, rung: Rung = Rung.COMPLETED, detail: str = "") -> None:
        self.tracker.report(CommandReport(order.identifier, order.target, rung, 0, detail))

    def refuse(self, order: Command) -> list[Command]:
        """What is sent then."""
        before = len(self.sent)
        self.answer(order, Rung.REJECTED, REFUSAL)
        return self.sent[before:]


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    ground = Ground(tmp_path)
    yield ground
    ground.archive.close()


def test_an_activation_names_all_that_was_loaded_there_since_the_last(ground: Ground) -> None:
    ground.answer(ground.order(LOAD, values={"slip_limit": 0.7, "segment": 5}))
    ground.answer(ground.order(LOAD, values={"segment": 3}))
    ground.answer(ground.order(LOAD, values={"visits": 0}), Rung.REJECTED)
    ground.order(LOAD, to="lander", values={"day_power": 9})
    first = ground.order(ACTIVATE)
    assert first.arguments == {"expected": {"slip_limit": 0.7, "segment": 3}}
    ground.answer(first)
    assert ground.order(ACTIVATE).arguments == {}
    assert ground.order(ACTIVATE, expected={"a": 1}).arguments == {"expected": {"a": 1}}


@pytest.mark.parametrize(("by", "names"), [(PERSON, [LOAD, ACTIVATE]), (PROCEDURE, [LOAD])])
def test_what_was_dropped_is_loaded_again_a_few_times(
    ground: Ground, by: str, names: list[str]
) -> None:
    values = {"slip_limit": 0.7}
    ground.answer(ground.order(LOAD, by=by, values=values))
    for _ in range(TRIES):
        again = ground.refuse(ground.order(ACTIVATE, by=by))
        assert [each.name for each in again] == names
        assert again[0].arguments == {"values": values} and again[0].origin == by
        assert again[-1].arguments in ({"expected": values}, {"values": values})
        ground.answer(again[0])
    assert ground.refuse(ground.order(ACTIVATE, by=by)) == []
    ground.answer(ground.order(ACTIVATE, by=by))
    ground.answer(ground.order(LOAD, by=by, values=values))
    assert ground.refuse(ground.order(ACTIVATE, by=by)), "after one that went well, again"


def test_another_refusal_loads_nothing(ground: Ground) -> None:
    ground.answer(ground.order(LOAD, values={"slip_limit": 0.7}))
    order = ground.order(ACTIVATE)
    ground.answer(order, Rung.REJECTED, "load and validate first")
    assert ground.sent[-1] is order
