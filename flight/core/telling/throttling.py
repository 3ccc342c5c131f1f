"""Event throttling: a token bucket for each event, subject and severity, in bounded memory.

A flood of one event cannot hide another, nor that of one channel the alarm of another, because no
two share a bucket.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from flight.icd.messages import Severity

UNTHROTTLED = (Severity.FATAL,)
"""Never throttled: a FATAL event is followed by a safe mode or a reboot, not by a flood."""

PROTECTED = (Severity.FATAL, Severity.WARNING_HI)
"""Admitted even when the table has no room to count them."""


class NoticeKind(StrEnum):
    """What a notice tells."""

    THROTTLED = "throttled"
    RELEASED = "released"


class ThrottleNotice(msgspec.Struct, frozen=True):
    """What is to be reported about the throttling itself.

    `event` is None for the bucket which the events share that find no room in the table.
    `suppressed` counts the events of this flood that were not admitted (0 when it begins).
    """

    kind: NoticeKind
    event: str | None
    severity: Severity
    suppressed: int
    subject: str = ""


class Admission(msgspec.Struct, frozen=True):
    """Whether an event may be reported, and the notice to report before it, if any."""

    admitted: bool
    notice: ThrottleNotice | None = None


class _Bucket(msgspec.Struct):
    tokens: float
    updated: float
    flooding: bool = False
    suppressed: int = 0


_Key = tuple[str | None, str, Severity]
_ADMITTED = Admission(admitted=True)
_SUPPRESSED = Admission(admitted=False)


class EventThrottle:
    """Admits `burst` events of a kind at once and `refill_per_second` of them after that.

    A flood begins with the first event that finds its bucket empty (one notice THROTTLED) and ends
    when the bucket is full again (one notice RELEASED with the number suppressed), so that a
    steady flood costs two notices however long it lasts. `collect` reports floods that ended in
    silence; call it about once a second.

    At most `capacity` kinds are counted apart. A full bucket is as good as none and gives way; when
    none is full, a new kind shares one bucket with its like, unless its severity is in `PROTECTED`.
    """

    def __init__(
        self,
        burst: int,
        refill_per_second: float,
        clock: Callable[[], float],
        *,
        capacity: int = 256,
    ) -> None:
        if burst < 1 or not refill_per_second > 0.0 or capacity < 1:
            raise ValueError(
                f"burst = {burst}, refill_per_second = {refill_per_second}, capacity = {capacity}: "
                "allowed are burst and capacity of at least 1 and a refill above 0"
            )
        self.burst = burst
        self.refill_per_second = refill_per_second
        self.capacity = capacity
        self.suppressed_total = 0
        self._clock = clock
        self._buckets: dict[_Key, _Bucket] = {}

    def may(self, event: str, severity: Severity, subject: str = "") -> bool:
        """Whether an event would be admitted now; counts nothing."""
        bucket = self._buckets.get((event, subject, severity))
        return bucket is None or self._tokens(bucket, self._clock()) >= 1.0

    def admit(
        self, event: str, severity: Severity, subject: str = "", *, late: bool = False
    ) -> Admission:
        """Decide on one event now; `subject` is what it is about: a channel, a command.

        `late`: one that was suppressed before, and is no longer if it `may` now.
        """
        if severity in UNTHROTTLED:
            return _ADMITTED
        now = self._clock()
        key = self._key_with_room((event, subject, severity), now)
        if key is None:
            return _ADMITTED
        bucket = self._buckets.setdefault(key, _Bucket(float(self.burst), now))
        if late and bucket.suppressed:
            bucket.suppressed -= 1
            self.suppressed_total -= 1
        notice = self._refill(key, bucket, now)
        if bucket.tokens >= 1.0:
            bucket.tokens -= 1.0
            return Admission(admitted=True, notice=notice) if notice else _ADMITTED
        self.suppressed_total += 1
        bucket.suppressed += 1
        if bucket.flooding:
            return _SUPPRESSED
        bucket.flooding = True
        return Admission(False, _notice(NoticeKind.THROTTLED, key, 0))

    def collect(self) -> list[ThrottleNotice]:
        """Return a notice for each flood that has ended, and forget what is full again."""
        if not self._buckets:
            return []
        now = self._clock()
        notices = []
        for key, bucket in list(self._buckets.items()):
            notice = self._refill(key, bucket, now)
            if notice is not None:
                notices.append(notice)
            if bucket.tokens >= self.burst:
                del self._buckets[key]
        return notices

    def __len__(self) -> int:
        """The number of buckets held: at most `capacity` and one shared by each severity."""
        return len(self._buckets)

    def _key_with_room(self, key: _Key, now: float) -> _Key | None:
        """The bucket to count `key` in, or None when it must be admitted without counting."""
        if key in self._buckets or len(self._buckets) < self.capacity:
            return key
        for old, bucket in self._buckets.items():
            # A flood that ended keeps its bucket until `collect` has reported it.
            if not bucket.flooding and self._tokens(bucket, now) >= self.burst:
                del self._buckets[old]
                return key
        return None if key[2] in PROTECTED else (None, "", key[2])

    def _tokens(self, bucket: _Bucket, now: float) -> float:
        gained = max(0.0, now - bucket.updated) * self.refill_per_second
        return min(float(self.burst), bucket.tokens + gained)

    def _refill(self, key: _Key, bucket: _Bucket, now: float) -> ThrottleNotice | None:
        bucket.tokens = self._tokens(bucket, now)
        bucket.updated = now
        if not bucket.flooding or bucket.tokens < self.burst:
            return None
        notice = _notice(NoticeKind.RELEASED, key, bucket.suppressed)
        bucket.flooding, bucket.suppressed = False, 0
        return notice


def _notice(kind: NoticeKind, key: _Key, suppressed: int) -> ThrottleNotice:
    event, subject, severity = key
    return ThrottleNotice(kind, event, severity, suppressed, subject)
