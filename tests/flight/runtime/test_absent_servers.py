"""Between processes nothing waits for a server that is not there: over ipc and tcp, in paced time.

Each fabric is a context of ZeroMQ of its own, as each process has one.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flight.icd.devices.base import DeviceInterface, DeviceRejected, DeviceTimeout, actuation
from flight.icd.messages import Call, Cancel, Hello, Message
from flight.runtime import client, zeromq_presence
from flight.runtime.bus import Bus, Fabric
from flight.runtime.device_driver import connect, listen
from flight.runtime.loop import NANOSECONDS, time_ns
from flight.runtime.nursery import Nursery
from flight.runtime.sockets import Full
from sim_hw.serving.server import DeviceServer

pytestmark = pytest.mark.paced


class Wheel(DeviceInterface):
    """Drives."""

    signals: ClassVar[dict[str, Any]] = {"slip": float}

    @actuation(limit=172_800.0)
    async def drive(self, metres: float) -> float:
        """Drives."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def stop(self) -> float:
        """Stops."""
        raise NotImplementedError


class SimWheel(Wheel):
    def __init__(self) -> None:
        self.asked: list[float] = []

    async def drive(self, metres: float) -> float:
        self.asked.append(metres)
        await asyncio.sleep(1e6 if metres > 100.0 else 0.0)
        return metres

    async def stop(self) -> float:
        return 0.0


@pytest.fixture(params=["ipc", "tcp"])
def addresses(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"ipc://{tmp_path}/wheel" if request.param == "ipc" else f"tcp://127.0.0.1:{port}"
    return {"wheel": address}


class Place:
    """Programs, each with a fabric of its own, that can be ended."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = addresses
        self._open: list[tuple[Bus, Fabric]] = []
        self.drops: list[str] = []

    def bus(self, name: str) -> Bus:
        fabric = Fabric()
        bus = Bus(
            name,
            fabric=fabric,
            addresses=self._addresses,
            on_drop=lambda service, reason: self.drops.append(reason),
        )
        self._open.append((bus, fabric))
        return bus

    def end(self, bus: Bus) -> None:
        for each in [pair for pair in self._open if pair[0] is bus]:
            each[0].close()
            each[1].close()
            self._open.remove(each)

    def end_all(self) -> None:
        for bus, _ in list(self._open):
            self.end(bus)


@pytest.fixture
async def place(addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(zeromq_presence, "START_UP_MS", 300)
    place = Place(addresses)
    yield place
    place.end_all()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10.0):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_call_to_a_device_that_does_not_come_up_fails_and_is_never_executed(
    place: Place,
) -> None:
    wheel = connect(place.bus("rover"), Wheel, "wheel")
    async with asyncio.timeout(10.0):
        with pytest.raises(DeviceTimeout, match="wheel has not come up"):
            await wheel.drive(1.0)
        with pytest.raises(DeviceTimeout, match="cannot be reached"):
            await wheel.drive(2.0)
    assert place.drops.count("nobody serves it now") == 1
    assert place.drops.count("wheel has not come up") == 2  # the greeting, and the first call
    async with Nursery("hardware") as nursery:
        device = SimWheel()
        DeviceServer(place.bus("hardware"), "wheel", device, nursery)
        await until(lambda: wheel.connection._client._link is client.Link.UP)  # type: ignore[attr-defined]
        assert await wheel.drive(3.0) == 3.0
    assert device.asked == [3.0]


async def test_what_is_sent_while_the_other_side_starts_waits_for_it(place: Place) -> None:
    heard: list[Message] = []
    sender = place.bus("rover").connect("wheel", heard.append)
    sent = [Cancel(number) for number in range(500)]
    assert all([sender.send(each) for each in sent])
    place.bus("hardware").serve("wheel", lambda peer, message: heard.append(message))
    await until(lambda: len(heard) >= 500)
    assert heard == sent and place.drops == []


async def test_what_waits_for_the_other_side_is_bounded(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_HELD", 10)
    sender = place.bus("rover").connect("wheel", lambda message: None)
    assert [sender.send(Cancel(number)) for number in range(12)] == [True] * 10 + [False] * 2
    assert place.drops == ["the queue is full"] * 2
    sender.close()
    monkeypatch.setattr(client, "MOST_BYTES_HELD", 50)
    sender = place.bus("mav").connect("wheel", lambda message: None)
    taken = [sender.send(Cancel(number)) for number in range(10)]
    assert 0 < taken.count(True) < 10


async def test_a_device_that_restarts_is_greeted_and_nothing_old_reaches_it(place: Place) -> None:
    async with Nursery("hardware") as nursery:
        hardware, device = place.bus("hardware"), SimWheel()
        DeviceServer(hardware, "wheel", device, nursery)
        wheel = connect(place.bus("rover"), Wheel, "wheel")
        slips: list[float] = []
        listen(wheel, "slip", slips.append)
        assert await wheel.drive(1.0) == 1.0
        ended: list[str] = []

        async def drive_far() -> None:
            try:
                await wheel.drive(1000.0)
            except DeviceTimeout as error:
                ended.append(str(error))

        nursery.start(drive_far(), name="drive far")
        await until(lambda: device.asked == [1.0, 1000.0])
        place.end(hardware)
        await until(lambda: bool(ended))  # its limit is two days
        assert ended == ["wheel was lost, with call 2 unanswered"]
        async with asyncio.timeout(4.0):
            with pytest.raises(DeviceTimeout, match="cannot be reached"):
                await wheel.drive(2.0)
        again = SimWheel()
        server = DeviceServer(place.bus("hardware"), "wheel", again, nursery)
        await until(lambda: bool(server._boots))  # greeted, without a call
        server.emit("slip", 0.25)
        await until(lambda: slips == [0.25])
        assert await wheel.drive(3.0) == 3.0
        assert again.asked == [3.0]
        nursery.cancel()


async def test_a_call_older_than_its_limit_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Nursery("hardware") as nursery:
        device = SimWheel()
        server = DeviceServer(place.bus("hardware"), "wheel", device, nursery)
        rover = place.bus("rover")
        wheel = connect(rover, Wheel, "wheel")
        assert await wheel.stop() == 0.0
        sender = wheel.connection._client  # type: ignore[attr-defined]
        limit = Wheel.methods["stop"].limit + server._grace
        sender._time_ns = lambda: time_ns() - round((limit + 1.0) * NANOSECONDS)
        with pytest.raises(DeviceRejected, match="its limit of 5 s is over"):
            await wheel.stop()
        sender._time_ns = lambda: time_ns() - round((limit - 1.0) * NANOSECONDS)
        assert await wheel.stop() == 0.0


async def test_a_server_that_is_lost_is_lost_once_and_greeted_each_time(place: Place) -> None:
    told: list[str] = []
    heard: list[Message] = []
    sender = place.bus("rover").connect("wheel", lambda message: None)
    sender.on_lost = told.append
    sender.on_reconnect = lambda: sender.send(Hello("rover", 1)) and None
    sender.send(Hello("rover", 1))
    for life in range(1, 4):
        server = place.bus("hardware")
        server.serve("wheel", lambda peer, message: heard.append(message))
        await until(lambda life=life: len(heard) == life)  # type: ignore[misc]
        place.end(server)
        await until(lambda life=life: len(told) == life)  # type: ignore[misc]
        assert not sender.send(Call(life, "drive", {}))
        with pytest.raises(Full):  # nor does the transport keep it
            sender._socket.send(b"kept")
    assert heard == [Hello("rover", 1)] * 3
    assert told == ["wheel was lost"] * 3
