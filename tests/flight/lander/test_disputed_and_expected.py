"""Whether the height is disputed, what is expected of the engines, and what a landing is said to be
at."""

import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.descent import EngineState
from flight.lander.axis_error import AxisError
from flight.lander.ground_sources import FELT, IMAGES, PLACES, RANGE
from flight.lander.landing_site import LandingMap
from tests.flight.lander.descent_bench import (
    ENGINES,
    GROUND,
    LEGS,
    MUTE,
    PYRO,
    Bench,
    flat_map,
    navigation,
    nothing_felt,
)
from tests.flight.lander.test_ground_sensing import at, fix, listen, radar
from tests.flight.lander.test_powered_phase import engines, flying
from tests.flight.lander.test_source_agreement import place

# ------------------------------------------------------------------------------ a disputed height


def disputing(*ranges: float) -> Bench:
    """A lander at 1000 m whose radar shows these, one after the other, half a second apart."""
    bench = Bench(at(1_000.0))
    for distance in ranges:
        bench.radar.answers["measure"] = [radar(distance)]
        listen(bench)
        bench.where.time += 0.5
    return bench


@pytest.mark.parametrize(
    ("since", "disputed"), [(2.0, False), (math.nextafter(2.0, 1.0), False), (2.0001, True)]
)
def test_ranges_that_fit_nothing_dispute_the_height_after_two_seconds(
    since: float, disputed: bool
) -> None:
    bench = disputing(1_900.0, 1_900.0)
    sensing = bench.descent.sensing
    bench.where.time = 100.0 + since
    assert sensing.height_is_disputed is disputed


def test_the_dispute_counts_from_the_first_and_a_believed_range_ends_it() -> None:
    first = disputing(1_900.0)
    assert first.descent.sensing._disputes_since == 100.0
    first = disputing(*[1_900.0] * 6)
    assert first.descent.sensing._disputes_since == 100.0
    assert first.descent.sensing.height_is_disputed
    ended = disputing(*[1_900.0] * 5, 1_000.0)
    assert not ended.descent.sensing.height_is_disputed
    ended.where.time += 60.0
    assert not ended.descent.sensing.height_is_disputed
    assert not disputing(*[1_000.0] * 6).descent.sensing.height_is_disputed


def test_an_image_that_fits_leaves_nothing_disputed_for_five_seconds() -> None:
    bench = disputing(*[1_900.0] * 6)
    sensing, now = bench.descent.sensing, bench.where.time
    for ago, disputed in ((5.0, False), (5.001, True)):
        sensing.heights.seen = now - ago
        assert sensing.height_is_disputed is disputed


def test_on_the_ground_it_is_not_under_it_and_beyond_twenty_metres_the_radar_says_so() -> None:
    for height, distance, rejected in (
        (GROUND, 900.0, False),
        (math.nextafter(GROUND, -1e9), 900.0, True),
        (GROUND - 500.0, math.nextafter(20.0, 21.0), True),
    ):
        bench = Bench(at(0.0))
        bench.where.local = lambda height=height: (0.0, 0.0, height)  # type: ignore[method-assign]
        bench.radar.answers["measure"] = [radar(distance)]
        listen(bench)
        assert bool(bench.told("altitude_rejected")) is rejected, (height, distance)


def test_under_the_ground_is_under_that_where_it_is() -> None:
    """To the east the map rises, to the north it falls."""
    for here, rejected in (((200.0, -100.0), True), ((-100.0, 200.0), False)):
        bench = Bench(navigation((*here, GROUND + 100.0), (0.0, 0.0, -80.0)))
        bench.descent.map.height = (  # type: ignore[method-assign]
            lambda east, north: GROUND + east - north
        )
        bench.radar.answers["measure"] = [radar(900.0)]
        listen(bench)
        assert bool(bench.told("altitude_rejected")) is rejected


# --------------------------------------------------------------------------------------- images


