"""What the run has told, kept and passed on: the clock, the journal, the telemetry."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from ground.api.training import for_crew
from ground.edge.journal_tail import MOST, JournalTail
from ground.edge.telemetry_table import TelemetryTable

AT_LEAST = 1.0  # wall seconds between words of the clock, when nothing changes
AT_ONCE = 200  # rows of telemetry in a message

Plain = dict[str, Any]


class News:
    """Takes the run's answers to polls. What was in the journal before the first is not told again:
    who wants it asks."""

    def __init__(
        self,
        tail: JournalTail,
        table: TelemetryTable,
        publish: Callable[[str, Any], None],
        heard: Callable[[Sequence[Plain], bool], None],
    ) -> None:
        self._tail, self._table = tail, table
        self._publish, self._heard = publish, heard
        self._told = 0.0
        self.forget()

    def forget(self) -> None:
        """Another life of the run begins."""
        self._tail.forget()
        self._table.forget()
        self.clock: Plain = {}
        self._caught_up = False

    def where(self) -> tuple[int, int]:
        """The number of the journal and the version of the telemetry that are known."""
        return max(0, self._tail.known), self._table.version

    def take(self, answer: Plain) -> None:
        """An answer to a poll."""
        groups = self._take_journal(answer) if "journal" in answer else []
        names = ("clock", "time_ns", "pace", "until", "told", "ended", "ground", "stale")
        clock = {name: answer.get(name) for name in names}
        if clock["clock"] is None:  # mission control is down: the clock goes on
            clock |= {name: self.clock.get(name) for name in ("clock", "stale")}
        if groups or clock != self.clock or time.monotonic() - self._told >= AT_LEAST:
            self.clock = clock
            self.tell_clock()

    def _take_journal(self, answer: Plain) -> list[Any]:
        rows, last = answer["journal"], int(answer["journal_last"])
        if self._tail.known < 0:
            self._tail.begin(max(0, last - MOST))
            rows = [row for row in rows if row["n"] > self._tail.known] if last <= MOST else []
        groups = self._tail.take(rows)
        if self._caught_up:
            for topic, after, entries in groups:
                # Who listens has told nobody who they are: a trainer asks for what is hidden.
                self._publish(topic, {"after": after, "entries": for_crew(entries)})
        self._heard(rows, not self._caught_up)
        self._caught_up = self._caught_up or self._tail.known >= last
        self._take_telemetry(answer)
        return groups

    def _take_telemetry(self, answer: Plain) -> None:
        version = int(answer["telemetry_version"])
        for vehicle, (after, rows) in self._table.take(answer["telemetry"], version).items():
            for start in range(0, len(rows), AT_ONCE):
                some = rows[start : start + AT_ONCE]
                last = start + AT_ONCE >= len(rows)
                told = version if last else after
                message = {"after": after, "version": told, "values": some, "more": not last}
                self._publish(f"tm.{vehicle}", message)

    def tell_clock(self) -> None:
        """Tells how all stands."""
        self._told = time.monotonic()
        message = {
            "clock": None, "time_ns": None, "pace": None, "until": None, "told": None,
            "ended": None,
            **self.clock,
            "journal_last": max(0, self._tail.known),
            "telemetry_version": self._table.version,
            "last": dict(self._tail.last),
        }  # fmt: skip
        self._publish("clock", message)

    def tell_clock_at_least(self) -> None:
        """Tells it where it was not told for long."""
        if time.monotonic() - self._told >= AT_LEAST:
            self.tell_clock()
