"""How the ground follows a command whose reports may be lost; on a clock of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.icd.messages import Command, CommandReport, Rung
from ground.mission_control.archive.archive import Archive
from ground.mission_control.commanding.tracker import CommandTracker, Verdict
from ground.mission_control.timing.windows import Window

ASK_AFTER = 2 * 88775.24414688001  # s: two sols

SOL = 88_775.0
DAYS_OF_WORK = 20 * SOL


class Ground:
    """A tracker, what it has sent, and the time."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.sent: list[str] = []
        self.archive = Archive(folder / "archive.sqlite")
        self.tracker = CommandTracker(
            self.archive, lambda vehicle: Window(600.0, 700.0, 30_000.0), self._send, self._now_ns
        )

    def _now_ns(self) -> int:
        return round(self.now * 1e9)

    def _send(self, orders: list[Command]) -> None:
        self.sent += [order.identifier for order in orders]
        self.tracker.sent([order.identifier for order in orders], self._now_ns())

    def issue(self) -> None:
        order = Command("mc-1", "mav", "condition", {}, "mission_control")
        self.tracker.issue("step", [order], DAYS_OF_WORK)

    def hear(self, rung: Rung, *, repeated: bool = False) -> None:
        self.tracker.report(CommandReport("mc-1", "mav", rung, self._now_ns(), repeated=repeated))

    def live(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += 1800.0
            self.tracker.check()


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    ground = Ground(tmp_path)
    yield ground
    ground.archive.close()


def test_a_vehicle_at_work_is_asked_and_the_lost_report_of_the_end_comes_after_all(
    ground: Ground,
) -> None:
    ground.issue()
    ground.hear(Rung.STARTED)
    ground.live(ASK_AFTER + 2 * SOL)
    assert len(ground.sent) >= 2
    ground.hear(Rung.COMPLETED, repeated=True)
    assert ground.tracker.command("mc-1").verdict is Verdict.COMPLETED


def test_a_vehicle_at_work_that_answers_is_given_all_its_time(ground: Ground) -> None:
    ground.issue()
    ground.hear(Rung.STARTED)
    for _ in range(7):
        ground.live(2.5 * SOL)
        ground.hear(Rung.STARTED, repeated=True)
    command = ground.tracker.command("mc-1")
    assert command.verdict is None
    assert not command.late
    assert len(ground.sent) >= 7


def test_a_vehicle_that_never_says_a_word_is_given_up_after_a_few_repeats(ground: Ground) -> None:
    ground.issue()
    ground.live(10 * SOL)
    assert ground.tracker.command("mc-1").verdict is Verdict.UNANSWERED
    assert len(ground.sent) == 4


def test_a_vehicle_that_lost_its_memory_is_asked_at_once_for_what_it_was_at_work_on(
    ground: Ground,
) -> None:
    ground.issue()
    ground.tracker.ask("mav")  # it has not said a word: it is asked as ever
    ground.live(1.0)
    assert ground.sent == ["mc-1"]
    ground.hear(Rung.STARTED)
    ground.live(3600.0)
    ground.tracker.ask("rover")
    ground.live(1.0)
    assert ground.sent == ["mc-1"], "another vehicle's memory is no matter"
    ground.tracker.ask("mav")
    ground.live(1.0)
    assert ground.sent == ["mc-1", "mc-1"]
    ground.live(3600.0)
    assert ground.sent == ["mc-1", "mc-1"], "once is enough"
    ground.tracker.report(CommandReport("mc-1", "mav", Rung.REJECTED, 0, "in state safe"))
    assert ground.tracker.command("mc-1").verdict is Verdict.REJECTED
    ground.tracker.ask("mav")
    ground.live(1.0)
    assert ground.sent == ["mc-1", "mc-1"]
