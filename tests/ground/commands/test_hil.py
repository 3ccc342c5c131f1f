"""`msr hil`: a check of a C device on a pty, and refusals in one sentence."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.cli import main
from ground.hil.conformance import NOT_SHOWN, PASSED
from ground.terminal.exit_codes import UNKNOWN
from sim_hw.bench.building import build
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.pressure import stalled_s


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheels", "posix", tmp_path_factory.mktemp("build"))


def started(binary: Path, *words: str) -> "subprocess.Popen[str]":
    device = subprocess.Popen([binary, *words], stdout=subprocess.PIPE, text=True)
    assert device.stdout is not None
    while device.stdout.readline().strip() != "ready":
        assert device.poll() is None
    return device


def assert_doctor(address: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The doctor knows the device, and another one is a failure with the reason."""
    plain = (configs_folder() / "benches" / "wheels_on_a_pty.yaml").read_text()
    file = folder / "desk.yaml"
    file.write_text(plain.replace("serial:///tmp/threeforks-wheels", address))
    assert main(["hil", "doctor", str(file)]) == 0
    assert f"ok   rover.wheels at {address}: three forks, demo-motor" in capsys.readouterr().out
    file.write_text(file.read_text().replace("SN0001", "SN7"))
    assert main(["hil", "doctor", str(file)]) == 2
    assert "its serial is SN0001; the bench file wants SN7" in capsys.readouterr().out


def test_benches_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hil", "list"]) == 0
    assert "wheels_on_a_pty      rover.wheels: Wheels in C" in capsys.readouterr().out
    assert main(["hil", "show", "wheels_on_a_pty"]) == 0
    shown = capsys.readouterr().out
    assert "at serial:///tmp/threeforks-wheels, armed: automatic" in shown
    assert main(["hil", "doctor", "wheels_on_a_pty"]) in (0, 2)
    assert "timers: timerfd" in capsys.readouterr().out


@pytest.mark.processes
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.check) for kind in ("pty", "unix", "tcp")],
)
def test_the_c_wheels_pass_on_each_wire(
    kind: str, binary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = {"pty": str(tmp_path / "line"), "unix": str(tmp_path / "socket"), "tcp": "45917"}[kind]
    address = {
        "pty": f"serial://{place}", "unix": f"unix://{place}", "tcp": f"tcp://127.0.0.1:{place}",
    }[kind]  # fmt: skip
    device = started(binary, f"--{kind}", place)
    try:
        waited = stalled_s()
        ended = main(["hil", "check", address, "Wheels", "--json"])
        told, waited = json.loads(capsys.readouterr().out), stalled_s() - waited
        unknown = [row["words"] for row in told["rows"] if row["verdict"] == NOT_SHOWN]
        if ended == UNKNOWN and all("so nobody can say" in words for words in unknown):
            pytest.skip(f"UNKNOWN: {unknown}")
        assert ended == 0, [row for row in told["rows"] if row["verdict"] != PASSED]
        assert told["counts"] == {
            "passed": len(told["rows"]), "failed": 0, "not shown": 0, "does not apply": 0,
        }  # fmt: skip
        assert told["identity"]["serial"] == "SN0001" and told["seconds"] - waited < 20.0
        assert told["latency_s"]["state"]["n"] >= 200
        assert main(["hil", "check", address, "Battery", "--still"]) == 1  # another interface
        assert "identity.interface = Wheels: Battery was asked for" in capsys.readouterr().out
        assert_doctor(address, tmp_path, capsys)
    finally:
        device.kill()
        device.wait()
        assert device.stdout is not None
        device.stdout.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "tcp://10.0.0.1:5", "Wheels"], "anyone on that network could move the device"),
        (["check", "unix:///no/such/socket", "Wheels"], "is it plugged in"),
        (["check", "unix:///no/such/socket", "Wheel"], "did you mean Wheels"),
        (["check", "telnet://x", "Wheels"], "allowed is one of isotp, qemu, serial"),
        (["build", "arm"], "allowed is wheels, nozzle, igniter, battery"),
        (["build", "wheels", "--out", "/proc/version"], "is a file; allowed is a folder"),
        (["build", "wheels", "--host", "avr"], "allowed is posix, library, cortex_m3"),
        (["floor", "--rate", "0"], "allowed is 1 to 1000"),
        (["floor", "--seconds", "0.5"], "allowed is 1 to 600"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hil", *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


@pytest.mark.processes
def test_who_holds_a_line_is_named_and_that_is_not_the_device_itself(
    binary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = tmp_path / "line"
    device = started(binary, "--pty", str(line))
    shell = "flock $0 sleep 30 >/dev/null & echo $!"  # of nobody here
    try:
        pid = int(subprocess.check_output(["sh", "-c", shell, str(line)]))
        try:
            for _ in range(200):  # until it has it
                assert main(["hil", "check", f"serial://{line}", "Wheels", "--still"]) in (0, 2)
                said = capsys.readouterr().err
                if said:
                    break
        finally:
            subprocess.run(["pkill", "-P", str(pid)], check=False)
            os.kill(pid, signal.SIGKILL)
        assert "another program holds it: end that one first (process " in said
        assert f"process {pid} (flock)" in said and "wheels" not in said.partition("first (")[2]
    finally:
        device.kill()
        device.communicate()


def test_an_example_is_built_where_it_is_told_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hil", "build", "wheels", "--host", "library", "--out", str(tmp_path / "b")]) == 0
    assert Path(capsys.readouterr().out.strip()).is_file()


def test_a_histogram_is_right_to_three_percent() -> None:
    for exact in (1e-9, 33e-9, 1e-6, 2.4e-3, 0.7, 100.0):
        told = Histogram.of([exact] * 10 + [exact * 1000.0]).at(0.5)
        assert exact <= told * (1.0 + 1e-9) and told <= exact * 1.035 + 1e-9
    both = Histogram.of([0.001] * 98 + [0.1] * 2)
    assert both.at(0.98) < 0.0011 and both.at(0.99) >= 0.1 and both.largest == 0.1
    assert Histogram().at(0.5) == 0.0
