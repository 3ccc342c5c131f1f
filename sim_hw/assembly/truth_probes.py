"""Looks at the truth from outside of a run, by name: for judges, displays and pictures.

Each value is read from a shadow of what flies (`FlyingBody.peek`) or from what is there anyway; no
integrator of the run advances, no random stream is drawn from, nobody is told. An observed and an
unobserved run have one hash. What power systems and temperatures are is told as of their last step
of integration, by `power_time`.

A probe is called `<vehicle>.<what>`; `PROBES` says which there are, with unit and meaning. A value
is None where there is nothing to tell: the height of a MAV in its tube, a touchdown that has not
come.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import elements_from_state
from flight.astrodynamics.vectors import Vector, norm, subtract
from sim_hw.assembly.entry import flight_of
from sim_hw.assembly.probe_table import PROBES, Probe, Value
from sim_hw.devices.orbiter_vehicle import CONTAINER, OrbiterVehicle
from sim_hw.devices.wheels import SimWheels
from sim_hw.dynamics.capsule_flight import CapsuleFlight
from sim_hw.dynamics.earth_entry import EARTH_SURFACE
from sim_hw.dynamics.entry_vehicle import EntryBody, EntryVehicle
from sim_hw.dynamics.mav_truth import MavTruth
from sim_hw.power_and_heat.electrical import Electrical
from sim_hw.power_and_heat.thermal_network import ThermalNetwork
from sim_hw.power_and_heat.thermal_nodes import SimThermalNodes
from sim_hw.world.space import FlyingBody
from sim_hw.world.world import World

Values = dict[str, Value]


class TruthProbes:
    """The probes of one run. `electrical` and `devices` are those of each vehicle by its name."""

    def __init__(
        self,
        world: World,
        electrical: Mapping[str, Electrical],
        devices: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._world = world
        self._groups: dict[str, list[Callable[[], Values]]] = {}
        for vehicle, built in devices.items():
            self._add(vehicle, partial(_power, electrical[vehicle]))
            self._add(vehicle, partial(_standing, world, vehicle))
            if "wheels" in built:
                self._add(vehicle, partial(_driving, built["wheels"]))
            thermal = built.get("thermal_nodes")
            if isinstance(thermal, SimThermalNodes):
                self._add(vehicle, partial(_heat, thermal.network))
        if "lander" in devices:
            self._add("lander", partial(_descent, world))
        if "mav" in devices:
            self._add("mav", partial(_ascent, devices["mav"]["ejector"].truth))
            self._add(CONTAINER, partial(_container, world))
        if "orbiter" in devices:
            self._add("orbiter", partial(_orbiter, devices["orbiter"]["thrusters"].vehicle))
        if "entry" in devices:
            self._add("entry", partial(_capsule, flight_of(dict(devices["entry"]))))

    def _add(self, vehicle: str, group: Callable[[], Values]) -> None:
        self._groups.setdefault(vehicle, []).append(group)

    def read(self, probe: str) -> Value:
        """One value now; raises KeyError when this run has no such probe."""
        vehicle, _, what = probe.partition(".")
        if what not in PROBES.get(vehicle, {}) and not what.startswith("temperature."):
            raise KeyError(probe)
        for group in self._groups.get(vehicle, ()):
            values = group()
            if what in values:
                return values[what]
        raise KeyError(probe)

    def table(self) -> dict[str, Probe]:
        """All probes that this run has, by name."""
        return {
            name: PROBES[vehicle].get(what) or Probe("K", "of a node, as of power_time")
            for name in self.all()
            for vehicle, _, what in [name.partition(".")]
        }

    def all(self) -> Values:
        """All values now, by the names of their probes."""
        return {
            f"{vehicle}.{what}": value
            for vehicle, groups in self._groups.items()
            for group in groups
            for what, value in group().items()
        }


def _power(power: Electrical) -> Values:
    now = power.peek()
    return {
        "power_time": now.time,
        "energy": now.energy,
        "state_of_charge": now.state_of_charge,
        "lowest_state_of_charge": now.lowest_state_of_charge,
        "net_power": now.net_power,
        "brownout": now.brownout,
    }


def _heat(network: ThermalNetwork) -> Values:
    return {f"temperature.{node}": kelvin for node, kelvin in network.peek().items()}


def _standing(world: World, vehicle: str) -> Values:
    body = world.bodies.get(vehicle)
    if body is None:
        return {}
    return {"east": body.east, "north": body.north, "heading": body.heading}


def _driving(wheels: SimWheels) -> Values:
    return {"wheel_depth": wheels.depth}


def _descent(world: World) -> Values:
    body = world.space.bodies.get("lander")
    if not isinstance(body, EntryBody):
        return dict.fromkeys(("height", "descent_speed", "descent_mass", "propellant", "verdict",
                              "touchdown_speed", "touchdown_tilt", "under_aeroshell"))  # fmt: skip
    vehicle = body.vehicle
    ended = vehicle.outcome
    speed = None
    if ended is not None:
        speed = math.hypot(ended.vertical_speed, ended.horizontal_speed)
    return {
        **_falling(vehicle, body.peek()),
        "under_aeroshell": vehicle.under_aeroshell,
        "verdict": "flying" if ended is None else ended.verdict,
        "touchdown_speed": speed,
        "touchdown_tilt": None if ended is None else ended.tilt,
    }


def _falling(vehicle: EntryVehicle, body: FlyingBody) -> Values:
    position, velocity = _vectors(body)
    east, north, height = vehicle.frame.local(body.time, position)
    return {
        "height": height - vehicle.ground(east, north).height,
        "descent_speed": norm(vehicle.frame.local_velocity(position, velocity)),
        "descent_mass": vehicle.dry_mass + body.state[6],
        "propellant": body.state[6],
    }


def _ascent(truth: MavTruth) -> Values:
    lying: Values = {
        "ejected": truth.body is not None, "height": None, "speed": None, "mass": None,
        "burning": None, "gas": None, "crashed": False, "has_first_stage": True,
        "has_container": True, "angle_of_attack": None, "dynamic_pressure": None,
        "acceleration": None, "apoapsis": None, "periapsis": None, "inclination": None,
    }  # fmt: skip
    if truth.body is None:
        return lying
    body = truth.body.peek()
    position, velocity = _vectors(body)
    burning = body.burning(body.time)
    return {
        **lying,
        "height": truth.planet.height(position),
        "speed": norm(velocity),
        "mass": body.mass(),
        "burning": "none" if burning is None else ("first motor", "second motor")[burning],
        "gas": body.gas,
        "crashed": body.crashed,
        "has_first_stage": body.has_first_stage,
        "has_container": body.has_container,
        "angle_of_attack": body.loads.angle_of_attack,
        "dynamic_pressure": body.loads.dynamic_pressure,
        "acceleration": body.loads.acceleration,
        **_orbit(body),
    }


def _orbit(body: FlyingBody) -> Values:
    """About Mars; without an apoapsis where it escapes."""
    found = elements_from_state(*_vectors(body), MARS.gravitational_parameter)
    axis, e = found.semi_major_axis, found.eccentricity
    return {
        "apoapsis": axis * (1.0 + e) - MARS_MEAN_RADIUS if e < 1.0 else None,
        "periapsis": axis * (1.0 - e) - MARS_MEAN_RADIUS,
        "inclination": found.inclination,
    }


def _container(world: World) -> Values:
    body = world.space.bodies.get(CONTAINER)
    nowhere: Values = dict.fromkeys(("apoapsis", "periapsis", "inclination"))
    if body is None or body.frozen:
        return {"free": False, **nowhere}
    return {"free": True, **_orbit(body.peek())}


def _orbiter(vehicle: OrbiterVehicle) -> Values:
    body = vehicle.body.peek()
    nowhere: Values = dict.fromkeys(("apoapsis", "periapsis", "inclination"))
    return {
        "centre": body.centre,
        "distance": norm(_vectors(body)[0]),
        "speed": norm(_vectors(body)[1]),
        "mass": vehicle.mass,
        "propellant": vehicle.propellant,
        "captured": vehicle.captured,
        "capsule_on_board": vehicle.capsule_on_board,
        "closest": vehicle.closest,
        "container_range": distance_to_container(vehicle),
        **(_orbit(body) if body.centre == "mars" else nowhere),
    }


def distance_to_container(vehicle: OrbiterVehicle) -> float | None:
    """Metres from the orbiter to the free container; None where there is none near Mars."""
    container = vehicle.container
    if container is None or vehicle.body.centre != "mars":
        return None
    return norm(subtract(_vectors(container.peek())[0], _vectors(vehicle.body.peek())[0]))


def _capsule(flight: CapsuleFlight) -> Values:
    # What brings it is the orbiter, as long as it does not fly by itself.
    body = flight.peek()
    own = flight.body is not None and body is not None
    return {
        "released": body is not None,
        "landed": flight.landed_at is not None,
        "height": EARTH_SURFACE.height(_vectors(body)[0]) if own and body is not None else None,
        "speed": norm(_vectors(body)[1]) if own and body is not None else None,
        "peak_load": flight.peak_load,
        "peak_heating": flight.peak_heating,
        "touchdown_speed": None if flight.landed_at is None else flight.touchdown_speed,
    }


def _vectors(body: FlyingBody) -> tuple[Vector, Vector]:
    x, y, z, u, v, w = body.state[:6]
    return (x, y, z), (u, v, w)
