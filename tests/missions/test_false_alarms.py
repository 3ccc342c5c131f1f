"""A mission in which nothing is broken: fault protection does nothing, and little is warned of."""

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.run import RunOptions
from tests.missions.alarms import protection_acted, too_many_warnings

if TYPE_CHECKING:
    from conftest import Fly

pytestmark = pytest.mark.mission

SOUND = [
    *(pytest.param(name, marks=pytest.mark.flies(name)) for name in ("surface", "short", "return")),
    pytest.param("nominal", marks=[pytest.mark.flies("nominal"), pytest.mark.check]),
]
DRAWS = 50


@pytest.mark.requirement("FP-01")
@pytest.mark.parametrize("mission", SOUND)
def test_protection_keeps_still_where_nothing_is_broken(mission: str, flown: "Fly") -> None:
    folder = flown(mission).folder
    assert protection_acted(folder) == []
    assert too_many_warnings(folder) == []


def keeps_still(name: str, seed: int, folder: Path) -> None:
    record = fly_mission(
        load_mission(name), folder / "run", RunOptions(seed=seed), Virtual(in_memory=True)
    )
    told = f"msr fly {name} --seed {seed}"
    assert (told, record.verdict) == (told, "success")
    assert (told, protection_acted(folder / "run")) == (told, [])
    assert (told, too_many_warnings(folder / "run")) == (told, [])


@pytest.mark.check
@pytest.mark.parametrize("number", range(DRAWS))
def test_it_keeps_still_whatever_the_seed(
    number: int, draw: random.Random, tmp_path: Path
) -> None:
    """The story that all missions begin with, most of all; two fly home."""
    name = "nominal" if number % 25 == 0 else "short" if number % 5 == 1 else "surface"
    keeps_still(name, draw.randrange(2**31), tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("number", range(DRAWS))
def test_it_keeps_still_all_the_way_home_whatever_the_seed(
    number: int, draw: random.Random, tmp_path: Path
) -> None:
    keeps_still("nominal", draw.randrange(2**31), tmp_path)
