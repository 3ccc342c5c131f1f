"""Thrusters and main engine of the orbiter. Vectors are in inertial axes."""

from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured
from flight.icd.devices.orbiter_navigation import Triple


class PropellantState(Reading, frozen=True, kw_only=True):
    """Propellant (kg) by the gauge, and the vehicle's mass (kg) by book-keeping."""

    propellant: Annotated[float, measured("kg", -20.0, 10000.0)]
    mass: Annotated[float, measured("kg", 1.0, 20000.0)]


class BurnReport(Reading, frozen=True, kw_only=True):
    """How a burn went: seconds of thrust, and whether it ran as long as it was meant to."""

    seconds: Annotated[float, measured("s", 0.0, 20000.0)]
    completed: bool


class LinesState(Reading, frozen=True, kw_only=True):
    """Whether the latch valves of line `a` and of line `b` are open, by their position switches."""

    a: bool
    b: bool


class PropellantLines(DeviceInterface):
    """Two lines from the tanks to thrusters and main engines, each behind a latch valve; either
    feeds them all. Fault codes: `no_power`, `valve` (one did not move)."""

    fault_codes = ("no_power", "valve")

    @reading()
    async def state(self) -> LinesState:
        """Which valves are open."""
        raise NotImplementedError

    @actuation(limit=10.0)
    async def set_valves(self, a: bool, b: bool) -> LinesState:
        """Opens (True) or closes each valve; with both closed no engine burns."""
        raise NotImplementedError


class Thrusters(DeviceInterface):
    """Small thrusters in all directions. Fault codes: `no_power`, `too_small`, `too_large`,
    `empty`, `valve`."""

    fault_codes = ("no_power", "too_small", "too_large", "empty", "valve")

    @actuation(limit=3600.0)
    async def fire(self, delta_v: Triple) -> BurnReport:
        """Changes the velocity by `delta_v` m/s, without turning the vehicle."""
        raise NotImplementedError


class MainEngine(DeviceInterface):
    """The main engines. Fault codes: `no_power`, `empty`, `no_ignition`."""

    fault_codes = ("no_power", "empty", "no_ignition")

    @reading()
    async def propellant(self) -> PropellantState:
        """Propellant left, of engines and thrusters together."""
        raise NotImplementedError

    @actuation(limit=3 * 3600.0, irreversible=True)
    async def burn(
        self,
        direction: Triple,
        delta_v: Annotated[float, msgspec.Meta(gt=0, le=4000)],
        turn_axis: Triple,
        turn_rate: Annotated[float, msgspec.Meta(ge=-0.01, le=0.01)] = 0.0,
    ) -> BurnReport:
        """Burns until the accelerometers have summed up `delta_v` m/s.

        The thrust points to `direction` at ignition and turns about `turn_axis` at `turn_rate`
        rad/s. The vehicle is turned beforehand.
        """
        raise NotImplementedError