def test_images_before_the_first_fix_count_together_and_each_alone_after_it() -> None:
    bench = Bench(at(3_000.0))
    sensing = bench.descent.sensing
    for east in (30.0, 0.0, 0.0):
        bench.camera.answers["locate"] = [fix(east)]
        bench.do(sensing.match())
    together = bench.where.local()[0]
    assert together == pytest.approx(10.0 * 2_500.0 / 2_611.0, abs=0.01)
    variance = bench.where.errors[0].position
    for east in (together, together, together + 20.0):
        bench.camera.answers["locate"] = [fix(east)]
        before = bench.where.local()[0]
        bench.do(sensing.match())
    gained = variance / (variance + 225.0 + 36.0)
    assert bench.where.local()[0] - before == pytest.approx(20.0 * gained, abs=0.01)
    assert len(bench.told("terrain_fix")) == 1


# -------------------------------------------------------------------------------------- engines


def test_what_the_engines_give_is_what_the_inertial_unit_is_to_feel() -> None:
    bench, flight = flying()
    bench.engines.answers["throttle"] = [
        EngineState(thrusts=(1_000.0,) * 12, propellant=350.0),
        EngineState(thrusts=(1_000.0,) * 11 + (0.0,), propellant=340.0),
        MUTE,
        NOT_PRIMED,
    ]
    seen = []
    for _ in range(4):
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
        seen.append(bench.descent.expected)
    p = bench.descent.parameters
    along = 1_000.0 * math.cos(math.radians(p["engine_cant"]))
    turning, felt = seen[0]
    assert turning == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert felt is not None and felt[:2] == (0.0, 0.0)
    # Of what was in the tanks when it was asked: what they hold now is known a beat later.
    assert felt[2] == pytest.approx(12.0 * along / (p["lander_mass"] + 400.0))
    turning, felt = seen[1]
    assert felt is not None and turning is not None
    assert felt[2] == pytest.approx(11.0 * along / (p["lander_mass"] + 350.0))
    arm = math.hypot(turning[0], turning[1]) * p["lander_inertia_across"] / 1_000.0
    cant = math.radians(p["engine_cant"])
    lever = p["engine_ring_radius"] * math.cos(cant) - p["engine_below_centre"] * math.sin(cant)
    assert arm == pytest.approx(abs(lever), rel=0.3) and arm > 0.3
    turning, felt = seen[2]  # who does not answer has most likely heard
    assert felt is not None and felt[2] == pytest.approx(3.72, rel=0.01)
    assert seen[3] == (None, None)


def test_engines_whose_answer_is_not_valid_are_taken_to_give_what_they_were_asked() -> None:
    bench, flight = flying()
    bench.engines.answers["throttle"] = [
        EngineState(valid=False, thrusts=(3_000.0,) * 12, propellant=1.0)
    ]
    bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    _, felt = bench.descent.expected
    assert felt is not None and felt[2] == pytest.approx(3.72)
    bench.descent.propellant = 1.0001  # nobody reckons with less than a kilogramme
    bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    assert bench.descent.propellant == 1.0


NOT_PRIMED = DeviceFault("not_primed", "the valves are shut")


@pytest.mark.parametrize(
    ("answer", "kept", "opened", "told"),
    [(NOT_PRIMED, True, 9, 1), (NOT_PRIMED, False, 0, 0), (MUTE, True, 0, 0),
     (DeviceFault("jammed", "a valve"), True, 0, 0)],
)  # fmt: skip
def test_tanks_that_are_not_open_are_opened_nine_times_and_that_is_told_once(
    answer: Any, kept: bool, opened: int, told: int
) -> None:
    bench, flight = flying(left_out=() if kept else ("witnesses",))
    bench.engines.answers["throttle"] = [answer]
    for _ in range(15):
        bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
    assert len(bench.engines.of("prime")) == opened
    assert len(bench.told("result_unconfirmed")) == told
    if opened:  # once they have answered, it is counted anew
        bench.engines.answers["throttle"] = [engines(), answer]
        for _ in range(15):
            bench.do(flight._push((0.0, 0.0, 3.72), 0.3))
        assert len(bench.engines.of("prime")) == 2 * opened
        assert len(bench.told("result_unconfirmed")) == 2


