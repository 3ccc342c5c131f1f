"""A node whose store is full, dead or lying flies on, says so, and claims no tube untruly."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flight.core.keeping.storage import StorageError
from flight.core.telling.recorder import Recorder
from flight.icd.custody_record import CustodyStatus, Evidence
from flight.icd.messages import TERMINAL_RUNGS, Rung
from flight.runtime.memory_fabric import MemoryFabric
from ground.testbed.computers.protections import parts_without
from ground.testbed.rig import Rig
from tests.flight.core.keeping.failing_discs import SickMemoryDisc
from tests.flight.core.toy_node import SPEED, Toy, World, toy

SICK = ("full", "dead", "lying")
RACK = Evidence("rover.rack", "closed")


class RecordingToy(Toy):
    """A toy that keeps what it says for Earth."""

    has_recorder = True


def a_rig(tmp_path: Path, off: tuple[str, ...] = ()) -> Rig:
    return Rig(tmp_path, fabric=MemoryFabric(), disc=SickMemoryDisc(), parts=parts_without(off))


@pytest.fixture
async def rig(tmp_path: Path, world: World) -> AsyncIterator[Rig]:
    async with a_rig(tmp_path) as rig:
        mission = {"world": world, "all_tubes": ("Malay", "Atsah")}
        rig.add_node(RecordingToy, SPEED, mission=mission)
        await asyncio.sleep(1.0)
        yield rig


def fall_sick(rig: Rig, how: str) -> None:
    rig._disc.sickness.now = how  # type: ignore[attr-defined]


def events(rig: Rig, name: str) -> list[Any]:
    return [event for event in rig.events if event.name == name]


@pytest.mark.parametrize("how", SICK)
@pytest.mark.requirement("NOD-09")
async def test_it_flies_on_says_so_within_a_housekeeping_and_catches_up(rig: Rig, how: str) -> None:
    fall_sick(rig, how)
    began = asyncio.get_running_loop().time()
    assert (await rig.command("toy", "drive", distance=3.0)).rung is Rung.COMPLETED
    await asyncio.sleep(began + 600.0 - asyncio.get_running_loop().time())
    [failed] = events(rig, "storage_failed")
    assert failed.data["reason"]
    assert rig.telemetry["toy"]["storage_failing"] is True
    toy(rig).ledger.adopt("Malay", "rover_rack", RACK, slot=1)
    for _ in range(5):
        assert (await rig.command("toy", "drive", distance=2.0)).rung is Rung.COMPLETED
    await asyncio.sleep(3600.0)
    assert len(events(rig, "storage_failed")) == 1, "told once"
    fall_sick(rig, "")
    await asyncio.sleep(600.0)
    [restored] = events(rig, "storage_restored")
    assert restored.data["seconds"] == pytest.approx(3600.0, abs=1500.0)
    assert rig.telemetry["toy"]["storage_failing"] is False
    await rig.kill("toy")
    node = await rig.restart("toy")
    assert node.boot.number == 2 and not node.boot.reduced
    [record] = node.ledger.records()
    assert (record.tube, record.status) == ("Malay", CustodyStatus.HELD)
    assert events(rig, "store_damaged") == []


@pytest.mark.parametrize("how", SICK)
async def test_after_a_kill_meanwhile_each_tube_is_openly_unknown(rig: Rig, how: str) -> None:
    """What the store says is older than what was done: nothing of it is stated as a fact."""
    toy(rig).ledger.adopt("Malay", "rover_rack", RACK, slot=1)
    fall_sick(rig, how)
    toy(rig).ledger.adopt("Atsah", "rover_rack", RACK, slot=2)
    await rig.kill("toy")
    fall_sick(rig, "")
    node = await rig.restart("toy")
    assert node.state == "safe" and node.boot.reduced
    [damage] = events(rig, "store_damaged")
    assert "older than what was done" in damage.text
    assert {r.tube: r.status for r in node.ledger.records()} == {
        "Atsah": CustodyStatus.UNKNOWN, "Malay": CustodyStatus.UNKNOWN,
    }  # fmt: skip
    await rig.kill("toy")
    again = await rig.restart("toy")
    assert not again.context.store_damage, "the store that was begun anew is not behind"


async def test_a_store_that_kept_nothing_of_the_last_boot_is_older_than_what_was_done(
    rig: Rig,
) -> None:
    """Also when the note beside it could not be written: the count of boots tells it."""
    await rig.kill("toy")
    fall_sick(rig, "lying")
    await rig.restart("toy")
    await rig.kill("toy")
    fall_sick(rig, "")
    rig._disc._notes.pop(str(rig.folder / "toy.behind"), None)  # type: ignore[attr-defined]
    node = await rig.restart("toy")
    [damage] = events(rig, "store_damaged")
    assert "knows of 1 boots" in damage.text and node.state == "safe"


@pytest.mark.parametrize("how", ["full", "dead"])
async def test_a_node_boots_on_a_disc_that_fails(rig: Rig, how: str) -> None:
    toy(rig).ledger.adopt("Malay", "rover_rack", RACK, slot=1)
    await rig.kill("toy")
    fall_sick(rig, how)
    node = await rig.restart("toy")
    await asyncio.sleep(1.0)
    assert events(rig, "storage_failed")
    [record] = [r for r in node.ledger.records() if r.tube == "Malay"]
    # From one that is full it still reads what it knows; a dead one has lost it, and it says so.
    assert record.status is (CustodyStatus.HELD if how == "full" else CustodyStatus.UNKNOWN)
    assert node.boot.reduced is (how == "dead")
    fall_sick(rig, "")
    await rig.wait_for_event("toy", "storage_restored")


async def test_the_least_important_is_dropped_first_while_memory_alone_holds_it(rig: Rig) -> None:
    fall_sick(rig, "full")
    await rig.command("toy", "note", text="x")
    recorder = toy(rig).recorder
    assert isinstance(recorder, Recorder)
    vital = recorder.record(0, b"vital")
    for _ in range(60):
        recorder.record(8, bytes(100_000))
    assert recorder.used_bytes <= 4_000_000
    assert set(recorder.drops) == {8} and recorder.drops[8] >= 20
    taken = recorder.take(10_000_000)
    assert vital in [number for number, _ in taken]


async def test_commands_end_once_while_the_store_comes_and_goes(rig: Rig) -> None:
    sent = []
    for number in range(40):
        fall_sick(rig, ("", "full", "", "dead", "lying")[number % 5])
        sent.append(rig.send("toy", "drive", distance=float(number % 7)))
        await asyncio.sleep(20.0)
    fall_sick(rig, "")
    await asyncio.sleep(2000.0)
    for identifier in sent:
        ended = [rung for rung in rig.rungs(identifier) if rung in TERMINAL_RUNGS]
        assert len(ended) == 1, identifier


async def test_without_the_guard_a_full_store_ends_the_node(tmp_path: Path, world: World) -> None:
    """What the guard is for: a drill that takes it away loses the node at the next write."""
    with pytest.raises(StorageError, match="disk is full"):
        async with a_rig(tmp_path, ("store_guard",)) as rig:
            rig.add_node(RecordingToy, SPEED, mission={"world": world})
            await asyncio.sleep(1.0)
            fall_sick(rig, "full")
            rig.send("toy", "drive", distance=1.0)
            await asyncio.sleep(2000.0)
