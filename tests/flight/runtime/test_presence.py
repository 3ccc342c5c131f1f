"""Who is there: within a process by the fabric's account, between them by what ZeroMQ tells."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
import zmq

from flight.runtime.fabric import Fabric
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.sockets import Full, Kind, Link, Unreachable
from flight.runtime.zeromq_bells import Bells
from flight.runtime.zeromq_keys import Doorkeeper
from flight.runtime.zeromq_presence import Follower
from flight.runtime.zeromq_sockets import Contexts, ZeroMqSocket

X, Y = "inproc://x", "inproc://y"


class End:
    """A connected end that notes what it is told."""

    def __init__(self, identity: bytes = b"") -> None:
        self.identity = identity
        self.told: list[str] = []

    def cut(self) -> None:
        self.told.append("cut")

    def reconnect(self) -> None:
        self.told.append("again")


# ------------------------------------------------------------------ within a process


def test_a_connection_is_cut_once_and_made_again_once() -> None:
    fabric, end, other = MemoryFabric(), End(b"a"), End(b"b")
    fabric.connected(X, end)
    fabric.connected(Y, other)
    fabric.bound(X)
    assert end.told == [] and not fabric.is_down(X), "it stands already"
    fabric.unbound(X)
    assert end.told == ["cut"] and fabric.is_down(X) and not fabric.is_down(Y)
    fabric.bound(X)
    fabric.bound(X)
    assert end.told == ["cut", "again"] and other.told == [] and not fabric.is_down(X)
    fabric.unbound(X)
    fabric.gone(end)
    fabric.bound(X)
    assert end.told == ["cut", "again", "cut"], "who is gone is told nothing"


def test_each_coming_and_going_is_a_change_and_those_between_processes_are_not_its_business() -> (
    None
):
    fabric, end = MemoryFabric(), End(b"a")
    changes = [fabric.changes]
    for act in (
        lambda: fabric.bound(X), lambda: fabric.connected(X, end), lambda: fabric.unbound(X),
        lambda: fabric.gone(end), lambda: fabric.unbound("tcp://127.0.0.1:1"),
    ):  # fmt: skip
        act()
        changes.append(fabric.changes)
    assert changes == [0, 1, 2, 3, 4, 4] and not fabric.is_down("tcp://127.0.0.1:1")


def test_a_peer_is_lacking_until_it_is_connected_and_once_it_is_gone() -> None:
    fabric, end, nameless = MemoryFabric(), End(b"a"), End()
    assert fabric.lacks(X, b"a") and not fabric.lacks("ipc:///tmp/x", b"a"), "of others unknown"
    fabric.connected(X, end)
    fabric.connected(X, nameless)
    assert not fabric.lacks(X, b"a") and fabric.lacks(Y, b"a") and fabric.lacks(X, b"")
    again = End(b"a")
    fabric.connected(X, again)
    fabric.gone(end)
    assert not fabric.lacks(X, b"a"), "the name is another's by now"
    fabric.gone(again)
    assert fabric.lacks(X, b"a")


def test_two_fabrics_are_told_apart_and_contexts_are_counted_while_they_are_open() -> None:
    contexts = Contexts()
    one, two = contexts.make(), contexts.make()
    assert contexts.count == 2 and one.get(zmq.MAX_SOCKETS) == 4096
    contexts.destroy(one)
    contexts.destroy(one)
    assert contexts.count == 1 and one.closed
    contexts.destroy(two)
    assert contexts.count == 0
    first, second = Fabric(), Fabric()
    assert first.token != second.token and first.token.startswith(b"#")
    first.close()
    second.close()


# ----------------------------------------------------------------- queues in memory


def pair(fabric: MemoryFabric, name: bytes = b"c") -> tuple[Any, Any]:
    server, client = fabric.open_socket(Kind.SERVER), fabric.open_socket(Kind.CLIENT, name)
    server.bind(X)
    client.connect(X)
    return server, client


def test_who_closes_leaves_nothing_to_read_and_is_reached_no_more() -> None:
    fabric = MemoryFabric()
    server, client = pair(fabric)
    client.send(b"1")
    client.send(b"2")
    assert server.has_input()  # one is taken ahead
    server.send_to(b"c", b"answer")
    client.close()
    with pytest.raises(Unreachable):
        server.send_to(b"c", b"m")
    assert client.receive() is None and not client.has_input()
    with pytest.raises(Full):
        client.send(b"3")
    assert [server.receive(), server.receive()] == [[b"c", b"1"], [b"c", b"2"]]
    server.close()
    assert server.receive() is None and not server.has_input()


def test_a_name_that_another_has_taken_is_not_taken_from_it() -> None:
    fabric = MemoryFabric()
    server, old = pair(fabric)
    new = fabric.open_socket(Kind.CLIENT, b"c")
    new.connect(X)
    old.disconnect(X)
    server.send_to(b"c", b"m")
    assert new.receive() == [b"m"] and old.receive() is None


def test_who_has_let_go_before_an_address_is_bound_is_not_joined() -> None:
    fabric = MemoryFabric()
    early = fabric.open_socket(Kind.CLIENT, b"c")
    early.connect(X)
    early.send(b"m")
    early.disconnect(X)
    early.disconnect(X)
    server = fabric.open_socket(Kind.SERVER)
    server.bind(X)
    assert not server.has_input() and server.receive() is None
    with pytest.raises(Unreachable):
        server.send_to(b"c", b"m")


def test_after_a_fabric_was_closed_its_addresses_are_free_and_nobody_waits_for_them() -> None:
    fabric = MemoryFabric()
    pair(fabric)
    waits = fabric.open_socket(Kind.CLIENT, b"w")
    waits.connect(Y)
    fabric.close()
    for address in (X, Y):
        server = fabric.open_socket(Kind.SERVER)
        server.bind(address)
        for name in (b"c", b"w"):
            with pytest.raises(Unreachable):
                server.send_to(name, b"m")


def test_turns_go_on_where_they_were_when_one_has_nothing_more() -> None:
    fabric = MemoryFabric()
    server = fabric.open_socket(Kind.SERVER)
    server.bind(X)
    ends = {name: fabric.open_socket(Kind.CLIENT, name) for name in (b"a", b"b", b"c")}
    for name, count in ((b"a", 1), (b"b", 3), (b"c", 2)):
        ends[name].connect(X)
        for number in range(count):
            ends[name].send(b"%d" % number)
    heard = []
    while (frames := server.receive()) is not None:
        heard.append(b"".join(frames))
    assert heard == [b"a0", b"b0", b"c0", b"c1", b"b1", b"b2"]
    ends[b"a"].send(b"9")
    assert server.receive() == [b"a", b"9"] and server.receive() is None


def test_a_server_that_is_bound_late_counts_what_waited_and_ends_with_it() -> None:
    fabric = MemoryFabric()
    client = fabric.open_socket(Kind.CLIENT, b"c")
    client.connect(X)
    for number in (b"1", b"2", b"3"):
        client.send(number)
    server = fabric.open_socket(Kind.SERVER)
    server.bind(X)
    for number in (b"1", b"2", b"3"):
        assert server.has_input() and server.receive() == [b"c", number]
    assert not server.has_input()


def test_a_publisher_is_told_of_each_who_joins_and_a_full_subscriber_misses_and_no_other() -> None:
    fabric = MemoryFabric()
    publisher = fabric.open_socket(Kind.PUBLISHER)
    publisher.bind(X)
    assert not publisher.has_input()
    subscribers = [fabric.open_socket(Kind.SUBSCRIBER) for _ in range(2)]
    for each in subscribers:
        each.connect(X)
    assert [publisher.receive(), publisher.receive(), publisher.receive()] == [
        [b"\x01"], [b"\x01"], None,
    ]  # fmt: skip
    assert not publisher.has_input()
    whole = bytes(1 << 20)
    for _ in range(32):
        publisher.send(whole)
    assert subscribers[0].receive() == [whole]
    publisher.send(b"more")
    heard = [0, 0]
    for number, each in enumerate(subscribers):
        while (frames := each.receive()) is not None:
            heard[number] += frames == [b"more"]
    assert heard == [1, 0]


def test_outside_virtual_time_queues_in_memory_are_refused() -> None:
    socket = MemoryFabric().open_socket(Kind.SERVER)
    with pytest.raises(RuntimeError, match="for virtual time"):
        socket.watch(SimpleNamespace(), lambda: None)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="do not leave a process"):
        socket.follow(SimpleNamespace(), lambda link: None)  # type: ignore[arg-type]


# ------------------------------------------------------------------ between processes


def follower() -> tuple[Any, list[Link]]:
    told: list[Link] = []
    made: Any = object.__new__(Follower)
    vars(made).update(_tell=told.append, _link=None, _tried_ms=0)
    return made, told


RETRIED, FAILED = int(zmq.EVENT_CONNECT_RETRIED), int(zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
UP, GONE = int(zmq.EVENT_HANDSHAKE_SUCCEEDED), int(zmq.EVENT_DISCONNECTED)


def test_nobody_is_expected_after_five_seconds_of_attempts_and_that_is_told_again() -> None:
    made, told = follower()
    for _ in range(49):
        made._take(RETRIED, 100)
    made._take(RETRIED, 99)
    assert told == []
    made._take(RETRIED, 1)
    assert told == [Link.ABSENT]
    for _ in range(50):
        made._take(RETRIED, 100)
    assert told == [Link.ABSENT] * 2
    made, told = follower()
    made._take(FAILED, 0)
    made._take(FAILED, 1)
    assert told == [], "a greeting takes two seconds to fail"
    made._take(FAILED, 0)
    assert told == [Link.ABSENT]


def test_a_connection_that_never_stood_is_not_lost_and_one_that_was_lost_is_not_absent() -> None:
    made, told = follower()
    made._take(GONE, 0)
    assert told == []
    made._take(UP, 0)
    for _ in range(100):
        made._take(RETRIED, 100)
    made._take(GONE, 0)
    made._take(GONE, 0)
    for _ in range(100):
        made._take(RETRIED, 100)
    made._take(UP, 0)
    assert told == [Link.UP, Link.LOST, Link.UP]


class Wire:
    """A socket of ZeroMQ that notes its options, and gives back what a test has put into it."""

    closed = False

    def __init__(self, kind: int) -> None:
        self.kind = kind
        self.options: dict[int, Any] = {}
        self.frames: deque[bytes] = deque()
        self.looks = 0

    def setsockopt(self, option: int, value: Any) -> None:
        self.options[int(option)] = value

    def getsockopt(self, option: int) -> int:
        self.looks += 1
        return int(zmq.POLLIN) if self.frames else 0

    def bind(self, address: str) -> None:
        pass

    def connect(self, address: str) -> None:
        pass

    def recv(self, *how: Any) -> bytes:
        if not self.frames:
            raise zmq.Again
        return self.frames.popleft()


def wired(kind: Kind, identity: bytes = b"", address: str = X) -> tuple[Any, Wire]:
    made = ZeroMqSocket(SimpleNamespace(socket=Wire), kind, identity, bells=Bells())  # type: ignore[arg-type]
    (made.bind if kind in (Kind.SERVER, Kind.PUBLISHER) else made.connect)(address)
    return made, made._socket  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("kind", "type", "further"),
    [
        (Kind.SERVER, zmq.ROUTER, {zmq.ROUTER_MANDATORY: 1, zmq.ROUTER_HANDOVER: 1}),
        (Kind.CLIENT, zmq.DEALER, {zmq.ROUTING_ID: b"c#1"}),
        (Kind.PUBLISHER, zmq.XPUB, {zmq.XPUB_VERBOSE: 1}),
        (Kind.SUBSCRIBER, zmq.SUB, {zmq.SUBSCRIBE: b""}),
    ],
)
def test_a_socket_waits_for_nobody_at_its_end_and_holds_so_much(
    kind: Kind, type: int, further: dict[int, Any]
) -> None:
    usual = {
        zmq.LINGER: 0, zmq.SNDHWM: 10_000, zmq.RCVHWM: 10_000, zmq.MAXMSGSIZE: 1_048_576,
        zmq.HANDSHAKE_IVL: 2_000, zmq.RECONNECT_IVL: 100,
    }  # fmt: skip
    made, wire = wired(kind, b"c#1" if kind is Kind.CLIENT else b"")
    assert wire.kind == type and wire.options == usual | further
    made, wire = wired(kind, b"c#1" if kind is Kind.CLIENT else b"", "tcp://127.0.0.1:9")
    assert wire.options == usual | further | {zmq.RCVHWM: 32, zmq.SNDHWM: 1_000}
    made.tell_name(b"rover")
    assert wire.options[int(zmq.SUBSCRIBE)] == b"rover"


def test_a_subscriber_tells_of_room_at_each_5000th_message_within_a_process() -> None:
    made, wire = wired(Kind.SUBSCRIBER)
    room: list[str] = []
    made._bells = SimpleNamespace(has_taken=room.append)
    for count in range(1, 10_001):
        wire.frames.append(b"m")
        assert made.receive() == [b"m"]
        assert len(room) == count // 5_000
    assert made.receive() is None
    made._within = ""
    for _ in range(5_000):
        wire.frames.append(b"m")
        made.receive()
    assert len(room) == 2, "between processes ZeroMQ tells by itself"
    made, wire = wired(Kind.CLIENT)
    made._bells = SimpleNamespace(has_taken=room.append)
    wire.frames.extend([b"m"] * 5_000)
    assert all(made.receive() for _ in range(5_000)) and len(room) == 2, "of streams alone"


def test_who_was_rung_looks_until_nothing_is_left_and_then_no_more() -> None:
    made, wire = wired(Kind.CLIENT)
    made._bell = SimpleNamespace(wake=lambda: None)
    assert made.receive() is None and not made._may_wait()
    assert not made.has_input() and wire.looks == 0, "it knows that nothing was sent"
    made.ring()
    wire.frames.extend([b"1", b"2"])
    made.ring()
    assert made.has_input() and made._may_wait()
    assert made.receive() == [b"1"] and made.has_input()
    assert made.receive() == [b"2"] and not made._may_wait() and not made.has_input()
    made.ring(unsure=True)
    assert made._may_wait() and not made.has_input() and not made._may_wait()


def test_a_doorkeeper_admits_who_asks_properly_and_has_a_key() -> None:
    keeper: Any = object.__new__(Doorkeeper)
    vars(keeper).update(_domain=b"run", _known={b"k" * 32: "rover", b"l" * 32: ""})
    question = [b"1.0", b"1", b"run", b"127.0.0.1", b"", b"CURVE", b"k" * 32]
    assert keeper._who(question) == "rover"
    assert keeper._who([*question[:6], b"l" * 32]) == "", "known, and without a name of its own"
    for wrong in (
        question[:6], [*question, b""], [*question[:6], b"m" * 32],
        [*question[:2], b"other", *question[3:]], [*question[:5], b"PLAIN", b"k" * 32],
    ):  # fmt: skip
        assert keeper._who(wrong) is None
