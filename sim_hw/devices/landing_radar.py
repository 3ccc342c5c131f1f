"""A simulated landing radar: range along the body's axis, and velocity over the ground."""

from math import cos, hypot, radians, tan
from typing import Annotated

import msgspec

from flight.astrodynamics.quaternions import rotate, rotate_back
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import dot, subtract
from flight.configuration.files import Quantity
from flight.icd.devices.descent import LandingRadar, RadarReading
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure

SHIELD_IN_SIGHT = 6.0
"""Seconds after its separation for which echoes may come from the heat shield."""
SHIELD_ECHO = 0.3
"""Part of the measurements that the heat shield spoils then: assumption."""
SHIELD_SPEED = 9.0
"""m/s at which the heat shield falls away: assumption."""

Offset = Annotated[float, msgspec.Meta(ge=-1e5, le=1e5)]


class LandingRadarParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits and errors (standard deviations)."""

    greatest_range: Annotated[float, Quantity("m", gt=0, le=50_000)]
    least_range: Annotated[float, Quantity("m", ge=0, le=100)]
    velocity_range: Annotated[float, Quantity("m", gt=0, le=50_000)]
    greatest_angle: Annotated[float, Quantity("deg", gt=0, le=85)]
    range_error: Annotated[float, Quantity("1", ge=0, le=0.2)]
    velocity_error: Annotated[float, Quantity("1", ge=0, le=0.2)]
    velocity_noise: Annotated[float, Quantity("m/s", ge=0, le=10)]
    dropouts: Annotated[float, Quantity("1", ge=0, le=1)]


class SimLandingRadar(PoweredDevice, LandingRadar):
    """Sees the ground under the true vehicle, with its limits."""

    def __init__(
        self, context: PoweredContext, vehicle: EntryVehicle, parameters: LandingRadarParameters
    ) -> None:
        super().__init__(context)
        self.vehicle = vehicle
        self.parameters = parameters
        self.silent_until = -1.0
        self.range_offset = 0.0

    @failure
    def fail_dropout(self, seconds: Annotated[float, msgspec.Meta(ge=0.0)] = 1e9) -> Failing:
        """Nothing is valid for `seconds` from now on."""
        before, self.silent_until = self.silent_until, self.world.now() + seconds
        yield
        self.silent_until = before

    @failure
    def fail_offset(self, offset: Offset = 300.0) -> Failing:
        """Each range is wrong by `offset` m, and says that it is valid."""
        before, self.range_offset = self.range_offset, offset
        yield
        self.range_offset = before

    async def measure(self) -> RadarReading:
        self.need_power()
        p, v, gauss = self.parameters, self.vehicle, self.random.gauss
        lost = self.random.random() < p.dropouts or self.world.now() < self.silent_until
        covered = "heat_shield" in v.attached
        position, velocity = v.position_velocity()
        attitude = v.attitude()
        axes = local_axes(position)
        down = rotate(attitude, (0.0, 0.0, -1.0))
        local = [dot(down, axis) for axis in axes]
        distance = self._distance(local)
        steep = -local[2] > cos(radians(p.greatest_angle))
        seen = steep and not lost and not covered and v.outcome is None
        measured = distance * (1.0 + gauss(0.0, p.range_error)) + self.range_offset
        shielded = False
        if v.heat_shield_time is not None:
            since = self.world.now() - v.heat_shield_time
            shielded = since < SHIELD_IN_SIGHT and self.random.random() < SHIELD_ECHO
            if shielded:
                measured = SHIELD_SPEED * since
        moving = rotate_back(attitude, subtract(velocity, v.frame.ground_velocity(position)))
        noisy = tuple(
            m * (1.0 + gauss(0.0, p.velocity_error)) + gauss(0.0, p.velocity_noise) for m in moving
        )
        in_range = p.least_range <= measured <= p.greatest_range
        return RadarReading(
            time_ns=self.time_ns(),
            valid=seen,
            range=measured,
            range_valid=seen and in_range,
            velocity=noisy,  # type: ignore[arg-type]
            velocity_valid=seen and not shielded and distance <= p.velocity_range,
        )

    def _distance(self, direction: list[float]) -> float:
        """Metres to the ground along a direction (east, north, up), on the ground's plane there."""
        east, north, height = self.vehicle.local()
        if direction[2] >= -0.05:
            return 1.0e9
        distance = 0.0
        for _ in range(3):
            at = (east + distance * direction[0], north + distance * direction[1])
            distance = (height - self.vehicle.ground(*at).height) / -direction[2]
            if hypot(direction[0], direction[1]) * distance > height * tan(1.4) + 1.0:
                break
        return max(distance, 0.0)
