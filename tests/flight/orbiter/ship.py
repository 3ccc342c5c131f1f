"""Stands for the orbiter: a real navigator near the container, and devices that answer as told."""

import asyncio
import contextlib
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import OrbitalElements, state_from_elements
from flight.astrodynamics.relative_motion import from_lvlh
from flight.astrodynamics.vectors import Vector, norm
from flight.core.fault_protection.structure import STRUCTURE
from flight.icd.devices.array_drive import ArrayDriveState
from flight.icd.devices.orbiter_navigation import InertialReading, KnownOrbit, TrackedAttitude
from flight.icd.devices.power import BatteryState
from flight.orbiter.hardware import INERTIAL_UNIT
from flight.orbiter.navigation import Navigator, orbit_covariance
from flight.orbiter.node import Orbiter
from flight.orbiter.propagation import State
from flight.orbiter.tanks import KeepsTankBook, TankBook
from flight.orbiter.vehicle import OrbiterVehicle
from ground.missions.vehicle_files import load_vehicle_file
from tests.flight.lander.descent_bench import MUTE, Answers, do

__all__ = ["MUTE", "PARAMETERS", "Answers", "Ship", "do", "known_orbit", "now", "orbit", "quick"]

PARAMETERS = load_vehicle_file(Orbiter, None).flight
EPOCH = 2_462_318.5


def orbit(height: float = 343e3, eccentricity: float = 0.0, anomaly: float = 0.0) -> State:
    """A state around Mars; height (m) of the axis over the mean radius, anomaly in rad."""
    elements = OrbitalElements(
        3_389_500.0 + height, eccentricity, math.radians(25.0), 0.0, 0.0, anomaly % math.tau
    )
    return state_from_elements(elements, MARS.gravitational_parameter)


def now() -> float:
    return asyncio.get_running_loop().time()


class Clock:
    """Mission time is the loop's."""

    epoch_jd_tt = EPOCH

    def now(self) -> float:
        return now()


class Ship:
    """The orbiter `relative` (m, local axes) to the container; thrust is felt as it is asked for,
    times `gives`. Everything that the node would do or tell is kept in `said`."""

    def __init__(
        self, relative: Vector = (0.0, 300.0, 0.0), velocity: Vector = (0.0, 0.0, 0.0),
        sigma: float = 1.0, **values: Any,
    ) -> None:  # fmt: skip
        self.said: list[tuple[str, Any]] = []
        self.parameters = dict(PARAMETERS)
        self.name = "orbiter"
        self.clock: Any = Clock()
        target = orbit()
        self.navigator = Navigator(time=0.0, own=from_lvlh(target, (relative, velocity)))
        self.navigator.target = target
        self.navigator.covariance = orbit_covariance(
            target, sigma, sigma, sigma, (1e-4, 1e-4, 1e-4)
        )
        self.context = SimpleNamespace(structure=STRUCTURE)
        self.storage = SimpleNamespace(transaction=contextlib.nullcontext)
        self.nursery = SimpleNamespace(start=self._start)
        self.burn_begun: Any = None
        self.burn_left: Any = None
        self.burn_lock = asyncio.Lock()
        self.drift_clear: bool | None = None
        self.container_captured = False
        self.departure: Any = None
        self.vigil = SimpleNamespace(burning=contextlib.nullcontext)
        self.flies_by_stars = False
        self.unit, self.unit_boot = INERTIAL_UNIT, 0
        self.felt = [0.0, 0.0, 0.0]
        self.gives = 1.0
        self.devices: Any = SimpleNamespace(
            inertial_unit=Answers(state=[self._feel]),
            thrusters=Answers(fire=[self._push]),
            main_engine=Answers(burn=[lambda way, size, *more: self._push(way)]),
            array_drive=Answers(turn=[ArrayDriveState(angle=0.0, following=False)]),
            battery=Answers(
                state=[
                    BatteryState(state_of_charge=1.0, voltage=99.0, current=0.0, temperature=293.0)
                ]
            ),
            attitude_control=Answers(point=[TrackedAttitude(quaternion=[1.0, 0.0, 0.0, 0.0])]),
        )
        self.tank_book: TankBook | None = TankBook(1_300.0, 3_000.0, 2.5)
        self.boresight: Vector | None = None
        self.delta_v_used: float | None = None
        self.periapsis_altitude: float | None = None
        self.lidar_misses = 0
        self.decision = ""
        self.automatic = False
        self.free_drift_distance: float | None = None
        self.certain_drift_distance: float | None = None
        self.images_taken: int | None = None
        self.last_leg: Any = None
        self.aimed_entry: float | None = None
        for name, value in values.items():
            setattr(self, name, value)

    note_gauge, note_no_gauge = KeepsTankBook.note_gauge, KeepsTankBook.note_no_gauge
    note_burn, begin_book_anew = KeepsTankBook.note_burn, KeepsTankBook.begin_book_anew
    may_meet_container = OrbiterVehicle.may_meet_container
    count_change = OrbiterVehicle.count_change
    weight, weigh, _show = KeepsTankBook.weight, KeepsTankBook.weigh, KeepsTankBook._show

    def _feel(self) -> InertialReading:
        return InertialReading(
            rate=[0.0] * 3, delta_v=list(self.felt), saturated=False, boot=self.unit_boot
        )

    def in_use(self, unit: str) -> str:
        assert unit == INERTIAL_UNIT
        return self.unit

    def _push(self, way: list[float]) -> None:
        for axis in range(3):
            self.felt[axis] += self.gives * way[axis]

    def _start(self, work: Any, *, name: str) -> Any:
        return asyncio.get_running_loop().create_task(work, name=name)

    def critical(self, what: str) -> Any:
        return contextlib.nullcontext()

    def battery_rests(self, battery: Any) -> None:
        self.rests = battery

    async def refresh_own(self) -> None:
        self.said.append(("refresh_own", {}))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *given, **data: self.said.append((name, data or given))

    def told(self, name: str) -> list[Any]:
        return [data for kind, data in self.said if kind == name]

    def burns(self) -> list[tuple[str, float]]:
        """What was burnt for, and by how much it was felt."""
        return [(data["purpose"], data["size"]) for data in self.told("manoeuvre")]

    def thrust(self) -> list[float]:
        """Sizes of all changes that the small thrusters were asked for."""
        return [norm(tuple(way)) for (way,) in self.devices.thrusters.of("fire")]  # type: ignore[arg-type]


def known_orbit(centre: str = "sun", **more: Any) -> KnownOrbit:
    """What the ground's tracking has sent, about the Sun or a planet."""
    values: dict[str, Any] = {
        "centre": centre, "position": [1e11, 0.0, 0.0], "velocity": [0.0, 3e4, 0.0],
        "position_sigma": 500.0, "velocity_sigma": 0.001, "solution": 1, "time_ns": 5_000_000_000,
    }  # fmt: skip
    return KnownOrbit(**{**values, **more})


def quick(monkeypatch: pytest.MonkeyPatch, module: Any, **replaced: Any) -> list[tuple[Any, ...]]:
    """Replaces coroutines by ones that note how they were called and return what is given (or
    what a function of the arguments returns)."""
    calls: list[tuple[Any, ...]] = []
    for name, answer in replaced.items():

        def make(name: str, answer: Any) -> Any:
            async def called(node: Any, *given: Any, **options: Any) -> Any:
                calls.append((name, round(now(), 3), *given, *options.values()))
                found = answer(node, *given) if callable(answer) else answer
                if isinstance(found, Exception):
                    raise found
                return found

            return called

        monkeypatch.setattr(module, name, make(name, answer))
    return calls
