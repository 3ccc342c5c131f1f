"""The stand-in for wheels: what the device says it turned has moved the vehicle, and nothing that
cannot be."""

import asyncio
import contextlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.codec import decode_plain
from flight.icd.devices.base import DeviceFault, DeviceRejected
from sim_hw.bench.port import BenchPort
from sim_hw.bench.stand_ins.wheels import RealWheels
from sim_hw.devices.wheels_plant import Moment
from sim_hw.serving.driven import DrivenAxis

SERVICE = "rover.wheels"


class Plant:
    """Straight ahead without slip; a rock stands where `rock` says, in metres of wheel."""

    def __init__(self) -> None:
        self.north = 0.0
        self.heading = 0.0
        self.rock: float | None = None

    def plan_drive(self, distance: float) -> tuple[list[Moment], DeviceFault | None]:
        way = abs(distance) if self.rock is None else min(abs(distance), self.rock)
        sign = 1.0 if distance >= 0.0 else -1.0
        start = Moment(0.0, 0.0, 0.0, self.north, 0.0, 0.0)
        fault = DeviceFault("obstacle", "a rock") if self.rock is not None else None
        if way == 0.0:
            return [start], fault
        return [start, Moment(way, way, 0.0, self.north + sign * way, 0.0, 0.0)], fault

    def plan_turn(self, angle: float) -> list[Moment]:
        start = Moment(0.0, 0.0, 0.0, self.north, self.heading, 0.0)
        return [start, Moment(abs(angle), 0.0, 0.0, self.north, self.heading + angle, 0.0)]

    def stand(self, path: list[Moment], at: float, measure: Callable[[Moment], float]) -> Moment:
        part = min(at / measure(path[-1]), 1.0) if measure(path[-1]) else 0.0
        self.north = path[0].north + part * (path[-1].north - path[0].north)
        self.heading = path[0].heading + part * (path[-1].heading - path[0].heading)
        return path[-1]

    def consumption(self) -> float:
        return 10.0

    def lean(self) -> DrivenAxis:
        return DrivenAxis("lean", 0.0, 0.0, 1.0)


class Power:
    """The simulated device, of which the stand-in needs power, clock and plant."""

    service = SERVICE

    def __init__(self) -> None:
        self.plant = Plant()
        self.on = True
        self.drawn: list[float] = []
        self.world = SimpleNamespace(now=lambda: asyncio.get_running_loop().time())

    def need_power(self) -> None:
        if not self.on:
            raise DeviceFault("no_power", "the switch is open")

    def time_ns(self) -> int:
        return round(self.world.now() * 1e9)

    def drawing(self, watts: float) -> Any:


        @contextlib.contextmanager
        def block() -> Any:
            self.drawn.append(watts)
            try:
                yield
            finally:
                self.drawn.append(0.0)

        return block()


class Desk:
    def __init__(self, *, arm: bool = True) -> None:
        self.sent: list[Any] = []
        self.port = BenchPort([SERVICE], lambda data: self.sent.append(decode_plain(data)))
        self.power = Power()
        self.wheels = RealWheels(self.power, self.port, "no_power", 1.0, 1.0)  # type: ignore[arg-type]
        self.work: list[bool] = []
        self.port.on_work = lambda: self.work.append(self.port.at_work)
        if arm:
            self.state("armed")

    def state(self, state: str, words: str = "", boot: int = 1) -> None:
        self.port.admit(["state", SERVICE, state, words, boot, {}])

    def effect(
        self, number: int, distance: float, state: str = "moving", way_us: int = 1000, **more: Any
    ) -> None:
        told = {"number": 7, "state": state, "distance": distance, "turned": 0.0} | more
        self.port.admit(["effect", SERVICE, number, told, way_us])

    def reply(
        self, number: int, result: Any = None, error: str = "", code: str = "", way_us: int = 1000
    ) -> None:
        self.port.admit(["reply", SERVICE, number, result, error, "why", code, 0, way_us])

    def done(self, number: int, distance: float, turned: float = 0.0) -> None:
        self.reply(number, {"distance": distance, "turned": turned, "seconds": 1.0})


async def begun(work: Any) -> "asyncio.Task[Any]":
    task = asyncio.get_running_loop().create_task(work)
    await asyncio.sleep(0)
    return task


