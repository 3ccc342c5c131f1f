"""Blocks of samples: what is not what was written is found, and infinities come back as such."""

import json
import math
import zlib

import pytest

from ground.mission_control.archive.sample_blocks import (
    Row,
    block_of,
    in_blocks,
    newest_news,
    read_batch,
    read_rows,
    write_rows,
)

ROWS: list[Row] = [(5, 1, 7, 0.5, 1), (4, 2, 8, "idle", 0), (6, 3, 9, None, 1)]


def test_a_block_that_was_changed_on_its_disc_is_found() -> None:
    checksum, text = write_rows(ROWS)
    assert read_rows(text.encode(), checksum) == ROWS
    other = text.replace("0.5", "0.6").encode()
    with pytest.raises(ValueError, match="its checksum is another"):
        read_rows(other, checksum)
    assert read_rows(other, zlib.crc32(other))[0][3] == 0.6
    checksum, text = write_rows({"rover.charge": ROWS})
    assert read_batch(text.encode(), checksum) == {"rover.charge": ROWS}
    with pytest.raises(ValueError, match="its checksum is another"):
        read_batch(text.replace("0.5", "0.6").encode(), checksum)


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1.5, 3, "null", None])
def test_each_value_comes_back_as_it_was_and_any_tool_can_read_it(value: object) -> None:
    rows = [(1, 2, 3, value, 1)]
    checksum, text = write_rows(rows)
    assert read_rows(text.encode(), checksum) == rows and json.loads(text)[0][3] == value
    checksum, text = write_rows({"a": rows, "b": []})
    assert read_batch(text.encode(), checksum) == {"a": rows, "b": []}


@pytest.mark.parametrize(
    ("rows", "sizes"), [(0, []), (256, [256]), (257, [256, 1]), (513, [256, 256, 1])]
)
def test_a_block_holds_256_samples_and_not_one_more(rows: int, sizes: list[int]) -> None:
    every: list[Row] = [(number, 0, 0, 0, 1) for number in range(rows)]
    found = list(in_blocks(every))
    assert [len(each) for each in found] == sizes
    assert [row for each in found for row in each] == every


def test_a_block_says_from_when_to_when_it_is_and_when_its_first_news_came() -> None:
    stream, samples, first, last, news, checksum, text = block_of(3, ROWS)
    assert (stream, samples, first, last, news) == (3, 3, 4, 6, 7)
    assert (checksum, text) == write_rows(ROWS)
    assert block_of(3, [(4, 2, 8, "idle", 0)])[4] is None, "what came late is no news"


@pytest.mark.parametrize(("at", "found"), [(9, 2), (8, 0), (7, 0), (6, None)])
def test_the_newest_news_is_what_was_here_at_an_instant(at: int, found: int | None) -> None:
    assert newest_news(reversed(ROWS), at) == (None if found is None else ROWS[found])
