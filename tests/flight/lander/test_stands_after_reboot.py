"""A computer that starts anew in the powered descent: does it stand already, or does it fall?"""

from typing import Any

import msgspec
import pytest

from flight.astrodynamics.vectors import Vector
from flight.lander import powered_phase
from flight.lander.descent_memory import Landing
from flight.lander.standing import stands
from tests.flight.lander.descent_bench import GROUND, LEGS, MUTE, Bench, navigation

WEIGHT = 3.71
LANDED = Landing(
    east=1.0, north=2.0, sigma=6.0, fixed=True, how="legs", propellant=250.0, time=90.0
)


def resting(
    *, height: float = 2.0, felt: float = WEIGHT, rate: float = 0.0, legs: int = 4
) -> Bench:
    bench = Bench(navigation((0.0, 0.0, GROUND + height)))
    rotation: Vector = (rate * 0.05, 0.0, 0.0)
    bench.inertial_unit.answers["increments"] = [
        bench.passing(0.05, velocity=(0.0, 0.0, felt * 0.05), rotation=rotation)
    ]
    loaded = tuple(index < legs for index in range(4))
    bench.legs.answers["state"] = [msgspec.structs.replace(LEGS, loaded=loaded)]
    return bench


@pytest.mark.parametrize(
    ("changed", "does"),
    [
        ({}, True),
        ({"legs": 2}, True),  # on a stone
        ({"height": -20.0}, True),  # its navigation has drifted
        ({"legs": 1}, False),
        ({"felt": 0.0}, False),  # it falls
        ({"felt": 6.0}, False),  # the engines push
        ({"rate": 0.1}, False),
        ({"height": 400.0}, False),  # it hangs, and its legs are stuck
        ({"felt": 3.72 + 0.399}, True), ({"felt": 3.72 + 0.401}, False),
        ({"felt": 3.72 - 0.399}, True), ({"felt": 3.72 - 0.401}, False),
        ({"rate": 0.0499}, True), ({"rate": -0.0501}, False),
        ({"height": 99.9}, True), ({"height": 100.1}, False),
    ],
)  # fmt: skip
def test_who_stands_is_borne_by_legs_feels_its_weight_and_keeps_still(
    changed: dict[str, Any], does: bool
) -> None:
    assert do_stands(resting(**changed)) == does


@pytest.mark.parametrize(("beats", "does"), [(19, False), (20, True)])
def test_who_stands_does_so_for_a_second(beats: int, does: bool) -> None:
    bench = resting()
    steady, off = bench.legs.answers["state"][0], msgspec.structs.replace(LEGS)
    bench.legs.answers["state"] = [steady] * beats + [off]
    assert do_stands(bench) is does
    assert len(bench.legs.of("state")) == 20


def do_stands(bench: Bench) -> bool:
    found: bool = bench.do(stands(bench.descent))
    return found


@pytest.mark.parametrize("which", ["unit", "legs"])
def test_who_does_not_know_does_not_stand(which: str) -> None:
    bench = resting()
    if which == "unit":
        bench.inertial_unit.answers["increments"] = [MUTE]
    else:
        bench.legs.answers["state"] = [msgspec.structs.replace(LEGS, valid=False)]
    assert not do_stands(bench)


def test_no_engine_is_lit_on_the_ground_after_a_reboot() -> None:
    bench = resting()
    landing = bench.do(powered_phase.land(bench.descent))
    assert landing.how == "legs" and bench.memory.landing == landing
    assert [call[0] for call in bench.engines.asked] == ["shut_down"]
    assert not bench.pyrotechnics.asked and len(bench.told("touchdown")) == 1


def test_a_landing_that_is_remembered_is_not_flown_again() -> None:
    bench = resting(legs=0)  # whatever the legs say now
    bench.memory.landing = LANDED
    assert bench.do(powered_phase.land(bench.descent)) == LANDED
    assert {call[0] for call in bench.engines.asked} == {"shut_down"}
    assert not bench.pyrotechnics.asked and not bench.told("touchdown")
