"""Sunlight at the ground and on solar panels, under dust.

The direct beam follows Beer's law. Beam and skylight together follow the two-stream solution of
`light_transmission` (or, on request, the simpler scaling of the Mastcam-Z pipeline); the sky's
share is their difference, taken as equally bright all over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import cos, radians, sin

from flight.astrodynamics.ellipsoids import PlanetographicDegrees
from flight.astrodynamics.mars_time import (
    SOL_SECONDS,
    jd_tt_of_local_time,
    mars_time,
    sun_elevation_azimuth,
)
from sim_hw.world.light_transmission import (
    direct_transmission,
    mastcamz_transmission,
    two_stream_transmission,
)

SOLAR_CONSTANT = 1361.0
"""Solar irradiance at 1 AU in W/m2 (Kopp & Lean 2011)."""

GROUND_ALBEDO = 0.15
"""Broadband albedo of the ground at Jezero (MEDA: Martinez et al. 2023 give 0.1 to 0.2)."""


class SkyModel(Enum):
    """Which law gives the light, beam and sky together, on a horizontal surface."""

    TWO_STREAM = "two_stream"
    MASTCAMZ_SCALING = "mastcamz_scaling"


@dataclass(frozen=True)
class SurfaceFlux:
    """Sunlight at one place and instant, all in W/m2."""

    direct_normal: float
    direct_horizontal: float
    diffuse_horizontal: float

    @property
    def global_horizontal(self) -> float:
        """All light on a horizontal surface, W/m2."""
        return self.direct_horizontal + self.diffuse_horizontal


@dataclass(frozen=True)
class PanelOrientation:
    """How a panel stands: tilt from the horizontal, and the azimuth (from north, clockwise)
    towards which it leans. Both in degrees."""

    tilt_degrees: float = 0.0
    azimuth_degrees: float = 180.0


HORIZONTAL = PanelOrientation()


def top_of_atmosphere_flux(sun_distance_au: float) -> float:
    """Flux in W/m2 facing the Sun above the atmosphere: 1361 / R^2."""
    return SOLAR_CONSTANT / sun_distance_au**2


def surface_flux(
    sun_distance_au: float,
    zenith_cosine: float,
    optical_depth: float,
    sky: SkyModel = SkyModel.TWO_STREAM,
    ground_albedo: float = GROUND_ALBEDO,
) -> SurfaceFlux:
    """Direct and diffuse light at the ground. Dark when the Sun is below the horizon."""
    if optical_depth < 0.0:
        raise ValueError(f"Optical depth must be 0 or more, not {optical_depth!r}.")
    if zenith_cosine <= 0.0:
        return SurfaceFlux(0.0, 0.0, 0.0)
    above = top_of_atmosphere_flux(sun_distance_au)
    if sky is SkyModel.TWO_STREAM:
        whole = two_stream_transmission(zenith_cosine, optical_depth, ground_albedo)
    else:
        whole = mastcamz_transmission(zenith_cosine, optical_depth)
    direct = direct_transmission(zenith_cosine, optical_depth)
    horizontal = above * zenith_cosine
    return SurfaceFlux(above * direct, horizontal * direct, horizontal * max(0.0, whole - direct))


def panel_flux(
    flux: SurfaceFlux,
    sun_elevation_degrees: float,
    sun_azimuth_degrees: float,
    panel: PanelOrientation = HORIZONTAL,
    ground_albedo: float = GROUND_ALBEDO,
) -> float:
    """Light on a panel in W/m2: beam, its part of an evenly bright sky, and of the ground.

    The isotropic-sky view factors (1 +- cos tilt) / 2 are those of Liu & Jordan 1963.
    """
    tilt = radians(panel.tilt_degrees)
    elevation = radians(sun_elevation_degrees)
    incidence_cosine = sin(elevation) * cos(tilt) + cos(elevation) * sin(tilt) * cos(
        radians(sun_azimuth_degrees - panel.azimuth_degrees)
    )
    beam = flux.direct_normal * max(0.0, incidence_cosine)
    sky = flux.diffuse_horizontal * 0.5 * (1.0 + cos(tilt))
    ground = ground_albedo * flux.global_horizontal * 0.5 * (1.0 - cos(tilt))
    return beam + sky + ground


def panel_flux_at(
    jd_tt: float,
    latitude: PlanetographicDegrees,
    east_longitude_degrees: float,
    optical_depth: float,
    panel: PanelOrientation = HORIZONTAL,
    sky: SkyModel = SkyModel.TWO_STREAM,
) -> float:
    """Light in W/m2 on a panel at an instant and a place of Mars."""
    sun = sun_elevation_azimuth(jd_tt, latitude, east_longitude_degrees)
    if sun.elevation_degrees <= 0.0:
        return 0.0
    distance = mars_time(jd_tt, east_longitude_degrees).sun_distance_au
    flux = surface_flux(distance, sin(radians(sun.elevation_degrees)), optical_depth, sky)
    return panel_flux(flux, sun.elevation_degrees, sun.azimuth_degrees, panel)


def sol_insolation(
    sol_number: int,
    latitude: PlanetographicDegrees,
    east_longitude_degrees: float,
    optical_depth: float | Callable[[float], float],
    panel: PanelOrientation = HORIZONTAL,
    sky: SkyModel = SkyModel.TWO_STREAM,
    steps: int = 144,
) -> float:
    """Light in W h/m2 that a panel receives from one local midnight to the next.

    sol_number: count of local midnights as in `mars_time.local_sol_number`. optical_depth: a
    number, or a function of local mean solar time in hours. Integrated by the midpoint rule.
    """
    total = 0.0
    for step in range(steps):
        hours = (step + 0.5) * 24.0 / steps
        depth = optical_depth(hours) if callable(optical_depth) else optical_depth
        jd_tt = jd_tt_of_local_time(sol_number, hours, east_longitude_degrees)
        total += panel_flux_at(jd_tt, latitude, east_longitude_degrees, depth, panel, sky)
    return total * SOL_SECONDS / steps / 3600.0
