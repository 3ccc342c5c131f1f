"""What comes of a message on the bus and of a frame on a link, kind by kind, at its limits."""

from typing import Any

import pytest

from sim_hw.faults.bus_kinds import (
    Babble,
    BusKind,
    Corrupt,
    Delay,
    Drop,
    Duplicate,
    Jitter,
    Partition,
    Reorder,
    Replay,
    Throttle,
    Traffic,
    Truncate,
)
from sim_hw.faults.link_kinds import Crossing, LinkKind, Outage
from sim_hw.faults.turned_bits import turned
from tests.sim_hw.faults.test_figures_of_faults import Held as Drawn


class Held(Drawn):
    """Of what the rover hears."""

    target = "rover"


# -------------------------------------------------------------------------------- the bus

WAY = Traffic("rover", "commands", "ground")
DATA = b"0123456789"


@pytest.mark.parametrize(
    ("kind", "passed", "hits"),
    [
        (Drop(), [], 1), (Delay(by=2.0), [(2.0, DATA)], 1), (Delay(by=0.0), [(0.0, DATA)], 0),
        (Duplicate(), [(0.0, DATA)] * 2, 1), (Duplicate(copies=3), [(0.0, DATA)] * 4, 1),
        (Truncate(), [(0.0, DATA[:5])], 1), (Truncate(share=0.39), [(0.0, DATA[:3])], 1),
        (Truncate(share=1.0), [(0.0, DATA)], 0), (Truncate(share=0.0), [(0.0, b"")], 1),
        (Jitter(up_to=4.0), [(1.0, DATA)], 1), (Jitter(up_to=0.0), [(0.0, DATA)], 0),
        (Partition(), [], 1), (Replay(), [(0.0, DATA)], 0), (Babble(), [(0.0, DATA)], 0),
    ],
)  # fmt: skip
def test_what_arrives_instead_of_a_message(kind: BusKind, passed: Any, hits: int) -> None:
    held = Held(0.25)
    assert kind.passes(WAY, DATA, held) == passed and len(held.hits) == hits


def test_messages_wait_for_each_other_at_their_rate_and_too_many_are_lost() -> None:
    held, kind = Held(time=100.0), Throttle(rate=5.0, at_most=5.0)
    assert kind.passes(WAY, DATA, held) == [(2.0, DATA)]
    assert kind.passes(WAY, DATA, held) == [(4.0, DATA)]
    assert kind.passes(WAY, b"12345", held) == [(5.0, b"12345")], "the limit itself"
    assert kind.passes(WAY, b"1", held) == []
    other = Traffic("rover", "commands", "lander")
    assert kind.passes(other, DATA, held) == [(2.0, DATA)], "each way by itself"
    held.time = 103.0
    assert kind.passes(WAY, DATA, held) == [(4.0, DATA)]
    held.time = 200.0
    assert kind.passes(WAY, DATA, held) == [(2.0, DATA)]


@pytest.mark.parametrize(("age", "again"), [(4.0, True), (5.0, True), (5.001, False)])
def test_an_earlier_message_comes_again_that_is_old_enough(age: float, again: bool) -> None:
    held, kind = Held(time=10.0), Replay(age=age)
    kind.watch(WAY, b"old", held)
    held.time = 15.0
    told = kind.passes(WAY, DATA, held)
    assert told == [(0.0, DATA), *([(0.0, b"old")] if again else [])]
    assert len(held.hits) == again
    other = Traffic("rover", "commands", "lander")
    assert kind.passes(other, DATA, held) == [(0.0, DATA)], "of that way nothing is known"
    for number in range(1_005):
        kind.watch(WAY, bytes([number % 256]), held)
    assert len(held.memory[WAY]) == 1_000


def test_every_second_message_waits_for_the_next_and_ten_seconds_at_the_most() -> None:
    delivered: list[bytes] = []
    seam: Any = Seam(delivered)
    held, kind = Held(), Reorder()
    heal = kind.begun(seam, held)
    assert kind.passes(WAY, b"1", held) == []
    assert kind.passes(WAY, b"2", held) == [(0.0, b"2"), (0.0, b"1")]
    assert (
        kind.passes(WAY, b"3", held) == [] and [each[0] for each in held.afterwards] == [10.0] * 2
    )
    held.afterwards[0][1]()
    assert delivered == [], "that one has come"
    held.afterwards[1][1]()
    held.afterwards[1][1]()
    assert delivered == [b"3"]
    assert kind.passes(WAY, b"4", held) == []
    heal()
    assert delivered == [b"3", b"4"]


class Seam:
    def __init__(self, delivered: list[bytes]) -> None:
        self.delivered = delivered

    def deliver(self, traffic: Traffic, data: bytes) -> None:
        self.delivered.append(data)

    def ways(self, name: str) -> list[Traffic]:
        assert name == "rover"
        return [WAY, Traffic("rover", "events", "ground"), Traffic("lander", "commands", "ground")]


