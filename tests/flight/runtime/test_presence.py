"""Who is there within a process: the fabric's account, and queues in memory at their limits."""

from types import SimpleNamespace
from typing import Any

import pytest
import zmq

from flight.runtime.fabric import Fabric
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.sockets import Full, Kind, Unreachable
from flight.runtime.zeromq_sockets import Contexts

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
