"""Faults at the edge of mission control: what leaves it instead, and that all is well after."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from flight.configuration.files import NotAllowed
from flight.icd.codec import encode
from flight.icd.devices.ground_station import STATIONS_SERVICE, GroundStations, Uplinked
from flight.icd.frames import write_frame
from flight.icd.messages import Command, Frame, Packet
from flight.runtime.nursery import Nursery
from sim_hw.faults.catalogue import builtin_kinds
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.device_seam import DeviceSeam
from sim_hw.faults.ground_kinds import (
    UPLINK,
    CommandGarbled,
    CommandRepeated,
    Conflicting,
    GroundKind,
    OperatorLate,
    OutOfOrder,
    UploadMalformed,
    UploadStale,
    UploadWrong,
    WrongVehicle,
    orders_in,
)
from sim_hw.faults.targets import NamedPart
from tests.sim_hw.faults.parts import Held

PART = NamedPart("mission_control", ("drive_to", "load_parameters", "enter_safe"),
                 ("rover", "lander"))  # fmt: skip
SAMPLES: list[GroundKind] = [
    CommandRepeated(after=30.0), OutOfOrder(), WrongVehicle(to="lander"),
    Conflicting(command="enter_safe"), CommandGarbled(character=4), UploadMalformed(),
    UploadStale(), UploadWrong(argument="values.speed", factor=0.3048), OperatorLate(by=600.0),
]  # fmt: skip


class Sent:
    """What a station was given: when, to whom each command went, and the command."""

    def __init__(self, time: float, destination: str, command: Command) -> None:
        self.time, self.destination, self.command = time, destination, command


class Console:
    """Mission control's side of the stations, with a seam."""

    def __init__(self, nursery: Nursery) -> None:
        self.sent: list[Sent] = []
        self.held = Edge(nursery)
        self.seam = DeviceSeam(DevicePart(STATIONS_SERVICE, GroundStations, self))
        self.number = 0

    async def uplink(self, spacecraft: str, destination: str, data: bytes) -> Uplinked:
        found = orders_in(data)
        assert found is not None
        now = asyncio.get_running_loop().time()
        self.sent += [Sent(now, to, command) for to, command in found[1]]
        return Uplinked(now + 700.0)

    async def say(self, name: str = "load_parameters", speed: float = 1.0) -> Any:
        self.number += 1
        command = Command(f"c/{self.number}", "rover", name, {"values": {"speed": speed}}, "ground")
        packet = encode(Packet("ground", "rover", 0, encode(command)))
        data = write_frame(Frame("ground", "rover", self.number, [packet]))
        arguments = {"spacecraft": "relay", "destination": "rover", "data": data}
        return await self.seam.call(GroundStations.methods[UPLINK], arguments, self.uplink)

    async def came(self) -> list[Sent]:
        await asyncio.sleep(5000.0)
        sent, self.sent = self.sent, []
        return sent


class Edge(Held):
    def __init__(self, nursery: Nursery, method: str | None = None) -> None:
        super().__init__(method)
        self.nursery = nursery

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.nursery.start(work, name="fault")


def test_every_kind_has_a_sample() -> None:
    kinds = [kind.name() for kind in builtin_kinds() if kind.target == "ground"]
    assert kinds == [sample.name() for sample in SAMPLES]


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.name())
async def test_it_takes_effect_and_heals(kind: GroundKind) -> None:
    kind.check(PART, None, ())
    async with Nursery("test") as nursery:
        console = Console(nursery)
        held: Any = console.held
        leave = console.seam.arm(kind, held, lambda: held.active)
        assert (await console.say(speed=1.0))["estimated_delivery"] is not None
        (before,) = await console.came()
        assert before.command.arguments == {"values": {"speed": 1.0}} and not held.hits
        held.active = True
        heal = kind.begun(console.seam, held)
        began = asyncio.get_running_loop().time()
        await console.say(speed=2.0)
        await console.say(speed=3.0)
        sent = await console.came()
        assert held.hits and held.hits[0][1] == ["rover.load_parameters"]
        ids = [each.command.identifier for each in sent]
        speeds = [each.command.arguments.get("values", {}).get("speed") for each in sent]
        match kind:
            case CommandRepeated():
                assert ids == ["c/2", "c/3", "c/2", "c/3"]
                assert sent[2].time == pytest.approx(began + 30.0)
            case OutOfOrder():
                assert speeds == [3.0, 2.0]
            case WrongVehicle():
                assert [each.destination for each in sent] == ["lander", "lander"]
                assert [each.command.target for each in sent] == ["rover", "rover"]
            case Conflicting():
                names = [each.command.name for each in sent]
                assert names == ["load_parameters", "enter_safe"] * 2 and len(set(ids)) == 4
            case CommandGarbled():
                assert [each.command.name for each in sent] == ["loa_parameters"] * 2
                assert ids == ["c/2", "c/3"] and speeds == [2.0, 3.0]
            case UploadMalformed():
                assert sent[0].command.arguments == {"values": {"malformed": [{"speed": 2.0}]}}
            case UploadStale():
                assert speeds == [1.0, 1.0] and ids == ["c/2", "c/3"]
            case UploadWrong():
                assert speeds == pytest.approx([0.6096, 0.9144])
            case OperatorLate():
                assert sent[0].time == pytest.approx(began + 600.0) and speeds == [2.0, 3.0]
        held.active = False
        heal()
        leave()
        hits = len(held.hits)
        await console.say(speed=4.0)
        (after,) = await console.came()
        assert after.command.arguments == {"values": {"speed": 4.0}} and len(held.hits) == hits
        assert after.destination == "rover"


