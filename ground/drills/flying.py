"""Flies drills: a trunk up to where each begins, and a branch of it for each.

The trunk is the scenario as it is flown without faults. Where a drill begins the process is copied,
and the copy arms the faults, watches, and ends at the drill's horizon with one record. A drill can
also be flown alone, from the beginning and over ZeroMQ, with the same result.
"""

import asyncio
import contextlib
import math
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.scratch_folder import ScratchFolder
from flight.icd.messages import Message
from flight.runtime.forking import BranchFailed, BranchLate, branch
from flight.runtime.loop import NANOSECONDS, VirtualLoop
from flight.runtime.loop import run as run_loop
from ground.drills.awaiting import Awaited
from ground.drills.drill import AtTime, Drill
from ground.drills.jobs import Job
from ground.drills.phases import PhaseClock
from ground.drills.record import WITHOUT_EFFECT, Record
from ground.drills.scenario import Scenario, load_scenario
from ground.drills.sight import Sight
from ground.drills.watch import Watch
from ground.missions.run_folder import RunFolder
from ground.terminal.signals import end_with_parent
from ground.testbed.checks.mission import check_mission
from ground.testbed.host import Setting
from ground.testbed.hosts.virtual import Virtual, VirtualHost
from ground.testbed.run import Run, RunOptions

PATIENCE = 120.0
"""Seconds of the processor that a branch may take: a backstop behind the bound on its callbacks."""
HELD_UP = 20.0
"""How many times as long it may take where others keep the processor from it."""
LATE = "late"
LOOK = 1.0  # s of mission time between looks for the starts that no message tells
Emit = Callable[[Job, Record], None]


class AllBegun(Exception):
    """Every drill of the trunk has begun: nothing is left to be flown there."""


@dataclass
class _Due:
    """A drill whose start has not come yet."""

    job: Job
    drill: Drill
    left: int
    begun: bool = False


@dataclass
class _Wait:
    """What some drills wait for: looked for once for all of them."""

    awaited: Awaited
    dues: list[_Due]


class TooManyCallbacks(RuntimeError):
    """A branch works so much more than its trunk that it is taken for one without an end."""


