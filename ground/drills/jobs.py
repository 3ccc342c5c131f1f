"""What is to be flown: one drill with its chance, and the batches in which processes take them.

Drills travel as the text of their files, so that a process elsewhere needs none of them.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from ground.drills.drill import Drill

FORMAT = 1


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One flight of a drill. `text`: its file; `changes`: what a sweep sets in it, by path.

    `off`: protections that are switched off. `bare`: without its faults. `alone`: from the
    beginning and over ZeroMQ, not as a branch. `most`: callbacks after which it is given up, None
    for no limit; `count_calls`: note
    how often each method of a device was called; `number`: its place among all. `wants_effect`: it
    ends where all is healed and nothing has hit, and then those of `instead` are flown from the
    same start, until one has an effect.
    """

    number: int
    drill: str
    file: str
    text: str
    scenario: str
    seed: int
    changes: dict[str, Any] = {}
    off: tuple[str, ...] = ()
    bare: bool = False
    alone: bool = False
    most: int | None = None
    count_calls: bool = False
    wants_effect: bool = False
    instead: tuple[str, ...] = ()
    bench: str = ""
    """The file of the bench that it is flown on; "" for none."""

    def numbered(self, number: int) -> "Job":
        """The same with another number."""
        return msgspec.structs.replace(self, number=number)

    def candidates(self) -> list["Job"]:
        """Itself, and the others that are flown where it has no effect."""
        others = [
            msgspec.structs.replace(self, drill=f"{self.drill}-{count}", text=text)
            for count, text in enumerate(self.instead, 1)
        ]
        return [self, *others]

    @property
    def trunk(self) -> tuple[Any, ...]:
        """Jobs with the same trunk can be flown from one."""
        return (self.scenario, self.seed, self.off, self.number if self.alone else None)


class Batch(msgspec.Struct, frozen=True, kw_only=True, tag="batch"):
    """Jobs of one trunk. `patience`: seconds of the processor that one of them may take."""

    jobs: list[Job]
    patience: float
    format: int = FORMAT


class SurveyOrder(msgspec.Struct, frozen=True, kw_only=True, tag="survey"):
    """A scenario that is to be surveyed."""

    scenario: str
    seed: int
    digest: str


Order = Batch | SurveyOrder
"""What a worker is told to do."""


class Flown(msgspec.Struct, frozen=True):
    """The record of a job, as it comes back: the number of the job, and the record as JSON."""

    number: int
    record: msgspec.Raw


def job_of(number: int, drill: Drill, text: str, seed: int | None = None, **more: Any) -> Job:
    """The job of flying a drill."""
    return Job(
        number=number, drill=drill.name, file=str(drill.file), text=text, scenario=drill.scenario,
        seed=drill.seed if seed is None else seed, changes=drill.swept, **more,
    )  # fmt: skip


def batches_of(jobs: Iterable[Job], workers: int, patience: float) -> list[Batch]:
    """Jobs by their trunks; a trunk with many is flown by several workers at once."""
    trunks: dict[tuple[Any, ...], list[Job]] = {}
    for job in jobs:
        trunks.setdefault(job.trunk, []).append(job)
    found: list[Batch] = []
    for mine in trunks.values():
        parts = max(1, min(workers // max(1, len(trunks)) or 1, len(mine) // 4))
        for part in range(parts):
            found.append(Batch(jobs=mine[part::parts], patience=patience))
    return found


def shown_path(path: Path | str) -> str:
    """A path as a command line takes it, from here where it can be."""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
