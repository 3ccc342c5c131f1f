"""On engines, beat by beat: what is asked of them, who is found lost, when it is over."""

import math
from typing import Any

import pytest

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.vectors import Vector
from flight.core.activities import ActivityFailed
from flight.icd.devices.descent import EngineState, TouchdownState
from flight.lander import powered_phase
from flight.lander.divert import DivertChoice
from flight.lander.landing_site import Spot
from flight.lander.powered_descent import DescentPlan, Gate
from flight.lander.powered_phase import PoweredFlight, _within_tilt
from tests.flight.lander.descent_bench import GROUND, LEGS, MUTE, Bench, navigation

SPOT = Spot(0.0, 0.0, GROUND, 0)
GATE = Gate((0.0, 0.0, GROUND + 16.3), 1.2)


def choice(duration: float | None = 40.0) -> DivertChoice:
    plan = None if duration is None else DescentPlan(duration, 200.0)
    return DivertChoice(SPOT, GATE, plan, 0.0, 0.0, "")


def engines(propellant: float = 400.0, **given: float) -> Any:
    """Engines that give what they are asked for, apart from some (by `e0` to `e11`)."""

    def throttle(asked: list[float]) -> EngineState:
        thrusts = [given.get(f"e{index}", wanted) for index, wanted in enumerate(asked)]
        return EngineState(thrusts=tuple(thrusts), propellant=propellant)

    return throttle


def flying(
    height: float = 1_000.0, velocity: Vector = (0.0, 0.0, -60.0), step: float = 0.05,
    plan: DivertChoice | None = None, left_out: tuple[str, ...] = (), **parameters: Any,
) -> tuple[Bench, PoweredFlight]:  # fmt: skip
    bench = Bench(
        navigation((0.0, 0.0, GROUND + height), velocity), left_out, **parameters
    )  # fmt: skip
    bench.inertial_unit.answers["increments"] = [bench.hovering(step)]
    bench.engines.answers["throttle"] = [engines()]
    bench.descent.propellant = 400.0
    return bench, PoweredFlight(bench.descent, plan or choice())


# ---------------------------------------------------------------- wanted thrust


@pytest.mark.parametrize(
    ("wanted", "degrees", "found"),
    [
        ((1.0, 0.0, 4.0), 45.0, (1.0, 0.0, 4.0)),
        ((3.0, -4.0, 2.0), 45.0, (1.2, -1.6, 2.0)),
        ((4.0, 0.0, 4.0), 45.0001, (4.0, 0.0, 4.0)),
        ((4.0, 0.0, 0.1), 45.0, (0.5, 0.0, 0.5)),
        ((0.0, 0.0, -3.0), 45.0, (0.0, 0.0, 0.5)),
        ((0.1, 0.0, 0.2), 45.0, (0.1, 0.0, 0.5)),
    ],
)
def test_it_leans_no_more_than_allowed(wanted: Vector, degrees: float, found: Vector) -> None:
    assert _within_tilt(wanted, math.radians(degrees)) == pytest.approx(found, abs=1e-6)


def test_the_push_bears_the_weight_of_lander_and_propellant() -> None:
    bench, flight = flying()
    bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    [(asked,)] = bench.engines.of("throttle")
    assert math.fsum(asked) * math.cos(math.radians(6.0)) == pytest.approx(2_600.0 * 3.72)
    assert bench.descent.propellant == 400.0


def test_what_is_not_valid_of_the_engines_is_not_taken() -> None:
    bench, flight = flying()
    bench.engines.answers["throttle"] = [
        EngineState(valid=False, thrusts=(0.0,) * 12, propellant=1.0)
    ]
    for _ in range(20):
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    # What it weighs is dead-reckoned from what the engines were told, for a second here.
    weight = (bench.descent.parameters["lander_mass"] + 400.0) * 3.72
    exhaust = bench.descent.parameters["engine_specific_impulse"] * STANDARD_GRAVITY
    assert bench.descent.propellant == pytest.approx(400.0 - weight / exhaust, rel=2e-3)
    assert not bench.told("engine_lost")


# ---------------------------------------------------------------- lost engines


