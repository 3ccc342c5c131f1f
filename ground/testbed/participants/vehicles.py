"""The node classes of the vehicles; imported only when needed."""

import importlib
from collections.abc import Iterable

from flight.core.node import Node
from ground.missions.vehicles import ALL_VEHICLES, VEHICLES


def vehicle_class(name: str) -> type[Node]:
    """The node class of a vehicle; raises KeyError for a vehicle that there is not."""
    module, _, attribute = VEHICLES[name].node.partition(":")
    kind: type[Node] = getattr(importlib.import_module(module), attribute)
    return kind


def vehicle_classes(names: Iterable[str] = ALL_VEHICLES) -> list[type[Node]]:
    """The node classes of several vehicles, in the order of the names."""
    return [vehicle_class(name) for name in names]
