"""The devices of the Earth entry capsule."""

from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured


class TimerState(Reading, frozen=True, kw_only=True):
    """The two separation wires (True: cut), seconds since both were (0 before), and the seconds
    set from separation to entry (0: not set)."""

    separated: list[bool]
    since_separation: Annotated[float, measured("s", -1.0, 1.0e8)]
    entry_after: Annotated[float, measured("s", 0.0, 1.0e8)]


class CapsuleTimer(DeviceInterface):
    """A counter of its own that starts when the capsule is let go; it outlives reboots.

    Fault codes: `no_power`, `running` (it cannot be set any more).
    """

    fault_codes = ("no_power", "running")

    @reading()
    async def state(self) -> TimerState:
        """Wires, time since separation, time set."""
        raise NotImplementedError

    @actuation(limit=5.0, irreversible=True)
    async def set_entry(
        self, seconds: Annotated[float, msgspec.Meta(ge=0, le=3.2e6, extra={"unit": "s"})]
    ) -> TimerState:
        """Sets the time from separation to entry; only while attached."""
        raise NotImplementedError


class GSwitchState(Reading, frozen=True, kw_only=True):
    """Whether the switch is closed now, and whether it has closed since it was cleared."""

    closed: bool
    has_closed: bool


class GSwitch(DeviceInterface):
    """A mass on a spring that closes a contact at a given load. Fault code: `no_power`."""

    fault_codes = ("no_power",)

    @reading()
    async def state(self) -> GSwitchState:
        """Contact and latch."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def clear(self) -> GSwitchState:
        """Clears the latch."""
        raise NotImplementedError


class AccelerationState(Reading, frozen=True, kw_only=True):
    """Felt acceleration along the axis, m/s^2, positive when the heat shield is pushed; the
    largest magnitude since it was cleared, shocks included; whether the range was exceeded."""

    axial: Annotated[float, measured("m/s2", -50000.0, 50000.0)]
    peak: Annotated[float, measured("m/s2", 0.0, 50000.0)]
    saturated: bool


class CapsuleAccelerometer(DeviceInterface):
    """An accelerometer along the axis that holds its peak. Fault code: `no_power`."""

    fault_codes = ("no_power",)

    @reading()
    async def state(self) -> AccelerationState:
        """Acceleration and peak."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def clear(self) -> AccelerationState:
        """Clears the peak."""
        raise NotImplementedError


class ImpactState(Reading, frozen=True, kw_only=True):
    """Whether the wires in the crushable structure are torn; the latch remembers short breaks."""

    torn: bool
    latched: bool


class ImpactSensor(DeviceInterface):
    """Wires through the crushable structure that a landing tears. Fault code: `no_power`."""

    fault_codes = ("no_power",)

    @reading()
    async def state(self) -> ImpactState:
        """Wires and latch."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def clear(self) -> ImpactState:
        """Clears the latch."""
        raise NotImplementedError


class PayloadState(Reading, frozen=True, kw_only=True):
    """Two seat switches under the container, the latch of the bay, and the temperature (K) of the
    container."""

    seated: list[bool]
    latched: bool
    temperature: Annotated[float, measured("K", 100.0, 450.0)]


class PayloadBay(DeviceInterface):
    """Where the sample container sits. Fault code: `no_power`."""

    fault_codes = ("no_power",)

    @reading()
    async def state(self) -> PayloadState:
        """Switches, latch and temperature."""
        raise NotImplementedError


class CapsuleBeaconState(Reading, frozen=True, kw_only=True):
    """Whether it sends, and at what power in W."""

    on: bool
    power: Annotated[float, measured("W", -0.1, 100.0)]


class CapsuleBeacon(DeviceInterface):
    """A UHF beacon. Fault codes: `no_power`, `dead`."""

    fault_codes = ("no_power", "dead")

    @reading()
    async def state(self) -> CapsuleBeaconState:
        """On or off, power sent."""
        raise NotImplementedError

    @actuation(limit=10.0)
    async def set_power(self, on: bool) -> CapsuleBeaconState:
        """Switches the beacon on or off."""
        raise NotImplementedError
