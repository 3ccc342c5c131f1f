"""What a browser may send: whatever else comes is refused by a sentence, and breaks nothing."""

import asyncio
import json
from typing import Any

import pytest
from starlette.requests import Request

from ground.console.browser import LONGEST_REASON, Browser, NoFrame, closing_reason, read_frame
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
    assert len(closing_reason("x" * 500).encode()) == LONGEST_REASON
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
