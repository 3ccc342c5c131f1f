"""The air and the map that the lander carries: figures between the rows, cells at their edges."""

import math

import pytest

from flight.lander.air_model import density_and_scale_height, speed_of_sound, wind
from flight.lander.entry_reference import mach_number
from flight.lander.landing_site import LandingMap, Spot


@pytest.mark.parametrize(
    ("height", "density"),
    [
        (-3_000.0, 1.924e-02), (0.0, 1.466e-02), (5_000.0, 9.393e-03), (10_000.0, 6.047e-03),
        (20_000.0, 2.434e-03), (30_000.0, 8.510e-04), (40_000.0, 2.710e-04),
        (50_000.0, 6.820e-05), (60_000.0, 1.548e-05), (70_000.0, 4.352e-06),
        (80_000.0, 1.089e-06), (90_000.0, 2.781e-07), (100_000.0, 6.314e-08),
        (110_000.0, 1.328e-08), (120_000.0, 2.839e-09), (130_000.0, 7.281e-10),
        # Between rows the logarithm is straight; beyond them it goes on as it did.
        (15_000.0, math.sqrt(6.047e-03 * 2.434e-03)),
        (140_000.0, 7.281e-10**2 / 2.839e-09),
        (-6_000.0, 1.924e-02**2 / 1.466e-02),
    ],
)  # fmt: skip
def test_density(height: float, density: float) -> None:
    assert density_and_scale_height(height)[0] == pytest.approx(density, rel=1e-9)


def test_the_scale_height_is_that_of_the_stretch() -> None:
    assert density_and_scale_height(15_000.0)[1] == pytest.approx(
        10_000.0 / math.log(6.047e-03 / 2.434e-03)
    )
    # On a row it is that of the stretch above it, at the top of the table that of the last.
    assert density_and_scale_height(20_000.0)[1] == pytest.approx(
        10_000.0 / math.log(2.434e-03 / 8.510e-04)
    )
    assert density_and_scale_height(130_000.0)[1] == pytest.approx(
        10_000.0 / math.log(2.839e-09 / 7.281e-10)
    )


@pytest.mark.parametrize(
    ("height", "temperature", "east", "north"),
    [
        (-9_000.0, 214.1, 5.4, 9.2), (0.0, 214.1, 5.4, 9.2), (5_000.0, 210.6, 17.6, 4.0),
        (10_000.0, 203.1, 30.1, 2.4), (20_000.0, 179.8, 46.1, -7.6),
        (25_000.0, 171.75, 41.65, -2.5), (30_000.0, 163.7, 37.2, 2.6),
        (40_000.0, 144.9, 28.1, 43.4), (50_000.0, 140.8, 21.7, 15.4),
        (60_000.0, 145.7, -20.5, -14.0), (70_000.0, 151.9, -24.0, 32.1),
        (80_000.0, 132.4, -32.1, -27.6), (90_000.0, 120.0, -52.6, -31.2),
        (100_000.0, 120.1, -81.9, 2.6), (110_000.0, 119.6, -81.7, 32.0),
        (120_000.0, 136.3, -87.9, 37.5), (130_000.0, 153.6, -94.1, 34.8),
        (150_000.0, 153.6, -94.1, 34.8),
    ],
)  # fmt: skip
def test_sound_and_wind(height: float, temperature: float, east: float, north: float) -> None:
    sound = math.sqrt(1.3 * 191.3 * temperature)
    assert speed_of_sound(height) == pytest.approx(sound, rel=1e-12)
    assert mach_number(2.0 * sound, height) == pytest.approx(2.0)
    assert wind(height) == pytest.approx((east, north))


# -------------------------------------------------------------------------- map


def mapped(hazards: dict[tuple[int, int], int] | None = None) -> LandingMap:
    """3 columns and 2 rows of 10 m from (100, 200); heights 1 to 6 decimetres, the last -1."""
    cells = bytearray(6)
    for (column, row), value in (hazards or {}).items():
        cells[3 * row + column] = value
    heights = b"".join(h.to_bytes(2, "big", signed=True) for h in (1, 2, 3, 4, 500, -1))
    return LandingMap(
        {"west": 100, "south": 200, "resolution": 10, "columns": 3, "base": -50,
         "heights": heights, "hazards": bytes(cells)}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("east", "north", "height"),
    [
        (100.0, 200.0, -49.9), (109.9, 209.9, -49.9), (110.0, 200.0, -49.8),
        (129.9, 200.0, -49.7), (100.0, 210.0, -49.6), (115.0, 215.0, 0.0),
        (129.9, 219.9, -50.1),
        # Outside it is the mean.
        (99.9, 200.0, -50.0), (130.0, 200.0, -50.0), (100.0, 199.9, -50.0),
        (100.0, 220.0, -50.0),
    ],
)  # fmt: skip
def test_the_height_of_a_cell(east: float, north: float, height: float) -> None:
    assert mapped().height(east, north) == pytest.approx(height)


