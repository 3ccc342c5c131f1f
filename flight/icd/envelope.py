"""The envelope: what travels on the bus is `[sequence, time_ns, message]` in MessagePack, and its
checksum (`checksum`).

It is written by `msgspec` and read by its typed decoder, which checks envelope and message while it
decodes; only the fields that may hold any plain data are looked through afterwards.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from flight.icd.checksum import opened, opened_unchecked, sealed
from flight.icd.codec import (
    MAXIMUM_DEPTH,
    MAXIMUM_MESSAGE_BYTES,
    CodecError,
    decode_plain,
    pack,
)
from flight.icd.messages import (
    AnyMessage,
    Message,
    Nanoseconds,
    check_open_fields,
    from_plain,
)

_DEPTH_OF_FIELDS = 2  # a field lies in a message, which lies in an envelope


class Envelope(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A message, its number in its stream, and when it was sent (the sender's nanoseconds).

    `sequence` counts from 1 in each life of the sender; see `numbered`.
    """

    sequence: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    time_ns: Nanoseconds
    message: AnyMessage


_LIFE = 1 << 32
LARGEST_LIFE = (1 << 31) - 1


def numbered(life: int, count: int) -> int:
    """The sequence number of the `count`-th message (from 1) in a life of its sender.

    Lives (0 to LARGEST_LIFE: boots of a node, starts of a program) stand above the 32 bits of the
    count, so that whoever began anew is told from whoever went on, also when nothing that it sent
    in between was heard.
    """
    return life * _LIFE + count


def life_and_count(sequence: int) -> tuple[int, int]:
    """What `numbered` put together."""
    return divmod(sequence, _LIFE)


class WrongMessage(CodecError):
    """The envelope can be read, what is in it cannot."""

    def __init__(self, sequence: int, reason: str) -> None:
        super().__init__(reason)
        self.sequence = sequence


# Decodes and checks in one step; half the time of unpacking first and converting afterwards.
_decode = msgspec.msgpack.Decoder(Envelope).decode


def write_envelope(sequence: int, time_ns: int, message: Message) -> bytes:
    """The bytes of an envelope, of any size.

    Raises TypeError, ValueError, OverflowError or RecursionError for what the wire cannot carry.
    """
    return sealed(pack((sequence, time_ns, message)))


def read_envelope(data: bytes) -> Envelope:
    """The envelope in some bytes.

    Raises Corrupt when they were changed on their way, WrongMessage when only the message in it is
    wrong, CodecError when all is.
    """
    if len(data) > MAXIMUM_MESSAGE_BYTES:
        raise _too_large(data)
    return _read(opened(data))


def read_envelope_unchecked(data: bytes) -> Envelope:
    """The envelope in some bytes, changed or not: what a drill puts in place of `read_envelope`."""
    if len(data) > MAXIMUM_MESSAGE_BYTES:
        raise _too_large(data)
    return _read(opened_unchecked(data))


def _too_large(data: bytes) -> CodecError:
    return CodecError(f"{len(data)} bytes; allowed are {MAXIMUM_MESSAGE_BYTES}")


def _read(data: bytes) -> Envelope:
    try:
        envelope = _decode(data)
        check_open_fields(envelope.message, data, MAXIMUM_DEPTH - _DEPTH_OF_FIELDS)
    # Bytes that are no UTF-8 are a ValueError that is not one of msgspec's own.
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        raise _what_is_wrong(data) from None
    return envelope


def _what_is_wrong(data: bytes) -> CodecError:
    try:
        plain = decode_plain(data)
    except CodecError as error:
        return error
    if isinstance(plain, list) and len(plain) == 3 and type(plain[0]) is int and plain[0] > 0:
        try:
            from_plain(plain[2])
        except CodecError as error:
            return WrongMessage(plain[0], str(error))
    return CodecError("not an envelope [sequence, time_ns, message]")
