"""`msr hil doctor` and a flight: what is wrong is one sentence, exit 2, and nothing moved."""

import contextlib
import errno
import grp
import importlib.util
import os
import pty
import socket
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from ground.cli import main
from ground.hil import machine
from ground.testbed.bench.locks import Locks
from sim_hw.bench.floor import FLOOR_WAY, Floor
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.wire import wires
from sim_hw.bench.wire.frames import FrameReader, frame

pytestmark = pytest.mark.processes

IDENTITY = {
    "interface": "Wheels", "interface_hash": interface_hash(Wheels), "protocol": 1,
    "vendor": "tests", "model": "fake", "serial": "SN1", "firmware": "1.0", "maximum_frame": 512,
    "features": [],
}  # fmt: skip
BENCH = """\
format: 1
title: test
wires:
  line: {{address: "{address}"}}
devices:
  rover.wheels:
    mode: real
    wire: line
    identity: {{interface: Wheels, serial: SN1, firmware: ">=1.0"}}
    rates:
      drive: {{value: 1, unit: m/s, source: test}}
      turn: {{value: 1, unit: rad/s, source: test}}
"""
SECOND = """\
  perseverance.wheels:
    mode: real
    wire: other
    identity: {interface: Wheels}
    rates:
      drive: {value: 1, unit: m/s, source: test}
      turn: {value: 1, unit: rad/s, source: test}
"""


class Fake:
    """A device that tells who it is, on a unix socket, and keeps what else it was asked for."""

    def __init__(self, path: Path, **identity: Any) -> None:
        self.address = f"unix://{path}"
        self.asked: list[str] = []
        self._identity = IDENTITY | identity
        self.features = self._identity["features"]
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._server.accept()
                with peer:
                    self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        reader, sequence = FrameReader(), 0
        while data := peer.recv(4096):
            for payload in reader.feed(data):
                message = msgpack.unpackb(payload)[2]
                if message[0] != "call":
                    continue
                _, number, method, *_ = message
                self.asked.append(method)
                result: dict[str, Any] = {"identity": self._identity}.get(method, {"uptime_us": 1})
                sequence += 1
                reply = ["reply", number, result, "", "", "", 0]
                peer.sendall(frame(msgpack.packb([sequence, 0, reply])))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest.fixture(autouse=True)
