"""What a vehicle has loaded: what the ground thinks, by the commands that it completed, beside what
the vehicle itself has told; and where the two differ."""

from typing import Any

import msgspec

from ground.mission_control.archive.archive import Archive
from ground.mission_control.commanding.tracker import CommandTracker, TrackedCommand, Verdict
from ground.mission_control.views.history import EVER

MOST = 100
"""Reports of a kind that are told."""
_REPORTS = (
    "SELECT json_extract(data, '$.report'), data, occurred_ns FROM events "
    "WHERE source = ? AND name IN ('service_report', 'service_warning') AND received_ns <= ? "
    "ORDER BY boot, number"
)
_CHANGES = (
    "SELECT data, occurred_ns FROM events WHERE source = ? AND name = 'protection_changed' "
    "AND received_ns <= ? ORDER BY boot DESC, number DESC LIMIT ?"
)
_PROTECTION = (
    "activate_protection", "arm_response", "disable_response", "enable_monitor", "disable_monitor",
    "set_sensor_aside", "use_sensor",
)  # fmt: skip
_COMPLETED = "SELECT identifier FROM rungs WHERE rung = 'COMPLETED' AND received_ns <= ?"


def on_board(
    archive: Archive, tracker: CommandTracker, vehicle: str, at_ns: int = EVER
) -> dict[str, Any]:
    """Parameters, sequences and protection of a vehicle, by what had been heard at an instant of
    mission time (ns).

    `parameters`: name -> {thought, told, agrees}; `thought` is what was activated by command and
    `told` what the vehicle said that it made active, both null where nothing was. `sequences`:
    name -> {loaded_ns, thought, told, entry, run, told_ns}. `protection`: the changes that the
    vehicle told, newest first, each with whether a command of ours asked for it.
    """
    with archive.seeing() as look:
        reports = look(_REPORTS, (vehicle, at_ns))
        changes = look(_CHANGES, (vehicle, at_ns, MOST))
        heard = None if at_ns == EVER else {row[0] for row in look(_COMPLETED, (at_ns,))}
    done = [
        each for each in tracker.commands()
        if each.order.target == vehicle and each.verdict is Verdict.COMPLETED
        and each.order.stage != "arm" and (heard is None or each.order.identifier in heard)
    ]  # fmt: skip
    told = [(name, msgspec.json.decode(data)["data"], time) for name, data, time in reports]
    ours = {each.order.name for each in done}
    return {
        "vehicle": vehicle,
        "parameters": _parameters(done, told),
        "sequences": _sequences(done, told),
        "protection": [
            {**plain, "occurred_ns": time, "ours": plain.get("command") in ours}
            for plain, time in ((msgspec.json.decode(data), time) for data, time in changes)
        ],
        "protection_commands": [
            {"identifier": each.order.identifier, "command": each.order.name,
             "arguments": each.order.arguments, "issued_ns": each.issued_ns}
            for each in done if each.order.name in _PROTECTION
        ][-MOST:],
    }  # fmt: skip


def _parameters(
    done: list[TrackedCommand], told: list[tuple[str, Any, int]]
) -> dict[str, dict[str, Any]]:
    staged: dict[str, Any] = {}
    thought: dict[str, Any] = {}
    for command in done:
        if command.order.name == "load_parameters":
            staged |= command.order.arguments.get("values", {})
        elif command.order.name == "activate_parameters":
            thought |= staged
            staged = {}
    active: dict[str, Any] = {}
    for name, data, _ in told:
        if name == "parameters_activated" and isinstance(data, dict):
            active |= data.get("changed", {})
        elif name == "parameters_defaulted":
            active = dict.fromkeys(active)  # they are as in the file again, whatever that says
    found: dict[str, dict[str, Any]] = {}
    for key in sorted({*thought, *active, *staged}):
        here, there = thought.get(key), active.get(key)
        agrees = here == there or (key in thought and key not in active and here is None)
        found[key] = {
            "thought": here, "told": there, "agrees": agrees,
            "staged": staged.get(key),
        }  # fmt: skip
    return found


def _sequences(
    done: list[TrackedCommand], told: list[tuple[str, Any, int]]
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}

    def of(name: Any) -> dict[str, Any]:
        empty = {"loaded_ns": None, "thought": "", "told": "", "entry": None, "run": None,
                 "told_ns": None}  # fmt: skip
        return found.setdefault(str(name), empty)

    for command in done:
        arguments = command.order.arguments
        if command.order.name == "load_sequence":
            entry = of(arguments.get("sequence", {}).get("name"))
            entry["loaded_ns"], entry["thought"] = command.issued_ns, "loaded"
        elif command.order.name in ("start_sequence", "abort_sequence"):
            word = "started" if command.order.name == "start_sequence" else "aborted"
            of(arguments.get("name"))["thought"] = word
    for name, data, time in told:
        if name and name.startswith("sequence_") and isinstance(data, dict):
            entry = of(data.get("sequence"))
            entry["told"], entry["told_ns"] = name.removeprefix("sequence_"), time
            entry["entry"], entry["run"] = data.get("entry"), data.get("run")
    return found
