"""A power supply with a battery gauge on Modbus/TCP: `pymodbus`'s own server on loopback."""

import asyncio
import random
import struct
import threading
from functools import partial
from types import TracebackType
from typing import Any, Self

from pymodbus.pdu.device import ModbusDeviceIdentification
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

IDENTITY = ModbusDeviceIdentification(
    info_name={"VendorName": "Desk", "ProductCode": "PS-2", "MajorMinorRevision": "V1.4"}
)
SERIAL = b"SN0042\0\0"
HOLDING = [0] * 40
HOLDING[0] = 6150  # charge, 0.0001
HOLDING[1] = 2871  # V, 0.01
HOLDING[2] = (-420) & 0xFFFF  # A, 0.01, signed
TEMPERATURE = 3
HOLDING[3:5] = struct.unpack(">HH", struct.pack(">f", 18.5))  # degrees Celsius
HOLDING[5] = 125  # W, 0.1, of the first switch
HOLDING[20:24] = struct.unpack(">HHHH", SERIAL)


NOISE = 0.2  # K, one standard deviation: that of the vehicles' gauges (configs/fault_protection)


async def _fluctuate(
    dice: random.Random, code: int, start: int, address: int, count: int,
    registers: list[int], values: Any,
) -> None:  # fmt: skip
    """A gauge that is well reads otherwise each time."""
    if code == 3 and start <= TEMPERATURE and TEMPERATURE + 2 <= start + len(registers):
        shown = struct.unpack(">HH", struct.pack(">f", dice.gauss(18.5, NOISE)))
        registers[TEMPERATURE - start : TEMPERATURE - start + 2] = shown


class Supply:
    """The server, on a thread of its own; `port` is where it is. With `fluctuates` its thermometer
    has noise."""

    def __init__(self, *, fluctuates: bool = False) -> None:
        self._action = partial(_fluctuate, random.Random(1)) if fluctuates else None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._loop: Any = None
        self._server: Any = None
        self.port = 0

    async def _serve(self) -> None:
        blocks = (
            [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
            [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
            [SimData(0, values=list(HOLDING), datatype=DataType.REGISTERS)],
            [SimData(0, values=list(reversed(HOLDING)), datatype=DataType.REGISTERS)],
        )
        self._loop = asyncio.get_running_loop()
        self._server = ModbusTcpServer(
            SimDevice(1, simdata=blocks, action=self._action),
            identity=IDENTITY, address=("127.0.0.1", 0)
        )
        await self._server.listen()
        self.port = self._server.transport.sockets[0].getsockname()[1]
        self._ready.set()
        await self._server.serving

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10.0)
        return self

    def stop(self) -> None:
        """It is switched off."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._server.shutdown(), self._loop).result(5.0)
            self._thread.join(5.0)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
