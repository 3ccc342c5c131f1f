"""The bus over ipc and tcp, in paced time."""

import asyncio
import contextlib
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import zmq

from flight.icd.envelope import numbered, write_envelope
from flight.icd.messages import Cancel, Message
from flight.runtime import zeromq_sockets
from flight.runtime.bus import Fabric
from tests.flight.runtime.parties import Party

MAXIMUM_MESSAGE_BYTES = 1_048_576


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.paced
@pytest.mark.parametrize("transport", ["ipc", "tcp"])
async def test_the_same_bus_works_between_processes(transport: str, tmp_path: Path) -> None:
    def address(name: str) -> str:
        if transport == "tcp":
            return f"tcp://127.0.0.1:{free_port()}"
        return f"ipc://{tmp_path}/{name}"

    addresses = {name: address(name) for name in ("service", "stream")}
    fabrics = [Fabric(), Fabric()]
    server_side = Party("server", fabrics[0], addresses=addresses)
    client_side = Party("client", fabrics[1], addresses=addresses)
    complete, snapshot = asyncio.Event(), asyncio.Event()

    def answer(peer: bytes, message: Message) -> None:
        server_side.hear_peer(peer, message)
        server.send(peer, message)

    def take(message: Message) -> None:
        client_side.hear(message)
        if len(client_side.heard) == 500:
            complete.set()

    server = server_side.bus.serve("service", answer)
    publisher = server_side.bus.publish("stream", lambda: publisher.send(Cancel(1)) and None)
    client = client_side.bus.connect("service", take)
    client_side.bus.subscribe("stream", lambda message: snapshot.set())
    try:
        async with asyncio.timeout(20.0):
            for number in range(500):
                client.send(Cancel(number))
            await complete.wait()
            await snapshot.wait()
    finally:
        client_side.bus.close()
        server_side.bus.close()
        for each in fabrics:
            each.close()
    assert client_side.heard == server_side.heard == list(range(500))
    assert server_side.gaps == client_side.gaps == []


@pytest.mark.paced
async def test_a_refused_send_hides_nothing_that_has_arrived(tmp_path: Path) -> None:
    addresses = {"svc": f"ipc://{tmp_path}/svc"}
    near, far = Fabric(), Fabric()  # two contexts, as in two processes
    lander = Party("lander", near, addresses=addresses)
    rover = Party("rover", far, addresses=addresses)
    server = lander.bus.serve("svc", lander.hear_peer)
    client = rover.bus.connect("svc", rover.hear)
    client.send(Cancel(1))
    async with asyncio.timeout(10.0):
        while lander.heard != [1]:  # noqa: ASYNC110
            await asyncio.sleep(0.0)
    client.send(Cancel(2))
    # Wait, without letting the loop look, until the second message knocks at the descriptor.
    assert isinstance(server._socket, zeromq_sockets.ZeroMqSocket)
    select.select([server._socket.descriptor], [], [], 10.0)
    assert not server.send(b"nobody#1", Cancel(3))  # the refused send eats the edge
    async with asyncio.timeout(10.0):
        while lander.heard != [1, 2]:  # noqa: ASYNC110
            await asyncio.sleep(0.0)
    for party, fabric in ((lander, near), (rover, far)):
        party.bus.close()
        fabric.close()


@pytest.mark.paced
async def test_an_ipc_path_that_is_served_is_not_taken_over(tmp_path: Path) -> None:
    addresses = {"svc": f"ipc://{tmp_path}/svc"}
    fabrics = [Fabric(), Fabric(), Fabric()]
    first, second, rover = (
        Party(name, fabric, addresses=addresses)
        for name, fabric in zip(("first", "second", "rover"), fabrics, strict=True)
    )
    server = first.bus.serve("svc", first.hear_peer)
    with pytest.raises(OSError, match="svc is served already"):
        second.bus.serve("svc", second.hear_peer)
    rover.bus.connect("svc", rover.hear).send(Cancel(1))
    async with asyncio.timeout(10.0):
        while first.heard != [1]:  # noqa: ASYNC110
            await asyncio.sleep(0.0)
    server.close()
    second.bus.serve("svc", second.hear_peer)  # free again
    for party, fabric in zip((first, second, rover), fabrics, strict=True):
        party.bus.close()
        fabric.close()


@pytest.mark.paced
@pytest.mark.parametrize("transport", ["ipc", "tcp"])
async def test_a_server_that_takes_nothing_holds_little_of_what_is_sent(
    transport: str, tmp_path: Path
) -> None:
    address = f"ipc://{tmp_path}/svc" if transport == "ipc" else f"tcp://127.0.0.1:{free_port()}"
    near, far = Fabric(), Fabric()
    lander = Party("lander", near, addresses={"svc": address})
    lander.bus.serve("svc", lander.hear_peer)
    stranger = far.context.socket(zmq.DEALER)
    stranger.setsockopt(zmq.SNDHWM, 1)
    stranger.setsockopt(zmq.SNDTIMEO, 200)
    stranger.connect(address)
    megabyte, taken = bytes(MAXIMUM_MESSAGE_BYTES), 0
    with contextlib.suppress(zmq.Again):  # the loop does not run meanwhile
        for _ in range(100):
            stranger.send(megabyte)
            taken += 1
    assert 0 < taken < 50
    stranger.close(0)
    lander.bus.close()
    for fabric in (near, far):
        fabric.close()


BUSY = """
import sys, time
from flight.runtime.bus import Bus, Fabric
from flight.runtime.loop import run
from flight.runtime.paced_loop import PacedLoop
import asyncio

async def serve(address):
    heard, fabric = [], Fabric()
    bus = Bus("lander", fabric=fabric, addresses={"svc": address})
    bus.serve("svc", lambda peer, message: heard.append(message.number))
    print("serves", flush=True)
    sys.stdin.readline()
    time.sleep(2.5)  # at something long: its loop does not run, threads of ZeroMQ do
    async with asyncio.timeout(20.0):
        while 999 not in heard:
            await asyncio.sleep(0.01)
    bus.close()
    fabric.close()
    heard.remove(999)
    print(len(heard) >= 32 and heard == list(range(len(heard))))

run(serve(sys.argv[1]), PacedLoop())
"""


@pytest.mark.check
@pytest.mark.paced
@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_a_peer_that_goes_while_what_it_sent_waits_ends_nobody_else(
    transport: str, tmp_path: Path
) -> None:
    address = f"ipc://{tmp_path}/svc" if transport == "ipc" else f"tcp://127.0.0.1:{free_port()}"
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    with subprocess.Popen(
        [sys.executable, "-c", BUSY, address],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as lander:  # fmt: skip
        assert lander.stdin is not None and lander.stdout is not None
        lander.stdout.readline()
        rover = context.socket(zmq.DEALER)
        rover.setsockopt(zmq.ROUTING_ID, b"rover#1")
        rover.connect(address)
        for number in range(400):  # more than waits to be taken
            rover.send(write_envelope(numbered(0, number + 1), number, Cancel(number)))
        rover.close(linger=10_000)  # it goes when the kernel has all
        arm = context.socket(zmq.DEALER)
        arm.setsockopt(zmq.ROUTING_ID, b"arm#1")
        arm.connect(address)
        arm.send(write_envelope(numbered(0, 1), 1, Cancel(999)))
        said, errors = lander.communicate("go on\n", timeout=60.0)
        context.destroy(linger=0)
    assert (lander.returncode, said, errors) == (0, "True\n", "")
