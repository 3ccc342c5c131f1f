"""The last check before a launch: asked once more, and not longer than there is time."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceTimeout
from flight.mav import countdown
from tests.flight.mav.test_launch_decisions import Ready


@pytest.mark.parametrize("device", ["ejector", "first", "second", "separation", "effectors"])
@pytest.mark.parametrize(("times", "stands"), [(1, False), (2, True)])
async def test_a_reading_that_is_disturbed_once_costs_no_launch(
    device: str, times: int, stands: bool
) -> None:
    node: Any = Ready()
    node.passing[device] = times
    assert bool(await countdown.checks(node)) == stands


@pytest.mark.parametrize("part", ["first_stage", "fairing", "container"])
async def test_a_break_wire_that_is_open_or_says_nothing_valid_stands_against_a_launch(
    part: str,
) -> None:
    node: Any = Ready()
    setattr(node.answers["separation"], part, False)
    words = f"the break wire of the {part.replace('_', ' ')} is open"
    assert await countdown.checks(node) == [words]
    node.answers["separation"].valid = False
    assert ["break wires' state is not known" in each for each in await countdown.checks(node)] == [
        True
    ]


@pytest.mark.parametrize(("sticks", "stands"), [(0, False), (2, False), (4, True)])
async def test_the_nozzle_is_swung_once_more_where_it_did_not_go(
    sticks: int, stands: bool
) -> None:
    # A swing that fails ends at its first angle: two words to the nozzle.
    node: Any = Ready()
    node.sticks = sticks
    problems = await countdown.checks(node)
    assert ["off where it was told" in each for each in problems] == [True] * stands


async def test_the_nozzle_that_does_not_answer_once_is_swung_once_more() -> None:
    node: Any = Ready()
    plain = node.effectors.steer
    calls = [0]

    async def steer(*given: Any) -> Any:
        calls[0] += 1
        if calls[0] in (2, 3):  # the first is the look at the gas
            raise DeviceTimeout("no answer")
        return await plain(*given)

    node.effectors.steer = steer
    assert bool(await countdown.checks(node)) is True  # both swings began without an answer
    calls[0] = -50
    node.told.clear()

    async def once(*given: Any) -> Any:
        calls[0] += 1
        if calls[0] == -48:
            raise DeviceTimeout("no answer")
        return await plain(*given)

    node.effectors.steer = once
    assert await countdown.checks(node) == [] and node.told == ["no answer"]


async def test_the_lander_is_asked_twice_within_the_time_of_the_last_check() -> None:
    node: Any = Ready()
    asked: list[Any] = []

    async def ask(*what: Any, **how: Any) -> Any:
        asked.append(how)
        return node.answers["lander"]

    node.exchanges.ask = ask
    assert await countdown.checks(node) == []
    assert asked == [{"timeout": 3.0, "attempts": 2}]
    assert 3.0 * 2 < countdown.LAST_CHECK


@pytest.mark.parametrize(("field", "known_at"), [("latched", 2), ("first_motor_temperature", 3)])
async def test_what_a_sample_does_not_say_is_asked_for_once_more(
    field: str, known_at: int
) -> None:
    node: Any = Ready()
    setattr(node, field, None)
    node.known_at = known_at
    node.motors_conditioned = lambda: node.first_motor_temperature is not None
    assert bool(await countdown.checks(node)) == (known_at > 2)
    assert node.sampled == 2


@pytest.mark.parametrize(("took", "holds"), [(10.0, False), (10.5, True)])
async def test_a_last_check_that_ends_after_the_instant_of_the_launch_holds_the_count(
    took: float, holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [980.0]
    node: Any = SimpleNamespace(
        clock=SimpleNamespace(now=lambda: now[0]), parameters={"alignment_time": 600.0},
        count_resumed=lambda **data: None,
    )  # fmt: skip

    async def until(node: Any, time: float) -> None:
        now[0] = max(now[0], time)

    async def checks(node: Any) -> list[str]:
        now[0] += took
        return []

    async def aligned(node: Any, settings: Any) -> str:
        return "aligned"

    for name, instead in (
        ("_until", until), ("checks", checks), ("alignment", aligned),
        ("plan_ascent", lambda *args: "plan"), ("from_pad", lambda *args: "navigation"),
        ("AscentComputer", lambda *args: "computer"),
    ):  # fmt: skip
        monkeypatch.setattr(countdown, name, instead)
    settings: Any = SimpleNamespace(pad="pad")
    kept, problems = await countdown._final_count(node, settings, 1_000.0)
    assert kept == "aligned" and problems == ["the last check took 0.5 s too long"] * holds
