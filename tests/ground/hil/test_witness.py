"""What is too slow on a machine that is late itself is asked again, and then nobody can say."""

import asyncio
from pathlib import Path

import pytest

from flight.icd.devices.mobility import Wheels
from ground.hil.conformance import FAILED, NOT_SHOWN, PASSED, Kit, Row, Slow, check_device
from ground.hil.probes import PROBES
from ground.hil.witness import EFFECTS_APART, MOST_WAIT, STEP, Witness
from sim_hw.bench.pressure import of_a_probe, stalled_s
from sim_hw.bench.wire.wire import Wire
from tests.sim_hw.bench.reference_device import ReferenceDevice

LATE = of_a_probe(2.0, EFFECTS_APART).late


class Machine:
    """One whose sleeps end `late` s too late, and on which programs wait for a CPU a part of the
    time."""

    def __init__(self, late: float = 0.0, waits: float = 0.0) -> None:
        self.late, self.waits = late, waits

    def witness(self) -> Witness:
        loop = asyncio.get_running_loop()
        return Witness(
            stalled=lambda: self.waits * loop.time(), clock=loop.time, sleep=self._sleep
        )

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds + self.late)


def kit_for(device: ReferenceDevice, machine: Machine) -> Kit:
    async def open_wire() -> Wire:
        return device.wire()

    return Kit(Wheels, open_wire, witness=machine.witness())


async def found(device: ReferenceDevice, machine: Machine, name: str) -> Row:
    (named,) = [each for each in PROBES if each.name == name]
    (row,) = await check_device(kit_for(device, machine), [named])
    return row


@pytest.mark.parametrize(
    ("late", "waits", "words"),
    [
        (0.0, 0.0, ""),
        (0.9 * LATE, 0.0, ""),
        (LATE + 0.001, 0.0, "this machine was late by 0.03 s itself"),
        (0.0, 0.0499, ""),
        (0.0, 0.0501, "some program of this machine waited for a CPU for 0.10 s of 2.00 s"),
    ],
)
async def test_a_machine_is_late_beyond_its_limits(late: float, waits: float, words: str) -> None:
    witness = Machine(late, waits).witness()
    async with witness.watch():
        await asyncio.sleep(2.0)
    assert witness.words == words
    begun = asyncio.get_running_loop().time()
    await witness.calm()
    waited = asyncio.get_running_loop().time() - begun
    assert (waited < 1.0) if not words else waited >= MOST_WAIT


async def test_a_block_that_holds_the_loop_up_is_seen_also_within_its_first_sleep() -> None:
    now = 0.0
    witness = Witness(stalled=lambda: 0.0, clock=lambda: now)
    async with witness.watch():
        await asyncio.sleep(0.0)
        now = STEP + LATE + 0.1
    assert witness.words == "this machine was late by 0.13 s itself"


async def test_who_was_slow_on_a_late_machine_is_unknown_and_on_a_calm_one_it_is_the_device() -> (
    None
):
    row = await found(ReferenceDevice("few_effects"), Machine(late=0.2), "effects")
    assert row.verdict == NOT_SHOWN and "0.20 s itself each of 3 times, so nobody" in row.words
    row = await found(ReferenceDevice("few_effects"), Machine(waits=1.0), "effects")
    assert row.verdict == NOT_SHOWN and "waited for a CPU" in row.words
    assert (await found(ReferenceDevice("few_effects"), Machine(), "effects")).verdict == FAILED
    mute = ReferenceDevice("dead_man_says_nothing")
    row = await found(mute, Machine(late=0.2), "silence of the bench")
    assert row.verdict == NOT_SHOWN


async def test_what_is_asked_again_when_it_is_calm_may_pass() -> None:
    machine, device = Machine(late=0.2), ReferenceDevice("few_effects")

    async def heal() -> None:
        await asyncio.sleep(3.0)
        machine.late, device.defect = 0.0, ""

    healing = asyncio.create_task(heal())
    row = await found(device, machine, "effects")
    assert row.verdict == PASSED and row.attempts == 2
    await healing


async def test_what_a_device_has_done_is_its_own_however_late_the_machine() -> None:
    """It is asked once: an answer that came is no matter of time."""
    for defect, name in (
        ("takes_unknown_argument", "wrong arguments"),
        ("wrong_hash", "identity"),
    ):
        device = ReferenceDevice(defect)
        kit = kit_for(device, Machine(late=0.5, waits=1.0))
        (named,) = [each for each in PROBES if each.name == name]
        (row,) = await check_device(kit, [named])
        assert row.verdict == FAILED and row.attempts == 1, row


def test_slow_is_a_rule_broken_for_who_does_not_ask() -> None:
    with pytest.raises(Slow, match="late"):
        raise Slow("late")


def test_what_the_kernel_tells_is_read_and_one_that_tells_nothing_is_never_late(
    tmp_path: Path,
) -> None:
    file = tmp_path / "cpu"
    assert stalled_s(file) == 0.0
    file.write_text(
        "some avg10=9.60 avg60=4.02 avg300=4.30 total=24257519\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
    )
    assert stalled_s(file) == 24.257519
    for text in ("", "some avg10=1 total=\n", "full total=3\n"):
        file.write_text(text)
        assert stalled_s(file) == 0.0
