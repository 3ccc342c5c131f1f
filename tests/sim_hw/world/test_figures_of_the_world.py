"""The models of the world in figures: what comes out of them today, by nine digits.

Other tests hold them against what was measured, as well as that is known; these hold each term and
each constant. A figure that moves here moves in each flight: the reason belongs in the CHANGELOG.
"""

import math
import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from flight.icd.places import PLACES
from sim_hw.world.atmosphere import density_sigma, nominal_air
from sim_hw.world.cost_map import CostMap, CostParameters, sample_cost_map
from sim_hw.world.dust import PanelDust, PanelDustParameters, regional_storm
from sim_hw.world.earth_atmosphere import standard_air
from sim_hw.world.landing_survey import survey
from sim_hw.world.lattice_noise import LatticeNoise
from sim_hw.world.light_transmission import POLLACK_1979, two_stream_budget
from sim_hw.world.link_geometry import (
    RELAY_FORWARD,
    UhfLink,
    direct_rates,
    ground_loss,
    highest_step,
    line_of_sight,
    pass_volume,
    proximity_rate,
    radio_horizon,
    relay_rate,
)
from sim_hw.world.rocks import Rock, RockField, covered_fraction, exponent, rocks_per_square_metre
from sim_hw.world.surface_temperature import SurfaceClimate
from sim_hw.world.terrain import Crater, GroundPoint, SlipPatch, Terrain, grid_of_cells
from sim_hw.world.traction import expected_slip, sample_slip
from sim_hw.world.tubes import LyingPose, TubeRegistry, TubeState
from sim_hw.world.wind import mean_wind_speed, sample_gust_speed, sample_wind_speed
from tests.sim_hw.devices.stubs import Dice
from tests.sim_hw.world.test_tubes import tube


def near(*values: float) -> Any:
    return pytest.approx(values, rel=1e-9, abs=1e-12)


# ------------------------------------------------------------------- air and light


@pytest.mark.parametrize(
    ("height", "density", "temperature", "pressure", "sound", "east", "north", "sigma"),
    [
        (-2_540.0, 0.01845378073050968, 214.11567603333333, 755.7503644261028, 230.73749892795047,
         5.345357826666667, 9.223290106666665, 0.02),
        (5_000.0, 0.009393, 210.6, 378.36175744895485, 228.83535938729628, 17.6, 4.0, 0.02),
        (30_000.0, 0.000851, 163.7, 26.639304933582718, 201.72900232818813, 37.2, 2.6, 0.041),
        (90_000.0, 2.781e-07, 120.0, 0.006567343112139549, 175.2128827508016, -52.6, -31.2, 0.225),
        (140_000.0, 2.212e-10, 162.8, 7.093463789228625e-06, 204.17769321563765, -97.3, 32.2,
         0.45),
    ],
)  # fmt: skip
def test_the_air_of_mars(
    height: float, density: float, temperature: float, pressure: float, sound: float, east: float,
    north: float, sigma: float,
) -> None:  # fmt: skip
    air = nominal_air(height)
    assert (air.density, air.temperature) == near(density, temperature)
    assert (air.pressure, air.speed_of_sound) == near(pressure, sound)
    assert (air.wind_east, air.wind_north) == near(east, north)
    assert density_sigma(height) == pytest.approx(sigma)


@pytest.mark.parametrize(
    ("height", "density", "temperature", "pressure", "sound"),
    [
        (0.0, 1.2249991558877122, 288.15, 101_325.0, 340.2941077869353),
        (11_000.0, 0.3648015641865604, 216.77351270445553, 22_699.960739233367, 295.1536953255817),
        (25_000.0, 0.04008388671807834, 221.55206472628421, 2_549.2229923759173, 298.389143765771),
        (60_000.0, 0.0003096778076475166, 247.02088477279673, 21.958666139698384, 315.073555487193),
        (95_000.0, 1.393e-06, 188.42, 0.0759572486926279, 276.2950296506911),
        (150_000.0, 2.076e-09, 634.39, 0.0004543529693329792, 553.537475284554),
    ],
)  # fmt: skip
def test_the_air_of_the_earth(
    height: float, density: float, temperature: float, pressure: float, sound: float
) -> None:
    air = standard_air(height)
    assert (air.density, air.temperature, air.pressure, air.speed_of_sound) == near(
        density, temperature, pressure, sound
    )


