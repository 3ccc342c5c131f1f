"""Samples of an archive that is only read, without what is damaged."""

import sqlite3
import zlib

from ground.mission_control.archive.schema import samples_where

_SOUND = "checksum_of(CAST(rows AS BLOB)) = checksum"


def sound_samples(database: sqlite3.Connection) -> str:
    """SQL to select from: a row for each sample, with the columns of the view `samples`, of all
    that is what was written."""
    if not _has_blocks(database):
        return "samples"  # a table, of an older archive
    return f"({samples_where(_SOUND)})"


def damaged_blocks(database: sqlite3.Connection) -> int:
    """How many blocks are not what was written, and are left out."""
    if not _has_blocks(database):
        return 0
    (count,) = database.execute(
        f"SELECT (SELECT COUNT(*) FROM sample_blocks WHERE NOT {_SOUND}) + "
        f"(SELECT COUNT(*) FROM sample_log WHERE NOT {_SOUND})"
    ).fetchone()
    return int(count)


def _has_blocks(database: sqlite3.Connection) -> bool:
    database.create_function("checksum_of", 1, zlib.crc32, deterministic=True)
    query = "SELECT 1 FROM sqlite_schema WHERE name = 'sample_blocks'"
    return database.execute(query).fetchone() is not None
