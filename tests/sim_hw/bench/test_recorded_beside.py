"""A recorded device beside others: readings as they were at their instants, and what it refuses."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.mobility import Wheels
from flight.icd.devices.power import Battery
from sim_hw.bench.recorded_beside import RecordedBeside
from sim_hw.bench.recorded_device import recorded_device
from tests.sim_hw.bench.test_recorded_device import WHEELS, Tape

BATTERY = "rover.battery"


class Asking:
    """Asks it, and hears what is put into the run: when, and what."""

    def __init__(self, file: Path, service: str, hold: float = 60.0) -> None:
        self.heard: list[tuple[float, list[Any]]] = []
        self.refused: list[str] = []
        loop = asyncio.get_running_loop()
        interface = Wheels if service == WHEELS else Battery
        self.device = RecordedBeside(
            recorded_device(file, service), interface, hold,
            lambda told: self.heard.append((round(loop.time(), 6), told)), self.refused.append,
        )  # fmt: skip
        self.device.begin()

    async def ask(self, at: float, number: int, method: str, **arguments: Any) -> None:
        await asyncio.sleep(at - asyncio.get_running_loop().time())
        self.device.call(number, method, arguments)

    @property
    def answers(self) -> list[tuple[float, int, Any]]:
        return [(at, told[2], told[3]) for at, told in self.heard if told[0] != "state"]


@pytest.fixture
def battery(tmp_path: Path) -> Path:
    """Read at 10, 20 (20 ms old) and 100 s; lost at 150, and asked for the last time at 151 s."""
    made = Tape(tmp_path / "a.mcap")
    made.told(0.0, ["state", BATTERY, "armed", "", 1, {"serial": "SN1"}])
    for at, number, told in ((10.0, 1, "at 10"), (20.0, 2, "at 20"), (100.0, 3, "at 100")):
        made.call(at, number, "state", BATTERY)
        made.told(at + 0.5, ["reply", BATTERY, number, told, "", "", "", 20_000, 0])
    made.told(150.0, ["state", BATTERY, "lost", "unplugged", 1, {}])
    made.call(151.0, 4, "state", BATTERY)
    return made.close()


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A reading, a drive from 10 to 12 s, a reading at 13 s, a drive from 20 s."""
    made = Tape(tmp_path / "a.mcap")
    made.told(0.0, ["state", WHEELS, "armed", "", 1, {"serial": "SN1"}])
    made.call(5.0, 1, "state")
    made.reply(5.1, 1, "before")
    made.call(10.0, 2, "drive", distance=1.5)
    made.told(11.0, ["effect", WHEELS, 2, {"distance": 0.7}])
    made.reply(12.0, 2, "driven")
    made.call(13.0, 3, "state")
    made.reply(13.1, 3, "after")
    made.call(20.0, 4, "drive", distance=2.0)
    made.reply(22.0, 4, "driven again")
    return made.close()


async def test_a_reading_is_the_one_of_its_instant_and_as_old_as_it_is(battery: Path) -> None:
    asking = Asking(battery, BATTERY)
    await asking.ask(14.9, 101, "state")  # of 10 s is nearer
    await asking.ask(15.1, 102, "state")  # of 20 s is; it lies ahead, and is no younger than now
    await asking.ask(15.2, 103, "state")  # one that was used is there again
    await asking.ask(50.0, 104, "state")  # 30 s behind its instant
    await asyncio.sleep(10.0)
    assert asking.answers == [
        (15.4, 101, "at 10"), (15.6, 102, "at 20"), (15.7, 103, "at 20"), (50.5, 104, "at 20"),
    ]  # fmt: skip
    ages = [told[7] for _, told in asking.heard if told[0] == "reply"]
    assert ages == [4_920_000, 20_000, 20_000, 30_020_000]
    assert asking.device.answered == 4 and asking.device.farthest == pytest.approx(30.0)
    assert not asking.refused


