"""Data rates by distance: UHF to the relay orbiter and over the ground, X band to Earth.

The UHF rates come from a link budget with the radios' published figures; X-band rates are scaled
from published ones by the square of the distance. Rates are bit/s, distances m.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import fsum, log10, pi, sqrt

from flight.astrodynamics.constants import SPEED_OF_LIGHT

_BOLTZMANN_DECIBEL = -228.599  # dBW/K/Hz, of 1.380649e-23 J/K

MARS_RADIUS = 3_391_900.0
"""Radius in m of the ground at Jezero, for the horizon."""

UHF_RATES = tuple(1000.0 * 2**power for power in range(12))
"""Rates of the Electra radios in bit/s: 1 to 2048 kbit/s in powers of two (Proximity-1, CCSDS 211;
Edwards et al. 2003)."""

UHF_RETURN_FREQUENCY = 401.6e6
UHF_FORWARD_FREQUENCY = 437.1e6
"""Hz, orbiter to ground (Edwards et al. 2003)."""


@dataclass(frozen=True)
class UhfLink:
    """Budget of a UHF link; gains and losses in dB, power in W, frequency in Hz, noise in K.

    Defaults: Electra-Lite on the ground to Electra in orbit. transmit_power: 8.5 W
    (Electra-Lite, Makovsky et al. 2009). antenna gains: quadrifilar helices, 0 dBi on average over
    the ground's hemisphere, and 3 dBi over the pass for the orbiter's (Taylor et al. 2006).
    circuit_loss: both ends. system_noise: a receiver of 4.9 dB noise figure before a 200 K Mars.
    required_ratio: Eb/N0 of the rate-1/2, constraint-length-7 code at a bit error rate of 1e-6.
    implementation_loss and margin: usual values, polarisation included.
    """

    frequency: float = UHF_RETURN_FREQUENCY
    transmit_power: float = 8.5
    transmit_gain: float = 0.0
    receive_gain: float = 3.0
    circuit_loss: float = 2.0
    system_noise: float = 810.0
    required_ratio: float = 4.8
    implementation_loss: float = 2.0
    margin: float = 3.0

    def __post_init__(self) -> None:
        for name in ("frequency", "transmit_power", "system_noise"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"A link needs {name} above 0, not {getattr(self, name)!r}.")

    def supported_rate(self, path_loss: float) -> float:
        """The bit rate that the budget closes at, before rounding to a radio's step."""
        received = (
            10.0 * log10(self.transmit_power)
            + self.transmit_gain
            + self.receive_gain
            - self.circuit_loss
            - path_loss
        )
        noise_density = _BOLTZMANN_DECIBEL + 10.0 * log10(self.system_noise)
        reserve = self.required_ratio + self.implementation_loss + self.margin
        return float(10.0 ** ((received - noise_density - reserve) / 10.0))


RELAY_RETURN = UhfLink()
"""From the ground to the orbiter: telemetry."""

RELAY_FORWARD = UhfLink(
    frequency=UHF_FORWARD_FREQUENCY, transmit_power=5.0, transmit_gain=3.0, receive_gain=0.0
)
"""From the orbiter to the ground: commands. Electra in orbit sends 5 W (Taylor et al. 2006)."""

SURFACE_PROXIMITY = UhfLink(receive_gain=0.0)
"""Between lander and rover: low antennas on both sides."""


def free_space_loss(distance: float, frequency: float) -> float:
    """Path loss in dB in free space, (4 pi d f / c)^2 (Friis 1946)."""
    return 20.0 * log10(4.0 * pi * distance * frequency / SPEED_OF_LIGHT)


def ground_loss(
    distance: float, frequency: float, transmit_height: float, receive_height: float
) -> float:
    """Path loss in dB over flat ground: free space, but never less than (d^2 / (h1 h2))^2.

    The ground's reflection makes the power fall with the fourth power of the distance beyond
    4 pi h1 h2 / lambda (two-ray model, Rappaport 2002). Heights of the antennas in m.
    """
    two_ray = 40.0 * log10(distance) - 20.0 * log10(transmit_height * receive_height)
    return max(free_space_loss(distance, frequency), two_ray)


def radio_horizon(transmit_height: float, receive_height: float) -> float:
    """Distance in m at which two antennas of these heights (m) lose sight of each other.

    Over a smooth Mars, without refraction.
    """
    return sqrt(2.0 * MARS_RADIUS * transmit_height) + sqrt(2.0 * MARS_RADIUS * receive_height)


def highest_step(rate: float, steps: tuple[float, ...] = UHF_RATES) -> float:
    """The fastest step that is not above a rate; 0 when even the slowest is."""
    return max((step for step in steps if step <= rate), default=0.0)


