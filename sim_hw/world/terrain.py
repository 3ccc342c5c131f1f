"""The ground around the Three Forks depot: elevation, slope, and how loose it is.

Made from a seed, without end and without a stored map: fractal relief whose size grows away from
the depot, plus the rise of the delta front in the west. Positions are metres east and north of the
tube Malay. The relief is synthetic; its statistics are the site's: slopes of 0 to 1.2 degrees at
the depot and above 5.5 degrees on the delta front (Perseverance's attitude, sols 653 to 694).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import atan, cos, degrees, fsum, hypot, radians, sin, sqrt, tan

import numpy as np
from numpy.typing import NDArray

from flight.runtime.streams import stream
from sim_hw.world.lattice_noise import (
    SLOPE_DEVIATION,
    FloatGrid,
    LatticeNoise,
    bands,
    smooth_step,
    smooth_step_slope,
)

_arctan = np.frompyfunc(atan, 1, 1)
"""The C library's: numpy's own has other last bits on CPUs with AVX-512."""

_WAVELENGTHS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
"""Cell sizes of the relief in m. Below a wheel base the rocks are the relief."""

_SAND_WAVELENGTH = 18.0
"""Cell size in m of the sand: a patch of ripples is some ten metres across."""


class SurfaceClass(Enum):
    """What the wheels stand on."""

    FIRM = "firm"
    SAND = "sand"


@dataclass(frozen=True)
class TerrainParameters:
    """The statistics of the ground. Lengths in m, angles in degrees.

    depot_elevation: of the ground at Malay, by the rover's localisation.
    depot_east, depot_north, depot_radius: the flat where the tubes lie (extent 47.9 x 49.8 m).
    depot_roughness: part of the far relief that is left there. roughness_distance: how far beyond
    the depot's edge the relief has reached its full size. slope_deviation: standard deviation of
    the far relief's slope in any one direction; a few degrees is usual at the scale of metres on
    smooth Martian plains (Golombek et al. 2003). hurst: exponent of the fractal relief, 0.7 as
    found on Mars (Orosei et al. 2003). delta_distance, delta_width, delta_height: the front of
    the delta, a smooth step that begins this far west of Malay; some 40 m high. sand_fraction:
    part of the far ground under sand ripples (assumption).
    """

    depot_elevation: float = -2545.3
    depot_east: float = 24.0
    depot_north: float = 20.0
    depot_radius: float = 45.0
    depot_roughness: float = 0.12
    roughness_distance: float = 150.0
    slope_deviation: float = 2.0
    hurst: float = 0.7
    delta_distance: float = 250.0
    delta_width: float = 500.0
    delta_height: float = 40.0
    sand_fraction: float = 0.08

    def __post_init__(self) -> None:
        if not 0.0 <= self.sand_fraction <= 0.9:
            raise ValueError(f"The sand fraction lies in 0..0.9, not at {self.sand_fraction!r}.")
        for name in ("depot_radius", "roughness_distance", "delta_width", "hurst"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"Terrain needs {name} above 0, not {getattr(self, name)!r}.")


@dataclass(frozen=True)
class GroundPoint:
    """The ground at one place: elevation in m, gradient in m/m, looseness 0 (firm) to 1."""

    elevation: float
    gradient_east: float
    gradient_north: float
    looseness: float
    slip: float | None = None
    """Slip of wheels here, where the ground is of a kind that the looseness does not tell."""

    @property
    def surface(self) -> SurfaceClass:
        """Firm ground or sand ripples."""
        return SurfaceClass.SAND if self.looseness > 0.0 else SurfaceClass.FIRM

    @property
    def slope_degrees(self) -> float:
        """Steepest slope, in degrees."""
        return degrees(atan(hypot(self.gradient_east, self.gradient_north)))

    def slope_along(self, heading: float) -> float:
        """Slope in radians met when driving at a heading (radians from north), uphill positive."""
        return atan(self.gradient_east * sin(heading) + self.gradient_north * cos(heading))


@dataclass(frozen=True)
class SlipPatch:
    """A disc of ground, m, on which wheels slip by `slip`: as Spirit's at Troy. From its rim on the
    slip rises over `ramp` m, as up a dune."""

    east: float
    north: float
    radius: float
    slip: float
    ramp: float = 0.0

    def at(self, inside: float) -> float:
        """The slip so many m inside of the rim."""
        return self.slip if inside >= self.ramp else self.slip * inside / self.ramp


@dataclass(frozen=True)
class Crater:
    """A crater, m, that is on no map: from its rim on the ground falls by `depth` over `wall`."""

    east: float
    north: float
    radius: float
    depth: float
    wall: float

    def fall(self, east: float, north: float) -> tuple[float, float, float]:
        """How much lower the ground is at a place (m), and how that grows to the east and north."""
        away_east, away_north = east - self.east, north - self.north
        distance = hypot(away_east, away_north)
        part = (self.radius - distance) / self.wall
        if part <= 0.0:
            return 0.0, 0.0, 0.0
        if part >= 1.0:
            return self.depth, 0.0, 0.0
        step = part * part * part * (part * (part * 6.0 - 15.0) + 10.0)
        if distance < 1e-9:  # a funnel whose walls meet here, above its depth
            return self.depth * step, 0.0, 0.0
        steep = -30.0 * (part * (part - 1.0)) ** 2 * self.depth / self.wall / distance
        return self.depth * step, steep * away_east, steep * away_north


@dataclass(frozen=True)
class GroundWindow:
    """A square window of the ground: rows from south to north, columns from west to east."""

    east: FloatGrid
    north: FloatGrid
    elevation: FloatGrid
    slope_degrees: FloatGrid
    looseness: FloatGrid


class Terrain:
    """The ground of one seed. A question about one place takes some 15 microseconds."""

    def __init__(self, seed: int, parameters: TerrainParameters | None = None) -> None:
        self.parameters = parameters or TerrainParameters()
        self._relief = [
            (LatticeNoise(stream(seed, f"terrain/relief/{wavelength:g}")), wavelength, amplitude)
            for wavelength, amplitude in zip(
                _WAVELENGTHS, _relief_amplitudes(self.parameters), strict=True
            )
        ]
        self._sand = LatticeNoise(stream(seed, "terrain/sand"))
        self._sand_threshold = self._sand.quantile(1.0 - self.parameters.sand_fraction)
        self._sand_span = max(self._sand.quantile(0.999) - self._sand_threshold, 1e-9)
        self._patches: list[SlipPatch] = []
        self._craters: list[Crater] = []
        self._datum = 0.0
        self._datum = self.parameters.depot_elevation - self.ground(0.0, 0.0).elevation

    def elevation(self, east: float, north: float) -> float:
        """Elevation in m above the geoid: that of `ground`, in half the time."""
        relief = 0.0
        for lattice, wavelength, amplitude in self._relief:
            relief += amplitude * lattice.value_at(east / wavelength, north / wavelength)
        rise = self._delta_front(east)[0]
        for crater in self._craters:
            rise -= crater.fall(east, north)[0]
        return self._datum + rise + self._envelope(east, north)[0] * relief

    def ground(self, east: float, north: float) -> GroundPoint:
        """Elevation, gradient and looseness of the ground at one place."""
        relief = relief_east = relief_north = 0.0
        for lattice, wavelength, amplitude in self._relief:
            value, slope_x, slope_y = lattice.at(east / wavelength, north / wavelength)
            relief += amplitude * value
            relief_east += amplitude / wavelength * slope_x
            relief_north += amplitude / wavelength * slope_y
        envelope, envelope_east, envelope_north = self._envelope(east, north)
        rise, rise_east = self._delta_front(east)
        rise_north = 0.0
        for crater in self._craters:
            fall, fall_east, fall_north = crater.fall(east, north)
            rise, rise_east = rise - fall, rise_east - fall_east
            rise_north -= fall_north
        return GroundPoint(
            self._datum + rise + envelope * relief,
            rise_east + envelope * relief_east + envelope_east * relief,
            rise_north + envelope * relief_north + envelope_north * relief,
            self.looseness(east, north),
            self._slip(east, north) if self._patches else None,
        )

    def lay_patch(self, patch: SlipPatch) -> Callable[[], None]:
        """Lays ground on which wheels slip, which nobody sees; what is returned takes it away."""
        self._patches.append(patch)
        return lambda: self._patches.remove(patch)

    def dig(self, crater: Crater) -> Callable[[], None]:
        """Digs a crater that is on no map; what is returned fills it."""
        self._craters.append(crater)
        return lambda: self._craters.remove(crater)

    def has_patch_near(self, east: float, north: float, distance: float) -> bool:
        """Whether such ground begins within some m of a place."""
        return any(
            hypot(east - patch.east, north - patch.north) < patch.radius + distance
            for patch in self._patches
        )

    def _slip(self, east: float, north: float) -> float | None:
        for patch in reversed(self._patches):
            inside = patch.radius - hypot(east - patch.east, north - patch.north)
            if inside > 0.0:
                return patch.at(inside)
        return None

    def looseness(self, east: float, north: float) -> float:
        """0 on firm ground, rising to 1 in the heart of a sand patch. The depot is firm."""
        p = self.parameters
        if hypot(east - p.depot_east, north - p.depot_north) < p.depot_radius:
            return 0.0
        value = self._sand.at(east / _SAND_WAVELENGTH, north / _SAND_WAVELENGTH)[0]
        return min(max((value - self._sand_threshold) / self._sand_span, 0.0), 1.0)

    def window(self, east: float, north: float, width: float, resolution: float) -> GroundWindow:
        """The ground at the cell centres of a square of `width` m about a place."""
        easts, norths = grid_of_cells(east, north, width, resolution)
        parts = [self._heights(easts[rows], norths[rows]) for rows in bands(len(easts))]
        elevation, slope, looseness = (np.concatenate(each) for each in zip(*parts, strict=True))
        return GroundWindow(easts, norths, elevation, slope, looseness)

    def _heights(
        self, easts: FloatGrid, norths: FloatGrid
    ) -> tuple[FloatGrid, FloatGrid, FloatGrid]:
        """Elevation, slope (degrees) and looseness at all places of a grid."""
        relief, relief_east, relief_north = (np.zeros_like(easts) for _ in range(3))
        for lattice, wavelength, amplitude in self._relief:
            value, slope_x, slope_y = lattice.on_grid(easts / wavelength, norths / wavelength)
            relief += amplitude * value
            relief_east += amplitude / wavelength * slope_x
            relief_north += amplitude / wavelength * slope_y
        envelope, envelope_east, envelope_north = self._envelope_grid(easts, norths)
        p = self.parameters
        west = np.clip((-easts - p.delta_distance) / p.delta_width, 0.0, 1.0)
        rise_east = -p.delta_height / p.delta_width * smooth_step_slope(west)
        gradient_east = rise_east + envelope * relief_east + envelope_east * relief
        gradient_north = envelope * relief_north + envelope_north * relief
        return (
            self._datum + p.delta_height * smooth_step(west) + envelope * relief,
            np.degrees(
                np.asarray(_arctan(np.hypot(gradient_east, gradient_north)), dtype=np.float64)
            ),
            self._looseness_grid(easts, norths),
        )

    def _envelope(self, east: float, north: float) -> tuple[float, float, float]:
        """How much of the far relief there is at a place, with its gradient."""
        p = self.parameters
        away_east, away_north = east - p.depot_east, north - p.depot_north
        distance = hypot(away_east, away_north)
        part = (distance - p.depot_radius) / p.roughness_distance
        if part <= 0.0:
            return p.depot_roughness, 0.0, 0.0
        if part >= 1.0:
            return 1.0, 0.0, 0.0
        far = 1.0 - p.depot_roughness
        step = part * part * part * (part * (part * 6.0 - 15.0) + 10.0)
        growth = far * 30.0 * (part * (part - 1.0)) ** 2 / p.roughness_distance / distance
        return p.depot_roughness + far * step, growth * away_east, growth * away_north

    def _envelope_grid(
        self, easts: FloatGrid, norths: FloatGrid
    ) -> tuple[FloatGrid, FloatGrid, FloatGrid]:
        p = self.parameters
        away_east, away_north = easts - p.depot_east, norths - p.depot_north
        distance = np.maximum(np.hypot(away_east, away_north), 1e-9)
        part = np.clip((distance - p.depot_radius) / p.roughness_distance, 0.0, 1.0)
        far = 1.0 - p.depot_roughness
        growth = far * smooth_step_slope(part) / p.roughness_distance / distance
        envelope = p.depot_roughness + far * smooth_step(part)
        return envelope, growth * away_east, growth * away_north

    def _delta_front(self, east: float) -> tuple[float, float]:
        """Rise of the delta front at a place in m, and its slope to the east."""
        p = self.parameters
        part = min(max((-east - p.delta_distance) / p.delta_width, 0.0), 1.0)
        step = part * part * part * (part * (part * 6.0 - 15.0) + 10.0)
        slope = 30.0 * (part * (part - 1.0)) ** 2
        return p.delta_height * step, -p.delta_height / p.delta_width * slope

    def _looseness_grid(self, easts: FloatGrid, norths: FloatGrid) -> FloatGrid:
        p = self.parameters
        value = self._sand.on_grid(easts / _SAND_WAVELENGTH, norths / _SAND_WAVELENGTH)[0]
        away = np.hypot(easts - p.depot_east, norths - p.depot_north) >= p.depot_radius
        loose = np.clip((value - self._sand_threshold) / self._sand_span, 0.0, 1.0)
        return np.where(away, loose, 0.0)


def grid_of_cells(
    east: float, north: float, width: float, resolution: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """East and north of the cell centres of a square of `width` m about a place."""
    if not 0.0 < resolution <= width:
        raise ValueError(
            f"A window of {width!r} m needs a resolution above 0 and up to {width!r} m, "
            f"not {resolution!r} m."
        )
    count = round(width / resolution)
    offsets = (np.arange(count) + 0.5) * resolution - 0.5 * count * resolution
    easts, norths = np.meshgrid(east + offsets, north + offsets)
    return easts, norths


def _relief_amplitudes(parameters: TerrainParameters) -> list[float]:
    """Amplitude of each cell size: a power law, scaled to the wanted slope."""
    powers = [wavelength**parameters.hurst for wavelength in _WAVELENGTHS]
    slopes = [
        SLOPE_DEVIATION * power / wavelength
        for power, wavelength in zip(powers, _WAVELENGTHS, strict=True)
    ]
    wanted = tan(radians(parameters.slope_deviation))
    scale = wanted / sqrt(fsum(slope * slope for slope in slopes))
    return [scale * power for power in powers]
