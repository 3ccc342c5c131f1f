"""Streams are numbered, each peer has one of its own, and who began anew is told."""

import asyncio

import pytest

from flight.icd.envelope import numbered, write_envelope
from flight.icd.messages import Cancel
from flight.runtime import endpoint
from flight.runtime.fabric import Presence
from flight.runtime.gaps import Gap
from tests.flight.runtime.parties import Party


async def test_messages_missing_in_a_stream_are_reported(lander: Party, rover: Party) -> None:
    lander.bus.serve("lander.node", lander.hear_peer)
    client = rover.bus.connect("lander.node", rover.hear)
    client.send(Cancel(1))
    client._sequences[b""] += 3  # three that were numbered and never came out
    client.send(Cancel(2))
    await asyncio.sleep(1.0)
    assert lander.gaps == [Gap("lander.node/rover#0", 2, 5)]
    assert (lander.gaps[0].missing, lander.bus.counters.missing) == (3, 3)
    assert lander.heard == [1, 2]


@pytest.mark.parametrize(("unheard", "missing"), [(0, 0), (1, 1), (10, 10), (25, 25)])
async def test_what_a_publisher_that_began_anew_sent_unheard_is_a_gap(
    lander: Party, rover: Party, unheard: int, missing: int
) -> None:
    lander.bus.begin_life(1)
    publisher = lander.bus.publish("lander.telemetry")
    rover.bus.subscribe("lander.telemetry", rover.hear)
    for number in range(10):
        publisher.send(Cancel(number))
    await asyncio.sleep(1.0)
    lander.bus.begin_life(2)
    for number in range(unheard):  # nobody hears these: they are only counted
        publisher._wrap(b"", Cancel(number))
    publisher.send(Cancel(99))
    await asyncio.sleep(1.0)
    assert rover.heard == [*range(10), 99]
    assert rover.bus.counters.missing == missing
    assert [gap.missing for gap in rover.gaps] == ([missing] if missing else [])
    publisher.send(Cancel(100))
    await asyncio.sleep(1.0)
    assert rover.bus.counters.missing == missing, "the new life is counted from where it is"


async def test_what_was_said_in_an_earlier_life_or_is_repeated_is_stale(
    lander: Party, rover: Party
) -> None:
    lander.bus.begin_life(2)
    publisher = lander.bus.publish("lander.telemetry")
    rover.bus.subscribe("lander.telemetry", rover.hear)
    for number in (1, 2):
        publisher.send(Cancel(number))
    for life, number in [(2, 2), (1, 50), (2, 1)]:  # again; of an earlier life; again
        publisher._socket.send(write_envelope(numbered(life, number), 0, Cancel(666)))
    publisher.send(Cancel(3))
    await asyncio.sleep(1.0)
    assert rover.heard == [1, 2, 3]
    assert (rover.bus.counters.stale, rover.bus.counters.missing, rover.gaps) == (3, 0, [])
    assert rover.drops[1] == ("lander.telemetry", "message 50 of life 1 of '' is stale")


async def test_whoever_never_tells_its_life_and_is_heard_again_leaves_no_gap_below_zero(
    lander: Party, rover: Party
) -> None:
    publisher = lander.bus.publish("lander.telemetry")
    rover.bus.subscribe("lander.telemetry", rover.hear)
    for number in (1, 2, 3):
        publisher.send(Cancel(number))
    publisher._socket.send(write_envelope(numbered(0, 3), 0, Cancel(3)))  # or anew?
    await asyncio.sleep(1.0)
    assert rover.heard == [1, 2, 3, 3]
    assert rover.gaps == [Gap("lander.telemetry/", 1, 3)]
    assert rover.bus.counters.missing == 2


async def test_an_end_that_is_opened_again_goes_on_counting(lander: Party, rover: Party) -> None:
    lander.bus.serve("lander.node", lander.hear_peer)
    rover.bus.begin_life(1)
    for number in range(3):
        client = rover.bus.connect("lander.node", rover.hear)
        client.send(Cancel(number))
        await asyncio.sleep(1.0)
        client.close()
    assert lander.heard == [0, 1, 2] and lander.gaps == []


async def test_a_life_that_the_wire_cannot_tell_is_refused(lander: Party) -> None:
    lander.bus.begin_life(2**31 - 1)
    with pytest.raises(ValueError, match="allowed is 0 to 2147483647"):
        lander.bus.begin_life(2**31)


async def test_each_peer_has_a_stream_of_its_own(
    lander: Party, rover: Party, fabric: Presence
) -> None:
    lander.bus.serve("lander.node", lander.hear_peer)
    other = Party("mav", fabric)
    first = rover.bus.connect("lander.node", rover.hear)
    second = other.bus.connect("lander.node", other.hear)
    for client in (first, second, first, first, second):
        client.send(Cancel(1))
    await asyncio.sleep(1.0)
    other.bus.close()
    assert lander.gaps == [] and len(lander.heard) == 5


async def test_peers_whose_streams_are_counted_are_bounded(
    lander: Party, fabric: Presence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "MOST_PEERS", 3)
    server = lander.bus.serve("lander.node", lander.hear_peer)
    others = [Party(f"rover{number}", fabric) for number in range(5)]
    for other in others:
        other.bus.connect("lander.node", other.hear).send(Cancel(1))
        await asyncio.sleep(0.1)
        server.send(lander.peers[-1], Cancel(2))
    assert lander.heard == [1] * 5 and lander.gaps == []
    assert list(server._expected) == list(server._sequences) == [
        b"rover2#0", b"rover3#0", b"rover4#0",
    ]  # fmt: skip
    for other in others:
        other.bus.close()
