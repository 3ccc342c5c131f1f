"""The entry capsule: the standard air, a peak load in closed form, and published entries."""

import math
from dataclasses import dataclass

from flight.astrodynamics.earth_arrival import EquatorOfDate, Hyperbola
from flight.astrodynamics.ellipsoids import Ellipsoid
from flight.astrodynamics.gravity import CentralBody
from flight.astrodynamics.vectors import norm
from ground.verification.rows import Row, day
from ground.verification.transfers import MARS_TO_EARTH
from sim_hw.dynamics.earth_entry import (
    ENTRY_HEIGHT,
    STANDARD_GRAVITY,
    UTAH_RANGE,
    EntryReport,
    entry_state,
    fly,
)
from sim_hw.dynamics.entry_capsule import EARTH_ENTRY_SYSTEM, LEGACY_VEHICLE, Capsule
from sim_hw.dynamics.planet import Planet
from sim_hw.world.atmosphere import Air
from sim_hw.world.earth_atmosphere import standard_air

STANDARD_1976 = "US Standard Atmosphere 1976"
ALLEN_EGGERS = "Allen and Eggers, NACA 1381"
PIA25986 = "NASA PIA25986"
MITCHELTREE = "Mitcheltree et al. 2001"
JAXA_CCRS = "JAXA CCRS talk"

# Geometric height (m): density (kg/m^3).
DENSITIES = {5_000.0: 7.3643e-1, 10_000.0: 4.1351e-1, 30_000.0: 1.8410e-2, 50_000.0: 1.0269e-3}
LUNAR_DISTANCE = 384_400_000.0  # m, mean
STEEP = -25.0  # degrees: the legacy vehicle's angle; that of the new one is not published
DAYS_BEFORE_ENTRY = 3.0


@dataclass(frozen=True)
class ExponentialAir:
    """Air of one scale height (m), so cold that the whole flight is hypersonic."""

    scale_height: float

    def at(self, height: float) -> Air:
        """The air at a height in m."""
        return Air(1.2 * math.exp(-height / self.scale_height), 1.0, 1.0, 1.0, 0.0, 0.0, 0.029)


def peak_load_on_a_flat_planet(speed: float, angle: float, scale_height: float) -> float:
    """Peak load (g) of an entry without gravity and curvature, flown (m/s, rad below level, m)."""
    radius, floor = 1.0e10, 30_000.0
    planet = Planet(
        CentralBody("flat", 1.0, radius, 0.0, 0.0), Ellipsoid(radius, radius), with_j2=False
    )
    motion = (-speed * math.sin(angle), speed * math.cos(angle), 0.0)
    state = (radius + ENTRY_HEIGHT, 0.0, 0.0, *motion)
    air = ExponentialAir(scale_height)
    return fly(EARTH_ENTRY_SYSTEM, state, air, floor, planet=planet, step=0.02).peak_load


def enter(capsule: Capsule, speed: float, angle_degrees: float = STEEP) -> EntryReport:
    """An entry over Utah, due east, at an inertial speed (m/s) and angle at 125 km."""
    state = entry_state(
        speed, math.radians(angle_degrees), UTAH_RANGE.latitude, 0.0, math.radians(90.0)
    )
    return fly(capsule, state, ground_height=UTAH_RANGE.height)


def distance_before_entry(v_infinity: float, days: float = DAYS_BEFORE_ENTRY) -> float:
    """Lunar distances from the Earth, some days before an entry with an excess speed (m/s)."""
    arrival = Hyperbola((v_infinity, 0.0, 0.0), 6_378_137.0 + ENTRY_HEIGHT, math.radians(STEEP))
    position, velocity = arrival.entry(0.0)
    axes = EquatorOfDate.at(day(2033, 9, 2.5))
    before = axes.coast((*position, *velocity), 0.0, -86_400.0 * days)
    return norm((before[0], before[1], before[2])) / LUNAR_DISTANCE


def rows() -> list[Row]:
    """Air and closed form, required. Published entries, informative: neither mass and angle of the
    one nor drag and site of the other are given."""
    found = [
        Row(
            quantity=f"density of the standard air at {height / 1000.0:.0f} km",
            source=STANDARD_1976,
            published=1000.0 * density,
            computed=1000.0 * standard_air(height).density,
            tolerance=1.0e-4,
            relative=True,
            unit="g/m3",
            digits=4,
        )
        for height, density in DENSITIES.items()
    ]
    speed, angle, scale_height = 11_600.0, math.radians(25.0), 7_000.0
    closed = speed**2 * math.sin(angle) / (2.0 * math.e * scale_height) / STANDARD_GRAVITY
    flown = peak_load_on_a_flat_planet(speed, angle, scale_height)
    found.append(_row("peak load, flat planet", ALLEN_EGGERS, closed, flown, 0.002, "g", True))
    found += _published_entries()
    return found


def _published_entries() -> list[Row]:
    speeds = [1000.0 * window.last for window in MARS_TO_EARTH]
    found = []
    for speed in (min(speeds), max(speeds)):
        name = f"entry system, {speed / 1000.0:.3f} km/s"
        flown = enter(EARTH_ENTRY_SYSTEM, speed)
        minutes = flown.duration / 60.0
        found += [
            _row(f"{name}, entry to ground", PIA25986, 6.0, minutes, 0.1, "min"),
            _row(f"{name}, touchdown", PIA25986, 40.0, flown.touchdown_speed, 0.05, "m/s"),
        ]
    legacy = enter(LEGACY_VEHICLE, 11_600.0)
    found.append(
        _row("legacy vehicle, touchdown", MITCHELTREE, 41.0, legacy.touchdown_speed, 0.05, "m/s")
    )
    window = next(w for w in MARS_TO_EARTH if w.year == 2033 and w.type == 1)
    found.append(
        _row(
            f"three days before entry, v-inf {window.v_infinity} km/s",
            JAXA_CCRS,
            2.8,
            distance_before_entry(1000.0 * window.v_infinity),
            0.1,
            "lunar distances",
        )
    )
    return found


def _row(
    quantity: str,
    source: str,
    published: float,
    computed: float,
    tolerance: float,
    unit: str,
    required: bool = False,
) -> Row:
    return Row(
        quantity=quantity,
        source=source,
        published=published,
        computed=computed,
        tolerance=tolerance,
        relative=True,
        unit=unit,
        digits=2,
        required=required,
    )
