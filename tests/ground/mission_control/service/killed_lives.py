"""Mission control with its service and its archive in processes that are killed, one after another.

`python -m tests.ground.mission_control.service.killed_lives FOLDER FIRST_SEED DEATHS` is the world:
Mars, the stations, and what people have been answered. Each life of mission control is a process
that it forks, and that tells it through a pipe what leaves the ground. A life ends by SIGKILL
before the n-th statement, frame or answer, or by a timer of the processor's time at whatever it
does then.
"""

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.ground_station import (
    EarthLinkState,
    GroundStations,
    NetworkStatus,
    NumberedFrame,
    PredictedPass,
    Uplinked,
)
from flight.icd.messages import (
    CommandReport,
    Rung,
)
from flight.runtime.discs import FileDisc
from flight.runtime.loop import NANOSECONDS, VirtualLoop, run
from flight.runtime.memory_fabric import MemoryFabric
from ground.mission_control.commanding.tracked import Verdict
from ground.mission_control.procedures.reading import Program, load_procedure
from tests.ground.mission_control.conftest import LIGHT_TIME, PASS_LENGTH, PASS_PERIOD
from tests.ground.mission_control.service.desk_bench import QUIET, SERVED, Desked
from tests.ground.mission_control.service.lasting_world import END, World, next_pass, written

LIVES = 6  # of one flight: all but the last are killed
EVENTS = 150  # a death comes before at most so many
PROCESSOR = 0.12  # s of the processor after which a timer kills at most

DRIVE: dict[str, Any] = {"vehicle": "rover", "command": "drive"}
DROP: dict[str, Any] = {
    "vehicle": "rover", "command": "release", "arguments": {"tube": "M1"}, "note": "why",
}  # fmt: skip


def driven(metres: float) -> dict[str, Any]:
    """A drive that is staged."""
    return {**DRIVE, "arguments": {"distance": metres}}


ACTS: list[tuple[str, str, dict[str, Any]]] = [
    ("anna", "authority_take", {"vehicle": "rover"}),
    ("anna", "stage", driven(1.0)),  # st-1
    ("anna", "release", {"stages": ["st-1"]}),
    ("anna", "stage", DROP),  # st-2
    ("anna", "release", {"stages": ["st-2"]}),  # refused: nobody has approved
    ("ben", "approve", {"stage": "st-2"}),
    ("anna", "release", {"stages": ["st-2"]}),
    ("anna", "stage", driven(2.0)),  # st-3
    ("anna", "edit", {"stage": "st-3", "arguments": {"distance": 3.0}}),
    ("anna", "stage", driven(4.0)),  # st-4
    ("anna", "release", {"stages": ["st-3", "st-4"]}),
    ("anna", "stage", driven(5.0)),  # st-5
    ("anna", "unstage", {"stage": "st-5"}),
    ("anna", "stage", driven(6.0)),  # st-6: released while no link is up, and taken back
    ("anna", "release", {"stages": ["st-6"]}),
    ("anna", "cancel", {"stage": "st-6"}),
    ("anna", "stage", DROP),  # st-7: approved, and edited
    ("ben", "approve", {"stage": "st-7"}),
    ("anna", "edit", {"stage": "st-7", "arguments": {"tube": "M2"}}),
    ("anna", "release", {"stages": ["st-7"]}),  # refused
    ("anna", "stage", driven(7.0)),  # st-8
    ("anna", "release", {"stages": ["st-8"]}),
]
REFUSED = (4, 19)  # of these acts
RUNGS = ["RECEIVED", "ACCEPTED", "STARTED", "COMPLETED"]
BLOCKED = (12.0 + 150.0 * 12, 12.0 + 150.0 * 16)  # s in which no link to Mars is up
OBEYED = [{"distance": 1.0}, {"tube": "M1"}, {"distance": 3.0}, {"distance": 4.0}]
LATER = {"distance": 7.0}


def when(number: int) -> float:
    """Mission time (s) of an act."""
    return 12.0 + 150.0 * number


# -------------------------------------------------------------------------------- one life


class Death:
    """When a life ends: before the n-th event, or not by that."""

    left = -1
    world: World

    @classmethod
    def event(cls) -> None:
        """Something is about to be kept, to leave, or to be answered."""
        cls.world.now = max(cls.world.now, asyncio.get_running_loop().time())
        cls.left -= 1
        if cls.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Mortal(sqlite3.Connection):
    """Each statement is an event."""

    def execute(self, *arguments: Any) -> Any:
        Death.event()
        return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        Death.event()
        return super().executemany(*arguments)


