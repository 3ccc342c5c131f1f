"""Burns that are broken off: what they have given is known, and where that leads is looked at."""

import asyncio
from typing import Any

import pytest

from flight.astrodynamics.vectors import norm, subtract
from flight.core.activities import ActivityFailed
from flight.core.fault_protection.structure import Structure
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.orbiter.burn_begun import BurnBegun, FeltSum
from flight.orbiter.hardware import INERTIAL_UNIT
from flight.orbiter.manoeuvres import (
    BurnNotBegun,
    BurnStopped,
    burn_seconds,
    end_begun,
    execute,
)
from flight.orbiter.navigation import Navigator
from tests.flight.orbiter.ship import MUTE, Answers, Ship, do, now

WAY = (0.1, 0.0, 0.0)


def by_first(*way: float) -> FeltSum:
    """What the first unit has summed up."""
    x, y, z = way or (0.0, 0.0, 0.0)
    return FeltSum(INERTIAL_UNIT, 0, (x, y, z))


def burning(**values: Any) -> Any:
    """A ship whose thrusters give half, and then nothing answers for an hour."""
    ship: Any = Ship(**values)

    async def fire(way: list[float]) -> None:
        ship._push([0.5 * each for each in way])
        await asyncio.sleep(3600.0)

    ship.devices.thrusters.fire = fire
    return ship


def moved(ship: Any, still: Any) -> Any:
    """What the navigator has taken of a burn, beside one without it at the same time (m/s)."""
    still.navigator.advance(ship.navigator.time)
    return subtract(ship.navigator.own[1], still.navigator.own[1])


def test_one_that_is_broken_off_is_noted_with_what_was_felt_and_its_way_is_looked_at() -> None:
    async def story() -> Any:
        ship = burning()
        task = asyncio.get_running_loop().create_task(execute(ship, WAY, "leg"))
        await asyncio.sleep(10.0)
        assert ship.burn_begun == BurnBegun(0.0, "leg", WAY, ship.burn_begun.impulse, by_first())
        before = ship.tank_book
        task.cancel()
        await asyncio.sleep(1.1)
        assert ship.burn_begun is ship.burn_left is None
        assert ship.tank_book.propellant < before.propellant
        return ship

    ship = do(story())
    [told] = ship.told("burn_broken_off")
    assert told == {"purpose": "leg", "wanted": 0.1, "felt": 0.05} and not ship.burns()
    # The middle of it is not known better than to the ten seconds that it took.
    assert moved(ship, Ship()) == pytest.approx((0.05, 0.0, 0.0), abs=1e-3)
    assert ship.free_drift_distance is not None and ship.delta_v_used == 0.05


def booted(felt: Any, **values: Any) -> Any:
    """A ship that boots and remembers a burn that was begun."""
    begun = BurnBegun(0.0, "leg", WAY, 220.0, felt)
    ship: Any = Ship(burn_begun=begun, burn_left=begun, **values)
    ship.felt = [0.07, 0.0, 0.0]
    return ship


@pytest.mark.parametrize("by", ["boot", "next burn", "both"])
def test_what_a_computer_has_begun_before_it_died_is_taken_once(by: str) -> None:
    async def story() -> Any:
        ship = booted(by_first(0.01, 0.0, 0.0))
        work = [] if by == "next burn" else [end_begun(ship)]
        work += [] if by == "boot" else [execute(ship, (0.0, 0.2, 0.0), "another")]
        await asyncio.gather(*work)
        return ship

    ship = do(story())
    [told] = ship.told("burn_broken_off")
    assert told["felt"] == 0.06 and ship.burn_begun is ship.burn_left is None
    later = 0.0 if by == "boot" else 0.2
    assert moved(ship, Ship()) == pytest.approx((0.06, later, 0.0), abs=1e-4)


def noted(ship: Any, work: Any) -> Any:
    """Where the orbiter is believed to be an hour after that, m."""

    async def story() -> Any:
        await work()
        ship.navigator.advance(3600.0)
        return ship.navigator.own[0]

    return do(story())


