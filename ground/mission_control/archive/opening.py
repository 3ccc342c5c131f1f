"""Opens the database of an archive: looks whether it is sound, and converts one of version 3."""

import sqlite3
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from ground.mission_control.archive.rows import ArchiveError, damage_in
from ground.mission_control.archive.sample_blocks import INSERT_BLOCK, block_of, in_blocks
from ground.mission_control.archive.schema import SCHEMA, VERSION

ADVICE = (
    "the vehicles may have flown, and what was sent to them is not known; "
    "restore it, or fly in another folder"
)
ROWS = 3
"""The version that had a row for each sample."""
_ASIDE = f"""
BEGIN IMMEDIATE;
DROP VIEW IF EXISTS telemetry;
DROP VIEW IF EXISTS last_values;
DROP INDEX IF EXISTS news_by_reception;
ALTER TABLE samples RENAME TO single_samples;
{SCHEMA}
INSERT INTO reports SELECT DISTINCT source, place, occurred_ns
    FROM single_samples JOIN streams USING (stream);
"""


def prepare(database: sqlite3.Connection, path: Path) -> None:
    """Makes the tables that are not there. Raises ArchiveError, sqlite3.DatabaseError."""
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, ROWS, VERSION):
        raise ArchiveError(
            f"{path} is of version {version}; allowed is {VERSION}, and {ROWS}, which is "
            "converted; open it with the version of this program that wrote it, or fly in another "
            "folder"
        )
    if version:
        found = damage_in(database)
        if found:
            raise ArchiveError(f"{path} is damaged: {found}. {ADVICE}")
    if version == ROWS:
        _convert(database)
    # In one go: else the disc is waited for after each of its tables.
    database.executescript(f"BEGIN IMMEDIATE;\n{SCHEMA}\nCOMMIT;")
    database.execute(f"PRAGMA user_version = {VERSION}")


def _convert(database: sqlite3.Connection) -> None:
    """Puts single samples into blocks, all of them or none."""
    try:
        database.executescript(_ASIDE)
        rows = database.execute(
            "SELECT stream, occurred_ns, place, received_ns, value, news FROM single_samples "
            "ORDER BY stream, received_ns, place"
        )
        for stream, found in groupby(rows, itemgetter(0)):
            for block in in_blocks([row[1:] for row in found]):
                database.execute(INSERT_BLOCK, block_of(stream, block))
        database.execute("DROP TABLE single_samples")
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
