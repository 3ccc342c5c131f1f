"""What a sol allows a rover: its limits exactly met, another sol, a battery that is not known."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.runtime.loop import VirtualLoop, run
from flight.surface.energy import EnergyParameters
from flight.surface.sol_budget import WHOLE_WAY, SolBudget, SolDistance

NOON_JD_TT = 2461990.0
ENERGY = EnergyParameters(
    capacity=2000.0, day_power=60.0, night_power=20.0, work_power=150.0, reserve=0.4,
    waking_sun=10.0, sleeping_sun=5.0, wake_charge=0.5,
)  # fmt: skip


def vehicle(charge: float | None = 0.9) -> Any:
    async def read_power() -> None:
        pass

    return SimpleNamespace(
        parameters={
            "latitude": 18.4, "longitude": 77.4, "energy_reserve": 0.4,
            "sol_distance_limit": 200.0, "shortest_work": 600.0,
        },
        clock=SimpleNamespace(jd_tt=lambda: NOON_JD_TT),
        state_of_charge=charge,
        sol_distance=SolDistance(),
        read_power=read_power,
    )  # fmt: skip


def budget(rover: Any, **options: float) -> SolBudget:
    sols = SolBudget(rover, ENERGY, **options)
    sols.work_until = 1e9
    return sols


def in_loop(check: Any) -> None:
    async def main() -> None:
        check()

    run(main(), VirtualLoop())


def test_the_way_of_a_sol_is_used_up_when_it_is_exactly_driven() -> None:
    def check() -> None:
        sols = budget(vehicle())
        sols.driven(199.9)
        assert sols.may_go_on()
        sols.driven(0.1)
        assert sols.distance_left() == pytest.approx(0.0, abs=1e-9)
        sols.driven(1e-6)
        assert not sols.may_go_on()
        assert sols.reason == WHOLE_WAY

    in_loop(check)


@pytest.mark.parametrize(("left", "goes_on"), [(5.0, True), (4.999, False)])
def test_less_than_the_least_way_is_not_begun(left: float, goes_on: bool) -> None:
    def check() -> None:
        sols = budget(vehicle(), least_way=5.0)
        sols.driven(200.0 - left)
        assert sols.may_go_on() is goes_on

    in_loop(check)


def test_what_another_sol_drove_does_not_count() -> None:
    def check() -> None:
        rover = vehicle()
        sols = budget(rover)
        rover.sol_distance = SolDistance(sols.sol - 1, 200.0)
        assert sols.distance_left() == 200.0

    in_loop(check)


@pytest.mark.parametrize(("charge", "goes_on"), [(0.4, True), (0.399, False), (None, True)])
def test_the_reserve_of_energy_is_kept(charge: float | None, goes_on: bool) -> None:
    def check() -> None:
        sols = budget(vehicle(charge))
        assert sols.may_go_on() is goes_on
        assert (sols.reason == "energy") is not goes_on

    in_loop(check)
