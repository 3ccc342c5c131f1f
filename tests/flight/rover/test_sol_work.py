"""Patience with bad sols has an end: then what is stored counts, and boots do not begin it anew."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.rover.sol_work import RoverSols, energy_parameters
from flight.surface.sol_budget import SolDistance

PATIENCE = 3

P = {
    "latitude": 18.45, "longitude": 77.4, "battery_capacity": 900.0, "day_power": 34.0,
    "night_power": 24.0, "work_power": 75.0, "energy_reserve": 0.3, "wake_charge": 0.4,
    "waking_sun": 20.0, "sleeping_sun": 12.0, "shortest_work": 900.0, "sol_distance_limit": 200.0,
}  # fmt: skip
NOON, MIDNIGHT = 2462018.9, 2462018.39  # TT, at the depot


def sols(
    charge: float | None, *, vain: int = 0, at: float = NOON, relaxes: bool = True,
    array: float | None = None, shed: Any = (),
) -> Any:  # fmt: skip
    async def read_power() -> None:
        return None

    vehicle = SimpleNamespace(
        parameters=P, clock=SimpleNamespace(jd_tt=lambda: at), state_of_charge=charge,
        sol_distance=SolDistance(), read_power=read_power, sols_in_vain=vain, hibernating=False,
        array_power=array, is_shed=lambda load: load in shed,
    )  # fmt: skip
    made = RoverSols(vehicle, energy_parameters(P), lambda work: None)  # type: ignore[arg-type]
    made.relaxes = relaxes
    return made


def test_the_sun_is_where_the_tests_need_it() -> None:
    assert sols(1.0).is_day and not sols(1.0, at=MIDNIGHT).is_day


@pytest.mark.parametrize(("vain", "worth"), [(0, False), (PATIENCE - 1, False), (PATIENCE, True)])
async def test_after_sols_in_vain_what_is_stored_is_worked_off(vain: int, worth: bool) -> None:
    made = sols(0.6, vain=vain)  # an array that gives nothing: no night is carried by that
    assert await made.plan() is worth
    if worth:
        assert made.planned == pytest.approx(0.2 * 900.0 / 75.0 * 3600.0)
        assert made._resting.sols_in_vain == vain, "only the rule itself begins anew"


async def test_not_by_night_nor_with_less_than_one_wakes_with_nor_unknown() -> None:
    for charge, at in ((0.6, MIDNIGHT), (0.4, NOON), (0.42, NOON), (0.1, NOON), (None, NOON)):
        assert not await sols(charge, vain=PATIENCE, at=at).plan(), (charge, at)
    assert not await sols(0.6, vain=99, relaxes=False).plan()
    spent = sols(0.6, vain=PATIENCE)
    spent.driven(200.0)
    assert not await spent.plan(), "the way of the sol is used up"


async def test_a_sol_by_the_rule_begins_the_count_anew() -> None:
    made = sols(1.0, vain=7)
    made.planner.scale = 400.0
    assert await made.plan() and made._resting.sols_in_vain == 0
    made.slept_in_vain()
    assert made._resting.sols_in_vain == 1


def test_with_little_stored_no_day_is_spent_awake_for_nothing() -> None:
    assert sols(0.39).must_save() and not sols(0.4).must_save()
    assert not sols(None).must_save() and sols(None, shed=["blind_work"]).must_save()
    assert not sols(0.4, shed=["blind_work"]).must_save()
    assert not sols(0.1, relaxes=False).must_save()


@pytest.mark.parametrize(
    ("array", "at", "hibernates", "worth"),
    [(75.0, NOON, False, True), (74.9, NOON, False, False), (None, NOON, False, False),
     (200.0, MIDNIGHT, False, False), (200.0, NOON, True, False)],
)  # fmt: skip
async def test_where_nobody_knows_the_charge_it_works_by_what_the_array_gives(
    array: float | None, at: float, hibernates: bool, worth: bool
) -> None:
    made = sols(None, at=at, array=array)
    made.vehicle.hibernating = hibernates
    made.planner.scale = 200.0
    assert await made.plan() is worth
    assert made.may_go_on() is worth
    if worth:
        assert made.planned == made.planner.seconds_of(at, 75.0) > 3600.0
        made.vehicle.array_power = 74.9
        assert not made.may_go_on() and made.reason == "energy"
        made.vehicle.state_of_charge = 0.31
        assert made.may_go_on(), "one who knows its charge goes by that"
        blind = sols(None, at=at, array=array, shed=["blind_work"])
        blind.planner.scale = 200.0
        assert not await blind.plan() and not blind.may_go_on()
    made.driven(200.0)
    assert not await made.plan(), "the way of the sol is used up"


def test_so_long_is_the_array_going_to_give_so_much() -> None:
    planner = sols(None).planner
    assert planner.seconds_of(NOON, 1.0) == 0.0, "of an array that was not seen nothing is known"
    planner.scale = 200.0
    for power in (60.0, 120.0):
        seconds = planner.seconds_of(NOON, power)
        ends = (seconds - 900.0, seconds)
        before, then = (200.0 * planner._light(NOON + s / 86_400.0) for s in ends)
        assert before >= power > then
    assert planner.seconds_of(NOON, 250.0) == 0.0
