"""A vehicle is led out of its safe state and the step done anew: so often, and not everywhere."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import ConfigurationError
from flight.icd.messages import Command, Rung
from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution.recovery import Recoverer
from ground.mission_control.procedures.steps import CommandStep

Fly = Callable[..., Any]

DRIVE = "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 5}%s}\n"
IN_SAFE = "drive is not allowed in state safe"


class Safeable:
    """Makes the rover one that has a safe state; a drive may throw it into it again."""

    def __init__(self, ground: Any, before: str = "idle", falls: int = 0) -> None:
        self.ground = ground
        self.vehicle = ground.vehicle
        self.falls = falls
        self.stays = False
        self.boot = 1
        self._take = self.vehicle.take
        self.vehicle.take = self.take
        self.mode = before
        self.tell(before)
        self.tell("safe")

    def tell(self, mode: str) -> None:
        self.mode = mode
        self.vehicle.telemetry(mode=mode)

    def take(self, order: Command) -> None:
        known = order.identifier in self.vehicle.history
        if known or order.name == "reboot" or (order.name == "leave_safe" and self.stays):
            self._take(order)
            if order.name == "reboot" and not known:
                self.boot += 1
                self.vehicle.event("booted", number=self.boot)
        elif order.name == "leave_safe" and self.mode == "safe":
            self._take(order)
            self.tell("idle")
        elif self.mode == "safe":
            self.vehicle.received.append(order)
            self.vehicle.report(order, Rung.REJECTED, f"{order.name} is not allowed in state safe")
        elif self.falls:
            self.falls -= 1
            self.vehicle.received.append(order)
            self.tell("safe")
            self.vehicle.report(order, Rung.ABORTED, "the battery is low")
        else:
            self._take(order)

    @property
    def names(self) -> list[str]:
        return [order.name for order in self.vehicle.received]


def _flight(**how: Any) -> Any:
    async def flight(ground: Any) -> Any:
        rover = Safeable(ground, **how)
        return await ground.run(), rover

    return flight


def test_a_vehicle_is_led_out_of_safe_and_the_step_done_anew(fly: Fly) -> None:
    outcome, rover = fly(DRIVE % "", _flight())
    assert outcome.verdict == "complete"
    assert rover.names == ["drive", "leave_safe", "drive"]
    assert len({order.identifier for order in rover.vehicle.received}) == 3
    (recovery,) = outcome.recoveries
    assert (recovery.vehicle, recovery.command, recovery.failed) == ("rover", "drive", "")
    assert recovery.ended - recovery.out == pytest.approx(3600.0)


def test_a_reduced_boot_is_ended_by_a_planned_one(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        rover = Safeable(ground)
        rover.vehicle.event("booted", number=1)
        rover.vehicle.event("boot_reduced", number=1)
        return await ground.run(), rover

    outcome, rover = fly(DRIVE % "", flight)
    assert outcome.verdict == "complete"
    assert rover.names == ["drive", "leave_safe", "reboot", "drive"]


@pytest.mark.requirement("CUS-14")
@pytest.mark.parametrize(
    ("told", "boots"),
    [
        ([("storage_failed", 1)], False),
        ([("storage_failed", 1), ("storage_restored", 1)], True),
        ([("storage_failed", 1), ("storage_restored", 1), ("storage_failed", 1)], False),
        ([("storage_failed", 0)], True),
    ],
)
def test_who_flies_on_from_memory_is_not_booted_out_of_it(
    fly: Fly, told: list[tuple[str, int]], boots: bool
) -> None:
    async def flight(ground: Any) -> Any:
        rover = Safeable(ground)
        rover.vehicle.event("booted", boot=1, number=1)
        rover.vehicle.event("boot_reduced", boot=1, number=1)
        for name, boot in told:
            rover.vehicle.event(name, boot=boot)
        return await ground.run(), rover

    outcome, rover = fly(DRIVE % "", flight)
    assert outcome.verdict == "complete"
    assert rover.names == ["drive", "leave_safe", *(["reboot"] if boots else []), "drive"]


def test_an_earlier_reduced_boot_is_none(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        rover = Safeable(ground)
        rover.vehicle.event("boot_reduced", number=1)
        rover.vehicle.event("booted", number=2)
        return await ground.run(), rover

    assert "reboot" not in fly(DRIVE % "", flight)[1].names


def test_what_was_aborted_by_safe_is_done_anew_as_often_as_is_allowed(fly: Fly) -> None:
    outcome, rover = fly(DRIVE % "", _flight(falls=1))
    assert outcome.verdict == "complete"
    assert rover.names == ["drive", "leave_safe", "drive", "leave_safe", "drive"]
    assert [each.ended is not None for each in outcome.recoveries] == [True, True]


def test_the_third_time_is_one_too_many_for_a_step(fly: Fly) -> None:
    outcome, _ = fly(DRIVE % "", _flight(falls=2))
    assert outcome.verdict == "failed"
    assert "drive ended ABORTED: the battery is low; no recovery is left: 2 are allowed" in (
        outcome.reason
    )
    assert len(outcome.recoveries) == 2


def test_the_recoveries_of_a_mission_are_counted_over_its_steps(
    fly: Fly, recovering: Callable[[str], None]
) -> None:
    recovering("{in_all: 1}")
    outcome, _ = fly(DRIVE % "" + DRIVE % "", _flight(falls=1))
    assert outcome.verdict == "failed"
    assert "no recovery is left: 1 are allowed for a mission" in outcome.reason


@pytest.mark.parametrize("by", ["step", "rules"])
def test_without_recoveries_the_verdict_stands(
    fly: Fly, recovering: Callable[[str], None], by: str
) -> None:
    recovering("{per_step: 0}" if by == "rules" else "{}")
    outcome, rover = fly(DRIVE % (", recoveries: 0" if by == "step" else ""), _flight())
    assert outcome.verdict == "failed"
    assert f"drive ended REJECTED: {IN_SAFE}; no recovery is left: 0" in outcome.reason
    assert rover.names == ["drive"]
    assert outcome.recoveries == []


@pytest.mark.parametrize(
    ("rung", "detail"),
    [
        (Rung.REJECTED, "drive: distance = 5: the way is not known"),
        (Rung.REJECTED, "drive is not allowed in state safely_stowed"),
        (Rung.FAILED, IN_SAFE),
    ],
)
def test_what_ends_for_another_reason_is_not_recovered(fly: Fly, rung: Rung, detail: str) -> None:
    async def flight(ground: Any) -> Any:
        rover = Safeable(ground)
        rover.vehicle.take = lambda order: rover.vehicle.report(order, rung, detail)
        return await ground.run()

    outcome = fly(DRIVE % "", flight)
    assert outcome.verdict == "failed"
    assert outcome.reason.endswith(f"drive ended {rung}: {detail}")
    assert outcome.recoveries == []


@pytest.mark.parametrize(
    ("verdict", "detail", "mav", "found"),
    [
        (Verdict.FAILED, "mav refused it: it takes no tubes in state safe", "safe", "mav"),
        (Verdict.FAILED, "mav refused it: it takes no tubes in state safe", "loading", ""),
        (Verdict.FAILED, "refused: no tubes are taken in state safe", "safe", ""),
        (Verdict.FAILED, "mav refused it: its lid is on", "safe", ""),
        (Verdict.FAILED, "not prepared: mav does not permit: mav is in safe", "safe", "mav"),
        (Verdict.FAILED, "not prepared: mav does not permit: mav is in safety", "safe", ""),
        (Verdict.FAILED, "arm is in state safe", "safe", ""),
        (Verdict.REJECTED, "load_tubes is not allowed in state safe, says mav", "safe", ""),
    ],
)
def test_another_one_is_in_the_way_where_the_verdict_names_it_and_it_is_safe(
    verdict: Verdict, detail: str, mav: str, found: str
) -> None:
    modes = {"arm": "safe", "mav": mav, "rover": "safe"}
    tools: Any = SimpleNamespace(
        dictionary=SimpleNamespace(vehicles=modes),
        telemetry=SimpleNamespace(value=lambda vehicle, channel: modes[vehicle]),
    )
    nothing: Any = None
    recoverer = Recoverer(nothing, tools, [], nothing, nothing, nothing)
    step = CommandStep(vehicle="arm", command="load_tubes")
    command: Any = SimpleNamespace(verdict=verdict, detail=detail)
    assert recoverer._in_its_way(step, command) == found


def test_an_abort_without_safe_is_not_recovered(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.vehicle.telemetry(mode="idle")
        ground.vehicle.ending = Rung.ABORTED
        return await ground.run()

    outcome = fly(DRIVE % "", flight)
    assert outcome.verdict == "failed"
    assert outcome.recoveries == []


def test_a_vehicle_in_a_critical_phase_is_left_to_itself(
    fly: Fly, recovering: Callable[[str], None]
) -> None:
    recovering("{critical: {rover: [launching]}}")
    outcome, rover = fly(DRIVE % "", _flight(before="launching.coasting"))
    assert outcome.verdict == "failed"
    assert "it fell into its safe state out of launching.coasting, and is left" in outcome.reason
    assert rover.names == ["drive"]


def test_a_hazardous_command_that_was_begun_is_not_done_anew(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.vehicle.ending = Rung.ABORTED
        asyncio.get_running_loop().call_later(1.0, lambda: ground.vehicle.telemetry(mode="safe"))
        return await ground.run()

    text = "  - {do: command, vehicle: rover, command: release, arguments: {tube: M1}}\n"
    outcome = fly(text, flight)
    assert (outcome.verdict, outcome.recoveries) == ("failed", [])


def test_a_vehicle_that_stays_in_safe_ends_the_step(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        rover = Safeable(ground)
        rover.stays = True
        outcome = await ground.run()
        return outcome, ground.stations.now

    outcome, ended = fly(DRIVE % "", flight)
    assert outcome.verdict == "failed"
    assert "could not be recovered: rover has not left its safe state in time" in outcome.reason
    assert ended < 3.0 * SOL_SECONDS


@pytest.mark.parametrize("seconds", [14_000.0, 24_000.0, 35_000.0, 46_000.0])
def test_a_ground_that_dies_in_a_recovery_goes_on_with_it(fly: Fly, seconds: float) -> None:
    async def flight(ground: Any) -> Any:
        rover = Safeable(ground)
        await ground.run_and_kill_at(seconds)
        ground.start()
        return await ground.run(), rover

    outcome, rover = fly(DRIVE % "", flight)
    assert outcome.verdict == "complete"
    assert [order.name for order in rover.vehicle.obeyed] == ["leave_safe", "drive"]
    assert len(outcome.recoveries) == 1


@pytest.mark.parametrize(
    ("silence", "verdict"), [("", "complete"), (", silence_sols: 1", "failed")]
)
def test_a_silence_that_passes_in_time_is_not_the_end(fly: Fly, silence: str, verdict: str) -> None:
    async def flight(ground: Any) -> Any:
        heard_again = 1.5 * SOL_SECONDS
        ground.stations.lose_up = lambda number: ground.stations.now < heard_again
        loop = asyncio.get_running_loop()
        loop.call_at(heard_again, lambda: ground.vehicle.telemetry(charge=0.5))
        return await ground.run(), ground.vehicle

    outcome, vehicle = fly(DRIVE % silence, flight)
    assert outcome.verdict == verdict
    if verdict == "complete":
        assert [recovery.why for recovery in outcome.recoveries] == [
            "rover does not answer: no report, sent 4 times"
        ]
        assert len({order.identifier for order in vehicle.received}) == 1
        assert len(vehicle.obeyed) == 1
    else:
        assert "nothing was heard of rover in time" in outcome.reason


def test_who_went_safe_in_its_silence_is_led_out_after_it(
    fly: Fly, recovering: Callable[[str], None]
) -> None:
    """A silence uses up none of the recoveries that its safe state needs."""
    recovering("{per_step: 1}")

    async def flight(ground: Any) -> Any:
        heard_again = 1.5 * SOL_SECONDS
        ground.stations.lose_up = lambda number: ground.stations.now < heard_again
        rover = Safeable(ground)
        asyncio.get_running_loop().call_at(heard_again, lambda: rover.tell("safe"))
        return await ground.run(), rover

    outcome, rover = fly(DRIVE % "", flight)
    assert outcome.verdict == "complete"
    assert rover.names == ["drive", "leave_safe", "drive"]
    assert [(each.silence, each.failed) for each in outcome.recoveries] == [
        (True, ""), (False, ""),
    ]  # fmt: skip


def test_a_silence_that_does_not_pass_ends_after_the_sols_of_the_rules(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.lose_up = lambda number: True
        outcome = await ground.run()
        return outcome, ground.stations.now

    outcome, ended = fly(DRIVE % "", flight)
    assert outcome.verdict == "failed"
    assert "could not be recovered: nothing was heard of rover in time" in outcome.reason
    assert ended == pytest.approx(3.0 * SOL_SECONDS, abs=1.0)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ("{per_stop: 1}", "per_stop"),
        ("{per_step: -1}", "per_step"),
        ("{critical: {rover: [lunching]}}", '[0] = "lunching": allowed is a state of rover: '),
        ("{critical: {rovver: [idle]}}", "(did you mean rover?)"),
        ("{needs: {rover: [landr]}}", 'needs.rover[0] = "landr": allowed is a vehicle: '),
        ("{told_again: {rover: [drove]}}", '[0] = "drove": allowed is a command of rover'),
        ("{told_again: {rover: [release]}}", "allowed is a command of rover that is not hazardous"),
        ("{told_again: {rovver: [drive]}}", "(did you mean rover?)"),
    ],
)
def test_rules_that_are_wrong_are_refused_at_load(
    fly: Fly, recovering: Callable[[str], None], changed: str, sentence: str
) -> None:
    recovering(changed)
    with pytest.raises(ConfigurationError) as refused:
        fly(DRIVE % "", _flight())
    assert "test.yaml:2: " in str(refused.value)
    assert sentence in str(refused.value)


@pytest.mark.requirement("CUS-14")
@pytest.mark.parametrize("forgets", [True, False])
def test_who_comes_out_of_safe_without_memory_is_told_again_what_it_goes_by(
    fly: Fly, recovering: Callable[[str], None], forgets: bool
) -> None:
    recovering("{told_again: {rover: [traverse, drive]}}")

    async def flight(ground: Any) -> Any:
        rover = Safeable(ground)
        rover.tell("idle")
        take = rover.vehicle.take

        def falls(order: Command) -> None:
            take(order)
            if rover.names == ["drive"]:
                if forgets:
                    rover.vehicle.event("store_damaged", reason="it is missing")
                rover.tell("safe")

        rover.vehicle.take = falls
        return await ground.run(), rover

    steps = DRIVE % "" + "  - {do: command, vehicle: rover, command: traverse}\n"
    outcome, rover = fly(steps, flight)
    assert outcome.verdict == "complete"
    again = ["drive"] if forgets else []
    assert rover.names == ["drive", "traverse", "leave_safe", *again, "traverse"]
    drives = [order for order in rover.vehicle.received if order.name == "drive"]
    assert all(order.arguments == {"distance": 5} for order in drives)
    assert len({order.identifier for order in drives}) == len(drives)


WAIT = (
    "  - {do: wait_for_telemetry, vehicle: rover, channel: mode, comparison: '==', value: idle,"
    " limit_sols: 5%s}\n"
)


def test_a_vehicle_that_goes_safe_while_it_is_waited_for_is_led_out(fly: Fly) -> None:
    outcome, rover = fly(WAIT % "", _flight())
    assert outcome.verdict == "complete" and rover.names == ["leave_safe"]
    assert [(each.vehicle, each.failed) for each in outcome.recoveries] == [("rover", "")]


def test_one_that_is_waited_for_stays_safe_where_its_own_software_decides(
    fly: Fly, recovering: Callable[[str], None]
) -> None:
    recovering("{critical: {rover: [launching]}}")
    outcome, rover = fly(WAIT % "", _flight(before="launching"))
    assert outcome.verdict != "complete" and rover.names == []
    assert "not within 5 sols" in outcome.reason


def test_one_that_does_not_come_out_is_waited_for_to_the_end(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        rover = Safeable(ground)
        rover.stays = True
        return await ground.run(), rover

    outcome, rover = fly(WAIT % "", flight)
    assert outcome.verdict != "complete" and rover.names == ["leave_safe"]
    assert outcome.recoveries[0].failed == "rover has not left its safe state in time"


def test_the_mode_that_is_waited_for_may_be_safe_itself(fly: Fly) -> None:
    outcome, rover = fly((WAIT % "").replace("value: idle", "value: safe"), _flight())
    assert outcome.verdict == "complete" and rover.names == []
