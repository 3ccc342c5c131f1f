"""What a device interface is made of.

An interface is a class whose public `async` methods are the readings and actuations of a device.
The flight side gets a driver that implements it by messages; the simulated device implements it by
physics. Both therefore have the same methods with the same types, and nothing else in common.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, get_type_hints

import msgspec

from flight.icd.declarations import arguments_of

F = TypeVar("F", bound=Callable[..., Any])


R = TypeVar("R", bound="Reading")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what a device measures. An invalid reading has values that mean nothing; `reason`
    says why, if it is known. `boot`: which power-up of the device took it, counted by who watches
    it; what the device counts (an odometer, pulses) begins anew with each, so that no difference is
    taken of readings of two boots. 0: of a device that keeps what it counts.

    `own_validity`: fields that may be invalid while the others are not, each with the field that
    says so: a boolean, or for a table the list of the names that are not valid.
    `no_fault`: reasons for which a device that is well has nothing to say.
    """

    own_validity: ClassVar[dict[str, str]] = {}
    no_fault: ClassVar[frozenset[str]] = frozenset()

    valid: bool = True
    time_ns: int = 0  # mission time at which it was taken
    reason: str = ""
    boot: int = 0


class DeviceError(Exception):
    """A device did not do what it was asked: refused, failed, or did not answer in time."""


class DeviceFault(DeviceError):
    """The device tried and could not; `code` is one word of the interface, the text says what."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class DeviceRejected(DeviceError):
    """The device refused the call: an argument out of range, or not now; the text says which."""


class DeviceTimeout(DeviceError):
    """No answer from the device within the time allowed, or none to be had: it was lost."""


class ReadingInvalid(DeviceFault):
    """The device answered, and its reading is not valid; the text says why. Code: `invalid`."""

    def __init__(self, text: str) -> None:
        super().__init__("invalid", text)


def usable(reading: R) -> R:
    """The reading, if it is valid; raises ReadingInvalid. For who can do nothing without it."""
    if not reading.valid:
        why = f": {reading.reason}" if reading.reason else ""
        raise ReadingInvalid(f"{type(reading).__name__} is not valid{why}")
    return reading


def reading(
    *, period: float | None = None, archived: bool = False, limit: float = 5.0
) -> Callable[[F], F]:
    """Marks a method as a reading; `period` is the device's own sampling period in seconds.

    `archived`: it answers with what was taken at some time before it was asked. `limit`: seconds
    within which it answers; short for what a control loop waits for.
    """

    def mark(function: F) -> F:
        function.__device_kind__ = "reading"  # type: ignore[attr-defined]
        function.__device_limit__ = limit  # type: ignore[attr-defined]
        function.__device_period__ = period  # type: ignore[attr-defined]
        function.__device_archived__ = archived  # type: ignore[attr-defined]
        return function

    return mark


def actuation(*, limit: float, irreversible: bool = False) -> Callable[[F], F]:
    """Marks a method as an actuation that answers within `limit` seconds, done or failed.

    `irreversible`: what it has done nothing undoes, so that its answer alone is not believed: each
    vehicle names another reading for it (`flight.core.fault_protection.witnesses`).
    """

    def mark(function: F) -> F:
        function.__device_kind__ = "actuation"  # type: ignore[attr-defined]
        function.__device_limit__ = limit  # type: ignore[attr-defined]
        function.__device_irreversible__ = irreversible  # type: ignore[attr-defined]
        return function

    return mark


@dataclass(frozen=True)
class Method:
    """One method of an interface, ready to check a call.

    `period`: how old (s) what the device has sampled may be when it is asked.
    """

    name: str
    kind: str
    limit: float
    arguments: type[msgspec.Struct]
    names: tuple[str, ...]
    result: Any
    doc: str
    period: float = 0.0
    archived: bool = False
    irreversible: bool = False

    def pack(self, positional: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call as plain data; TypeError as for any function."""
        if not positional and not named:
            return {}
        if len(positional) > len(self.names):
            raise TypeError(f"{self.name} takes {len(self.names)} arguments, not {len(positional)}")
        values = dict(zip(self.names, positional, strict=False))
        twice = [name for name in named if name in values]
        if twice:
            raise TypeError(f"{self.name} got {', '.join(twice)} twice")
        plain: dict[str, Any] = msgspec.to_builtins(values | named, builtin_types=(bytes,))
        return plain

    def unpack(self, plain: dict[str, Any]) -> dict[str, Any]:
        """Checked arguments; raises DeviceRejected that names the one that is wrong."""
        if not plain and not self.names:
            return {}
        try:
            checked = msgspec.convert(plain, self.arguments, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            raise DeviceRejected(f"{self.name}: {error}") from error
        return {name: getattr(checked, name) for name in self.names}


class DeviceInterface:
    """Base of all device interfaces."""

    methods: ClassVar[dict[str, Method]] = {}
    signals: ClassVar[dict[str, Any]] = {}  # name -> type of what the device says unasked
    fault_codes: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        methods = dict(cls.methods)
        for name, function in vars(cls).items():
            if hasattr(function, "__device_kind__"):
                methods[name] = _method(cls, name, function)
        cls.methods = methods


def _method(owner: type, name: str, function: Any) -> Method:
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{owner.__name__}.{name} is to be an async method")
    hints = get_type_hints(function, include_extras=True)
    result = hints.pop("return", None)
    arguments = arguments_of(owner, name, function, hints)
    return Method(
        name=name,
        kind=function.__device_kind__,
        limit=function.__device_limit__,
        arguments=arguments,
        names=arguments.__struct_fields__,
        result=result,
        doc=inspect.getdoc(function) or "",
        period=getattr(function, "__device_period__", None) or 0.0,
        archived=getattr(function, "__device_archived__", False),
        irreversible=getattr(function, "__device_irreversible__", False),
    )
