"""What every simulated device has: a place in the world, a random stream, and somebody to tell."""

import random
from collections.abc import Callable
from typing import Any


class SimulatedDevice:
    """Base of the simulated devices; combined with a device interface.

    `random` is the device's own stream. `emit(name, data)` tells the driver something unasked; it
    does nothing until the device is served.
    """

    def __init__(self, service: str, random_stream: random.Random) -> None:
        self.service = service
        self.random = random_stream
        self.emit: Callable[[str, Any], None] = lambda name, data: None

    def names(self) -> tuple[str, ...]:
        """What can be asked for by name at it: switches, zones. Most devices have no such parts."""
        return ()
