"""Capture of the container, its containment, and the release of the entry capsule."""

from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured
from flight.icd.devices.orbiter_navigation import Triple


class ConeState(Reading, frozen=True, kw_only=True):
    """Whether the light barrier in the cone's mouth was broken, and whether its lid is closed."""

    triggered: bool
    lid_closed: bool


class CaptureCone(DeviceInterface):
    """A cone with a light barrier and a lid behind it. Fault codes: `no_power`, `jammed`."""

    fault_codes = ("no_power", "jammed")

    @reading()
    async def state(self) -> ConeState:
        """Barrier and lid."""
        raise NotImplementedError

    @actuation(limit=1200.0, irreversible=True)
    async def close_on_trigger(
        self, timeout: Annotated[float, msgspec.Meta(gt=0, le=900)]
    ) -> ConeState:
        """Waits until something breaks the light barrier, then closes the lid; opens it again
        when the wait was in vain."""
        raise NotImplementedError

    @actuation(limit=120.0)
    async def open(self) -> ConeState:
        """Opens the lid for another attempt."""
        raise NotImplementedError


class ContainmentState(Reading, frozen=True, kw_only=True):
    """Sensors of the containment.

    `present`: the load cell in the cage feels the container. `outer_temperature`,
    `sample_temperature`: K. `hot_seconds`: time that the outside was above the sterilising
    temperature. `leak_rate`: of the sealed vessel, Pa m3/s. `sealed`: the lid's end switch.
    `in_capsule`: the switch in the capsule's seat. `capsule_closed`: that of its lid.
    """

    present: bool
    outer_temperature: Annotated[float, measured("K", 100.0, 1300.0)]
    sample_temperature: Annotated[float, measured("K", 100.0, 500.0)]
    hot_seconds: Annotated[float, measured("s", 0.0, 1.0e7)]
    leak_rate: Annotated[float, measured("Pa m3/s", 0.0, 10.0)]
    sealed: bool
    in_capsule: bool
    capsule_closed: bool


class Containment(DeviceInterface):
    """Cage, heater, sealing and gantry. Fault codes: `no_power`, `jammed`, `empty`, `not_sealed`,
    `heater`."""

    fault_codes = ("no_power", "jammed", "empty", "not_sealed", "heater")

    @reading()
    async def state(self) -> ContainmentState:
        """All sensors."""
        raise NotImplementedError

    @actuation(limit=7200.0)
    async def orient(self) -> ContainmentState:
        """Turns the container in its cage until its lid is up."""
        raise NotImplementedError

    @actuation(limit=48 * 3600.0, irreversible=True)
    async def sterilise(
        self, seconds: Annotated[float, msgspec.Meta(gt=0, le=100_000)]
    ) -> ContainmentState:
        """Heats the outside to the sterilising temperature and keeps it there."""
        raise NotImplementedError

    @actuation(limit=7200.0, irreversible=True)
    async def seal(self) -> ContainmentState:
        """Shrinks the lid of the containment vessel onto its seat, and tests it for leaks."""
        raise NotImplementedError

    @actuation(limit=7200.0, irreversible=True)
    async def insert_into_capsule(self) -> ContainmentState:
        """Carries the sealed vessel into the capsule and closes that."""
        raise NotImplementedError


class ReleaseState(Reading, frozen=True, kw_only=True):
    """Whether the separation switches say that the capsule is gone, and its spin in rad/s."""

    separated: bool
    spin: Annotated[float, measured("rad/s", -20.0, 20.0)]


class CapsuleRelease(DeviceInterface):
    """Springs that push the capsule off along the x axis, spinning. Fault codes: `no_power`,
    `not_closed`, `stuck`."""

    fault_codes = ("no_power", "not_closed", "stuck")

    @reading()
    async def state(self) -> ReleaseState:
        """Separation switches."""
        raise NotImplementedError

    @actuation(limit=600.0, irreversible=True)
    async def release(self, direction: Triple) -> ReleaseState:
        """Points to a direction (any length) and lets the capsule go."""
        raise NotImplementedError
