"""Sensors and attitude control of the orbiter.

Vectors are in inertial axes: near Mars z is its north pole and x its prime meridian at mission
time zero; elsewhere they are those of the ICRF. Body axes: x is the common line of sight of the
narrow-angle camera, the LiDAR and the capture cone.
"""

from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured

Triple = Annotated[list[float], msgspec.Meta(min_length=3, max_length=3)]
Quadruple = Annotated[list[float], msgspec.Meta(min_length=4, max_length=4)]
BLINDED = "blinded by the Sun"
TURNING = "it turns"


class TrackedAttitude(Reading, frozen=True, kw_only=True):
    """Attitude as a unit quaternion, scalar first, from body to inertial axes."""

    no_fault = frozenset({BLINDED, TURNING})

    quaternion: Annotated[Quadruple, measured("1", -1.001, 1.001)]


class StarTracker(DeviceInterface):
    """Attitude from stars. Fault code: `no_power`."""

    fault_codes = ("no_power",)

    @reading()
    async def attitude(self) -> TrackedAttitude:
        """The attitude now; invalid, with the reason, while it turns or is blinded by the Sun."""
        raise NotImplementedError


class InertialReading(Reading, frozen=True, kw_only=True):
    """What gyroscopes and accelerometers have felt.

    `rate`: rad/s about the body axes. `delta_v`: sum of all velocity gained by thrust since power
    on, m/s, inertial axes. `saturated`: a sensor was at its limit since the last reading.
    """

    rate: Annotated[Triple, measured("rad/s", -1.0, 1.0)]
    delta_v: Annotated[Triple, measured("m/s", -20000.0, 20000.0)]
    saturated: bool


class InertialUnit(DeviceInterface):
    """Gyroscopes and accelerometers. Fault code: `no_power`."""

    fault_codes = ("no_power",)

    @reading()
    async def state(self) -> InertialReading:
        """Rate and accumulated velocity."""
        raise NotImplementedError


class AttitudeControl(DeviceInterface):
    """Reaction wheels. Fault codes: `no_power`, `wheels`."""

    fault_codes = ("no_power", "wheels")

    @actuation(limit=900.0)
    async def point(self, direction: Triple) -> TrackedAttitude:
        """Turns the x axis to a direction (any length); answers when it has settled."""
        raise NotImplementedError


class KnownOrbit(Reading, frozen=True, kw_only=True):
    """The orbiter's own state by radiometric tracking, as the ground has last uplinked it.

    `centre`: mars, sun or earth. `position` m, `velocity` m/s relative to it. `position_sigma`,
    `velocity_sigma`: one standard deviation of each component. `solution`: number of the tracking
    solution that it comes from.
    """

    centre: str
    position: Annotated[Triple, measured("m", -1.0e13, 1.0e13)]
    velocity: Annotated[Triple, measured("m/s", -1.0e6, 1.0e6)]
    position_sigma: Annotated[float, measured("m", 0.0, 1.0e10)]
    velocity_sigma: Annotated[float, measured("m/s", 0.0, 1.0e5)]
    solution: int


class OrbitKnowledge(DeviceInterface):
    """The table of the tracking solution and its propagation. Fault code: `no_solution`."""

    fault_codes = ("no_solution",)

    @reading()
    async def state(self) -> KnownOrbit:
        """Own position and velocity now."""
        raise NotImplementedError


class ImagedTarget(msgspec.Struct, frozen=True):
    """A spot that is no star of the catalogue: its direction (unit vector, body axes) by the
    centre of its brightness, and its visual magnitude."""

    direction: Triple
    magnitude: float


class Image(Reading, frozen=True, kw_only=True):
    """What an exposure shows: spots that are no stars, and the attitude by the stars around them.

    Invalid when the camera is blinded or too few stars are seen.
    """

    targets: list[ImagedTarget]
    quaternion: Annotated[Quadruple, measured("1", -1.001, 1.001)]


class NarrowAngleCamera(DeviceInterface):
    """A camera of 4.5 degrees, 1024 x 1024 pixels. Fault codes: `no_power`, `blinded`."""

    fault_codes = ("no_power", "blinded")

    @actuation(limit=300.0)
    async def expose(self, seconds: Annotated[float, msgspec.Meta(gt=0, le=60)]) -> Image:
        """Takes an image and finds what is no star in it."""
        raise NotImplementedError


class LidarReturn(Reading, frozen=True, kw_only=True):
    """Range (m) and direction (unit vector, body axes) of the brightest return, and the attitude.

    Invalid when nothing came back.
    """

    range: Annotated[float, measured("m", -1.0, 2000.0)]
    direction: Annotated[Triple, measured("1", -1.001, 1.001)]
    quaternion: Annotated[Quadruple, measured("1", -1.001, 1.001)]


class ScanningLidar(DeviceInterface):
    """A scanning LiDAR for the last 500 m. Fault code: `no_power`."""

    fault_codes = ("no_power",)

    @reading()
    async def scan(self) -> LidarReturn:
        """One scan of the field of view."""
        raise NotImplementedError
