"""The true ways of what flew in a run: recorded as they are integrated, for pictures.

Nothing is asked of a body here: it is looked at when somebody else has moved it. So a run with and
without this is the same, message by message.
"""

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from flight.astrodynamics.integrators import State
from flight.astrodynamics.relative_motion import to_lvlh
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector, dot, norm, subtract
from flight.configuration.whole_files import replace_file
from ground.testbed.hardware.hardware import Hardware
from sim_hw.assembly.entry import flight_of
from sim_hw.devices.orbiter_vehicle import OrbiterVehicle
from sim_hw.dynamics.capsule_flight import CapsuleFlight
from sim_hw.dynamics.earth_entry import EARTH_SURFACE, capsule_acceleration
from sim_hw.dynamics.entry_capsule import convective_heating, radiative_heating
from sim_hw.dynamics.entry_vehicle import EntryBody, EntryVehicle
from sim_hw.world.spacecraft import Spacecraft

FOLDER = "tracks"
MOST_ROWS = 8000
NEAR = 200_000.0  # m between orbiter and container
_SPACINGS = ((20_000.0, 60.0), (1_000.0, 40.0), (100.0, 20.0), (0.0, 4.0))
"""From a range in m on: seconds between rows of a rendezvous."""
_HIGH, _LOW = 200_000.0, 5_000.0  # m: a descent is recorded seldom above, often below


