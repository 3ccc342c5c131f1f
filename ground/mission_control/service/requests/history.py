"""Requests that look at what came down: values, series, events, passes, tubes, what changed."""

from dataclasses import asdict
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.runtime.pace import NANOSECONDS
from ground.api import controlling, reads
from ground.mission_control.products.ascent_record import curve_of, product_of
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import (
    DIRECTOR,
    ENGINEER,
    Asked,
    Handlers,
    Refused,
    need_known,
)
from ground.mission_control.telemetry.custody import CustodyView
from ground.mission_control.telemetry.derived_channels import over_time
from ground.mission_control.views import history
from ground.mission_control.views.changes import changes, since_pass
from ground.mission_control.views.history import EVER
from ground.mission_control.views.on_board import on_board
from ground.mission_control.views.passes import links, passes
from ground.mission_control.views.products import MOST, products

handlers = Handlers()
ASCENT_RECORD = "ascent_chunk"
SOL_NS = round(SOL_SECONDS * NANOSECONDS)
SOLS_BACK, SOLS_AHEAD = 2, 3
"""Sols around now of which passes are told, where nobody says otherwise."""


def attach(desk: ControlDesk) -> None:
    """Adds to snapshots what these requests tell."""
    desk.snapshots["custody"] = lambda: _tubes(desk.control.custody)
    desk.snapshots["pass"] = lambda: _passes(desk, None, None, 100)["passes"]
    desk.snapshots["limits"] = lambda: desk.watch.told_limits(desk.vehicles)


@handlers.read(reads.Values)
def values(desk: ControlDesk, asked: Asked, request: reads.Values) -> dict[str, Any]:
    """Each channel as it was known."""
    found = desk.watch.values(request.at_ns, request.vehicle or "")
    at = desk.control.clock.now_ns() if request.at_ns is None else request.at_ns
    limits, when = desk.watch.limits, request.at_ns
    sets = {vehicle: limits.in_force(vehicle, when) for vehicle in desk.vehicles}
    return {"at_ns": at, "values": found, "limit_set": limits.chosen(when), "limit_sets": sets}


@handlers.read(reads.Series)
def series(desk: ControlDesk, asked: Asked, request: reads.Series) -> dict[str, Any]:
    """A channel over time."""
    span = (request.t0_ns, request.t1_ns, request.pixels)
    derived = desk.watch.derived.get((request.vehicle, request.channel))
    archive = desk.control.archive
    try:
        if derived is not None:
            inputs = {
                (vehicle, channel): history.samples(archive, vehicle, channel, *span[:2])
                for vehicle, channel in derived.inputs
            }
            rows = over_time(derived, inputs)
            found = history.in_buckets(rows, *span)
            told = {"vehicle": request.vehicle, "channel": request.channel, "unit": derived.unit}
            return {**told, **found}
        return history.series(archive, request.vehicle, request.channel, *span)
    except ValueError as error:
        raise Refused(str(error)) from None


@handlers.read(reads.Events)
def events(desk: ControlDesk, asked: Asked, request: reads.Events) -> dict[str, Any]:
    """Events, the newest first."""
    try:
        found = history.events(
            desk.control.archive,
            source=request.source or "", name=request.name or "", severity=request.severity or "",
            since_ns=-EVER if request.since_ns is None else request.since_ns,
            until_ns=EVER if request.until_ns is None else request.until_ns,
            text=request.text or "", limit=request.limit,
        )  # fmt: skip
    except ValueError as error:
        raise Refused(str(error)) from None
    if request.name is not None and not found:
        known = [each.events for each in desk.entries(request.source)]
        need_known(request.name, *known)
    return {"events": found}


@handlers.read(reads.Passes)
def passes_(desk: ControlDesk, asked: Asked, request: reads.Passes) -> dict[str, Any]:
    """Passes, with what came down in them, and how the links were."""
    return _passes(desk, request.from_ns, request.to_ns, request.limit)


