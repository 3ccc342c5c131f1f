"""One monitor: what it says now, and since when it counts.

A verdict has four values. OK and VIOLATED judge; INVALID (there is no value) and STALE (it is too
old) do not, and count for what the table says. Time is counted by verdicts: a violation lasts from
the first to the last one that says so.
"""

from collections.abc import Callable
from enum import StrEnum

from flight.core.fault_protection.tables import Monitor, Policy


class Verdict(StrEnum):
    """What a monitor says."""

    OK = "OK"
    VIOLATED = "VIOLATED"
    STALE = "STALE"
    INVALID = "INVALID"


class MonitorRun:
    """The standing of one monitor. `tell(monitor, is_set)` hears when that changes.

    `is_set`: it has been violated for long enough, and not been well for long enough since.
    """

    def __init__(self, name: str, entry: Monitor, tell: Callable[["MonitorRun"], None]) -> None:
        self.name = name
        self.entry = entry
        self.verdict = Verdict.STALE
        self.detail = ""
        self.is_set = False
        self.active = False
        self._tell = tell
        self._bad_since: float | None = None
        self._good_since: float | None = None
        self._held_since: float | None = None

    def activate(self, active: bool) -> None:
        """Begins to watch, from nothing; or ends, which clears it."""
        if active is self.active:
            return
        self.active = active
        self._bad_since = self._good_since = self._held_since = None
        self.verdict, self.detail = Verdict.STALE, ""
        if not active and self.is_set:
            self._set(False)

    def take(self, verdict: Verdict, now: float, detail: str = "") -> None:
        """Takes a verdict at a time (s, monotonic)."""
        if not self.active:
            return
        self.verdict, self.detail = verdict, detail
        if verdict is Verdict.OK and not self.is_set and self._held_since is None:
            self._bad_since = None  # as nearly always
            return
        counted = self._counted(verdict)
        if counted is Policy.HOLD:
            if self._held_since is None:
                self._held_since = now
            return
        self._end_hold(now)
        if counted is Policy.IGNORE:
            self._bad_since = self._good_since = None
        elif counted is Policy.VIOLATED:
            self._bad(now)
        else:
            self._good(now)

    def _counted(self, verdict: Verdict) -> Policy | None:
        """What a verdict counts for; None: that all is well."""
        match verdict:
            case Verdict.OK:
                return None
            case Verdict.VIOLATED:
                return Policy.VIOLATED
            case Verdict.STALE:
                return self.entry.when_stale
        return self.entry.when_invalid

    def _end_hold(self, now: float) -> None:
        """Time that was held does not count."""
        if self._held_since is None:
            return
        held, self._held_since = now - self._held_since, None
        if self._bad_since is not None:
            self._bad_since += held
        if self._good_since is not None:
            self._good_since += held

    def _bad(self, now: float) -> None:
        self._good_since = None
        if self._bad_since is None:
            self._bad_since = now
        if not self.is_set and now - self._bad_since >= self.entry.set:
            self._set(True)

    def _good(self, now: float) -> None:
        self._bad_since = None
        if not self.is_set:
            return
        if self._good_since is None:
            self._good_since = now
        if now - self._good_since >= self.entry.clear:
            self._set(False)

    def _set(self, is_set: bool) -> None:
        self.is_set = is_set
        self._good_since = None
        self._tell(self)
