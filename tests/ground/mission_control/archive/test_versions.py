"""An archive with a row for each sample is converted as it is opened, all of it or nothing."""

import sqlite3
from pathlib import Path

import pytest

from flight.icd.messages import Telemetry
from ground.mission_control.archive import opening as archive_opening
from ground.mission_control.archive.archive import Archive, ArchiveError
from ground.mission_control.archive.read_only_samples import damaged_blocks, sound_samples
from ground.mission_control.views.history import values_at

BOOT = 1_000_000_000
COUNT = 266
OLD = """
DROP VIEW telemetry; DROP VIEW last_values; DROP VIEW samples;
DROP TABLE sample_log; DROP TABLE sample_blocks; DROP TABLE reports;
CREATE TABLE samples (
    stream INTEGER NOT NULL, occurred_ns INTEGER NOT NULL, place INTEGER NOT NULL,
    received_ns INTEGER NOT NULL, value, news INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (stream, occurred_ns, place)
) WITHOUT ROWID;
CREATE INDEX news_by_reception ON samples (stream, received_ns, place) WHERE news;
CREATE VIEW telemetry AS SELECT source, channel, occurred_ns / 1e9 AS occurred_s,
    received_ns / 1e9 AS received_s, value, unit FROM samples JOIN streams USING (stream);
CREATE VIEW last_values AS SELECT source, value FROM streams JOIN samples USING (stream);
INSERT INTO streams VALUES (1, 'rover', 'charge', '1'), (2, 'rover', 'mode', '');
PRAGMA user_version = 3;
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """As version 3 of an archive was: charge grew by one each second; one sample came late."""
    path = tmp_path / "archive.sqlite"
    Archive(path, began_ns=17).close()
    with sqlite3.connect(path) as database:
        database.executescript(OLD)
        charge = [(1, n, BOOT + 2 * n, n + 100, float(n), 1) for n in range(1, COUNT)]
        late = (1, 5, BOOT + 9, 5000, 5.5, 0)
        mode = (2, 7, BOOT + 14, 107, "idle", 1)
        database.executemany("INSERT INTO samples VALUES (?,?,?,?,?,?)", [*charge, late, mode])
    database.close()
    return path


def test_all_that_it_held_is_told_as_before(old: Path) -> None:
    archive = Archive(old)
    assert archive.rows("PRAGMA user_version") == [(4,)]
    assert archive.life == "11"  # it goes on
    assert archive.count("samples") == COUNT + 1
    assert archive.samples("rover", "charge", 4, 6) == [(4, 4.0), (5, 5.5), (5, 5.0), (6, 6.0)]
    assert [(row[1], row[4]) for row in archive.last_values()] == [
        ("charge", float(COUNT - 1)), ("mode", "idle")
    ]  # fmt: skip
    assert [each.value for each in values_at(archive, 106)] == [6.0]
    assert [each.value for each in values_at(archive, 107)] == [7.0, "idle"]
    assert archive.rows("SELECT COUNT(*), MAX(unit) FROM telemetry") == [(COUNT + 1, "1")]
    assert archive.rows("SELECT name FROM sqlite_schema WHERE name LIKE '%single%'") == []


def test_it_knows_the_copies_of_what_it_held_and_takes_what_is_new(old: Path) -> None:
    archive = Archive(old)
    archive.add_samples(Telemetry("rover", 5, {"charge": 9.0}, 9, 1), 6000)
    archive.add_samples(Telemetry("rover", 7, {"charge": 9.0, "mode": "x"}, 14, 1), 6000)
    assert archive.count("samples") == COUNT + 1
    archive.add_samples(Telemetry("rover", 900, {"charge": 8.0}, 9000, 1), 6000)
    archive.close()
    again = Archive(old)
    assert again.count("samples") == COUNT + 2
    assert again.last_values()[0][4] == 8.0


def test_a_conversion_that_is_broken_off_changes_nothing(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(archive_opening, "block_of", full)
        with pytest.raises(ArchiveError, match="disk is full"):
            Archive(old)
    with sqlite3.connect(old) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (3,)
        assert database.execute("SELECT COUNT(*) FROM samples").fetchone() == (COUNT + 1,)
        assert database.execute("SELECT COUNT(*) FROM telemetry").fetchone() == (COUNT + 1,)
    database.close()
    assert Archive(old).count("samples") == COUNT + 1


def test_who_only_reads_finds_the_samples_of_either(old: Path) -> None:
    counts = []
    for _ in range(2):
        with sqlite3.connect(old) as database:
            counts.append(
                database.execute(f"SELECT COUNT(*) FROM {sound_samples(database)}").fetchone()[0]
            )
            assert damaged_blocks(database) == 0
        database.close()
        Archive(old).close()
    assert counts == [COUNT + 1, COUNT + 1]