async def test_effects_move_the_vehicle_and_the_answer_is_the_devices() -> None:
    desk = Desk()
    drive = await begun(desk.wheels.drive(4.0))
    assert desk.sent == [["call", SERVICE, 1, "drive", {"distance": 4.0}, 900.0, 900.0]]
    await asyncio.sleep(2.0)
    desk.effect(1, 1.5)
    assert desk.power.plant.north == 1.5 and desk.port.at_work
    await asyncio.sleep(2.0)
    desk.effect(1, 4.0, "done")
    desk.done(1, 4.0)
    driven = await drive
    assert (driven.distance, driven.boot, driven.time_ns) == (4.0, 1, 4_000_000_000)
    assert desk.power.plant.north == 4.0 and desk.power.drawn == [10.0, 0.0]
    assert desk.work[-1] is False


async def test_backwards_and_on_the_spot() -> None:
    desk = Desk()
    drive = await begun(desk.wheels.drive(-2.0))
    await asyncio.sleep(2.0)
    desk.effect(1, -1.0)
    assert desk.power.plant.north == -1.0
    desk.done(1, -2.0)
    await drive
    assert desk.power.plant.north == -2.0
    turn = await begun(desk.wheels.turn(-1.0))
    await asyncio.sleep(1.0)
    desk.effect(2, 0.0, turned=-0.5)
    assert desk.power.plant.heading == -0.5
    desk.done(2, 0.0, -1.0)
    assert (await turn).turned == -1.0 and desk.power.plant.heading == -1.0


async def test_a_loss_in_mid_drive_is_a_fault_at_once_and_the_vehicle_stands_where_it_was() -> None:
    desk = Desk()
    drive = await begun(desk.wheels.drive(4.0))
    await asyncio.sleep(2.0)
    desk.effect(1, 1.25)
    desk.state("lost", "the other side has closed")
    with pytest.raises(DeviceFault, match=r"lost: the other side has closed") as fault:
        await drive
    assert fault.value.code == "no_power" and desk.power.plant.north == 1.25
    assert not desk.port.at_work
    with pytest.raises(DeviceFault, match=r"rover\.wheels is lost"):
        await desk.wheels.drive(1.0)
    with pytest.raises(DeviceFault, match=r"rover\.wheels is lost"):
        await desk.wheels.state()
    assert [each[0] for each in desk.sent] == ["call"]  # nothing more went out
    desk.state("armed", boot=2)
    desk.done(1, 4.0)  # an answer of before moves nothing
    assert desk.power.plant.north == 1.25
    state = await begun(desk.wheels.state())
    desk.reply(2, {
        "odometer": 0.0, "turned": 0.0, "motor_temperature": 280.0, "motor_current": 0.0,
        "dead_wheels": [],
    })  # fmt: skip
    assert (await state).boot == 2


@pytest.mark.parametrize(
    ("seconds", "tell"),
    [
        (1.0, {"distance": 2.0}),  # faster than it can be
        (9.0, {"distance": 5.0}),  # farther than was asked for
        (9.0, {"distance": -1.0}),  # the wrong way
        (9.0, {"distance": "far"}),
        (9.0, {"distance": True}),
        (9.0, {}),
    ],
)
async def test_what_cannot_be_moves_nothing_and_the_device_is_lost(
    seconds: float, tell: dict[str, Any]
) -> None:
    desk = Desk()
    drive = await begun(desk.wheels.drive(4.0))
    await asyncio.sleep(seconds)
    desk.port.admit(["effect", SERVICE, 1, {"number": 7, "state": "moving"} | tell])
    with pytest.raises(DeviceFault, match="it says what cannot be"):
        await drive
    assert desk.power.plant.north == 0.0
    assert [each[0] for each in desk.sent] == ["call", "drop"]


async def test_an_answer_that_cannot_be_is_no_answer() -> None:
    desk = Desk()
    drive = await begun(desk.wheels.drive(4.0))
    await asyncio.sleep(1.0)
    desk.done(1, 4.0)  # after a second, at 1 m/s
    with pytest.raises(DeviceFault, match="at 1 m/s it is"):
        await drive
    assert desk.power.plant.north == 0.0 and desk.sent[-1][0] == "drop"


