"""New stories on each run, for as long as SOAK_MINUTES says; the counts are printed."""

import os
import secrets
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context

import pytest

from tests.soak.stories import MISSIONS, Story, Told, fly, story

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


def test_stories_are_sampled_evenly_over_missions_and_deaths() -> None:
    told = [story(0, number) for number in range(16 * len(MISSIONS))]
    flights = Counter(s.mission for s in told if s.deaths == 0)
    deaths = Counter(s.deaths for s in told if s.deaths)
    assert set(flights.values()) == {8}
    assert set(deaths.values()) == {2 * len(MISSIONS)}
    assert len({s.seed for s in told}) == len(told)


def test_new_flights_and_deaths_break_nothing() -> None:
    end = time.monotonic() + 60.0 * float(os.environ.get("SOAK_MINUTES", "60"))
    base = int(os.environ.get("SOAK_SEED", 0)) or 1 + secrets.randbelow(2**31)
    print(f"\nSOAK_SEED={base}")
    counts: Counter[str] = Counter()
    broken: list[Told] = []
    workers = len(os.sched_getaffinity(0))  # `taskset -c 0 make soak` leaves the other cores alone
    number = 0
    running: dict[Future[Told], Story] = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        while running or time.monotonic() < end:
            while len(running) < workers and time.monotonic() < end:
                running[pool.submit(fly, story(base, number))] = story(base, number)
                number += 1
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                running.pop(future)
                told = future.result()
                kind = f"with {told.story.deaths} deaths" if told.story.deaths else "undisturbed"
                counts[f"{told.story.mission:<22} {kind:<14} {told.verdict}"] += 1
                if told.verdict != "success" or told.broken:
                    print(f"{told.story.command()}\n    {told.verdict}: {told.reason}")
                    print("".join(f"    BROKEN: {text}\n" for text in told.broken), end="")
                if told.broken:
                    broken.append(told)
    for name, count in sorted(counts.items()):
        print(f"{count:5d}  {name}")
    print(f"{number} flights, {len(broken)} broke what must hold of every run")
    assert [told.story.command() for told in broken] == []
