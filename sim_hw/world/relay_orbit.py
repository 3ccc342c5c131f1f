"""The relay orbiter's orbit, and its passes over a site on Mars.

Mean elements drift by J2; the periodic part (some km) is left out. The axes are those of Mars
(x at longitude 0, z at the pole) frozen at the orbit's epoch; the planet turns under them. Times
are seconds after that epoch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import acos, asin, atan2, cos, degrees, radians, sin, sqrt, tau

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.ellipsoids import MARS_IAU, east_north_up
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.mars_time import SOL_SECONDS, mars_time
from flight.astrodynamics.orbits import (
    OrbitalElements,
    SecularRates,
    j2_secular_rates,
    mean_from_true_anomaly,
    mean_motion,
    period,
    true_from_mean_anomaly,
)
from flight.astrodynamics.search import crossing, minimum
from flight.astrodynamics.time_scales import Epoch
from flight.astrodynamics.vectors import Vector, direction, dot, norm, scale, subtract

MEAN_SUN_RATE = MARS.rotation_rate - tau / SOL_SECONDS
"""Motion of the mean Sun around Mars in rad/s: sidereal rotation less the mean solar day's."""

_SHORTEST_PASS = 20.0


@dataclass(frozen=True)
class SurfaceSite:
    """A place on Mars: planetocentric latitude and east longitude in degrees, radius in m."""

    latitude_degrees: float
    east_longitude_degrees: float
    radius: float

    @cached_property
    def position(self) -> Vector:
        """Place in Mars-fixed axes, m."""
        latitude = radians(self.latitude_degrees)
        return scale(self.radius, direction(radians(self.east_longitude_degrees), latitude))

    @cached_property
    def axes(self) -> tuple[Vector, Vector, Vector]:
        """East, north and up (the ellipsoid's vertical) in Mars-fixed axes."""
        latitude = MARS_IAU.geodetic_latitude(radians(self.latitude_degrees))
        return east_north_up(latitude, radians(self.east_longitude_degrees))


THREE_FORKS = SurfaceSite(18.452630, 77.407753, 3_391_936.53)
"""The tube Malay, at the radius of the landing point nearby (M2020 rover localisation)."""


@dataclass(frozen=True)
class Look:
    """The orbiter seen from a site: elevation and azimuth (clockwise from north) in radians,
    slant range in m."""

    elevation: float
    azimuth: float
    slant_range: float


@dataclass(frozen=True)
class Pass:
    """A stretch of time with the orbiter above the elevation limit.

    rise, set, culmination: seconds after the orbit's epoch. maximum_elevation: radians.
    rise_range, minimum_range, set_range: m, the middle one at culmination.
    """

    rise: float
    set: float
    culmination: float
    maximum_elevation: float
    rise_range: float
    minimum_range: float
    set_range: float

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.set - self.rise


@dataclass(frozen=True)
class RelayOrbit:
    """A named orbit about Mars. The node of `elements` is its east longitude at the epoch."""

    name: str
    epoch: Epoch
    elements: OrbitalElements
    _mean_anomaly: float = field(init=False, repr=False)
    _motion: float = field(init=False, repr=False)
    _rates: SecularRates = field(init=False, repr=False)
    _parameter: float = field(init=False, repr=False)
    _cos_inclination: float = field(init=False, repr=False)
    _sin_inclination: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.elements.periapsis_radius > MARS_MEAN_RADIUS:
            raise ValueError(
                f"The orbit {self.name!r} meets the ground: periapsis radius "
                f"{self.elements.periapsis_radius:.0f} m."
            )
        elements = self.elements
        anomaly = mean_from_true_anomaly(elements.true_anomaly, elements.eccentricity)
        motion = mean_motion(elements.semi_major_axis, MARS.gravitational_parameter)
        rates = j2_secular_rates(elements, MARS)
        object.__setattr__(self, "_mean_anomaly", anomaly)
        object.__setattr__(self, "_motion", motion + rates.mean_anomaly)
        object.__setattr__(self, "_rates", rates)
        shape = 1.0 - elements.eccentricity * elements.eccentricity
        object.__setattr__(self, "_parameter", elements.semi_major_axis * shape)
        object.__setattr__(self, "_cos_inclination", cos(elements.inclination))
        object.__setattr__(self, "_sin_inclination", sin(elements.inclination))

    @property
    def period(self) -> float:
        """Keplerian period in seconds."""
        return period(self.elements.semi_major_axis, MARS.gravitational_parameter)

    def position(self, seconds: float) -> Vector:
        """Position in Mars-fixed axes, m."""
        elements, rates = self.elements, self._rates
        eccentricity = elements.eccentricity
        anomaly = true_from_mean_anomaly(
            (self._mean_anomaly + self._motion * seconds) % tau, eccentricity
        )
        radius = self._parameter / (1.0 + eccentricity * cos(anomaly))
        node = elements.ascending_node + (rates.ascending_node - MARS.rotation_rate) * seconds
        along = elements.argument_of_periapsis + rates.argument_of_periapsis * seconds + anomaly
        cos_node, sin_node = cos(node), sin(node)
        sin_along = sin(along)
        in_plane, across = cos(along), sin_along * self._cos_inclination
        return (
            radius * (cos_node * in_plane - sin_node * across),
            radius * (sin_node * in_plane + cos_node * across),
            radius * sin_along * self._sin_inclination,
        )

    def look(self, site: SurfaceSite, seconds: float) -> Look:
        """Where the orbiter stands in the sky of a site. Below the horizon is negative."""
        line = subtract(self.position(seconds), site.position)
        distance = norm(line)
        east, north, up = (dot(axis, line) for axis in site.axes)
        return Look(asin(up / distance), atan2(east, north) % tau, distance)

    def elevation(self, site: SurfaceSite, seconds: float) -> float:
        """The elevation of `look` alone, rad."""
        return _elevation(site, self.position(seconds))

    def slant_range(self, site: SurfaceSite, seconds: float) -> float:
        """Distance from a site in m, whether or not it is in view."""
        return norm(subtract(self.position(seconds), site.position))


