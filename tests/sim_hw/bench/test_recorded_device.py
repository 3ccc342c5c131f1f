"""One device from a recording: it says what it said, as long as it is asked the same."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flight.icd.codec import pack
from flight.icd.devices.mobility import Wheels
from sim_hw.bench.recorded_device import RecordedPeer, recorded_device, same
from sim_hw.bench.recorder import Recorder
from sim_hw.bench.recording import NoRecording
from sim_hw.bench.recording_what import record_heard

WHEELS = "rover.wheels"


class Tape:
    """A recording that is made by hand: each call with when it was answered, and by what."""

    def __init__(self, file: Path) -> None:
        self.file, self._recorder, self._order = file, Recorder(file), 0

    def call(
        self, at: float, number: int, method: str, service: str = WHEELS, **given: Any
    ) -> None:
        values = [number, method, given, 9.0, 9.0, round(at * 1e9)]
        record_heard(self._recorder, "call", service, values)

    def told(self, at: float, told: list[Any]) -> None:
        self._order += 1
        line = {"type": "bench", "told": told}
        given = {"time_ns": round(at * 1e9), "order": self._order, "input": line}
        record_heard(self._recorder, "input", "", [given])

    def reply(self, at: float, number: int, result: Any, service: str = WHEELS) -> None:
        self.told(at, ["reply", service, number, result, "", "", "", 0, 0])

    def close(self) -> Path:
        self._recorder.close()
        return self.file


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """A reading, a drive with an effect, two readings, a drive."""
    made = Tape(tmp_path / "a.mcap")
    made.told(0.0, ["state", WHEELS, "armed", "", 1, {"serial": "SN1"}])
    made.call(1.0, 1, "state")
    made.reply(1.25, 1, "first")
    made.call(2.0, 2, "drive", distance=1.5)
    made.call(2.1, 3, "state", "rover.battery")
    made.told(2.5, ["effect", WHEELS, 2, {"distance": 0.7}])
    made.reply(2.6, 3, "another's", "rover.battery")
    made.reply(3.0, 2, "driven")
    made.call(4.0, 4, "state")
    made.reply(4.5, 4, "second")
    made.call(5.0, 5, "state")
    made.reply(5.5, 5, "third")
    made.call(6.0, 6, "drive", distance=2.0)
    made.reply(7.0, 6, "driven again")
    return made.close()


class Asking:
    """Asks a peer, and hears when what is admitted, by the loop's time."""

    def __init__(self, file: Path) -> None:
        self.heard: list[tuple[float, Any]] = []
        self.diverged: list[str] = []
        self._loop, self._number = asyncio.get_running_loop(), 100
        device = recorded_device(file, WHEELS)
        self.peer = RecordedPeer(device, Wheels, self._take, self.diverged.append)
        self.peer.begin()

    def _take(self, told: list[Any]) -> None:
        at = round(self._loop.time(), 6)
        what = told[3] if told[0] != "state" else told[2]
        self.heard.append((at, what if told[0] == "state" else (told[2], what)))

    async def ask(self, method: str, **arguments: Any) -> None:
        self._number += 1
        self.peer.send(pack(["call", WHEELS, self._number, method, arguments, 9.0, 9.0]))
        await asyncio.sleep(10.0)


async def test_each_call_is_answered_as_it_was_and_as_much_later(tape: Path) -> None:
    """A reading too many is told what was read last; of those that nobody asks for none waits."""
    asking = Asking(tape)
    await asyncio.sleep(0.5)
    await asking.ask("state")
    await asking.ask("state")  # once more
    await asking.ask("drive", distance=1.5 + 1e-9)
    await asking.ask("drive", distance=2.0)  # the readings between were not asked for
    await asking.ask("state")
    assert asking.heard == [
        (0.0, "armed"), (0.75, (101, "first")), (10.75, (102, "first")),
        (21.0, (103, {"distance": 0.7})), (21.5, (103, "driven")), (31.5, (104, "driven again")),
        (41.0, (105, "third")),
    ]  # fmt: skip
    assert (asking.peer.answered, asking.peer.again, asking.diverged) == (5, 2, [])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("drive", {"distance": 1.6}), "drive(distance=1.6); recorded is drive(distance=1.5)"),
        (("turn", {"angle": 1.5}), "turn(angle=1.5); recorded is drive(distance=1.5)"),
        (("self_test", {}), "self_test(), which is not in the recording"),
    ],
)
async def test_what_was_not_asked_then_is_answered_by_nobody(
    tape: Path, asked: tuple[str, dict[str, Any]], words: str
) -> None:
    asking = Asking(tape)
    await asking.ask(asked[0], **asked[1])
    assert len(asking.diverged) == 1 and words in asking.diverged[0]
    await asking.ask("drive", distance=1.5)  # nor anything after it
    assert asking.heard == [(0.0, "armed")] and len(asking.diverged) == 1


async def test_behind_the_last_motion_there_is_no_other(tape: Path) -> None:
    asking = Asking(tape)
    for distance in (1.5, 2.0, 2.0):
        await asking.ask("drive", distance=distance)
    assert "drive(distance=2), and no more of it is recorded" in asking.diverged[0]


def test_who_is_not_in_it_and_what_is_torn_is_refused(tape: Path) -> None:
    with pytest.raises(NoRecording, match=r"allowed is one of rover.wheels, rover.battery"):
        recorded_device(tape, "rover.gripper")
    tape.write_bytes(tape.read_bytes()[:-9])
    with pytest.raises(NoRecording, match=r"torn at t=.*: what rover.wheels said after that"):
        recorded_device(tape, WHEELS)


def test_arguments_are_the_same_however_they_are_written() -> None:
    assert same({"a": 1.0, "b": [1, 2]}, {"a": 1, "b": (1.0, 2.0)}) and same("x", "x")
    for one, other in (
        ({"a": 1}, {"b": 1}), ({"a": 1}, {"a": 1, "b": 1}), ([1], [1, 1]), (True, 1), (1.0, 1.1),
        ("1", 1), (None, 0),
    ):  # fmt: skip
        assert not same(one, other) and not same(other, one)
