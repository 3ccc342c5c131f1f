"""The roles of a run, and the names under which they are on the bus."""

from collections.abc import Iterable

GROUND = "ground"
"""Mission control; all other roles are those of vehicles."""
HARDWARE = "hardware"
"""World, devices and links, on the bus."""
MISSION_CONTROL = "mission_control"
"""The ground, on the bus."""


def bus_name(role: str) -> str:
    """What a role is called on the bus."""
    return MISSION_CONTROL if role == GROUND else role


def participants(vehicles: Iterable[str]) -> tuple[str, ...]:
    """All that take part in a run, as they are called on the bus."""
    return (HARDWARE, *vehicles, MISSION_CONTROL)


def owner_of(service: str) -> str:
    """Who serves a service: a vehicle its orders and its telemetry, the hardware all else."""
    vehicle, _, what = service.partition(".")
    return vehicle if what in ("node", "telemetry") else HARDWARE
