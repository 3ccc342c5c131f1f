"""Sunlight and temperatures at any recent instant, looked up on a grid of time.

Power and temperature are integrated late, over what has passed since somebody last asked. The grid
makes that cheap: the sky is computed once for each grid point and interpolated between.
"""

import math
from typing import NamedTuple, Protocol

from sim_hw.world.insolation import surface_flux

GRID_STEP = 600.0
"""Seconds; the Sun moves 2.4 degrees in that time."""

_KEPT = 4000  # grid points: four weeks


class SkyLike(Protocol):
    """What is needed of the sky: radians, astronomical units, K."""

    @property
    def sun_elevation(self) -> float: ...
    @property
    def sun_distance_au(self) -> float: ...
    @property
    def optical_depth(self) -> float: ...
    @property
    def air_temperature(self) -> float: ...
    @property
    def ground_temperature(self) -> float: ...


class Surroundings(Protocol):
    """What power and thermal devices need of the world."""

    def now(self) -> float:
        """Seconds of mission time."""

    def sky_at(self, seconds: float) -> SkyLike:
        """Sun and weather at some mission time."""

    def panel_dust(self, panel: str) -> float:
        """Fraction of the light that the dust on a panel lets through, now."""


class Outside(NamedTuple):
    """Light on a clean horizontal surface in W/m2, air and ground temperature in K."""

    light: float
    air: float
    ground: float


class SkyGrid:
    """Interpolates the sky of one world; may be shared by all its vehicles."""

    def __init__(self, world: Surroundings) -> None:
        self._world = world
        self._points: dict[int, Outside] = {}
        self._asked: float | None = None
        self._answer: Outside

    def at(self, seconds: float) -> Outside:
        """Light and temperatures at a mission time, linear between grid points."""
        if seconds != self._asked:  # power asks in each step, and then heat for the same instant
            self._asked, self._answer = seconds, self._between(seconds)
        return self._answer

    def _between(self, seconds: float) -> Outside:
        index = math.floor(seconds / GRID_STEP)
        before, after = self._point(index), self._point(index + 1)
        weight = seconds / GRID_STEP - index
        return Outside(
            before.light + weight * (after.light - before.light),
            before.air + weight * (after.air - before.air),
            before.ground + weight * (after.ground - before.ground),
        )

    def forget_from(self, seconds: float) -> None:
        """The weather changes at a mission time: what was computed for later is wrong."""
        self._asked = None
        for index in [i for i in self._points if i * GRID_STEP > seconds]:
            del self._points[index]

    def _point(self, index: int) -> Outside:
        point = self._points.get(index)
        if point is None:
            point = self._points[index] = self._compute(index * GRID_STEP)
            if len(self._points) > _KEPT:
                del self._points[next(iter(self._points))]
        return point

    def _compute(self, seconds: float) -> Outside:
        sky = self._world.sky_at(seconds)
        flux = surface_flux(sky.sun_distance_au, math.sin(sky.sun_elevation), sky.optical_depth)
        return Outside(flux.global_horizontal, sky.air_temperature, sky.ground_temperature)
