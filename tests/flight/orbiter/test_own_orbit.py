"""What tracking says of the own orbit is held against what is known, and looked at twice."""

import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.astrodynamics.vectors import add, norm, scale, unit
from flight.core.activities import ActivityFailed
from flight.core.keeping.clock import monotonic
from flight.icd.devices.orbiter_navigation import KnownOrbit
from flight.orbiter.navigation import Navigator
from flight.orbiter.own_orbit import APART, FASTER, LONGEST, SECOND_LOOK, newest_solution
from flight.orbiter.propagation import State, coast
from flight.orbiter.vehicle import OrbiterVehicle
from flight.runtime.loop import VirtualLoop, run

OWN: State = ((3.9e6, 0.0, 0.0), (0.0, 3_000.0, 1_400.0))
THEN = 1_000.0
"""s at which the last solution was."""


def solution(state: State, time: float, number: int = 5, centre: str = "mars") -> KnownOrbit:
    return KnownOrbit(
        time_ns=round(time * 1e9), centre=centre, position=list(state[0]), velocity=list(state[1]),
        position_sigma=15.0, velocity_sigma=0.01, solution=number,
    )  # fmt: skip


class Flown:
    """An orbiter that knows its orbit, and tracking that tells the truth but for `spoils`."""

    def __init__(self, spoils: Any, own: State | None = OWN, burnt: bool = False) -> None:
        self.troubles: list[str] = []
        self.number = 0
        self.spoils = spoils
        self.navigator = Navigator(time=THEN, own=own)
        self.burnt = burnt
        self.container_captured = False
        self.devices = SimpleNamespace(orbit_knowledge=self)
        self.now = THEN + 5_000.0

    def device_trouble(self, *, reason: str) -> None:
        self.troubles.append(reason)

    async def state(self) -> KnownOrbit:
        self.number += 1
        time = self.now + monotonic()
        told = solution(coast(OWN, time - THEN), time)
        return self.spoils(told) if self.spoils and self.number <= self.bad else told

    bad = 99

    def take(self, bad: int = 99) -> KnownOrbit | None:
        """What is taken, where so many answers are spoilt."""
        self.bad = bad

        async def story() -> tuple[KnownOrbit | None, float]:
            return await newest_solution(self, burnt=self.burnt), monotonic()

        found, self.took = run(story(), VirtualLoop())
        return found

    took = 0.0


def scaled(factor: float) -> Any:
    return lambda told: msgspec.structs.replace(
        told, position=[factor * x for x in told.position],
        velocity=[factor * x for x in told.velocity],
    )  # fmt: skip


def pushed(metres: float = 0.0, faster: float = 0.0) -> Any:
    """Off along its place and its velocity."""

    def told(known: KnownOrbit) -> KnownOrbit:
        place, velocity = tuple(known.position), tuple(known.velocity)
        return msgspec.structs.replace(
            known, position=list(add(place, scale(metres, unit(place)))),  # type: ignore[arg-type]
            velocity=list(add(velocity, scale(faster, unit(velocity)))),  # type: ignore[arg-type]
        )  # fmt: skip

    return told


@pytest.mark.parametrize(
    "spoils", [None, pushed(0.99 * APART), pushed(faster=0.99 * FASTER), scaled(1.005)]
)
def test_what_is_near_what_is_known_is_taken_at_once(spoils: Any) -> None:
    flown = Flown(spoils)
    assert flown.take() is not None
    assert not flown.troubles and flown.number == 1 and flown.took == 0.0


@pytest.mark.parametrize(
    "spoils", [scaled(0.507), scaled(1.5), scaled(164.0), pushed(1.01 * APART),
               pushed(faster=1.01 * FASTER), scaled(0.0)],
)  # fmt: skip
def test_what_is_far_off_is_looked_at_a_second_time(spoils: Any) -> None:
    flown = Flown(spoils)
    found = flown.take(bad=1)
    assert found is not None and flown.number == 2 and flown.took == SECOND_LOOK
    assert tuple(found.position) == pytest.approx(coast(OWN, 5_600.0)[0], abs=1.0)
    assert len(flown.troubles) == 1 and "orbit_knowledge" in flown.troubles[0]


@pytest.mark.parametrize("factor", [0.507, 0.95, 1.5, 164.0, -0.9])
def test_what_moves_as_no_orbit_does_is_not_taken(factor: float) -> None:
    flown = Flown(scaled(factor))
    assert flown.take() is None and len(flown.troubles) == 1


def test_a_burn_that_nobody_has_counted_shows_in_both_looks_and_is_believed() -> None:
    flown = Flown(None, own=(OWN[0], scale(0.95, OWN[1])))
    found = flown.take()
    assert found is not None and flown.number == 2
    assert tuple(found.position) == pytest.approx(coast(OWN, 5_600.0)[0], abs=1.0)


@pytest.mark.parametrize("burnt", [True, False])
def test_after_a_burn_it_may_be_anywhere_but_inside_of_mars(burnt: bool) -> None:
    assert (Flown(scaled(1.2), burnt=True).take() is not None) and Flown(scaled(1.2)).take() is None
    assert Flown(scaled(0.5), burnt=burnt).take() is None


def test_on_the_way_home_the_tracking_is_taken_but_inside_of_mars() -> None:
    flown = Flown(scaled(1.2))
    flown.container_captured = True
    assert flown.take() is not None and not flown.troubles
    flown = Flown(scaled(0.5))
    flown.container_captured = True
    assert flown.take() is None


def test_who_knows_nothing_takes_what_can_be_and_says_what_cannot() -> None:
    assert Flown(scaled(1.5), own=None).take() is not None
    assert Flown(scaled(0.507), own=None).take(bad=1) is not None
    with pytest.raises(ActivityFailed, match=r"not known: 19\d\d km from its centre"):
        Flown(scaled(0.507), own=None).take()


def test_old_knowledge_and_other_suns_contradict_nobody() -> None:
    flown = Flown(scaled(1.2))
    flown.now = THEN + LONGEST + 1.0
    assert flown.take() is not None
    away = solution(((1.0e5, 0.0, 0.0), (0.0, 1.0, 0.0)), THEN, centre="earth")
    assert Flown(lambda told: away).take() is away
    far = solution(((6.0e7, 0.0, 0.0), (0.0, 1.0, 0.0)), THEN)
    assert Flown(lambda told: far).take() is far


def test_a_solution_that_is_not_taken_leaves_the_old_one_old() -> None:
    flown: Any = Flown(scaled(0.507))
    flown._own_taken, flown._burnt_solution, before = -math.inf, -1, flown.navigator.own

    run(OrbiterVehicle.refresh_own(flown), VirtualLoop())
    assert flown.navigator.own is before and flown._own_taken == -math.inf
    flown.bad = 0
    run(OrbiterVehicle.refresh_own(flown), VirtualLoop())
    assert flown._own_taken == 0.0 and norm(flown.navigator.own[0]) > 3.4e6
