"""A simulated inertial unit of a lander on its way down."""

from dataclasses import dataclass
from math import radians, sqrt
from typing import Annotated

import msgspec

from flight.astrodynamics.quaternions import Quaternion, conjugate, product, rotate_back
from flight.astrodynamics.rotation_vectors import from_rotation_vector, rotation_vector
from flight.astrodynamics.vectors import Vector, scale, subtract
from flight.configuration.files import Quantity
from flight.icd.devices.descent import (
    REMEMBERED_READINGS,
    DescentInertialUnit,
    InertialIncrements,
    StarAlignment,
)
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure

Radians = Annotated[float, msgspec.Meta(ge=-7.0, le=7.0)]
ShockSeconds = Annotated[float, msgspec.Meta(ge=0.0, le=60.0)]
"""s of a shock."""


@dataclass
class _Shock:
    """Beyond the limit of the gyroscopes: `error` in rad in all, told until `left` s are over."""

    error: Vector
    lasting: float
    left: float
    told: float  # mission time in s up to which it is in what was read

    def takes(self, now: float) -> Vector:
        """The error of what passed since the last reading, rad."""
        part = min(now - self.told, self.left)
        share = 1.0 if self.lasting <= 0.0 else part / self.lasting
        self.left -= part
        self.told = now
        return scale(share, self.error)


class DescentInertialUnitParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Errors of the sensors (standard deviations), and the rate at which a gyroscope saturates."""

    gyro_bias: Annotated[float, Quantity("deg/h", ge=0, le=100)]
    gyro_random_walk: Annotated[float, Quantity("deg/sqrt(h)", ge=0, le=10)]
    gyro_limit: Annotated[float, Quantity("deg/s", gt=0, le=2000)]
    accelerometer_bias: Annotated[float, Quantity("m/s2", ge=0, le=1)]
    accelerometer_scale: Annotated[float, Quantity("1", ge=0, le=0.1)]
    alignment_error: Annotated[float, Quantity("deg", ge=0, le=5)]


class SimDescentInertialUnit(PoweredDevice, DescentInertialUnit):
    """Counts rotation and velocity of the true vehicle, with bias, noise and a limit of rate."""

    def __init__(
        self,
        context: PoweredContext,
        vehicle: EntryVehicle,
        parameters: DescentInertialUnitParameters,
    ) -> None:
        super().__init__(context)
        self.vehicle = vehicle
        self.parameters = parameters
        gauss = context.random.gauss
        bias = radians(parameters.gyro_bias) / 3600.0
        self._gyro_bias = tuple(gauss(0.0, bias) for _ in range(3))
        self._bias = tuple(gauss(0.0, parameters.accelerometer_bias) for _ in range(3))
        self._scale = tuple(1.0 + gauss(0.0, parameters.accelerometer_scale) for _ in range(3))
        self._shock: _Shock | None = None
        self._number = 0
        self._readings: dict[int, tuple[float, Quaternion, Vector, bool]] = {}
        self._take(False)

    @failure
    def fail_saturate(self, error: Radians = 0.3, lasting: ShockSeconds = 0.0) -> Failing:
        """A shock beyond the gyroscopes' limit turns what they say by `error` radians about an axis
        across, once: within a reading, or evenly over `lasting` seconds, saturated all the time."""
        across = scale(error, (0.6, 0.8, 0.0))
        self._shock = _Shock(across, lasting, lasting, self.world.now())
        yield
        self._shock = None

    def _take(self, saturated: bool) -> int:
        self._number += 1
        v = self.vehicle
        self._readings[self._number] = (
            self.world.now(),
            v.attitude(),
            v.felt_velocity(),
            saturated,
        )
        self._readings.pop(self._number - REMEMBERED_READINGS, None)
        return self._number

    async def increments(self, since: int) -> InertialIncrements:
        self.need_power()
        known = since in self._readings
        earlier = since if known else self._number
        before, attitude_before, felt_before, _ = self._readings[earlier]
        saturated, error = self._saturation()
        number = self._take(saturated)
        now, attitude, felt, _ = self._readings[number]
        between = range(earlier + 1, number + 1)
        saturated = any(self._readings[n][3] for n in between if n in self._readings)
        interval = now - before
        turned = rotation_vector(product(conjugate(attitude_before), attitude))
        walk = radians(self.parameters.gyro_random_walk) / 60.0 * sqrt(interval)
        gauss = self.random.gauss
        rotation = tuple(
            turned[i] + error[i] + self._gyro_bias[i] * interval + gauss(0.0, walk)
            for i in range(3)
        )
        velocity = rotate_back(attitude, subtract(felt, felt_before))
        measured = tuple(self._scale[i] * velocity[i] + self._bias[i] * interval for i in range(3))
        return InertialIncrements(
            time_ns=self.time_ns(),
            number=number,
            interval=interval,
            rotation=rotation,  # type: ignore[arg-type]
            velocity=measured,  # type: ignore[arg-type]
            saturated=saturated,
            gap=not known,
        )

    def _saturation(self) -> tuple[bool, Vector]:
        """Whether a gyroscope was beyond its limit since the last reading, and what that cost."""
        limit = radians(self.parameters.gyro_limit)
        beyond = max(self.vehicle.peak_rate) > limit
        self.vehicle.peak_rate[:] = [0.0, 0.0, 0.0]
        error: Vector = (0.0, 0.0, 0.0)
        if self._shock is not None:
            error = self._shock.takes(self.world.now())
            if self._shock.left <= 0.0:
                self._shock = None
            return True, error
        if beyond:
            # What is cut off of a swing of some tenths of a second, to either side.
            lost = 0.1 * limit
            error = (self.random.gauss(0.0, lost), self.random.gauss(0.0, lost), 0.0)
        return beyond, error

    async def alignment(self) -> StarAlignment:
        self.need_power()
        if "cruise_stage" not in self.vehicle.attached:
            return StarAlignment(
                valid=False, time_ns=self.time_ns(), attitude=(1.0, 0.0, 0.0, 0.0), number=0
            )
        number = self._take(False)
        error = radians(self.parameters.alignment_error)
        gauss = self.random.gauss
        wrong = from_rotation_vector((gauss(0.0, error), gauss(0.0, error), gauss(0.0, error)))
        attitude = product(self._readings[number][1], wrong)
        return StarAlignment(time_ns=self.time_ns(), attitude=attitude, number=number)
