"""A descent at one instant: a real navigation over a flat site, and devices that answer as told."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec

from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, scale
from flight.core.fault_protection.structure import Structure
from flight.icd.devices.base import DeviceTimeout
from flight.icd.devices.descent import (
    EngineState,
    InertialIncrements,
    PyroState,
    RadarReading,
    StarAlignment,
    TerrainFix,
    TouchdownState,
)
from flight.lander.descent import Descent
from flight.lander.descent_navigation import DescentNavigation
from flight.lander.node import Lander
from flight.lander.thrust_control import wanted_attitude
from flight.runtime.loop import VirtualLoop, run
from ground.missions.vehicle_files import load_vehicle_file
from ground.studies.landing_flight import Host, KeptInFlight

PARAMETERS = load_vehicle_file(Lander, None).flight
FRAME = SiteFrame(math.radians(18.45263), math.radians(77.407753), 333.475)
GROUND = -2_540.0
"""Height of the flat ground over the areoid, m."""


def do(what: Any) -> Any:
    """Lets a coroutine run to its end in virtual time."""

    async def story() -> Any:
        return await what

    return run(story(), VirtualLoop())


def flat_map(hazards: dict[tuple[int, int], int] | None = None, half: int = 40) -> dict[str, Any]:
    """Cells of 10 m about the origin; hazards by column and row from the origin."""
    side = 2 * half
    cells = bytearray(side * side)
    for (column, row), value in (hazards or {}).items():
        cells[side * (row + half) + column + half] = value
    return {
        "west": -10.0 * half, "south": -10.0 * half, "resolution": 10.0, "columns": side,
        "base": GROUND, "heights": bytes(2 * side * side), "hazards": bytes(cells),
    }  # fmt: skip


def navigation(
    place: Vector = (0.0, 0.0, GROUND + 1_000.0),
    velocity: Vector = (0.0, 0.0, 0.0),
    time: float = 100.0,
    tilt: Vector = (0.0, 0.0, 1.0),
) -> DescentNavigation:
    """One that knows place (east, north, height) and velocity over the ground (m, m/s) to 50 m and
    1 m/s; its axis points along `tilt`, its front to the north."""
    position = FRAME.inertial(time, *place)
    inertial = FRAME.ground_velocity(position)
    for part, axis in zip(velocity, local_axes(position), strict=True):
        inertial = add(inertial, scale(part, axis))
    attitude = wanted_attitude(position, tilt, 0.0)
    return DescentNavigation(FRAME, time, position, inertial, attitude, 7, 50.0, 1.0)


class Answers:
    """Stands for a device: each method answers with what is next in its list, the last for ever;
    an exception is raised. Keeps what it was asked."""

    def __init__(self, **methods: Any) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answers = {name: list(answers) for name, answers in methods.items()}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def method(*arguments: Any) -> Any:
            self.asked.append((name, *arguments))
            left = self.answers[name]
            answer = left.pop(0) if len(left) > 1 else left[0]
            if callable(answer):
                answer = answer(*arguments)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return method

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of all calls of a method."""
        return [call[1:] for call in self.asked if call[0] == name]


MUTE = DeviceTimeout("nothing was heard")


def nothing_felt(number: int, interval: float = 0.0, **fields: Any) -> InertialIncrements:
    values: dict[str, Any] = {
        "number": number, "interval": interval, "rotation": (0.0, 0.0, 0.0),
        "velocity": (0.0, 0.0, 0.0), "saturated": False, "gap": False,
    }  # fmt: skip
    return InertialIncrements(**{**values, **fields})


PYRO = PyroState(fired=True, separated=None)
ENGINES = EngineState(thrusts=(0.0,) * 12, propellant=500.0)
LEGS = TouchdownState(loaded=(False,) * 4, latched=(False,) * 4)
NO_RADAR = RadarReading(
    valid=False, range=0.0, range_valid=False, velocity=(0.0,) * 3, velocity_valid=False
)
NO_STARS = StarAlignment(valid=False, attitude=(1.0, 0.0, 0.0, 0.0), number=0)
NO_FIX = TerrainFix(valid=False, east=0.0, north=0.0, height=0.0, matches=0)


class Bench:
    """A descent with stubs around it; `flown` counts the mission time on with the loop's."""

    def __init__(
        self, where: DescentNavigation | None = None, left_out: tuple[str, ...] = (),
        land_map: dict[str, Any] | None = None, **parameters: Any,
    ) -> None:  # fmt: skip
        self.where = where if where is not None else navigation()
        self.host = Host(lambda: self.where.time)
        self.memory = KeptInFlight()
        self.inertial_unit = Answers(
            increments=[self.still], alignment=[StarAlignment(attitude=(1.0, 0, 0, 0), number=3)]
        )
        self.thrusters = Answers(turn=[None])
        self.pyrotechnics = Answers(fire=[PYRO])
        self.radar = Answers(measure=[NO_RADAR])
        self.camera = Answers(locate=[NO_FIX])
        self.engines = Answers(prime=[ENGINES], throttle=[ENGINES], shut_down=[ENGINES])
        self.legs = Answers(state=[LEGS], clear=[LEGS])
        devices: Any = SimpleNamespace(
            inertial_unit=self.inertial_unit, thrusters=self.thrusters,
            pyrotechnics=self.pyrotechnics, radar=self.radar, camera=self.camera,
            engines=self.engines, legs=self.legs,
        )  # fmt: skip
        start = {
            "time": 10.0, "position": self.where.position, "velocity": self.where.velocity,
            "position_error": 300.0, "velocity_error": 2.0,
        }  # fmt: skip
        load = {
            "map": land_map or flat_map(), "aim": {"east": 0.0, "north": 0.0}, "state": start,
        }  # fmt: skip
        self.descent = Descent(
            self.host, self.memory, devices, {**PARAMETERS, **parameters}, load,
            Structure(left_out=frozenset(left_out)),
        )  # fmt: skip
        self.descent._navigation = self.where
        self.descent.propellant = 500.0

    def still(self, since: int) -> InertialIncrements:
        """The unit has felt nothing, and no time has passed."""
        now = self.descent.navigation.known_until
        return nothing_felt(since + 1, time_ns=round(now * 1e9))

    def passing(self, seconds: float, **fields: Any) -> Callable[[int], InertialIncrements]:
        """Answers of a unit by which so much time passes at each reading, all of it weightless
        apart from the fields."""

        def answer(since: int) -> InertialIncrements:
            now = self.descent.navigation.time + seconds
            return nothing_felt(since + 1, seconds, time_ns=round(now * 1e9), **fields)

        return answer

    def hovering(self, seconds: float) -> Callable[[int], InertialIncrements]:
        """Answers by which so much time passes and the velocity stays as it is."""

        def answer(since: int) -> InertialIncrements:
            felt = self.passing(seconds)(since)
            return msgspec.structs.replace(felt, velocity=(0.0, 0.0, 3.71 * seconds))

        return answer

    def told(self, name: str) -> list[dict[str, Any]]:
        """What was said by events of a name."""
        return [data for _, event, data in self.host.events if event == name]

    def names(self) -> list[str]:
        return [name for _, name, _ in self.host.events]

    def do(self, what: Any) -> Any:
        """Lets a coroutine run to its end in virtual time."""
        return do(what)
