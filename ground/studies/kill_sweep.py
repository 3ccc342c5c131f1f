"""Kill sweeps: the same mission again and again, each time with one death at another instant.

Worth killing at are the instants at which something changes: a tube moves, a ledger is written, a
command climbs a rung, a node changes its state. Just before and just after each of them whatever is
done in two steps is half done.
"""

import random
from dataclasses import dataclass, replace
from pathlib import Path

from flight.icd.messages import CommandReport, CustodyReport, EventReport, Message
from ground.missions.mission import LoadedMission
from ground.missions.vehicles import ALL_VEHICLES
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import Kill
from ground.testbed.run import Run, RunOptions

MEMORY = Virtual(in_memory=True)

AROUND = 0.05  # s before and after an instant


@dataclass(frozen=True)
class Sweep:
    """What a sweep found: complaints by kill; nothing for a kill that did no harm."""

    kills: tuple[Kill, ...]
    complaints: dict[Kill, list[str]]


class Observed:
    """The instants of one undisturbed run that is flown with `show=watch`."""

    def __init__(self, vehicles: tuple[str, ...]) -> None:
        self._instants: dict[str, list[float]] = {name: [] for name in vehicles}
        self._flown: Run | None = None

    def watch(self, flown: Run) -> None:
        """Called from time to time during the run, for the first time when it begins."""
        if self._flown is None:
            self._flown = flown
            flown.observers.append(self._note)

    def kills(self) -> list[Kill]:
        """Every kill worth trying: each vehicle around each of its changes, and around each move
        of a tube."""
        moves = [] if self._flown is None else [time for time, _ in self._flown.hardware.moves]
        kills: dict[Kill, None] = {}
        for vehicle, own in self._instants.items():
            times = own if vehicle == "perseverance" else sorted({*own, *moves})
            for time in times:
                for at in (time - AROUND, time, time + AROUND):
                    kills[Kill(vehicle, round(max(0.0, at), 6))] = None
        return list(kills)

    def _note(self, message: Message) -> None:
        if not isinstance(message, CommandReport | CustodyReport | EventReport):
            return
        if isinstance(message, EventReport) and message.name != "mode_changed":
            return
        if self._flown is not None:
            self._instants[message.source].append(self._flown.now())


def instants(mission: LoadedMission, out: Path, options: RunOptions) -> list[Kill]:
    """Every kill worth trying, as one undisturbed flight shows them."""
    observed = Observed(mission.vehicles)
    fly_mission(mission, out, replace(options, kills=()), MEMORY, observed.watch)
    return observed.kills()


def chosen(kills: list[Kill], count: int, seed: int) -> list[Kill]:
    """Some of many kills, spread over vehicles and time."""
    picked: list[Kill] = []
    draw = random.Random(seed)
    by_vehicle = {v: [kill for kill in kills if kill.role == v] for v in ALL_VEHICLES}
    groups = [sorted(group, key=lambda kill: kill.at) for group in by_vehicle.values() if group]
    share = max(1, count // max(1, len(groups)))
    for group in groups:
        for index in range(min(share, len(group))):
            low, high = index * len(group) // share, (index + 1) * len(group) // share
            picked.append(group[draw.randrange(low, max(low + 1, high))])
    return picked


def sweep(mission: LoadedMission, folder: Path, kills: list[Kill], options: RunOptions) -> Sweep:
    """Flies once for each kill, and says which of them did harm."""
    found: dict[Kill, list[str]] = {}
    for kill in kills:
        out = folder / f"{kill.role}-{kill.at:.3f}"
        fly_mission(mission, out, replace(options, kills=(kill,)), MEMORY)
        problems = run_complaints(out)
        if problems:
            found[kill] = problems
    return Sweep(tuple(kills), found)
