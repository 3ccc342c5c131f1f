"""The checksum of envelopes and frames: whatever is changed on the way is found."""

import zlib

import pytest

from flight.icd.checksum import Corrupt, is_whole, opened, opened_unchecked, sealed
from flight.icd.codec import CodecError, encode
from flight.icd.envelope import read_envelope, read_envelope_unchecked, write_envelope
from flight.icd.frames import read_frame, read_frame_unchecked, write_frame
from flight.icd.messages import Call, Frame, Packet

ENVELOPE = write_envelope(7, 5, Call(3, "drive", {"east": 1.5, "north": -2.0}))
FRAME = write_frame(Frame("rover", "lander", 9, [encode(Packet("rover", "mav", 1, b"body"))]))


def test_it_is_the_checksum_of_ethernet_and_stands_behind_the_data() -> None:
    # The check value of CRC-32/ISO-HDLC in the usual catalogues.
    assert sealed(b"123456789") == b"123456789" + (0xCBF43926).to_bytes(4, "little")
    assert opened(sealed(b"123456789")) == b"123456789"
    assert opened(sealed(b"")) == b""


@pytest.mark.parametrize(
    ("good", "read"), [(ENVELOPE, read_envelope), (FRAME, read_frame), (sealed(b""), opened)]
)
def test_no_single_and_no_double_flip_of_bits_is_taken_for_true(good: bytes, read: object) -> None:
    assert callable(read)
    read(good)
    number = int.from_bytes(good, "big")
    bits = len(good) * 8
    for first in range(bits):
        for second in range(first, bits) if first % 16 == 0 else (first,):
            flipped = number ^ (1 << first) ^ ((1 << second) if second != first else 0)
            with pytest.raises(Corrupt):
                read(flipped.to_bytes(len(good), "big"))


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00" * 3, b"\xff" * 4, zlib.compress(b"")])
def test_bytes_that_nobody_sealed_are_not_whole(data: bytes) -> None:
    assert not is_whole(data)
    with pytest.raises(Corrupt):
        opened(data)


def test_four_zeros_are_nothing_with_its_checksum_and_no_message() -> None:
    assert opened(bytes(4)) == b""
    for read in (read_envelope, read_frame):
        with pytest.raises(CodecError):
            read(bytes(4))


def test_the_permissive_parts_take_what_was_changed() -> None:
    """What drills put in place to show what the checksum is for."""
    changed = bytearray(ENVELOPE)
    changed[ENVELOPE.index(b"drive")] ^= 1
    assert read_envelope_unchecked(bytes(changed)).message == Call(
        3, "erive", {"east": 1.5, "north": -2.0}
    )
    changed = bytearray(FRAME)
    changed[FRAME.index(b"rover")] ^= 1
    assert read_frame_unchecked(bytes(changed)).source == "sover"
    assert opened_unchecked(b"any") == b""
    for read in (read_envelope_unchecked, read_frame_unchecked):
        with pytest.raises(CodecError):
            read(b"any")
