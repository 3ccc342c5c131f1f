"""Ends of a bus: how much is taken at once, who is heard under a name, who is told of a joining."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import Cancel
from flight.runtime.bus import Bus
from flight.runtime.client import Client
from flight.runtime.endpoint import Endpoint
from flight.runtime.endpoints import Publisher, Server, Subscriber
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.sockets import Full, Link
from tests.flight.runtime.ends import client, end


def reading(count: int) -> tuple[Any, list[list[bytes]], list[int]]:
    """An end at whose socket so many messages wait, what it took, and when it wants to go on."""
    taken: list[list[bytes]] = []
    again: list[int] = []
    made = end(Endpoint)
    waits = deque([[b"%d" % number] for number in range(count)])
    made._socket.receive = lambda: waits.popleft() if waits else None
    made._socket.has_input = lambda: bool(waits)
    vars(made).update(
        _arrived=deque(), _take=taken.append, _schedule_drain=lambda: again.append(len(taken)),
        _drain_scheduled=True,
    )  # fmt: skip
    return made, taken, again


@pytest.mark.parametrize(("count", "taken", "again"), [(255, 255, 0), (256, 256, 1), (999, 256, 1)])
def test_256_messages_are_taken_before_others_have_their_turn(
    count: int, taken: int, again: int
) -> None:
    made, heard, later = reading(count)
    made._drain()
    assert (len(heard), len(later)) == (taken, again) and not made._draining


def test_what_had_arrived_before_a_side_went_comes_first_and_a_closed_end_takes_nothing_more() -> (
    None
):
    made, heard, _ = reading(3)
    made._arrived.extend([[b"a"], [b"b"]])
    made._drain_again()
    assert heard == [[b"a"], [b"b"], [b"0"], [b"1"], [b"2"]] and not made._drain_scheduled
    made, heard, later = reading(3)

    def take(frames: list[bytes]) -> None:
        heard.append(frames)
        made._closed = True

    made._take = take
    made._drain()
    assert heard == [[b"0"]] and later == []
    made._drain_again()
    assert heard == [[b"0"]]


def test_an_error_of_who_hears_leaves_the_end_to_be_looked_at_again() -> None:
    made, _, later = reading(2)

    def take(frames: list[bytes]) -> None:
        raise ValueError("no")

    made._take = take
    with pytest.raises(ValueError, match="no"):
        made._drain()
    assert later == [0] and not made._draining


def test_who_sends_looks_at_what_may_have_arrived_unless_it_does_so_anyway() -> None:
    for told, draining, looks in ((False, False, 1), (True, False, 0), (False, True, 0)):
        made, _, later = reading(0)
        del made._look_later
        made._is_told, made._draining = told, draining
        made._after_send()
        made._look_later()
        assert len(later) == 2 * looks and made.bus.counters.sent == 1


# ------------------------------------------------------------------------------- servers


def server(reached: set[bytes]) -> tuple[Any, list[tuple[bytes, Any]], list[tuple[str, str]]]:
    heard: list[tuple[bytes, Any]] = []
    seconds: list[tuple[str, str]] = []
    made = end(
        Server, _holders={}, _outside=True, _on_message=lambda *given: heard.append(given),
        _open=lambda peer, data: data or None,
        _malformed=lambda reason: heard.append((b"malformed", reason)),
    )  # fmt: skip
    made._socket.reaches = lambda peer: peer in reached
    made.bus.on_second = lambda service, name: seconds.append((service, name))
    return made, heard, seconds


def test_a_name_is_heard_from_one_program_at_a_time_and_from_the_next_when_that_has_gone() -> None:
    reached = {b"rover#1#7.1"}
    made, heard, seconds = server(reached)
    for peer in (b"rover#1#7.1", b"rover#1#9.1", b"rover#2#9.1", b"lander#1#8.1"):
        made._take([peer, b"m"])
    assert [peer for peer, _ in heard] == [b"rover#1#7.1", b"rover#2#9.1", b"lander#1#8.1"]
    assert seconds == [("hub", "rover")]
    assert made.drops == ["a second program calls itself rover; it is not heard"]
    reached.clear()
    made._take([b"rover#1#9.1", b"again"])
    made._take([b"rover#1#9.1", b"again"])
    assert heard[3:] == [(b"rover#1#9.1", b"again")] * 2
    reached.add(b"rover#1#9.1")
    made._take([b"rover#1#7.1", b"late"])
    assert len(heard) == 5 and len(seconds) == 2
    made.bus.on_second = None
    made._take([b"rover#1#7.1", b"late"])
    assert len(heard) == 5 and made.bus.counters.dropped == 3
    made._outside = False
    made._take([b"rover#1#7.1", b"within"])
    assert heard[-1] == (b"rover#1#7.1", b"within"), "within a process the fabric knows"


def test_a_thousand_names_are_known_and_the_oldest_is_forgotten_first() -> None:
    made, _, _ = server({b"n%d#1#1.1" % number for number in range(1001)})
    for number in range(1000):
        assert not made._is_second(b"n%d#1#1.1" % number)
    assert made._is_second(b"n0#1#2.2") and len(made._holders) == 1000
    assert not made._is_second(b"n1000#1#1.1")
    assert len(made._holders) == 1000
    assert not made._is_second(b"n0#1#2.2"), "the oldest"
    assert made._is_second(b"n2#1#2.2")


def test_what_has_not_two_frames_is_no_request() -> None:
    made, heard, _ = server(set())
    made._take([b"rover#1#1.1"])
    made._take([b"rover#1#1.1", b"m", b"m"])
    made._take([b"rover#1#1.1", b""])
    assert heard == [(b"malformed", f"{count} frames instead of 2") for count in (1, 3)]


class Counted:
    """A common clock that notes what goes and comes."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def place(self, name: str) -> int | None:
        return {"rover": 2, "lander": 1}.get(name)

    def sent_to(self, place: int) -> None:
        self.told.append(place)

    def taken(self) -> None:
        self.told.append("taken")