async def test_as_far_away_as_is_allowed_is_answered_and_farther_is_refused(battery: Path) -> None:
    asking = Asking(battery, BATTERY, hold=5.0)
    await asking.ask(5.0, 101, "state")
    await asking.ask(25.0, 102, "state")
    await asking.ask(25.25, 103, "state")
    await asking.ask(26.0, 104, "state")
    await asyncio.sleep(1.0)
    told = [each for _, each in asking.heard if each[0] == "reply"]
    assert [(each[2], each[4]) for each in told] == [
        (101, ""), (103, "rejected"), (102, ""), (104, "rejected"),
    ]  # fmt: skip
    assert asking.refused == [
        "rover.battery is a recording, and is asked for state() at t=25.250 s: the nearest such "
        "reading is 5.250 s from there; allowed is 5 s"
    ]  # the first of its method alone
    assert told[1][5] == asking.refused[0] and asking.device.refused == 2


async def test_it_is_lost_when_it_was_lost_and_says_nothing_where_it_said_nothing(
    battery: Path,
) -> None:
    asking = Asking(battery, BATTERY)
    await asking.ask(152.0, 101, "state")
    await asyncio.sleep(20.0)
    assert [(at, told[2]) for at, told in asking.heard] == [(0.0, "armed"), (150.0, "lost")]
    assert asking.device.answered == 1 and not asking.refused


async def test_what_the_world_does_to_it_is_taken_and_a_method_without_a_record_is_refused(
    battery: Path,
) -> None:
    asking = Asking(battery, BATTERY)
    await asking.ask(1.0, 101, "stimulus", state_of_charge=0.4)
    await asking.ask(2.0, 102, "self_test")
    replies = [told for _, told in asking.heard if told[0] == "reply"]
    assert [each[4] for each in replies] == ["", "rejected"]
    assert "asked for self_test() at t=2.000 s: no such reading is recorded" in asking.refused[0]


async def test_of_what_moves_instants_count_from_its_last_motion(wheels: Path) -> None:
    """All of it comes 100 s later than it did then: readings are of between the same motions."""
    asking = Asking(wheels, WHEELS, hold=10.0)
    await asking.ask(4.0, 101, "state")
    await asking.ask(110.0, 102, "drive", distance=1.5 + 1e-9)
    await asking.ask(113.5, 103, "state")
    await asking.ask(124.0, 104, "state")  # 14 s after the motion: 11 s from the reading of then
    await asking.ask(125.0, 105, "drive", distance=2.0)
    await asking.ask(128.0, 106, "state")  # there was none after that
    await asyncio.sleep(10.0)
    assert asking.answers == [
        (4.1, 101, "before"), (111.0, 102, {"distance": 0.7}), (112.0, 102, "driven"),
        (113.6, 103, "after"), (124.0, 104, None), (127.0, 105, "driven again"), (128.0, 106, None),
    ]  # fmt: skip
    assert len(asking.refused) == 1 and "11.000 s from there" in asking.refused[0]


async def test_another_motion_is_refused_and_the_recorded_one_is_still_there(wheels: Path) -> None:
    asking = Asking(wheels, WHEELS)
    await asking.ask(10.0, 101, "turn", angle=1.5)
    await asking.ask(11.0, 102, "drive", distance=1.6)
    await asking.ask(12.0, 103, "drive", distance=1.5)
    await asking.ask(20.0, 104, "drive", distance=2.0)
    await asking.ask(30.0, 105, "drive", distance=2.0)  # the second taking
    await asyncio.sleep(5.0)
    ended = {told[2]: told[4] for _, told in asking.heard if told[0] == "reply"}
    assert ended == {101: "rejected", 102: "rejected", 103: "", 104: "", 105: "rejected"}
    assert "the next motion that is recorded is drive(distance=1.5)" in asking.refused[0]
    assert len(asking.refused) == 2 and asking.device.refused == 3


async def test_what_nobody_wants_any_more_does_not_come(wheels: Path) -> None:
    asking = Asking(wheels, WHEELS)
    await asking.ask(10.0, 101, "drive", distance=1.5)
    await asyncio.sleep(1.5)
    asking.device.cancel(101)
    asking.device.cancel(102)  # of no call
    await asyncio.sleep(5.0)
    assert [told for _, _, told in asking.answers] == [{"distance": 0.7}]


async def test_after_its_end_nothing_is_told(battery: Path) -> None:
    asking = Asking(battery, BATTERY)
    await asking.ask(10.0, 101, "state")
    asking.device.end()
    await asyncio.sleep(300.0)
    assert asking.answers == [] and len(asking.heard) == 1
