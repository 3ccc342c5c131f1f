"""When the parachute opens, what goes under it and when it is left: at the limits of each."""

import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.lander import parachute
from flight.lander.air_model import speed_of_sound
from flight.lander.divert import DivertChoice
from flight.lander.landing_site import Spot
from flight.lander.parachute import Hanging, ParachuteTrigger, _hung_on, _is_better
from flight.lander.powered_descent import DescentPlan, Gate
from tests.flight.lander.descent_bench import GROUND, Bench, navigation

# --------------------------------------------------------------------- trigger


def trigger(
    speed: float, *, felt: float = 5.0, height: float = 9_000.0, to_go: float = 1.0,
    **parameters: Any,
) -> tuple[bool, str, ParachuteTrigger]:  # fmt: skip
    bench = Bench(navigation((0.0, 0.0, GROUND + height), (speed, 0.0, 0.0)), **parameters)
    bench.where.felt = (0.0, 0.0, felt)
    guidance: Any = SimpleNamespace(course=lambda n: SimpleNamespace(range_to_go=to_go))
    found = ParachuteTrigger(bench.descent)
    return found.due(guidance), found.reason, found


@pytest.mark.parametrize(
    ("to_go", "due"), [(0.001, False), (0.0, True), (-100.0, True)]
)  # fmt: skip
def test_it_opens_where_the_range_is_flown(to_go: float, due: bool) -> None:
    assert trigger(400.0, to_go=to_go)[:2] == (due, "range")


@pytest.mark.parametrize(("speed", "due"), [(405.01, False), (404.99, True)])
def test_or_at_its_speed(speed: float, due: bool) -> None:
    assert trigger(speed, parachute_trigger="speed")[:2] == (due, "speed")


def test_within_a_box_of_mach_number_and_pressure() -> None:
    sound = speed_of_sound(GROUND + 9_000.0)
    assert trigger(2.099 * sound, to_go=-1.0)[0]
    assert not trigger(2.101 * sound, to_go=-1.0)[0]
    # 720 Pa: felt times 3790 kg over 1.6 times 17.35 m^2.
    limit = 720.0 * 1.6 * 17.35 / 3_790.0
    assert trigger(400.0, felt=0.999 * limit, to_go=-1.0)[0]
    assert not trigger(400.0, felt=1.001 * limit, to_go=-1.0)[0]
    due, _, found = trigger(400.0, felt=0.5 * limit, to_go=-1.0)
    assert due and found.pressure == pytest.approx(360.0)
    assert found.speed == pytest.approx(400.0) and found.mach == pytest.approx(400.0 / sound)


@pytest.mark.parametrize(
    ("speed", "height", "reason"),
    [
        (334.9, 9_000.0, "too slow to wait"),
        (335.1, 9_000.0, "range"),
        (400.0, 6_499.0, "too low to wait"),
        (400.0, 6_501.0, "range"),
    ],
)
def test_or_at_the_latest_whatever_the_box(speed: float, height: float, reason: str) -> None:
    due, why, found = trigger(speed, height=height, felt=1_000.0 if "wait" in reason else 5.0)
    assert (due, why) == (reason != "range", reason)
    assert found.mach > 1.0


def test_far_too_fast_it_is_not_even_looked_at() -> None:
    due, reason, found = trigger(811.0, height=3_000.0, to_go=-1.0)
    assert not due and reason == "" and found.mach == 0.0
    assert trigger(809.0, height=3_000.0, to_go=-1.0)[0]


# ---------------------------------------------------------------------- opening


def hanging(
    height: float = 9_000.0, speed: float = 90.0, step: float = 0.1, **parameters: Any
) -> tuple[Bench, Hanging]:
    bench = Bench(navigation((0.0, 0.0, GROUND + height), (0.0, 0.0, -speed)), **parameters)
    bench.inertial_unit.answers["increments"] = [bench.hovering(step)]
    bench.memory.mortar_time = 100.0
    return bench, Hanging(bench.descent)


def pulling(bench: Bench, after: int, by: float) -> None:
    """The unit feels more from a reading on."""
    quiet = bench.hovering(0.1)
    pull = msgspec.structs.replace

    def strong(since: int) -> Any:
        return pull(quiet(since), velocity=(0.0, 0.0, 0.1 * by))

    bench.inertial_unit.answers["increments"] = [quiet] * after + [strong]


def test_a_pull_of_six_more_shows_that_it_is_open() -> None:
    bench, hang = hanging()
    bench.where.felt = (0.0, 0.0, 3.71)
    pulling(bench, 12, 3.71 + 6.01)
    bench.do(hang.wait_for_pull())
    assert bench.told("parachute_open") == [{"felt": 9.7}]
    assert bench.memory.parachute_pulled and not bench.pyrotechnics.asked
    assert bench.where.time == pytest.approx(101.3)
    # After a reboot it does not wait for it once more.
    bench.do(hang.wait_for_pull())
    assert bench.where.time == pytest.approx(101.3)


