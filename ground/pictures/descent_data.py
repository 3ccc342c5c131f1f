"""What is known of a lander's way down: its telemetry, and the true track where it is kept."""

from functools import cached_property

import numpy as np

from ground.pictures.flight_panels import Numbers
from ground.pictures.run_data import EventRecord, RunData

LANDER = "lander"
MILESTONES = {
    "entry_interface": "entry interface",
    "heading_alignment": "heading alignment",
    "parachute_fired": "parachute",
    "heat_shield_separated": "heat shield off",
    "radar_locked": "radar lock",
    "terrain_fix": "terrain fix",
    "backshell_separated": "backshell off",
    "engines_lit": "powered descent",
    "straight_descent": "straight down",
    "touchdown": "touchdown",
}
"""Events of the lander that are named, in their order, with their titles."""


class DescentData:
    """One descent. Times in s since the entry interface, heights in m over where it touched down,
    places in m from the point that was aimed at."""

    def __init__(self, run: RunData) -> None:
        self.run = run
        begun = run.events_named(LANDER, "entry_interface")
        self.zero = begun[-1].seconds
        self.track = run.track("descent")
        self.is_true = len(self.track.get("time", ())) > 2
        if self.is_true:
            ground = float(self.track["height"][-1])
            time, height, speed = (self.track[name] for name in ("time", "height", "speed"))
            height = height - ground
        else:
            told, fast = (run.series(LANDER, f"descent_{what}") for what in ("height", "speed"))
            time, height = told.seconds, told.values
            speed = np.interp(time, fast.seconds, fast.values) if len(fast.seconds) else height
        chosen = time >= self.zero
        if self.touchdown is not None:
            chosen &= time <= self.touchdown.seconds + 1.0
        self._chosen = chosen
        self.seconds: Numbers = time[chosen] - self.zero
        self.height: Numbers = height[chosen]
        self.speed: Numbers = speed[chosen]

    @cached_property
    def touchdown(self) -> EventRecord | None:
        """What the lander says of its touchdown; None when it says nothing."""
        found = [e for e in self.run.events_named(LANDER, "touchdown") if e.seconds > self.zero]
        return found[-1] if found else None

    @cached_property
    def milestones(self) -> list[tuple[str, float]]:
        """Titles and times of the first event of each kind that is named."""
        found: dict[str, float] = {}
        for event in self.run.events_named(LANDER, *MILESTONES):
            if event.seconds >= self.zero:
                found.setdefault(event.name, event.seconds - self.zero)
        return [(MILESTONES[name], found[name]) for name in MILESTONES if name in found]

    def at(self, seconds: float) -> tuple[float, float]:
        """Height and speed at a time."""
        return (
            float(np.interp(seconds, self.seconds, self.height)),
            float(np.interp(seconds, self.seconds, self.speed)),
        )

    @property
    def felt(self) -> Numbers:
        """What was felt, m/s2; empty without the true track."""
        return self.track["felt"][self._chosen] if self.is_true else np.array([])

    @property
    def aim(self) -> tuple[float, float]:
        """The point that was aimed at, m east and north in the site's axes."""
        lander = self.run.mission.mission.lander
        return lander.east, lander.north

    @property
    def places(self) -> tuple[Numbers, Numbers]:
        """East and north of the aim, m; empty without the true track."""
        if not self.is_true:
            return np.array([]), np.array([])
        east, north = self.aim
        return (
            self.track["east"][self._chosen] - east,
            self.track["north"][self._chosen] - north,
        )

    @cached_property
    def bank_flown(self) -> tuple[Numbers, Numbers]:
        """Times and bank angle (degrees), to the parachute: the true one, or that of telemetry."""
        end = dict(self.milestones).get("parachute", np.inf)
        if self.is_true:
            before = self.seconds <= end
            flown = self.track["bank"][self._chosen][before]
            return self.seconds[before], (flown + 180.0) % 360.0 - 180.0
        return self._told("descent_bank", end)

    @cached_property
    def bank_ordered(self) -> tuple[Numbers, Numbers]:
        """Times and bank angle (degrees) that the guidance asked for, by telemetry."""
        return self._told("descent_bank_ordered", dict(self.milestones).get("parachute", np.inf))

    def _told(self, channel: str, end: float) -> tuple[Numbers, Numbers]:
        series = self.run.series(LANDER, channel)
        seconds = series.seconds - self.zero
        good = np.isfinite(series.values) & (seconds >= 0.0) & (seconds <= end)
        return seconds[good], series.values[good]

    @property
    def reversals(self) -> list[float]:
        """When the bank changed sides, s."""
        found = self.run.events_named(LANDER, "bank_reversed")
        return [event.seconds - self.zero for event in found if event.seconds >= self.zero]

    @property
    def believed_place(self) -> tuple[float, float] | None:
        """Where the lander says it stands, m east and north of the aim."""
        if self.touchdown is None or "east" not in self.touchdown.data:
            return None
        east, north = self.aim
        return self.touchdown.data["east"] - east, self.touchdown.data["north"] - north
