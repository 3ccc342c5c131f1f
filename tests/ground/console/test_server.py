"""The web server as a process: logging in, frames, and what it refuses."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.ground.console.conftest import Serve, Served
from tests.ground.console.stand_in.reading import PASSWORD

pytestmark = [pytest.mark.processes, pytest.mark.flies("surface")]


def ask(
    served: Served, path: str, method: str = "GET", body: str = "", **headers: str
) -> tuple[int, dict[str, str], str]:
    line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    line.request(method, path, body, headers)
    answer = line.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
    line.close()
    return found


def log_in(served: Served, user: str = "anna", **words: str) -> tuple[int, dict[str, str], str]:
    form = urlencode(words or {"user": user, "password": PASSWORD})
    return ask(served, "/login", "POST", form, Origin=served.origin)


def cookie_of(headers: dict[str, str]) -> str:
    return headers["set-cookie"].partition(";")[0]


@contextmanager
def tab(served: Served, cookie: str, origin: str | None = None) -> Iterator[ClientConnection]:
    address = f"ws://127.0.0.1:{served.port}/ws"
    with connect(
        address,
        origin=origin or served.origin,
        additional_headers={"Cookie": cookie},
        max_size=None,
    ) as socket:
        yield socket


def answer_to(socket: ClientConnection, number: int) -> dict[str, Any]:
    """The answer of a number; on the way news are taken and paid for."""
    parts = ""
    while True:
        text = socket.recv(timeout=20)
        assert len(text) <= 64 << 10
        frame = json.loads(text)
        if "poll" in frame:
            socket.send('{"credit": 1}')
        elif frame["id"] == number and "part" in frame:
            parts += frame["text"]
            if frame["part"] == frame["of"]:
                return dict(json.loads(parts))
        elif frame["id"] == number:
            return dict(frame)


def test_who_is_not_logged_in_gets_the_login_page_and_no_word_of_the_run(serve: Serve) -> None:
    served = serve()
    status, headers, _ = ask(served, "/")
    assert (status, headers["location"]) == (303, "/login")
    status, _, text = ask(served, "/dictionary.json", Cookie="msr_session=made-up")
    assert status == 403 and "log in" in text and "commands" not in text
    for cookie in ("", "msr_session=made-up"):
        with tab(served, cookie) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401

    status, headers, _ = log_in(served, user="anna", password="wrong")
    assert (status, headers["location"]) == (303, "/login?refused")
    assert "set-cookie" not in headers

    status, headers, _ = log_in(served)
    assert (status, headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(headers["set-cookie"].split("; "))
    status, headers, _ = log_in(served, token="once-ben")
    assert cookie_of(headers) == "msr_session=s-ben"

    foreign = ask(served, "/login", "POST", "user=anna", Origin="http://evil.example")
    assert foreign[0] == 403 and "set-cookie" not in foreign[1]
    status, headers, _ = ask(served, "/login", "POST", "x" * 5000, Origin=served.origin)
    assert status == 413
    for path in ("/", "/login", "/static/js/main.js", "/static/../serving.py", "/nothing"):
        assert ask(served, path)[1]["content-security-policy"].startswith("default-src 'self'")
    assert ask(served, "/static/../serving.py")[0] == 404


def test_a_websocket_asks_in_its_own_name_in_small_frames(serve: Serve) -> None:
    served = serve()
    cookie = cookie_of(log_in(served, "eve")[1])
    with pytest.raises(InvalidStatus), tab(served, cookie, origin="http://evil.example"):
        pass
    with tab(served, cookie) as socket:
        socket.send('{"id": 1, "request": {"do": "hello"}}')
        assert answer_to(socket, 1)["result"]["you"]["name"] == "eve"
        socket.send(
            '{"id": 2, "key": "k", "request": {"do": "authority_take", "vehicle": "rover"}}'
        )
        assert "allowed to operator" in answer_to(socket, 2)["refused"]
        socket.send('{"id": 3, "request": {"do": "dictionary"}}')
        assert len(answer_to(socket, 3)["result"]["vehicles"]) == 5  # 300 kB, in parts
        for number, do in enumerate(("login", "logout", "expire"), 4):
            socket.send(json.dumps({"id": number, "request": {"do": do, "token": "once-ben"}}))
            assert answer_to(socket, number)["refused"] == f"{do} is not asked here"
        socket.send('{"id": 9, "request": {"do": "hello"}, "user": "anna"}')
        with pytest.raises(ConnectionClosed) as closed:
            answer_to(socket, 9)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
    with tab(served, cookie) as socket, pytest.raises(ConnectionClosed):
        socket.send(json.dumps({"id": 1, "request": {"do": "x" * (70 << 10)}}))
        answer_to(socket, 1)


@pytest.mark.check
@pytest.mark.requirement("CON-03")
def test_who_pays_no_credit_gets_two_frames_and_slows_nobody(serve: Serve) -> None:
    served = serve(pace=3000.0)
    cookie = cookie_of(log_in(served)[1])
    with tab(served, cookie) as stalled, tab(served, cookie) as reader:
        frames = 0
        while frames < 8:
            assert "poll" in json.loads(reader.recv(timeout=20))
            frames += 1
            reader.send('{"credit": 1}')
        assert "poll" in json.loads(stalled.recv(timeout=20))
        assert "poll" in json.loads(stalled.recv(timeout=20))
        with pytest.raises(TimeoutError):
            stalled.recv(timeout=0.5)
        stalled.send('{"credit": 1000}')  # more than there is to give
        for _ in range(2):
            assert "poll" in json.loads(stalled.recv(timeout=20))
        with pytest.raises(TimeoutError):
            stalled.recv(timeout=0.5)


@pytest.mark.check
@pytest.mark.requirement("CON-01")
def test_mission_control_may_go_and_come_back(serve: Serve) -> None:
    served = serve()
    cookie = cookie_of(log_in(served)[1])
    with tab(served, cookie) as socket:

        def link() -> bool:
            while True:
                poll = json.loads(socket.recv(timeout=20)).get("poll", {})
                socket.send('{"credit": 1}')
                if "link" in poll:
                    return bool(poll["link"]["up"])

        assert link() is True
        served.stand_in.kill()
        assert link() is False
        served.stand_in.start()
        assert link() is True
        socket.send('{"id": 1, "request": {"do": "hello"}}')
        assert answer_to(socket, 1)["ok"]
