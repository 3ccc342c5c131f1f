"""What is truly so in a run, by name: looked at without being asked for, so that nothing changes.

A probe tells the truth of the instant up to which somebody else has integrated it: reading it moves
no body, no battery and no random stream. A run that is looked at and one that is not are the same.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.vectors import norm
from ground.missions.vehicles import ALL_VEHICLES, ON_THE_LANDER
from ground.testbed.hardware import Hardware
from sim_hw.assembly.entry import flight_of
from sim_hw.dynamics.entry_vehicle import EntryBody
from sim_hw.dynamics.mav_truth import BODY_NAME as MAV
from sim_hw.dynamics.mav_truth import CONTAINER_NAME as CONTAINER
from sim_hw.world.tubes import PLACES

Read = Callable[[Hardware], Any]
"""None: there is nothing of the kind (yet)."""
ON_WHEELS = ("rover", "perseverance")


@dataclass(frozen=True)
class Probe:
    """One thing that is true: its kind, its unit, what it means, and how it is looked at."""

    kind: Literal["number", "boolean", "text"]
    unit: str
    doc: str
    read: Read


def truth_probes() -> dict[str, Probe]:
    """All probes by name."""
    found: dict[str, Probe] = {}
    for vehicle in ALL_VEHICLES:
        _of_any(vehicle, found)
    _of_lander(found)
    _of_flights(found)
    for vehicle in ON_WHEELS:
        _of_wheels(vehicle, found)
    for place in PLACES:
        read = partial(_tubes_at, place=place)
        found[f"truth.tubes.{place}"] = Probe("number", "1", f"tubes at {place}", read)
    return found


def _of_any(vehicle: str, found: dict[str, Probe]) -> None:
    found[f"truth.{vehicle}.lost"] = Probe(
        "boolean", "1", "taken away for good", lambda hardware: vehicle in hardware.lost
    )
    battery = Probe(
        "number", "1", "energy in the battery over its capacity when new",
        lambda hardware: _power(hardware, vehicle, "state_of_charge"),
    )  # fmt: skip
    found[f"battery.{vehicle}"] = found[f"truth.{vehicle}.state_of_charge"] = battery
    found[f"truth.{vehicle}.brownout"] = Probe(
        "boolean", "1", "all loads are shed, as the battery is empty",
        lambda hardware: _power(hardware, vehicle, "brownout"),
    )  # fmt: skip


def _of_lander(found: dict[str, Probe]) -> None:
    for name, unit, doc, read in (
        ("height", "m", "over the ground, in flight", _lander_height),
        ("speed", "m/s", "over the ground, in flight", _lander_speed),
        ("propellant", "kg", "left for the engines", _lander_propellant),
        ("touchdown_speed", "m/s", "at first contact", _touchdown_speed),
        ("touchdown_tilt", "deg", "at rest, from the vertical", _touchdown_tilt),
        ("landed_east", "m", "where it came to rest", lambda h: _outcome(h, "east")),
        ("landed_north", "m", "where it came to rest", lambda h: _outcome(h, "north")),
    ):
        found[f"truth.lander.{name}"] = Probe("number", unit, doc, read)
    found["truth.lander.landing"] = Probe(
        "text", "1", "landed, damaged or crashed", lambda h: _outcome(h, "verdict")
    )


def _of_flights(found: dict[str, Probe]) -> None:
    for body in (MAV, CONTAINER):
        found[f"truth.{body}.height"] = Probe(
            "number", "m", "over the mean radius, in flight", partial(_height, name=body)
        )
        found[f"truth.{body}.speed"] = Probe(
            "number", "m/s", "from Mars' centre, in flight", partial(_speed, name=body)
        )
    for name, unit, doc in (
        ("propellant", "kg", "left on board"),
        ("mass", "kg", "all on board"),
    ):
        read = partial(_orbiter, name=name)
        found[f"truth.orbiter.{name}"] = Probe("number", unit, doc, read)
    found["truth.orbiter.captured"] = Probe(
        "boolean", "1", "the container is on board", lambda h: _orbiter(h, "captured")
    )
    found["truth.entry.touchdown_speed"] = Probe(
        "number", "m/s", "of the capsule on Earth", _capsule_speed
    )


def _of_wheels(vehicle: str, found: dict[str, Probe]) -> None:
    for axis in ("east", "north"):
        read = partial(_standing, vehicle=vehicle, axis=axis)
        found[f"truth.{vehicle}.{axis}"] = Probe("number", "m", "where it stands", read)


def _power(hardware: Hardware, vehicle: str, name: str) -> Any:
    home = "lander" if vehicle in ON_THE_LANDER else vehicle
    built = hardware.vehicles.get(home)
    return None if built is None else getattr(built.electrical.peek(), name)


def _standing(hardware: Hardware, vehicle: str, axis: str) -> float:
    return float(getattr(hardware.world.bodies[vehicle], axis))


def _tubes_at(hardware: Hardware, place: str) -> int:
    return len(hardware.world.tubes.at(place))


def _lander(hardware: Hardware) -> Any:
    body = hardware.world.space.bodies.get("lander")
    return body if isinstance(body, EntryBody) else None


def _local(hardware: Hardware) -> tuple[Any, Any] | None:
    body = _lander(hardware)
    if body is None or body.frozen:
        return None
    state = body.state
    return (state[0], state[1], state[2]), (state[3], state[4], state[5])


def _lander_height(hardware: Hardware) -> float | None:
    found = _local(hardware)
    if found is None:
        return None
    vehicle, time = _lander(hardware).vehicle, _lander(hardware).time
    east, north, height = vehicle.frame.local(time, found[0])
    return float(height - vehicle.ground(east, north).height)


def _lander_speed(hardware: Hardware) -> float | None:
    found = _local(hardware)
    if found is None:
        return None
    return norm(_lander(hardware).vehicle.frame.local_velocity(*found))


def _lander_propellant(hardware: Hardware) -> float | None:
    body = _lander(hardware)
    return None if body is None else max(0.0, float(body.state[6]))


def _outcome(hardware: Hardware, name: str) -> Any:
    body = _lander(hardware)
    outcome = None if body is None else body.vehicle.outcome
    return None if outcome is None else getattr(outcome, name)


def _touchdown_speed(hardware: Hardware) -> float | None:
    vertical, across = _outcome(hardware, "vertical_speed"), _outcome(hardware, "horizontal_speed")
    return None if vertical is None else math.hypot(vertical, across)


def _touchdown_tilt(hardware: Hardware) -> float | None:
    tilt = _outcome(hardware, "resting_tilt")
    return None if tilt is None else math.degrees(tilt)


def _vector(hardware: Hardware, name: str, first: int) -> tuple[float, float, float] | None:
    body = hardware.world.space.bodies.get(name)
    if body is None or body.frozen:
        return None
    x, y, z = body.state[first : first + 3]
    return x, y, z


def _height(hardware: Hardware, name: str) -> float | None:
    place = _vector(hardware, name, 0)
    return None if place is None else norm(place) - MARS_MEAN_RADIUS


def _speed(hardware: Hardware, name: str) -> float | None:
    velocity = _vector(hardware, name, 3)
    return None if velocity is None else norm(velocity)


def _orbiter(hardware: Hardware, name: str) -> Any:
    built = hardware.vehicles.get("orbiter")
    return None if built is None else getattr(built.devices["thrusters"].vehicle, name)


def _capsule_speed(hardware: Hardware) -> float | None:
    built: Mapping[str, Any] = hardware.vehicles
    if "entry" not in built:
        return None
    flight = flight_of(built["entry"].devices)
    return None if flight.touchdown is None else float(flight.touchdown_speed)
