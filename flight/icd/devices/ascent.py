"""The devices with which the Mars Ascent Vehicle flies.

Body axes: x to the nose, y to the left as it lies in its tube, z upwards. Attitudes are unit
quaternions, scalar first, from body axes to inertial ones (z to the pole, x to the prime meridian
at mission time zero).
"""

from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured

Three = tuple[float, float, float]
Four = tuple[float, float, float, float]
FAST = 0.1
"""s within which what is asked 50 times a second answers: half of what a motor forgives."""
Seconds = Annotated[float, msgspec.Meta(ge=-10.0, le=10.0)]


class EjectorState(Reading, frozen=True, kw_only=True):
    """Whether the gas generator is charged and the MAV's switch says it lies in its tube."""

    charged: bool
    in_tube: bool


class Ejector(DeviceInterface):
    """VECTOR: throws the MAV up from the lander and tips it over. Fault codes: `no_power`,
    `stuck` (fired, and the MAV is still in its tube), `spent`."""

    fault_codes = ("no_power", "stuck", "spent")

    @reading()
    async def state(self) -> EjectorState:
        """Charge and switch."""
        raise NotImplementedError

    @actuation(limit=10.0, irreversible=True)
    async def eject(self) -> EjectorState:
        """Throws the MAV; answers as it leaves the tube."""
        raise NotImplementedError


class IgniterState(Reading, frozen=True, kw_only=True):
    """Resistance of the bridge wires in ohm (open circuits read 1e6), and charges left."""

    resistance: Annotated[float, measured("ohm", 0.0, 2.0e6)]
    charges: Annotated[int, measured("1", 0.0, 4.0)]


class Igniter(DeviceInterface):
    """Two bridge wires that light one motor. Fault codes: `no_power`, `open` (no current flowed).

    That current flowed does not say that the motor burns: the accelerometers do.
    """

    fault_codes = ("no_power", "open")

    @reading()
    async def state(self) -> IgniterState:
        """Continuity, measured with a current that cannot light it."""
        raise NotImplementedError

    @actuation(limit=0.5, irreversible=True)
    async def fire(self) -> IgniterState:
        """Sends the current through the next bridge wire."""
        raise NotImplementedError


class EffectorState(Reading, frozen=True, kw_only=True):
    """Where the nozzle is (rad), cold gas left (kg)."""

    pitch: Annotated[float, measured("rad", -0.6, 0.6)]
    yaw: Annotated[float, measured("rad", -0.6, 0.6)]
    gas: Annotated[float, measured("kg", -0.1, 50.0)]


class AttitudeEffectors(DeviceInterface):
    """Nozzle and cold-gas thrusters, told together once a control cycle. Fault codes: `no_power`.

    A positive pitch turns the thrust about +y and so the nose about -y; a positive yaw turns the
    thrust about +z and the nose about -z. A nozzle is limited in angle and in rate, and lags.
    """

    fault_codes = ("no_power",)

    @actuation(limit=FAST)
    async def steer(
        self, pitch: float, yaw: float, pulses: tuple[Seconds, Seconds, Seconds], forward: Seconds
    ) -> EffectorState:
        """Nozzle angles wanted (rad), and pulses from now on: seconds about x, y, z, negative for
        the other direction, and seconds forward. Pulses shorter than the valves' least are not
        given at all; a new call cuts off what an earlier one left to do."""
        raise NotImplementedError


class SeparationState(Reading, frozen=True, kw_only=True):
    """The break wires: whether each part is still there."""

    first_stage: bool
    fairing: bool
    container: bool


class Separation(DeviceInterface):
    """Clamps and springs between stages, fairing and container. Fault codes: `no_power`, `stuck`.

    Each has two initiators: a call that ended with `stuck` may be repeated once.
    """

    fault_codes = ("no_power", "stuck")

    @reading()
    async def state(self) -> SeparationState:
        """The break wires."""
        raise NotImplementedError

    @actuation(limit=5.0, irreversible=True)
    async def separate_stage(self) -> SeparationState:
        """Lets the first stage go."""
        raise NotImplementedError

    @actuation(limit=5.0, irreversible=True)
    async def release_fairing(self) -> SeparationState:
        """Lets the fairing go."""
        raise NotImplementedError

    @actuation(limit=5.0, irreversible=True)
    async def release_container(self) -> SeparationState:
        """Lets the container with the samples go."""
        raise NotImplementedError


class Increments(Reading, frozen=True, kw_only=True):
    """What gyroscopes and accelerometers have summed up since the last reading.

    `interval` in s, `delta_angle` in rad and `delta_velocity` in m/s along body axes (without
    gravity, which they cannot feel). `saturated`: a sensor was at its limit in between.
    """

    interval: Annotated[float, measured("s", 0.0, 1.0e7)]
    delta_angle: Annotated[Three, measured("rad", -10000.0, 10000.0)]
    delta_velocity: Annotated[Three, measured("m/s", -1.0e8, 1.0e8)]
    saturated: bool


class InertialIncrements(DeviceInterface):
    """The inertial unit of the ascent. Fault codes: `no_power`."""

    fault_codes = ("no_power",)

    @reading(limit=FAST)
    async def increments(self) -> Increments:
        """Increments since the last reading; the first one gives none and interval 0."""
        raise NotImplementedError


class StarAttitude(Reading, frozen=True, kw_only=True):
    """The attitude by the stars, as good as `sigma` (rad about each axis across the view).

    Not valid in the bright sky below the thin air, and while turning fast.
    """

    attitude: Annotated[Four, measured("1", -1.001, 1.001)]
    sigma: Annotated[float, measured("rad", 0.0, 0.1)]


class AscentStarTracker(DeviceInterface):
    """A camera for stars. Fault codes: `no_power`."""

    fault_codes = ("no_power",)

    @reading(limit=0.5)
    async def attitude(self) -> StarAttitude:
        """The present attitude."""
        raise NotImplementedError


class BeaconState(Reading, frozen=True, kw_only=True):
    """Whether the UHF beacon sends, and the energy left in its cell, W h."""

    sending: bool
    energy: Annotated[float, measured("W h", -1.0, 10000.0)]


class Beacon(DeviceInterface):
    """A UHF beacon of low power with a cell of its own. Fault codes: `empty`."""

    fault_codes = ("empty",)

    @reading()
    async def state(self) -> BeaconState:
        """Sending or not, energy."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def set_sending(self, on: bool) -> BeaconState:
        """Begins or ends to send."""
        raise NotImplementedError


class RecorderState(Reading, frozen=True, kw_only=True):
    """Bytes kept, and bytes that the ring has overwritten since it was erased."""

    size: Annotated[int, measured("B", 0.0, 1.0e9)]
    overwritten: Annotated[int, measured("B", 0.0, 1.0e12)]


class AscentRecorder(DeviceInterface):
    """A ring of non-volatile memory that survives the loss of the computer. Fault codes:
    `no_power`."""

    fault_codes = ("no_power",)

    @reading()
    async def state(self) -> RecorderState:
        """Fill level."""
        raise NotImplementedError

    @actuation(limit=0.5)
    async def append(self, data: bytes) -> RecorderState:
        """Writes at the end; the oldest bytes give way when the ring is full."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def read(self, offset: int, length: int) -> bytes:
        """Bytes from `offset` on, counted from the oldest that are kept."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def erase(self) -> RecorderState:
        """Forgets all."""
        raise NotImplementedError
