"""The decisions of the descent where a limit is exactly met, and what is said once and no more."""

import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.core.fault_protection.witnesses import WITNESSES
from flight.lander import parachute
from flight.lander.descent import Descent
from flight.lander.divert import DivertChoice, choose_landing
from flight.lander.engine_judge import EngineJudge
from flight.lander.parachute import Hanging, ParachuteTrigger
from tests.flight.lander.descent_bench import GROUND, LEGS, MUTE, Bench, navigation
from tests.flight.lander.test_parachute import Choices, choice, hanging, pulling
from tests.flight.lander.test_powered_phase import engines, flying

# ---------------------------------------------------------------------- trigger


def trigger(
    to_go: float = 1.0, speed: float = 400.0, height: float = 9_000.0, **parameters: Any
) -> tuple[bool, ParachuteTrigger, Bench]:
    """One that flies exactly so fast."""
    bench = Bench(navigation((0.0, 0.0, GROUND + height), (speed, 0.0, 0.0)), **parameters)
    bench.where.felt = (0.0, 0.0, 5.0)
    bench.where.local_velocity = lambda: (speed, 0.0, 0.0)  # type: ignore[method-assign]
    guidance: Any = SimpleNamespace(course=lambda n: SimpleNamespace(range_to_go=to_go))
    found = ParachuteTrigger(bench.descent)
    return found.due(guidance), found, bench


def test_the_box_of_the_parachute_holds_its_edges() -> None:
    _, seen, _ = trigger()
    inside = {"parachute_greatest_mach": seen.mach, "parachute_greatest_pressure": seen.pressure}
    assert trigger(-1.0, **inside)[0]
    for edge, value in inside.items():
        assert not trigger(-1.0, **{**inside, edge: math.nextafter(value, 0.0)})[0], edge


def test_at_exactly_its_speed_it_opens_by_speed_and_at_twice_that_it_looks() -> None:
    by_speed = {"parachute_trigger": "speed"}
    assert trigger(speed=405.0, parachute_speed=405.0, **by_speed)[0]
    assert not trigger(speed=405.0, parachute_speed=math.nextafter(405.0, 0.0), **by_speed)[0]
    _, seen, _ = trigger(speed=800.0, parachute_speed=400.0)
    assert seen.mach > 3.0
    _, seen, _ = trigger(speed=800.0, parachute_speed=math.nextafter(400.0, 0.0))
    assert seen.mach == 0.0


def test_at_exactly_the_least_speed_and_height_it_may_still_wait() -> None:
    slowest = {"parachute_least_speed": 400.0}
    assert not trigger(**slowest)[0]
    assert trigger(parachute_least_speed=math.nextafter(400.0, 500.0))[1].reason.endswith("wait")
    height = trigger()[2].descent.height_over_ground
    assert not trigger(parachute_least_height=height)[0]
    assert trigger(parachute_least_height=math.nextafter(height, 1e9))[1].reason == (
        "too low to wait"
    )


# ------------------------------------------------------------------ under it


def test_until_it_is_open_it_does_not_hang_and_when_the_backshell_goes_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench, _ = hanging(1_500.0)
    bench.descent.sensing.has_seen = True
    pulling(bench, 3, 30.0)
    hung: list[bool] = []
    drop, choose = Hanging.drop_heat_shield, Hanging.sense_and_choose

    async def dropping(self: Hanging) -> None:
        hung.append(bench.where.hangs)
        await drop(self)

    async def choosing(self: Hanging) -> DivertChoice:
        hung.append(bench.where.hangs)
        return await choose(self)

    monkeypatch.setattr(Hanging, "drop_heat_shield", dropping)
    monkeypatch.setattr(Hanging, "sense_and_choose", choosing)
    Choices(monkeypatch, lambda h: choice())
    assert not bench.where.hangs
    bench.do(parachute.descend(bench.descent))
    assert hung == [True, True] and not bench.where.hangs
    assert len(bench.told("parachute_open")) == 1


