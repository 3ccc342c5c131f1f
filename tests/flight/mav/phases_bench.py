"""Stands for what the phases of the MAV's flight know: computer, devices, vehicle."""

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.ascent import EffectorState, Increments
from flight.icd.devices.base import DeviceFault
from flight.mav import ascent, flight_loop
from flight.mav.attitude_control import Order
from flight.runtime.loop import NANOSECONDS

GO = Signal("go")
WEIGHT = (1.2, 0.0, 3.5)  # m/s^2, as it is felt in the tube
FAULT = DeviceFault("open", "no current flowed")
NOTHING = Increments(
    interval=0.02, delta_angle=(0.0, 0.0, 0.0), delta_velocity=(0.0, 0.0, 0.0), saturated=False
)


class Computer:
    """A flight computer that does as the test says."""

    def __init__(self) -> None:
        self.is_lit = False
        self.dynamic_pressure = 0.0
        self.steps: list[str] = []
        self.replans = 0
        self.lit_after: dict[str, int] = {}
        self.ends_after: dict[str, int] = {}
        self.second = SimpleNamespace(ignition=1e9, is_reduced=False)
        self.navigation = SimpleNamespace(
            time=0.0, corrections=0, acceleration=(0.0, 0.0, 0.0), rate=(0.0, 0.0, 0.0)
        )
        self.settings = SimpleNamespace(first=SimpleNamespace(pressure_limit=400.0))
        self.started = False
        self.order: Order | None = Order(pitch=0.01)
        self.trimmed_with: list[float] = []
        self.saw: list[Any] = []

    def _step(self, name: str) -> Order | None:
        self.steps.append(name)
        self.navigation.time = asyncio.get_running_loop().time()
        count = self.steps.count(name)
        if count >= self.lit_after.get(name, 10**9):
            self.is_lit = True
        if count >= self.ends_after.get(name, 10**9):
            self.is_lit = False
        return self.order

    def fall(self, seen: Any) -> Order | None:
        return self._step("fall")

    def first_burn(self, seen: Any) -> Order | None:
        return self._step("first_burn")

    def second_burn(self, seen: Any) -> Order | None:
        return self._step("second_burn")

    def coast(self, seen: Any, *, whole: bool = False, lighting: bool = False) -> Order | None:
        return self._step("lighting" if lighting else "whole" if whole else "coast")

    def trim(self, seen: Any, gas: float) -> Order | None:
        self.trimmed_with.append(gas)
        return self._step("trim") if len(self.trimmed_with) < 4 else None

    def replan(self) -> None:
        self.replans += 1

    def start_coast(self) -> None:
        self.started = True

    def see_stars(self, stars: Any) -> float | None:
        self.saw.append(stars)
        return 0.01 if stars.valid else None


class Device:
    """Answers calls, or fails as often as it is told to."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.failing: dict[str, int] = {}
        self.calls: list[str] = []
        self.times: list[float] = []

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any) -> Any:
            self.calls.append(name)
            self.times.append(asyncio.get_running_loop().time())
            if self.failing.get(name, 0) > 0:
                self.failing[name] -= 1
                raise FAULT
            return self.answers.get(name)

        return call


class Unit(Device):
    """An inertial unit: its readings sum up over the time since it was asked before."""

    _asked: float | None = None

    def __getattr__(self, name: str) -> Any:
        call = super().__getattr__(name)

        async def stamped(*args: Any) -> Any:
            answer, now = await call(*args), asyncio.get_running_loop().time()
            last, self._asked = self._asked, now
            interval = answer.interval if last is None else now - last
            stamp = round(now * NANOSECONDS)
            return msgspec.structs.replace(answer, interval=interval, time_ns=stamp)

        return stamped


class Parting(Device):
    """Break wires that open when a part was let go; `held` parts stay."""

    def __init__(self) -> None:
        super().__init__(state=SimpleNamespace(valid=True, first_stage=True, fairing=True))
        self.held: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        call = super().__getattr__(name)
        part = {"separate_stage": "first_stage", "release_fairing": "fairing"}.get(name)

        async def let_go(*args: Any) -> Any:
            answer = await call(*args)
            if part is not None and part not in self.held:
                setattr(self.answers["state"], part, False)
            return answer

        return let_go


def effectors(gas: float = 2.0) -> EffectorState:
    return EffectorState(time_ns=0, pitch=0.0, yaw=0.0, gas=gas)


class Vehicle:
    """The MAV as the phases of its flight know it."""

    def __init__(self) -> None:
        self.computer: Any = Computer()
        self.parameters = {
            "ignition_delay": 1.0, "first_burn_time": 10.0, "second_burn_time": 5.0,
            "largest_angle_of_attack": 4.0,
        }  # fmt: skip
        self.last_effectors: Any = None
        self.burn_cycle = 0.02
        self.vigil = SimpleNamespace(alive=lambda within=0.0: None)
        self.context = SimpleNamespace(structure=SimpleNamespace(keeps=lambda safeguard: True))
        self.clock = SimpleNamespace(
            count=lambda: asyncio.get_running_loop().time(),
            now=lambda: asyncio.get_running_loop().time(),
        )
        self.launch_closes = 3_600.0
        self.thrown_at: float | None = None
        self.ascent: Any = None
        self.told: list[str] = []
        self.remembered: list[float] = []
        self.shown: list[float] = []
        self.ejector = Device(state=SimpleNamespace(valid=True, in_tube=False, charged=True))
        self.inertial_unit = Unit(increments=NOTHING)
        self.first_igniter, self.second_igniter = Device(), Device()
        self.separation = Parting()
        self.effectors = Device(steer=effectors())
        self.star_tracker = Device(attitude=SimpleNamespace(valid=True))
        self.flushed = 0
        self.ascent_log = self
        self.cleared = False
        self.lost = ""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda **data: self.told.append(name)

    async def note(self, *args: Any) -> None:
        pass

    async def flush(self) -> None:
        self.flushed += 1

    def show_flight(self) -> dict[str, Any]:
        self.shown.append(asyncio.get_running_loop().time())
        return {}

    def clear_ascent(self) -> None:
        self.cleared = True


def vehicle_by_itself(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A vehicle in its flight, of which memory, watch and loss are the test's."""
    vehicle = Vehicle()
    kept: list[float] = vehicle.remembered
    monkeypatch.setattr(
        flight_loop, "remember", lambda node, phase: kept.append(asyncio.get_running_loop().time())
    )

    async def recall(node: Any) -> bool:
        return bool(getattr(vehicle, "recalled", False) is True)

    async def lose(node: Any, reason: str) -> None:
        vehicle.lost = reason
        raise ActivityFailed(reason)

    monkeypatch.setattr(ascent, "recall", recall)
    monkeypatch.setattr(ascent, "lose", lose)
    monkeypatch.setattr(ascent, "suborbital", lambda computer, height: vehicle.__dict__.get("low"))
    monkeypatch.setattr(
        ascent, "Watch", lambda node: SimpleNamespace(look=lambda: vehicle.told.append("look"))
    )
    vehicle.recalled = False
    return vehicle


def now() -> float:
    return asyncio.get_running_loop().time()
