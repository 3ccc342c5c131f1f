"""Sensors of attitude and heading on the ground."""

from typing import Annotated

from flight.icd.devices.base import DeviceInterface, Reading, reading
from flight.icd.devices.measured import measured


class InertialState(Reading, frozen=True, kw_only=True):
    """Attitude by accelerometers and gyroscopes.

    `roll`, `pitch`: radians, right side down and nose up positive, from gravity at rest.
    `yaw`: radians clockwise since power-on, the sum of the gyro's rate with its drift.
    `saturated`: a sensor was at its limit since the last reading; then yaw is not to be trusted.
    """

    roll: Annotated[float, measured("rad", -3.15, 3.15)]
    pitch: Annotated[float, measured("rad", -1.58, 1.58)]
    yaw: Annotated[float, measured("rad", -10000.0, 10000.0)]
    saturated: bool


class InertialMeasurementUnit(DeviceInterface):
    """Three gyroscopes and three accelerometers.

    Fault codes: `no_power`.
    """

    fault_codes = ("no_power",)

    @reading()
    async def state(self) -> InertialState:
        """Roll, pitch and accumulated yaw."""
        raise NotImplementedError


class SunDirection(Reading, frozen=True, kw_only=True):
    """The Sun by its image: azimuth in radians clockwise from the vehicle's heading, elevation in
    radians above the horizon. Invalid when the Sun is low or not to be told from the bright sky.
    """

    azimuth: Annotated[float, measured("rad", -6.3, 6.3)]
    elevation: Annotated[float, measured("rad", -1.58, 1.58)]


class SunSensor(DeviceInterface):
    """A camera that finds the Sun's disc in the sky.

    Fault codes: `no_power`.
    """

    fault_codes = ("no_power",)

    @reading()
    async def direction(self) -> SunDirection:
        """Direction of the Sun in the vehicle's frame, levelled by the IMU."""
        raise NotImplementedError
