"""A mission in which nothing is broken: fault protection does nothing, and little is warned of."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.run import RunOptions
from ground.testbed.virtual_host import Virtual
from tests.missions.alarms import protection_acted, too_many_warnings

if TYPE_CHECKING:
    from conftest import Fly

pytestmark = pytest.mark.mission

SOUND = ("surface", "short", "nominal")
DRAWS = 50


@pytest.mark.requirement("FP-01")
@pytest.mark.parametrize("mission", [pytest.param(m, marks=pytest.mark.flies(m)) for m in SOUND])
def test_protection_keeps_still_where_nothing_is_broken(mission: str, flown: "Fly") -> None:
    folder = flown(mission).folder
    assert protection_acted(folder) == []
    assert too_many_warnings(folder) == []


@pytest.mark.check
@pytest.mark.parametrize("draw", range(DRAWS))
def test_it_keeps_still_whatever_the_seed(draw: int, tmp_path: Path) -> None:
    """The story that all missions begin with, most of all; two fly home."""
    name = "nominal" if draw % 25 == 0 else "short" if draw % 5 == 1 else "surface"
    seed = secrets.randbelow(2**31)
    record = fly_mission(
        load_mission(name), tmp_path / "run", RunOptions(seed=seed), Virtual(in_memory=True)
    )
    told = f"msr fly {name} --seed {seed}"
    assert (told, record.verdict) == (told, "success")
    assert (told, protection_acted(tmp_path / "run")) == (told, [])
    assert (told, too_many_warnings(tmp_path / "run")) == (told, [])
