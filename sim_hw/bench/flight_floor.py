"""How late this machine is while a flight goes on: the floor of the same seconds as its calls.

A floor of before the flight says nothing of who came to work on the machine since. So a thread of
the run itself sleeps from period to period, as far ahead of other programs as the run, and what it
is late by counts while something real is at work. It has its turn in the interpreter as the loop
has, so that a run which is busy itself is no device that is slow, either.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from flight.runtime.forking import BESIDE
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.realtime import prefer_thread

REST = 1.0  # s without anything real at work after which nothing is measured
SLICE = 0.05  # s of a sleep at most: who ends it does not wait for a long period
SWITCH = 5e-4  # s that one thread of the interpreter goes on for while another waits


class FlightFloor:
    """A floor at `rate` (Hz), measured from `work(True)` to `work(False)`, again and again.

    `priority`: of SCHED_FIFO; None: as any program. `clock`: s of the wall; `sleep`: for so many s.
    """

    def __init__(
        self,
        rate: float,
        priority: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rate = rate
        self.lateness = Histogram()
        self.slips = 0
        """Periods that went by before a cycle had begun."""
        self._priority = priority
        self._clock, self._sleep = clock, sleep
        self._works = self._worked = False
        self._wakes, self._ends = threading.Event(), False
        self._thread: threading.Thread | None = None
        self._switch = 0.0

    # ----------------------------------------------------------------- the run's

    def work(self, on: bool) -> None:
        """Something real is at work from now on, or nothing any more."""
        if on == self._works and (not on or self._thread is not None):
            return
        self._works = on
        if on:
            self._worked = True
            if self._thread is None:
                self._begin()
            self._wakes.set()

    def _begin(self) -> None:
        self._ends = False
        self._switch = sys.getswitchinterval()
        sys.setswitchinterval(min(SWITCH, self._switch))
        self._thread = threading.Thread(target=self.measure, name="floor", daemon=True)
        self._thread.start()
        BESIDE["the floor of a flight"] = self.end

    def end(self) -> None:
        """No thread is left; the next `work(True)` begins anew."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        BESIDE.pop("the floor of a flight", None)
        self._ends = True
        self._wakes.set()
        thread.join()
        sys.setswitchinterval(self._switch)

    def told(self, deadline: float) -> dict[str, Any]:
        """As evidence; `deadline`: s, beyond which a cycle is missed."""
        return {
            "rate_hz": self.rate, "miss_rate": self.lateness.beyond(deadline),
            "slips": self.slips, "lateness": self.lateness.told(),
        }  # fmt: skip

    # -------------------------------------------------------------- the thread's

    def measure(self) -> None:
        """Sleeps from period to period until it is ended."""
        if self._priority is not None:
            prefer_thread(threading.get_native_id(), self._priority)
        period = 1.0 / self.rate
        due = last = self._clock()
        while not self._ends:
            due += period
            while (left := due - self._clock()) > SLICE and not self._ends:
                self._sleep(min(SLICE, left - SLICE))
            if self._ends:
                return
            self._sleep(max(0.0, left))
            now = self._clock()
            if self._counts():
                last = now
                late = now - due
                self.lateness.add(late)
                slipped = int(late / period)
                self.slips += slipped
                due += slipped * period
            elif now - last > REST:
                self._wakes.clear()
                if not (self._works or self._ends):
                    self._wakes.wait()
                due = last = self._clock()
            else:
                due = now  # nobody is told how late it is between two works

    def _counts(self) -> bool:
        """Whether something real was at work since it was asked last."""
        worked, self._worked = self._works or self._worked, False
        return worked