def sun_synchronous_orbit(
    epoch: Epoch,
    periapsis_altitude: float = 255_000.0,
    apoapsis_altitude: float = 320_000.0,
    node_lmst_hours: float = 15.0,
    argument_of_periapsis_degrees: float = 270.0,
    mean_anomaly_degrees: float = 0.0,
    name: str = "relay",
) -> RelayOrbit:
    """An orbit whose plane keeps its local mean solar time; defaults: Mars Reconnaissance Orbiter.

    MRO: 255 x 320 km, ascending node near 15:00, descending near 03:00 (press kit of Perseverance,
    2021), periapsis near the south pole. The inclination follows from J2 (Vallado 11-15).
    Altitudes in m. Raises ValueError when no inclination is sun-synchronous.
    """
    semi_major_axis, eccentricity = _shape(periapsis_altitude, apoapsis_altitude)
    motion = mean_motion(semi_major_axis, MARS.gravitational_parameter)
    parameter = semi_major_axis * (1.0 - eccentricity**2)
    factor = 1.5 * motion * MARS.j2 * (MARS.gravity_radius / parameter) ** 2
    if factor < MEAN_SUN_RATE:
        raise ValueError(
            f"No orbit of {periapsis_altitude:.0f} x {apoapsis_altitude:.0f} m about Mars is "
            "sun-synchronous: it is too high."
        )
    mars_hours = mars_time(epoch.jd_tt, 0.0).mtc_hours
    elements = OrbitalElements(
        semi_major_axis=semi_major_axis,
        eccentricity=eccentricity,
        inclination=acos(-MEAN_SUN_RATE / factor),
        ascending_node=radians(15.0 * (node_lmst_hours - mars_hours)) % tau,
        argument_of_periapsis=radians(argument_of_periapsis_degrees),
        true_anomaly=true_from_mean_anomaly(radians(mean_anomaly_degrees), eccentricity),
    )
    return RelayOrbit(name, epoch, elements)


def circular_orbit(
    epoch: Epoch,
    altitude: float = 400_000.0,
    inclination_degrees: float = 74.0,
    node_east_longitude_degrees: float = 0.0,
    phase_degrees: float = 0.0,
    name: str = "relay",
) -> RelayOrbit:
    """A circular orbit; defaults: Trace Gas Orbiter, 400 km and 74 degrees. Altitude in m.

    phase_degrees: angle from the ascending node at the epoch.
    """
    elements = OrbitalElements(
        semi_major_axis=MARS_MEAN_RADIUS + altitude,
        eccentricity=0.0,
        inclination=radians(inclination_degrees),
        ascending_node=radians(node_east_longitude_degrees) % tau,
        argument_of_periapsis=0.0,
        true_anomaly=radians(phase_degrees) % tau,
    )
    return RelayOrbit(name, epoch, elements)


def node_lmst_hours(orbit: RelayOrbit, seconds: float) -> float:
    """Local mean solar time at the ascending node, hours."""
    drift = j2_secular_rates(orbit.elements, MARS).ascending_node - MARS.rotation_rate
    longitude = degrees(orbit.elements.ascending_node + drift * seconds)
    return mars_time(orbit.epoch.jd_tt_at(seconds), longitude).lmst_hours


