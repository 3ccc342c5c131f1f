"""Mission control over processes is commanded, and killed at drawn instants: by whom, and what must
hold of the run afterwards, on the ground and on board."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import zmq

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.codec import decode_plain, encode
from ground.reports.flight import fly_mission
from ground.reports.run_check import command_history, complaints
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.host import GROUND
from ground.testbed.operating.run_control import CONTROL_FILE
from ground.testbed.processes.processes import Processes
from ground.testbed.run import Run
from tests.ground.testbed.test_run import small_mission

VEHICLES = ("rover", "lander")
PATIENCE = 3  # looks (0.25 s) without an answer, after which it is asked again
BETWEEN = (0.0, 1.5)  # wall s until the death of a life, from its first answer
EARLY = 0.2  # of the lives end before they have answered: counted from their start
OVER = {"COMPLETED", "FAILED", "REJECTED", "TIMED_OUT", "UNANSWERED", "CANCELLED"}
Request = dict[str, Any]
END = "the end"
STOP: Request = {"do": "procedure_stop", "why": "enough was seen"}


def act(number: int) -> Request:
    """The n-th thing that is asked for: vehicles are taken, then one command after another is
    staged and released."""
    if number < len(VEHICLES):
        return {"do": "authority_take", "vehicle": VEHICLES[number]}
    command, released = divmod(number - len(VEHICLES), 2)
    if released:
        return {"do": "release", "stages": [f"st-{command + 1}"]}
    vehicle = VEHICLES[command % len(VEHICLES)]
    return {"do": "stage", "vehicle": vehicle, "command": "report_status"}


class Killer(threading.Thread):
    """Ends mission control by signal 9, life after life, at whatever it does then."""

    def __init__(self, chance: random.Random, deaths: int) -> None:
        super().__init__(daemon=True)
        self._chance, self._left = chance, deaths
        self.process: Callable[[], int] = lambda: 0
        self.done = threading.Event()
        self.killed: list[int] = []
        self.heard = 0  # which process has answered last

    def run(self) -> None:
        while len(self.killed) < self._left and not self.done.is_set():
            pid = self.process()
            if not pid or pid in self.killed:
                time.sleep(0.01)
                continue
            early = self._chance.random() < EARLY
            while not early and self.heard != pid and self.process() == pid:
                if self.done.wait(0.01):
                    return
            if self.done.wait(self._chance.uniform(*BETWEEN)):
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.killed.append(pid)

    @property
    def is_over(self) -> bool:
        """Whether it kills nobody any more: who was told to stop may be about to."""
        return self.ident is not None and not self.is_alive()


class Crew:
    """Commands until mission control has died often enough, and notes what it is shown.

    `until`: mission time (s) up to which new commands are given."""

    def __init__(self, folder: Path, seed: int, deaths: int, until: float) -> None:
        self.folder, self._until = folder, until
        self.killer = Killer(random.Random(seed), deaths)
        self.answers: list[dict[str, Any]] = []
        self.polled: list[dict[str, Any]] = []
        self.shown: dict[str, list[str]] = {}
        """By identifier: each state that a command was shown in, in turn."""
        self.rungs: dict[str, set[tuple[str, int]]] = {}
        """By identifier: each rung that was shown, with when it was climbed on board (ns)."""
        self.wrong: list[str] = []
        self.refused_pace = ""
        self._waits = 0
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket: zmq.Socket[Any] | None = None

    def look(self, run: Run) -> None:
        """Takes what was answered, and asks on."""
        if self._socket is None:
            self._begin(run)
            return
        self._take(self._socket)
        if run.now() > self._until:
            self.killer.done.set()
        self._waits -= 1
        if self._waits <= 0 and not self.is_done:
            self._ask()
        elif self._waits <= 0 and self.is_over:
            self._send(b"end", {"do": "ask", "user": "ben", "key": END, "request": STOP})
        self._send(b"history", {"do": "ask", "user": "eve", "request": {"do": "history"}})

    def _begin(self, run: Run) -> None:
        if not (self.folder / CONTROL_FILE).exists():
            return
        host: Any = run.host

        def process() -> int:
            if not host.runs(GROUND):
                return 0
            return int(host._children[GROUND]._process.pid)

        self._socket = self._context.socket(zmq.DEALER)
        place = json.loads((self.folder / CONTROL_FILE).read_text())
        self._socket.connect(place["address"])
        self._send(b"pace", {"do": "pace", "rate": 5.0})
        self.killer.process = process
        self.killer.start()

    @property
    def is_done(self) -> bool:
        """Whether nothing is under way, and nobody dies any more."""
        number = len(self.answers)
        return self.killer.is_over and number > len(VEHICLES) and act(number)["do"] == "stage"

    @property
    def is_over(self) -> bool:
        """Whether all that was released has ended, by what is shown."""
        released = self.answers[len(VEHICLES) + 1 :: 2]
        told = [answer["result"]["identifiers"] for answer in released if answer["ok"]]
        return all(self.shown.get(name, [""])[-1] in OVER for [name] in told)

    @property
    def commands(self) -> int:
        """How many were released."""
        return (len(self.answers) - len(VEHICLES)) // 2

    def _ask(self) -> None:
        number = len(self.answers)
        who = {"user": "anna", "session": "s", "key": f"act {number}"}
        self._send(b"%d" % number, {"do": "ask", **who, "request": act(number)})
        self._send(b"poll", {"do": "poll"})
        self._waits = PATIENCE

    def _send(self, way: bytes, request: Request) -> None:
        assert self._socket is not None
        with contextlib.suppress(zmq.Again):  # nobody is there to take it
            self._socket.send_multipart([way, encode(request)], zmq.NOBLOCK)

    def _take(self, socket: "zmq.Socket[Any]") -> None:
        while socket.poll(0):
            way, data = socket.recv_multipart()
            answer = decode_plain(data)
            self.killer.heard = self.killer.process()
            if way == b"poll":
                self.polled.append(answer)
            elif way == b"history":
                if answer["ok"]:
                    self._see(answer["result"]["commands"])
            elif way == b"pace":
                self.refused_pace = answer.get("refused", "")
            elif way == b"%d" % len(self.answers):  # else it was answered before
                self.answers.append(answer)
                self._waits = 0

    def _see(self, commands: list[dict[str, Any]]) -> None:
        for row in commands:
            states = self.shown.setdefault(row["identifier"], [])
            if row["status"] not in states[-1:]:
                states.append(row["status"])
            climbed = {(each["rung"], each["occurred_ns"]) for each in row["rungs"]}
            seen = self.rungs.setdefault(row["identifier"], set())
            if not seen <= climbed:
                self.wrong.append(f"{row['identifier']}: {seen - climbed} is shown no more")
            seen |= climbed

    def close(self) -> None:
        """Nobody asks any more."""
        self.killer.done.set()
        self._context.destroy(0)


def fly_and_kill(
    folder: Path, seed: int, deaths: int, sols: float, rate: float = 2000.0
) -> tuple[Crew, RunRecord]:
    """A run over processes of so many sols at most, commanded in its first half, in which mission
    control dies so often at most; it is stopped when all has ended that was released."""
    crew = Crew(folder / "run", seed, deaths, 0.5 * sols * SOL_SECONDS)
    host = Processes(rate, operators="demo")
    mission = small_mission(folder, sols)
    try:
        return crew, fly_mission(mission, folder / "run", host=host, show=crew.look)
    finally:
        crew.close()


def check_all(crew: Crew, record: RunRecord) -> None:
    """No command was lost, none was sent twice, none was shown in a wrong state."""
    run = crew.folder
    assert crew.wrong == []
    deaths = len(crew.killer.killed)
    assert record.boots[GROUND] == deaths + 1, (record.boots, deaths)
    refused = [(number, each) for number, each in enumerate(crew.answers) if not each["ok"]]
    assert refused == []
    assert {each["ground"] for each in crew.polled} <= {"up"}
    assert not (run / CONTROL_FILE).exists()
    with contextlib.closing(sqlite3.connect(run / "ground" / "archive.sqlite")) as archive:
        commands = _check_ground(archive, crew)
        rungs = {
            (str(name), str(rung))
            for name, rung in archive.execute("SELECT identifier, rung FROM rungs")
        }
        known = {str(name) for (name,) in archive.execute("SELECT identifier FROM commands")}
    for vehicle in VEHICLES:
        _check_board(run / "nodes" / f"{vehicle}.sqlite", vehicle, commands, known)
    assert set(commands) <= set(crew.shown) <= known
    for name, states in crew.shown.items():
        # One that is late is asked, and answers how far it is: what it was before, or further.
        reached = [state for state, _ in groupby(each for each in states if each != "LATE")]
        assert len(set(reached)) == len(reached), f"{name} was shown as {states}"
        after = [now for before, now in pairwise(states) if before == "LATE"]
        assert not {"WAITING", "SENT"} & set(after), f"{name} was shown as {states}"
        assert all(state not in OVER for state in states[:-1]), f"{name} was shown as {states}"
        assert {(name, rung) for rung, _ in crew.rungs[name]} <= rungs
    told = complaints(run)  # the mission is cut off: not all has ended
    assert [each for each in told if each.startswith("custody: ") or " ends of " in each] == []


def _check_ground(archive: sqlite3.Connection, crew: Crew) -> dict[str, str]:
    """The journal, and the commands of people: identifier → vehicle."""
    journal = archive.execute("SELECT number, topic, data FROM journal ORDER BY number")
    entries = [(number, topic, json.loads(data)) for number, topic, data in journal]
    assert [number for number, _, _ in entries] == list(range(1, len(entries) + 1))
    audited = [data["key"] for _, topic, data in entries if topic == "audit" and data["key"] != END]
    assert audited == [f"act {number}" for number in range(len(crew.answers))]  # each once
    rows = archive.execute(
        "SELECT identifier, vehicle, verdict FROM commands WHERE step LIKE 'stage %' "
        "ORDER BY number"
    ).fetchall()
    assert [verdict for _, _, verdict in rows] == ["COMPLETED"] * crew.commands
    told = [answer["result"]["identifiers"] for answer in crew.answers[len(VEHICLES) + 1 :: 2]]
    assert [[identifier] for identifier, _, _ in rows] == told
    completed = Counter(
        identifier
        for (identifier,) in archive.execute(
            "SELECT identifier FROM rungs WHERE rung = 'COMPLETED' AND repeated = 0"
        )
    )
    assert [completed[identifier] for identifier, _, _ in rows] == [1] * crew.commands
    return {str(identifier): str(vehicle) for identifier, vehicle, _ in rows}


def _check_board(node: Path, vehicle: str, commands: dict[str, str], known: set[str]) -> None:
    """What a vehicle has obeyed is what it was told, each once; `known` to the ground, also of the
    procedure's."""
    obeyed = Counter(
        entry.command.identifier
        for entry in command_history(node)
        if entry.command.name == "report_status" and entry.ended
    )
    meant = [name for name, of in commands.items() if of == vehicle]
    assert {name: obeyed[name] for name in meant} == dict.fromkeys(meant, 1)
    assert set(obeyed) <= known, f"{vehicle} has obeyed what nobody here has sent"
