"""Each irreversible actuation has a witness that exists, measures, and is not its own answer."""

import pytest

from flight.core.fault_protection.witnesses import Confirmation
from flight.icd.devices.ascent import Ejector, Igniter, InertialIncrements, Separation
from flight.mav.witnesses import CONFIRMATIONS

DEVICES = {
    "ejector": Ejector,
    "first_igniter": Igniter,
    "second_igniter": Igniter,
    "separation": Separation,
    "inertial_unit": InertialIncrements,
}
ONE_DEVICE = {"separation"}
"""Whose own sensors are the only ones: switches apart from what moves."""


@pytest.mark.parametrize("each", CONFIRMATIONS, ids=lambda each: each.actuation)
def test_actuation_and_witness_exist_and_are_two(each: Confirmation) -> None:
    acts = DEVICES[each.device].methods[each.actuation.partition(".")[2]]
    sees = DEVICES[each.seen_by].methods[each.witness.partition(".")[2]]
    assert (acts.kind, sees.kind) == ("actuation", "reading")
    assert each.device != each.seen_by or each.device in ONE_DEVICE


def test_nothing_that_the_mav_cannot_undo_is_left_out() -> None:
    told = {each.actuation for each in CONFIRMATIONS}
    cannot_be_undone = {
        f"{name}.{method}"
        for name, interface in DEVICES.items()
        for method, declared in interface.methods.items()
        if declared.kind == "actuation"
    }
    assert told == cannot_be_undone
