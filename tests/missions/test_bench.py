"""Missions on wheels that are a program of their own, on a pty: also killed in mid-drive."""

import asyncio
import itertools
import json
from math import inf
from pathlib import Path
from typing import Any

import pytest

from flight.runtime.forking import BARS, CannotBranch, branch
from flight.runtime.throttled_loop import ThrottledLoop
from ground.cli import main
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.bench.file import load_bench
from ground.testbed.bench.host import Bench, BenchHost
from ground.testbed.operating.run_control import Order
from ground.testbed.record.inputs import InputRefused
from ground.testbed.run import Run, RunOptions
from sim_hw.bench.device_link import ARMED, LOST, READABLE, REFUSED
from sim_hw.bench.recording import RECORDING, read_recording
from tests.missions.bench_desks import BENCH, Cables, Desk, events
from tests.sim_hw.bench.firmware import Firmware

pytestmark = [pytest.mark.mission, pytest.mark.processes, pytest.mark.usefixtures("locks")]

def host(file: Path, **more: Any) -> Bench:
    path, bench = load_bench(str(file))
    return Bench(in_memory=True, file=path, bench=bench, **more)


def states_of(folder: Path) -> list[tuple[int, str]]:
    """What the wheels were, and in which boot, one after the other."""
    told = (each.plain() for each in read_recording(folder / RECORDING)
            if each.topic == "/rover.wheels/state")  # fmt: skip
    return [(each["boot"], each["state"]) for each in told]


def each_boot_was_armed(folder: Path, boots: int) -> None:
    """A device that dies is lost, and armed again as another boot; one that a busy machine loses
    besides, or holds for a while, is armed again as the boot that it was, or as another where its
    clock has lost time in it. A boot that a busy machine lost again before it was armed was never
    armed, and no event tells of it; the recording does."""
    lost, safe, armed = (
        events(folder, f"device_{name}") for name in ("lost", "safe", "armed")
    )  # fmt: skip
    told = [int(each["text"].partition("(boot ")[2].partition(")")[0]) for each in armed]
    states = states_of(folder)
    losses = sum(
        state == LOST and before in READABLE
        for (_, before), (_, state) in itertools.pairwise(states)
    )
    were_armed = {boot for boot, state in states if state == ARMED}
    unarmed = {boot for boot, _ in states} - were_armed - {0}
    assert all((boot, LOST) in states for boot in unarmed), states
    assert told == sorted(told) and set(told) == set(range(1, max(told) + 1)) - unarmed, armed
    assert boots <= max(told) <= 1 + losses, (states, armed)
    died = [each for each in lost if "has said nothing" not in each["text"]]
    assert len(died) >= boots - 1 and len(armed) <= 1 + len(lost) + len(safe), (lost, safe, armed)


def test_the_rover_drives_on_real_wheels(desk: Desk, tmp_path: Path) -> None:
    """What people ask meanwhile that may not be is refused, and changes nothing."""
    refused: list[str] = []

    def look(run: Run) -> None:
        assert isinstance(run.host, BenchHost)
        if not refused and run.host.port.armed:
            for rate, until_ns in ((1.1, None), (inf, None), (0.5, 10**18)):
                with pytest.raises(InputRefused) as no:
                    run.host.pace_asked(rate, until_ns)
                refused.append(str(no.value))

    record = fly_mission(
        load_mission("long_drive"), tmp_path / "run", RunOptions(), host(desk.bench()), look
    )
    assert "rover.wheels is real and armed: allowed is a pace up to 1; make it safe" in refused[0]
    assert refused[1] == refused[0] and "no jump to an instant" in refused[2]
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert record.verdict == "success" and record.violations == []
    assert summary["deterministic"] is False and "rover.wheels is real" in summary["because"][0]
    assert summary["evidence"]["options"]["devices"] == {"rover.wheels": "real"}
    recording = json.loads((tmp_path / "run" / "bench.json").read_text())["recording"]
    assert recording["whole"] and recording["dropped"] == 0 and recording["messages"] > 500


@pytest.mark.check
def test_what_is_armed_bars_jumps_and_copies_and_a_pause_makes_it_safe_first(
    desk: Desk, tmp_path: Path
) -> None:
    file = desk.bench()
    file.write_text(file.read_text().replace("wire: pty\n", "wire: pty\n    arm: required\n", 1))
    said: list[str] = []

    def look(run: Run) -> None:
        if said:
            return
        said.append("looked")
        run.hardware.called.append(lambda service, method: on_call(run, service, method))

    def refused(run: Run, rate: float, until_ns: int | None) -> None:
        assert isinstance(run.host, BenchHost)
        with pytest.raises(InputRefused) as no:
            run.host.pace_asked(rate, until_ns)
        said.append(str(no.value))

    def on_call(run: Run, service: str, method: str) -> None:
        assert isinstance(run.host, BenchHost)
        if (service, method) != ("rover.wheels", "drive") or len(said) > 1:
            return
        assert run.host.port.armed == ["rover.wheels"]
        refused(run, 1.1, None)
        refused(run, inf, None)
        refused(run, 0.5, 10**18)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ThrottledLoop)
        with pytest.raises(CannotBranch, match=r"rover.wheels is real and armed: a copy"):
            branch(loop, lambda: b"")
        with pytest.raises(InputRefused, match="allowed is up to 900 s"):
            run.host.ordered(Order("arm", "ben", "rover.wheels", 901.0))
        with pytest.raises(InputRefused, match=r"allowed is one of rover.wheels"):
            run.host.ordered(Order("arm", "ben", "rover.wings", 9.0))
        run.host.pace_asked(0.0, None)
        assert loop.pace.rate == 0.0
        run.host.pace_asked(1.0, None)
        assert loop.pace.rate == 1.0
        run.host.pace_asked(0.0, None)  # again, on top of it: what it told is still on its way
        run.host.pace_asked(inf, None)  # nothing is armed any more; what works is waited for

    record = fly_mission(
        load_mission("long_drive"), tmp_path / "run", RunOptions(),
        host(file, armed=(("rover.wheels", 600.0),), who="anna"), look,
    )  # fmt: skip
    assert "rover.wheels is real and armed: allowed is a pace up to 1;" in said[1]
    assert said[2] == said[1] and "no jump to an instant" in said[3]
    assert record.violations == [] and BARS == {}
    armed = events(tmp_path / "run", "device_armed")
    assert len(armed) >= 2 and all("by anna, for " in each["text"] for each in armed)
    assert "the run is paused" in events(tmp_path / "run", "device_safe")[0 + 1]["text"]
    assert record.verdict == "success"


