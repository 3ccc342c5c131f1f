"""The predicted touchdown: where the capsule would come down, in which ellipse, at which angle.

Each source of error is moved by one standard deviation and the arrival predicted again; the sum of
the squares makes the ellipse. Good as long as the errors are small beside the Earth.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flight.astrodynamics.ballistic_fall import FallingCapsule
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector, add, norm, scale, unit
from flight.orbiter.navigation import across
from flight.orbiter.targeting import Site, offset, touchdown
from flight.orbiter.trajectory import Dynamics, Kick, Path, predict

PART_INSIDE = 0.99
"""Of the touchdowns, inside the ellipse."""
STRETCH = math.sqrt(-2.0 * math.log(1.0 - PART_INSIDE))
"""Standard deviations from the centre to that ellipse, in two dimensions."""


@dataclass(frozen=True)
class DeliveryErrors:
    """One standard deviation each: of every component of place (m) and velocity (m/s), of the
    springs' push (a part of it) and its direction (rad about either axis), of the air's density and
    the drag (together, a part), of the mean wind over the fall (m/s, either way)."""

    position: float
    velocity: float
    springs: float
    tip_off: float
    density: float
    wind: float


@dataclass(frozen=True)
class Landing:
    """A predicted touchdown: geodetic place (rad) and m east and north of the site; semi-axes (m)
    of the ellipse that holds 99 of 100, and the azimuth of the long one (rad from north); entry
    angle (rad), its standard deviation (rad), direction of flight over the ground at the entry (rad
    from north), and when it enters (mission s)."""

    latitude: float
    longitude: float
    east: float
    north: float
    long_semi_axis: float
    short_semi_axis: float
    azimuth: float
    angle: float
    angle_sigma: float
    heading: float
    entry_time: float

    @property
    def miss(self) -> float:
        """Distance of the centre from the site, m."""
        return math.hypot(self.east, self.north)

    @property
    def reach(self) -> float:
        """Distance from the site that the ellipse does not go beyond, m."""
        return self.miss + self.long_semi_axis


@dataclass(frozen=True)
class _Arrival:
    """What is known on board of an arrival, and moved from its value by an error."""

    path: Path
    kick: Kick | None
    capsule: FallingCapsule

    def lands(self, site: Site, dynamics: Dynamics) -> tuple[float, ...]:
        """East, north (m), entry angle, latitude, longitude, heading (rad), entry time (s)."""
        seen = predict(self.path, dynamics, self.kick)
        if seen is None or seen.entry_angle is None:
            raise ValueError("the capsule would pass by the Earth")
        landed = touchdown(
            seen.asymptote, seen.b_vector, seen.entry_time, site.height, self.capsule, dynamics
        )
        east, north = offset(site, landed)
        place = landed.latitude, landed.longitude, landed.heading
        return (east, north, seen.entry_angle, *place, seen.entry_time)

    def moved(self, errors: DeliveryErrors) -> Iterator["_Arrival"]:
        """One arrival for each source of error, off by one standard deviation."""
        path = self.path
        for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)):
            place = add(path.position, scale(errors.position, axis))
            yield replace(self, path=replace(path, position=place))
            speed = add(path.velocity, scale(errors.velocity, axis))
            yield replace(self, path=replace(path, velocity=speed))
        if self.kick is not None:
            size = norm(self.kick.delta_v)
            ahead = unit(self.kick.delta_v)
            sides = across(ahead)
            for part, axis in ((errors.springs, ahead), *((errors.tip_off, s) for s in sides)):
                push = add(self.kick.delta_v, scale(part * size, axis))
                yield replace(self, kick=replace(self.kick, delta_v=push))
        air = self.capsule
        yield replace(self, capsule=replace(air, density=air.density * (1.0 + errors.density)))
        yield replace(self, capsule=replace(air, wind_east=air.wind_east + errors.wind))
        yield replace(self, capsule=replace(air, wind_north=air.wind_north + errors.wind))


def predict_landing(
    path: Path,
    kick: Kick | None,
    site: Site,
    capsule: FallingCapsule,
    errors: DeliveryErrors,
    dynamics: Dynamics,
) -> Landing:
    """The touchdown that a path leads to, `kick` being the release if it is still to come.

    Raises ValueError when the capsule would pass by the Earth or skip out of its air.
    """
    arrival = _Arrival(path, kick, capsule)
    centre = arrival.lands(site, dynamics)
    east = north = both = angle = 0.0
    for each in arrival.moved(errors):
        there = each.lands(site, dynamics)
        x, y, turn = (a - b for a, b in zip(there[:3], centre[:3], strict=True))
        east, north, both, angle = east + x * x, north + y * y, both + x * y, angle + turn * turn
    half, swing = 0.5 * (east + north), math.hypot(0.5 * (east - north), both)
    return Landing(
        latitude=centre[3],
        longitude=centre[4],
        east=centre[0],
        north=centre[1],
        long_semi_axis=STRETCH * math.sqrt(half + swing),
        short_semi_axis=STRETCH * math.sqrt(max(half - swing, 0.0)),
        azimuth=0.5 * math.atan2(2.0 * both, north - east) % math.pi,
        angle=centre[2],
        angle_sigma=math.sqrt(angle),
        heading=centre[5],
        entry_time=centre[6],
    )


def reasons_against(landing: Landing, parameters: Mapping[str, Any]) -> list[str]:
    """Why the capsule must not be let go; empty when all is within the limits."""
    found = []
    off = abs(math.degrees(landing.angle) - parameters["entry_angle"])
    spread = 3.0 * math.degrees(landing.angle_sigma)
    if off + spread > parameters["entry_corridor"]:
        found.append(
            f"the entry angle would be {math.degrees(landing.angle):.2f} ± {spread:.2f} degrees: "
            "outside the corridor"
        )
    if landing.long_semi_axis > parameters["largest_ellipse"]:
        found.append(
            f"the ellipse would reach {landing.long_semi_axis / 1000.0:.1f} km from its centre, "
            f"allowed are {parameters['largest_ellipse'] / 1000.0:.1f} km"
        )
    if landing.reach > parameters["landing_radius"]:
        found.append(
            f"the ellipse would reach {landing.reach / 1000.0:.1f} km from the site, allowed are "
            f"{parameters['landing_radius'] / 1000.0:.1f} km"
        )
    return found


def site_of(parameters: Mapping[str, Any]) -> Site:
    """The landing site that the parameters state."""
    return Site(
        math.radians(parameters["site_latitude"]),
        math.radians(parameters["site_longitude"]),
        math.radians(parameters["entry_angle"]),
        parameters["site_height"],
    )


def capsule_of(parameters: Mapping[str, Any]) -> FallingCapsule:
    """The capsule, and the mean wind, that the parameters state."""
    return FallingCapsule(
        parameters["capsule_fast"], parameters["capsule_slow"], parameters["site_wind"]
    )


def errors_of(parameters: Mapping[str, Any], position: float, velocity: float) -> DeliveryErrors:
    """The errors that the parameters state, with those of a tracking solution (m, m/s)."""
    return DeliveryErrors(
        position,
        velocity,
        parameters["spring_error"],
        parameters["tip_off"],
        parameters["density_error"],
        parameters["wind_error"],
    )


def release_of(parameters: Mapping[str, Any], entry_time: float, direction: Vector) -> Kick:
    """The push of the springs before an entry (mission s), and how light acts on the capsule."""
    return Kick(
        entry_time - parameters["release_days"] * SECONDS_PER_DAY,
        scale(parameters["spring_speed"], direction),
        parameters["capsule_light_pressure"],
    )
