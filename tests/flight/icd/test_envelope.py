"""The envelope of the bus: what goes in comes out, and what is wrong is refused with its number."""

import contextlib
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.icd.checksum import opened, sealed
from flight.icd.codec import CodecError
from flight.icd.envelope import (
    Envelope,
    WrongMessage,
    life_and_count,
    numbered,
    read_envelope,
    write_envelope,
)
from flight.icd.messages import (
    Call,
    Cancel,
    Command,
    CommandReport,
    Frame,
    Message,
    Packet,
    Reply,
    Rung,
    Telemetry,
)

MAXIMUM_DEPTH = 16

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.binary(max_size=8)
)
plain = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner)
)


@given(st.integers(1, 2**63 - 1), st.dictionaries(st.text(max_size=4), plain))
def test_what_goes_in_comes_out(sequence: int, arguments: dict[str, Any]) -> None:
    message = Call(3, "drive", arguments)
    assert read_envelope(write_envelope(sequence, 5, message)) == Envelope(sequence, 5, message)


@pytest.mark.parametrize(
    "message",
    [
        Cancel(7),
        Packet("rover", "lander", 3, b"\x00\xff"),
        Frame("rover", "lander", 1, [b"a", b""]),
        CommandReport("ground/1", "rover", Rung.STARTED, 12),
        Reply(4, result=[1, {"a": None}]),
    ],
)
def test_a_message_is_an_array_that_begins_with_its_kind(message: Any) -> None:
    data = write_envelope(1, 2, message)
    sequence, time_ns, content = msgpack.unpackb(opened(data))
    assert (sequence, time_ns, content[0]) == (1, 2, message.__struct_config__.tag)
    assert read_envelope(data).message == message


def wrapped(content: Any) -> bytes:
    return sealed(msgpack.packb([9, 2, content]))


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "content",
    [
        ["call", 3, "drive", {"a": msgpack.ExtType(5, b"x")}],
        ["call", 3, "drive", {"a": msgpack.Timestamp(1, 0)}],
        ["call", 3, "drive", {"a": {b"key": 1}}],
        ["call", 3, "drive", {"a": {"b": {b"key": 1}}}],
        ["call", 3, "drive", {"a": nested(MAXIMUM_DEPTH - 2)}],
        ["reply", 3, msgpack.ExtType(5, b"x"), "", "", ""],
    ],
)
def test_what_is_no_plain_data_is_refused(content: Any) -> None:
    with pytest.raises(CodecError):
        read_envelope(wrapped(content))


def test_the_deepest_allowed_nesting_is_taken() -> None:
    content = ["call", 3, "drive", {"a": nested(MAXIMUM_DEPTH - 3)}]
    assert isinstance(read_envelope(wrapped(content)).message, Call)


@pytest.mark.parametrize(
    "content",
    [
        ["call", 3, "no spaces in names", {}],
        ["call", "3", "drive", {}],
        ["call", 3, "drive", {}, "one too many"],
        ["call", 3],
        ["packet", "rover", "lander", 3, "AP8="],
        ["frame", "rover", "lander", 3, ["AP8="]],
        ["no such kind"],
        [],
        None,
    ],
)
def test_a_wrong_message_keeps_its_number(content: Any) -> None:
    with pytest.raises(WrongMessage) as refusal:
        read_envelope(wrapped(content))
    assert refusal.value.sequence == 9


@pytest.mark.parametrize(
    "content", [[1, 2], [True, 2, ["cancel", 1]], ["1", 2, ["cancel", 1]], {"a": 1}, 7]
)
def test_what_is_no_envelope_has_no_number(content: Any) -> None:
    with pytest.raises(CodecError, match="not an envelope") as refusal:
        read_envelope(sealed(msgpack.packb(content)))
    assert not isinstance(refusal.value, WrongMessage)


def test_what_cannot_be_packed_raises() -> None:
    with pytest.raises(TypeError):
        write_envelope(1, 2, Command("a", "rover", "drive", {"what": object()}, "ground"))


@pytest.mark.parametrize("sequence", [0, -1, 2**63, 2**64 - 1])
def test_a_number_that_nobody_counts_is_refused(sequence: int) -> None:
    with pytest.raises(CodecError):
        read_envelope(write_envelope(sequence, 0, Cancel(1)))


@pytest.mark.parametrize(
    "message",
    [
        Telemetry("rover", 2**63, {}, 1),
        Telemetry("rover", 0, {}, 2**63),
        Telemetry("rover", 0, {}, -1),
        Telemetry("rover", 0, {"count": 2**63}, 1),
        Telemetry("rover", 0, {"list": [1, [2**64 - 1]]}, 1),
        Cancel(2**64 - 1),
    ],
)
def test_what_no_archive_can_store_is_refused(message: Message) -> None:
    with pytest.raises(CodecError):
        read_envelope(write_envelope(1, 0, message))


def test_the_largest_and_the_smallest_that_can_be_stored_are_taken() -> None:
    message = Telemetry("rover", -(2**63), {"a": 2**63 - 1, "b": -(2**63)}, 2**63 - 1)
    assert read_envelope(write_envelope(2**63 - 1, 2**63 - 1, message)).message == message


def test_text_that_is_no_text_is_refused() -> None:
    good = opened(write_envelope(1, 0, Telemetry("rover", 0, {"doc": "abcd"}, 1)))
    for bad in (good.replace(b"abcd", b"ab\xff\xfe"), good.replace(b"rover", b"r\xffver")):
        with pytest.raises(CodecError):
            read_envelope(sealed(bad))


@given(st.data())
def test_whatever_bytes_come_they_are_an_envelope_or_refused(data: st.DataObject) -> None:
    message = Telemetry("rover", 3, {"a": 1.5, "b": [1, "x"]}, 9)
    good = bytearray(opened(write_envelope(7, 5, message)))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CodecError):
        read_envelope(sealed(bytes(good)))


def test_a_life_and_a_count_come_out_as_they_went_in() -> None:
    for life, count in [(0, 1), (1, 1), (5, 2**32 - 1), (2**31 - 1, 2**32 - 1)]:
        assert life_and_count(numbered(life, count)) == (life, count)
    assert numbered(1, 1) > numbered(0, 2**32 - 1)
