"""What is real moves only while it is armed, by name and for a time; safe passes everything."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from flight.runtime.nursery import Nursery
from sim_hw.bench.device_link import POWER, DeviceLink
from sim_hw.bench.guard import GuardRules, Span
from sim_hw.bench.interlock import InputLine, Interlock, InterlockRules
from sim_hw.bench.wanted import Wanted
from sim_hw.bench.wire.wire import Wire
from tests.sim_hw.bench.reference_device import ReferenceDevice

HASH = interface_hash(Wheels)
RULES = GuardRules(("drive", "turn"), {"drive.distance": Span(-5.0, 5.0, "m")})


class Bench:
    """A link to the reference device, with an interlock."""

    def __init__(
        self, nursery: Nursery, *, file: Path | None = None, line: str = "",
        finish: tuple[str, ...] = (), **wanted: Any,
    ) -> None:  # fmt: skip
        self.device = ReferenceDevice()
        self.told: list[list[Any]] = []
        asked = Wanted("rover.wheels", "Wheels", HASH, **wanted)
        guard = msgspec.structs.replace(RULES, finish=finish)
        self.link = DeviceLink(asked, self._open, self.told.append, guard)
        rules = InterlockRules("" if file is None else str(file), line=line)
        self.interlock = Interlock(rules, {"rover.wheels": self.link}, self.told.append)
        nursery.start(self.link.run(), name="link")
        nursery.start(self.interlock.watch(), name="interlock")

    async def _open(self) -> Wire:
        return self.device.wire()

    @property
    def state(self) -> str:
        return self.link.state

    def words(self) -> str:
        return str([each for each in self.told if each[0] == "state"][-1][3])

    async def call(
        self, number: int, method: str = "drive", wait: float = 0.1, **arguments: float
    ) -> list[Any]:
        """What is told of a call after a while; nothing while it goes on."""
        self.link.call(number, method, arguments, 900.0, 900.0)
        await asyncio.sleep(wait)
        return next((e[3:6] for e in self.told if e[0] == "reply" and e[2] == number), [])


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    async with Nursery("bench") as nursery:
        yield nursery
        nursery.cancel()


async def ready(nursery: Nursery, **wanted: Any) -> Bench:
    bench = Bench(nursery, **wanted)
    await asyncio.sleep(0.5)
    return bench


async def test_it_reads_but_does_not_move_until_a_person_arms_it(nursery: Nursery) -> None:
    bench = await ready(nursery, automatic=False)
    assert bench.state == "safe" and bench.words() == "nobody has armed it"
    assert (await bench.call(1, "state"))[1] == ""
    result, error, reason = await bench.call(2, distance=1.0)
    assert result is None and error == "lost" and "nobody has armed it" in reason
    assert bench.device.asked == [] and bench.device.safe
    bench.link.arm(60.0, "anna")
    await asyncio.sleep(0.1)
    assert bench.state == "armed" and bench.words() == "by anna, for 60 s"
    assert (await bench.call(3, wait=1.5, distance=1.0))[1] == ""
    assert bench.device.asked == [("drive", {"distance": 1.0})]


async def test_arming_that_is_over_stops_what_moves_and_nothing_new_begins(
    nursery: Nursery,
) -> None:
    bench = await ready(nursery, automatic=False)
    bench.link.arm(2.0, "anna")
    await asyncio.sleep(0.5)
    assert await bench.call(1, wait=1.4, distance=5.0) == []  # on its way
    await asyncio.sleep(0.3)
    assert bench.state == "safe"
    assert bench.words() == "the time that anna has armed it for is over"
    assert bench.device.motion is None and bench.device.safe and bench.device.odometer < 2.0
    assert (await bench.call(2, distance=1.0))[1] == "lost" and len(bench.device.asked) == 1


async def test_arming_again_makes_it_longer_and_the_first_end_is_none(nursery: Nursery) -> None:
    bench = await ready(nursery, automatic=False)
    bench.link.arm(1.0, "anna")
    await asyncio.sleep(0.5)
    bench.link.arm(10.0, "ben")
    await asyncio.sleep(1.0)
    assert bench.state == "armed" and bench.words() == "by ben, for 10 s"
    await asyncio.sleep(9.0)
    assert bench.state == "safe"


async def test_one_that_was_lost_is_armed_by_nobody_when_it_is_back(nursery: Nursery) -> None:
    bench = await ready(nursery, automatic=False)
    bench.link.arm(600.0, "anna")
    await asyncio.sleep(0.1)
    assert bench.device.last is not None
    bench.device.last.cut()
    await asyncio.sleep(2.0)
    assert bench.state == "safe" and bench.device.safe


async def test_what_the_bench_allows_less_of_than_the_icd_is_rejected_before_the_wire(
    nursery: Nursery,
) -> None:
    bench = await ready(nursery)
    result, error, reason = await bench.call(1, distance=5.1)
    assert (result, error) == (None, "rejected") and "this bench allows -5 to 5 m" in reason
    assert bench.device.asked == []
    assert (await bench.call(2, wait=5.5, distance=5.0))[1] == ""


async def test_safe_passes_a_motion_that_is_under_way_and_stays(nursery: Nursery) -> None:
    bench = await ready(nursery)
    assert await bench.call(1, wait=1.0, distance=5.0) == []
    bench.link.make_safe("anna made it safe")
    assert bench.state == "safe"  # at once: nothing is begun from here on
    await asyncio.sleep(0.1)
    assert bench.device.motion is None and bench.device.safe and bench.device.odometer < 1.2
    await asyncio.sleep(5.0)
    assert bench.state == "safe" and (await bench.call(2, distance=1.0))[1] == "lost"
    bench.link.arm(5.0, "anna")
    await asyncio.sleep(0.1)
    assert bench.state == "armed"


async def test_a_stop_latches_whoever_arms_and_until_it_is_released(nursery: Nursery) -> None:
    bench = await ready(nursery)
    assert await bench.call(1, wait=1.0, distance=5.0) == []
    bench.interlock.stop("stopped by anna")
    await asyncio.sleep(0.1)
    assert bench.device.motion is None and bench.device.safe
    bench.link.arm(60.0, "ben")
    await asyncio.sleep(1.0)
    assert bench.state == "safe" and "stopped by anna" in bench.words()
    bench.device.power_cycle()  # nor does a device that is found anew
    await asyncio.sleep(3.0)
    assert bench.state == "safe" and bench.device.safe
    bench.interlock.release()
    await asyncio.sleep(0.1)
    assert bench.state == "armed" and ["interlock", "", ""] in bench.told


async def test_what_a_person_armed_before_or_during_a_stop_moves_by_a_new_arming_alone(
    nursery: Nursery,
) -> None:
    bench = await ready(nursery, automatic=False)
    bench.link.arm(600.0, "anna")
    await asyncio.sleep(0.1)
    assert bench.state == "armed"
    bench.interlock.stop("stopped by ben")
    bench.link.arm(600.0, "anna")
    await asyncio.sleep(0.1)
    bench.interlock.release()
    await asyncio.sleep(0.5)
    assert bench.state == "safe" and bench.words() == "nobody has armed it" and bench.device.safe
    bench.link.arm(600.0, "anna")
    await asyncio.sleep(0.1)
    assert bench.state == "armed"


@pytest.mark.parametrize("leads_to", ["/nonexistent/stop", "stop"])  # the latter to itself
async def test_a_link_that_leads_nowhere_stops_as_well(
    nursery: Nursery, tmp_path: Path, leads_to: str
) -> None:
    file = tmp_path / "stop"
    bench = await ready(nursery, file=file)
    assert bench.state == "armed"
    file.symlink_to(leads_to)
    await asyncio.sleep(0.2)
    assert bench.state == "safe" and str(file) in bench.words()


async def test_a_file_that_is_there_stops_and_is_not_released(
    nursery: Nursery, tmp_path: Path
) -> None:
    file = tmp_path / "stop"
    bench = await ready(nursery, file=file)
    assert bench.state == "armed"
    file.touch()
    await asyncio.sleep(0.2)
    assert bench.state == "safe" and bench.device.safe and str(file) in bench.words()
    bench.interlock.release()
    await asyncio.sleep(0.2)
    assert bench.state == "safe" and "not released" in bench.told[-1][2]
    file.unlink()
    await asyncio.sleep(0.2)
    assert bench.state == "safe"  # it latches
    bench.interlock.release()
    await asyncio.sleep(0.2)
    assert bench.state == "armed"


async def test_several_inhibits_go_each_by_itself(nursery: Nursery) -> None:
    bench = await ready(nursery)
    bench.link.inhibit(POWER, "the switch is open")
    bench.link.inhibit("pause", "the run is paused")
    await asyncio.sleep(0.1)
    bench.link.allow("pause")
    bench.link.allow("never was")
    await asyncio.sleep(0.1)
    assert bench.state == "safe" and bench.words() == "the switch is open"
    bench.link.allow(POWER)
    await asyncio.sleep(0.1)
    assert bench.state == "armed"


@pytest.mark.parametrize(
    ("row", "span", "words"),
    [
        ("motor", (2.0, 3.0), "its self-test says motor = 1.0; a dummy has 2 to 3"),
        ("load", (0.0, 2.0), "its self-test has no row load"),
    ],
)
async def test_what_is_not_shown_to_be_a_dummy_is_refused(
    nursery: Nursery, row: str, span: tuple[float, float], words: str
) -> None:
    bench = await ready(nursery, self_test=row, self_test_range=span)
    assert bench.state == "refused" and words in bench.words()
    assert bench.device.safe and bench.device.asked == []


async def test_a_dummy_is_let_in(nursery: Nursery) -> None:
    bench = await ready(nursery, self_test="motor", self_test_range=(1.0, 1.0))
    assert bench.state == "armed"


async def test_a_device_that_does_not_answer_safe_is_lost(nursery: Nursery) -> None:
    bench = await ready(nursery)
    bench.device.mute = True
    bench.link.make_safe("anna made it safe")
    await asyncio.sleep(1.5)
    assert bench.state in ("lost", "found") and bench.device.motion is None


async def test_an_arming_of_a_wrong_device_is_none_of_the_right_one(nursery: Nursery) -> None:
    bench = Bench(nursery, automatic=False, serial="SN1")
    bench.device.defect = "wrong_hash"
    bench.link.arm(600.0, "anna")  # nothing is there yet
    await asyncio.sleep(0.5)
    assert bench.state == "refused"
    bench.link.arm(600.0, "anna")
    bench.device.defect = ""
    await asyncio.sleep(3.0)
    assert bench.state == "safe" and bench.words() == "nobody has armed it"
    assert (await bench.call(1, distance=1.0))[1] == "lost" and bench.device.safe


@pytest.mark.parametrize("ends", [True, False], ids=["ends", "stays"])
async def test_a_terminal_that_ends_stops_all(nursery: Nursery, ends: bool) -> None:
    bench = await ready(nursery)
    there, here = os.pipe()
    rules = InterlockRules("", "space", there)
    interlock = Interlock(rules, {"rover.wheels": bench.link}, bench.told.append)
    os.write(here, b"x")
    interlock._pressed()
    assert interlock.stopped == "" and bench.state == "armed"  # another key
    if ends:
        os.close(here)
    else:
        os.write(here, b" ")
    interlock._pressed()
    assert bench.state == "safe" and ["interlock", "", interlock.stopped] in bench.told
    assert ("terminal has ended" in interlock.stopped) is ends
    os.close(there)
    if not ends:
        os.close(here)


async def test_a_key_that_cannot_be_heard_stops_all(nursery: Nursery, tmp_path: Path) -> None:
    bench = await ready(nursery)
    file = os.open(tmp_path / "keys", os.O_CREAT | os.O_RDONLY)
    rules = InterlockRules("", "space", file)
    interlock = Interlock(rules, {"rover.wheels": bench.link}, bench.told.append)
    nursery.start(interlock.watch(), name="keys")
    await asyncio.sleep(0.2)
    assert bench.state == "safe" and "cannot be heard" in bench.words()
    os.close(file)


@pytest.mark.requirement("HIL-10")
async def test_an_input_line_that_says_anything_else_than_all_is_well_stops(
    nursery: Nursery, tmp_path: Path
) -> None:
    line = tmp_path / "value"
    line.write_text("1\n")
    bench = Bench(nursery, line=str(line))
    await asyncio.sleep(1.0)
    assert bench.state == "armed"
    for said, words in (("0\n", "says '0'"), ("", "says ''"), ("11", "says '11'")):
        line.write_text(said)
        await asyncio.sleep(0.1)
        assert bench.state == "safe" and words in bench.words()
        bench.interlock.release()
        assert bench.interlock.stopped and "not released: the input" in bench.told[-1][2]
        line.write_text("1")
        await asyncio.sleep(0.1)
        assert bench.state == "safe"  # it latches
        bench.interlock.release()
        await asyncio.sleep(0.1)
        assert bench.state == "armed"
    line.unlink()
    await asyncio.sleep(0.1)
    assert bench.state == "safe" and "cannot be read" in bench.words()


async def test_a_fifo_stops_by_each_byte_and_while_nobody_holds_it(
    nursery: Nursery, tmp_path: Path
) -> None:
    line = tmp_path / "fifo"
    os.mkfifo(line)
    bench = Bench(nursery, line=str(line))

    async def release(*, granted: bool) -> None:
        bench.interlock.release()
        await asyncio.sleep(0.2)
        assert bench.state == ("armed" if granted else "safe")

    await asyncio.sleep(1.0)
    assert bench.state == "safe" and "nobody holds the input" in bench.words()  # nobody yet
    await release(granted=False)
    assert "not released: nobody holds the input" in bench.told[-1][2]
    holder = os.open(line, os.O_WRONLY)
    await asyncio.sleep(1.0)
    assert bench.state == "safe"  # it latches
    await release(granted=True)
    os.write(holder, b"!")
    await asyncio.sleep(0.1)
    assert bench.state == "safe" and "was written to" in bench.words()
    await release(granted=True)
    os.close(holder)
    await asyncio.sleep(0.1)
    assert bench.state == "safe" and "nobody holds the input" in bench.words()
    await release(granted=False)
    await release(granted=False)  # nor the second time
    holder = os.open(line, os.O_WRONLY)
    await release(granted=True)
    os.close(holder)
    bench.interlock.close()


@pytest.mark.parametrize("by", ["nothing", "another", "a file", "a folder"])
async def test_a_fifo_that_is_gone_or_replaced_stops(
    nursery: Nursery, tmp_path: Path, by: str
) -> None:
    """Whoever holds the old one can stop nothing any more."""
    line = tmp_path / "fifo"
    os.mkfifo(line)
    holder = os.open(line, os.O_RDWR)
    bench = Bench(nursery, line=str(line))
    await asyncio.sleep(1.0)
    assert bench.state == "armed"
    line.unlink()
    if by == "another":
        os.mkfifo(line)
    elif by == "a file":
        line.write_text("0")
    elif by == "a folder":
        line.mkdir()
    await asyncio.sleep(0.1)
    assert bench.state == "safe" and str(line) in bench.words()
    bench.interlock.release()
    await asyncio.sleep(0.1)
    assert bench.state == "safe" and "not released" in bench.told[-1][2]
    os.close(holder)


def test_a_look_beside_a_bench_takes_no_byte_that_is_to_stop_it(tmp_path: Path) -> None:
    line = tmp_path / "fifo"
    os.mkfifo(line)
    beside, own = InputLine(str(line), "1"), InputLine(str(line), "1")
    assert "nobody holds" in beside.says_stop(takes=False)
    holder = os.open(line, os.O_RDWR)
    assert beside.says_stop(takes=False) == own.says_stop() == ""
    os.write(holder, b"!")
    assert "written to" in beside.says_stop(takes=False)
    assert "written to" in own.says_stop()
    assert own.says_stop() == ""
    for each in (beside, own):
        each.close()
    os.close(holder)


async def lost_and_back(bench: Bench, *, moving: bool) -> None:
    """The plug is pulled, in mid-drive or at rest, and put in again."""
    if moving:
        assert await bench.call(1, distance=5.0) == []
    else:
        await bench.call(1, wait=1.5, distance=0.1)
    assert bench.device.last is not None
    bench.device.last.cut()
    await asyncio.sleep(1.0)


@pytest.mark.parametrize("automatic", [True, False])
async def test_what_moves_to_a_place_and_was_lost_in_motion_is_armed_by_a_person_alone(
    nursery: Nursery, automatic: bool
) -> None:
    bench = await ready(nursery, automatic=automatic, positions=True)
    bench.link.arm(60.0, "anna")
    await asyncio.sleep(0.1)
    await lost_and_back(bench, moving=True)
    assert bench.state == "safe" and "nobody knows where it stands" in bench.words()
    moved = len(bench.device.asked)
    assert "nobody knows where it stands" in (await bench.call(2, distance=1.0))[2]
    assert len(bench.device.asked) == moved and bench.device.safe
    bench.link.arm(60.0, "anna")
    await asyncio.sleep(0.1)
    assert bench.state == "armed" and (await bench.call(3, wait=1.5, distance=0.1))[1] == ""


async def test_one_at_rest_and_one_that_counts_its_way_are_armed_again_by_themselves(
    nursery: Nursery
) -> None:
    for positions, moving in ((True, False), (False, True), (False, False)):
        bench = await ready(nursery, positions=positions)
        await lost_and_back(bench, moving=moving)
        assert bench.state == "armed", (positions, moving)
