"""Whose work is being done: in a run in one process all participants share one loop.

The name travels with the context, so that every callback, timer and task that somebody makes is
his. A loop of virtual time can hold the work of one of them back, as when his process stands.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar

from flight.runtime.handles import QueueReader

_PARTICIPANT: ContextVar[str] = ContextVar("participant", default="")


@contextlib.contextmanager
def working_as(name: str) -> Iterator[None]:
    """What is started within is the work of that participant; "" is nobody's."""
    token = _PARTICIPANT.set(name)
    try:
        yield
    finally:
        _PARTICIPANT.reset(token)


class Standing:
    """Participants whose work is held back, and what of it was due meanwhile, in its order."""

    def __init__(self) -> None:
        self._handles: dict[str, deque[asyncio.Handle]] = {}
        self._readers: dict[str, dict[int, QueueReader]] = {}
        self.anybody = False  # whether somebody's work is held back now

    def begin(self, name: str) -> None:
        """Holds the work of a participant back from now on."""
        self.anybody = True
        self._handles.setdefault(name, deque())
        self._readers.setdefault(name, {})

    def end(self, name: str) -> deque[asyncio.Handle]:
        """Holds it back no more: the callbacks that were due. Readers are woken again."""
        for reader in self._readers.pop(name, {}).values():
            if not reader.handle.cancelled():
                reader.wake()
        due = self._handles.pop(name, deque())
        self.anybody = bool(self._handles)
        return due

    def keeps(self, handle: asyncio.Handle) -> bool:
        """Whether a callback that is due is held back; then it is kept."""
        kept = self._handles.get(_participant_of(handle))
        if kept is None:
            return False
        kept.append(handle)
        return True

    def holds(self, handle: asyncio.Handle) -> bool:
        """Whether a reader's callback is held back; nothing is kept."""
        return _participant_of(handle) in self._handles

    def keeps_reader(self, reader: QueueReader) -> bool:
        """Whether a reader that was woken is held back; then it is woken again at the end."""
        kept = self._readers.get(_participant_of(reader.handle))
        if kept is None:
            return False
        kept[reader.number] = reader
        return True


def _participant_of(handle: asyncio.Handle) -> str:
    return str(handle._context.get(_PARTICIPANT, ""))  # type: ignore[attr-defined]
