"""Sockets of ZeroMQ: their options, who is there, what is sent and refused, who is admitted."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
import zmq

from flight.runtime import zeromq_sockets
from flight.runtime.sockets import Full, Kind, Link, Unreachable
from flight.runtime.zeromq_bells import Bells
from flight.runtime.zeromq_keys import Doorkeeper
from flight.runtime.zeromq_presence import Follower
from flight.runtime.zeromq_sockets import ZeroMqSocket

X = "inproc://x"


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


def test_keys_are_for_tcp_and_a_socket_that_listens_is_given_away_once() -> None:
    for address, secured in (("tcp://127.0.0.1:9", True), ("ipc:///nowhere/x", False), (X, False)):
        did: list[str] = []
        keys: Any = SimpleNamespace(
            secure_bound=lambda socket, did=did: did.append("bound"),
            secure_connecting=lambda socket, did=did: did.append("connecting"),
        )
        listening = {address: 7, "tcp://127.0.0.1:8": 6}
        made: Any = ZeroMqSocket(
            SimpleNamespace(socket=Wire), Kind.SERVER, b"", keys, listening, Bells()  # type: ignore[arg-type]
        )
        made._claim = lambda path, did=did: did.append(path)
        made.bind(address)
        claimed = ["/nowhere/x"] if address.startswith("ipc") else []
        assert did == (["bound"] if secured else []) + claimed
        assert listening == {"tcp://127.0.0.1:8": 6}
        assert made._socket.options[int(zmq.USE_FD)] == 7
        made = ZeroMqSocket(SimpleNamespace(socket=Wire), Kind.CLIENT, b"c", keys)  # type: ignore[arg-type]
        did.clear()
        made.connect(address)
        assert did == (["connecting"] if secured else [])
        assert made._within == (X if address == X else "")


def test_an_address_that_is_taken_is_an_error_of_the_system() -> None:
    made, wire = wired(Kind.SERVER, address=X)

    def taken(address: str) -> None:
        raise zmq.ZMQError(zmq.EADDRINUSE)

    wire.bind = taken  # type: ignore[method-assign]
    with pytest.raises(OSError, match=r"tcp://127\.0\.0\.1:9: ") as refused:
        made.bind("tcp://127.0.0.1:9")
    assert refused.value.errno == zmq.EADDRINUSE and made._within == X


def test_an_ipc_path_is_claimed_by_one_and_let_go_of(tmp_path: Any) -> None:
    path = str(tmp_path / "wheel")
    one, other = wired(Kind.SERVER)[0], wired(Kind.SERVER)[0]
    one._claim(path)
    with pytest.raises(OSError, match="is served already"):
        other._claim(path)
    one._release()
    one._release()
    assert one._claimed == -1
    other._claim(path)
    other._claim(str(tmp_path / "other"))  # the first is let go of
    one._claim(path)
    for each in (one, other):
        each._release()


def test_a_send_that_finds_no_room_looks_once_and_is_refused_then() -> None:
    refuses: list[bool] = []
    sent: list[Any] = []

    def send(socket: Any, data: bytes, how: int) -> None:
        if refuses and refuses.pop(0):
            raise zmq.Again
        sent.append((data, int(how)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zeromq_sockets, "_send", send)
        made, wire = wired(Kind.CLIENT)
        rung: list[str] = []
        made._bells = SimpleNamespace(
            sent_to_bound=rung.append, sent_to_all=rung.append,
            sent_to=lambda address, peer: rung.append(peer),
        )  # fmt: skip
        made.send(b"1")
        assert wire.looks == 0
        refuses[:] = [True]
        made.send(b"2")
        assert wire.looks == 1 and rung == [X, X]
        refuses[:] = [True, True]
        with pytest.raises(Full):
            made.send(b"3")
        assert len(rung) == 2 and [data for data, _ in sent] == [b"1", b"2"]
        made.has_taken()
        made.send(b"4")
        made.send(b"5")
        assert wire.looks == 3, "once, after a subscriber has taken many"
        made, wire = wired(Kind.SERVER)
        made._bells = SimpleNamespace(sent_to=lambda address, peer: rung.append(peer))
        sent.clear()
        refuses[:] = [False, True]
        made.send_to(b"c", b"m")
        more = int(zmq.NOBLOCK | zmq.SNDMORE)
        assert sent == [(b"c", more), (b"c", more), (b"m", int(zmq.NOBLOCK))]
        assert rung[-1] == b"c" and made.reaches(b"c")
        refuses[:] = [True, True]
        with pytest.raises(Full):
            made.send_to(b"c", b"m")
        refuses[:] = [True, True]
        assert made.reaches(b"c"), "it is there, and full"

        def gone(socket: Any, data: bytes, how: int) -> None:
            raise zmq.ZMQError(zmq.EHOSTUNREACH)

        patch.setattr(zeromq_sockets, "_send", gone)
        with pytest.raises(Unreachable):
            made.send_to(b"c", b"m")
        assert not made.reaches(b"c")
        patch.setattr(
            zeromq_sockets, "_send",
            lambda *given: (_ for _ in ()).throw(zmq.ZMQError(zmq.ETERM)),
        )  # fmt: skip
        with pytest.raises(zmq.ZMQError):
            made.send_to(b"c", b"m")
