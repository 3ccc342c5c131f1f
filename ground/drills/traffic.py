"""Hears what goes over the bus, over links and to stores, where faults of these would hit it.

It is armed at their seams like a fault that never begins: nothing is other than without it.
"""

import random
from collections.abc import Callable, Coroutine
from typing import Any

from ground.testbed.faults.connecting import bus_names
from ground.testbed.participants.roles import GROUND
from ground.testbed.run import Run
from sim_hw.faults.bus_kinds import BusKind, Traffic
from sim_hw.faults.kind import TargetKind
from sim_hw.faults.link_kinds import Crossing, LinkKind
from sim_hw.faults.link_seam import LINKS
from sim_hw.faults.store_kinds import Statement, WriteKind

Used = Callable[[TargetKind, str, str], None]
"""Told the sort and the name of a target, and what of it is used."""


def hear_traffic(run: Run, used: Used) -> None:
    """From now on `used` is told of every message, frame and statement of a run."""
    seams = run.faults.seams
    names = bus_names(run.mission)
    buses = seams["bus"](names[0])
    buses.arm(_HeardBus(hears=lambda here: used("bus", here, "")), Nobody(), never)
    for vehicle in (*run.mission.vehicles, GROUND):
        seams["store"](vehicle).arm(_HeardStore(hears=used), Nobody(), never)
    for name in LINKS:
        seams["link"](name).arm(_HeardLink(hears=used), Nobody(), never)


def never() -> bool:
    """It takes nothing: what is heard goes on as it came."""
    return False


class Nobody:
    """The fault that never begins; see `Injection`."""

    active = False
    since = 0.0
    target = ""
    method: str | None = None
    fields: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.random = random.Random(0)
        self.memory: dict[Any, Any] = {}

    def now(self) -> float:
        """It has no time."""
        return 0.0

    def hit(self, where: str, before: Any = None, after: Any = None) -> None:
        """It never hits."""
        raise AssertionError(f"what only hears has changed {where}")

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        """It does nothing."""
        raise AssertionError("what only hears wants to do something")

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """It does nothing."""
        raise AssertionError("what only hears wants to do something")


class _HeardBus(BusKind, frozen=True, kw_only=True):
    hears: Callable[[str], None]

    def concerns(self, traffic: Traffic, name: str, method: str | None) -> bool:
        self.hears(traffic.here)
        return False


class _HeardLink(LinkKind, frozen=True, kw_only=True):
    hears: Used

    def concerns(self, crossing: Crossing) -> bool:
        self.hears("link", crossing.link, "")
        return False


class _HeardStore(WriteKind, frozen=True, kw_only=True):
    hears: Used

    def concerns(self, statement: Statement) -> bool:
        verb = statement.verb
        what = "write" if statement.writes else "open" if verb == "OPEN" else "read"
        self.hears("store", statement.store, what)
        return False
