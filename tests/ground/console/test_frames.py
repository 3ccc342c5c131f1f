"""What a browser may send: whatever else comes is refused by a sentence, and breaks nothing."""

import asyncio
import json
from typing import Any

import pytest
from starlette.requests import Request

from ground.console.browser import Browser, NoFrame, closing_reason, read_frame
from ground.console.news import News
from ground.console.serving import Console

NESTED = '{"id": 1, "request": {"do": ' + "[" * 50_000 + "]" * 50_000 + "}}"
ODD = [
    (None, "it is bytes; allowed is a text of JSON"),
    ("", "truncated"),
    ("nonsense", "malformed"),
    ("7", "Expected `object`"),
    ("[]", "Expected `object`"),
    ('{"id": "1"}', "Expected `int"),
    ('{"id": 1, "request": 7}', "Expected `object"),
    ('{"id": 1, "request": {}, "user": "ben"}', "unknown field"),
    ('{"credit": "much"}', "Expected `int`"),
    (NESTED, "nested too deeply"),
]


@pytest.mark.parametrize(("text", "why"), ODD)
def test_what_is_no_frame_is_refused_by_a_sentence(text: str | None, why: str) -> None:
    with pytest.raises(NoFrame, match=why):
        read_frame(text)


def test_a_closing_reason_fits_into_its_frame() -> None:
    assert closing_reason("é" * 100).encode() == "é".encode() * 61
    assert len(closing_reason("x" * 500).encode()) == 123
    assert closing_reason("\udce9") == "?"


class Socket:
    """A websocket on which a browser has sent something, and then left."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = [*messages, {"type": "websocket.disconnect"}]
        self.closed: list[tuple[int, str]] = []

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(0)
        return self.messages.pop(0)

    async def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))

    async def send_text(self, text: str) -> None:
        raise RuntimeError("it has left")


@pytest.mark.stock
@pytest.mark.parametrize(
    "message",
    [
        {"type": "websocket.receive", "bytes": b"\x00" * 100},
        *({"type": "websocket.receive", "text": text} for text, _ in ODD if text is not None),
    ],
)
async def test_who_sends_what_is_no_frame_is_sent_away_and_nobody_else(message: Any) -> None:
    from ground.console.browser import Bell

    socket: Any = Socket(message)
    upstream: Any = None  # never asked
    await Browser(socket, "s", upstream, News(), Bell()).serve()
    [(code, reason)] = socket.closed
    assert code == 1008 and reason.startswith("no frame: ")


@pytest.mark.stock
async def test_who_leaves_in_the_middle_of_a_login_breaks_nothing() -> None:
    messages = [
        {"type": "http.request", "body": b"user=an", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return messages.pop(0)

    scope = {"type": "http", "method": "POST", "path": "/login", "headers": []}
    answer = await Console("ipc:///nowhere", "ipc:///nowhere")._login(Request(scope, receive))
    assert answer.status_code == 400


def test_the_line_of_the_server_is_told_once() -> None:
    from ground.console.news import Reader

    reader = Reader(News("flown ahead"))
    first = reader.next_frame()
    assert first is not None and json.loads(first)["poll"]["note"] == "flown ahead"
    assert reader.next_frame() is None
    assert Reader(News()).next_frame() is None


class Waiting(Socket):
    """A websocket that takes frames, and leaves when it has been told of entry 2."""

    def __init__(self) -> None:
        super().__init__()
        self.journal: list[dict[str, Any]] = []
        self.told = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.told.wait()
        return await super().receive()

    async def send_text(self, text: str) -> None:
        self.journal += json.loads(text)["poll"]["journal"]
        if any(entry["n"] == 2 for entry in self.journal):
            self.told.set()


class Asked:
    """The API, which tells who asks by their session."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, Any], str]] = []

    async def ask(self, request: dict[str, Any], session: str) -> dict[str, Any]:
        self.asked.append((request, session))
        entry = {"n": 1, "topic": "fault", "what": "injected", "data": {"fault": "gauge"}}
        return {"ok": True, "result": {"entries": [entry]}}


@pytest.mark.stock
@pytest.mark.parametrize("trains", [True, False])
async def test_what_streams_hide_is_asked_for_in_the_name_of_a_trainer_and_of_nobody_else(
    trains: bool,
) -> None:
    from ground.console.browser import Bell
    from ground.console.news import Reader

    news, socket, upstream = News(), Waiting(), Asked()
    reader = Reader(news, trains=trains)
    hidden = {"n": 1, "topic": "fault", "what": "hidden", "data": {}}
    news.take("fault", {"after": 0, "entries": [hidden]})
    told = {"n": 2, "topic": "ev", "what": "moved", "data": {}}
    news.take("ev", {"after": 0, "entries": [told]})
    browser: Any = Browser(socket, "anna's", upstream, reader, Bell())  # type: ignore[arg-type]
    await browser.serve()
    assert [entry["what"] for entry in socket.journal] == (
        ["injected", "moved"] if trains else ["moved"]
    )
    assert [session for _, session in upstream.asked] == (["anna's"] if trains else [])
    for request, _ in upstream.asked:
        assert (request["do"], request["number"], request["topics"]) == (
            "since", 0, ["fault", "audit"]
        )  # fmt: skip
