"""The inertial unit of the ascent when its answers are lost, its questions are, or it lies."""

import asyncio
from typing import Any

import pytest
from msgspec import structs

from flight.astrodynamics.quaternions import IDENTITY
from flight.astrodynamics.vectors import norm
from flight.icd.devices.ascent import Increments
from flight.icd.devices.base import DeviceTimeout
from flight.mav.felt import Felt
from flight.mav.navigation import Navigation
from flight.runtime.loop import NANOSECONDS, VirtualLoop, run

CYCLE = 0.02
PUSH = 30.0  # m/s^2 along the nose
TURN = 0.1  # rad/s about y


class Unit:
    """Sums up a steady push and turn since the last question that reached it."""

    def __init__(self) -> None:
        self.trouble = ""
        self._last = 0.0
        self._noise = 1e-12

    async def increments(self) -> Increments:
        now = asyncio.get_running_loop().time()
        if self.trouble == "question lost":
            raise DeviceTimeout("no answer")
        interval, self._last = now - self._last, now
        self._noise = -self._noise  # what works is never quite the same twice
        if self.trouble == "answer lost":
            raise DeviceTimeout("no answer")
        valid = self.trouble != "not valid"
        return Increments(
            valid=valid, reason="" if valid else "nan", time_ns=round(now * NANOSECONDS),
            interval=interval, delta_angle=(self._noise, TURN * interval, 0.0),
            delta_velocity=(PUSH * interval, 0.0, 0.0), saturated=False,
        )  # fmt: skip


class Vehicle:
    def __init__(self) -> None:
        self.inertial_unit = Unit()
        self.told: list[str] = []

    def device_trouble(self, *, reason: str) -> None:
        self.told.append(reason)


