"""Who holds a vehicle, and who may what: taken, offered, accepted, released; roles given."""

from typing import Any

from ground.api import commanding
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import (
    ADMIN,
    DIRECTOR,
    EDGE,
    OPERATOR,
    Asked,
    Handlers,
    Refused,
)

handlers = Handlers()


@handlers.change(commanding.AuthorityTake, roles=(OPERATOR, DIRECTOR))
def take(desk: ControlDesk, asked: Asked, request: commanding.AuthorityTake) -> dict[str, Any]:
    """Takes hold of a vehicle that nobody holds."""
    desk.need_vehicle(request.vehicle)
    holder = desk.authority.holder(request.vehicle)
    if holder == asked.user:
        raise Refused(f"{asked.user} holds {request.vehicle} already")
    if holder:
        raise Refused(f"{holder} holds {request.vehicle}, and has to offer it or let go of it")
    return _moved(desk, asked, request.vehicle, "taken", holder=asked.user)


@handlers.change(commanding.AuthorityOffer, roles=(OPERATOR, DIRECTOR))
def offer(desk: ControlDesk, asked: Asked, request: commanding.AuthorityOffer) -> dict[str, Any]:
    """Offers a vehicle to somebody."""
    desk.need_vehicle(request.vehicle)
    _holder_or_director(desk, asked, request.vehicle)
    if request.to == desk.authority.holder(request.vehicle):
        raise Refused(f"to = {request.to!r}: holds {request.vehicle} already")
    return _moved(desk, asked, request.vehicle, "offered", to=request.to)


@handlers.change(commanding.AuthorityAccept, roles=(OPERATOR, DIRECTOR))
def accept(
    desk: ControlDesk, asked: Asked, request: commanding.AuthorityAccept
) -> dict[str, Any]:
    """Takes hold of a vehicle that was offered."""
    desk.need_vehicle(request.vehicle)
    offered = desk.authority.offered_to(request.vehicle)
    if offered != asked.user:
        raise Refused(f"{request.vehicle} is offered to {offered or 'nobody'}, not {asked.user}")
    return _moved(desk, asked, request.vehicle, "accepted", holder=asked.user)


@handlers.change(commanding.AuthorityRelease, roles=(OPERATOR, DIRECTOR))
def release(
    desk: ControlDesk, asked: Asked, request: commanding.AuthorityRelease
) -> dict[str, Any]:
    """Lets go of a vehicle."""
    desk.need_vehicle(request.vehicle)
    if not desk.authority.holder(request.vehicle):
        raise Refused(f"nobody holds {request.vehicle}")
    _holder_or_director(desk, asked, request.vehicle)
    return _moved(desk, asked, request.vehicle, "released")


def _holder_or_director(desk: ControlDesk, asked: Asked, vehicle: str) -> None:
    if not desk.people.has(asked, DIRECTOR):
        desk.authority.need(vehicle, asked.user)


def _moved(
    desk: ControlDesk, asked: Asked, vehicle: str, what: str, **data: str
) -> dict[str, Any]:
    entry = desk.keep("authority", what, who=asked.user, vehicle=vehicle, data=data)
    desk.authority.take(entry)
    held: dict[str, Any] = desk.authority.plain((vehicle,))[vehicle]
    return held


@handlers.change(commanding.RolesSet, roles=(ADMIN,))
def set_roles(desk: ControlDesk, asked: Asked, request: commanding.RolesSet) -> dict[str, Any]:
    """An admin gives somebody roles."""
    if request.user == EDGE:
        raise Refused(f"user = {EDGE!r}: nobody is called so")
    roles = list(dict.fromkeys(request.roles))
    data = {"user": request.user, "roles": roles}
    desk.people.take(desk.keep("people", "roles", who=asked.user, data=data))
    return data
