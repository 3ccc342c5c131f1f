"""A drill in a run that people operate: begun by a trainer, done by the crew, judged."""

import json
from pathlib import Path
from typing import Any

import pytest

from ground.drills.begun import drills_of
from ground.drills.results import read_results
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.hosts.throttled import Throttled
from ground.testbed.record.session import read_session
from ground.testbed.run import RunOptions
from tests.ground.testbed.operating.operated import Act, Crew, asks, crewed, enough, until

pytestmark = [pytest.mark.mission, pytest.mark.xdist_group("asked")]

FILE = Path("configs/drills/crew/battery_gauge.yaml")
BEGIN = 800_000.0
# After the last that anybody asks, so that this too comes in when it is flown again.
END = BEGIN + 20 * 3600.0 + 60.0
STATUS: dict[str, Any] = {"vehicle": "lander", "command": "report_status", "arguments": {}}


def fly(out: Path, crew: Crew, **options: Any) -> RunRecord:
    """As people operate it, with drills."""
    kind = crewed(crew, **options)
    return fly_mission(load_mission("surface"), out, RunOptions(drills=drills_of), kind)


def noted(name: str) -> Act:
    def note(crew: Crew) -> None:
        crew.seen[name] = crew.answers[-1]

    return note


def look(name: str) -> tuple[Act, ...]:
    """What the trainer and one of the crew are told of the drill now."""
    return (
        asks("anna", "drill"), noted(f"{name} anna"), asks("eve", "drill"), noted(f"{name} eve"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Crew, RunRecord]:
    folder = tmp_path_factory.mktemp("people") / "run"
    text = FILE.read_text()
    other = text.replace("scenario: surface", "scenario: short").replace("800000 s", "10 s")
    second = text.replace("id: gauge", "id: gauge_again").replace("800000 s", "990000 s")
    begin: dict[str, Any] = {"name": "crew/battery_gauge", "text": text}
    crew = Crew(
        until(BEGIN - 1000.0),
        asks("anna", "drill_files"), noted("files"),
        asks("ben", "drill_files"), noted("files ben"),
        asks("anna", "drill_files", name="crew/battery_gauge"), noted("file"),
        asks("anna", "drill_files", name="../operators/demo"), noted("no file"),
        *look("before"),
        asks("ben", "drill_begin", **begin), noted("no trainer"),
        asks("anna", "drill_begin", **{**begin, "text": "format: 1"}), noted("no drill"),
        asks("anna", "drill_begin", **{**begin, "text": other}), noted("another scenario"),
        asks("anna", "drill_begin", **begin, case="night"), noted("no case"),
        asks("anna", "drill_end"), noted("nothing to end"),
        asks("anna", "drill_begin", **begin, stand=True), noted("begun"),
        asks("anna", "drill_begin", **begin), noted("two"),
        *look("waiting"),
        lambda crew: crew.loop.set_pace(float("inf")),  # it stands where the drill begins
        *look("under way"),
        asks("ben", "authority_take", vehicle="lander"),
        asks("ben", "stage", **STATUS),
        asks("ben", "release", stages=["st-1"]),  # before anybody was asked
        until(BEGIN + 4 * 3600.0),
        *look("asked"),
        asks("ben", "stage", **STATUS),
        asks("ben", "release", stages=["st-2"]),
        *look("done"),
        until(BEGIN + 20 * 3600.0),
        *look("over"),
        asks("anna", "drill_begin", **begin, now=True), noted("again"),
        asks("anna", "drill_begin", **{**begin, "text": second}), noted("second"),
        *look("second waits"),
        asks("anna", "drill_end"),
        *look("second ended"),
        until(END), enough,
    )  # fmt: skip
    return folder, crew, fly(folder, crew)


def test_the_files_of_the_scenario_are_offered_to_trainers(flown: Any) -> None:
    seen = flown[1].seen
    names = {each["name"]: each for each in seen["files"]["result"]["drills"]}
    assert names["crew/battery_gauge"]["steps"] == 1
    assert "anomalies/d11_opportunity_threshold" not in names  # of another scenario
    assert "drill_files needs the role trainer" in seen["files ben"]["refused"]
    assert seen["file"]["result"]["text"] == FILE.read_text()
    assert "name = '../operators/demo'" in seen["no file"]["refused"]


def test_what_is_no_drill_here_is_refused_and_nothing_begins(flown: Any) -> None:
    seen = flown[1].seen
    assert "drill_begin needs the role trainer" in seen["no trainer"]["refused"]
    assert "battery_gauge.yaml" in seen["no drill"]["refused"]
    assert "/tmp" not in seen["no drill"]["refused"]
    assert "scenario = short: surface is flown here" in seen["another scenario"]["refused"]
    assert "the file has no cases" in seen["no case"]["refused"]
    assert "no drill waits or is under way" in seen["nothing to end"]["refused"]
    assert "one drill at a time" in seen["two"]["refused"]
    assert "gauge was armed already" in seen["again"]["refused"]
    assert seen["before anna"]["result"] == {"state": "none", "prompts": []}


def test_the_crew_learns_what_is_asked_and_no_more_before_the_end(flown: Any) -> None:
    seen = flown[1].seen
    assert seen["begun"]["result"]["starts"] == "800000 s"
    assert seen["waiting anna"]["result"]["state"] == "waiting"
    assert seen["waiting eve"]["result"] == {"state": "none", "prompts": []}
    under_way = seen["under way anna"]["result"]
    assert under_way["state"] == "under_way" and under_way["began_ns"] == 800_000 * 10**9
    [coming] = under_way["prompts"]
    assert (coming["state"], coming["command"]) == ("not_yet", "report_status")
    assert seen["under way eve"]["result"] == {"state": "none", "prompts": []}
    [asked] = seen["asked eve"]["result"]["prompts"]
    assert asked["prompt"].startswith("the lander has told") and asked["state"] == "asked"
    assert "command" not in asked and "title" not in seen["asked eve"]["result"]


def test_that_another_drill_waits_no_crew_sees(flown: Any) -> None:
    """To them the last one is over until they are asked for something again."""
    seen = flown[1].seen
    assert seen["second"]["result"]["starts"] == "990000 s"
    assert seen["second waits anna"]["result"]["state"] == "waiting"
    for when in ("second waits eve", "second ended eve", "second ended anna"):
        told = seen[when]["result"]
        assert told["state"] == "over" and told["verdict"] == "PASS"
    assert seen["second waits eve"]["result"] == seen["over eve"]["result"]


@pytest.mark.requirement("OPS-12")
def test_it_is_asked_when_the_ground_has_heard_and_judged_by_when_people_acted(flown: Any) -> None:
    folder, crew, _ = flown
    [asked] = crew.seen["asked anna"]["result"]["prompts"]
    told = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    warned = next(
        each["time_ns"] for each in told
        if each["time_ns"] >= 800_000 * 10**9 and each["source"] == "lander"
        and each["severity"].startswith("WARNING")
    )  # fmt: skip
    assert asked["asked_ns"] >= warned + 180 * 10**9  # light time at least
    assert asked["done_ns"] is None, "what was sent before is no answer"
    [done] = crew.seen["done anna"]["result"]["prompts"]
    assert (done["state"], done["by"]) == ("in_time", "ben")
    over = crew.seen["over eve"]["result"]
    assert (over["state"], over["verdict"], over["because"]) == ("over", "PASS", [])
    assert over["title"].startswith("The gauge") and over["faults"][0]["hits"] > 0
    assert [each["name"] for each in over["within"]] == ["detect", "answer"]
    assert all(each["held"] for each in over["within"])
    assert over["prompts"][0]["by"] == "ben"


def test_it_leaves_its_record_and_a_page(flown: Any) -> None:
    folder = flown[0]
    [shown] = read_results(folder / "drills.jsonl", "--from")
    assert shown.judged.verdict == "PASS" and shown.judged.record.how == "with people"
    [waited] = [each for each in shown.judged.record.within if each.name == "operator1"]
    assert waited.took is not None and 0.0 < waited.took <= waited.limit
    assert shown.told.again == "msr fly --from RUN_FOLDER --out FOLDER"
    assert "The gauge of the lander" in (folder / "drills.html").read_text()


@pytest.mark.check
@pytest.mark.requirement("OPS-12")
def test_it_flies_again_with_its_drill_from_the_record_alone(flown: Any, tmp_path: Path) -> None:
    folder, _, first = flown
    session = read_session(folder)
    crew = Crew(until(END), enough)
    again = fly(tmp_path / "again", crew, session=session, serve=True)
    assert again.figures.log_sha256 == first.figures.log_sha256
    lines = [(each / "drills.jsonl").read_bytes() for each in (folder, tmp_path / "again")]
    one, other = (json.loads(line) for line in lines)
    assert one["judged"]["verdict"] == other["judged"]["verdict"] == "PASS"
    assert one["judged"]["record"]["within"] == other["judged"]["record"]["within"]


def test_in_a_run_that_is_not_held_back_there_are_none() -> None:
    kind = Throttled()
    assert RunOptions(drills=drills_of) == RunOptions() and kind.serve
