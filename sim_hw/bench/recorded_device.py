"""One device as a recording has it: it answers what it answered then, as long as it is asked the
same, in mission time. Nothing is real, and all else may be simulated.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path
from typing import Any

from flight.icd.codec import decode_plain
from flight.icd.devices.base import DeviceInterface
from sim_hw.bench.recording import Figures, NoRecording, read_recording

ALIKE = 1e-6  # by which two arguments may differ, of them, and in their unit
INPUT = "/run/input"


@dataclass
class RecordedCall:
    """One call: its place among all, when it was asked (s), and what came of it, how much later."""

    place: int
    at: float
    method: str
    arguments: dict[str, Any]
    told: list[tuple[float, list[Any]]] = field(default_factory=list)


@dataclass
class RecordedDevice:
    """What one service has said in a recording. `states`: what it became, and when (s)."""

    service: str
    calls: list[RecordedCall] = field(default_factory=list)
    states: list[tuple[float, list[Any]]] = field(default_factory=list)

    @property
    def identity(self) -> Any:
        """What it said that it is, first; None where it never did."""
        return next((told[5] for _, told in self.states if len(told) > 5 and told[5]), None)


def recorded_device(file: Path, service: str) -> RecordedDevice:
    """One device of a recording. Raises NoRecording where it is not in it, or where something is
    missing in it, CannotRecord without the package mcap."""
    found, figures = RecordedDevice(service), Figures()
    open_calls: dict[int, RecordedCall] = {}
    services: dict[str, None] = {}
    for each in read_recording(file, figures):
        if each.what in ("call", "stimulus"):
            services.setdefault(each.service)
        if each.service == service and each.what in ("call", "stimulus"):
            _take_call(found, open_calls, each.plain())
        elif each.topic == INPUT:
            line = each.plain()
            _take_told(found, open_calls, line["time_ns"] * 1e-9, line["input"])
    missing = figures.incomplete()
    if missing is not None:
        raise NoRecording(f"{file} is {missing[0]}: what {service} said after that is not known")
    if not found.calls:
        known = ", ".join(services) or "none"
        problem = f"{service} is asked for nothing in it: allowed is one of {known}"
        raise NoRecording(f"{file}: {problem}")
    return found


def _take_call(
    found: RecordedDevice, open_calls: dict[int, RecordedCall], told: Mapping[str, Any]
) -> None:
    call = RecordedCall(
        len(found.calls), float(told["mission_s"]), str(told["method"]), dict(told["arguments"])
    )
    found.calls.append(call)
    open_calls[told["number"]] = call


def _take_told(
    found: RecordedDevice, open_calls: dict[int, RecordedCall], at: float, given: Any
) -> None:
    told = given.get("told") if isinstance(given, dict) and given.get("type") == "bench" else None
    if not isinstance(told, list) or len(told) < 3 or told[1] != found.service:
        return
    if told[0] == "state":
        found.states.append((at, told))
    elif told[0] in ("reply", "effect") and told[2] in open_calls:
        call = open_calls[told[2]]
        call.told.append((max(0.0, at - call.at), told))


class Diverged(Exception):
    """What is asked now was not asked then; the text says what, and what was."""


class RecordedPeer:
    """Takes the packets for the bench process, and admits what the device said then.

    A motion is answered by the next motion that was asked then, if it is the same; a reading by one
    of those between the motions of then. `on_diverged` hears the sentence where neither can be.
    """

    def __init__(
        self,
        device: RecordedDevice,
        interface: type[DeviceInterface],
        admit: Callable[[list[Any]], None],
        on_diverged: Callable[[str], None],
    ) -> None:
        moving = {name for name, each in interface.methods.items() if each.kind == "actuation"}
        self._device, self._admit, self._on_diverged = device, admit, on_diverged
        self._motions = [each for each in device.calls if each.method in moving]
        self._readings: dict[str, list[RecordedCall]] = {}
        for each in device.calls:
            if each.method not in moving:
                self._readings.setdefault(each.method, []).append(each)
        self._moving = moving
        self._next = 0  # of the motions
        self._read: dict[str, int] = {}  # how many readings of each method were used
        self.answered = self.again = 0
        """Calls that were answered; of these, readings that were told another time."""
        self.diverged = ""

    def begin(self) -> None:
        """Its states come when they came then."""
        loop = asyncio.get_running_loop()
        for at, told in self._device.states:
            loop.call_at(max(at, loop.time()), self._admit, told)

    def send(self, packet: bytes) -> None:
        """What the port hands to the bench."""
        kind, service, *values = decode_plain(packet)
        if kind != "call" or self.diverged or service != self._device.service:
            return
        number, method, arguments = values[0], values[1], values[2]
        try:
            call = self._motion(method, arguments) if method in self._moving else (
                self._reading(method)
            )  # fmt: skip
        except Diverged as why:
            self.diverged = str(why)
            self._on_diverged(self.diverged)
            return
        self.answered += 1
        loop = asyncio.get_running_loop()
        for later, told in call.told:
            loop.call_later(later, self._admit, [told[0], told[1], number, *told[3:]])

    def _motion(self, method: str, arguments: dict[str, Any]) -> RecordedCall:
        asked = f"{self._device.service} is asked for {words_of(method, arguments)}"
        if self._next >= len(self._motions):
            raise Diverged(f"{asked}, and no more of it is recorded")
        call = self._motions[self._next]
        if call.method != method or not same(call.arguments, arguments):
            raise Diverged(f"{asked}; recorded is {words_of(call.method, call.arguments)}")
        self._next += 1
        return call

    def _reading(self, method: str) -> RecordedCall:
        known = self._readings.get(method)
        if not known:
            asked = f"{self._device.service} is asked for {words_of(method, {})}"
            raise Diverged(f"{asked}, which is not in the recording")
        upto = self._motions[self._next].place if self._next < len(self._motions) else None
        used = self._read.get(method, 0)
        since = self._motions[self._next - 1].place if self._next else -1
        while used < len(known) and known[used].place < since:
            used += 1  # of before the last motion: nobody has asked for them
        if used < len(known) and (upto is None or known[used].place < upto):
            self._read[method] = used + 1
            return known[used]
        self._read[method] = used
        self.again += 1
        return known[max(0, used - 1)]


def same(recorded: Any, asked: Any) -> bool:
    """Whether two arguments are the same but for how a number is written."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        names = recorded.keys() == asked.keys()
        return names and all(same(recorded[name], asked[name]) for name in recorded)
    if isinstance(recorded, list | tuple) and isinstance(asked, list | tuple):
        return len(recorded) == len(asked) and all(map(same, recorded, asked))
    if isinstance(recorded, bool) or isinstance(asked, bool):
        return recorded is asked
    if isinstance(recorded, int | float) and isinstance(asked, int | float):
        return isclose(recorded, asked, rel_tol=ALIKE, abs_tol=ALIKE)
    return bool(recorded == asked)


def words_of(method: str, arguments: Mapping[str, Any]) -> str:
    """A call as sentences name it."""
    told = ", ".join(
        f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in arguments.items()
    )
    return f"{method}({told})"
