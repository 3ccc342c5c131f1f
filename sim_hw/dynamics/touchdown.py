"""Where a capsule comes down: the ellipse that dispersed entries draw on the ground."""

import math
import random
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from statistics import fmean

from flight.astrodynamics.ellipsoids import WGS84, east_north_up
from flight.astrodynamics.integrators import State
from flight.astrodynamics.vectors import Vector, add, cross, norm, scale, subtract, transform, unit
from flight.runtime.streams import stream
from sim_hw.dynamics.earth_entry import EntryReport, fly
from sim_hw.dynamics.entry_capsule import Capsule
from sim_hw.world.earth_atmosphere import EarthAtmosphere

PART_INSIDE = 0.99
_STRETCH = math.sqrt(-2.0 * math.log(1.0 - PART_INSIDE))  # standard deviations, in two dimensions


@dataclass(frozen=True)
class EntryDispersions:
    """Standard deviations: m and m/s at entry, rad of flight-path angle, parts of drag and mass.

    Assumptions, except the angle: 0.08 degrees at three standard deviations, as Stardust flew.
    The air's are those of :class:`EarthAtmosphere`.
    """

    cross_track: float = 1_000.0
    along_track: float = 1_000.0
    speed: float = 0.2
    angle: float = math.radians(0.08 / 3.0)
    drag: float = 0.03
    mass: float = 0.003
    weather: bool = True


@dataclass(frozen=True)
class TouchdownEllipse:
    """99 of 100 touchdowns lie inside, if they are normally distributed.

    Centre: geodetic latitude and longitude (rad). Semi-axes in m, azimuth of the long one in rad
    from north. `points`: m east and north of the centre. `lost`: entries that did not land.
    """

    latitude: float
    east_longitude: float
    long_semi_axis: float
    short_semi_axis: float
    azimuth: float
    points: tuple[tuple[float, float], ...]
    speeds: tuple[float, ...]
    peak_loads: tuple[float, ...]
    peak_heatings: tuple[float, ...]
    lost: int

    def inside(self, east: float, north: float) -> bool:
        """Whether a point, m from the centre, lies in the ellipse."""
        along = east * math.sin(self.azimuth) + north * math.cos(self.azimuth)
        across = east * math.cos(self.azimuth) - north * math.sin(self.azimuth)
        return math.hypot(along / self.long_semi_axis, across / self.short_semi_axis) <= 1.0


def touchdown_ellipse(
    n: int,
    capsule: Capsule,
    state: State,
    *,
    ground_height: float = 0.0,
    prime_meridian: float = 0.0,
    dispersions: EntryDispersions | None = None,
    seed: int = 1,
    processes: int = 1,
) -> TouchdownEllipse:
    """Flies `n` dispersed entries from a nominal state at the entry interface.

    Each has a random stream of its own, so that the result does not depend on `processes`. Raises
    ValueError for fewer than three that land.
    """
    spread = dispersions or EntryDispersions()
    cases = [
        (number, seed, capsule, tuple(state), ground_height, prime_meridian, spread)
        for number in range(n)
    ]
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            flown = list(pool.map(_fly_case, cases, chunksize=max(1, n // (4 * processes))))
    else:
        flown = [_fly_case(case) for case in cases]
    landed = [report for report in flown if report.outcome == "ground"]
    if len(landed) < 3:
        raise ValueError(f"only {len(landed)} of {n} entries landed: no ellipse can be drawn")
    return ellipse_of(landed, ground_height, n - len(landed))


_Case = tuple[int, int, Capsule, State, float, float, EntryDispersions]


def _fly_case(case: _Case) -> EntryReport:
    number, seed, capsule, state, ground_height, prime_meridian, spread = case
    draws = stream(seed, f"entry {number}")
    start = disperse(state, spread, draws)
    flown = replace(
        capsule,
        mass=capsule.mass * (1.0 + spread.mass * draws.gauss(0.0, 1.0)),
        drag_factor=capsule.drag_factor * math.exp(spread.drag * draws.gauss(0.0, 1.0)),
    )
    weather = stream(seed, f"entry {number} weather") if spread.weather else None
    return fly(flown, start, EarthAtmosphere(weather), ground_height, prime_meridian)


def disperse(state: State, spread: EntryDispersions, draws: random.Random) -> State:
    """A state near the given one: off to the side and along, faster or slower, steeper or not."""
    position, velocity = (state[0], state[1], state[2]), (state[3], state[4], state[5])
    side = unit(cross(position, velocity))
    forward = unit(cross(side, position))
    offset = add(
        scale(spread.cross_track * draws.gauss(0.0, 1.0), side),
        scale(spread.along_track * draws.gauss(0.0, 1.0), forward),
    )
    speed = norm(velocity) + spread.speed * draws.gauss(0.0, 1.0)
    turn = spread.angle * draws.gauss(0.0, 1.0)
    ahead = unit(velocity)
    up = cross(side, ahead)  # across the velocity, in the plane of the flight
    steered = subtract(scale(math.cos(turn), ahead), scale(math.sin(turn), up))
    return (*add(position, offset), *scale(speed, steered))


def ellipse_of(landed: Sequence[EntryReport], height: float, lost: int) -> TouchdownEllipse:
    """The ellipse of entries that have landed, on ground of a height (m); `lost` others did not."""
    spots = [WGS84.to_cartesian(r.latitude, r.east_longitude, height) for r in landed]
    middle = _mean(spots)
    latitude, longitude, _ = WGS84.to_geodetic(middle)
    axes = east_north_up(latitude, longitude)
    local = [transform(axes, subtract(spot, middle)) for spot in spots]
    points = tuple((p[0], p[1]) for p in local)
    east = fmean(p[0] * p[0] for p in points)
    north = fmean(p[1] * p[1] for p in points)
    both = fmean(p[0] * p[1] for p in points)
    half, swing = 0.5 * (east + north), math.hypot(0.5 * (east - north), both)
    unbiased = len(points) / (len(points) - 1)
    return TouchdownEllipse(
        latitude=latitude,
        east_longitude=longitude,
        long_semi_axis=_STRETCH * math.sqrt(unbiased * (half + swing)),
        short_semi_axis=_STRETCH * math.sqrt(unbiased * max(half - swing, 0.0)),
        azimuth=0.5 * math.atan2(2.0 * both, north - east) % math.pi,
        points=points,
        speeds=tuple(r.touchdown_speed for r in landed),
        peak_loads=tuple(r.peak_load for r in landed),
        peak_heatings=tuple(r.peak_heating for r in landed),
        lost=lost,
    )


def _mean(vectors: Iterable[Vector]) -> Vector:
    rows = list(vectors)
    return (fmean(r[0] for r in rows), fmean(r[1] for r in rows), fmean(r[2] for r in rows))
