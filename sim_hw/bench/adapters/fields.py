"""Fields of readings, and where an instrument has them: scale, offset, unit, what may be there."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceInterface, Reading
from flight.icd.devices.measured import unit_of
from flight.icd.devices.power import PowerSwitches

NOT_TOLD = frozenset(Reading.__struct_fields__)
"""Fields that the bench knows by itself."""


class Scaled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is true is `scale` times what is read, and `offset` more, in `unit`: that of the ICD.

    With `constant` nothing is read: the instrument does not have it, and everybody can see that.
    """

    unit: str
    scale: float = 1.0
    offset: float = 0.0
    constant: float | None = None

    def true(self, raw: float) -> float:
        """Of a figure that was read."""
        return self.scale * float(raw) + self.offset


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where an argument of a motion goes: what is written = (argument - offset) / scale. The
    argument is in the unit of the ICD. `relative_to`: an effect, whose value at the beginning is
    added to the argument, where the device is told an absolute place."""

    scale: float = 1.0
    offset: float = 0.0
    relative_to: str = ""

    def raw(self, value: float) -> float:
        """What is written."""
        return (float(value) - self.offset) / self.scale


def check_fields(
    interface: type[DeviceInterface], given: Mapping[str, Mapping[str, Scaled]]
) -> None:
    """Raises NotAllowed unless each reading without arguments has each of its fields, and no other,
    in the unit of the ICD. Fields that are no numbers have a default, or are of other keys."""
    readings = {
        name: method.result for name, method in interface.methods.items()
        if method.kind == "reading" and not method.names
        and isinstance(method.result, type) and issubclass(method.result, Reading)
    }  # fmt: skip
    at = "readings"
    for name in given:
        if name not in readings:
            raise NotAllowed(f"{at}.{name}", f"one of {', '.join(readings)}")
    for name, kind in readings.items():
        _check_reading(f"{at}.{name}", kind, given.get(name, {}))


def _check_reading(at: str, kind: type[Reading], given: Mapping[str, Scaled]) -> None:
    wanted = numbers_of(kind)
    for field, scaled in given.items():
        if field not in wanted:
            raise NotAllowed(f"{at}.{field}", f"one of {', '.join(wanted) or 'none'}")
        if scaled.unit != wanted[field]:
            raise NotAllowed(f"{at}.{field}.unit", f"{wanted[field]}, as the ICD has it")
    for field in wanted:
        if field not in given:
            raise NotAllowed(f"{at}.{field}", f"where {field} ({wanted[field]}) comes from")


def numbers_of(kind: type[Reading]) -> dict[str, str]:
    """The fields of a reading that are one number each, with their units; a list of whole numbers
    is one as well, of bits."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        name: unit_of(hints[name])
        for name in kind.__struct_fields__
        if name not in NOT_TOLD
        and (plain_type(hints[name]) in (float, int) or is_bits(plain_type(hints[name])))
    }


def is_bits(kind: Any) -> bool:
    """Whether a field is a list of whole numbers: those of the bits that are set."""
    return get_origin(kind) is list and get_args(kind) == (int,)


def field_value(hint: Any, value: float) -> Any:
    """A figure as a field has it."""
    if is_bits(plain_type(hint)):
        return [bit for bit in range(64) if int(value) >> bit & 1]
    return round(value) if plain_type(hint) is int else value


def plain_type(hint: Any) -> Any:
    """A type without what is annotated."""
    return get_args(hint)[0] if hasattr(hint, "__metadata__") else hint


def check_switches(interface: type[DeviceInterface], names: Mapping[str, object]) -> None:
    """Raises NotAllowed unless an interface of switches has some, and another none."""
    if interface is PowerSwitches and not names:
        raise NotAllowed("switches", "each switch of the vehicle, with where it is")
    if interface is not PowerSwitches and names:
        raise NotAllowed("switches", f"none: {interface.__name__} has no switches")
