"""What the web server lets in, asks and answers, without a socket: each limit by itself."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from starlette.requests import ClientDisconnect

from ground.client import Refused, Unanswered
from ground.console import serving
from ground.console.browser import Bell, Browser
from ground.console.serving import Console
from ground.console.upstream import Upstream, refusal


class Api:
    """Answers as the test says, and notes in whose name it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    async def ask(self, request: Any, session: str | None = None, key: str | None = None) -> Any:
        self.asked.append((request, session, key))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def console(*answers: Any) -> Any:
    made: Any = Console("ipc://a", "ipc://b")
    made._upstream = Api(*answers)
    return made


class Request:
    """A form, in pieces, and a cookie."""

    def __init__(self, *pieces: Any, cookie: str | None = None) -> None:
        self.pieces = list(pieces)
        self.cookies = {} if cookie is None else {"msr_session": cookie}

    def stream(self) -> "Request":
        return self

    def __aiter__(self) -> "Request":
        return self

    async def __anext__(self) -> Any:
        if not self.pieces:
            raise StopAsyncIteration
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece


FINE = {"ok": True, "result": {"session": "s1"}}


@pytest.mark.parametrize(
    ("pieces", "status", "asked"),
    [
        ((b"user=anna&pass", b"word=x"), 303, {"user": "anna", "password": "x"}),
        ((b"token=t&user=anna",), 303, {"token": "t"}), ((b"",), 303, {"user": "", "password": ""}),
        ((b"user=" + b"a" * 4091,), 303, {"user": "a" * 4091, "password": ""}),
        ((b"user=" + b"a" * 4092,), 413, None), ((b"a=1&" * 8 + b"a=1",), 400, None),
        ((b"user=anna", ClientDisconnect()), 400, None),
    ],
)  # fmt: skip
async def test_a_login_is_a_small_form(pieces: Any, status: int, asked: Any) -> None:
    made = console(FINE)
    answer = await made._login(Request(*pieces))
    assert answer.status_code == status
    assert made._upstream.asked == (
        [] if asked is None else [({"do": "login", **asked}, None, None)]
    )


@pytest.mark.parametrize(
    ("answer", "to", "cookie"),
    [(FINE, "/", True), ({"ok": False, "refused": "no"}, "/login?refused", False),
     ({"ok": False, "away": True}, "/login?waiting", False),
     ({"ok": True, "result": {"session": 3}}, "/login?refused", False),
     ({"ok": True, "result": None}, "/login?refused", False)],
)  # fmt: skip
async def test_who_is_let_in_has_a_cookie_that_no_script_and_no_other_page_has(
    answer: Any, to: str, cookie: bool
) -> None:
    found = await console(answer)._log_in({"do": "login"})
    assert found.headers["location"] == to
    told = found.headers.get("set-cookie", "").lower()
    assert bool(told) is cookie
    if cookie:
        assert "msr_session=s1" in told and "httponly" in told and "samesite=strict" in told


async def test_who_logs_out_is_known_no_more_and_nobody_else_is_asked_about() -> None:
    made = console({"ok": True})
    found = await made._logout(Request(cookie="x" * 300))
    assert made._upstream.asked == [({"do": "logout"}, "x" * 200, None)]
    assert found.headers["location"] == "/login" and 'msr_session=""' in found.headers["set-cookie"]
    await made._logout(Request())
    assert len(made._upstream.asked) == 1


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [({"ok": True, "result": {"a": 1}}, 200, {"a": 1}), (refusal("no"), 403, refusal("no"))],
)
async def test_the_dictionary_is_for_who_is_logged_in(answer: Any, status: int, body: Any) -> None:
    made = console(answer)
    found = await made._dictionary(Request(cookie="s1"))
    assert found.status_code == status and json.loads(found.body) == body
    assert made._upstream.asked == [({"do": "dictionary"}, "s1", None)]
    await made._dictionary(Request())
    assert made._upstream.asked[1][1] == ""


@pytest.mark.parametrize("cookie", [None, "s1"])
async def test_the_page_is_for_who_has_a_cookie(cookie: str | None) -> None:
    found = await console(FINE)._page(Request(cookie=cookie))
    assert found.status_code == (303 if cookie is None else 200)


