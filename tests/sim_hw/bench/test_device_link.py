"""The life of a device on its wire, in virtual time: found, identified, armed, lost, and back."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from flight.runtime.nursery import Nursery
from sim_hw.bench.device_link import DeviceLink
from sim_hw.bench.wanted import Wanted, is_version_rule
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.hints import silence_words
from sim_hw.bench.wire.memory_wire import MemoryWire
from sim_hw.bench.wire.wire import Wire, WireLost
from tests.sim_hw.bench.reference_device import ReferenceDevice

HASH = interface_hash(Wheels)


class Bench:
    """A link to the reference device, whose plug may be out."""

    def __init__(self, device: ReferenceDevice, nursery: Nursery, **wanted: str) -> None:
        self.device = device
        self.starved = ""  # what this machine is said to have been in any silence
        self.plugged = True
        self.told: list[list[Any]] = []
        self.link = DeviceLink(
            Wanted("rover.wheels", "Wheels", HASH, **wanted), self._open, self.told.append,
            starved=lambda seconds: self.starved and f"{self.starved} {seconds:.1f} s",
        )  # fmt: skip
        nursery.start(self.link.run(), name="link")

    async def _open(self) -> Wire:
        if not self.plugged:
            raise WireLost("desk: there is no line; is it plugged in?")
        return self.device.wire()

    def pull(self) -> None:
        self.plugged = False
        assert self.device.last is not None
        self.device.last.cut()

    def states(self) -> list[str]:
        return [each[2] for each in self.told if each[0] == "state"]

    def replies(self) -> dict[int, tuple[Any, str, str]]:
        """Result, error and reason by number."""
        return {each[2]: (each[3], each[4], each[5]) for each in self.told if each[0] == "reply"}

    def call(self, number: int, distance: float = 10.0) -> None:
        self.link.call(number, "drive", {"distance": distance}, 900.0, 900.0)


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    async with Nursery("bench") as nursery:
        yield nursery
        nursery.cancel()


async def armed(nursery: Nursery, **wanted: str) -> Bench:
    bench = Bench(ReferenceDevice(), nursery, **wanted)
    await asyncio.sleep(0.5)
    assert bench.states() == ["found", "identified", "safe", "armed"]
    return bench


async def test_it_becomes_armed_by_itself_and_works(nursery: Nursery) -> None:
    bench = await armed(nursery, serial="SN1", firmware=">=0.9")
    bench.call(1, 2.0)
    await asyncio.sleep(3.0)
    result, error, _ = bench.replies()[1]
    assert (result["distance"], error) == (2.0, "")
    effects = [each for each in bench.told if each[0] == "effect"]
    assert len(effects) > 20 and {each[2] for each in effects} == {1}
    for _, _, _, data, way_us in effects:  # it turns at 1 m/s: as long as that it was under way
        assert abs(way_us / 1e6 - data["distance"]) < 0.01
    await bench.link.close()


async def test_a_plug_pulled_in_mid_drive_faults_the_call_and_the_way_back_is_complete(
    nursery: Nursery,
) -> None:
    bench = await armed(nursery)
    bench.call(1)
    await asyncio.sleep(2.0)
    bench.told.clear()
    bench.pull()
    await asyncio.sleep(0.0)
    await asyncio.sleep(0.01)
    assert bench.states() == ["lost"] and bench.replies()[1][1] == "lost"
    bench.call(2)  # while it is away
    await asyncio.sleep(5.0)
    assert bench.replies()[2][1] == "lost" and bench.states() == ["lost", "lost"]
    bench.told.clear()
    bench.plugged = True
    await asyncio.sleep(0.6)
    assert bench.states() == ["identified", "safe", "armed"] and bench.link.boot == 1
    await asyncio.sleep(60.0)
    assert len(bench.device.asked) == 1 and bench.replies() == {}  # nothing of before
    bench.call(3, 1.0)
    await asyncio.sleep(2.0)
    assert bench.replies()[3][1] == ""


@pytest.mark.parametrize("starved", ["", "nobody had the CPU for"])
async def test_a_silence_of_a_machine_that_starves_is_told_as_such_and_an_unplugged_one_is_not(
    nursery: Nursery, starved: str
) -> None:
    bench = await armed(nursery)
    bench.starved = starved
    bench.told.clear()
    bench.device.mute = True
    await asyncio.sleep(1.3)
    lost = next(each for each in bench.told if each[0] == "state")
    assert lost[2] == "lost" and lost[6:] == ([f"{starved} 1.0 s"] if starved else [])
    bench.device.mute = False
    await asyncio.sleep(3.0)
    assert bench.link.state == "armed"
    bench.told.clear()
    bench.pull()
    await asyncio.sleep(0.1)
    lost = next(each for each in bench.told if each[0] == "state")
    assert lost[2] == "lost" and lost[6:] == []


async def test_a_dead_man_that_has_acted_on_a_machine_that_starves_is_told_as_such(
    nursery: Nursery,
) -> None:
    """The bench had no turn to be heard in: the device keeps its rules."""
    bench = await armed(nursery)
    bench.starved = "nobody had the CPU for"
    bench.told.clear()
    bench.device.safe = True
    bench.call(1)
    await asyncio.sleep(0.1)
    lost = next(each for each in bench.told if each[0] == "state")
    assert "has not heard the bench for long" in lost[3]
    assert lost[6] == "nobody had the CPU for 1.0 s"


@pytest.mark.parametrize("plug_out", [True, False], ids=["with its line", "on a line that stays"])
async def test_a_power_cycle_is_a_new_boot_and_a_pulled_plug_is_not(
    nursery: Nursery, plug_out: bool
) -> None:
    bench = await armed(nursery)
    await asyncio.sleep(30.0)
    if plug_out:
        bench.device.power_cycle()
    else:
        bench.device.born, bench.device.sequence = bench.device.loop.time(), 0
        bench.device.greeted, bench.device.safe = False, True
    await asyncio.sleep(3.0)
    assert bench.states()[-1] == "armed" and bench.link.boot == 2
    boots = [each[4] for each in bench.told if each[0] == "state" and each[2] == "armed"]
    assert boots == [1, 2]
    bench.pull()
    bench.plugged = True
    await asyncio.sleep(3.0)
    assert bench.states()[-1] == "armed" and bench.link.boot == 2


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"serial": "SN2"}, "its serial is SN1; the bench file wants SN2"),
        ({"model": "motor"}, "its model is reference; the bench file wants motor"),
        ({"firmware": ">=1.1"}, "its firmware is 1.0; the bench file wants >=1.1"),
        ({"firmware": "==0.9"}, "its firmware is 1.0; the bench file wants ==0.9"),
    ],
)
async def test_another_device_is_refused_and_never_moves(
    nursery: Nursery, wanted: dict[str, str], words: str
) -> None:
    bench = Bench(ReferenceDevice(), nursery, **wanted)
    await asyncio.sleep(5.0)
    assert set(bench.states()) <= {"found", "refused"} and bench.told[-1][3].startswith(words)
    assert f"or correct identity.{next(iter(wanted))} in the file" in bench.told[-1][3]
    bench.call(1)
    await asyncio.sleep(1.0)
    assert bench.replies()[1][1] == "lost" and bench.device.asked == [] and bench.device.safe


async def test_another_interface_hash_is_refused_with_the_next_step(nursery: Nursery) -> None:
    bench = Bench(ReferenceDevice("wrong_hash"), nursery)
    await asyncio.sleep(3.0)
    assert bench.states()[-1] == "refused" and "build its firmware anew" in bench.told[-1][3]


async def test_what_nobody_wants_any_more_is_stopped(nursery: Nursery) -> None:
    bench = await armed(nursery)
    bench.call(1)
    await asyncio.sleep(1.0)
    bench.link.cancel(1)
    await asyncio.sleep(0.2)
    assert bench.device.motion is None and 1 not in bench.replies()
    bench.link.cancel(99)  # nobody asked that


async def test_a_device_that_is_dropped_stops_by_its_dead_man_and_comes_back_safe(
    nursery: Nursery,
) -> None:
    bench = await armed(nursery)
    bench.call(1)
    await asyncio.sleep(1.0)
    bench.link.drop("it says what cannot be")
    await asyncio.sleep(3.0)
    assert "lost" in bench.states() and bench.states()[-1] == "armed"
    assert bench.device.motion is None and bench.device.odometer < 2.5


def test_versions() -> None:
    assert all(map(is_version_rule, ("1", "0.1", ">=0.1", "==2.0.1", ">= 1")))
    assert not any(map(is_version_rule, ("", "new", ">0.1", "1.", "v1")))


async def test_one_that_is_safe_of_itself_while_it_is_taken_for_armed_is_greeted_again(
    nursery: Nursery,
) -> None:
    bench = await armed(nursery)
    bench.device.safe, bench.device.greeted = True, False  # its dead man; the line has held
    bench.told.clear()
    bench.call(1)
    await asyncio.sleep(0.1)
    assert bench.replies()[1][1] == "fault" and bench.states()[0] == "lost"
    words = next(each[3] for each in bench.told if each[0] == "state")
    assert "it is safe though it was let move" in words
    await asyncio.sleep(1.0)
    assert bench.states()[-1] == "armed" and bench.link.boot == 1
    bench.call(2, 1.0)
    await asyncio.sleep(2.0)
    assert bench.replies()[2][1] == ""
    bench.link.make_safe("a person wants it so")
    await asyncio.sleep(0.1)
    bench.told.clear()
    bench.call(3, 1.0)
    await asyncio.sleep(0.5)
    assert bench.states() == [] and bench.replies()[3][1] == "fault"  # no loss: it is to be safe


async def test_what_is_not_there_is_looked_for_often_and_what_breaks_is_opened_seldom(
    nursery: Nursery,
) -> None:
    bench = await armed(nursery)
    opened: list[tuple[float, bool]] = []
    loop, device_wire = asyncio.get_running_loop(), bench.device.wire

    async def open_wire() -> Wire:
        opened.append((loop.time(), bench.plugged))
        if not bench.plugged:
            raise WireLost("desk: there is no line")
        return device_wire()

    bench.link._open = open_wire
    bench.pull()
    await asyncio.sleep(2.0)
    away = [after - before for (before, _), (after, _) in pairwise(opened)]
    assert len(away) > 20 and away == pytest.approx([0.05] * len(away))
    bench.plugged = True
    await asyncio.sleep(0.06)
    assert bench.link.state == "armed"
    opened.clear()
    for _ in range(4_000):  # it breaks as soon as it is there
        if not bench.device.last or not bench.device.last.closed:
            assert bench.device.last is not None
            bench.device.last.cut()
        await asyncio.sleep(0.0005)
    pauses = [after - before for (before, _), (after, _) in pairwise(opened)]
    assert len(pauses) >= 4 and min(pauses) >= 0.25 - 1e-6


async def test_a_line_whose_two_ways_are_joined_is_told(nursery: Nursery) -> None:
    told: list[list[Any]] = []

    async def joined() -> Wire:
        wire = MemoryWire(lambda data: wire.device_says(data), "looped")
        return wire

    hint = partial(silence_words, read_address("serial:///dev/looped"))
    wanted = Wanted("rover.wheels", "Wheels", HASH)
    link = DeviceLink(wanted, joined, told.append, hint=hint)
    nursery.start(link.run(), name="link")
    await asyncio.sleep(3.0)
    assert {each[2] for each in told} == {"found", "lost"}
    assert "what the bench says comes back: are the two ways of the line joined" in told[-1][3]


async def test_of_one_that_says_nothing_at_all_it_is_told_what_to_look_at(nursery: Nursery) -> None:
    told: list[list[Any]] = []

    async def mute() -> Wire:
        return MemoryWire(lambda data: None, "mute")

    hint = partial(silence_words, read_address("serial:///dev/mute?baud=9600"))
    link = DeviceLink(Wanted("rover.wheels", "Wheels", HASH), mute, told.append, hint=hint)
    nursery.start(link.run(), name="link")
    await asyncio.sleep(3.0)
    assert told[-1][3] == (
        "identity gave no answer within 1 s; nothing has come from it: is it switched on, and "
        "does it speak at baud=9600?"
    )


def test_two_hashes_that_differ_late_are_shown_up_to_there() -> None:
    wanted = Wanted("rover.wheels", "Wheels", HASH)
    for at in (0, 30, 63):
        other = HASH[:at] + ("0" if HASH[at] != "0" else "1") + HASH[at + 1 :]
        words = wanted.wrong({"interface": "Wheels", "interface_hash": other})
        theirs, _, ours = words.partition("(")[2].partition(")")[0].partition(", here ")
        assert theirs != ours and other.startswith(theirs) and HASH.startswith(ours)


@pytest.mark.parametrize("lost", ["identity", "ping"])
async def test_an_answer_that_is_lost_on_its_way_does_not_cost_a_second(
    nursery: Nursery, lost: str
) -> None:
    device = ReferenceDevice()
    own, write = device.own, device.write
    dropped: list[str] = []

    def answer(number: int, method: str, arguments: Any) -> None:
        first = method == lost and not dropped  # of ping that by which a connection is told
        if first:
            dropped.append(method)
            device.write = lambda message: None  # type: ignore[method-assign]
        own(number, method, arguments)
        device.write = write  # type: ignore[method-assign]

    device.own = answer  # type: ignore[method-assign]
    bench = Bench(device, nursery)
    await asyncio.sleep(0.3)
    assert dropped == [lost]
    assert bench.states() == ["found", "identified", "safe", "armed"]
    assert bench.link.boot == 1
