"""The archive keeps what it is given once, also over the death of the process."""

import sqlite3
from pathlib import Path

import pytest

from flight.icd.messages import CommandReport, EventReport, Rung, Severity, Telemetry
from ground.mission_control.archive.archive import Archive, ArchiveError


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive.sqlite", {("rover", "charge"): "1"})


def event(number: int, time_ns: int) -> EventReport:
    data = {"n": number}
    return EventReport("rover", "moved", Severity.ACTIVITY_LO, time_ns, "text", data, number)


def test_copies_are_kept_once(archive: Archive) -> None:
    for received in (10, 20):
        archive.add_event(event(1, 5), received)
        archive.add_samples(Telemetry("rover", 5, {"charge": 0.5, "mode": "idle"}, 1), received)
        archive.add_rung(CommandReport("mc-1", "rover", Rung.RECEIVED, 5), received)
    assert [archive.count(table) for table in ("events", "samples", "rungs")] == [1, 2, 1]


def test_rungs_of_one_instant_come_in_the_order_of_the_ladder(archive: Archive) -> None:
    for rung in (Rung.COMPLETED, Rung.STARTED, Rung.RECEIVED, Rung.ACCEPTED):
        archive.add_rung(CommandReport("mc-1", "rover", rung, 5), 9)
    archive.add_rung(CommandReport("mc-1", "rover", Rung.COMPLETED, 7, repeated=True), 9)
    assert archive.rungs("mc-1") == ["RECEIVED", "ACCEPTED", "STARTED", "COMPLETED"]


def test_what_came_late_is_found_by_when_it_happened(archive: Archive) -> None:
    archive.add_event(event(2, 8), 20)
    archive.add_event(event(1, 5), 30)
    assert [each.number for each in archive.events("rover", "moved")] == [1, 2]
    assert [each.number for each in archive.events("rover", "moved", since_ns=6)] == [2]
    assert archive.events("lander") == []


def test_values_of_every_type_come_back(archive: Archive) -> None:
    values = {"a": 1.5, "b": None, "c": True, "d": "text", "e": [1, 2]}
    archive.add_samples(Telemetry("rover", 5, values, 1), 9)
    archive.add_samples(Telemetry("rover", 6, {"a": 2.5}, 2), 9)
    assert archive.samples("rover", "a") == [(5, 1.5), (6, 2.5)]
    last = {channel: value for _, channel, _, _, value, _ in archive.last_values()}
    assert last == {"a": 2.5, "b": None, "c": 1, "d": "text", "e": "[1,2]"}


def test_a_killed_process_loses_only_what_had_not_been_flushed(tmp_path: Path) -> None:
    first = Archive(tmp_path / "a.sqlite")
    first.add_event(event(1, 5), 10)
    first.flush()
    first.put("cursor", {"position": 3})
    first.add_event(event(2, 6), 10)
    first.crash()
    again = Archive(tmp_path / "a.sqlite")
    assert [each.number for each in again.events()] == [1]
    assert again.get("cursor") == {"position": 3}


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("This is no database, and it is long enough to be seen as none.")
    with pytest.raises(ArchiveError, match="is no archive"):
        Archive(tmp_path / "text")
    with sqlite3.connect(tmp_path / "old") as database:
        database.execute("PRAGMA user_version = 77")
    with pytest.raises(ArchiveError, match="is of version 77; allowed is 4, and 3"):
        Archive(tmp_path / "old")


def test_a_person_reads_seconds_and_units(archive: Archive) -> None:
    archive.add_samples(Telemetry("rover", 1_500_000_000, {"charge": 0.5}, 1), 3_000_000_000)
    assert archive.rows("SELECT * FROM telemetry") == [("rover", "charge", 1.5, 3.0, 0.5, "1")]
    assert archive.rows("SELECT occurred_s FROM last_values") == [(1.5,)]


@pytest.mark.parametrize(("durable", "synchronous"), [(False, 0), (True, 2)])
def test_who_asks_for_it_waits_for_the_disc(
    tmp_path: Path, durable: bool, synchronous: int
) -> None:
    archive = Archive(tmp_path / "a.sqlite", durable=durable)
    assert archive.rows("PRAGMA synchronous") == [(synchronous,)]
    assert archive.rows("PRAGMA journal_mode") == [("wal",)]


def test_what_comes_again_is_not_waited_for_and_what_is_decided_is(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a.sqlite", durable=True)
    said: list[str] = []
    archive._database.set_trace_callback(said.append)
    archive.add_event(event(1, 5), 10)
    archive.flush()
    assert said.index("PRAGMA synchronous = NORMAL") < said.index("COMMIT")
    assert archive._database.execute("PRAGMA synchronous").fetchone() == (2,)
    said.clear()
    with archive.together():  # where a decision is a part of it, all of it is waited for
        archive.add_event(event(2, 6), 10)
        archive.flush()
        archive.put("decided", 1)
    assert not any("NORMAL" in each for each in said)
