"""Stand-ins made from any interface: readings and the time of a motion are the real device's, what
that does to the world is the plant's."""

import asyncio
from typing import Any

import pytest

from flight.icd.codec import decode_plain
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.manipulation import GripperState
from sim_hw.bench.port import BenchPort
from sim_hw.bench.stand_ins.table import BY_SERVICE
from sim_hw.serving.motor import Motor


class Plant:
    """A gripper, of which the stand-in needs motor, power and what it does to the world."""

    service = "rover.gripper"

    def __init__(self) -> None:
        self.motor = Motor()
        self.closed = False
        self.on = True
        self.part = -1.0

    def need_power(self) -> None:
        if not self.on:
            raise DeviceFault("no_power", "the switch is open")

    async def close(self) -> GripperState:
        done = False
        try:
            await self.motor.run(5.0)
            await self.motor.run(5.0)  # a further leg is the device's as well
            done = True
        finally:
            self.part = 1.0 if done else self.motor.part(0.0, 5.0)
        self.closed = True
        return GripperState(opening=0.0, force=30.0)


class Bench:
    """The stand-in of a plant, and what it says to the bench process."""

    def __init__(self, plant: Any, rate: float = 1.0, features: tuple[str, ...] = ()) -> None:
        self.plant = plant
        self.sent: list[list[Any]] = []
        self.port = BenchPort([plant.service], lambda data: self.sent.append(decode_plain(data)))
        place = BY_SERVICE[plant.service]
        self.device = place.make(plant, self.port, "no_power", {"motion": rate})
        self.admit("state", "armed", "", 1, {"features": list(features)})

    def admit(self, kind: str, *values: Any) -> None:
        self.port.admit([kind, self.plant.service, *values])

    def reply(self, result: Any, error: str = "", code: str = "") -> None:
        number = self.sent[-1][2]
        self.admit("reply", number, result, error, "why", code, 0, 0)

    def effect(self, **data: Any) -> None:
        self.admit("effect", self.sent[-1][2], data)


STATE = {"opening": 0.0, "force": 25.0}


async def test_the_plant_moves_as_long_as_the_device_does_and_the_answer_is_the_devices() -> None:
    bench = Bench(Plant())
    task = asyncio.get_running_loop().create_task(bench.device.close())
    await asyncio.sleep(2.0)
    assert bench.sent[-1][:4] == ["call", "rover.gripper", 1, "close"] and not bench.plant.closed
    bench.effect(part=0.5)
    await asyncio.sleep(2.0)
    bench.reply(STATE)
    told = await task
    assert (told.force, told.boot) == (25.0, 1) and bench.plant.closed
    assert [each[0] for each in bench.sent] == ["call"]


@pytest.mark.parametrize(
    ("parts", "condemned"),
    [((0.4, 0.3), True), ((1.03,), True), (("far",), True), ((float("nan"),), True),
     ((0.4, 0.4, 1.0), False), ((0.9,), True)],
)  # fmt: skip
async def test_what_cannot_be_is_a_lost_device_and_the_plant_stands_where_it_was(
    parts: tuple[Any, ...], condemned: bool
) -> None:
    bench = Bench(Plant(), rate=0.2 if parts == (0.9,) else 10.0)
    task = asyncio.get_running_loop().create_task(bench.device.close())
    await asyncio.sleep(0.5)
    for part in parts:
        bench.effect(part=part)
    await asyncio.sleep(0.0)
    assert (bench.sent[-1][0] == "drop") is condemned
    if condemned:
        with pytest.raises(DeviceFault, match="it says what cannot be"):
            await task
        assert not bench.plant.closed and bench.plant.part == (0.4 if parts[0] == 0.4 else 0.0)
    else:
        bench.reply(STATE)
        await task


async def test_one_that_is_answered_too_soon_is_lost() -> None:
    bench = Bench(Plant(), rate=0.1)
    task = asyncio.get_running_loop().create_task(bench.device.close())
    await asyncio.sleep(1.0)
    bench.reply(STATE)
    with pytest.raises(DeviceFault, match=r"1 of a motion within 1.000 s"):
        await task
    assert not bench.plant.closed and bench.sent[-1][0] == "drop"


async def test_a_loss_in_mid_motion_is_a_fault_and_leaves_the_plant_where_it_was() -> None:
    bench = Bench(Plant())
    task = asyncio.get_running_loop().create_task(bench.device.close())
    await asyncio.sleep(0.5)
    bench.effect(part=0.3)
    bench.admit("state", "lost", "the plug is out", 1, {})
    with pytest.raises(DeviceFault) as lost:
        await task
    assert lost.value.code == "no_power" and "the plug is out" in str(lost.value)
    assert not bench.plant.closed and bench.plant.part == 0.3
    with pytest.raises(DeviceFault):
        await bench.device.close()
    assert len(bench.sent) == 1  # nothing was asked of one that is not there


async def test_without_simulated_power_nothing_is_asked() -> None:
    bench = Bench(Plant())
    bench.plant.on = False
    for call in (bench.device.close, bench.device.state):
        with pytest.raises(DeviceFault, match="the switch is open"):
            await call()
    assert bench.sent == []


class Switches:
    """A plant that takes no time."""

    service = "rover.power_switches"

    def __init__(self) -> None:
        self.set: list[tuple[str, bool]] = []

    async def set_switch(self, name: str, closed: bool) -> None:
        self.set.append((name, closed))


@pytest.mark.parametrize("error", ["", "rejected", "fault"])
async def test_what_takes_no_time_is_the_devices_first(error: str) -> None:
    bench = Bench(Switches())
    task = asyncio.get_running_loop().create_task(bench.device.set_switch(name="uhf", closed=True))
    await asyncio.sleep(0.1)
    assert bench.sent[-1][3:5] == ["set_switch", {"name": "uhf", "closed": True}]
    assert bench.plant.set == []
    bench.reply({"closed": {"uhf": True}, "power": {"uhf": 3.0}}, error, "stuck" if error else "")
    if error:
        with pytest.raises(DeviceRejected if error == "rejected" else DeviceFault):
            await task
        assert bench.plant.set == []
    else:
        assert (await task).closed == {"uhf": True} and bench.plant.set == [("uhf", True)]


async def test_an_answer_that_is_nonsense_moves_nothing() -> None:
    bench = Bench(Switches())
    task = asyncio.get_running_loop().create_task(bench.device.set_switch(name="uhf", closed=True))
    await asyncio.sleep(0.1)
    bench.reply({"closed": "yes"})
    with pytest.raises(DeviceFault) as wrong:
        await task
    assert wrong.value.code == "garbage" and bench.plant.set == []


def test_each_service_of_the_table_is_one_of_its_interface() -> None:
    assert len(BY_SERVICE) == 15
    for place in BY_SERVICE.values():
        for method in place.interface.methods:
            plant = type("Any", (), {"service": place.services[0], "plant": None})()
            port = BenchPort([place.services[0]], lambda data: None)
            rates = dict.fromkeys(place.rates, 1.0)
            assert callable(getattr(place.make(plant, port, "lost", rates), method))
