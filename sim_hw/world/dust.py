"""Dust in the air over Jezero, dust storms, and dust on solar panels.

Optical depth is the visible-light (880 nm class) extinction of the whole column, without unit.
"""

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, exp, floor, fsum, pi

# Optical depth against areocentric solar longitude (degrees) at Jezero: Mastcam-Z Sun images,
# table M2020_taus_versus_L_s of the MPPP pipeline.
_OPTICAL_DEPTH_TABLE: tuple[tuple[float, float], ...] = (
    (0.0, 0.7),
    (25.0, 0.4),
    (80.0, 0.4),
    (100.0, 0.5),
    (130.0, 0.3),
    (160.0, 0.4),
    (205.0, 0.7),
    (215.0, 1.2),
    (250.0, 1.0),
    (305.0, 0.6),
    (330.0, 1.1),
    (360.0, 0.7),
)
_TABLE_LONGITUDES = tuple(longitude for longitude, _ in _OPTICAL_DEPTH_TABLE)

# Mars Pathfinder measured its 0.28 % per sol (Landis & Jenkins 2000) under optical depths of
# about 0.5 (Smith & Lemmon 1999).
PATHFINDER_OPTICAL_DEPTH = 0.5


def climatological_optical_depth(solar_longitude_degrees: float) -> float:
    """Optical depth of an ordinary year at Jezero, linear between the table's entries.

    Source: Mastcam-Z optical depths against solar longitude (MPPP pipeline table).
    """
    longitude = solar_longitude_degrees % 360.0
    index = min(bisect_right(_TABLE_LONGITUDES, longitude), len(_OPTICAL_DEPTH_TABLE) - 1)
    left, left_depth = _OPTICAL_DEPTH_TABLE[index - 1]
    right, right_depth = _OPTICAL_DEPTH_TABLE[index]
    return left_depth + (right_depth - left_depth) * (longitude - left) / (right - left)


@dataclass(frozen=True)
class DustStorm:
    """A storm as seen from one place: smooth rise, peak, exponential clearing.

    onset_sol: mission sol (may be fractional) at which the extra dust arrives.
    rise_sols: time from onset to peak. peak_excess: optical depth added at the peak.
    decay_sols: e-folding time of the clearing.
    """

    onset_sol: float
    rise_sols: float
    peak_excess: float
    decay_sols: float

    def __post_init__(self) -> None:
        for name in ("rise_sols", "peak_excess", "decay_sols"):
            value = getattr(self, name)
            if not value > 0.0:
                raise ValueError(f"A dust storm needs {name} above 0, not {value!r}.")

    def excess(self, sol: float) -> float:
        """Optical depth that this storm adds at a mission sol."""
        age = sol - self.onset_sol
        if age <= 0.0:
            return 0.0
        if age < self.rise_sols:
            return self.peak_excess * 0.5 * (1.0 - cos(pi * age / self.rise_sols))
        return self.peak_excess * exp(-(age - self.rise_sols) / self.decay_sols)


def global_storm(onset_sol: float) -> DustStorm:
    """A planet-encircling storm like that of 2018 at Opportunity.

    Rise from 1.0 to 10.8 within six sols (5105 to 5111): Opportunity status reports. Clearing
    with an e-folding time of about 60 sols: Viking landers in 1977 (Pollack et al. 1979).
    """
    return DustStorm(onset_sol, rise_sols=6.0, peak_excess=9.8, decay_sols=60.0)


def regional_storm(onset_sol: float) -> DustStorm:
    """A regional storm like the one that passed Jezero at solar longitude 153 to 156 degrees.

    The season and the length of a few sols are published (Munguira et al. 2023); the peak of one
    extra optical depth is an assumption, to be replaced by whoever knows better.
    """
    return DustStorm(onset_sol, rise_sols=2.0, peak_excess=1.0, decay_sols=5.0)


