"""An approach that ends on a given spot of the ground, by flying it."""

import math
from dataclasses import dataclass

from flight.astrodynamics.earth_arrival import EquatorOfDate, Hyperbola
from flight.astrodynamics.ellipsoids import WGS84
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.integrators import State
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector, angle_between
from sim_hw.dynamics.earth_entry import (
    EARTH_SURFACE,
    ENTRY_HEIGHT,
    UTAH_RANGE,
    EntryReport,
    Site,
    fly,
)
from sim_hw.dynamics.entry_capsule import EARTH_ENTRY_SYSTEM, Capsule

_CLOSE_ENOUGH = math.radians(1.0e-4)  # of latitude: 11 m
_ROUNDS = 12


@dataclass(frozen=True)
class Approach:
    """An approach to a landing site. `entry` is the state at the entry interface, at second 0 of
    `axes`; `flown` is the entry without dispersions."""

    axes: EquatorOfDate
    entry: State
    flown: EntryReport

    def before(self, seconds: float) -> State:
        """The state `seconds` before entry, in the same axes."""
        return self.axes.coast(self.entry, 0.0, -seconds)

    def axes_before(self, seconds: float) -> EquatorOfDate:
        """The same axes, with seconds counted from `seconds` before entry."""
        return self.axes.shifted(-seconds)


def plan_approach(
    v_infinity: Vector,
    jd_utc: float,
    angle: float,
    site: Site = UTAH_RANGE,
    capsule: Capsule = EARTH_ENTRY_SYSTEM,
) -> Approach:
    """The approach with an excess velocity (m/s, equator of date) to a site, within half a day of
    a date, at a flight-path angle (rad, at 125 km).

    Where the latitude can be met twice, the entry that flies with the turning Earth is taken.
    Raises ValueError when the latitude cannot be reached, or the capsule skips out.
    """
    radius = EARTH_SURFACE.surface_radius(_towards(site)) + ENTRY_HEIGHT
    hyperbola = Hyperbola(v_infinity, radius, angle)
    wanted = site.latitude
    turn = hyperbola.turn_for(WGS84.centric_latitude(wanted), _range(hyperbola, site, capsule))
    state, flown = _fly(hyperbola, turn, site, capsule)
    step = 0.01
    for _ in range(_ROUNDS):
        miss = flown.latitude - wanted
        if abs(miss) < _CLOSE_ENOUGH:
            return _on_the_day(state, flown, site, jd_utc)
        probe = _fly(hyperbola, turn + step, site, capsule)[1]
        slope = (probe.latitude - flown.latitude) / step
        turn -= max(-0.2, min(0.2, miss / slope))
        step = 0.001
        state, flown = _fly(hyperbola, turn, site, capsule)
    raise ValueError(
        f"no entry at {math.degrees(angle):.1f} degrees was found that ends at latitude "
        f"{math.degrees(wanted):.2f} degrees: it lies at the edge of what can be reached"
    )


def _on_the_day(state: State, flown: EntryReport, site: Site, jd_utc: float) -> Approach:
    """Waits for the Earth to turn the site under the touchdown."""
    axes = EquatorOfDate.at(jd_utc)
    # With Greenwich at right ascension 0 at entry the touchdown lies at this longitude.
    greenwich = flown.east_longitude - site.east_longitude
    seconds = math.remainder(greenwich - axes.prime_meridian, math.tau) / EARTH.rotation_rate
    day = EquatorOfDate.at(jd_utc + seconds / SECONDS_PER_DAY)
    return Approach(day, state, flown)


def _fly(
    hyperbola: Hyperbola, turn: float, site: Site, capsule: Capsule
) -> tuple[State, EntryReport]:
    position, velocity = hyperbola.entry(turn)
    state = (*position, *velocity)
    flown = fly(capsule, state, ground_height=site.height)
    if flown.outcome != "ground":
        raise ValueError(
            f"at {math.degrees(hyperbola.angle):.2f} degrees the capsule skips out of the air: "
            "enter more steeply"
        )
    return state, flown


def _range(hyperbola: Hyperbola, site: Site, capsule: Capsule) -> float:
    """Angle from entry to touchdown, rad."""
    state, flown = _fly(hyperbola, 0.0, site, capsule)
    start, end = (state[0], state[1], state[2]), flown.state
    return angle_between(start, (end[0], end[1], end[2]))


def _towards(site: Site) -> Vector:
    return WGS84.to_cartesian(site.latitude, 0.0, 0.0)