def test_who_babbles_does_so_on_each_way_at_its_rate_until_it_is_healed() -> None:
    delivered: list[bytes] = []
    held, seam = Held(), Seam(delivered)
    Babble(rate=4.0, size=7).begun(seam, held)
    assert [len(each) for each in delivered] == [7, 7] and held.afterwards[0][0] == 0.25
    held.afterwards[0][1]()
    assert len(delivered) == 4
    held.active = False
    held.afterwards[1][1]()
    assert len(delivered) == 4 and len(held.afterwards) == 2
    one = Held(method="events")
    Babble(peer="ground").begun(seam, one)
    assert len(delivered) == 5 and len(delivered[-1]) == 100 and one.afterwards[0][0] == 0.1


@pytest.mark.parametrize(
    ("kind", "traffic", "method", "concerned"),
    [
        (Drop(), WAY, None, True), (Drop(), WAY, "commands", True), (Drop(), WAY, "events", False),
        (Drop(peer="ground"), WAY, None, True), (Drop(peer="lander"), WAY, None, False),
        (Drop(), Traffic("ground", "commands", "rover"), None, False),
        (Partition(), WAY, None, True), (Partition(way="out"), WAY, None, False),
        (Partition(way="in"), WAY, None, True), (Partition(), WAY, "events", False),
        (Partition(), Traffic("ground", "x", "rover"), None, True),
        (Partition(way="in"), Traffic("ground", "x", "rover"), None, False),
        (Partition(way="out"), Traffic("ground", "x", "rover"), None, True),
        (Partition(peer="lander"), Traffic("ground", "x", "rover"), None, False),
        (Partition(peer="lander"), Traffic("lander", "x", "rover"), None, True),
        (Partition(peer="lander"), WAY, None, False),
        (Partition(), Traffic("ground", "x", "lander"), None, False),
    ],
)  # fmt: skip
def test_a_message_is_concerned_by_who_hears_it_over_what_and_from_whom(
    kind: BusKind, traffic: Traffic, method: str | None, concerned: bool
) -> None:
    assert kind.concerns(traffic, "rover", method) is concerned


def test_so_many_bits_are_turned_and_one_drawn_twice_is_as_it_was() -> None:
    held = Held()
    left = [0, 7, 79]
    held.random.randrange = lambda *most: left.pop(0)  # type: ignore[method-assign]
    assert turned(b"\0" * 10, 3, "x", held) == b"\x81" + b"\0" * 8 + b"\x80"
    assert held.hits == [("x", "whole", "3 bits turned")]
    left = [5, 5]
    assert turned(b"\0", 2, "x", held) == b"\0" and len(held.hits) == 1
    assert turned(b"", 9, "x", held) == b"" and len(held.hits) == 1
    left = [0]
    assert Corrupt().passes(WAY, b"\0", held) == [(0.0, b"\1")]


# ---------------------------------------------------------------------------------- links


@pytest.mark.parametrize(
    ("kind", "crossing", "concerned"),
    [
        (Outage(), Crossing("relay", "out", "rover"), True),
        (Outage(way="in"), Crossing("relay", "out", "rover"), False),
        (Outage(way="out"), Crossing("relay", "out", "rover"), True),
        (Outage(vehicle="lander"), Crossing("relay", "out", "rover"), False),
        (Outage(way="out", vehicle="rover"), Crossing("direct", "out", "rover", "lander"), True),
        (Outage(way="in", vehicle="rover"), Crossing("direct", "out", "rover", "lander"), False),
        (Outage(way="in", vehicle="lander"), Crossing("direct", "out", "rover", "lander"), True),
        (Outage(way="out", vehicle="lander"), Crossing("direct", "out", "rover", "lander"), False),
        (Outage(vehicle="arm"), Crossing("direct", "out", "rover", "lander"), False),
    ],
)  # fmt: skip
def test_a_frame_is_concerned_by_its_way_and_its_vehicle(
    kind: LinkKind, crossing: Crossing, concerned: bool
) -> None:
    assert kind.concerns(crossing) is concerned


@pytest.mark.parametrize(
    ("kind", "blocked"),
    [
        (Outage(), True), (Outage(way="out"), False), (Outage(way="in"), True),
        (Outage(vehicle="rover"), True), (Outage(vehicle="rover", way="out"), False),
        (Outage(vehicle="lander"), True), (Outage(vehicle="lander", way="out"), True),
        (Outage(vehicle="lander", way="in"), False), (Outage(vehicle="arm"), False),
    ],
)  # fmt: skip
def test_a_radio_cannot_hear_what_does_not_come_in_or_does_not_go_out_there(
    kind: Outage, blocked: bool
) -> None:
    assert kind.blocks("rover", "lander") is blocked
