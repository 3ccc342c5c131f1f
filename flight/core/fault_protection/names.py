"""What a table may name of a vehicle: what it tells, measures, keeps, is and does."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.core.commanding.commands import Hazard, declared_commands
from flight.core.fault_protection.actions import declared_actions
from flight.core.fault_protection.quantities import declared_quantities
from flight.core.telling.channels import declared_channels
from flight.icd.devices.base import DeviceInterface, Method, Reading
from flight.icd.devices.measured import unit_of
from flight.icd.expression_values import Kind, Symbol
from flight.icd.expressions import ExpressionError
from flight.icd.field_paths import steps_of

_KINDS: dict[type, Kind] = {float: "number", int: "number", bool: "boolean", str: "text"}


class Names:
    """All names of one vehicle; `devices`: its devices, each with its interface."""

    def __init__(self, kind: Any, devices: Mapping[str, type[DeviceInterface]]) -> None:
        self.vehicle: str = kind.name
        self.chart = kind.statechart
        self.channels = declared_channels(kind)
        self.quantities = declared_quantities(kind)
        self.actions = declared_actions(kind)
        self.loads: dict[str, Any] = dict(kind.loads)
        self.parameters: dict[str, Any] = dict(kind.parameter_declarations)
        self.devices = dict(devices)
        self.hazardous: dict[str, Hazard] = {
            name: spec.hazard
            for name, spec in declared_commands(kind).items()
            if spec.hazard is not Hazard.NONE
        }

    def resolve(self, path: str) -> Symbol:
        """What a name in a condition stands for; raises ExpressionError."""
        if path in self.channels:
            channel = self.channels[path]
            if channel.kind not in _KINDS:
                raise ExpressionError(f"{path} is a {channel.kind.__name__}: it cannot be compared")
            return Symbol(_KINDS[channel.kind], channel.unit)
        if path in self.quantities:
            quantity = self.quantities[path]
            return Symbol(_KINDS[quantity.kind], quantity.unit)
        if path in self.parameters:
            parameter = self.parameters[path]
            return Symbol(_KINDS[parameter.type], parameter.unit)
        if path.partition(".")[0] in self.devices and "." in path:
            return self.figure(path)
        known = [*self.channels, *self.quantities, *self.parameters, *self.devices]
        raise ExpressionError(f"{path}: {choices_words(path, known)}")

    def reading(self, path: str) -> tuple[str, Method, str]:
        """Device, method and the rest (a field, or empty) of `device.method.field`.

        Raises ExpressionError.
        """
        device, _, rest = path.partition(".")
        name, _, field = rest.partition(".")
        if device not in self.devices:
            raise ExpressionError(f"{path}: {choices_words(device, list(self.devices))}")
        methods = {
            method.name: method
            for method in self.devices[device].methods.values()
            if isinstance(method.result, type) and issubclass(method.result, Reading)
        }
        if name not in methods:
            words = choices_words(name, list(methods))
            raise ExpressionError(f"{path}: {device} has no reading {name!r}: {words}")
        return device, methods[name], field

    def figure(self, path: str) -> Symbol:
        """What a field of a reading is; raises ExpressionError."""
        _, method, field = self.reading(path)
        if not field:
            raise ExpressionError(f"{path} is a whole reading: name a field of it")
        annotation: Any = method.result
        unit = "1"
        for step in steps_of(field):
            annotation, unit = _step(path, annotation, step, unit)
        bare = _bare(annotation)
        if bare not in _KINDS:
            raise ExpressionError(f"{path} cannot be compared: name a single value in it")
        return Symbol(_KINDS[bare], unit_of(annotation) if unit == "1" else unit)

    def refuse_state(self, path: str) -> str:
        """Why there is no such state; "" when there is."""
        if path in self.chart.states:
            return ""
        return choices_words(path, list(self.chart.states))


def _step(path: str, annotation: Any, part: str | int, unit: str) -> tuple[Any, str]:
    """The type of a field, of what stands in a table under a name or in a vector at a place; and
    the unit so far."""
    bare = _bare(annotation)
    if isinstance(part, int):
        return _place(path, bare, part), unit_of(annotation) if unit == "1" else unit
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        hints = get_type_hints(bare, include_extras=True)
        about = ("time_ns", "reason", "boot")
        known = [name for name in bare.__struct_fields__ if name not in about]
        if part not in known:
            raise ExpressionError(f"{path}: {choices_words(part, known)}")
        inner = hints[part]
        return inner, unit_of(inner) if unit == "1" else unit
    if get_origin(bare) is dict:
        return get_args(bare)[1], unit
    raise ExpressionError(f"{path}: there is nothing below {part!r}")


def _place(path: str, bare: Any, index: int) -> Any:
    """The type of what stands in a vector at a place, counted from 0."""
    kinds = get_args(bare)
    if get_origin(bare) is list:
        return kinds[0]
    if get_origin(bare) is not tuple:
        raise ExpressionError(f"{path}: nothing is counted there: leave out [{index}]")
    if kinds[-1] is Ellipsis:
        return kinds[0]
    if index >= len(kinds):
        raise ExpressionError(f"{path}: [{index}]: allowed is [0] to [{len(kinds) - 1}]")
    return kinds[index]


def _bare(annotation: Any) -> Any:
    while hasattr(annotation, "__metadata__"):
        annotation = get_args(annotation)[0]
    members = [each for each in get_args(annotation) if each is not type(None)]
    if len(members) == 1 and get_origin(annotation) not in (list, tuple, dict):
        return _bare(members[0])
    return annotation
