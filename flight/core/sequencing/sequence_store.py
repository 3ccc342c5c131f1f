"""What is kept of sequences over reboots: the sequences themselves and the record of each run."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from flight.core.keeping.storage import Storage, StorageDamage
from flight.core.sequencing.sequences import SequenceRefusal, StoredSequence, parse_sequence

SEQUENCES = "sequences"
RUNS = "sequence_runs"
RUN_HISTORY = 32

EventReport = Callable[[str, dict[str, Any]], None]


class RunState(StrEnum):
    """Where a run stands; the last two are its end."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    ABORTED = "ABORTED"


class Phase(StrEnum):
    """How far the entry at the cursor has come."""

    WAITING = "WAITING"
    ISSUED = "ISSUED"


class Run(msgspec.Struct, forbid_unknown_fields=True):
    """The persistent record of a sequence's last run; `remaining` seconds of the entry's wait.

    `depth`: how many sequences, one started by the other, led to this run.
    """

    number: int
    state: RunState = RunState.RUNNING
    cursor: int = 0
    phase: Phase = Phase.WAITING
    remaining: float = 0.0
    depth: int = 0

    @property
    def active(self) -> bool:
        """Whether the run has not ended."""
        return self.state in (RunState.RUNNING, RunState.PAUSED)


class SequenceStore:
    """Sequences and runs in non-volatile storage, by name of the sequence."""

    def __init__(self, storage: Storage, report: EventReport) -> None:
        self._storage = storage
        self._report = report

    def put_sequence(self, sequence: StoredSequence, *, validated: bool) -> None:
        """Store a sequence, replacing the one of that name."""
        plain = msgspec.to_builtins(sequence)
        self._storage.put(SEQUENCES, sequence.name, {"sequence": plain, "validated": validated})

    def sequence(self, name: str) -> tuple[StoredSequence, bool]:
        """The sequence and whether it is validated; raises `SequenceRefusal` if it is no good."""
        try:
            stored = self._storage.get(SEQUENCES, name)
        except StorageDamage as damage:
            raise SequenceRefusal([str(damage)]) from damage
        if stored is None:
            known = ", ".join(self.names()) or "none"
            raise SequenceRefusal([f"{name!r} is no stored sequence: allowed are {known}."])
        return parse_sequence(stored["sequence"]), bool(stored["validated"])

    def names(self) -> list[str]:
        """The names of all stored sequences, sorted."""
        return list(self._storage.items(SEQUENCES))

    def begin_run(self, name: str, wait: float, depth: int) -> Run:
        """Record a new run, whose first entry waits `wait` seconds; its number was never given."""
        with self._storage.transaction():
            number = self._storage.append(RUNS, {"sequence": name})
            self._storage.trim(RUNS, keep=RUN_HISTORY)
            run = Run(number, remaining=wait, depth=depth)
            self.save_run(name, run)
        return run

    def save_run(self, name: str, run: Run) -> None:
        """Write the record of a run."""
        self._storage.put(RUNS, name, msgspec.to_builtins(run))

    def run(self, name: str) -> Run | None:
        """The record of the last run; None if there is none, or none that can be read."""
        try:
            stored = self._storage.get(RUNS, name)
            return None if stored is None else msgspec.convert(stored, Run)
        except (StorageDamage, msgspec.ValidationError) as error:
            self.lose_run(name, str(error))
            return None

    def run_names(self) -> list[str]:
        """The names of all sequences that have a record of a run, sorted."""
        return list(self._storage.items(RUNS))

    def lose_run(self, name: str, reason: str) -> None:
        """Drop a run that cannot go on: which commands it has issued, or had to, is unknown."""
        self._storage.delete(RUNS, name)
        self._report("sequence_lost", {"sequence": name, "reason": reason})
