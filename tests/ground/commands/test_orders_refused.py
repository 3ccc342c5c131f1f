"""Orders to a run that it refuses end otherwise than those that nobody has answered."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq

from flight.icd.codec import encode
from ground.cli import main
from ground.testbed.operating.run_control import CONTROL_FILE, RunControl


@contextmanager
def answering(folder: Path, answer: dict[str, Any]) -> Iterator[list[bytes]]:
    """A run that gives one answer to whatever it is asked."""
    asked: list[bytes] = []
    context: zmq.Context[Any] = zmq.Context()
    socket = context.socket(zmq.REP)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    told = {"address": f"tcp://127.0.0.1:{port}"}
    (folder / CONTROL_FILE).write_bytes(msgspec.json.encode(told))

    def serve() -> None:
        asked.append(socket.recv())
        socket.send(encode(answer))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield asked
        thread.join(10.0)
    finally:
        context.destroy(linger=1000)


ARM = ["arm", "rover.wheels", "--for", "60s"]


@pytest.mark.parametrize(("answer", "code"), [({"ok": True}, 0), ({"refused": "it is lost"}, 2)])
def test_an_order_that_the_run_refuses_is_refused(
    answer: dict[str, Any], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(tmp_path, answer) as asked:
        assert main(["hil", ARM[0], str(tmp_path), *ARM[1:], "--as", "anna"]) == code
    assert len(asked) == 1
    assert ("it is lost" in capsys.readouterr().err) is (code == 2)


def test_a_pace_that_the_run_refuses_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(tmp_path, {"refused": "rover.wheels is real and armed"}):
        assert main(["pace", str(tmp_path), "500"]) == 2
    assert "rover.wheels is real and armed" in capsys.readouterr().err


@pytest.mark.parametrize("order", ["arm", "stop"])
def test_an_order_that_nobody_answers_says_so_and_what_stops_all_the_same(
    order: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = RunControl.__init__
    monkeypatch.setattr(RunControl, "__init__", lambda self, folder: ask(self, folder, 0.05))
    told = {"address": f"ipc://{tmp_path}/nobody"}
    (tmp_path / CONTROL_FILE).write_bytes(msgspec.json.encode(told))
    words = [order, str(tmp_path), *(ARM[1:] if order == "arm" else ()), "--as", "anna"]
    assert main(["hil", *words]) == 1
    said = capsys.readouterr().err
    assert "has not answered within 0.05 s" in said and said.count("\n") == 1
    assert ("bench's own stop" in said) is (order == "stop")


def test_an_address_that_is_none_is_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / CONTROL_FILE).write_text('{"address": "nonsense"}')
    assert main(["hil", "stop", str(tmp_path)]) == 1
    assert "'nonsense' is no address of a run" in capsys.readouterr().err


def test_no_run_that_could_be_ordered_is_no_refusal_by_one(tmp_path: Path) -> None:
    assert main(["hil", ARM[0], str(tmp_path), *ARM[1:], "--as", "anna"]) == 1
