"""A recorded device beside real and simulated ones: each reading as it was at its instant.

What flies around it need not be the recorded flight: it is answered where the recording has what is
asked, and refused by a sentence where it has not. All is in mission time, and nothing is real.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from flight.icd.devices.base import DeviceInterface
from sim_hw.bench.recorded_device import RecordedCall, RecordedDevice, same, words_of
from sim_hw.bench.wire.payloads import STIMULUS

Put = Callable[[list[Any]], None]
"""Told what a bench process would have told, as `BenchPort.admit` takes it."""


class NotRecorded(Exception):
    """What is asked is not in the recording; the text says what, and what is."""


class RecordedBeside:
    """Answers the calls of one service.

    A reading is answered by the one whose instant is nearest, as old as it is by now; of a device
    that moves instants count from its last motion, and only those up to its next one are taken. A
    motion is answered by the next one that is recorded, if it is the same. `hold`: s by which a
    reading may be away from its instant.
    """

    def __init__(
        self, device: RecordedDevice, interface: type[DeviceInterface], hold: float, put: Put,
        on_refused: Callable[[str], None] = lambda words: None,
    ) -> None:  # fmt: skip
        """`on_refused` hears the first refusal of each method."""
        moving = {name for name, each in interface.methods.items() if each.kind == "actuation"}
        self._device, self._moving, self._hold = device, moving, hold
        self._put, self._on_refused = put, on_refused
        self._motions = [each for each in device.calls if each.method in moving]
        self._next = 0  # of the motions
        self._shift = 0.0  # s by which the last motion came later than it did then
        self._readings: dict[str, list[tuple[dict[str, Any], list[RecordedCall]]]] = {}
        for each in device.calls:
            if each.method not in moving and each.method != STIMULUS:
                self._take_reading(each)
        self._open: dict[int, list[asyncio.TimerHandle]] = {}
        self._states: list[asyncio.TimerHandle] = []
        self.answered = self.refused = 0
        """Calls that the recording had, and those that it did not have."""
        self.reasons: dict[str, str] = {}
        """By method, why its first call was refused that the recording did not have."""
        self.farthest = 0.0
        """s by which a reading was away from its instant at most."""

    def _take_reading(self, call: RecordedCall) -> None:
        kinds = self._readings.setdefault(call.method, [])
        for known, calls in kinds:
            if same(known, call.arguments):
                calls.append(call)
                return
        kinds.append((call.arguments, [call]))

    def begin(self) -> None:
        """Its states come when they came then; those of before the run at once."""
        loop = asyncio.get_running_loop()
        for at, told in self._device.states:
            if at <= loop.time():
                self._put(told)
            else:
                self._states.append(loop.call_at(at, self._put, told))

    def end(self) -> None:
        """Nothing is told any more."""
        for timer in self._states:
            timer.cancel()
        for number in tuple(self._open):
            self.cancel(number)

    def call(self, number: int, method: str, arguments: Mapping[str, Any]) -> None:
        """Something is asked, under a number that its answers carry."""
        loop = asyncio.get_running_loop()
        now, asked = loop.time(), dict(arguments)
        if method == STIMULUS:  # what the world does to it changes nothing of what it has said
            self._put(["reply", self._device.service, number, None, "", "", "", 0, 0])
            return
        try:
            told = (self._motion if method in self._moving else self._reading)(method, asked, now)
        except NotRecorded as why:
            self._refuse(number, method, str(why))
            return
        self.answered += 1
        self._open[number] = [
            loop.call_later(later, self._say, number, each) for later, each in told
        ]

    def cancel(self, number: int) -> None:
        """Nobody wants a call any more: what is left of its motion does not come."""
        for each in self._open.pop(number, ()):
            each.cancel()

    def _say(self, number: int, told: list[Any]) -> None:
        if told[0] == "reply":
            self._open.pop(number, None)
        self._put([told[0], told[1], number, *told[3:]])

    def _refuse(self, number: int, method: str, why: str) -> None:
        self.refused += 1
        if method not in self.reasons:
            self.reasons[method] = why
            self._on_refused(why)
        self._put(["reply", self._device.service, number, None, "rejected", why, "", 0, 0])

    # ------------------------------------------------------------ what is in it

    def _asked(self, method: str, arguments: Mapping[str, Any], now: float) -> str:
        words = words_of(method, arguments)
        return f"{self._device.service} is a recording, and is asked for {words} at t={now:.3f} s"

    def _motion(
        self, method: str, arguments: dict[str, Any], now: float
    ) -> list[tuple[float, list[Any]]]:
        if self._next >= len(self._motions):
            words = self._asked(method, arguments, now)
            raise NotRecorded(f"{words}: no more motions are recorded")
        call = self._motions[self._next]
        if call.method != method or not same(call.arguments, arguments):
            recorded = words_of(call.method, call.arguments)
            words = self._asked(method, arguments, now)
            raise NotRecorded(f"{words}: the next motion that is recorded is {recorded}")
        self._next += 1
        self._shift = now - call.at
        return call.told

    def _reading(
        self, method: str, arguments: dict[str, Any], now: float
    ) -> list[tuple[float, list[Any]]]:
        known = self._readings.get(method, [])
        calls = next((calls for given, calls in known if same(given, arguments)), [])
        first, last = 0, len(calls)
        if self._next:
            last_motion = self._motions[self._next - 1].place
            first = bisect_right(calls, last_motion, key=lambda each: each.place)
        if self._next < len(self._motions):
            next_motion = self._motions[self._next].place
            last = bisect_left(calls, next_motion, key=lambda each: each.place)
        if first == last:
            words = self._asked(method, arguments, now)
            where = " between the motions about it" if self._motions else ""
            raise NotRecorded(f"{words}: no such reading is recorded{where}")
        then = now - self._shift
        at = bisect_left(calls, then, first, last, key=lambda each: each.at)
        call = min(calls[max(first, at - 1) : min(last, at + 1)], key=lambda e: abs(e.at - then))
        away = abs(call.at - then)
        if away > self._hold:
            words = self._asked(method, arguments, now)
            raise NotRecorded(
                f"{words}: the nearest such reading is {away:.3f} s from there; "
                f"allowed is {self._hold:g} s"
            )
        self.farthest = max(self.farthest, away)
        return [(later, _older(told, then - call.at)) for later, told in call.told]


def _older(told: list[Any], seconds: float) -> list[Any]:
    """An answer that is told so much later than it was: its sample is as much older."""
    if told[0] != "reply" or seconds <= 0.0:
        return told
    return [*told[:7], told[7] + round(1e6 * seconds), *told[8:]]
