"""Tanks that do not open at the first try, under the parachute and on the engines."""

import math
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from flight.lander.parachute import Hanging
from flight.lander.powered_phase import PoweredFlight
from tests.flight.lander.descent_bench import ENGINES, MUTE, Bench

NO_CHOICE: Any = None
SHUT = DeviceFault("not_primed", "nothing moves")


def test_tanks_that_do_not_open_are_opened_while_it_hangs() -> None:
    bench = Bench(propellant_loaded=600.0)
    bench.descent.propellant = 0.0
    bench.engines.answers["prime"] = [SHUT, SHUT, ENGINES]
    hanging = Hanging(bench.descent)
    bench.inertial_unit.answers["increments"] = [bench.passing(0.25)]

    async def hang() -> None:
        for _ in range(20):
            await hanging._legs()
            if len(bench.engines.of("prime")) == 1:
                assert bench.descent.propellant == 600.0
            await bench.descent.navigate()

    bench.do(hang())
    assert len(bench.engines.of("prime")) == 3  # at once, after a second, after another
    assert len(bench.pyrotechnics.of("fire")) == 1 and bench.descent.propellant == 500.0
    assert bench.told("legs_deployed") and len(bench.told("device_trouble")) == 2


def test_tanks_that_do_not_answer_may_be_open() -> None:
    bench = Bench()
    bench.engines.answers["prime"] = [MUTE]
    assert bench.do(bench.descent.prime())
    bench.engines.answers["prime"] = [SHUT]
    assert not bench.do(bench.descent.prime())


def test_after_a_reboot_under_the_parachute_it_is_known_again_what_is_in_the_tanks() -> None:
    bench = Bench()
    bench.descent.propellant = 0.0
    bench.memory.legs_out = True
    hanging = Hanging(bench.descent)
    for _ in range(3):
        bench.do(hanging._legs())
    assert bench.descent.propellant == 500.0
    assert len(bench.engines.of("prime")) == 1 and not bench.pyrotechnics.asked


@pytest.mark.parametrize(("beats", "opened"), [(9, 9), (20, 9), (21, 10), (61, 12)])
def test_tanks_are_opened_as_long_as_it_falls(beats: int, opened: int) -> None:
    bench = Bench()
    flight = PoweredFlight(bench.descent, NO_CHOICE)
    bench.engines.answers["throttle"] = [SHUT]
    bench.engines.answers["prime"] = [SHUT]

    async def push() -> None:
        for _ in range(beats):
            await flight._push((0.0, 0.0, 3.71), math.radians(8.0))

    bench.do(push())
    assert len(bench.engines.of("prime")) == opened
    assert len(bench.told("result_unconfirmed")) == 1
