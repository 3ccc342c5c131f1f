"""The height by the scale of images: only while the radar shows none, and never by one image."""

import math

import pytest

from flight.icd.devices.descent import RadarReading, TerrainFix
from flight.lander import parachute
from flight.lander.parachute import Hanging
from flight.lander.powered_phase import PoweredFlight
from flight.runtime.nursery import Nursery
from tests.flight.lander.descent_bench import GROUND, MUTE, NO_FIX, NO_RADAR, Bench, navigation
from tests.flight.lander.test_powered_phase import choice

DEAF_SINCE = 5.0


def without_radar(height: float, *, for_seconds: float = 5.1, up: float = 50.0) -> Bench:
    """A lander that sinks at 80 m/s, whose radar has been listened to in vain for so long; it knows
    its height to `up` m."""
    bench = Bench(navigation((0.0, 0.0, GROUND + height), (0.0, 0.0, -80.0)))
    bench.do(bench.descent.sensing.listen())
    bench.descent.sensing._listens_since = bench.where.time - for_seconds
    bench.where.errors[2].position = up**2
    return bench


def fix(bench: Bench, height: float, late: float = 0.0) -> TerrainFix:
    time_ns = round((bench.where.time - late) * 1e9)
    return TerrainFix(time_ns=time_ns, east=0.0, north=0.0, height=height, matches=50)


def see(bench: Bench, *heights: float, late: float = 0.0) -> list[float]:
    """The height over the ground by the navigation after each image."""
    found = []
    for height in heights:
        bench.camera.answers["locate"] = [fix(bench, height, late)]
        bench.do(bench.descent.sensing.match())
        found.append(bench.descent.height_over_ground)
    return found


def test_three_images_that_agree_give_the_height_by_its_weight_and_it_is_told_once() -> None:
    bench = without_radar(3_000.0, up=700.0)
    assert see(bench, 4_000.0, 4_000.0) == pytest.approx([3_000.0, 3_000.0])
    assert not bench.told("height_by_images") and not bench.descent.sensing.heights.is_known
    [third] = see(bench, 4_000.0)
    gain = 700.0**2 / (700.0**2 + (0.012 * 4_000.0) ** 2 + 1.0)
    assert third == pytest.approx(3_000.0 + gain * 1_000.0, abs=0.1)
    see(bench, 4_000.0)
    assert bench.told("height_by_images") == [{"height": round(third)}]


def test_what_all_images_err_alike_is_not_averaged_away() -> None:
    bench = without_radar(2_000.0)
    see(bench, *[2_000.0] * 60)
    heights = bench.descent.sensing.heights
    assert heights.sigma == pytest.approx(math.hypot(0.005 * 2_000.0, 1.0), rel=1e-3)
    assert bench.where.errors[2].velocity >= (0.005 * 80.0) ** 2 - 1e-9
    assert heights.margin == pytest.approx(2.0 * heights.sigma) and not heights.is_known


@pytest.mark.parametrize(("off", "agrees"), [(149.0, True), (160.0, False)])
def test_images_agree_within_a_twentieth_of_the_height(off: float, agrees: bool) -> None:
    bench = without_radar(3_000.0, up=700.0)
    see(bench, 3_000.0, 3_000.0, 3_000.0 + off)
    assert (bench.descent.sensing.heights.last is not None) is agrees


def test_one_that_matches_wrongly_leads_nowhere() -> None:
    bench = without_radar(3_000.0, up=700.0)
    see(bench, 3_000.0, 3_000.0, 3_000.0)
    before = bench.descent.height_over_ground
    assert see(bench, 1_500.0) == pytest.approx([before])


def test_an_image_from_before_is_moved_on_and_an_old_one_is_not_taken() -> None:
    bench = without_radar(3_000.0, up=1e6)
    [_, _, third] = see(bench, 3_000.0, 3_000.0, 3_000.0, late=0.5)
    assert third == pytest.approx(3_000.0 - 0.5 * 80.0, abs=0.1)
    old = without_radar(3_000.0)
    see(old, *[2_900.0] * 4, late=1.01)
    assert old.descent.sensing.heights.last is None


def test_as_long_as_the_radar_shows_a_range_images_show_the_place_alone() -> None:
    bench = without_radar(3_000.0)
    bench.radar.answers["measure"] = [
        RadarReading(
            range=3_000.0, range_valid=True, velocity=(0.0,) * 3, velocity_valid=False
        )
    ]
    bench.do(bench.descent.sensing.listen())
    before = bench.descent.height_over_ground
    assert see(bench, *[3_100.0] * 5) == pytest.approx([before] * 5)
    assert bench.descent.sensing.fixed and not bench.told("height_by_images")


