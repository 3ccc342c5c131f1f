"""Takes requests from a socket, so many at once of one client and of all, and sends the answers."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import zmq

from flight.icd.codec import CodecError, encode
from ground.client.frames import LARGEST_REQUEST, AnswerFrame
from ground.client.sockets import LoopSocket
from ground.edge.counts import Counts

WAITING = 500  # messages
OF_ONE = 50  # requests of one client that are on their way
OF_ALL = 1000

Answerer = Callable[[bytes, str], Awaitable[AnswerFrame]]


class Window:
    """One ROUTER socket. Who does not take answers gets none, and nobody waits for them."""

    def __init__(self, socket: "zmq.Socket[Any]", answer: Answerer, counts: Counts) -> None:
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)  # so that what cannot be sent is counted
        self._answer = answer
        self._counts = counts
        self._of: Counter[bytes] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._door = LoopSocket(socket, self._asked, largest=LARGEST_REQUEST, waiting=WAITING)

    def bind(self, address: str) -> str:
        """Serves there."""
        return self._door.bind(address)

    @property
    def malformed(self) -> int:
        """Messages of too many frames or bytes."""
        return self._door.malformed

    async def close(self) -> None:
        """Ends it, and what is on its way."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks))
        self._door.close()

    def _asked(self, frames: list[bytes], sender: str) -> None:
        if len(frames) < 2:
            self._counts.malformed += 1
            return
        client = frames[0]
        if self._of[client] >= OF_ONE or len(self._tasks) >= OF_ALL:
            self._counts.too_many += 1  # not answered: who floods is not helped to
            return
        self._of[client] += 1
        task = asyncio.get_running_loop().create_task(self._serve(frames, sender))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(client, done))

    def _done(self, client: bytes, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._of[client] -= 1
        if self._of[client] <= 0:
            del self._of[client]

    async def _serve(self, frames: list[bytes], sender: str) -> None:
        answer = await self._answer(frames[-1], sender)
        try:
            data = encode(answer)
        except CodecError as error:
            data = encode(
                AnswerFrame(answer.id, False, refused=f"the answer is too large: {error}")
            )
        if not self._door.send([*frames[:-1], data]):
            self._counts.answers_not_taken += 1
