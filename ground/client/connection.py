"""A connection to mission control's API: asks, hears the streams, and connects again by itself."""

import asyncio
import secrets
import time
from pathlib import Path
from typing import Any, Self

import zmq

from flight.icd.codec import CodecError, decode, decode_plain, encode
from ground.client.errors import NotServed, Refused, Unanswered
from ground.client.finding import find_api
from ground.client.frames import LARGEST_ANSWER, LARGEST_REQUEST, AnswerFrame, Api, RequestFrame
from ground.client.inbox import Inbox
from ground.client.sockets import LoopSocket

LOOK_AGAIN = 0.5  # s between looks whether the edge has another address now
ASK_AGAIN = 2.0  # s without an answer, after which the same request is sent again
PATIENCE = 30.0  # s for an answer
WAITING = 1000  # messages


class Connection:
    """Speaks to mission control of a run: `async with Connection("runs/demo") as connection`.

    `place`: a run folder, the key file of a person, or what either says. `session`: the token of a
    login, for each request that is not given another. `patience`: s for an answer.
    """

    def __init__(
        self, place: Path | str | Api, *, session: str = "", patience: float = PATIENCE
    ) -> None:
        self.place = place
        self.session = session
        self.patience = patience
        self.asked_again = 0
        self._api = self._found()
        self._waiting: dict[int, tuple[bytes, asyncio.Future[AnswerFrame]]] = {}
        self._inboxes: list[Inbox] = []
        self._number = 0

    def _found(self) -> Api:
        return self.place if isinstance(self.place, Api) else find_api(self.place)

    @property
    def api(self) -> Api:
        """Where it is connected to."""
        return self._api

    @property
    def unread(self) -> int:
        """Messages of streams that were let go because nobody took them in time."""
        return sum(inbox.lost for inbox in self._inboxes)

    async def __aenter__(self) -> Self:
        self._context: zmq.Context[Any] = zmq.Context()
        self._open()
        self._keeper = asyncio.get_running_loop().create_task(self._keep(), name="keep connection")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        self._close()
        self._context.destroy(linger=0)
        for waiting in self._waiting.values():
            waiting[1].cancel()
        for inbox in self._inboxes:
            inbox.end()

    # ---------------------------------------------------------------- asking

    async def ask(
        self,
        request: dict[str, Any],
        *,
        session: str | None = None,
        key: str | None = None,
        patience: float | None = None,
    ) -> Any:
        """The result of a request; raises Refused, or Unanswered after `patience` s.

        The same `key` again is the same request, done once; without one it is given its own.
        """
        patience = self.patience if patience is None else patience
        key = key or secrets.token_hex(16)
        self._number += 1
        token = self.session if session is None else session
        try:
            frame = encode(RequestFrame(self._number, request, token or None, key))
        except CodecError as error:
            raise Refused(f"no request: {error}") from error
        if len(frame) > LARGEST_REQUEST:
            raise Refused(f"the request has {len(frame)} bytes; allowed are {LARGEST_REQUEST}")
        answer = await self._answer(self._number, frame, patience)
        if answer is None or answer.away:
            words = answer.refused if answer is not None else "mission control does not answer"
            raise Unanswered(words, key)
        if not answer.ok:
            raise Refused(answer.refused)
        return answer.result

    async def _answer(self, number: int, frame: bytes, patience: float) -> AnswerFrame | None:
        end = time.monotonic() + patience
        answered: asyncio.Future[AnswerFrame] = asyncio.get_running_loop().create_future()
        self._waiting[number] = frame, answered
        try:
            self._requests.send([frame])
            while True:
                left = end - time.monotonic()
                done, _ = await asyncio.wait([answered], timeout=max(0.0, min(ASK_AGAIN, left)))
                if done:
                    return answered.result()
                if left <= ASK_AGAIN:
                    return None
                self._requests.send([frame])
                self.asked_again += 1
        finally:
            del self._waiting[number]

    def _answered(self, frames: list[bytes], _: str) -> None:
        try:
            answer = decode(frames[-1], AnswerFrame)
        except CodecError:
            return
        waiting = self._waiting.get(-1 if answer.id is None else answer.id)
        if waiting is not None and not waiting[1].done():
            waiting[1].set_result(answer)

    # --------------------------------------------------------------- streams

    def stream(self, *topics: str, most: int = WAITING) -> Inbox:
        """The messages of some topics (none: of all), as (topic, message); the oldest are let go
        beyond `most`. It hears from this call on, not only from the first step of a loop."""
        inbox = Inbox(topics or ("",), most, self._forget)
        self._inboxes.append(inbox)
        for topic in inbox.topics:
            self._streams.set(zmq.SUBSCRIBE, topic.encode())
        return inbox

    def _forget(self, inbox: Inbox) -> None:
        if inbox in self._inboxes:
            self._inboxes.remove(inbox)
            for topic in inbox.topics:
                self._streams.set(zmq.UNSUBSCRIBE, topic.encode())

    def _published(self, frames: list[bytes], _: str) -> None:
        try:
            topic, message = frames[0].decode("ascii"), decode_plain(frames[1])
        except (CodecError, UnicodeDecodeError, IndexError):
            return
        for inbox in self._inboxes:
            inbox.put(topic, message)

    # ---------------------------------------------------------- connecting

    def _open(self) -> None:
        self._requests = self._socket(zmq.DEALER, self._answered)
        self._streams = self._socket(zmq.SUB, self._published)
        for inbox in self._inboxes:
            for topic in inbox.topics:
                self._streams.set(zmq.SUBSCRIBE, topic.encode())
        self._requests.connect(self._api.requests)
        self._streams.connect(self._api.streams)

    def _socket(self, kind: int, on_message: Any) -> LoopSocket:
        socket = self._context.socket(kind)
        if self._api.secret:
            socket.setsockopt(zmq.CURVE_SERVERKEY, self._api.server.encode())
            socket.setsockopt(zmq.CURVE_PUBLICKEY, self._api.public.encode())
            socket.setsockopt(zmq.CURVE_SECRETKEY, self._api.secret.encode())
        return LoopSocket(socket, on_message, largest=LARGEST_ANSWER, waiting=WAITING)

    def _close(self) -> None:
        self._requests.close()
        self._streams.close()

    async def _keep(self) -> None:
        """Connects anew where the edge was started again elsewhere, and asks again what waits."""
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            try:
                found = self._found()
            except (NotServed, Refused, OSError):
                continue
            if found != self._api:
                self._api = found
                self._close()
                self._open()
                for waiting in list(self._waiting.values()):
                    self._requests.send([waiting[0]])
                    self.asked_again += 1
