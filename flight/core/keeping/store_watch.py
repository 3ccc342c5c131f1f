"""What a node does about its store: looks whether it keeps what it is given, and says so."""

from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.keeping.clock import monotonic
from flight.core.keeping.guarded_storage import GuardedStorage
from flight.core.mailbox import StoreLook

MEND_PERIOD = SOL_SECONDS
"""s between looks at all that the store holds: a flipped bit in it waits at most so long."""
MEMORY_BYTES = 4_000_000
"""What the recorder keeps while the store fails (assumption: what a computer can spare of its
memory); the least important goes first."""
NAMES_TOLD = 5


class StoreWatch:
    """The watch over the store of one node; nothing where the store is not a guarded one."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._store = node.storage if isinstance(node.storage, GuardedStorage) else None
        self._failed_at: float | None = None
        self._mended_at = 0.0

    def begin(self) -> None:
        """From here on a failure is told at once; one of the boot itself is told now."""
        if self._store is None:
            return
        self._mended_at = monotonic()
        self._store.on_failure = lambda reason: self._node.mailbox.post(StoreLook())
        self.tell()

    def tell(self) -> None:
        """Says that the store fails, once; what the recorder may keep becomes less."""
        if self._store is None or not self._store.failure or self._failed_at is not None:
            return
        self._failed_at = monotonic()
        self._node.storage_failing = True
        if self._node.recorder is not None:
            self._node.recorder.limit(MEMORY_BYTES)
        self._node.storage_failed(reason=self._store.failure)

    def look(self) -> None:
        """Looks whether the store keeps what it was given; if it failed, whether it does again."""
        if self._store is None:
            return
        if self._store.look():
            self._well()
            self._mend()
        self.tell()

    def _well(self) -> None:
        if self._failed_at is None:
            return
        seconds = monotonic() - self._failed_at
        self._failed_at = None
        self._node.storage_failing = False
        if self._node.recorder is not None:
            self._node.recorder.limit(None)
        self._node.storage_restored(seconds=seconds)

    def _mend(self) -> None:
        if self._store is None or monotonic() < self._mended_at + MEND_PERIOD:
            return
        self._mended_at = monotonic()
        names = self._store.mend()
        if names:
            more = len(names) - NAMES_TOLD
            told = ", ".join(names[:NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")
            self._node.storage_mended(records=told)
