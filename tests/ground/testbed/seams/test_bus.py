"""Faults of the bus at the end that receives: what arrives instead, and that all is well after."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flight.icd.messages import Exchange, Message
from flight.runtime.bus import Bus
from flight.runtime.fabric import Fabric, Presence
from flight.runtime.memory_fabric import MemoryFabric
from ground.testbed.seams.bus import Buses
from sim_hw.faults.bus_kinds import (
    Babble,
    BusKind,
    Clog,
    Corrupt,
    Delay,
    Drop,
    Duplicate,
    Jitter,
    Partition,
    Reorder,
    Replay,
    Throttle,
    Truncate,
)
from sim_hw.faults.catalogue import builtin_kinds
from tests.sim_hw.faults.parts import Held

SAMPLES: list[BusKind] = [
    Drop(), Delay(by=3.0), Jitter(up_to=5.0), Duplicate(copies=2), Reorder(), Corrupt(), Truncate(),
    Throttle(rate=100.0), Clog(), Partition(), Replay(), Babble(rate=1.0),
]  # fmt: skip


class OnTheBus(Held):
    """A fault of the bus that is armed; begun and healed by hand."""

    def __init__(self, target: str, method: str | None = None) -> None:
        super().__init__(method)
        self.target = target

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, then)


class Talk:
    """A rover that asks a device of the hardware and follows a lander; what each heard and when."""

    def __init__(self, fabric: Presence) -> None:
        self.buses = Buses()
        self.fabric = fabric
        self.heard: dict[str, list[tuple[float, str]]] = {"hardware": [], "rover": [], "sky": []}
        self.bus = {
            name: Bus(name, fabric=self.buses.view(name, fabric))
            for name in ("hardware", "rover", "lander")
        }
        for bus in self.bus.values():
            bus.begin_life(1)
        self.server = self.bus["hardware"].serve("rover.wheels", self._asked)
        self.stream = self.bus["lander"].publish("lander.telemetry")
        self.client = self.bus["rover"].connect("rover.wheels", self._hears("rover"))
        self.bus["rover"].subscribe("lander.telemetry", self._hears("sky"))

    def _hears(self, who: str) -> Callable[[Message], None]:
        def hear(message: Message) -> None:
            assert isinstance(message, Exchange)
            self.heard[who].append((asyncio.get_running_loop().time(), message.topic))

        return hear

    def _asked(self, peer: bytes, message: Message) -> None:
        self._hears("hardware")(message)
        assert isinstance(message, Exchange)
        if self.server is not None:
            self.server.send(peer, Exchange("hardware", f"re/{message.topic}", {}))

    def say(self, topic: str) -> None:
        self.client.send(Exchange("rover", topic, {}))
        self.stream.send(Exchange("lander", topic, {}))

    def topics(self, who: str) -> list[str]:
        topics = [topic for _, topic in self.heard[who]]
        self.heard[who].clear()
        return topics

    def close(self) -> None:
        for bus in self.bus.values():
            bus.close()
        self.fabric.close()


@pytest.fixture(params=[MemoryFabric, Fabric], ids=["memory", "zeromq"])
def talk(request: pytest.FixtureRequest) -> Any:
    made: list[Talk] = []

    def make() -> Talk:
        made.append(Talk(request.param()))
        return made[-1]

    yield make
    for each in made:
        each.close()


def arm(talk: Talk, kind: BusKind, held: OnTheBus) -> tuple[Callable[[], None], ...]:
    leave = talk.buses.arm(kind, held, lambda: held.active)  # type: ignore[arg-type]
    return leave, lambda: begin(talk, kind, held)


def begin(talk: Talk, kind: BusKind, held: OnTheBus) -> Callable[[], None]:
    held.active, held.since = True, held.now()
    flush = kind.begun(talk.buses, held)  # type: ignore[arg-type]

    def heal() -> None:
        held.active = False
        flush()

    return heal


def test_every_kind_has_a_sample() -> None:
    kinds = [kind.name() for kind in builtin_kinds() if kind.target == "bus"]
    assert kinds == [sample.name() for sample in SAMPLES]


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.name())
async def test_it_takes_effect_where_it_is_and_heals(
    talk: Callable[[], Talk], kind: BusKind
) -> None:
    one = talk()
    held = OnTheBus("rover", "rover.wheels" if not isinstance(kind, Partition) else None)
    leave, _ = arm(one, kind, held)
    for topic in ("a", "b"):
        one.say(topic)
        await asyncio.sleep(1.0)
    assert one.topics("rover") == ["re/a", "re/b"] and one.topics("sky") == ["a", "b"]
    assert not held.hits
    heal = begin(one, kind, held)
    began = held.now()
    for topic in ("c", "d"):
        one.say(topic)
    await asyncio.sleep(8.0)
    hardware, rover = one.topics("hardware"), [*one.heard["rover"]]
    sky, topics = one.topics("sky"), one.topics("rover")
    assert held.hits and held.hits[0][0].endswith("(rover.wheels)")
    if not isinstance(kind, Partition):
        assert sky == ["c", "d"]  # another service
        assert hardware == ["a", "b", "c", "d"]
    counters = one.bus["rover"].counters
    match kind:
        case Drop() | Clog():
            assert topics == []
        case Partition():
            assert topics == sky == [] and hardware == ["a", "b"]
        case Delay():
            assert rover == [(began + 3.0, "re/c"), (began + 3.0, "re/d")]
        case Jitter():
            assert all(began < time <= began + 5.0 for time, _ in rover) and len(rover) == 2
        case Duplicate():
            assert topics == ["re/c", "re/d"] and counters.stale == 4
        case Reorder():
            assert topics in (["re/d", "re/c"], ["re/d"])
        case Corrupt() | Truncate():
            assert topics == [] and counters.malformed + counters.corrupt >= 2
        case Throttle():
            first, second = (time for time, _ in rover)
            assert 0.0 < first - began < second - began < 8.0
        case Replay():
            assert set(topics) >= {"re/c", "re/d"}
        case Babble():
            assert topics == ["re/c", "re/d"] and counters.malformed + counters.corrupt >= 8
    heal()
    leave()
    await asyncio.sleep(10.0)
    flushed = one.topics("rover")
    assert flushed == (["re/c", "re/d"] if isinstance(kind, Clog) else [])
    hits = len(held.hits)
    one.say("e")
    await asyncio.sleep(1.0)
    assert one.topics("rover") == ["re/e"] and one.topics("sky") == ["e"]
    assert len(held.hits) == hits


@pytest.mark.parametrize(
    ("way", "hardware", "rover"), [("in", ["x"], []), ("out", [], []), ("both", [], [])]
)
async def test_a_partition_one_way(
    talk: Callable[[], Talk], way: Any, hardware: list[str], rover: list[str]
) -> None:
    one = talk()
    arm(one, Partition(way=way, peer="hardware"), held := OnTheBus("rover"))
    held.active = True
    one.say("x")
    await asyncio.sleep(1.0)
    assert one.topics("hardware") == hardware and one.topics("rover") == rover
    assert one.topics("sky") == ["x"]  # the lander is not in it


async def test_what_is_limited_to_a_peer_leaves_others_alone(talk: Callable[[], Talk]) -> None:
    one = talk()
    arm(one, Drop(peer="lander"), held := OnTheBus("rover"))
    held.active = True
    one.say("x")
    await asyncio.sleep(1.0)
    assert one.topics("rover") == ["re/x"] and one.topics("sky") == []


async def test_an_end_that_is_opened_later_is_reached_too(talk: Callable[[], Talk]) -> None:
    one = talk()
    arm(one, Drop(), held := OnTheBus("lander"))
    held.active = True
    late = one.bus["lander"].connect("rover.wheels", one._hears("sky"))
    late.send(Exchange("lander", "late", {}))
    await asyncio.sleep(1.0)
    assert one.topics("hardware") == ["late"] and one.topics("sky") == []


async def test_sockets_are_the_fabrics_own_while_nothing_is_armed(
    talk: Callable[[], Talk],
) -> None:
    one = talk()
    socket: Any = one.client._socket
    assert socket.receive == socket._inner.receive and socket.send == socket._inner.send
