"""`python -m ground.commands.standing_by RUN_FOLDER`: a run that stands by for another that may
die, ordered by lines of JSON; see `spare`."""

import asyncio
import contextlib
import json
import os
import select
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from flight.configuration.scratch_folder import ScratchFolder
from flight.runtime.forking import CannotBranch, need_copyable
from flight.runtime.throttled_loop import Input
from ground.commands.reserve import Reserve
from ground.drills.begun import drills_of
from ground.edge.private_files import state_folder
from ground.edge.standing import STANDING, read_standing
from ground.missions.mission import load_mission
from ground.reports.flight import write_reports
from ground.terminal.exit_codes import NO, REFUSED, after_signal, exit_code_of
from ground.terminal.signals import (
    become_child_of,
    end_with_parent,
    ended_in_order,
    ending_signal,
)
from ground.testbed.evidence.fingerprint import fingerprint
from ground.testbed.fly import fly
from ground.testbed.hosts.standby import Standby, StandbyHost
from ground.testbed.hosts.standby_folder import StandbyFolder
from ground.testbed.record.session import SESSION_FILE, Session, read_session
from ground.testbed.run import RunOptions
from sim_hw.faults.fault import Fault

LOOKS = 0.2  # wall seconds between looks how far the run has come


class CannotStandBy(RuntimeError):
    """Nothing can take the place of this run; the text says why."""


class Follower:
    """Has a run that stands by go along with the one of a folder, until it takes that one's place
    or nobody orders any more."""

    def __init__(self, folder: Path, session: Session, kind: Standby) -> None:
        self._folder, self._head = folder, session.head
        self._kind = kind
        self._standing = state_folder(folder) / STANDING
        self._seen: tuple[int, int, int] | None = None
        self._inputs: tuple[Input, ...] = session.inputs
        self._taken = 0
        self._orders = b""
        self._parent = os.getppid()
        self.reserve = Reserve()
        self.in_order: Any = signal.SIG_DFL
        """How a run takes SIGTERM; who stands by only leaves."""

    @property
    def host(self) -> StandbyHost:
        """That of the run."""
        return self._kind.opened[0]

    def stands(self) -> None:
        """The run stands, or is on its way: it flies on, takes the other's place, or waits."""
        while True:
            loop = self.host.held_loop
            order = self._order(0.0)
            if order is not None:
                if not self._obey(order):
                    return  # in the process that goes on as the run
                continue
            self._keep_a_reserve()
            known_ns = self._known_ns()
            if known_ns > loop.until_ns or not loop.is_there:
                new, self._taken = self._inputs[self._taken :], len(self._inputs)
                loop.follow(known_ns, new)
                return
            select.select([0], [], [], LOOKS)

    def _keep_a_reserve(self) -> None:
        """Has a copy of this process sleep that is not much older than it. Returns in the copy as
        well, when it stands by instead of this one."""
        if not self.reserve.is_due:
            return
        with contextlib.suppress(CannotBranch):
            need_copyable(self.host.held_loop)
            files = self.host.files
            kept = files.kept()
            self.reserve.renew(lambda: self._wake(kept))

    def _wake(self, kept: dict[str, bytes]) -> None:
        """In a copy that slept: who stood by has been killed."""
        asyncio._set_running_loop(self.host.held_loop)  # asyncio forgets it in a copy
        signal.signal(signal.SIGTERM, lambda *_: self.leave())
        if not become_child_of(self._parent):
            self.leave()
        self.host.files.put_back(kept)
        self._seen, self._orders = None, b""
        while select.select([0], [], [], 0.0)[0]:  # what the other was told, and has not done
            if not os.read(0, 1 << 16):
                self.leave()
        _say({"heir": os.getpid()})

    def _known_ns(self) -> int:
        """Up to where all is known that the run has done: an input may still come at the instant
        of what was heard of it last."""
        self._read()
        last_ns = self._inputs[-1].time_ns if self._inputs else 0
        standing = read_standing(self._standing)
        return max(last_ns, 0 if standing is None else standing.time_ns) - 1

    def _read(self) -> None:
        """Takes what is new in the record."""
        try:
            found = (self._folder / SESSION_FILE).stat()
        except OSError:
            return  # between two lives
        seen = (found.st_ino, found.st_size, found.st_mtime_ns)
        if seen == self._seen:
            return
        with contextlib.suppress(ConfigurationError):  # it is being begun
            session = read_session(self._folder)
            if session.head != self._head:
                raise CannotStandBy("another run has begun in this folder")
            self._seen = seen
            if len(session.inputs) > len(self._inputs):
                self._inputs = session.inputs

    def _order(self, patience: float) -> dict[str, Any] | None:
        """The next order, if there is one; ends this process when nobody orders any more."""
        while b"\n" not in self._orders:
            if not select.select([0], [], [], patience)[0]:
                return None
            part = os.read(0, 1 << 16)
            if not part:
                self.leave()
            self._orders += part
        line, _, self._orders = self._orders.partition(b"\n")
        return dict(json.loads(line))

    def leave(self) -> None:
        """Ends this process, which has left nothing anywhere else."""
        self.reserve.end()
        if self._kind.opened:
            shutil.rmtree(self.host.scratch, ignore_errors=True)
        os._exit(0)

    def _obey(self, order: dict[str, Any]) -> bool:
        """Whether this process goes on standing by; its copy, which is the run, does not."""
        self._inputs = read_session(Path(order["record"])).inputs
        loop = self.host.held_loop
        if len(self._inputs) < self._taken:
            _say({"refused": f"{order['record']} has fewer inputs than the run had"})
            return True
        try:
            need_copyable(loop)
        except CannotBranch as error:
            _say({"refused": str(error)})
            return True
        new, self._taken = self._inputs[self._taken :], len(self._inputs)
        loop.follow(loop.until_ns, new)
        self._seen = None
        reading, writing = os.pipe()
        between = os.fork()
        if between:
            os.close(writing)
            os.waitpid(between, 0)
            with open(reading, "rb") as pipe:
                told = json.loads(pipe.read() or b'{"refused": "its copy has died"}')
            _say(told)
            return True
        if os.fork():
            os._exit(0)  # so that the run becomes a child of who starts and ends runs
        os.close(reading)
        self.reserve.let_go()
        self._go_live(writing, int(order["parent"]))
        return False

    def _go_live(self, writing: int, parent: int) -> None:
        """In the copy that is the run."""
        asyncio._set_running_loop(self.host.held_loop)  # asyncio forgets it in a copy
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1):
            os.dup2(nowhere, number)
        os.close(nowhere)
        is_child = become_child_of(parent)
        signal.signal(signal.SIGTERM, self.in_order)
        told: dict[str, Any] = {"pid": os.getpid()}
        if not is_child:
            told = {"refused": "nobody is there who could end it"}
        else:
            try:
                self.host.take_over(self._folder)
            except Exception as error:
                told = {"refused": f"{type(error).__name__}: {error}"}
        try:
            os.write(writing, json.dumps(told).encode())
            os.close(writing)
        except OSError:
            os._exit(NO)  # nobody waits for it any more: the run is flown otherwise
        if "refused" in told:
            os._exit(NO)


