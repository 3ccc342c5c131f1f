"""Whose paces a run goes at, also where an answer was lost, and who of a console's processes
answers."""

import http.server
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import zmq

from ground.commands import answering
from ground.commands.own_paces import OwnPaces
from ground.testbed.operating import control_client
from ground.testbed.operating.control_client import ControlRefused, RefusedByRun


class Run:
    """Counts the paces that were set in it; its answer may be lost on the way."""

    def __init__(self) -> None:
        self.paces = 0
        self.heard: list[tuple[Any, ...]] = []
        self.trouble: Exception | None = None
        self.hears = True

    def pace(self, rate: float | None, until: float | None, *, after: int) -> None:
        if self.hears:
            self.heard.append((rate, until, after))
            self.paces += 1
        if self.trouble is not None:
            raise self.trouble


def test_a_pace_of_somebody_else_is_told_by_their_number() -> None:
    own, run = OwnPaces(), Run()
    control: Any = run
    assert own.are_all(0) and not own.are_all(1)
    own.set(control, 50.0)
    own.set(control, None, 9.0)
    assert run.heard == [(50.0, None, 0), (None, 9.0, 1)] and own.count == 2
    assert own.are_all(2) and not own.are_all(3) and not own.are_all(1)


@pytest.mark.parametrize(
    ("hears", "paces", "own_all", "count"),
    [(True, 1, True, 1), (False, 0, True, 0), (True, 2, False, 0)],
)
def test_where_the_answer_was_lost_the_next_look_tells_whether_it_was_heard(
    hears: bool, paces: int, own_all: bool, count: int
) -> None:
    own, run = OwnPaces(), Run()
    control: Any = run
    run.hears, run.trouble = hears, ControlRefused("no answer")
    with pytest.raises(ControlRefused):
        own.set(control, 50.0)
    assert own.are_all(paces) is own_all and own.count == count
    assert not own.are_all(paces + 1), "what is lost is asked for once"


def test_what_the_run_has_refused_it_has_not_set() -> None:
    own, run = OwnPaces(), Run()
    control: Any = run
    run.hears, run.trouble = False, RefusedByRun("too fast")
    with pytest.raises(RefusedByRun):
        own.set(control, 1e9)
    assert own.count == 0 and not own.are_all(1), "somebody else has"


# --------------------------------------------------------------------------- who answers


@pytest.mark.parametrize("answers", [True, False])
def test_a_run_is_well_that_answers_or_that_nobody_can_ask(
    answers: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, float]] = []

    class Control:
        def __init__(self, folder: Path, patience: float) -> None:
            asked.append((folder, patience))

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def look(self) -> None:
            if not answers:
                raise ControlRefused("no answer")

    monkeypatch.setattr(control_client, "RunControl", Control)
    assert answering.run_is_well(tmp_path), "it begins, or ends"
    assert asked == []
    (tmp_path / control_client.CONTROL_FILE).touch()
    assert answering.run_is_well(tmp_path) is answers is answering.run_answers(tmp_path)
    assert asked == [(tmp_path, 0.5)] * 2


def test_a_page_answers_whatever_it_says_and_none_where_nobody_listens() -> None:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if self.path == "/login" else 500)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        port = server.server_address[1]
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert answering.page_answers(port)
        thread.join()
    assert not answering.page_answers(port)


@pytest.mark.parametrize("tells", [True, False])
def test_an_edge_is_heard_within_two_seconds_or_has_not_said_where(
    tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[Any] = []

    def did_and(gives: Any) -> Callable[[Any], Any]:
        def do(given: Any) -> Any:
            did.append(given)
            return gives

        return do

    socket = SimpleNamespace(
        setsockopt=lambda *given: None, connect=did_and(None), poll=did_and(int(tells))
    )
    context = SimpleNamespace(socket=did_and(socket), destroy=lambda linger: did.append("gone"))
    monkeypatch.setattr(zmq, "Context", lambda: context)
    assert answering.edge_tells("") and did == []
    assert answering.edge_tells("tcp://127.0.0.1:9") is tells
    assert did == [zmq.SUB, "tcp://127.0.0.1:9", 2000, "gone"]
