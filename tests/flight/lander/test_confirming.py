"""What was fired and is still there is fired again: the answer of an initiator says little."""

import math
from typing import Any

import msgspec
import pytest

from flight.core.keeping.clock import monotonic
from flight.icd.devices.base import DeviceFault
from flight.lander import confirming, parachute, powered_phase
from flight.lander import standing as standing_still
from flight.lander.confirming import Balance, Shield, confirm_backshell, confirm_cruise_stage
from flight.lander.witnesses import CRUISE_BALANCE, ENTRY_BALANCE
from tests.flight.lander.descent_bench import (
    ENGINES,
    GROUND,
    LEGS,
    MUTE,
    NO_STARS,
    Bench,
    navigation,
)

pytestmark = pytest.mark.requirement("FLT-10")
BOTH = ["A", "B"]


def sides(bench: Bench, part: str) -> list[str]:
    return [side for fired, side in bench.pyrotechnics.of("fire") if fired == part]


def unconfirmed(bench: Bench) -> list[str]:
    return [f"{d['actuation']} by {d['witness']}" for d in bench.told("result_unconfirmed")]


# ------------------------------------------------------------------ cruise stage


@pytest.mark.parametrize(("still_there", "fired"), [(0, 0), (1, 1), (2, 2), (99, 3)])
def test_as_long_as_the_star_scanner_sees_stars_the_stage_is_there(
    still_there: int, fired: int
) -> None:
    bench = Bench()
    bench.inertial_unit.answers["increments"] = [bench.passing(1.0)]
    stars = bench.inertial_unit.answers["alignment"][0]
    bench.inertial_unit.answers["alignment"] = [stars] * still_there + [NO_STARS]
    bench.do(confirm_cruise_stage(bench.descent, 1.0))
    assert sides(bench, "cruise_stage") == BOTH * fired
    words = ["pyrotechnics.fire cruise_stage by descent_inertial_unit"]
    assert unconfirmed(bench) == (words if fired else [])
    assert bench.where.time == pytest.approx(100.0 + [0, 1, 6, 26][fired])


def test_a_scanner_that_does_not_answer_proves_nothing() -> None:
    bench = Bench()
    bench.inertial_unit.answers["alignment"] = [MUTE]
    bench.do(confirm_cruise_stage(bench.descent, 1.0))
    assert not bench.pyrotechnics.asked and not unconfirmed(bench)


# ------------------------------------------------------------------------ masses


def at_angle(degrees: float) -> Bench:
    angle = math.radians(degrees)
    axis = (math.sin(angle), 0.0, math.cos(angle))
    bench = Bench(navigation((0.0, 0.0, GROUND + 60_000.0), (0.0, 0.0, -4_000.0), tilt=axis))
    bench.inertial_unit.answers["increments"] = [bench.passing(1.0)]
    return bench


@pytest.mark.parametrize(
    ("row", "turned", "degrees", "fired"),
    [
        (CRUISE_BALANCE, True, 16.0, 0),
        (CRUISE_BALANCE, True, 5.1, 0),
        (CRUISE_BALANCE, True, 4.9, 3),
        (ENTRY_BALANCE, False, 0.0, 0),
        (ENTRY_BALANCE, False, 4.9, 0),
        (ENTRY_BALANCE, False, 16.0, 3),
    ],
)
def test_masses_that_are_gone_show_in_how_it_flies(
    row: Any, turned: bool, degrees: float, fired: int
) -> None:
    bench = at_angle(degrees)

    async def fly() -> None:
        watch = Balance(bench.descent, row, turned=turned, after=2.0)
        for beat in range(20):
            await watch.beat()
            assert beat >= 2 or not bench.pyrotechnics.asked
            await bench.descent.tick(1.0)

    bench.do(fly())
    assert sides(bench, row.part) == BOTH * fired
    assert len(unconfirmed(bench)) == min(fired, 1)


# ------------------------------------------------------------------- heat shield


def hang_on(bench: Bench, beats: int, sees_from: int = 999) -> Shield:
    shield = Shield(bench.descent, bench.where.time + 6.0)

    async def fly() -> None:
        for beat in range(beats):
            await bench.descent.tick(1.0)
            bench.descent.sensing.has_seen = beat >= sees_from
            await shield.beat()

    bench.do(fly())
    return shield


@pytest.mark.parametrize(("sees_from", "fired"), [(0, 0), (6, 0), (9, 1), (14, 2), (999, 3)])
def test_a_radar_that_sees_nothing_looks_at_the_heat_shield(sees_from: int, fired: int) -> None:
    bench = at_angle(0.0)
    shield = hang_on(bench, 40, sees_from)
    assert sides(bench, "heat_shield") == BOTH * fired
    assert unconfirmed(bench) == ["pyrotechnics.fire heat_shield by landing_radar"][: min(fired, 1)]
    bench.do(shield.last())  # and once more before the engines, if it still sees nothing
    assert len(sides(bench, "heat_shield")) == 2 * fired + 2 * (sees_from == 999)


def test_before_the_engines_it_is_fired_once_more_though_there_was_no_time_to_wait() -> None:
    bench = at_angle(0.0)
    bench.do(hang_on(bench, 1).last())
    assert sides(bench, "heat_shield") == BOTH and len(unconfirmed(bench)) == 1


# --------------------------------------------------------------------- backshell


