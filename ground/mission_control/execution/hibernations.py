"""Waits for vehicles that hibernate: they have said so, and will say when they are awake again.

What is asked of one meanwhile is not heard, and that is no fault of it. Its steps wait, their
limits count anew, and what was under way when it fell asleep is asked for again.
"""

import asyncio
from collections.abc import Callable

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.mission_control.execution.tools import ProcedureTools
from ground.mission_control.procedures.recovery_rules import RecoveryRules

HIBERNATING = "hibernating"
"""The channel by which a vehicle says so."""


class Hibernations:
    """Who hibernates, as far as is known on the ground. `log` notes a sentence."""

    def __init__(
        self,
        rules: RecoveryRules,
        tools: ProcedureTools,
        log: Callable[[str, str], None],
        awake: Callable[[], None],
    ) -> None:
        self._rules = rules
        self._tools = tools
        self._log = log
        self._awake = awake

    def keeping(self, vehicle: str) -> list[str]:
        """Who hibernates of a vehicle and of those without which it can do nothing."""
        needed = [vehicle, *self._rules.needs.get(vehicle, [])]
        return [each for each in needed if self._tools.telemetry.value(each, HIBERNATING) is True]

    async def sit_out(self, path: str, vehicle: str) -> bool:
        """Waits until none does that keeps a vehicle from its work; returns whether one did.

        False also when one does for longer than anybody waits.
        """
        began = self._tools.clock.now()
        if not self.keeping(vehicle):
            return False
        self._log(path, f"waits: {', '.join(self.keeping(vehicle))} hibernates")
        sols = self._rules.hibernation_sols
        try:
            async with asyncio.timeout_at(began + sols * SOL_SECONDS):
                while sleepers := self.keeping(vehicle):
                    await self._tools.watches.wait("sample", sleepers[0], HIBERNATING)
        except TimeoutError:
            names = ", ".join(self.keeping(vehicle))
            self._log(path, f"waits no longer: {names} has hibernated for {sols:g} sols")
            return False
        waited = (self._tools.clock.now() - began) / SOL_SECONDS
        self._log(path, f"goes on after {waited:.1f} sols: all are awake")
        self._awake()
        return True
