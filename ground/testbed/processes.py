"""Flies a mission with every vehicle, the hardware and the ground in a process of its own.

Paced: mission time follows the wall clock, slowly where control loops fly and fast where nothing is
under way. A flight process that dies is started again, as its watchdog would do; `--kill` kills one
on purpose. Loopback only; every process is ended.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

import flight
from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import ConfigurationError
from flight.core.custody.ledger import CustodyLedger
from flight.core.keeping.storage import Storage
from flight.icd.custody_account import account, agrees
from flight.runtime.pace import NANOSECONDS, SharedClock
from ground.mission_control.mission_control import Outcome
from ground.missions.mission import LoadedMission
from ground.missions.run_folder import MARK, RunFolder
from ground.terminal.screen import Screen
from ground.testbed.addresses import IpcAddresses, free_ports
from ground.testbed.auditor import Violation
from ground.testbed.control_room import read_outcome
from ground.testbed.evidence import configuration_hashes, program
from ground.testbed.flight_process import COMMANDED, OFF_FILE
from ground.testbed.hardware import Hardware, load_vehicle_files
from ground.testbed.hardware_process import ORBIT_FILE
from ground.testbed.host import Figures
from ground.testbed.kills import Kill, check_kills, parse_kills
from ground.testbed.mission_check import check_mission
from ground.testbed.process import (
    CONFIGURATION_REFUSED,
    GROUND,
    HARDWARE,
    REBOOT_ASKED,
    Specification,
)
from ground.testbed.run_record import Released, RunRecord
from ground.testbed.starts import COLD
from sim_hw.world.tubes import GROUND as ON_GROUND

DEFAULT_WALL_SECONDS = 60.0  # a mission of expected length takes about so long
GRACE = 10.0  # wall seconds that a process has to end when asked to
POLL = 0.02  # wall seconds between looks at the processes
LEAST_POLL = 0.001  # the same, just before somebody is to be killed
GREATEST_RATE = 1e6  # times as fast as Mars
LARGEST_CARE = 100.0


class Supervisor:
    """Starts, kills, restarts and ends the processes of one run."""

    def __init__(
        self, mission: LoadedMission, folder: RunFolder, specification: Specification
    ) -> None:
        self.mission = mission
        self.folder = folder
        self.specification = specification
        self.boots: dict[str, int] = {}
        self.killed: list[Kill] = []
        self.lost: dict[str, float] = {}
        self.off: set[str] = set()
        self._file = folder.write_json("specification.json", msgspec.to_builtins(specification))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._clock = SharedClock.create(specification.clock_file)
        self._logs = folder.path / "logs"
        self._logs.mkdir()
        self._lost_seen = 0

    def mission_time(self) -> float:
        """Seconds of mission time."""
        return self._clock.now_ns() / NANOSECONDS

    def start(self, role: str, cause: str = "power on", at: float = 0.0) -> None:
        """Starts one process, which boots at mission time `at` (s) or as soon as it can then."""
        self.boots[role] = self.boots.get(role, 0) + 1
        with (self._logs / f"{role}.log").open("ab") as log:
            self._processes[role] = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "ground.testbed.process",
                    role,
                    str(self._file),
                    cause,
                    "--at",
                    str(at),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONHASHSEED": "0"},
            )

    def fly(self, kills: list[Kill], limit: float) -> Outcome:
        """Runs until the ground's procedure has ended, or `limit` seconds of mission time."""
        pending = list(kills)
        for role in (HARDWARE, *self.mission.vehicles, GROUND):
            self.start(role)
        while (outcome := read_outcome(self.folder.ground)) is None:
            now = self.mission_time()
            if now > limit:
                return Outcome("failed", f"not ended within {limit / SOL_SECONDS:g} sols", [])
            while pending and pending[0].at <= now:
                self._kill(pending.pop(0))
            self._look_for_losses()
            problem = self._look_after()
            if problem:
                return Outcome("failed", problem, [])
            time.sleep(self._nap(pending))
        return outcome

    def _nap(self, pending: list[Kill]) -> float:
        """Wall seconds until the next look: a kill is to come on time."""
        rate = self._clock.rate
        if not pending or rate == 0.0:
            return POLL
        left = (pending[0].at - self.mission_time()) / rate
        return min(POLL, max(LEAST_POLL, left))

    def end(self) -> None:
        """Ends all processes, the hardware last; by force where asking does not help."""
        roles = [role for role in self._processes if role != HARDWARE]
        for group in (roles, [HARDWARE]):
            for role in group:
                if role in self._processes and self._processes[role].poll() is None:
                    self._processes[role].terminate()
            deadline = time.monotonic() + GRACE
            for role in group:
                process = self._processes.get(role)
                if process is None:
                    continue
                try:
                    process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _kill(self, kill: Kill) -> None:
        process = self._processes[kill.role]
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.killed.append(kill)

    def _look_for_losses(self) -> None:
        file = self.folder.path / "lost.jsonl"
        if not file.exists():
            return
        lines = file.read_text().splitlines()
        for line in lines[self._lost_seen :]:
            vehicle = json.loads(line)["vehicle"]
            self.lost[vehicle] = self.mission_time()
            self._kill(Kill(vehicle, self.mission_time()))
        self._lost_seen = len(lines)

    def _is_off(self, role: str) -> bool:
        """Whether a process that has ended was that of a vehicle which is off for good."""
        file = self.folder.path / OFF_FILE
        if role not in self.off and file.exists():
            self.off = {json.loads(line)["vehicle"] for line in file.read_text().splitlines()}
        return role in self.off

    def _look_after(self) -> str:
        """Restarts what died; returns what cannot be helped.

        Raises ConfigurationError with what a process said that refused its files: to start it again
        would not help.
        """
        for role, process in list(self._processes.items()):
            if process.poll() is None or role in self.lost or self._is_off(role):
                continue
            if process.returncode == CONFIGURATION_REFUSED:
                log = self._logs / f"{role}.log"
                raise ConfigurationError(str(log), None, role, log.read_text().strip())
            if role == HARDWARE:
                return f"the hardware process ended; see {self._logs / 'hardware.log'}"
            if role == GROUND and read_outcome(self.folder.ground) is not None:
                continue
            if self.boots[role] > 20:
                return f"{role} died {self.boots[role]} times; see {self._logs}"
            if process.returncode == REBOOT_ASKED:
                self.start(role, COMMANDED)
            else:
                self.start(role, "process died", self.mission_time() + COLD.seconds)
        return ""


