"""What carries hazardous commands goes as ARM and FIRE, as the vehicle demands it."""

from collections.abc import Callable
from typing import Any

import pytest

Fly = Callable[..., Any]

HARMLESS = "{target: rover, command: drive, kind: relative}"
ARMED = "{target: rover, command: release, stage: arm, kind: relative}"
LOAD = (
    "  - {do: command, vehicle: rover, command: load_sequence,"
    " arguments: {sequence: {name: %s, entries: [%s]}}}\n"
)
START = "  - {do: command, vehicle: rover, command: start_sequence, arguments: {name: %s}}\n"


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        (LOAD % ("a", HARMLESS) + START % "a", "run run"),
        (LOAD % ("a", f"{HARMLESS}, {ARMED}") + START % "a", "arm fire arm fire"),
        (LOAD % ("a", ARMED) + LOAD % ("b", HARMLESS) + START % "b", "arm fire run run"),
        (LOAD % ("a", ARMED) + LOAD % ("a", HARMLESS) + START % "a", "arm fire run run"),
        (START % "unknown", "run"),
    ],
)
def test_a_carrier_has_the_hazard_of_what_it_carries(fly: Fly, text: str, stages: str) -> None:
    async def flight(ground: Any) -> Any:
        return await ground.run(), [order.stage for order in ground.vehicle.received]

    outcome, sent = fly(text, flight)
    assert outcome.verdict == "complete"
    assert " ".join(sent) == stages
