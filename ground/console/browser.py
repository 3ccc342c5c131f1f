"""One browser's websocket: its requests, and the news, no faster than it paints them."""

import asyncio
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from ground.api.training import HIDING_TOPICS
from ground.console.news import ENTRIES_AT_ONCE, Reader
from ground.console.upstream import Answer, Upstream, refusal

LARGEST_TEXT = 64 << 10  # bytes of a frame, in either direction
PART = 48 << 10  # characters of an answer that goes in parts
BETWEEN_FRAMES = 0.1  # wall seconds: ten frames a second at most
GATHERED = 0.01  # wall seconds in which what is told at once comes together: one frame takes it
CREDIT = 2  # frames that may be under way and not painted
ASKED_AT_ONCE = 32
LONGEST_REASON = 123  # bytes: a control frame has 125, of which 2 are the code
FORBIDDEN = ("login", "logout", "expire")
"""Not for a page's script to ask: sessions begin and end over HTTP, where the cookie is set."""


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """A frame of a browser: a request, or credit for frames that it has painted.

    `key`: the same key again is the same change, which is done once.
    """

    id: int | None = None
    request: dict[str, Any] | None = None
    key: str | None = None
    credit: int = 0


class NoFrame(ValueError):
    """Something that a browser sent and that is no frame; the text says why."""


def read_frame(text: str | None) -> Ask:
    """The frame that a text is; raises NoFrame, whatever it is."""
    if text is None:
        raise NoFrame("it is bytes; allowed is a text of JSON")
    try:
        return msgspec.json.decode(text, type=Ask)
    except RecursionError:
        raise NoFrame("it is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise NoFrame(str(error)) from None


def closing_reason(sentence: str) -> str:
    """As much of a sentence as the closing frame of a websocket holds (RFC 6455, section 5.5)."""
    return sentence.encode("utf-8", "replace")[:LONGEST_REASON].decode("utf-8", "ignore")


class Browser:
    """Serves one websocket of a session that the API knows."""

    def __init__(
        self, socket: WebSocket, session: str, upstream: Upstream, reader: Reader, changed: "Bell"
    ) -> None:
        self._socket = socket
        self._session = session
        self._upstream = upstream
        self._reader = reader
        self._changed = changed
        self._credit = CREDIT
        self._paid = asyncio.Event()
        self._sending = asyncio.Lock()
        self._asking: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Until the browser leaves, or sends what is no frame."""
        try:
            async with asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(self._tell())
                try:
                    await self._listen(tasks)
                finally:
                    telling.cancel()
                    for task in self._asking:
                        task.cancel()
        except* (WebSocketDisconnect, RuntimeError, OSError):
            pass  # it has left

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                asked = read_frame(message.get("text"))
            except NoFrame as error:
                await self._socket.close(1008, closing_reason(f"no frame: {error}"))
                return
            if asked.credit > 0:
                self._credit = min(CREDIT, self._credit + asked.credit)
                self._paid.set()
            if asked.request is not None and asked.id is not None:
                if len(self._asking) >= ASKED_AT_ONCE:
                    await self._answer(asked.id, refusal("too many requests at once"))
                    continue
                task = tasks.create_task(self._ask(asked.id, asked.request, asked.key))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    async def _ask(self, number: int, request: dict[str, Any], key: str | None) -> None:
        if request.get("do") in FORBIDDEN:
            answer = refusal(f"{request['do']} is not asked here")
        else:
            answer = await self._upstream.ask(request, self._session, key)
        await self._answer(number, answer)

    async def _answer(self, number: int, answer: Answer) -> None:
        text = msgspec.json.encode({**answer, "id": number}).decode()
        if len(text) <= PART:
            await self._send(text)
            return
        parts = [text[start : start + PART] for start in range(0, len(text), PART)]
        for place, part in enumerate(parts, 1):
            frame = {"id": number, "part": place, "of": len(parts), "text": part}
            await self._send(msgspec.json.encode(frame).decode())

    async def _tell(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()  # from when on a frame may go; one may go before its time after a pause
        while True:
            if self._credit == 0:
                self._paid.clear()
                await self._paid.wait()
            await asyncio.sleep(max(0.0, due - clock() - BETWEEN_FRAMES))
            await self._reveal()
            frame = self._reader.next_frame()
            if frame is None:
                await self._changed.wait()
                await asyncio.sleep(GATHERED)
            else:
                due = max(due, clock()) + BETWEEN_FRAMES
                self._credit -= 1
                await self._send(frame.decode())

    async def _reveal(self) -> None:
        """Asks, in the name of whose browser this is, for what streams tell nobody."""
        while (number := self._reader.wanted()) is not None:
            request = {
                "do": "since", "number": number - 1, "topics": list(HIDING_TOPICS),
                "limit": ENTRIES_AT_ONCE,
            }  # fmt: skip
            answer = await self._upstream.ask(request, self._session)
            self._reader.reveal(number, answer.get("result") or {})

    async def _send(self, text: str) -> None:
        async with self._sending:
            await self._socket.send_text(text)


class Bell:
    """Wakes all that wait, each time that it rings."""

    def __init__(self) -> None:
        self._waiting: asyncio.Event = asyncio.Event()

    def ring(self) -> None:
        """Whoever waits goes on."""
        self._waiting.set()
        self._waiting = asyncio.Event()

    async def wait(self) -> None:
        """Until it rings next."""
        await self._waiting.wait()
