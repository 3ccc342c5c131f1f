"""The rhythm of the lander's sols: what is switched on at which hour, at which state of charge.

Pure functions of time and energy; the node applies them. They need no contact with Earth.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flight.astrodynamics.ellipsoids import MARS_IAU, PlanetographicDegrees
from flight.astrodynamics.mars_time import mars_time, sun_elevation_azimuth
from flight.astrodynamics.time_scales import SECONDS_PER_DAY

_RESOLUTION = 10.0  # seconds to which a change is found


class Energy(StrEnum):
    """How much may be spent. UNKNOWN: the battery's gauge says nothing that means anything.
    Hibernating it is NONE: all that comes is for the battery."""

    AMPLE = "ample"
    UNKNOWN = "unknown"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True)
class Wanted:
    """What is to be on now. `direct`: it is the hour of the direct link, kept in any need; that is
    no change by itself."""

    day: bool
    computer: bool
    uhf: bool
    x_band: bool
    direct: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Rhythm:
    """The hours of one lander at one site. Angles in degrees, hours of local mean solar time."""

    latitude: PlanetographicDegrees
    longitude: float
    day_begins: float
    relay_windows: tuple[tuple[float, float], ...]
    direct_window: tuple[float, float]

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Rhythm":
        """The rhythm that the node's parameters describe."""
        length = parameters["relay_window_length"]
        direct = parameters["direct_window"]
        return cls(
            latitude=MARS_IAU.planetographic(parameters["site_latitude"]),
            longitude=parameters["site_longitude"],
            day_begins=parameters["day_begins"],
            relay_windows=tuple(
                (parameters[name], parameters[name] + length)
                for name in ("relay_window_morning", "relay_window_afternoon")
            ),
            direct_window=(direct, direct + parameters["direct_window_length"]),
        )

    def sun_elevation(self, jd_tt: float) -> float:
        """Elevation of the Sun in degrees."""
        return sun_elevation_azimuth(jd_tt, self.latitude, self.longitude).elevation_degrees

    def wanted(self, jd_tt: float, energy: Energy, safe: bool) -> Wanted:
        """What is to be on at some time.

        The UHF radio serves the rover by day and the orbiter in its windows; the direct link
        listens by day. With little energy only the orbiter's windows are left, and the direct
        link's short one each morning: each is a way to be rescued.
        """
        hour = mars_time(jd_tt, self.longitude).lmst_hours
        day = self.sun_elevation(jd_tt) >= self.day_begins
        relay = any(_inside(hour, window) for window in self.relay_windows)
        direct = day and _inside(hour, self.direct_window)
        if energy is not Energy.AMPLE:
            return Wanted(day, computer=False, uhf=relay, x_band=direct, direct=direct)
        return Wanted(
            day, computer=day and not safe, uhf=day or relay, x_band=day, direct=direct
        )

    def seconds_to_change(self, jd_tt: float, energy: Energy, safe: bool, limit: float) -> float:
        """Seconds until something else is wanted, or `limit` if that comes first."""

        def same(seconds: float) -> bool:
            return self.wanted(jd_tt + seconds / SECONDS_PER_DAY, energy, safe) == now

        now = self.wanted(jd_tt, energy, safe)
        if same(limit):
            return limit
        low, high = 0.0, limit
        while high - low > _RESOLUTION:
            middle = 0.5 * (low + high)
            if same(middle):
                low = middle
            else:
                high = middle
        return high


def _inside(hour: float, window: tuple[float, float]) -> bool:
    start, end = window
    return (hour - start) % 24.0 < end - start
