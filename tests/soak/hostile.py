"""Floods a device that is served over ipc and tcp, and measures what that does to its process.

The device is served by a process of its own (`python -m tests.soak.hostile`, with the folder, the
port and the descriptor that listens there), which says at its end what became of it; the flood
comes from the process of the caller.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq

from flight.icd.checksum import opened, sealed
from flight.icd.devices.base import DeviceInterface, actuation
from flight.icd.envelope import numbered, read_envelope, write_envelope
from flight.icd.messages import Call, Hello, Message, Reply
from flight.runtime.bus import Bus, Fabric
from flight.runtime.loop import NANOSECONDS, run
from flight.runtime.nursery import Nursery
from flight.runtime.paced_loop import PacedLoop
from ground.testbed.participants.addresses import listening_ports
from sim_hw.serving.server import DeviceServer

WALL_LIMIT = 280.0  # s, for the process that serves, on a machine that does other things beside
FUTURE = 10**6 * NANOSECONDS  # sent later than the device's clock says: never too old
FRAMES_OF_A_NAME = 500
MOST_ASKED = 1000
ANSWERED_WITHIN = 500  # ms
BETWEEN_CALLS = 200  # ms: as long as the device holds a call
LARGE = bytes((1 << 20) - 200)


class Target(DeviceInterface):
    """Takes what it is given, and its time."""

    @actuation(limit=5.0)
    async def take(self, data: bytes) -> int:
        """How many bytes it was."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def finish(self) -> bool:
        """Has seen enough."""
        raise NotImplementedError


class SimTarget(Target):
    """Holds each call for a fifth of a second."""

    def __init__(self) -> None:
        self.most_in_work = 0
        self.finished = asyncio.Event()
        self._in_work = 0

    async def take(self, data: bytes) -> int:
        self._in_work += 1
        self.most_in_work = max(self.most_in_work, self._in_work)
        try:
            await asyncio.sleep(0.2)
        finally:
            self._in_work -= 1
        return len(data)

    async def finish(self) -> bool:
        self.finished.set()
        return True


@dataclass(frozen=True)
class Endured:
    """What became of the process that was flooded."""

    exit_code: int
    tracebacks: int
    peak_mb: float
    before_mb: float
    most_in_work: int
    counters: dict[str, int]


def hostile_frames(count: int, seed: int = 1) -> Endured:
    """Sends `count` frames to an ipc and a tcp endpoint, by turns, and asks both to answer then."""
    port, descriptor = listening_ports(["tcp"])["tcp"]
    with tempfile.TemporaryDirectory(prefix="msr-flood-") as folder:
        command = [sys.executable, "-m", "tests.soak.hostile", folder, str(port), str(descriptor)]
        # Into a file: a pipe that nobody reads yet would hold up who writes much.
        with (
            Path(folder, "errors").open("w+b") as told_errors,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=told_errors, pass_fds=[descriptor]
            ) as process,
        ):
            os.close(descriptor)
            try:
                _flood([f"ipc://{folder}/target", f"tcp://127.0.0.1:{port}"], count, seed)
                out, _ = process.communicate(timeout=WALL_LIMIT)
            except zmq.Again:
                said = Path(folder, "errors").read_text(errors="replace")[-2000:]
                raise AssertionError(
                    f"the endpoint takes nothing more; its process: {process.poll()}; {said}"
                ) from None
            finally:
                process.kill()
            errors = Path(folder, "errors").read_bytes()
        told = json.loads(out or b"{}")
        return Endured(process.returncode, errors.count(b"Traceback"), **told)


