"""The orbiter's radio is on when it says so itself, stars are seen when the tracker says so."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.orbiter_navigation import BLINDED, TURNING
from flight.orbiter.node import Orbiter
from flight.orbiter.vehicle import OrbiterVehicle
from tests.flight.orbiter.ship import MUTE, Answers, do, now

ON, OFF = SimpleNamespace(valid=True, on=True), SimpleNamespace(valid=True, on=False)


@pytest.mark.parametrize(
    ("told", "says", "tries"),
    [
        ([ON], [ON], 1),
        ([ON], [OFF, OFF, ON], 3),  # it answers well, and nothing has happened
        ([MUTE, MUTE, ON], [ON], 3),
        ([MUTE] * 9 + [ON], [ON], 10),  # beyond the last pause that is written down
    ],
)
def test_it_is_told_until_it_is_on(told: list[Any], says: list[Any], tries: int) -> None:
    troubles: list[str] = []

    async def story() -> float:
        x_band = Answers(set_power=told, state=says)
        node: Any = SimpleNamespace(
            devices=SimpleNamespace(x_band=x_band),
            device_trouble=lambda reason: troubles.append(reason),
        )
        await OrbiterVehicle._switch_radio_on(node)
        assert len(x_band.of("set_power")) == tries
        return now()

    pauses = [10.0, 60.0, 600.0, 3_600.0, *[21_600.0] * 9]
    assert do(story()) == sum(pauses[: tries - 1])
    assert len(troubles) == tries - 1


@pytest.mark.parametrize("off", [OFF, MUTE])
def test_a_restarted_radio_is_off_for_ten_seconds_and_told_until_it_is_on(off: Any) -> None:
    async def story() -> None:
        x_band = Answers(set_power=[off, MUTE, ON], state=[ON])
        node: Any = SimpleNamespace(
            devices=SimpleNamespace(x_band=x_band), _radio_is_on=True,
            device_trouble=lambda reason: None,
            nursery=SimpleNamespace(start=lambda work, name: asyncio.ensure_future(work)),
        )  # fmt: skip
        node._switch_radio_on = lambda: OrbiterVehicle._switch_radio_on(node)
        restart = asyncio.ensure_future(OrbiterVehicle.restart_radio(node))
        await asyncio.sleep(0.0)
        assert not node._radio_is_on, "nobody sets right what rests"
        await asyncio.wait([restart])
        assert now() == (10.0 if off is OFF else 0.0)
        assert (restart.exception() is None) is (off is OFF)
        await asyncio.sleep(11.0)
        assert x_band.of("set_power") == [(False,), (True,), (True,)] and node._radio_is_on

    do(story())


@pytest.mark.parametrize(
    ("says", "seen", "looks_again"),
    [
        (SimpleNamespace(valid=True, reason=""), True, False),
        (SimpleNamespace(valid=False, reason=BLINDED), False, False),
        (SimpleNamespace(valid=False, reason=TURNING), False, False),
        (SimpleNamespace(valid=False, reason=""), False, True),
        (SimpleNamespace(valid=False, reason="dropout"), False, True),
        (MUTE, None, True),
    ],
)
def test_whether_the_stars_are_seen_the_tracker_says(
    says: Any, seen: bool | None, looks_again: bool
) -> None:
    """What is wrong with it, and is neither Sun nor turn, is looked into at once."""
    troubles: list[str] = []
    looked: list[tuple[str, str]] = []
    looks = SimpleNamespace(look_again=lambda *device: looked.append(device))
    node: Any = SimpleNamespace(
        protection=SimpleNamespace(looks=looks),
        devices=SimpleNamespace(star_tracker=Answers(attitude=[says])), stars_seen="as before",
        device_trouble=lambda reason: troubles.append(reason),
    )  # fmt: skip
    do(Orbiter._look_at_stars(node))
    assert node.stars_seen is seen and len(troubles) == (seen is None)
    assert looked == ([("star_tracker", "attitude")] if looks_again else [])
