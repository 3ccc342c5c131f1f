"""While a command is waited for, those without whom its vehicle can do nothing are led out of their
safe state.

Nobody commands them meanwhile, so nobody is told that they do nothing: what waits for them would
wait until its own limit, and a lander that keeps its MAV warm would stay safe for weeks.
"""

from collections.abc import Awaitable, Sequence

from flight.runtime.nursery import Nursery
from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution.recovery import MODE, Recoverer
from ground.mission_control.execution.tools import ProcedureTools


class LeadingOut:
    """Of one command: `name`, under which it was issued; `needed`: who its vehicle needs; `limit`:
    mission time (s) at which its step is over."""

    def __init__(
        self,
        tools: ProcedureTools,
        recoverer: Recoverer,
        name: str,
        needed: Sequence[str],
        limit: float,
    ) -> None:
        self._tools = tools
        self._recoverer = recoverer
        self._name = name
        self._needed = needed
        self._limit = limit
        self._under_way: set[str] = set()
        self.has_led = False
        """Whether one of them was led out meanwhile."""

    async def beside(self, identifier: str, verdict: Awaitable[Verdict]) -> Verdict:
        """The verdict on a command, when it has come. What has come to an end otherwise than well
        waits for who is on the way out: it will be done anew. What is done waits for nobody."""
        async with Nursery("leading out") as nursery:
            tasks = {
                vehicle: nursery.start(self._lead_out(vehicle, identifier), name=vehicle)
                for vehicle in self._needed
            }
            found = await verdict
            for vehicle, task in tasks.items():
                if found is Verdict.COMPLETED or vehicle not in self._under_way:
                    task.cancel()
        for vehicle in self._under_way:
            self._recoverer.leave(self._named(vehicle))
        return found

    async def _lead_out(self, vehicle: str, identifier: str) -> None:
        """Once: who falls back into it is for the step's own recoveries, which are counted. What
        was lost meanwhile, the command or its end, is asked for as soon as it is out."""
        while not self._recoverer.is_safe(vehicle):
            await self._tools.watches.wait("sample", vehicle, MODE)
        self._under_way.add(vehicle)
        led = await self._recoverer.recover_waiting(self._named(vehicle), vehicle, self._limit)
        self._under_way.discard(vehicle)
        self.has_led = self.has_led or led
        if led:
            self._tools.tracker.ask_now(identifier)

    def _named(self, vehicle: str) -> str:
        return f"{self._name} needs {vehicle}"
