"""When a fault begins: at a time, after an event, in a state, by chance, by where tubes are."""

import asyncio
import math
import random
from collections.abc import Callable
from typing import Any

from flight.icd.messages import EventReport, Message, Telemetry
from sim_hw.faults.fault import After, At, Chance, InState, Trigger, Tubes

Begin = Callable[[str], None]
"""Called with why, in words."""
Stop = Callable[[], None]


class Triggers:
    """Hears what the run tells, and begins what waits for it."""

    def __init__(self) -> None:
        self.modes: dict[str, str] = {}
        """The state of each node, as it was told last."""
        self._events: dict[str, list[Callable[[], None]]] = {}
        self._states: list[Callable[[str], None]] = []
        self.tubes_at: Callable[[str], int] = lambda place: 0
        """How many tubes are truly at a place."""
        self._tubes: list[Callable[[], None]] = []

    def wait(self, when: Trigger | None, draw: random.Random, begin: Begin) -> Stop:
        """Begins something when its trigger comes; what is returned gives that up."""
        match when:
            case None:
                begin("at once")
                return _nothing
            case At(at):
                return self._later(at - _now(), begin, f"at {at:g} s")
            case After():
                return self._after(when, begin)
            case InState():
                return _Stay(self, when, begin).stop
            case Chance():
                return self._by_chance(when, draw, begin)
            case Tubes():
                return self._when_tubes(when, begin)
        raise ValueError(f"{when} is of single calls")

    # ------------------------------------------------------------------- hearing

    def heard(self, message: Message) -> None:
        """A node has published something."""
        if isinstance(message, EventReport):
            self._event(message)
        elif isinstance(message, Telemetry) and "mode" in message.values:
            self._mode(message.source, str(message.values["mode"]))

    def _event(self, event: EventReport) -> None:
        for told in list(self._events.get(f"{event.source}.{event.name}", ())):
            told()
        if event.name == "mode_changed":
            self._mode(event.source, str(event.data.get("after", "")))

    def _mode(self, source: str, mode: str) -> None:
        if self.modes.get(source) != mode:
            self.modes[source] = mode
            for look in list(self._states):
                look(source)

    def tubes_moved(self) -> None:
        """A tube has truly come somewhere else."""
        for look in list(self._tubes):
            look()

    # ------------------------------------------------------------------- waiting

    def on_event(self, event: str, then: Begin) -> Stop:
        """Calls `then` each time that an event is told."""
        return _listed(self._events.setdefault(event, []), lambda: then(f"after {event}"))

    def on_state(self, look: Callable[[str], None]) -> Stop:
        """Calls `look` with the name of each node whose state has changed."""
        return _listed(self._states, look)

    def _later(self, seconds: float, begin: Begin, why: str) -> Stop:
        if seconds <= 0.0:
            begin(why)
            return _nothing
        return asyncio.get_running_loop().call_later(seconds, begin, why).cancel

    def _after(self, when: After, begin: Begin) -> Stop:
        left = when.times
        timers: list[Stop] = []

        def told(why: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                stop_listening()
                timers.append(self._later(when.delay, begin, why))

        stop_listening = self.on_event(when.after, told)

        def stop() -> None:
            stop_listening()
            for each in timers:
                each()

        return stop

    def _by_chance(self, when: Chance, draw: random.Random, begin: Begin) -> Stop:
        assert when.per is not None
        if when.probability <= 0.0:
            return _nothing
        wait = 0.0
        if when.probability < 1.0:
            rate = -math.log1p(-when.probability) / when.per
            wait = draw.expovariate(rate)
        return self._later(wait, begin, f"by chance, after {wait:g} s")

    def _when_tubes(self, when: Tubes, begin: Begin) -> Stop:
        why = f"{when.tubes} tubes were at {when.place}"

        def look() -> None:
            if self.tubes_at(when.place) >= when.tubes:
                stop()
                # Not from within the motion of the tube, which somebody is about to finish.
                asyncio.get_running_loop().call_soon(begin, why)

        stop = _listed(self._tubes, look)
        return stop


class _Stay:
    """Waits until a node has been in a state for long enough."""

    def __init__(self, triggers: Triggers, when: InState, begin: Begin) -> None:
        self._vehicle, _, self._path = when.state.partition(".")
        self._triggers, self._when, self._begin = triggers, when, begin
        self._timer: Stop | None = None
        self._ignore = triggers.on_state(self._look)
        self._look(self._vehicle)

    def _look(self, vehicle: str) -> None:
        if vehicle != self._vehicle:
            return
        mode = self._triggers.modes.get(vehicle, "")
        inside = mode == self._path or mode.startswith(self._path + ".")
        if inside and self._timer is None:
            later = asyncio.get_running_loop().call_later
            self._timer = later(self._when.held, self._has_stayed).cancel
        elif not inside and self._timer is not None:
            self._timer()
            self._timer = None

    def _has_stayed(self) -> None:
        self.stop()
        self._begin(f"{self._when.held:g} s in {self._when.state}")

    def stop(self) -> None:
        """Waits no more."""
        self._ignore()
        if self._timer is not None:
            self._timer()


def _listed(waiting: list[Any], entry: Any) -> Stop:
    """Adds to a list; what is returned takes it away again, once."""
    waiting.append(entry)

    def stop() -> None:
        if entry in waiting:
            waiting.remove(entry)

    return stop


def _nothing() -> None:
    return None


def _now() -> float:
    return asyncio.get_running_loop().time()
