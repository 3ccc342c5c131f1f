"""What is in a frame: `[sequence, bench_ns, message]` in MessagePack, within limits, and the
messages that a device may send.

What comes from a device is foreign: it is decoded with the limits of the bus and checked against
its type before anybody acts on it.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from flight.icd.codec import CodecError, convert, decode_plain, pack
from sim_hw.bench.wire.frames import LARGEST_PAYLOAD

SELF_TEST, STIMULUS, POWER = FEATURES = "self_test", "stimulus", "power"
"""What a device may have beside its interface: words of its identity, each a method so called."""
LEAST_FRAME = 128  # bytes of a payload that every device takes: all that the bench itself asks
LONGEST_SHOWN = 120  # characters of what a device says that go into a sentence
Number = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Age = Annotated[int, Meta(ge=0, le=2**53)]
"""Microseconds by the device's own clock."""
Words = Annotated[str, Meta(max_length=400)]
Word = Annotated[str, Meta(max_length=80)]


class _FromDevice(Struct, array_like=True, frozen=True, tag_field="kind"):
    pass


class DeviceReply(_FromDevice, frozen=True, tag="reply"):
    """The answer to a call. `age_us`: of the sample that it holds."""

    number: Number
    result: Any = None
    error: Word = ""  # "", "rejected", "fault"
    reason: Words = ""
    code: Word = ""
    age_us: Age = 0


class DeviceSaid(_FromDevice, frozen=True, tag="signal"):
    """Something unasked: `effect`, or a signal of the interface."""

    name: Word
    data: Any = None
    age_us: Age = 0


FromDevice = DeviceReply | DeviceSaid


class Writer:
    """Writes payloads to one device, numbered from 1."""

    def __init__(self, largest: int = LARGEST_PAYLOAD) -> None:
        self.largest = largest
        self.sequence = 0

    def write(self, bench_ns: int, message: list[Any]) -> bytes:
        """The payload of a message; raises CodecError for one that is too large or cannot be."""
        self.sequence += 1
        try:
            payload = pack([self.sequence, bench_ns, message])
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise CodecError(f"{message[0]} cannot be encoded: {error}") from error
        if len(payload) > self.largest:
            raise CodecError(
                f"{message[0]} has {len(payload)} bytes; the device takes {self.largest}"
            )
        return payload


class BeganAnew(Exception):
    """The device counts from the beginning again: it has restarted."""


REPEATED = 16
"""Messages by which one may come late or again, over a wire that does such things."""


class Reader:
    """Reads what one device sends. `missing` and `repeated` count by its numbers; a line on which
    it was talking before anybody listened begins at any."""

    def __init__(self) -> None:
        self.expected = 0
        self.missing = 0
        self.repeated = 0

    def read(self, payload: bytes) -> FromDevice | None:
        """The message; None for one that was read before.

        Raises CodecError for what is none, and BeganAnew.
        """
        if len(payload) > LARGEST_PAYLOAD:
            raise CodecError(f"{len(payload)} bytes; allowed are {LARGEST_PAYLOAD}")
        plain = decode_plain(payload)
        if not isinstance(plain, list) or len(plain) != 3 or type(plain[0]) is not int:
            raise CodecError("not a payload: allowed is [sequence, bench_ns, message]")
        if plain[0] < 1:
            raise CodecError(f"sequence {plain[0]}: counted is from 1")
        message: FromDevice = convert(plain[2], FromDevice)  # type: ignore[arg-type]
        if plain[0] < self.expected - REPEATED:
            raise BeganAnew(f"its message {plain[0]} came where {self.expected} was due")
        if plain[0] < self.expected:
            self.repeated += 1
            return None
        self.missing += plain[0] - self.expected if self.expected else 0
        self.expected = plain[0] + 1
        return message


def shown(told: Any) -> str:
    """What a device says, as it may stand in a sentence on a terminal: in print, on one line, and
    short."""
    words = told if isinstance(told, str) else repr(told)
    cut = words[:LONGEST_SHOWN] + ("…" if len(words) > LONGEST_SHOWN else "")
    return cut if cut.isprintable() else ascii(cut)[1:-1]


def plain_of(value: Any) -> Any:
    """A value as it goes over the wire."""
    return msgspec.to_builtins(value, builtin_types=(bytes,))