@pytest.mark.parametrize("by", ["effect", "reply"])
async def test_a_run_that_stands_believes_what_was_done_while_the_call_was_under_way(
    by: str,
) -> None:
    """No mission time passes; at the bench two seconds have. A little more cannot be."""
    for beyond in (0.0, 1e-6):
        desk = Desk()
        drive = await begun(desk.wheels.drive(2.1 + beyond))
        if by == "effect":
            desk.effect(1, 2.1 + beyond, way_us=2_000_000)
        else:
            told = {"distance": 2.1 + beyond, "turned": 0.0, "seconds": 2.0}
            desk.reply(1, told, way_us=2_000_000)
        if not beyond:
            if by == "effect":
                desk.reply(1, {"distance": 2.1, "turned": 0.0, "seconds": 2.0}, way_us=2_010_000)
            assert (await drive).distance == desk.power.plant.north == 2.1
            continue
        with pytest.raises(DeviceFault, match=r"within 2\.000 s; at 1 m/s it is 2\.1 m at most"):
            await drive
        assert desk.power.plant.north == 0.0 and desk.sent[-1][0] == "drop"


async def test_an_effect_of_another_call_moves_nothing() -> None:
    desk = Desk()
    desk.effect(5, 1.0)
    drive = await begun(desk.wheels.drive(4.0))
    await asyncio.sleep(4.0)
    desk.effect(2, 1.0)
    assert desk.power.plant.north == 0.0
    desk.done(1, 4.0)
    await drive
    desk.effect(1, 3.0)  # late: it has been answered
    assert desk.power.plant.north == 4.0


async def test_the_ground_stops_a_real_device_where_a_rock_is() -> None:
    desk = Desk()
    desk.power.plant.rock = 1.5
    drive = await begun(desk.wheels.drive(4.0))
    await asyncio.sleep(3.0)
    desk.effect(1, 1.0)
    desk.effect(1, 2.5)
    with pytest.raises(DeviceFault) as fault:
        await drive
    assert fault.value.code == "obstacle" and desk.power.plant.north == 1.5
    assert desk.sent[-1] == ["cancel", SERVICE, 1]
    desk.power.plant.rock = 0.0
    with pytest.raises(DeviceFault):
        await desk.wheels.drive(4.0)
    assert desk.sent[-1][0] == "cancel"  # the device was not asked


async def test_who_gives_up_has_the_device_stop_and_its_last_effect_counts() -> None:
    desk = Desk()
    drive = await begun(desk.wheels.drive(4.0))
    await asyncio.sleep(2.0)
    drive.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drive
    assert desk.sent[-1] == ["cancel", SERVICE, 1] and desk.power.drawn[-1] == 0.0
    desk.effect(1, 2.0, "cancelled")
    assert desk.power.plant.north == 2.0
    desk.effect(1, 2.05)
    assert desk.power.plant.north == 2.0


async def test_refusals_faults_and_nonsense_arrive_as_what_they_are() -> None:
    desk = Desk()
    for number, (error, code, kind) in enumerate(
        [("rejected", "", DeviceRejected), ("fault", "stall", DeviceFault)], 1
    ):
        drive = await begun(desk.wheels.drive(1.0))
        desk.reply(number, None, error, code)
        with pytest.raises(kind, match="why"):
            await drive
    state = await begun(desk.wheels.state())
    desk.reply(3, {"odometer": "far"})
    with pytest.raises(DeviceFault) as fault:
        await state
    assert fault.value.code == "garbage"


async def test_without_power_or_before_it_is_there_nothing_is_asked() -> None:
    desk = Desk(arm=False)
    with pytest.raises(DeviceFault, match=r"rover\.wheels is absent: not there"):
        await desk.wheels.drive(1.0)
    desk.state("armed")
    desk.power.on = False
    for work in (desk.wheels.state(), desk.wheels.drive(1.0), desk.wheels.turn(1.0)):
        with pytest.raises(DeviceFault, match="the switch is open"):
            await work
    assert desk.sent == []


async def test_a_sample_that_is_old_is_stamped_as_old() -> None:
    desk = Desk()
    await asyncio.sleep(10.0)
    state = await begun(desk.wheels.state())
    await asyncio.sleep(1.0)
    result = {
        "odometer": 1.0, "turned": 0.0, "motor_temperature": 280.0, "motor_current": 0.0,
        "dead_wheels": [],
    }  # fmt: skip
    desk.port.admit(["reply", SERVICE, 1, result, "", "", "", 3_000_000, 500_000])
    assert (await state).time_ns == round((11.0 - 0.25 - 3.0) * 1e9)