def lost(given: float, beats: int, force: float = 3.72) -> Bench:
    """What is found of engine 4 when it gives that; each is asked for about 811 N."""
    bench, flight = flying()
    bench.engines.answers["throttle"] = [engines(e4=given)]
    for _ in range(beats):
        bench.do(flight._push((0.0, 0.0, force), 0.3))
    return bench


@pytest.mark.parametrize(
    ("given", "beats", "found"),
    [(0.0, 5, 0), (0.0, 6, 1), (562.0, 6, 0), (559.0, 6, 1), (1_059.0, 6, 0), (1_062.0, 6, 1)],
)
def test_an_engine_off_by_250_newtons_for_six_beats_is_lost(
    given: float, beats: int, found: int
) -> None:
    told = lost(given, beats).told("engine_lost")
    assert told == [{"engine": 4, "thrust": round(given)}] * found


def test_at_high_thrust_a_tenth_is_allowed() -> None:
    # 13 m/s^2 of 2600 kg: 2832 N each.
    assert not lost(2_832.0 - 282.0, 10, 13.0).told("engine_lost")
    assert lost(2_832.0 - 285.0, 6, 13.0).told("engine_lost")


def test_a_lost_engine_is_shut_off_and_its_share_given_to_the_others() -> None:
    bench, flight = flying()
    bench.engines.answers["throttle"] = [engines(e4=0.0)]
    for _ in range(7):
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    before, after = bench.engines.of("throttle")[5][0], bench.engines.of("throttle")[6][0]
    assert before[4] > 800.0 and after[4] == 0.0
    assert math.fsum(after) * math.cos(math.radians(6.0)) == pytest.approx(2_600.0 * 3.72)
    for _ in range(12):
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    assert len(bench.told("engine_lost")) == 1  # it gives what is expected of it now: nothing


def test_one_that_burns_on_is_reckoned_with_as_it_is() -> None:
    bench, flight = flying()
    bench.engines.answers["throttle"] = [engines(e4=1_500.0)]
    for _ in range(13):
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    assert len(bench.told("engine_lost")) == 2
    assert flight.allocation.fixed == {4: 1_500.0}


def test_one_beat_as_asked_begins_the_count_anew() -> None:
    bench, flight = flying()
    for given in (0.0,) * 5 + (811.0,) + (0.0,) * 5:
        bench.engines.answers["throttle"] = [engines(e4=given)]
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    assert not bench.told("engine_lost")


def test_without_propellant_no_engine_is_to_blame_and_it_is_told_once() -> None:
    bench, flight = flying()
    bench.engines.answers["throttle"] = [engines(0.0, e4=0.0)]
    for _ in range(9):
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    assert not bench.told("engine_lost")
    assert bench.told("propellant_spent") == [{"height": pytest.approx(998.7, abs=0.1)}]


def test_deaf_engines_are_told_once_and_asked_for_half_a_minute() -> None:
    async def beats(number: int) -> None:
        for _ in range(number):
            await flight._push((0.0, 0.0, 3.72), 0.3)

    bench, flight = flying()
    bench.engines.answers["throttle"] = [MUTE]
    bench.do(beats(600))
    assert len(bench.engines.of("throttle")) == 600
    assert len(bench.told("device_trouble")) == 1 and not bench.told("engine_lost")
    bench.engines.answers["throttle"] = [engines(), MUTE]
    bench.do(beats(601))  # one answer in between: it begins anew
    assert len(bench.told("device_trouble")) == 2
    with pytest.raises(ActivityFailed, match="engines do not answer"):
        bench.do(beats(1))


def test_engines_that_stay_deaf_are_asked_in_each_beat_until_the_ground() -> None:
    bench, flight = flying()
    bench.engines.answers["throttle"] = [MUTE]
    bench.inertial_unit.answers["increments"] = [bench.passing(0.05)]  # it falls

    def felt() -> TouchdownState:
        return legs(4 if flight._height() <= 0.0 else 0)

    bench.legs.answers["state"] = [felt]
    flight.detector.judge = lambda loaded, *more: "legs" if all(loaded) else ""  # type: ignore[method-assign]

    async def to_the_ground() -> str:
        await flight.follow_plan()
        return await flight.come_down()

    assert bench.do(to_the_ground()) == "legs"
    beats = round((bench.where.time - 100.0) / 0.05)
    assert flight._height() <= 0.0 and len(bench.engines.of("throttle")) == beats
    assert [data["device"] for data in bench.told("device_trouble")] == ["descent_engines"]


