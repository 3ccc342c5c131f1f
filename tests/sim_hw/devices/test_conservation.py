"""Mass, propellant and energy close at each instant, and what does not close is found and said."""

import math
from typing import Any

import pytest

from flight.mav.node import Mav
from flight.orbiter.node import Orbiter
from ground.missions.vehicle_files import load_vehicle_file
from ground.studies.ascent_run import Flight
from ground.studies.ascent_study import vehicle_file_once
from sim_hw.assembly import mav as mav_assembly
from sim_hw.assembly import orbiter as orbiter_assembly
from sim_hw.assembly.conservation import Balance, Conservation
from sim_hw.dynamics.mav_flight import MavBody
from sim_hw.world.spacecraft import orbiting
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def built() -> tuple[World, Clock, Any, dict[str, Any], Conservation]:
    clock = Clock()
    world = World(3, 2462300.0, TubeRegistry([], {}))
    world.clock = clock
    hardware = load_vehicle_file(Orbiter, orbiter_assembly.HARDWARE).hardware
    power, devices = orbiter_assembly.build(world, hardware)
    return world, clock, power, dict(devices), Conservation(
        world, {"orbiter": power}, {"orbiter": devices}
    )  # fmt: skip


def names(found: list[Balance]) -> set[str]:
    return {row.what for row in found}


def test_a_balance_closes_up_to_its_tolerance_and_not_beyond() -> None:
    assert Balance("mass", "kg", 1.000_000_999, 1.0, 1e-6).closes
    assert not Balance("mass", "kg", 1.000_001_001, 1.0, 1e-6).closes
    assert not Balance("mass", "kg", math.nan, 1.0, 1e-6).closes


def test_the_orbiter_closes_over_burn_capture_and_release() -> None:
    world, clock, power, devices, conservation = built()
    vehicle = devices["thrusters"].vehicle
    x, y, z, u, v, w = vehicle.body.state
    container = orbiting("container", clock, (x + 5.0, y, z), (u, v + 0.05, w), 16.0)
    world.space.add(container)
    for step in range(20):
        clock.now += 700.0
        assert conservation.imbalances() == []
        if step == 3:
            vehicle.use(40.0, 320.0)
        if step == 6:
            vehicle.take(container)
            vehicle.captured = container.frozen = True
        if step == 9:
            vehicle.let_go(85.0, (0.3, 0.0, 0.0))
        power.set_load("test", 10.0 * step)
    assert conservation.imbalances() == []
    assert len(conservation.balances()) == 4


def test_what_does_not_close_is_named() -> None:
    _, _, power, devices, conservation = built()
    vehicle = devices["thrusters"].vehicle
    vehicle.propellant -= 2e-6
    assert names(conservation.imbalances()) == {"propellant of the orbiter", "mass of the orbiter"}
    assert "ought to be" in str(conservation.imbalances()[0])
    _, _, power, devices, conservation = built()
    vehicle = devices["thrusters"].vehicle
    vehicle.taken += 16.0  # a container that nobody took on board
    assert names(conservation.imbalances()) == {"mass of the orbiter"}
    vehicle.taken = 0.0
    power._energy += 1e3
    assert names(conservation.imbalances()) == {"energy in the battery of orbiter"}
    power._energy -= 1e3
    assert conservation.imbalances() == []
    vehicle.propellant += 1.0
    assert "propellant of the orbiter, since the last look" in names(conservation.imbalances())


def test_a_free_orbit_keeps_its_energy_and_a_push_from_nowhere_is_found() -> None:
    world, clock, _, _, conservation = built()
    world.space.add(orbiting("container", clock, (3.74e6, 0.0, 0.0), (0.0, 3_000.0, 1_500.0), 16.0))
    for _ in range(30):
        clock.now += 3_000.0
        assert conservation.imbalances() == []
    body = world.space.bodies["container"]
    body.advance()
    body.state = (*body.state[:3], body.state[3], body.state[4] + 0.02, body.state[5])
    assert names(conservation.imbalances()) == {"energy of the free container's orbit"}
    speed = body.state[4]
    body.pushed += 0.5 * (speed**2 - (speed - 0.02) ** 2)  # as what it ran against books it
    assert conservation.imbalances() == []


def test_the_mav_closes_from_the_tube_to_the_trim() -> None:
    file = vehicle_file_once()
    seen: list[int] = []

    class Watched(Flight):
        def airborne(self) -> None:
            conservation = Conservation(World(1, 2462300.0, TubeRegistry([], {})), {}, {
                "mav": {"ejector": self.devices.ejector}
            })  # fmt: skip

            def look(time: float, state: Any) -> None:
                assert conservation.imbalances() == [], time
                seen.append(len(conservation.balances()))

            self.body.observers.append(look)

    flight = Watched(file.hardware, file.flight, 21, burn_cycle=0.04)
    assert flight.fly().in_orbit
    assert len(seen) > 1_000 and set(seen) == {2}
    body: Any = flight.body
    ours = Conservation(World(1, 2462300.0, TubeRegistry([], {})), {}, {
        "mav": {"ejector": flight.devices.ejector}
    })  # fmt: skip
    body.has_fairing = True  # it says that it carries what it does not
    assert names(ours.imbalances()) == {"mass of the MAV"}
    assert isinstance(body, MavBody)
    assert load_vehicle_file(Mav, mav_assembly.HARDWARE).hardware.vehicle.fairing_mass > 1e-6


@pytest.mark.parametrize("wrong", [1e3, -1e3])
def test_energy_from_nowhere_or_to_nowhere_is_found(wrong: float) -> None:
    _, clock, power, _, conservation = built()
    for _ in range(50):
        clock.now += 20_000.0
        power.advance()
        assert conservation.imbalances() == []
    power.account.loads += wrong
    assert names(conservation.imbalances()) == {"energy in the battery of orbiter"}
