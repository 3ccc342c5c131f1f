"""The map of a device on CAN: which signal of a DBC file is which field, argument and effect."""

from typing import Annotated, Any, get_type_hints

import msgspec

from flight.configuration.files import NotAllowed, Quantity
from flight.icd.devices.base import DeviceInterface, Method
from flight.icd.devices.measured import unit_of
from sim_hw.bench.adapters.fields import NOT_TOLD, Scaled, is_bits, plain_type
from sim_hw.bench.adapters.moving import check_states

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Signal(Scaled, frozen=True, forbid_unknown_fields=True):
    """One figure: a `signal` of a `message`. A field that is a list of numbers is made of the bits
    that are set."""

    message: str = ""
    signal: str = ""


class Argument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An argument of a motion: what is sent = (argument - offset) / scale."""

    signal: Name
    unit: str
    scale: float = 1.0
    offset: float = 0.0


class Status(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tells how far a motion is. `number` echoes that of the command; `state` is `moving` or
    `done`, or one of `faults`, by its number."""

    message: Name
    number: Name
    state: Name
    done: int
    moving: int
    faults: dict[str, str] = {}


class Motion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One method. `send`: the message of the command, with `arguments`, its running `number` (0 is
    none), and `fixed` signals; `effects`: fields of the result; `elapsed`: the field, s, that the
    adapter measures itself."""

    send: Name
    number: Name
    arguments: dict[str, Argument]
    status: Status
    effects: dict[str, Signal]
    fixed: dict[str, float] = {}
    elapsed: str = ""


class Say(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message with all its signals."""

    message: Name
    signals: dict[str, float] = {}


class Heartbeat(Say, frozen=True, forbid_unknown_fields=True):
    """What is said again and again while the bench is there: without it the device's dead man stops
    it."""

    period: Annotated[float, Quantity("s", ge=0.01, le=1.0)] = 0.1


