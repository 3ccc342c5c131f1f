"""How late a machine is by itself while something else is measured on it: a process beside that
only sleeps. `python -m ground.benchmarks.floor_beside RATE WAY`, until its input ends.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import msgspec

from sim_hw.bench.histogram import Histogram
from sim_hw.bench.realtime import real_time

RATE = 100.0  # Hz
ENDING = 10.0  # s that it may take to say what it has found
FIFO, USUAL = "fifo", "usual"


class Found(msgspec.Struct, frozen=True):
    """What the process says at its end: times in s, and what was not permitted."""

    late: list[float]
    refused: list[str]


@dataclass
class FloorBeside:
    """`lateness`: s of each sleep of the process beside; there is nothing before the block ends."""

    lateness: Histogram = field(default_factory=Histogram)
    refused: list[str] = field(default_factory=list)


@contextmanager
def floor_beside(*, realtime: bool = False, rate: float = RATE) -> Iterator[FloorBeside]:
    """The floor of the time that a block takes, by a process of its own: what goes on in the block
    holds it up only as it would any other program. `realtime`: ahead of others, as the block is."""
    words = ["-m", "ground.benchmarks.floor_beside", str(rate), FIFO if realtime else USUAL]
    with subprocess.Popen(
        [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        found = FloorBeside()
        try:
            assert process.stdout is not None
            process.stdout.readline()  # it has begun
            yield found
            said, _ = process.communicate(timeout=ENDING)
        except BaseException:
            process.kill()
            raise
    told = msgspec.json.decode(said, type=Found)
    for each in told.late:
        found.lateness.add(each)
    found.refused += told.refused


def sleep_until_told(rate: float, *, realtime: bool) -> Found:
    """Sleeps `rate` times a second until the standard input ends; how late each sleep ended."""
    ended = threading.Event()

    def hear() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        ended.set()

    late: list[float] = []
    ahead: AbstractContextManager[list[str]] = real_time() if realtime else nullcontext([])
    with ahead as refused:
        threading.Thread(target=hear, daemon=True).start()
        print(flush=True)
        due = time.monotonic()
        while not ended.is_set():
            due = max(due + 1.0 / rate, time.monotonic())  # what has slipped is in one that is late
            time.sleep(max(0.0, due - time.monotonic()))
            late.append(time.monotonic() - due)
    return Found(late, refused)


if __name__ == "__main__":
    told = sleep_until_told(float(sys.argv[1]), realtime=sys.argv[2] == FIFO)
    sys.stdout.buffer.write(msgspec.json.encode(told))
