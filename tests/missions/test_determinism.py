"""One seed, one message log: on every run, hash seed and load; and any order of what is ready."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.reports.run_check import run_complaints
from ground.testbed.evidence.fingerprint import Comparison, compare
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.run import RunOptions

if TYPE_CHECKING:
    from conftest import Fly

pytestmark = pytest.mark.mission

# Now and then: a load that comes and goes is the worse one, and leaves the cores to other tests.
BURNING = """
import time
while True:
    sum(range(1_000_000))
    time.sleep(0.04)
"""
MISSIONS = [
    pytest.param("surface", marks=pytest.mark.flies("surface")),
    pytest.param("short", marks=[pytest.mark.flies("short"), pytest.mark.check]),
]
LONGEST = 150.0  # wall seconds that a run in a process of its own may take


@contextmanager
def cores_loaded(processes: int) -> Iterator[None]:
    """Keeps the cores busy meanwhile; each of the processes is ended by its own handle."""
    burners = [subprocess.Popen([sys.executable, "-c", BURNING]) for _ in range(processes)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def fly_apart(mission: str, folder: Path, hash_seed: str) -> dict[str, Any]:
    """Flies a mission in a process of its own; returns the summary."""
    flags = ["--quiet", "--no-pictures", "--out", str(folder)]
    subprocess.run(
        [sys.executable, "-m", "ground.cli", "fly", mission, *flags],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        check=True,
        timeout=LONGEST,
        stdout=subprocess.DEVNULL,
    )
    return dict(json.loads((folder / "summary.json").read_text()))


@pytest.mark.parametrize("mission", MISSIONS)
@pytest.mark.requirement("RUN-01")
def test_hash_seed_and_load_of_the_machine_change_no_message(
    flown: "Fly", tmp_path: Path, mission: str
) -> None:
    with cores_loaded(1):
        other = fly_apart(mission, tmp_path / "run", hash_seed="4242")
    first = flown(mission).summary
    if compare(first, other) is Comparison.INCOMPARABLE:  # this process was begun unpinned
        first = fly_apart(mission, tmp_path / "first", hash_seed="1")
    assert compare(first, other) is Comparison.SAME
    assert other["messages"] == first["messages"]
    assert other["log_sha256"] == first["log_sha256"]
    assert other["tubes"] == first["tubes"]
    assert other["mission_seconds"] == first["mission_seconds"]


@pytest.mark.parametrize("mission", MISSIONS)
@pytest.mark.requirement("RUN-02")
def test_another_seed_gives_another_run_that_ends_as_well(
    flown: "Fly", tmp_path: Path, mission: str
) -> None:
    other = fly_mission(
        load_mission(mission), tmp_path / "run", RunOptions(seed=2), host=Virtual(in_memory=True)
    )
    assert other.log_sha256 != flown(mission).summary["log_sha256"]
    assert run_complaints(tmp_path / "run") == []


@pytest.mark.parametrize(
    ("mission", "shuffle"),
    [
        pytest.param("surface", 1, marks=pytest.mark.flies("surface")),
        pytest.param("short", 3, marks=[pytest.mark.flies("short"), pytest.mark.check]),
    ],
)
@pytest.mark.requirement("RUN-03")
def test_a_perturbed_order_of_what_is_ready_ends_well(
    flown: "Fly", tmp_path: Path, mission: str, shuffle: int
) -> None:
    other = fly_mission(
        load_mission(mission), tmp_path / "run", host=Virtual(shuffle=shuffle, in_memory=True)
    )
    assert other.log_sha256 != flown(mission).summary["log_sha256"]
    assert run_complaints(tmp_path / "run") == []
