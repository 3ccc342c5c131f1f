"""A real nozzle under the simulated MAV: where it says that it is, it pushes. The cold gas is
simulated."""

import asyncio
import math

from flight.icd.devices.ascent import AttitudeEffectors, EffectorState
from flight.icd.devices.base import DeviceFault
from sim_hw.bench.effect_bounds import time_to_move
from sim_hw.bench.port import BenchPort
from sim_hw.bench.stand_ins.stand_in import StandIn
from sim_hw.devices.attitude_effectors import SimAttitudeEffectors

BEYOND = 0.02  # of the stop, by which an encoder may overshoot (assumption)


class RealAttitudeEffectors(StandIn, AttitudeEffectors):
    """The interface AttitudeEffectors. `nozzle_rate` (rad/s): faster than that nothing is believed.
    """

    def __init__(
        self, sim: SimAttitudeEffectors, port: BenchPort, on_loss: str, nozzle_rate: float
    ) -> None:
        super().__init__(sim, port, on_loss)
        self.plant = sim
        self.line.goal = lambda arguments: (arguments["pitch"], arguments["yaw"])
        self._rate = nozzle_rate
        # Pitch, yaw (rad), when by mission time, and how long that answer's way was (s).
        self._last: tuple[float, float, float, float] | None = None
        self._boot = 0

    async def steer(
        self, pitch: float, yaw: float, pulses: tuple[float, float, float], forward: float
    ) -> EffectorState:
        self.plant.need_power()
        arguments = {"pitch": pitch, "yaw": yaw, "pulses": list(pulses), "forward": forward}
        answer = await self.ask("steer", arguments, self.methods["steer"].limit)
        told = self.reading(EffectorState, answer.result, self.plant.time_ns())
        why = self._impossible(told, answer.round_trip)
        if why:
            self.port.condemn(self.service, f"it says what cannot be: {why}")
            raise DeviceFault(self.on_loss, f"{self.service}: {why}")
        self.plant.stand(told.pitch, told.yaw, pulses, forward)
        return replace_gas(told, self.plant.gas)

    def _impossible(self, told: EffectorState, way: float) -> str:
        """Why the nozzle cannot be there; "" when it can. No difference is taken of two boots.

        A run that is held up stands, and its answers wait on their `way` (s of the wall): what it
        did in those of both answers is believed as well.
        """
        now = asyncio.get_running_loop().time()
        most = self.plant.stop * (1.0 + BEYOND)
        for name, angle in (("pitch", told.pitch), ("yaw", told.yaw)):
            if not math.isfinite(angle) or abs(angle) > most:
                return f"{name} {angle:.4g} rad; its stop is at {self.plant.stop:.4g} rad"
        before, self._last = self._last, (told.pitch, told.yaw, now, way)
        if before is None or self._boot != told.boot:
            self._boot = told.boot
            return ""
        moved = max(abs(told.pitch - before[0]), abs(told.yaw - before[1]))
        between = now - before[2]
        passed = between + before[3] + way
        allowed = self._rate * time_to_move(between, passed)
        if moved > allowed:
            return f"{moved:.4g} rad within {passed:.3f} s; {allowed:.4g} rad is the most"
        return ""


def replace_gas(told: EffectorState, gas: float) -> EffectorState:
    """The same with the gas of the simulated tank, kg."""
    return EffectorState(
        valid=told.valid, time_ns=told.time_ns, reason=told.reason, boot=told.boot,
        pitch=told.pitch, yaw=told.yaw, gas=gas,
    )  # fmt: skip