def test_without_a_pull_the_mortar_is_fired_again_after_four_seconds_and_then_given_up() -> None:
    bench, hang = hanging()
    bench.where.felt = (0.0, 0.0, 3.71)
    pulling(bench, 0, 3.71 + 5.99)
    bench.do(hang.wait_for_pull())
    assert bench.pyrotechnics.of("fire") == [("mortar", "A"), ("mortar", "B")]
    assert bench.told("parachute_does_not_pull") == [{"height": pytest.approx(9_000, abs=900)}]
    assert not bench.memory.parachute_pulled and not bench.told("parachute_open")
    assert bench.where.time == pytest.approx(108.0, abs=0.25)


def test_the_second_mortar_may_open_it() -> None:
    bench, hang = hanging()
    pulling(bench, 50, 30.0)
    bench.do(hang.wait_for_pull())
    assert bench.pyrotechnics.of("fire") == [("mortar", "A"), ("mortar", "B")]
    assert bench.memory.parachute_pulled and not bench.told("parachute_does_not_pull")


# ------------------------------------------------------------------ heat shield


def shield_gone(bench: Bench, hang: Hanging) -> float:
    """Seconds after the mortar at which the heat shield goes."""
    bench.do(hang.drop_heat_shield())
    assert bench.pyrotechnics.of("fire") == [("heat_shield", "A")]
    assert bench.memory.heat_shield_gone and len(bench.told("heat_shield_separated")) == 1
    return round(bench.where.time - 100.0, 2)


def test_the_heat_shield_goes_below_mach_0_7_but_not_before_the_canopy_has_settled() -> None:
    assert shield_gone(*hanging()) == pytest.approx(10.1)
    bench, hang = hanging()
    bench.do(hang.drop_heat_shield())
    bench.do(hang.drop_heat_shield())  # it went before: nothing happens
    assert len(bench.pyrotechnics.asked) == 1
    sound = speed_of_sound(GROUND + 50_000.0)
    assert shield_gone(*hanging(50_000.0, 0.69 * sound)) == pytest.approx(10.1)
    assert shield_gone(*hanging(50_000.0, 0.75 * sound)) > 15.0


def test_too_fast_it_waits_forty_seconds_at_the_most() -> None:
    assert shield_gone(*hanging(100_000.0, 700.0)) == pytest.approx(40.1)


@pytest.mark.parametrize(("height", "at_once"), [(1_799.0, True), (1_801.0, False)])
def test_low_down_it_goes_at_once(height: float, at_once: bool) -> None:
    bench, hang = hanging(height, speed=0.001)
    assert (shield_gone(bench, hang) == 0.0) is at_once


def test_the_vertical_is_looked_for_when_swings_are_out() -> None:
    bench, hang = hanging(50_000.0, 700.0)
    bench.where.saturated = True
    bench.do(hang.drop_heat_shield())
    times = [time for time, name, _ in bench.host.events if name == "vertical_found"]
    assert times[0] == pytest.approx(116.1, abs=0.11)
    bench, hang = hanging(50_000.0, 700.0)
    bench.do(hang.drop_heat_shield())
    assert not bench.told("vertical_found")


def test_from_a_reboot_on_the_time_of_the_mortar_is_known() -> None:
    bench, _ = hanging()
    bench.memory.mortar_time = 95.0
    assert Hanging(bench.descent).fired_at == 95.0
    bench.memory.mortar_time = None
    assert Hanging(bench.descent).fired_at == 100.0


# ---------------------------------------------------------------- the choice


def choice(left: float = 0.0, spent: float | None = 200.0) -> DivertChoice:
    plan = None if spent is None else DescentPlan(40.0, spent)
    spot = Spot(0.0, 0.0, GROUND, 0)
    return DivertChoice(spot, Gate((0.0, 0.0, GROUND + 16.3), 1.2), plan, 0.0, left, "")


@pytest.mark.parametrize(
    ("later", "now", "better"),
    [
        (choice(0.0, 190.0), choice(0.0, 200.0), True),
        (choice(0.0, 200.0), choice(0.0, 200.0), False),
        (choice(0.0, 210.0), choice(0.0, 200.0), False),
        # Ten metres nearer are worth any propellant, less are not.
        (choice(0.0, 290.0), choice(10.1, 200.0), True),
        (choice(0.0, 290.0), choice(10.0, 200.0), False),
        (choice(10.1, 190.0), choice(0.0, 200.0), False),
        (choice(10.0, 190.0), choice(0.0, 200.0), True),
        (choice(0.0, None), choice(50.0, 200.0), False),
        (choice(0.0, 100.0), choice(50.0, None), False),
    ],
)
def test_what_is_better(later: DivertChoice, now: DivertChoice, better: bool) -> None:
    assert _is_better(later, now) is better


def test_where_it_hangs_some_seconds_later() -> None:
    n = navigation((1.0, 2.0, GROUND + 3_000.0), (10.0, -20.0, -80.0))
    place, velocity = _hung_on(n, 6.0)
    assert place == pytest.approx((61.0, -118.0, GROUND + 2_520.0), abs=1e-4)
    assert velocity == pytest.approx((10.0, -20.0, -80.0))


