"""What finds no room or nobody is counted and told, at the very limits, and never lost silently."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import Cancel
from flight.runtime.bus_side import Counters
from flight.runtime.client import Client
from flight.runtime.endpoints import Publisher, Server
from flight.runtime.sockets import Full, Link, Unreachable

MAXIMUM_MESSAGE_BYTES = 1_048_576


class Wire:
    """A socket that takes messages, or is full, or reaches nobody."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        if self.problem is not None:
            raise self.problem
        self.sent.append(data)

    def send_to(self, peer: bytes, data: bytes) -> None:
        self.send(data)

    def has_input(self) -> bool:
        return False

    def look_at_peer(self) -> None:
        pass


def end(kind: Any, problem: Exception | None = None, size: int = 10, **more: Any) -> Any:
    """An end of a bus with such a socket, whose messages have a size in bytes."""
    drops: list[str] = []
    found = object.__new__(kind)
    fabric = SimpleNamespace(
        lacks=lambda address, peer: False, is_down=lambda address: False, changes=0
    )
    bus = SimpleNamespace(
        fabric=fabric, counters=Counters(), on_drop=lambda service, why: drops.append(why)
    )
    looks: list[int] = []
    vars(found).update(
        bus=bus, service="hub", _closed=False, _socket=Wire(problem), _clock=None, _address="x",
        _wrap=lambda peer, message: bytes(size), _look_later=lambda: looks.append(1), drops=drops,
        looks=looks, _changes_seen=0, _draining=False, _is_told=False, _followers={},
        **more,
    )  # fmt: skip
    return found


def client(problem: Exception | None = None, link: Link | None = None, size: int = 10) -> Any:
    lost: list[str] = []
    return end(
        Client, problem, size, _outside=True, _link=link, _held=deque(), _bytes_held=0,
        _following=None, on_lost=lost.append, lost=lost, on_reconnect=None, _expected={},
        _schedule_drain=lambda: None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("problem", "why"),
    [(Full(), "the queue of rover is full"), (Unreachable(), "rover is not connected")],
)
def test_a_server_tells_of_an_answer_that_does_not_leave(problem: Exception, why: str) -> None:
    server = end(Server, problem)
    assert server.send(b"rover", Cancel(1)) is False
    assert server.drops == [why] and server.looks == [1]
    assert (server.bus.counters.sent, server.bus.counters.dropped) == (0, 1)


@pytest.mark.parametrize("kind", [Server, Publisher, Client])
def test_a_message_at_the_limit_leaves_and_one_byte_more_does_not(kind: Any) -> None:
    def sent(size: int) -> Any:
        made = client(link=Link.UP, size=size) if kind is Client else end(kind, size=size)
        to = (b"rover", Cancel(1)) if kind is Server else (Cancel(1),)
        return made, made.send(*to)

    fits, left = sent(MAXIMUM_MESSAGE_BYTES)
    assert left and len(fits._socket.sent) == 1 and fits.bus.counters.sent == 1
    large, left = sent(MAXIMUM_MESSAGE_BYTES + 1)
    assert not left and large._socket.sent == [] and large.bus.counters.dropped == 1
    assert "bytes; allowed are" in large.drops[0]


@pytest.mark.parametrize("kind", [Server, Publisher, Client])
def test_a_closed_end_sends_nothing(kind: Any) -> None:
    made = client(link=Link.UP) if kind is Client else end(kind)
    made._closed = True
    assert made.send(*((b"rover",) if kind is Server else ()), Cancel(1)) is False
    assert made._socket.sent == [] and made.drops == []


def test_a_thousand_messages_wait_for_a_server_that_comes_up_and_no_more() -> None:
    waiting = client()
    assert all(waiting.send(Cancel(n)) for n in range(1000))
    assert waiting._socket.sent == [] and waiting.drops == []
    assert waiting.send(Cancel(1000)) is False
    assert waiting.drops == ["the queue is full"]
    waiting._link_is(Link.UP)
    assert len(waiting._socket.sent) == 1000 and waiting._bytes_held == 0
    assert waiting.lost == []


def test_four_mebibytes_wait_and_no_byte_more() -> None:
    waiting = client(size=1 << 20)
    assert all(waiting.send(Cancel(n)) for n in range(4))
    waiting._wrap = lambda peer, message: b"x"
    assert waiting.send(Cancel(4)) is False and waiting.drops == ["the queue is full"]


@pytest.mark.parametrize(
    ("link", "why"), [(Link.ABSENT, "hub has not come up"), (Link.LOST, "hub was lost")]
)
def test_what_waited_for_a_server_that_does_not_come_is_told_each_and_is_gone(
    link: Link, why: str
) -> None:
    waiting = client()
    for number in range(3):
        waiting.send(Cancel(number))
    waiting._link_is(link)
    assert waiting.drops == [why] * 3 and waiting.lost == [why]
    assert (len(waiting._held), waiting._bytes_held) == (0, 0)
    assert waiting.send(Cancel(9)) is False  # nothing is kept for it from now on
    assert waiting.drops[-1] == "nobody serves it now"
    if link is Link.ABSENT:
        waiting._link_is(link)  # said again: no news
        assert waiting.lost == [why]


def test_what_waits_goes_before_what_comes_and_stays_where_there_is_no_room() -> None:
    waiting = client()
    waiting.send(Cancel(1))
    waiting._socket.problem = Full()
    waiting._link_is(Link.UP)
    assert len(waiting._held) == 1 and waiting._bytes_held == 10
    waiting._socket.problem = None
    assert waiting.send(Cancel(2))  # behind the first
    assert len(waiting._held) == 2 and waiting._socket.sent == []
    waiting._let_go()
    assert len(waiting._socket.sent) == 2


def test_a_server_that_is_there_again_is_told_who_speaks_and_streams_begin_anew() -> None:
    told: list[int] = []
    back = client(link=Link.LOST)
    back.on_reconnect = lambda: told.append(1)
    back._expected = {b"": 7}
    back._link_is(Link.UP)
    assert told == [1] and back._expected == {}


def test_in_one_process_a_full_queue_is_a_drop_at_once() -> None:
    inside = client(Full(), link=None)
    inside._outside = False
    assert inside.send(Cancel(1)) is False
    assert inside.drops == ["the queue is full"] and len(inside._held) == 0
