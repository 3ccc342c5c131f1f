"""The energy of Opportunity's panels as the global storm of June 2018 closed in.

One number is taken from the rover: the energy at optical depth 1.0 fixes its panels' area,
efficiency and dust in one. All else is `insolation` on a horizontal panel at the rover's place,
with dust optics published decades before the storm; or, for comparison, the published scaling.
"""

from dataclasses import dataclass
from math import exp

from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.mars_time import local_sol_number
from flight.astrodynamics.time_scales import julian_date, tt_from_utc
from sim_hw.world.insolation import SkyModel, sol_insolation

# Landing at Meridiani Planum; its sol numbers call the landing sol 1 (NASA, MER mission pages).
_LATITUDE_DEGREES = -1.95
_EAST_LONGITUDE_DEGREES = 354.47
_LANDING_JD_TT = tt_from_utc(julian_date(2004, 1, 25, 5, 5))


@dataclass(frozen=True)
class StormSol:
    """One reported sol: energy in W h, and the optical depth where it was reported."""

    sol: int
    optical_depth: float | None
    energy: float


@dataclass(frozen=True)
class StormPrediction:
    """A reported sol beside what the model says.

    energy: predicted W h, None where no optical depth was reported. optical_depth: the depth at
    which the model gives the reported energy.
    """

    reported: StormSol
    energy: float | None
    optical_depth: float


# Status reports of June 2018 (L. David's Inside Outer Space; SpaceRef; ASU Red Planet Report). For
# sol 5107 only "above 3, estimated" was given.
REPORTED_SOLS = (
    StormSol(5105, 1.0, 468.0),
    StormSol(5106, 2.1, 345.0),
    StormSol(5107, None, 133.0),
    StormSol(5111, 10.8, 22.0),
)


def opportunity_insolation(
    sol: int, optical_depth: float, sky: SkyModel = SkyModel.TWO_STREAM
) -> float:
    """Light in W h/m2 on a horizontal panel at Opportunity on one of its sols."""
    sol_number = local_sol_number(_LANDING_JD_TT, _EAST_LONGITUDE_DEGREES) + sol - 1
    return sol_insolation(
        sol_number,
        MARS_IAU.planetographic(_LATITUDE_DEGREES),
        _EAST_LONGITUDE_DEGREES,
        optical_depth,
        sky=sky,
    )


def energy_by_mean_sun(
    optical_depth: float, reference: StormSol = REPORTED_SOLS[0], mean_zenith_cosine: float = 0.6
) -> float:
    """Energy in W h by the scaling exp(-(tau - tau0) / (6 mu)) with one mu for the whole day.

    Source: the Mastcam-Z pipeline's global flux, taken at a mean mu of 0.6 over the daylight.
    """
    if reference.optical_depth is None:
        raise ValueError(f"Sol {reference.sol} has no optical depth: it cannot be the reference.")
    excess = optical_depth - reference.optical_depth
    return reference.energy * exp(-excess / (6.0 * mean_zenith_cosine))


def panel_scale(reference: StormSol, sky: SkyModel = SkyModel.TWO_STREAM) -> float:
    """Energy per insolation in m2: area times efficiency times dust factor, from one sol."""
    if reference.optical_depth is None:
        raise ValueError(f"Sol {reference.sol} has no optical depth: it cannot fix the scale.")
    return reference.energy / opportunity_insolation(reference.sol, reference.optical_depth, sky)


def optical_depth_for_energy(
    scale: float, sol: int, energy: float, sky: SkyModel = SkyModel.TWO_STREAM
) -> float:
    """Optical depth at which a panel of this scale collects `energy` W h, by bisection."""
    low, high = 0.0, 40.0
    if not scale * opportunity_insolation(sol, high, sky) < energy:
        raise ValueError(f"{energy!r} W h is below what optical depth {high} leaves.")
    if energy > scale * opportunity_insolation(sol, low, sky):
        raise ValueError(f"{energy!r} W h is more than a clear sky gives on sol {sol}.")
    for _ in range(30):
        middle = 0.5 * (low + high)
        if scale * opportunity_insolation(sol, middle, sky) > energy:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def predict_storm(
    sky: SkyModel = SkyModel.TWO_STREAM, reported: tuple[StormSol, ...] = REPORTED_SOLS
) -> tuple[StormPrediction, ...]:
    """Predict every reported sol with the scale of the first one alone."""
    scale = panel_scale(reported[0], sky)
    predictions = []
    for entry in reported:
        energy = None
        if entry.optical_depth is not None:
            energy = scale * opportunity_insolation(entry.sol, entry.optical_depth, sky)
        depth = optical_depth_for_energy(scale, entry.sol, entry.energy, sky)
        predictions.append(StormPrediction(entry, energy, depth))
    return tuple(predictions)
