"""The orbiter's reaction wheels, simulated."""

import asyncio

from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.orbiter_navigation import AttitudeControl, TrackedAttitude, Triple
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, Tries, failure

_TRACKER_NOISE = 2.0e-5  # rad, what the wheels are steered by


class SimOrbiterAttitudeControl(OrbiterDevice, AttitudeControl):
    """Turns the vehicle at its slew rate. Failure: `wheels` (the next turns do not happen)."""

    def __init__(self, context: OrbiterContext) -> None:
        super().__init__(context)
        self.failing = 0

    @failure
    def fail_wheels(self, tries: Tries = 1) -> Failing:
        """The next `tries` turns end with a fault."""
        self.failing = tries
        yield
        self.failing = 0

    async def point(self, direction: Triple) -> TrackedAttitude:
        self.need_power()
        x, y, z = direction
        if x == y == z == 0.0:
            raise DeviceRejected("point: direction = [0, 0, 0]: it needs a length")
        if self.failing > 0:
            self.failing -= 1
            raise DeviceFault("wheels", f"{self.service}: the wheels do not follow")
        vehicle = self.vehicle
        seconds = vehicle.turn_time((x, y, z))
        began = self.world.now()
        vehicle.turning_until = began + seconds
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            vehicle.turn((x, y, z), (self.world.now() - began) / seconds if seconds else 1.0)
            vehicle.turning_until = self.world.now()
            raise
        vehicle.turn((x, y, z))
        return TrackedAttitude(
            time_ns=self.time_ns(), quaternion=list(vehicle.measured_attitude(_TRACKER_NOISE))
        )
