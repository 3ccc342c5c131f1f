"""What carries hazardous commands goes as ARM and FIRE, as the vehicle demands it."""

from collections.abc import Callable
from typing import Any

import pytest

from ground.mission_control import stages_of
from ground.testbed.control_room.control_room import make_dictionary

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
        ("  - {do: command, vehicle: rover, command: drive, armed: true,"
         " arguments: {distance: 1.0}}\n", "arm fire"),
        ("  - {do: command, vehicle: rover, command: drive,"
         " arguments: {distance: 1.0}}\n", "run"),
    ],
)
def test_a_carrier_has_the_hazard_of_what_it_carries(fly: Fly, text: str, stages: str) -> None:
    async def flight(ground: Any) -> Any:
        return await ground.run(), [order.stage for order in ground.vehicle.received]

    outcome, sent = fly(text, flight)
    assert outcome.verdict == "complete"
    assert " ".join(sent) == stages


@pytest.mark.parametrize(
    ("expected", "stages"),
    [({"segment": 3.0}, ["run"]), ({"segment": 3.0, "critical_charge": 0.1}, ["arm", "fire"])],
)
def test_parameters_that_fault_protection_goes_by_are_armed_and_fired(
    expected: dict[str, float], stages: list[str]
) -> None:
    tracker: Any = None  # the order names them itself
    entry = make_dictionary().vehicle("rover").command("activate_parameters")
    assert stages_of(entry, "rover", {"expected": expected}, tracker) == stages
