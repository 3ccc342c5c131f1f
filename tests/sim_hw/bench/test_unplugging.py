"""Cables that are pulled at random phases: nothing that was asked before is done after, and each
call is told once. And devices, or adapters, that misbehave: they are lost, and nobody else is."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from flight.runtime.nursery import Nursery
from sim_hw.bench.building import build
from sim_hw.bench.device_link import DeviceLink
from sim_hw.bench.guard import GuardRules
from sim_hw.bench.library import LibraryDevice
from sim_hw.bench.wanted import Wanted
from sim_hw.bench.wire.memory_wire import MemoryWire
from sim_hw.bench.wire.wire import Wire, WireLost
from tests.sim_hw.bench.reference_device import ReferenceDevice

HASH = interface_hash(Wheels)
RULES = GuardRules(("drive", "turn"))
FAULT_WITHIN = {"cable": 0.05, "power": 0.05, "silence": 1.25, "one way": 2.5}  # s
"""Of one that hears nothing and still speaks the dead man is the first to know, after 1 s."""
BACK_WITHIN = 0.3  # s after the cable is in again: one opening's pause, and a look


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheels", "library", tmp_path_factory.mktemp("build"))


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    async with Nursery("bench") as nursery:
        yield nursery
        nursery.cancel()


class Wheel(LibraryDevice):
    """The wheels in C, on a line that may carry nothing: neither way, or only not to the device."""

    mute = False
    deaf = False

    def _hear(self, data: bytes) -> None:
        if not self.mute and not self.deaf:
            super()._hear(data)

    def wire(self) -> MemoryWire:
        wire = super().wire()
        says = wire.device_says

        def say(data: bytes) -> None:
            if not self.mute:
                says(data)

        wire.device_says = say  # type: ignore[method-assign]
        return wire


class Desk:
    """The link to one device in C, and what is told of its calls and states."""

    def __init__(self, library: Path, nursery: Nursery) -> None:
        self.device = Wheel(library)
        self.plugged = True
        self.loop = asyncio.get_running_loop()
        self.replies: dict[int, list[Any]] = {}
        self.doubled: list[int] = []
        self.states: list[tuple[float, str]] = []
        self.effects: list[tuple[float, int]] = []
        wanted = Wanted("rover.wheels", "Wheels", HASH)
        self.link = DeviceLink(wanted, self._open, self._told, RULES)
        self.number = 0
        nursery.start(self.link.run(), name="link")

    async def _open(self) -> Wire:
        if not self.plugged or self.device.mute or self.device.deaf:
            raise WireLost("desk: there is no line")
        return self.device.wire()

    def _told(self, told: list[Any]) -> None:
        if told[0] == "reply":
            if told[2] in self.replies:
                self.doubled.append(told[2])
            self.replies[told[2]] = told[3:]
        elif told[0] == "state":
            self.states.append((self.loop.time(), told[2]))
        else:
            self.effects.append((self.loop.time(), told[2]))

    def call(self, distance: float) -> int:
        self.number += 1
        self.link.call(self.number, "drive", {"distance": distance}, 900.0, 900.0)
        return self.number

    async def until(self, state: str, within: float) -> float:
        """How long it took to be in a state (s); fails after a while."""
        begun = self.loop.time()
        while self.link.state != state:
            assert self.loop.time() - begun <= within, (self.link.state, self.states[-5:])
            await asyncio.sleep(0.005)
        return self.loop.time() - begun

    async def odometer(self) -> float:
        self.number += 1
        number = self.number
        self.link.call(number, "state", {}, 1.0, 1.0)
        for _ in range(1_500):
            if number in self.replies:
                break
            await asyncio.sleep(0.001)
        assert self.replies[number][1] == "", self.replies[number]
        return float(self.replies[number][0]["odometer"])


async def pull(desk: Desk, chance: random.Random) -> tuple[str, str]:
    """One cycle; which phase it was in, and what was pulled."""
    phase = chance.choice(("mid-motion", "call and reply", "idle", "at its end"))
    kind = chance.choice(tuple(FAULT_WITHIN))
    open_calls = []
    if phase != "idle":
        distance = chance.uniform(0.5, 5.0)
        open_calls.append(desk.call(distance))
        if phase == "mid-motion":
            await asyncio.sleep(chance.uniform(0.02, 0.9 * distance))
        elif phase == "at its end":
            await asyncio.sleep(distance + chance.uniform(-0.03, 0.03))
        else:  # in the rounds of the loop in which it is under way
            for _ in range(chance.randrange(5)):
                await asyncio.sleep(0)
    if kind == "cable":
        desk.plugged = False
        assert desk.device._wire is not None
        desk.device._wire.cut()
    elif kind == "power":
        desk.plugged = False
        desk.device.power_on()
    else:
        desk.device.mute, desk.device.deaf = kind == "silence", kind == "one way"
    if chance.random() < 0.5:
        open_calls.append(desk.call(1.0))  # asked of one that may be lost already
    began = desk.loop.time()
    while desk.link.state == "armed":
        assert desk.loop.time() - began <= FAULT_WITHIN[kind], (phase, kind)
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.002)
    assert all(number in desk.replies for number in open_calls), (phase, kind)
    if chance.random() < 0.5:
        open_calls.append(desk.call(2.0))  # of one that is lost
    await asyncio.sleep(chance.uniform(0.0, 2.5))
    desk.plugged, desk.device.mute, desk.device.deaf = True, False, False
    await desk.until("armed", BACK_WITHIN)
    first, heard = await desk.odometer(), len(desk.effects)
    await asyncio.sleep(chance.uniform(0.1, 1.0))
    assert await desk.odometer() == first, f"a stale actuation: {phase}, {kind}"
    assert len(desk.effects) == heard
    assert not desk.device._library.hosted_moving(desk.device._device)
    assert desk.replies[open_calls[-1]][1] == "lost" if open_calls[1:] else True
    again = desk.call(0.2)  # and it works
    await asyncio.sleep(0.5)
    assert desk.replies[again][1] == "" and desk.doubled == []
    return phase, kind


@pytest.mark.parametrize("cycles", [20, pytest.param(1000, marks=pytest.mark.check)])
async def test_nothing_stale_is_ever_done(cycles: int, library: Path, nursery: Nursery) -> None:
    chance = random.Random(cycles)
    desk = Desk(library, nursery)
    await desk.until("armed", 1.0)
    seen = [await pull(desk, chance) for _ in range(cycles)]
    phases = [phase for phase, _ in seen]
    assert phases.count("mid-motion") >= cycles // 8
    assert phases.count("call and reply") >= cycles // 8
    assert {kind for _, kind in seen} == set(FAULT_WITHIN)
    if cycles >= 1000:
        assert min(phases.count("mid-motion"), phases.count("call and reply")) >= 200
    desk.device.close()


# ------------------------------------------------------------------ misbehaving


class Pair:
    """A device that is right, and a second one whose adapter or device is not."""

    def __init__(self, nursery: Nursery, bad: Callable[[ReferenceDevice], Wire]) -> None:
        self.told: dict[str, list[list[Any]]] = {"good": [], "bad": []}
        self.devices = {"good": ReferenceDevice(), "bad": ReferenceDevice()}

        async def open_good() -> Wire:
            return self.devices["good"].wire()

        async def open_bad() -> Wire:
            return bad(self.devices["bad"])

        self.links = {
            name: DeviceLink(Wanted(name, "Wheels", HASH), opened, self.told[name].append, RULES)
            for name, opened in (("good", open_good), ("bad", open_bad))
        }
        for name, link in self.links.items():
            nursery.start(link.run(), name=name)

    def states(self, name: str) -> list[str]:
        return [each[2] for each in self.told[name] if each[0] == "state"]


def raises_on_opening(device: ReferenceDevice) -> Wire:
    raise ValueError("the vendor's library says no")


def raises_on_sending(device: ReferenceDevice) -> Wire:
    wire = device.wire()

    def send(payload: bytes) -> bool:
        raise RuntimeError("the vendor's library says no")

    wire.send = send  # type: ignore[method-assign]
    return wire


def hangs(device: ReferenceDevice) -> Wire:
    device.mute = True
    return device.wire()


def floods(device: ReferenceDevice) -> Wire:
    wire = device.wire()
    device.pings += 1_000  # it floods once in full: that takes a while to write
    for _ in range(100_000 if device.pings == 1_000 else 2_100):
        device.say(["signal", "effect", {"number": 1, "state": "moving", "distance": 1.0}, 0])
    return wire


def answers_nonsense(device: ReferenceDevice) -> Wire:
    device.own = lambda number, method, arguments: device.reply(  # type: ignore[method-assign]
        number, {"identity": [1, {"a": None}], "interface": {}, "uptime_us": "soon"}
    )
    return device.wire()


def says_that_it_is_a_number(device: ReferenceDevice) -> Wire:
    device.own = lambda number, method, arguments: device.reply(  # type: ignore[method-assign]
        number, 7
    )
    return device.wire()


def never_becomes_safe(device: ReferenceDevice) -> Wire:
    own = device.own

    def answer(number: int, method: str, arguments: dict[str, Any]) -> None:
        if method != "safe":
            own(number, method, arguments)

    device.own = answer  # type: ignore[method-assign]
    return device.wire()


def identity_with(**more: Any) -> Callable[[ReferenceDevice], Wire]:
    """Right but for what it says of itself."""

    def bad(device: ReferenceDevice) -> Wire:
        own = device.own

        def answer(number: int, method: str, arguments: dict[str, Any]) -> None:
            if method != "identity":
                own(number, method, arguments)
                return
            told = {
                "interface": "Wheels", "interface_hash": HASH, "vendor": "v", "model": "m",
                "serial": "SN1", "firmware": "1", "maximum_frame": 512, **more,
            }  # fmt: skip
            device.reply(number, told)

        device.own = answer  # type: ignore[method-assign]
        return device.wire()

    bad.__name__ = "_".join(more)
    return bad


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"maximum_frame": -1}, "its maximum_frame is -1; allowed are 128 bytes and more"),
        ({"maximum_frame": 127}, "its maximum_frame is 127; allowed"),
        ({"maximum_frame": True}, "its maximum_frame is True; allowed"),
        ({"maximum_frame": 1e300}, "its maximum_frame is 1e+300; allowed"),
        ({"interface": "\x1b[2J\nok"}, r"its interface is \x1b[2J\nok; the bench file wants W"),
        ({"interface": ["x" * 200] * 90}, "its interface is ['xxx"),
    ],
)
async def test_what_one_says_of_itself_ends_in_one_short_sentence(
    more: dict[str, Any], words: str, nursery: Nursery
) -> None:
    pair = Pair(nursery, identity_with(**more))
    await asyncio.sleep(3.0)
    pair.links["bad"].call(1, "drive", {"distance": 3.0}, 900.0, 900.0)
    await asyncio.sleep(0.1)
    refused = {each[3] for each in pair.told["bad"] if each[2] == "refused"}
    assert len(refused) == 1 and len(said := refused.pop()) < 300 and said.isprintable()
    assert words in said and "armed" not in pair.states("bad")
    assert pair.states("good") == ["found", "identified", "safe", "armed"]
    await pair.links["bad"].close()


async def test_the_smallest_frame_that_is_allowed_is_enough_and_what_is_larger_is_rejected(
    nursery: Nursery,
) -> None:
    pair = Pair(nursery, identity_with(maximum_frame=128, more={"a": ["\x07" * 500] * 9}))
    link = pair.links["bad"]
    await asyncio.sleep(0.5)
    link.call(1, "drive", {"distance": 1.0, "more": "x" * 100}, 900.0, 900.0)
    link.call(2, "drive", {"distance": 1.0}, 900.0, 900.0)
    await asyncio.sleep(60.0)
    replies = {each[2]: each[4:6] for each in pair.told["bad"] if each[0] == "reply"}
    assert replies[1][0] == "rejected" and "the device takes 128" in replies[1][1]
    assert replies[2][0] == "" and pair.states("bad") == ["found", "identified", "safe", "armed"]
    states = [each for each in pair.told["bad"] if each[0] == "state"]
    assert len(repr(states[-1])) < 1_000  # what it says in depth is not handed on
    await link.close()


async def linked(nursery: Nursery) -> tuple[ReferenceDevice, list[list[Any]], DeviceLink]:
    """A device that keeps the rules, what its link tells, and the link, which is up."""
    device = ReferenceDevice()
    told: list[list[Any]] = []

    async def opened() -> Wire:
        return device.wire()

    link = DeviceLink(Wanted("rover.wheels", "Wheels", HASH), opened, told.append, RULES)
    nursery.start(link.run(), name="link")
    await asyncio.sleep(0.5)
    return device, told, link


async def test_a_flight_of_many_calls_keeps_few_of_their_numbers_and_effects_are_still_told(
    nursery: Nursery,
) -> None:
    _, told, link = await linked(nursery)
    for number in range(1, 400):
        link.call(number, "drive", {"distance": 0.0}, 9.0, 9.0)
        await asyncio.sleep(0.1)
    link.call(400, "drive", {"distance": 9.0}, 900.0, 900.0)
    for number in range(401, 700):
        link.call(number, "state" if number % 2 else "turn", {}, 9.0, 9.0)
        await asyncio.sleep(0.02)
    assert len(link._numbers) <= 128
    told.clear()
    await asyncio.sleep(5.0)
    assert {each[2] for each in told if each[0] == "effect"} == {400}


@pytest.mark.parametrize(
    "bad",
    [raises_on_opening, raises_on_sending, hangs, floods, answers_nonsense,
     says_that_it_is_a_number, never_becomes_safe],
    ids=lambda bad: bad.__name__,
)  # fmt: skip
async def test_one_that_misbehaves_is_lost_and_nobody_else(
    bad: Callable[[ReferenceDevice], Wire], nursery: Nursery
) -> None:
    pair = Pair(nursery, bad)
    await asyncio.sleep(0.6)
    pair.links["good"].call(1, "drive", {"distance": 3.0}, 900.0, 900.0)
    pair.links["bad"].call(1, "drive", {"distance": 3.0}, 900.0, 900.0)
    await asyncio.sleep(5.0)
    assert "armed" not in pair.states("bad")
    assert {"lost", "refused", "absent"} & set(pair.states("bad"))
    assert [each[4] for each in pair.told["bad"] if each[0] == "reply"] == ["lost"]
    assert pair.states("good") == ["found", "identified", "safe", "armed"]
    assert [each[4] for each in pair.told["good"] if each[0] == "reply"] == [""]


async def test_one_that_breaks_while_it_works_ends_its_call_and_is_looked_for_again(
    nursery: Nursery,
) -> None:
    device, told, link = await linked(nursery)
    link.call(1, "drive", {"distance": 9.0}, 900.0, 900.0)
    await asyncio.sleep(1.0)
    for _ in range(5_000):
        device.say(["signal", "noise", {}, 0])
    await asyncio.sleep(0.2)
    assert [each[4] for each in told if each[0] == "reply"] == ["lost"]
    assert any("things a second" in each[3] for each in told if each[0] == "state")
    await asyncio.sleep(3.0)
    assert link.state == "armed" and device.motion is None
