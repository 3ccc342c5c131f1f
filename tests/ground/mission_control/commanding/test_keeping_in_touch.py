"""Keeping in touch: what goes to a vehicle that nobody commands, and when nothing does."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.messages import Command, EventReport, Severity
from flight.runtime.loop import VirtualLoop, run
from ground.mission_control.archive.archive import Archive
from ground.mission_control.commanding.keeping_in_touch import IN_TOUCH, KeepingInTouch
from ground.mission_control.commanding.tracker import CommandTracker, Verdict
from ground.mission_control.telemetry.telemetry import LatestTelemetry
from ground.mission_control.timing.windows import Window
from ground.missions.protection_files import load_protection
from ground.testbed.control_room.control_room import make_dictionary

AHEAD = 3 * 88775.24414688001  # s: three sols
EVERY = 2 * 88775.24414688001  # s: two sols

DICTIONARY = make_dictionary()


class Desk:
    """A tracker whose commands are answered at once, and the time of the loop."""

    def __init__(self, folder: Path, conjunctions: list[tuple[float, float]]) -> None:
        self.answers: Verdict | None = Verdict.COMPLETED
        self.sent: list[tuple[int, str, str, dict[str, Any]]] = []
        archive = Archive(folder / "archive.sqlite", {})
        self.tracker = CommandTracker(
            archive, lambda vehicle: Window(0.0, 0.0, 0.0), self._send, self._now_ns
        )
        self.telemetry = LatestTelemetry()
        self.heard("rover")
        self.touch = KeepingInTouch(
            ["rover", "lander"], self.tracker, self.telemetry, DICTIONARY, self._now, conjunctions
        )

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _now_ns(self) -> int:
        return round(self._now() * 1e9)

    def heard(self, vehicle: str) -> None:
        self.telemetry._received[vehicle] = 1

    def _send(self, orders: list[Command]) -> None:
        for order in orders:
            sol = round(self._now() / SOL_SECONDS)
            self.sent.append((sol, order.target, order.name, order.arguments))
            self.tracker.sent([order.identifier], self._now_ns())
            if self.answers is not None:
                self.tracker._end(self.tracker.command(order.identifier), self.answers)

    def command(self, name: str, stage: str = "run", **arguments: Any) -> str:
        [identifier] = self.tracker.next_identifiers(1)
        order = Command(identifier, "rover", name, arguments, "mission_control", stage)
        self.tracker.issue("a step", [order], 60.0)
        return identifier

    def spoken(self) -> list[tuple[int, str]]:
        return [(sol, name) for sol, vehicle, name, _ in self.sent if vehicle == "rover"]


def at_the_desk(folder: Path, story: Any, conjunctions: Any = ()) -> None:
    async def scenario() -> None:
        desk = Desk(folder, list(conjunctions))
        task = asyncio.get_running_loop().create_task(desk.touch.run())
        try:
            await story(desk)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    run(scenario(), VirtualLoop())


async def sols(count: float) -> None:
    await asyncio.sleep(count * SOL_SECONDS)


def test_who_was_heard_is_spoken_to_every_two_sols_and_nobody_else(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await sols(6.5)
        assert desk.spoken() == [(2, "report_status"), (4, "report_status"), (6, "report_status")]
        assert {vehicle for _, vehicle, _, _ in desk.sent} == {"rover"}
        desk.heard("lander")
        await sols(1.0)
        assert desk.sent[-1][1:3] == ("lander", "report_status")
        assert all(each.order.origin for each in desk.tracker.of_step(IN_TOUCH))

    at_the_desk(tmp_path, story)


def test_a_command_of_the_procedure_counts_and_one_that_is_at_work_is_left_alone(
    tmp_path: Path,
) -> None:
    async def story(desk: Desk) -> None:
        await sols(1.6)
        desk.command("enter_safe")
        await sols(1.3)
        assert desk.spoken() == [(2, "enter_safe")]
        desk.answers = None
        desk.command("enter_safe")
        await sols(30.0)
        assert len(desk.spoken()) == 2

    at_the_desk(tmp_path, story)


@pytest.mark.parametrize("verdict", [Verdict.COMPLETED, Verdict.REJECTED])
def test_announced_silence_is_kept_if_the_vehicle_knows_of_it(
    tmp_path: Path, verdict: Verdict
) -> None:
    async def story(desk: Desk) -> None:
        desk.answers = verdict
        desk.command("announce_silence", seconds=10 * SOL_SECONDS)
        await sols(9.9)
        assert len(desk.spoken()) == (1 if verdict is Verdict.COMPLETED else 5)
        await sols(0.2)
        assert desk.spoken()[-1] == (10, "report_status")

    at_the_desk(tmp_path, story)


@pytest.mark.parametrize(("stage", "silent"), [("fire", True), ("arm", False)])
def test_a_long_silence_counts_once_it_was_fired(tmp_path: Path, stage: str, silent: bool) -> None:
    async def story(desk: Desk) -> None:
        desk.command("announce_long_silence", stage, seconds=10 * SOL_SECONDS)
        await sols(9.9)
        assert (len(desk.spoken()) == 1) is silent

    at_the_desk(tmp_path, story)


def test_a_conjunction_is_announced_before_it_begins_and_nothing_is_sent_in_it(
    tmp_path: Path,
) -> None:
    begin, end = 10 * SOL_SECONDS, 24 * SOL_SECONDS

    async def story(desk: Desk) -> None:
        await sols(9.0)
        name, arguments = desk.sent[-1][2:]
        assert name == "announce_silence"
        issued = desk.tracker.commands()[-1].issued_ns / 1e9
        assert begin - AHEAD <= issued < begin
        assert arguments["seconds"] == pytest.approx(end + AHEAD - issued)
        count = len(desk.sent)
        await sols(17.9)
        assert len(desk.sent) == count
        await sols(0.2)
        assert desk.spoken()[-1] == (27, "report_status")

    at_the_desk(tmp_path, story, [(begin, end)])


@pytest.mark.parametrize(
    ("stage", "verdict", "off"),
    [
        ("fire", Verdict.COMPLETED, True), ("arm", Verdict.COMPLETED, False),
        ("fire", Verdict.REJECTED, False), ("fire", Verdict.FAILED, False),
        ("fire", Verdict.UNANSWERED, False),
    ],
)  # fmt: skip
def test_nobody_speaks_to_who_was_switched_off_and_to_nobody_else_less(
    tmp_path: Path, stage: str, verdict: Verdict, off: bool
) -> None:
    async def story(desk: Desk) -> None:
        desk.answers = verdict
        desk.command("decommission", stage)
        desk.answers = Verdict.COMPLETED
        await sols(30.0)
        assert (len(desk.spoken()) == 1) is off

    at_the_desk(tmp_path, story)


@pytest.mark.parametrize("vehicle", ["lander", "rover", "perseverance"])
def test_two_may_be_lost_before_a_vehicle_on_the_surface_misses_the_ground(vehicle: str) -> None:
    loss = load_protection(vehicle).timers.command_loss
    assert loss is not None
    assert 3 * EVERY <= loss.after <= 6 * SOL_SECONDS


def test_a_vehicle_heard_by_its_new_settings_is_told_so_once(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        def says(name: str, at: float, source: str = "rover") -> None:
            time_ns = round(at * 1e9)
            desk.touch.heard(
                EventReport(source, name, Severity.ACTIVITY_HI, time_ns, "", {}, number=1)
            )

        await asyncio.sleep(1_000.0)
        says("communication_reverted", 900.0)
        says("communication_to_confirm", 900.0, "elsewhere")
        assert desk.spoken() == []
        desk.answers = None
        says("communication_to_confirm", 900.0)
        says("communication_to_confirm", 950.0)  # the answer is under way
        assert [name for _, name in desk.spoken()] == ["confirm_communication"]
        desk.tracker._end(desk.tracker.commands()[-1], Verdict.COMPLETED)
        says("communication_to_confirm", 990.0)  # said before it was confirmed, heard after
        assert len(desk.spoken()) == 1
        says("communication_to_confirm", 1_001.0)  # said again: other settings wait
        assert len(desk.spoken()) == 2

    at_the_desk(tmp_path, story)
