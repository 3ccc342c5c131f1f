"""Health by progress: what the watchdog waits for; and the record of boots."""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from flight.core.keeping.storage import Storage, StorageDamage

EventReport = Callable[[str, dict[str, Any]], None]

NAMESPACE = "boot"


class Standing(StrEnum):
    """How one entry stands."""

    PROGRESSING = "PROGRESSING"
    LATE = "LATE"
    LOST = "LOST"


class Deadline(NamedTuple):
    """Until when (s of the monitor's clock) what has to have made progress; since when it has
    not."""

    time: float
    name: str
    since: float


class Progress:
    """One entry's proof that its work goes forward; made by `HealthMonitor.register`."""

    def __init__(
        self,
        name: str,
        maximum_interval: float,
        fatal_interval: float,
        critical: bool,
        clock: Callable[[], float],
    ) -> None:
        self.name = name
        self.maximum_interval = maximum_interval
        self.fatal_interval = fatal_interval
        self.critical = critical
        self.count = 0
        self.standing = Standing.PROGRESSING
        self.last = clock()
        """When the last progress was made (the registration, before the first)."""
        self._clock = clock
        self._observed: Any = None

    def advance(self, within: float = 0.0) -> None:
        """Say that a step of the work was done, and that the next may take `within` s by itself."""
        self.count += 1
        self.last = self._clock() + within

    def observe(self, value: Any) -> None:
        """Take a figure of the work (metres driven, samples read): only a change is progress."""
        if value != self._observed:
            self._observed = value
            self.advance()


class HealthMonitor:
    """Judges all registered entries when it is asked to, and knows what the watchdog waits for.

    The watchdog outside the software resets the node when a critical entry has made no progress
    for its `fatal_interval` (`deadline`). `report` gets "progress_late" after an entry's
    `maximum_interval`, "progress_lost" after its `fatal_interval` and "progress_recovered" when it
    goes on; each once, with name, age and whether it is critical. The first interval of an entry
    runs from its registration.
    """

    def __init__(
        self, report: EventReport, clock: Callable[[], float] | None = None
    ) -> None:
        """`clock` gives monotonic seconds; without it, the running event loop's."""
        self._report = report
        self._clock = clock if clock is not None else _loop_time
        self._entries: dict[str, Progress] = {}

    def register(
        self,
        name: str,
        maximum_interval: float,
        *,
        critical: bool,
        fatal_interval: float | None = None,
    ) -> Progress:
        """Watch `name` from now on; `fatal_interval` is twice `maximum_interval` unless given.

        Raises ValueError for a name that is watched already and for intervals that contradict.
        """
        fatal = 2.0 * maximum_interval if fatal_interval is None else fatal_interval
        if name in self._entries:
            raise ValueError(f"{name!r} is watched already: unregister it first")
        if not 0.0 < maximum_interval < fatal:
            raise ValueError(
                f"{name!r}: maximum_interval = {maximum_interval} s, fatal_interval = {fatal} s; "
                "allowed are numbers above 0, the second above the first"
            )
        entry = Progress(name, maximum_interval, fatal, critical, self._clock)
        self._entries[name] = entry
        return entry

    def unregister(self, progress: Progress) -> None:
        """Stop watching an entry; one that is not watched (any more) is passed over."""
        if self._entries.get(progress.name) is progress:
            del self._entries[progress.name]

    @contextmanager
    def watch(
        self,
        name: str,
        maximum_interval: float,
        *,
        critical: bool,
        fatal_interval: float | None = None,
    ) -> Iterator[Progress]:
        """Watch an activity for as long as the `with` block runs."""
        entry = self.register(
            name, maximum_interval, critical=critical, fatal_interval=fatal_interval
        )
        try:
            yield entry
        finally:
            self.unregister(entry)

    def check(self) -> bool:
        """Judge all entries now; returns whether all that are critical make progress."""
        now = self._clock()
        # Nearly always all go forward, which some hundred thousand looks of a run find out.
        for entry in self._entries.values():
            late = now - entry.last > entry.maximum_interval
            if late or entry.standing is not Standing.PROGRESSING:
                return self._judge_all(now)
        return True

    def _judge_all(self, now: float) -> bool:
        healthy = True
        for entry in list(self._entries.values()):
            self._judge(entry, now - entry.last)
            if entry.critical and entry.standing is not Standing.PROGRESSING:
                healthy = False
        return healthy

    def deadline(self) -> Deadline | None:
        """The first instant after which a critical entry is lost; None when there is no such."""
        first: Progress | None = None
        earliest = math.inf
        for entry in self._entries.values():
            if entry.critical:
                time = entry.last + entry.fatal_interval
                if first is None or time < earliest:
                    first, earliest = entry, time
        return None if first is None else Deadline(earliest, first.name, first.last)

    def standings(self) -> dict[str, Standing]:
        """The standing of each entry at the last check, for telemetry."""
        return {name: entry.standing for name, entry in self._entries.items()}

    def _judge(self, entry: Progress, age: float) -> None:
        before = entry.standing
        if age <= entry.maximum_interval:
            entry.standing = Standing.PROGRESSING
            if before is not Standing.PROGRESSING:
                self._tell("progress_recovered", entry, age)
            return
        if before is Standing.PROGRESSING:
            entry.standing = Standing.LATE
            self._tell("progress_late", entry, age)
        if age > entry.fatal_interval and entry.standing is not Standing.LOST:
            entry.standing = Standing.LOST
            self._tell("progress_lost", entry, age)

    def _tell(self, event: str, entry: Progress, age: float) -> None:
        details = {"name": entry.name, "age": age, "critical": entry.critical, "count": entry.count}
        self._report(event, details)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