class Socket:
    """A browser's end: what it says in turn, and what it hears."""

    def __init__(self, *says: Any, cookie: str | None = None) -> None:
        self.says = list(says)
        self.heard: list[str] = []
        self.closed: Any = None
        self.accepted = False
        self.cookies = {} if cookie is None else {"msr_session": cookie}

    async def accept(self) -> None:
        self.accepted = True

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    async def send_text(self, text: str) -> None:
        self.heard.append(text)

    async def receive(self) -> Any:
        said = self.says.pop(0) if self.says else 1e9
        if isinstance(said, float):
            await asyncio.sleep(said)
            return await self.receive() if self.says else {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text": json.dumps(said)}


@pytest.mark.parametrize(
    ("cookie", "hello", "closed"),
    [(None, None, (4401, "log in")), ("s1", refusal("unknown"), (4401, "log in")),
     ("s1", {"ok": False, "away": True}, (1013, "mission control is away"))],
)  # fmt: skip
async def test_who_is_not_known_is_sent_to_log_in_unless_nobody_can_be(
    cookie: str | None, hello: Any, closed: Any
) -> None:
    made, socket = console(hello), Socket(cookie=cookie)
    await made._websocket(socket)
    assert socket.accepted and socket.closed == closed
    assert len(made._upstream.asked) == (cookie is not None)


@pytest.mark.parametrize(
    ("roles", "trains"), [(["operator", "trainer"], True), (["operator"], False)]
)
async def test_who_is_known_is_served_with_the_newest_values_asked_for_once(
    monkeypatch: pytest.MonkeyPatch, roles: list[str], trains: bool
) -> None:
    served: list[Any] = []

    class Served:
        def __init__(
            self, socket: Any, session: str, upstream: Any, reader: Any, bell: Any
        ) -> None:
            served.append((session, reader._trains))

        async def serve(self) -> None:
            pass

    monkeypatch.setattr(serving, "Browser", Served)
    you = {"ok": True, "result": {"you": {"name": "a", "roles": roles}}}
    values = {"ok": True, "result": {"values": [["rover", "heat", 1.0, "", 5, 5]]}}
    made = console(you, values, you)
    for _ in range(2):
        await made._websocket(Socket(cookie="s" * 300))
    assert served == [("s" * 200, trains)] * 2
    assert [asked[0]["do"] for asked in made._upstream.asked] == ["hello", "telemetry", "hello"]
    assert len(made._news.values_after(0)) == 1
    rung: list[int] = []
    made._bell.ring = lambda: rung.append(1)
    made._silent()
    made._silent()
    assert rung == [1] and made._news.link["up"] is False, "told once"
    assert not made._known, "the values are asked for anew when it is back"
    made._streamed("clock", {"t": 1, "link": {"up": True}})
    assert rung == [1, 1] and made._news.link["up"] is True


# -------------------------------------------------------------------------------- a browser


def browser(socket: Socket, *answers: Any, frames: int = 0) -> Any:
    left = [f'{{"poll":{n}}}'.encode() for n in range(frames)]
    reader = SimpleNamespace(
        next_frame=lambda: left.pop(0) if left else None, wanted=lambda: None
    )  # fmt: skip
    return Browser(socket, "s1", Api(*answers), reader, Bell())  # type: ignore[arg-type]


async def test_an_answer_has_the_number_of_its_question_and_goes_in_parts_that_fit() -> None:
    socket = Socket({"id": 3, "request": {"do": "hello"}, "key": "k"}, 1.0)
    made = browser(socket, {"ok": True, "result": "x" * 48_000})
    await made.serve()
    assert json.loads(socket.heard[0])["id"] == 3 and len(socket.heard) == 1
    assert made._upstream.asked == [({"do": "hello"}, "s1", "k")]
    answer = {"ok": True, "result": "x" * 100_000}
    socket = Socket({"id": 4, "request": {"do": "hello"}}, 1.0)
    await browser(socket, answer).serve()
    parts = [json.loads(each) for each in socket.heard]
    assert [(each["id"], each["part"], each["of"]) for each in parts] == [
        (4, n, 3) for n in (1, 2, 3)
    ]  # fmt: skip
    assert json.loads("".join(each["text"] for each in parts)) == answer | {"id": 4}
    assert len(parts[0]["text"]) == 48 << 10


@pytest.mark.parametrize("do", ["login", "logout", "expire"])
async def test_sessions_begin_and_end_elsewhere(do: str) -> None:
    socket = Socket({"id": 1, "request": {"do": do}}, 1.0)
    made = browser(socket, FINE)
    await made.serve()
    assert json.loads(socket.heard[0]) == {**refusal(f"{do} is not asked here"), "id": 1}
    assert made._upstream.asked == []


async def test_thirty_two_questions_are_asked_at_once_and_one_more_is_refused() -> None:
    asks = [{"id": n, "request": {"do": "hello"}} for n in range(33)]
    socket = Socket(*asks, 1.0)
    made = browser(socket, FINE)
    gate = asyncio.Event()
    asked: list[int] = []

    async def ask(*given: Any) -> Any:
        asked.append(1)
        await gate.wait()
        return FINE

    made._upstream.ask = ask
    asyncio.get_running_loop().call_later(0.5, gate.set)
    await made.serve()
    answers = [json.loads(each) for each in socket.heard]
    assert len(asked) == 32 and len(answers) == 33
    assert [each["id"] for each in answers if not each["ok"]] == [32]


@pytest.mark.parametrize(
    ("says", "frames"),
    [([5.0], 2), ([1.0, {"credit": 1}, 5.0], 3), ([1.0, {"credit": 9}, 5.0], 4),
     ([1.0, {"credit": 0}, 5.0], 2), ([1.0, {"credit": -1}, 5.0], 2)],
)  # fmt: skip
async def test_two_frames_are_under_way_and_no_more_than_were_painted(
    says: list[Any], frames: int
) -> None:
    socket = Socket(*says)
    await browser(socket, FINE, frames=9).serve()
    assert len(socket.heard) == frames


async def test_there_are_ten_frames_a_second_at_most() -> None:
    socket = Socket(*[each for _ in range(40) for each in (0.01, {"credit": 2})], 2.0)
    times: list[float] = []

    async def send(text: str) -> None:
        times.append(asyncio.get_running_loop().time())

    socket.send_text = send  # type: ignore[method-assign]
    begun = asyncio.get_running_loop().time()
    await browser(socket, FINE, frames=6).serve()
    assert [round(each - begun, 2) for each in times] == [0.0, 0.0, 0.1, 0.2, 0.3, 0.4]


# ------------------------------------------------------------------------------- the API


def upstream(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> tuple[Any, list[Any]]:
    asked: list[Any] = []
    made: Any = object.__new__(Upstream)
    made._asked = 0

    async def ask(request: Any, *, session: str, key: Any) -> Any:
        asked.append((request, session, key))
        answer = answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    made._connection = SimpleNamespace(ask=ask)
    return made, asked


async def test_an_answer_says_yes_no_or_that_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for answer, told in (
        ({"a": 1}, {"ok": True, "result": {"a": 1}}),
        (Refused("no"), {"ok": False, "refused": "no"}),
        (Unanswered("gone"), {"ok": False, "refused": "gone", "away": True}),
    ):
        made, asked = upstream(monkeypatch, answer)
        assert await made.ask({"do": "x"}, None, "k") == told and made._asked == 0
        assert asked == [({"do": "x"}, "", "k")]
    made._asked = 999
    assert (await made.ask({"do": "x"}))["refused"] == "gone"
    made._asked = 1000
    assert await made.ask({"do": "x"}) == refusal("too many requests wait for mission control")
    assert len(asked) == 2


async def test_three_seconds_without_a_word_are_silence() -> None:
    made: Any = object.__new__(Upstream)
    heard: list[Any] = []
    loop = asyncio.get_running_loop()
    begun = loop.time()

    class Stream:
        waits: ClassVar[list[float]] = [2.9, 4.0]

        async def __anext__(self) -> Any:
            if not self.waits:
                raise StopAsyncIteration
            wait = self.waits.pop(0)
            await asyncio.sleep(wait)
            return "tm", wait

    made._connection = SimpleNamespace(stream=Stream)
    made._on_stream = lambda topic, message: heard.append(message)
    made._on_silence = lambda: heard.append(round(loop.time() - begun, 2))
    await made.run()
    assert heard == [2.9, 5.9]
