"""Mission control in a process of its own is operated, and killed while it is."""

from pathlib import Path

import pytest

from tests.ground.testbed.processes.killed_ground import check_all, fly_and_kill

DEATHS = 3
SOLS = 2.0


@pytest.mark.check
@pytest.mark.processes
@pytest.mark.requirement("OPS-10")
def test_it_is_operated_over_its_deaths(tmp_path: Path) -> None:
    """In full in `make soak`: tests/soak/test_killed_ground.py."""
    crew, record = fly_and_kill(tmp_path, seed=3, deaths=DEATHS, sols=SOLS)
    check_all(crew, record)
    assert len(crew.killer.killed) == DEATHS and crew.commands >= 2
    assert "--rate" in crew.refused_pace
