"""Runs stored sequences, each from a cursor that survives a reboot.

The record of a run is written before each entry begins, before its command is issued and when it
has ended. A command's id is `<prefix><sequence>/<run>/<index>`, so that a command that was issued
just before a kill is issued again under the same id, and the command ladder answers it from
history. Run numbers are never given twice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from flight.core.keeping.storage import Storage
from flight.core.sequencing.command_rate import CommandRate
from flight.core.sequencing.sequence_store import EventReport, Phase, Run, RunState, SequenceStore
from flight.core.sequencing.sequences import (
    Absolute,
    Entry,
    LatePolicy,
    OnFailure,
    Relative,
    SequenceRefusal,
    StoredSequence,
    WaitUntil,
    parse_sequence,
)
from flight.icd.messages import Rung

TIME_TOLERANCE = 1e-6
"""Seconds; well above the rounding of a loop time of years (a double at 1e8 s has 1.5e-8 s)."""
SHORTEST_WAIT = 1e-3
"""Seconds; keeps a stopped or slow spacecraft clock from being polled without pause."""
MAXIMUM_DEPTH = 4
"""Sequences that may have started one another in a row: more is a ring, or as good as one."""

IssueCommand = Callable[[str, Relative | Absolute], Awaitable[str]]


class _Control:
    """A run in progress in this boot."""

    def __init__(self, sequence: StoredSequence, run: Run, *, restored: bool) -> None:
        self.sequence = sequence
        self.run = run
        self.restored = restored
        self.wake = asyncio.Event()
        self.steps = 0
        self.executing = False


class SequenceEngine:
    """Loads, checks, starts and runs sequences; several may run at once.

    The engine starts no task: after `start(name)`, and after a boot for each name of
    `unfinished()`, the owner runs `execute(name)` as a task of its own nursery.

    Delays and timeouts count on the event loop's monotonic clock, which no step of the spacecraft
    clock touches. Of a wait that a reboot interrupts, what remained at the last checkpoint (at most
    `checkpoint_period` seconds before) is waited again: a delay may grow by that and by the time
    that the node was down, and is never shorter than it says.

    `issue(command_id, entry)` issues the entry's command, returns its terminal rung and answers
    a repeated id from history. `channel_value` returns None for a channel without valid value.
    `was_received(command_id)`, if given, says after a reboot whether the ladder knows the
    command; one that it does not know was never issued, and an absolute entry's lateness is
    judged anew instead of issuing it unconditionally. `check(entry)`, if given, returns a
    sentence when the dictionary refuses the entry. `prefix` begins the id of each command. All
    runs together issue commands at a bounded rate (`CommandRate`); one that comes too early
    waits. `report` gets the events sequence_started, _resumed (after a reboot), _paused,
    _continued, _entry_failed, _entry_late, _completed, _aborted and _lost.
    """

    def __init__(
        self,
        storage: Storage,
        issue: IssueCommand,
        channel_value: Callable[[str], Any],
        spacecraft_time: Callable[[], float],
        report: EventReport,
        *,
        was_received: Callable[[str], bool] | None = None,
        check: Callable[[Entry], str | None] | None = None,
        prefix: str = "",
        checkpoint_period: float = 60.0,
    ) -> None:
        self._store = SequenceStore(storage, report)
        self._issue = issue
        self._channel_value = channel_value
        self._spacecraft_time = spacecraft_time
        self._report = report
        self._was_received = was_received
        self._check = check
        self._prefix = prefix
        self._rate = CommandRate()
        self._checkpoint_period = checkpoint_period
        self._controls: dict[str, _Control] = {}

    # ------------------------------------------------------------- operations

    def load(self, data: Any) -> StoredSequence:
        """Parse and store a sequence, replacing the one of that name; it must then be validated.

        Raises `SequenceRefusal`, also while that sequence runs.
        """
        sequence = parse_sequence(data)
        run = self.status(sequence.name)
        if run is not None and run.active:
            raise SequenceRefusal(
                [f"{sequence.name} is {run.state.value}: abort it before loading another."]
            )
        self._store.put_sequence(sequence, validated=False)
        return sequence

    def validate(self, name: str) -> None:
        """Check each entry with the owner's `check`; raises `SequenceRefusal` with all faults."""
        sequence, _ = self._store.sequence(name)
        sentences = []
        for index, entry in enumerate(sequence.entries):
            fault = self._check(entry) if self._check is not None else None
            if fault is not None:
                sentences.append(f"{name}, entry {index}: {fault}")
        if sentences:
            raise SequenceRefusal(sentences)
        self._store.put_sequence(sequence, validated=True)

    def start(self, name: str, started_by: str = "") -> Run:
        """Begin a new run of a validated sequence; `execute` then does it.

        `started_by` is the id of the command that starts it, if a sequence issued that.
        """
        sequence, validated = self._store.sequence(name)
        if not validated:
            raise SequenceRefusal([f"{name} is not validated: validate it before its start."])
        before = self.status(name)
        if before is not None and before.active:
            raise SequenceRefusal([f"{name} is {before.state.value} already: abort it first."])
        parent = self._run_of(started_by)
        depth = 0 if parent is None else parent.run.depth + 1
        if depth > MAXIMUM_DEPTH:
            raise SequenceRefusal(
                [f"{name}: {depth} sequences have started one another; {MAXIMUM_DEPTH} may."]
            )
        run = self._store.begin_run(name, _wait_of(sequence.entries[0]), depth)
        self._controls[name] = _Control(sequence, run, restored=False)
        self._report("sequence_started", self._details(name, run))
        return msgspec.structs.replace(run)

    def pause(self, name: str) -> None:
        """Hold the next command or telemetry wait; what is under way, also a delay, runs on."""
        control = self._active(name)
        if control.run.state is RunState.PAUSED:
            raise SequenceRefusal([f"{name} is paused already."])
        control.steps = 0
        control.run.state = RunState.PAUSED
        self._save(control)
        self._report("sequence_paused", self._details(name, control.run))

    def resume(self, name: str) -> None:
        """Let a paused sequence go on; an absolute entry that became late follows its policy."""
        control = self._paused(name)
        control.run.state = RunState.RUNNING
        self._save(control)
        control.wake.set()
        self._report("sequence_continued", self._details(name, control.run))

    def step(self, name: str) -> None:
        """Let a paused sequence do one entry, when its time has come, and hold again."""
        control = self._paused(name)
        control.steps += 1
        control.wake.set()

    def abort(self, name: str, reason: str) -> None:
        """End the run.

        A command that has begun is its own business and ends as it may; one that has not is
        withdrawn (`why_withdrawn`).
        """
        self._end(self._active(name), RunState.ABORTED, reason=reason)

    def why_withdrawn(self, command_id: str) -> str:
        """Why a command that a sequence issued must not begin any more; empty when it may."""
        control = self._run_of(command_id)
        if control is not None and control.run.active:
            return ""
        return "its sequence has ended before it began"

    def stored(self, name: str) -> StoredSequence | None:
        """The stored sequence of that name; None if there is none that can be read."""
        try:
            return self._store.sequence(name)[0]
        except SequenceRefusal:
            return None

    def clock_stepped(self) -> None:
        """Say that the spacecraft clock was set, so that absolute entries look at it anew."""
        for control in self._controls.values():
            control.wake.set()

    def status(self, name: str) -> Run | None:
        """A copy of the record of the last run of `name`; None if there is none."""
        if name in self._controls:
            return msgspec.structs.replace(self._controls[name].run)
        return self._store.run(name)

    def names(self) -> list[str]:
        """The names of all stored sequences, sorted."""
        return self._store.names()

    def unfinished(self) -> list[str]:
        """The names of the runs that have not ended, sorted; to be executed after a boot.

        A run that cannot go on because its sequence cannot be read is reported as lost.
        """
        found = []
        for name in self._store.run_names():
            run = self.status(name)
            if run is None or not run.active:
                continue
            try:
                self._active(name)
            except SequenceRefusal as refusal:
                self._store.lose_run(name, str(refusal))
            else:
                found.append(name)
        return found

    # -------------------------------------------------------------- execution

    async def execute(self, name: str) -> RunState:
        """Run the started or unfinished sequence to its end; returns how it ended.

        Cancelled or killed, it goes on from the cursor when executed again. An exception of
        `issue` comes out of here and leaves the cursor where it is. Raises `SequenceRefusal` when
        the sequence was never started or is being executed already.
        """
        control = self._controls.get(name) or self._active(name)
        if control.executing:
            raise SequenceRefusal([f"{name} is being executed already."])
        run, entries = control.run, control.sequence.entries
        if control.restored and run.active:
            control.restored = False
            self._forget_unreceived(control)
            self._report("sequence_resumed", self._details(name, run))
        control.executing = True
        try:
            while run.active:
                failure = await self._perform(control, entries[run.cursor])
                if run.active:
                    self._advance(control, failure)
        finally:
            control.executing = False
        return run.state

    async def _perform(self, control: _Control, entry: Entry) -> str:
        """Do the entry at the cursor; returns why the sequence must abort, or nothing."""
        if isinstance(entry, WaitUntil):
            await self._gate(control)
            return await self._wait_until(control, entry)
        if control.run.phase is not Phase.ISSUED:
            if isinstance(entry, Relative):
                await self._count_down(control, self._checkpoint_period, None)
            else:
                await self._until(control, entry.time)
            await self._gate(control)
            if not control.run.active:
                return ""
            if isinstance(entry, Absolute):
                lateness = self._spacecraft_time() - entry.time
                if lateness > entry.late_tolerance:
                    self._tell(control, "sequence_entry_late", entry, lateness=lateness)
                    if entry.late is LatePolicy.SKIP:
                        return ""
                    if entry.late is LatePolicy.ABORT:
                        return f"entry {control.run.cursor} was {lateness:.3f} s late"
        return await self._issue_command(control, entry)

    async def _issue_command(self, control: _Control, entry: Relative | Absolute) -> str:
        run = control.run
        while (wait := self._rate.wait()) > 0.0:
            await self._sleep(control, wait)
            if not run.active:
                return ""
        self._rate.take()
        run.phase, run.remaining = Phase.ISSUED, 0.0
        self._save(control)
        command_id = self._command_id(control)
        rung = await self._issue(command_id, entry)
        if rung == Rung.COMPLETED:
            return ""
        self._tell(control, "sequence_entry_failed", entry, command_id=command_id, rung=str(rung))
        if entry.on_failure is OnFailure.CONTINUE:
            return ""
        return f"the command {entry.command} of entry {run.cursor} ended {rung}"

    async def _wait_until(self, control: _Control, entry: WaitUntil) -> str:
        def look() -> bool:
            return entry.holds(self._channel_value(entry.channel))

        if not control.run.active or await self._count_down(control, entry.check_period, look):
            return ""
        value = self._channel_value(entry.channel)
        self._tell(control, "sequence_entry_failed", entry, value=value, rung=str(Rung.TIMED_OUT))
        if entry.on_timeout is OnFailure.CONTINUE:
            return ""
        return (
            f"entry {control.run.cursor} waited {entry.timeout} s for {entry.channel} "
            f"{entry.comparison.value} {entry.value}; it is {value}"
        )

    async def _count_down(
        self,
        control: _Control,
        period: float,
        done: Callable[[], bool] | None,
    ) -> bool:
        """Wait what remains of the entry's time, or until `done`; True if `done` or inactive."""
        run, loop = control.run, asyncio.get_running_loop()
        deadline = loop.time() + run.remaining
        saved_at = loop.time()
        while run.active:
            if done is not None and done():
                return True
            now = loop.time()
            run.remaining = max(0.0, deadline - now)
            if run.remaining <= TIME_TOLERANCE:
                return False
            if now - saved_at >= self._checkpoint_period:
                saved_at = now
                self._save(control)
            await self._sleep(control, min(run.remaining, period))
        return True

    async def _until(self, control: _Control, time: float) -> None:
        """Wait for a spacecraft time, looking again at least once in a checkpoint period."""
        while control.run.active:
            left = time - self._spacecraft_time()
            if left <= TIME_TOLERANCE:
                return
            await self._sleep(control, max(SHORTEST_WAIT, min(left, self._checkpoint_period)))

    async def _gate(self, control: _Control) -> None:
        """Hold while the run is paused and no step is granted."""
        while control.run.state is RunState.PAUSED:
            if control.steps > 0:
                control.steps -= 1
                return
            control.wake.clear()
            await control.wake.wait()

    async def _sleep(self, control: _Control, seconds: float) -> None:
        control.wake.clear()
        try:
            async with asyncio.timeout(seconds):
                await control.wake.wait()
        except TimeoutError:
            pass

    # ---------------------------------------------------------------- records

    def _advance(self, control: _Control, failure: str) -> None:
        run, entries = control.run, control.sequence.entries
        if failure:
            self._end(control, RunState.ABORTED, reason=failure)
            return
        if run.cursor + 1 == len(entries):
            self._end(control, RunState.COMPLETED)
            return
        run.cursor += 1
        run.phase, run.remaining = Phase.WAITING, _wait_of(entries[run.cursor])
        self._save(control)

    def _end(self, control: _Control, state: RunState, **details: Any) -> None:
        control.run.state = state
        self._save(control)
        control.wake.set()
        name = control.sequence.name
        self._report(
            f"sequence_{state.value.lower()}", {**self._details(name, control.run), **details}
        )

    def _save(self, control: _Control) -> None:
        self._store.save_run(control.sequence.name, control.run)

    def _active(self, name: str) -> _Control:
        """The control of a run that has not ended, taken from storage after a boot."""
        run = self.status(name)
        if run is None or not run.active:
            state = "was never started" if run is None else f"is {run.state.value}"
            raise SequenceRefusal([f"{name} {state}: it must be started first."])
        if name not in self._controls:
            sequence = self._store.sequence(name)[0]
            if not 0 <= run.cursor < len(sequence.entries):
                raise SequenceRefusal([f"{name}: the run's cursor {run.cursor} is at no entry."])
            self._controls[name] = _Control(sequence, run, restored=True)
        return self._controls[name]

    def _paused(self, name: str) -> _Control:
        control = self._active(name)
        if control.run.state is not RunState.PAUSED:
            raise SequenceRefusal([f"{name} is {control.run.state.value}, not paused."])
        return control

    def _forget_unreceived(self, control: _Control) -> None:
        if control.run.phase is Phase.ISSUED and self._was_received is not None:
            known = self._was_received(self._command_id(control))
            control.run.phase = Phase.ISSUED if known else Phase.WAITING

    def _command_id(self, control: _Control) -> str:
        run = control.run
        return f"{self._prefix}{control.sequence.name}/{run.number}/{run.cursor}"

    def _run_of(self, command_id: str) -> _Control | None:
        """The run in this boot that issued a command; None if there is none."""
        for control in self._controls.values():
            own = self._command_id(control).rpartition("/")[0]
            if command_id.rpartition("/")[0] == own:
                return control
        return None

    def _details(self, name: str, run: Run) -> dict[str, Any]:
        return {"sequence": name, "run": run.number, "entry": run.cursor}

    def _tell(self, control: _Control, event: str, entry: Entry, **details: Any) -> None:
        what = entry.channel if isinstance(entry, WaitUntil) else entry.command
        base = self._details(control.sequence.name, control.run)
        self._report(event, {**base, "what": what, **details})


def _wait_of(entry: Entry) -> float:
    """Seconds of monotonic time that the entry waits, at most."""
    match entry:
        case Relative():
            return entry.delay
        case WaitUntil():
            return entry.timeout
    return 0.0
