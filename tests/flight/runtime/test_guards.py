"""Guards of the runtime: what is stale, late, closed or full, and the pace in figures."""

import asyncio
from collections import deque
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.checksum import Corrupt
from flight.icd.codec import CodecError
from flight.icd.envelope import WrongMessage, numbered
from flight.icd.messages import Cancel
from flight.runtime.bus_side import Counters
from flight.runtime.client import Client
from flight.runtime.device_driver import _give_up, _Late
from flight.runtime.endpoint import Endpoint
from flight.runtime.endpoints import Server, Subscriber
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.sockets import Full, Kind, Link, Unreachable
from flight.runtime.throttled_loop import Pace, ThrottledLoop
from flight.runtime.zeromq_presence import Follower

# ---------------------------------------------------------------------- counting


def listener(opened: Any = None) -> Any:
    """An end of the bus whose messages are read by `opened`."""
    found: Any = object.__new__(Endpoint)
    told: list[Any] = []
    bus = SimpleNamespace(
        counters=Counters(), on_gap=lambda gap: told.append(("gap", gap.expected, gap.received)),
        on_drop=lambda service, why: told.append(("drop", why)),
        on_malformed=lambda service, why: told.append(("malformed", why)), read=opened,
    )  # fmt: skip
    vars(found).update(bus=bus, service="hub", _expected={}, told=told, _size=0, _sent_ns=0)
    return found


def sent(life: int, count: int) -> int:
    return numbered(life, count)


def test_what_is_missing_is_told_with_its_numbers() -> None:
    end = listener()
    assert all(end._count(b"a", sent(1, n)) for n in (1, 2, 5, 6))
    assert end.told == [("gap", sent(1, 3), sent(1, 5))] and end.bus.counters.missing == 2


def test_a_first_message_is_never_a_gap_and_peers_are_counted_apart() -> None:
    end = listener()
    assert end._count(b"a", sent(1, 7)) and end._count(b"b", sent(1, 1)) and end.told == []
    assert end._count(b"a", sent(1, 8)) and end.told == []


def test_a_repetition_and_an_earlier_life_are_stale_and_move_nothing() -> None:
    end = listener()
    for number in (sent(2, 1), sent(2, 2)):
        assert end._count(b"a", number)
    for stale in (sent(2, 2), sent(2, 1), sent(1, 9)):
        assert not end._count(b"a", stale)
    assert end.bus.counters.stale == 3 and end.bus.counters.missing == 0
    assert end.told[0] == ("drop", "message 2 of life 2 of 'a' is stale")
    assert end._count(b"a", sent(2, 3)) and end.bus.counters.missing == 0


def test_of_a_new_life_what_came_before_is_missing_and_of_the_old_one_nothing() -> None:
    end = listener()
    end._count(b"a", sent(1, 5))
    assert end._count(b"a", sent(2, 3))
    assert end.bus.counters.missing == 2 and end.told == [("gap", sent(2, 1), sent(2, 3))]
    end = listener()
    end._count(b"a", sent(1, 5))
    assert end._count(b"a", sent(3, 1)) and end.told == []


def test_who_never_told_its_life_may_begin_anew() -> None:
    end = listener()
    for number in (1, 2, 3, 1):
        assert end._count(b"a", sent(0, number))
    assert end.bus.counters.stale == 0


@pytest.mark.parametrize(
    ("error", "corrupt", "counted"),
    [(CodecError("x"), 0, False), (Corrupt("x"), 1, False),
     (WrongMessage(sent(1, 1), "x"), 0, True)],
)  # fmt: skip
def test_what_is_no_message_is_told_and_what_has_a_number_is_counted(
    error: CodecError, corrupt: int, counted: bool
) -> None:
    def read(data: bytes) -> Any:
        raise error

    end = listener(read)
    assert end._open(b"a", b"x") is None
    assert (end.bus.counters.malformed, end.bus.counters.corrupt) == (1, corrupt)
    assert end.bus.counters.received == 0 and (b"a" in end._expected) is counted
    assert ("malformed", str(error)) in end.told