def test_messages_of_participants_are_counted_by_the_clock_they_share_and_no_others() -> None:
    made, _, _ = server(set())
    made._clock = clock = Counted()
    for peer in (b"rover#1#1.1", b"stranger#1#1.1"):
        assert made.send(peer, Cancel(1))
        made._take([peer, b"m"])
    assert clock.told == [2, "taken"]
    made._socket.problem = Full()
    assert not made.send(b"rover#1#1.1", Cancel(2)) and clock.told == [2, "taken"]


# ----------------------------------------------------------------------------- publishers


def publisher(clock: Any = None) -> tuple[Any, list[str]]:
    joined: list[str] = []
    made = end(Publisher, _on_join=lambda: joined.append("joined"))
    made._clock = clock
    made._loop = SimpleNamespace(call_soon=lambda callback: joined.append(callback.__name__))
    made._drain = lambda: joined.append("drained")
    return made, joined


def test_who_joins_is_told_at_once_and_who_leaves_or_tells_its_name_is_not() -> None:
    made, joined = publisher()
    for frame in (b"\x01", b"\x00", b"\x01\xffrover", b"\x00\xffrover"):
        made._take([frame])
    assert joined == ["joined"] and made._followers == {}
    made._on_join = None
    made._take([b"\x01"])
    assert joined == ["joined"]


def test_with_a_common_clock_followers_are_known_by_name_and_what_is_sent_is_counted() -> None:
    clock = Counted()
    made, joined = publisher(clock)
    made._take([b"\x01"])
    assert joined == ["_joined"], "its name comes next: what is said now is to be counted"
    for frame in (b"\x01\xffrover", b"\x01\xfflander", b"\x01\xffstranger", b"\x02\xffrover"):
        made._take([frame])
    assert clock.told == ["taken", "taken"]
    clock.told.clear()
    assert made.send(Cancel(1)) and clock.told == [2, 1]
    assert joined == ["_joined", "drained"]
    made._take([b"\x00\xffrover"])
    made._take([b"\x00\xffstranger"])
    clock.told.clear()
    made._draining = True
    made.send(Cancel(2))
    assert clock.told == [1] and joined == ["_joined", "drained"], "it is at it already"
    made._joined()
    made._closed = True
    made._joined()
    made._on_join = None
    made._joined()
    assert joined == ["_joined", "drained", "joined"]


