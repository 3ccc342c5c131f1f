"""A mission in virtual time: mission seconds per wall second, and where the wall time goes."""

import cProfile
import pstats
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flight.configuration.scratch_folder import ScratchFolder
from ground.missions.mission import LoadedMission, load_mission
from ground.reports.flight import fly_mission
from ground.testbed.evidence.run_record import RunRecord

# Beginnings of module paths, most particular first, and the name of the part they belong to.
PARTS: tuple[tuple[str, str], ...] = (
    ("flight.runtime.message_log", "message log"),
    ("flight.runtime.bus", "bus"),
    ("flight.runtime.fabric", "bus"),
    ("flight.runtime.device_driver", "devices: drivers"),
    ("flight.runtime.loop", "event loop"),
    ("flight.runtime", "runtime, other"),
    ("flight.icd", "codec and messages"),
    ("flight.core.keeping.storage", "storage"),
    ("flight.core.telling.recorder", "storage"),
    ("flight.core.chart", "statechart"),
    ("flight.core.custody", "custody"),
    ("flight.core", "node kernel"),
    ("flight.astrodynamics", "astrodynamics"),
    ("flight", "vehicles"),
    ("sim_hw.devices", "devices: simulated"),
    ("sim_hw.links", "links"),
    ("sim_hw", "world"),
    ("ground.mission_control", "mission control"),
    ("ground", "testbed"),
)
LIBRARIES: tuple[tuple[str, str], ...] = (
    ("site-packages/zmq", "bus: pyzmq"),
    ("site-packages/msgpack", "codec and messages"),
    ("site-packages/msgspec", "codec and messages"),
    ("site-packages/transitions", "statechart: transitions"),
    ("site-packages/numpy", "numpy"),
    ("site-packages/scipy", "numpy"),
    ("/asyncio/", "event loop"),
    ("/selectors.py", "event loop"),
    ("/sqlite3/", "storage"),
    ("/json/", "archive and records: json"),
)
BUILTINS: tuple[tuple[str, str], ...] = (
    ("sqlite3", "storage"),
    ("msgspec", "codec and messages"),
    ("msgpack", "codec and messages"),
    ("Packer", "codec and messages"),
    ("_hashlib", "message log"),
    ("sha256", "message log"),
    ("epoll", "event loop"),
    ("_asyncio", "event loop"),
    ("_contextvars.Context", "event loop"),
    ("numpy", "numpy"),
)
OTHER = "Python, other"


@dataclass(frozen=True)
class MissionFigures:
    """What a mission took; `shares` of the profiled time by part, the largest first."""

    mission: str
    mission_seconds: float
    wall_seconds: float
    messages: int
    shares: tuple[tuple[str, float], ...]

    @property
    def times_real_time(self) -> float:
        """Mission seconds per wall second."""
        return self.mission_seconds / self.wall_seconds


def measure_mission(name: str) -> MissionFigures:
    """Flies a mission twice: plainly for the speed, and profiled, which is half as fast."""
    mission = load_mission(name)
    facts, wall_seconds = _fly(mission)
    profile = cProfile.Profile()
    profile.enable()
    try:
        _fly(mission)
    finally:
        profile.disable()
    return MissionFigures(
        mission=name,
        mission_seconds=facts.mission_seconds,
        wall_seconds=wall_seconds,
        messages=facts.messages,
        shares=shares_by_part(profile_entries(profile)),
    )


def _fly(mission: LoadedMission) -> tuple[RunRecord, float]:
    with ScratchFolder() as folder:
        started = time.perf_counter()
        facts = fly_mission(mission, Path(folder) / "run")
        return facts, time.perf_counter() - started


Function = tuple[str, int, str]  # file, line, name, as `pstats` has them
Callers = Mapping[Function, tuple[int, int, float, float]]


def profile_entries(
    profile: cProfile.Profile,
) -> list[tuple[Function, float, Callers]]:
    """Function, own seconds and callers of all that a profile has seen."""
    stats: dict[Function, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    return [(function, entry[2], entry[4]) for function, entry in stats.items()]


def shares_by_part(
    entries: Iterable[tuple[Function, float, Callers]],
) -> tuple[tuple[str, float], ...]:
    """Shares of the own time, by part. What belongs to no part by itself (a built-in, the standard
    library) goes to the parts that called it."""
    seconds: dict[str, float] = {}
    for function, own, callers in entries:
        part = part_of(function)
        if part is not None or not callers:
            _add(seconds, part or OTHER, own)
            continue
        for caller, (_, _, own_from_caller, _) in callers.items():
            _add(seconds, part_of(caller) or OTHER, own_from_caller)
    total = sum(seconds.values()) or 1.0
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return tuple((part, taken / total) for part, taken in ordered)


def part_of(function: Function) -> str | None:
    """The part that a function belongs to; None for what everybody uses."""
    file, _, name = function
    if file == "~":  # a built-in
        return next((part for word, part in BUILTINS if word in name), None)
    path = file.replace("\\", "/")
    for word, part in LIBRARIES:
        if word in path:
            return part
    for package in ("flight", "sim_hw", "ground"):
        begin = path.rfind(f"/{package}/")
        if begin >= 0:
            module = path[begin + 1 :].removesuffix(".py").replace("/", ".")
            return next((part for start, part in PARTS if module.startswith(start)), None)
    return None


def _add(seconds: dict[str, float], part: str, taken: float) -> None:
    seconds[part] = seconds.get(part, 0.0) + taken
