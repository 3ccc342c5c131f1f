"""No connection holds a place of the web server by taking its time: without a socket."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from ground.console.impatience import ImpatientProtocol

PAGE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
FORM = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def page(scope: Any, receive: Any, send: Any) -> None:
    """Answers when it has heard all; a websocket it lets in and hears for ever."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False) or scope["type"] == "websocket"
        if message["type"].endswith("disconnect"):
            return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


class Wire:
    """What the protocol writes to; `is_open` until one side ends it."""

    def __init__(self, server: "Server") -> None:
        self.written, self.is_open = b"", True
        self.protocol: Any = server.protocol()
        self.protocol.connection_made(self)

    def say(self, data: bytes) -> None:
        self.protocol.data_received(data)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        return not self.is_open

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        self.written += data

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Server:
    """As `serve` has it, but for the socket; it bears idle connections, so that its own patience
    is not what is looked at."""

    def __init__(self) -> None:
        self._config = uvicorn.Config(
            page, http=ImpatientProtocol, ws="websockets-sansio", ws_ping_interval=None,
            log_config=None, timeout_keep_alive=10_000,
        )  # fmt: skip
        self._config.load()
        self.state = ServerState()

    def protocol(self) -> Any:
        return ImpatientProtocol(self._config, self.state, {})


async def test_who_says_nothing_or_never_all_goes_when_the_time_is_over() -> None:
    server = Server()
    silent, slow, endless = Wire(server), Wire(server), Wire(server)
    endless.say(FORM)
    for each in (PAGE[:1], PAGE[1:2], PAGE[2:3]):
        await asyncio.sleep(9.9)
        slow.say(each)  # a byte now and then wins no time
        endless.say(b"x")
    assert silent.is_open and slow.is_open and endless.is_open
    await asyncio.sleep(0.4)
    assert not (silent.is_open or slow.is_open or endless.is_open)
    assert not server.state.connections and endless.written == b""


async def test_who_does_not_take_the_answer_goes_as_well() -> None:
    server = Server()
    deaf = Wire(server)
    deaf.protocol.pause_writing()
    deaf.say(PAGE)
    await asyncio.sleep(29.9)
    assert deaf.is_open
    await asyncio.sleep(0.2)
    assert not deaf.is_open and deaf.written == b""
    assert not server.state.tasks, "nobody waits for it any more"


async def test_who_asks_and_listens_stays_and_so_does_a_websocket() -> None:
    server = Server()
    browser, live = Wire(server), Wire(server)
    live.say(UPGRADE)
    for _ in range(4):
        browser.say(PAGE)
        await asyncio.sleep(29.0)
        assert browser.is_open and browser.written.count(b"here") == 1
        browser.written = b""
    assert live.is_open and live.written.startswith(b"HTTP/1.1 101")
    browser.close()
    live.close()
    await asyncio.sleep(0.0)
    await asyncio.sleep(0.0)


async def test_of_too_many_the_one_that_has_taken_longest_goes_for_one_that_comes() -> None:
    server = Server()
    live = Wire(server)
    live.say(UPGRADE)
    browser = Wire(server)
    silent = []
    for _ in range(99):
        await asyncio.sleep(0.01)
        silent.append(Wire(server))
    browser.say(PAGE)  # the oldest connection, and what it asked for last is answered
    await asyncio.sleep(0.01)
    assert browser.is_open and all(each.is_open for each in silent), "there is room for them"
    last = Wire(server)
    last.say(PAGE)
    await asyncio.sleep(0.01)
    assert last.written.count(b"here") == 1 and browser.is_open and live.is_open
    assert [each.is_open for each in silent] == [False, *[True] * 98]
    for each in (last, browser, live, *silent):
        each.close()
    await asyncio.sleep(0.01)
