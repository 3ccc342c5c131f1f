"""What is known of the way to Earth: the orbit flown, its manoeuvres, and the capsule's record."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from flight.astrodynamics.ephemeris import ASTRONOMICAL_UNIT_KM, relative_position
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, format_iso
from flight.core.keeping.storage import Storage, StorageError
from flight.entry.flying import JOURNAL
from ground.missions.vehicle_files import load_vehicle_file
from ground.pictures.flight_panels import Numbers
from ground.pictures.run_data import EventRecord, RunData
from ground.testbed.participants.vehicles import vehicle_class
from sim_hw.assembly.orbiter import HARDWARE

ASTRONOMICAL_UNIT = 1e3 * ASTRONOMICAL_UNIT_KM
EARTH_RADIUS = 6_371_009.0
"""Mean radius of Earth, m (IUGG)."""
EARTH_OBLIQUITY = math.radians(84_381.406 / 3600.0)
"""Of the ecliptic at J2000, rad (IAU 2006)."""


@dataclass(frozen=True)
class Step:
    """A manoeuvre or the release: when (s), what it was called, m/s (not a number: none)."""

    seconds: float
    title: str
    delta_v: float


class Journey:
    """The transfer of a run. Places in astronomical units, in the plane of the ecliptic."""

    def __init__(self, run: RunData) -> None:
        self.run = run
        self.track = run.track("transfer")
        self.departed = run.events_named("orbiter", "departed")[-1]

    def date(self, seconds: float) -> str:
        """The day of a mission time, like `2028-09-06`."""
        return format_iso(self.run.clock.jd_tt(seconds), 0, "")[:10]

    def planet(self, body: str, seconds: float) -> Numbers:
        """Where a planet is."""
        place = relative_position(body, "sun", self.run.clock.jd_tt(seconds))
        return ecliptic(np.array(place) * 1e3)

    def orbit(self, body: str, days: float) -> Numbers:
        """The orbit of a planet from the departure on, n x 2."""
        times = self.departed.seconds + np.linspace(0.0, days, 241) * SECONDS_PER_DAY
        return np.array([self.planet(body, float(time)) for time in times])

    @cached_property
    def way(self) -> tuple[Numbers, Numbers]:
        """Times (s) and places of the orbiter, from Mars at the departure to Earth."""
        centre = self.track["centre"]
        places = np.stack([self.track[axis] for axis in "xyz"], axis=1)
        seconds = self.track["time"]
        near = np.flatnonzero(centre == "earth")
        for k in near:
            earth = relative_position("earth", "sun", self.run.clock.jd_tt(float(seconds[k])))
            places[k] += np.array(earth) * 1e3
        rows = [self.planet("mars", self.departed.seconds), *(ecliptic(p) for p in places)]
        return np.concatenate([[self.departed.seconds], seconds]), np.array(rows)

    def place(self, seconds: float) -> tuple[float, float]:
        """Where the orbiter was at a time."""
        times, places = self.way
        return (
            float(np.interp(seconds, times, places[:, 0])),
            float(np.interp(seconds, times, places[:, 1])),
        )

    @cached_property
    def steps(self) -> list[Step]:
        """All manoeuvres from the departure on, and the release, in the order of time."""
        planned = self.run.events_named("orbiter", "departure_planned")
        size = float(planned[-1].data.get("size", math.nan)) if planned else math.nan
        found = [Step(self.departed.seconds, "departure", size)]
        for event in self._after("manoeuvre"):
            purpose = str(event.data.get("purpose", "manoeuvre"))
            found.append(Step(event.seconds, purpose, float(event.data.get("size", math.nan))))
        found += [Step(e.seconds, "capsule released", math.nan) for e in self._after_release]
        return sorted(found, key=lambda step: step.seconds)

    def _after(self, name: str) -> list[EventRecord]:
        found = self.run.events_named("orbiter", name)
        return [event for event in found if event.seconds > self.departed.seconds]

    @property
    def _after_release(self) -> list[EventRecord]:
        return self._after("capsule_released")

    @cached_property
    def released(self) -> float | None:
        """When the capsule was let go, s; None when it was not."""
        found = self._after_release
        return found[-1].seconds if found else None

    @cached_property
    def arrival_speed(self) -> float:
        """Speed at infinity relative to Earth, m/s; not a number when it never came near."""
        near = np.flatnonzero(self.track["centre"] == "earth")
        if not len(near):
            return math.nan
        k = int(near[0])
        radius = math.hypot(*(float(self.track[axis][k]) for axis in "xyz"))
        speed = math.hypot(*(float(self.track["v" + axis][k]) for axis in "xyz"))
        return math.sqrt(speed * speed - 2.0 * EARTH.gravitational_parameter / radius)

    @property
    def c3(self) -> float:
        """Energy of the departure, km2/s2."""
        return float(self.departed.data.get("c3", math.nan))

    @cached_property
    def arrival(self) -> float | None:
        """When the capsule came to the entry interface, or the last known way to Earth ends; s."""
        capsule = self.run.track("capsule")
        if capsule:
            return float(capsule["time"][0])
        near = np.flatnonzero(self.track["centre"] == "earth")
        return float(self.track["time"][near[-1]]) if len(near) else None

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The orbiter's parameters, which say where it aims."""
        return load_vehicle_file(vehicle_class("orbiter"), HARDWARE).flight

    def off_site(self, latitude: float, longitude: float) -> float:
        """Distance of a place (degrees) from the landing site that is aimed at, m."""
        north, north_aim = math.radians(latitude), math.radians(self.parameters["site_latitude"])
        east = math.radians(longitude - self.parameters["site_longitude"])
        half = math.sin(0.5 * (north - north_aim)) ** 2
        half += math.cos(north) * math.cos(north_aim) * math.sin(0.5 * east) ** 2
        return 2.0 * EARTH_RADIUS * math.asin(math.sqrt(half))

    @cached_property
    def own_record(self) -> tuple[Numbers, Numbers]:
        """What the capsule itself kept: times (s of the mission) and axial load (m/s2)."""
        # Its timer counts from the separation, which it notices some seconds later.
        released = self.released
        file = self.run.folder / "nodes" / "entry.sqlite"
        rows = capsule_journal(file) if released is not None else []
        kept = [(row[1], row[2]) for row in rows if row[2] is not None]
        table = np.array(kept, dtype=float).reshape(-1, 2)
        return table[:, 0] + (released or 0.0), np.abs(table[:, 1])


def ecliptic(metres: Numbers) -> Numbers:
    """The first two ecliptic coordinates, in astronomical units, of a place in ICRF axes."""
    x, y, z = metres / ASTRONOMICAL_UNIT
    return np.array([x, y * math.cos(EARTH_OBLIQUITY) + z * math.sin(EARTH_OBLIQUITY)])


def capsule_journal(file: Path) -> list[list[Any]]:
    """The samples that the capsule has kept, as the recovery crew reads them; empty without."""
    if not file.exists():
        return []
    try:
        storage = Storage(file)
    except StorageError:
        return []
    try:
        return [row for _, row in storage.read(JOURNAL)]
    finally:
        storage.close()