def relay_rate(slant_range: float, link: UhfLink = RELAY_RETURN) -> float:
    """Adaptive data rate in bit/s between ground and orbiter at a slant range in m."""
    if not slant_range > 0.0:
        raise ValueError(f"The slant range must be above 0 m, not {slant_range!r}.")
    return highest_step(link.supported_rate(free_space_loss(slant_range, link.frequency)))


def pass_volume(
    slant_range: Callable[[float], float],
    rise: float,
    end: float,
    link: UhfLink = RELAY_RETURN,
    efficiency: float = 0.9,
    step: float = 5.0,
) -> float:
    """Data of a pass in bit: the adaptive rate over the slant range (m) as a function of time (s).

    efficiency: what frames, acquisition and repeats leave (assumption).
    """
    steps = max(1, round((end - rise) / step))
    width = (end - rise) / steps
    rates = (relay_rate(slant_range(rise + (index + 0.5) * width), link) for index in range(steps))
    return efficiency * width * fsum(rates)


def proximity_rate(
    distance: float,
    transmit_height: float = 1.5,
    receive_height: float = 1.0,
    link: UhfLink = SURFACE_PROXIMITY,
) -> float:
    """Data rate in bit/s between lander and rover at a distance in m; 0 beyond the horizon.

    Hills are the caller's affair: `line_of_sight` looks for them.
    """
    if distance < 0.0:
        raise ValueError(f"A distance cannot be {distance!r} m.")
    if distance > radio_horizon(transmit_height, receive_height):
        return 0.0
    loss = ground_loss(max(distance, 1.0), link.frequency, transmit_height, receive_height)
    return highest_step(link.supported_rate(loss))


def line_of_sight(
    elevation: Callable[[float, float], float],
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    step: float = 5.0,
) -> bool:
    """Whether no ground stands between two antennas.

    elevation: ground in m at east and north. start, end: east, north, height above the ground, m.
    The planet's curvature is counted as a bulge d1 d2 / (2 R).
    """
    bottom = elevation(start[0], start[1]) + start[2]
    top = elevation(end[0], end[1]) + end[2]
    length = sqrt((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2)
    count = max(1, round(length / step))
    for index in range(1, count):
        part = index / count
        east = start[0] + part * (end[0] - start[0])
        north = start[1] + part * (end[1] - start[1])
        bulge = part * (1.0 - part) * length * length / (2.0 * MARS_RADIUS)
        if elevation(east, north) + bulge > bottom + part * (top - bottom):
            return False
    return True


class Station(Enum):
    """Class of antenna of the Deep Space Network."""

    DSN_34_M = "34 m"
    DSN_70_M = "70 m"


class Antenna(Enum):
    """Antenna of the vehicle: steered high gain, or fixed low gain."""

    HIGH_GAIN = "high gain"
    LOW_GAIN = "low gain"


@dataclass(frozen=True)
class DirectRates:
    """Rates of the direct link in bit/s at the farthest Earth."""

    to_earth: float
    from_earth: float


FARTHEST_EARTH = 4.013e11
"""Largest distance of Earth and Mars in m, 2.68 AU."""

# Perseverance's direct link: "160/500 bit/s or faster" to and from a 34 m station, 800/3000 bit/s
# with 70 m, about 10/30 bit/s on the low-gain antenna (Mars 2020 communications pages). "Or faster"
# is taken to mean: these at the farthest Earth.
_DIRECT_RATES = {
    (Antenna.HIGH_GAIN, Station.DSN_34_M): DirectRates(160.0, 500.0),
    (Antenna.HIGH_GAIN, Station.DSN_70_M): DirectRates(800.0, 3000.0),
    (Antenna.LOW_GAIN, Station.DSN_34_M): DirectRates(10.0, 30.0),
    (Antenna.LOW_GAIN, Station.DSN_70_M): DirectRates(10.0, 30.0),
}

FASTEST_DIRECT_RATE = 32_000.0
"""Ceiling in bit/s: Curiosity's direct link reaches 500 to 32 000 bit/s (MSL press kit 2012)."""


def direct_rates(
    distance: float,
    antenna: Antenna = Antenna.HIGH_GAIN,
    station: Station = Station.DSN_34_M,
) -> DirectRates:
    """X-band rates in bit/s, both ways, at a distance of Earth in m: as 1 / distance squared."""
    if not distance > 0.0:
        raise ValueError(f"The distance of Earth must be above 0 m, not {distance!r}.")
    farthest = _DIRECT_RATES[antenna, station]
    gain = (FARTHEST_EARTH / distance) ** 2
    return DirectRates(
        min(farthest.to_earth * gain, FASTEST_DIRECT_RATE),
        min(farthest.from_earth * gain, FASTEST_DIRECT_RATE),
    )
