"""The faults of one participant in its own process: of its store, its clock, its mailbox, and of
what it receives. When they begin and end is told by the process that composes the run."""

import asyncio
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

from flight.core.node import Node
from flight.runtime.nursery import Nursery
from ground.testbed.computers.oscillators import Turn
from ground.testbed.faults.injector import Faults
from ground.testbed.faults.journal import FaultJournal, shown
from ground.testbed.participants.roles import HARDWARE
from ground.testbed.processes.process import Part
from ground.testbed.processes.reporting_pipe import FAULT, PAUSE
from ground.testbed.seams.flooding import say_too_much
from ground.testbed.seams.mailbox import leave_mailbox
from ground.testbed.seams.orders import ARM, BEGIN, fault_of
from ground.testbed.seams.stores import Stores
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.fault import Fault

_CHUNK = 1 << 16


class InsideFaults:
    """Takes the orders of the process that composes the run. To be made while the loop runs, before
    the store is opened."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._buffer = b""
        self._kinds = catalogue()
        self.turns: list[Turn] = []
        self.node: Node | None = None
        self.stores = Stores(self._pause)
        self.buses = part.specification.buses()
        self._faults = Faults(part.specification.seed, Path, _no_nursery)
        self._faults.journal = _TellingJournal(partial(self._report, FAULT))
        self._faults.seams = {
            "bus": lambda name: self.buses,
            "store": self.stores.of,
            "node": lambda name: self,
        }
        os.set_blocking(part.orders, False)
        self._take()
        asyncio.get_running_loop().add_reader(part.orders, self._take)

    def close(self) -> None:
        """Takes no more orders."""
        asyncio.get_running_loop().remove_reader(self._part.orders)

    # ---------------------------------------------------------------------- orders

    def _take(self) -> None:
        while True:
            try:
                data = os.read(self._part.orders, _CHUNK)
            except BlockingIOError:
                break
            if not data:
                self.close()  # nobody is there to give any
                break
            self._buffer += data
        *whole, self._buffer = self._buffer.split(b"\n")
        for each in whole:
            what, value, counted = json.loads(each)
            if counted:
                self._part.clock.taken()
            self._do(what, value)

    def _do(self, what: str, value: Any) -> None:
        if what == ARM:
            self._faults.arm(fault_of(value, self._kinds))
        elif what == BEGIN:
            self._faults.begin_now(value)
        else:
            self._faults.heal(value)

    def _report(self, kind: int, *values: Any) -> None:
        """Tells something for which mission time waits until it is taken."""
        clock = self._part.clock
        clock.sent_to(clock.names.index(HARDWARE))
        self._part.pipe.tell(kind, *values)

    def _pause(self, role: str, seconds: float) -> None:
        """The process stands while it waits for its store: whoever composes the run stops it."""
        self._report(PAUSE, seconds)

    # ------- as the seam of its own node, of the faults that are inside (`NodeSeam`)

    @property
    def name(self) -> str:
        """See `NodeSeam`."""
        return self._part.role

    @property
    def runs(self) -> bool:
        """See `NodeSeam`: it does."""
        return True

    def leave_mailbox(self) -> Callable[[], None]:
        """It takes nothing from its mailbox."""
        return leave_mailbox(self.node) if self.node is not None else lambda: None

    def say_too_much(self, characters: int) -> bool:
        """It says what nobody needs."""
        if self.node is not None:
            say_too_much(self.node, characters)
        return self.node is not None

    def turn_clock(self, turn: Turn) -> Callable[[], None]:
        """Its oscillator goes wrong."""
        self.turns.append(turn)
        return lambda: self.turns.remove(turn)


class _TellingJournal(FaultJournal):
    """Tells what faults do instead of writing it down."""

    def __init__(self, tell: Callable[..., None]) -> None:
        super().__init__(Path)
        self._tell = tell

    def armed(self, time: float, fault: Fault) -> None:
        """That is known where it was ordered."""

    def turned(self, time: float, fault: str, what: Literal["began", "healed"], why: str) -> None:
        """A fault has begun, or is healed."""
        self._tell(fault, what, why)

    def hit(self, time: float, fault: str, where: str, before: Any, after: Any) -> None:
        """A fault has changed something."""
        self._tell(fault, "hit", where, shown(before), shown(after))


def _no_nursery() -> Nursery:
    raise RuntimeError("no fault of this process has work of its own")
