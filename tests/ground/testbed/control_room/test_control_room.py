"""A ground that cannot go on with what is in its folder says so, and starts nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from flight.runtime.bus import Bus, Fabric
from flight.runtime.common_clock import ClockKeeper
from ground.mission_control.mission_control import ARCHIVE_FILE
from ground.missions.mission import load_mission
from ground.testbed.control_room.control_room import make_mission_control
from ground.testbed.host import GROUND
from ground.testbed.participants.roles import owner_of
from ground.testbed.processes.process import Specification, main
from ground.testbed.processes.reporting_pipe import REFUSED, ReadingEnd


@pytest.fixture
def bus() -> Iterator[Bus]:
    fabric = Fabric()
    bus = Bus("mission_control", fabric=fabric)
    yield bus
    bus.close()
    fabric.close()


def _begin(bus: Bus, mission: str, folder: Path) -> None:
    control = make_mission_control(load_mission(mission), bus, folder)
    control.archive.put("procedure", msgspec.to_builtins(control.runner.cursor))
    control.close()


async def test_a_run_is_continued_only_with_its_own_procedure(bus: Bus, tmp_path: Path) -> None:
    _begin(bus, "short", tmp_path)
    _begin(bus, "short", tmp_path)
    with pytest.raises(ConfigurationError, match="holds a run of another procedure or mission"):
        make_mission_control(load_mission("perseverance_delivers"), bus, tmp_path)


async def test_a_file_that_is_no_archive_is_refused(bus: Bus, tmp_path: Path) -> None:
    (tmp_path / ARCHIVE_FILE).write_text("not a database, and long enough to be taken for one" * 9)
    with pytest.raises(ConfigurationError, match="is no archive"):
        make_mission_control(load_mission("short"), bus, tmp_path)


def test_a_process_that_refuses_its_files_says_so_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ground").mkdir()
    (tmp_path / "ground" / ARCHIVE_FILE).write_text("no archive " * 50)
    specification = Specification(
        mission="short", folder=str(tmp_path), seed=1,
        transport="ipc", sockets=str(tmp_path), participants=("hardware", "mission_control"),
    )  # fmt: skip
    names = specification.participants
    ClockKeeper.create(specification.clock_file, names)
    clock = ClockKeeper(specification.clock_file, names, "hardware", owner_of)
    clock.begin()
    file = tmp_path / "specification.json"
    file.write_bytes(msgspec.json.encode(specification))
    reading, writing = os.pipe()
    orders, giving = os.pipe()
    told = ["--report", str(writing), "--orders", str(orders)]
    assert main([GROUND, str(file), *told]) == 2
    for end in (writing, orders, giving):
        os.close(end)
    clock.close()
    frames = list(ReadingEnd(reading).frames())
    assert frames[-1][0] == REFUSED and "is no archive" in frames[-1][1]
    captured = capsys.readouterr()
    assert "is no archive" in captured.err
    assert "Traceback" not in captured.err