def test_light_through_dust() -> None:
    half = two_stream_budget(0.5, 1.0, 0.22)
    assert (half.transmitted, half.reflected, half.absorbed) == near(
        0.6170928148759053, 0.35518347168068637, 0.16348413271610757
    )
    high = two_stream_budget(0.9, 0.4, 0.3, POLLACK_1979)
    assert (high.transmitted, high.reflected, high.absorbed) == near(
        0.919822850280646, 0.2634372888124118, 0.09268671599113598
    )


def test_the_day_and_the_night_of_the_ground() -> None:
    climate = SurfaceClimate(18.6)
    noon, morning = climate.temperature(80.0, 14.0, 0.5), climate.temperature(80.0, 5.0, 0.5)
    assert (noon.ground, noon.air) == near(267.1534063778379, 253.90026442603298)
    assert (morning.ground, morning.air) == near(188.85589734949855, 198.5492192239969)


def test_wind_by_the_hour() -> None:
    assert mean_wind_speed(14.5) == 7.0 and mean_wind_speed(2.5) == pytest.approx(2.5)
    assert mean_wind_speed(8.5) == pytest.approx(2.5 + 4.5 * 0.25)
    scale = 7.0 / math.gamma(1.5)
    half = random.Random(1).random()
    assert sample_wind_speed(14.5, random.Random(1)) == pytest.approx(
        scale * math.sqrt(-math.log(1.0 - half))
    )
    assert sample_gust_speed(14.5, random.Random(1)) == pytest.approx(
        scale * math.sqrt(-math.log(1.0 - half ** (1.0 / 600.0)))
    )
    assert sample_gust_speed(14.5, random.Random(1), 1) == sample_wind_speed(14.5, random.Random(1))


def test_a_regional_storm_and_what_one_wind_takes_off_a_panel() -> None:
    storm = regional_storm(10.0)
    assert (storm.excess(10.0), storm.excess(11.0), storm.excess(12.0)) == near(0.0, 0.5, 1.0)
    assert storm.excess(17.0) == pytest.approx(math.exp(-1.0))
    wind = PanelDust(random.Random(1), PanelDustParameters(cleaning_minimum=0.5,
                                                           cleaning_maximum=0.5))  # fmt: skip
    due = wind._sols_to_cleaning
    assert due == pytest.approx(-150.0 * math.log(1.0 - random.Random(1).random()))
    before = wind.advance(math.nextafter(due, 0.0))
    assert wind.cleaning_events == 0
    wind.advance(due - math.nextafter(due, 0.0))
    assert wind.cleaning_events == 1
    assert wind.factor == pytest.approx(1.0 - 0.5 * (1.0 - before), rel=1e-9)


# ------------------------------------------------------------------------- links


def test_budgets_of_the_radios() -> None:
    assert UhfLink().supported_rate(150.0) == pytest.approx(100_192.19861007624, rel=1e-9)
    assert RELAY_FORWARD.supported_rate(150.0) == pytest.approx(58_936.587417691764, rel=1e-9)
    assert (relay_rate(600e3), relay_rate(600e3, RELAY_FORWARD)) == (512_000.0, 256_000.0)
    assert ground_loss(3_000.0, 401.6e6, 1.5, 1.0) == pytest.approx(135.56302500767288, rel=1e-9)
    assert radio_horizon(1.5, 1.0) == pytest.approx(5_794.51020510729, rel=1e-9)
    assert proximity_rate(5_794.5) > 0.0 == proximity_rate(5_794.6)
    assert highest_step(256_000.0) == 256_000.0 and highest_step(255_999.9) == 128_000.0


def test_the_data_of_a_pass_are_its_rate_times_its_length_less_a_tenth() -> None:
    assert pass_volume(lambda t: 600e3, 100.0, 400.0) == pytest.approx(0.9 * 300.0 * 512_000.0)
    rising = [600e3 if t < 250.0 else 1_200e3 for t in range(500)]
    both = pass_volume(lambda t: rising[int(t)], 100.0, 400.0)
    far = relay_rate(1_200e3)
    assert both == pytest.approx(0.9 * 150.0 * (512_000.0 + far))
    assert pass_volume(lambda t: 600e3, 100.0, 101.0) == pytest.approx(0.9 * 512_000.0)


@pytest.mark.parametrize(("top", "sees"), [(9.999, True), (10.001, False)])
def test_ground_that_just_reaches_the_line_is_in_the_way(top: float, sees: bool) -> None:
    bulge = 500.0 * 500.0 / (2.0 * 3_391_900.0)
    hill = top - bulge

    def ground(east: float, north: float) -> float:
        return hill if abs(north - 500.0) < 1.0 else 0.0

    assert line_of_sight(ground, (0.0, 0.0, 10.0), (0.0, 1_000.0, 10.0)) is sees


