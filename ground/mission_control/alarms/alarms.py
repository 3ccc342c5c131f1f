"""Alarms after ANSI/ISA-18.2: limits crossed and warnings, kept until somebody has seen them.

A limit's alarm returns to normal by itself, but stays listed until it is acknowledged, and where it
latches until it is reset; a warning stays until it is acknowledged. The same alarm again is
counted, not listed twice. A shelved one is out of the way until an instant, for a reason; it comes
back by itself then, and before that when it becomes worse. All of it is kept over a restart.

What a vehicle said last decides, by boot and number: not what came down last, nor the greater
stamp. What comes late is history: it raises nothing that is over, and closes nothing that holds. A
vehicle that boots judges its limits anew, and says those that do not hold: alarms of the boot
before return to normal. One that was switched off for good is out of service and has no alarms.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.messages import EventReport, Severity
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.alarms.alarm import HOLDING, RANK, WAITING, Alarm, AlarmState
from ground.mission_control.archive.archive import Archive, order_of
from ground.mission_control.archive.schema import PLACE, REPORTS_OF_A_BOOT
from ground.mission_control.dictionary.dictionary import LIMIT_EVENTS

LIMIT = "limit "
"""Beginning of the name of a limit's alarm; the channel follows."""
BY_GROUND = " (ground)"
"""End of the name of an alarm that is raised by the ground's own limits."""
OUT_OF_SERVICE = "out of service"
ANOTHER_BOOT = "not said again since the vehicle booted"
LONGEST_SHELF_NS = round(30 * SOL_SECONDS * NANOSECONDS)
"""An alarm that is out of the way for longer has no use and is to be taken out (assumption)."""
LONGEST_TEXT = 500
"""Characters of a note or reason."""
_ALARMING = (Severity.WARNING_HI, Severity.FATAL)