def test_a_landing_is_told_to_centimetres_and_decimetres() -> None:
    bench = Bench(navigation((12.34567, -7.65432, GROUND + 1.3), time=100.1234))
    bench.where.errors[0].position = 12.3456**2
    bench.where.errors[1].position = 1.0
    bench.descent.propellant = 123.456
    bench.legs.answers["state"] = [msgspec.structs.replace(LEGS, loaded=(True,) * 4)]
    _, flight = flying()
    flight.descent = bench.descent
    landing = bench.do(flight.end("standstill"))
    assert (landing.east, landing.north, landing.sigma) == (12.35, -7.65, 12.3)
    assert (landing.propellant, landing.time) == (123.5, 100.12)
    assert (landing.how, landing.fixed) == ("standstill", False)
    assert bench.told("touchdown") == [msgspec.structs.asdict(landing)]


# ----------------------------------------------------------------------- what is reckoned with


def test_before_anything_was_felt_it_is_guessed_to_fall_free() -> None:
    n = navigation()
    n.guess(1.0)
    assert n.local_velocity() == pytest.approx((0.0, 0.0, -3.71), abs=0.02)
    assert n.number == 7
    n.guess(0.0)
    n.guess(-1.0)
    assert n.time == 101.0
    n.guess(1.0, felt=(0.0, 0.0, 5.0))
    assert n.local_velocity()[2] == pytest.approx(-7.42 + 5.0, abs=0.03)
    n.guess(1.0)  # as what was felt last goes on
    assert n.local_velocity()[2] == pytest.approx(-11.13 + 10.0, abs=0.05)
    n.end_guess()
    assert (n.time, n.number) == (100.0, 7)
    assert n.local_velocity() == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


@pytest.mark.parametrize(("interval", "silent"), [(1.0, False), (1.0001, True)])
def test_a_way_that_was_not_read_is_in_doubt_by_the_square_of_it(
    interval: float, silent: bool
) -> None:
    """0.4 m/s at any time of 1 s: a sixth of the way, on the axis that it was felt on."""
    n = navigation()
    n.propagate(nothing_felt(8, interval, velocity=(0.0, 0.0, 0.4)))
    known = AxisError(2_500.0, 0.0, 1.0)
    known.propagate(interval)
    doubt = (0.4 * interval / 6.0) ** 2 if silent else 0.0
    assert n.errors[2].position == pytest.approx(known.position + doubt, rel=1e-9)
    assert n.errors[0].position == pytest.approx(known.position, rel=1e-9)
    long = navigation()
    long.propagate(nothing_felt(8, 30.0, velocity=(0.0, 0.0, 0.4)))
    known = AxisError(2_500.0, 0.0, 1.0)
    known.propagate(30.0)
    assert long.errors[2].position - known.position == pytest.approx(4.0, rel=1e-6)
    assert long.felt_only.errors[2].position - known.position == pytest.approx(4.0, rel=1e-6)


def test_each_thing_that_takes_its_time_is_allowed_it_beforehand() -> None:
    bench = Bench()
    allowed: list[float] = []
    bench.descent.alive = allowed.append
    bench.do(bench.descent.insist("legs"))
    assert allowed == [0.5, 0.5]
    bench.pyrotechnics.answers["fire"] = [MUTE, PYRO]
    bench.do(bench.descent.fire("mortar"))
    assert allowed == [0.5] * 4
    bench.engines.answers["prime"] = [ENGINES]
    bench.do(bench.descent.prime())
    assert allowed[4:] == [5.0]
    allowed.clear()
    bench.engines.answers["shut_down"] = [MUTE, MUTE, MUTE]
    _, flight = flying()
    flight.descent = bench.descent
    bench.do(flight.end("legs"))
    assert allowed == [5.0] * 9, "to shut, to throttle to nothing and to pause, each time"


def test_both_sides_of_what_nobody_saw_go_are_fired_whatever_they_answer() -> None:
    bench = Bench()
    bench.pyrotechnics.answers["fire"] = [MUTE, PYRO]
    bench.do(bench.descent.insist("legs"))
    assert bench.pyrotechnics.of("fire") == [("legs", "A"), ("legs", "B")]
    assert bench.told("device_trouble") == [
        {"device": "pyrotechnics", "reason": "nothing was heard"}
    ]