@pytest.mark.parametrize("felt", [True, False])
def test_one_of_minutes_is_taken_about_its_middle_however_late_that_is_done(felt: bool) -> None:
    way, wanted = (60.0, 0.0, 0.0), (120.0, 0.0, 0.0)
    whole: Any = Ship()
    seconds = burn_seconds(whole, 60.0)

    async def burn(direction: list[float], size: float, *more: Any) -> None:
        await asyncio.sleep(seconds)
        whole._push(list(way))

    whole.devices.main_engine.burn = burn
    there = noted(whole, lambda: execute(whole, way, "leg"))
    before = by_first() if felt else None
    begun = BurnBegun(0.0, "leg", way if felt else wanted, 320.0, before)
    ship: Any = Ship(burn_begun=begun, burn_left=begun)
    ship.felt = list(way)

    async def late() -> None:
        await asyncio.sleep(1000.0)
        await end_begun(ship)

    # As if all of it were given when it began, it would be 60 m/s times half of 92 s off.
    assert norm(subtract(noted(ship, late), there)) < 100.0
    assert ship.burn_left is None


def test_what_nobody_has_felt_may_be_anything_up_to_the_whole() -> None:
    ship = booted(None)
    before = ship.navigator.covariance[3][3]
    do(end_begun(ship))
    assert moved(ship, Ship()) == pytest.approx((0.05, 0.0, 0.0), abs=1e-6)
    assert ship.navigator.covariance[3][3] - before == pytest.approx(0.05**2, rel=1e-4)
    assert ship.told("burn_broken_off")[0]["felt"] is None
    assert ship.certain_drift_distance == 0.0, "so that nothing is certain of its drift"


def test_as_long_as_nobody_can_tell_it_is_asked_again_before_anything_burns() -> None:
    ship = booted(by_first())
    ship.context.structure = Structure(left_out=frozenset(["all_stellar"]))
    ship.devices.inertial_unit = Answers(state=[MUTE])
    with pytest.raises(DeviceTimeout):
        do(execute(ship, WAY, "leg"))
    assert ship.burn_left is not None and not ship.devices.thrusters.asked


def test_away_from_mars_and_on_board_there_is_no_drift_to_look_at() -> None:
    ship = booted(by_first(), container_captured=True)
    do(end_begun(ship))
    assert ship.free_drift_distance is None and ship.told("burn_broken_off")
    ship = booted(by_first())
    ship.navigator = Navigator()
    do(end_begun(ship))
    assert ship.free_drift_distance is None and ship.burn_left is None


def stopping(*gives: float) -> Any:
    """A ship whose thrusters give such parts of what they are asked for, and then fault."""
    ship: Any = Ship()
    left = list(gives)

    async def fire(way: list[float]) -> None:
        part = left.pop(0) if left else 1.0
        ship._push([part * each for each in way])
        if part < 1.0:
            raise DeviceFault("valve", "it closes")

    ship.devices.thrusters.fire = fire
    return ship


def test_one_that_stops_early_is_planned_anew_from_where_it_is() -> None:
    ship = stopping(0.3, 0.0, 0.4)
    plans: list[Any] = []

    async def again() -> Any:
        plans.append(ship.navigator.own)
        return (0.0, 0.1, 0.0)

    with pytest.raises(BurnStopped) as stopped:
        do(execute(ship, WAY, "leg", again=again))
    assert stopped.value.gained == pytest.approx((0.03, 0.04, 0.0)) and len(plans) == 2
    assert not ship.burns() and ship.burn_left is None
    assert ship.free_drift_distance is not None


@pytest.mark.parametrize(("parts", "rest"), [((0.3,), 0.07), ((0.3, 0.4), 0.042)])
def test_without_a_plan_what_is_still_missing_is_made(parts: Any, rest: float) -> None:
    ship = stopping(*parts)
    asked: list[Any] = []
    fire = ship.devices.thrusters.fire

    async def noted(way: list[float]) -> None:
        asked.append(way[0])
        await fire(way)

    ship.devices.thrusters.fire = noted
    assert do(execute(ship, WAY, "leg")) == pytest.approx(WAY)
    assert asked[-1] == pytest.approx(rest) and ship.delta_v_used == 0.1
    assert ship.felt == pytest.approx(list(WAY)), "and no more than was wanted"


def test_what_was_gained_counts_however_the_burn_has_ended() -> None:
    ship = stopping(0.3, 0.01, 0.2)
    with pytest.raises(BurnStopped) as stopped:
        do(execute(ship, WAY, "leg"))
    assert ship.felt[0] == pytest.approx(stopped.value.gained[0])
    assert ship.delta_v_used == pytest.approx(ship.felt[0], abs=2e-3)
    ship = stopping(0.01, 0.01, 0.01)
    with pytest.raises(BurnNotBegun) as nothing:
        do(execute(ship, WAY, "leg"))
    assert ship.felt[0] == pytest.approx(nothing.value.gained[0]) and ship.felt[0] > 0.0


