"""What a real nozzle says of where it is: believed as far as it can have moved, and no farther."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.ascent import EffectorState
from flight.icd.devices.base import DeviceFault
from sim_hw.bench.port import Line, PortAnswer
from sim_hw.bench.stand_ins.effectors import RealAttitudeEffectors

RATE, STOP = 0.5, 0.3  # rad/s, rad


class Nozzle(RealAttitudeEffectors):
    """One whose answers a test gives: pitch, and how long its way was."""

    def __init__(self) -> None:
        self.condemned: list[str] = []
        self.stood: list[float] = []
        line = Line("mav.effectors", boot=1)
        plant = SimpleNamespace(
            service="mav.effectors", stop=STOP, gas=1.0, need_power=lambda: None,
            time_ns=lambda: 0, stand=lambda pitch, *more: self.stood.append(pitch),
        )  # fmt: skip
        port: Any = SimpleNamespace(
            lines={"mav.effectors": line},
            condemn=lambda service, why: self.condemned.append(why),
        )
        super().__init__(plant, port, "no_power", RATE)  # type: ignore[arg-type]
        self.answers: list[PortAnswer] = []

    async def ask(self, *what: Any, **more: Any) -> PortAnswer:
        return self.answers.pop(0)

    async def says(self, pitch: float, way: float = 0.001) -> EffectorState:
        plain = {"pitch": pitch, "yaw": 0.0, "gas": 0.5, "valid": True, "reason": ""}
        self.answers.append(PortAnswer(plain, 0.0, way))
        return await self.steer(0.0, 0.0, (0.0, 0.0, 0.0), 0.0)


async def test_it_is_where_it_can_have_come_to_and_its_gas_is_simulated() -> None:
    nozzle = Nozzle()
    assert (await nozzle.says(0.1)).gas == 1.0  # at first nobody knows where it was
    await asyncio.sleep(0.2)
    await nozzle.says(0.1 + RATE * 0.3)
    assert nozzle.condemned == [] and len(nozzle.stood) == 2
    with pytest.raises(DeviceFault, match=r"0\.05299 rad within 0\.002 s; 0\.051 rad is the most"):
        await nozzle.says(nozzle.stood[-1] - 0.05299)
    assert len(nozzle.condemned) == 1 and len(nozzle.stood) == 2  # it is not put there


async def test_a_run_that_was_held_up_believes_what_it_did_on_the_way() -> None:
    """By mission time no time has passed; the answers were under way for a fifth of a second."""
    nozzle = Nozzle()
    await nozzle.says(0.0, way=0.15)
    most = RATE * 0.3
    await nozzle.says(most - 1e-9, way=0.05)
    assert nozzle.condemned == []
    with pytest.raises(DeviceFault):
        await nozzle.says(-0.1, way=0.0)


async def test_beyond_its_stop_it_cannot_be_and_of_another_boot_nothing_is_taken() -> None:
    nozzle = Nozzle()
    await nozzle.says(STOP * 1.02)
    with pytest.raises(DeviceFault, match="its stop is at"):
        await nozzle.says(STOP * 1.02 + 1e-9)
    nozzle.line.boot = 2
    await nozzle.says(-STOP)
    assert len(nozzle.condemned) == 1
