"""Mission control whose archive takes no more ends as a process does, and goes on when there is
room."""

from pathlib import Path

import pytest

from ground.testbed.host import HostKind
from ground.testbed.hosts.virtual import Virtual
from sim_hw.faults.node_kinds import Crash
from sim_hw.faults.store_kinds import Dead, Full
from tests.ground.testbed.faults.flights import IN_MEMORY, Flight, at, fault, flown

SOLS = 0.01


def deaths(flight: Flight) -> list[float]:
    """When mission control died of its archive, but for a death at the very beginning."""
    told = [e for e in flight.events("run", "process_died") if e[1].data["role"] == "ground"]
    assert all("archive.sqlite" in event.data["how"] for _, event in told)
    return [time for time, _ in told]


@pytest.mark.parametrize(
    "host", [IN_MEMORY, pytest.param(Virtual(), marks=pytest.mark.check)], ids=["memory", "files"]
)
def test_it_ends_where_it_writes_and_is_started_after_longer_pauses_until_there_is_room(
    host: HostKind, tmp_path: Path
) -> None:
    full = fault("full", "store:ground", Full(), at(0.0), 89.0)
    flight = flown(tmp_path, full, host=host, sols=SOLS)
    assert deaths(flight) == [30.0]
    assert [hit["time"] for hit in flight.of("full", "hit")] == [0.0, 30.0]
    assert flight.record.boots["ground"] == 3
    assert "not ended within the time limit" in flight.record.outcome.reason


def test_one_that_does_not_open_is_waited_for_and_the_run_ends_without_it(tmp_path: Path) -> None:
    dead = fault("dead", "store:ground", Dead(), at(1.0))
    flight = flown(tmp_path, dead, fault("crash", "node:ground", Crash(), at(20.0)), sols=SOLS)
    assert deaths(flight) == pytest.approx([50.0, 80.0, 140.0, 260.0, 500.0])
    assert "not ended within the time limit" in flight.record.outcome.reason
    assert (tmp_path / "run" / "ground" / "archive.sqlite").stat().st_size > 0
