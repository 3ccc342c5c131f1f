"""The codec: every message there and back; nothing but CodecError for anything else."""

import contextlib
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flight.icd.codec import CodecError, convert, decode, decode_plain, encode
from flight.icd.messages import (
    MESSAGE_TYPES,
    Call,
    Command,
    Exchange,
    Message,
    Packet,
    Rung,
    Severity,
    decode_message,
)

MAXIMUM_DEPTH = 16
MAXIMUM_MESSAGE_BYTES = 1_048_576

NAMES = st.from_regex(r"[A-Za-z0-9_./#:-]{1,80}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | NUMBERS
    | st.floats(allow_nan=False)
    | TEXTS
    | st.binary(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
TABLES = st.dictionaries(TEXTS, PLAIN, max_size=4)

BY_FIELD = {
    "identifier": TEXTS.filter(bool),
    "target": NAMES,
    "name": NAMES,
    "origin": NAMES,
    "source": NAMES,
    "destination": NAMES,
    "topic": NAMES,
    "method": NAMES,
    "arguments": TABLES,
    "data": TABLES,
    "values": TABLES,
    "record": TABLES,
    "result": PLAIN,
    "interface": NAMES,
    "interface_hash": st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    "model": TEXTS,
    "serial": TEXTS,
    "firmware": TEXTS,
    "stage": st.sampled_from(["run", "arm", "fire"]),
    "lifetime": st.floats(0.0, 86_400.0),
    "rung": st.sampled_from(Rung),
    "severity": st.sampled_from(Severity),
    "time_ns": st.integers(0, 2**63 - 1),
    "number": st.integers(0, 2**32),
    "boot": st.integers(0, 2**32),
    "priority": st.integers(0, 9),
    "repeated": st.booleans(),
    "body": st.binary(max_size=100),
    "packets": st.lists(st.binary(max_size=50), max_size=4),
    "detail": TEXTS,
    "reason": TEXTS,
    "text": TEXTS,
    "code": TEXTS,
    "error": st.sampled_from(["", "rejected", "fault"]),
}


def messages_of(kind: type[Message]) -> st.SearchStrategy[Message]:
    fields = {field.name: BY_FIELD[field.name] for field in msgspec.structs.fields(kind)}
    return st.builds(kind, **fields)


MESSAGES = st.one_of([messages_of(kind) for kind in MESSAGE_TYPES.values()])
EXAMPLE = Command("c/1", "rover", "drive_to", {"east": 1.0, "north": -2.5}, "mission_control")


@pytest.mark.parametrize("kind", MESSAGE_TYPES.values(), ids=MESSAGE_TYPES)
def test_every_kind_of_message_comes_back_as_it_was(kind: type[Message]) -> None:
    @settings(max_examples=40)
    @given(messages_of(kind))
    def check(message: Message) -> None:
        data = encode(message)
        assert decode_message(data) == message
        assert decode(data, kind) == message

    check()


def test_a_message_is_an_array_that_begins_with_its_kind() -> None:
    assert msgpack.unpackb(encode(EXAMPLE)) == [
        "command",
        "c/1",
        "rover",
        "drive_to",
        {"east": 1.0, "north": -2.5},
        "mission_control",
        "run",
        0.0,
    ]


def test_bytes_travel_as_bytes() -> None:
    assert msgpack.unpackb(encode(Packet("a", "b", 1, b"\x00\xff")))[-1] == b"\x00\xff"


# ---------------------------------------------------------------------- refused


@given(st.binary(max_size=200))
def test_garbage_is_a_codec_error(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode_message(data)


@settings(max_examples=200)
@given(MESSAGES, st.data())
def test_flipped_bits_are_another_message_or_a_codec_error(
    message: Message, data: st.DataObject
) -> None:
    encoded = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(encoded) * 8 - 1))
        encoded[position // 8] ^= 1 << (position % 8)
    with contextlib.suppress(CodecError):
        decoded = decode_message(bytes(encoded))
        encode(decoded)  # what was let in can be sent on


@settings(max_examples=50)
@given(MESSAGES, st.data())
def test_a_message_that_was_cut_short_or_has_a_tail_is_refused(
    message: Message, data: st.DataObject
) -> None:
    encoded = encode(message)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    for wrong in (encoded[:cut], encoded + b"\x00"):
        with pytest.raises(CodecError):
            decode_message(wrong)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_nesting_is_limited() -> None:
    assert decode_plain(msgpack.packb(nested(MAXIMUM_DEPTH))) == nested(MAXIMUM_DEPTH)
    with pytest.raises(CodecError, match="deeper than 16"):
        decode_plain(msgpack.packb(nested(MAXIMUM_DEPTH + 1)))
    with pytest.raises(CodecError, match="deeper than 16"):
        decode_plain(msgpack.packb({"a": {"b": nested(MAXIMUM_DEPTH)}}))
    with pytest.raises(CodecError):
        decode_plain(b"\x91" * 500_000 + b"\xc0")


def test_size_is_limited_both_ways() -> None:
    with pytest.raises(CodecError, match="allowed are"):
        encode(Packet("a", "b", 1, bytes(MAXIMUM_MESSAGE_BYTES)))
    with pytest.raises(CodecError, match="allowed are"):
        decode_plain(bytes(MAXIMUM_MESSAGE_BYTES + 1))


@pytest.mark.parametrize(
    "plain",
    [msgpack.ExtType(4, b"x"), msgpack.Timestamp(1, 2)],
    ids=["extension", "timestamp"],
)
def test_what_is_no_plain_data_is_refused_wherever_it_hides(plain: Any) -> None:
    for place in (plain, [plain], {"a": [{"b": plain}]}):
        with pytest.raises(CodecError, match="not plain data"):
            decode_plain(msgpack.packb(place))


def test_keys_are_strings() -> None:
    for key in (b"a", 1):
        with pytest.raises(CodecError):
            decode_plain(msgpack.packb({key: 1}))


@pytest.mark.parametrize(
    "plain",
    [
        None,
        [],
        {},
        ["nonsense", 1],
        [["command"]],
        ["cancel"],  # too few
        ["cancel", 1, 2],  # too many
        ["cancel", "1"],  # wrong type
        ["cancel", 1.0],
        ["cancel", True],
        ["packet", "a", "b", 10, b""],  # priority out of range
        ["packet", "a", "b", 1, "AAAA"],  # text is not bytes
        ["exchange", "a\n", "b", {}],  # no name
        ["exchange", "", "b", {}],
        ["command_report", "i", "a", "DONE", 1],  # no rung
    ],
)
def test_wrong_messages_are_refused(plain: Any) -> None:
    with pytest.raises(CodecError):
        decode_message(msgpack.packb(plain))


def test_a_refusal_says_what_and_where() -> None:
    with pytest.raises(CodecError, match=r"not a Packet: .*<= 9.*\$\[3\]"):
        decode_message(msgpack.packb(["packet", "a", "b", 10, b""]))
    with pytest.raises(CodecError, match="kind 'nonsense' is not known"):
        decode_message(msgpack.packb(["nonsense"]))


def test_a_message_of_another_kind_than_wanted_is_refused() -> None:
    with pytest.raises(CodecError, match="not a Call"):
        decode(encode(EXAMPLE), Call)


def test_convert_takes_no_number_for_a_text() -> None:
    with pytest.raises(CodecError):
        convert({"a": 1}, dict[str, str])


def test_what_cannot_travel_is_refused_and_spoils_nothing() -> None:
    endless: list[Any] = []
    for _ in range(3000):
        endless = [endless]
    for value in (object(), 2**70, "\ud800", endless):
        with pytest.raises(CodecError, match="cannot be encoded"):
            encode(Exchange("a", "b", {"value": value}))
    assert decode_message(encode(EXAMPLE)) == EXAMPLE
