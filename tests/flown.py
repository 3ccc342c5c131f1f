"""Missions are flown once for all tests that look at them."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from ground.missions.mission import LoadedMission, load_mission
from ground.reports.flight import fly_mission
from ground.studies.kill_sweep import Observed
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import Kill
from ground.testbed.run import RunOptions

IN_MEMORY = ("return",)
"""Which of them are flown in memory, sooner; the others over ZeroMQ and files."""


@dataclass(frozen=True)
class Flown:
    """One run: what was flown, what came of it, and what it left in its folder."""

    mission: LoadedMission
    facts: RunRecord
    folder: Path
    kills: tuple[Kill, ...] = ()
    """Deaths at each instant at which something changed in it."""

    @cached_property
    def summary(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "summary.json").read_text()))

    @cached_property
    def manifest(self) -> list[dict[str, Any]]:
        return list(json.loads((self.folder / "ground" / "manifest.json").read_text())["tubes"])

    @cached_property
    def places(self) -> dict[str, str]:
        return {tube["id"]: tube["place"] for tube in self.summary["tubes"]}

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows from the archive of the ground."""
        archive = sqlite3.connect(self.folder / "ground" / "archive.sqlite")
        try:
            return archive.execute(statement).fetchall()
        finally:
            archive.close()


Fly = Callable[[str], Flown]


@pytest.fixture(scope="session")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Fly:
    """Flies a mission with the seed 1; each mission once."""
    runs: dict[str, Flown] = {}

    def fly(name: str) -> Flown:
        if name not in runs:
            mission = load_mission(name)
            folder = tmp_path_factory.mktemp(name) / "run"
            observed = Observed(mission.vehicles)
            host = Virtual(in_memory=name in IN_MEMORY)
            facts = fly_mission(mission, folder, RunOptions(), host, observed.watch)
            runs[name] = Flown(mission, facts, folder, tuple(observed.kills()))
        return runs[name]

    return fly
