"""Who is heard and answers nothing may be deaf until it restarts its receiver: it is asked on."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import find_configuration, load_configuration
from ground.mission_control.procedures.recovery_rules import RecoveryRules
from ground.missions.protection_files import load_protection

Fly = Callable[..., Any]
DRIVE = "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 5}%s}\n"
DEAF = "{deaf_sols: 4.5}"


def deaf(sols: float, *, says: bool = True, killed: float = 0.0) -> Any:
    """A rover that hears nothing for so long, and says each few hours that it is there; how the
    mission ended, when, and the vehicle."""

    async def flight(ground: Any) -> Any:
        stations = ground.stations
        stations.lose_up = lambda number: stations.now < sols * SOL_SECONDS

        async def tell() -> None:
            while says:
                ground.vehicle.telemetry(charge=0.5)
                await asyncio.sleep(0.2 * SOL_SECONDS)

        telling = asyncio.ensure_future(tell())
        if killed:
            await ground.run_and_kill_at(killed * SOL_SECONDS)
            ground.start()
        outcome = await ground.run()
        telling.cancel()
        return outcome, stations.now / SOL_SECONDS, ground.vehicle

    return flight


@pytest.fixture(autouse=True)
def rule(recovering: Callable[[str], None]) -> None:
    recovering(DEAF)


@pytest.mark.parametrize("killed", [0.0, pytest.param(2.5, marks=pytest.mark.check)])
def test_a_receiver_that_comes_back_in_time_ends_no_mission(fly: Fly, killed: float) -> None:
    """Though the limit of the step is over long before, which counts from when it was asked anew;
    it is the same command, and done once."""
    outcome, _, vehicle = fly(DRIVE % ", limit_sols: 2", deaf(4.2, killed=killed))
    assert outcome.verdict == "complete"
    assert len({order.identifier for order in vehicle.received}) == 1
    assert len(vehicle.obeyed) == 1


@pytest.mark.check
def test_one_that_does_not_is_asked_no_longer_than_the_rule_says(fly: Fly) -> None:
    outcome, ended, vehicle = fly(DRIVE % "", deaf(99.0))
    assert outcome.verdict == "failed" and "no report" in outcome.reason
    assert 4.5 <= ended < 6.0 and not vehicle.received


@pytest.mark.parametrize("how",
    [", on_failure: continue", ", silence_sols: 1, on_failure: continue"],
)
def test_where_there_is_another_way_nobody_waits(fly: Fly, how: str) -> None:
    outcome, ended, vehicle = fly(DRIVE % how, deaf(4.2))
    assert outcome.verdict == "complete"
    assert ended < 4.0 and not vehicle.received


def test_of_who_is_not_heard_it_is_not_said_that_it_is_deaf(fly: Fly) -> None:
    outcome, ended, _ = fly(DRIVE % "", deaf(99.0, says=False))
    assert outcome.verdict == "failed" and ended == pytest.approx(3.0, abs=0.01)


def test_the_rule_outlasts_what_restarts_a_receiver_where_commands_are_waited_for() -> None:
    """By the tables of those that a mission ends with; a cruise of years waits for no answer."""
    rules = load_configuration(find_configuration("", "recovery"), RecoveryRules)
    for name in ("lander", "rover", "perseverance", "orbiter"):
        loss = load_protection(name).timers.command_loss
        assert loss is not None
        longest = max(loss.after, loss.in_states.get("approach", 0.0))
        assert loss.then is not None
        assert rules.deaf_sols * SOL_SECONDS > longest + loss.then.not_cleared_in + SOL_SECONDS
