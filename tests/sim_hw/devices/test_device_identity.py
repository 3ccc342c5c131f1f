"""What a device tells of itself, and that nothing asked before a loss or a restart is answered
after it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault, DeviceInterface, DeviceTimeout
from flight.icd.devices.description import interface_hash
from flight.icd.messages import Call, DeviceIdentity, Hello, Message, Reply
from flight.runtime.bus import Bus, Fabric
from flight.runtime.device_driver import Connection, connect
from flight.runtime.nursery import Nursery
from sim_hw.serving.server import DeviceServer
from tests.sim_hw.devices.test_device_bus import SimWinch, Winch, now

HASH = interface_hash(Winch)


class Pair:
    """A winch, its server, and a driver."""

    def __init__(self, fabric: Fabric, nursery: Nursery) -> None:
        self.fabric, self.nursery = fabric, nursery
        self.buses: list[Bus] = []
        self.complaints: list[str] = []
        self.device = SimWinch()
        self.serve()
        self.winch = connect(self.bus("toy"), Winch, "toy.winch", boot=1)
        self.connection: Connection = self.winch.connection  # type: ignore[attr-defined]
        self.connection.on_unexpected = self.complaints.append

    def bus(self, name: str) -> Bus:
        self.buses.append(Bus(name, fabric=self.fabric))
        return self.buses[-1]

    def serve(self) -> None:
        self.hardware = self.bus("hardware")
        self.server = DeviceServer(self.hardware, "toy.winch", self.device, self.nursery)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    fabric = Fabric()
    async with Nursery("bench") as nursery:
        pair = Pair(fabric, nursery)
        yield pair
        nursery.cancel()
    for bus in pair.buses:
        bus.close()
    fabric.close()


async def asked(work: Any) -> "asyncio.Future[Any]":
    """Something that is asked for and waits."""
    task = asyncio.get_running_loop().create_task(work)
    await asyncio.sleep(0.25)
    return task


async def test_a_driver_is_told_what_the_device_is(pair: Pair) -> None:
    await asyncio.sleep(0.1)
    assert pair.connection.identity == DeviceIdentity("Winch", HASH)


async def test_a_restart_ends_what_was_asked_before_at_once(pair: Pair) -> None:
    waits = await asked(pair.winch.wind(1.0))
    pair.server.restarted(DeviceIdentity("Winch", HASH, boot=1))
    with pytest.raises(DeviceTimeout, match=r"toy.winch has restarted \(boot 1\)"):
        await waits
    assert now() < 1.0  # not only when the limit of 100 s is over
    metres = pair.device.metres
    await asyncio.sleep(60.0)
    assert pair.device.metres == metres  # and it does not go on for nobody
    assert (await pair.winch.wind(0.2)).metres > metres


async def test_the_same_boot_said_again_ends_nothing(pair: Pair) -> None:
    waits = await asked(pair.winch.wind(0.5))
    pair.server._tell("slack", 1.0)
    for _, peer in pair.server._boots.values():
        pair.hardware._ends[0].send(peer, pair.server.identity)  # type: ignore[attr-defined]
    assert (await waits).metres == pytest.approx(0.5)


async def test_a_lost_server_ends_calls_at_once_and_gets_nothing_of_before(pair: Pair) -> None:
    waits = await asked(pair.winch.wind(1.0))
    pair.hardware.close()
    with pytest.raises(DeviceTimeout, match=r"toy\.winch was lost, with call 1 unanswered"):
        await waits
    assert now() < 1.0
    with pytest.raises(DeviceTimeout, match="cannot be reached"):
        await pair.winch.wind(5.0)  # while nobody is there
    heard: list[str] = []
    pair.device = SimWinch()
    pair.serve()
    pair.server.on_call = heard.append
    await asyncio.sleep(200.0)
    assert heard == []
    assert pair.device.metres == 0.0
    assert pair.connection.identity is not None  # it was greeted, and has said who it is
    assert (await pair.winch.wind(0.3)).metres == pytest.approx(0.3)


async def test_an_answer_that_came_before_the_loss_is_an_answer(pair: Pair) -> None:
    # It closes as soon as it has answered: the answer lies in the socket of who asked.
    loop = asyncio.get_running_loop()

    def close_soon(method: str) -> None:
        loop.call_soon(loop.call_soon, pair.hardware.close)

    pair.server.on_call = close_soon
    assert (await pair.winch.position()).metres == 0.0
    await asyncio.sleep(0.1)
    with pytest.raises(DeviceTimeout, match="cannot be reached"):
        await pair.winch.position()


async def test_a_device_of_another_interface_is_not_spoken_to(pair: Pair) -> None:
    waits = await asked(pair.winch.wind(1.0))
    pair.server.restarted(DeviceIdentity("Winch", "0" * 64))
    with pytest.raises(DeviceTimeout, match="has the interface Winch 000000000000"):
        await waits
    calls: list[str] = []
    pair.server.on_call = calls.append
    with pytest.raises(DeviceFault, match=rf"Winch {HASH[:12]} is needed") as failure:
        await pair.winch.position()
    assert failure.value.code == "interface"
    assert calls == []
    assert pair.complaints == [
        f"toy.winch: toy.winch has the interface Winch 000000000000; Winch {HASH[:12]} is needed"
    ]
    pair.server.restarted(DeviceIdentity("Winch", HASH, boot=2))
    await asyncio.sleep(0.1)
    assert (await pair.winch.position()).metres >= 0.0


async def test_who_speaks_the_messages_alone_can_be_a_device(pair: Pair) -> None:
    """One that says no identity, as those of before, is spoken to all the same."""
    bus = pair.bus("other")
    said: list[str] = []

    def hear(peer: bytes, message: Message) -> None:
        said.append(type(message).__name__)
        if isinstance(message, Call):
            server.send(peer, Reply(message.number, {"metres": 7.0}))

    server = bus.serve("toy.other", hear)
    other = connect(pair.bus("toy2"), Winch, "toy.other", boot=1)
    position = await other.position()
    assert (position.metres, position.boot, said) == (7.0, 0, ["Hello", "Call"])


async def test_an_identity_that_cannot_be_is_no_message() -> None:
    from flight.icd.codec import CodecError
    from flight.icd.messages import from_plain

    assert from_plain(["identity", "Winch", HASH]) == DeviceIdentity("Winch", HASH)
    for wrong in (["identity", "Winch"], ["identity", "Winch", "abc"], ["identity", "W", HASH, -1]):
        with pytest.raises(CodecError):
            from_plain(wrong)
    assert isinstance(from_plain(["hello", "toy", 1]), Hello)
    assert issubclass(Winch, DeviceInterface)