def test_the_direct_link_never_passes_its_ceiling() -> None:
    assert direct_rates(4.013e11 / 8.0).from_earth == 32_000.0
    assert direct_rates(4.013e11 / 15.0).to_earth == 32_000.0
    assert direct_rates(4.013e11 / 14.0).to_earth == pytest.approx(160.0 * 196.0)


# ------------------------------------------------------------------------ ground


def test_the_ground_of_seed_one() -> None:
    noise = LatticeNoise(random.Random(3))
    assert noise.at(1.25, 7.5) == near(
        -0.30911421700459485, 0.13595525525733174, 1.6666821628642159
    )
    assert noise.quantile(0.3) == pytest.approx(-0.25761793669070415, rel=1e-9)
    ground = Terrain(1).ground(12.5, -33.0)
    assert (ground.elevation, ground.gradient_east, ground.gradient_north) == near(
        -2545.2733345060024, 0.0029448357789717853, 0.0038465658017619955
    )
    assert Terrain(1).elevation(400.0, 300.0) == pytest.approx(-2543.358772114216, rel=1e-12)


def test_rocks_by_their_law() -> None:
    assert exponent(0.07) == pytest.approx(1.79 + 0.152 / 0.07)
    assert covered_fraction(0.07, 0.5) == pytest.approx(0.07 * math.exp(-0.5 * exponent(0.07)))
    assert rocks_per_square_metre(0.07, 0.5) == pytest.approx(0.027179252711852814, rel=1e-9)
    found = RockField(1).within(0.0, 0.0, 20.0)
    assert len(found) == 142
    first = found[0]
    assert (first.east, first.north, first.diameter, first.height) == near(
        -10.18417928641476, -2.392697917763511, 0.22355099044536003, 0.13414579348459366
    )


def test_a_rock_that_just_reaches_in_is_found_and_the_nearest_by_its_edge() -> None:
    field = RockField(1)
    east, north = 4_000.0, 4_000.0
    rock = Rock(east + 5.0, north, 4.0, 9.0)
    away = field.put(rock)
    assert rock in field.within(east, north, 3.0)
    assert rock not in field.within(east, north, 2.999999)
    found = field.nearest(east, north, minimum_height=9.0)
    assert found is not None and found.diameter == 4.0
    assert field.nearest(east, north, minimum_height=9.0, limit=3.0) is None
    assert field.nearest(east, north, minimum_height=9.0, limit=3.01) is found
    assert field.nearest(east, north, minimum_height=9.1) is None
    away()
    assert field.nearest(east, north, minimum_height=9.0) is None


def test_a_crater_falls_from_its_rim_to_its_depth() -> None:
    hole = Crater(10.0, 20.0, 6.0, 2.0, 4.0)
    assert hole.fall(16.0, 20.0) == (0.0, 0.0, 0.0) and hole.fall(12.0, 20.0) == (2.0, 0.0, 0.0)
    low, east, north = hole.fall(14.0, 20.0)
    assert low == pytest.approx(1.0) and east == pytest.approx(-1.875 * 2.0 / 4.0) and north == 0.0
    low, east, north = hole.fall(10.0, 16.0)
    assert (low, north) == pytest.approx((1.0, 0.9375)) and abs(east) < 1e-12
    step = 1e-6
    slope = (hole.fall(13.0 + step, 20.0)[0] - hole.fall(13.0 - step, 20.0)[0]) / (2.0 * step)
    assert hole.fall(13.0, 20.0)[1] == pytest.approx(slope, rel=1e-5)
    funnel = Crater(0.0, 0.0, 2.0, 2.0, 4.0)
    assert funnel.fall(0.0, 0.0) == pytest.approx((1.0, 0.0, 0.0))


def test_what_is_laid_and_dug_is_there_until_it_is_taken_away() -> None:
    land = Terrain(1)
    plain = land.ground(12.5, -33.0)
    dig = land.dig(Crater(12.5, -33.0, 5.0, 1.0, 2.0))
    lay = land.lay_patch(SlipPatch(12.5, -33.0, 5.0, 0.8))
    low = land.ground(12.5, -33.0)
    assert low.elevation == pytest.approx(plain.elevation - 1.0) and low.slip == 0.8
    assert land.ground(12.5, -38.1).slip is None
    assert land.elevation(12.5, -33.0) == pytest.approx(low.elevation)
    assert land.has_patch_near(12.5, -33.0, 0.0) and not land.has_patch_near(112.5, -33.0, 5.0)
    dig()
    lay()
    assert land.ground(12.5, -33.0) == plain


