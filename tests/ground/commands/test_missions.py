"""`msr missions` says of each mission how it is called, how long it takes and what happens."""

import pytest

from ground.cli import main
from ground.commands.missions import mission_names
from ground.missions.mission import load_mission


def test_every_mission_is_listed_in_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["missions"]) == 0
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 80
    together = " ".join(told.split())
    assert "short" in mission_names()
    for name in mission_names():
        mission = load_mission(name).mission
        assert f"{name}: {mission.title}" in together
        assert f"some {mission.expected_duration:g} sols" in together
        assert mission.description.strip() and " ".join(mission.description.split()) in together
