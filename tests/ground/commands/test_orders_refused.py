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
from ground.testbed.run_control import CONTROL_FILE


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


def test_no_run_that_could_be_ordered_is_no_refusal_by_one(tmp_path: Path) -> None:
    assert main(["hil", ARM[0], str(tmp_path), *ARM[1:], "--as", "anna"]) == 1
