"""Requests about alarms: seen, shelved, taken care of, spoken of."""

from collections.abc import Callable
from typing import Any

from ground.api import controlling, reads
from ground.mission_control.alarms.alarm import Alarm, AlarmState
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import (
    DIRECTOR,
    ENGINEER,
    OPERATOR,
    Asked,
    Handlers,
    Refused,
)

handlers = Handlers()
_HANDLE = (OPERATOR, DIRECTOR, ENGINEER)


def attach(desk: ControlDesk) -> None:
    """Has each change of an alarm told in the journal, and alarms in snapshots."""
    alarms = desk.control.alarms

    def changed(what: str, who: str, alarm: Alarm) -> None:
        data = alarm.plain(desk.control.clock.now_ns())
        desk.journal.add("alarm", what, who=who, vehicle=alarm.source, data=data)

    alarms.on_change = changed
    desk.snapshots["alarm"] = lambda: _plain(desk, alarms.open())


def _plain(desk: ControlDesk, alarms: list[Alarm]) -> list[dict[str, Any]]:
    now = desk.control.clock.now_ns()
    return [alarm.plain(now) for alarm in alarms]


@handlers.read(reads.GetAlarms)
def listed(desk: ControlDesk, asked: Asked, request: reads.GetAlarms) -> dict[str, Any]:
    """Alarms, the newest first."""
    alarms = desk.control.alarms
    if request.at_ns is not None:
        return _as_known_at(desk, request.at_ns, request.all, request.limit)
    found = alarms.all() if request.all else alarms.open()
    return {
        "alarms": _plain(desk, found[::-1][: request.limit]),
        "left": max(0, len(found) - request.limit),
        "unacknowledged": len(alarms.unacknowledged()),
    }


def _as_known_at(desk: ControlDesk, at_ns: int, all_: bool, limit: int) -> dict[str, Any]:
    told = [entry.data for entry in desk.journal.newest_of("alarm", "number", at_ns)]
    found = [each for each in told if all_ or each["state"] != AlarmState.CLOSED][::-1]
    return {
        "alarms": found[:limit],
        "left": max(0, len(found) - limit),
        "unacknowledged": sum(each["unacknowledged"] for each in found),
        "journaled": desk.journal.has("alarm"),
    }


def _done(desk: ControlDesk, do: Callable[[], Alarm]) -> dict[str, Any]:
    try:
        return do().plain(desk.control.clock.now_ns())
    except ValueError as error:
        raise Refused(str(error)) from None


@handlers.change(controlling.AlarmAck, roles=_HANDLE)
def acknowledge(desk: ControlDesk, asked: Asked, request: controlling.AlarmAck) -> dict[str, Any]:
    """Somebody has seen it."""
    alarms = desk.control.alarms
    return _done(desk, lambda: alarms.acknowledge(request.number, asked.user, request.note))


@handlers.change(controlling.AlarmReset, roles=_HANDLE)
def reset(desk: ControlDesk, asked: Asked, request: controlling.AlarmReset) -> dict[str, Any]:
    """Somebody lets go of a latched one."""
    alarms = desk.control.alarms
    return _done(desk, lambda: alarms.reset(request.number, asked.user, request.note))


@handlers.change(controlling.AlarmShelve, roles=_HANDLE)
def shelve(desk: ControlDesk, asked: Asked, request: controlling.AlarmShelve) -> dict[str, Any]:
    """It is out of the way until an instant."""
    alarms = desk.control.alarms
    return _done(
        desk, lambda: alarms.shelve(request.number, asked.user, request.until_ns, request.why)
    )


@handlers.change(controlling.AlarmUnshelve, roles=_HANDLE)
def unshelve(desk: ControlDesk, asked: Asked, request: controlling.AlarmUnshelve) -> dict[str, Any]:
    """It is listed again."""
    alarms = desk.control.alarms
    return _done(desk, lambda: alarms.unshelve(request.number, asked.user))


@handlers.change(controlling.AlarmOwn, roles=_HANDLE)
def own(desk: ControlDesk, asked: Asked, request: controlling.AlarmOwn) -> dict[str, Any]:
    """Somebody takes care of it."""
    owner = asked.user if request.owner is None else request.owner
    alarms = desk.control.alarms
    return _done(desk, lambda: alarms.own(request.number, asked.user, owner))


@handlers.change(controlling.AlarmNote, roles=_HANDLE)
def note(desk: ControlDesk, asked: Asked, request: controlling.AlarmNote) -> dict[str, Any]:
    """Something is said about it."""
    alarms = desk.control.alarms
    return _done(desk, lambda: alarms.add_note(request.number, asked.user, request.note))
