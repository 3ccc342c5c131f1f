"""The faults of a run: armed at any time, begun by their triggers, healed."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from flight.icd.messages import Message
from flight.runtime.nursery import Nursery
from flight.runtime.participants import working_as
from flight.runtime.streams import stream
from ground.testbed.faults.journal import FaultJournal
from ground.testbed.faults.triggers import Triggers
from ground.testbed.seams.injected import Injected
from ground.testbed.seams.outside import OutsideSeam
from sim_hw.faults.fault import Fault, Hit, Until, is_per_call
from sim_hw.faults.kind import TargetKind

Seams = dict[TargetKind, Callable[[str], Any]]
"""For each sort of target that can be reached here, how to come to the seam of one by its name."""


class FaultRefused(ValueError):
    """A fault that cannot be in this run; says why."""


class Faults:
    """Arms faults and heals them; knows what each has hit.

    A fault has a random stream of its own, from the seed, the drill and its id: what one draws
    shifts nobody else. None outlives the run.
    """

    def __init__(self, seed: int, folder: Callable[[], Path], nursery: Callable[[], Nursery]):
        self.drill = ""
        self.seams: Seams = {}
        self.outside: Callable[[Fault], OutsideSeam | None] | None = None
        """Tells where a fault is that lies in other processes; None: it is in this one."""
        self.journal = FaultJournal(folder)
        self.healed: dict[str, float] = {}
        """When each fault that is over was healed, s."""
        self.began: dict[str, float] = {}
        """When each fault that has begun did, s."""
        self._seed = seed
        self._nursery = nursery
        self._injected: dict[str, Injected] = {}
        self.triggers = Triggers()

    # ------------------------------------------------------------------ asking

    @property
    def hits(self) -> list[Hit]:
        """What faults have changed, in order; of many hits of one fault not all are kept."""
        return self.journal.hits

    @property
    def counts(self) -> dict[str, int]:
        """How often each fault that was armed has hit."""
        return self.journal.counts

    @property
    def armed(self) -> list[Fault]:
        """The faults that wait for their trigger or act."""
        return [each.fault for each in self._injected.values() if not each.ended]

    @property
    def active(self) -> list[Fault]:
        """Those of them that have begun."""
        return [each.fault for each in self._injected.values() if each.active]

    def every(self) -> list[tuple[Fault, str]]:
        """All that were armed, in order, and how each is: waiting, acting or over."""
        return [
            (each.fault, "over" if each.ended else "acting" if each.active else "waiting")
            for each in self._injected.values()
        ]

    def now(self) -> float:
        """Seconds of mission time."""
        return asyncio.get_running_loop().time()

    # ----------------------------------------------------------- arming, healing

    def arm(self, fault: Fault) -> None:
        """Has a fault wait for its trigger; one without begins at once.

        Raises FaultRefused for an id that was armed already, a target that is not there, and a
        trigger that it cannot have.
        """
        with working_as(""):
            self._arm(fault)

    def _arm(self, fault: Fault) -> None:
        seam = self._seam(fault)
        injected = Injected(self, fault, self._stream(fault))
        self._injected[fault.id] = injected
        self.journal.armed(self.now(), fault)
        injected.seam = seam
        if isinstance(seam, OutsideSeam):
            injected.end.append(seam.arm(injected))
        elif fault.kind.counted:
            injected.end.append(seam.arm(fault.kind, injected, injected.takes))
        if is_per_call(fault.when):
            return
        stop = self.triggers.wait(fault.when, injected.random, partial(self.begin, injected))
        injected.end.append(stop)

    def _seam(self, fault: Fault) -> Any:
        if fault.id in self._injected:
            raise FaultRefused(f"fault {fault.id} was armed already: each has an id of its own")
        if is_per_call(fault.when) and not fault.kind.counted:
            raise FaultRefused(f"{fault.words()} is not of single calls, which could be counted")
        if self.outside is not None:
            seam = self.outside(fault)
            if seam is not None:
                return seam
        find = self.seams.get(fault.target.kind)
        if find is None:
            raise FaultRefused(f"{fault.words()}: this host cannot break a {fault.target.kind}")
        try:
            return find(fault.target.name)
        except LookupError:
            raise FaultRefused(f"there is no {fault.target} in this run") from None

    def _stream(self, fault: Fault) -> Any:
        return stream(self._seed, f"fault/{self.drill}/{fault.id}")

    def begin(self, injected: Injected, why: str) -> None:
        """The trigger of a fault has come."""
        if not injected.ended and not injected.active:
            with working_as(""):  # not of whom it has come to: he may be held back by it
                self._begin(injected, why)

    def _begin(self, injected: Injected, why: str) -> None:
        fault = injected.fault
        injected.active, injected.since = True, self.now()
        self.began[fault.id] = injected.since
        self.journal.turned(injected.since, fault.id, "began", why)
        injected.end.insert(0, self._begin_at(injected))
        if isinstance(fault.lasts, Until):
            until = partial(self._over, injected)
            injected.end.append(self.triggers.on_event(fault.lasts.until, until))
        elif fault.lasts is not None:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(fault.lasts, self._over, injected, "its time was over")
            injected.end.append(timer.cancel)

    def _begin_at(self, injected: Injected) -> Callable[[], None]:
        """Has it begin at its seam; what is returned ends it there."""
        seam, kind = injected.seam, injected.fault.kind
        if isinstance(seam, OutsideSeam):
            return seam.begin(injected)
        return kind.begun(seam, injected) if kind.counted else kind.begin(seam, injected)

    def begin_now(self, fault_id: str) -> None:
        """Has a fault begin that waits to be told. Raises KeyError."""
        self.begin(self._injected[fault_id], "told")

    def told(self, fault_id: str, what: str, *values: Any) -> None:
        """Another process tells what a fault does there."""
        injected = self._injected.get(fault_id)
        if injected is None:
            return
        if what == "hit":
            where, before, after = values
            self.hit(injected, str(where), before, after)
        elif what == "began":
            self.begin(injected, str(values[0]))
        elif is_per_call(injected.fault.when):  # else it was told to from here
            self._heal(injected, str(values[0]))

    def _over(self, injected: Injected, why: str) -> None:
        self._heal(injected, why)

    def heal(self, fault_id: str) -> None:
        """Ends a fault, also one that has not begun; once is enough. Raises KeyError."""
        self._heal(self._injected[fault_id], "healed")

    def heal_all(self) -> None:
        """Ends all faults."""
        for each in self._injected.values():
            self._heal(each, "healed")

    def _heal(self, injected: Injected, why: str) -> None:
        if injected.ended:
            return
        injected.ended, injected.active = True, False
        self.healed[injected.fault.id] = self.now()
        for undo in injected.end:
            undo()
        injected.end.clear()
        self.journal.turned(self.now(), injected.fault.id, "healed", why)

    # ---------------------------------------------------------------- for faults

    def hit(self, injected: Injected, where: str, before: Any, after: Any) -> None:
        """A fault has changed something."""
        self.journal.hit(self.now(), injected.fault.id, where, before, after)

    def start(self, work: Coroutine[Any, Any, None], injected: Injected) -> None:
        """Runs work of a fault."""
        with working_as(""):
            self._nursery().start(work, name=f"fault {injected.fault.id}")

    def heard(self, message: Message) -> None:
        """A node has published something."""
        self.triggers.heard(message)
