"""Mission control in a process of its own is operated, and killed while it is."""

import json
import os
import random
import signal
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zmq

from flight.icd.codec import decode_plain, encode
from ground.reports.flight import fly_mission
from ground.testbed.host import GROUND
from ground.testbed.processes import Processes
from ground.testbed.run import Run
from ground.testbed.run_control import CONTROL_FILE
from tests.ground.testbed.test_run import small_mission

COMMANDS = 6
PATIENCE = 12  # looks (0.25 s) without an answer, after which it is asked again
ACTS: list[dict[str, Any]] = [
    {"do": "authority_take", "vehicle": "rover"},
    *(
        act
        for number in range(1, COMMANDS + 1)
        for act in (
            {"do": "stage", "vehicle": "rover", "command": "report_status"},
            {"do": "release", "stages": [f"st-{number}"]},
        )
    ),
]


class Crew:
    """Asks for one thing after another; mission control dies at drawn looks, by `kill -9`."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.answers: list[dict[str, Any]] = []
        self.polled: list[dict[str, Any]] = []
        self.refused_pace = ""
        self.kills = 0
        self._waits = 0
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket: zmq.Socket[Any] | None = None

    def look(self, run: Run) -> None:
        """Takes what was answered, and asks on."""
        if not (self.folder / CONTROL_FILE).exists():
            return
        if self._socket is None:
            self._socket = self._context.socket(zmq.DEALER)
            place = json.loads((self.folder / CONTROL_FILE).read_text())
            self._socket.connect(place["address"])
            self._send(b"pace", {"do": "pace", "rate": 5.0})
        self._take(self._socket)
        if len(self.answers) < len(ACTS):
            self._waits -= 1
            if self._waits <= 0:
                self._ask()
            if self.chance.random() < 0.1:
                self._kill(run)

    def _ask(self) -> None:
        number = len(self.answers)
        who = {"user": "anna", "session": "s", "key": f"act {number}"}
        self._send(b"%d" % number, {"do": "ask", **who, "request": ACTS[number]})
        self._send(b"poll", {"do": "poll"})
        self._waits = PATIENCE

    def _send(self, way: bytes, request: dict[str, Any]) -> None:
        assert self._socket is not None
        self._socket.send_multipart([way, encode(request)], zmq.NOBLOCK)

    def _take(self, socket: "zmq.Socket[Any]") -> None:
        while socket.poll(0):
            way, data = socket.recv_multipart()
            answer = decode_plain(data)
            if way == b"poll":
                self.polled.append(answer)
            elif way == b"pace":
                self.refused_pace = answer["refused"]
            elif way == b"%d" % len(self.answers):  # else it was answered before
                self.answers.append(answer)
                self._waits = 0

    def _kill(self, run: Run) -> None:
        host: Any = run.host
        if host.runs(GROUND) and self.kills < 12:
            self.kills += 1
            os.kill(host._children[GROUND]._process.pid, signal.SIGKILL)

    def close(self) -> None:
        self._context.destroy(0)


@pytest.mark.check
@pytest.mark.processes
@pytest.mark.requirement("OPS-10")
def test_it_is_operated_over_its_deaths(tmp_path: Path) -> None:
    crew = Crew(tmp_path / "run", seed=3)
    mission = small_mission(tmp_path, 0.45)
    host = Processes(1000.0, operators="demo")
    try:
        record = fly_mission(mission, tmp_path / "run", host=host, show=crew.look)
    finally:
        crew.close()
    assert crew.kills >= 3 and record.boots[GROUND] == crew.kills + 1
    assert [answer["ok"] for answer in crew.answers] == [True] * len(ACTS)
    assert "--rate" in crew.refused_pace
    assert {each["ground"] for each in crew.polled} == {"up"}
    assert not (tmp_path / "run" / CONTROL_FILE).exists()
    with sqlite3.connect(tmp_path / "run" / "ground" / "archive.sqlite") as archive:
        journal = archive.execute("SELECT number, topic, data FROM journal ORDER BY number")
        entries = [(number, topic, json.loads(data)) for number, topic, data in journal]
        commands = archive.execute(
            "SELECT identifier, verdict FROM commands WHERE step LIKE 'stage %' ORDER BY number"
        ).fetchall()
        completed = Counter(
            identifier
            for (identifier,) in archive.execute(
                "SELECT identifier FROM rungs WHERE rung = 'COMPLETED' AND repeated = 0"
            )
        )
    archive.close()
    assert [number for number, _, _ in entries] == list(range(1, len(entries) + 1))
    audited = [data["key"] for _, topic, data in entries if topic == "audit"]
    assert audited == [f"act {number}" for number in range(len(ACTS))]  # each once
    assert [verdict for _, verdict in commands] == ["COMPLETED"] * COMMANDS
    assert [completed[identifier] for identifier, _ in commands] == [1] * COMMANDS
