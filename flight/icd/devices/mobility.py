"""What moves a rover over the ground."""

from math import pi
from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured

LONGEST_DRIVE = 10.0
"""Metres of one drive call."""
FRONT_WHEELS = (0, 1)
"""The numbers of the wheels in front, left and right; those behind follow."""


class WheelsState(Reading, frozen=True, kw_only=True):
    """What the wheels know of themselves.

    `odometer`: metres that the wheels have turned, backwards counted too; `turned`: radians turned
    on the spot, clockwise, as the wheels believe. Neither feels slip. `motor_temperature` in K;
    `motor_current` in A, of the last drive; `dead_wheels`: numbers of wheels that do not turn.
    """

    odometer: Annotated[float, measured("m", -1.0e6, 1.0e6)]
    turned: Annotated[float, measured("rad", -1.0e5, 1.0e5)]
    motor_temperature: Annotated[float, measured("K", 100.0, 450.0)]
    motor_current: Annotated[float, measured("A", -1.0, 100.0)]
    dead_wheels: list[int]


class Driven(Reading, frozen=True, kw_only=True):
    """What one motion was by the wheels' own account: metres, radians clockwise, seconds."""

    distance: Annotated[float, measured("m", -20.0, 20.0)]
    turned: Annotated[float, measured("rad", -7.0, 7.0)]
    seconds: Annotated[float, measured("s", 0.0, 2000.0)]


class Wheels(DeviceInterface):
    """Drive and steering motors.

    Fault codes: `obstacle` (a wheel or the belly meets something it cannot pass), `tilt` (the
    vehicle leans too far), `stall` (a motor draws too much), `cold` (motors below their limit),
    `no_power`. A motion that ends in a fault, or is cancelled, stops where it is.
    """

    fault_codes = ("obstacle", "tilt", "stall", "cold", "no_power")

    @reading()
    async def state(self) -> WheelsState:
        """Odometer, temperatures, dead wheels."""
        raise NotImplementedError

    @actuation(limit=900.0)
    async def drive(
        self,
        distance: Annotated[float, msgspec.Meta(ge=-LONGEST_DRIVE, le=LONGEST_DRIVE)],
    ) -> Driven:
        """Drives straight ahead (backwards when negative), in metres of wheel rotation."""
        raise NotImplementedError

    @actuation(limit=300.0)
    async def turn(self, angle: Annotated[float, msgspec.Meta(ge=-pi, le=pi)]) -> Driven:
        """Turns on the spot by an angle in radians, clockwise from above."""
        raise NotImplementedError
