"""Hosts a run that has ended, as its ground knew it: who looks is answered, nothing is changed.

`python -m ground.testbed.hosts.replayed RUN_FOLDER FOLDER OPERATORS`: a copy of the run's archive
is put into FOLDER, with the control socket of a run that stands at its last instant. The run's own
folder is read and not written. Who looks says at which instant, with each request.
"""

import asyncio
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import zmq

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE, read_outside
from flight.icd.devices.ground_station import NetworkStatus, PredictedPass
from flight.runtime.bus import Bus
from flight.runtime.memory_fabric import MemoryFabric, MemorySocket
from flight.runtime.pace import NANOSECONDS
from flight.runtime.sockets import Kind
from ground.api.operators import load_operators
from ground.mission_control import (
    ARCHIVE_FILE,
    MISSIONS_OWN,
    MissionControl,
    NoRoom,
    Program,
    Service,
)
from ground.missions.mission import LoadedMission, load_mission
from ground.missions.run_folder import is_under_way, read_archive
from ground.terminal.signals import end_with_parent
from ground.testbed.control_room.about import about_run
from ground.testbed.control_room.control_room import (
    make_dictionary,
    make_mission_control,
    make_program,
)
from ground.testbed.operating.asking import Asking
from ground.testbed.operating.run_control import CONTROL_FILE, ControlServer
from ground.testbed.record.inputs import InputRefused, RunInput
from ground.testbed.record.session import read_session

Made = TypeVar("Made")

HOST = "replay"
LATEST = 2**62
"""ns: a later instant was never flown, and requests that look beyond it have no number."""
SUMMARY = 64_000_000  # bytes of a summary that are read
NOTHING_CHANGES = "this is a replay of a run that has ended: nothing is sent or changed any more"
LAST = """SELECT MAX(at_ns) FROM (
    SELECT MAX(received_ns) AS at_ns FROM downlinks UNION ALL SELECT MAX(received_ns) FROM events
    UNION ALL SELECT MAX(received_ns) FROM rungs UNION ALL SELECT MAX(issued_ns) FROM commands
    UNION ALL SELECT MAX(sent_ns) FROM uplinks UNION ALL SELECT MAX(time_ns) FROM journal
    UNION ALL SELECT MAX(time_ns) FROM procedure_log)"""


class What(msgspec.Struct, frozen=True):
    """What was flown."""

    mission: str
    seed: int


def what_was_flown(run: Path) -> What:
    """The mission of a run that has ended. Raises ConfigurationError."""
    if is_under_way(run):
        problem = f"this run is under way: `msr console --at {run}` joins it"
        raise ConfigurationError(str(run), None, "--replay", problem)
    try:
        text = read_outside(run / "summary.json", SUMMARY, "a summary of a run")
        return msgspec.json.decode(text, type=What)
    except (OSError, *UNDECODABLE):  # also one that is unfit
        pass  # it was broken off before there was one
    head = read_session(run).head
    return What(head.mission, head.seed)


def copy_archive(run: Path, folder: Path) -> int:
    """Puts a copy of a run's archive where mission control looks for its own; the last instant (ns)
    of which it tells. Raises ConfigurationError."""
    target = folder / "ground" / ARCHIVE_FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        archive = read_archive(run)
        if archive is None:
            problem = "there is no archive of a run"
            raise ConfigurationError(str(run), None, "--replay", problem)
        with closing(archive), closing(sqlite3.connect(target)) as copy:
            archive.backup(copy)
            last = copy.execute(LAST).fetchone()[0]
    except sqlite3.Error as error:
        problem = f"the archive cannot be read: {error}"
        raise ConfigurationError(str(run), None, "--replay", problem) from None
    if last is None:
        problem = "nothing was heard in this run: there is nothing to be seen"
        raise ConfigurationError(str(run), None, "--replay", problem)
    if not isinstance(last, int) or not 0 <= last <= LATEST:
        problem = f"the archive is damaged: its last instant is {str(last)[:40]!r}"
        raise ConfigurationError(str(run), None, "--replay", problem)
    return last


class Nobody(MemoryFabric):
    """A bus on which nobody else is: nothing ever comes, so that nothing is waited for."""

    def open_socket(self, kind: Kind, identity: bytes = b"") -> MemorySocket:
        """A socket that is deaf."""
        return _Deaf(self, kind, identity)


