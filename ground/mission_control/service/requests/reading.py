"""Requests that look at mission control itself: who I am, how all is, what happened, what was sent.

They look at what is in memory, and in the archive only at what is written by now.
"""

from typing import Any

import msgspec

from flight.runtime.loop import NANOSECONDS
from ground.api import reads
from ground.api.bounding import bounded
from ground.api.training import for_crew
from ground.mission_control.dictionary.condition_checks import MODE
from ground.mission_control.dictionary.dictionary import DictionaryRefusal
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import (
    TRAINER,
    Asked,
    Handlers,
    Refused,
    need_known,
)
from ground.mission_control.service.staging import Wanted, assess, size_of

handlers = Handlers()
SECTIONS = {"alarm": "alarms", "proc": "procedure", "pass": "passes"}
"""What the part of a snapshot about a topic is called, where it is not called as the topic."""


@handlers.read(reads.Hello)
def hello(desk: ControlDesk, asked: Asked, request: reads.Hello) -> dict[str, Any]:
    """Who asks, and what this run is."""
    about = desk.about
    return {
        **msgspec.to_builtins(about),
        "you": {"name": asked.user, "roles": list(desk.people.roles(asked))},
        "authority": desk.authority.plain(desk.vehicles),
        "sols_at_zero": desk.control.clock.sols_at_zero,
        "dictionary_hash": desk.dictionary_hash,
        "journal_last": desk.journal.last,
    }


@handlers.read(reads.GetDictionary)
def dictionary(desk: ControlDesk, asked: Asked, request: reads.GetDictionary) -> dict[str, Any]:
    """The dictionary, of one vehicle or of all of this run."""
    names = desk.vehicles if request.vehicle is None else (request.vehicle,)
    try:
        entries = {name: desk.control.dictionary.vehicle(name) for name in names}
    except DictionaryRefusal as error:
        raise Refused(str(error)) from None
    return {"hash": desk.dictionary_hash, "vehicles": msgspec.to_builtins(entries)}


@handlers.read(reads.Snapshot)
def snapshot(desk: ControlDesk, asked: Asked, request: reads.Snapshot) -> dict[str, Any]:
    """How all is now."""
    wanted = request.topics
    found: dict[str, Any] = {
        "journal_last": desk.journal.last,
        "vehicles": [vehicle_state(desk, name) for name in desk.vehicles],
    }
    for topic, look in desk.snapshots.items():
        if not wanted or topic in wanted:
            found[SECTIONS.get(topic, topic)] = look()
    return found


def vehicle_state(desk: ControlDesk, name: str) -> dict[str, Any]:
    """What is known of a vehicle: its state by the last report, and how long it has been silent."""
    telemetry, now_ns = desk.control.telemetry, desk.control.clock.now_ns()
    silence = telemetry.silence(name, now_ns)
    return {
        "name": name,
        "state": "off" if name in desk.control.decommissioned() else "on",
        "mode": telemetry.value(name, MODE),
        "boot": telemetry.boot(name),
        "stale": desk.control.stale(name),
        "silence_s": None if silence == float("inf") else silence,
        "last_heard_ns": round(telemetry.last_receipt(name) * NANOSECONDS),
    }


@handlers.read(reads.Since)
def since(desk: ControlDesk, asked: Asked, request: reads.Since) -> dict[str, Any]:
    """Entries of the journal; what trainers do is for trainers."""
    found = bounded(desk.journal.after(request.number, request.topics, request.limit))
    if not desk.people.has(asked, TRAINER):
        found = for_crew(found)
    return {"entries": found, "journal_last": desk.journal.last}


@handlers.read(reads.History)
def history(desk: ControlDesk, asked: Asked, request: reads.History) -> dict[str, Any]:
    """Commands, the newest first."""
    ladder, commands = desk.ladder, desk.control.tracker.commands()
    if request.before is not None:
        known = [each.order.identifier for each in commands]
        if request.before not in known:
            raise Refused(f"before = {request.before!r}: no such command was issued")
        commands = commands[: known.index(request.before)]
    rows: list[dict[str, Any]] = []
    for command in reversed(commands):
        order = command.order
        if request.vehicle not in (None, order.target) or request.name not in (None, order.name):
            continue
        if request.user not in (None, ladder.user(command)):
            continue
        if request.until_ns is not None and command.issued_ns > request.until_ns:
            continue
        rows.append(ladder.row(command))
        if len(rows) == request.limit:
            break
    if request.name is not None and not rows:
        need_known(request.name, *(each.commands for each in desk.entries(request.vehicle)))
    return {"commands": bounded(rows)}


@handlers.read(reads.Preview)
def preview(desk: ControlDesk, asked: Asked, request: reads.Preview) -> dict[str, Any]:
    """Not here: nothing of this run may know what a twin has done."""
    raise Refused("a preview is flown beside the run: ask its edge for it (`msr control`)")


@handlers.read(reads.DryRun)
def dry_run(desk: ControlDesk, asked: Asked, request: reads.DryRun) -> dict[str, Any]:
    """What staging would say."""
    wanted = Wanted(
        request.vehicle, request.command, request.arguments, when=request.when,
        lifetime=request.lifetime, not_after=request.not_after, unit=request.unit,
    )  # fmt: skip
    seen = assess(desk.control, desk.vehicles, wanted)
    return {
        "bytes": size_of(wanted, seen),
        "hazardous": seen.hazardous,
        "hazard": seen.hazard,
        "stages": seen.stages,
        "problems": seen.problems,
        "mode": seen.mode,
        "mode_age_s": seen.mode_age,
        "deadline_s": seen.entry.deadline,
        "estimated": msgspec.to_builtins(seen.outlook.estimate),
        "window": None if seen.outlook.window is None else list(seen.outlook.window),
    }