@pytest.mark.parametrize("last", [0.0, 0.3])
def test_what_is_left_to_be_flown_no_more_or_too_late_says_what_was_gained(last: float) -> None:
    async def nothing() -> None:
        return None

    assert do(execute(stopping(0.3), WAY, "leg", again=nothing)) == pytest.approx((0.03, 0.0, 0.0))
    ship = stopping(0.3, last)
    with pytest.raises(BurnStopped) as stopped:  # the second pause would be too long
        do(execute(ship, WAY, "leg", until=100.0))
    assert stopped.value.gained == pytest.approx((0.03 + 0.07 * last, 0.0, 0.0))


def test_without_the_safeguard_it_is_not_completed() -> None:
    ship = stopping(0.3)
    ship.context.structure = Structure(left_out=frozenset(["burn_completed"]))
    with pytest.raises(BurnStopped, match="leg: the burn did not happen"):
        do(execute(ship, WAY, "leg"))


# ------------------------------------------------------------- another count


@pytest.mark.parametrize(("unit", "boot"), [("inertial_unit_b", 0), (INERTIAL_UNIT, 1)])
@pytest.mark.parametrize("answers", [True, False])
def test_of_two_counts_no_difference_is_taken(unit: str, boot: int, answers: bool) -> None:
    """A unit that is swapped, or is switched on anew, in the middle of a burn."""
    ship: Any = Ship()

    async def fire(way: list[float]) -> None:
        ship.unit, ship.unit_boot, ship.felt = unit, boot, [7.0, -3.0, 0.0]
        if not answers:
            raise DeviceFault("valve", "it closes")

    ship.devices.thrusters.fire = fire
    if answers:
        assert do(execute(ship, WAY, "leg")) == WAY
        assert moved(ship, Ship()) == pytest.approx(WAY)
        assert not ship.told("burn_off_nominal") and ship.burn_begun is None
    else:
        with pytest.raises(ActivityFailed, match="nobody has felt whether"):
            do(execute(ship, WAY, "leg"))
        assert ship.delta_v_used is None


def test_a_burn_that_another_unit_sees_the_end_of_may_be_anything_up_to_the_whole() -> None:
    ship = booted(by_first())
    ship.unit, ship.felt = "inertial_unit_b", [0.0, 55.0, 0.0]
    do(end_begun(ship))
    assert ship.told("burn_broken_off")[0]["felt"] is None
    moved_by = moved(ship, Ship())
    assert moved_by == pytest.approx((0.05, 0.0, 0.0), abs=1e-3)


# --------------------------------------------------------------- until it is off


def still_burning(seconds: float) -> Any:
    """A ship that begins a burn of 0.1 m/s in so many s, and whose thrusters cannot be reached."""
    ship: Any = Ship()

    def feel() -> Any:
        burnt = min(1.0, now() / seconds)
        ship.felt = [burnt * each for each in WAY]
        return ship._feel()

    async def fire(way: list[float]) -> None:
        await asyncio.sleep(0.1 * seconds)
        raise DeviceTimeout("lost")

    ship.devices.inertial_unit = Answers(state=[feel])
    ship.devices.thrusters.fire = fire
    return ship


def test_who_gives_a_burn_up_reads_the_accelerometers_once_it_is_off() -> None:
    ship = still_burning(20.0)
    assert do(execute(ship, WAY, "leg")) == pytest.approx(WAY)
    assert ship.delta_v_used == 0.1
    cancelled = still_burning(20.0)

    async def story() -> None:
        task = asyncio.get_running_loop().create_task(execute(cancelled, WAY, "leg"))
        await asyncio.sleep(1.0)
        task.cancel()
        await asyncio.sleep(1.0)
        assert cancelled.burn_left is not None, "it thrusts still"
        await asyncio.sleep(120.0)

    do(story())
    assert cancelled.told("burn_broken_off")[0]["felt"] == pytest.approx(0.1)


def test_what_never_ends_is_no_burn_whose_end_was_felt() -> None:
    ship = still_burning(1e5)
    begun = BurnBegun(0.0, "leg", WAY, 285.0, by_first())
    ship.burn_begun = ship.burn_left = begun

    def feel() -> Any:
        ship.felt = [0.01 * now(), 0.0, 0.0]
        return ship._feel()

    ship.devices.inertial_unit = Answers(state=[feel])

    async def story() -> float:
        with pytest.raises(ActivityFailed, match="still goes on"):
            await end_begun(ship)
        return now()

    assert 600.0 <= do(story()) <= 670.0
    assert ship.burn_left == begun and not ship.told("burn_broken_off")
