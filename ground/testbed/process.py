"""One process of a distributed run: the hardware, one flight node, or the ground.

Started by `ground.testbed.processes` as `python -m ground.testbed.process ROLE SPECIFICATION`. All
processes share one mission time: the machine's monotonic clock since one origin, times a rate.
"""

import asyncio
import contextlib
import ctypes
import json
import signal
import sys
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from flight.runtime.bus import Bus, Fabric
from flight.runtime.configuration import ConfigurationError
from flight.runtime.loop import PacedLoop, run
from flight.runtime.nursery import Nursery
from ground.testbed.addresses import IpcAddresses, TcpAddresses
from ground.testbed.mission import load_mission

HARDWARE = "hardware"
PR_SET_PDEATHSIG = 1  # prctl(2)
GROUND = "ground"
CONFIGURATION_REFUSED = 2  # exit code


class Specification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every process of a run has to know."""

    mission: str
    folder: str
    seed: int
    rate: float
    origin_ns: int
    transport: Literal["ipc", "tcp"]
    sockets: str = ""  # folder of the ipc sockets
    ports: dict[str, int] = {}

    def addresses(self) -> Mapping[str, str]:
        """Where each service is."""
        if self.transport == "ipc":
            return IpcAddresses(Path(self.sockets))
        return TcpAddresses(self.ports)


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` until it ends or the process is asked to end."""
    loop = asyncio.get_running_loop()
    async with Nursery("process") as nursery:
        task = nursery.start(work, name="work")
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        loop.add_signal_handler(signal.SIGINT, task.cancel)


async def _hardware(specification: Specification) -> None:
    from ground.testbed.hardware import Hardware, load_vehicle_files

    mission = load_mission(specification.mission)
    folder = Path(specification.folder)
    fabric = Fabric()
    bus = Bus(HARDWARE, fabric=fabric, addresses=specification.addresses())
    hardware = Hardware(mission, load_vehicle_files(mission), specification.seed)
    hardware.on_lost = lambda vehicle: _append(folder / "lost.jsonl", {"vehicle": vehicle})
    hardware.world.tubes.observe(
        lambda move: _append(
            folder / "truth.jsonl",
            {
                "time": hardware.world.now(),
                "tube": move.tube_id,
                "from": move.before.place,
                "to": move.after.place,
            },
        )
    )
    for tube, place in hardware.truth().items():
        _append(folder / "truth.jsonl", {"time": 0.0, "tube": tube, "to": place})
    try:
        async with Nursery(HARDWARE) as nursery:
            hardware.serve(bus, nursery)
            (folder / "hardware.ready").touch()
            await asyncio.Event().wait()
    finally:
        bus.close()
        fabric.close()


async def _flight(specification: Specification, name: str, cause: str) -> None:
    from ground.testbed.flight_process import boot_node

    await boot_node(specification, name, cause)


async def _ground(specification: Specification) -> None:
    from ground.testbed.ground_process import run_ground

    await run_ground(specification)


def _append(path: Path, record: dict[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def _die_with_parent() -> None:
    """Asks Linux to end this process when its supervisor dies, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main(arguments: list[str]) -> int:
    """Runs one role of a run until it ends or is told to; 2 when a file of it is refused."""
    _die_with_parent()
    role, path, cause = arguments[0], Path(arguments[1]), (arguments[2:] or ["power on"])[0]
    specification = msgspec.json.decode(path.read_bytes(), type=Specification)
    wait = (specification.origin_ns - time.monotonic_ns()) / 1e9
    if wait > 0.0:
        time.sleep(wait)
    loop = PacedLoop(rate=specification.rate, origin_ns=specification.origin_ns)
    if role == HARDWARE:
        work = _hardware(specification)
    elif role == GROUND:
        work = _ground(specification)
    else:
        work = _flight(specification, role, cause)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            run(_until_stopped(work), loop)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return CONFIGURATION_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
