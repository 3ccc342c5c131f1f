"""Messages between vehicles, ground and devices.

Every message is a tagged array on the wire: `[tag, field, field, ...]` in the order declared here,
so that any language with MessagePack can speak it. Times are nanoseconds of the sender's clock.
"""

from enum import StrEnum
from operator import attrgetter
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta, Struct

from flight.icd.codec import (
    MAXIMUM_DEPTH,
    MAXIMUM_MESSAGE_BYTES,
    CodecError,
    check_integers,
    check_plain,
    convert,
    decode_plain,
    may_hold_unsigned_64,
)

Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_./#:-]+\Z")]
Text = Annotated[str, Meta(max_length=2000)]
Identifier = Annotated[str, Meta(min_length=1, max_length=120)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""A number that somebody counts: what every archive can store."""
Nanoseconds = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""Of the sender's clock; signed, as its offset may be."""
Priority = Annotated[int, Meta(ge=0, le=9)]


class Message(Struct, array_like=True, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """Base of all that travels."""


# --------------------------------------------------------------------- commands


class Rung(StrEnum):
    """How far a command has come; the last five are terminal."""

    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    STARTED = "STARTED"
    PROGRESS = "PROGRESS"
    REJECTED = "REJECTED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


TERMINAL_RUNGS = frozenset(
    {Rung.REJECTED, Rung.COMPLETED, Rung.FAILED, Rung.TIMED_OUT, Rung.ABORTED}
)


class Command(Message, frozen=True, tag="command"):
    """An order to one node.

    The identifier makes it idempotent: a repeat is answered from history and not run again.
    """

    identifier: Identifier
    target: Name
    name: Name
    arguments: dict[str, Any]
    origin: Name
    stage: str = "run"  # "run", or for hazardous commands "arm" and "fire"
    lifetime: Annotated[float, Meta(ge=0.0, le=86400.0)] = 0.0  # seconds that an arming lasts


class CommandReport(Message, frozen=True, tag="command_report"):
    """One rung of one command, stamped by the node that obeys."""

    identifier: Identifier
    source: Name
    rung: Rung
    time_ns: Nanoseconds
    detail: Text = ""
    repeated: bool = False  # answered from history


# -------------------------------------------------------------------- telemetry


class Severity(StrEnum):
    """Severities of events, after the usual EVR classes."""

    DIAGNOSTIC = "DIAGNOSTIC"
    ACTIVITY_LO = "ACTIVITY_LO"
    ACTIVITY_HI = "ACTIVITY_HI"
    WARNING_LO = "WARNING_LO"
    WARNING_HI = "WARNING_HI"
    FATAL = "FATAL"
    COMMAND = "COMMAND"


class EventReport(Message, frozen=True, tag="event"):
    """An event report (EVR): what happened, in words and in data.

    The reports of one source are ordered by (boot, number), whatever its clock was set to.
    """

    source: Name
    name: Name
    severity: Severity
    time_ns: Nanoseconds
    text: Text
    data: dict[str, Any]
    number: Count
    boot: Count = 0


class Telemetry(Message, frozen=True, tag="telemetry"):
    """Samples of some channels of one node at one instant. None: not valid.

    Those of one source are ordered by (boot, number), whatever its clock was set to.
    """

    source: Name
    time_ns: Nanoseconds
    values: dict[str, Any]
    number: Count
    boot: Count = 0


class CustodyReport(Message, frozen=True, tag="custody"):
    """One step of a tube's chain of custody, as journalled by `source`."""

    source: Name
    time_ns: Nanoseconds
    record: dict[str, Any]


# ----------------------------------------------------- between flight nodes


class Exchange(Message, frozen=True, tag="exchange"):
    """A request, offer or answer between two flight nodes (custody hand-over, relay, status)."""

    source: Name
    topic: Name
    data: dict[str, Any]


class Packet(Message, frozen=True, tag="packet"):
    """What one node sends to another, over as many links as it takes; `body` is an encoded
    message."""

    source: Name
    destination: Name
    priority: Priority
    body: bytes


class Frame(Message, frozen=True, tag="frame"):
    """What a radio sends at once: some packets, each encoded."""

    source: Name
    destination: Name
    number: Count
    packets: list[bytes]


# ---------------------------------------------------------------- device bus


class Hello(Message, frozen=True, tag="hello"):
    """A driver introduces itself with its boot number; calls of its earlier boots are cancelled."""

    source: Name
    boot: Count


class DeviceIdentity(Message, frozen=True, tag="identity"):
    """The device's answer to a `hello`, said again when it has restarted: what it is, and the hash
    of the interface that it was made for. A new `boot` ends every call of before; 0: it tells none.
    """

    interface: Name
    interface_hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    boot: Count = 0
    model: Text = ""
    serial: Text = ""
    firmware: Text = ""


class Call(Message, frozen=True, tag="call"):
    """A reading or an actuation asked of a device."""

    number: Count
    method: Name
    arguments: dict[str, Any]


class Reply(Message, frozen=True, tag="reply"):
    """The answer to a call: a result, or the reason why there is none."""

    number: Count
    result: Any = None
    error: str = ""  # "", "rejected", "fault"
    reason: Text = ""
    code: str = ""


class Cancel(Message, frozen=True, tag="cancel"):
    """The caller no longer wants the answer: the device stops what it does for that call."""

    number: Count


class DeviceSignal(Message, frozen=True, tag="signal"):
    """Something that a device says unasked."""

    name: Name
    data: Any


AnyMessage = (
    Command
    | CommandReport
    | EventReport
    | Telemetry
    | CustodyReport
    | Exchange
    | Packet
    | Frame
    | Hello
    | DeviceIdentity
    | Call
    | Reply
    | Cancel
    | DeviceSignal
)

MESSAGE_TYPES: dict[str, type[Message]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(AnyMessage)
}


def from_plain(plain: Any) -> Message:
    """The message that plain data stand for; raises CodecError when they are none."""
    if not isinstance(plain, list) or not plain or not isinstance(plain[0], str):
        raise CodecError("not a message: a message is an array that begins with its kind")
    kind = MESSAGE_TYPES.get(plain[0])
    if kind is None:
        raise CodecError(f"not a message: kind {plain[0]!r} is not known")
    return convert(plain, kind)


_OPEN_FIELDS = {
    kind: tuple(
        attrgetter(field.name)
        for field in msgspec.structs.fields(kind)
        if field.type in (Any, dict[str, Any])
    )
    for kind in MESSAGE_TYPES.values()
}
_decode = msgspec.msgpack.Decoder(AnyMessage).decode


def check_open_fields(message: Message, data: bytes, depth: int) -> None:
    """Looks through the fields of a message that may hold any plain data, nested so deep at most;
    `data`: the bytes that it was decoded from. Raises CodecError."""
    for open_field in _OPEN_FIELDS[type(message)]:
        value = open_field(message)
        if not value:  # most calls have no arguments
            continue
        check_plain(value, depth)
        if may_hold_unsigned_64(data):
            check_integers(value)


def decode_message(data: bytes) -> Message:
    """The message in some bytes; raises CodecError when there is none."""
    try:
        message: Message = _decode(data)
        check_open_fields(message, data, MAXIMUM_DEPTH - 1)
    # Bytes that are no UTF-8 are a ValueError that is not one of msgspec's own.
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        return from_plain(decode_plain(data))  # slower, and says what is wrong
    if len(data) > MAXIMUM_MESSAGE_BYTES:
        return from_plain(decode_plain(data))
    return message
