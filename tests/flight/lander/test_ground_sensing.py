"""What radar and camera say of the ground: what is taken, what is set aside, what is told."""

import math

import pytest

from flight.astrodynamics.vectors import Vector, unit
from flight.icd.devices.descent import RadarReading, TerrainFix
from flight.lander.descent_navigation import DescentNavigation
from tests.flight.lander.descent_bench import GROUND, MUTE, NO_FIX, NO_RADAR, Bench, navigation


def radar(distance: float | None = None, velocity: Vector | None = None) -> RadarReading:
    return RadarReading(
        range=distance or 0.0, range_valid=distance is not None,
        velocity=velocity or (0.0, 0.0, 0.0), velocity_valid=velocity is not None,
    )  # fmt: skip


def at(height: float, tilt: Vector = (0.0, 0.0, 1.0)) -> DescentNavigation:
    return navigation((0.0, 0.0, GROUND + height), (0.0, 0.0, -80.0), tilt=tilt)


def listen(bench: Bench, times: int = 1) -> None:
    for _ in range(times):
        bench.do(bench.descent.sensing.listen())


# ------------------------------------------------------------------------ range


def test_a_range_corrects_the_height_by_its_weight() -> None:
    bench = Bench(at(1_000.0))
    bench.radar.answers["measure"] = [radar(1_040.0)]
    listen(bench)
    # 1 % of the range and 1 m of the map against 50 m.
    weight = 2_500.0 / (2_500.0 + 11.4**2)
    assert bench.where.local()[2] == pytest.approx(GROUND + 1_000.0 + 40.0 * weight, abs=0.05)
    assert bench.told("radar_locked") == [{"height": round(1_000.0 + 40.0 * weight)}]
    assert bench.descent.sensing.range_last == (100.0, pytest.approx(1_040.0))
    listen(bench)
    assert len(bench.told("radar_locked")) == 1


def test_the_range_is_along_the_axis_and_less_sure_when_that_leans() -> None:
    axis = unit((0.6, 0.0, 0.8))
    bench = Bench(at(1_000.0, axis))
    bench.radar.answers["measure"] = [radar(1_300.0)]  # 1040 m upright
    listen(bench)
    sigma = 0.01 * 1_300.0 + 0.02 * 0.6 * 1_300.0 + 1.0
    weight = 2_500.0 / (2_500.0 + sigma**2)
    assert bench.where.local()[2] == pytest.approx(GROUND + 1_000.0 + 40.0 * weight, abs=0.05)


@pytest.mark.parametrize(("up", "taken"), [(0.1999, False), (0.2001, True)])
def test_far_off_the_vertical_no_range_is_taken(up: float, taken: bool) -> None:
    bench = Bench(at(1_000.0, unit((math.sqrt(1.0 - up * up), 0.0, up))))
    bench.radar.answers["measure"] = [radar(1_000.0 / up)]
    listen(bench)
    assert (bench.descent.sensing.range_last is not None) is taken
    assert bool(bench.told("radar_locked")) is taken


def test_the_ground_where_the_beam_meets_it_counts() -> None:
    bench = Bench(at(1_000.0, unit((0.6, 0.0, 0.8))))
    asked: list[tuple[float, float]] = []
    true = bench.descent.map.height

    def height(east: float, north: float) -> float:
        asked.append((east, north))
        return true(east, north)

    bench.descent.map.height = height  # type: ignore[method-assign]
    bench.radar.answers["measure"] = [radar(500.0)]
    listen(bench)
    assert asked[0] == pytest.approx((-300.0, 0.0), abs=1e-6)


def test_a_range_that_is_not_valid_is_not_taken_though_the_velocity_is() -> None:
    bench = Bench(at(1_000.0))
    bench.radar.answers["measure"] = [radar(None, (2.0, 0.0, -80.0))]
    listen(bench)
    assert bench.descent.sensing.range_last is None and not bench.told("radar_locked")
    # The front points to the north.
    assert bench.where.local_velocity()[1] > 1.5


def test_a_range_beyond_the_gate_locks_nothing() -> None:
    bench = Bench(at(1_000.0))
    bench.radar.answers["measure"] = [radar(1_900.0)]
    listen(bench)
    assert bench.descent.sensing.range_last is None and not bench.told("radar_locked")


