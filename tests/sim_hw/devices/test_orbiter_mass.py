"""Mass, momentum and propellant of the orbiter close over capture, burns and release."""

import math
from typing import Any

import pytest

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import add, dot, norm, scale, subtract, unit
from flight.icd.devices.base import DeviceFault
from flight.orbiter.node import Orbiter
from flight.runtime.loop import VirtualLoop, run
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly import orbiter
from sim_hw.devices.capsule_release import CAPSULE
from sim_hw.world.spacecraft import orbiting
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

CONTAINER_MASS = 16.0
DRY, PROPELLANT, RELEASED = 1700.0, 2600.0, 85.0


def build() -> tuple[World, dict[str, Any]]:
    """The devices, and a container that comes in along the boresight at 7 cm/s."""
    world = World(1, julian_date(2029, 7, 1), TubeRegistry([], {}))
    _, devices = orbiter.build(world, load_vehicle_file(Orbiter, orbiter.HARDWARE).hardware)
    found: dict[str, Any] = dict(devices)
    vehicle = found["camera"].vehicle
    ahead = vehicle.boresight()
    place = add(vehicle.body.position(), scale(1.7, ahead))
    speed = add(vehicle.body.velocity(), scale(-0.07, ahead))
    world.space.add(orbiting("container", world.now, place, speed, CONTAINER_MASS))
    return world, found


def momentum(*parts: tuple[float, Any]) -> Any:
    total: Any = (0.0, 0.0, 0.0)
    for mass, body in parts:
        total = add(total, scale(mass, body.velocity()))
    return total


def test_capture_adds_the_container_and_keeps_the_momentum() -> None:
    async def main() -> None:
        world, devices = build()
        vehicle, cone = devices["camera"].vehicle, devices["capture_cone"]
        assert vehicle.mass == DRY + PROPELLANT
        container = world.space.bodies["container"]
        before = momentum((vehicle.mass, vehicle.body), (CONTAINER_MASS, container))
        closing = norm(subtract(vehicle.body.velocity(), container.velocity()))
        cone._keep()
        assert vehicle.mass == DRY + PROPELLANT + CONTAINER_MASS
        after = momentum((vehicle.mass, vehicle.body))
        assert norm(subtract(after, before)) < 1e-6 * vehicle.mass
        jolt = closing * CONTAINER_MASS / vehicle.mass
        assert norm(vehicle.felt.delta_v) == pytest.approx(jolt, abs=1e-3)
        assert vehicle.propellant == PROPELLANT
        gauge = await devices["main_engine"].propellant()
        assert gauge.mass == vehicle.mass

    run(main(), VirtualLoop())


def test_release_takes_the_capsule_away_and_its_springs_give_what_they_hold() -> None:
    async def main() -> None:
        world, devices = build()
        vehicle, release = devices["camera"].vehicle, devices["capsule_release"]
        devices["capture_cone"]._keep()
        velocity, whole = vehicle.body.velocity(), vehicle.mass
        release._separate()
        capsule = world.space.bodies[CAPSULE]
        assert capsule.fixed_mass == RELEASED
        assert vehicle.mass == DRY + PROPELLANT + CONTAINER_MASS - RELEASED
        both = momentum((vehicle.mass, vehicle.body), (RELEASED, capsule))
        assert norm(subtract(both, scale(whole, velocity))) < 1e-6 * whole
        # The energy of the springs, that of the motion against each other.
        apart = subtract(capsule.velocity(), vehicle.body.velocity())
        reduced = RELEASED * vehicle.mass / whole
        gained = sum(
            0.5 * mass * dot(v, v)
            for mass, v in (
                (RELEASED, subtract(capsule.velocity(), velocity)),
                (vehicle.mass, subtract(vehicle.body.velocity(), velocity)),
            )
        )
        assert gained == pytest.approx(0.5 * reduced * dot(apart, apart), rel=1e-6)
        assert not vehicle.capsule_on_board

    run(main(), VirtualLoop())


def test_a_burn_after_the_release_costs_what_the_lighter_vehicle_needs() -> None:
    async def main() -> None:
        _, devices = build()
        vehicle = devices["camera"].vehicle
        devices["capture_cone"]._keep()
        devices["capsule_release"]._separate()
        mass = vehicle.mass
        vehicle.use(15.0, 285.0)
        spent = mass * (1.0 - math.exp(-15.0 / (285.0 * STANDARD_GRAVITY)))
        assert PROPELLANT - vehicle.propellant == pytest.approx(spent, rel=1e-12)
        assert vehicle.mass == pytest.approx(mass - spent, rel=1e-12)

    run(main(), VirtualLoop())


def test_no_velocity_comes_from_propellant_that_is_not_there() -> None:
    async def main() -> None:
        _, devices = build()
        vehicle, thrusters = devices["camera"].vehicle, devices["thrusters"]
        devices["capture_cone"]._keep()
        vehicle.propellant = 1.0
        possible = vehicle.largest_change(thrusters.parameters.specific_impulse)
        empty = DRY + CONTAINER_MASS
        assert possible == pytest.approx(285.0 * STANDARD_GRAVITY * math.log((empty + 1.0) / empty))
        ahead = unit(vehicle.body.velocity())
        before = vehicle.body.velocity()
        thrusters._push(scale(10.0, ahead), 1.0)
        assert norm(subtract(vehicle.body.velocity(), before)) == pytest.approx(possible, rel=1e-6)
        assert vehicle.propellant == pytest.approx(0.0, abs=1e-9)
        vehicle.propellant = 0.0
        with pytest.raises(DeviceFault, match="empty"):
            await thrusters.fire([1.0, 0.0, 0.0])
        with pytest.raises(DeviceFault, match="empty"):
            await devices["main_engine"].burn([1.0, 0.0, 0.0], 10.0, [0.0, 0.0, 1.0])

    run(main(), VirtualLoop())