# ------------------------------------------------------------------- the plan


def test_it_falls_clear_of_the_backshell() -> None:
    bench, flight = flying()
    bench.inertial_unit.answers["increments"] = [bench.passing(0.05)]
    bench.do(flight.fall_clear())
    assert bench.where.time == pytest.approx(100.6, abs=0.051)
    assert not bench.engines.asked


@pytest.mark.parametrize(
    ("height", "seconds"), [(100_000.0, 38.0), (1_000.0, (1_000.0 - 9.0) / 60.0)]
)
def test_the_plan_is_flown_to_its_end_or_down_to_the_gate(height: float, seconds: float) -> None:
    bench, flight = flying(height)
    bench.do(flight.follow_plan())
    assert bench.where.time == pytest.approx(100.0 + seconds, abs=0.11)
    assert bench.told("engines_lit") == [{"height": round(height), "duration": 40}]
    # The radar is listened to every fourth beat.
    beats = len(bench.engines.of("throttle"))
    assert len(bench.radar.asked) == beats // 4


def test_the_tilt_shrinks_towards_the_end_and_the_law_is_not_steeper_than_three_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pushed: list[tuple[Vector, float]] = []
    aimed: list[float] = []

    async def push(self: Any, wanted: Vector, tilt: float) -> None:
        pushed.append((wanted, tilt))

    def law(place: Any, velocity: Any, gate: Any, to_go: float) -> Vector:
        assert gate is GATE
        aimed.append(to_go)
        return (0.0, 0.0, to_go)

    monkeypatch.setattr(PoweredFlight, "_push", push)
    monkeypatch.setattr(powered_phase, "thrust_acceleration", law)
    bench, flight = flying(100_000.0, step=0.5)
    bench.do(flight.follow_plan())
    tilts = [math.degrees(tilt) for _, tilt in pushed]
    assert tilts[0] == pytest.approx(208.0) and tilts[-1] == pytest.approx(18.0)
    assert aimed[0] == 40.0 and aimed[-3:] == pytest.approx([3.0, 3.0, 3.0])
    assert pushed[0][0] == (0.0, 0.0, 40.0) and len(pushed) == 77


@pytest.mark.parametrize(
    ("height", "sinking", "seconds"),
    [(1_000.0, 60.0, 30.0), (100.0, 60.0, 6.0), (9_000.0, 60.0, 40.0), (100.0, 5.0, 18.0)],
)
def test_without_a_plan_it_brakes_as_hard_as_the_height_asks(
    monkeypatch: pytest.MonkeyPatch, height: float, sinking: float, seconds: float
) -> None:
    again = choice(None)
    monkeypatch.setattr(powered_phase, "choose_landing", lambda *asked: again)
    bench, flight = flying(height, (0.0, 0.0, -sinking), plan=choice(None))
    assert flight._duration() == pytest.approx(seconds)
    assert flight.choice is again and bench.told("no_plan_fits") == [{"height": round(height)}]
    new = choice(33.0)
    monkeypatch.setattr(powered_phase, "choose_landing", lambda *asked: new)
    bench, flight = flying(height, (0.0, 0.0, -sinking), plan=choice(None))
    assert flight._duration() == 33.0
    assert flight.choice is new and not bench.told("no_plan_fits")


# -------------------------------------------------------------- straight down


def legs(loaded: int = 0, latched: int = 0, **more: Any) -> TouchdownState:
    on = [(True,) * n + (False,) * (4 - n) for n in (loaded, latched)]
    return TouchdownState(loaded=on[0], latched=on[1], **more)


@pytest.mark.parametrize(("seen", "sinking"), [(None, 2.2), (100.0, 1.2), (92.0, 1.2), (91.9, 2.2)])
def test_blind_for_eight_seconds_it_sinks_as_fast_as_the_legs_bear(
    seen: float | None, sinking: float
) -> None:
    bench, flight = flying()
    bench.descent.sensing.range_last = None if seen is None else (seen, 50.0)
    assert flight._sinking_speed() == sinking


