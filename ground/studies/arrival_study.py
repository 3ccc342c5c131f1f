"""The error budget of the arrival at Earth: many arrivals from the release to the ground.

Each is off by what the tracking, the springs, the capsule and the day's weather may be off by, and
is flown through the simulated air. What the orbiter predicts of the ellipse is judged by it.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flight.astrodynamics.earth_arrival import EquatorOfDate
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.interplanetary import coast, longest_step
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, utc_from_tt
from flight.astrodynamics.vectors import Vector, add, norm, scale, subtract, transform, unit
from flight.orbiter.landing import (
    Landing,
    capsule_of,
    errors_of,
    predict_landing,
    release_of,
    site_of,
)
from flight.orbiter.navigation import across
from flight.orbiter.targeting import aim_at_site
from flight.orbiter.trajectory import EARTH_ALONE, Dynamics, Kick, Path, at_entry, predict
from flight.runtime.streams import stream
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.participants.vehicles import vehicle_class
from sim_hw.assembly.orbiter import HARDWARE
from sim_hw.dynamics.earth_entry import EntryReport, fly
from sim_hw.dynamics.entry_capsule import EARTH_ENTRY_SYSTEM
from sim_hw.dynamics.touchdown import EntryDispersions, TouchdownEllipse, ellipse_of
from sim_hw.world.earth_atmosphere import EarthAtmosphere

SOURCES = ("tracking", "springs", "capsule", "weather")
ASYMPTOTE: Vector = (4_070.0, 2_180.0, 3_050.0)
"""Velocity at infinity (m/s, ICRF) with which an orbiter comes that left Mars in 2028 or 2030."""
ARRIVAL_JD_TT = 2_462_720.5
"""About when it comes: in August 2030."""


@dataclass(frozen=True)
class ArrivalStudy:
    """Touchdowns of a study: their ellipse, m of its centre to the east and north of the site, the
    spread of the entry angle (rad, one standard deviation), and what the orbiter predicts."""

    ellipse: TouchdownEllipse
    east: float
    north: float
    angle_sigma: float
    predicted: Landing


@dataclass(frozen=True)
class _Release:
    """The orbiter where it lets the capsule go, as it is believed to be, and what it knows."""

    path: Path
    kick: Kick
    dynamics: Dynamics


def study_arrivals(
    n: int,
    seed: int = 1,
    sources: Collection[str] = SOURCES,
    asymptote: Vector = ASYMPTOTE,
) -> ArrivalStudy:
    """Flies `n` arrivals with the errors of some sources. Raises ValueError for fewer than three
    that land, and for an arrival that does not lead to the site."""
    vehicle = load_vehicle_file(vehicle_class("orbiter"), HARDWARE)
    parameters, hardware = vehicle.flight, vehicle.hardware
    site = site_of(parameters)
    start = _release(parameters, asymptote)
    knowledge = hardware.orbit_knowledge
    errors = errors_of(
        parameters, knowledge.approach_position_sigma, knowledge.approach_velocity_sigma
    )
    predicted = predict_landing(
        start.path, start.kick, site, capsule_of(parameters), errors, start.dynamics
    )
    flown: list[EntryReport] = []
    angles: list[float] = []
    for number in range(n):
        case = _Case(number, seed, frozenset(sources))
        path = case.tracked(start.path, errors.position, errors.velocity)
        kick = replace(
            start.kick,
            delta_v=case.pushed(
                start.kick.delta_v, hardware.release.speed_error, hardware.release.tip_off
            ),
        )
        report, angle = case.enter(path, kick, start.dynamics, site.height)
        angles.append(angle)
        if report.outcome == "ground":
            flown.append(report)
    if len(flown) < 3:
        raise ValueError(f"only {len(flown)} of {n} arrivals landed: no ellipse can be drawn")
    ellipse = ellipse_of(flown, site.height, n - len(flown))
    radius = EARTH.gravity_radius
    mean = math.fsum(angles) / n
    return ArrivalStudy(
        ellipse,
        radius * math.cos(site.latitude) * (ellipse.east_longitude - site.longitude),
        radius * (ellipse.latitude - site.latitude),
        math.sqrt(math.fsum((a - mean) ** 2 for a in angles) / max(1, n - 1)),
        predicted,
    )


def _release(parameters: Mapping[str, Any], asymptote: Vector) -> _Release:
    """The orbiter on its way with an asymptote, such that a nominal release leads to the site."""
    dynamics = Dynamics(ARRIVAL_JD_TT, parameters["light_pressure"])
    near = 10.0 * SECONDS_PER_DAY
    aim = aim_at_site(asymptote, near, site_of(parameters), capsule_of(parameters), dynamics)
    place, velocity = at_entry(asymptote, aim.b_vector)
    kick = release_of(parameters, aim.entry_time, aim.entry_direction)
    alone = Path("earth", place, velocity, aim.entry_time)
    pressed = dynamics
    if kick.light_pressure is not None:
        pressed = replace(dynamics, light_pressure=kick.light_pressure)
    let_go = _back(alone, kick.time, pressed)
    believed = replace(let_go, velocity=subtract(let_go.velocity, kick.delta_v))
    # A second early, so that the release is still to come.
    return _Release(_back(believed, kick.time - 1.0, dynamics), kick, dynamics)


def _back(path: Path, until: float, dynamics: Dynamics) -> Path:
    """The state at an earlier time: on a conic where Earth alone counts, as the prediction has it,
    and under all that pulls before."""
    while path.time > until:
        jd = dynamics.jd(path.time)
        step = longest_step("earth", path.position, path.velocity, jd, dynamics.pull)
        seconds = -min(step, path.time - until)
        if norm(path.position) < EARTH_ALONE:
            mu = EARTH.gravitational_parameter
            state = propagate_kepler(path.position, path.velocity, seconds, mu)
        else:
            state = coast("earth", path.position, path.velocity, jd, seconds, dynamics.pull)
        path = Path("earth", *state, path.time + seconds)
    return path


@dataclass(frozen=True)
class _Case:
    """One arrival: its random streams, and the sources of error that are at work."""

    number: int
    seed: int
    sources: frozenset[str]

    def _draw(self, source: str) -> list[float]:
        draws = stream(self.seed, f"arrival {self.number} {source}")
        size = 1.0 if source in self.sources else 0.0
        return [size * draws.gauss(0.0, 1.0) for _ in range(6)]

    def tracked(self, path: Path, position: float, velocity: float) -> Path:
        """Where the orbiter truly is (errors in m and m/s)."""
        a, b, c, u, v, w = self._draw("tracking")
        return replace(
            path,
            position=add(path.position, scale(position, (a, b, c))),
            velocity=add(path.velocity, scale(velocity, (u, v, w))),
        )

    def pushed(self, push: Vector, speed: float, tip_off: float) -> Vector:
        """What the springs truly do (errors: a part, rad)."""
        more, left, right, *_ = self._draw("springs")
        first, second = across(unit(push))
        ahead = add(unit(push), add(scale(tip_off * left, first), scale(tip_off * right, second)))
        return scale(norm(push) * (1.0 + speed * more), ahead)

    def enter(
        self, path: Path, kick: Kick, dynamics: Dynamics, ground_height: float
    ) -> tuple[EntryReport, float]:
        """Flies from the interface to the ground; the entry angle (rad) beside it."""
        seen = predict(path, dynamics, kick)
        if seen is None or seen.entry is None or seen.entry_angle is None:
            raise ValueError("the capsule passes by the Earth")
        axes = EquatorOfDate.at(utc_from_tt(dynamics.jd(seen.entry_time)))
        place, velocity = (transform(axes.from_icrf, vector) for vector in seen.entry)
        drag, mass, *_ = self._draw("capsule")
        spread = EntryDispersions()
        capsule = replace(
            EARTH_ENTRY_SYSTEM,
            mass=EARTH_ENTRY_SYSTEM.mass * (1.0 + spread.mass * mass),
            drag_factor=math.exp(spread.drag * drag),
        )
        named = f"arrival {self.number} air"
        weather = stream(self.seed, named) if "weather" in self.sources else None
        report = fly(
            capsule, (*place, *velocity), EarthAtmosphere(weather), ground_height,
            axes.prime_meridian,
        )  # fmt: skip
        return report, seen.entry_angle
