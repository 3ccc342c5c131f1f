"""Releasing and cancelling: the last look at what is staged."""

from collections.abc import Sequence
from typing import Any

from ground.api import commanding
from ground.api.entries import StackItem
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import OPERATOR, Asked, Handlers, Refused
from ground.mission_control.service.staging import Wanted, assess, mode_problems, sequence_problems

handlers = Handlers()


@handlers.change(commanding.Release, roles=(OPERATOR,))
def release(desk: ControlDesk, asked: Asked, request: commanding.Release) -> dict[str, Any]:
    """Lets staged commands leave, in this order: all of them, or none."""
    if len(set(request.stages)) < len(request.stages):
        raise Refused("stages: each is to be named once")
    items = [desk.stack.item(stage) for stage in request.stages]
    for item in items:
        _may_be_released(desk, asked, item)
    void = [(item, why) for item in items if (why := _why_void(desk, item))]
    if void:
        for item, why in void:
            desk.approvals.void(item, why)
        item, why = void[0]
        raise Refused(f"{item.stage} is void: {why}")
    _check_now(desk, items)
    return {"identifiers": desk.releases.release(items, asked.user)}


def _may_be_released(desk: ControlDesk, asked: Asked, item: StackItem) -> None:
    desk.authority.need(item.vehicle, asked.user)
    if item.identifiers or item.state in ("released", "waiting"):
        how = f"as {', '.join(item.identifiers)}" if item.identifiers else f"and waits: {item.when}"
        raise Refused(f"{item.stage} was released already, {how}")
    if item.hazardous:
        if item.state != "approved":
            raise Refused(f"{item.stage} is {item.state}: it is hazardous, and not approved")
        if asked.user != item.by:
            raise Refused(f"{item.stage} was staged by {item.by}, who alone releases it")
    elif item.state not in ("ready", "draft"):
        raise Refused(f"{item.stage} is {item.state}: it cannot be released")


def _why_void(desk: ControlDesk, item: StackItem) -> str:
    if item.hazardous:
        return desk.approvals.why_void(item)
    return ""


def _check_now(desk: ControlDesk, items: Sequence[StackItem]) -> None:
    """Raises Refused for what may not leave as things are now."""
    before: dict[str, None] = {}
    for item in items:
        over = desk.approvals.why_over(item)
        if over:
            raise Refused(f"{item.stage}: {over}")
        wanted = Wanted(
            item.vehicle, item.command, item.arguments, item.when, item.lifetime, unit=item.unit
        )
        seen = assess(desk.control, desk.vehicles, wanted)
        if seen.hazardous and not item.hazardous:
            raise Refused(
                f"{item.stage} has become hazardous ({seen.hazard}): edit it, and have it approved"
            )
        problems = seen.problems
        if item.vehicle in before and not item.hazardous:
            # What leaves before it may change the state of the vehicle.
            before_it = [*mode_problems(seen), *sequence_problems(desk.control, seen.entry, wanted)]
            problems = [each for each in problems if each not in before_it]
        elif item.vehicle in before and item.carried is not None:
            # What leaves before it may be another content of what it carries.
            raise Refused(f"{item.stage} carries what was loaded before: release it by itself")
        before[item.vehicle] = None
        if problems:
            raise Refused(f"{item.stage}: {problems[0]}")


@handlers.change(commanding.Cancel, roles=(OPERATOR,))
def cancel(desk: ControlDesk, asked: Asked, request: commanding.Cancel) -> dict[str, Any]:
    """Takes back a command that has not left."""
    tracker = desk.control.tracker
    if not tracker.knows(request.identifier):
        raise Refused(f"identifier = {request.identifier!r}: no such command was issued")
    desk.authority.need(tracker.command(request.identifier).order.target, asked.user)
    return desk.releases.cancel(request.identifier, asked.user)
