"""The pace of a run with real devices: no faster than the wall while one works, or is missing."""

import asyncio
from math import inf

from ground.testbed.bench.file import BenchFile
from ground.testbed.bench.recorded import RecordedBench
from sim_hw.bench.realtime import Ahead

LINGER = 2.5  # periods of a loop after which it is taken to have ended
SETTLES = 1.0  # s in which a device that answers at once gets to where it was told anew to be


class PacedBench(RecordedBench):
    """The part of a bench's host that holds mission time back."""

    def _begin_pace(self, bench: BenchFile, wanted: float) -> None:
        """Nothing works yet; `wanted`: the pace that who flies has asked for."""
        self._wanted = wanted
        self._patience: asyncio.TimerHandle | None = None
        self._waits = False
        self._loops = {
            (service, device.loop.method): device.loop.period * LINGER
            for service, device in bench.devices.items() if device.loop is not None
        }  # fmt: skip
        self._looped: dict[tuple[str, str], float] = {}
        """When each loop has begun a cycle last, mission time in s."""
        self._held_until = 0.0
        self._lingers: asyncio.TimerHandle | None = None
        self._ahead: Ahead | None = None

    def _end_pace(self) -> None:
        for timer in (self._patience, self._lingers):
            if timer is not None:
                timer.cancel()
        if self._ahead is not None:
            self._ahead.end()
            self._ahead = None

    def _keep_pace(self) -> None:
        """Mission time runs no faster than the wall's while a real device works or is missing."""
        self.evidence.work(self.port.at_work or self._lingers is not None)
        if not self._bench.is_live or self._wanted == 0.0:
            return
        if self._bench_loop.pace.until_ns is not None:
            return  # a person's way to an instant: nothing real may move meanwhile
        bench, loop = self._bench.bench, self._bench_loop
        if not self.port.missing and not self._broken:
            self._waits = False
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None
        elif self._patience is None and not self._waits:
            self._waits = True
            wait = bench.patience * bench.pace
            self._patience = loop.call_later(wait, self._wait_no_longer)
        held = self.port.at_work or self._patience is not None or self._lingers is not None
        pace = min(self._wanted, bench.pace) if held else self._wanted
        if self._ahead is not None:
            (self._ahead.take if held else self._ahead.leave)()
        if pace != loop.pace.rate:
            loop.set_pace(pace)

    def _begun(self, service: str, method: str, number: int, anew: bool) -> None:
        """A call begins: how late it is, and that a loop over it is under way."""
        loop = self._bench_loop
        due, now = loop.pace.wall_of(loop.time_ns()), self._bench.outside.now()
        self.evidence.began(service, method, number, due, now)
        linger = self._loops.get((service, method))
        if linger is not None:
            # One that is told the same again and again, and seldom, is no loop: a nozzle that
            # rests in a coast holds nobody up between two calls.
            last = self._looped.get((service, method), -inf)
            self._looped[service, method] = loop.time()
            if not anew and loop.time() - last > linger:
                return
            linger = max(linger, SETTLES) if anew else linger
            self._held_until = max(self._held_until, loop.time() + linger)
            if self._lingers is None:
                self._lingers = loop.call_later(linger, self._look_whether_it_loops)

    def _look_whether_it_loops(self) -> None:
        left = self._held_until - self._bench_loop.time()
        if left > 0.0:
            self._lingers = self._bench_loop.call_later(left, self._look_whether_it_loops)
        else:
            self._lingers = None
            self._keep_pace()

    def _wait_no_longer(self) -> None:
        self._patience = None
        without = [each for each in self.port.lines.values() if each.is_missing]
        words = ", ".join(f"{each.service} ({each.words})" for each in without)
        if without:
            self._happenings.told("device_missing", f"The flight goes on without: {words}")
        self._keep_pace()
