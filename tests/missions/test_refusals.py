"""A mission that is wrong is refused before anything of it is started: file, line, key, value."""

import re
import shutil
from pathlib import Path

import pytest

from flight.configuration.files import configs_folder
from ground.cli import main
from ground.missions.mission import load_mission
from ground.missions.run_folder import RunFolder

MISSION = (configs_folder() / "missions" / "short.yaml").read_text()
FAILING = (configs_folder() / "missions" / "rover_arm_loads.yaml").read_text()
PROCEDURE = (configs_folder() / "procedures" / "rover_arm_loads.yaml").read_text()


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def refused(mission: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Flies a mission that must be refused; returns what is said."""
    out = mission.parent / "run"
    assert main(["fly", str(mission), "--out", str(out), "--no-pictures"]) == 2
    assert not out.exists()
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


@pytest.mark.parametrize(
    ("source", "good", "bad", "key", "value", "allowed"),
    [
        (MISSION, "landing:", "londing:", "londing", "", "landing"),
        (MISSION, "tubes: [", "tubes: 7 #", "tubes", "7", '"all"'),
        (MISSION, "unit: sol", "unit: s", "expected_duration.unit", '"s"', '"sol"'),
        (MISSION, "value: 40,", "value: -40,", "time_limit.value", "-40", "<= 2000"),
        (MISSION, "M2020-00374-10", "M2020-99999", "tubes[1]", "M2020-99999", "M2020-00374-10"),
        (MISSION, "procedure: ", "procedure: un", "procedure", "unto_orbit", "to_orbit"),
        (MISSION, "perseverance_holds:", "vehicles: [arm, amr] #", "vehicles[1]", "amr", "arm"),
        (MISSION, "perseverance_holds:", "vehicles: [arm, arm] #", "vehicles[1]", "arm", "once"),
        (FAILING, "count: 10", "count: 99", "failures[0].tubes.count", "99", "43"),
        (FAILING, "rover_rack", "boot", "failures[0].tubes.place", "boot", "rover_rack"),
        (FAILING, "arm.transfer_arm", "arm.leg", "failures[0].target", "arm.leg", "arm.camera"),
        (FAILING, "mode: brake", "mode: rust", "failures[0].mode", "rust", "joint_stall"),
        (
            FAILING, "mode: brake", "mode: joint_stall\n    options: {joints: 4}",
            "failures[0].options.joints", "", '"joint"',
        ),
        (
            FAILING, "mode: brake", "mode: joint_stall\n    options: {joint: 1.5}",
            "failures[0].options.joint", "1.5", "an integer",
        ),
        (
            FAILING.replace("arm.transfer_arm", "rover.rover_arm"),
            "mode: brake", "mode: joint_stall\n    options: {joint: 99}",
            "failures[0].options.joint", "99", ">= 0 and <= 5",
        ),
        (
            FAILING.replace("arm.transfer_arm", "rover.wheels"),
            "mode: brake", "mode: dead_wheel\n    options: {wheel: 4}",
            "failures[0].options.wheel", "4", ">= 0 and < 4",
        ),
        (
            FAILING.replace("arm.transfer_arm", "lander.battery"),
            "mode: brake", "mode: capacity_fade\n    options: {fraction: -5}",
            "failures[0].options.fraction", "-5", ">= 0 and <= 1",
        ),
        (
            FAILING.replace("arm.transfer_arm", "lander.descent_engines"),
            "mode: brake", "mode: stuck\n    options: {thrust: 1e300}",
            "failures[0].options.thrust", "1e300", "0 to",
        ),
    ],
)  # fmt: skip
@pytest.mark.requirement("RUN-10")
def test_a_wrong_mission_file_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    source: str,
    good: str,
    bad: str,
    key: str,
    value: str,
    allowed: str,
) -> None:
    assert good in source
    file = tmp_path / "mission.yaml"
    text = source.replace(good, bad, 1)
    file.write_text(text)
    said = refused(file, capsys)
    place = re.match(r"msr: (.*):(\d+): ", said)
    assert place is not None, said
    assert place[1].endswith("mission.yaml")
    assert int(place[2]) == line_of(text, bad) + bad.count("\n")
    assert key in said and value in said
    assert allowed in said.partition("allowed is")[2]


def test_a_launch_after_the_end_of_the_mission_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (configs_folder() / "missions" / "return.yaml").read_text()
    file = tmp_path / "mission.yaml"
    file.write_text(re.sub(r"launch_after: {value: [\d.]+", "launch_after: {value: 1999", text))
    said = refused(file, capsys)
    assert "launch_after.value = 1999: allowed is less than time_limit" in said
    file.write_text(re.sub(r"launch_after: {value: [\d.]+", "launch_after: {value: -3", text))
    assert "launch_after.value = -3: allowed is a finite number > 0" in refused(file, capsys)


@pytest.mark.parametrize(
    ("good", "bad", "allowed"),
    [
        ("command: close_lid,", "command: close_lit,", "did you mean close_lid?"),
        ("arguments: {source: rover}", "arguments: {saurce: rover}", "did you mean source?"),
        ("arguments: {source: rover}", "arguments: {source: moon}", '"perseverance"'),
        ("attempts: 3", "attempts: 0", ">= 1"),
        ("channel: mode", "channel: mood", "mode"),
        ("goto lid_open", "goto nowhere", "lid_open"),
        ("part: fetch", "part: fetsh", "did you mean fetch?"),
    ],
)
@pytest.mark.requirement("RUN-10")
def test_a_wrong_procedure_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], good: str, bad: str, allowed: str
) -> None:
    assert good in PROCEDURE
    procedure = tmp_path / "procedure.yaml"
    text = PROCEDURE.replace(good, bad, 1)
    procedure.write_text(text)
    file = tmp_path / "mission.yaml"
    file.write_text(MISSION.replace("procedure: to_orbit", f"procedure: {procedure}"))
    said = refused(file, capsys)
    place = re.match(r"msr: (.*):(\d+): ", said)
    assert place is not None and place[1].endswith("procedure.yaml"), said
    assert abs(int(place[2]) - line_of(text, bad)) <= 3  # the line of the step that it stands in
    assert allowed in said


@pytest.mark.parametrize("name", ["thesis.tex", "pictures/wedding.jpg"])
@pytest.mark.requirement("RUN-11")
def test_a_folder_with_other_things_in_it_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("three years of work")
    assert main(["fly", "short", "--out", str(tmp_path), "--no-pictures"]) == 2
    assert "not of a run" in capsys.readouterr().err
    assert file.read_text() == "three years of work"


@pytest.mark.parametrize("kill", ["rover", "moon@5", "rover@-1", "rover@inf", "rover@soon"])
def test_a_kill_that_says_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kill: str
) -> None:
    out = tmp_path / "run"
    assert main(["fly", "short", "--out", str(out), "--kill", kill]) == 2
    assert "VEHICLE@SECONDS" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("good", "bad", "key", "allowed"),
    [
        ("count: 10", "count: 18", "failures[0].tubes.count = 18", "at most 17"),
        (
            "place: rover_rack, count: 10", "place: arm_gripper, count: 2",
            "failures[0].tubes.count = 2", "at most 1",
        ),
        (
            "place: rover_rack, count: 10", "place: earth, count: 1",
            "failures[0].tubes.count = 1", "at most 0",  # no capsule takes part
        ),
        (
            "tubes: {place: rover_rack, count: 10}", "after_sols: 150",
            "failures[0].after_sols = 150", "less than time_limit (150 sol)",
        ),
    ],
)  # fmt: skip
def test_a_failure_that_can_never_come_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], good: str, bad: str, key: str, allowed: str
) -> None:
    assert good in FAILING
    file = tmp_path / "mission.yaml"
    file.write_text(FAILING.replace(good, bad))
    said = refused(file, capsys)
    assert f": {key}: allowed is {allowed}" in said


@pytest.mark.parametrize("more", ["mode: brake", "options: {joint: 1}"])
def test_a_vehicle_that_is_lost_fails_in_no_mode(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str
) -> None:
    lost = FAILING.replace("what: device", "what: vehicle").replace("arm.transfer_arm", "arm")
    assert "mode: brake" in lost
    file = tmp_path / "mission.yaml"
    file.write_text(lost.replace("mode: brake", more))
    assert f"failures[0].{more[:more.index(':')]}" in (said := refused(file, capsys))
    assert "nothing: a vehicle that is lost fails in no mode" in said


def test_a_failure_that_can_just_come_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "mission.yaml"
    file.write_text(FAILING.replace("count: 10", "count: 17"))
    assert load_mission(str(file)).mission.failures[0].tubes is not None


def earlier_run(tmp_path: Path) -> Path:
    out = tmp_path / "run"
    RunFolder(out).close()
    (out / "summary.json").write_text("earlier")
    return out


def test_a_wrong_file_of_the_links_is_refused_before_an_earlier_run_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = earlier_run(tmp_path)
    configs = tmp_path / "configs"
    shutil.copytree(configs_folder(), configs)
    links = configs / "links" / "nominal.yaml"
    links.write_text("nonsense: 1\n" + links.read_text())
    monkeypatch.setattr("flight.configuration.files.configs_folder", lambda: configs)
    for more in ([], ["--processes"]):
        assert main(["fly", "short", "--out", str(out), *more]) == 2
        assert "nominal.yaml:1: nonsense is not a known key" in capsys.readouterr().err
    assert (out / "summary.json").read_text() == "earlier"


@pytest.mark.parametrize(
    ("name", "good", "bad", "place"),
    [
        ("recovery", "[waking, entry]", "[waking, entyr]", 'critical.lander[1] = "entyr"'),
        ("recovery", "arm: [lander, rover]", "arm: [landr]", 'needs.arm[0] = "landr"'),
        ("recovery", "  mav: [launching]", "  mva: [launching]", "critical.mva = a list of 1"),
        ("vehicles/rover", "heated_by: [", "heated_by: [uhf, uhf, ", "heated_by[1] = "),
    ],
)
def test_a_name_in_a_file_of_all_missions_is_refused_where_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    name: str, good: str, bad: str, place: str,
) -> None:  # fmt: skip
    configs = tmp_path / "configs"
    shutil.copytree(configs_folder(), configs)
    file = configs / f"{name}.yaml"
    text = file.read_text()
    assert good in text
    file.write_text(text.replace(good, bad, 1))
    monkeypatch.setattr("flight.configuration.files.configs_folder", lambda: configs)
    monkeypatch.setattr("ground.missions.protection_files.configs_folder", lambda: configs)
    assert main(["fly", "short", "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert f"{file}:{line_of(text, good)}: " in said and place in said


def test_a_tube_in_two_places_is_refused_before_an_earlier_run_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = earlier_run(tmp_path)
    configs = tmp_path / "configs"
    shutil.copytree(configs_folder(), configs)
    aboard = configs / "world" / "perseverance_tubes.yaml"
    aboard.write_text(aboard.read_text().replace("M2020-00196-04", "M2020-00495-12", 1))
    monkeypatch.setattr("flight.configuration.files.configs_folder", lambda: configs)
    assert main(["fly", "short", "--out", str(out)]) == 2
    assert "M2020-00495-12" in (said := capsys.readouterr().err)
    assert "allowed is the id of a tube that is not in the depot" in said
    assert (out / "summary.json").read_text() == "earlier"


def test_sockets_that_lie_too_deep_are_refused_before_an_earlier_run_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = earlier_run(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("d" * 100)))
    assert main(["fly", "surface", "--processes", "--out", str(out)]) == 2
    assert "a socket path has at most 107 bytes" in capsys.readouterr().err
    assert (out / "summary.json").read_text() == "earlier"


@pytest.mark.parametrize(
    ("good", "bad", "meant"),
    [
        ("arm.transfer_arm", "arm.tranfer_arm", "arm.transfer_arm"),
        ("mode: brake", "mode: brakes", "brake"),
        ("procedure: rover_arm_loads", "procedure: rover_arm_load", "rover_arm_loads"),
    ],
)
def test_a_name_that_is_nearly_right_is_refused_with_the_right_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], good: str, bad: str, meant: str
) -> None:
    file = tmp_path / "mission.yaml"
    file.write_text(FAILING.replace(good, bad, 1))
    assert f"(did you mean {meant}?)" in refused(file, capsys)
