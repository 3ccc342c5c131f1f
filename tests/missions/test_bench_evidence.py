"""What a flight on a bench leaves: a recording that is flown again to one hash, a shadow that is
compared, drills with faults of the real line beside the same in simulation."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ground.cli import main
from sim_hw.bench.recording import RECORDING, read_recording
from tests.missions.bench_desks import Desk, events

pytestmark = [
    pytest.mark.mission, pytest.mark.processes, pytest.mark.check, pytest.mark.usefixtures("locks"),
]  # fmt: skip

BAND = "{absolute: 0.05, unit: m}"
MORE = "    faults: [open, short, delay, drop, corrupt, stuck]\n"
DRILL = """
format: 1
title: a fault of the line
scenario: long_drive
start: {{at: {{state: rover.surface.traversing.driving}}}}
horizon: 3 sol
ends: when_met
faults:
  - {{id: cable, line: rover.wheels, {fault}}}
always: [tubes_accounted, driven_within_limits, no_vehicle_lost]
heal: {{at: end_of_faults, then: {{command_completes: rover.drive_to, in: 2.5 sol}}}}
"""


def bench(desk: Desk, mode: str = "real", more: str = MORE) -> str:
    file = desk.bench()
    text = file.read_text().replace("mode: real", f"mode: {mode}")
    file.write_text(text + more)
    return str(file)


def fly(file: str, out: Path) -> dict[str, Any]:
    words = ["fly", "long_drive", "--bench", file, "--in-memory", "--quiet", "--no-pictures"]
    assert main([*words, "--out", str(out)]) == 0
    told: dict[str, Any] = json.loads((out / "bench.json").read_text())
    return told


@pytest.mark.requirement("HIL-01")
def test_its_recording_is_flown_again_to_one_hash_also_where_nothing_else_is_left(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = fly(bench(desk), tmp_path / "run")
    figures = told["recording"]
    assert figures["whole"] and figures["dropped"] == 0 and figures["file"] == RECORDING
    found = list(read_recording(tmp_path / "run" / RECORDING))
    topics = {each.topic for each in found}
    assert {f"/rover.wheels/{what}" for what in ("call", "reply", "effect", "state", "sent",
                                                  "heard")} <= topics  # fmt: skip
    calls = [each.plain() for each in found if each.topic == "/rover.wheels/call"]
    assert len(calls) > 50 and calls == sorted(calls, key=lambda each: each["mission_s"])
    desk.kill()
    assert main(["hil", "replay", str(tmp_path / "run"), "--out", str(tmp_path / "again")]) == 0
    one = ["hil", "replay", str(tmp_path / "run"), "--device", "rover.wheels", "--twice"]
    assert main([*one, "--out", str(tmp_path / "one")]) == 0
    said = capsys.readouterr().out
    assert "twice the same, bit by bit" in said and "calls were answered as they were" in said
    assert "became another" not in said
    alone = tmp_path / "elsewhere"
    alone.mkdir()
    shutil.copy(tmp_path / "run" / RECORDING, alone / "mine.mcap")
    words = ["hil", "replay", str(alone / "mine.mcap"), "--out", str(tmp_path / "third")]
    assert main(words) == 3  # nothing to hold it against, and
    said = capsys.readouterr().out.split()
    hashes = {word for word in said if len(word) == 64}
    assert len(hashes) == 1  # it is the same
    whole = (alone / "mine.mcap").read_bytes()
    (alone / "mine.mcap").write_bytes(whole[: len(whole) // 2])  # as a death leaves it
    words = ["--from", str(alone / "mine.mcap"), "--in-memory", "--quiet", "--no-pictures"]
    assert main(["fly", *words, "--out", str(tmp_path / "torn")]) == 3
    out, err = capsys.readouterr()
    assert "mine.mcap is torn at t=" in err and " messages" in err and "UNKNOWN" in out
    assert json.loads((tmp_path / "torn" / "summary.json").read_text())["verdict"] == "unknown"
    assert main(["hil", "replay", str(alone / "mine.mcap"), "--out", str(tmp_path / "5")]) == 3
    assert "how its run ended is unknown" in capsys.readouterr().out


def test_a_shadow_drives_beside_it_and_the_flight_is_that_of_simulation(
    desk: Desk, tmp_path: Path
) -> None:
    band = f"    tolerance: {{drive.distance: {BAND}, odometer: {BAND}}}\n"
    told = fly(bench(desk, "shadow", band), tmp_path / "run")
    beside = told["devices"]["rover.wheels"]["beside"]
    drives = beside["fields"]["drive.distance"]
    assert told["devices"]["rover.wheels"]["mode"] == "shadow" and beside["compared"] > 50
    assert drives["n"] > 20 and drives["beyond"] == 0 and drives["max"] <= 0.05
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert "a real shadow" in summary["because"][0]
    words = ["fly", "long_drive", "--in-memory", "--quiet", "--no-pictures"]
    assert main([*words, "--out", str(tmp_path / "plain")]) == 0
    plain = json.loads((tmp_path / "plain" / "summary.json").read_text())
    assert summary["mission_seconds"] == plain["mission_seconds"]
    run = str(tmp_path / "run")
    assert main(["hil", "compare", run, run, "--tolerance", "drive.distance=0.05"]) == 0
    assert main(["hil", "compare", run, run, "--tolerance", "drive.distance=0"]) in (0, 1)


def test_a_shadow_that_does_something_else_is_told(desk: Desk, tmp_path: Path) -> None:
    """Its odometer began elsewhere: out of its band from the first reading on."""
    band = f"    tolerance: {{motor_temperature: {BAND.replace('unit: m', 'unit: K')}}}\n"
    fly(bench(desk, "monitor", band), tmp_path / "run")
    told = events(tmp_path / "run", "shadow_diverged")
    assert "has left the band of state.motor_temperature" in told[0]["text"]
    assert "is simulated" in told[0]["text"]


def test_simulated_beside_real_of_two_flights(desk: Desk, tmp_path: Path) -> None:
    fly(bench(desk), tmp_path / "real")
    file = tmp_path / "sim.yaml"
    file.write_text(
        "format: 1\ntitle: simulated\nwires: {}\ndevices: {rover.wheels: {mode: sim}}\n"
    )
    fly(str(file), tmp_path / "sim")
    both = [str(tmp_path / "sim"), str(tmp_path / "real")]
    assert main(["hil", "compare", *both, "--tolerance", "drive.distance=0.05"]) == 0


@pytest.mark.requirement("HIL-05")
@pytest.mark.parametrize("desk", [20.0], indirect=True)
@pytest.mark.parametrize(
    "fault",
    ["kind: open, when: {at: 2 s}, lasts: 4 s", "kind: delay, by: 0.2 s, lasts: 10 s"],
)
def test_a_drill_runs_unchanged_on_the_bench_and_in_simulation(
    desk: Desk, tmp_path: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    drill = tmp_path / "drill.yaml"
    drill.write_text(DRILL.format(fault=fault))
    junit = tmp_path / "drills.xml"
    words = ["drill", str(drill), "--bench", bench(desk), "--workers", "1", "--junit", str(junit)]
    code = main([*words, "--out", str(tmp_path / "drills")])
    said = capsys.readouterr().out
    assert code == 0, said
    assert 'failures="0"' in junit.read_text()
    assert "in simulation PASS: the same" in said and "1 PASS" in said.splitlines()[-1]
    folder = tmp_path / "drills" / "bench" / "001-drill"
    assert (folder / RECORDING).is_file()
    desk.kill()  # the drill is flown again with its faults, and without the device
    assert main(["hil", "replay", str(folder), "--out", str(tmp_path / "again")]) == 0
    assert "all the same, bit by bit" in capsys.readouterr().out
