"""Processes that fly, here or on a cluster; what they tell comes back as it is known."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from functools import partial
from typing import Generic, Protocol, TypeVar

import msgspec

from flight.runtime import libm
from ground.drills.jobs import Batch, Flown, Job, Order, SurveyOrder
from ground.drills.record import Record
from ground.drills.survey import Survey

COMMAND = (sys.executable, "-m", "ground.drills.worker")
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""A process can be copied while it has one thread only."""
_LINES = 40  # of a worker's errors that are kept
Begun = Callable[["subprocess.Popen[bytes]"], object]
T = TypeVar("T")


class SurveyFailed(RuntimeError):
    """A scenario could not be surveyed; the text has the worker's errors."""


class WorkerKilled(BrokenExecutor, SurveyFailed):
    """It could not, as somebody has killed the worker: that is no error of the program."""


class Workers(Protocol):
    """Something that flies."""

    def fly(self, batches: Sequence[Batch]) -> Iterator[tuple[int, Record]]:
        """Each job's number with its record, in the order in which they are known."""
        ...

    def survey(self, orders: Sequence[SurveyOrder]) -> Iterator[tuple[SurveyOrder, Survey]]:
        """Each survey, in the order in which they are known. Raises SurveyFailed."""
        ...

    def close(self) -> None:
        """Nothing more is to be flown."""


class LocalWorkers:
    """So many processes of this machine at once."""

    def __init__(self, count: int) -> None:
        self.count = count

    def fly(self, batches: Sequence[Batch]) -> Iterator[tuple[int, Record]]:
        """As `Workers` says; the processes have ended when it is left, however that happens."""
        return _Crew(self.count, [partial(fly_batch, batch) for batch in batches]).work()

    def survey(self, orders: Sequence[SurveyOrder]) -> Iterator[tuple[SurveyOrder, Survey]]:
        """As `Workers` says."""
        return _Crew(self.count, [partial(fly_survey, order) for order in orders]).work()

    def close(self) -> None:
        """Nothing is left open: each order has had a process of its own."""


class _Crew(Generic[T]):
    """Threads that each wait for one process at a time."""

    def __init__(self, count: int, tasks: Sequence[Callable[[Begun], Iterator[T]]]) -> None:
        self._count = min(count, len(tasks))
        self._waiting = deque(tasks)
        self._answers = queue.SimpleQueue[tuple[str, T | None, BaseException | None]]()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._stop = threading.Event()

    def work(self) -> Iterator[T]:
        for place in range(self._count):
            threading.Thread(target=self._thread, args=(place,), daemon=True).start()
        left = self._count
        try:
            while left:
                what, answer, error = self._answers.get()
                if error is not None:
                    raise error
                if what == "over":
                    left -= 1
                elif answer is not None:
                    yield answer
        finally:
            self._stop.set()
            for process in list(self._running.values()):
                if process.poll() is None:
                    process.terminate()

    def _thread(self, place: int) -> None:
        try:
            while self._waiting and not self._stop.is_set():
                task = self._waiting.popleft()
                for answer in task(lambda process: self._running.update({place: process})):
                    self._answers.put(("answer", answer, None))
        except IndexError:
            pass  # another was quicker
        except BaseException as error:
            self._answers.put(("error", None, error))
        self._answers.put(("over", None, None))


def fly_batch(batch: Batch, begun: Begun = lambda process: None) -> Iterator[tuple[int, Record]]:
    """Flies a batch in a new process; where no record comes back, the harness has broken."""
    missing: dict[int, Job] = {job.number: job for job in batch.jobs}
    talk = _Talk(batch, begun)
    for line in talk.lines():
        flown = msgspec.json.decode(line, type=Flown)
        missing.pop(flown.number, None)
        yield flown.number, msgspec.json.decode(flown.record, type=Record)
    for number, job in missing.items():
        yield number, lost_record(job, talk.end)


def fly_survey(
    order: SurveyOrder, begun: Begun = lambda process: None
) -> Iterator[tuple[SurveyOrder, Survey]]:
    """Surveys a scenario in a new process. Raises SurveyFailed."""
    talk = _Talk(order, begun)
    found = [msgspec.json.decode(line, type=Survey) for line in talk.lines()]
    if not found:
        failed = WorkerKilled if talk.code == -signal.SIGKILL else SurveyFailed
        raise failed(f"{order.scenario}, seed {order.seed}: {talk.end}")
    yield order, found[0]


class _Talk:
    """One worker process: what it is told, and the lines that it answers."""

    def __init__(self, order: Order, begun: Begun) -> None:
        self._order, self._begun = order, begun
        self.end = ""
        self.code = 0  # what it has ended with

    def lines(self) -> Iterator[bytes]:
        process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(),
        )  # fmt: skip
        self._begun(process)
        errors: deque[bytes] = deque(maxlen=_LINES)
        with process:
            assert process.stdin and process.stdout and process.stderr
            reader = threading.Thread(target=errors.extend, args=(process.stderr,), daemon=True)
            reader.start()
            with contextlib.suppress(BrokenPipeError):  # it has died: its errors say why
                process.stdin.write(msgspec.json.encode(self._order))
                process.stdin.close()
            yield from process.stdout
            reader.join()
        self.code = process.returncode
        trace = b"".join(errors).decode(errors="replace")
        self.end = f"the worker ended with {process.returncode}:\n{trace}"


def lost_record(job: Job, why: str) -> Record:
    """The record of a job of which none came back."""
    return Record(
        drill=job.drill, file=job.file, scenario=job.scenario, seed=job.seed, harness=why,
        protections_off=job.off,
    )  # fmt: skip


def environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """That of a worker: one thread, and the C library pinned as `msr` does it."""
    found = dict(os.environ if given is None else given) | ONE_THREAD
    return libm.with_pin(found) if libm.dispatch(found).startswith("by the CPU") else found
