"""A ground that cannot go on with what is in its folder says so, and starts nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import ConfigurationError
from flight.lander.rhythm import Energy, Rhythm
from flight.runtime.bus import Bus, Fabric
from flight.runtime.common_clock import ClockKeeper
from ground.mission_control import MissionClock
from ground.mission_control.mission_control import ARCHIVE_FILE
from ground.missions.mission import load_mission
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.control_room.control_room import direct_hours, make_mission_control
from ground.testbed.host import GROUND
from ground.testbed.participants.roles import owner_of
from ground.testbed.participants.vehicles import vehicle_class
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


def test_the_hours_of_the_direct_link_are_those_that_the_lander_keeps() -> None:
    clock = MissionClock(load_mission("short").epoch_jd_tt)
    rhythm = Rhythm.of(load_vehicle_file(vehicle_class("lander"), None).flight)
    listens = direct_hours(clock)["lander"]
    moments = [n * SOL_SECONDS / 400.0 for n in range(800)]
    kept = [rhythm.wanted(clock.jd_tt(at), Energy.AMPLE, safe=False).x_band for at in moments]
    assert [listens(at) for at in moments] == kept
    assert 200 < sum(kept) < 600  # by day alone


def test_perseverance_listens_while_the_sun_is_high_enough_for_it_to_be_awake() -> None:
    clock = MissionClock(load_mission("short").epoch_jd_tt)
    hours = direct_hours(clock)
    begins = [
        next(at for at in range(0, 200_000, 60) if not hours[v](at - 60.0) and hours[v](at))
        for v in ("lander", "perseverance")
    ]
    assert 600 < begins[1] - begins[0] < 1800  # 12 degrees of the Sun's height after 8
