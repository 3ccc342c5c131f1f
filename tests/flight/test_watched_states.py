"""The states that a watchdog watches closely exist, and so do the devices that are held in them."""

import pytest

from flight.core.node import Node
from flight.runtime.loop import VirtualLoop, run
from ground.missions.mission import load_mission
from ground.testbed.checks.wiring import _connected
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from ground.testbed.participants.vehicles import vehicle_class, vehicle_classes

BURN_INTERVAL = 0.5

WATCHING = [kind for kind in vehicle_classes() if kind.watched]
HOLDING = [kind for kind in WATCHING if any(watched.held for watched in kind.watched)]


@pytest.mark.parametrize("kind", vehicle_classes(), ids=lambda kind: kind.name)
def test_each_watched_state_exists_and_is_in_the_table_once(kind: type[Node]) -> None:
    states = [state for watched in kind.watched for state in watched.states]
    assert len(states) == len(set(states))
    assert [state for state in states if state not in kind.statechart.leaves] == []


@pytest.mark.parametrize("kind", HOLDING, ids=lambda kind: kind.name)
def test_what_is_held_is_a_device_that_the_vehicle_drives(kind: type[Node]) -> None:
    mission = load_mission("short")
    files = load_vehicle_files(mission)
    hardware = Hardware(mission, files, 1, map_half_width=100.0)
    hardware.world.clock = lambda: 0.0
    hardware.services()  # builds all
    _, node = run(_connected(vehicle_class(kind.name), files[kind.name], hardware), VirtualLoop())
    held = {f"{kind.name}.{device}" for watched in kind.watched for device in watched.held}
    assert held and held <= set(node.wires)


def test_entry_and_burns_are_watched_within_half_a_second() -> None:
    fatal = {
        f"{kind.name}.{state}": watched.fatal
        for kind in WATCHING
        for watched in kind.watched
        for state in watched.states
    }
    for state in (
        "lander.entry.entering",
        "lander.entry.parachuting",
        "lander.entry.powered",
        "entry.entering",
        "mav.launching.ejecting",
        "mav.launching.first_burn",
        "mav.launching.second_burn",
    ):
        assert fatal[state] <= BURN_INTERVAL == 0.5
