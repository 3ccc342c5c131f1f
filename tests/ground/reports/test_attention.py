"""What a run leaves for somebody to look at: alarms that are open, margins that were missed."""

import json
from pathlib import Path

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.messages import EventReport, Severity
from ground.mission_control.alarms.alarms import Alarms
from ground.mission_control.archive.archive import Archive
from ground.reports.attention import missed_margins, open_alarms

SOL = round(SOL_SECONDS * 1e9)


def said(number: int, name: str, severity: Severity, **data: object) -> EventReport:
    return EventReport("rover", name, severity, number * SOL, f"{name} {number}", data, number)


def slip(number: int, state: str) -> EventReport:
    name = {"RED": "limit_red", "OK": "limit_cleared"}[state]
    severity = Severity.WARNING_HI if state == "RED" else Severity.ACTIVITY_LO
    return said(number, name, severity, channel="slip", state=state)


@pytest.fixture
def alarms(tmp_path: Path) -> Alarms:
    (tmp_path / "ground").mkdir()
    return Alarms(Archive(tmp_path / "ground" / "archive.sqlite"), lambda: 0)


def test_those_that_hold_come_first_and_those_that_are_over_not_at_all(
    alarms: Alarms, tmp_path: Path
) -> None:
    alarms.take(slip(1, "RED"))
    alarms.take(slip(2, "OK"))  # returned, and nobody has seen it
    alarms.take(said(3, "doubt", Severity.WARNING_HI))
    alarms.take(said(4, "doom", Severity.FATAL))
    alarms.take(said(5, "seen", Severity.WARNING_HI))
    alarms.acknowledge(4, "test")  # which closes it: nothing holds
    told = open_alarms(tmp_path)
    assert [(each["name"], each["state"], each["since"]) for each in told] == [
        ("doom", "ACTIVE", 4.0), ("doubt", "ACTIVE", 3.0), ("limit slip", "RETURNED", 1.0),
    ]  # fmt: skip
    assert told[0]["vehicle"] == "rover" and told[0]["text"] == "doom 4"


def test_a_run_without_an_archive_has_no_alarms(tmp_path: Path) -> None:
    assert open_alarms(tmp_path) == []


@pytest.mark.parametrize(
    ("left", "missed"), [(0.2, []), (0.0, []), (-0.09, [{"name": "angle", "left": -0.09}])]
)
def test_a_margin_is_missed_below_zero_alone(
    tmp_path: Path, left: float, missed: list[object]
) -> None:
    assert missed_margins(tmp_path) == []
    figures = {"margins": {"cold gas": 0.5, "angle": left}}
    (tmp_path / "ascent_report.json").write_text(json.dumps(figures), encoding="utf-8")
    assert missed_margins(tmp_path) == missed
