"""Who has said that it hibernates is waited for, as long as is written; who has not is given up."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.messages import Command
from ground.mission_control.execution.hibernations import Hibernations

Fly = Callable[..., Any]

DRIVE = "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 5}%s}\n"


def _asleep(ground: Any, sols: float, *, says: bool = True) -> list[float]:
    """Makes the rover deaf for so many sols; returns the times at which it took an order."""
    vehicle, took, times = ground.vehicle, ground.vehicle.take, []
    if says:
        vehicle.telemetry(hibernating=True)
    asleep = [True]

    def take(order: Command) -> None:
        if not asleep:
            times.append(ground.stations.now)
            took(order)

    vehicle.take = take

    async def wakes() -> None:
        await asyncio.sleep(sols * SOL_SECONDS)
        asleep.clear()
        vehicle.telemetry(hibernating=False)

    ground.waking = asyncio.ensure_future(wakes())
    return times


def _flight(sols: float, *, says: bool = True) -> Any:
    async def flight(ground: Any) -> Any:
        times = _asleep(ground, sols, says=says)
        outcome = await ground.run()
        ground.waking.cancel()
        return outcome, times

    return flight


def test_a_step_waits_for_who_hibernates_and_is_then_done_once(fly: Fly) -> None:
    outcome, times = fly(DRIVE % ", limit_sols: 3", _flight(30.0))
    assert outcome.verdict == "complete"
    assert len(times) == 1 and times[0] >= 30.0 * SOL_SECONDS


def test_who_is_silent_without_a_word_is_given_up(fly: Fly) -> None:
    outcome, times = fly(DRIVE % ", limit_sols: 3", _flight(30.0, says=False))
    assert (outcome.verdict, times) == ("failed", [])


def test_not_longer_than_is_written(fly: Fly, recovering: Callable[[str], None]) -> None:
    recovering("{hibernation_sols: 10}")
    outcome, times = fly(DRIVE % ", limit_sols: 3", _flight(30.0))
    assert (outcome.verdict, times) == ("failed", [])


def test_who_needs_a_sleeper_is_kept_by_it_and_nobody_else() -> None:
    said = {("lander", "hibernating"): True, ("rover", "hibernating"): False}
    tools: Any = SimpleNamespace(
        telemetry=SimpleNamespace(value=lambda source, channel: said.get((source, channel)))
    )
    rules: Any = SimpleNamespace(needs={"arm": ["lander", "rover"]}, hibernation_sols=9.0)
    kept = Hibernations(rules, tools, lambda path, text: None, lambda: None)
    assert kept.keeping("arm") == ["lander"] and kept.keeping("lander") == ["lander"]
    assert kept.keeping("rover") == [] and kept.keeping("orbiter") == [] and kept.keeping("") == []
