"""The connection to mission control's API: requests in a person's name, and its streams."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import msgpack
import zmq
import zmq.asyncio

PATIENCE = 15.0  # wall seconds for an answer
SILENCE = 3.0  # wall seconds without the clock after which the link counts as lost
LARGEST = 1 << 20  # bytes of a frame from the API
WAITING = 1000  # requests that may wait for their answers

Request = dict[str, Any]
Answer = dict[str, Any]


def refusal(sentence: str) -> Answer:
    """An answer that says no."""
    return {"ok": False, "refused": sentence}


class Upstream:
    """A client of the API for all browsers.

    ZeroMQ finds an API again that was started anew. `on_stream(topic, message)` gets what is
    streamed; `on_silence()` is called when nothing is.
    """

    def __init__(
        self,
        api: str,
        streams: str,
        on_stream: Callable[[str, Any], None],
        on_silence: Callable[[], None],
    ) -> None:
        self._on_stream = on_stream
        self._on_silence = on_silence
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._context = zmq.asyncio.Context()
        self._requests = self._open(zmq.DEALER, api)
        self._streams = self._open(zmq.SUB, streams)
        self._streams.setsockopt(zmq.SUBSCRIBE, b"")

    def _open(self, kind: int, address: str) -> zmq.asyncio.Socket:
        socket = self._context.socket(kind)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, LARGEST)
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
        socket.connect(address)
        return socket

    async def ask(
        self, request: Request, session: str | None = None, key: str | None = None
    ) -> Answer:
        """The API's answer, `{"ok", "result" | "refused"}`; also when it does not answer."""
        if len(self._asked) >= WAITING:
            return refusal("too many requests wait for mission control")
        number = next(self._numbers)
        frame = {"id": number, "request": request, "session": session, "key": key}
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            async with asyncio.timeout(PATIENCE):
                await self._requests.send(
                    msgpack.packb({name: each for name, each in frame.items() if each is not None})
                )
                return await answer
        except TimeoutError:
            return {**refusal("mission control does not answer"), "away": True}
        except (ValueError, TypeError, OverflowError) as error:
            return refusal(f"no request: {error}")
        finally:
            del self._asked[number]

    async def run(self) -> None:
        """Takes what comes, until it is cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._take_answers())
                tasks.create_task(self._take_streams())
        finally:
            self._context.destroy(linger=0)

    async def _take_answers(self) -> None:
        while True:
            answer = _unpack(await self._requests.recv())
            if isinstance(answer, dict):
                waiting = self._asked.get(answer.pop("id", None))
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)

    async def _take_streams(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    frames = await self._streams.recv_multipart()
            except TimeoutError:
                self._on_silence()
                continue
            if len(frames) == 2:
                self._on_stream(frames[0].decode(errors="replace"), _unpack(frames[1]))


def _unpack(frame: bytes) -> Any:
    """None for what is no MessagePack."""
    try:
        return msgpack.unpackb(frame, strict_map_key=False)
    except (ValueError, msgpack.UnpackException):
        return None
