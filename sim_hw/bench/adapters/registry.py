"""Adapters by name: those of this program, and others' by the entry point `threeforks.bench`."""

import importlib
import importlib.util
from importlib.metadata import entry_points

from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.power import PowerSwitches
from sim_hw.bench.adapters.adapter import Adapter
from sim_hw.bench.adapters.moving import MovingAdapter

GROUP = "threeforks.bench"
PROTOCOL = "protocol"
"""The name that stands for none: the device speaks the device protocol itself."""
OURS = {
    "can": "sim_hw.bench.adapters.can_bus:CanAdapter",
    "fmi": "sim_hw.bench.adapters.fmi:FmiAdapter",
    "modbus": "sim_hw.bench.adapters.modbus:ModbusAdapter",
    "scpi": "sim_hw.bench.adapters.scpi:ScpiAdapter",
}


class AdapterRefused(ValueError):
    """There is no such adapter, or it cannot be used here; the text says what to do."""


def adapter_names() -> list[str]:
    """All that there are, but for `protocol`."""
    return sorted({*OURS, *(each.name for each in entry_points(group=GROUP))})


def adapter_called(name: str) -> type[Adapter]:
    """The class of an adapter, its libraries not yet looked for; raises AdapterRefused."""
    if name in OURS:
        return _class_at(name, OURS[name])
    found = {each.value for each in entry_points(group=GROUP, name=name)}
    if not found:
        raise AdapterRefused(f"one of {', '.join([PROTOCOL, *adapter_names()])}")
    if len(found) > 1:
        raise AdapterRefused(f"one adapter of this name: {' and '.join(sorted(found))} have it")
    return _class_at(name, found.pop())


def _class_at(name: str, where: str) -> type[Adapter]:
    module, _, attribute = where.partition(":")
    try:
        kind = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # of others' code, whatever it is
        problem = f"{type(error).__name__}: {error}"
        raise AdapterRefused(
            f"an adapter that can be loaded; {name} is {where}, and that ends in {problem}"
        ) from error
    if not isinstance(kind, type) or not issubclass(kind, Adapter):
        raise AdapterRefused(f"a subclass of Adapter; {name} is {where}, which is none")
    return kind


def check_safe(name: str, kind: type[Adapter], interface: type[DeviceInterface]) -> None:
    """Raises AdapterRefused where what an interface moves could not be made safe by an adapter.

    Of what moves to halt is enough; a switch stays closed when nothing moves any more.
    """
    if all(each.kind != "actuation" for each in interface.methods.values()):
        return
    own = kind.make_safe not in (Adapter.make_safe, MovingAdapter.make_safe)
    if not own and (interface is PowerSwitches or kind.halt is Adapter.halt):
        raise AdapterRefused(
            f"an adapter that can make {interface.__name__} safe; {name} has no make_safe of its "
            "own, so nobody could stop what it moves"
        )


def check_libraries(name: str, kind: type[Adapter]) -> None:
    """Raises AdapterRefused with what to install, where a library is missing."""
    missing = [each for each in kind.libraries if importlib.util.find_spec(each) is None]
    if missing:
        how = kind.install or f"pip install {' '.join(missing)}"
        raise AdapterRefused(f"{name} once {', '.join(missing)} is installed: {how}")
