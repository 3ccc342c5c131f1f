"""A missing or damaged store is damage: the node boots safe, says so, and claims nothing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import pytest

from flight.core.keeping.opening import OpenedStore, open_store
from flight.icd.custody_account import account, agrees
from flight.icd.custody_record import CustodyStatus, Evidence
from flight.icd.messages import Rung
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import SPEED, Toy, World, toy

TUBES = ("Malay", "Atsah")


@pytest.fixture
async def rig(tmp_path: Path, world: World) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as rig:
        rig.add_node(Toy, SPEED, mission={"world": world, "all_tubes": TUBES})
        yield rig


def delete(file: Path) -> None:
    file.unlink()


def empty(file: Path) -> None:
    file.write_bytes(b"")


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def overwrite(file: Path) -> None:
    file.write_bytes(b"not a database " * 500)


def flip_a_page(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:8192] = bytes(each ^ 0xFF for each in data[4096:8192])
    file.write_bytes(bytes(data))


def run_sql(*statements: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        database = sqlite3.connect(file, isolation_level=None)
        for statement in statements:
            database.execute(statement)
        database.close()

    return change


BREAKINGS = {
    "missing": delete,
    "empty": empty,
    "truncated": truncate,
    "overwritten": overwrite,
    "page flipped": flip_a_page,
    "another schema": run_sql("PRAGMA user_version = 7"),
    "rows gone": run_sql("DELETE FROM record", "DELETE FROM entry", "DELETE FROM journal"),
    "tables gone": run_sql("DROP TABLE record", "DROP TABLE entry", "DROP TABLE journal"),
    "numbers of no journal": run_sql("UPDATE journal SET last_number = 0"),
    "keys of no form": run_sql("UPDATE record SET key = CAST(x'ff' AS TEXT) WHERE key = 'life'"),
}


def close_log(rig: Rig) -> Path:
    """The store's file, with nothing beside it that SQLite would mend it from."""
    file = rig.folder / "toy.sqlite"
    sqlite3.connect(file).close()
    database = sqlite3.connect(file)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return file


@pytest.mark.parametrize("how", BREAKINGS)
async def test_a_lost_store_boots_safe_says_so_and_states_no_tube_as_fact(
    rig: Rig, how: str
) -> None:
    toy(rig).ledger.adopt("Malay", "rover_rack", Evidence("rover.rack", "closed"), slot=1)
    await rig.command("toy", "note", text="before")
    await rig.kill("toy")
    BREAKINGS[how](close_log(rig))
    node = await rig.restart("toy")
    assert node.state == "safe"
    assert node.boot.number == 2
    assert node.boot.reduced
    damage = [event.text for event in rig.events if event.name == "store_damaged"]
    assert len(damage) == 1
    assert "toy.sqlite" in damage[0]
    assert str(rig.folder) not in damage[0]
    for record in node.ledger.records():
        assert (record.status, record.responsible) == (CustodyStatus.UNKNOWN, False)
    for tube, said in account({"toy": node.ledger.records()}, TUBES).items():
        assert said.last_seen is not None
        assert agrees(said, "anywhere"), tube
    adopted = node.ledger.adopt("Malay", "ground", Evidence("mission load", "laid down there"))
    assert (adopted.status, adopted.place) == (CustodyStatus.UNKNOWN, "ground")
    assert (await rig.command("toy", "leave_safe")).rung is Rung.COMPLETED
    damaged = list(rig.folder.glob("toy.sqlite.damaged-2"))
    assert damaged == ([] if how == "missing" else [rig.folder / "toy.sqlite.damaged-2"])