@pytest.mark.check
def test_the_record_of_a_bench_flies_again_without_it(desk: Desk, tmp_path: Path) -> None:
    words = ["fly", "long_drive", "--bench", str(desk.bench()), "--in-memory", "--quiet"]
    assert main([*words, "--no-pictures", "--out", str(tmp_path / "run")]) == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    desk.kill()
    again = ["fly", "--from", str(tmp_path / "run"), "--in-memory", "--quiet", "--no-pictures"]
    assert main([*again, "--out", str(tmp_path / "again")]) == 0
    told = json.loads((tmp_path / "again" / "summary.json").read_text())
    assert told["log_sha256"] == summary["log_sha256"] and told["deterministic"] is True
    assert told["evidence"]["options"]["devices"] == {"rover.wheels": "replay"}


@pytest.mark.check
def test_a_spare_that_is_put_in_drives_on_in_a_life_and_with_a_calibration_of_its_own(
    desk: Desk, tmp_path: Path
) -> None:
    file = desk.bench()
    fields = "{motor_temperature: {offset: 7.0}}"
    (file.parent / "spare.yaml").write_text(
        "format: 1\nserial: SN0002\ndate: 2026-01-01\ndue: 2099-01-01\nby: the workshop\n"
        f"fields: {fields}\n"
    )
    spares = "wire: pty\n    spares: [{serial: SN0002, calibration: spare.yaml}]\n"
    file.write_text(file.read_text().replace("wire: pty\n", spares, 1))
    said: list[str] = []
    offsets: list[float] = []

    def look(run: Run) -> None:
        bench = run.host
        assert isinstance(bench, BenchHost)
        right = bench._stands_in["rover.wheels"].calibration
        offsets.append(0.0 if right is None else right.fields["motor_temperature"].offset)
        line = bench.port.lines["rover.wheels"]
        if said and desk.serial == "SN0001" and line.state in (LOST, REFUSED):  # let go of
            desk.serial = "SN0002"
            desk.kill()
            desk.start()
        if said or bench.port.armed == [] or line.moving:
            return
        for serial in ("SN0003", "SN0001"):
            with pytest.raises(InputRefused) as no:
                bench.ordered(Order("swap", "anna", "rover.wheels", kind=serial))
            said.append(str(no.value))
        bench.ordered(Order("swap", "anna", "rover.wheels", kind="SN0002"))

    mission = load_mission("long_drive")
    record = fly_mission(mission, tmp_path / "run", RunOptions(), host(file), look)
    assert said == [
        f"serial = {each!r}: allowed is one of SN0002; SN0001 is wanted there now"
        for each in ("SN0003", "SN0001")
    ]
    each_boot_was_armed(tmp_path / "run", 2)
    lost = events(tmp_path / "run", "device_lost")
    assert "anna has SN0001 taken out for SN0002" in lost[0]["text"]
    assert record.verdict == "success" and record.violations == []
    assert offsets[0] == 0.0 and offsets[-1] == 7.0
    told = json.loads((tmp_path / "run" / "bench.json").read_text())["devices"]["rover.wheels"]
    assert told["identity"]["serial"] == "SN0002" and told["boots"] == 2


@pytest.mark.check
@pytest.mark.parametrize("desk", [20.0], indirect=True)
def test_killed_in_mid_drive_three_times_no_odometer_jump_is_taken_for_a_way(
    desk: Desk, tmp_path: Path
) -> None:
    look = desk.cables.kill_in_mid_drive({3, 8, 13})
    record = fly_mission(
        load_mission("surface"), tmp_path / "run", RunOptions(), host(desk.bench()), look
    )
    assert desk.cables.kills == 3
    each_boot_was_armed(tmp_path / "run", 4)
    assert record.verdict == "success" and record.violations == []


@pytest.mark.check
def test_on_firmware_in_qemu_killed_once_in_mid_drive(tmp_path: Path) -> None:
    firmware = Firmware(tmp_path, speed=20.0)
    try:
        file = tmp_path / "desk.yaml"
        text = BENCH.format(line="/x", serial="M3-0001", rate=24.0)
        file.write_text(text.replace("serial:///x", firmware.address))
        desk = Cables(firmware.kill, firmware.start)
        look = desk.kill_in_mid_drive({6})
        record = fly_mission(
            load_mission("surface"), tmp_path / "run", RunOptions(), host(file), look
        )
        desk.join()
    finally:
        firmware.kill()
    assert desk.kills == 1
    each_boot_was_armed(tmp_path / "run", 2)
    assert record.verdict == "success" and record.violations == []


def test_another_serial_number_is_refused_before_anything_moves(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["fly", "surface", "--bench", str(desk.bench(serial="SN0002")), "--quiet"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert "its serial is SN0001; the bench file wants SN0002" in error and error.count("\n") == 1
    assert not (tmp_path / "run").exists()