def fly_in_processes(
    mission: LoadedMission,
    out: Path,
    arguments: argparse.Namespace,
    report: Callable[[RunFolder, RunRecord], None],
) -> RunRecord:
    """Flies and writes the run folder."""
    kills = parse_kills(arguments.kill)
    check_kills(kills, mission)
    check_mission(mission)
    rate, care = _rate(mission, arguments.rate), _care(arguments.care)
    transport: Literal["ipc", "tcp"] = arguments.transport or "ipc"
    if transport == "ipc":
        check_socket_paths(services(mission))
    folder = RunFolder(out)
    folder.ground.mkdir()
    console = Screen(quiet=arguments.quiet)
    started = time.monotonic()
    sockets = tempfile.mkdtemp(prefix="msr-")
    with folder.in_use():
        try:
            specification = Specification(
                mission=str(mission.file.resolve()),
                folder=str(folder.path.resolve()),
                seed=arguments.seed,
                rate=rate,
                care=care,
                transport=transport,
                sockets=sockets,
                ports=free_ports(services(mission)) if transport == "tcp" else {},
            )
            supervisor = Supervisor(mission, folder, specification)
            console.print(
                f"{mission.mission.title} in {len(mission.vehicles) + 2} processes over "
                f"{transport}, up to {rate:g} times as fast as Mars",
                soft_wrap=True,
            )
            try:
                outcome = supervisor.fly(kills, mission.mission.time_limit * SOL_SECONDS)
                seconds = supervisor.mission_time()
            finally:
                supervisor.end()
        finally:
            shutil.rmtree(sockets, ignore_errors=True)
        wall = time.monotonic() - started
        record = _record(mission, folder, supervisor, outcome, seconds, wall)
        report(folder, record)
        folder.write_json(MARK, {"state": "ended", "verdict": record.verdict})
    return record