@pytest.mark.parametrize(
    ("height", "faster"), [(11.3, 1.2 + 0.35 * 8.0), (3.3, 1.2), (1.5, 1.2), (40.0, 6.0)]
)
def test_higher_up_it_sinks_faster(
    monkeypatch: pytest.MonkeyPatch, height: float, faster: float
) -> None:
    asked: list[tuple[Any, ...]] = []

    def straight(velocity: Vector, over: float, sinking: float, offset: Any) -> Vector:
        asked.append((over, sinking, offset))
        return (0.0, 0.0, 3.72)

    monkeypatch.setattr(powered_phase, "straight_down", straight)
    bench, flight = flying(height, (0.0, 0.0, -1.2), plan=DivertChoice(
        Spot(2.0, -3.0, GROUND, 0), GATE, None, 0.0, 0.0, ""
    ))  # fmt: skip
    bench.descent.sensing.range_last = (100.0, height)
    bench.legs.answers["state"] = [LEGS, legs(2), legs(2)]
    flight.detector.judge = lambda *reading: "legs"  # type: ignore[method-assign]
    assert bench.do(flight.come_down()) == "legs"
    over, sinking, offset = asked[0]
    assert over == pytest.approx(height - 1.3, abs=1e-3)
    assert sinking == pytest.approx(faster, abs=1e-3)
    assert offset == pytest.approx((2.0, -3.0), abs=1e-6)


def judged(flight: PoweredFlight) -> list[tuple[Any, ...]]:
    """What the detector is asked; it says "legs" at the third."""
    asked: list[tuple[Any, ...]] = []

    def judge(*reading: Any) -> str:
        asked.append(reading)
        return "legs" if len(asked) == 3 else ""

    flight.detector.judge = judge  # type: ignore[method-assign]
    return asked


def test_touchdown_sensing_begins_with_cleared_latches() -> None:
    bench, flight = flying(20.0, (0.0, 0.0, -1.2))
    asked = judged(flight)
    bench.legs.answers["state"] = [LEGS, legs(1), MUTE, legs(3, valid=False)]
    assert bench.do(flight.come_down()) == "legs"
    assert [call[0] for call in bench.legs.asked] == ["state", "clear"] + ["state"] * 3
    assert [reading[0] for reading in asked] == [(True, False, False, False), (), ()]
    _, sinks, sinking, height, interval, measured = asked[0]
    assert (sinks, sinking, interval) == (pytest.approx(1.2, abs=0.01), 2.2, 0.05)
    assert height == pytest.approx(18.6, abs=0.1) and measured
    assert not bench.told("leg_stuck") and flight.detector.enabled
    assert not bench.told("early_contact_cleared")
    assert bench.told("straight_descent") == [{"height": 18.7}]
    assert bench.told("device_trouble")[0]["device"] == "touchdown_sensors"


def test_what_was_latched_before_is_cleared_told_and_not_believed() -> None:
    bench, flight = flying(20.0, (0.0, 0.0, -1.2))
    asked = judged(flight)
    bench.legs.answers["state"] = [
        TouchdownState(loaded=(False,) * 4, latched=(True, False, False, True)), LEGS,
    ]  # fmt: skip
    bench.do(flight.come_down())
    assert bench.told("early_contact_cleared") == [{"legs": [0, 3]}]
    assert not bench.told("leg_stuck") and len(asked) == 3
    assert len(bench.legs.of("clear")) == 1


def test_a_latch_that_cannot_be_cleared_is_told_and_not_believed() -> None:
    bench, flight = flying(20.0, (0.0, 0.0, -1.2))
    asked = judged(flight)
    bench.legs.answers["clear"] = [TouchdownState(loaded=(False,) * 4,
                                                  latched=(False, True, False, True))]  # fmt: skip
    bench.do(flight.come_down())
    assert bench.told("leg_stuck") == [{"legs": [1, 3]}] and len(asked) == 3


