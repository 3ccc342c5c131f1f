"""The release of the entry capsule, simulated: springs, spin, and a new body in space."""

from typing import Annotated

import msgspec

from flight.astrodynamics.vectors import Vector, add, norm, scale
from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.capture import CapsuleRelease, ReleaseState
from flight.icd.devices.orbiter_navigation import Triple
from sim_hw.devices.containment import SimContainment
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, Tries, failure
from sim_hw.world.spacecraft import Spacecraft

CAPSULE = "entry_capsule"
_POWER = 25.0  # W, assumption


class ReleaseParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Springs and spin table."""

    speed: Annotated[float, Quantity("m/s", gt=0, le=5)]
    speed_error: Annotated[float, Quantity("1", ge=0, le=0.5)]
    tip_off: Annotated[float, Quantity("rad", ge=0, le=0.2)]
    spin: Annotated[float, Quantity("rad/s", ge=0, le=10)]
    seconds: Annotated[float, Quantity("s", gt=0, le=500)]
    capsule_mass: Annotated[float, Quantity("kg", gt=0, le=500)]
    capsule_light_pressure: Annotated[float, Quantity("1", ge=0, le=1e-3)]


class SimCapsuleRelease(OrbiterDevice, CapsuleRelease):
    """Lets the capsule go as `world.space.bodies["entry_capsule"]`. Failure: `stuck` (tries).

    `capsule_axis` and `capsule_spin` are its spin axis (inertial) and rate (rad/s) afterwards.
    """

    def __init__(
        self, context: OrbiterContext, containment: SimContainment, parameters: ReleaseParameters
    ) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.stuck = 0
        self.capsule_axis: Vector | None = None
        self.capsule_spin = 0.0
        self._containment = containment

    @failure
    def fail_stuck(self, tries: Tries = 1) -> Failing:
        """The next `tries` to release come to nothing."""
        self.stuck = tries
        yield
        self.stuck = 0

    async def state(self) -> ReleaseState:
        self.need_power()
        return self._state()

    def _state(self) -> ReleaseState:
        gone = not self.vehicle.capsule_on_board
        return ReleaseState(time_ns=self.time_ns(), separated=gone, spin=self.capsule_spin)

    async def release(self, direction: Triple) -> ReleaseState:
        if not self.vehicle.capsule_on_board:
            return self._state()
        if norm((direction[0], direction[1], direction[2])) == 0.0:
            raise DeviceRejected("release: direction = [0, 0, 0]: it needs a length")
        if not self._containment.in_capsule:
            raise DeviceFault("not_closed", f"{self.service}: the capsule is not closed")
        vehicle, p = self.vehicle, self.parameters
        ahead = (direction[0], direction[1], direction[2])
        await self.work(vehicle.turn_time(ahead) + p.seconds, _POWER)
        if self.stuck > 0:
            self.stuck -= 1
            raise DeviceFault("stuck", f"{self.service}: the capsule did not move")
        vehicle.turn(ahead)
        self._separate()
        return self._state()

    def _separate(self) -> None:
        vehicle, p, gauss = self.vehicle, self.parameters, self.random.gauss
        axis = vehicle.boresight()
        axis = add(axis, (gauss(0, p.tip_off), gauss(0, p.tip_off), gauss(0, p.tip_off)))
        self.capsule_axis = scale(1.0 / norm(axis), axis)
        self.capsule_spin = p.spin * (1.0 + gauss(0.0, 0.02))
        push = scale(p.speed * (1.0 + gauss(0.0, p.speed_error)), self.capsule_axis)
        body = vehicle.body
        state = vehicle.let_go(p.capsule_mass, push)
        capsule = Spacecraft(
            CAPSULE, self.world.now, self.world.epoch_jd_tt, state, body.centre,
            light_pressure=p.capsule_light_pressure, fixed_mass=p.capsule_mass,
        )  # fmt: skip
        self.world.space.add(capsule)
        vehicle.capsule_on_board = False