def passes(
    site: SurfaceSite,
    orbit: RelayOrbit,
    start: float,
    end: float,
    minimum_elevation: float = radians(10.0),
) -> list[Pass]:
    """All passes between two times above an elevation (rad), clipped to those times.

    Between passes it steps as far as the orbiter can at most move towards the site, so none is
    missed but such as last less than 20 s.
    """
    return list(iterate_passes(site, orbit, start, end, minimum_elevation))


def iterate_passes(
    site: SurfaceSite,
    orbit: RelayOrbit,
    start: float,
    end: float,
    minimum_elevation: float = radians(10.0),
) -> Iterator[Pass]:
    """The passes of `passes`, one after the other, computed as they are asked for."""
    for rise, end_of_pass in iterate_spans(site, orbit, start, end, minimum_elevation):
        yield _describe(site, orbit, rise, end_of_pass)


def iterate_spans(
    site: SurfaceSite,
    orbit: RelayOrbit,
    start: float,
    end: float,
    minimum_elevation: float = radians(10.0),
) -> Iterator[tuple[float, float]]:
    """Rise and set (s) of the passes of `iterate_passes`, for who asks for no more."""
    reach = _visible_angle(site, orbit, minimum_elevation)
    fastest = _fastest_approach(orbit)
    site_direction = scale(1.0 / site.radius, site.position)

    def height(seconds: float) -> float:
        return orbit.elevation(site, seconds) - minimum_elevation

    now, rise = start, None
    previous = start
    while True:
        position = orbit.position(now)
        if _elevation(site, position) >= minimum_elevation:
            if rise is None:
                rise = now if now <= start else crossing(height, previous, now, 1e-3)
        elif rise is not None:
            yield rise, crossing(height, previous, now, 1e-3)
            rise = None
        if now >= end:
            break
        previous = now
        cosine = dot(position, site_direction) / norm(position)
        gap = acos(min(max(cosine, -1.0), 1.0)) - reach
        now = min(now + max(gap / fastest, _SHORTEST_PASS), end)
    if rise is not None:
        yield rise, end


def _elevation(site: SurfaceSite, position: Vector) -> float:
    line = subtract(position, site.position)
    return asin(dot(site.axes[2], line) / norm(line))


def _describe(site: SurfaceSite, orbit: RelayOrbit, rise: float, end: float) -> Pass:
    culmination = minimum(lambda t: -orbit.elevation(site, t), rise, end, 0.05)
    highest = max(
        (orbit.elevation(site, t), -abs(t - culmination), t) for t in (rise, culmination, end)
    )
    return Pass(
        rise=rise,
        set=end,
        culmination=highest[2],
        maximum_elevation=highest[0],
        rise_range=orbit.slant_range(site, rise),
        minimum_range=orbit.slant_range(site, highest[2]),
        set_range=orbit.slant_range(site, end),
    )


def _visible_angle(site: SurfaceSite, orbit: RelayOrbit, minimum_elevation: float) -> float:
    """Largest angle at the centre of Mars between site and orbiter during a pass, rad.

    Half a degree is allowed for the vertical, which does not point at the centre.
    """
    lowest = minimum_elevation - radians(0.5)
    ratio = site.radius * cos(lowest) / orbit.elements.apoapsis_radius
    return acos(min(ratio, 1.0)) - lowest


def _fastest_approach(orbit: RelayOrbit) -> float:
    """Bound of the rate at which orbiter and site can close in, rad/s at the centre."""
    elements = orbit.elements
    momentum = sqrt(
        MARS.gravitational_parameter * elements.semi_major_axis * (1.0 - elements.eccentricity**2)
    )
    return momentum / elements.periapsis_radius**2 * 1.001 + MARS.rotation_rate


def _shape(periapsis_altitude: float, apoapsis_altitude: float) -> tuple[float, float]:
    """Semi-major axis (m) and eccentricity of an orbit between two altitudes (m)."""
    if not 0.0 < periapsis_altitude <= apoapsis_altitude:
        raise ValueError(
            f"Altitudes must rise from periapsis to apoapsis, not {periapsis_altitude!r} to "
            f"{apoapsis_altitude!r} m."
        )
    low, high = MARS_MEAN_RADIUS + periapsis_altitude, MARS_MEAN_RADIUS + apoapsis_altitude
    return 0.5 * (low + high), (high - low) / (high + low)
