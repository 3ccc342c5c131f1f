"""The safe state near the container: a way out that is clear of it, and power."""

import asyncio
import math
from typing import Any

import pytest

from flight.astrodynamics.relative_motion import lvlh_axes
from flight.astrodynamics.vectors import norm
from flight.core.fault_protection.structure import Structure
from flight.orbiter import safing
from flight.orbiter.clearance import check_drift
from flight.orbiter.manoeuvres import two_impulses
from flight.orbiter.navigation import Navigator
from flight.orbiter.records import Departure
from tests.flight.orbiter.ship import MUTE, Answers, Ship, do


async def settle(ship: Any, seconds: float = 100.0) -> None:
    task = asyncio.get_running_loop().create_task(safing.hold_safe(ship, None))  # type: ignore[arg-type]
    await asyncio.sleep(seconds)
    assert not task.done()  # it stays in its safe state
    task.cancel()


@pytest.mark.parametrize(
    ("along", "certain", "believed", "leaves"),
    [(300.0, 5.9, 50.0, True), (300.0, 6.0, 50.0, True), (300.0, 6.01, 50.0, False),
     (300.0, None, None, True), (999.0, 1.0, 50.0, True), (1_001.0, 1.0, 6.01, False),
     (1_001.0, 1.0, 6.0, True)],
)  # fmt: skip
def test_where_its_drift_is_not_clear_of_it_the_safe_state_begins_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch, along: float, certain: float, believed: float, leaves: bool
) -> None:
    def check(node: Any) -> None:
        node.certain_drift_distance, node.free_drift_distance = certain, believed

    monkeypatch.setattr(safing, "check_drift", check)
    ship: Any = Ship((0.0, along, 0.0))
    do(settle(ship))
    assert [purpose for purpose, _ in ship.burns()] == ["safing"] * leaves


def colliding(along: float) -> Any:
    """A ship on a way that leads to the container."""
    ship: Any = Ship((0.0, along, 0.0))
    nav = ship.navigator
    nav.kick(two_impulses(nav.own, nav.target, (0.0, 0.0, 0.0), 2_500.0).first, 0.0)
    return ship


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_way_out_recedes_from_the_container_on_either_side(side: float) -> None:
    ship = colliding(side * 200.0)

    async def story() -> None:
        check_drift(ship)
        assert ship.certain_drift_distance <= 6.0
        await settle(ship)

    do(story())
    assert len(ship.burns()) == 1 and ship.certain_drift_distance > 12.0


def test_far_away_what_leads_to_the_container_is_left_as_well() -> None:
    ship = colliding(5_000.0)

    async def story() -> None:
        check_drift(ship)
        assert ship.free_drift_distance < 6.0
        await settle(ship)

    do(story())
    assert ship.burns() and ship.free_drift_distance > 100.0


def way_out(along: float, sigma: float = 1.0) -> tuple[Any, float]:
    """A ship that has left a way to the container, and by how large a burn (m/s)."""
    ship = colliding(along)
    nav = ship.navigator
    nav.covariance = [[sigma * sigma * value for value in row] for row in nav.covariance]
    do(settle(ship))
    [(_, size)] = ship.burns()
    return ship, size


def test_from_afar_the_way_out_is_as_large_as_it_has_to_be() -> None:
    stop = norm(colliding(20_000.0).navigator.relative()[1])
    ship, size = way_out(20_000.0)
    assert stop > 7.0 and size < 0.2 and ship.certain_drift_distance > 12.0
    # What is known less well is missed by more.
    unsure, larger = way_out(20_000.0, sigma=400.0)
    assert size < larger < stop and unsure.certain_drift_distance > 12.0
    # Where a little aside is not surely enough it comes to rest, and recedes.
    _, most = way_out(20_000.0, sigma=1e4)
    assert most > 0.9 * stop


def test_what_would_be_met_before_the_ground_looks_is_not_left_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float] = []

    def met(own: Any, target: Any, revolutions: float, distance: float) -> bool:
        asked.append(revolutions)
        return False

    monkeypatch.setattr(safing, "is_safe", met)
    _, size = way_out(20_000.0)
    assert set(asked) == {24.0} and size > 7.0


def test_near_by_the_way_out_is_a_part_of_the_distance_as_before() -> None:
    assert list(safing._distances(Ship((0.0, 900.0, 0.0)))) == [270.0]  # type: ignore[arg-type]
    assert list(safing._distances(Ship((0.0, 100.0, 0.0)))) == [60.0]  # type: ignore[arg-type]
    far = list(safing._distances(Ship((0.0, 20_000.0, 0.0))))  # type: ignore[arg-type]
    assert far[0] == 300.0 and far[-1] == pytest.approx(6_000.0) and far == sorted(far)


@pytest.mark.parametrize(
    "values", [{"container_captured": True}, {"departure": Departure(0.0, 1.0, 9.0)}]
)
def test_on_board_or_away_from_mars_nothing_is_to_be_kept_clear_of(values: dict[str, Any]) -> None:
    ship: Any = Ship((0.0, 1.0, 0.0), **values)
    do(settle(ship))
    assert not ship.burns()


def to_local(ship: Any, way: list[float]) -> Any:
    """In the container's axes at the start."""
    target = Ship().navigator.target
    assert target is not None
    return tuple(
        math.fsum(a * b for a, b in zip(axis, way, strict=True)) for axis in lvlh_axes(*target)
    )


def test_the_safe_state_goes_on_where_nobody_can_measure_a_burn() -> None:
    ship = colliding(200.0)
    ship.context.structure = Structure(left_out=frozenset(["all_stellar"]))
    ship.devices.inertial_unit = Answers(state=[MUTE])
    do(settle(ship, 2_000.0))
    assert ship.told("device_trouble") and not ship.burns()
    assert ship.devices.array_drive.asked  # and keeps its power


def test_in_the_safe_state_what_is_not_known_is_not_fled_from() -> None:
    unknown: Any = Ship()
    unknown.navigator = Navigator()
    do(settle(unknown))
    assert not unknown.said
    lost: Any = Ship()
    lost.navigator.covariance = []
    do(settle(lost))
    assert not lost.burns()
