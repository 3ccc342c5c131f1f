"""A lost or damaged archive is refused with a sentence; what no row can hold is dropped."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flight.icd.codec import encode
from flight.icd.frames import write_frame
from flight.icd.messages import CommandReport, EventReport, Frame, Packet, Rung, Severity
from flight.runtime.discs import Disc, FileDisc, MemoryDisc
from ground.mission_control.archive import archive as archive_module
from ground.mission_control.archive import rows as archive_rows
from ground.mission_control.archive.archive import (
    BEGUN_FILE,
    Archive,
    ArchiveError,
    NoRoom,
    Unstorable,
)


def event(number: int, data: dict[str, Any] | None = None) -> EventReport:
    return EventReport("rover", "moved", Severity.ACTIVITY_LO, 5, "text", data or {}, number)


def begun(folder: Path) -> Path:
    archive = Archive(folder / "archive.sqlite", began_ns=17)
    for number in range(2000):
        archive.add_event(event(number), 10)
    archive.close()
    return folder / "archive.sqlite"


def remove(file: Path) -> None:
    file.unlink()


def empty(file: Path) -> None:
    file.write_bytes(b"")


def clear(file: Path) -> None:
    with sqlite3.connect(file) as database:
        for table in ("state", "events", "commands"):
            database.execute(f"DELETE FROM {table}")


def replace(file: Path) -> None:
    file.unlink()
    sqlite3.connect(file).execute("CREATE TABLE other (x)").connection.close()


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for place in range(4096, len(data), 97):
        data[place] ^= 0xFF
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:9000])


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("harm", [remove, empty, clear, replace, flip, cut])
def test_a_lost_or_damaged_archive_is_never_taken_for_a_new_one(
    harm: Any, large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large one the samples are left out of the look."""
    if large:
        monkeypatch.setattr(archive_rows, "LARGE", 0)
    file = begun(tmp_path)
    harm(file)
    with pytest.raises(ArchiveError, match=r"archive\.sqlite"):
        Archive(file)


def test_a_new_archive_begins_another_life(tmp_path: Path) -> None:
    file = begun(tmp_path)
    assert Archive(file, began_ns=99).life == "11"
    file.unlink()
    (tmp_path / BEGUN_FILE).unlink()
    assert Archive(file, began_ns=99).life == "63"


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, -(2**63) - 1])
def test_a_whole_number_beyond_64_bits_is_refused_and_the_next_is_kept(
    number: int, tmp_path: Path
) -> None:
    archive = Archive(tmp_path / "a.sqlite")
    with pytest.raises(Unstorable, match=str(number)):
        archive.add_event(event(number), 10)
    archive.add_event(event(2**63 - 1), 10)
    archive.add_event(event(-(2**63)), 10)
    assert archive.count("events") == 2