def _rate(mission: LoadedMission, given: float | None) -> float:
    """The pace of quiet times."""
    rate = given
    if rate is None:
        rate = mission.mission.expected_duration * SOL_SECONDS / DEFAULT_WALL_SECONDS
    if not 0.0 < rate <= GREATEST_RATE:
        raise _refused("--rate", rate, f"a number above 0, up to {GREATEST_RATE:g}")
    return rate


def _care(given: float | None) -> float:
    """What the limits of the pace are divided by."""
    care = 1.0 if given is None else given
    if not 1.0 / LARGEST_CARE <= care <= LARGEST_CARE:
        allowed = f"a number from {1.0 / LARGEST_CARE:g} to {LARGEST_CARE:g}"
        raise _refused("--care", care, allowed)
    return care


def _refused(option: str, value: float, allowed: str) -> ConfigurationError:
    return ConfigurationError("command line", None, option, f"= {value}: allowed is {allowed}")


def check_socket_paths(names: Iterable[str]) -> None:
    """Refuses a folder of temporary files that is too deep for sockets; ConfigurationError."""
    addresses = IpcAddresses(Path(tempfile.gettempdir()) / "msr-12345678")  # as long as it will be
    try:
        for name in names:
            _ = addresses[name]
    except ValueError as error:
        raise ConfigurationError("command line", None, "--transport", f"= ipc: {error}") from None


def services(mission: LoadedMission) -> list[str]:
    """Every service of a run, for transports that need a table."""
    hardware = Hardware(mission, load_vehicle_files(mission), 0)
    hardware.world.clock = lambda: 0.0
    names = [f"{v}.{kind}" for v in mission.vehicles for kind in ("node", "telemetry")]
    return [*names, *hardware.services()]


def _record(
    mission: LoadedMission,
    folder: RunFolder,
    supervisor: Supervisor,
    outcome: Outcome,
    seconds: float,
    wall: float,
) -> RunRecord:
    truth = read_truth(folder.path / "truth.jsonl")
    statements = account(stored_ledgers(folder.nodes), truth)
    violations = [
        Violation(seconds, tube, statements[tube].statement, place)
        for tube, place in truth.items()
        if not agrees(statements[tube], place, dropped_to=ON_GROUND)
    ]
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return RunRecord(
        mission=mission,
        outcome=outcome,
        seed=supervisor.specification.seed,
        truth=truth,
        statements=statements,
        violations=violations,
        accounted=[t for t, place in truth.items() if statements[t].place == place],
        audits=1,
        figures=Figures(0, "", usage.ru_maxrss / 1024.0),
        mission_seconds=seconds,
        wall_seconds=wall,
        evidence=_evidence(mission, supervisor.specification),
        boots=dict(supervisor.boots),
        lost=supervisor.lost,
        kills=tuple(supervisor.killed),
        released=read_orbit(folder.path / ORBIT_FILE),
    )


def _evidence(mission: LoadedMission, specification: Specification) -> dict[str, Any]:
    return {
        "program": program(Path(flight.__file__).resolve().parents[1]),
        "configuration": configuration_hashes(mission),
        "versions": {},
        "platform": "",
        "host": "processes",
        "options": {"rate": specification.rate, "care": specification.care},
        "deterministic": False,
        "because": ["messages and computers take the time that they take"],
    }


def read_orbit(file: Path) -> Released | None:
    """Where the container was let go; None when it was not."""
    if not file.exists():
        return None
    return msgspec.json.decode(file.read_bytes(), type=Released)


def read_truth(file: Path) -> dict[str, str]:
    """Where each tube truly is, by the hardware's journal."""
    truth: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        record: dict[str, Any] = json.loads(line)
        truth[record["tube"]] = record["to"]
    return truth


def stored_ledgers(folder: Path) -> Mapping[str, list[Any]]:
    """What the custody ledgers in the nodes' storage say."""
    ledgers = {}
    for file in sorted(folder.glob("*.sqlite")):
        storage = Storage(file)
        ledger = CustodyLedger(storage, file.stem, lambda: 0, lambda record: None)
        ledgers[file.stem] = ledger.records()
        storage.close()
    return ledgers
