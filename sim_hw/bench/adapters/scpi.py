"""Instruments that speak SCPI over VISA, such as bench power supplies. Needs `pyvisa`."""

import time
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, get_type_hints

import msgspec

from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceFault
from sim_hw.bench.adapters.adapter import (
    AdapterSetting,
    Identity,
    Place,
    Sample,
)
from sim_hw.bench.adapters.fields import (
    Scaled,
    Target,
    check_fields,
    check_switches,
    field_value,
)
from sim_hw.bench.adapters.moving import MotionMap, Watchdog, check_motions
from sim_hw.bench.adapters.switching import SwitchingAdapter
from sim_hw.bench.wire.addresses import AddressRefused, is_loopback
from sim_hw.bench.wire.wire import next_step

FORM = "scpi:TCPIP0::127.0.0.1::5025::SOCKET, or another VISA resource after scpi:"
PENDING, COMPLETE, FAILED = 0, 1, 2
ERRORS = 0b111100
"""Of the event status register: query, device, execution and command errors."""
KINDS = ("ASRL", "GPIB", "PXI", "TCPIP", "USB", "VXI")
CLOSED = {"1": True, "ON": True, "+1": True, "0": False, "OFF": False, "+0": False}
Command = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[ -~]+$(?!\n)")]


class Query(Scaled, frozen=True, forbid_unknown_fields=True):
    """One figure: what is asked for it."""

    query: str = ""


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A switch: what closes it, what opens it, what is asked whether it is closed (`1`, `ON`), and
    for the power (W) through it; without that, 0 W is told."""

    close: Command
    open: Command
    state: Command
    power: Query | None = None


class Effect(Query, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a motion; `relative`: what it has become less what it was at the beginning."""

    relative: bool = False


