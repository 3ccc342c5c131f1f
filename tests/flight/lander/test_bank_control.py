"""Thrusters that turn the aeroshell the wrong way are told the contrary; sound ones never are."""

import math
from collections.abc import Callable

import pytest

from flight.lander.bank_control import BankControl

BEAT, RATE, ACCELERATION = 0.5, math.radians(20.0), math.radians(5.0)


class Aeroshell:
    """It turns as `configs/vehicles/lander.yaml` has it, towards what was asked for last."""

    def __init__(self) -> None:
        self.bank = self.rate = self.target = 0.0
        self.wiring = 1.0

    def turn(self, change: float) -> None:
        self.target = self.bank + self.wiring * change

    def beat(self) -> None:
        for _ in range(50):
            error = self.target - self.bank
            fastest = min(RATE, math.sqrt(1.6 * ACCELERATION * abs(error)), 2.0 * abs(error))
            change = math.copysign(fastest, error) - self.rate
            step = ACCELERATION * BEAT / 50
            self.rate += max(-step, min(step, change))
            self.bank += self.rate * BEAT / 50


def shown(bank: float) -> float:
    return math.remainder(bank, math.tau)


def flown(
    shell: Aeroshell,
    control: BankControl,
    wanted: Callable[[int], float],
    beats: int,
    noise: Callable[[int], float] = lambda beat: 0.0,
) -> list[int]:
    """The beats at which the control found out that they turn the other way."""
    found = []
    for beat in range(beats):
        bank = shown(shell.bank) + noise(beat)
        if control.judge(bank):
            found.append(beat)
        order = control.order(wanted(beat) - bank)
        if order is not None:
            shell.turn(order)
        shell.beat()
    return found


def from_side_to_side(beat: int) -> float:
    return math.radians(100.0 if beat // 13 % 2 else -100.0)


@pytest.mark.parametrize("every", [3, 7, 13, 40])
def test_sound_thrusters_are_told_what_is_wanted_whenever_the_side_changes(every: int) -> None:
    control = BankControl()

    def wanted(beat: int) -> float:
        return math.radians(105.0 if beat // every % 2 else -105.0)

    def noise(beat: int) -> float:
        return math.radians(0.4) * (-1) ** beat

    assert flown(Aeroshell(), control, wanted, 120, noise) == []
    assert control.way == 1.0


def test_thrusters_that_turn_the_other_way_are_found_before_there_is_lift() -> None:
    shell, control = Aeroshell(), BankControl()
    shell.wiring = -1.0
    (found,) = flown(shell, control, lambda beat: math.radians(60.0), 60)
    assert found * BEAT <= 4.0
    assert control.way == -1.0
    assert math.degrees(shown(shell.bank)) == pytest.approx(60.0, abs=1.0)


def test_thrusters_that_turn_as_they_are_told_again_are_found_as_well() -> None:
    shell, control = Aeroshell(), BankControl()
    shell.wiring = -1.0
    flown(shell, control, from_side_to_side, 60)
    shell.wiring = 1.0
    assert len(flown(shell, control, from_side_to_side, 60)) == 1
    assert control.way == 1.0


def test_thrusters_that_do_not_turn_it_are_not_told_the_contrary() -> None:
    shell, control = Aeroshell(), BankControl()
    shell.wiring = 0.0
    assert flown(shell, control, from_side_to_side, 60) == []


def test_less_than_can_be_seen_is_not_asked_for() -> None:
    control = BankControl()
    assert control.order(math.radians(0.49)) is None
    assert control.order(math.radians(-0.51)) == math.radians(-0.51)


@pytest.mark.parametrize("beats", [3, 4])
def test_so_many_beats_on_end_and_not_one_less(beats: int) -> None:
    control = BankControl()
    found = control.judge(0.0)
    for beat in range(1, beats + 1):
        assert not found
        control.order(1.0)
        found = control.judge(-0.1 * beat)
    assert found is (beats == 4)
    assert control.way == (-1.0 if found else 1.0)
