"""Processes that fly batches, here or on a cluster; records come back as they are known."""

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from flight.runtime import libm
from ground.drills.jobs import Batch, Flown, Job
from ground.drills.record import Record

COMMAND = (sys.executable, "-m", "ground.drills.worker")
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""A process can be copied while it has one thread only."""
_LINES = 40  # of a worker's errors that are kept


class Workers(Protocol):
    """Something that flies batches."""

    def fly(self, batches: Sequence[Batch]) -> Iterator[tuple[int, Record]]:
        """Each job's number with its record, in the order in which they are known."""
        ...


def environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """That of a worker: one thread, and the C library pinned as `msr` does it."""
    found = dict(os.environ if given is None else given) | ONE_THREAD
    return libm.with_pin(found) if libm.dispatch(found).startswith("by the CPU") else found


class LocalWorkers:
    """So many processes of this machine at once."""

    def __init__(self, count: int) -> None:
        self.count = count

    def fly(self, batches: Sequence[Batch]) -> Iterator[tuple[int, Record]]:
        """As `Workers` says; the processes have ended when it is left, however that happens."""
        waiting = queue.SimpleQueue[Batch | None]()
        answers = queue.SimpleQueue[tuple[int, Record] | None]()
        for batch in batches:
            waiting.put(batch)
        running: dict[int, subprocess.Popen[bytes]] = {}
        stop = threading.Event()

        def work(place: int) -> None:
            try:
                while not stop.is_set() and not waiting.empty():
                    batch = waiting.get()
                    assert batch is not None
                    for answer in fly_in_process(batch, lambda p: running.update({place: p})):
                        answers.put(answer)
            finally:
                answers.put(None)

        threads = [
            threading.Thread(target=work, args=(place,), name=f"worker {place}", daemon=True)
            for place in range(min(self.count, len(batches)))
        ]
        for thread in threads:
            thread.start()
        left = len(threads)
        try:
            while left:
                answer = answers.get()
                if answer is None:
                    left -= 1
                else:
                    yield answer
        finally:
            stop.set()
            for process in list(running.values()):
                if process.poll() is None:
                    process.terminate()


def fly_in_process(
    batch: Batch, begun: Callable[[subprocess.Popen[bytes]], object] = lambda process: None
) -> Iterator[tuple[int, Record]]:
    """Flies a batch in a new process; where no record comes back, the harness has broken."""
    process = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(),
    )  # fmt: skip
    begun(process)
    errors: deque[bytes] = deque(maxlen=_LINES)
    missing: dict[int, Job] = {job.number: job for job in batch.jobs}
    with process:
        assert process.stdin and process.stdout and process.stderr
        reader = threading.Thread(target=errors.extend, args=(process.stderr,), daemon=True)
        reader.start()
        with contextlib.suppress(BrokenPipeError):  # it has died: its errors say why
            process.stdin.write(msgspec.json.encode(batch))
            process.stdin.close()
        for line in process.stdout:
            flown = msgspec.json.decode(line, type=Flown)
            missing.pop(flown.number, None)
            yield flown.number, msgspec.json.decode(flown.record, type=Record)
        reader.join()
    trace = b"".join(errors).decode(errors="replace")
    for number, job in missing.items():
        yield number, lost_record(job, f"the worker ended with {process.returncode}:\n{trace}")


def lost_record(job: Job, why: str) -> Record:
    """The record of a job of which none came back."""
    return Record(
        drill=job.drill, file=job.file, scenario=job.scenario, seed=job.seed, harness=why,
        protections_off=job.off,
    )  # fmt: skip
