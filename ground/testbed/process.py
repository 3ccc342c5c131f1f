"""One process of a distributed run: the hardware, one flight node, or the ground.

Started by `ground.testbed.processes` as `python -m ground.testbed.process ROLE SPECIFICATION`. All
processes share one mission time, by a clock that stands until the hardware serves and everybody is
ready. The hardware decides how fast it runs.
"""

import argparse
import asyncio
import contextlib
import importlib
import signal
import sys
import time
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from flight.configuration.files import ConfigurationError
from flight.runtime.loop import PacedLoop, run
from flight.runtime.nursery import Nursery
from flight.runtime.pace import NANOSECONDS, SharedClock
from ground.terminal.signals import end_with_parent
from ground.testbed.addresses import IpcAddresses, TcpAddresses

HARDWARE = "hardware"
GROUND = "ground"
CONFIGURATION_REFUSED = 2  # exit code
REBOOT_ASKED = 3  # exit code: the node wants to be booted again
POLL = 0.002  # wall seconds

WORK = {
    HARDWARE: "ground.testbed.hardware_process",
    GROUND: "ground.testbed.ground_process",
}
"""Where the work of a role is; all other roles are those of vehicles."""


class Specification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every process of a run has to know."""

    mission: str
    folder: str
    seed: int
    rate: float  # mission seconds in a second, when nothing delicate is under way
    transport: Literal["ipc", "tcp"]
    sockets: str = ""  # folder of the ipc sockets, of the clock, and of what is passed on
    care: float = 1.0  # what all limits of the pace are divided by
    ports: dict[str, int] = {}

    def addresses(self) -> Mapping[str, str]:
        """Where each service is."""
        if self.transport == "ipc":
            return IpcAddresses(Path(self.sockets))
        return TcpAddresses(self.ports)

    @property
    def clock_file(self) -> Path:
        """The common clock."""
        return Path(self.sockets) / "clock"

    def load_file(self, vehicle: str) -> Path:
        """What a vehicle is told before launch, written by the hardware."""
        return Path(self.sockets) / f"{vehicle}.load"

    def ready_file(self, role: str) -> Path:
        """Is there when a process is ready to begin."""
        return Path(self.sockets) / f"{role}.ready"


async def _until_stopped(work: Coroutine[Any, Any, int]) -> int:
    """Runs `work` until it ends or the process is asked to end; returns its exit code."""
    loop = asyncio.get_running_loop()
    async with Nursery("process") as nursery:
        task = nursery.start(work, name="work")
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    return 0 if task.cancelled() else task.result()


def wait_for_all(specification: Specification, roles: Sequence[str]) -> None:
    """Waits until the processes of these roles are ready."""
    files = [specification.ready_file(role) for role in roles]
    while not all(file.exists() for file in files):
        time.sleep(POLL)


def _wait_for(clock: SharedClock, seconds: float) -> None:
    """Waits until the clock runs and it is that mission time."""
    while clock.rate == 0.0 or clock.now_ns() < seconds * NANOSECONDS:
        time.sleep(POLL)


def main(arguments: list[str]) -> int:
    """Runs one role of a run until it ends or is told to; 2 when a file of it is refused."""
    end_with_parent()
    parser = argparse.ArgumentParser()
    parser.add_argument("role")
    parser.add_argument("specification", type=Path)
    parser.add_argument("cause", nargs="?", default="power on")
    parser.add_argument("--at", type=float, default=0.0, help="mission time of the boot, s")
    given = parser.parse_args(arguments)
    specification = msgspec.json.decode(given.specification.read_bytes(), type=Specification)
    clock = SharedClock(specification.clock_file)
    module = importlib.import_module(WORK.get(given.role, "ground.testbed.flight_process"))
    try:
        work = module.prepare(specification, given.role, given.cause, clock)
        specification.ready_file(given.role).touch()
        if given.role != HARDWARE:
            _wait_for(clock, given.at)
        with contextlib.suppress(asyncio.CancelledError):
            return run(_until_stopped(work()), PacedLoop(clock=clock))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return CONFIGURATION_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