def flown(trouble: str, *, begin: int = 20, end: int = 45, cycles: int = 60) -> tuple[Any, Any]:
    """Navigation after some cycles, with trouble in some of them."""
    vehicle = Vehicle()
    navigation = Navigation(0.0, (4e6, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY)

    async def fly() -> None:
        felt = Felt(vehicle, navigation)  # type: ignore[arg-type]
        for cycle in range(cycles):
            await asyncio.sleep(CYCLE)
            vehicle.inertial_unit.trouble = trouble if begin <= cycle < end else ""
            navigation.take(await felt.read(CYCLE))

    run(fly(), VirtualLoop())
    return navigation, vehicle


@pytest.mark.parametrize("trouble", ["not valid", "answer lost", "question lost"])
def test_after_an_outage_navigation_is_where_it_would_be_without_one(trouble: str) -> None:
    calm, _ = flown("")
    navigation, vehicle = flown(trouble)
    assert navigation.time == pytest.approx(calm.time, abs=1e-6)
    assert navigation.velocity == pytest.approx(calm.velocity, abs=0.02)
    assert navigation.position == pytest.approx(calm.position, abs=0.1)
    assert navigation.attitude == pytest.approx(calm.attitude, abs=1e-4)
    assert len(vehicle.told) == 1


@pytest.mark.parametrize("trouble", ["not valid", "answer lost", "question lost"])
def test_while_nothing_is_felt_it_goes_on_by_what_was_felt_last(trouble: str) -> None:
    calm, _ = flown("", cycles=40)
    navigation, _ = flown(trouble, end=99, cycles=40)
    assert navigation.velocity == pytest.approx(calm.velocity, abs=0.02)
    assert navigation.rate == pytest.approx((0.0, TURN, 0.0), abs=1e-9)


def test_only_sums_that_nobody_knows_are_bridged() -> None:
    assert flown("")[0].bridged == 0.0
    assert flown("question lost")[0].bridged == 0.0
    for trouble in ("not valid", "answer lost"):
        assert flown(trouble)[0].bridged == pytest.approx(25 * CYCLE)


@pytest.mark.parametrize(("cycles", "anew"), [(9, False), (12, True)])
def test_stars_after_a_long_outage_take_back_what_was_felt_since(cycles: int, anew: bool) -> None:
    """The attitude has been wrong since nothing was felt, and not since the tube."""
    navigation, _ = flown("answer lost", begin=20, end=20 + cycles, cycles=60)
    felt = norm(navigation.gained)
    since = (60 - 20) * CYCLE * PUSH
    expected = since - cycles * CYCLE * PUSH if anew else 60 * CYCLE * PUSH
    assert felt == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(
    ("longer", "told"), [(0.000999, 0), (0.001001, 1), (0.9, 1), (-0.000999, 0)]
)
def test_sums_over_more_time_than_there_was_are_not_believed(longer: float, told: int) -> None:
    vehicle, seen = Vehicle(), []
    navigation = Navigation(0.0, (4e6, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY)
    sums = vehicle.inertial_unit.increments

    async def increments() -> Increments:
        reading = await sums()
        wrong = longer if len(seen) == 10 else 0.0
        return structs.replace(reading, interval=reading.interval + wrong)

    vehicle.inertial_unit.increments = increments  # type: ignore[method-assign]

    async def fly() -> None:
        felt = Felt(vehicle, navigation)  # type: ignore[arg-type]
        for _ in range(20):
            await asyncio.sleep(CYCLE)
            seen.append(await felt.read(CYCLE))
            navigation.take(seen[-1])

    run(fly(), VirtualLoop())
    assert len(vehicle.told) == told
    assert navigation.acceleration[0] == pytest.approx(PUSH, rel=1e-6)
    assert navigation.velocity[0] == pytest.approx(PUSH * 0.4 - 3.7 * 0.4 * 0.72, rel=0.02)


@pytest.mark.parametrize(("push", "blind_from"), [(30.0, 5), (0.0, None)])
def test_a_unit_that_says_the_same_again_and_again_feels_nothing(
    push: float, blind_from: int | None
) -> None:
    """A frozen one would hide that a motor has lit. One without noise says nothing as nothing."""
    vehicle, blind = Vehicle(), []
    navigation = Navigation(0.0, (4e6, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY)

    async def increments() -> Increments:
        now = asyncio.get_running_loop().time()
        return Increments(
            time_ns=round(now * NANOSECONDS), interval=CYCLE, delta_angle=(0.0, 0.0, 0.0),
            delta_velocity=(push * CYCLE, 0.0, 0.0), saturated=False,
        )  # fmt: skip

    vehicle.inertial_unit.increments = increments  # type: ignore[method-assign]

    async def fly() -> None:
        felt = Felt(vehicle, navigation)  # type: ignore[arg-type]
        for _ in range(9):
            await asyncio.sleep(CYCLE)
            navigation.take(await felt.read(CYCLE))
            blind.append(felt.is_blind)

    run(fly(), VirtualLoop())
    assert blind == [blind_from is not None and count >= blind_from for count in range(9)]


@pytest.mark.parametrize(
    ("missed", "bridged", "anew"),
    [
        (999_999, 0.0, False),  # of a thousandth: rounding
        (1_000_001, 0.001, False), (200_000_000, 0.2, False), (200_000_001, 0.2, True),
    ],
)  # fmt: skip
def test_sums_that_are_gone_are_bridged_and_many_of_them_begin_the_attitude_anew(
    missed: int, bridged: float, anew: bool
) -> None:
    """`missed`: ns between two readings that the second does not sum up over."""
    vehicle, begun = Vehicle(), []
    navigation = Navigation(0.0, (4e6, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY)
    navigation.begin_anew = lambda: begun.append(1)  # type: ignore[method-assign]
    stamps = [10**9, 10**9 + 20_000_000 + missed]

    async def increments() -> Increments:
        return Increments(
            time_ns=stamps.pop(0), interval=CYCLE, delta_angle=(0.0, 0.0, 1e-6 * len(stamps)),
            delta_velocity=(PUSH * CYCLE, 0.0, 0.0), saturated=False,
        )  # fmt: skip

    vehicle.inertial_unit.increments = increments  # type: ignore[method-assign]

    async def fly() -> None:
        felt = Felt(vehicle, navigation)  # type: ignore[arg-type]
        for _ in range(2):
            navigation.take(await felt.read(CYCLE))

    run(fly(), VirtualLoop())
    assert navigation.bridged == pytest.approx(bridged, abs=1e-6) and bool(begun) is anew
    assert vehicle.told == []
