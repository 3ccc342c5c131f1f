"""Whatever bytes come in at an end of the bus: counted, reported, dropped, the next one heard."""

import asyncio

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from flight.icd.checksum import opened, sealed
from flight.icd.envelope import write_envelope
from flight.icd.messages import (
    Call,
    Cancel,
    Command,
    DeviceSignal,
    EventReport,
    Exchange,
    Message,
    Severity,
    Telemetry,
)
from flight.runtime.bus import Bus
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.sockets import Kind

GOOD: list[Message] = [
    Command("c1", "rover", "drive", {"east": 1.0, "deep": [{"a": [1, "x", None]}]}, "ground"),
    EventReport("rover", "slipped", Severity.WARNING_LO, 5, "text", {"slip": 0.5}, 9),
    Telemetry("rover", 2**62, {"mode": "safe", "tubes": 2**40}, 3),
    Exchange("rover", "status", {"x": b"bytes"}),
    Call(1, "wind", {"metres": 1.0}),
    DeviceSignal("slack", {"far": [1.0, 2.0]}),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good frame of which some bytes were changed, left out, or put in, by who seals it."""
    data = bytearray(opened(write_envelope(1, 2, draw(st.sampled_from(GOOD)))))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.integers(0, 9)))
        data[at:until] = draw(st.binary(max_size=9))
    return sealed(bytes(data))


nested = st.integers(15, 2000).map(
    lambda depth: sealed(b"\x93\x01\x02" + b"\x91" * depth + b"\xc0")
)
anything = st.one_of(
    mutated(),
    st.binary(max_size=60),
    st.binary(max_size=60).map(sealed),
    nested,
    st.sampled_from(
        [
            b"\xdd\xff\xff\xff\xff",  # an array of 2^32-1
            b"\xdf\xff\xff\xff\xff",
            b"\xc6\xff\xff\xff\xff",
            b"\xdb\xff\xff\xff\xff",
            msgpack.packb([1, 2, ["command", "c", "rover", "arm", {}, "g", "run", float("nan")]]),
        ]
    ).map(sealed),
)


async def _send_at_every_entry(frames: list[bytes]) -> None:
    errors: list[object] = []
    loop = asyncio.get_running_loop()
    loop.call_exception_handler = errors.append  # type: ignore[method-assign]
    fabric = MemoryFabric()
    reported: list[tuple[str, str]] = []
    heard: list[Message] = []
    bus = Bus("hardware", fabric=fabric, on_malformed=lambda *said: reported.append(said))
    server = bus.serve("entry", lambda peer, message: heard.append(message))
    stranger = fabric.open_socket(Kind.CLIENT, b"stranger#\xff")
    stranger.connect("inproc://entry")
    station = fabric.open_socket(Kind.SERVER)
    station.bind("inproc://station")
    bus.connect("station", heard.append)
    stream = fabric.open_socket(Kind.PUBLISHER)
    stream.bind("inproc://stream")
    bus.subscribe("stream", heard.append)
    last = write_envelope(1 << 40, 2, Cancel(77))
    for frame in [*frames, last]:
        stranger.send(frame)
        stream.send(frame)
        station.send_to(b"hardware#0", frame)
    await asyncio.sleep(1.0)
    bus.close()
    assert server.closed and errors == []
    assert heard.count(Cancel(77)) == 3
    counters = bus.counters
    assert counters.malformed == len(reported)
    assert counters.received == len(heard)
    assert counters.malformed + counters.received == 3 * (len(frames) + 1)


@given(st.lists(anything, min_size=1, max_size=20))
def test_what_cannot_be_read_is_counted_reported_and_dropped(frames: list[bytes]) -> None:
    run(_send_at_every_entry(frames), VirtualLoop())
