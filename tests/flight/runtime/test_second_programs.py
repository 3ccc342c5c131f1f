"""Between processes a name is used by one program at a time, and a port is handed over, not found
again."""

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from flight.icd.messages import Cancel, Message
from flight.runtime.bus import Bus, Fabric
from ground.testbed.participants.addresses import TcpAddresses, listening_ports

pytestmark = pytest.mark.paced


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(60.0):
        while not what():  # noqa: ASYNC110  ZeroMQ has threads of its own
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
async def test_a_second_program_of_a_name_is_refused_and_told_and_is_heard_when_the_first_has_gone(
    transport: str, tmp_path: Path
) -> None:
    ports = listening_ports(["wheel"]) if transport == "tcp" else {"wheel": (0, -1)}
    port, descriptor = ports["wheel"]
    address = f"ipc://{tmp_path}/wheel" if transport == "ipc" else f"tcp://127.0.0.1:{port}"
    fabrics = [Fabric(listening={address: descriptor} if descriptor >= 0 else {})]
    fabrics += [Fabric(), Fabric()]
    hardware, first, second = (
        Bus(name, fabric=fabric, addresses={"wheel": address})
        for name, fabric in zip(("hardware", "rover", "rover"), fabrics, strict=True)
    )
    seconds: list[tuple[str, str]] = []
    hardware.on_second = lambda service, name: seconds.append((service, name))
    heard: list[int] = []
    answers: dict[str, list[int]] = {"first": [], "second": []}

    def answer(peer: bytes, message: Message) -> None:
        assert isinstance(message, Cancel)
        heard.append(message.number)
        server.send(peer, message)

    def taker(name: str) -> Callable[[Message], None]:
        return lambda message: answers[name].append(getattr(message, "number", -1))

    server = hardware.serve("wheel", answer)
    try:
        of_first = first.connect("wheel", taker("first"))
        of_first.send(Cancel(1))
        await until(lambda: answers["first"] == [1])
        of_second = second.connect("wheel", taker("second"))
        for number in range(100, 105):
            of_second.send(Cancel(number))
        await until(lambda: len(seconds) == 5)
        for number in range(2, 12):
            of_first.send(Cancel(number))
        await until(lambda: answers["first"] == list(range(1, 12)))
        assert set(seconds) == {("wheel", "rover")}
        assert heard == list(range(1, 12)) and answers["second"] == []
        assert hardware.counters.dropped == 5
        first.close()

        def is_heard() -> bool:
            of_second.send(Cancel(200))
            return 200 in answers["second"]

        await until(is_heard)
        assert set(heard[11:]) == {200}
    finally:
        for bus in (second, first, hardware):
            bus.close()
        for fabric in fabrics:
            fabric.close()


async def test_a_port_is_served_life_after_life_and_taken_by_nobody_between() -> None:
    port, descriptor = listening_ports(["wheel"])["wheel"]
    addresses = TcpAddresses({"wheel": port})
    heard: list[int] = []

    def take(peer: bytes, message: Message) -> None:
        heard.append(getattr(message, "number", -1))

    ours = Fabric()
    client = Bus("rover", fabric=ours, addresses=addresses).connect("wheel", lambda message: None)
    client.send(Cancel(1))  # before anybody serves: the port listens already
    for life in (1, 2):
        fabric = Fabric(listening={addresses["wheel"]: os.dup(descriptor)})
        bus = Bus("hardware", fabric=fabric, addresses=addresses)
        bus.serve("wheel", take)
        with pytest.raises(OSError, match="in use"):  # handed over once, it is nobody else's
            bus.serve("wheel", take)

        def is_heard(wanted: int = life) -> bool:
            client.send(Cancel(wanted))
            return wanted in heard

        await until(is_heard)
        bus.close()
        fabric.close()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
    client.bus.close()
    ours.close()
    os.close(descriptor)
