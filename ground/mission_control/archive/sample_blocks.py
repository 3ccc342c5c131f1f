"""Blocks of samples as the archive's file holds them: JSON that any tool reads, with a checksum.

A block holds samples of one channel, in the order in which they arrived. A row for each sample
costs SQLite ten times as much as a sample costs in a block.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Any

import msgspec

Value = int | float | str | None
Row = tuple[int, int, int, Value, int]
"""A sample: occurred_ns, place in the order of what its source said, received_ns, value, and
whether nothing that its source said later was here before (1 or 0)."""

LARGEST = 256
"""Samples in a block at most: who wants one of them reads them all."""

INSERT_BLOCK = (
    "INSERT INTO sample_blocks (stream, samples, first_ns, last_ns, news_ns, checksum, rows) "
    "VALUES (?,?,?,?,?,?,?)"
)

_encoder = msgspec.json.Encoder()
_block = msgspec.json.Decoder(list[Row])
_batch = msgspec.json.Decoder(dict[str, list[Row]])
_TOO_LARGE = {inf: msgspec.Raw(b"9e999"), -inf: msgspec.Raw(b"-9e999")}
"""JSON has no infinity; SQLite and Python's own reader take these for it."""


def write_rows(rows: object) -> tuple[int, str]:
    """The checksum and the text of rows, or of rows by stream."""
    text = _encoder.encode(rows)
    if b"null" in text:
        text = _encoder.encode(_finite(rows))
    return zlib.crc32(text), text.decode()


def read_rows(text: bytes, checksum: int) -> list[Row]:
    """The rows of a block. Raises ValueError where it is not what was written."""
    _check(text, checksum)
    rows: list[Row] = _read(text, _block)
    return rows


def read_batch(text: bytes, checksum: int) -> dict[str, list[Row]]:
    """Rows by stream. Raises ValueError where they are not what was written."""
    _check(text, checksum)
    rows: dict[str, list[Row]] = _read(text, _batch)
    return rows


def in_blocks(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows in pieces that a block may hold."""
    for begin in range(0, len(rows), LARGEST):
        yield rows[begin : begin + LARGEST]


def block_of(stream: int, rows: list[Row]) -> tuple[object, ...]:
    """The row of the table `sample_blocks`, without its number."""
    occurred = [row[0] for row in rows]
    news = next((row[2] for row in rows if row[4]), None)
    return (stream, len(rows), min(occurred), max(occurred), news, *write_rows(rows))


def newest_news(rows: Iterable[Row], at_ns: int) -> Row | None:
    """Of rows, the last come first: the newest that was here at an instant."""
    for row in rows:
        if row[4] and row[2] <= at_ns:
            return row
    return None


def _check(text: bytes, checksum: int) -> None:
    if zlib.crc32(text) != checksum:
        raise ValueError("its checksum is another")


def _finite(rows: object) -> object:
    """Rows, or rows by stream, with what JSON writes for infinities."""
    if isinstance(rows, Mapping):
        return {stream: _finite(each) for stream, each in rows.items()}
    assert isinstance(rows, list)
    return [
        (*row[:3], _TOO_LARGE.get(row[3], row[3]) if type(row[3]) is float else row[3], row[4])
        for row in rows
    ]


def _read(text: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    if b"9e999" in text:
        return msgspec.convert(json.loads(text), decoder.type)
    return decoder.decode(text)
