"""Who is heard and answers nothing may be deaf until it restarts its receiver: it is asked on."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import find_configuration, load_configuration
from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution.deafness import Deafness, may_be_deaf
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


# ------------------------------------------------------------------------- the rule by itself

SENT = {"verdict": Verdict.UNANSWERED, "rung": None, "sent_ns": 1, "issued_ns": 1_000 * 10**9}


def silent(**more: Any) -> Any:
    """A command that was issued at 1000 s."""
    return SimpleNamespace(order=SimpleNamespace(identifier="mc-7"), **(SENT | more))


def step(on_failure: str = "stop") -> Any:
    return SimpleNamespace(on_failure=on_failure, vehicle="rover")


@pytest.mark.parametrize(
    ("command", "on_failure", "heard", "may"),
    [
        (silent(), "stop", 1_000.001, True),
        (silent(), "stop", 1_000.0, False),  # it was heard before that
        (silent(), "continue", 2_000.0, False),
        (silent(verdict=Verdict.FAILED), "stop", 2_000.0, False),
        (silent(verdict=None), "stop", 2_000.0, False),
        (silent(rung="RECEIVED"), "stop", 2_000.0, False),  # it has answered once
        (silent(sent_ns=None), "stop", 2_000.0, False),  # nothing has left
    ],
)
def test_only_who_is_heard_and_never_answers_may_be_deaf(
    command: Any, on_failure: str, heard: float, may: bool
) -> None:
    tools: Any = SimpleNamespace(telemetry=SimpleNamespace(last_receipt=lambda vehicle: heard))
    assert may_be_deaf(step(on_failure), command, tools) is may


class Waiting:
    """One rule of two sols at a time of the mission; `left`: what is said of the vehicle when it is
    asked about, one after the other."""

    def __init__(self, now: float, *left: bool) -> None:
        self.did: list[Any] = []
        self.begun, loop = now, asyncio.get_running_loop()
        self.start, said = loop.time(), list(left)
        self.loop = loop
        tools: Any = SimpleNamespace(
            clock=SimpleNamespace(now=self.now),
            telemetry=SimpleNamespace(last_receipt=lambda vehicle: 5e6),
            tracker=SimpleNamespace(ask_again=lambda name: self.did.append(name)),
        )
        rules: Any = SimpleNamespace(deaf_sols=2.0)
        self.rule = Deafness(
            rules, tools, lambda name, text: self.did.append(f"{name}: {text}"),
            lambda: self.did.append("anew"), lambda vehicle: said.pop(0) if said else False,
        )  # fmt: skip

    def now(self) -> float:
        return self.begun + self.loop.time() - self.start


@pytest.mark.parametrize(
    ("now", "waits"),
    [
        (1_000.0, SOL_SECONDS),
        (1_000.0 + 1.5 * SOL_SECONDS, 0.5 * SOL_SECONDS),  # what is left of the two sols
        (1_000.0 + 2.0 * SOL_SECONDS, None),
    ],
)
async def test_it_is_asked_once_a_sol_until_the_rule_is_over(
    now: float, waits: float | None
) -> None:
    waiting = Waiting(now)
    assert await waiting.rule.sit_out("2/1 drive", step(), silent()) is (waits is not None)
    assert waiting.now() == pytest.approx(now + (waits or 0.0))
    words = "2/1 drive: rover is heard and has not answered: it is asked once more"
    assert waiting.did == ([] if waits is None else [words, "anew", "mc-7"])


@pytest.mark.parametrize(("left", "waits"), [((True,), 0.0), ((False, True), SOL_SECONDS)])
async def test_it_is_not_for_the_rule_where_people_or_its_sleep_have_it(
    left: tuple[bool, ...], waits: float
) -> None:
    waiting = Waiting(1_000.0, *left)
    assert not await waiting.rule.sit_out("2/1 drive", step(), silent())
    assert waiting.now() == pytest.approx(1_000.0 + waits) and waiting.did == []
