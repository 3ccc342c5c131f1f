"""Alarms: limits that were crossed and warnings, kept until somebody has acknowledged them.

A limit's alarm returns to normal by itself, but stays listed until it is acknowledged; a warning
stays until then. The same alarm again is counted, not listed twice.

What a vehicle said last decides, by boot and number: not what came down last, nor the greater
stamp. What comes late is history: it raises nothing that is over, and closes nothing that holds. A
vehicle that boots judges its limits anew, and says those that do not hold: alarms of the boot
before return to normal. One that was switched off for good is out of service and has no alarms.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from flight.icd.messages import EventReport, Severity
from ground.mission_control.archive import Archive, order_of
from ground.mission_control.archive_schema import PLACE, REPORTS_OF_A_BOOT

LIMIT_EVENTS = ("limit_crossed", "limit_red", "limit_cleared")
LIMIT = "limit "
"""Beginning of the name of a limit's alarm; the channel follows."""
OUT_OF_SERVICE = "out of service"
ANOTHER_BOOT = "not said again since the vehicle booted"
_ALARMING = (Severity.WARNING_HI, Severity.FATAL)
_RANK = {str(severity): rank for rank, severity in enumerate(Severity)}


class AlarmState(StrEnum):
    """ACTIVE holds now; RETURNED is back to normal and not acknowledged; CLOSED is over."""

    ACTIVE = "ACTIVE"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RETURNED = "RETURNED"
    CLOSED = "CLOSED"


@dataclass
class Alarm:
    """One alarm; times in nanoseconds of mission time, by the spacecraft's stamp."""

    number: int
    source: str
    name: str  # of the event, or `limit <channel>`
    severity: str
    state: AlarmState
    raised_ns: int
    last_ns: int
    count: int
    text: str
    acknowledged_by: str = ""
    acknowledged_ns: int | None = None
    note: str = ""
    last_place: int = 0  # of the newest event in it


