"""The simulated separation of stages, fairing and container."""

from typing import Literal

from flight.icd.devices.ascent import Separation, SeparationState
from flight.icd.devices.base import DeviceFault
from flight.icd.places import MAV, ORBIT
from sim_hw.devices.ascent_device import AscentContext, AscentDevice
from sim_hw.devices.flight_battery import MavSupply
from sim_hw.serving.failure_modes import Failing, Tries, failure, put
from sim_hw.world.tubes import TubeRegistry

PARTS = ("first_stage", "fairing", "container")


class SimSeparation(AscentDevice, Separation):
    """Failure: `stuck` (of `part`; the next `shots` initiators do nothing)."""

    supply: MavSupply

    def __init__(self, context: AscentContext, tubes: TubeRegistry | None) -> None:
        super().__init__(context)
        self.tubes = tubes
        self.stuck: dict[str, int] = {}

    @failure
    def fail_stuck(
        self,
        part: Literal[PARTS] = "first_stage",  # type: ignore[valid-type]
        shots: Tries = 1,
    ) -> Failing:
        """The next `shots` to let `part` go come to nothing."""
        yield from put(self.stuck, part, shots)

    async def state(self) -> SeparationState:
        self.need_power()
        body = self.truth.body
        return SeparationState(
            time_ns=self.time_ns(),
            first_stage=body is None or body.has_first_stage,
            fairing=body is None or body.has_fairing,
            container=body is None or body.has_container,
        )

    async def separate_stage(self) -> SeparationState:
        return await self._let_go("first_stage")

    async def release_fairing(self) -> SeparationState:
        return await self._let_go("fairing")

    async def release_container(self) -> SeparationState:
        return await self._let_go("container")

    async def _let_go(self, part: str) -> SeparationState:
        self.need_power()
        if self.truth.body is None:
            raise DeviceFault("stuck", f"{self.service}: the MAV is in its tube; it is interlocked")
        self.part(part)
        return await self.state()

    def part(self, part: str) -> None:
        """Lets one part go; raises DeviceFault `stuck`."""
        body = self.truth.body
        assert body is not None
        if self.stuck.get(part, 0) > 0:
            self.stuck[part] -= 1
            raise DeviceFault("stuck", f"{self.service}: the {part.replace('_', ' ')} is held")
        if part == "first_stage" and body.has_first_stage:
            body.drop_first_stage()
        elif part == "fairing" and body.has_fairing:
            body.drop_fairing()
        elif part == "container" and body.has_container:
            self.truth.release_container()
            self.supply.rest()
            if self.tubes is not None:
                self.tubes.carry(MAV, ORBIT)