def test_who_has_joined_since_is_looked_for_once_before_a_message_goes() -> None:
    made, _ = publisher()
    looks: list[int] = []
    made._socket.has_input = lambda: looks.append(1)
    made.send(Cancel(1))
    assert looks == []
    made.bus.fabric.changes = 4
    made.send(Cancel(2))
    made.send(Cancel(3))
    assert looks == [1]


# -------------------------------------------------------------------------------- clients


def following(told: list[str], *, expected: bool) -> Any:
    def note(what: str) -> Any:
        return lambda: told.append(what)

    return SimpleNamespace(
        expected=lambda: expected, up=note("up"), lost=note("lost"), sent=note("sent"),
        taken=note("taken"), close=note("close"),
    )  # fmt: skip


def test_who_waits_for_a_participant_that_starts_does_not_take_it_for_absent() -> None:
    for expected in (True, False):
        told: list[str] = []
        made = client()
        made._following = following(told, expected=expected)
        made._link_is(Link.ABSENT)
        assert made._link is (None if expected else Link.ABSENT)
        assert told == ([] if expected else ["lost"])
        assert made.lost == ([] if expected else ["hub has not come up"])


def test_a_connection_that_comes_up_is_taken_in_before_what_waits_is_sent() -> None:
    did: list[str] = []
    made = client()
    made._following = following(did, expected=True)
    made._socket.has_input = lambda: did.append("look")
    made._expected = {b"": 3}
    made._schedule_drain = lambda: did.append("drain")
    made.send(Cancel(1))
    made._link_is(Link.UP)
    assert did == ["up", "look", "sent", "drain"] and made._expected == {}
    made._on_message = lambda message: did.append("heard")
    made._open = lambda peer, data: data
    made._take([b""])
    made._take([b"m"])
    assert did[4:] == ["taken", "heard"], "the question whether it is there is none"
    made._outside = False
    made._take([b""])
    assert did[6:] == ["taken", "heard"]


def test_a_client_that_is_cut_tells_it_after_what_had_arrived_unless_it_is_closed() -> None:
    made: Any = client()
    made._tell_cut()
    made._closed = True
    made._tell_cut()
    made._closed, made.on_lost = False, None
    made._tell_cut()
    assert made.lost == ["hub was lost"]
    assert isinstance(made, Client)


# ---------------------------------------------------------------------------- subscribers


def test_what_a_subscriber_takes_is_counted_where_a_clock_is_shared_and_heard_where_it_is_one() -> (
    None
):
    did: list[Any] = []
    made = end(Subscriber, _on_message=did.append, _open=lambda peer, data: data or None)
    for following in (SimpleNamespace(taken=lambda: did.append("taken")), None):
        made._following = following
        made._take([b"m"])
        made._take([b""])
    assert did == ["taken", b"m", "taken", b"m"]
    made._link_is(Link.UP)
    assert len(did) == 4, "nobody follows"


async def test_a_bus_has_one_connection_to_each_service_in_each_life() -> None:
    bus = Bus("rover", fabric=MemoryFabric())
    ends = [
        bus.connect("wheel", lambda message: None), bus.connect("arm", lambda message: None),
        bus.connect("wheel", lambda message: None, epoch=2), bus.publish("rover.telemetry"),
    ]  # fmt: skip
    for service, epoch in (("wheel", 0), ("arm", 0), ("wheel", 2)):
        with pytest.raises(ValueError, match=f"rover is connected to {service} already"):
            bus.connect(service, lambda message: None, epoch=epoch)
    assert [end.identity for end in ends] == [b"rover#0", b"rover#0", b"rover#2", b""]
    ends[0].close()
    bus.connect("wheel", lambda message: None).close()
    bus.close()
    assert all(end.closed for end in ends)


def test_what_a_closed_client_still_holds_goes_nowhere() -> None:
    made = client()
    made.send(Cancel(1))
    made._link = Link.UP
    made._closed, made._arrived, made._drain_scheduled = True, deque(), True
    made._drain_again()
    made._drain()
    assert made._socket.sent == [] and len(made._held) == 1
