"""The energy of a sol: when to wake, how long one may work, when to sleep.

A forecast of the array's power over the sol, scaled by what the array has been seen to give; the
battery; and what the vehicle needs to come through the night.
"""

from dataclasses import dataclass
from math import degrees, exp, fsum, radians, sin

from flight.astrodynamics.ellipsoids import PlanetographicDegrees
from flight.astrodynamics.mars_time import SOL_SECONDS, sun_elevation_azimuth
from flight.astrodynamics.time_scales import SECONDS_PER_DAY


@dataclass(frozen=True)
class EnergyParameters:
    """Power in W, energy in Wh, angles in degrees, fractions of the capacity.

    `day_power`: awake and at rest; `night_power`: asleep, with heaters; `work_power`: driving,
    looking and grasping, on the average; `reserve`: what must always be left; `waking_sun` and
    `sleeping_sun`: the Sun's elevation at which to begin and to end.
    """

    capacity: float
    day_power: float
    night_power: float
    work_power: float
    reserve: float
    waking_sun: float
    sleeping_sun: float
    wake_charge: float


@dataclass(frozen=True)
class SolPlan:
    """What a sol allows, in seconds from now: until the last work, and how much work.

    `sunset`: seconds until the Sun is too low (0 when it is so now); `limited_by`: words.
    """

    sunset: float
    work: float
    limited_by: str


def sun_elevation(jd_tt: float, latitude: PlanetographicDegrees, longitude_degrees: float) -> float:
    """Elevation of the Sun in radians."""
    sun = sun_elevation_azimuth(jd_tt, latitude, longitude_degrees)
    return radians(sun.elevation_degrees)


@dataclass
class EnergyPlanner:
    """Plans the sols of one vehicle at one site. Place in degrees."""

    latitude: PlanetographicDegrees
    longitude: float
    parameters: EnergyParameters
    scale: float = 0.0  # W of the array for light of 1 (clear, overhead); 0: not yet seen

    def elevation(self, jd_tt: float) -> float:
        """Elevation of the Sun in degrees."""
        return degrees(sun_elevation(jd_tt, self.latitude, self.longitude))

    def array_seen(self, jd_tt: float, power: float) -> None:
        """Learns from a reading of the array's power (W), if the Sun is high enough to tell."""
        light = self._light(jd_tt)
        if light > 0.15:
            seen = power / light
            self.scale = seen if self.scale == 0.0 else 0.5 * (self.scale + seen)

    def is_day(self, jd_tt: float) -> bool:
        """Whether the Sun is high enough to work."""
        return self.elevation(jd_tt) >= self.parameters.sleeping_sun

    def seconds_until(self, jd_tt: float, elevation: float, *, rising: bool) -> float:
        """Seconds until the Sun next passes an elevation in degrees, to the half minute.

        Infinite if it does not within a sol.
        """
        step = 900.0
        before = self.elevation(jd_tt) - elevation
        seconds = 0.0
        while seconds < SOL_SECONDS + step:
            after = self.elevation(jd_tt + (seconds + step) / SECONDS_PER_DAY) - elevation
            if (before < 0.0 <= after) if rising else (before >= 0.0 > after):
                return self._refine(jd_tt, elevation, seconds, seconds + step)
            before, seconds = after, seconds + step
        return float("inf")

    def plan(self, jd_tt: float, state_of_charge: float) -> SolPlan:
        """How long one may work now, of what is left of the sol."""
        p = self.parameters
        if not self.is_day(jd_tt):
            return SolPlan(0.0, 0.0, "the Sun")
        sunset = self.seconds_until(jd_tt, p.sleeping_sun, rising=False)
        sunrise = self.seconds_until(jd_tt, p.waking_sun, rising=True)
        stored = state_of_charge * p.capacity
        income = self._income(jd_tt, sunset)
        night = p.night_power * max(0.0, sunrise - sunset) / 3600.0
        day = p.day_power * sunset / 3600.0
        spare = stored + income - day - night - p.reserve * p.capacity
        if p.capacity < night + p.reserve * p.capacity:
            spare = 0.0  # not even a full battery carries through the night
        # What is stored now must last, too: the light of the afternoon comes after the work.
        spare = min(spare, stored - p.reserve * p.capacity + 0.5 * income)
        extra = max(1.0, p.work_power - p.day_power)
        work = max(0.0, spare * 3600.0 / extra)
        if work < sunset:
            return SolPlan(sunset, work, "energy")
        return SolPlan(sunset, sunset, "the Sun")

    def _income(self, jd_tt: float, seconds: float) -> float:
        """Energy in Wh that the array will give within some seconds."""
        step = 1800.0
        count = max(1, round(seconds / step))
        total = fsum(
            self._light(jd_tt + (index + 0.5) * seconds / count / SECONDS_PER_DAY)
            for index in range(count)
        )
        return self.scale * total * seconds / count / 3600.0

    def seconds_of(self, jd_tt: float, power: float) -> float:
        """Seconds for which the array is going to give at least so many W from now on."""
        step, seconds = 900.0, 0.0
        while self.scale * self._light(jd_tt + seconds / SECONDS_PER_DAY) >= power > 0.0:
            seconds += step
        return seconds

    def _light(self, jd_tt: float) -> float:
        """Light on a level panel for the Sun overhead in clear air as 1; dust is in the scale.

        Falls with the Sun's height and with its longer way through dust of optical depth 0.5.
        """
        sine = sin(radians(self.elevation(jd_tt)))
        return sine * exp(-0.5 / 6.0 / max(sine, 0.05)) if sine > 0.0 else 0.0

    def _refine(self, jd_tt: float, elevation: float, low: float, high: float) -> float:
        rising = self.elevation(jd_tt + high / SECONDS_PER_DAY) >= elevation
        while high - low > 30.0:
            middle = 0.5 * (low + high)
            if (self.elevation(jd_tt + middle / SECONDS_PER_DAY) >= elevation) == rising:
                high = middle
            else:
                low = middle
        return high
