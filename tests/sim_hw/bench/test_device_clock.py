"""What is said of a device's clock is true, whatever the ways to it and back are like."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from flight.runtime.nursery import Nursery
from sim_hw.bench.device_link import DeviceLink
from sim_hw.bench.wanted import Wanted
from sim_hw.bench.wire.device_clock import ClockFigures, DeviceClock
from sim_hw.bench.wire.wire import Wire
from tests.sim_hw.bench.reference_device import ReferenceDevice


def pinged(
    seconds: float, *, ppm: float = 0.0, born: float = 100.0, seed: int = 1, busy: float = 0.05,
    skew: float = 0.5,
) -> ClockFigures:  # fmt: skip
    """Five pings a second of a clock that goes fast by `ppm`, over ways of up to `busy` s, of which
    `skew` is on the way there."""
    clock, chance = DeviceClock(), random.Random(seed)
    at = born + 1.0
    while at < born + 1.0 + seconds:
        way = 0.001 + busy * chance.random() ** 2
        true = (at + skew * way - born) * (1.0 + 1e-6 * ppm)
        clock.add(true, at, at + way)
        at += 0.2
    figures = clock.figures
    assert figures is not None and len(clock._kept) <= 16
    return figures


@settings(max_examples=20)
@given(
    ppm=st.floats(-500.0, 500.0), seconds=st.floats(20.0, 900.0), skew=st.floats(0.0, 1.0),
    seed=st.integers(0, 99), busy=st.floats(0.0, 0.3),
)  # fmt: skip
def test_the_truth_is_within_what_is_said(
    ppm: float, seconds: float, skew: float, seed: int, busy: float
) -> None:
    found = pinged(seconds, ppm=ppm, seed=seed, busy=busy, skew=skew)
    assert found.ppm is not None and found.ppm_within is not None
    assert abs(found.ppm - ppm) <= found.ppm_within + 0.01
    last = 1.0 + seconds  # of the bench, since it was born
    true = last * 1e-6 * ppm - 100.0
    drifts = 1e-6 * abs(ppm) * 130.0  # since its last good answer
    assert abs(found.offset - true) <= found.offset_within + drifts + 1e-9


def test_the_longer_it_is_seen_the_better_it_is_known() -> None:
    withins = [pinged(seconds, ppm=80.0).ppm_within for seconds in (15.0, 60.0, 300.0, 900.0)]
    assert all(each is not None for each in withins)
    assert withins == sorted(withins, reverse=True)  # type: ignore[type-var]
    assert withins[-1] is not None and withins[-1] < 10.0
    assert pinged(5.0).ppm is None  # too short to say anything of a drift


def test_one_late_answer_and_one_slow_hour_change_nothing_of_what_a_quick_one_has_said() -> None:
    clock = DeviceClock()
    for k in range(300):
        way = 3.0 if k % 7 else 0.001
        clock.add(0.2 * k + 0.0005, 0.2 * k, 0.2 * k + way)
    found = clock.figures
    assert found is not None and found.offset_within == pytest.approx(0.0005)
    assert found.ppm == pytest.approx(0.0, abs=1.0) and found.samples == 300


def test_a_drift_is_no_better_known_than_both_answers_that_it_is_from() -> None:
    """Where all of the way was on one side, the truth lies on the edge of what is said."""
    for slow in ((0.0, 2.0), (100.0, 102.0)):
        clock = DeviceClock()
        for at in (0.0, 100.0):
            heard = slow[1] if at == slow[0] else at + 1e-6
            clock.add(at, at, heard)
        found = clock.figures
        assert found is not None and found.ppm is not None and found.ppm_within is not None
        assert 9_000.0 < abs(found.ppm) <= found.ppm_within


def test_nothing_is_said_before_the_first_answer_nor_of_the_clock_before() -> None:
    clock = DeviceClock()
    assert clock.figures is None
    clock.add(5.0, 1.0, 1.002)
    found = clock.figures
    assert found is not None and found.offset == pytest.approx(3.999)
    clock.restart()
    assert clock.figures is None
    clock.add(0.1, 2.0, 2.0)  # an answer in no time at all
    again = clock.figures
    assert again is not None and again.offset == pytest.approx(-1.9) and again.samples == 1


async def test_a_device_that_was_switched_off_has_another_clock() -> None:
    device = ReferenceDevice()

    async def open_wire() -> Wire:
        return device.wire()

    link = DeviceLink(
        Wanted("rover.wheels", "Wheels", interface_hash(Wheels)), open_wire, lambda told: None
    )
    async with Nursery("bench") as nursery:
        nursery.start(link.run(), name="link")
        await asyncio.sleep(20.0)
        first = link.clock.figures
        assert first is not None and first.samples > 50 and link.boot == 1
        assert first.ppm is not None and abs(first.ppm) <= (first.ppm_within or 0.0)
        device.power_cycle()
        await asyncio.sleep(2.0)
        second = link.clock.figures
        assert second is not None and second.samples < 12 and link.boot == 2
        assert second.offset < first.offset - 15.0
        assert device.last is not None
        device.last.cut()  # the plug alone
        await asyncio.sleep(2.0)
        third = link.clock.figures
        assert third is not None and third.samples > second.samples and link.boot == 2
        nursery.cancel()