async def test_what_waits_for_the_next_bundle_leaves_when_it_is_healed_or_too_late() -> None:
    async with Nursery("test") as nursery:
        console = Console(nursery)
        held: Any = console.held
        kind = OutOfOrder(at_most=1e5)
        console.seam.arm(kind, held, lambda: held.active)
        held.active = True
        heal = kind.begun(console.seam, held)
        await console.say(speed=2.0)
        assert await console.came() == []
        held.active = False
        heal()
        assert [each.command.identifier for each in await console.came()] == ["c/1"]
    async with Nursery("test") as nursery:
        console = Console(nursery)
        held = console.held
        console.seam.arm(OutOfOrder(at_most=100.0), held, lambda: held.active)
        held.active = True
        began = asyncio.get_running_loop().time()
        await console.say(speed=2.0)
        (late,) = await console.came()
        assert late.time - began == pytest.approx(100.0, abs=1e-6)


async def test_only_the_command_and_the_vehicle_that_are_named_are_hit() -> None:
    async with Nursery("test") as nursery:
        console = Console(nursery)
        console.held.method = "drive_to"
        held: Any = console.held
        console.seam.arm(UploadMalformed(how="surplus"), held, lambda: held.active)
        other: Any = Edge(nursery)
        console.seam.arm(UploadMalformed(vehicle="lander"), other, lambda: other.active)
        held.active = other.active = True
        await console.say("load_parameters")
        await console.say("drive_to")
        first, second = await console.came()
        assert first.command.arguments == {"values": {"speed": 1.0}}
        assert "no_such_argument" in second.command.arguments
        assert len(held.hits) == 1 and not other.hits


async def test_counted_are_the_bundles_that_it_is_of() -> None:
    async with Nursery("test") as nursery:
        console = Console(nursery)
        console.held.method = "drive_to"
        asked: list[int] = []
        held: Any = console.held
        console.seam.arm(OperatorLate(by=1.0), held, lambda: bool(asked.append(1)))
        await console.say("load_parameters")
        await console.say("drive_to")
        assert asked == [1]


@pytest.mark.parametrize(
    ("kind", "method", "key"),
    [
        (WrongVehicle(to="ingenuity"), None, "to"),
        (CommandRepeated(vehicle="ingenuity"), None, "vehicle"),
        (Conflicting(command="dance"), None, "command"),
        (CommandGarbled(reads_as="dance"), None, "reads_as"),
        (OperatorLate(by=1.0), "dance", "method"),
    ],
)
def test_what_there_is_not_is_refused(kind: GroundKind, method: str | None, key: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        kind.check(PART, method, ())
    assert refusal.value.keys == (key,)


def test_a_wrong_upload_says_how() -> None:
    for given in ({}, {"value": 1, "factor": 2.0}, {"factor": 2.0, "address": "way"}):
        with pytest.raises(NotAllowed):
            UploadWrong(argument="speed", **given)  # type: ignore[arg-type]


def test_a_garbled_command_reads_as_one_thing() -> None:
    for given in ({}, {"character": 1, "reads_as": "enter_safe"}):
        with pytest.raises(NotAllowed):
            CommandGarbled(**given)  # type: ignore[arg-type]
    order = Command("c/1", "rover", "drive_to", {"east": 1.0}, "ground")
    held: Any = Held()
    kind = CommandGarbled(reads_as="enter_safe", arguments={"now": True})
    ((_, ((to, read),)),) = kind.leaves((("rover", order),), held)
    assert (to, read.name, read.arguments) == ("rover", "enter_safe", {"now": True})
    assert read.identifier == "c/1"


def test_a_mistaken_unit_is_that_of_each_number_of_a_list() -> None:
    order = Command("c/1", "rover", "drive_to", {"place": [1.0, 2, "x"], "east": 1.0}, "ground")
    kind = UploadWrong(argument="place", factor=10.0)
    assert kind.instead(order, Held()) == {"place": [10.0, 20, "x"], "east": 1.0}  # type: ignore[arg-type]


def test_a_value_goes_to_another_address() -> None:
    values = {"values": {"speed": 3.0, "way": 1.0}, "way": 2.0}
    order = Command("c/1", "rover", "load_parameters", values, "ground")
    held: Any = Held()
    moved = UploadWrong(argument="values.speed", address="way").instead(order, held)
    assert moved == {"values": {"way": 3.0}, "way": 2.0}
    assert UploadWrong(argument="values.sped", address="way").instead(order, held) == values
