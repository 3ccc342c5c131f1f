"""Frames of anything and of any size at an ipc and a tcp endpoint: memory stays where it was."""

import pytest

from sim_hw.serving.server import MOST_CALLS
from tests.soak.hostile import Endured, hostile_frames

ALLOWED_MB = 200.0


def _check(endured: Endured) -> None:
    assert endured.exit_code == 0 and endured.tracebacks == 0
    assert endured.peak_mb <= ALLOWED_MB
    assert 0 < endured.most_in_work <= MOST_CALLS
    assert endured.counters["malformed"] > 0 and endured.counters["dropped"] > 0


def test_a_flood_of_frames_leaves_the_memory_of_an_endpoint_bounded() -> None:
    _check(hostile_frames(20_000))  # some seconds: 400 megabytes go through


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_long_flood_of_frames_leaves_the_memory_of_an_endpoint_bounded() -> None:
    endured = hostile_frames(500_000)
    print(f"\n{endured}")
    _check(endured)
