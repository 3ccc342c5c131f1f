"""The records of a campaign while it flies, so that one that is broken off leaves what was done."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.whole_files import replace_file
from ground.drills.campaign import Campaign, Task
from ground.drills.candidates import flown_task
from ground.drills.record import Judged
from ground.drills.results import RECORDS, SUMMARY, kept_name, write_results
from ground.drills.telling import shown_of, summary_of
from ground.missions.earlier_run import nearest_made, remove_empty


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """While a campaign flies, no other keeps its records in the same folder: each would write over
    those of the other. Raises ConfigurationError where one does already. A folder that is made for
    it and left empty, by a campaign that was refused, is removed."""
    made = nearest_made(folder)
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            problem = "another campaign of drills is under way in this folder; allowed is another"
            raise ConfigurationError(str(folder), None, "--out", problem) from None
        except OSError:
            pass  # a file system that locks no folders
        yield
    finally:
        if made is not None:
            with contextlib.suppress(OSError):
                remove_empty(folder, made)
        os.close(held)


class GrowingRecords:
    """Keeps each record as soon as it is judged, in the file that has all of them at the end; what
    an earlier campaign has left there goes. Use as `with GrowingRecords(...) as records`.

    Twins (numbers that are not of `tasks`) are kept by nobody. Where the block is left by an error
    or an interruption, a summary says how far it had come.
    """

    def __init__(
        self,
        folder: Path,
        campaign: Campaign,
        tasks: Sequence[Task],
        command: str,
        tell: Callable[[str], None],
    ) -> None:
        self._folder, self._campaign, self._command, self._tell = folder, campaign, command, tell
        self._numbers = {task.job.number for task in tasks}
        self._files = {kept_name(task.drill.file, task.job.text): task.job.text for task in tasks}
        self._flown: list[tuple[Task, Judged]] = []

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, text in self._files.items():
            file = self._folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(file, text)
        (self._folder / SUMMARY).unlink(missing_ok=True)
        self._file = (self._folder / RECORDS).open("wb", buffering=0)
        self._campaign.on_judged = self.add
        return self

    def add(self, task: Task, judged: Judged) -> None:
        """One more is flown."""
        if task.job.number in self._numbers:
            self._flown.append((task, judged))
            (shown,) = shown_of([task], [judged])
            self._file.write(msgspec.json.encode(shown) + b"\n")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._campaign.on_judged = lambda task, judged: None
        self._file.close()
        if error is None:
            return
        pairs = [flown_task(task, judged) for task, judged in self._flown]
        tasks, judged = [task for task, _ in pairs], [each for _, each in pairs]
        summary = summary_of(self._command, judged, self._campaign.seconds)
        words = f"broken off: {len(judged)} of {len(self._numbers)} were flown"
        summary.notes = [words]
        write_results(self._folder, shown_of(tasks, judged), summary)
        self._tell(f"{words}; their records: {self._folder / RECORDS}")
