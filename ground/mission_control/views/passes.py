"""Passes over vehicles, predicted and past, with what came down in them."""

from collections.abc import Callable
from typing import Any

from flight.runtime.pace import NANOSECONDS
from ground.mission_control.archive.archive import Archive
from ground.mission_control.space_link.link_log import LIGHT_TIME_STEP
from ground.mission_control.space_link.stations import RELAY, Stations

PASSES_COMPARED = 5
"""Passes before one whose bytes say what is to be expected of it."""
RELAYED_WITHIN_NS = 3600 * NANOSECONDS
"""After the end of a pass and the light time, what the orbiter passed on is here (assumption)."""
STEP_NS = round(LIGHT_TIME_STEP * NANOSECONDS)
Look = Callable[[str, tuple[Any, ...]], list[Any]]
_PASSES = (
    "SELECT vehicle, start_ns, end_ns, predicted_ns FROM passes "
    "WHERE end_ns >= ? AND start_ns < ? ORDER BY start_ns, vehicle LIMIT ?"
)
_BEFORE = (
    "SELECT start_ns, end_ns FROM passes WHERE vehicle = ? AND end_ns < ? "
    "ORDER BY start_ns DESC LIMIT ?"
)
_CAME = (
    "SELECT COUNT(*), COALESCE(SUM(bytes), 0), COALESCE(SUM(packets), 0) FROM downlinks "
    "WHERE received_ns >= ? AND received_ns < ? AND spacecraft = ?"
)
_LIGHT = "SELECT seconds FROM light_times WHERE time_ns <= ? ORDER BY time_ns DESC LIMIT 1"


def passes(
    archive: Archive, stations: Stations, now_ns: int, from_ns: int, to_ns: int, limit: int
) -> list[dict[str, Any]]:
    """Those that end at `from_ns` or later and begin before `to_ns`, in order of time.

    `state`: past, now, coming. `frames`, `bytes`, `packets`: that came down by way of the orbiter
    from the beginning of a pass until an hour after it, at light time. `expected_bytes`: the middle
    of what the passes before brought, as far as all of that is here, also of those before
    `from_ns`; None where there was none.
    """
    with archive.seeing() as look:
        rows = look(_PASSES, (from_ns, to_ns, limit))
        known = {(vehicle, start) for vehicle, start, _, _ in rows}
        for each in stations.passes():
            start, end = round(each.start * NANOSECONDS), round(each.end * NANOSECONDS)
            new = (each.vehicle, start) not in known and not any(
                vehicle == each.vehicle and start < before and began < end
                for vehicle, began, before, _ in rows
            )
            if new and start < to_ns and end >= from_ns:
                rows.append((each.vehicle, start, end, now_ns))
        found: list[dict[str, Any]] = []
        brought: dict[str, list[int]] = {}
        rows.sort(key=lambda row: (row[1], row[0]))
        for vehicle, start, end, predicted in rows[:limit]:
            if vehicle not in brought:
                earlier = look(_BEFORE, (vehicle, min(from_ns, start), PASSES_COMPARED))
                brought[vehicle] = [
                    _came(look, vehicle, begun, ended)[1]
                    for begun, ended in reversed(earlier)
                    if _is_here(look, begun, ended, now_ns)
                ]
            frames, size, packets = _came(look, vehicle, start, end)
            before = sorted(brought[vehicle])
            found.append(
                {
                    "vehicle": vehicle, "start_ns": start, "end_ns": end, "predicted_ns": predicted,
                    "state": _state(start, end, now_ns), "frames": frames, "bytes": size,
                    "packets": packets,
                    "expected_bytes": before[len(before) // 2] if before else None,
                }
            )  # fmt: skip
            if _is_here(look, start, end, now_ns):
                brought[vehicle] = [*brought[vehicle], size][-PASSES_COMPARED:]
    return found


def _delay_ns(look: Look, start_ns: int) -> int:
    """The light time at the beginning of a pass, as it was kept: less than a step from the true."""
    light = look(_LIGHT, (start_ns,))
    return round(light[0][0] * NANOSECONDS) if light else 0


def _came(look: Look, vehicle: str, start_ns: int, end_ns: int) -> tuple[int, int, int]:
    """Frames, bytes and packets that came of a pass, the first of which leaves as it begins."""
    delay = _delay_ns(look, start_ns)
    begin = start_ns + delay - STEP_NS
    span = (begin, end_ns + delay + RELAYED_WITHIN_NS, f"{RELAY}/{vehicle}")
    frames, size, packets = look(_CAME, span)[0]
    return frames, size, packets


def _is_here(look: Look, start_ns: int, end_ns: int, now_ns: int) -> bool:
    """Whether all that is to come of a pass has come."""
    return end_ns + _delay_ns(look, start_ns) + RELAYED_WITHIN_NS <= now_ns


def _state(start_ns: int, end_ns: int, now_ns: int) -> str:
    if now_ns < start_ns:
        return "coming"
    return "now" if now_ns < end_ns else "past"


def links(archive: Archive, from_ns: int, to_ns: int) -> dict[str, Any]:
    """Light times [t_ns, s one way, conjunction] and links [spacecraft, since_ns, up, bit/s] of a
    stretch of time, with what held at its beginning."""
    with archive.seeing() as look:
        light = look(
            "SELECT time_ns, seconds, moratorium FROM light_times WHERE time_ns >= COALESCE("
            "(SELECT MAX(time_ns) FROM light_times WHERE time_ns <= ?), ?) AND time_ns < ? "
            "ORDER BY time_ns",
            (from_ns, from_ns, to_ns),
        )
        states = look(
            "SELECT spacecraft, since_ns, up, rate_bps FROM link_states AS state "
            "WHERE since_ns < ? AND since_ns >= COALESCE((SELECT MAX(since_ns) FROM link_states "
            "WHERE spacecraft = state.spacecraft AND since_ns <= ?), ?) "
            "ORDER BY since_ns, spacecraft",
            (to_ns, from_ns, from_ns),
        )
    return {
        "light_time": [[time, seconds, bool(dark)] for time, seconds, dark in light],
        "links": [[name, since, bool(up), rate] for name, since, up, rate in states],
    }
