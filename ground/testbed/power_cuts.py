"""What an empty battery does to the computers: they stop at once, and boot when power is back."""

import asyncio
from functools import partial

from ground.testbed.hardware import ON_THE_LANDER, Hardware
from ground.testbed.kills import BOOT_SECONDS
from ground.testbed.rig import Rig

LOOK = 600.0  # s between looks whether the battery is charged enough to start again


class PowerCuts:
    """Lets the nodes of a vehicle whose battery is empty die, and boots them again."""

    def __init__(self, rig: Rig, hardware: Hardware) -> None:
        self._rig = rig
        self._hardware = hardware
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
            self._rig.nursery.start(self._sit_out(vehicle), name=f"no power on {vehicle}")

    async def _sit_out(self, vehicle: str) -> None:
        nodes = [vehicle, *ON_THE_LANDER] if vehicle == "lander" else [vehicle]
        for node in nodes:
            if node in self._rig.nodes:
                await self._rig.kill(node)
        while self._hardware.vehicles[vehicle].electrical.brownout:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(LOOK)
        await asyncio.sleep(BOOT_SECONDS)
        del self._dark[vehicle]
        for node in nodes:
            if node not in self._hardware.lost and node not in self._rig.nodes:
                await self._rig.restart(node, "battery empty")
