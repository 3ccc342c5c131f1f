"""Wheels that are an axis on Modbus: `pymodbus`'s own server, over TCP or on a serial line of ptys.

Registers: 0 what to do (0 stands, 1 drives, 2 turns), 2 and 3 where to drive to (m of its counter,
a float), 4 how far to turn (mrad), 10 its state, 12 and 14 the counters (m, rad), 16 to 18
temperature (0.1 degrees Celsius), current (0.1 A), wheels that are dead, 20 its serial number.
"""

import asyncio
import os
import select
import struct
import threading
import time
import tty
from types import TracebackType
from typing import Any, Self

from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

IDLE, MOVING, DONE, STALLED, STOPPED = range(5)


class Pair:
    """Two ends of a serial line; what is written at one is read at the other."""

    def __init__(self) -> None:
        ends = [os.openpty() for _ in range(2)]
        self._masters = [master for master, _ in ends]
        self._slaves = [slave for _, slave in ends]
        for each in (*self._masters, *self._slaves):
            tty.setraw(each)
        self.near, self.far = (os.ttyname(slave) for slave in self._slaves)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def _carry(self) -> None:
        first, second = self._masters
        while not self._ends.is_set():
            for each in select.select(self._masters, [], [], 0.05)[0]:
                os.write(second if each == first else first, os.read(each, 4096))

    def close(self) -> None:
        self._ends.set()
        self._thread.join(5.0)
        for each in (*self._masters, *self._slaves):
            os.close(each)


class Axis:
    """The server, on a thread of its own. `speed` in m/s and rad/s; `path`: of a serial line."""

    def __init__(self, *, speed: float = 50.0, path: str = "") -> None:
        self.speed, self._path = speed, path
        self.port = 0
        self.counters = {1: 10.0, 2: 0.0}  # it was driven before
        self.state, self.motion, self.goal = DONE, 0, 0.0  # the end of a motion of before
        self.stalls_at: float | None = None
        self.takes_up = 0.0  # s until it begins
        self.stays = False  # it does not stop when it is told to
        self.words = [0] * 64
        self.words[20:24] = struct.unpack(">HHHH", b"AX0007\0\0")
        self._since = self._last = self._heard = time.monotonic()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._loop: Any = None
        self._server: Any = None

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        data = SimData(0, values=list(self.words), datatype=DataType.REGISTERS)
        device = SimDevice(1, simdata=[data], action=self._asked)
        if self._path:
            self._server = ModbusSerialServer(
                device, framer=FramerType.RTU, port=self._path, baudrate=115_200, parity="N",
                ignore_missing_devices=True,
            )  # fmt: skip
        else:
            self._server = ModbusTcpServer(device, address=("127.0.0.1", 0))
        await self._server.listen()
        if not self._path:
            self.port = self._server.transport.sockets[0].getsockname()[1]
        self._ready.set()
        await self._server.serving

    async def _asked(
        self, function: int, start: int, address: int, count: int, registers: list[int],
        values: Any,
    ) -> None:  # fmt: skip
        """Somebody reads or writes: first what has been since is done."""
        self._move()
        if values is not None:
            self.words[address : address + count] = [int(each) for each in values]
            if address <= 0 < address + count:
                self._told(self.words[0])
        self._show()
        registers[0 : len(self.words)] = self.words

    def _told(self, what: int) -> None:
        if what == 0:
            self.state = STOPPED if self.state == MOVING and not self.stays else self.state
            return
        target, turn = struct.unpack(">f", self._bytes(2, 2))[0], self._bytes(4, 1)
        self.motion, self._since = what, time.monotonic() + self.takes_up
        self._last = self._since
        self.goal = target if what == 1 else self.counters[2] + 1e-3 * struct.unpack(">h", turn)[0]

    def _bytes(self, at: int, count: int) -> bytes:
        return b"".join(word.to_bytes(2, "big") for word in self.words[at : at + count])

    def _move(self) -> None:
        now = time.monotonic()
        quiet, self._heard = now - self._heard, now
        if self.motion and self.state in (IDLE, DONE, STALLED, STOPPED) and now >= self._since:
            self.state = MOVING if self.words[0] else self.state
        if self.state != MOVING:
            return
        if quiet > 0.5:
            self.state = STOPPED  # its own dead man
            return
        left = self.goal - self.counters[self.motion]
        step = min(self.speed * (now - self._last), abs(left))
        self.counters[self.motion] += step if left > 0.0 else -step
        self._last = now
        if self.stalls_at is not None and self.counters[self.motion] >= self.stalls_at:
            self.state, self.motion = STALLED, 0
        elif abs(left) - step < 1e-9:
            self.state, self.motion = DONE, 0

    def _show(self) -> None:
        self.words[10] = self.state | 0x8000 if self.state == MOVING else self.state
        for at, value in ((12, self.counters[1]), (14, self.counters[2])):
            self.words[at : at + 2] = struct.unpack(">HH", struct.pack(">f", value))
        self.words[16:19] = 185, 5, 0b101

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10.0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._server.shutdown(), self._loop).result(5.0)
        self._thread.join(5.0)
