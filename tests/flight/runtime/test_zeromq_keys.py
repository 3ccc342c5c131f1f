"""Over tcp only programs with the keys of the run are heard, and only such are spoken to."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import zmq

from flight.icd.envelope import write_envelope
from flight.icd.messages import Cancel, Message
from flight.runtime.bus import Bus, Fabric
from flight.runtime.zeromq_keys import Doorkeeper, Keys

pytestmark = pytest.mark.paced


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A service and a stream with keys."""

    def __init__(self, port: int, stream_port: int, keys: Keys) -> None:
        self.addresses = {
            "svc": f"tcp://127.0.0.1:{port}",
            "stream": f"tcp://127.0.0.1:{stream_port}",
        }
        self.keys = keys
        self.heard: list[Message] = []
        self.fabric = Fabric(keys)
        self.bus = Bus("lander", fabric=self.fabric, addresses=self.addresses)
        self.bus.serve("svc", lambda peer, message: self.heard.append(message))
        self.stream = self.bus.publish("stream")
        assert self.fabric.doorkeeper is not None
        self.door: Doorkeeper = self.fabric.doorkeeper


@pytest.fixture
async def served(port: int) -> AsyncIterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        other = int(probe.getsockname()[1])
    served = Served(port, other, Keys.make())
    yield served
    served.bus.close()
    served.fabric.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10.0):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def assert_the_run_still_talks(served: Served) -> None:
    fabric = Fabric(served.keys)
    bus = Bus("rover", fabric=fabric, addresses=served.addresses)
    told: list[Message] = []
    bus.subscribe("stream", told.append)
    bus.connect("svc", told.append).send(Cancel(7))
    await until(lambda: bool(served.heard))
    while not told:
        served.stream.send(Cancel(8))
        await asyncio.sleep(0.01)
    assert served.heard == [Cancel(7)] and told[0] == Cancel(8)
    bus.close()
    fabric.close()


async def test_programs_of_the_run_talk(served: Served) -> None:
    await assert_the_run_still_talks(served)
    assert served.door.refused == 0 and served.door.admitted >= 2


@pytest.mark.parametrize("kind", ["no keys", "own keys", "bound side's public key", "plain"])
async def test_who_lacks_the_keys_of_the_run_is_not_heard(served: Served, kind: str) -> None:
    context: zmq.Context[Any] = zmq.Context()
    sockets = {service: context.socket(zmq.DEALER) for service in ("svc", "stream")}
    hear = context.socket(zmq.SUB)
    hear.setsockopt(zmq.SUBSCRIBE, b"")
    for stranger, service in [(sockets["svc"], "svc"), (hear, "stream")]:
        if kind == "plain":
            stranger.setsockopt(zmq.PLAIN_USERNAME, b"rover")
            stranger.setsockopt(zmq.PLAIN_PASSWORD, b"rover")
        elif kind == "own keys":
            other = Keys.make()
            other.secure_connecting(stranger)
        elif kind != "no keys":
            public, secret = zmq.curve_keypair()
            stranger.setsockopt(zmq.CURVE_SERVERKEY, served.keys.bound_public.encode())
            stranger.setsockopt(zmq.CURVE_PUBLICKEY, public)
            stranger.setsockopt(zmq.CURVE_SECRETKEY, secret)
        stranger.connect(served.addresses[service])
    sockets["svc"].send(write_envelope(1, 0, Cancel(666)))
    if kind == "bound side's public key":
        await until(lambda: served.door.refused >= 2)
    else:
        await asyncio.sleep(0.3)
        assert served.door.admitted == 0
    await assert_the_run_still_talks(served)
    assert hear.getsockopt(zmq.EVENTS) == 0
    context.destroy(linger=0)


async def test_bytes_that_are_no_greeting_are_not_heard(served: Served, port: int) -> None:
    with socket.socket() as stranger:
        stranger.connect(("127.0.0.1", port))
        # A greeting of ZMTP 3.0 that asks for no security, a READY, and a message in one go.
        frame = write_envelope(1, 0, Cancel(666))
        ready = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
        stranger.sendall(
            b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(16) + b"\x00" + bytes(31)
            + ready + b"\x00" + bytes([len(frame)]) + frame
        )  # fmt: skip
        await assert_the_run_still_talks(served)


@pytest.mark.parametrize("with_keys", [True, False])
async def test_a_program_of_the_run_speaks_to_nobody_else(port: int, with_keys: bool) -> None:
    keys = Keys.make()
    context: zmq.Context[Any] = zmq.Context()
    impostor = context.socket(zmq.ROUTER)
    if with_keys:
        Keys.make().secure_bound(impostor)
    impostor.bind(f"tcp://127.0.0.1:{port}")
    fabric = Fabric(keys)
    bus = Bus("rover", fabric=fabric, addresses={"svc": f"tcp://127.0.0.1:{port}"})
    bus.connect("svc", lambda message: None).send(Cancel(1))
    await asyncio.sleep(0.5)
    assert impostor.getsockopt(zmq.EVENTS) & zmq.POLLIN == 0
    bus.close()
    fabric.close()
    context.destroy(linger=0)


async def test_keys_are_kept_for_their_owner_and_are_not_overwritten(tmp_path: Path) -> None:
    keys, file = Keys.make(), tmp_path / "keys"
    keys.write(file)
    assert Keys.read(file) == keys and file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        Keys.make().write(file)
    assert Keys.make() != keys
