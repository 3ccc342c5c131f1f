"""Faults as plain data: for another process, and in the record of an operated run."""

from math import inf
from pathlib import Path
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.missions.mission import load_mission
from ground.testbed.faults.connecting import targets_of
from ground.testbed.fly import fly
from ground.testbed.hosts.throttled import Throttled
from ground.testbed.record.session import read_session
from ground.testbed.run import RunOptions
from ground.testbed.seams.orders import (
    ARM,
    BEGIN,
    HEAL,
    NEVER,
    fault_of,
    for_inside,
    recorded_faults,
    standing,
)
from sim_hw.faults.bus_kinds import Drop
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.fault import After, At, Chance, Fault, InState, Nth, Until
from sim_hw.faults.node_kinds import ClockStep
from sim_hw.faults.own_kinds import mode_as_kind
from sim_hw.faults.reading import plain_fault
from sim_hw.faults.store_kinds import BitFlip
from sim_hw.faults.targets import Targets
from sim_hw.faults.value_kinds import Bias, Stuck
from tests.ground.testbed.faults.flights import at, fault
from tests.ground.testbed.test_run import small_mission


@pytest.fixture(scope="module")
def targets() -> Targets:
    return targets_of(load_mission("surface"))


def some(targets: Targets) -> tuple[Fault, ...]:
    wheels = targets.parts["device"]["rover.wheels"].device
    battery = "device:lander.battery"
    return (
        fault("a", battery, Bias(offset=1.5), at(5.0), 7.0, method="state", fields=("voltage",)),
        fault("b", battery, Stuck(value=3.5), After(after="lander.booted", delay=2.0)),
        fault("c", "bus:rover", Drop(peer="lander"), Nth(nth=2, calls=3), Until(until="rover.x")),
        fault("d", "store:arm", BitFlip(namespace="n", key="k"), InState(state="arm.safe")),
        fault("e", "node:mav", ClockStep(by=-3.0), Chance(probability=0.5, per=60.0)),
        fault("f", "device:rover.wheels", mode_as_kind(wheels, "dead_wheel", {"wheel": 2})),
    )


def test_a_fault_that_was_written_is_read_as_it_was(targets: Targets) -> None:
    kinds = catalogue()
    for one in some(targets):
        part = targets.parts[one.target.kind][one.target.name]
        assert fault_of(plain_fault(one), kinds, part) == one


def test_another_process_is_told_when_unless_it_counts_by_itself(targets: Targets) -> None:
    told = {each["id"]: each for each in map(for_inside, some(targets))}
    assert told["a"]["when"] == {"at": NEVER} and "lasts" not in told["a"]
    assert told["c"]["when"] == {"nth": 2, "calls": 3} and told["c"]["lasts"] == NEVER
    assert told["d"]["when"] == told["e"]["when"] == {"at": NEVER}


def test_about_a_fault_that_is_healed_no_order_stands() -> None:
    orders = standing([], ARM, {"id": "a"})
    orders = standing(standing(orders, ARM, {"id": "b"}), BEGIN, "a")
    assert orders == [(ARM, {"id": "a"}), (ARM, {"id": "b"}), (BEGIN, "a")]
    assert standing(orders, HEAL, "a") == [(ARM, {"id": "b"})]
    assert standing(orders, HEAL, "c") == orders


@pytest.mark.parametrize(
    "changes", [{"kind": "rust"}, {"device": "lander.boiler"}, {"offset": "much"}, {"when": {}}]
)
def test_what_is_no_fault_of_the_mission_is_refused(
    targets: Targets, changes: dict[str, Any]
) -> None:
    plain = plain_fault(some(targets)[0])
    with pytest.raises(ConfigurationError, match="'a' is no fault of this mission"):
        recorded_faults([plain | changes], targets, "session.jsonl")


def test_an_operated_run_is_flown_again_with_its_faults(tmp_path: Path) -> None:
    mission = small_mission(tmp_path, 0.03)
    targets = targets_of(mission)
    given = (fault("a", "device:lander.battery", Bias(offset=0.2), At(at=10.0)),)
    host = Throttled(in_memory=True, pace=inf, serve=False)
    first = fly(mission, tmp_path / "first", RunOptions(faults=given), host)
    session = read_session(tmp_path / "first")
    again = recorded_faults(session.head.faults, targets, str(session.file))
    assert again == given
    host = Throttled(in_memory=True, pace=inf, serve=False, session=session)
    second = fly(mission, tmp_path / "second", RunOptions(faults=again), host)
    without = fly(mission, tmp_path / "without", RunOptions(), host)
    assert first.log_sha256 == second.log_sha256 != without.log_sha256
