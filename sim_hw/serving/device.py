"""What every simulated device has: a place in the world, a random stream, and somebody to tell."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sim_hw.serving.failure_modes import FailureMode, mode_called, modes_of

W = TypeVar("W")
T_co = TypeVar("T_co", covariant=True)
E_co = TypeVar("E_co", covariant=True)


@dataclass(frozen=True)
class DeviceContext(Generic[T_co, E_co]):
    """What a simulated device is given, whatever it is: all but its own parts and parameters.

    `service`: as what it is served, `vehicle.device`. `random`: its own stream. `truth`: what it is
    in, the world or a true vehicle. `electrical`: what it draws from. `consumer`: as what it draws,
    and by whose switch; the device's name where nothing else is said.
    """

    service: str
    random: random.Random
    truth: T_co
    electrical: E_co
    consumer: str = ""

    def within(self, truth: W) -> "DeviceContext[W, E_co]":
        """The same in another truth."""
        return DeviceContext(self.service, self.random, truth, self.electrical, self.consumer)

    @property
    def draws_as(self) -> str:
        """The name by which its power system knows it."""
        return self.consumer or self.service.rpartition(".")[2]


@dataclass(frozen=True)
class Fittings(Generic[T_co, E_co]):
    """Makes the contexts of one vehicle's devices.

    `streams` gives the random stream of a service. `carried`: its power comes from a vehicle that
    carries it, where a switch of this vehicle's name is its own.
    """

    vehicle: str
    streams: Callable[[str], random.Random]
    truth: T_co
    electrical: E_co
    carried: bool = False

    def __call__(self, device: str) -> DeviceContext[T_co, E_co]:
        """The context of a device by its name."""
        service = f"{self.vehicle}.{device}"
        return DeviceContext(
            service, self.streams(service), self.truth, self.electrical,
            service if self.carried else "",
        )  # fmt: skip


class SimulatedDevice:
    """Base of the simulated devices; combined with a device interface.

    `random` is the device's own stream. `emit(name, data)` tells the driver something unasked; it
    does nothing until the device is served. `modes`: the ways in which it alone can fail.
    """

    modes: ClassVar[dict[str, FailureMode]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.modes = modes_of(cls)

    def __init__(self, context: DeviceContext[Any, Any]) -> None:
        self.service = context.service
        self.random = context.random
        self.emit: Callable[[str, Any], None] = lambda name, data: None

    def names(self) -> tuple[str, ...]:
        """What can be asked for by name at it: switches, zones. Most devices have no such parts."""
        return ()

    def fail(self, mode: str, **options: Any) -> Callable[[], None]:
        """Lets the device fail in one of its modes until what is returned is called.

        Raises ValueError for a mode that it does not have, and for options that have no meaning.
        """
        found = mode_called(self.service, self.modes, mode)
        return found.begin(self, found.read(options))
