"""The scanning LiDAR, simulated."""

import math
from typing import Annotated

import msgspec

from flight.astrodynamics.quaternions import rotate_back
from flight.astrodynamics.vectors import add, angle_between, norm, unit
from flight.configuration.files import Quantity
from flight.icd.devices.orbiter_navigation import LidarReturn, ScanningLidar
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, Fraction, failure


class LidarParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reach, field of view, noise, and how often nothing comes back."""

    maximum_range: Annotated[float, Quantity("m", gt=0, le=1e5)]
    field_of_view: Annotated[float, Quantity("deg", gt=0, le=90)]
    range_noise: Annotated[float, Quantity("m", ge=0, le=10)]
    relative_noise: Annotated[float, Quantity("1", ge=0, le=0.1)]
    bearing_noise: Annotated[float, Quantity("rad", ge=0, le=0.1)]
    dropout: Annotated[float, Quantity("1", ge=0, le=1)]


class SimScanningLidar(OrbiterDevice, ScanningLidar):
    """Range and bearing of the container. Failures: `dead`, `dropouts` (probability)."""

    def __init__(self, context: OrbiterContext, parameters: LidarParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.dropout = parameters.dropout

    @failure
    def fail_dead(self, lasting: bool = True) -> Failing:
        """Nothing comes back; `lasting: false` ends that."""
        self.dropout = 1.0 if lasting else self.parameters.dropout
        yield
        self.dropout = self.parameters.dropout

    @failure
    def fail_dropouts(self, probability: Fraction = 0.5) -> Failing:
        """With that `probability` nothing comes back."""
        self.dropout = probability
        yield
        self.dropout = self.parameters.dropout

    async def scan(self) -> LidarReturn:
        self.need_power()
        vehicle, p = self.vehicle, self.parameters
        quaternion = list(vehicle.measured_attitude(2.0e-5))
        line = vehicle.relative_position()
        lost = self.random.random() < self.dropout
        half = math.radians(0.5 * p.field_of_view)
        if (
            lost
            or line is None
            or not 0.0 < norm(line) <= p.maximum_range
            or angle_between(vehicle.boresight(), line) > half
        ):
            return LidarReturn(
                valid=False, time_ns=self.time_ns(), range=0.0, direction=[1.0, 0.0, 0.0],
                quaternion=quaternion,
            )  # fmt: skip
        gauss = self.random.gauss
        body = rotate_back(vehicle.attitude, unit(line))
        body = unit(add(body, (0.0, gauss(0, p.bearing_noise), gauss(0, p.bearing_noise))))
        distance = norm(line)
        return LidarReturn(
            time_ns=self.time_ns(),
            range=distance + gauss(0.0, p.range_noise + p.relative_noise * distance),
            direction=list(body),
            quaternion=quaternion,
        )
