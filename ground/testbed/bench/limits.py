"""What a bench allows of a device: parts of the bench file, and what of them can be refused."""

import datetime
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec

from flight.configuration.files import NotAllowed, Quantity, load_configuration, refusal
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.measured import unit_of
from sim_hw.bench.between import What
from sim_hw.bench.calibration import Calibration
from sim_hw.bench.guard import GuardRules, Span
from sim_hw.bench.interlock import KEYS, InterlockRules

PYROTECHNIC = ("Igniter", "Pyrotechnics", "Separation", "Ejector", "CapsuleRelease")
"""Interfaces of which the real thing is never put on a bench: only a dummy is."""


class LimitFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The least and the most that an argument may be on this bench; `unit`: that of the ICD."""

    ge: float
    le: float
    unit: str

    def __post_init__(self) -> None:
        if not self.ge <= self.le:
            raise NotAllowed("le", f"ge ({self.ge:g}) or more")


class DummyFile(LimitFile, frozen=True, forbid_unknown_fields=True):
    """What shows that the device is a dummy: a row of its self-test, within a range."""

    row: str


class PowerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`switch`: simulated, of the vehicle; while it is open the real device is safe, and its supply
    is off where it can switch that itself (feature `power`)."""

    switch: str


class StopFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stops all: a key of the terminal, a file that is there, and an input line: a file that
    says `runs` while all is well, or a FIFO that somebody holds open."""

    key: Literal["", "space", "escape", "s"] = ""
    file: str = ""
    input: str = ""
    runs: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] = "1"

    def __post_init__(self) -> None:
        for key in ("file", "input"):
            path = getattr(self, key)
            if path and (not path.startswith("/") or "\0" in path):
                raise NotAllowed(key, "an absolute path")
        assert self.key in ("", *KEYS)


AS_WRITTEN = {"beside": "while", "what": "is"}
"""Keys of a rule, which are words of Python."""


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename=AS_WRITTEN):
    """A rule between two devices: `inhibit` is safe while another one (`while`) `is` moving, armed,
    missing, or real at all; `after`: and for so long (s) from then on."""

    inhibit: str
    beside: str
    what: What
    after: Annotated[float, Quantity("s", ge=0, le=600)] = 0.0


class InterlockFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The interlock of a bench: what stops all, and rules between its devices."""

    e_stop: StopFile = StopFile()
    rules: list[RuleFile] = []

    def stop_rules(self, descriptor: int) -> InterlockRules:
        """As the bench process is told."""
        stop = self.e_stop
        return InterlockRules(stop.file, stop.key, descriptor, stop.input, stop.runs)


Rate = Annotated[float, Quantity("1/s", gt=0, le=1000)]
Duty = Annotated[float, Quantity("1", gt=0, le=1)]
Seconds = Annotated[float, Quantity("s", ge=1, le=86_400)]


def actuations_of(interface: type[DeviceInterface]) -> tuple[str, ...]:
    """The methods of an interface that move something."""
    return tuple(name for name, each in interface.methods.items() if each.kind == "actuation")


def check_limit(
    path: Path, key: str, name: str, limit: LimitFile, interface: type[DeviceInterface]
) -> None:
    """Refuses a limit of what there is not, in another unit, or wider than the ICD's."""
    method, _, argument = name.partition(".")
    known = {
        f"{m}.{a}" for m in actuations_of(interface) for a in interface.methods[m].names
    }  # fmt: skip
    if name not in known:
        raise refusal(path, key, f"one of {', '.join(sorted(known)) or 'none: nothing to limit'}")
    hint = get_type_hints(interface.methods[method].arguments, include_extras=True)[argument]
    unit = argument_unit(interface, method, argument)
    if limit.unit != unit:
        raise refusal(path, f"{key}.unit", unit)
    low, high = _bounds(hint)
    if limit.ge < low or limit.le > high:
        which = "ge" if limit.ge < low else "le"
        raise refusal(path, f"{key}.{which}", f"within the ICD's {low:g} to {high:g} {unit}")


def argument_unit(interface: type[DeviceInterface], method: str, argument: str) -> str:
    """The unit of an argument: what the ICD says of it, else of the field of that name or kind that
    the method answers with; "1" where nobody says."""
    kind = interface.methods[method]
    hint = get_type_hints(kind.arguments, include_extras=True)[argument]
    if unit_of(hint) != "1" or not isinstance(kind.result, type):
        return unit_of(hint)
    told = get_type_hints(kind.result, include_extras=True)
    for name in (argument, ALIKE.get(argument, "")):
        if name in told:
            return unit_of(told[name])
    return "1"


ALIKE = {"angle": "turned"}
"""Arguments whose unit is that of a field of another name."""


def _bounds(hint: Any) -> tuple[float, float]:
    metas = [each for each in _metas(hint)]
    lows = [float(m.ge) for m in metas if m.ge is not None]
    highs = [float(m.le) for m in metas if m.le is not None]
    return max(lows, default=float("-inf")), min(highs, default=float("inf"))


def _metas(hint: Any) -> list[msgspec.Meta]:
    return [each for each in get_args(hint)[1:] if isinstance(each, msgspec.Meta)]


def guard_rules(
    interface: type[DeviceInterface], limits: dict[str, LimitFile], rate: float, duty: float,
    finish: Sequence[str] = (),
) -> GuardRules:  # fmt: skip
    """As the bench process is told."""
    spans = {name: Span(each.ge, each.le, each.unit) for name, each in limits.items()}
    return GuardRules(actuations_of(interface), spans, rate, duty, finish)


def read_calibration(path: Path, key: str, name: str, serial: str) -> Calibration:
    """The calibration that a bench file names, beside it; raises ConfigurationError."""
    if not serial:
        raise refusal(path, key, "none without identity.serial: a calibration is of one device")
    if not os.path.isfile(path.parent / name):  # False for a name that is none, too
        raise refusal(path, key, "a file beside this one that is there")
    found = load_configuration(path.parent / name, Calibration)
    if found.format != 1:
        raise refusal(path.parent / name, "format", "1")
    if found.serial != serial:
        raise refusal(path.parent / name, "serial", f"{serial}, as the bench file wants")
    return found


def overdue_words(calibration: Calibration, today: datetime.date, *, required: bool) -> str:
    """What is said of a calibration that is over; "" while it is not. `required`: whether the bench
    file says that it is refused then."""
    days = calibration.overdue(today)
    if not days:
        return ""
    return (
        f"the calibration of {calibration.serial} was due on {calibration.due}, {days} days ago: "
        f"have it calibrated ({calibration.by} did last)"
        + (", or take calibration_required out" if required else "; until then it is flown with it")
    )
