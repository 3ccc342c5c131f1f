"""What the kinds of faults of a device see of it: one call, one signal, and its interface."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from flight.icd.devices.base import DeviceInterface, Method, Reading

Proceed = Callable[[dict[str, Any]], Awaitable[Any]]
Pass = Callable[[Any], None]


@dataclass(frozen=True)
class DevicePart:
    """A device as a target: its service, its interface, and itself where it is there."""

    service: str
    interface: type[DeviceInterface]
    device: Any = None

    def types(self) -> dict[str, Any]:
        """Each method and signal, and the type of what it tells."""
        told = {name: method.result for name, method in self.interface.methods.items()}
        return told | dict(self.interface.signals)

    def is_actuation(self, name: str) -> bool:
        """Whether it is a method that moves something or is a long measurement."""
        method = self.interface.methods.get(name)
        return method is not None and method.kind == "actuation"

    def readings(self) -> list[str]:
        """Methods that measure, and signals; of a device that has only long measurements, those."""
        methods = self.interface.methods
        found = [name for name, method in methods.items() if method.kind == "reading"]
        found += list(self.interface.signals)
        return found or [name for name in methods if tells_reading(methods[name].result)]


def tells_reading(kind: Any) -> bool:
    """Whether a type is one of readings."""
    return isinstance(kind, type) and issubclass(kind, Reading)


@dataclass(frozen=True)
class DeviceCall:
    """One call of a device, with checked arguments."""

    part: DevicePart
    method: Method
    last: Callable[[str], Any]
    """What a method answered last, as plain data; None when it has not."""

    @property
    def where(self) -> str:
        """As hits name it."""
        return f"{self.part.service}.{self.method.name}"


_MEASURING = {
    "ArmCamera": ("survey", "locate", "view_gripper"),
    "StereoCamera": (
        "map_hazards", "set_reference", "visual_motion", "find_tubes", "view_gripper",
        "view_container", "find_lander",
    ),
    "NarrowAngleCamera": ("expose",),
    "BitCarousel": ("read_engraving",),
    "AscentRecorder": ("read",),
    "MavSystems": ("self_test",),
}  # fmt: skip
"""Methods that take long enough to be actuations, and only measure."""


def moves(part: DevicePart, name: str) -> bool:
    """Whether a method of a device does something, and does not only measure."""
    measuring = _MEASURING.get(part.interface.__name__, ())
    return part.is_actuation(name) and name not in measuring
