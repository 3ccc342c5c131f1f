"""A run in memory is the run over ZeroMQ and files, message by message; looking changes none."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import Kill
from ground.testbed.run import Run, RunOptions
from tests.ground.testbed.test_run import small_mission

if TYPE_CHECKING:
    from conftest import Fly

pytestmark = pytest.mark.mission

BEGIN = 9.4 * SOL_SECONDS  # the rover has come down from the lander
EACH = {"surface": 1, "short": 1, "nominal": 15}  # messages that are published from look to look
KILLS = (Kill("lander", 2.0 * SOL_SECONDS), Kill("ground", 9.2 * SOL_SECONDS))


@pytest.mark.check
def test_queues_and_stores_in_memory_change_no_message(flown: "Fly", tmp_path: Path) -> None:
    """Nor in the missions that are looked at below."""
    mission = load_mission("off_nominal_orbit")
    memory = fly_mission(mission, tmp_path / "run", RunOptions(), Virtual(in_memory=True))
    assert memory.log_sha256 == flown("off_nominal_orbit").summary["log_sha256"]
    assert run_complaints(tmp_path / "run") == []  # reads the stores and the archive as files


def test_two_deaths_and_a_power_cut_lose_in_memory_what_they_lose_in_files(tmp_path: Path) -> None:
    mission = small_mission(tmp_path, sols=10.5)

    def fly(in_memory: bool) -> tuple[str, int]:
        cuts: list[str] = []

        def burden(run: Run) -> None:
            """A short circuit, until the rover's battery is empty."""
            cuts[:] = [name for _, name in run.power_cuts.cuts]
            shorted = run.now() > BEGIN and not cuts
            run.hardware.vehicles["rover"].electrical.set_load(
                "short circuit", 1900.0 if shorted else 0.0
            )

        folder = tmp_path / str(in_memory)
        host = Virtual(in_memory=in_memory)
        options = RunOptions(kills=KILLS)
        record = fly_mission(mission, folder, options, host, burden)
        assert cuts == ["rover"] and len(record.kills) == 2
        assert record.boots["rover"] == 2 and record.violations == []
        return record.log_sha256, record.messages

    assert fly(True) == fly(False)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("surface", marks=pytest.mark.flies("surface")),
        pytest.param("short", marks=[pytest.mark.flies("short"), pytest.mark.check]),
        pytest.param("nominal", marks=[pytest.mark.flies("nominal"), pytest.mark.check]),
    ],
)
def test_who_looks_changes_no_message(flown: "Fly", tmp_path: Path, name: str) -> None:
    """In memory, held against a flight over ZeroMQ at which nobody looks: both at once."""
    messages = looks = 0

    def look(run: Run) -> None:
        """Reads the truth, also between the instants of a display."""
        hardware = run.hardware
        for built in hardware.vehicles.values():
            built.electrical.peek()
        hardware.probes.all()
        assert hardware.conservation.imbalances() == []  # over the whole flight
        for tube in hardware.world.tubes.tube_ids:
            hardware.world.tubes.state(tube)
        run.progress()
        run.auditor.statement()

    def watch(run: Run) -> None:
        def heard(message: object) -> None:
            nonlocal messages, looks
            messages += 1
            if messages % EACH[name] == 0:
                looks += 1
                look(run)

        if not run.observers:  # this is called now and then
            run.observers.append(heard)

    host = Virtual(in_memory=True)
    record = fly_mission(load_mission(name), tmp_path / "run", RunOptions(), host, watch)
    assert record.log_sha256 == flown(name).summary["log_sha256"]
    assert looks > 1000
    assert run_complaints(tmp_path / "run") == []
