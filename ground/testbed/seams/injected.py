"""One fault in a run: from when it is armed to when it is healed."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from flight.runtime.participants import working_as
from sim_hw.faults.fault import Chance, Fault, Nth, is_per_call


class Injector(Protocol):
    """What a fault needs of who injects it (`ground.testbed.faults.injector.Faults`)."""

    def now(self) -> float:
        """Seconds of mission time."""

    def hit(self, injected: "Injected", where: str, before: Any, after: Any) -> None:
        """Journals that it has changed something."""

    def begin(self, injected: "Injected", why: str) -> None:
        """It begins."""

    def start(self, work: Coroutine[Any, Any, None], injected: "Injected") -> None:
        """Runs work of the fault."""


class Injected:
    """What a kind sees as its `Injection`, and what the injector keeps of it."""

    def __init__(self, faults: Injector, fault: Fault, stream: random.Random) -> None:
        self.fault = fault
        self.random = stream
        self.memory: dict[Any, Any] = {}
        self.since = 0.0
        self.active = False
        self.ended = False
        self.seam: Any = None
        self.calls = 0  # that it has seen since it was armed
        self.end: list[Callable[[], None]] = []
        """What is to be done when it is healed: undo it, stop its timers."""
        self._faults = faults

    @property
    def target(self) -> str:
        """See `Injection`."""
        return self.fault.target.name

    @property
    def method(self) -> str | None:
        """See `Injection`."""
        return self.fault.method

    @property
    def fields(self) -> tuple[str, ...]:
        """See `Injection`."""
        return self.fault.fields

    def now(self) -> float:
        """Seconds of mission time."""
        return self._faults.now()

    def hit(self, where: str, before: Any = None, after: Any = None) -> None:
        """Journals that it has changed something."""
        self._faults.hit(self, where, before, after)

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        """Calls `then` after a while."""
        with working_as(""):  # whoever the fault has just hit, and may hold back
            asyncio.get_running_loop().call_later(seconds, then)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs work of the fault."""
        self._faults.start(work, self)

    def takes(self) -> bool:
        """Whether the call, message or frame that comes now is to be hit; each is asked for
        once."""
        if self.ended:
            return False
        when = self.fault.when
        if not is_per_call(when):
            return self.active
        self.calls += 1
        if isinstance(when, Chance):
            drawn = self.random.random() < when.probability
            if drawn and not self.active:  # from its first hit its time runs, where it has one
                self._faults.begin(self, f"call {self.calls}")
            return drawn
        assert isinstance(when, Nth)
        if self.calls < when.nth:
            return False
        if self.calls == when.nth:
            self._faults.begin(self, f"call {self.calls}")
        if self.fault.lasts is not None and when.calls is None:
            return self.active
        return self.active and self.calls < when.nth + (when.calls or 1)
