"""The on-board recorder: keeps what is to be sent until it is acknowledged, by priority.

Priority 0 is the most important. When the recorder is full, the oldest record of the least
important priority is dropped first, never one that is more important than the new record, nor one
that is on its way; if nothing may be dropped, the new record is. Every drop is counted.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from flight.core.keeping.storage import Storage, StorageDamage, StorageError

RECORD_OVERHEAD_BYTES = 32  # counted for each record beside its payload, about what SQLite takes
JOURNAL = "recorder"


class RecorderPolicy(msgspec.Struct, frozen=True):
    """When records are written to storage.

    A record of priority `flush_priority` or more important is written at once, with all before it.
    The others wait in memory, at most `buffer_records` of them: so much a kill can lose.
    """

    flush_priority: int = 1
    buffer_records: int = 256


class Recorder:
    """Store and forward, bounded to `capacity_bytes`, in the node's storage; survives a reboot.

    `take` and `acknowledge` give each record at least once: after a kill, records that were sent
    and not yet acknowledged are sent again. `on_drop` is told, at the next flush, how many records
    of each priority were dropped since it was told last.
    """

    def __init__(
        self,
        storage: Storage,
        capacity_bytes: int,
        policy: RecorderPolicy | None = None,
        on_drop: Callable[[Mapping[int, int]], None] | None = None,
    ) -> None:
        """Open the recorder in `storage`, with what an earlier boot left there."""
        self._storage = storage
        self._full_capacity = self._capacity = capacity_bytes
        self._policy = policy or RecorderPolicy()
        self._on_drop = on_drop
        self._waiting: dict[int, list[tuple[int, int]]] = {}  # priority: heap of (number, size)
        self._waiting_bytes: dict[int, int] = {}
        self._sent: dict[int, tuple[int, int]] = {}  # number: (priority, size)
        self._buffer: dict[int, list[Any] | None] = {}  # not yet written; None: dropped since
        self._removed: list[int] = []  # written, to be removed at the next flush
        self._unreported: dict[int, int] = {}
        self._reporting = False
        self._used = 0
        self._next = storage.last_number(JOURNAL) + 1
        self.damaged = 0
        self.drops: dict[int, int] = {}
        self._restore()

    @property
    def pending(self) -> int:
        """How many records wait to be taken."""
        return sum(len(heap) for heap in self._waiting.values())

    @property
    def in_flight(self) -> int:
        """How many records were taken and neither acknowledged nor released."""
        return len(self._sent)

    @property
    def used_bytes(self) -> int:
        """Bytes in use, overhead included; never above the capacity."""
        return self._used

    def record(self, priority: int, payload: bytes, kind: str = "") -> int | None:
        """Keep `payload`; returns its number, or None if it had to be dropped.

        Raises `StorageError` if it cannot be written now; it then stays in memory for the next
        flush.
        """
        size = len(payload) + RECORD_OVERHEAD_BYTES
        if not self._make_room(size, priority):
            self._count_drop(priority)
            return None
        number, self._next = self._next, self._next + 1
        self._buffer[number] = [priority, kind, payload]
        self._used += size
        self._queue(priority, number, size)
        urgent = priority <= self._policy.flush_priority
        if urgent or len(self._buffer) >= self._policy.buffer_records:
            self.flush()
        return number

    def take(self, budget_bytes: int) -> list[tuple[int, bytes]]:
        """Return the numbers and payloads to send next, most important first, then oldest.

        The payloads fit into `budget_bytes` together; only a first one that alone exceeds it comes
        alone, so that it does not block the others for ever.
        """
        taken: list[tuple[int, bytes]] = []
        left = budget_bytes
        for priority in sorted(self._waiting):
            heap = self._waiting[priority]
            while heap:
                number, size = heap[0]
                left -= size - RECORD_OVERHEAD_BYTES
                if left < 0 and taken:
                    return taken
                self._next_of(priority)
                payload = self._payload(number)
                if payload is None:
                    left += size - RECORD_OVERHEAD_BYTES
                    self._forget(number, size)
                    self._count_drop(priority)
                    continue
                self._sent[number] = (priority, size)
                taken.append((number, payload))
        return taken

    def acknowledge(self, numbers: Iterable[int]) -> None:
        """Forget records that arrived; what is not in flight is passed over."""
        for number in numbers:
            if number in self._sent:
                _, size = self._sent.pop(number)
                self._forget(number, size)
        self.flush()

    def release(self, numbers: Iterable[int]) -> None:
        """Put taken records back into their place in the queue, to be sent again."""
        for number in numbers:
            if number in self._sent:
                priority, size = self._sent.pop(number)
                self._queue(priority, number, size)

    def release_unacknowledged(self) -> None:
        """Put back all that was taken and not acknowledged, after a pass was lost."""
        self.release(list(self._sent))

    def limit(self, capacity_bytes: int | None) -> None:
        """Keep no more than so many bytes until further notice (None: the whole capacity)."""
        full = self._full_capacity
        self._capacity = full if capacity_bytes is None else min(full, capacity_bytes)
        self._make_room(0, 0)

    def flush(self) -> None:
        """Write what waits in memory; a kill loses nothing that was recorded before.

        Inside an open transaction of the storage this happens when that is committed.
        """
        if self._storage.in_transaction:
            self._storage.after_commit(self.flush)
            return
        if self._buffer or self._removed or self._unreported:
            self._write()
        self._report()

    def _write(self) -> None:
        with self._storage.transaction():
            added = list(self._buffer.values())
            gone = [number for number, value in self._buffer.items() if value is None]
            numbers = self._storage.exchange(JOURNAL, added, self._removed + gone)
            if numbers != list(self._buffer):
                raise StorageError(f"Somebody else writes into the journal {JOURNAL!r}.")
            if self._unreported:
                drops = {str(priority): count for priority, count in sorted(self.drops.items())}
                self._storage.put(JOURNAL, "drops", drops)
        self._buffer.clear()
        self._removed.clear()

    def _report(self) -> None:
        # An event about drops is itself recorded, and may drop something: that is told next time.
        if self._reporting or not self._unreported:
            return
        unreported, self._unreported = self._unreported, {}
        if self._on_drop is not None:
            self._reporting = True
            try:
                self._on_drop(dict(sorted(unreported.items())))
            finally:
                self._reporting = False

    def _make_room(self, size: int, priority: int) -> bool:
        if self._used + size <= self._capacity:
            return True
        droppable = [each for each in sorted(self._waiting, reverse=True) if each >= priority]
        within_reach = sum(self._waiting_bytes[each] for each in droppable)
        if self._used + size - within_reach > self._capacity:
            return False
        for each in droppable:
            while self._waiting[each] and self._used + size > self._capacity:
                self._forget(*self._next_of(each))
                self._count_drop(each)
        return True

    def _queue(self, priority: int, number: int, size: int) -> None:
        heapq.heappush(self._waiting.setdefault(priority, []), (number, size))
        self._waiting_bytes[priority] = self._waiting_bytes.get(priority, 0) + size

    def _next_of(self, priority: int) -> tuple[int, int]:
        number, size = heapq.heappop(self._waiting[priority])
        self._waiting_bytes[priority] -= size
        return number, size

    def _forget(self, number: int, size: int) -> None:
        self._used -= size
        if number in self._buffer:
            self._buffer[number] = None
        else:
            self._removed.append(number)

    def _count_drop(self, priority: int) -> None:
        self.drops[priority] = self.drops.get(priority, 0) + 1
        self._unreported[priority] = self._unreported.get(priority, 0) + 1

    def _payload(self, number: int) -> bytes | None:
        value = self._buffer.get(number)
        if value is None:
            rows = self._storage.read(JOURNAL, number - 1, 1, on_damage=self._found_damage)
            if not rows or rows[0][0] != number:
                return None
            value = rows[0][1]
        payload: bytes = value[2]
        return payload

    def _found_damage(self, damage: StorageDamage) -> None:
        self.damaged += 1
        if self._storage.on_damage is not None:
            self._storage.on_damage(damage)

    def _restore(self) -> None:
        try:
            drops = self._storage.get(JOURNAL, "drops", {})
        except StorageDamage as damage:
            self._found_damage(damage)
            drops = {}
        self.drops = {int(priority): count for priority, count in drops.items()}
        broken: list[int] = []

        def report(damage: StorageDamage) -> None:
            broken.append(int(damage.key))
            self._found_damage(damage)

        for number, (priority, _, payload) in self._storage.read(JOURNAL, on_damage=report):
            size = len(payload) + RECORD_OVERHEAD_BYTES
            self._used += size
            self._queue(priority, number, size)
        self._removed.extend(broken)
        self._make_room(0, 0)  # the capacity may have been larger before
        self.flush()
