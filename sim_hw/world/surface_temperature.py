"""Temperature of the ground and of the air just above it, at one place of Mars.

An energy balance. The ground takes sunlight and the sky's infrared, radiates, and conducts into a
regolith of constant thermal inertia; the air column, one layer, takes up sunlight and the ground's
infrared and sends half of it down again. The air at instrument height follows the ground and, more
weakly, the air above. The solution that repeats itself sol after sol is computed once for a grid
of seasons and optical depths, and interpolated. The seasonal memory of the deep ground is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, exp, floor, fsum, pi, radians, sin, sqrt

from flight.astrodynamics.mars_time import (
    SOL_SECONDS,
    jd_tt_of_solar_longitude,
    mars_time,
)
from flight.astrodynamics.time_scales import JD_J2000
from sim_hw.world.insolation import top_of_atmosphere_flux
from sim_hw.world.light_transmission import two_stream_budget

STEFAN_BOLTZMANN = 5.670374419e-8
"""W m-2 K-4 (CODATA 2018)."""

_STEPS_PER_SOL = 96
_LAYER_GROWTH = 1.25
_LAYER_COUNT = 14
_FIRST_LAYER = 0.08  # of a diurnal skin depth; fourteen layers reach down seven skin depths


@dataclass(frozen=True)
class GroundParameters:
    """What the ground and the air over it are like. Defaults: the floor of Jezero.

    thermal_inertia: J m-2 K-1 s-1/2. MEDA found 180 to 605 along the traverse, about 300 on
    ordinary ground (Martinez et al. 2023). albedo: 0.15, from the same. emissivity: 0.98, of
    basaltic sand in the thermal infrared (Christensen et al. 2001 give 0.9 to 1).
    clear_sky_emissivity: the 15 um band of CO2 alone closes some 0.12 of the spectrum of a body at
    200 K. infrared_dust_ratio: infrared over visible optical depth, averaged over that spectrum; at
    9 um alone it is about a half (Smith 2004), outside of that band far less.
    ground_coupling, bulk_coupling: seconds in which the air at 1.5 m follows the ground and the
    sol's mean. They are set so that the air is about 20 K cooler than the ground in the warmest
    hours, as Mini-TES saw (Spanovich et al. 2006).
    """

    thermal_inertia: float = 300.0
    albedo: float = 0.15
    emissivity: float = 0.98
    clear_sky_emissivity: float = 0.12
    infrared_dust_ratio: float = 0.25
    ground_coupling: float = 5400.0
    bulk_coupling: float = 14400.0

    def __post_init__(self) -> None:
        if not 20.0 <= self.thermal_inertia <= 3000.0:
            raise ValueError(
                "Thermal inertia lies between 20 (fine dust) and 3000 (solid rock) "
                f"J m-2 K-1 s-1/2, not at {self.thermal_inertia!r}."
            )
        if not 0.0 <= self.albedo < 1.0 or not 0.0 < self.emissivity <= 1.0:
            raise ValueError(
                f"Albedo {self.albedo!r} and emissivity {self.emissivity!r} must lie in 0..1."
            )


@dataclass(frozen=True)
class DiurnalCycle:
    """Temperatures in K over one sol that repeats itself, evenly spaced from local midnight."""

    ground: tuple[float, ...]
    air: tuple[float, ...]


@dataclass(frozen=True)
class SurfaceTemperature:
    """Ground and air (1.5 m) temperature in K."""

    ground: float
    air: float


def sky_emissivity(optical_depth: float, parameters: GroundParameters) -> float:
    """Emissivity of the sky: the CO2 band, and grey dust in what that leaves open.

    Diffuse transmission exp(-1.66 tau): Elsasser's diffusivity factor.
    """
    dust = exp(-1.66 * parameters.infrared_dust_ratio * optical_depth)
    return 1.0 - (1.0 - parameters.clear_sky_emissivity) * dust


def diurnal_cycle(
    latitude_degrees: float,
    solar_longitude_degrees: float,
    optical_depth: float,
    parameters: GroundParameters | None = None,
) -> DiurnalCycle:
    """The sol that repeats itself at a latitude, season and optical depth.

    Implicit finite differences in depth, counted in diurnal skin depths, so that only the thermal
    inertia is needed. In such a sol no heat goes down on balance: every layer has the mean
    temperature at which the ground loses what it gains. That is imposed after each sol, so that a
    few sols are enough.
    """
    parameters = parameters or GroundParameters()
    sunlight = _sunlight(latitude_degrees, solar_longitude_degrees, optical_depth, parameters)
    sky = sky_emissivity(optical_depth, parameters)
    fourth_power = _mean_fourth_power(sunlight, sky, parameters)
    radiated = parameters.emissivity * STEFAN_BOLTZMANN * fourth_power
    sky_flux = parameters.emissivity * _sky_flux(sunlight, sky, radiated)
    column = _Column(parameters)
    layers = [fourth_power**0.25] * _LAYER_COUNT
    ground: list[float] = []
    mean = 0.0
    for _ in range(25):
        previous = mean
        ground, means = column.run_sol(layers, sunlight.ground, sky_flux)
        mean = fsum(ground) / _STEPS_PER_SOL
        swing = fsum(value**4 for value in ground) / _STEPS_PER_SOL / mean**4
        level = (fourth_power / swing) ** 0.25
        layers = [layer + level - value for layer, value in zip(layers, means, strict=True)]
        if abs(mean - previous) < 0.01:
            break
    return DiurnalCycle(tuple(ground), _air_over(ground, parameters))


@dataclass(frozen=True)
class _Sunlight:
    """Sunlight in W/m2: what the ground absorbs over the sol, what the dust does on the mean."""

    ground: tuple[float, ...]
    air: float

    @property
    def mean(self) -> float:
        return fsum(self.ground) / len(self.ground)


def _sunlight(
    latitude_degrees: float,
    solar_longitude_degrees: float,
    optical_depth: float,
    parameters: GroundParameters,
) -> _Sunlight:
    moment = mars_time(jd_tt_of_solar_longitude(solar_longitude_degrees, JD_J2000), 0.0)
    latitude, declination = radians(latitude_degrees), radians(moment.solar_declination_degrees)
    flux = top_of_atmosphere_flux(moment.sun_distance_au)
    ground: list[float] = []
    air = 0.0
    for step in range(_STEPS_PER_SOL):
        hour_angle = 2.0 * pi * (step / _STEPS_PER_SOL - 0.5)
        zenith_cosine = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(
            hour_angle
        )
        above = flux * max(0.0, zenith_cosine)
        budget = two_stream_budget(zenith_cosine, optical_depth, parameters.albedo)
        ground.append(above * (1.0 - parameters.albedo) * budget.transmitted)
        air += above * budget.absorbed / _STEPS_PER_SOL
    return _Sunlight(tuple(ground), air)


def _sky_flux(sunlight: _Sunlight, sky: float, radiated: float) -> float:
    """Infrared that the air sends down in W/m2: half of what it takes up over the sol.

    It takes up sunlight by its dust, and its share of what the ground radiates on the mean. The
    air is one layer that sends as much up as down.
    """
    return 0.5 * (sunlight.air + sky * radiated)


def _mean_fourth_power(sunlight: _Sunlight, sky: float, parameters: GroundParameters) -> float:
    """Mean of the ground's temperature to the fourth, in K4, at which it loses what it gains."""
    emissivity = parameters.emissivity
    gain = sunlight.mean + 0.5 * emissivity * sunlight.air
    return gain / (emissivity * STEFAN_BOLTZMANN * (1.0 - 0.5 * emissivity * sky))


