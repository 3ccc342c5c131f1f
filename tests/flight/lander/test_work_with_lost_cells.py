"""What a lander grants on a battery that has lost cells: what the array gives back at once."""

from typing import Any

import pytest

from flight.icd.exchanges import EnergyWanted
from flight.lander.work_permission import energy_permission
from tests.flight.lander.standing import Standing, do


@pytest.mark.parametrize(
    ("charge", "power", "full", "granted"),
    [(0.48, 260.0, True, True), (0.48, 259.9, True, False), (0.48, 260.0, False, False),
     (0.34, 260.0, True, True), (0.3399, 260.0, True, False)],
)  # fmt: skip
def test_what_is_as_full_as_it_becomes_may_be_used_while_the_array_gives_it_back(
    charge: float, power: float, full: bool, granted: bool
) -> None:
    """120 W h within two hours beside 200 W; of 3000 W h, 30 % have to be left all the same."""
    lander: Any = Standing(state_of_charge=charge, array_power=power)
    lander.charged_for_its_wear = lambda: full
    answer = do(energy_permission(lander, "arm", EnergyWanted(120.0)))
    assert answer.granted is granted and bool(answer.reason) is not granted