class Motion(MotionMap, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One method. `begin`: commands, in which `{NAME}` is the argument of that name; `status`: a
    query. Without one it is *OPC: 0 while the instrument is at it, 1 when it has completed it, 2
    where its event status register tells of an error."""

    begin: Annotated[list[Command], msgspec.Meta(min_length=1)]
    effects: dict[str, Effect]
    status: str = ""
    moving: list[int] = msgspec.field(default_factory=lambda: [0])
    done: list[int] = msgspec.field(default_factory=lambda: [1])
    arguments: dict[str, Target] = msgspec.field(default_factory=dict)


class ScpiMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`safe`: what makes it safe, a command or more wherever there are switches; `errors`: what
    is asked after each command, "" for nothing; `library`: of VISA (`@py`, `@ivi`, or a file beside
    the bench file before the @); `stop`: what stops what moves; `watchdog`: s without a word after
    which the instrument stops by itself."""

    readings: dict[str, dict[str, Query]] = {}
    switches: dict[str, Switch] = {}
    motions: dict[str, Motion] = {}
    stop: list[Command] = []
    watchdog: Watchdog | None = None
    safe: list[Command] | None = None
    errors: str = "SYST:ERR?"
    termination: str = "\n"
    library: str = "@py"


class ScpiAdapter(SwitchingAdapter):
    """One instrument."""

    Map: ClassVar[type[msgspec.Struct]] = ScpiMap
    libraries = ("pyvisa", "pyvisa_py")
    install = "pip install 'threeforks[scpi]'"

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self._map: ScpiMap = setting.map
        self._manager: Any = None
        self._line: Any = None
        self._events = 0  # of the event status register, since the motion began
        self._completes = False  # *OPC was said, and has not been taken back

    @classmethod
    def place(cls, address: str) -> Place:
        resource = _resource_of(address)
        kind, *rest = resource.upper().split("::")
        if not kind.startswith("TCPIP"):
            return Place(f"scpi {resource.upper()}", local=True)
        host = rest[0].lower()
        local = host == "localhost" or is_loopback(host)
        where = "::".join(["loopback" if local else host, *rest[1:]])
        return Place(f"scpi {where}", local=local)

    @classmethod
    def check(cls, setting: AdapterSetting) -> None:
        if not setting.map.switches:
            check_motions(setting.interface, "scpi", setting.map, watched=True)
            _check_words(setting.map)
        elif setting.map.motions or setting.map.stop:
            raise NotAllowed("motions", "none beside switches: those are made safe by `safe`")
        check_switches(setting.interface, setting.map.switches)
        check_fields(setting.interface, setting.map.readings)
        _check_safe(setting.map)
        queries: dict[str, Query] = {
            f"readings.{method}.{name}": query
            for method, fields in setting.map.readings.items() for name, query in fields.items()
        }  # fmt: skip
        for method, motion in setting.map.motions.items():
            for name, effect in motion.effects.items():
                queries[f"motions.{method}.effects.{name}"] = effect
        for name, switch in setting.map.switches.items():
            if switch.power is not None:
                queries[f"switches.{name}.power"] = switch.power
                if switch.power.unit != "W":
                    raise NotAllowed(f"switches.{name}.power.unit", "W")
        for key, query in queries.items():
            if (query.constant is None) == (not query.query):
                raise NotAllowed(key, "a query, or a constant, such as query: MEAS:VOLT?")

    def open(self) -> Identity:
        import pyvisa

        library = self._map.library
        if not library.startswith("@"):
            library = str(self.setting.folder / library)
        self._manager = pyvisa.ResourceManager(library)
        patience = 0.5 * self.setting.longest
        try:
            self._line = self._manager.open_resource(
                _resource_of(self.setting.address), open_timeout=round(2000.0 * patience)
            )
        except OSError as error:
            raise OSError(next_step(error)) from error
        self._line.timeout = 1000.0 * patience
        self._line.read_termination = self._line.write_termination = self._map.termination
        names = [each.strip() for each in self._ask("*IDN?").split(",")]
        vendor, model, serial, firmware = (*names, "", "", "", "")[:4]
        return Identity(model, serial, firmware.lstrip("vV"), vendor=vendor)

    def _ask(self, words: str) -> str:
        return str(self._line.query(words)).strip()

    def _say(self, words: str) -> None:
        """Raises DeviceFault where the instrument has an error after it."""
        self._line.write(words)
        if not self._map.errors:
            return
        error = self._ask(self._map.errors)
        if error.split(",")[0].strip().lstrip("+") != "0":
            raise DeviceFault("stuck", f"{words}: {error}")

    def make_safe(self) -> None:
        """Raises OSError where the instrument has an error at it, or a switch that a command of
        `safe` closes or opens is not so, after all has been said."""
        self._asked = None
        if self._line is None:
            return
        wrong: list[str] = []
        for words in self._map.safe or ():
            try:
                self._say(words)
            except Exception as error:  # as VISA has it: the others are said all the same
                wrong.append(str(error))
        try:
            super().make_safe()
        except Exception as error:
            wrong.append(str(error))
        wrong = wrong or self.not_so(_told_by(self._map))
        if wrong:
            raise OSError(f"it is not safe: {'; '.join(wrong)}")

    def read(self, method: str, arguments: Mapping[str, Any]) -> Sample:
        begun = time.monotonic()
        values = self.states() if self._map.switches else {}
        hints = get_type_hints(self.setting.interface.methods[method].result, include_extras=True)
        for name, query in self._map.readings.get(method, {}).items():
            values[name] = field_value(hints[name], self.figure(query))
        return Sample(values, time.monotonic() - begun)

    def figure(self, entry: Query) -> float:
        if entry.constant is not None:
            return entry.constant
        told = self._ask(entry.query)
        try:
            return entry.true(float(told))
        except ValueError:
            raise OSError(f"{entry.query} was answered by {told!r}, which is no number") from None

    def is_closed(self, name: str) -> bool:
        switch = self._map.switches[name]
        told = self._ask(switch.state).upper()
        if told not in CLOSED:
            raise OSError(f"{switch.state} was answered by {told!r}; allowed is 0, 1, ON or OFF")
        return CLOSED[told]

    def tell_switch(self, name: str, closed: bool) -> None:
        switch = self._map.switches[name]
        self._say(switch.close if closed else switch.open)

    # ------------------------------------------------------------------ motions

    @property
    def is_open(self) -> bool:
        return self._line is not None

    def start(self, motion: Motion, values: Mapping[str, float]) -> None:
        if not motion.status:
            self._line.write("*CLS")  # of what was before nothing is to be read any more
        for words in motion.begin:
            for name, value in values.items():
                words = words.replace(f"{{{name}}}", f"{value:.9g}")
            self._say(words)
        if not motion.status:
            self._events, self._completes = 0, True
            self._line.write("*OPC")

    def tell(self, step: str) -> None:
        self._completes = False  # what was stopped does not complete any more
        self._say(step)

    def status(self, motion: Motion) -> int:
        if not motion.status:
            return self._operation()
        told = self._ask(motion.status)
        try:
            return round(float(told))
        except (ValueError, OverflowError):
            problem = f"{motion.status} was answered by {told!r}, which is no number"
            raise OSError(problem) from None

    def _operation(self) -> int:
        """By *OPC: 0 is under way, 1 complete, 2 ended by an error. To read it clears it."""
        if not self._completes:
            return COMPLETE
        told = self._ask("*ESR?")
        if not told.lstrip("+").isdecimal():
            raise OSError(f"*ESR? was answered by {told!r}, which is no number")
        self._events |= int(told)
        if self._events & ERRORS:
            return FAILED
        return COMPLETE if self._events & 1 else PENDING

    def close(self) -> None:
        for each in (self._line, self._manager):
            if each is not None:
                each.close()


def _check_words(mapped: ScpiMap) -> None:
    """Raises NotAllowed where commands of a motion only ask, or do not say an argument."""
    for name, motion in mapped.motions.items():
        at = f"motions.{name}"
        if motion.status and not _is_query(motion.status):
            raise NotAllowed(f"{at}.status", "a query, such as MOT:STAT?, or none: then *OPC")
        if all(_is_query(each) for each in motion.begin):
            raise NotAllowed(f"{at}.begin", "a command or more that begin it, and no query")
        for argument in motion.arguments:
            if not any(f"{{{argument}}}" in each for each in motion.begin):
                raise NotAllowed(f"{at}.begin", f"a command that says {{{argument}}}")
        if not motion.status and (motion.moving, motion.done) != ([PENDING], [COMPLETE]):
            raise NotAllowed(f"{at}.moving", "[0], and [1] of done, without a status: *OPC says so")
    for index, each in enumerate(mapped.stop):
        if _is_query(each):
            raise NotAllowed(f"stop[{index}]", "a command, and no query")


def _check_safe(mapped: ScpiMap) -> None:
    """Raises NotAllowed where what is to act only asks, or nothing makes it safe."""
    for name, switch in mapped.switches.items():
        for key in ("close", "open"):
            if _is_query(getattr(switch, key)):
                raise NotAllowed(f"switches.{name}.{key}", "a command, and no query")
        if not _is_query(switch.state):
            raise NotAllowed(f"switches.{name}.state", "a query, such as OUTP?")
    if mapped.switches and all(_is_query(each) for each in mapped.safe or ()):
        raise NotAllowed(
            "safe", 'a command or more that make it safe, such as ["OUTP OFF"]: what acts and is '
            "never made safe is refused",
        )  # fmt: skip


def _is_query(words: str) -> bool:
    """Whether it only asks; of several in a line, whether all do."""
    parts = [each.split() for each in words.split(";")]
    return all(part[0].endswith("?") for part in parts if part)


def _told_by(mapped: ScpiMap) -> dict[str, bool]:
    """Whether each switch that a command of `safe` closes or opens is closed after the last."""
    told: dict[str, bool] = {}
    for words in mapped.safe or ():
        for name, switch in mapped.switches.items():
            if words in (switch.open, switch.close):
                told[name] = words == switch.close
    return told


def _resource_of(address: str) -> str:
    scheme, _, resource = address.partition(":")
    parts = resource.split("::")
    known = any(parts[0].upper().rstrip("0123456789") == kind for kind in KINDS)
    if scheme != "scpi" or not known or len(parts) < 2 or not all(parts) or " " in resource:
        raise AddressRefused(f"{address}: allowed is {FORM}")
    return resource