# ------------------------------------------------------------------------------ spots and grounds


@pytest.mark.parametrize(
    ("east", "north", "found"),
    [(40.0, 0.0, True), (-40.0, 0.0, True), (0.0, 40.0, True), (0.0, -40.0, True),
     (50.0, 0.0, False), (0.0, -50.0, False), (30.0, 30.0, False), (20.0, -30.0, True)],
)  # fmt: skip
def test_a_spot_is_looked_for_on_all_sides_up_to_its_radius_and_no_farther(
    east: float, north: float, found: bool
) -> None:
    land = LandingMap(flat_map())
    spot = land.safest(
        (100.0, -100.0), 5.0, lambda spot: (spot.east, spot.north) == (100.0 + east, north - 100.0),
        radius=40.0,
    )  # fmt: skip
    assert (spot is not None) is found


def test_of_spots_alike_the_nearest_is_chosen_and_a_danger_within_its_doubt_is_none() -> None:
    land = LandingMap(flat_map({(2, 0): 250}))
    assert land.safest((0.0, 0.0), 5.0) == land.spot(0.0, 0.0)
    chosen = land.safest((0.0, 0.0), 20.0)
    assert chosen is not None and math.hypot(chosen.east - 20.0, chosen.north) > 20.0
    assert math.hypot(chosen.east, chosen.north) == 10.0


@pytest.mark.parametrize(
    ("variance", "height", "through"),
    [(4.0, -11.0, True), (4.0, math.nextafter(-11.0, 0.0), False), (0.0, -5.0, True),
     (0.0, -4.999, False), (-1e-9, -5.0, True)],
)  # fmt: skip
def test_no_ground_is_five_metres_and_three_deviations_under_it(
    variance: float, height: float, through: bool
) -> None:
    bench = Bench(at(1_000.0))
    sources = bench.descent.sensing.sources
    bench.where.errors[2].position = variance
    assert not sources.come_through(-1e6), "no other ground is known"
    sources._farther = (RANGE, IMAGES, -120.0)
    sources.doubted[RANGE] = 2
    assert sources.come_through(height) is through
    assert (list(sources.doubted) == [IMAGES]) is through
    told = bench.told("ground_not_there")
    assert bool(told) is through
    if through:
        error = bench.where.errors[2]
        assert error.position == pytest.approx(variance + (0.02 * 120.0) ** 2 + 25.0)
        assert told[0]["source"] == IMAGES and not sources.come_through(-1e6)


def test_where_what_is_felt_may_be_what_is_wrong_nobody_is_doubted_and_images_are_wanted() -> None:
    bench = Bench(at(1_000.0))
    sources: Any = bench.descent.sensing.sources
    assert not sources.wants_images
    sources._estimates = lambda axis: {FELT: place(11.0), RANGE: place(0.0), IMAGES: place(5.0)}
    sources._judge(2)
    assert sources.wants_images and sources.doubted == {} and not bench.told("source_doubted")


@pytest.mark.parametrize(
    ("wrong", "height", "chosen"),
    [((FELT, RANGE), 1_000.0, None), ((RANGE, FELT), 1_000.0, None),
     ((RANGE, PLACES), 1_000.0, RANGE), ((RANGE, PLACES), 4_000.0, None)],
)  # fmt: skip
def test_low_down_the_likelier_of_two_devices_is_doubted_and_higher_up_more_is_to_be_seen(
    wrong: tuple[str, ...], height: float, chosen: str | None
) -> None:
    bench = Bench(at(height), terrain_lowest=1_500.0)
    sources: Any = bench.descent.sensing.sources
    sources._seconded = math.inf
    verdict = SimpleNamespace(wrong=wrong, decided=False)
    assert sources._chosen(verdict, {name: place(0.0) for name in wrong}) == chosen
    sources.doubted[wrong[1]] = 2
    assert sources._chosen(verdict, {name: place(0.0) for name in wrong}) == wrong[1]
    verdict.decided = True
    assert sources._chosen(verdict, {}) == wrong[0]
