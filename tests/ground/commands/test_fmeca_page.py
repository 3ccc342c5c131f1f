"""The worksheet of failure modes: what drills break, and which of them shows each protection."""

from pathlib import Path

import pytest

from ground.reference import fmeca_page as module
from ground.reference.fmeca_page import fmeca_page, read_severities
from ground.testbed.participants.vehicles import vehicle_class

DRILL = """\
format: 1
title: The rover's gauge, and its radio
scenario: surface
start: {at: {state: rover.surface}, delay: 2 h}
horizon: 1 sol
protects: [save_power]
faults:
  - {id: load, world: rover, kind: parasitic_load, power: {value: 9, unit: W}}
  - {id: load_again, world: rover, kind: parasitic_load, power: {value: 9, unit: W}}
within:
  detect: {monitor: battery_critical, of: rover, in: 1 h}
  recover: {state: rover.surface, in: 2 h}
cases:
  quiet: {title: No fault, faults: []}
  loud: {title: As above}
"""


@pytest.fixture
def drills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "drills" / "protections"
    folder.mkdir(parents=True)
    (folder / "gauge.yaml").write_text(DRILL)
    monkeypatch.setattr(module, "find_configuration", lambda *_: tmp_path / "missions" / "x.yaml")
    return tmp_path


def written(severities: module.Severities) -> list[list[str]]:
    kinds = [vehicle_class("rover"), vehicle_class("perseverance")]
    text = fmeca_page(kinds, {}, severities)[module.PATH]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_fault_of_a_drill_is_one_row_with_what_detects_and_compensates_it(drills: Path) -> None:
    (row,) = [cells for cells in written({}) if cells[0] == "`rover`"]
    assert row[2:] == [
        "`parasitic_load` (power 9 W)", "state rover.surface, 2 h later",
        "monitor battery_critical of rover in 1 h", "`save_power`", "`gauge.loud`",
    ]  # fmt: skip


def test_severity_is_what_was_flown_of_that_fault_in_that_drill(drills: Path) -> None:
    sheet = drills / "fmeca.csv"
    assert read_severities(sheet) == {}
    head = "item,failure mode,severity,with compensation,drill\n"
    sheet.write_text(head + "rover,parasitic_load,1 lost,4 minor,gauge.loud\n")
    (row,) = [cells for cells in written(read_severities(sheet)) if cells[0] == "`rover`"]
    assert row[-2:] == ["1; with it 4", "`gauge.loud`"]
    sheet.write_text(head + "rover,parasitic_load,1 lost,4 minor,gauge.quiet\n")
    (row,) = [cells for cells in written(read_severities(sheet)) if cells[0] == "`rover`"]
    assert "1" not in row[-2], "a flight of another drill"


def test_a_protection_is_shown_for_the_vehicle_that_the_drill_is_about(drills: Path) -> None:
    rows = {(cells[0], cells[1]): cells[3] for cells in written({}) if len(cells) == 4}
    assert rows["rover", "`save_power`"] == "`gauge.loud`"
    assert rows["perseverance", "`save_power`"] == "–", "it has one of the same name"
    assert rows["all", "`watchdog`"] == "–"
    assert ("rover", "`battery_critical`") not in rows, "shown with its response"
