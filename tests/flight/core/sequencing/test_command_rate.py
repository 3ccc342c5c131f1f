"""How fast sequences may command: a burst, then two a second, never more."""

import asyncio

import pytest

from flight.core.sequencing.command_rate import CommandRate


def take_all(rate: CommandRate) -> int:
    """How many commands may be issued at this instant."""
    taken = 0
    while rate.wait() == 0.0:
        rate.take()
        taken += 1
    return taken


async def test_a_burst_of_forty_and_not_one_more() -> None:
    rate = CommandRate()
    assert take_all(rate) == 40
    assert take_all(rate) == 0


async def test_the_next_one_comes_after_half_a_second_and_not_before() -> None:
    rate = CommandRate()
    take_all(rate)
    assert rate.wait() == pytest.approx(0.5)
    await asyncio.sleep(0.499)
    assert 0.0 < rate.wait() <= 0.0011
    await asyncio.sleep(0.002)
    assert take_all(rate) == 1
    assert rate.wait() == pytest.approx(0.5, abs=0.002)


async def test_two_a_second_however_often_it_is_asked() -> None:
    rate = CommandRate()
    take_all(rate)
    issued = 0
    for _ in range(1000):  # ten seconds
        await asyncio.sleep(0.01)
        issued += take_all(rate)
    assert issued in (19, 20)


async def test_who_waits_as_long_as_it_is_told_may_command_then() -> None:
    rate = CommandRate()
    take_all(rate)
    for _ in range(100):
        await asyncio.sleep(rate.wait())
        while (left := rate.wait()) > 0.0:
            assert 1e-6 <= left < 1e-5, "what rounding has left, and never a wait of no length"
            await asyncio.sleep(left)
        rate.take()


async def test_a_pause_fills_it_to_the_burst_and_no_further() -> None:
    rate = CommandRate()
    take_all(rate)
    await asyncio.sleep(5.0)
    assert take_all(rate) in (9, 10)
    await asyncio.sleep(1e6)
    assert take_all(rate) == 40
    other = CommandRate()
    await asyncio.sleep(1e6)
    assert take_all(other) == 40, "nor before the first"
