"""The burns of the MAV with its nozzle in C, told 50 times a second where to be: pty and TCP."""

import json
import subprocess
from pathlib import Path

import pytest

from ground.cli import main
from sim_hw.bench.building import build

pytestmark = [pytest.mark.mission, pytest.mark.processes, pytest.mark.check]

PORT = 45_931


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("wire", ["pty", "tcp"])
def test_orbit_is_reached_and_the_timing_is_told_beside_the_floor(
    wire: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    binary = build("nozzle", "posix", tmp_path)
    place = str(tmp_path / "line") if wire == "pty" else str(PORT)
    device = subprocess.Popen([binary, f"--{wire}", place], stdout=subprocess.PIPE, text=True)
    try:
        assert device.stdout is not None
        while device.stdout.readline().strip() != "ready":
            assert device.poll() is None
        file = tmp_path / "desk.yaml"
        text = Path("configs/benches/nozzle_on_a_pty.yaml").read_text()
        address = f"serial://{place}" if wire == "pty" else f"tcp://127.0.0.1:{place}"
        file.write_text(text.replace("serial:///tmp/threeforks-nozzle", address))
        words = ["fly", "short", "--bench", str(file), "--in-memory", "--quiet", "--no-pictures"]
        assert main([*words, "--out", str(tmp_path / "run")]) == 0
    finally:
        device.kill()
        device.communicate()
    told = json.loads((tmp_path / "run" / "bench.json").read_text())
    steer = told["devices"]["mav.effectors"]["methods"]["steer"]
    # How many were late is for the verdict to say, not for a test on a machine that others use.
    assert steer["n"] > 5_000 and steer["unanswered"] < 0.02 * steer["n"]
    late = steer["misses"] > told["most_misses"] * steer["n"]
    floor = told["floor"]["miss_rate"] > told["most_misses"]
    assert told["timing"] == ("unknown" if floor else "missed" if late else "ok")
    assert told["floor"]["lateness"]["n"] >= 80 and steer["lateness"]["n"] == steer["n"]
    assert steer["response"]["n"] == steer["n"] - steer["unanswered"]
    assert told["recording"]["dropped"] == 0 and told["recording"]["whole"]
    assert "testsuite" in (tmp_path / "run" / "bench.junit.xml").read_text()
    assert "<svg" in (tmp_path / "run" / "bench.html").read_text()