def _say(plain: dict[str, Any]) -> None:
    os.write(1, json.dumps(plain).encode() + b"\n")


def _faults(session: Session, targets: Any) -> tuple[Fault, ...]:
    from ground.testbed.seams.orders import recorded_faults

    return recorded_faults(session.head.faults, targets, str(session.file))


def _record_of(folder: Path) -> Session:
    """The record of a run. One that flies again to where it was writes its record anew: the whole
    of it lies beside its sessions until it is there. Raises ConfigurationError."""
    found: list[Session] = []
    for place in (state_folder(folder) / SESSION_FILE, folder):  # once it is there: the folder
        with contextlib.suppress(ConfigurationError):
            found.append(read_session(place))
    return max(found, key=lambda each: len(each.inputs)) if found else read_session(folder)


def stand_by(folder: Path, operators: str) -> int:
    """Stands by; returns, in the process that became the run, how that ended. Raises
    ConfigurationError, CannotStandBy."""
    from ground.testbed.faults.connecting import targets_of

    session = _record_of(folder)
    if session.head.bench:
        raise CannotStandBy("devices of this run are real: there is but one of each")
    mission = load_mission(session.mission)
    scratch = ScratchFolder("spare-").path  # `leave` removes it; copies of this process use it
    follower: Follower
    kind = Standby(
        session.head.shuffle, session=session, operators=operators,
        stands=lambda: follower.stands(),
    )  # fmt: skip
    follower = Follower(folder, session, kind)
    follower.in_order = signal.signal(signal.SIGTERM, lambda *_: follower.leave())
    options = RunOptions(
        session.head.seed, faults=_faults(session, targets_of(mission)), drills=drills_of
    )
    about = {"fingerprint": fingerprint()}
    home = StandbyFolder(scratch, about)
    try:
        record = fly(mission, scratch, options, kind, None, write_reports, home)
    finally:
        follower.reserve.end()  # who ends by itself has nobody stand by instead
    return exit_code_of(record.verdict)


def main(words: Sequence[str]) -> int:
    """The exit code, of a run or of one that only stood by."""
    try:
        with ended_in_order():
            return stand_by(Path(words[0]), words[1])
    except KeyboardInterrupt:
        return after_signal(ending_signal())
    except (ConfigurationError, CannotStandBy) as error:
        _say({"refused": str(error)})
        return REFUSED


if __name__ == "__main__":
    end_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
