"""Drills as they are flown: branches of one trunk, and alone over ZeroMQ."""

import sys
from pathlib import Path

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from ground.cli import main
from ground.drills.campaign import Campaign, Task, tasks_of
from ground.drills.drill import Drill
from ground.drills.record import Judged
from ground.drills.variants import load_variants
from ground.drills.workers import LocalWorkers

pytestmark = pytest.mark.mission

DRILL = """\
format: 1
title: The gauge of the lander's battery {what}
scenario: surface
start: {{at: {start}}}
horizon: 3 h
faults:
  - {{id: gauge, device: lander.battery, method: state, kind: {kind}, fields: [voltage],
     when: {{at: 10 min}}, lasts: 1 h}}
always: [tubes_accounted, energy_closes, "battery.lander >= {floor}"]
within:
  back: {{holds: "lander.battery_voltage > 0 V", in: 1 h, since: end}}
"""


def variants(tmp_path: Path, *texts: str) -> list[Drill]:
    drills = []
    for number, text in enumerate(texts):
        file = tmp_path / f"drill{number}.yaml"
        file.write_text(text)
        drills += load_variants(file)
    return drills


def fly(tmp_path: Path, *texts: str, workers: int = 1, **more: object) -> list[Judged]:
    drills = variants(tmp_path, *texts)
    campaign = Campaign(LocalWorkers(workers), workers, tmp_path)
    return campaign.fly(tasks_of(drills, **more))


def drill(kind: str = "not_a_number", start: str = "1 h", floor: float = 0.15) -> str:
    return DRILL.format(what="lies", start=start, kind=kind, floor=floor)


def test_a_branch_is_the_flight_from_the_beginning_over_zeromq(tmp_path: Path) -> None:
    (branched,) = fly(tmp_path, drill())
    (alone,) = fly(tmp_path, drill(), alone=True)
    record = branched.record
    assert (record.began, record.ended, record.end) == (3600.0, 14400.0, "horizon")
    assert record.faults[0].hits > 0 and record.faults[0].ended == 3600.0 + 600.0 + 3600.0
    assert record.sha256 == alone.record.sha256 != ""
    assert record.broken == alone.record.broken and record.within == alone.record.within
    assert (record.how, alone.record.how) == ("branch", "alone, over ZeroMQ")


def test_drills_of_one_trunk_do_not_see_each_other(tmp_path: Path) -> None:
    """One of them breaks things, the other does not; in whichever order."""
    one = fly(tmp_path, drill(), drill(start="45 min"), drill(floor=0.999))
    two = fly(tmp_path, drill(floor=0.999), drill())
    assert one[0].record.sha256 == two[1].record.sha256
    assert one[2].record.sha256 == one[0].record.sha256  # who judges changes nothing
    assert [each.verdict for each in one][2] == "FAIL"
    assert "battery.lander >= 0.999 did not hold" in one[2].because[0]


def test_it_may_end_when_all_has_come_and_where_nothing_hits_another_is_flown(
    tmp_path: Path,
) -> None:
    """From one start: to the horizon, until all has come, and one that has no effect at first."""
    wanted = drill() + "ends: when_met\n"
    idle = wanted.replace("at: 10 min", "after: lander.energy_low") + "heal: {at: 90 min}\n"
    nonsense = wanted.replace("not_a_number", "out_of_reach")
    plain, met, other = tasks_of(variants(tmp_path, drill(), wanted, idle))
    job = msgspec.structs.replace(
        other.job, wants_effect=True, instead=(idle, nonsense, wanted, drill())
    )
    campaign = Campaign(LocalWorkers(1), 1, tmp_path)
    horizon, early, instead = campaign.fly([plain, met, Task(other.drill, job)])
    assert horizon.record.ended == 14_400.0 and horizon.record.end == "horizon"
    (back,) = early.record.within
    assert early.verdict == "PASS" and back.met is not None
    assert early.record.ended == pytest.approx(back.met + 0.7321)
    assert early.record.callbacks < horizon.record.callbacks
    assert instead.record.drill == f"{other.drill.name}-3"  # two without a hit or a meaning
    assert instead.verdict == "PASS" and instead.record.ended == early.record.ended
    assert instead.record.cpu > 0.0


