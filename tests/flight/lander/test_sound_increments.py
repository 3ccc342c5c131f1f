"""What of the inertial unit is believed, and that what is set aside is not lost."""

import asyncio
from typing import Any

import pytest

from flight.icd.devices.descent import InertialIncrements
from flight.lander.sound_increments import SoundIncrements
from tests.flight.lander.descent_bench import Bench, nothing_felt

SINCE, BEFORE = 7, 100.0
"""Number and stamp (s) of the reading believed last, which was read at 50 s of its own clock."""


def why_not(
    number: int = 8, interval: float = 0.1, *, stamp: float = 0.1, passed: float = 0.1,
    began: bool = True, **fields: Any,
) -> str:  # fmt: skip
    """Of a reading with a stamp so long (s) after the one before, read so long after it."""
    sound = SoundIncrements()
    if began:
        sound.believed(50.0)
    felt = nothing_felt(number, interval, time_ns=round((BEFORE + stamp) * 1e9), **fields)
    return sound.why_not(felt, SINCE, BEFORE, 50.0 + passed)


@pytest.mark.parametrize("number", [8, 9, 400])
def test_a_reading_that_goes_on_is_believed(number: int) -> None:
    assert not why_not(number)


@pytest.mark.parametrize("number", [7, 6, 0])
def test_a_reading_that_has_been_told_before_is_not_felt_twice(number: int) -> None:
    assert f"reading {number} is no newer than 7" == why_not(number)


@pytest.mark.parametrize(
    ("interval", "stamp", "passed", "believed"),
    [
        (0.1, 0.1, 0.1, True),
        (0.1, 0.10009, 0.1, True),
        (0.10009, 0.1, 0.1, True),
        (0.10011, 0.1, 0.1, False),  # by more than a rounding
        (0.1, 0.1, 0.14, True),  # its own clock runs fast, or it was held up
        (0.1, 0.1, 0.0, True),
        (227.1, 0.1, 0.1, False),
        (0.11, 0.1, 0.1, False),
        (0.09, 0.1, 0.1, False),
        (0.0, 0.1, 0.1, False),
        (0.0, 0.0, 0.1, True),  # nothing new, at the same instant
        (-0.1, -0.1, 0.1, False),
        (-0.1, 0.1, 0.1, False),
        (0.1, -2.9, 0.1, True),  # the stamp is old, and not what was felt
        (0.1, 3.1, 0.1, True),
    ],
)
def test_the_time_that_it_tells_of_has_passed(
    interval: float, stamp: float, passed: float, believed: bool
) -> None:
    assert (not why_not(8, interval, stamp=stamp, passed=passed)) == believed


def test_after_a_reboot_nobody_but_the_stamp_tells_how_long_it_was() -> None:
    assert not why_not(90, 30.0, stamp=30.0, passed=1e6, began=False)
    assert why_not(90, 30.2, stamp=30.0, passed=30.2, began=False)


@pytest.mark.parametrize(
    ("number", "interval", "believed"),
    [
        (8, 0.05, False),  # the one asked for is the one before: it knows it
        (406, 0.05, False),
        (407, 0.05, True),
        (3, 0.05, True),  # it has begun anew
        (3, 60.00009, True),
        (3, 60.00011, False),
        (3, -0.05, False),
    ],
)
def test_a_gap_is_believed_where_there_can_be_one(
    number: int, interval: float, believed: bool
) -> None:
    assert (not why_not(number, interval, stamp=60.0, gap=True)) == believed


@pytest.mark.parametrize(
    ("fields", "believed"),
    [
        ({"rotation": (0.0, 0.35006, 0.0)}, True),
        ({"rotation": (0.0, 0.0, 0.35008)}, False),
        ({"rotation": (-0.35008, 0.0, 0.0)}, False),
        ({"rotation": (0.0, 3.0, 0.0), "saturated": True}, True),  # which it says itself
        ({"velocity": (0.0, 0.0, 40.0499)}, True),
        ({"velocity": (0.0, 0.0, 40.0501)}, False),
        ({"velocity": (-40.0501, 0.0, 0.0)}, False),
        ({"velocity": (-60.0, 0.0, 0.0), "saturated": True}, False),
    ],
)
def test_nothing_is_felt_that_its_sensors_cannot_show(
    fields: dict[str, Any], believed: bool
) -> None:
    assert (not why_not(**fields)) == believed


@pytest.mark.parametrize(("interval", "believed"), [(0.1, True), (3.1, False)])
def test_its_own_clock_tells_a_wrong_stamp_from_a_wrong_interval(
    interval: float, believed: bool
) -> None:
    bench = Bench()
    first = nothing_felt(8, 0.1, time_ns=round(100.1e9))
    second = nothing_felt(9, interval, time_ns=round((100.2 + (2.9 if believed else 0.0)) * 1e9))
    bench.inertial_unit.answers["increments"] = [first, second]

    async def fly() -> bool:
        assert await bench.descent.navigate()
        await asyncio.sleep(0.1)
        return await bench.descent.navigate()

    assert bench.do(fly()) == believed


class CountingUnit:
    """Counts on whether it is read or not: 1 m/s^2 upwards and 0.01 rad/s. `spoilt` changes what
    it tells."""

    def __init__(self, bench: Bench) -> None:
        self.now = bench.where.time
        self.number = 7
        self.times = {7: self.now}
        self.spoilt: Any = None

    def pass_by(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self, since: int) -> InertialIncrements:
        self.number += 1
        self.times[self.number] = self.now
        interval = self.now - self.times[since]
        felt = nothing_felt(
            self.number, interval, time_ns=round(self.now * 1e9),
            rotation=(0.01 * interval, 0.0, 0.0), velocity=(0.0, 0.0, interval),
        )  # fmt: skip
        return self.spoilt(felt) if self.spoilt else felt


def _biased(felt: InertialIncrements) -> InertialIncrements:
    return nothing_felt(
        felt.number, felt.interval + 227.0, time_ns=felt.time_ns, rotation=(227.0,) * 3,
        velocity=(227.0,) * 3,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["biased", "stuck", "good"])
def test_what_was_set_aside_is_in_the_next_that_is_sound(kind: str) -> None:
    def flown(spoils: bool) -> tuple[Bench, list[float]]:
        bench = Bench()
        unit = CountingUnit(bench)
        bench.inertial_unit.answers["increments"] = [unit]
        held: list[InertialIncrements] = []

        def stuck(felt: InertialIncrements) -> InertialIncrements:
            held.append(felt)
            return nothing_felt(
                7, held[0].interval, time_ns=felt.time_ns, rotation=held[0].rotation,
                velocity=held[0].velocity,
            )  # fmt: skip

        for beat in range(30):
            bad = spoils and 10 <= beat < 18
            unit.spoilt = {"biased": _biased, "stuck": stuck, "good": None}[kind] if bad else None
            unit.pass_by(0.1)
            assert bench.do(bench.descent.navigate()) != (bad and kind != "good")
        n = bench.descent.navigation
        return bench, [n.time, *n.position, *n.velocity, *n.attitude]

    disturbed, found = flown(True)
    _, wanted = flown(False)
    assert found == pytest.approx(wanted, rel=1e-9, abs=0.01)
    assert len(disturbed.told("device_trouble")) == (kind != "good")
    assert not disturbed.descent.is_deaf