@pytest.mark.parametrize(
    ("height", "distance", "rejected"),
    [(-500.0, 900.0, True), (-500.0, 20.0, False), (-500.0, 20.1, True), (1.0, 900.0, False)],
)
def test_a_height_under_the_ground_is_not_believed_while_the_radar_sees_ground(
    height: float, distance: float, rejected: bool
) -> None:
    bench = Bench(at(height))
    bench.radar.answers["measure"] = [radar(distance)]
    listen(bench, 2)
    told = bench.told("altitude_rejected")
    assert told == ([{"height": round(height), "radar": round(distance)}] if rejected else [])
    if rejected:
        assert bench.descent.height_over_ground == pytest.approx(distance, rel=0.1)


def test_without_that_safeguard_it_is_left_to_the_gate() -> None:
    bench = Bench(at(-500.0), left_out=("negative_height",))
    bench.radar.answers["measure"] = [radar(900.0)]
    listen(bench, 3)
    assert not bench.told("altitude_rejected")
    assert bench.descent.height_over_ground == pytest.approx(-500.0)


# --------------------------------------------------------------------- velocity


def test_a_velocity_is_taken_by_its_weight() -> None:
    bench = Bench(at(1_000.0))
    bench.radar.answers["measure"] = [radar(None, (0.0, 0.0, -82.0))]
    listen(bench)
    weight = 1.0 / (1.0 + (0.15 + 0.005 * 82.0) ** 2)
    assert bench.where.local_velocity()[2] == pytest.approx(-80.0 - 2.0 * weight, abs=1e-6)


def test_after_a_saturation_it_is_doubted_by_a_fifth_of_the_speed() -> None:
    bench = Bench(at(1_000.0))
    bench.where.saturated = True
    bench.radar.answers["measure"] = [radar(None, (0.0, 0.0, -85.0))]
    listen(bench)
    weight = 1.0 / (1.0 + (0.15 + 0.2 * 85.0) ** 2)
    assert bench.where.local_velocity()[2] == pytest.approx(-80.0 - 5.0 * weight, abs=1e-6)


# ---------------------------------------------------------------------- silence


@pytest.mark.parametrize("answer", [MUTE, NO_RADAR])
def test_five_seconds_without_the_radar_are_told_once(answer: object) -> None:
    bench = Bench(at(1_000.0))
    bench.radar.answers["measure"] = [radar(1_000.0), answer]
    listen(bench, 25)
    assert bench.descent.sensing.radar_locked and not bench.told("radar_lost")
    listen(bench)
    reason = "nothing was heard" if answer is MUTE else "nothing valid"
    assert bench.told("radar_lost") == [{"reason": reason}]
    assert not bench.descent.sensing.radar_locked
    listen(bench, 60)
    assert len(bench.told("radar_lost")) == 1
    bench.radar.answers["measure"] = [radar(1_000.0), answer]
    listen(bench, 25)
    assert len(bench.told("radar_locked")) == 2 and len(bench.told("radar_lost")) == 1
    listen(bench)
    assert len(bench.told("radar_lost")) == 2


# ----------------------------------------------------------------- the vertical


def test_the_vertical_by_weight_is_looked_for_only_until_the_radar_tells_the_velocity() -> None:
    bench = Bench(at(1_000.0))
    n = bench.where
    n.saturated = True
    bench.descent.sensing.find_vertical()
    for _ in range(70):
        n.propagate(bench.hovering(0.1)(n.number))
    bench.descent.sensing.find_vertical()
    told = bench.told("vertical_found")
    assert len(told) == 1 and told[0]["angle"] == pytest.approx(0.1, abs=0.05)  # degrees
    bench.descent.sensing.find_vertical()  # begins anew
    bench.radar.answers["measure"] = [radar(None, (0.0, 0.0, -80.0))]
    listen(bench)  # what had begun is forgotten, the radar begins
    for _ in range(65):
        n.propagate(bench.hovering(0.1)(n.number))
    bench.descent.sensing.find_vertical()
    assert len(bench.told("vertical_found")) == 1
    listen(bench)
    assert len(bench.told("vertical_found")) == 2 and not n.saturated


