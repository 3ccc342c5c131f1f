"""Real deaths (signal 9) of processes, home included, for SOAK_MINUTES; the counts are printed."""

import os
import secrets
import time
from collections import Counter

import pytest

from tests.soak.stories import Story, Told, fly_over_processes

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

MISSIONS = ("return", "surface", "short")
MOST_DEATHS = 4


def story(base: int, number: int) -> Story:
    """The n-th: missions in turn, each with one to four deaths in turn."""
    deaths = 1 + number // len(MISSIONS) % MOST_DEATHS
    return Story(MISSIONS[number % len(MISSIONS)], base + number, deaths)


def test_stories_are_sampled_evenly_over_missions_and_deaths() -> None:
    told = [story(0, number) for number in range(24)]
    assert set(Counter((s.mission, s.deaths) for s in told).values()) == {2}
    assert len({s.seed for s in told}) == len(told)


@pytest.mark.processes
def test_processes_that_die_break_nothing() -> None:
    end = time.monotonic() + 60.0 * float(os.environ.get("SOAK_MINUTES", "60"))
    base = int(os.environ.get("SOAK_SEED", 0)) or 1 + secrets.randbelow(2**31)
    print(f"\nSOAK_SEED={base}")
    counts: Counter[str] = Counter()
    broken: list[Told] = []
    deaths = number = 0
    while time.monotonic() < end:
        told = fly_over_processes(story(base, number))
        number += 1
        deaths += told.deaths
        counts[f"{told.story.mission:<10} {told.verdict}"] += 1
        if told.verdict != "success" or told.broken:
            print(f"{told.story.command()} --processes\n    {told.verdict}: {told.reason}")
            print("".join(f"    BROKEN: {text}\n" for text in told.broken), end="")
        if told.broken:
            broken.append(told)
    for name, count in sorted(counts.items()):
        print(f"{count:5d}  {name}")
    print(f"{number} flights over processes, {deaths} deaths, {len(broken)} broke what must hold")
    assert [told.story.command() for told in broken] == []
