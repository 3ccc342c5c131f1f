"""A real device beside a simulated one: flight software hears the simulated one alone."""

import asyncio
from typing import Any

import pytest

from flight.icd.codec import decode_plain
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.mobility import Driven, Wheels, WheelsState
from sim_hw.bench.comparison import Comparison, Tolerance
from sim_hw.bench.port import BenchPort
from sim_hw.bench.stand_ins.beside import Beside, SimulatedBeside, beside_class
from sim_hw.bench.stand_ins.stand_in import StandIn

SERVICE = "rover.wheels"


class SimWheels(Wheels):
    service = SERVICE

    def __init__(self) -> None:
        self.odometer = 5.0
        self.emit: Any = None
        self.stuck = False

    async def state(self) -> WheelsState:
        return WheelsState(
            time_ns=0, odometer=self.odometer, turned=0.0, motor_temperature=280.0,
            motor_current=0.0, dead_wheels=[],
        )  # fmt: skip

    async def drive(self, distance: float) -> Driven:
        await asyncio.sleep(abs(distance))
        if self.stuck:
            raise DeviceFault("obstacle", "a rock")
        self.odometer += abs(distance)
        return Driven(time_ns=0, distance=distance, turned=0.0, seconds=abs(distance))


class Desk:
    """The simulated wheels, and a real device that a test plays."""

    def __init__(self, mode: str, state: str = "armed", **bands: Tolerance) -> None:
        self.sent: list[list[Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.told: list[tuple[Any, ...]] = []
        self.sim = SimWheels()
        port = self.port = BenchPort([SERVICE], lambda data: self.sent.append(decode_plain(data)))
        port.lines[SERVICE].flies = False
        self.comparison = Comparison(bands)
        real = None if mode == "sim" else StandIn(self.sim, port, "no_power")
        loop = asyncio.get_running_loop()
        self.beside = Beside(
            self.notes.append, lambda work: loop.create_task(work),
            lambda *told: self.told.append(told), real, mode == "shadow", self.comparison,
        )  # fmt: skip
        self.device: Any = beside_class(Wheels)(self.sim, self.beside)
        self.admit("state", state, "", 1, {})

    def admit(self, kind: str, *values: Any) -> None:
        self.port.admit([kind, SERVICE, *values])

    async def end(self) -> None:
        """Nothing waits any more."""
        self.admit("state", "lost", "", 1, {})
        await asyncio.sleep(0.0)
        await asyncio.sleep(0.0)

    async def reply(self, result: Any, error: str = "", code: str = "") -> None:
        number = self.sent[-1][2]
        self.admit("reply", number, result, error, "why", code, 0, 0)
        await asyncio.sleep(0.0)
        await asyncio.sleep(0.0)


def real_state(odometer: float) -> dict[str, Any]:
    return {
        "valid": True, "reason": "", "odometer": odometer, "turned": 0.0,
        "motor_temperature": 280.0, "motor_current": 0.0, "dead_wheels": [],
    }  # fmt: skip


async def test_the_simulated_one_flies_and_both_are_compared_when_both_have_answered() -> None:
    desk = Desk("shadow", odometer=Tolerance(0.5))
    assert isinstance(desk.device, SimulatedBeside) and isinstance(desk.device, Wheels)
    told = await desk.device.state()
    assert told.odometer == 5.0 and desk.comparison.compared == 0
    await asyncio.sleep(0.0)
    await desk.reply(real_state(5.4))
    assert desk.comparison.compared == 1 and desk.told == []
    await desk.device.state()
    await asyncio.sleep(0.0)
    await desk.reply(real_state(6.0))
    assert desk.told == [("state.odometer", "diverged", 5.0, 6.0)]
    assert desk.notes[0]["method"] == "state" and desk.notes[0]["result"]["odometer"] == 5.0
    assert desk.port.missing is False
    await desk.end()


@pytest.mark.requirement("HIL-03")
async def test_a_shadow_moves_with_it_and_one_that_is_at_work_is_not_asked() -> None:
    desk = Desk("shadow", distance=Tolerance(0.01))
    assert (await desk.device.drive(1.0)).distance == 1.0
    assert desk.sent[-1][3:5] == ["drive", {"distance": 1.0}]
    await desk.device.drive(distance=2.0)  # the real one still drives the first
    assert len(desk.sent) == 1 and desk.comparison.not_asked == 1
    await desk.reply({"valid": True, "reason": "", "distance": 1.02, "turned": 0.0, "seconds": 9.0})
    assert desk.told == [("drive.distance", "diverged", 1.0, 1.02)]
    await desk.device.drive(1.0)
    assert len(desk.sent) == 2 and desk.sim.odometer == 9.0  # what the real one did moved nothing
    await desk.end()


async def test_what_flight_software_gives_up_the_real_one_stops() -> None:
    desk = Desk("shadow")
    task = asyncio.get_running_loop().create_task(desk.device.drive(10.0))
    await asyncio.sleep(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.0)
    assert [each[0] for each in desk.sent] == ["call", "cancel"]


async def test_a_monitor_is_asked_for_readings_alone() -> None:
    desk = Desk("monitor", "safe")
    await desk.device.drive(1.0)
    assert desk.sent == []
    await desk.device.state()
    await asyncio.sleep(0.0)
    assert [each[3] for each in desk.sent] == ["state"]
    await desk.end()


@pytest.mark.parametrize("mode", ["shadow", "monitor"])
async def test_one_that_is_lost_or_fails_is_counted_and_nobody_else_hears_of_it(mode: str) -> None:
    desk = Desk(mode, "lost")
    assert (await desk.device.state()).odometer == 5.0
    await asyncio.sleep(0.0)
    assert desk.comparison.unanswered == 1 and desk.sent == []
    desk.admit("state", "armed", "", 2, {})
    await desk.device.state()
    await asyncio.sleep(0.0)
    await desk.reply(None, "fault", "no_power")
    assert desk.comparison.unanswered == 2 and desk.comparison.compared == 0


@pytest.mark.parametrize(("code", "unlike"), [("obstacle", 0), ("no_power", 1), ("", 1)])
async def test_a_fault_of_both_is_alike_when_it_is_the_same(code: str, unlike: int) -> None:
    desk = Desk("shadow")
    desk.sim.stuck = True
    with pytest.raises(DeviceFault, match="a rock"):
        await desk.device.drive(1.0)
    result = None if code else {"distance": 1.0}
    await desk.reply(result, "fault" if code else "", code)
    assert (desk.comparison.unlike, desk.comparison.unanswered) == (unlike, 0)
    assert desk.notes[0]["error"] == "DeviceFault" and desk.notes[0]["code"] == "obstacle"


async def test_without_a_real_one_it_is_recorded_and_signals_pass() -> None:
    desk = Desk("sim")
    desk.device.emit = print
    assert desk.sim.emit is print
    await desk.device.drive(1.0)
    assert desk.sent == [] and desk.notes == [
        {
            "number": 1, "method": "drive", "arguments": {"distance": 1.0}, "error": "",
            "code": "", "seconds": pytest.approx(1.0), "asked_s": 0.0,
            "result": {
                "valid": True, "time_ns": 0, "reason": "", "boot": 0, "distance": 1.0,
                "turned": 0.0, "seconds": 1.0,
            },
        }
    ]  # fmt: skip