def floor(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is measured of the machine's floor, and the times (s) that it is late by."""
    asked: list[Any] = [[0.0001] * 100]

    def measure(rate: float, seconds: float, *, ways: tuple[str, ...]) -> Floor:
        asked.append((rate, ways))
        return Floor(rate, {FLOOR_WAY: Histogram.of(asked[0])}, {}, [])

    monkeypatch.setattr(machine, "measure_floor", measure)
    return asked


@pytest.fixture
def fake(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Fake]:
    made = Fake(tmp_path / "one", **getattr(request, "param", {}))
    yield made
    made.close()


def desk(folder: Path, address: str, more: str = "", **changes: str) -> str:
    text = BENCH.format(address=address) + more
    for before, after in changes.items():
        text = text.replace(before, after)
    file = folder / "desk.yaml"
    file.write_text(text)
    return str(file)


def doctor(file: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code, and the line that is not ok."""
    code = main(["hil", "doctor", file])
    told = capsys.readouterr()
    lines = [each for each in told.out.splitlines() if each.startswith("fail")]
    return code, "\n".join(lines) or told.err


def test_one_that_is_fit_is_asked_who_it_is_and_no_more(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hil", "doctor", desk(tmp_path, fake.address)]) == 0
    told = capsys.readouterr().out
    assert "ok   rover.wheels at" in told and "tests, fake, SN1, 1.0: Wheels" in told
    assert "ok   stop: `msr hil stop RUN`" in told
    assert set(fake.asked) <= {"identity", "ping"}


@pytest.mark.parametrize(
    ("fake", "words"),
    [
        ({"serial": "SN2"}, "its serial is SN2; the bench file wants SN1"),
        ({"firmware": "0.9"}, "its firmware is 0.9; the bench file wants >=1.0"),
        ({"interface_hash": "0" * 64}, "build its firmware anew"),
        ({"interface": "Battery"}, "its interface is Battery; the bench file wants Wheels"),
    ],
    indirect=["fake"],
)
def test_another_device_is_refused_by_the_doctor_and_by_a_flight(
    fake: Fake, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = desk(tmp_path, fake.address)
    code, line = doctor(file, capsys)
    assert code == 2 and words in line and line.count("\n") == 0
    assert main(["fly", "surface", "--bench", file, "--quiet", "--out", str(tmp_path / "r")]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert set(fake.asked) <= {"identity", "ping"} and Locks().held() == []


def test_two_devices_of_one_name(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Fake(tmp_path / "two")
    file = desk(tmp_path, fake.address, SECOND)
    text = Path(file).read_text()
    wire = f'  other: {{address: "{other.address}"}}\ndevices:'
    Path(file).write_text(text.replace("devices:", wire, 1))
    try:
        code, line = doctor(file, capsys)
        assert code == 2 and "so is the device of rover.wheels: give each a serial number" in line
        out = str(tmp_path / "r")
        assert main(["fly", "nominal", "--bench", file, "--quiet", "--out", out]) == 2
        assert "give each a serial number of its own" in capsys.readouterr().err
    finally:
        other.close()
    assert set(fake.asked + other.asked) <= {"identity", "ping", "safe"}


def test_wrong_baud_is_guessed_from_what_comes_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    over = threading.Event()

    def babble() -> None:
        while not over.wait(0.05):
            os.write(master, b"\x81\x13\xf0\x00\x7e\x00")

    speaker = threading.Thread(target=babble)
    speaker.start()
    try:
        code, line = doctor(desk(tmp_path, f"serial://{os.ttyname(slave)}?baud=9600"), capsys)
    finally:
        over.set()
        speaker.join()
        os.close(master)
        os.close(slave)
    assert code == 2 and "does the device speak at another rate than baud=9600?" in line


def test_a_path_that_another_program_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    hold = f"import fcntl; f = open({path!r}); fcntl.flock(f, 2); print('held', flush=True)"
    hold += "; input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        code, line = doctor(desk(tmp_path, f"serial://{path}"), capsys)
    finally:
        holder.communicate("\n")
        os.close(master)
        os.close(slave)
    assert code == 2 and "another program holds it: end that one first" in line
    assert f"process {holder.pid} (" in line


def test_missing_permission(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: str, baud: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(wires, "open_serial", forbidden)
    code, line = doctor(desk(tmp_path, "serial:///dev/ttyUSB0"), capsys)
    assert code == 2 and "permission is missing: " in line and "/dev/ttyUSB0" in line


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("unit: m/s", "unit: mph", 'drive.unit = "mph": allowed is the unit "m/s"'),
        ("wire: line", "wire: line\n    calibration: old.yaml\n    calibration_required: true",
         "was due on 2020-01-01"),
    ],
)  # fmt: skip
def test_what_the_file_says_wrong_is_refused_before_anybody_is_asked(
    before: str, after: str, words: str, fake: Fake, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "old.yaml").write_text(
        "format: 1\nserial: SN1\ndate: 2019-01-01\ndue: 2020-01-01\nby: the workshop\nfields: {}\n"
    )
    code, line = doctor(desk(tmp_path, fake.address, **{before: after}), capsys)
    assert code == 2 and words in line and line.count("\n") == 1 and fake.asked == []


def test_what_another_run_holds_is_not_disturbed(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = desk(tmp_path, fake.address)
    Locks().take(["SN1"], "ben", "a flight on other.yaml", pid=os.getppid())
    code, line = doctor(file, capsys)
    assert code == 2 and f"SN1 is held by ben (process {os.getppid()}, a flight on" in line
    assert f"or `kill {os.getppid()}`" in line and "msr hil unlock" not in line
    assert main(["fly", "surface", "--bench", file, "--quiet", "--out", str(tmp_path / "r")]) == 2
    assert "SN1 is held by ben" in capsys.readouterr().err and fake.asked == []
    assert main(["hil", "locks"]) == 0 and "SN1 is held by ben" in capsys.readouterr().out


def test_a_bench_that_is_put_by_is_refused_to_others_until_it_is_let_go(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = desk(tmp_path, fake.address)
    assert main(["hil", "lock", file, "--for", "1h", "--as", "anna"]) == 0
    assert main(["hil", "lock", file, "--for", "1h", "--as", "ben"]) == 2
    said = capsys.readouterr().err
    assert "is held by anna (reserved), for 3" in said
    assert f"wait, or ask anna for `msr hil unlock {file} --as anna`" in said
    words = ["fly", "surface", "--bench", file, "--quiet", "--out", str(tmp_path / "r")]
    assert main([*words, "--as", "ben"]) == 2 and "held by anna" in capsys.readouterr().err
    assert main(["hil", "unlock", file, "--as", "ben"]) == 1
    assert main(["hil", "unlock", file, "--as", "anna"]) == 0
    assert main(["hil", "lock", file, "--for", "soon"]) == 2
    assert "allowed is a time up to 24h" in capsys.readouterr().err


def test_a_file_that_stops_is_seen_before_a_flight(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = tmp_path / "stop"
    nowhere = f"interlock: {{e_stop: {{file: {stop}/stop}}}}\n"
    words = ["fly", "surface", "--quiet", "--out", str(tmp_path / "r"), "--bench"]
    code, line = doctor(desk(tmp_path, fake.address, nowhere), capsys)
    assert code == 2 and f"there is no folder {stop}" in line
    assert main([*words, desk(tmp_path, fake.address, nowhere)]) == 2
    assert "interlock.e_stop.file" in capsys.readouterr().err
    stop.touch()
    more = f"interlock: {{e_stop: {{file: {stop}}}}}\n"
    file = desk(tmp_path, fake.address, more)
    code, line = doctor(file, capsys)
    assert code == 2 and f"the file {stop} is there" in line
    assert main(["fly", "surface", "--bench", file, "--quiet", "--out", str(tmp_path / "r")]) == 2
    assert "take away what stops it" in capsys.readouterr().err


def test_an_input_that_stops_or_is_none_is_seen_before_a_flight(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = tmp_path / "value"
    more = f"interlock: {{e_stop: {{input: {line}, runs: closed}}}}\n"
    file = desk(tmp_path, fake.address, more)
    words = ["fly", "surface", "--quiet", "--out", str(tmp_path / "r"), "--bench", file]
    code, said = doctor(file, capsys)
    assert code == 2 and f"{line}: no such file or directory; is the line exported" in said
    assert main(words) == 2 and "interlock.e_stop" in capsys.readouterr().err
    line.mkdir()
    code, said = doctor(file, capsys)
    assert code == 2 and "allowed is a file that can be read at once, or a FIFO" in said
    line.rmdir()
    line.write_text("open")
    code, said = doctor(file, capsys)
    assert code == 2 and f"the input {line} says 'open'" in said
    line.write_text("closed")
    assert doctor(file, capsys) == (0, "")


LOOPED = """\
    deadlines: {state: {value: 2, unit: ms, source: test}}
    loop:
      method: drive
      period: {value: 0.02, unit: s, source: test}
      deadline: {value: 0.01, unit: s, source: test}
"""


def warned(what: str, said: str) -> str:
    return next(line for line in said.splitlines() if line[5:].startswith(f"{what}:"))


def test_the_floor_is_held_against_what_the_bench_asks_for(
    fake: Fake, floor: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = desk(tmp_path, fake.address, LOOPED.replace("2, unit: ms", "0.002, unit: s"))
    assert main(["hil", "doctor", file]) == 0
    assert warned("floor", capsys.readouterr().out).startswith("ok   floor: at 50 Hz late by")
    assert floor[1:] == [(50.0, (FLOOR_WAY,))]
    floor[0] = [0.0001] * 98 + [0.0025] * 2
    assert main(["hil", "doctor", file]) == 0  # nobody is unfit for it: it is a warning
    said = warned("floor", capsys.readouterr().out)
    assert said.startswith("warn floor") and "later than a deadline of 2 ms" in said


def test_what_this_machine_has_is_told_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, line = tmp_path / "clock", tmp_path / "ttyUSB0"
    clock.write_text("hpet\n")
    line.touch()
    monkeypatch.setattr(machine, "CLOCK_SOURCE", clock)
    monkeypatch.setattr(machine, "SERIAL", (f"{tmp_path}/ttyUSB*",))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(line) and access(path, mode))
    spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pymodbus" else spec(name)
    )
    assert main(["hil", "doctor"]) == 0
    said = capsys.readouterr().out
    assert warned("clock", said).startswith("warn clock: hpet")
    group = grp.getgrgid(line.stat().st_gid).gr_name
    serial = warned("serial lines", said)
    assert serial.startswith(f"warn serial lines: {line} may not be opened: ")
    assert f"group `{group}`" in serial
    libraries = warned("libraries", said)
    assert "modbus once pymodbus is installed: pip install" in libraries and "can" in libraries
    clock.write_text("tsc\n")
    monkeypatch.setattr(os, "access", access)
    assert main(["hil", "doctor"]) == 0
    said = capsys.readouterr().out
    assert warned("clock", said) == "ok   clock: tsc"
    assert warned("serial lines", said) == f"ok   serial lines: {line}"


@pytest.mark.parametrize("fake", [{"features": []}, {"features": ["power"]}], indirect=True)
def test_a_supply_that_nobody_switches_is_told(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    switches = "power" in fake.features
    file = desk(tmp_path, fake.address, "    power: {switch: wheels}\n")
    assert main(["hil", "doctor", file]) == 0
    said = capsys.readouterr().out
    words = "while wheels is open it is made safe and its supply stays on"
    assert (words in said) is not switches
    assert f"{'ok' if switches else 'warn'}   rover.wheels"[:5] in said


def test_an_overdue_calibration_that_is_not_required_is_no_matter_of_calibration_required(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.yaml").write_text(
        "format: 1\nserial: SN1\ndate: 2019-01-01\ndue: 2020-01-01\nby: the workshop\nfields: {}\n"
    )
    file = desk(tmp_path, fake.address, "    calibration: old.yaml\n")
    assert main(["hil", "doctor", file]) == 0
    said = warned("calibration of rover.wheels", capsys.readouterr().out)
    assert said.startswith("warn ") and said.endswith("until then it is flown with it")
    assert "calibration_required" not in said
