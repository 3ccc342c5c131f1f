"""What mission time waits for in vain is given up after so many looks; what works is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.runtime.common_clock import ClockKeeper, CommonClock
from ground.testbed.participants.roles import owner_of, participants
from ground.testbed.processes.clock_watch import ClockWatch, Tell

NAMES = participants(["rover"])


class Scene:
    """A keeper with its watch, and a rover beside mission control."""

    def __init__(self, folder: Path) -> None:
        file = folder / "clock"
        ClockKeeper.create(file, NAMES)
        self.keeper = ClockKeeper(file, NAMES, "hardware", owner_of)
        for name in NAMES:
            self.keeper.start(name, 0, 1)
        self.rover = CommonClock(file, NAMES, "rover", owner_of)
        self.ground = CommonClock(file, NAMES, "mission_control", owner_of)
        for each in (self.keeper, self.rover, self.ground):
            each.idle(10)
        self.keeper.begin()
        self.hung: list[str] = []
        self.told: list[str] = []
        self.watch = ClockWatch(self.keeper, Tell(self.hung.append, self.told.append))

    def look(self, times: int, asleep: CommonClock | None = None) -> None:
        """`asleep`: who is not let run, and does not answer at the door."""
        for _ in range(times):
            self.watch.look()
            for each in (self.keeper, self.rover, self.ground):
                if each is not asleep:
                    each.answer_door()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    for each in (scene.keeper, scene.rover, scene.ground):
        each.close()


def test_a_lost_message_is_given_up_after_its_looks_and_told(scene: Scene) -> None:
    scene.rover.sent_to(0)
    scene.look(20)
    assert not scene.keeper.look().settled and not scene.told
    scene.look(1)
    assert scene.keeper.look().settled
    assert scene.told == ["hardware has not taken 1 messages sent to it"]


def test_each_change_begins_the_count_anew(scene: Scene) -> None:
    scene.rover.sent_to(0)
    scene.look(20)
    scene.ground.busy(0)
    scene.ground.idle(10)
    scene.look(20)
    assert not scene.told
    scene.keeper.busy(0)  # who looks is woken by the looks of others: that is no progress
    scene.keeper.idle(10)
    scene.look(1)
    assert scene.told


def test_a_connection_that_never_comes_up_is_given_up_and_told(scene: Scene) -> None:
    scene.ground.follow("rover.node")
    scene.look(21)
    assert scene.keeper.look().settled
    assert scene.told == ["mission_control is not connected to rover"]


def test_who_works_for_long_is_waited_for_and_who_hangs_is_told(scene: Scene) -> None:
    scene.rover.sent_to(0)
    scene.rover.busy(0)
    scene.look(480)
    assert not scene.hung and not scene.told and not scene.keeper.look().settled
    scene.look(1)
    assert scene.hung == ["rover"]


def test_who_has_sent_a_message_is_waited_for_until_it_is_let_run(scene: Scene) -> None:
    scene.ground.sent_to(1)  # it lies there still, in a queue of a process that does not run
    scene.look(480, asleep=scene.ground)
    assert not scene.told
    scene.rover.taken()
    scene.look(1)
    assert not scene.told and scene.keeper.look().settled


def test_who_is_not_let_run_is_not_taken_for_one_to_whom_nothing_comes(scene: Scene) -> None:
    """A machine with much to do lets one process wait for many seconds, and another look."""
    scene.ground.sent_to(1)
    scene.look(480, asleep=scene.rover)
    assert not scene.told and not scene.keeper.look().settled
    scene.rover.taken()
    scene.look(1)
    assert not scene.told and scene.keeper.look().settled


def test_one_that_never_answers_is_not_waited_for_for_ever(scene: Scene) -> None:
    scene.ground.sent_to(1)
    scene.look(481, asleep=scene.rover)
    assert scene.told == ["rover has not taken 1 messages sent to it"]


def test_a_connection_waits_for_both_its_ends(scene: Scene) -> None:
    scene.ground.follow("rover.node")
    scene.look(480, asleep=scene.rover)
    assert not scene.told
    scene.look(21)
    assert scene.told == ["mission_control is not connected to rover"]


def test_what_was_given_up_and_comes_after_all_is_put_right_at_the_next_look(scene: Scene) -> None:
    scene.ground.sent_to(1)
    scene.look(21)
    scene.rover.taken()
    assert not scene.keeper.look().settled
    scene.look(1)
    assert scene.keeper.look().settled
    scene.ground.sent_to(1)  # and it hides no other
    assert scene.keeper.look().in_flight == ((1, 1),)


def test_what_is_taken_before_its_sender_has_counted_it_is_not_waited_for(scene: Scene) -> None:
    scene.ground.busy(0)
    scene.rover.taken()
    scene.look(1)
    scene.ground.sent_to(1)
    scene.ground.idle(10)
    assert scene.keeper.look().settled
    scene.look(21)
    assert not scene.told and scene.keeper.look().settled