def _passes(
    desk: ControlDesk, from_ns: int | None, to_ns: int | None, limit: int
) -> dict[str, Any]:
    control, now = desk.control, desk.control.clock.now_ns()
    begin = now - SOLS_BACK * SOL_NS if from_ns is None else from_ns
    end = now + SOLS_AHEAD * SOL_NS if to_ns is None else to_ns
    found = passes(control.archive, control.stations, now, begin, end, limit)
    return {"passes": found, "now_ns": now, **links(control.archive, begin, end)}


@handlers.read(reads.Custody)
def custody(desk: ControlDesk, asked: Asked, request: reads.Custody) -> dict[str, Any]:
    """Where tubes are, or all steps of one."""
    view = desk.control.custody
    is_known = request.tube in view.tubes or request.tube in view.accounts()
    known = ", ".join(view.tubes)
    if request.at_ns is not None:
        view = view.as_known_at(request.at_ns)
    if request.tube is None:
        return {"tubes": _tubes(view)}
    if not is_known:
        raise Refused(f"tube = {request.tube!r}: allowed is one of {known}")
    steps = [
        {**msgspec.to_builtins(record), "received_ns": received}
        for record, received in view.history(request.tube)
    ]
    told = [each for each in _tubes(view) if each["id"] == request.tube]
    return {"tube": told[0] if told else None, "steps": steps}


def _tubes(view: CustodyView) -> list[dict[str, Any]]:
    return [
        {**asdict(each), "place": view.place(each.id)} for each in view.manifest()
    ]


@handlers.read(reads.Changes)
def changed(desk: ControlDesk, asked: Asked, request: reads.Changes) -> dict[str, Any]:
    """What came down since an instant."""
    archive, now = desk.control.archive, desk.control.clock.now_ns()
    if request.at_ns is not None:
        now = min(now, request.at_ns)
    if request.since_ns is not None and request.since_pass is not None:
        raise Refused("since_pass: allowed is that or since_ns")
    since = request.since_ns
    if since is None:
        since = since_pass(archive, now, request.since_pass or 1)
    return changes(archive, since, now, desk.watch.products)


@handlers.read(reads.Products)
def products_(desk: ControlDesk, asked: Asked, request: reads.Products) -> dict[str, Any]:
    """Data products, whole or not."""
    control = desk.control
    found = products(
        control.archive, control.telemetry, desk.watch.products,
        control.runner.program.instructions, desk.vehicles,
    )  # fmt: skip
    return {"products": found}


@handlers.read(reads.Product)
def product(desk: ControlDesk, asked: Asked, request: reads.Product) -> dict[str, Any]:
    """What the ascent record tells, as far as it is here."""
    if request.name != ASCENT_RECORD:
        raise Refused(
            f"name = {request.name!r}: {ASCENT_RECORD} alone is a record that can be drawn"
        )
    rows = desk.control.archive.sampled.all_of(request.vehicle, request.name)
    found = product_of(str(row[3]) for row in rows)
    return {**curve_of(found), "count": found.chunks, "missing": list(found.missing[:MOST])}


@handlers.read(reads.OnBoard)
def on_board_(desk: ControlDesk, asked: Asked, request: reads.OnBoard) -> dict[str, Any]:
    """What a vehicle has loaded."""
    desk.need_vehicle(request.vehicle)
    at_ns = EVER if request.at_ns is None else request.at_ns
    return on_board(desk.control.archive, desk.control.tracker, request.vehicle, at_ns)


@handlers.change(controlling.LimitsSet, roles=(ENGINEER, DIRECTOR))
def limits_set(desk: ControlDesk, asked: Asked, request: controlling.LimitsSet) -> dict[str, Any]:
    """Puts a limit set in force."""
    vehicle = request.vehicle or ""
    if vehicle:
        desk.need_vehicle(vehicle)
    try:
        desk.watch.decide(request.name, vehicle, asked.user)
    except ValueError as error:
        raise Refused(str(error)) from None
    return desk.watch.told_limits(desk.vehicles)
