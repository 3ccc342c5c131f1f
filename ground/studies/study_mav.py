"""The MAV as studies fly it: the vehicle with its own phases, on devices that are called directly.

What flies is the flight software of `flight.mav`, activity by activity, with its retries, patience,
watches, memory and ends. Left out are the messages between: a device is asked itself, and what
would be told to Earth is kept in a list.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import State, Statechart
from flight.core.context import NodeContext
from flight.core.keeping.clock import SpacecraftClock
from flight.core.keeping.storage import Storage
from flight.core.telling.events import Event
from flight.icd.devices.ascent import EffectorState, IgniterState, Increments
from flight.icd.devices.base import DeviceInterface
from flight.icd.messages import Message
from flight.mav.vehicle import MavVehicle
from flight.runtime.bus import Bus
from flight.runtime.memory_fabric import MemoryFabric
from sim_hw.assembly.mav import AscentDevices
from sim_hw.dynamics.hybrid_flight import HybridBody

D = TypeVar("D", bound=DeviceInterface)
EPOCH_JD_TT = 2462300.0
"""June 2029: nothing in an ascent depends on the date."""


class StudyMav(MavVehicle):
    """The vehicle of one flight; `events` are those that it told, with their time."""

    statechart = Statechart(State("launching", initial=True))

    def __init__(self, devices: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        self.events_told: list[tuple[float, str, dict[str, Any]]] = []
        self._devices = devices
        super().__init__(
            NodeContext(
                bus=Bus("mav", fabric=MemoryFabric()),
                storage=Storage(":memory:"),
                clock=SpacecraftClock(EPOCH_JD_TT),
                seed=0,
                parameters=parameters,
            )
        )
        self.attach()

    def driver(
        self, interface: type[D], device: str, *, owner: str = "", names: tuple[str, ...] = ()
    ) -> D:
        # A simulated device is its interface: asked directly, it answers at once.
        return cast(D, self._devices.get(device))

    def report_event(self, event: Event, text: str, data: Mapping[str, Any]) -> None:
        self.events_told.append((self.clock.now(), event.name, dict(data)))

    def publish(self, message: Message, priority: int) -> None:
        """Nobody listens."""

    def told(self, event: str) -> dict[str, Any] | None:
        """The data of the first event of a name; None when it was not told."""
        return next((data for _, name, data in self.events_told if name == event), None)

    def close(self) -> None:
        """The flight is over."""
        self.storage.close()


class GroundReached(ActivityFailed):
    """The vehicle lies on the ground: nothing more is to be learnt from its flight."""


class _InertialUnit:
    """Ends the flight of a vehicle that has fallen to the ground."""

    def __init__(self, devices: AscentDevices) -> None:
        self._devices = devices

    async def increments(self) -> Increments:
        seen = await self._devices.inertial_unit.increments()
        body = self._devices.truth.body
        if body is not None and body.crashed:
            raise GroundReached("fell to the ground")
        return seen


class _SecondIgniter:
    """Has somebody look before the second motor is lit for the first time."""

    def __init__(self, devices: AscentDevices, look: Callable[[], None]) -> None:
        self._igniter = devices.second_igniter
        self._look: Callable[[], None] | None = look

    async def fire(self) -> IgniterState:
        look, self._look = self._look, None
        if look is not None:
            look()
        return await self._igniter.fire()


class _Effectors:
    """Takes what the computer orders; a motor that can be shut off has a valve besides."""

    def __init__(self, devices: AscentDevices, shut_off: Callable[[], float | None]) -> None:
        self._devices = devices
        self._shut_off = shut_off

    async def steer(
        self, pitch: float, yaw: float, pulses: tuple[float, float, float], forward: float
    ) -> EffectorState:
        state = await self._devices.effectors.steer(pitch, yaw, pulses, forward)
        body, seconds = self._devices.truth.body, self._shut_off()
        if seconds is not None and isinstance(body, HybridBody):
            body.shut_off(seconds)
        return state


def called_directly(
    devices: AscentDevices, shut_off: Callable[[], float | None], before_second: Callable[[], None]
) -> dict[str, Any]:
    """The devices of the ascent by their names, as a `StudyMav` asks them.

    `shut_off`: seconds from now at which the order that is given shuts the motor off, None when it
    does not; `before_second` is called before the second motor is lit.
    """
    return {
        "ejector": devices.ejector,
        "first_igniter": devices.first_igniter,
        "second_igniter": _SecondIgniter(devices, before_second),
        "effectors": _Effectors(devices, shut_off),
        "separation": devices.separation,
        "inertial_unit": _InertialUnit(devices),
        "star_tracker": devices.star_tracker,
        "ascent_recorder": devices.recorder,
        "beacon": devices.beacon,
    }
