"""Flies a mission in memory in a process of its own, and branches it at random instants.

`python -m tests.missions.branched_run MISSION FOLDER BRANCHES` prints one JSON object: the hash of
the unbranched run, of the branched one and of its branches, when its procedure has ended, and the
longest time that a fork took, in ms of the wall clock.
"""

import asyncio
import contextlib
import json
import sys
import time
from pathlib import Path

from flight.icd.custody_record import CustodyStatus
from flight.icd.messages import CustodyReport, Message
from flight.runtime.forking import Branch, branch
from flight.runtime.loop import VirtualLoop
from flight.runtime.streams import stream
from ground.missions.mission import load_mission
from ground.testbed.fly import fly
from ground.testbed.hosts.virtual import Virtual, VirtualHost
from ground.testbed.run import Run, RunOptions

AT_ONCE = 2  # branches that fly beside the run; the memory and the cores are not for more


class Taken(Exception):
    """The hash of a branch has been taken: what comes then would write into the run's folder."""


class Watched:
    """A run whose hash is taken when its procedure ends, and that branches at chosen messages."""

    def __init__(self, at: tuple[int, ...] = (), *, in_a_hand_over: bool = False) -> None:
        self.at = at
        self.in_a_hand_over = in_a_hand_over
        self.heard = 0
        self.hash = ""
        self.is_branch = False
        self.branches: list[str] = []
        self.flying: list[Branch] = []
        self.longest = 0.0
        self._run: Run | None = None
        self._loop: VirtualLoop

    def look(self, run: Run) -> None:
        if self._run is not None:
            return
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self._run, self._loop = run, loop
        run.observers.append(self._hear)
        run._ended.add_done_callback(lambda _: loop.between(self._take_hash))

    def _take_hash(self) -> None:
        assert self._run is not None and isinstance(self._run.host, VirtualHost)
        self.hash = self._run.host.rig.log.sha256()
        if self.is_branch:
            raise Taken

    def _hear(self, message: Message) -> None:
        self.heard += 1
        handing = self.in_a_hand_over and (
            isinstance(message, CustodyReport)
            and message.record.get("status") == CustodyStatus.OFFERED
        )
        if handing:
            self.in_a_hand_over = False
        if handing or self.heard in self.at:
            self._loop.between(self._branch)

    def _branch(self) -> None:
        if len(self.flying) == AT_ONCE:
            self.collect()
        begin = time.perf_counter()
        self.flying.append(branch(self._loop, self._work))
        self.longest = max(self.longest, (time.perf_counter() - begin) * 1e3)

    def _work(self) -> bytes:
        self.at, self.in_a_hand_over, self.is_branch = (), False, True
        with contextlib.suppress(Taken):
            self._loop.go_on(until=lambda: False)
        return self.hash.encode()

    def collect(self) -> None:
        """Waits for the branches that fly."""
        self.branches += [each.result().decode() for each in self.flying]
        self.flying.clear()


def fly_watched(name: str, folder: Path, watched: Watched) -> None:
    fly(load_mission(name), folder, RunOptions(), Virtual(in_memory=True), watched.look)
    watched.collect()


def main(name: str, folder: Path, branches: int) -> None:
    alone = Watched()
    fly_watched(name, folder / "alone", alone)
    at = tuple(stream(branches, "branches").sample(range(1, alone.heard), branches - 1))
    watched = Watched(at, in_a_hand_over=True)
    fly_watched(name, folder / "branched", watched)
    answer = {
        "alone": alone.hash,
        "branched": watched.hash,
        "branches": watched.branches,
        "longest_fork_ms": watched.longest,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
