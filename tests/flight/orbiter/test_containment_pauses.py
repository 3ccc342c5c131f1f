"""Tries of the containment are minutes apart: what disturbs one instant has passed by the next."""

from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.icd.devices.capture import ContainmentState
from flight.orbiter import containment
from tests.flight.orbiter.ship import do, now
from tests.flight.orbiter.test_tubes_on_board import boxed, state, step, sterilised


def paused(node: Any, act: str) -> list[float]:
    """When an act of the containment is asked for."""
    at: list[float] = []

    def note(*given: Any) -> ContainmentState:
        at.append(now())
        return state()

    node.devices.containment.answers[act] = [note]
    return at


def test_the_attempts_of_a_step_are_minutes_apart() -> None:
    node = boxed([state()])
    at = paused(node, "seal")
    with pytest.raises(ActivityFailed, match="sealing was not verified"):
        step(node)
    assert at == [0.0, 60.0, 660.0]
    node = boxed([state(), state(sealed=True)])
    at = paused(node, "seal")
    step(node)
    assert at == [0.0, 60.0]  # none is waited for after the last


def test_the_heatings_are_minutes_apart() -> None:
    node = boxed([state()])
    at = paused(node, "sterilise")

    async def story() -> float:
        with pytest.raises(ActivityFailed, match="sterilised for 0 s only"):
            await containment._sterilise(node, state())
        return now()

    assert do(story()) == 660.0 and at == [0.0, 60.0, 660.0]
    node = boxed([state(hot_seconds=3_600.0)])
    at = paused(node, "sterilise")
    sterilised(node, state())
    assert at == [0.0]