@pytest.mark.check
def test_a_start_that_never_comes_is_unknown_and_a_fault_without_a_hit_too(tmp_path: Path) -> None:
    late = drill().replace("start: {at: 1 h}", "start: {at: {event: mav.container_sealed}, nth: 2}")
    missed = drill().replace("at: 10 min", "after: lander.energy_low")
    never, unhit = fly(tmp_path, late, missed)
    assert never.verdict == "UNKNOWN" and "never began" in never.because[0]
    assert unhit.verdict == "UNKNOWN"
    assert any("never hit" in reason for reason in unhit.because)
    assert any("counts from never came" in reason for reason in unhit.because)


OPERATOR = """
operator:
  - prompt: look at the gauge
    after: {event: lander.reading_invalid}
    do: lander.report_status
    delay: 10 min
    deadline: %s
"""


@pytest.mark.check
def test_the_operator_s_stand_in_does_what_it_is_told_and_is_held_to_its_deadline(
    tmp_path: Path,
) -> None:
    wanted = "  answered: {command_completes: lander.report_status, in: 2 h}\n"
    text = drill() + wanted + OPERATOR
    good, never = fly(
        tmp_path, text % "10 min",
        (text % "1 h").replace("lander.reading_invalid", "lander.energy_low"),
    )  # fmt: skip
    (asked,) = [w for w in good.record.within if w.name == "operator1"]
    assert asked.took == pytest.approx(600.0) and good.verdict == "PASS", good.because
    with pytest.raises(ConfigurationError, match="at most the deadline"):
        variants(tmp_path, text % "9 min")
    assert never.record.within[-1].since is None and never.verdict == "FAIL"


def test_a_branch_without_an_end_fails_and_tells_what_works(tmp_path: Path) -> None:
    (task,) = tasks_of(variants(tmp_path, drill()))
    bounded = Task(task.drill, msgspec.structs.replace(task.job, most=20))
    (judged,) = Campaign(LocalWorkers(1), 1, tmp_path).fly([bounded])
    assert judged.verdict == "FAIL" and judged.record.end == "TooManyCallbacks"
    (broken,) = [each for each in judged.record.broken if each.what == "no_deadlock"]
    assert "callbacks at t =" in broken.detail and "lander" in broken.detail
    assert ".py:" in broken.detail  # where each of them is


@pytest.mark.check
def test_one_that_takes_too_long_is_tried_once_more_and_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(Campaign, "surveys", lambda self, names: asked.append(list(names)))
    campaign = Campaign(LocalWorkers(1), 1, tmp_path, patience=0.001)
    (judged,) = campaign.fly(tasks_of(variants(tmp_path, drill())))
    assert judged.verdict == "ERROR" and "took more than 0.001 s" in judged.because[0]
    assert asked == [["surface"]]  # with a bound on its work, the second time


def test_a_worker_that_dies_is_an_error_of_the_harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = (sys.executable, "-c", "import sys; sys.stderr.write('out of wind'); sys.exit(7)")
    monkeypatch.setattr("ground.drills.workers.COMMAND", dying)
    (judged,) = fly(tmp_path, drill())
    assert judged.verdict == "ERROR"
    assert "ended with 7" in judged.because[0] and "out of wind" in judged.because[0]


def test_a_protection_without_which_nothing_is_lost_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gauge.yaml"
    file.write_text(drill() + "protects: [reading_gate]\n")
    words = ["drill", str(file), "--score", "--quiet", "--out", str(tmp_path / "out")]
    assert main(words) == 0
    told = capsys.readouterr().out
    verdicts = "without reading_gate it is PASS when nothing breaks, and PASS with its faults"
    assert f"NOT SHOWN gauge: {verdicts}" in told
    assert "protection score: 0% (0 of 1)" in told