# ----------------------------------------------------------------------- images


def fix(east: float, north: float = 0.0) -> TerrainFix:
    return TerrainFix(east=east, north=north, height=3_000.0, matches=50)


def match(bench: Bench, *fixes: object) -> list[float]:
    """East of the navigation after each image."""
    bench.camera.answers["locate"] = list(fixes)
    found = []
    for _ in fixes:
        bench.do(bench.descent.sensing.match())
        found.append(round(bench.where.local()[0], 3))
    return found


def test_three_images_that_agree_are_needed_and_count_together() -> None:
    bench = Bench(at(3_000.0))
    assert match(bench, fix(90.0, 30.0), fix(120.0, 30.0)) == [0.0, 0.0]
    # Fix errors of 15 m, three of them, and 6 m of the map, against 50 m.
    variance = 225.0 / 3.0 + 36.0
    gained = 2_500.0 / (2_500.0 + variance)
    [after] = match(bench, fix(120.0, 30.0))
    assert after == pytest.approx(110.0 * gained, abs=0.05)
    assert bench.descent.sensing.fixed and bench.descent.sensing.fixes == 1
    assert bench.told("terrain_fix") == [{"shift": round(math.hypot(110.0, 30.0)), "height": 3_000}]


def test_one_that_matches_wrongly_leads_nowhere() -> None:
    bench = Bench(at(3_000.0))
    assert match(bench, fix(0.0), fix(0.0), fix(200.0)) == [0.0, 0.0, 0.0]
    assert not bench.descent.sensing.fixed
    match(bench, fix(0.0))
    assert bench.descent.sensing.fixed  # three of the last four


@pytest.mark.parametrize(("off", "agrees"), [(59.9, True), (60.0, False)])
def test_images_agree_within_sixty_metres_of_their_middle(off: float, agrees: bool) -> None:
    bench = Bench(at(3_000.0))
    match(bench, fix(0.0), fix(0.0), fix(0.0, off))
    assert bench.descent.sensing.fixed is agrees


def test_only_the_last_five_images_count() -> None:
    bench = Bench(at(3_000.0))
    match(bench, fix(0.0), fix(200.0), fix(400.0), fix(-200.0), fix(-400.0))
    match(bench, fix(0.0))
    assert not bench.descent.sensing.fixed
    match(bench, fix(10.0))
    assert not bench.descent.sensing.fixed  # the first is forgotten by now
    match(bench, fix(5.0))
    assert bench.descent.sensing.fixed


def test_a_silent_or_blind_camera_changes_nothing() -> None:
    bench = Bench(at(3_000.0))
    assert match(bench, fix(0.0), MUTE, NO_FIX, fix(0.0)) == [0.0] * 4
    assert not bench.descent.sensing.fixed
    assert bench.told("device_trouble") == [
        {"device": "terrain_camera", "reason": "nothing was heard"}
    ]


def test_after_the_first_fix_each_counts_by_itself_and_the_map_keeps_its_error() -> None:
    bench = Bench(at(3_000.0))
    match(bench, fix(0.0), fix(0.0), fix(0.0))
    variance = bench.where.errors[0].position
    assert variance == pytest.approx(1.0 / (1.0 / 2_500.0 + 1.0 / 111.0), rel=1e-6)
    # What was seen before was seen from elsewhere: three are needed again.
    assert match(bench, fix(10.0), fix(10.0)) == [0.0, 0.0]
    [after] = match(bench, fix(10.0))
    assert after == pytest.approx(10.0 * variance / (variance + 225.0 + 36.0), abs=0.01)
    assert len(bench.told("terrain_fix")) == 1 and bench.descent.sensing.fixes == 2
    match(bench, *[fix(bench.where.local()[0])] * 40)
    assert bench.where.errors[0].position == pytest.approx(36.0)
    assert bench.where.errors[1].position == pytest.approx(36.0)


def test_a_fix_beyond_the_gate_is_no_fix() -> None:
    bench = Bench(at(3_000.0))
    for error in bench.where.errors:
        error.position = 1.0
    match(bench, fix(90.0), fix(90.0), fix(90.0))
    assert not bench.descent.sensing.fixed and bench.descent.sensing.fixes == 0
