"""Wind near the ground at Jezero: a calm night, a gusty afternoon."""

import random
from dataclasses import dataclass
from math import cos, gamma, log, pi


@dataclass(frozen=True)
class WindParameters:
    """Speeds in m/s at 1.5 m, hours in local true solar time.

    Perseverance's wind sensors saw 2 to 8 m/s as a rule, strongest and gustiest in the convective
    afternoon, with gusts above 20 m/s (MEDA reports for 2021 and 2022). The shape of the day is a
    cosine raised to the second power, an assumption. weibull_shape: 2 is the usual distribution of
    turbulent wind (Rayleigh).
    """

    night_speed: float = 2.5
    afternoon_speed: float = 7.0
    strongest_hour: float = 14.5
    weibull_shape: float = 2.0


def mean_wind_speed(ltst_hours: float, parameters: WindParameters | None = None) -> float:
    """Mean wind in m/s at an hour of the sol."""
    parameters = parameters or WindParameters()
    phase = 2.0 * pi * (ltst_hours - parameters.strongest_hour) / 24.0
    day = (0.5 * (1.0 + cos(phase))) ** 2
    return parameters.night_speed + (parameters.afternoon_speed - parameters.night_speed) * day


def sample_wind_speed(
    ltst_hours: float, stream: random.Random, parameters: WindParameters | None = None
) -> float:
    """One momentary wind in m/s: Weibull about the hour's mean."""
    parameters = parameters or WindParameters()
    return _weibull(_scale(ltst_hours, parameters), parameters.weibull_shape, stream.random())


def sample_gust_speed(
    ltst_hours: float,
    stream: random.Random,
    moments: int = 600,
    parameters: WindParameters | None = None,
) -> float:
    """The strongest of so many independent moments (600: an hour of six-second gusts), in m/s.

    Drawn from the distribution of the maximum, so one number does for all moments.
    """
    parameters = parameters or WindParameters()
    if moments < 1:
        raise ValueError(f"A gust is the strongest of at least one moment, not of {moments!r}.")
    largest = stream.random() ** (1.0 / moments)
    return _weibull(_scale(ltst_hours, parameters), parameters.weibull_shape, largest)


def _scale(ltst_hours: float, parameters: WindParameters) -> float:
    return mean_wind_speed(ltst_hours, parameters) / gamma(1.0 + 1.0 / parameters.weibull_shape)


def _weibull(scale: float, shape: float, probability: float) -> float:
    survival = max(1.0 - probability, 1e-12)
    return float(scale * (-log(survival)) ** (1.0 / shape))