def test_a_message_is_heard_with_its_size_and_when_it_was_sent() -> None:
    end = listener(lambda data: SimpleNamespace(sequence=sent(1, 1), time_ns=7, message="m"))
    assert end._open(b"a", b"four") == "m"
    assert (end._size, end._sent_ns, end.bus.counters.received) == (4, 7, 1)
    assert end._open(b"a", b"four") is None, "a second time it is stale"
    assert end.bus.counters.received == 1


# ------------------------------------------------------------------------ closing


def closing(kind: Any, **more: Any) -> tuple[Any, list[str]]:
    did: list[str] = []

    def noted(what: str) -> Any:
        return lambda *given: did.append(what)

    found: Any = object.__new__(kind)
    socket = SimpleNamespace(unwatch=noted("unwatch"), unbind=noted("unbind"), close=noted("close"))
    fabric = SimpleNamespace(unbound=noted("unbound"), gone=noted("gone"))
    following = SimpleNamespace(
        close=noted("following"), up=noted("up"), sent=noted("sent"), lost=noted("lost"),
        taken=noted("taken"), expected=lambda: False,
    )  # fmt: skip
    vars(found).update(
        _closed=False, _socket=socket, _loop=None, _binds=False, _address="x",
        bus=SimpleNamespace(fabric=fabric, forget=noted("forget")), _following=following, **more,
    )  # fmt: skip
    return found, did


@pytest.mark.parametrize("kind", [Client, Subscriber])
def test_who_closes_lets_go_of_socket_fabric_bus_and_of_the_clock_they_share(kind: Any) -> None:
    end, did = closing(kind)
    end.close()
    assert did == ["unwatch", "close", "gone", "forget", "following"]
    assert end.closed


def test_what_is_bound_is_unbound_and_closing_twice_is_closing_once() -> None:
    end, did = closing(Server)
    end._binds = True
    end.close()
    end.close()
    assert did == ["unwatch", "unbind", "unbound", "close", "gone", "forget"]


def test_a_subscription_counts_as_sent_when_the_link_is_up_and_as_lost_when_it_is_not() -> None:
    end, did = closing(Subscriber)
    end._link_is(Link.UP)
    end._link_is(Link.LOST)
    assert did == ["up", "sent", "lost"]


def test_a_client_of_a_lost_server_forgives_what_was_under_way() -> None:
    end, did = closing(
        Client, _link=Link.UP, _held=deque(), _bytes_held=0, on_lost=None, _expected={}
    )  # fmt: skip
    end._link_is(Link.LOST)
    assert did == ["lost"] and end._link is Link.LOST


def test_a_question_whether_it_is_there_is_no_message() -> None:
    end, did = closing(Client, _outside=True)
    end._take([b""])
    assert did == [], "not counted, and not opened"


def test_who_follows_a_connection_lets_go_of_its_descriptor() -> None:
    gone: list[Any] = []
    follower: Any = object.__new__(Follower)
    vars(follower).update(
        _loop=SimpleNamespace(remove_reader=gone.append), _descriptor=9,
        _watched=SimpleNamespace(disable_monitor=lambda: gone.append("monitor")),
        _monitor=SimpleNamespace(close=lambda linger: gone.append(linger)),
    )  # fmt: skip
    follower.close()
    assert gone == [9, "monitor", 0]


# ------------------------------------------------------------------- queues in memory


def pair(fabric: MemoryFabric) -> tuple[Any, Any]:
    server = fabric.open_socket(Kind.SERVER)
    client = fabric.open_socket(Kind.CLIENT, b"c")
    server.bind("inproc://x")
    client.connect("inproc://x")
    return server, client


def test_twenty_thousand_messages_wait_in_memory_and_no_more() -> None:
    server, client = pair(MemoryFabric())
    for _ in range(20_000):
        client.send(b"m")
    with pytest.raises(Full):
        client.send(b"m")
    assert server.receive() == [b"c", b"m"]
    client.send(b"m")
    with pytest.raises(Full):
        client.send(b"m")