class Boot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One start of the node: its number (from 1), cause, time in seconds.

    `reason` says why a boot is reduced (empty if it is not); `planned` boots were asked for.
    """

    number: int
    cause: str
    time: float
    planned: bool
    reduced: bool
    reason: str
    stable: bool = False


def unstable_boots(storage: Storage) -> int:
    """How many of the last boots in a row were not planned and never marked stable; 0 where that
    cannot be read."""
    try:
        stored = msgspec.convert(storage.get(NAMESPACE, "record", []), list[Boot])
    except (StorageDamage, msgspec.ValidationError):
        return 0
    count = 0
    for boot in reversed(stored):
        if boot.stable or boot.planned:
            break
        count += 1
    return count


class BootRecord:
    """Counts boots in non-volatile storage and decides when one has to be reduced.

    A boot is reduced when `maximum_unstable` boots before it, in a row, were never marked stable,
    or when it would be more than the `maximum_in_window`-th unplanned one within `window` seconds
    of the oscillator's count, which no correction of the clock touches. A planned boot, one
    that an operator asked for, is never reduced and begins a new row; so it is the way out of
    the reduced form. Earlier boots with a time after now count as inside the window: a clock
    that was set back must not hide a boot loop.
    """

    def __init__(
        self,
        storage: Storage,
        report: EventReport,
        *,
        maximum_unstable: int = 3,
        maximum_in_window: int = 5,
        window: float = 3600.0,
        history: int = 16,
    ) -> None:
        """`history` boots are remembered, and at least as many as the thresholds need."""
        if maximum_unstable < 1 or maximum_in_window < 1 or not window > 0.0:
            raise ValueError(
                f"maximum_unstable = {maximum_unstable}, maximum_in_window = {maximum_in_window}, "
                f"window = {window}: allowed are counts of at least 1 and a window above 0 s"
            )
        self.maximum_unstable = maximum_unstable
        self.maximum_in_window = maximum_in_window
        self.window = window
        self._history = max(history, maximum_unstable + 1, maximum_in_window + 1)
        self._storage = storage
        self._report = report
        self._boots = self._restore()

    def begin(
        self,
        cause: str,
        count: float,
        *,
        planned: bool = False,
        earlier_boots: int = 0,
        damage: str = "",
    ) -> Boot:
        """Record a boot; call it first of all, before anything that could fail again.

        `earlier_boots`: how many others know of, so that no number is given twice though the
        record is lost. `damage`: what is wrong with the store; the boot is then a reduced one.
        """
        number = max(self._boots[-1].number if self._boots else 0, earlier_boots) + 1
        reason = damage or ("" if planned else self._reason(count))
        boot = Boot(number, cause, count, planned, bool(reason), reason)
        self._boots = [*self._boots, boot][-self._history :]
        self._store()
        return boot

    def mark_stable(self) -> None:
        """Say that this boot went well; the row of unstable ones ends."""
        if self._boots and not self._boots[-1].stable:
            self._boots[-1] = msgspec.structs.replace(self._boots[-1], stable=True)
            self._store()

    def boots(self) -> list[Boot]:
        """The last boots, oldest first; the last is the one that runs."""
        return list(self._boots)

    def _reason(self, now: float) -> str:
        unstable = 0
        for boot in reversed(self._boots):
            if boot.stable:
                break
            unstable += 1
            if boot.planned:
                break
        if unstable >= self.maximum_unstable:
            return (
                f"the last {unstable} boots were not marked stable; "
                f"{self.maximum_unstable} are enough for a reduced boot"
            )
        recent = [b for b in self._boots if not b.planned and b.time > now - self.window]
        count = len(recent) + 1
        if count > self.maximum_in_window:
            return (
                f"{count} unplanned boots within {self.window} s; "
                f"{self.maximum_in_window} are allowed"
            )
        return ""

    def _store(self) -> None:
        self._storage.put(NAMESPACE, "record", msgspec.to_builtins(self._boots))

    def _restore(self) -> list[Boot]:
        try:
            stored = self._storage.get(NAMESPACE, "record", [])
            return msgspec.convert(stored, list[Boot])
        except (StorageDamage, msgspec.ValidationError) as error:
            self._report("boot_record_lost", {"reason": str(error)})
            return []