class Alarms:
    """All alarms of a run, kept in the archive.

    `on_change(what, who, alarm)` is told each change once it is kept: raised, again, worse,
    returned, acknowledged, latched, reset, closed, shelved, unshelved, owned, noted. `who` is empty
    where nobody did it.
    """

    def __init__(self, archive: Archive, now_ns: Callable[[], int]) -> None:
        self._archive = archive
        self._now_ns = now_ns
        self._alarms: dict[int, Alarm] = {}
        self._open: dict[tuple[str, str], Alarm] = {}
        self._shelved: dict[tuple[str, str], Alarm] = {}  # also of those that are closed
        self._newest: dict[tuple[str, str], int] = {}  # number of what was said last
        self._begun: dict[str, int] = {}  # place of the first report of each vehicle's last boot
        self._retired: dict[str, None] = {}
        self.on_change: Callable[[str, str, Alarm], None] = lambda what, who, alarm: None
        self.on_shelved: Callable[[], None] = lambda: None
        """A shelf ends at another instant than before: see `next_return`."""
        self.latches: Callable[[str, str], bool] = lambda source, name: False
        """Whether an alarm of that name stays until somebody resets it."""
        self.units: Callable[[str, str], str] = lambda source, channel: ""
        """The unit of a vehicle's channel; empty where it has none."""
        for row in archive.rows(f"SELECT {', '.join(_COLUMNS)} FROM alarms ORDER BY number"):
            alarm = _from_row(row)
            self._newest[alarm.key] = max(alarm.last_place, self._newest.get(alarm.key, 0))
            self._alarms[alarm.number] = alarm
            if alarm.state is not AlarmState.CLOSED:
                self._open[alarm.key] = alarm
            if alarm.shelved_until_ns is not None:
                self._shelved[alarm.key] = alarm
        self._load_crossings()

    # ------------------------------------------------------------ what vehicles say

    def take(self, event: EventReport) -> Alarm | None:
        """Takes an event; returns the alarm that it raised, renewed or returned to normal."""
        if event.source in self._retired:
            return None
        self._notice_boot(event)
        if event.name in LIMIT_EVENTS:
            return self._take_limit(msgspec.structs.replace(event, text=self._with_unit(event)))
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
        if alarm.state is AlarmState.ACKNOWLEDGED:
            alarm.state = AlarmState.LATCHED if alarm.latched else AlarmState.CLOSED
            self._keep(alarm, "latched" if alarm.latched else "closed")
        elif alarm.state is AlarmState.ACTIVE:
            alarm.state = AlarmState.RETURNED
            self._keep(alarm, "returned")
        else:  # it had returned before
            self._write(alarm)

    def _is_late(self, event: EventReport, key: tuple[str, str]) -> bool:
        """Whether something newer about a limit was said, or it is of an earlier boot."""
        order = order_of(event)
        return order <= self._newest.get(key, -1) or order < self._begun.get(event.source, 0)

    def _with_unit(self, event: EventReport) -> str:
        """What a vehicle says of a limit, `CHANNEL = VALUE is STATE`, with the unit of the value,
        which it does not send."""
        channel = str(event.data.get("channel", "?"))
        unit, told = self.units(event.source, channel), event.text
        return told.replace(" is ", f" {unit} is ", 1) if unit else told

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
                self._keep(alarm, "again")
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
            return self._begin(event, name)
        worse = RANK[str(event.severity)] > RANK[alarm.severity]
        if worse:
            alarm.severity = str(event.severity)
        alarm.count += 1
        over = alarm.state in (AlarmState.RETURNED, AlarmState.LATCHED)
        if not late:
            alarm.last_ns, alarm.last_place, alarm.text = event.time_ns, order_of(event), event.text
            if worse or over:
                alarm.state = AlarmState.ACTIVE
            self._take_from_shelf_if_worse(alarm)
        self._keep(alarm, "worse" if worse else "raised" if over and not late else "again")
        return alarm

    def _begin(self, event: EventReport, name: str) -> Alarm:
        alarm = Alarm(
            number=len(self._alarms) + 1, source=event.source, name=name,
            severity=str(event.severity), state=AlarmState.ACTIVE, raised_ns=event.time_ns,
            last_ns=event.time_ns, count=1, text=event.text, last_place=order_of(event),
            latched=self.latches(event.source, name),
        )  # fmt: skip
        self._alarms[alarm.number] = self._open[alarm.key] = alarm
        before = self._shelved.get(alarm.key)
        if before is not None and before.is_shelved(self._now_ns()):  # out of the way, again
            alarm.take_shelf(before)
            self._shelved[alarm.key] = alarm
            self._write(before)
            self._take_from_shelf_if_worse(alarm)
        self._keep(alarm, "raised")
        return alarm

    def _take_from_shelf_if_worse(self, alarm: Alarm) -> None:
        """Who shelved it has seen something less bad: it is listed again."""
        if alarm.shelved_until_ns is not None and RANK[alarm.severity] > alarm.shelved_rank:
            self._take_from_shelf(alarm)
            self._keep(alarm, "unshelved")

    # ------------------------------------------------------------ what the ground makes of it

    def judge(
        self, source: str, channel: str, state: str, text: str, time_ns: int, place: int
    ) -> Alarm | None:
        """Takes what the ground's own limits say of a channel's newest value: OK, YELLOW, RED.

        As long as it stays so it is no news. Returns the alarm that it raised, made worse or
        returned to normal.
        """
        name = judged(channel)
        alarm = self._open.get((source, name))
        holds = alarm is not None and alarm.state in HOLDING
        if source in self._retired or (state not in ("YELLOW", "RED") and not holds):
            return None
        severity = Severity.WARNING_HI if state == "RED" else Severity.WARNING_LO
        if alarm is not None and holds:
            if state in ("YELLOW", "RED") and RANK[str(severity)] <= RANK[alarm.severity]:
                return None
            if state not in ("YELLOW", "RED"):
                alarm.last_ns, alarm.last_place, alarm.text = time_ns, place, text
                self._return_to_normal(alarm)
                return alarm
        self._newest.pop((source, name), None)
        boot, number = divmod(place, REPORTS_OF_A_BOOT)
        return self._raise(
            EventReport(source, name, severity, time_ns, text, {}, number, boot), name
        )

    def judged_channels(self) -> list[tuple[str, str]]:
        """The channels (vehicle, name) of which an alarm of the ground's own limits holds."""
        return [
            (alarm.source, alarm.name.removeprefix(LIMIT).removesuffix(BY_GROUND))
            for alarm in self._open.values()
            if alarm.name.endswith(BY_GROUND) and alarm.state in HOLDING
        ]

    def retire(self, source: str) -> None:
        """A vehicle was switched off for good: its alarms are over, and it raises no more."""
        self._retired[source] = None
        for alarm in [each for each in self._open.values() if each.source == source]:
            alarm.note = alarm.note or OUT_OF_SERVICE
            alarm.state = AlarmState.CLOSED
            self._keep(alarm, "closed")

    # --------------------------------------------------------------- what people do

    def acknowledge(self, number: int, by: str, note: str = "") -> Alarm:
        """Somebody has seen it; raises ValueError with what there is to acknowledge."""
        alarm = self._alarms.get(number)
        if alarm is None or alarm.state not in WAITING:
            waiting = ", ".join(str(each.number) for each in self._waiting()) or "none"
            raise ValueError(f"alarm {number} waits for no acknowledgement: allowed {waiting}")
        now = self._now_ns()
        if note:
            alarm.say(now, by, _text(note, "note"))
        alarm.acknowledged_by, alarm.acknowledged_ns = by, now
        if alarm.state is AlarmState.ACTIVE and alarm.name.startswith(LIMIT):
            alarm.state = AlarmState.ACKNOWLEDGED
        else:
            alarm.state = AlarmState.LATCHED if alarm.latched else AlarmState.CLOSED
        self._keep(alarm, "acknowledged", by)
        return alarm

    def reset(self, number: int, by: str, note: str = "") -> Alarm:
        """Somebody lets go of a latched alarm that holds no more. Raises ValueError."""
        alarm = self._alarms.get(number)
        if alarm is None or alarm.state is not AlarmState.LATCHED:
            latched = [each for each in self._open.values() if each.state is AlarmState.LATCHED]
            allowed = ", ".join(str(each.number) for each in latched) or "none"
            raise ValueError(f"alarm {number} is not latched: allowed {allowed}")
        if note:
            alarm.say(self._now_ns(), by, _text(note, "note"))
        alarm.state = AlarmState.CLOSED
        self._keep(alarm, "reset", by)
        return alarm

    def shelve(self, number: int, by: str, until_ns: int, why: str) -> Alarm:
        """Puts it out of the way until an instant of mission time, for a reason; until then also
        another one of that name, as long as that is not worse. Raises ValueError."""
        alarm, now = self._listed(number), self._now_ns()
        if not now < until_ns <= now + LONGEST_SHELF_NS:
            longest = (now + LONGEST_SHELF_NS) / NANOSECONDS
            raise ValueError(
                f"until_ns = {until_ns}: allowed is a mission time after now, "
                f"{now / NANOSECONDS:.0f} s, and up to {longest:.0f} s"
            )
        alarm.shelved_why = _text(why, "why")
        alarm.shelved_until_ns, alarm.shelved_by = until_ns, by
        alarm.shelved_rank = RANK[alarm.severity]
        self._shelved[alarm.key] = alarm
        self._keep(alarm, "shelved", by)
        self.on_shelved()
        return alarm

    def unshelve(self, number: int, by: str) -> Alarm:
        """Has a shelved one listed again; raises ValueError with what is shelved."""
        alarm, now = self._alarms.get(number), self._now_ns()
        if alarm is None or not alarm.is_shelved(now):
            shelved = [each.number for each in self._shelved.values() if each.is_shelved(now)]
            allowed = ", ".join(map(str, shelved)) or "none"
            raise ValueError(f"alarm {number} is not shelved: allowed {allowed}")
        self._take_from_shelf(alarm)
        self._keep(alarm, "unshelved", by)
        self.on_shelved()
        return alarm

    def own(self, number: int, by: str, owner: str) -> Alarm:
        """Somebody takes care of it; an empty name: nobody does. Raises ValueError."""
        alarm = self._listed(number)
        if len(owner) > LONGEST_TEXT:
            raise ValueError(f"owner: allowed are {LONGEST_TEXT} characters at most")
        alarm.owner = owner
        self._keep(alarm, "owned", by)
        return alarm

    def add_note(self, number: int, by: str, text: str) -> Alarm:
        """Says something about it, also when it is over; raises ValueError."""
        alarm = self._alarms.get(number)
        if alarm is None:
            raise ValueError(f"there is no alarm {number}: {self._numbers()}")
        alarm.say(self._now_ns(), by, _text(text, "note"))
        self._keep(alarm, "noted", by)
        return alarm

    def _listed(self, number: int) -> Alarm:
        alarm = self._alarms.get(number)
        if alarm is None or alarm.state is AlarmState.CLOSED:
            raise ValueError(f"alarm {number} is not listed: {self._numbers()}")
        return alarm

    def _numbers(self) -> str:
        listed = ", ".join(str(each.number) for each in self._open.values())
        return f"allowed {listed or 'none'}"

    # ----------------------------------------------------------------- what time does

    def check(self) -> None:
        """Lists again what was shelved until now or before; what still holds calls anew."""
        now = self._now_ns()
        for alarm in list(self._shelved.values()):
            if not alarm.is_shelved(now):
                self._take_from_shelf(alarm)
                if alarm.state is AlarmState.CLOSED:
                    self._write(alarm)  # nothing that anybody sees
                    continue
                if alarm.state is AlarmState.ACKNOWLEDGED:  # for so long, and no longer
                    alarm.state = AlarmState.ACTIVE
                self._keep(alarm, "unshelved")

    def next_return(self) -> int | None:
        """When the next shelved one comes back, in ns of mission time; None: none is shelved."""
        ends = [each.shelved_until_ns for each in self._shelved.values()]
        return min((end for end in ends if end is not None), default=None)

    def _take_from_shelf(self, alarm: Alarm) -> None:
        alarm.unshelve()
        self._shelved.pop(alarm.key, None)

    # ----------------------------------------------------------------------- looking

    def get(self, number: int) -> Alarm | None:
        """An alarm; None when there is no such number."""
        return self._alarms.get(number)

    def open(self) -> list[Alarm]:
        """Those that are not closed, in the order in which they were raised."""
        return list(self._open.values())

    def unacknowledged(self) -> list[Alarm]:
        """Those that wait for somebody and are not shelved."""
        now = self._now_ns()
        return [alarm for alarm in self._waiting() if not alarm.is_shelved(now)]

    def _waiting(self) -> list[Alarm]:
        return [alarm for alarm in self._open.values() if alarm.state in WAITING]

    def all(self) -> list[Alarm]:
        """Every alarm of the run."""
        return list(self._alarms.values())

    # ----------------------------------------------------------------------- keeping

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

    def _keep(self, alarm: Alarm, what: str, who: str = "") -> None:
        if alarm.state is AlarmState.CLOSED:
            self._open.pop(alarm.key, None)
        self._write(alarm)
        self.on_change(what, who, alarm)

    def _write(self, alarm: Alarm) -> None:
        marks = ",".join("?" * len(_COLUMNS))
        columns = ", ".join(_COLUMNS)
        statement = f"INSERT OR REPLACE INTO alarms ({columns}) VALUES ({marks})"
        self._archive.execute([(statement, _to_row(alarm))])


def judged(channel: str) -> str:
    """The name of the alarm of the ground's own limits for a channel."""
    return f"{LIMIT}{channel}{BY_GROUND}"


_COLUMNS = (
    "number", "source", "name", "severity", "state", "raised_ns", "last_ns", "count", "text",
    "acknowledged_by", "acknowledged_ns", "note", "last_place", "owner", "notes", "latched",
    "shelved_until_ns", "shelved_by", "shelved_why", "shelved_rank",
)  # fmt: skip


def _to_row(alarm: Alarm) -> tuple[Any, ...]:
    plain = {name: getattr(alarm, name) for name in _COLUMNS}
    plain |= {"state": str(alarm.state), "notes": json.dumps(alarm.notes)}
    return tuple(plain.values())


def _from_row(row: tuple[Any, ...]) -> Alarm:
    plain = dict(zip(_COLUMNS, row, strict=True))
    state, notes = AlarmState(plain["state"]), json.loads(plain["notes"])
    return Alarm(**(plain | {"state": state, "notes": notes, "latched": bool(plain["latched"])}))


def _text(text: str, key: str) -> str:
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise ValueError(f"{key}: allowed are words, {LONGEST_TEXT} characters at most")
    return text
