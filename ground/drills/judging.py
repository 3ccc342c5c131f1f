"""From a record to a verdict.

PASS: all held, every fault hit, everything awaited had its trigger. FAIL: something that was to
hold did not. UNKNOWN: nothing failed, but a fault did not hit, a trigger did not come, or the time
was over before it could be told. ERROR: the harness itself broke.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from ground.drills.bareness import bare
from ground.drills.drill import Drill
from ground.drills.record import ALL_MET, BROKEN_OFF, WITHOUT_EFFECT, Judged, Record, Waited

_TOLERANCE = 1e-9  # s: a limit that is exactly met is met


def judge(drill: Drill, record: Record, today: date | None = None) -> Judged:
    """The verdict on a drill as it was flown. `today`: by which what is known to fail until a day
    may still fail; None: the present one (UTC)."""
    drill = bare(drill) if record.bare else drill
    if record.end == WITHOUT_EFFECT:
        return Judged(verdict="UNKNOWN", because=["no fault ever hit"], record=record)
    if record.harness:
        return Judged(verdict="ERROR", because=[record.harness], record=record)
    failed = list(_failures(drill, record))
    open_ = list(_unknowns(drill, record))
    if drill.known_fail and not _is_over(drill, today or datetime.now(UTC).date()):
        return _judge_known(drill, record, failed, open_)
    if failed:
        if drill.known_fail:
            failed.append(f"it was known to fail until {drill.known_fail['until']}, which is over")
        return Judged(verdict="FAIL", because=failed + open_, record=record)
    if open_:
        return Judged(verdict="UNKNOWN", because=open_, record=record)
    return Judged(verdict="PASS", because=[], record=record)


def _is_over(drill: Drill, today: date) -> bool:
    """Whether the day until which a drill may fail has passed."""
    return today > date.fromisoformat(drill.known_fail["until"])


def _judge_known(drill: Drill, record: Record, failed: list[str], open_: list[str]) -> Judged:
    reason = f"known to fail: {drill.known_fail['reason']} (until {drill.known_fail['until']})"
    if failed:
        return Judged(verdict="PASS", because=[reason, *failed], record=record)
    if open_:
        return Judged(verdict="UNKNOWN", because=[reason, *open_], record=record)
    passed = f"it passed, though {reason}: take known_fail out of the file"
    return Judged(verdict="FAIL", because=[passed], record=record)


def _failures(drill: Drill, record: Record) -> Iterator[str]:
    for broken in record.broken:
        yield f"{broken.what} did not hold at {broken.time:.3f} s: {broken.detail}"
    for waited in _all_waited(record):
        if waited.since is None:
            continue
        took = waited.took
        if took is not None and took > waited.limit + _TOLERANCE:
            yield (
                f"{waited.name}: {waited.what} came after {took:.3f} s; "
                f"allowed were {waited.limit:g} s"
            )
        elif took is None and _over(record, waited):
            yield f"{waited.name}: {waited.what} did not come within {waited.limit:g} s"


def _unknowns(drill: Drill, record: Record) -> Iterator[str]:
    if record.began is None:
        yield f"the drill never began: {drill.start} did not come"
        return
    for fault in record.faults:
        if not fault.hits:
            yield f"fault {fault.id} ({fault.kind} at {fault.target}) never hit"
    for waited in _all_waited(record):
        if waited.since is None:
            yield f"{waited.name}: what it counts from never came"
        elif waited.met is None and not _over(record, waited):
            yield f"{waited.name}: the drill ended before {waited.what} had to come"
    for text in [] if record.bare else record.unasked:
        yield f"{text} could never be asked: what it needs to know was never known"


def _all_waited(record: Record) -> list[Waited]:
    return [*record.within, *([record.heal] if record.heal is not None else [])]


def _over(record: Record, waited: Waited) -> bool:
    """Whether the time for something was over when the drill ended, or nothing more can come."""
    if record.ended is None or waited.since is None:
        return False
    return record.ended >= waited.since + waited.limit - _TOLERANCE or record.end not in (
        "horizon",
        ALL_MET,
        BROKEN_OFF,
    )