def ground(slope: float = 0.0, loose: float = 0.0, slip: float | None = None) -> GroundPoint:
    return GroundPoint(0.0, 0.0, math.tan(math.radians(slope)), loose, slip)


@pytest.mark.parametrize(
    ("place", "heading", "slip"),
    [
        (ground(), 0.0, 0.025), (ground(10.0), 0.0, 0.125), (ground(10.0), math.pi, -0.075),
        (ground(0.0, 0.5), 0.0, 0.32), (ground(10.0, 1.0), 0.0, 0.82),
        (ground(0.0, 1e-9), 0.0, 0.12),
        (ground(20.0, 1.0), 0.0, 0.99), (ground(20.0, 0.1), math.pi, -0.3),
        (ground(20.0, 1.0, 0.7), 0.0, 0.7),
    ],
)  # fmt: skip
def test_slip_by_slope_and_sand(place: GroundPoint, heading: float, slip: float) -> None:
    assert expected_slip(place, heading) == pytest.approx(slip, abs=1e-8)


def test_slip_scatters_by_a_part_of_itself_and_stays_possible() -> None:
    assert sample_slip(ground(10.0), 0.0, Dice(1.0)) == pytest.approx(0.125 * 1.15)
    assert sample_slip(ground(20.0, 1.0), 0.0, Dice(3.0)) == 0.995
    assert sample_slip(ground(20.0, 0.1), math.pi, Dice(9.0)) == -0.5
    assert sample_slip(ground(slip=0.9), 0.0, Dice(9.0)) == 0.995


# ------------------------------------------------------------------ maps of the ground


class Flat:
    """Ground of one slope."""

    def __init__(self, slope: float = 0.0, looseness: float = 0.0) -> None:
        self.slope, self.loose = slope, looseness

    def window(self, east: float, north: float, width: float, resolution: float) -> Any:
        easts, norths = grid_of_cells(east, north, width, resolution)
        full = np.full(easts.shape, 1.0)
        return SimpleNamespace(
            east=easts, north=norths, elevation=-2_500.0 * full, slope_degrees=self.slope * full,
            looseness=self.loose * full,
        )  # fmt: skip


class Rocks:
    """Some rocks, however far."""

    def __init__(self, *rocks: Rock) -> None:
        self.all = list(rocks)
        self.asked: list[tuple[float, ...]] = []

    def within(self, east: float, north: float, radius: float) -> list[Rock]:
        self.asked.append((east, north, radius))
        return self.all


def costs(slope: float = 0.0, loose: float = 0.0, *rocks: Rock, **more: Any) -> CostMap:
    flat: Any = Flat(slope, loose)
    field: Any = Rocks(*rocks)
    return sample_cost_map(flat, field, 10.0, 20.0, 8.0, 0.5, CostParameters(**more))


@pytest.mark.parametrize(
    ("slope", "loose", "cost"),
    [(0.0, 0.0, 1.0), (10.0, 0.0, 1.75), (0.0, 0.5, 5.0), (19.99, 0.0, 3.997),
     (20.0, 0.0, math.inf)],
)  # fmt: skip
def test_what_ground_costs(slope: float, loose: float, cost: float) -> None:
    assert costs(slope, loose).at(10.0, 20.0) == pytest.approx(cost, abs=1e-3)


def test_a_rock_that_does_not_pass_under_the_belly_is_grown_by_the_rover() -> None:
    low, high = Rock(10.25, 20.25, 1.0, 0.2), Rock(10.25, 20.25, 1.0, 0.201)
    assert costs(0.0, 0.0, low).at(10.25, 20.25) == 1.0
    found = costs(0.0, 0.0, high, rover_radius=1.0)
    assert (found.west, found.south) == (6.0, 16.0)
    assert found.at(10.25, 20.25) == found.at(11.75, 20.25) == found.at(10.25, 18.75) == math.inf
    assert found.at(12.25, 20.25) == found.at(11.75, 21.25) == 1.0
    assert found.at(6.0, 16.0) == 1.0 and found.at(5.99, 16.0) == found.at(6.0, 24.0) == math.inf