class Flight:
    """One run of a scenario and the drills that begin in it: jobs of one trunk.

    A job that is to be flown alone has no branch: it goes on in this run, over ZeroMQ. `emit` takes
    each record. `patience`: seconds of the processor that a branch may take; `read`: tells the
    drill of a job, for those that are flown where another has no effect. `kind`: the host of one
    drill that is flown there, alone, into `folder`.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Job, Drill]],
        emit: Emit,
        *,
        patience: float = PATIENCE,
        read: Callable[[Job], Drill] | None = None,
        kind: Virtual | None = None,
        folder: Path | None = None,
    ) -> None:
        first = pairs[0][0]
        self._kind, self._folder = kind, folder
        self._read = read
        self._pairs = pairs
        self._seed = first.seed
        self._alone = first.alone or kind is not None
        self._off = first.off
        self._emit = emit
        self._patience = patience
        self._due: list[_Due] = []
        self._waits: list[_Wait] = []
        self._ended: list[BaseException | None] = []
        self._loop: VirtualLoop
        self._run: Run
        self._phases: PhaseClock
        self._scenario: Scenario = load_scenario(pairs[0][1].scenario)

    def fly(self) -> None:
        """Flies until all drills have begun and their branches have ended."""
        if self._folder is not None:
            self._fly(self._folder)
            return
        with ScratchFolder("drill-") as home:
            self._fly(home / "run")

    def _fly(self, path: Path) -> None:
        mission = self._scenario.mission
        files = check_mission(mission)
        folder = RunFolder(path)
        with folder.in_use():
            setting = Setting(mission, files, folder, self._seed, self._off)
            kind = self._kind or Virtual(in_memory=not self._alone)
            run = Run(setting, RunOptions(self._seed, protections_off=self._off), kind)
            self._run = run
            self._phases = PhaseClock(run)
            loop = run.host.loop()
            assert isinstance(loop, VirtualLoop)
            self._loop = loop
            self._prepare()
            try:
                run_loop(self._flown(), loop)
            except AllBegun:
                return
            except Exception:
                self._trunk_broke(traceback.format_exc())
                return
        self._never_begun()

    async def _flown(self) -> None:
        try:
            await self._run.fly(lambda run: None)
        except BaseException as error:
            self._ended.append(error)
            raise
        self._ended.append(None)

    # ------------------------------------------------------------------ starts

    def _prepare(self) -> None:
        sight = Sight(self._run, self._scenario.vocabulary, {})
        for job, drill in self._pairs:
            at = drill.start.at
            if isinstance(at, AtTime):
                self._due.append(_Due(job, drill, 0))
                self._loop.call_at(at.seconds + drill.start.delay, self._begin_later, self._due[-1])
            else:
                self._due.append(_Due(job, drill, drill.start.nth))
                wait = next((each for each in self._waits if each.awaited.what == at), None)
                if wait is None:
                    self._waits.append(wait := _Wait(Awaited(at, sight), []))
                wait.dues.append(self._due[-1])
        self._run.observers.append(self._hear)
        self._loop.watch(self._look, round(LOOK * NANOSECONDS))

    def _hear(self, message: Message) -> None:
        self._phases.look(self._loop.time())
        for wait in self._waits:
            if wait.awaited.hear(message) or wait.awaited.poll():
                self._came(wait)

    def _look(self) -> None:
        for wait in self._waits:
            if wait.awaited.poll():
                self._came(wait)

    def _came(self, wait: _Wait) -> None:
        dues, wait.dues = wait.dues, []
        for due in dues:
            due.left -= 1
            if due.left:
                wait.dues.append(due)
            elif due.drill.start.delay:
                self._loop.call_later(due.drill.start.delay, self._begin_later, due)
            else:
                self._begin_later(due)
        if not wait.dues:
            self._waits = [each for each in self._waits if each.dues]

    def _begin_later(self, due: _Due) -> None:
        self._loop.between(lambda: self._begin(due))

    def _begin(self, due: _Due) -> None:
        if due.begun:
            return
        due.begun = True
        self._emit(due.job, self._flown_alone(due) if self._alone else self._with_effect(due))
        if all(each.begun for each in self._due):
            raise AllBegun

    # ----------------------------------------------------------------- flights

    def _with_effect(self, due: _Due) -> Record:
        """The record of the first of the candidates that has an effect."""
        record, cpu = self._branched(due), 0.0
        for job in due.job.candidates()[1:]:
            if record.end != WITHOUT_EFFECT or self._read is None:
                break
            with contextlib.suppress(ConfigurationError):  # figures without a meaning: the next
                due.drill = self._read(job)
                cpu += record.cpu
                record = self._branched(due)
        record.cpu += cpu
        return record

    def _branched(self, due: _Due) -> Record:
        started = time.perf_counter()
        try:
            flying = branch(self._loop, lambda: self._in_branch(due))
            record = msgspec.json.decode(
                flying.result(self._patience, HELD_UP * self._patience), type=Record
            )
        except BranchLate as error:
            record = self._blank(due, str(error))
            record.end = LATE
        except BranchFailed as error:
            record = self._blank(due, str(error))
        record.wall = time.perf_counter() - started
        return record

    def _in_branch(self, due: _Due) -> bytes:
        end_with_parent()
        return msgspec.json.encode(self._work(due))

    def _flown_alone(self, due: _Due) -> Record:
        started = time.perf_counter()
        record = self._work(due)
        record.how = "alone, over ZeroMQ" if self._kind is None else f"alone, {self._kind.name}"
        record.wall = time.perf_counter() - started
        return record

    def _work(self, due: _Due) -> Record:
        """What a branch does: break, watch, write down."""
        for each in self._due:
            each.begun = True
        self._waits = []  # nobody begins here any more
        loop, most, cpu = self._loop, due.job.most, time.process_time()
        begun = loop.callbacks
        last = math.inf if most is None else begun + most
        watch = Watch(self._run, due.drill, self._scenario.vocabulary, loop, self._phases)
        watch.wants_effect = due.job.wants_effect
        if due.job.count_calls:
            watch.count_calls()
        watch.begin()
        try:
            loop.go_on(until=lambda: watch.over or loop.callbacks > last)
        except Exception as error:
            if not watch.over:
                watch.ended_by(self._ended[0] if self._ended else error)
        if not watch.over:
            watch.ended_by(TooManyCallbacks(_busy(loop, loop.callbacks - begun)))
        host = self._run.host
        assert isinstance(host, VirtualHost)
        record = watch.record()
        record.sha256, record.messages = host.rig.log.sha256(), host.rig.log.count
        record.callbacks = loop.callbacks - begun
        record.cpu = time.process_time() - cpu
        return record

    # ------------------------------------------------------------- no branches

    def _blank(self, due: _Due, harness: str = "") -> Record:
        drill = due.drill
        return Record(
            drill=drill.name, file=str(drill.file), scenario=drill.scenario, seed=self._seed,
            harness=harness,
        )  # fmt: skip

    def _never_begun(self) -> None:
        for due in self._due:
            if not due.begun:
                self._emit(due.job, self._blank(due))

    def _trunk_broke(self, trace: str) -> None:
        for due in self._due:
            if not due.begun:
                self._emit(due.job, self._blank(due, f"the trunk broke:\n{trace}"))


def _busy(loop: VirtualLoop, callbacks: int) -> str:
    """What works without an end: the stacks of the tasks of a loop, the innermost lines."""
    lines = [f"{callbacks} callbacks at t = {loop.time():.3f} s, and no end; tasks:"]
    for task in sorted(asyncio.all_tasks(loop), key=lambda each: each.get_name()):
        frames = task.get_stack(limit=1)
        where = f"{frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else "not begun"
        lines.append(f"  {task.get_name()}: {where}")
    return "\n".join(lines[:60])