class LastingStations(GroundStations):
    """Stations that outlive mission control: what they have sent, the world knows."""

    def __init__(self, world: World, tell: Callable[[dict[str, Any]], None]) -> None:
        self.world = world
        self.tell = tell
        self.emit: Callable[[str, Any], None] = lambda name, data: None

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def begin(self) -> None:
        """From now on what comes down is passed on when it does."""
        self._passed_on = len(self.world.came(self.now))
        self._expect()

    def _expect(self) -> None:
        for at in dict.fromkeys(at for at, _ in self.world.downs() if at > self.now):
            asyncio.get_running_loop().call_at(at, self._come)

    def _come(self) -> None:
        for frame in self._frames(self._passed_on):
            self._passed_on = frame.number
            self.emit("received", frame)

    def _frames(self, after: int, most: int | None = None) -> list[NumberedFrame]:
        found = enumerate(self.world.came(self.now), 1)
        new = [(number, message) for number, message in found if number > after][:most]
        return [NumberedFrame("relay/rover", written(*each), each[0]) for each in new]

    async def status(self) -> NetworkStatus:
        first = (self.now // PASS_PERIOD) * PASS_PERIOD
        passes = [
            PredictedPass("rover", first + k * PASS_PERIOD, first + k * PASS_PERIOD + PASS_LENGTH)
            for k in range(6)
        ]
        return NetworkStatus(
            time_ns=round(self.now * NANOSECONDS), light_time=LIGHT_TIME, moratorium=False,
            links=[EarthLinkState("relay", not self._is_blocked(), 1e6)], passes=passes,
            last_frame=len(self.world.came(self.now)),
        )  # fmt: skip

    def _is_blocked(self) -> bool:
        return BLOCKED[0] <= self.now < BLOCKED[1]

    async def frames(self, after: int) -> list[NumberedFrame]:
        return self._frames(after, 3)

    async def uplink(self, spacecraft: str, destination: str, data: bytes) -> Uplinked:
        if self._is_blocked():
            raise DeviceFault("no_link", "the relay is behind Mars")
        Death.event()  # the frame has not left
        told = {"frame": data.hex(), "at": self.now}
        self.tell(told)
        Death.event()  # it has, and nobody on the ground knows
        self.world.take(told)
        self._expect()
        return Uplinked(next_pass(self.now + LIGHT_TIME))


class Life(Desked):
    """Mission control from a start to its death, or to the end of the flight."""

    disc = FileDisc(Mortal)

    def __init__(
        self, folder: Path, program: Program, world: World, tell: Callable[[dict[str, Any]], None]
    ) -> None:
        super().__init__(folder, program)
        self.world = world
        self.tell = tell
        self._fabric = MemoryFabric()
        self.stations: Any = LastingStations(world, tell)

    async def live(self) -> None:
        """Goes on where the last life ended: shows nothing wrong, and lets people ask again."""
        self.stations.begin()
        whole(self)
        self.begin()
        await asyncio.sleep(1.0)  # the stations have been asked
        whole(self)
        up_to_date(self)
        for number in range(len(ACTS)):
            if number not in self.world.answers:
                await self.until(max(self.stations.now, when(number)))
                self._act(number)
        await self.until(END)
        whole(self)
        ended_well(self)

    def _act(self, number: int) -> None:
        """The act of a number, under its own key, however often it is asked for."""
        who, do, fields = ACTS[number]
        fields = dict(fields)
        if do == "approve":
            fields["hash"] = self.item(fields["stage"]).hash
        if do == "cancel":
            fields = {"identifier": self.item(fields["stage"]).identifiers[0]}
        answer = self.ask(who, do, key=f"act {number}", **fields)
        assert answer.ok == (number not in REFUSED), (number, answer)
        Death.event()  # it was done, and nobody was told
        told = {"act": number, "ok": answer.ok}
        self.tell(told)
        self.world.take(told)


# ------------------------------------------------------------------------- what must be so


def whole(life: Life) -> None:
    """What there is does not contradict itself, nor what the world knows."""
    desk, tracker, world = life.service.desk, life.control.tracker, life.world
    numbers = [entry.n for entry in life.entries()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert life.control.archive.count("journal") == len(numbers)
    named = [name for item in desk.stack.all() for name in item.identifiers]
    commands = [each.order.identifier for each in tracker.commands()]
    assert sorted(named) == sorted(commands)
    for item in desk.stack.all():
        assert not item.identifiers or item.state in ("released", "cancelled"), item
        assert item.identifiers or item.state != "released", item
        if item.state == "released" and item.hazardous:
            assert item.approved_by == "ben"
    sent = [order.identifier for up in world.uplinks for order in up.orders]
    assert set(sent) <= set(commands), "a command has left that mission control does not know"
    told = {(each.identifier, str(each.rung)) for each in reports(world, life.stations.now)}
    for row in life.done("eve", "history")["commands"]:
        name, status = row["identifier"], row["status"]
        if status in ("WAITING", str(Verdict.CANCELLED)):
            assert name not in sent, (status, name, "has left")
        elif status == "PERHAPS_SENT":
            assert row["sent_ns"] is None
        else:
            assert name in sent, (status, name, "has not left")
        for rung in row["rungs"]:
            assert (name, rung["rung"]) in told, (name, rung, "was not told")
        if status in list(Rung):
            assert (name, status) in told, (name, status)


def up_to_date(life: Life) -> None:
    """All that has come down is known, also what came while nobody was there."""
    rows = {row["identifier"]: row for row in life.done("eve", "history")["commands"]}
    for report in reports(life.world, life.stations.now):
        row = rows[report.identifier]
        assert str(report.rung) in [each["rung"] for each in row["rungs"]], (report, row)
        if report.rung is Rung.COMPLETED:
            assert row["status"] == "COMPLETED", (report, row)
            assert any(
                each["rung"] == "COMPLETED" and "not_counted" not in each for each in row["rungs"]
            ), row


def reports(world: World, now: float) -> list[CommandReport]:
    """What vehicles have said of commands, and what is here of that."""
    return [each for each in world.came(now) if isinstance(each, CommandReport)]


def ended_well(life: Life) -> None:
    """No command is lost, none was sent twice under another name or number."""
    world, stack = life.world, life.service.desk.stack
    numbers = [up.number for up in world.uplinks]
    assert len(set(numbers)) == len(numbers), f"two frames have one number: {numbers}"
    assert [order.arguments for order in world.obeyed()] == [*OBEYED, LATER]
    states = {item.stage: item.state for item in stack.all()}
    assert states == {
        "st-1": "released", "st-2": "released", "st-3": "released", "st-4": "released",
        "st-5": "cancelled", "st-6": "cancelled", "st-7": "void", "st-8": "released",
    }  # fmt: skip
    rows = life.done("eve", "history")["commands"]
    statuses = [row["status"] for row in reversed(rows)]
    assert statuses == [*["COMPLETED"] * 5, "CANCELLED", "COMPLETED"], statuses
    for row in rows:  # as they were climbed, also after a restart
        climbed = [RUNGS.index(each["rung"]) for each in row["rungs"]]
        assert climbed == sorted(climbed), row["rungs"]
    audited = [entry for entry in life.entries("audit") if entry.data["key"].startswith("act ")]
    assert len(audited) == len(ACTS)  # each once


# ------------------------------------------------------------------------- life after life


def one_life(folder: Path, world: World, tell: Callable[[dict[str, Any]], None]) -> None:
    """Runs one life in this process."""
    program = load_procedure(folder / "test.yaml", {}, SERVED, None)

    async def main() -> None:
        async with Life(folder / "run", program, world, tell) as life:
            try:
                await life.live()
            finally:
                life.service.close()

    start = round((world.now + 0.001) * NANOSECONDS)
    Death.world = world
    run(main(), VirtualLoop(start_ns=start))


def born(folder: Path, world: World, death: tuple[int, float]) -> int:
    """Forks a life with its death; returns the status with which it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            Death.left = death[0]
            if death[1] > 0.0:
                signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process where it is
                signal.setitimer(signal.ITIMER_PROF, death[1])
            one_life(folder, world, lambda told: _tell(writing, told))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        for line in told.read().splitlines():
            world.take(msgspec.json.decode(line))
    return os.waitpid(child, 0)[1]


def _tell(descriptor: int, told: dict[str, Any]) -> None:
    line = msgspec.json.encode(told) + b"\n"
    assert os.write(descriptor, line) == len(line)  # whole, or not at all


def flight(folder: Path, seed: int) -> dict[str, int]:
    """One flight of several lives; how they ended."""
    folder.mkdir(parents=True)
    head = "title: Test\nphases:\n  - {name: first, title: First}\nsteps:\n"
    (folder / "test.yaml").write_text(head + QUIET, encoding="utf-8")
    (folder / "limit_sets.yaml").write_text("format: 1\nsets: {}\n")
    (folder / "derived_channels.yaml").write_text("format: 1\nchannels: {}\n")
    chance, world, ends = random.Random(seed), World(), {"at an event": 0, "by a timer": 0}
    for life in range(LIVES):
        by_timer = chance.random() < 0.4
        death = (-1, chance.uniform(0.002, PROCESSOR)) if by_timer else (
            chance.randint(1, EVENTS), 0.0
        )  # fmt: skip
        status = born(folder, world, (-1, 0.0) if life == LIVES - 1 else death)
        if os.WIFSIGNALED(status):
            ends["by a timer" if by_timer else "at an event"] += 1
        elif os.waitstatus_to_exitcode(status) != 0:
            raise AssertionError(f"seed {seed}: life {life}, {death}, showed something wrong")
        else:
            break  # it came to the end
    else:
        raise AssertionError("the last life was killed as well")
    return ends


def main(words: list[str]) -> None:
    """Flies until there were so many deaths; prints how they came, as JSON."""
    folder, first, deaths = Path(words[0]), int(words[1]), int(words[2])
    began = time.perf_counter()
    ends: dict[str, int] = {"at an event": 0, "by a timer": 0, "flights": 0}
    for seed in count(first):
        for how, many in flight(folder / str(seed), seed).items():
            ends[how] += many
        ends["flights"] += 1
        if ends["at an event"] + ends["by a timer"] >= deaths:
            break
    print(json.dumps({**ends, "seconds": round(time.perf_counter() - began, 1)}))


if __name__ == "__main__":
    main(sys.argv[1:])