async def test_a_locked_store_is_flown_from_and_caught_up_with(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flight.core.keeping.storage.LOCK_TIMEOUT_SECONDS", 0.0)
    toy(rig).ledger.adopt("Malay", "rover_rack", Evidence("rover.rack", "closed"), slot=1)
    await rig.kill("toy")
    holder = sqlite3.connect(rig.folder / "toy.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    node = await rig.restart("toy")
    assert node.state == "idle"
    await asyncio.sleep(1.0)
    [failed] = [event.text for event in rig.events if event.name == "storage_failed"]
    assert "another process holds its lock" in failed
    holder.close()
    await rig.wait_for_event("toy", "storage_restored")
    await rig.kill("toy")
    assert (await rig.restart("toy")).boot.number == 3
    assert "store_damaged" not in rig.event_names("toy")


async def test_a_second_boot_on_a_sound_store_is_no_damage(rig: Rig) -> None:
    toy(rig).ledger.adopt("Malay", "rover_rack", Evidence("rover.rack", "closed"), slot=1)
    for number in (2, 3):
        await rig.kill("toy")
        node = await rig.restart("toy")
        assert (node.state, node.boot.number, node.boot.reduced) == ("idle", number, False)
    assert "store_damaged" not in rig.event_names("toy")
    [record] = node.ledger.records()
    assert record.status is CustodyStatus.HELD


async def test_the_steps_after_a_lost_store_stand_above_those_before_it(rig: Rig) -> None:
    before = toy(rig).ledger.adopt("Malay", "rover_rack", Evidence("rover.rack", "closed"))
    await rig.kill("toy")
    delete(close_log(rig))
    node = await rig.restart("toy")
    assert all(record.sequence > before.sequence for record in node.ledger.records())


@pytest.mark.parametrize("deleted", ["record", "entry", "both"])
async def test_a_ledger_whose_rows_are_gone_is_mended_or_openly_unknown(
    rig: Rig, deleted: str
) -> None:
    toy(rig).ledger.adopt("Malay", "rover_rack", Evidence("rover.rack", "closed"), slot=1)
    await rig.kill("toy")
    statements = {
        "record": ["DELETE FROM record WHERE namespace = 'custody.toy'"],
        "entry": ["DELETE FROM entry WHERE journal = 'custody.toy'"],
    }
    statements["both"] = statements["record"] + statements["entry"]
    run_sql(*statements[deleted])(close_log(rig))
    node = await rig.restart("toy")
    record = node.ledger.record("Malay")
    assert record is not None
    wanted = CustodyStatus.UNKNOWN if deleted == "both" else CustodyStatus.HELD
    assert record.status is wanted
    await asyncio.sleep(1.0)
    assert node.state == ("safe" if deleted == "both" else "idle")
    assert ("store_damaged" in rig.event_names("toy")) is (deleted == "both")


@pytest.mark.parametrize("seed", range(12))
async def test_no_flipped_bit_ends_the_run(rig: Rig, seed: int) -> None:
    toy(rig).ledger.adopt("Malay", "rover_rack", Evidence("rover.rack", "closed"), slot=1)
    toy(rig).storage.put("toy", "driven", 5.0)
    await rig.command("toy", "note", text="before")
    chance = Random(seed)
    for _ in range(10):
        await rig.kill("toy")
        file = close_log(rig)
        data = bytearray(file.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(bytes(data))
        node = await rig.restart("toy")
        assert (await rig.command("toy", "report_status")).rung is Rung.COMPLETED
        record = node.ledger.record("Malay")
        assert record is not None
        assert record.status in (CustodyStatus.HELD, CustodyStatus.UNKNOWN)


async def test_a_damaged_value_that_nobody_mends_is_removed_and_the_rest_kept(rig: Rig) -> None:
    toy(rig).storage.put("toy", "driven", 5.0)
    toy(rig).ledger.adopt("Malay", "rover_rack", Evidence("rover.rack", "closed"), slot=1)
    await rig.kill("toy")
    run_sql("UPDATE record SET crc = crc + 1 WHERE namespace = 'toy'")(close_log(rig))
    node = await rig.restart("toy")
    assert (node.state, node.driven) == ("safe", 0.0)
    [damage] = [event.text for event in rig.events if event.name == "store_damaged"]
    assert "The value 'driven' of 'toy' was damaged and is removed." in damage
    [record] = node.ledger.records()
    assert record.status is CustodyStatus.HELD


def close(opened: OpenedStore) -> OpenedStore:
    opened.storage.close()
    return opened


def test_the_count_beside_the_store_tells_a_second_boot_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "rover.sqlite"
    assert close(open_store(path, first_boot=True)).damage == ""
    path.unlink()
    opened = close(open_store(path, first_boot=True))
    assert (opened.damage, opened.fresh, opened.earlier_boots) == (
        "the store rover.sqlite is missing",
        True,
        1,
    )


def test_who_composes_the_run_tells_it_when_the_count_is_gone_too(tmp_path: Path) -> None:
    path = tmp_path / "rover.sqlite"
    opened = close(open_store(path, first_boot=False))
    assert (opened.fresh, opened.earlier_boots) == (True, 1)


def test_a_first_boot_is_no_damage(tmp_path: Path) -> None:
    opened = close(open_store(tmp_path / "rover.sqlite", first_boot=True))
    assert (opened.damage, opened.fresh, opened.earlier_boots) == ("", False, 0)
