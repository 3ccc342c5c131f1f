"""Wires to real peers here: the C wheels on a pty, a unix socket and TCP; UDP; ZeroMQ."""

import asyncio
import contextlib
import os
import pty
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zmq

from sim_hw.bench.building import build
from sim_hw.bench.wire import serial_wire, wires
from sim_hw.bench.wire import wire as common
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.client import LinkLost, ProtocolClient
from sim_hw.bench.wire.frames import frame, with_checksum, without_checksum
from sim_hw.bench.wire.serial_wire import AwaitedSerialWire, SerialWire
from sim_hw.bench.wire.stream_wire import StreamWire
from sim_hw.bench.wire.wire import Wire, WireLost
from sim_hw.bench.wire.wires import open_wire

pytestmark = [pytest.mark.paced(1), pytest.mark.processes]


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheels", "posix", tmp_path_factory.mktemp("build"))


class Program:
    """The wheels as a program of their own."""

    def __init__(self, binary: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [binary, *words, "--speed", "20"], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.said: list[str] = []
        while not self.said or self.said[-1] != "ready":
            line = self.process.stdout.readline()
            assert line, "the device has ended"
            self.said.append(line.strip())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(params=["pty", "unix", "tcp"])
def device(request: pytest.FixtureRequest, binary: Path, tmp_path: Path) -> Iterator[Any]:
    path = {"pty": str(tmp_path / "line"), "unix": str(tmp_path / "socket"), "tcp": "0"}
    program = Program(binary, f"--{request.param}", path[request.param])
    address = f"unix://{tmp_path / 'socket'}" if request.param == "unix" else program.said[0]
    yield program, address
    program.kill()


async def test_a_drive_over_each_wire_and_a_killed_device_is_lost_at_once(device: Any) -> None:
    program, address = device
    client = ProtocolClient(await open_wire(read_address(address)), "test")
    client.start(1)
    assert (await client.own("identity"))["serial"] == "SN0001"
    await client.own("safe", on=False)
    answer = await client.call("drive", {"distance": 2.0}, limit=10.0)
    assert answer.result["distance"] == 2.0
    drive = asyncio.get_running_loop().create_task(
        client.call("drive", {"distance": 10.0}, limit=10.0)
    )
    await asyncio.sleep(0.1)
    program.process.send_signal(signal.SIGKILL)
    with pytest.raises(LinkLost):
        await drive
    assert client.lost
    with pytest.raises(WireLost, match=r"is it plugged in|start the device first|closed|input"):
        again = await open_wire(read_address(address))
        again.start(lambda payload: None, lambda why: None)
        await asyncio.sleep(0.1)
        assert not again.send(b"anybody there")
        raise WireLost("closed")


async def test_a_line_that_somebody_holds_is_refused() -> None:
    master, slave = pty.openpty()
    address = read_address(f"serial://{os.ttyname(slave)}")
    first = await open_wire(address)
    with pytest.raises(WireLost, match=r"another program holds it|busy"):
        await open_wire(address)
    first.close()
    (await open_wire(address)).close()
    os.close(master)
    os.close(slave)


async def test_what_is_no_line_or_not_there_is_told_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for text, words in (
        (f"serial://{tmp_path}/none", "is it plugged in"),
        (f"serial://{tmp_path}/file", "it is no serial line"),
        (f"unix://{tmp_path}/none", "is it plugged in"),
        (f"unix://{tmp_path}/file", "start the device first"),
        ("tcp://127.0.0.1:1", "start the device first"),
    ):
        with pytest.raises(WireLost, match=words):
            await open_wire(read_address(text))
    with pytest.raises(WireLost, match=r"nobody (serves it|answers within)"):
        await open_wire(read_address(f"zmq+ipc://{tmp_path}/none"), patience=0.3)


async def _said(wire: Wire) -> tuple[list[bytes], list[str]]:
    heard: list[bytes] = []
    lost: list[str] = []
    wire.start(heard.append, lost.append)
    return heard, lost


async def _until(condition: Any) -> None:
    async with asyncio.timeout(5.0):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_datagrams_hold_a_payload_and_its_checksum() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        wire = await open_wire(read_address(f"udp://127.0.0.1:{peer.getsockname()[1]}"))
        heard, lost = await _said(wire)
        assert wire.send(b"hello")
        data, back = peer.recvfrom(100)
        assert without_checksum(data) == b"hello"
        peer.sendto(with_checksum(b"one"), back)
        peer.sendto(with_checksum(b"two")[:-1] + b"?", back)
        peer.sendto(b"", back)
        peer.sendto(with_checksum(b"three"), back)
        await _until(lambda: len(heard) == 2)
        assert heard == [b"one", b"three"] and wire.counters.damaged == 2 and lost == []
    wire.send(b"anybody")
    await _until(lambda: lost or not wire.send(b"anybody"))
    await _until(lambda: lost)
    wire.close()


async def test_zeromq_carries_a_payload_a_message_and_tells_of_a_loss(tmp_path: Path) -> None:
    context: zmq.Context[Any] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.bind(f"ipc://{tmp_path}/device")
    wire = await open_wire(read_address(f"zmq+ipc://{tmp_path}/device"))
    heard, lost = await _said(wire)
    assert wire.send(b"hello")
    await _until(lambda: router.poll(0))
    peer, data = router.recv_multipart()
    assert data == b"hello"
    for number in range(200):
        router.send_multipart([peer, msgpack.packb(number)])
    await _until(lambda: len(heard) == 200)
    assert [msgpack.unpackb(each) for each in heard] == list(range(200))
    router.close(0)
    context.destroy(0)
    await _until(lambda: lost)
    assert "the other side has closed" in lost[0] and not wire.send(b"anybody")


@pytest.fixture(params=[SerialWire, AwaitedSerialWire, None])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[socket.socket], StreamWire]:
    """A wire over a socket: as such, or as of a line that a thread waits for."""
    if request.param is None:
        return lambda ours: StreamWire("pair", ours.detach())
    (tmp_path / "name").touch()
    return lambda ours: request.param("pair", ours.detach(), str(tmp_path / "name"))


