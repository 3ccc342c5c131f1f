"""A recorded device flies beside a real one, and another time beside simulated ones alone."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ground.cli import main
from sim_hw.bench.building import build
from tests.missions.bench_desks import Desk, events

pytestmark = [
    pytest.mark.mission, pytest.mark.processes, pytest.mark.check, pytest.mark.usefixtures("locks"),
]  # fmt: skip

BATTERY = """\
  rover.battery:
    mode: real
    wire: other
    identity: {interface: Battery}
"""
TAPED = """\
  rover.battery:
    mode: replay
    recording: run
    identity: {interface: Battery}
"""


@pytest.fixture
def battery(tmp_path: Path) -> Iterator[Path]:
    """The line of one in C."""
    line = tmp_path / "other"
    with subprocess.Popen(
        [build("battery", "posix", tmp_path), "--pty", str(line)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            while process.stdout.readline().strip() != "ready":
                assert process.poll() is None
            yield line
        finally:
            process.kill()


def fly(file: Path, out: Path) -> tuple[int, dict[str, Any], dict[str, Any]]:
    words = ["fly", "long_drive", "--bench", str(file), "--in-memory", "--quiet", "--no-pictures"]
    code = main([*words, "--out", str(out)])
    return (
        code, json.loads((out / "bench.json").read_text()),
        json.loads((out / "summary.json").read_text()),
    )  # fmt: skip


def test_what_a_device_said_is_said_again_beside_a_real_one_and_beside_none(
    desk: Desk, battery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = desk.bench()
    wires = f'wires:\n  other: {{address: "serial://{battery}"}}\n'
    real = file.read_text().replace("wires:\n", wires, 1)
    file.write_text(real + BATTERY)
    assert fly(file, tmp_path / "run")[0] == 0

    file.write_text(file.read_text().replace(BATTERY, TAPED).replace(wires, "wires:\n"))
    code, told, summary = fly(file, tmp_path / "beside")
    taped = told["devices"]["rover.battery"]
    assert code == 0 and taped["mode"] == "replay" and taped["state"] == "armed"
    assert taped["recorded"]["answered"] > 20 and taped["recorded"]["refused"] == 0
    assert summary["evidence"]["options"]["devices"]["rover.battery"] == "replay"
    assert [each for each in summary["because"] if "rover.battery" in each] == []
    armed = [each["text"] for each in events(tmp_path / "beside", "device_armed")]
    assert any("The recorded rover.battery" in each for each in armed), armed
    assert any("The real rover.wheels" in each for each in armed), armed
    assert main(["hil", "report", str(tmp_path / "beside")]) in (0, 3)
    assert "rover.battery: replay of run: " in capsys.readouterr().out

    again = ["fly", "--from", str(tmp_path / "beside"), "--in-memory", "--quiet", "--no-pictures"]
    assert main([*again, "--out", str(tmp_path / "again")]) == 0
    flown = json.loads((tmp_path / "again" / "summary.json").read_text())
    assert flown["log_sha256"] == summary["log_sha256"]

    # Nothing is real: as fast as simulation, and the same each time.
    tapes = real[: real.index("wires:")] + "wires: {}\n" + real[real.index("devices:") :]
    tapes = tapes.replace("mode: real\n    wire: pty", "mode: replay\n    recording: run") + TAPED
    file.write_text(tapes)
    hashes = set()
    for name in ("one", "two"):
        code, told, summary = fly(file, tmp_path / name)
        wheels = told["devices"]["rover.wheels"]["recorded"]
        assert summary["deterministic"] is True and wheels["answered"] > 20
        assert code == (3 if wheels["refused"] else 0)
        hashes.add(summary["log_sha256"])
    assert len(hashes) == 1
