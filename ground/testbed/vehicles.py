"""The vehicles of the campaign: where their node classes are; imported only when needed."""

import importlib
from collections.abc import Iterable

from flight.core.node import Node

VEHICLES: dict[str, str] = {
    "lander": "flight.lander.node:Lander",
    "rover": "flight.rover.node:FetchRover",
    "arm": "flight.arm.node:Arm",
    "mav": "flight.mav.node:Mav",
    "perseverance": "flight.perseverance.node:Perseverance",
    "orbiter": "flight.orbiter.node:Orbiter",
    "entry": "flight.entry.node:EntryCapsule",
}


def vehicle_class(name: str) -> type[Node]:
    """The node class of a vehicle; raises KeyError for a vehicle that there is not."""
    module, _, attribute = VEHICLES[name].partition(":")
    kind: type[Node] = getattr(importlib.import_module(module), attribute)
    return kind


def vehicle_classes(names: Iterable[str] = tuple(VEHICLES)) -> list[type[Node]]:
    """The node classes of several vehicles, in the order of the names."""
    return [vehicle_class(name) for name in names]
