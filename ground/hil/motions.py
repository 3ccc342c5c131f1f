"""What can be asked of a device to see how it obeys: a motion, and what is wrong with a call."""

import math
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import msgspec

from flight.icd.devices.base import DeviceInterface, Method

SHORT = 0.02
"""Of the longest motion: a short one, which is waited for."""


@dataclass(frozen=True)
class Motion:
    """An actuation whose arguments are numbers between limits; `measure`: the field of its result,
    and of its effects, that tells how far it has come."""

    method: Method
    limits: dict[str, tuple[float, float]]

    def longest(self) -> dict[str, Any]:
        """The arguments of the longest motion: each at its upper limit."""
        return {name: high for name, (_, high) in self.limits.items()}

    def lowest(self) -> dict[str, Any]:
        """The arguments each at its lower limit."""
        return {name: low for name, (low, _) in self.limits.items()}

    def short(self) -> dict[str, Any]:
        """Of a short one."""
        return {name: SHORT * high for name, (_, high) in self.limits.items()}

    def wrong_calls(self) -> list[tuple[str, dict[str, Any]]]:
        """What is wrong, and the arguments: each is to be rejected."""
        good = self.short()
        found: list[tuple[str, dict[str, Any]]] = [
            ("an unknown argument", good | {"no_such_argument": 1.0})
        ]
        for name, (low, high) in self.limits.items():
            found += [
                (f"{name} missing", {n: v for n, v in good.items() if n != name}),
                (f"{name} as a text", good | {name: "1"}),
                (f"{name} as a switch", good | {name: True}),
                (f"{name} as nothing", good | {name: None}),
                (f"{name} as a list", good | {name: [1.0]}),
                (f"{name} not a number", good | {name: math.nan}),
                (f"{name} infinite", good | {name: math.inf}),
                (f"{name} above its limit", good | {name: math.nextafter(high, math.inf)}),
                (f"{name} below its limit", good | {name: math.nextafter(low, -math.inf)}),
            ]
        return found


def motions_of(interface: type[DeviceInterface]) -> list[Motion]:
    """The actuations of an interface that can be asked for by numbers between limits alone."""
    found = []
    for method in interface.methods.values():
        limits = _limits(method)
        if method.kind == "actuation" and limits and not method.irreversible:
            found.append(Motion(method, limits))
    return found


def _limits(method: Method) -> dict[str, tuple[float, float]]:
    hints = get_type_hints(method.arguments, include_extras=True)
    limits = {}
    for field in msgspec.structs.fields(method.arguments):
        metas = [m for m in get_args(hints[field.name]) if isinstance(m, msgspec.Meta)]
        lows = [float(m.ge) for m in metas if m.ge is not None]
        highs = [float(m.le) for m in metas if m.le is not None]
        if get_args(hints[field.name])[:1] != (float,) or not lows or not highs:
            return {}
        limits[field.name] = (max(lows), min(highs))
    return limits