def test_the_map_from_orbit_shows_slopes_and_the_rocks_that_can_be_seen() -> None:
    def mapped(slope: float, *rocks: Rock) -> dict[str, Any]:
        flat: Any = Flat(slope)
        field: Any = Rocks(*rocks)
        return survey(flat, field, random.Random(1), 0.0, 0.0, half_width=50.0, resolution=5.0)

    flat = mapped(6.0)
    assert (flat["west"], flat["south"], flat["columns"], flat["base"]) == (-50.0, -50.0, 20, -2500)
    assert set(flat["hazards"]) == {40}
    assert set(mapped(0.0)["hazards"]) == {0} and set(mapped(10.5)["hazards"]) == {147}
    assert set(mapped(15.0)["hazards"]) == {255} == set(mapped(30.0)["hazards"])
    assert set(mapped(6.0, Rock(2.0, 2.0, 0.99, 1.0))["hazards"]) == {40}
    seen = mapped(6.0, Rock(2.0, 2.0, 1.0, 1.0))["hazards"]
    blocked = [divmod(cell, 20) for cell, hazard in enumerate(seen) if hazard == 200]
    assert blocked == [(row, column) for row in (9, 10, 11) for column in (9, 10, 11)]
    heights = [int.from_bytes(flat["heights"][n : n + 2], "big", signed=True)
               for n in range(0, 800, 2)]  # fmt: skip
    spread = math.sqrt(math.fsum(each * each for each in heights) / 400.0)
    assert spread == pytest.approx(3.0, rel=0.12), "0.3 m, in decimetres"


# ------------------------------------------------------------------------- tubes

STEPS = {
    "perseverance": {"ground", "arm_gripper"},
    "ground": {"rover_gripper", "arm_gripper"},
    "rover_gripper": {"rover_rack", "ground", "container"},
    "rover_rack": {"rover_gripper", "arm_gripper"},
    "arm_gripper": {"container", "ground", "rover_rack", "perseverance"},
    "container": {"arm_gripper", "rover_gripper"},
    "mav": {"container"}, "orbit": set(), "orbiter": set(), "entry_capsule": set(), "earth": set(),
}  # fmt: skip
"""Steps of one tube by itself; out of the closed container there is none."""
CARRIED = [("container", "mav"), ("mav", "orbit"), ("mav", "container"), ("orbit", "orbiter"),
           ("orbiter", "entry_capsule"), ("entry_capsule", "earth")]  # fmt: skip
SLOTTED = ("rover_rack", "container", "mav", "orbit", "orbiter", "entry_capsule", "earth")
POSE = LyingPose(1.0, 2.0, -2545.3, 0.5, 0.2)


def state(place: str) -> TubeState:
    return TubeState(place, 0 if place in SLOTTED else None, POSE if place == "ground" else None)


@pytest.mark.parametrize("start", PLACES)
def test_a_tube_gets_only_where_it_can(start: str) -> None:
    def reached(destination: str) -> bool:
        world = TubeRegistry([tube("A")], {"A": state(start)})
        after = state(destination)
        try:
            world.move("A", destination, slot=after.slot, pose=after.pose)
        except ValueError:
            assert world.state("A") == state(start)
            return False
        return world.state("A") == after

    opened = {"container"} if start == "mav" else set()
    assert {place for place in PLACES if reached(place)} == STEPS[start] - opened


@pytest.mark.parametrize("start", PLACES)
def test_the_container_gets_only_where_it_can_and_there_is_one(start: str) -> None:
    def carried(destination: str, *others: str) -> bool:
        tubes = [tube(letter) for letter in "ABC"[: 1 + len(others)]]
        states = [state(start), *map(state, others)]
        world = TubeRegistry(tubes, {t.id: s for t, s in zip(tubes, states, strict=True)})
        try:
            world.carry(start, destination)
        except ValueError:
            return False
        return world.state("A").place == destination

    ways = {goal for source, goal in CARRIED if source == start}
    assert {place for place in PLACES if carried(place)} == ways
    assert not any(carried(goal, goal) for goal in ways)


def test_dust_covers_from_nothing_to_all() -> None:
    world = TubeRegistry([tube("A")], {"A": state("ground")})
    for cover in (0.0, 1.0):
        world.set_dust_cover("A", cover)
    for cover in (math.nextafter(0.0, -1.0), math.nextafter(1.0, 2.0)):
        with pytest.raises(ValueError, match=r"in 0\.\.1"):
            world.set_dust_cover("A", cover)