class _Column:
    """A regolith column advanced by implicit steps; heat in units of skin depth and sol."""

    def __init__(self, parameters: GroundParameters) -> None:
        self._emissivity = parameters.emissivity
        step_seconds = SOL_SECONDS / _STEPS_PER_SOL
        # Conductivity per skin depth k/d = I sqrt(pi/P), heat capacity of a skin depth
        # c d = I sqrt(P/pi), for skin depth d = sqrt(kappa P/pi).
        conductance = parameters.thermal_inertia * sqrt(pi / SOL_SECONDS)
        capacity = parameters.thermal_inertia * sqrt(SOL_SECONDS / pi) / step_seconds
        thickness = [_FIRST_LAYER * _LAYER_GROWTH**index for index in range(_LAYER_COUNT)]
        self._capacity = [capacity * layer for layer in thickness]
        self._coupling = [
            2.0 * conductance / (upper + lower) for upper, lower in pairwise(thickness)
        ]
        self._surface_coupling = 2.0 * conductance / thickness[0]

    def run_sol(
        self, layers: list[float], absorbed: Sequence[float], sky_flux: float
    ) -> tuple[list[float], list[float]]:
        """Advance the layers in place by one sol; return surface temperatures and layer means."""
        surface_history: list[float] = []
        totals = [0.0] * _LAYER_COUNT
        surface = layers[0]
        for sunlight in absorbed:
            surface = self._step(layers, surface, sunlight + sky_flux)
            surface_history.append(surface)
            for index, value in enumerate(layers):
                totals[index] += value
        return surface_history, [total / _STEPS_PER_SOL for total in totals]

    def _step(self, layers: list[float], surface: float, incoming: float) -> float:
        """One backward-Euler step with the radiation linearised about the last surface."""
        radiated = self._emissivity * STEFAN_BOLTZMANN * surface**4
        slope = 4.0 * radiated / surface
        # The massless surface: incoming - radiated - slope (Ts - surface) = g (Ts - T0).
        weight = self._surface_coupling / (self._surface_coupling + slope)
        rest = (incoming - radiated + slope * surface) / (self._surface_coupling + slope)
        upper = self._surface_coupling
        # Forward sweep of the tridiagonal system, the first layer tied to the surface.
        ratios: list[float] = []
        diagonal = self._capacity[0] + upper * (1.0 - weight) + self._coupling[0]
        value = (self._capacity[0] * layers[0] + upper * rest) / diagonal
        layers[0] = value
        last = len(layers) - 1
        for index in range(1, last + 1):
            coupling = self._coupling[index - 1]
            ratio = coupling / diagonal
            ratios.append(ratio)
            below = self._coupling[index] if index < last else 0.0
            diagonal = self._capacity[index] + coupling * (1.0 - ratio) + below
            value = (self._capacity[index] * layers[index] + coupling * value) / diagonal
            layers[index] = value
        for index in range(last - 1, -1, -1):
            layers[index] += ratios[index] * layers[index + 1]
        return weight * layers[0] + rest


