"""The orbiter's star tracker, simulated."""

from math import radians
from typing import Annotated

import msgspec

from flight.astrodynamics.quaternions import rotate
from flight.astrodynamics.vectors import angle_between
from flight.configuration.files import Quantity
from flight.icd.devices.orbiter_navigation import BLINDED, TURNING, StarTracker, TrackedAttitude
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, failure

_SUN_EXCLUSION = radians(26.0)  # half angle of the baffle of the usual trackers


class StarTrackerParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Noise about each axis."""

    noise: Annotated[float, Quantity("rad", ge=0, le=0.01)]


class SimOrbiterStarTracker(OrbiterDevice, StarTracker):
    """Looks along the z axis. Invalid while turning or blinded. Failure: `blind`."""

    def __init__(self, context: OrbiterContext, parameters: StarTrackerParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.blind = False

    @failure
    def fail_blind(self, lasting: bool = True) -> Failing:
        """No stars are seen; `lasting: false` ends that."""
        self.blind = lasting
        yield
        self.blind = False

    async def attitude(self) -> TrackedAttitude:
        self.need_power()
        vehicle = self.vehicle
        vehicle.body.advance()
        line = rotate(vehicle.attitude, (0.0, 0.0, 1.0))
        reason = ""
        if angle_between(line, vehicle.body.sun_direction()) < _SUN_EXCLUSION:
            reason = BLINDED
        elif self.world.now() < vehicle.turning_until:
            reason = TURNING
        return TrackedAttitude(
            valid=not (reason or self.blind),
            reason=reason,
            time_ns=self.time_ns(),
            quaternion=list(vehicle.measured_attitude(self.parameters.noise)),
        )