def test_thirty_two_mebibytes_wait_in_memory_and_no_byte_more() -> None:
    server, client = pair(MemoryFabric())
    whole = bytes(1 << 20)
    for _ in range(32):
        client.send(whole)
    with pytest.raises(Full):
        client.send(b"m")
    assert server.receive() == [b"c", whole]
    client.send(whole)
    server.send_to(b"c", b"answer")
    assert client.receive() == [b"answer"] and client.receive() is None


def test_nobody_is_reached_who_is_not_there_and_an_address_is_bound_once() -> None:
    fabric = MemoryFabric()
    server, client = pair(fabric)
    with pytest.raises(Unreachable):
        server.send_to(b"d", b"m")
    with pytest.raises(OSError, match="bound already"):
        fabric.open_socket(Kind.SERVER).bind("inproc://x")
    client.disconnect("inproc://x")
    with pytest.raises(Unreachable):
        server.send_to(b"c", b"m")
    with pytest.raises(Full):
        client.send(b"m")
    server.unbind("inproc://x")
    fabric.open_socket(Kind.SERVER).bind("inproc://x")


def test_what_was_sent_before_the_binding_arrives_after_it_in_turn() -> None:
    fabric = MemoryFabric()
    ends = [fabric.open_socket(Kind.CLIENT, name) for name in (b"a", b"b")]
    for end in ends:
        end.connect("inproc://x")
        for number in (b"1", b"2"):
            end.send(number)
    server = fabric.open_socket(Kind.SERVER)
    assert not server.has_input()
    server.bind("inproc://x")
    assert server.has_input()
    heard = [server.receive() for _ in range(4)]
    assert heard == [[b"a", b"1"], [b"b", b"1"], [b"a", b"2"], [b"b", b"2"]]
    assert server.receive() is None and not server.has_input()


def test_a_subscriber_hears_what_is_published_from_its_joining_on_and_the_publisher_of_it() -> None:
    fabric = MemoryFabric()
    publisher = fabric.open_socket(Kind.PUBLISHER)
    publisher.bind("inproc://s")
    publisher.send(b"0")
    subscriber = fabric.open_socket(Kind.SUBSCRIBER)
    subscriber.connect("inproc://s")
    assert publisher.has_input() and publisher.receive() == [b"\x01"]
    assert publisher.receive() is None
    publisher.send(b"1")
    assert subscriber.receive() == [b"1"] and subscriber.receive() is None
    subscriber.disconnect("inproc://s")
    publisher.send(b"2")
    assert subscriber.receive() is None
    with pytest.raises(RuntimeError, match="do not leave a process"):
        subscriber.reaches(b"c")


# ---------------------------------------------------------------------- loops


def test_a_closed_loop_takes_nothing() -> None:
    loop = VirtualLoop()
    loop.close()
    for call in (
        lambda: loop.call_soon(print), lambda: loop.call_later(1.0, print),
        lambda: loop.call_at(1.0, print),
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match="closed"):
            call()


def test_a_loop_goes_on_from_between_two_rounds_alone_and_not_beyond_its_end() -> None:
    loop = VirtualLoop()
    with pytest.raises(RuntimeError, match="between two rounds"):
        loop.go_on(lambda: True)
    seen: list[float] = []

    def on_the_way() -> None:
        assert loop.is_between
        loop.go_on(lambda: loop.time() >= 5.0)
        seen.append(loop.time())
        with pytest.raises(RuntimeError, match="all has ended"):
            loop.go_on(lambda: False)

    async def live() -> None:
        loop.between(on_the_way)
        for _ in range(10):
            await asyncio.sleep(1.0)

    run(live(), loop)
    assert seen == [5.0]


async def test_an_answer_that_came_is_not_late() -> None:
    waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    waiter.set_result("answer")
    _give_up(waiter)
    assert await waiter == "answer"
    other: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    _give_up(other)
    with pytest.raises(_Late):
        await other