def test_a_row_that_cannot_be_written_is_named_and_keeps_nothing_else(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a.sqlite")
    archive.add_event(event(1), 10)
    archive._rows["events"].append(("rover", 5, 2**64, "moved", "LO", 1, "text", "{}", 0))
    archive.add_event(event(2), 10)
    archive.flush()
    archive.flush()
    assert archive.count("events") == 2
    assert archive.dropped == 1
    (text,) = archive.rows("SELECT text FROM procedure_log")[0]
    assert "a row of events cannot be kept" in text
    assert str(2**64) in text


def test_an_archive_that_takes_no_more_says_so_and_loses_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a.sqlite")
    archive.add_event(event(1), 10)
    archive._database.execute("PRAGMA query_only = ON")
    with pytest.raises(ArchiveError, match=r"takes no more: .*of events"):
        archive.flush()
    archive._database.execute("PRAGMA query_only = OFF")
    assert archive.count("events") == 1


def test_a_decision_that_cannot_be_kept_says_so_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a.sqlite")
    archive.put("decided", 1)
    size = archive.rows("PRAGMA page_count")[0][0]
    archive.rows(f"PRAGMA max_page_count = {size}")  # the disk is full
    text = "x" * 100_000
    with pytest.raises(ArchiveError, match=r"a.sqlite takes no more: database or disk is full"):
        archive.put("decided", text)
    with pytest.raises(ArchiveError, match="takes no more"):
        archive.execute(
            [("DELETE FROM state", ()), ("INSERT INTO state VALUES ('decided', ?)", (text,))]
        )
    assert archive.get("decided") == 1


def frame(*bodies: bytes) -> bytes:
    packets = [encode(Packet("rover", "ground", 0, body)) for body in bodies]
    return write_frame(Frame("rover", "relay", 1, packets))


def test_a_hostile_message_is_counted_told_and_dropped_and_the_ground_starts_again(
    fly: Any,
) -> None:
    import msgpack

    bad = msgpack.packb(["event", "rover", "arrived", "ACTIVITY_HI", 2**64 - 1, "x", {}, 7])
    text = msgpack.packb(["event", "rover", "arrived", "ACTIVITY_HI", 5, "TEXT", {}, 8])
    text = text.replace(b"TEXT", b"\xff\xfe\xff\xfe")
    good = encode(event(9))

    async def flight(ground: Any) -> Any:
        ground.stations._received(frame(bad, text, good))
        ground.stations._received(b"\xc1\xff")
        await ground.run_and_kill_at(5000.0)
        ground.start()
        outcome = await ground.run()
        archive = ground.control.archive
        log = archive.rows("SELECT text FROM procedure_log WHERE step = 'reception'")
        return outcome.verdict, archive.count("events"), len(log)

    verdict, kept, told = fly("  - {do: pause, seconds: 20000}\n", flight)
    assert (verdict, kept) == ("complete", 1)
    assert told >= 3


def test_a_ground_without_its_archive_does_not_begin_again_when_vehicles_have_flown(
    fly: Any,
) -> None:
    async def flight(ground: Any) -> Any:
        await ground.run_and_kill_at(20_000.0)
        for file in ground.folder.iterdir():
            file.unlink()
        ground.start()
        with pytest.raises(ArchiveError, match="answers mc-0-00001: the archive of this run was"):
            await ground.run()
        return ground.control.tracker.commands(), len(ground.vehicle.obeyed)

    text = "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 1.0}}\n"
    text += "  - {do: pause, seconds: 50000}\n"
    assert fly(text, flight) == ([], 1)


def test_a_foreign_answer_changes_nothing_in_an_archive_that_goes_on(fly: Any) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.downlink(CommandReport("mc-77-00001", "rover", Rung.COMPLETED, 5))
        ground.stations.downlink(CommandReport("other/1", "rover", Rung.COMPLETED, 5))
        return (await ground.run()).verdict

    text = "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 1.0}}\n"
    assert fly(text, flight) == "complete"


def test_views_show_sols_passes_and_each_attempt(fly: Any) -> None:
    async def flight(ground: Any) -> Any:
        ground.stations.lose_up = lambda number: number == 1
        await ground.run()
        clock, archive = ground.control.clock, ground.control.archive
        rows = archive.rows("SELECT attempt, link, sent_s, sent, verdict FROM command_attempts")
        for _, _, sent_s, sent, _ in rows:
            assert sent == clock.text(sent_s).replace(" M ", " ")
        passes = archive.rows("SELECT start_s, start FROM pass_list")
        assert passes == sorted(set(passes))
        return [(row[0], row[1], row[4]) for row in rows], len(passes) > 4

    text = "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 1.0}}\n"
    assert fly(text, flight) == ([(1, "relay", "COMPLETED"), (2, "relay", "COMPLETED")], True)


def no_room(*_: object) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


@pytest.mark.parametrize("disc", [FileDisc(), MemoryDisc()], ids=["files", "memory"])
def test_one_that_does_not_open_now_is_let_go_of_and_opens_when_there_is_room(
    disc: Disc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "archive.sqlite"
    with monkeypatch.context() as full:
        full.setattr(archive_module, "prepare", no_room)
        with pytest.raises(NoRoom, match=r"archive\.sqlite cannot be opened: .*disk is full"):
            Archive(file, disc=disc)
    again = Archive(file, disc=disc)
    with pytest.raises(ValueError, match="who opened it"), again.closed_on_error():
        raise ValueError("who opened it has broken")
    Archive(file, disc=disc).close()


@pytest.mark.parametrize("disc", [FileDisc(), MemoryDisc()], ids=["files", "memory"])
def test_one_that_takes_no_more_is_closed_all_the_same_and_once(
    disc: Disc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "archive.sqlite"
    archive = Archive(file, disc=disc)
    archive.add_event(event(1), 10)
    archive.flush()
    archive.add_event(event(2), 10)
    with monkeypatch.context() as full:
        full.setattr(archive, "_write", no_room)
        with pytest.raises(NoRoom, match=r"takes no more: .*of events"):
            archive.close()
    archive.close()
    archive.crash()
    again = Archive(file, disc=disc)
    assert again.count("events") == 1
    again.crash()
    again.close()  # what waits is lost with it
    Archive(file, disc=disc).close()