def test_a_pull_of_exactly_six_is_none_and_that_nobody_saw_it_is_told_once() -> None:
    bench, hang = hanging()
    bench.where.felt = (0.0, 0.0, 4.0)
    quiet = bench.hovering(0.1)

    def exactly(since: int) -> Any:
        return msgspec.structs.replace(quiet(since), velocity=(0.0, 0.0, 0.1 * 10.0))

    bench.inertial_unit.answers["increments"] = [exactly]
    bench.do(hang.wait_for_pull())
    assert not bench.memory.parachute_pulled
    [told] = bench.told("result_unconfirmed")
    assert "mortar" in told["actuation"]
    assert len(bench.told("parachute_does_not_pull")) == 1


class Over(Exception):
    """Enough was seen."""


def sensed(
    monkeypatch: pytest.MonkeyPatch, height: float, beats: int = 200, *, saturated: bool = False,
    **parameters: Any,
) -> tuple[list[tuple[str, float]], Bench]:  # fmt: skip
    """What is done, and when after the beginning, at a height that stays."""
    bench, hang = hanging(**parameters)
    done: list[tuple[str, float]] = []

    def noting(what: str) -> Any:
        async def note(*more: Any) -> None:
            done.append((what, round(bench.where.time - 100.0, 3)))

        return note

    async def beat(self: Any) -> None:
        self.beats = getattr(self, "beats", 0) + 1
        if self.beats == beats:
            raise Over

    monkeypatch.setattr(Descent, "height_over_ground", property(lambda self: height))
    monkeypatch.setattr(parachute.Shield, "beat", beat)
    monkeypatch.setattr(bench.descent.sensing, "listen", noting("radar"))
    monkeypatch.setattr(bench.descent.sensing, "match", noting("image"))
    monkeypatch.setattr(
        bench.descent.sensing, "find_vertical",
        lambda: done.append(("vertical", round(bench.where.time - 100.0, 3))),
    )  # fmt: skip
    monkeypatch.setattr(hang, "_legs", noting("legs"))
    monkeypatch.setattr(hang, "_choose", lambda h: done.append(("choice", h)))
    bench.where.saturated = saturated
    with pytest.raises(Over):
        bench.do(hang.sense_and_choose())
    return done, bench


@pytest.mark.parametrize(
    ("height", "seen"),
    [
        (1_800.0, True), (math.nextafter(1_800.0, 0.0), False), (4_200.0, True),
        (math.nextafter(4_200.0, 1e9), False),
    ],
)  # fmt: skip
def test_images_from_the_highest_to_the_lowest_both_included(
    monkeypatch: pytest.MonkeyPatch, height: float, seen: bool
) -> None:
    done, _ = sensed(monkeypatch, height, 21, images_lowest=1_800.0, terrain_highest=4_200.0)
    images = [at for what, at in done if what == "image"]
    assert images == ([0.5, 1.0, 1.5, 2.0] if seen else [])


@pytest.mark.parametrize(
    ("height", "done"),
    [(3_000.0, set()), (math.nextafter(3_000.0, 0.0), {"legs"}), (2_500.0, {"legs"}),
     (math.nextafter(2_500.0, 0.0), {"legs", "choice"})],
)  # fmt: skip
def test_legs_and_choice_begin_below_their_heights_and_not_at_them(
    monkeypatch: pytest.MonkeyPatch, height: float, done: set[str]
) -> None:
    limits = {"backshell_highest": 2_500.0, "terrain_highest": 100.0, "terrain_lowest": 99.0}
    found, _ = sensed(monkeypatch, height, 21, **limits)
    assert {what for what, _ in found} - {"radar"} == done
    if "choice" in done:
        assert len([1 for what, _ in found if what == "choice"]) == 2  # once a second


def test_the_vertical_is_looked_for_at_each_beat_once_the_radar_may_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done, _ = sensed(monkeypatch, 9_000.0, 70, saturated=True, radar_delay=6.0)
    vertical = [at for what, at in done if what == "vertical"]
    assert vertical[0] == pytest.approx(6.0, abs=0.101) and len(vertical) in (9, 10)
    done, _ = sensed(monkeypatch, 9_000.0, 70, saturated=False, radar_delay=6.0)
    assert "vertical" not in [what for what, _ in done]


# -------------------------------------------------------------------- the spot


def test_what_is_left_to_an_aim_that_is_not_the_origin() -> None:
    bench = Bench()
    bench.descent.sensing.fixed = False
    bench.where.errors[0].position = 1e6
    bench.descent.aim = (30.0, -40.0)
    found = choose_landing(bench.descent, (0.0, 0.0, GROUND + 2_000.0), (15.0, 20.0, -85.0))
    assert (found.spot.east, found.spot.north) == (60.0, 80.0)
    assert found.distance == pytest.approx(100.0)
    assert found.distance_left == pytest.approx(math.hypot(30.0, 120.0))