def _flood(addresses: list[str], count: int, seed: int) -> None:
    draw = random.Random(seed)
    context: zmq.Context[Any] = zmq.Context()
    try:
        for begin in range(0, count, FRAMES_OF_A_NAME):
            if begin % 50_000 == 0 and begin:
                print(f"{begin} frames sent", flush=True)
            sockets = [_stranger(context, address, begin) for address in addresses]
            for number in range(begin, min(count, begin + FRAMES_OF_A_NAME)):
                sockets[number % 2].send_multipart(_frames(draw, number))
            for each in sockets:
                each.close(linger=5000)
        for address in addresses:
            with _stranger(context, address, -1) as asker:
                _ask_to_finish(asker)
    finally:
        context.destroy(linger=5000)


def _stranger(context: "zmq.Context[Any]", address: str, name: int) -> "zmq.Socket[bytes]":
    stranger = context.socket(zmq.DEALER)
    stranger.setsockopt(zmq.ROUTING_ID, b"stranger#%d" % (name + 1))
    stranger.setsockopt(zmq.SNDHWM, 10)
    stranger.setsockopt(zmq.SNDTIMEO, 200_000)
    stranger.connect(address)
    return stranger


def _frames(draw: random.Random, number: int) -> list[bytes]:
    """Of fifty: twenty calls (one of a megabyte), ten greetings, the rest is nonsense."""
    kind = number // 2 % 50
    if kind < 20:
        data = LARGE if kind == 0 else bytes(draw.randrange(2000))
        return [_written(number, Call(number + 1, "take", {"data": data}))]
    if kind < 30:
        return [_written(number, Hello(f"somebody {number}", number))]
    if kind < 40:
        frame = bytearray(
            opened(_written(number, Call(number + 1, "take", {"data": b"0123456789"})))
        )
        frame[draw.randrange(len(frame))] ^= 1 << draw.randrange(8)
        return [sealed(bytes(frame))]
    if kind < 49:
        return [sealed(draw.randbytes(draw.randrange(1, 300)))]
    return [b""] * draw.randrange(1, 200)


def _written(number: int, message: Message) -> bytes:
    return write_envelope(numbered(0, number + 1), FUTURE, message)


def _ask_to_finish(stranger: "zmq.Socket[bytes]") -> None:
    """Asks until there is room for the call: what was sent before it may still be in work."""
    answers: list[str] = []
    for number in range(1, MOST_ASKED + 1):
        stranger.send(_written(number, Call(number, "finish", {})))
        while stranger.poll(ANSWERED_WITHIN if not answers else BETWEEN_CALLS):
            reply = read_envelope(stranger.recv()).message
            if isinstance(reply, Reply):
                if not reply.error:
                    return
                answers.append(reply.error)
    raise AssertionError(f"{MOST_ASKED} calls: {len(answers)} refused, the last: {answers[-1:]}")


async def _serve(folder: str, port: str, descriptor: str) -> None:
    addresses = {"ipc": f"ipc://{folder}/target", "tcp": f"tcp://127.0.0.1:{port}"}
    fabric = Fabric(listening={addresses["tcp"]: int(descriptor)})
    told: list[str] = []
    bus = Bus("hardware", fabric=fabric, addresses=addresses,
              on_malformed=lambda service, reason: told.append(reason[:0]),
              on_drop=lambda service, reason: told.append(reason[:0]))  # fmt: skip
    before = _peak_mb()
    targets = [SimTarget(), SimTarget()]
    async with Nursery("hardware") as nursery:
        for service, target in zip(addresses, targets, strict=True):
            DeviceServer(bus, service, target, nursery)
        for target in targets:
            await target.finished.wait()
        await asyncio.sleep(0.5)  # answers are on their way
        nursery.cancel()
    bus.close()
    fabric.close()
    counters = bus.counters
    assert len(told) == counters.malformed + counters.dropped + counters.stale
    print(json.dumps({
        "peak_mb": _peak_mb(), "before_mb": before,
        "most_in_work": max(target.most_in_work for target in targets),
        "counters": vars(counters),
    }))  # fmt: skip


def _peak_mb() -> float:
    """Of this program alone: `getrusage` also tells what the process held that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024.0


if __name__ == "__main__":
    run(_serve(*sys.argv[1:]), PacedLoop())