def carried(bench: Bench, readings: int, felt: float = 3.71) -> None:
    free = bench.passing(0.05)

    def hangs(since: int) -> Any:
        return msgspec.structs.replace(free(since), velocity=(0.0, 0.0, 0.05 * felt))

    bench.inertial_unit.answers["increments"] = [hangs] * readings + [free]


@pytest.mark.parametrize(
    ("readings", "felt", "fired"),
    [(5, 3.71, 0), (99, 1.99, 0), (13, 2.01, 1), (30, 3.71, 1), (50, 3.71, 2), (999, 3.71, 3)],
)
def test_what_feels_its_weight_still_hangs(readings: int, felt: float, fired: int) -> None:
    bench = Bench()
    carried(bench, readings, felt)
    bench.do(confirm_backshell(bench.descent, 0.05))
    assert sides(bench, "backshell") == BOTH * fired
    assert unconfirmed(bench) == ["pyrotechnics.fire backshell by descent_inertial_unit"][:fired]
    assert bench.where.time - 100.0 == pytest.approx([0.6, 1.6, 3.1, 3.7][fired], abs=0.16)


def test_who_feels_nothing_valid_takes_the_answer() -> None:
    bench = Bench()
    carried(bench, 999)
    hangs = bench.inertial_unit.answers["increments"][0]
    bench.inertial_unit.answers["increments"] = [hangs] * 10 + [MUTE]
    bench.do(confirm_backshell(bench.descent, 0.05))
    assert not bench.pyrotechnics.asked


# ----------------------------------------------------------------- legs, engines


def test_legs_are_fired_by_both_sides_once_more_before_the_parachute_is_left() -> None:
    bench = at_angle(0.0)
    bench.do(parachute.Hanging(bench.descent).last_words())
    assert bench.pyrotechnics.of("fire") == [("legs", "A"), ("legs", "B")]


def engines_at(bench: Bench, *, closed: int) -> Any:
    shut = DeviceFault("not_primed", "the valves are closed")
    bench.engines.answers["throttle"] = [shut] * closed + [ENGINES]
    choice: Any = type("Choice", (), {"plan": None, "spot": None})()
    return powered_phase.PoweredFlight(bench.descent, choice)


@pytest.mark.parametrize(("closed", "opened"), [(0, 0), (1, 1), (5, 5)])
def test_tanks_that_are_said_to_be_open_and_are_not_are_opened_again(
    closed: int, opened: int
) -> None:
    bench = Bench()
    flight = engines_at(bench, closed=closed)

    async def push() -> None:
        for _ in range(closed + 2):
            await flight._push((0.0, 0.0, 3.71), 0.1)

    bench.do(push())
    assert len(bench.engines.of("prime")) == opened
    assert unconfirmed(bench) == ["descent_engines.prime by descent_engines"][:opened]


@pytest.mark.parametrize(("in_the_air", "shut"), [(0, 1), (1, 2), (9, 3)])
def test_engines_are_shut_until_the_legs_bear_it(in_the_air: int, shut: int) -> None:
    bench = Bench()
    flight = engines_at(bench, closed=0)
    standing = msgspec.structs.replace(LEGS, loaded=(False, True, False, False))
    bench.legs.answers["state"] = [LEGS] * in_the_air + [standing]
    bench.do(flight.end("legs"))
    assert len(bench.engines.of("shut_down")) == shut
    assert unconfirmed(bench) == ["descent_engines.shut_down by touchdown_sensors"][: shut - 1]


@pytest.mark.parametrize(("refused", "shut"), [(0, 1), (1, 2), (2, 3), (9, 3)])
def test_engines_that_refuse_to_be_shut_are_throttled_to_nothing_and_told_again(
    refused: int, shut: int
) -> None:
    bench = Bench()
    flight = engines_at(bench, closed=0)
    standing = msgspec.structs.replace(LEGS, loaded=(True,) * 4)
    bench.legs.answers["state"] = [standing]
    nothing_moves = DeviceFault("not_primed", "nothing moves")
    bench.engines.answers["shut_down"] = [nothing_moves] * refused + [ENGINES]

    async def end() -> float:
        begun = monotonic()
        await flight.end("legs")
        return monotonic() - begun

    took = bench.do(end())
    assert [call[0] for call in bench.engines.asked] == (
        ["shut_down", "throttle"] * min(refused, 3) + ["shut_down"] * (refused < 3)
    )
    assert bench.engines.of("throttle") == [([0.0] * 12,)] * min(refused, 3)
    assert len(bench.engines.of("shut_down")) == shut
    assert took == pytest.approx(math.fsum(standing_still.SHUT_PAUSES[:shut])), "not all at once"


def test_without_the_witnesses_all_answers_are_believed() -> None:
    bench = Bench(left_out=("witnesses",))
    carried(bench, 999)
    bench.do(confirm_backshell(bench.descent, 0.05))
    bench.do(confirm_cruise_stage(bench.descent, 1.0))
    bench.do(parachute.Hanging(bench.descent).last_words())
    bench.do(engines_at(bench, closed=0).end("legs"))
    hang_on(bench, 12)
    assert not bench.pyrotechnics.asked and not unconfirmed(bench)
    assert len(bench.engines.of("shut_down")) == 1


def test_pauses_grow_so_that_one_transient_does_not_take_all_tries() -> None:
    for pauses in (confirming.STAGE_PAUSES, confirming.SHIELD_PAUSES, confirming.SHELL_PAUSES):
        assert list(pauses) == sorted(pauses)
