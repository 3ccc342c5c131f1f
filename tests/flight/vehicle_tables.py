"""The vehicles' own tables of fault protection, with their own parameters."""

from functools import cache
from typing import Any

from flight.arm.node import Arm
from flight.core.fault_protection.names import Names
from flight.core.fault_protection.tables import Table
from flight.entry.node import EntryCapsule
from flight.icd.compiled_expressions import compile_condition, looking_up
from flight.icd.expressions import parse_expression
from flight.lander.node import Lander
from flight.mav.node import Mav
from flight.orbiter.node import Orbiter
from flight.perseverance.node import Perseverance
from flight.rover.node import FetchRover
from ground.missions.vehicle_files import VehicleFile, load_vehicle_file

KINDS: dict[str, Any] = {
    kind.name: kind
    for kind in (FetchRover, Perseverance, Arm, Mav, Lander, Orbiter, EntryCapsule)
}
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0  # s


@cache
def file_of(vehicle: str) -> VehicleFile:
    """The file of a vehicle, without its hardware."""
    return load_vehicle_file(KINDS[vehicle], None)


@cache
def names_of(vehicle: str) -> Names:
    """What a table may name, but for devices."""
    return Names(KINDS[vehicle], {})


def table(vehicle: str) -> Table:
    """The table of a vehicle."""
    return file_of(vehicle).protection


def says(vehicle: str, condition: str | None, values: dict[str, Any]) -> bool | None:
    """What a condition comes to, with the parameters of the vehicle's file."""
    asked = parse_expression(condition or "")
    known = {**file_of(vehicle).flight, **values}
    find = looking_up(known.__getitem__)
    return compile_condition(asked.asked, find, names_of(vehicle).resolve)()
