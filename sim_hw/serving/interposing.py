"""The seam of a device: what may come between it and its drivers."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from flight.icd.devices.base import Method

Perform = Callable[..., Awaitable[Any]]
Send = Callable[[str, Any], None]


class NoAnswer(Exception):
    """The device does not answer a call; its driver waits in vain."""


class Interposer(Protocol):
    """Stands between a device and its server; both know nothing of each other."""

    async def call(self, method: Method, arguments: dict[str, Any], perform: Perform) -> Any:
        """What the device is said to have answered, as plain data, to a call whose arguments were
        checked; `perform(**arguments)` is the device itself.

        Raises what a device raises, and NoAnswer.
        """

    def emit(self, name: str, data: Any, send: Send) -> None:
        """Passes on a signal of the device, as plain data."""
