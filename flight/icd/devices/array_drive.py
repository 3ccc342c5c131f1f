"""The drive that turns an orbiter's solar arrays."""

from typing import Annotated

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured


class ArrayDriveState(Reading, frozen=True, kw_only=True):
    """`angle`: of the arrays about their axis, rad; in the safe attitude they face the Sun at 0.
    `following`: whether the drive follows the Sun by its own sensor."""

    angle: Annotated[float, measured("rad", -3.2, 3.2)]
    following: bool


class ArrayDrive(DeviceInterface):
    """Holds the arrays towards the Sun: by its own sensor, or at an angle that it is told.

    Fault codes: `no_power`, `stop` (the angle lies beyond a hard stop: it has run against that).
    """

    fault_codes = ("no_power", "stop")

    @reading()
    async def state(self) -> ArrayDriveState:
        """Where the arrays stand."""
        raise NotImplementedError

    @actuation(limit=900.0)
    async def turn(self, angle: float) -> ArrayDriveState:
        """Turns to an angle in rad, and holds it for an hour; then it follows the Sun again, unless
        it has been told anew."""
        raise NotImplementedError

    @actuation(limit=900.0)
    async def follow(self) -> ArrayDriveState:
        """Follows the Sun."""
        raise NotImplementedError
