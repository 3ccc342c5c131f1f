"""V6: energy of Opportunity's panels against optical depth in the storm of June 2018."""

from ground.verification.rows import Kind, Row
from sim_hw.world.insolation import SkyModel
from sim_hw.world.opportunity_storm import REPORTED_SOLS, energy_by_mean_sun, predict_storm

STATUS_REPORTS = "Opportunity reports"
# Tolerances: 5 % at optical depth 2.1, 40 % at 10.8.
TOLERANCES = {2.1: 0.05, 10.8: 0.40}


def rows() -> list[Row]:
    """The reported sols by the sky model that flies, by the mean-Sun scaling, and by a rival.

    The energy at optical depth 1.0 is the one input from the rover and so makes no row. The
    mean-Sun scaling is a fit to the reported energies: it agrees with them by making.
    """
    return [
        *_by_sky_model(SkyModel.TWO_STREAM, "two-stream sky", required=True),
        *_by_mean_sun(),
        *_by_sky_model(SkyModel.MASTCAMZ_SCALING, "exp(-tau/6mu), sol integrated", required=False),
    ]


def _by_sky_model(sky: SkyModel, name: str, required: bool) -> list[Row]:
    found = []
    for prediction in predict_storm(sky)[1:]:
        reported = prediction.reported
        if reported.optical_depth is None or prediction.energy is None:
            found.append(
                Row(
                    quantity=f"{name}: optical depth for {reported.energy:.0f} W h",
                    source=STATUS_REPORTS,
                    published=3.0,
                    computed=prediction.optical_depth,
                    digits=2,
                    kind=Kind.AT_LEAST,
                    required=required,
                )
            )
            continue
        depth = reported.optical_depth
        found.append(_energy(f"{name}: energy at tau {depth}", depth, prediction.energy, required))
    return found


def _by_mean_sun() -> list[Row]:
    return [
        _energy(
            f"exp(-(tau-1)/3.6): energy at tau {depth}", depth, energy_by_mean_sun(depth), False
        )
        for depth in TOLERANCES
    ]


def _energy(quantity: str, depth: float, computed: float, required: bool) -> Row:
    published = next(sol.energy for sol in REPORTED_SOLS if sol.optical_depth == depth)
    return Row(
        quantity=quantity,
        source=STATUS_REPORTS,
        published=published,
        computed=computed,
        tolerance=TOLERANCES[depth],
        relative=True,
        unit="W h",
        digits=1,
        required=required,
    )
