"""What an empty battery does to the computers: they stop at once, and boot when power is back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from flight.runtime.nursery import Nursery
from ground.missions.vehicles import ON_THE_LANDER
from ground.testbed.computers.starts import COLD
from ground.testbed.hardware.hardware import Hardware

LOOK = 600.0  # s between looks whether the battery is charged enough to start again


class PowerCuts:
    """Lets the nodes of a vehicle whose battery is empty die, and boots them again.

    `kill` ends those of some nodes that run; `boot` starts those that can be started.
    """

    def __init__(
        self,
        hardware: Hardware,
        nursery: Nursery,
        kill: Callable[[Iterable[str]], Awaitable[None]],
        boot: Callable[[Iterable[str], str], None],
    ) -> None:
        self._hardware = hardware
        self._nursery = nursery
        self._kill = kill
        self._boot = boot
        self._dark: dict[str, None] = {}
        self.cuts: list[tuple[float, str]] = []
        for name, built in hardware.vehicles.items():
            if name not in ON_THE_LANDER:
                built.electrical.on_brownout.append(partial(self._cut, name))

    def is_dark(self, node: str) -> bool:
        """Whether a node has no power now, and so cannot boot."""
        return ("lander" if node in ON_THE_LANDER else node) in self._dark

    def _cut(self, vehicle: str, time: float) -> None:
        if vehicle not in self._dark:
            self._dark[vehicle] = None
            self.cuts.append((time, vehicle))
            self._nursery.start(self._sit_out(vehicle), name=f"no power on {vehicle}")

    async def _sit_out(self, vehicle: str) -> None:
        nodes: Sequence[str] = [vehicle, *ON_THE_LANDER] if vehicle == "lander" else [vehicle]
        await self._kill(nodes)
        while self._hardware.vehicles[vehicle].electrical.brownout:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(LOOK)
        await asyncio.sleep(COLD.seconds)
        del self._dark[vehicle]
        self._boot(nodes, "battery empty")