class Track:
    """Rows of numbers over time (the first column, s of mission time), so many at most: when it is
    full every second row is dropped, and from then on half as many are taken."""

    def __init__(self, name: str, columns: Sequence[str], most: int = MOST_ROWS) -> None:
        self.name = name
        self.columns = ("time", *columns)
        self.rows: list[tuple[float | str, ...]] = []
        self._most = most
        self._next = -math.inf
        self._stretch = 1.0

    def is_due(self, time: float) -> bool:
        """Whether a row is wanted at a time."""
        return time >= self._next

    def add(self, spacing: float, time: float, *values: float | str) -> None:
        """Adds a row; none is wanted for `spacing` s after it."""
        self._next = time + spacing * self._stretch
        self.rows.append((time, *values))
        if len(self.rows) >= self._most:
            del self.rows[1::2]
            self._stretch *= 2.0

    def write(self, folder: Path) -> None:
        """Writes `<name>.csv`, numbers in double precision and times to the millisecond."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        for time, *values in self.rows:
            texts = [v if isinstance(v, str) else repr(float(v)) for v in values]
            writer.writerow([f"{time:.3f}", *texts])
        replace_file(folder / f"{self.name}.csv", text.getvalue())


class TruthTracks:
    """All tracks of a run, of hardware that has been built."""

    def __init__(self, hardware: Hardware) -> None:
        self.tracks: list[Track] = []
        vehicles = hardware.vehicles
        lander = hardware.world.space.bodies.get("lander")
        if isinstance(lander, EntryBody):
            record_descent(lander.vehicle, self._track("descent", DESCENT))
        if "orbiter" in vehicles:
            orbiter: OrbiterVehicle = vehicles["orbiter"].devices["thrusters"].vehicle
            record_rendezvous(orbiter, self._track("rendezvous", RENDEZVOUS))
            record_transfer(orbiter.body, self._track("transfer", TRANSFER))
        if "entry" in vehicles:
            record_capsule(flight_of(vehicles["entry"].devices), self._track("capsule", CAPSULE))

    def _track(self, name: str, columns: Sequence[str]) -> Track:
        self.tracks.append(Track(name, columns))
        return self.tracks[-1]

    def write(self, run_folder: Path) -> None:
        """Writes the tracks that have rows into the folder `tracks` of a run."""
        for track in self.tracks:
            if track.rows:
                (run_folder / FOLDER).mkdir(exist_ok=True)
                track.write(run_folder / FOLDER)


RENDEZVOUS = ("radial", "along", "across", "range", "closing_speed")
"""The orbiter in the container's local axes, m (radial outward, along the motion, along the orbit's
normal); distance, m; how fast it shrinks, m/s."""


def record_rendezvous(vehicle: OrbiterVehicle, track: Track) -> None:
    """Records the orbiter about the free container, within 200 km."""

    def look(time: float, state: State) -> None:
        if not track.is_due(time):
            return
        container = vehicle.container
        if container is None or abs(container.time - time) > 1e-6:
            return  # it is elsewhere in time: nobody has asked for both
        target = _vectors(container.state)
        apart = norm(subtract(target[0], (state[0], state[1], state[2])))
        if apart > NEAR:
            return
        place, velocity = to_lvlh(target, _vectors(state))
        spacing = next(seconds for least, seconds in _SPACINGS if apart >= least)
        track.add(spacing, time, *place, apart, -dot(place, velocity) / max(apart, 1e-9))

    vehicle.body.observers.append(look)  # after the vehicle's own, which moves the container along


TRANSFER = ("centre", "x", "y", "z", "vx", "vy", "vz")
"""What the state refers to (sun or earth); m and m/s, ICRF axes."""


def record_transfer(body: Spacecraft, track: Track) -> None:
    """Records the orbiter away from Mars: by the day, and after each velocity change."""
    last: list[tuple[str, float]] = []

    def look(craft: Spacecraft) -> None:
        here = (craft.centre, craft.time)
        changed = not last or last[0][0] != craft.centre or here == last[0]
        last[:] = [here]
        if changed or track.is_due(craft.time):
            track.add(SECONDS_PER_DAY, craft.time, craft.centre, *craft.state[:6])

    body.on_conic.append(look)


CAPSULE = ("height", "speed", "deceleration", "heat_flux", "latitude", "longitude")
"""Over the ellipsoid, m; through the air, m/s; by the air, m/s2; at the stagnation point, W/m2;
where it has touched down, degrees (0 before)."""


def record_capsule(flight: CapsuleFlight, track: Track) -> None:
    """Records the capsule from the entry interface of Earth to the ground."""

    def look(felt: float) -> None:
        body = flight.body
        if body is None:
            return
        if flight.touchdown is not None and flight.landed_at is not None:
            latitude, longitude = (math.degrees(angle) for angle in flight.touchdown)
            landed = (flight.landed_at, flight.ground_height, flight.touchdown_speed)
            track.add(math.inf, *landed, felt, 0.0, latitude, longitude)
        elif track.is_due(body.time):
            position, velocity = _vectors(body.state)
            push, density, speed = capsule_acceleration(
                flight.capsule, flight.atmosphere, EARTH_SURFACE, position, velocity
            )
            if density <= 0.0:
                return  # above the air
            nose = flight.capsule.nose_radius
            heating = convective_heating(density, speed, nose)
            heating += radiative_heating(density, speed, nose)
            height = EARTH_SURFACE.height(position)
            track.add(0.25, body.time, height, speed, norm(push), heating, 0.0, 0.0)

    flight.watchers.append(look)


DESCENT = ("east", "north", "height", "speed", "felt", "bank", "propellant")
"""m from the site's origin; m over the areoid; m/s over the ground; m/s2 felt, mean since the row
before; degrees (0 without aeroshell); kg."""


def record_descent(vehicle: EntryVehicle, track: Track) -> None:
    """Records the lander on its way down."""
    before: list[tuple[float, Vector]] = []

    def look(time: float, y: State) -> None:
        if not track.is_due(time):
            return
        position, velocity = _vectors(y)
        east, north, height = vehicle.frame.local(time, position)
        speed = norm(vehicle.frame.local_velocity(position, velocity))
        gained: Vector = (y[7], y[8], y[9])
        felt = 0.0
        if before and time > before[0][0]:
            felt = norm(subtract(gained, before[0][1])) / (time - before[0][0])
        before[:] = [(time, gained)]
        bank = math.degrees(y[10]) if vehicle.under_aeroshell else 0.0
        spacing = 10.0 if height > _HIGH else 1.0 if height > _LOW else 0.25
        track.add(spacing, time, east, north, height, speed, felt, bank, max(y[6], 0.0))

    vehicle.body.observers.append(look)


def _vectors(state: Sequence[float]) -> tuple[Vector, Vector]:
    return (state[0], state[1], state[2]), (state[3], state[4], state[5])
