"""What finds no room or nobody is counted and told, at the very limits, and never lost silently."""

from typing import Any

import pytest

from flight.icd.messages import Cancel
from flight.runtime.client import Client
from flight.runtime.endpoints import Publisher, Server
from flight.runtime.sockets import Full, Link, Unreachable
from tests.flight.runtime.ends import client, end

MAXIMUM_MESSAGE_BYTES = 1_048_576


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