class _Deaf(MemorySocket):
    def watch(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        pass


class StandingLoop(asyncio.SelectorEventLoop):
    """Mission time stands at an instant; descriptors are served as ever."""

    def __init__(self, at_ns: int) -> None:
        super().__init__()
        self._at_ns = at_ns

    def time(self) -> float:
        """Mission time, in s."""
        return self._at_ns / NANOSECONDS


class Standing:
    """The run and who hears of it, as the control socket wants them."""

    rate = 0.0
    until_ns: int | None = None
    admitted = 0

    def __init__(self, loop: StandingLoop, at_ns: int) -> None:
        self._loop = loop
        self._at_ns = at_ns
        self._heard = 0.0

    @property
    def pace(self) -> "Standing":
        """It stands."""
        return self

    @property
    def outside(self) -> "Standing":
        """This."""
        return self

    def time(self) -> float:
        """Mission time in s."""
        return self._at_ns / NANOSECONDS

    def time_ns(self) -> int:
        """Mission time."""
        return self._at_ns

    def set_pace(self, rate: float, until_ns: int | None = None) -> None:
        """Raises ValueError."""
        raise ValueError("a replay stands: the instant that is looked at is chosen on the page")

    def put(self, data: Any) -> None:
        """Raises InputRefused."""
        raise InputRefused(NOTHING_CHANGES)

    def add(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Has `callback` called when a descriptor can be read."""
        self._loop.add_reader(descriptor, callback)

    def remove(self, descriptor: int) -> None:
        """Ends that."""
        self._loop.remove_reader(descriptor)

    def now(self) -> float:
        """The same for ever: nobody is waited for."""
        return 0.0

    def serve(self, seconds: float) -> None:
        """Waits for nobody."""


def as_last_told(control: MissionControl) -> NetworkStatus:
    """What the stations told last, by the archive."""
    with control.archive.seeing() as look:
        light = look(
            "SELECT seconds, moratorium FROM light_times ORDER BY time_ns DESC LIMIT 1", ()
        )
        rows = look(
            "SELECT vehicle, start_ns, end_ns FROM passes WHERE end_ns > ? ORDER BY start_ns",
            (control.clock.now_ns(),),
        )
    passes = [PredictedPass(v, s / NANOSECONDS, e / NANOSECONDS) for v, s, e in rows]
    seconds, moratorium = light[0] if light else (0.0, 0)
    return NetworkStatus(
        time_ns=control.clock.now_ns(), light_time=seconds, moratorium=bool(moratorium), links=[],
        passes=passes,
    )  # fmt: skip


def as_flown(program: Program, archive: Path) -> Program:
    """The procedure of a run: of one that was flown by other steps than the mission's file has now
    it is known where it stood and what it logged, and not what its steps were."""
    with closing(sqlite3.connect(archive)) as look:
        row = look.execute("SELECT value FROM state WHERE key = ?", (MISSIONS_OWN,)).fetchone()
    if row is None:
        return program
    flown = msgspec.json.decode(row[0], type=_Kept).fingerprint
    if flown == program.fingerprint:
        return program
    title = f"{program.title} (its steps were others than those of {program.file} now)"
    return replace(program, title=title, instructions=(), fingerprint=flown)


class _Kept(msgspec.Struct):
    fingerprint: str


def _refuse(given: RunInput) -> None:
    raise InputRefused(NOTHING_CHANGES)


def _opened(run: Path, copy: Path, read: Callable[[], Made]) -> Made:
    """What is made of the copy of a run's archive. Raises ConfigurationError, which names the run's
    own, where it holds what no ground has written: times, arguments or states that are none."""
    try:
        return read()
    except NoRoom as error:
        problem = f"its copy, which is what is looked at, takes no more: {error}"
        raise ConfigurationError(str(run), None, "--replay", problem) from None
    except ConfigurationError as error:
        if str(copy) not in str(error):
            raise
        problem = error.problem.replace(str(copy), str(run / "ground"))
        raise ConfigurationError(str(run), None, "--replay", problem) from None
    except (ArithmeticError, LookupError, TypeError, ValueError, sqlite3.Error) as error:
        problem = f"the archive is damaged: {type(error).__name__}: {error}"
        raise ConfigurationError(str(run), None, "--replay", problem) from None


async def serve(
    run: Path, mission: LoadedMission, seed: int, folder: Path, operators: str,
    standing: Standing, ends: asyncio.Event,
) -> None:  # fmt: skip
    """Answers until it is to end. Raises ConfigurationError where the archive is damaged."""
    fabric = Nobody()
    bus = Bus("replay", fabric=fabric)
    try:
        ground = folder / "ground"

        def opened(read: Callable[[], Made]) -> Made:
            return _opened(run, ground, read)

        program = opened(
            lambda: as_flown(make_program(mission, make_dictionary()), ground / ARCHIVE_FILE)
        )
        control = opened(lambda: make_mission_control(mission, bus, ground, program=program))
        try:
            control.stations.status = opened(lambda: as_last_told(control))
            about = about_run(mission, seed, HOST, deterministic=True)
            service = Service(control, about)
            asking = Asking(standing, load_operators(operators), lambda: service)
            asking.why_not = lambda: NOTHING_CHANGES
            server = ControlServer(standing, standing, _refuse, folder / CONTROL_FILE, asking)
            try:
                await ends.wait()
            finally:
                server.close()
                service.close()
        finally:
            control.close()
    finally:
        bus.close()
        fabric.close()


def main(words: list[str]) -> int:
    """Serves until it is told to end; 2 with a sentence where there is nothing to be served."""
    run, folder, operators = Path(words[0]), Path(words[1]), words[2]
    try:
        flown = what_was_flown(run)
        mission = load_mission(flown.mission)
        last = copy_archive(run, folder)
        loop = StandingLoop(last)
        ends = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ends.set)
        try:
            standing = Standing(loop, last)
            served = serve(run, mission, flown.seed, folder, operators, standing, ends)
            loop.run_until_complete(served)
        finally:
            loop.close()
    except (ConfigurationError, zmq.ZMQError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    end_with_parent()
    sys.exit(main(sys.argv[1:]))