class AirborneDust:
    """Optical depth over a mission: climatology, day-to-day scatter and storms.

    The scatter is a first-order autoregressive walk of the logarithm from sol to sol, generated in
    order of sols whatever the order of the questions, so equal streams give equal weather.
    scatter: relative standard deviation (0.05: an assumption in the spirit of the Mars Exploration
    Rovers' record outside storms, Lemmon et al. 2015). memory: correlation of neighbouring sols.
    """

    def __init__(
        self,
        stream: random.Random | None = None,
        storms: Sequence[DustStorm] = (),
        scatter: float = 0.05,
        memory: float = 0.7,
    ) -> None:
        if scatter < 0.0 or not 0.0 <= memory < 1.0:
            raise ValueError(
                f"Scatter must be 0 or more and memory in 0..1, not {scatter!r} and {memory!r}."
            )
        self.storms = tuple(storms)
        self._stream = stream
        self._scatter = scatter
        self._memory = memory
        self._walk: list[float] = []

    def optical_depth(self, sol: float, solar_longitude_degrees: float) -> float:
        """Optical depth at a mission sol (0 or later, fractional) and its solar longitude."""
        if sol < 0.0:
            raise ValueError(f"The weather begins at sol 0; sol {sol!r} was asked for.")
        ordinary = climatological_optical_depth(solar_longitude_degrees)
        if self._stream is not None:
            ordinary *= exp(self._deviation(sol))
        return ordinary + fsum(storm.excess(sol) for storm in self.storms)

    def _deviation(self, sol: float) -> float:
        whole = floor(sol)
        self._extend(whole + 2)
        fraction = sol - whole
        return self._walk[whole] * (1.0 - fraction) + self._walk[whole + 1] * fraction

    def _extend(self, length: int) -> None:
        assert self._stream is not None
        innovation = self._scatter * (1.0 - self._memory**2) ** 0.5
        while len(self._walk) < length:
            if self._walk:
                value = self._memory * self._walk[-1] + innovation * self._stream.gauss(0.0, 1.0)
            else:
                value = self._scatter * self._stream.gauss(0.0, 1.0)
            self._walk.append(value)


@dataclass(frozen=True)
class PanelDustParameters:
    """How dust gathers on a panel and how wind takes it away.

    deposition_per_sol: fraction of the light lost per sol at Pathfinder's optical depth,
    0.002 to 0.003 without cleaning (Landis & Jenkins 2000).
    mean_cleaning_interval: sols between cleaning events (assumption: MER saw a few a year).
    cleaning_minimum, cleaning_maximum: fraction of the loss that one event removes. Spirit's sol
    1812 brought the transmission from 0.25 to 0.28, a twenty-fifth of the loss (PIA11798);
    Opportunity's in 2004 brought 500 W h back to nearly 900 W h (NASA, December 2004).
    """

    deposition_per_sol: float = 0.0025
    mean_cleaning_interval: float = 150.0
    cleaning_minimum: float = 0.04
    cleaning_maximum: float = 0.9


@dataclass
class PanelDust:
    """Dust on one panel. `factor` is the fraction of light that still reaches the cells.

    Events come from the stream at times that do not depend on how the sols are cut into steps.
    Without a stream there is no cleaning.
    """

    stream: random.Random | None = None
    parameters: PanelDustParameters = field(default_factory=PanelDustParameters)
    factor: float = 1.0
    cleaning_events: int = 0
    _sols_to_cleaning: float = field(default=float("inf"), repr=False)

    def __post_init__(self) -> None:
        if not 0.0 < self.factor <= 1.0:
            raise ValueError(f"A panel's dust factor lies in 0..1, not at {self.factor!r}.")
        self._draw_next_cleaning()

    def advance(self, sols: float, optical_depth: float = PATHFINDER_OPTICAL_DEPTH) -> float:
        """Let time pass and return the new factor.

        Deposition is proportional to the dust overhead: what falls out is what hangs there.
        """
        if sols < 0.0:
            raise ValueError(f"Dust cannot be advanced by {sols!r} sols.")
        while sols >= self._sols_to_cleaning:
            sols -= self._sols_to_cleaning
            self._deposit(self._sols_to_cleaning, optical_depth)
            self._clean()
        self._sols_to_cleaning -= sols
        self._deposit(sols, optical_depth)
        return self.factor

    def _deposit(self, sols: float, optical_depth: float) -> None:
        exponent = sols * optical_depth / PATHFINDER_OPTICAL_DEPTH
        self.factor *= (1.0 - self.parameters.deposition_per_sol) ** exponent

    def _clean(self) -> None:
        assert self.stream is not None
        removed = self.stream.uniform(
            self.parameters.cleaning_minimum, self.parameters.cleaning_maximum
        )
        self.factor = 1.0 - (1.0 - self.factor) * (1.0 - removed)
        self.cleaning_events += 1
        self._draw_next_cleaning()

    def _draw_next_cleaning(self) -> None:
        if self.stream is not None:
            self._sols_to_cleaning = self.stream.expovariate(
                1.0 / self.parameters.mean_cleaning_interval
            )