class Choices:
    """Stands for `choose_landing`: what it answers by the height over the ground."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
        self.heights: list[float] = []
        self.answer = answer
        monkeypatch.setattr(parachute, "choose_landing", self)

    def __call__(self, descent: Any, place: Any, velocity: Any) -> DivertChoice:
        self.heights.append(place[2] - GROUND)
        found: DivertChoice = self.answer(self.heights[-1])
        return found


def chosen_at(hang: Hanging, height: float) -> bool:
    return hang._choose(height) is not None


def test_now_is_taken_when_later_is_no_better(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, hang = hanging(2_500.0)
    bench.descent.sensing.fixed = True
    choices = Choices(monkeypatch, lambda h: choice())
    assert chosen_at(hang, 2_500.0)
    # Two, six and twelve seconds on, as far as there is room: 1200 m over the ground.
    assert choices.heights == pytest.approx([2_500.0, 2_320.0, 1_960.0, 1_420.0], abs=0.1)
    choices.heights.clear()
    bench, hang = hanging(2_200.0)
    bench.descent.sensing.fixed = True
    assert chosen_at(hang, 2_200.0)
    assert choices.heights == pytest.approx([2_200.0, 2_020.0, 1_660.0], abs=0.1)


@pytest.mark.parametrize("better_at", [2_320.0, 1_960.0, 1_420.0])
def test_it_hangs_on_when_any_of_the_later_is_better(
    monkeypatch: pytest.MonkeyPatch, better_at: float
) -> None:
    bench, hang = hanging(2_500.0)
    bench.descent.sensing.fixed = True
    Choices(monkeypatch, lambda h: choice(0.0, 100.0 if abs(h - better_at) < 1.0 else 200.0))
    assert not chosen_at(hang, 2_500.0)


def test_images_are_waited_for_down_to_where_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, hang = hanging(2_500.0)
    Choices(monkeypatch, lambda h: choice())
    assert not chosen_at(hang, 2_000.1)
    assert chosen_at(hang, 2_000.0)
    bench.descent.sensing.fixed = True
    assert chosen_at(hang, 2_000.1)


def test_at_the_lowest_it_leaves_whatever_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, hang = hanging(2_500.0)
    bench.descent.sensing.fixed = True
    Choices(monkeypatch, lambda h: choice(0.0, None))
    assert not chosen_at(hang, 1_200.1)
    assert chosen_at(hang, 1_200.0)


def test_what_is_done_on_the_way_down(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, hang = hanging(4_700.0, speed=90.0)
    bench.memory.mortar_time = 60.0
    bench.descent.sensing.has_seen = True
    heard: list[tuple[str, float]] = []

    def listen(what: str) -> Any:
        async def note() -> None:
            heard.append((what, round(bench.descent.height_over_ground)))

        return note

    monkeypatch.setattr(bench.descent.sensing, "listen", listen("radar"))
    monkeypatch.setattr(bench.descent.sensing, "match", listen("image"))
    Choices(monkeypatch, lambda h: choice(0.0, None))
    found = bench.do(hang.sense_and_choose())
    assert found.plan is None  # at 1200 m it left
    radar = [height for what, height in heard if what == "radar"]
    images = [height for what, height in heard if what == "image"]
    # The radar from 6 s on, five times a second.
    assert radar[0] == pytest.approx(4_700 - 6.0 * 90, abs=19)
    assert radar[1] - radar[2] == pytest.approx(18, abs=1)
    assert len(radar) == pytest.approx((radar[0] - radar[-1]) / 18 + 1, abs=1)
    # Images from 4200 m on, twice a second: low down to compare.
    assert 4_155 <= images[0] <= 4_200 and images[-1] <= 1_245
    assert images[1] - images[2] == pytest.approx(45, abs=1)
    # The legs 20 % before the backshell may go, once; with them the tanks are opened.
    assert [d["height"] for d in bench.told("legs_deployed")] == [pytest.approx(4_315, abs=6)]
    assert bench.pyrotechnics.of("fire") == [("legs", "A")] and len(bench.engines.asked) == 1
    assert bench.memory.legs_out
    assert 1_110 <= bench.descent.height_over_ground <= 1_200


def test_legs_that_are_out_stay_out_after_a_reboot(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, hang = hanging(1_500.0)
    bench.memory.legs_out = True
    Choices(monkeypatch, lambda h: choice())
    bench.do(hang.sense_and_choose())
    assert not bench.pyrotechnics.asked and not bench.told("legs_deployed")


def test_the_whole_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, _ = hanging(1_500.0)
    bench.memory.parachute_pulled = True
    bench.descent.sensing.has_seen = True
    Choices(monkeypatch, lambda h: choice())
    found = bench.do(parachute.descend(bench.descent))
    assert found == choice()
    # The legs, of which nobody can tell in the air, by both sides once more.
    assert [part for part, _ in bench.pyrotechnics.of("fire")] == [
        "heat_shield", "legs", "legs", "legs", "backshell",
    ]  # fmt: skip
    [left] = bench.told("backshell_separated")
    assert left["speed"] == 90 and left["divert"] == 0
    assert left["height"] == round(bench.descent.height_over_ground)
    assert math.isclose(bench.where.local_velocity()[2], -90.0, rel_tol=0.02)
