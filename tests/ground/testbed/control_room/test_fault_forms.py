"""The form of a fault is what the catalogue says of it, and what it offers is taken."""

from typing import Any

import pytest

from ground.drills.scenario import load_scenario
from ground.testbed.control_room.fault_forms import kinds_form, targets_form
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.fault import TRIGGERS
from sim_hw.faults.targets import Targets


@pytest.fixture(scope="module")
def targets() -> Targets:
    return load_scenario("surface").targets


def kind(targets: Targets, sort: Any, target: str, name: str) -> dict[str, Any]:
    kinds = kinds_form(catalogue(), targets, sort, target)["kinds"]
    return next(each for each in kinds if each["name"] == name)


@pytest.mark.requirement("CON-12")
def test_it_has_each_cell_of_the_matrix_and_no_other(targets: Targets) -> None:
    matrix = catalogue().matrix(targets)
    told = targets_form(targets)
    assert [(each["sort"], each["name"]) for each in told["targets"]] == list(matrix)
    assert list(told["triggers"]) == list(TRIGGERS)
    every = catalogue()
    for (sort, name), cells in matrix.items():
        kinds = kinds_form(every, targets, sort, name)["kinds"]
        assert {each["name"]: each["why_not"] for each in kinds} == cells


def test_figures_have_unit_range_and_the_units_that_they_may_be_given_in(targets: Targets) -> None:
    slip = kind(targets, "world", "site", "slip_patch")["arguments"]
    assert slip["east"]["unit"] == "m" and slip["east"]["units"]["km"] == 1000.0
    assert slip["radius"]["type"] == {"kind": "number", "gt": 0.0, "le": 100.0}
    assert slip["radius"]["default"] == 5.0 and not slip["radius"]["required"]
    assert kind(targets, "device", "rover.wheels", "bias")["arguments"]["offset"]["required"]
    assert slip["east"]["type"]["ge"] == -10_000.0 and "m" not in slip["slip"]["units"]
    assert slip["slip"]["units"]["%"] == 0.01
    lasts = targets_form(targets)["lasts"]
    assert (lasts["unit"], lasts["units"]["h"], lasts["required"]) == ("s", 3600.0, False)
    held = targets_form(targets)["triggers"]["in"]["arguments"]
    assert list(held) == ["in", "for"]  # as files have them
    assert held["for"]["default"] == 0.0


def test_what_it_can_be_limited_to_is_named(targets: Targets) -> None:
    stuck = kind(targets, "device", "rover.wheels", "stuck")
    assert "odometer" in stuck["methods"]["state"]
    assert kind(targets, "device", "rover.wheels", "not_a_number")["methods"]["state"] != []
    partial = kind(targets, "device", "rover.wheels", "partial")["methods"]
    assert partial["drive"] == ["distance"] or "distance" in partial["drive"]
    assert "rover.uhf" in kind(targets, "bus", "rover", "drop")["methods"]
    assert kind(targets, "node", "rover", "crash")["methods"] == {}


@pytest.mark.parametrize(
    ("sort", "target", "sentence"),
    [
        ("device", "moon.camera", "target = 'moon.camera'"),
        ("moon", "rover.wheels", "sort = 'moon': allowed is one of device"),
        ("line", "moon.camera", "target = 'moon.camera'"),
        ("world", "rover.wheels", "allowed is"),
    ],
)
def test_a_target_that_is_not_there_is_refused(
    targets: Targets, sort: Any, target: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        kinds_form(catalogue(), targets, sort, target)


def test_a_sort_at_which_this_host_can_do_nothing_is_refused_and_not_offered(
    targets: Targets,
) -> None:
    here = Targets(targets.parts, cannot={"link": "the bench breaks no link"})
    assert "link" not in {each["sort"] for each in targets_form(here)["targets"]}
    with pytest.raises(ValueError, match="the bench breaks no link"):
        kinds_form(catalogue(), here, "link", "direct")
