"""A websocket that does what a browser does, without painting."""

import asyncio
import json
import time
from typing import Protocol

from ground.benchmarks.measurement import Sample


class Reached(Protocol):
    """A web server, and the cookie of somebody's session with it."""

    port: int
    cookie: str


class BareBrowser:
    """What a browser does, without painting: takes frames, and gives credit unless it `stalls`."""

    def __init__(self, front: Reached, *, stalls: bool) -> None:
        self.latencies: list[float] = []
        self._front = front
        self._stalls = stalls
        self._answered: dict[int, asyncio.Future[None]] = {}

    async def __aenter__(self) -> "BareBrowser":
        from websockets.asyncio.client import connect

        place = f"127.0.0.1:{self._front.port}"
        self._socket = await connect(
            f"ws://{place}/ws", origin=f"http://{place}", max_size=None,  # type: ignore[arg-type]
            additional_headers={"Cookie": self._front.cookie},
        )  # fmt: skip
        self._reading = asyncio.get_running_loop().create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        await asyncio.wait([self._reading])
        await self._socket.close()

    async def _read(self) -> None:
        async for text in self._socket:
            frame = json.loads(text)
            if "poll" in frame:
                now = time.monotonic()
                values = [row[2] for row in frame["poll"]["telemetry"] if row[0] == "rover"]
                if values:
                    self.latencies.append(now - max(values))
                if not self._stalls:
                    await self._socket.send('{"credit": 1}')
            elif frame.get("id") in self._answered:
                if not frame["ok"]:
                    raise RuntimeError(f"mission control refused: {frame}")
                self._answered.pop(frame["id"]).set_result(None)

    async def answers(self, count: int) -> Sample:
        """Requests one after the other: to the run and back."""
        seconds = []
        for number in range(1, count + 1):
            answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._answered[number] = answered
            began = time.perf_counter()
            await self._socket.send(json.dumps({"id": number, "request": {"do": "hello"}}))
            await answered
            seconds.append(time.perf_counter() - began)
        return Sample(tuple(seconds))

    async def pings(self, count: int) -> Sample:
        """The websocket's own question and answer."""
        seconds = []
        for _ in range(count):
            began = time.perf_counter()
            await (await self._socket.ping())
            seconds.append(time.perf_counter() - began)
        return Sample(tuple(seconds))
