"""What the tests of faults of devices stand on: every device there is, and one like each."""

import random
from typing import Any, get_args, get_origin

import msgspec

from flight.icd.devices.base import DeviceInterface, Method
from ground.missions.mission import load_mission
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.device_seam import DeviceSeam
from sim_hw.faults.kind import FaultKind
from sim_hw.faults.leaves import Leaf, changed, fields_of, zero
from sim_hw.faults.targets import device_parts


def all_parts() -> dict[str, DevicePart]:
    """Every device of a mission with all vehicles."""
    mission = load_mission("nominal")
    hardware = Hardware(mission, load_vehicle_files(mission), 0)
    hardware.world.clock = lambda: 0.0
    return device_parts(hardware.devices())


class Stand:
    """Tells of a device something sensible, another thing each time, and keeps what it was told."""

    def __init__(self, interface: type[DeviceInterface]) -> None:
        self.interface = interface
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.count = 0
        for name, method in interface.methods.items():
            setattr(self, name, self._answering(method))

    def _answering(self, method: Method) -> Any:
        async def answer(**arguments: Any) -> Any:
            self.told.append((method.name, arguments))
            return msgspec.convert(
                self.say(method.result), method.result, strict=False, builtin_types=(bytes,)
            )

        return answer

    def say(self, kind: Any) -> Any:
        self.count += 1
        return filled(kind, self.count)


def filled(kind: Any, number: int) -> Any:
    """Plain data of a type with a different number at each leaf."""
    if get_origin(kind) is list:
        return [filled(get_args(kind)[0], number), filled(get_args(kind)[0], number + 1)]
    leaves = 0

    def fill(value: Any, path: str, leaf: Leaf) -> Any:
        nonlocal leaves
        leaves += 1
        if path == "valid" or path.endswith("_valid"):
            return True
        if path == "time_ns":
            return number * 1_000_000_000
        match leaf:
            case Leaf.NUMBER:
                return 1.0 + 0.25 * number + 0.5 * leaves
            case Leaf.COUNT:
                return number + leaves
            case Leaf.SWITCH:
                return number % 2 == 0
            case Leaf.TEXT:
                return value or f"text {number}"
        return value

    plain = zero(kind)
    _lengthen(plain, kind)
    return changed(plain, kind, tuple(fields_of(kind)), fill)


LISTS = (msgspec.inspect.ListType, msgspec.inspect.VarTupleType)


def _lengthen(plain: Any, kind: Any) -> None:
    """Lists get three items where they may, mappings one."""
    info = msgspec.inspect.type_info(kind)
    if not isinstance(info, msgspec.inspect.StructType) or not isinstance(plain, dict):
        return
    for field in info.fields:
        inner = field.type
        while isinstance(inner, msgspec.inspect.Metadata):
            inner = inner.type
        if isinstance(inner, LISTS) and not plain[field.encode_name]:
            plain[field.encode_name] = [_of(inner.item_type)] * 3
        elif isinstance(inner, msgspec.inspect.DictType):
            plain[field.encode_name] = {"one": _of(inner.value_type)}


def _of(info: Any) -> Any:
    from sim_hw.faults import leaves

    return leaves._zero(info)


def arguments_of(method: Method) -> dict[str, Any]:
    """Arguments that a method takes, numbers well within their limits and not zero."""

    def fill(value: Any, path: str, leaf: Leaf) -> Any:
        return value + 0.005 if leaf is Leaf.NUMBER else value

    plain = zero(method.arguments)
    names = tuple(fields_of(method.arguments))
    return method.unpack(dict(changed(plain, method.arguments, names, fill))) if names else {}


class Held:
    """A fault that is armed; begun and healed by hand."""

    def __init__(self, method: str | None = None, fields: tuple[str, ...] = ()) -> None:
        self.method, self.fields = method, fields
        self.random = random.Random(1)
        self.memory: dict[str, Any] = {}
        self.active = False
        self.since = 0.0
        self.time = 0.0
        self.hits: list[tuple[str, Any, Any]] = []

    def now(self) -> float:
        return self.time

    def hit(self, where: str, before: Any = None, after: Any = None) -> None:
        self.hits.append((where, before, after))

    def later(self, seconds: float, then: Any) -> None:
        raise NotImplementedError


class Bench:
    """One device-like stand with one fault."""

    def __init__(self, part: DevicePart, kind: FaultKind, held: Held | None = None) -> None:
        self.held = Held() if held is None else held
        self.stand = Stand(part.interface)
        self.part = DevicePart(part.service, part.interface, self.stand)
        self.seam = DeviceSeam(self.part)
        self.seam.arm(kind, self.held, lambda: self.held.active)  # type: ignore[arg-type]

    async def ask(self, name: str) -> Any:
        method = self.part.interface.methods[name]
        return await self.seam.call(method, arguments_of(method), getattr(self.stand, name))

    def tell(self, name: str) -> list[Any]:
        heard: list[Any] = []
        plain = self.stand.say(self.part.interface.signals[name])
        self.seam.emit(name, plain, lambda _, data: heard.append(data))
        return [plain, *heard]
