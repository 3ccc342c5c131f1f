"""One participant of a run in a process of its own: a flight node, or the ground.

Started by `ground.testbed.processes.host` as
`python -m ground.testbed.processes.process ROLE SPECIFICATION`.
All processes share one mission time, which stands until everybody is ready and whenever somebody
works. World and hardware are in the process that composes the run.
"""

import argparse
import asyncio
import contextlib
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from flight.configuration.files import ConfigurationError
from flight.runtime.bus import Fabric
from flight.runtime.common_clock import CommonClock
from flight.runtime.common_loop import CommonLoop
from flight.runtime.loop import run
from flight.runtime.nursery import Nursery
from flight.runtime.zeromq_keys import Keys
from ground.terminal.signals import end_with_parent
from ground.testbed.host import GROUND
from ground.testbed.participants.addresses import IpcAddresses, TcpAddresses
from ground.testbed.participants.roles import HARDWARE, bus_name, owner_of
from ground.testbed.processes.reporting_pipe import READY, REFUSED, SECOND, STRANGER, ReportingPipe
from ground.testbed.seams.bus import Buses

CONFIGURATION_REFUSED = 2  # exit code
POLL = 0.002  # wall seconds


class Specification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every process of a run has to know."""

    mission: str
    folder: str
    seed: int
    transport: Literal["ipc", "tcp"]
    participants: tuple[str, ...]  # as they are called on the bus
    sockets: str = ""  # folder of the ipc sockets, of the clock, and of what is passed on
    ports: dict[str, int] = {}
    descriptors: dict[str, int] = {}  # of sockets that listen there; a process has its own alone
    protections_off: tuple[str, ...] = ()
    operators: str = ""  # file of those who may ask mission control; "": it is not served
    rate: float | None = None  # mission seconds in a second at most, for who asks

    def addresses(self) -> Mapping[str, str]:
        """Where each service is."""
        if self.transport == "ipc":
            return IpcAddresses(Path(self.sockets))
        return TcpAddresses(self.ports)

    def buses(self) -> Buses:
        """The seams of the bus in one process of the run."""
        if self.transport == "ipc":
            return Buses({"mission_control": GROUND})
        addresses = self.addresses()
        names = {addresses[service]: service for service in self.ports}
        return Buses({"mission_control": GROUND}, lambda address: names.get(address, ""))

    def listening(self, name: str) -> dict[str, int]:
        """What a participant, by its name on the bus, serves on sockets that listen already."""
        addresses = self.addresses()
        return {
            addresses[service]: descriptor
            for service, descriptor in self.descriptors.items()
            if owner_of(service) == name
        }

    def let_go_of_ports(self) -> None:
        """Closes, where the run is composed, what participants in processes of their own serve;
        nobody is sent any more to mission control, which may have died before the end."""
        if self.operators:
            (Path(self.folder) / "control.json").unlink(missing_ok=True)
        for name in self.participants:
            if name != HARDWARE:  # its own were given to ZeroMQ
                for descriptor in self.listening(name).values():
                    os.close(descriptor)

    @property
    def keys_file(self) -> Path:
        """What lets a program of the run talk over tcp; in a folder that only its owner enters."""
        return Path(self.sockets) / "keys"

    def keys(self) -> Keys | None:
        """The keys of the run; None over ipc. Raises ConfigurationError for tcp without them."""
        if self.transport == "ipc":
            return None
        try:
            return Keys.read(self.keys_file)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                str(self.keys_file), None, "keys", f"cannot be read, and tcp needs them: {error}"
            ) from error

    @property
    def clock_file(self) -> Path:
        """The common clock."""
        return Path(self.sockets) / "clock"

    def load_file(self, vehicle: str) -> Path:
        """What a vehicle is told before launch, written before it is started."""
        return Path(self.sockets) / f"{vehicle}.load"


@dataclass(frozen=True)
class Part:
    """What one process has to do: which role, for what cause it boots, which start of it this is in
    the run, whether somebody asked for it, where it tells what happens, the time, and from which
    descriptor it takes orders about faults."""

    specification: Specification
    role: str
    cause: str
    number: int
    planned: bool
    pipe: ReportingPipe
    clock: CommonClock
    orders: int

    def fabric(self) -> Fabric:
        """What its bus stands on. To be made while the loop runs."""
        name = bus_name(self.role)
        given = self.specification
        return Fabric(given.keys(), self.clock, given.listening(name), self._refused)

    def second(self, service: str, name: str) -> None:
        """Tells that a second program speaks under a name that is taken."""
        self.pipe.tell(SECOND, service, name)

    def _refused(self, count: int) -> None:
        self.pipe.tell(STRANGER, count)


Work = Callable[[], Coroutine[Any, Any, None]]


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` until it ends or the process is asked to end."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, CommonLoop)
    signals = (signal.SIGTERM, signal.SIGINT)
    before = {each: signal.getsignal(each) for each in signals}
    try:
        async with Nursery("process") as nursery:
            task = nursery.start(work, name="work")

            def stop(number: int, frame: object) -> None:
                task.cancel()
                loop.wake()

            for each in signals:
                signal.signal(each, stop)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def main(arguments: list[str]) -> int:
    """Runs one role of a run until it ends or is told to; 2 when a file of it is refused."""
    end_with_parent()
    parser = argparse.ArgumentParser()
    parser.add_argument("role")
    parser.add_argument("specification", type=Path)
    parser.add_argument("--cause", default="power on")
    parser.add_argument("--number", type=int, default=1)
    parser.add_argument("--planned", action="store_true")
    parser.add_argument("--report", type=int, required=True, help="descriptor of the pipe")
    parser.add_argument("--orders", type=int, required=True, help="the same, of orders")
    given = parser.parse_args(arguments)
    specification = msgspec.json.decode(given.specification.read_bytes(), type=Specification)
    pipe = ReportingPipe(given.report)
    own = bus_name(given.role)
    clock = CommonClock(specification.clock_file, specification.participants, own, owner_of)
    part = Part(
        specification, given.role, given.cause, given.number, given.planned, pipe, clock,
        given.orders,
    )  # fmt: skip
    module = "ground" if given.role == GROUND else "flight"
    try:
        specification.keys()  # whoever lacks them need not begin
        work: Work = importlib.import_module(f"ground.testbed.processes.{module}").prepare(part)
        pipe.tell(READY)
        while not clock.begun:
            time.sleep(POLL)
        with contextlib.suppress(asyncio.CancelledError):
            run(_until_stopped(work()), CommonLoop(clock))
    except ConfigurationError as error:
        pipe.tell(REFUSED, str(error))
        print(error, file=sys.stderr)
        return CONFIGURATION_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