# --------------------------------------------------------------------- engines


def beat(judge: EngineJudge, factor: float, told: float = 1_500.0) -> None:
    asked = judge.told([told] * 12, 400.0, 3_100.0)
    judge.judge(asked, [factor * each for each in asked])


def test_the_common_part_is_followed_by_a_fifth_of_each_change() -> None:
    judge = EngineJudge(12)
    for _ in range(6):
        beat(judge, 1.2)
    assert judge.gain == pytest.approx(1.2), "the first is believed as it is"
    beat(judge, 1.4)
    assert judge.gain == pytest.approx(1.24)
    beat(judge, 1.0)
    assert judge.gain == 1.0
    for _ in range(5):
        beat(judge, 1.2)
    assert judge.gain == 1.0, "it is counted anew"


@pytest.mark.parametrize(
    ("factor", "followed"),
    [(1.0499, False), (1.0501, True), (0.9501, False), (0.9499, True), (2.0, True), (0.5, True),
     (2.0001, False), (0.4999, False)],
)  # fmt: skip
def test_what_is_a_calibration(factor: float, followed: bool) -> None:
    judge = EngineJudge(12)
    for _ in range(6):
        told = [1_000.0] * 12
        judge.judge(told, [factor * each for each in told])
    assert (judge.gain != 1.0) is followed


@pytest.mark.parametrize(("firing", "followed"), [(4, True), (3, False)])
def test_four_engines_can_tell_what_they_have_in_common(firing: int, followed: bool) -> None:
    judge = EngineJudge(12)
    told = [1_000.0] * firing + [0.0] * (12 - firing)
    for _ in range(6):
        judge.judge(told, [1.2 * each for each in told])
    assert (judge.gain != 1.0) is followed


def test_what_is_told_stays_within_what_an_engine_can() -> None:
    judge = EngineJudge(12)
    judge.gain = 0.8
    assert judge.told([0.0, 400.0, 3_000.0], 400.0, 3_100.0) == [0.0, 500.0, 3_100.0]
    judge.gain = 1.25
    assert judge.told([400.0], 400.0, 3_100.0) == [400.0]


def test_that_the_thrust_is_off_is_told_once_in_percent() -> None:
    bench, flight = flying()
    bench.engines.answers["throttle"] = [
        lambda asked: engines()([0.8 * each for each in asked])
    ]  # fmt: skip
    for _ in range(12):
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    assert bench.told("thrust_is_off") == [{"percent": 80}]
    bench, flight = flying()
    for _ in range(12):
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    assert not bench.told("thrust_is_off")


def test_the_radar_is_asked_at_each_fourth_beat() -> None:
    bench, flight = flying()

    async def beats(count: int) -> list[int]:
        await bench.descent.begin()
        asked = []
        for _ in range(count):
            await flight._next_beat()
            asked.append(len(bench.radar.asked))
        return asked

    assert bench.do(beats(9)) == [0, 0, 0, 1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("legs", "kept", "shut", "told"),
    [
        (LEGS, True, 3, 1), (LEGS, False, 1, 0), (MUTE, True, 1, 0),
        (msgspec.structs.replace(LEGS, loaded=(False, False, False, True)), True, 1, 0),
    ],
)  # fmt: skip
def test_engines_are_shut_down_again_while_no_leg_bears_anything_and_that_is_told_once(
    legs: Any, kept: bool, shut: int, told: int
) -> None:
    bench, flight = flying(1.3, left_out=() if kept else (WITNESSES.name,))
    bench.legs.answers["state"] = [legs]
    bench.do(flight.end("legs"))
    assert len(bench.engines.of("shut_down")) == shut
    assert len(bench.told("result_unconfirmed")) == told


def test_empty_tanks_are_told_where_they_are_exactly_empty_and_not_before() -> None:
    for propellant, told in ((0.0, 1), (0.1, 0)):
        bench, flight = flying()
        bench.engines.answers["throttle"] = [engines(propellant)]
        for _ in range(2):
            bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
        assert len(bench.told("propellant_spent")) == told
