"""Which stretches of a long mission a picture may leave out, for nothing happened in them."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.pictures.run_data import RunData
from ground.pictures.sky import Intervals, SolScale
from ground.pictures.style import VEHICLES
from ground.pictures.vehicle_lanes import merged, milestones

SHORT_MISSION = 60.0  # sols: up to here a picture shows all
QUIET = 10.0  # sols: what is quiet for less is shown
MOST_GAPS = 6
_MARGIN = 0.5  # sols shown at least before and after something
_ROUTINE = ("night", "sleeping")

GAPS_NOTE = "White gaps: quiet sols, left out."


def mission_scale(run: RunData, until: float | None = None) -> SolScale:
    """The time axis of a picture, up to a mission time in s (else to the end), with gaps where a
    long mission was quiet."""
    until = run.duration if until is None else until
    plain = SolScale(run, last=until)
    if until <= SHORT_MISSION * SOL_SECONDS:
        return plain
    times = [0.0, *(each for each in busy_times(run) if 0.0 < each < until), until]
    return SolScale(run, last=until, gaps=tuple(quiet_stretches(plain.sols(times).tolist())))


def quiet_stretches(sols: Sequence[float]) -> Intervals:
    """The long stretches between moments, from midnight to midnight; only the longest few."""
    found: Intervals = []
    for before, after in pairwise(sorted(sols)):
        start, end = math.ceil(before + _MARGIN), math.floor(after - _MARGIN)
        if end - start >= QUIET:
            found.append((float(start), float(end)))
    longest = sorted(found, key=lambda each: each[0] - each[1])[:MOST_GAPS]
    return sorted(longest)


def busy_times(run: RunData) -> Iterator[float]:
    """Mission times in s at which something of note happened: phases, commands, milestones,
    hand-overs, changes of a vehicle's state other than by day and night."""
    for phase in run.phases:
        yield from (phase.start, phase.end)
    for command in run.commands:
        moments = (command.sent, command.started, command.ended, command.known)
        yield from (each for each in moments if each is not None)
    for tube in run.manifest:
        yield from (float(each["time"]) for each in tube["hand_overs"])
    for vehicle in VEHICLES:
        yield run.end_of(vehicle)
        yield from (each.seconds for each in milestones(run, vehicle))
        awake = [state for state in run.states(vehicle) if not _is_routine(state.name)]
        yield from (state.start for state in merged(awake))


def _is_routine(mode: str) -> bool:
    return mode.rpartition(".")[2] in _ROUTINE