def _air_over(ground: Sequence[float], parameters: GroundParameters) -> tuple[float, ...]:
    """Air temperature that follows the ground and the sol's mean, repeating itself."""
    mean = fsum(ground) / len(ground)
    step_seconds = SOL_SECONDS / len(ground)
    to_ground = step_seconds / parameters.ground_coupling
    to_bulk = step_seconds / parameters.bulk_coupling
    air = mean
    history: list[float] = []
    for _ in range(2):  # the memory is a fraction of a sol: the second sol repeats itself
        history = []
        for surface in ground:
            air = (air + to_ground * surface + to_bulk * mean) / (1.0 + to_ground + to_bulk)
            history.append(air)
    return tuple(history)


@dataclass
class SurfaceClimate:
    """Ground and air temperature at one place, quick enough to be asked every few seconds.

    Cycles are computed on demand on a grid of solar longitude and optical depth and interpolated
    linearly in season, optical depth and hour.
    """

    latitude_degrees: float
    parameters: GroundParameters = field(default_factory=GroundParameters)
    longitude_step: float = 10.0
    _cycles: dict[tuple[int, int], DiurnalCycle] = field(default_factory=dict, repr=False)

    def temperature(
        self, solar_longitude_degrees: float, ltst_hours: float, optical_depth: float
    ) -> SurfaceTemperature:
        """Temperatures at a season (degrees), local true solar time (hours) and optical depth."""
        if optical_depth < 0.0:
            raise ValueError(f"Optical depth must be 0 or more, not {optical_depth!r}.")
        season, season_fraction = _split(solar_longitude_degrees % 360.0 / self.longitude_step)
        dust, dust_fraction = _split(_dust_coordinate(optical_depth))
        ground = air = 0.0
        for column, season_weight in (
            (season, 1.0 - season_fraction),
            (season + 1, season_fraction),
        ):
            for row, dust_weight in ((dust, 1.0 - dust_fraction), (dust + 1, dust_fraction)):
                weight = season_weight * dust_weight
                if weight > 0.0:
                    cycle = self._cycle(column, row)
                    before, after, fraction = _around(ltst_hours, len(cycle.ground))
                    one, other = cycle.ground[before], cycle.ground[after]
                    ground += weight * (one + fraction * (other - one))
                    one, other = cycle.air[before], cycle.air[after]
                    air += weight * (one + fraction * (other - one))
        return SurfaceTemperature(ground, air)

    def _cycle(self, season: int, dust: int) -> DiurnalCycle:
        season %= round(360.0 / self.longitude_step)
        key = (season, dust)
        if key not in self._cycles:
            self._cycles[key] = diurnal_cycle(
                self.latitude_degrees,
                season * self.longitude_step,
                _dust_of_coordinate(dust),
                self.parameters,
            )
        return self._cycles[key]


def _dust_coordinate(optical_depth: float) -> float:
    """A grid that is fine for ordinary skies and coarse for storms: quadratic in its index."""
    return sqrt(optical_depth / 0.05)


def _dust_of_coordinate(index: int) -> float:
    return 0.05 * index * index


def _split(coordinate: float) -> tuple[int, float]:
    whole = floor(coordinate)
    return whole, coordinate - whole


def _around(hours: float, count: int) -> tuple[int, int, float]:
    """The two of so many evenly spaced values of a sol between which an hour is, and where."""
    whole, fraction = _split(hours / 24.0 * count)
    return whole % count, (whole + 1) % count, fraction
