"""A device in C as a library in virtual time: for tests that want no hardware and no waiting."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from flight.configuration.allowed_values import choices_words
from flight.runtime.loop import VirtualLoop, run
from sim_hw.bench.building import DEVICES, SOURCES, build
from sim_hw.bench.library import LibraryDevice
from sim_hw.bench.wire.client import ProtocolClient

T = TypeVar("T")


class RunningDevice:
    """The device while a program runs. `effects`: what it has said that it did."""

    def __init__(self, device: LibraryDevice) -> None:
        self.device = device
        self.effects: list[dict[str, Any]] = []
        self._hellos = 0
        self.plug()

    def plug(self) -> None:
        """Puts the plug in, also again: it is safe from then on."""
        self._hellos += 1
        self.client = ProtocolClient(
            self.device.wire(), "test", on_said=lambda said: self.effects.append(said.data)
        )
        self.client.start(self._hellos)

    async def call(self, method: str, **arguments: Any) -> Any:
        """The result of a method of its interface, as it came over the wire."""
        return (await self.client.call(method, arguments, limit=900.0)).result

    async def own(self, method: str, **arguments: Any) -> Any:
        """The result of one of the bench's own methods, such as `safe(on=False)`."""
        return await self.client.own(method, **arguments)


class VirtualDevice:
    """Built once; each `run` is a power on, and the same in each bit."""

    def __init__(
        self, folder: Path, name: str, settings: dict[str, Any], sources: Path | None = None
    ) -> None:
        """`sources`: another folder than this program's, with the same core. Raises NotBuilt, and
        ValueError for a device that there is not."""
        if name not in DEVICES:
            raise ValueError(f"{name}: {choices_words(name, list(DEVICES))}")
        self._path = build(name, "library", folder, sources=sources or SOURCES)
        self._settings = settings

    def run(self, work: Callable[[RunningDevice], Awaitable[T]]) -> T:
        """Runs an async function of the running device, in virtual time, to its end."""

        async def main() -> T:
            device = LibraryDevice(self._path, **self._settings)
            running = RunningDevice(device)
            try:
                return await work(running)
            finally:
                running.client.close()
                device.close()

        return run(main(), VirtualLoop())
