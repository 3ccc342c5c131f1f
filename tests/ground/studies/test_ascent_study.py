"""Dispersed ascents: closed loop earns its place, and the same numbers come out the same."""

import json
from pathlib import Path

import pytest

from ground.cli import main
from ground.studies.ascent_study import compare, fly_study, judge, markdown, write


def test_closed_loop_beats_open_loop_on_the_same_vehicles(tmp_path: Path) -> None:
    results = fly_study(3, first=21)
    sides = compare(results)
    opened, closed = sides["open loop"], sides["closed loop"]
    assert closed.share_in_both == 1.0
    assert opened.columns["periapsis_km"].deviation > closed.columns["periapsis_km"].deviation
    assert opened.columns["plane_error"].mean > closed.columns["plane_error"].mean
    write(tmp_path, results, sides)
    assert len(json.loads((tmp_path / "ascents.json").read_text())) == 6
    assert "within both" in markdown(sides)
    again = fly_study(1, first=22)
    assert again == [r for r in results if r.seed == 22]


def test_wrong_calls_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "ascent", "--runs", "0"]) == 2
    assert "--runs = 0" in capsys.readouterr().err
    assert main(["study", "ascent", "--cycle", "1"]) == 2
    with pytest.raises(ValueError, match="without runs"):
        judge([])
