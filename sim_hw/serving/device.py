"""What every simulated device has: a place in the world, a random stream, and somebody to tell."""

import random
from collections.abc import Callable
from typing import Any, ClassVar

from sim_hw.serving.failure_modes import FailureMode, mode_called, modes_of


class SimulatedDevice:
    """Base of the simulated devices; combined with a device interface.

    `random` is the device's own stream. `emit(name, data)` tells the driver something unasked; it
    does nothing until the device is served. `modes`: the ways in which it alone can fail.
    """

    modes: ClassVar[dict[str, FailureMode]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.modes = modes_of(cls)

    def __init__(self, service: str, random_stream: random.Random) -> None:
        self.service = service
        self.random = random_stream
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
