"""Devices of a lander on its way down, from the cruise stage to the ground.

Body axes: z from the heat shield to the parachute, along which the engines push; x on the lifting
side of the aeroshell. Inertial axes: z to the north pole of Mars, x to its prime meridian at
mission time zero.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured

Triple = tuple[float, float, float]
Attitude = tuple[float, float, float, float]
FAST = 0.1
"""s within which what a beat of the descent waits for answers: two beats on the engines."""
ENGINES = 12
LEGS = 4
REMEMBERED_READINGS = 400
"""Readings of the inertial unit that can still be referred to."""
PARTS = (
    "cruise_stage",
    "cruise_balance",
    "entry_balance",
    "mortar",
    "heat_shield",
    "backshell",
    "legs",
)


class InertialIncrements(Reading, frozen=True, kw_only=True):
    """What gyroscopes and accelerometers felt since an earlier reading.

    `number`: of this reading. `interval`: seconds since the earlier one. `rotation`: rotation
    vector in radians, body axes. `velocity`: m/s without gravity, in the body axes at the end of
    the interval. `saturated`: a gyroscope was at its limit meanwhile; the rotation is wrong then.
    `gap`: the reading that was asked for is no longer known; the increments begin at the last one.
    It is none of the last `REMEMBERED_READINGS`.
    """

    number: Annotated[int, measured("1", 0.0, 1.0e9)]
    interval: Annotated[float, measured("s", 0.0, 1.0e7)]
    rotation: Annotated[Triple, measured("rad", -10000.0, 10000.0)]
    velocity: Annotated[Triple, measured("m/s", -1.0e6, 1.0e6)]
    saturated: bool
    gap: bool


class StarAlignment(Reading, frozen=True, kw_only=True):
    """Attitude by the star scanner of the cruise stage: quaternion, scalar first, from body axes to
    inertial axes. `number`: of the inertial reading at the same instant."""

    attitude: Annotated[Attitude, measured("1", -1.001, 1.001)]
    number: int


class DescentInertialUnit(DeviceInterface):
    """Gyroscopes and accelerometers that go on counting whether somebody reads or not.

    Fault codes: `no_power`.
    """

    fault_codes = ("no_power",)

    @reading(limit=FAST)
    async def increments(self, since: int) -> InertialIncrements:
        """What was felt since the reading of that number."""
        raise NotImplementedError

    @reading()
    async def alignment(self) -> StarAlignment:
        """Attitude by the stars; invalid once the cruise stage is gone."""
        raise NotImplementedError


class AttitudeThrusters(DeviceInterface):
    """Thrusters of the aeroshell that hold it trimmed and turn it about its velocity.

    Fault codes: `no_power`, `stuck`.
    """

    fault_codes = ("no_power", "stuck")

    @actuation(limit=0.5)
    async def turn(self, change: Annotated[float, Meta(ge=-6.3, le=6.3)]) -> None:
        """Turns to a bank angle that differs by so many radians from the present one, positive to
        the right; answers at once and holds what was asked for last."""
        raise NotImplementedError


class PyroState(Reading, frozen=True, kw_only=True):
    """What an initiator did. `fired`: current has flowed. `separated`: the separation switch of the
    part shows it gone; None for what has no such switch."""

    fired: bool
    separated: bool | None


class Pyrotechnics(DeviceInterface):
    """Initiators in two sides, A and B, for each thing that has to let go.

    Fault codes: `no_power`.
    """

    fault_codes = ("no_power",)

    @actuation(limit=0.5, irreversible=True)
    async def fire(self, part: str, side: str) -> PyroState:
        """Fires one initiator of `cruise_stage`, `cruise_balance`, `entry_balance`, `mortar`,
        `heat_shield`, `backshell` or `legs`."""
        raise NotImplementedError


class RadarReading(Reading, frozen=True, kw_only=True):
    """Range along the body's -z axis in m and velocity over the ground in body axes, m/s; each with
    a validity of its own."""

    own_validity: ClassVar[dict[str, str]] = {"range": "range_valid", "velocity": "velocity_valid"}

    range: Annotated[float, measured("m", -50.0, 20000.0)]
    range_valid: bool
    velocity: Annotated[Triple, measured("m/s", -1000.0, 1000.0)]
    velocity_valid: bool


class LandingRadar(DeviceInterface):
    """Altimeter and velocimeter. Valid within its ranges, not far from the vertical, and only when
    the heat shield is out of its sight.

    Fault codes: `no_power`.
    """

    fault_codes = ("no_power",)

    @reading(limit=FAST)
    async def measure(self) -> RadarReading:
        """Range and velocity now."""
        raise NotImplementedError


class TerrainFix(Reading, frozen=True, kw_only=True):
    """Place by matching an image with the map: metres east and north of the tube Malay, and height
    over the ground right below by the image's scale: what lies how far apart on the map is seen
    under which angle. Invalid when nothing matched; `reason` says why."""

    east: Annotated[float, measured("m", -50000.0, 50000.0)]
    north: Annotated[float, measured("m", -50000.0, 50000.0)]
    height: Annotated[float, measured("m", -50.0, 20000.0)]
    matches: Annotated[int, measured("1", 0.0, 10000.0)]


class TerrainCamera(DeviceInterface):
    """Camera and map for terrain-relative navigation, two images a second.

    Fault codes: `no_power`.
    """

    fault_codes = ("no_power",)

    @reading(period=0.5, limit=1.0)
    async def locate(self) -> TerrainFix:
        """Takes an image and finds it on the map."""
        raise NotImplementedError


class EngineState(Reading, frozen=True, kw_only=True):
    """Thrust of each engine in N, from its chamber pressure, and propellant left in kg."""

    thrusts: Annotated[tuple[float, ...], measured("N", -500.0, 6000.0)]
    propellant: Annotated[float, measured("kg", -1.0, 2000.0)]


class DescentEngines(DeviceInterface):
    """Twelve throttled engines. They close by themselves when they hear nothing for a second.

    Fault codes: `no_power`, `not_primed`.
    """

    fault_codes = ("no_power", "not_primed")

    @actuation(limit=5.0, irreversible=True)
    async def prime(self) -> EngineState:
        """Opens the tanks; only then can engines be lit."""
        raise NotImplementedError

    @actuation(limit=FAST)
    async def throttle(
        self, thrusts: Annotated[list[float], Meta(min_length=ENGINES, max_length=ENGINES)]
    ) -> EngineState:
        """Asks each engine for a thrust in N; 0 shuts it. What lies outside its range is held at
        the nearest that it can. Answers at once, with the thrusts as they are."""
        raise NotImplementedError

    @actuation(limit=5.0, irreversible=True)
    async def shut_down(self) -> EngineState:
        """Closes all valves for good."""
        raise NotImplementedError


class TouchdownState(Reading, frozen=True, kw_only=True):
    """Contact of each leg: whether it is loaded now, and whether it was since the last `clear`."""

    loaded: tuple[bool, ...]
    latched: tuple[bool, ...]


class TouchdownSensors(DeviceInterface):
    """A sensor in each of the four legs, with a latch.

    Fault codes: `no_power`.
    """

    fault_codes = ("no_power",)

    @reading(limit=FAST)
    async def state(self) -> TouchdownState:
        """Present contact and latches."""
        raise NotImplementedError

    @actuation(limit=FAST)
    async def clear(self) -> TouchdownState:
        """Clears the latches; the answer is what stands after it."""
        raise NotImplementedError