class Alarms:
    """All alarms of a run, kept in the archive."""

    def __init__(self, archive: Archive, now_ns: Callable[[], int]) -> None:
        self._archive = archive
        self._now_ns = now_ns
        self._alarms: dict[int, Alarm] = {}
        self._open: dict[tuple[str, str], Alarm] = {}
        self._newest: dict[tuple[str, str], int] = {}  # number of what was said last
        self._begun: dict[str, int] = {}  # place of the first report of each vehicle's last boot
        self._retired: dict[str, None] = {}
        for row in archive.rows("SELECT * FROM alarms ORDER BY number"):
            alarm = Alarm(*row)
            alarm.state = AlarmState(alarm.state)
            key = (alarm.source, alarm.name)
            self._newest[key] = max(alarm.last_place, self._newest.get(key, 0))
            self._alarms[alarm.number] = alarm
            if alarm.state is not AlarmState.CLOSED:
                self._open[(alarm.source, alarm.name)] = alarm
        self._load_crossings()

    def take(self, event: EventReport) -> Alarm | None:
        """Takes an event; returns the alarm that it raised, renewed or returned to normal."""
        if event.source in self._retired:
            return None
        self._notice_boot(event)
        if event.name in LIMIT_EVENTS:
            return self._take_limit(event)
        if event.severity in _ALARMING:
            return self._raise(event, event.name)
        return None

    def _notice_boot(self, event: EventReport) -> None:
        """A vehicle that has booted judges its limits anew: what was said before is over, and what
        still holds is said again."""
        begun = event.boot * REPORTS_OF_A_BOOT
        if begun <= self._begun.get(event.source, 0):
            return
        self._begun[event.source] = begun
        for alarm in list(self._open.values()):
            earlier = alarm.source == event.source and alarm.last_place < begun
            if earlier and alarm.name.startswith(LIMIT):
                alarm.note = alarm.note or ANOTHER_BOOT
                self._return_to_normal(alarm)

    def _return_to_normal(self, alarm: Alarm) -> None:
        acknowledged = alarm.state is AlarmState.ACKNOWLEDGED
        self._move(alarm, AlarmState.CLOSED if acknowledged else AlarmState.RETURNED)

    def _is_late(self, event: EventReport, key: tuple[str, str]) -> bool:
        """Whether something newer about a limit was said, or it is of an earlier boot."""
        order = order_of(event)
        return order <= self._newest.get(key, -1) or order < self._begun.get(event.source, 0)

    def _take_limit(self, event: EventReport) -> Alarm | None:
        name = f"{LIMIT}{event.data.get('channel', '?')}"
        key, state = (event.source, name), event.data.get("state")
        late = self._is_late(event, key)
        alarm = self._open.get(key)
        if state in ("YELLOW", "RED"):
            if not late:
                return self._raise(event, name)
            if alarm is not None:  # an older crossing of what is still listed
                alarm.count += 1
                self._keep(alarm)
            return None
        if late or state != "OK":
            return None
        self._newest[key] = order_of(event)
        if alarm is None:
            return None
        alarm.last_ns, alarm.last_place, alarm.text = event.time_ns, order_of(event), event.text
        self._return_to_normal(alarm)
        return alarm

    def _raise(self, event: EventReport, name: str) -> Alarm | None:
        key = (event.source, name)
        alarm = self._open.get(key)
        late = order_of(event) <= self._newest.get(key, -1)
        if late and alarm is None:
            return None  # the newer one was seen and closed
        if not late:
            self._newest[key] = order_of(event)
        if alarm is None:
            alarm = Alarm(
                number=len(self._alarms) + 1, source=event.source, name=name,
                severity=str(event.severity), state=AlarmState.ACTIVE, raised_ns=event.time_ns,
                last_ns=event.time_ns, count=0, text=event.text,
            )  # fmt: skip
            self._alarms[alarm.number] = self._open[key] = alarm
        worse = _RANK[str(event.severity)] > _RANK[alarm.severity]
        if worse:
            alarm.severity = str(event.severity)
        alarm.count += 1
        if not late:
            alarm.last_ns, alarm.last_place, alarm.text = event.time_ns, order_of(event), event.text
        if not late and (worse or alarm.state is AlarmState.RETURNED):
            alarm.state = AlarmState.ACTIVE
        self._keep(alarm)
        return alarm

    def acknowledge(self, number: int, by: str, note: str = "") -> Alarm:
        """Somebody has seen it; raises ValueError with what there is to acknowledge."""
        alarm = self._alarms.get(number)
        if alarm is None or alarm.state not in (AlarmState.ACTIVE, AlarmState.RETURNED):
            waiting = ", ".join(str(each.number) for each in self.unacknowledged()) or "none"
            raise ValueError(f"alarm {number} waits for no acknowledgement: allowed {waiting}")
        alarm.acknowledged_by, alarm.acknowledged_ns, alarm.note = by, self._now_ns(), note
        holds = alarm.state is AlarmState.ACTIVE and alarm.name.startswith(LIMIT)
        self._move(alarm, AlarmState.ACKNOWLEDGED if holds else AlarmState.CLOSED)
        return alarm

    def retire(self, source: str) -> None:
        """A vehicle was switched off for good: its alarms are over, and it raises no more."""
        self._retired[source] = None
        for alarm in [each for each in self._open.values() if each.source == source]:
            alarm.note = alarm.note or OUT_OF_SERVICE
            self._move(alarm, AlarmState.CLOSED)

    def _move(self, alarm: Alarm, state: AlarmState) -> None:
        alarm.state = state
        if state is AlarmState.CLOSED:
            self._open.pop((alarm.source, alarm.name), None)
        self._keep(alarm)

    def open(self) -> list[Alarm]:
        """Those that are not closed, in the order in which they were raised."""
        return list(self._open.values())

    def unacknowledged(self) -> list[Alarm]:
        """Those that wait for somebody."""
        waiting = (AlarmState.ACTIVE, AlarmState.RETURNED)
        return [alarm for alarm in self._open.values() if alarm.state in waiting]

    def all(self) -> list[Alarm]:
        """Every alarm of the run."""
        return list(self._alarms.values())

    def _load_crossings(self) -> None:
        """Takes up what limits were said to be last, also where nothing is wrong."""
        for source, data, place in self._archive.rows(
            f"SELECT source, data, {PLACE} FROM events WHERE name IN (?,?,?)", LIMIT_EVENTS
        ):
            key = (source, f"{LIMIT}{json.loads(data).get('channel', '?')}")
            self._newest[key] = max(place, self._newest.get(key, 0))
        last_boots = "SELECT source, MAX(boot) FROM events GROUP BY source"
        for source, boot in self._archive.rows(last_boots):
            self._begun[source] = boot * REPORTS_OF_A_BOOT

    def _keep(self, alarm: Alarm) -> None:
        row = (
            alarm.number, alarm.source, alarm.name, alarm.severity, str(alarm.state),
            alarm.raised_ns, alarm.last_ns, alarm.count, alarm.text, alarm.acknowledged_by,
            alarm.acknowledged_ns, alarm.note, alarm.last_place,
        )  # fmt: skip
        self._archive.execute(
            [("INSERT OR REPLACE INTO alarms VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", row)]
        )