def test_without_that_safeguard_what_was_latched_is_the_ground() -> None:
    bench, flight = flying(20.0, left_out=("touchdown_latch",))
    bench.legs.answers["state"] = [legs(0, 1)]
    assert bench.do(flight.come_down()) == "legs"
    assert [call[0] for call in bench.legs.asked] == ["state"] and not bench.engines.asked
    bench, flight = flying(20.0, left_out=("touchdown_latch",))
    judged(flight)
    bench.do(flight.come_down())
    assert len(bench.engines.asked) == 3


@pytest.mark.parametrize(("mute", "asked"), [(0, 1), (2, 3), (5, 3)])
def test_the_engines_are_shut_down_with_three_tries(mute: int, asked: int) -> None:
    bench, flight = flying(1.3)
    bench.engines.answers["shut_down"] = [MUTE] * mute + [engines()([0.0] * 12)]
    bench.descent.sensing.fixed = True
    bench.legs.answers["state"] = [legs(4)]
    landing = bench.do(flight.end("legs"))
    assert len(bench.engines.of("shut_down")) == asked
    assert bench.memory.landing == landing
    assert (landing.how, landing.fixed, landing.sigma) == ("legs", True, 50.0)
    assert (landing.propellant, landing.time) == (400.0, 100.0)
    [told] = bench.told("touchdown")
    assert told == {
        "how": "legs", "east": landing.east, "north": landing.north, "sigma": 50.0,
        "fixed": True, "propellant": 400.0, "time": 100.0,
    }  # fmt: skip


def test_after_a_reboot_the_tanks_are_opened_and_the_spot_is_chosen_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench, _ = flying(20.0, (0.0, 0.0, -1.2))
    bench.inertial_unit.answers["increments"] = [bench.passing(0.05)]
    bench.descent.propellant = 0.0
    chosen: list[float] = []

    def choose(descent: Any, place: Any, velocity: Any) -> DivertChoice:
        chosen.append(descent.propellant)
        return choice(3.0)

    monkeypatch.setattr(powered_phase, "choose_landing", choose)
    bench.legs.answers["state"] = [legs(4)]
    monkeypatch.setattr(powered_phase.TouchdownDetector, "judge", lambda *reading: "legs")
    landing = bench.do(powered_phase.land(bench.descent))
    assert chosen == [500.0] and landing.how == "legs"
    assert bench.engines.of("prime") == [()]
    assert bench.names()[:2] == ["engines_lit", "straight_descent"]


@pytest.mark.parametrize(("felt", "lost"), [(1.0, 0), (0.85, 0), (7.0 / 12.0, 5)])
def test_what_is_felt_decides_whether_five_engines_are_out_or_their_pressures(
    felt: float, lost: int
) -> None:
    bench, flight = flying()
    push = (0.0, 0.0, felt * 3.71 * 0.05)
    bench.inertial_unit.answers["increments"] = [bench.passing(0.05, velocity=push)]
    bench.engines.answers["throttle"] = [engines(e0=0.0, e2=0.0, e5=0.0, e7=0.0, e10=0.0)]

    async def fly() -> None:
        for _ in range(8):
            await bench.descent.navigate()
            await flight._push((0.0, 0.0, 3.71), 0.1)

    bench.do(fly())
    assert len(bench.told("engine_lost")) == lost
    assert len(flight.allocation.fixed) == lost


@pytest.mark.parametrize("deaf", [False, True])
def test_pressures_to_either_side_or_that_nobody_feels_shut_no_six_engines_off(deaf: bool) -> None:
    bench, flight = flying()
    push = (0.0, 0.0, (0.5 if deaf else 0.999) * 3.71 * 0.05)
    felt = bench.passing(0.05, velocity=push)
    bench.inertial_unit.answers["increments"] = [felt, MUTE] if deaf else [felt]
    factors = [0.0] * 6 if deaf else [0.45, 1.55] * 3

    def throttle(asked: list[float]) -> EngineState:
        thrusts = [a * b for a, b in zip(asked, [*factors, *[1.0] * 6], strict=True)]
        return EngineState(thrusts=tuple(thrusts), propellant=400.0)

    bench.engines.answers["throttle"] = [throttle]

    async def fly() -> None:
        for _ in range(8):
            await bench.descent.navigate()
            await flight._push((0.0, 0.0, 3.71), 0.1)

    bench.do(fly())
    assert not bench.told("engine_lost") and not flight.allocation.fixed
