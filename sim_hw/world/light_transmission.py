"""How much sunlight a dusty column lets through to a horizontal surface.

mu is the cosine of the Sun's zenith angle, tau the column's optical depth, both without unit. Each
function returns the fraction of the light that falls on a horizontal surface above the air.
"""

from dataclasses import dataclass
from math import exp, sqrt

_LOWEST_SUN = 1e-3
"""Below this mu the light is nothing that a panel or the ground could feel."""


@dataclass(frozen=True)
class DustOptics:
    """Scattering of airborne dust, averaged over the solar spectrum.

    Defaults: Clancy & Lee 1991, from Viking's emission-phase functions (0.92 and 0.55). Pollack
    et al. 1979, from the landers' skies, had 0.86 and 0.79. Both give much the same fluxes.
    """

    single_scattering_albedo: float = 0.92
    asymmetry: float = 0.55

    def __post_init__(self) -> None:
        if not 0.0 < self.single_scattering_albedo < 1.0:
            raise ValueError(
                "The single scattering albedo lies between 0 and 1 (both excluded), "
                f"not at {self.single_scattering_albedo!r}."
            )
        if not 0.0 <= self.asymmetry < 1.0:
            raise ValueError(f"The asymmetry lies in 0..1, not at {self.asymmetry!r}.")


CLANCY_LEE_1991 = DustOptics()
POLLACK_1979 = DustOptics(single_scattering_albedo=0.86, asymmetry=0.79)


def direct_transmission(zenith_cosine: float, optical_depth: float) -> float:
    """Fraction of the direct beam that is neither absorbed nor scattered: exp(-tau / mu)."""
    return exp(-optical_depth / zenith_cosine) if zenith_cosine > _LOWEST_SUN else 0.0


def mastcamz_transmission(zenith_cosine: float, optical_depth: float) -> float:
    """Beam and skylight by the Mastcam-Z calibration pipeline (MPPP): exp(-tau / (6 mu)).

    A scaling for ordinary skies: it forgets absorption, so it is too bright in a great storm.
    """
    return exp(-optical_depth / (6.0 * zenith_cosine)) if zenith_cosine > _LOWEST_SUN else 0.0


@dataclass(frozen=True)
class LightBudget:
    """Where the light on a horizontal surface above the air goes, as fractions of it.

    transmitted: falls on the ground, beam and skylight, echoes between ground and dust counted.
    reflected: leaves to space. absorbed: stays in the dust. The ground keeps the rest.
    """

    transmitted: float
    reflected: float
    absorbed: float


def two_stream_budget(
    zenith_cosine: float,
    optical_depth: float,
    ground_albedo: float,
    optics: DustOptics = CLANCY_LEE_1991,
) -> LightBudget:
    """Light through one layer of dust by the delta-Eddington two-stream solution.

    Joseph, Wiscombe & Weinman 1976 for the scaling of the forward peak; Meador & Weaver 1980
    (equations 14 to 18 for the beam, 25 and 26 for diffuse light from below) for the layer.
    """
    if zenith_cosine <= _LOWEST_SUN:
        return LightBudget(0.0, 1.0, 0.0)
    albedo, asymmetry, depth = _delta_scaled(optical_depth, optics)
    gamma1 = (7.0 - albedo * (4.0 + 3.0 * asymmetry)) / 4.0
    gamma2 = -(1.0 - albedo * (4.0 - 3.0 * asymmetry)) / 4.0
    gamma3 = (2.0 - 3.0 * asymmetry * zenith_cosine) / 4.0
    gamma4 = 1.0 - gamma3
    k = sqrt(gamma1 * gamma1 - gamma2 * gamma2)
    k_mu = k * zenith_cosine
    if abs(1.0 - k_mu) < 1e-6:  # a removable singularity of the formula
        k_mu -= 2e-6
    alpha1 = gamma1 * gamma4 + gamma2 * gamma3
    alpha2 = gamma1 * gamma3 + gamma2 * gamma4
    grow, shrink = exp(k * depth), exp(-k * depth)
    beam = exp(-depth / zenith_cosine)
    diffuse_denominator = (k + gamma1) * grow + (k - gamma1) * shrink
    share = albedo / ((1.0 - k_mu * k_mu) * diffuse_denominator)
    downward = beam - share * (
        (1.0 + k_mu) * (alpha1 + k * gamma4) * grow * beam
        - (1.0 - k_mu) * (alpha1 - k * gamma4) * shrink * beam
        - 2.0 * k * (gamma4 + alpha1 * zenith_cosine)
    )
    upward = share * (
        (1.0 - k_mu) * (alpha2 + k * gamma3) * grow
        - (1.0 + k_mu) * (alpha2 - k * gamma3) * shrink
        - 2.0 * k * (gamma3 - alpha2 * zenith_cosine) * beam
    )
    sky_albedo = gamma2 * (grow - shrink) / diffuse_denominator
    upward_transmission = 2.0 * k / diffuse_denominator
    transmitted = downward / (1.0 - ground_albedo * sky_albedo)
    reflected = upward + ground_albedo * transmitted * upward_transmission
    return LightBudget(
        transmitted, reflected, 1.0 - reflected - (1.0 - ground_albedo) * transmitted
    )


def two_stream_transmission(
    zenith_cosine: float,
    optical_depth: float,
    ground_albedo: float,
    optics: DustOptics = CLANCY_LEE_1991,
) -> float:
    """Beam and skylight on the ground by `two_stream_budget`."""
    return two_stream_budget(zenith_cosine, optical_depth, ground_albedo, optics).transmitted


def _delta_scaled(optical_depth: float, optics: DustOptics) -> tuple[float, float, float]:
    """Albedo, asymmetry and depth with the forward peak counted as not scattered."""
    albedo, asymmetry = optics.single_scattering_albedo, optics.asymmetry
    forward = asymmetry * asymmetry
    kept = 1.0 - albedo * forward
    return albedo * (1.0 - forward) / kept, asymmetry / (1.0 + asymmetry), kept * optical_depth
