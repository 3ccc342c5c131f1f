"""What the MAV shows of its flight, waits for on the ground, and finds after a boot."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.custody.ledger import CustodyStatus
from flight.icd import places
from flight.icd.devices.base import DeviceFault
from flight.mav import skills
from flight.mav import vehicle as of_vehicle
from flight.mav.ascent_memory import recall
from flight.mav.reached_orbit import reached_orbit
from flight.mav.vehicle import MavVehicle
from tests.flight.mav.test_before_the_launch import Latch, mav, no_pauses, record, sealing

__all__ = ["no_pauses"]  # nobody waits here, either
MU = 4.282837362e13
RADIUS = 3_389_500.0


def flying(height: float = 343_210.0, speed: float | None = None) -> Any:
    """A computer in an orbit along the equator, of a plan that is tilted by a degree."""
    radius = RADIUS + height
    around = math.sqrt(MU / radius) if speed is None else speed
    navigation = SimpleNamespace(
        position=(radius, 0.0, 0.0), velocity=(0.0, around, 0.0), saturations=3,
        acceleration=(19.876, 5.0, 6.0),
    )  # fmt: skip
    tilt = math.radians(1.0)
    plan = SimpleNamespace(normal=(0.0, -math.sin(tilt), math.cos(tilt)))
    return SimpleNamespace(
        navigation=navigation, plan=plan, dynamic_pressure=12.345, pointing_error=0.4567
    )


def test_the_orbit_that_was_reached_is_told_in_kilometres_over_mars_and_degrees() -> None:
    orbit = reached_orbit(flying())
    assert orbit["periapsis"] == pytest.approx(343.21, abs=0.3)
    assert orbit["apoapsis"] == pytest.approx(343.21, abs=0.3)
    assert orbit["inclination"] == 0.0 and orbit["off_plane"] == 1.0
    faster = reached_orbit(flying(speed=math.sqrt(MU / (RADIUS + 343_210.0)) * 1.01))
    assert faster["periapsis"] == pytest.approx(343.21, abs=0.3) and faster["apoapsis"] > 490.0
    assert all(round(value, 4) == value for value in faster.values())


@pytest.mark.parametrize("gas", [None, 1.23456])
def test_what_is_shown_of_the_flight_is_what_navigation_says(
    gas: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        of_vehicle, "reached_orbit",
        lambda computer: {"periapsis": 300.0, "apoapsis": 350.0, "inclination": 27.0},
    )  # fmt: skip
    effectors = None if gas is None else SimpleNamespace(gas=gas)
    node: Any = SimpleNamespace(computer=flying(speed=3_412.34), last_effectors=effectors,
                                cold_gas="as before")  # fmt: skip
    shown = MavVehicle.show_flight(node)
    assert shown == {"height": 343.21, "speed": 3_412.3, "periapsis": 300.0, "apoapsis": 350.0}
    assert (node.inclination, node.dynamic_pressure, node.acceleration) == (27.0, 12.3, 19.88)
    assert (node.pointing_error, node.saturated_readings) == (0.46, 3)
    assert node.cold_gas == ("as before" if gas is None else 1.235)


def test_a_flight_that_has_not_begun_is_forgotten_and_one_that_was_kept_has_its_phase() -> None:
    node: Any = SimpleNamespace(ascent=None)
    assert MavVehicle.phase(node) == ""
    node.ascent = SimpleNamespace(phase="coasting")
    assert MavVehicle.phase(node) == "coasting"
    MavVehicle.clear_ascent(node)
    assert (node.computer, node.last_effectors, node.ascent, node.thrown_at) == (None,) * 4


async def test_one_that_knows_where_it_is_recalls_nothing() -> None:
    assert await recall(SimpleNamespace(computer="there")) is False  # type: ignore[arg-type]
    for kept in (None, SimpleNamespace(computer=None, phase="coasting")):
        with pytest.raises(AssertionError):
            await recall(SimpleNamespace(computer=None, ascent=kept))  # type: ignore[arg-type]


# --------------------------------------------------------------------------- on the ground


@pytest.mark.parametrize(
    ("warm_at", "looks", "given_up"), [(0, 1, False), (2, 3, False), (3, 3, True)]
)
async def test_warmth_is_waited_for_every_half_hour_up_to_the_limit(
    warm_at: int, looks: int, given_up: bool, no_pauses: list[float]
) -> None:
    node = mav(looked=0)
    node.parameters["conditioning_limit"] = 3_600.0

    async def sample() -> None:
        node.looked += 1

    node.sample = sample
    waiting = skills._wait_for(node, lambda: node.looked > warm_at, "it is too cold")
    if given_up:
        with pytest.raises(ActivityFailed, match="it is too cold, after 1 h"):
            await waiting
    else:
        await waiting
    assert node.looked == looks and no_pauses == [1_800.0] * (looks - 1)


@pytest.mark.parametrize("answers", [True, False])
async def test_the_avionics_are_switched_on_or_the_step_fails_and_says_why(answers: bool) -> None:
    switched: list[bool] = []

    async def set_power(on: bool) -> None:
        if not answers:
            raise DeviceFault("cold", "the bus is off")
        switched.append(on)

    async def sample() -> None:
        pass

    node = mav(systems=SimpleNamespace(set_power=set_power), sample=sample)
    if answers:
        assert (await skills.wake(node, None)).data == {"result": "avionics on"}  # type: ignore[arg-type]
        assert switched == [True]
    else:
        with pytest.raises(ActivityFailed, match="the avionics do not wake: the bus is off"):
            await skills.wake(node, None)  # type: ignore[arg-type]


class Unlatching(Latch):
    """A latch that is closed until it has been driven so often."""

    async def state(self) -> Any:
        seen = await super().state()
        seen.latched = not seen.latched
        return seen


@pytest.mark.parametrize(("opens_at", "tries"), [(1, 1), (3, 3), (4, 3)])
async def test_the_latch_is_driven_until_its_switch_says_that_it_is_open(
    opens_at: int, tries: int, no_pauses: list[float]
) -> None:
    node = sealing(Unlatching(opens_at))
    if opens_at > 3:
        with pytest.raises(ActivityFailed, match="the latch did not open"):
            await skills.open_container(node, None)  # type: ignore[arg-type]
    else:
        signal = await skills.open_container(node, None)  # type: ignore[arg-type]
        assert "the lid may be taken off" in signal.data["result"]
    assert node.container.tries == tries
    assert no_pauses == [60.0] * (tries - 1 if opens_at <= 3 else 3)


async def test_a_container_that_does_not_answer_fails_the_step_and_says_so() -> None:
    node = sealing(Latch())

    async def mute() -> Any:
        raise DeviceFault("bus", "nothing was heard")

    node.container.state = mute
    with pytest.raises(ActivityFailed, match="the container does not answer"):
        await skills.seal_container(node, None)  # type: ignore[arg-type]
    assert node.container.tries == 0


@pytest.mark.parametrize(
    ("latched", "lid", "seated", "before", "closure"),
    [
        (True, True, True, "", "sealed"), (True, True, False, "", ""), (True, False, True, "", ""),
        (False, True, True, "", "open"), (False, False, False, "", "open"),
        (False, True, True, "sealed", "sealed"), (True, True, True, "open", "open"),
    ],
)  # fmt: skip
async def test_after_a_boot_without_memory_its_switches_tell_how_the_container_is(
    monkeypatch: pytest.MonkeyPatch, latched: bool, lid: bool, seated: bool, before: str,
    closure: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(skills, "settle_release", lambda node, state: None)
    node = sealing(Latch(0 if latched else 9, lid, seated))
    node.closure = before
    await _boots(node, lost=True, container=True)
    assert node.closure == closure and node.told == [] and node.flown == ""


@pytest.mark.requirement("CUS-14")
@pytest.mark.parametrize(
    ("lost", "container", "flown"),
    [(True, False, "in_orbit"), (True, True, ""), (False, False, "")],
)
async def test_without_memory_and_container_it_has_flown(
    monkeypatch: pytest.MonkeyPatch, lost: bool, container: bool, flown: str
) -> None:
    monkeypatch.setattr(skills, "settle_release", lambda node, state: None)
    node = sealing(Latch(0, True, False))
    node.closure = "sealed"
    await _boots(node, lost=lost, container=container)
    assert node.flown == flown


async def _boots(node: Any, *, lost: bool, container: bool) -> None:
    async def wires() -> Any:
        return SimpleNamespace(valid=True, container=container)

    node.separation = SimpleNamespace(state=wires)
    node.context, node.flown = SimpleNamespace(store_lost=lost), ""
    await skills.settle_seals(node)


async def test_only_a_tube_whose_socket_feels_one_is_found_again() -> None:
    found: list[tuple[str, int]] = []

    async def find_again(tube: str, socket: int) -> bool:
        found.append((tube, socket))
        return True

    for seated in (True, False):
        node = sealing(Latch(seated=seated))
        lost = record("B", CustodyStatus.UNKNOWN, places.CONTAINER)
        lost.slot = 0
        node.records = [lost]
        node.handover.find_again = find_again
        node.tube_found = lambda tube, socket, node=node: node.told.append((tube, socket))
        await skills._find_lost(node)
        assert node.told == ([("B", 0)] if seated else [])
    assert found == [("B", 0)]