class Who(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the device says of itself; `firmware`: major, minor, and so on; `uptime`: s."""

    message: Name
    serial: Name
    firmware: list[str] = []
    uptime: str = ""
    model: str = ""


class CanMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`database`: a DBC file beside the bench file; `fresh`: how old (s) what is told may be;
    `stop`: what stops it."""

    database: Name
    identity: Who
    readings: dict[str, dict[str, Signal]]
    motions: dict[str, Motion] = {}
    stop: Say | None = None
    heartbeat: Heartbeat | None = None
    fresh: Annotated[float, Quantity("s", gt=0.0, le=10.0)] = 1.0


def messages_of(mapped: CanMap) -> set[str]:
    """All that is said to a device, and that it says."""
    said = [each for each in (mapped.stop, mapped.heartbeat) if each is not None]
    figures = [each for method in mapped.readings.values() for each in method.values()]
    for motion in mapped.motions.values():
        figures += motion.effects.values()
        said += [Say(motion.send), Say(motion.status.message)]
    read = [each.message for each in figures if each.constant is None]
    return {mapped.identity.message, *(each.message for each in said), *read}


def check_map(interface: type[DeviceInterface], mapped: CanMap, database: Any) -> None:
    """Raises NotAllowed unless all of an interface is mapped, in its units, to what there is."""
    for name, method in interface.methods.items():
        known = mapped.readings if method.kind == "reading" else mapped.motions
        key = "readings" if method.kind == "reading" else "motions"
        if name not in known:
            raise NotAllowed(f"{key}.{name}", f"how {interface.__name__}.{name} goes over the bus")
    for name in mapped.readings:
        if name not in interface.methods:
            raise NotAllowed(f"readings.{name}", f"one of {', '.join(interface.methods)}")
        _check_reading(f"readings.{name}", interface.methods[name], mapped.readings[name], database)
    for name, motion in mapped.motions.items():
        if name not in interface.methods:
            raise NotAllowed(f"motions.{name}", f"one of {', '.join(interface.methods)}")
        _check_motion(f"motions.{name}", interface, interface.methods[name], motion, database)
    if mapped.motions and (mapped.stop is None or mapped.heartbeat is None):
        what = "stop" if mapped.stop is None else "heartbeat"
        raise NotAllowed(what, "a message: what moves is to be stopped, and has a dead man")
    for key, say in (("stop", mapped.stop), ("heartbeat", mapped.heartbeat)):
        if say is not None:
            check_all(f"{key}.signals", database, say.message, set(say.signals), f"{key}.message")
    who = mapped.identity
    for signal in filter(None, (who.serial, who.uptime, *who.firmware)):
        signal_of("identity.message", "identity.serial", database, who.message, signal)


def _check_reading(
    at: str, method: Method, given: dict[str, Signal], database: Any, *, every: bool = True
) -> None:
    hints = get_type_hints(method.result, include_extras=True)
    wanted = {
        name: unit_of(hint) for name, hint in hints.items()
        if name not in NOT_TOLD and name in method.result.__struct_fields__
    }  # fmt: skip
    for name, signal in given.items():
        if name not in wanted:
            raise NotAllowed(f"{at}.{name}", f"one of {', '.join(wanted)}")
        kind = plain_type(hints[name])
        if kind not in (int, float) and not is_bits(kind):
            raise NotAllowed(f"{at}.{name}", "a field that is a number, or a list of numbers")
        if signal.unit != wanted[name]:
            raise NotAllowed(f"{at}.{name}.unit", f"{wanted[name]}, as the ICD has it")
        if signal.constant is None:
            found = signal_of(
                f"{at}.{name}.message", f"{at}.{name}.signal", database, signal.message,
                signal.signal,
            )  # fmt: skip
            _check_unit(f"{at}.{name}", found, signal)
    for name in wanted:
        if every and name not in given:
            raise NotAllowed(f"{at}.{name}", f"where {name} ({wanted[name]}) comes from")


def _check_unit(at: str, found: Any, given: Scaled | Argument) -> None:
    """A signal in another unit than the ICD's has a scale, or an offset."""
    told = found.unit or ""
    if told and told != given.unit and (given.scale, given.offset) == (1.0, 0.0):
        raise NotAllowed(f"{at}.unit", f"{told}, as the database has it, or a scale or an offset")


def _check_motion(
    at: str, interface: type[DeviceInterface], method: Method, motion: Motion, database: Any
) -> None:
    if set(motion.arguments) != set(method.names):
        raise NotAllowed(f"{at}.arguments", ", ".join(method.names))
    sent = {motion.number, *motion.fixed, *(each.signal for each in motion.arguments.values())}
    check_all(f"{at}.arguments", database, motion.send, sent, f"{at}.send")
    for name, argument in motion.arguments.items():
        if argument.scale == 0.0:
            raise NotAllowed(f"{at}.arguments.{name}.scale", "another number than 0")
        found = signal_of(f"{at}.send", f"{at}.arguments", database, motion.send, argument.signal)
        _check_unit(f"{at}.arguments.{name}", found, argument)
    status = motion.status
    for key in ("number", "state"):
        where = f"{at}.status.{key}"
        signal_of(f"{at}.status.message", where, database, status.message, getattr(status, key))
    check_states(f"{at}.status", interface, [status.moving], [status.done], status.faults)
    timed = {motion.elapsed: Signal(unit="s", constant=0.0)} if motion.elapsed else {}
    _check_reading(f"{at}.effects", method, {**motion.effects, **timed}, database)


def message_of(key: str, database: Any, name: str) -> Any:
    """A message of the database; raises NotAllowed with those that there are."""
    for each in database.messages:
        if each.name == name:
            return each
    raise NotAllowed(key, f"one of {', '.join(each.name for each in database.messages)}")


def signal_of(message_key: str, key: str, database: Any, message: str, name: str) -> Any:
    """A signal of a message of the database; raises NotAllowed with those that there are."""
    found = message_of(message_key, database, message)
    for each in found.signals:
        if each.name == name:
            return each
    raise NotAllowed(key, f"one of {', '.join(each.name for each in found.signals)} of {message}")


def check_all(key: str, database: Any, message: str, given: set[str], message_key: str) -> None:
    """Raises NotAllowed unless each signal of a message is given, and no other."""
    known = {each.name for each in message_of(message_key, database, message).signals}
    if given != known:
        raise NotAllowed(key, f"each signal of {message}: {', '.join(sorted(known))}")
