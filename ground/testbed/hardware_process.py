"""The hardware of a run in a process of its own; it also decides how fast mission time runs."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from flight.runtime.bus import Bus, Fabric
from flight.runtime.nursery import Nursery
from flight.runtime.pace import SharedClock
from ground.missions.mission import load_mission
from ground.testbed.flight_process import OFF_FILE
from ground.testbed.hardware import Hardware, load_vehicle_files
from ground.testbed.pace_keeper import PaceKeeper
from sim_hw.world.tubes import TubeMove

if TYPE_CHECKING:
    from ground.testbed.process import Specification

ORBIT_FILE = "orbit.json"  # in the run folder: in which orbit the container was let go
PACE_FILE = "pace.jsonl"  # in the run folder: what the pace of the run has followed
LOOK_AT_FILES = 600.0  # s; a decommissioned vehicle is off for good a sol later, by and by


def prepare(
    specification: "Specification", role: str, cause: str, clock: SharedClock
) -> Callable[[], Coroutine[Any, Any, int]]:
    """Gets all ready that needs no running clock; returns the work."""
    from ground.testbed.process import GROUND, wait_for_all

    mission = load_mission(specification.mission)
    hardware = Hardware(mission, load_vehicle_files(mission), specification.seed)
    folder = Path(specification.folder)
    _keep_journals(hardware, folder)

    async def work() -> int:
        fabric = Fabric()
        bus = Bus(role, fabric=fabric, addresses=specification.addresses())
        try:
            hardware.world.clock = Instant().now
            async with Nursery(role) as nursery:
                hardware.serve(bus, nursery)
                _write_loads(hardware, specification)
                nursery.start(_follow_power_off(hardware, folder / OFF_FILE), name="power off")
                PaceKeeper(
                    clock, hardware, specification.rate, specification.care, folder / PACE_FILE
                ).start()
                await asyncio.Event().wait()
        finally:
            bus.close()
            fabric.close()
        return 0

    # Not on the loop: until the clock runs there is nobody to serve, and a signal ends the process.
    wait_for_all(specification, (*mission.vehicles, GROUND))
    return work


class Instant:
    """The mission time (s) of the running loop, which stands while what is due at once is done.

    Physics takes microseconds, in which a fast clock moves on by seconds: where a body is seen and
    when that was would not fit together.
    """

    def __init__(self) -> None:
        self._now: float | None = None

    def now(self) -> float:
        """Seconds of mission time."""
        if self._now is None:
            loop = asyncio.get_running_loop()
            self._now = loop.time()
            loop.call_soon(self._pass)
        return self._now

    def _pass(self) -> None:
        self._now = None


def _keep_journals(hardware: Hardware, folder: Path) -> None:
    """Writes down what the summary will say of the truth, as it happens."""
    truth = folder / "truth.jsonl"

    def moved(move: TubeMove) -> None:
        before, after = move.before.place, move.after.place
        record = {"time": hardware.world.now(), "tube": move.tube_id, "from": before, "to": after}
        _append(truth, record)
        if hardware.released is not None and not (folder / ORBIT_FILE).exists():
            (folder / ORBIT_FILE).write_bytes(msgspec.json.encode(hardware.released))

    hardware.on_lost = lambda vehicle: _append(folder / "lost.jsonl", {"vehicle": vehicle})
    hardware.world.tubes.observe(moved)
    for tube, place in hardware.truth().items():
        _append(truth, {"time": 0.0, "tube": tube, "to": place})


def _write_loads(hardware: Hardware, specification: "Specification") -> None:
    for vehicle in hardware.mission.vehicles:
        load = msgspec.msgpack.encode(hardware.load_of(vehicle))
        specification.load_file(vehicle).write_bytes(load)


async def _follow_power_off(hardware: Hardware, file: Path) -> None:
    """Cuts the power of vehicles whose nodes have switched themselves off."""
    off: set[str] = set()
    while True:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        for line in lines:
            vehicle = json.loads(line)["vehicle"]
            if vehicle not in off:
                off.add(vehicle)
                hardware.switch_off(vehicle)
        await asyncio.sleep(LOOK_AT_FILES)


def _append(path: Path, record: dict[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
