"""Participants of a run in virtual time whose processes stand: nothing of theirs runs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from flight.runtime.loop import VirtualLoop


@dataclass
class StandingParticipants:
    """Holds the work of participants back on the loop that they share.

    Several may have one stand; it goes on when all of them have let go, or when it is dead.
    """

    _by: dict[str, int] = field(default_factory=dict)
    _lives: dict[str, int] = field(default_factory=dict)

    def begin(self, name: str) -> Callable[[], None]:
        """Has a participant stand until what is returned is called. Raises RuntimeError outside
        virtual time."""
        loop = _loop()
        if loop is None:
            raise RuntimeError("the work of one participant can be held back in virtual time only")
        self._by[name] = self._by.get(name, 0) + 1
        loop.hold(name)
        life, left = self._lives.get(name, 0), True

        def end() -> None:
            nonlocal left
            if left and self._lives.get(name, 0) == life:
                self._by[name] -= 1
                if not self._by[name]:
                    loop.release(name)
            left = False

        return end

    def died(self, name: str) -> None:
        """A participant has come to its end: who comes after it does not stand."""
        self._lives[name] = self._lives.get(name, 0) + 1
        self._by[name] = 0
        loop = _loop()
        if loop is not None:
            loop.release(name)


def _loop() -> VirtualLoop | None:
    loop = asyncio.get_running_loop()
    return loop if isinstance(loop, VirtualLoop) else None