def test_hazards_and_spots() -> None:
    land = mapped({(1, 1): 77})
    assert (land.rows, land.columns) == (2, 3)
    assert land.hazard(115.0, 215.0) == 77 and land.hazard(105.0, 215.0) == 0
    assert land.hazard(130.0, 215.0) == 255
    assert land.spot(115.0, 215.0) == Spot(115.0, 215.0, 0.0, 77)


@pytest.mark.parametrize(("heights", "hazards"), [(8, 3), (6, 4), (10, 5), (8, 5)])
def test_a_map_that_does_not_fill_its_rows_is_refused(heights: int, hazards: int) -> None:
    plain = {"west": 0, "south": 0, "resolution": 5, "columns": 2, "base": 0}
    with pytest.raises(ValueError, match="do not fill"):
        LandingMap({**plain, "heights": bytes(heights), "hazards": bytes(hazards)})


def field(hazards: dict[tuple[int, int], int], half: int = 10) -> LandingMap:
    side = 2 * half
    cells = bytearray(side * side)
    for (column, row), value in hazards.items():
        cells[side * (row + half) + column + half] = value
    return LandingMap(
        {"west": -5.0 * half, "south": -5.0 * half, "resolution": 5.0, "columns": side,
         "base": 0.0, "heights": bytes(2 * side * side), "hazards": bytes(cells)}
    )  # fmt: skip


def spot(hazards: dict[tuple[int, int], int], uncertainty: float = 5.0, **more: object) -> object:
    found = field(hazards).safest((0.0, 0.0), uncertainty, **more)  # type: ignore[arg-type]
    return None if found is None else (found.east, found.north)


def test_a_hazard_of_forty_is_safe_and_more_costs_four_metres_for_each() -> None:
    assert spot({(0, 0): 40}) == (0.0, 0.0)
    # 41 costs 4 m, less than the 7.1 m to where nothing lies within 5 m; 42 costs 8.
    assert spot({(0, 0): 41}) == (0.0, 0.0)
    moved = spot({(0, 0): 42})
    assert isinstance(moved, tuple) and math.hypot(*moved) == pytest.approx(math.hypot(5.0, 5.0))


def test_what_lies_within_the_uncertainty_counts_and_what_lies_beyond_does_not() -> None:
    assert spot({(1, 0): 255}, uncertainty=4.99) == (0.0, 0.0)
    moved = spot({(1, 0): 255}, uncertainty=5.0)
    assert isinstance(moved, tuple) and math.hypot(*moved) == 5.0 and moved != (5.0, 0.0)
    assert spot({(1, 1): 255}, uncertainty=7.0) == (0.0, 0.0)
    assert spot({(1, 1): 255}, uncertainty=7.08) != (0.0, 0.0)


def test_the_nearest_of_the_safe_is_taken_within_the_radius() -> None:
    everywhere = {(c, r): 255 for c in range(-10, 10) for r in range(-10, 10)}
    free = {**everywhere, (3, 0): 0, (-6, 0): 0}
    assert spot(free, uncertainty=0.0) == (15.0, 0.0)
    assert spot(free, uncertainty=0.0, radius=15.0) == (15.0, 0.0)
    inside = spot(free, uncertainty=0.0, radius=14.9)
    assert inside == (0.0, 0.0)  # none is safe: the nearest of the bad ones
    assert spot(free, uncertainty=0.0, reachable=lambda s: s.east < 0.0) == (-30.0, 0.0)
    assert spot({}, reachable=lambda s: False) is None


def test_far_off_the_map_there_is_no_spot() -> None:
    assert field({}).safest((500.0, 0.0), 5.0, radius=40.0) is None
    assert field({}).safest((500.0, 0.0), 5.0, radius=449.0) is None
    edge = field({}).safest((90.0, 0.0), 5.0, radius=60.0)
    assert edge is not None and edge.east == 40.0  # 255 outside: a cell away from the edge
    assert field({}).safest((300.0, 0.0), 5.0) is not None  # 400 m unless asked otherwise
    assert field({}).safest((449.0, 0.0), 5.0) is not None
    assert field({}).safest((451.0, 0.0), 5.0) is None