async def test_half_of_what_is_sent_goes_on_when_there_is_room_and_too_much_is_not_kept(
    made: Callable[[socket.socket], StreamWire],
) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    wire = made(ours)
    await _said(wire)
    sent = 1  # the zero that it begins with
    while wire.send_bytes(b"\x01" * 50_000):
        sent += 50_000
        assert sent < 10_000_000
    assert wire.counters.unsent == 1 and not wire.closed
    got = 0

    def take() -> bool:
        nonlocal got
        try:
            got += len(theirs.recv(1 << 20))
        except BlockingIOError:
            return got >= sent
        return got >= sent

    await _until(take)
    assert got == sent and wire.send(b"again")
    theirs.close()
    await _until(lambda: wire.closed or not wire.send(b"x"))
    wire.close()


@pytest.mark.parametrize("said", [b"\0", b"\x01", b"\x02\0", b"\x05abcd\0"])
async def test_a_stream_that_says_too_much_is_lost_whatever_it_says_and_others_have_turns(
    said: bytes,
    made: Callable[[socket.socket], StreamWire],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(common, "MOST_BYTES", 64 << 10)  # a second of any machine takes as many
    ours, theirs = socket.socketpair()
    other, device = socket.socketpair()
    for each in (ours, theirs, other, device):
        each.setblocking(False)
    wire, good = made(ours), made(other)
    (_, lost), (heard, kept) = await _said(wire), await _said(good)
    for _ in range(40):
        if lost:
            break
        device.send(frame(b"well"))
        left = memoryview(said * (common.MOST_BYTES // len(said)))
        count = len(heard)
        while left and not lost:
            try:
                left = left[theirs.send(left[:4096]) :]
            except (BlockingIOError, BrokenPipeError):
                await asyncio.sleep(0)
        await _until(lambda count=count: len(heard) > count)
    assert lost == ["pair: it says more than 64 kB a second"] and wire.closed
    assert kept == [] and set(heard) == {b"well"}
    good.close()
    theirs.close()
    device.close()


LINES = pytest.mark.parametrize("kind", [SerialWire, AwaitedSerialWire])


@LINES
async def test_a_line_is_lost_when_its_name_goes_whatever_the_line_says(
    kind: type[SerialWire], tmp_path: Path
) -> None:
    """Who is still at work on it does not hold that up; another name is another's."""
    (tmp_path / "line").touch()
    (tmp_path / "other").touch()
    ours, theirs = socket.socketpair()
    wire = kind("line", ours.detach(), str(tmp_path / "line"))
    heard, lost = await _said(wire)
    theirs.sendall(frame(b"well"))
    await _until(lambda: heard)
    (tmp_path / "other").unlink()
    assert wire.send(b"ping") and lost == []
    (tmp_path / "line").unlink()
    await _until(lambda: lost)
    assert lost == ["line: the other side has closed"] and not wire.send(b"anybody")
    theirs.settimeout(5.0)
    while theirs.recv(100):  # to the end: it is let go of
        pass
    theirs.close()


@LINES
async def test_a_line_whose_name_had_gone_before_is_lost(
    kind: type[SerialWire], tmp_path: Path
) -> None:
    ours, theirs = socket.socketpair()
    _, lost = await _said(kind("line", ours.detach(), str(tmp_path / "gone")))
    await _until(lambda: lost)
    theirs.close()


@LINES
@pytest.mark.parametrize("names", [True, False])
async def test_a_line_that_ends_is_lost_also_where_nobody_tells_of_names(
    names: bool, kind: type[SerialWire], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(path: str, gone: Any) -> None:
        raise OSError("this platform does not tell")

    if not names:
        monkeypatch.setattr(serial_wire, "PathWatch", none)
    (tmp_path / "line").touch()
    ours, theirs = socket.socketpair()
    wire = kind("line", ours.detach(), str(tmp_path / "line"))
    heard, lost = await _said(wire)
    assert theirs.recv(100) == b"\0"
    theirs.sendall(frame(b"well"))
    theirs.close()
    await _until(lambda: lost)
    assert heard == [b"well"] and lost == ["line: the other side has closed"]
    wire.close()  # once more is nothing


@pytest.mark.parametrize("ahead", [True, False])
async def test_nothing_is_taken_of_a_line_that_is_let_go_of_and_others_have_it_at_once(
    ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ahead`: of other programs, so that a thread waits for the line."""
    monkeypatch.setattr(wires, "is_ahead", lambda: ahead)
    master, slave = pty.openpty()
    address = read_address(f"serial://{os.ttyname(slave)}")
    for number in range(20):
        wire = await open_wire(address)
        assert isinstance(wire, AwaitedSerialWire) is ahead
        heard, lost = await _said(wire)
        said = [bytes([number, each]) for each in range(5)]
        for each in said:
            os.write(master, frame(each))
        await _until(lambda heard=heard: len(heard) == 5)
        assert heard == said and lost == []
        wire.close()
        assert not wire.send(b"anybody")
    os.close(master)
    os.close(slave)


async def test_a_message_of_many_parts_is_none_and_too_many_messages_are_a_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "MOST_BYTES", 128 << 10)
    context: zmq.Context[Any] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.bind(f"ipc://{tmp_path}/device")
    for parts, words in (([b"x"] * 5, "more than 4 parts"), ([b"x" * 60_000], "128 kB a second")):
        wire = await open_wire(read_address(f"zmq+ipc://{tmp_path}/device"))
        heard, lost = await _said(wire)
        assert wire.send(b"hello")
        await _until(lambda: router.poll(0))
        peer, _ = router.recv_multipart()
        router.send_multipart([peer, b"", b"", b"", b"well"])
        await _until(lambda heard=heard: heard == [b"well"])
        for _ in range(64):
            with contextlib.suppress(zmq.Again):
                router.send_multipart([peer, *parts], zmq.NOBLOCK)
        await _until(lambda lost=lost: lost)
        assert words in lost[0] and not wire.send(b"anybody")
    context.destroy(0)


async def test_a_second_peer_is_not_heard(binary: Path, tmp_path: Path) -> None:
    program = Program(binary, "--unix", str(tmp_path / "socket"))
    try:
        address = read_address(f"unix://{tmp_path / 'socket'}")
        first = ProtocolClient(await open_wire(address), "first")
        first.start(1)
        await first.own("safe", on=False)
        second = ProtocolClient(await open_wire(address), "second")
        with pytest.raises(LinkLost):
            second.start(99)
            await second.own("safe", on=True)
        answer = await first.call("drive", {"distance": 1.0}, limit=5.0)
        assert answer.result["distance"] == 1.0
        first.close()
    finally:
        program.kill()
