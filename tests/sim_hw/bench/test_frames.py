"""Frames: what goes in comes out, in Python and in C alike, and nothing that was changed does."""

import ctypes
import random
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim_hw.bench.building import SOURCES
from sim_hw.bench.wire.frames import (
    Damaged,
    FrameReader,
    frame,
    stuff,
    unstuff,
    with_checksum,
    without_checksum,
)

PAYLOADS = st.binary(min_size=1, max_size=600)


@given(PAYLOADS)
@example(bytes(1)).via("a zero")
@example(b"\x01" * 254).via("a full run")
@example(b"\x01" * 255).via("one more")
@example(b"\x01" * 254 + b"\0").via("a full run and a zero")
@example(b"\0" * 300).via("zeros")
def test_what_was_stuffed_comes_back_and_holds_no_zero(data: bytes) -> None:
    stuffed = stuff(data)
    assert b"\0" not in stuffed and len(stuffed) <= len(data) + len(data) // 254 + 1
    assert unstuff(stuffed) == data


def test_the_published_cases_of_cobs() -> None:
    """S. Cheshire and M. Baker, 1999, and the table that everybody quotes."""
    for plain, stuffed in (
        ("00", "0101"), ("0000", "010101"), ("11220033", "0311220233"), ("11223344", "0511223344"),
        ("11000000", "0211010101"),
    ):  # fmt: skip
        assert stuff(bytes.fromhex(plain)) == bytes.fromhex(stuffed)
    run = bytes(range(1, 255))
    assert stuff(run) == b"\xff" + run
    assert stuff(b"\0" + run) == b"\x01\xff" + run
    assert stuff(bytes(range(1, 256))) == b"\xff" + run + b"\x02\xff"


@given(st.lists(PAYLOADS, max_size=5), st.integers(1, 50))
def test_frames_are_found_however_the_bytes_are_cut(payloads: list[bytes], size: int) -> None:
    data = b"".join(map(frame, payloads))
    reader = FrameReader()
    found = []
    for at in range(0, len(data), size):
        found += reader.feed(data[at : at + size])
    assert (found, reader.damaged) == (payloads, 0)


@given(PAYLOADS, st.data())
def test_a_changed_bit_is_never_believed_and_the_next_frame_is(payload: bytes, data: Any) -> None:
    whole = bytearray(frame(payload))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    reader = FrameReader()
    found = list(reader.feed(bytes(whole) + b"\0" + frame(b"next")))
    assert payload not in found[:-1] and found[-1] == b"next"
    assert reader.damaged >= 1


def test_a_frame_without_end_takes_no_more_memory_than_the_largest() -> None:
    reader = FrameReader(512)
    for _ in range(1000):
        assert list(reader.feed(b"\x05" * 1000)) == []
        assert len(reader._kept) < 600
    assert list(reader.feed(b"\0" + frame(b"next"))) == [b"next"]
    assert reader.damaged == 1


def test_the_largest_frame_is_taken_and_one_byte_more_is_not() -> None:
    for fill in (b"\0", b"\x07"):
        reader = FrameReader(512)
        assert list(reader.feed(frame(fill * 512))) == [fill * 512]
    reader = FrameReader(512)
    assert list(reader.feed(frame(b"\x07" * 520))) == [] and reader.damaged == 1


def test_random_bytes_are_no_frames() -> None:
    chance = random.Random(1)
    reader = FrameReader()
    for _ in range(20_000):
        assert list(reader.feed(chance.randbytes(chance.randrange(1, 30)) + b"\0")) == []


def test_a_checksum_alone_is_nothing() -> None:
    for short in (b"", b"\0\0\0\0", zlib.crc32(b"").to_bytes(4, "little")):
        with pytest.raises(Damaged, match="no payload"):
            without_checksum(short)
    assert without_checksum(with_checksum(b"a")) == b"a"


# ----------------------------------------------------------------------- in C


@pytest.fixture(scope="module")
def in_c(tmp_path_factory: pytest.TempPathFactory) -> Any:
    out: Path = tmp_path_factory.mktemp("wire") / "wire.so"
    subprocess.run(
        ["gcc", "-std=c99", "-shared", "-fPIC", str(SOURCES / "wire.c"), "-o", str(out)], check=True
    )
    return ctypes.CDLL(str(out))


class _Reader(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_uint8 * 520), ("length", ctypes.c_size_t), ("too_long", ctypes.c_bool),
        ("damaged", ctypes.c_uint32),
    )  # fmt: skip


def test_c_and_python_write_the_same_frames_and_read_each_others(in_c: Any) -> None:
    in_c.wire_frame.restype = in_c.wire_take.restype = ctypes.c_size_t
    chance = random.Random(2)
    reader = _Reader()
    for trial in range(3000):
        length = chance.choice((1, 2, 250, 251, 253, 254, 255, 508, 512, chance.randrange(1, 513)))
        zeros = chance.choice((0.0, 0.1, 0.9))
        payload = bytes(
            0 if chance.random() < zeros else chance.randrange(1, 256) for _ in range(length)
        )
        room = ctypes.create_string_buffer(payload, 520)
        out = ctypes.create_string_buffer(600)
        size = in_c.wire_frame(room, ctypes.c_size_t(length), out)
        assert out.raw[:size] == frame(payload), trial
        taken = [in_c.wire_take(ctypes.byref(reader), byte) for byte in frame(payload)]
        assert taken == [0] * (len(taken) - 1) + [length]
        assert bytes(reader.data[:length]) == payload
    assert reader.damaged == 0


def test_c_takes_nothing_that_was_changed_and_nothing_too_long(in_c: Any) -> None:
    in_c.wire_take.restype = ctypes.c_size_t
    chance = random.Random(3)
    reader = _Reader()
    for _ in range(3000):
        whole = bytearray(frame(chance.randbytes(chance.randrange(1, 60))))
        whole[chance.randrange(len(whole) - 1)] ^= 1 << chance.randrange(8)
        assert not any(in_c.wire_take(ctypes.byref(reader), byte) for byte in whole)
    for data in (b"\x05" * 2000 + b"\0", frame(b"\x05" * 600)):
        assert not any(in_c.wire_take(ctypes.byref(reader), byte) for byte in data)
    assert [in_c.wire_take(ctypes.byref(reader), byte) for byte in frame(b"ok")][-1] == 2
