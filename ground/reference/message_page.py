"""The messages as a page: what a program in another language has to send and to expect."""

import inspect
from typing import Any

import msgspec

from flight.icd.codec import MAXIMUM_DEPTH, MAXIMUM_MESSAGE_BYTES
from flight.icd.custody_record import CustodyRecord, Evidence
from flight.icd.envelope import write_envelope
from flight.icd.exchanges import TOPICS
from flight.icd.messages import (
    MESSAGE_TYPES,
    Call,
    Cancel,
    Command,
    CommandReport,
    CustodyReport,
    DeviceIdentity,
    DeviceSignal,
    EventReport,
    Exchange,
    Frame,
    Hello,
    Message,
    Packet,
    Reply,
    Telemetry,
)
from ground.reference.markdown import code, one_line, page, table
from ground.reference.types import default_words, type_words

PATH = "reference/messages.md"

GROUPS: tuple[tuple[str, str, tuple[type[Message], ...]], ...] = (
    (
        "Commands",
        "A command is sent to the service `<vehicle>.node`. Its reports come on the vehicle's "
        "stream `<vehicle>.telemetry`, and to Earth in packets.",
        (Command, CommandReport),
    ),
    (
        "Telemetry",
        "Published by each vehicle on its stream `<vehicle>.telemetry`.",
        (EventReport, Telemetry, CustodyReport),
    ),
    (
        "Between flight nodes",
        "Sent to `<vehicle>.node` over the vehicle's own wires, or inside the frames of a radio.",
        (Exchange, Packet, Frame),
    ),
    (
        "Device bus",
        "Between a driver and the service `<vehicle>.<device>`. A driver says `hello` first, and "
        "again when the connection was made anew; the device answers with its `identity`. Then "
        "each `call` gets one `reply`. The methods are on the page of the [devices](devices.md).",
        (Hello, DeviceIdentity, Call, Reply, Cancel, DeviceSignal),
    ),
)

INTRODUCTION = f"""\
Everything that travels is one ZeroMQ frame that holds one envelope in
[MessagePack](https://msgpack.org): an array of three,

    [sequence, time_ns, message]

`sequence` counts the messages from one sender to one receiver from 1; a receiver reports a hole.
`time_ns` is the sender's time in nanoseconds. `message` is an array that begins with its kind and
goes on with the fields in the order of the tables below. Fields at the end that have a default may
be left out.

Behind the envelope stand four bytes, little endian: the CRC-32 of all bytes before them
(CRC-32/ISO-HDLC, of Ethernet and zlib; of `123456789` it is `cbf43926`). What does not match is
counted and reported, and nothing in it is believed. A `frame` that a radio carries has the same
checksum behind it over every hop, from the node that made it to the one that reads it.

Structures inside a field are tables with texts as keys. Text is UTF-8, bytes are of the binary
type, and neither stands for the other. Names consist of letters, digits and `_ . / # : -`. An
envelope has at most {MAXIMUM_MESSAGE_BYTES} bytes and {MAXIMUM_DEPTH} levels of nesting. What is
not of its type is counted, reported and dropped; nobody acts on it.

| pattern | bound side | connecting side | for |
| --- | --- | --- | --- |
| request | ROUTER | DEALER, whose routing id is `<name>#<boot>` | commands, packets, devices |
| stream | XPUB | SUB, subscribed to everything | telemetry, events, reports, custody |

Addresses: `inproc://<service>` in a run of one process; with `msr fly --processes` a socket file
`ipc://<folder>/<service>` or a port `tcp://127.0.0.1:<port>`, named in the run's
`specification.json`.
"""


def message_page() -> dict[str, str]:
    """The page by its path."""
    parts = [INTRODUCTION.strip(), _example()]
    for title, text, kinds in GROUPS:
        parts += [f"## {title}", text]
        for kind in kinds:
            parts += _message(kind)
    parts += _exchanges()
    parts += ["## Structures", "The `record` of a custody report, a table:"]
    parts += [_structure(CustodyRecord), "Its `evidence`:", _structure(Evidence)]
    return {PATH: page("Messages", "flight/icd/messages.py", *parts)}


EXCHANGES = """\
What a vehicle asks another, in the `data` of an `exchange`: `{"id": ..., "ask": question}`,
answered by `{"id": ..., "answer": answer}`, or by `{"id": ..., "answer": {"refused": reason}}`. A
repeat of an identifier gets the same answer. What is not of the type of its topic is refused."""


def _exchanges() -> list[str]:
    rows = [
        [
            code(topic.name),
            topic.doc,
            ", ".join(topic.answered_by),
            code(topic.question.__name__),
            code(topic.answer.__name__),
        ]
        for topic in TOPICS
    ]
    heads = ("Topic", "Who asks, and what", "Answered by", "Question", "Answer")
    parts = ["## What vehicles ask each other", EXCHANGES, table(heads, rows)]
    kinds = dict.fromkeys(kind for topic in TOPICS for kind in (topic.question, topic.answer))
    for kind in kinds:
        parts += [f"### {code(kind.__name__)}", inspect.getdoc(kind) or "", _structure(kind)]
    return parts


def _message(kind: type[Message]) -> list[str]:
    tag = str(kind.__struct_config__.tag)
    return [f"### {code(tag)}", inspect.getdoc(kind) or "", _structure(kind, tag)]


def _structure(kind: type[msgspec.Struct], tag: str = "") -> str:
    rows = [["0", "kind", f'the text "{tag}"', ""]] if tag else []
    for position, field in enumerate(msgspec.structs.fields(kind), start=1):
        place = str(position) if tag else ""
        default = "" if field.required else default_words(field)
        rows.append([place, code(field.name), type_words(field.type), code(default)])
    return table(("Place", "Field", "Type", "Default"), rows)


def _example() -> str:
    message = Call(7, "drive", {"distance": 2.5})
    data = write_envelope(3, 1_500_000_000, message)
    plain: Any = [3, 1_500_000_000, ["call", 7, "drive", {"distance": 2.5}]]
    return (
        "For example, the third message of a driver, 1.5 s after the start, calls for a drive of "
        f"2.5 m:\n\n    {one_line(str(plain)).replace(chr(39), chr(34))}\n\n"
        f"These are {len(data)} bytes, with the checksum:\n\n    {data.hex(' ')}"
    )


def undocumented() -> list[str]:
    """The kinds of message that stand in no group; there is to be none."""
    told = [kind for _, _, kinds in GROUPS for kind in kinds]
    return [tag for tag, kind in MESSAGE_TYPES.items() if kind not in told]