@pytest.mark.parametrize(("seconds", "missed"), [(5.0, False), (5.001, True)])
def test_the_range_is_missed_after_five_seconds_of_listening(seconds: float, missed: bool) -> None:
    assert without_radar(3_000.0, for_seconds=seconds).descent.sensing.range_missed is missed
    never = Bench(navigation((0.0, 0.0, GROUND + 3_000.0), (0.0, 0.0, -80.0)))
    assert not never.descent.sensing.range_missed  # nobody has listened yet
    seen = without_radar(3_000.0, for_seconds=60.0)
    seen.descent.sensing.range_last = (seen.where.time - seconds, 3_000.0)
    assert seen.descent.sensing.range_missed is missed


@pytest.mark.parametrize(
    ("height", "with_radar", "without"),
    [
        (4_200.0, True, True), (4_201.0, False, True), (4_349.0, False, True),
        (4_351.0, False, False), (60.0, True, True), (59.0, False, True),
        (-89.9, False, True), (-90.1, False, False),
    ],
)  # fmt: skip
def test_without_the_radar_images_are_taken_beyond_their_heights_and_where_the_height_is_in_doubt(
    height: float, with_radar: bool, without: bool
) -> None:
    bench = without_radar(height, up=50.0)
    assert bench.descent.sensing.may_match() is without
    bench.descent.sensing._listens_since = bench.where.time
    assert bench.descent.sensing.may_match() is with_radar


def test_places_on_end_show_what_the_attitude_has_done_to_the_velocity() -> None:
    bench = without_radar(500.0)
    for error in bench.where.errors:
        error.felt = 5_000.0
    bench.where.errors[2].velocity = 0.04
    bench.where.velocity_was_shown()
    assert bench.where.errors[2].felt == pytest.approx(0.2 / math.radians(0.04))
    assert bench.where.errors[0].felt == pytest.approx(1.0 / math.radians(0.04))
    bench.where.errors[2].velocity = 1e4
    bench.where.velocity_was_shown()
    assert bench.where.errors[2].felt == pytest.approx(0.2 / math.radians(0.04))  # never more


def test_a_place_on_a_map_that_is_off_is_no_surer_than_the_map() -> None:
    bench = without_radar(500.0)
    see(bench, *[500.0] * 20)
    assert bench.where.errors[0].position < 5.0
    assert bench.where.horizontal_sigma() >= 6.0


# -------------------------------------------------------------------- the phases


@pytest.mark.parametrize(("height", "leaves"), [(1_051.0, False), (1_049.0, True)])
def test_under_the_parachute_it_hangs_on_while_nothing_has_ever_shown_the_height(
    height: float, leaves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = without_radar(height, up=50.0)
    monkeypatch.setattr(parachute, "choose_landing", lambda *given: choice())
    hang = Hanging(bench.descent)
    # The lowest is 1200 m; that may be 150 m wrong.
    assert (hang._choose(height) is not None) is leaves
    bench.descent.sensing.heights.last = 100.0
    assert hang._choose(height) is not None
    bench.descent.sensing.heights.last, bench.descent.sensing.range_last = None, (10.0, 5_000.0)
    assert hang._choose(height) is not None


def look(bench: Bench, beats: int) -> int:
    """How many images a powered flight takes in so many beats."""

    async def fly() -> None:
        async with Nursery("images") as images:
            flight = PoweredFlight(bench.descent, choice(), images)
            await bench.descent.begin()
            for _ in range(beats):
                await flight._next_beat()

    bench.do(fly())
    return len(bench.camera.of("locate"))


def test_on_engines_images_are_taken_twice_a_second_also_to_compare() -> None:
    assert look(without_radar(1_000.0), 20) == 2
    assert look(without_radar(1_000.0, for_seconds=0.0), 20) == 2
    assert look(without_radar(59.0, for_seconds=0.0), 20) == 0  # it would see dust
    mute = without_radar(1_000.0)
    mute.camera.answers["locate"] = [MUTE]
    assert look(mute, 40) == 4
    assert mute.descent.sensing.heights.last is None and mute.told("device_trouble")


def test_a_height_that_is_known_well_lets_it_come_down_as_planned_with_a_margin() -> None:
    bench = without_radar(20.0, up=8.0)
    bench.camera.answers["locate"], bench.radar.answers["measure"] = [NO_FIX], [NO_RADAR]
    flight = PoweredFlight(bench.descent, choice())
    assert flight._sinking_speed() == 2.2 and flight._margin() == 0.0
    bench.descent.sensing.heights.last = bench.where.time
    assert flight._sinking_speed() == 1.2 and flight._margin() == 16.0
    bench.where.errors[2].position = 8.01**2
    assert flight._sinking_speed() == 2.2
    bench.descent.sensing.range_last = (bench.where.time, 20.0)
    assert flight._sinking_speed() == 1.2 and flight._margin() == 0.0