# ----------------------------------------------------------------------- the pace


class Wall:
    """A clock of the wall that a test sets."""

    time = 100.0

    def now(self) -> float:
        return self.time

    def serve(self, seconds: float) -> None:
        self.time += seconds


S = 1_000_000_000


def test_a_pace_allows_what_the_wall_has_earned() -> None:
    wall = Wall()
    pace = Pace(wall, 2.0, 10 * S)
    assert pace.allowed_ns() == 10 * S and pace.wall_until(10 * S) == 0.0
    assert pace.wall_until(14 * S) == 2.0 and pace.wall_of(14 * S) == 102.0
    wall.time = 101.5
    assert pace.allowed_ns() == 13 * S and pace.wall_until(14 * S) == 0.5
    wall.time = 99.0
    assert pace.allowed_ns() == 10 * S, "a wall that goes back takes nothing away"


def test_a_pace_stands_at_its_instant_and_never_goes_beyond() -> None:
    wall = Wall()
    pace = Pace(wall, inf)
    assert pace.allowed_ns() == inf and pace.wall_until(10**18) == 0.0
    pace.set(inf, 0, 20 * S)
    assert (pace.allowed_ns(), pace.until_ns) == (20 * S, 20 * S)
    assert pace.wall_until(20 * S) == 0.0 and pace.wall_until(20 * S + 1) == inf
    pace.reached(20 * S - 1)
    assert pace.rate == inf
    pace.reached(20 * S)
    assert (pace.rate, pace.until_ns, pace.allowed_ns()) == (0.0, None, 20 * S)
    assert pace.wall_until(20 * S) == 0.0 and pace.wall_until(20 * S + 1) == inf
    pace.set(1.0, 20 * S, 20 * S)  # the instant itself is no past
    with pytest.raises(ValueError, match="cannot run to"):
        pace.set(1.0, 20 * S, 20 * S - 1)


@pytest.mark.parametrize(("late", "forgiven"), [(0.5, False), (0.5001, True)])
def test_half_a_second_of_the_wall_is_caught_up_with_and_more_is_forgiven(
    late: float, forgiven: bool
) -> None:
    wall = Wall()
    pace = Pace(wall, 1.0)
    wall.time = 110.0 + late
    pace.reached(10 * S)
    assert pace.allowed_ns() == pytest.approx(10 * S if forgiven else (10.0 + late) * S)


def test_a_change_of_pace_begins_where_the_old_one_has_come_to() -> None:
    wall = Wall()
    pace = Pace(wall, 1.0)
    wall.time = 104.0
    pace.set(10.0, 2 * S)
    assert pace.allowed_ns() == 4 * S
    pace.set(0.0, 3 * S)
    assert pace.allowed_ns() == 3 * S, "what has been set at this instant is the run's own time"
    for rate in (1e-3, 1e9, 0.0, inf):
        pace.set(rate, 4 * S)
    for rate in (0.9e-3, 1.1e9, -1e-3):
        with pytest.raises(ValueError, match="allowed is"):
            pace.set(rate, 4 * S)


def test_an_input_has_the_instant_of_the_pace_but_none_of_a_timers_own() -> None:
    wall = Wall()
    loop = ThrottledLoop(wall, rate=1.0)
    try:
        wall.time = 103.0
        assert loop._instant_of_input(None) == 0, "nothing is due: it is now"
        assert loop._instant_of_input(10 * S) == 3 * S
        assert loop._instant_of_input(3 * S) == 3 * S - 1
        assert loop._instant_of_input(0) == 0
        loop.set_pace(inf)
        assert loop._instant_of_input(10 * S) == 0
        assert (loop.admitted, loop.left_to_admit) == (0, 0)
    finally:
        loop.close()


def test_a_cancelled_call_is_no_gap() -> None:
    end = listener(lambda data: SimpleNamespace(sequence=sent(1, 1), time_ns=0, message=Cancel(1)))
    assert end._open(b"", b"x") == Cancel(1) and end.told == []
