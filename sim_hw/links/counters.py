"""What became of the frames of each link, and how losses are drawn."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class LinkCounters:
    """Frames of one link. `lost`: given up after all repeats; `dropped`: no room in a queue;
    `corrupt`: arrivals that were changed on their way, by their checksum."""

    sent: int = 0
    delivered: int = 0
    repeated: int = 0
    lost: int = 0
    dropped: int = 0
    corrupt: int = 0


def attempts_needed(
    stream: random.Random, frame_error: float, repeats: int, counters: LinkCounters
) -> int | None:
    """How often a frame is sent until one copy arrives whole; None when all copies are lost."""
    for attempt in range(1, repeats + 2):
        if stream.random() >= frame_error:
            counters.repeated += attempt - 1
            return attempt
    counters.repeated += repeats
    return None


def arrive_whole(
    take: Callable[[], bool], repeats: int, again: float, counters: LinkCounters
) -> None:
    """Has a frame arrive: one that `take` refuses, for it is not whole, is asked for and comes
    `again` s later, up to so many `repeats`."""
    if take():
        counters.delivered += 1
        return
    counters.corrupt += 1
    if repeats <= 0:
        counters.lost += 1
        return
    counters.repeated += 1
    asyncio.get_running_loop().call_later(
        again, arrive_whole, take, repeats - 1, again, counters
    )
