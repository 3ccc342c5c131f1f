"""Staging, editing and taking back: what is on the stack, before anything leaves."""

from typing import Any

import msgspec

from ground.api import commanding
from ground.api.entries import StackItem
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import (
    DIRECTOR,
    EDGE,
    OPERATOR,
    Asked,
    Handlers,
    Refused,
)
from ground.mission_control.service.staging import Assessment, Wanted, assess, frozen_hash

handlers = Handlers()
EDITABLE = ("draft", "ready", "waiting_approval", "approved", "void")


@handlers.change(commanding.Stage, roles=(OPERATOR,))
def stage(desk: ControlDesk, asked: Asked, request: commanding.Stage) -> dict[str, Any]:
    """Puts a command on the stack."""
    desk.need_vehicle(request.vehicle)
    desk.authority.need(request.vehicle, asked.user)
    item = StackItem(
        stage=desk.stack.next_name(), vehicle=request.vehicle, command=request.command,
        arguments=request.arguments, state="draft", by=asked.user, session=asked.session,
        note=request.note, when=request.when, lifetime=request.lifetime,
        not_after=request.not_after, unit=request.unit, hands=[asked.user],
    )  # fmt: skip
    return _told(desk.stack.keep(assessed(desk, item), "staged", asked.user))


@handlers.change(commanding.Edit, roles=(OPERATOR,))
def edit(desk: ControlDesk, asked: Asked, request: commanding.Edit) -> dict[str, Any]:
    """Changes what is staged; an approval is void."""
    item = desk.stack.staged_item(request.stage)
    desk.authority.need(item.vehicle, asked.user)
    if item.state not in EDITABLE:
        raise Refused(f"{item.stage} is {item.state}: cancel it, and stage it anew")
    given = {
        name: value
        for name in ("arguments", "note", "when", "lifetime", "not_after", "unit")
        if (value := getattr(request, name)) is not None
    }
    given |= {name: None for name in request.without}
    hands = [*item.hands, *([] if asked.user in item.hands else [asked.user])]
    edited = msgspec.structs.replace(
        item, **given, by=asked.user, session=asked.session, hands=hands,
        version=item.version + 1, approved_by="", approved_session="", approved_at_ns=None,
        approved_note="",
    )  # fmt: skip
    return _told(desk.stack.keep(assessed(desk, edited), "edited", asked.user))


@handlers.change(commanding.Unstage, roles=(OPERATOR,))
def unstage(desk: ControlDesk, asked: Asked, request: commanding.Unstage) -> dict[str, Any]:
    """Takes a command from the stack."""
    item = desk.stack.staged_item(request.stage)
    desk.authority.need(item.vehicle, asked.user)
    desk.stack.change(item, "unstaged", asked.user, state="cancelled")
    return {"stage": item.stage}


@handlers.change(commanding.Approve, roles=(DIRECTOR,))
def approve(desk: ControlDesk, asked: Asked, request: commanding.Approve) -> dict[str, Any]:
    """A second person agrees to what has this hash."""
    item = desk.stack.staged_item(request.stage)
    if item.state != "waiting_approval":
        raise Refused(f"{item.stage} is {item.state}: it waits for no approval")
    second_person(desk, asked, item)
    if request.hash != item.hash:
        raise Refused(f"{item.stage} is not what was read any more: its hash is {item.hash}")
    voided = desk.approvals.why_void(item)
    if voided:
        desk.approvals.void(item, voided)
        raise Refused(f"{item.stage} is void: {voided}")
    desk.stack.change(
        item, "approved", asked.user, state="approved", approved_by=asked.user,
        approved_session=asked.session, approved_at_ns=desk.control.clock.now_ns(),
        approved_note=request.note,
    )  # fmt: skip
    return {"stage": item.stage}


def second_person(desk: ControlDesk, asked: Asked, item: StackItem) -> None:
    """Raises Refused where who asks is not another person, independent of those who staged it."""
    if asked.user in item.hands:
        raise Refused(
            f"{item.stage} was staged by {asked.user}: somebody else has to read and approve it"
        )
    if not asked.session or asked.session == item.session:
        raise Refused(f"{item.stage} is to be approved from a session of one's own")
    for hand in item.hands:
        if desk.people.was_made_by(asked.user, hand):
            raise Refused(
                f"{asked.user} has these roles from {hand}, who staged {item.stage}, and cannot "
                "approve it"
            )


@handlers.change(commanding.Refuse, roles=(DIRECTOR,))
def refuse(desk: ControlDesk, asked: Asked, request: commanding.Refuse) -> dict[str, Any]:
    """A director disagrees."""
    item = desk.stack.staged_item(request.stage)
    if item.state not in ("waiting_approval", "approved"):
        raise Refused(f"{item.stage} is {item.state}: it waits for no approval")
    desk.stack.change(
        item, "refused", asked.user, state="refused",
        problems=[*item.problems, f"refused by {asked.user}: {request.note}"],
    )  # fmt: skip
    return {"stage": item.stage}


@handlers.change(commanding.Expire, roles=())
def expire(desk: ControlDesk, asked: Asked, request: commanding.Expire) -> dict[str, Any]:
    """People's time for an approval is over."""
    if asked.user != EDGE:
        raise Refused(f"expire is told by the edge alone, not by {asked.user}")
    item = desk.stack.item(request.stage)
    if not desk.releases.expire(item, "the time for the approval was over"):
        raise Refused(f"{item.stage} is {item.state}: it has no approval that could expire")
    return {"stage": item.stage}


def assessed(desk: ControlDesk, item: StackItem) -> StackItem:
    """An item with all that there is to say of it now; raises Refused for no command."""
    wanted = Wanted(
        item.vehicle, item.command, item.arguments, item.when, item.lifetime, item.not_after,
        item.unit,
    )  # fmt: skip
    seen = assess(desk.control, desk.vehicles, wanted)
    described = described_by(item, seen)
    if not seen.hazardous:
        state = "draft" if seen.problems else "ready"
        return msgspec.structs.replace(described, state=state, hash="")
    if not item.note.strip():
        raise Refused(f"{item.command} is hazardous ({seen.hazard}): a note has to say what for")
    if seen.mode is None or seen.boot is None:
        raise Refused(
            f"{item.command} is hazardous ({seen.hazard}), and nothing is known of the state of "
            f"{item.vehicle}"
        )
    described = msgspec.structs.replace(described, hash=frozen_hash(described))
    state = "draft" if seen.problems else "waiting_approval"
    return msgspec.structs.replace(described, state=state)


def described_by(item: StackItem, seen: Assessment) -> StackItem:
    """An item with what was seen of it."""
    return msgspec.structs.replace(
        item,
        hazardous=seen.hazardous,
        hazard=seen.hazard,
        mode=seen.mode,
        mode_age_s=seen.mode_age,
        boot=seen.boot,
        window=seen.outlook.window,
        carried=seen.carried,
        problems=seen.problems,
        estimated=seen.outlook.estimate,
    )


def _told(item: StackItem) -> dict[str, Any]:
    return {
        "stage": item.stage,
        "state": item.state,
        "hazardous": item.hazardous,
        "hash": item.hash,
        "problems": item.problems,
        "approval_needed": item.hazardous,
        "estimated": msgspec.to_builtins(item.estimated),
    }
