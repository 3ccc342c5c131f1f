"""The order of the fixed-step Runge-Kutta integrator, over ten step sizes on an orbit."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from math import dist, fsum, log, sqrt

from flight.astrodynamics.gravity import MARS, point_mass_acceleration
from flight.astrodynamics.integrators import State, integrate
from flight.astrodynamics.kepler import propagate_kepler
from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.astrodynamics.orbits import circular_speed
from ground.verification.rows import Row

THEORY = "order 4, Kutta 1901"
BASILISK = "Basilisk RK4 run"
RADIUS = 3_396_190.0 + 343_000.0
STEPS = tuple(80.0 / sqrt(2.0) ** index for index in range(10))
"""Ten steps in s, from 80 to 3.5, each shorter by the square root of two."""
FLIGHT = 6_400.0
"""Seconds flown for the order, most of a revolution; 80 s go into it without a rest."""


def position_error(
    step: float,
    seconds: float,
    radius: float = RADIUS,
    mu: float = MARS.gravitational_parameter,
) -> float:
    """Error in m of a circular orbit integrated in steps of `step` s, against Kepler's solution."""
    position, velocity = (radius, 0.0, 0.0), (0.0, circular_speed(radius, mu), 0.0)
    exact, _ = propagate_kepler(position, velocity, seconds, mu)
    end = integrate(partial(_two_body, mu), 0.0, (*position, *velocity), seconds, step)
    return dist(end[:3], exact)


def fitted_order(steps: Sequence[float], errors: Sequence[float]) -> float:
    """Slope of log error against log step, by least squares."""
    x, y = [log(step) for step in steps], [log(error) for error in errors]
    mean_x, mean_y = fsum(x) / len(x), fsum(y) / len(y)
    covariance = fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return covariance / fsum((a - mean_x) ** 2 for a in x)


def rows() -> list[Row]:
    """Orders over the ten steps, fitted and local, and the error after a sol in steps of 10 s."""
    # Steps are cut so that they fill the flight: the true length of each goes into the fit.
    steps = [FLIGHT / round(FLIGHT / step) for step in STEPS]
    errors = [position_error(step, FLIGHT) for step in steps]
    local = [
        log(coarse[1] / fine[1]) / log(coarse[0] / fine[0])
        for coarse, fine in pairwise(zip(steps, errors, strict=True))
    ]
    return [
        _order("order fitted over ten steps, 80 to 3.5 s", fitted_order(steps, errors)),
        _order("order between the two finest steps", local[-1]),
        # Towards long steps the loss of energy, of order 5, outgrows the error of the phase.
        _order("order between the two coarsest steps", local[0], required=False),
        Row(
            quantity="error after one sol, steps of 10 s",
            source=BASILISK,
            published=0.08,
            computed=position_error(10.0, SOL_SECONDS),
            tolerance=0.005,
            unit="m",
            digits=4,
        ),
    ]


def _order(quantity: str, computed: float, required: bool = True) -> Row:
    return Row(
        quantity=quantity,
        source=THEORY,
        published=4.0,
        computed=computed,
        tolerance=0.1,
        digits=3,
        required=required,
    )


def _two_body(mu: float, time: float, state: State) -> Sequence[float]:
    return (*state[3:], *point_mass_acceleration((state[0], state[1], state[2]), mu))
