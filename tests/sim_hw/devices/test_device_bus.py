"""A driver and a device on the bus: calls, refusals, faults, timeouts, stops, reboots, nonsense."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, ClassVar

import msgspec
import pytest

from flight.icd.devices.base import (
    DeviceFault,
    DeviceInterface,
    DeviceRejected,
    DeviceTimeout,
    Reading,
    actuation,
    reading,
)
from flight.icd.messages import Call, DeviceSignal, Message, Reply
from flight.runtime.bus import Bus, Fabric
from flight.runtime.device_driver import connect, listen
from flight.runtime.loop import time_ns
from flight.runtime.nursery import Nursery
from sim_hw.serving import server
from sim_hw.serving.server import DeviceServer


class Position(Reading, frozen=True, kw_only=True):
    """Metres."""

    metres: float


class Winch(DeviceInterface):
    """A winch."""

    signals: ClassVar[dict[str, Any]] = {"slack": float}
    fault_codes = ("jammed",)

    @reading()
    async def position(self) -> Position:
        """Where it is."""
        raise NotImplementedError

    @actuation(limit=100.0)
    async def wind(
        self, metres: Annotated[float, msgspec.Meta(ge=-10.0, le=10.0)], speed: float = 0.1
    ) -> Position:
        """Winds."""
        raise NotImplementedError

    @actuation(limit=5.0)
    async def echo(self, data: bytes) -> bytes:
        """Gives back what it got."""
        raise NotImplementedError


class SimWinch(Winch):
    """Winds a tenth of a metre a second, and jams or falls silent when told to."""

    def __init__(self) -> None:
        self.metres = 0.0
        self.mood = ""

    async def position(self) -> Position:
        return Position(time_ns=time_ns(), metres=self.metres)

    async def wind(self, metres: float, speed: float = 0.1) -> Position:
        if self.mood == "refuses":
            raise DeviceRejected("wind: not while it is locked " + "!" * 3000)
        steps = round(abs(metres) / 0.1)
        for _ in range(steps):
            if self.mood == "silent":
                await asyncio.sleep(1e6)
            await asyncio.sleep(0.1 / speed)
            if self.mood == "jams":
                raise DeviceFault("jammed", f"jammed at {self.metres:.1f} m")
            self.metres += 0.1 if metres > 0 else -0.1
        return Position(time_ns=time_ns(), metres=self.metres)

    async def echo(self, data: bytes) -> bytes:
        return data


class Bench:
    def __init__(self, fabric: Fabric, nursery: Nursery) -> None:
        self.fabric, self.nursery = fabric, nursery
        self.hardware = Bus("hardware", fabric=fabric)
        self.device = SimWinch()
        self.server = DeviceServer(self.hardware, "toy.winch", self.device, nursery)
        self.buses = [self.hardware]

    def driver(self, boot: int = 1) -> Winch:
        bus = Bus("toy", fabric=self.fabric)
        self.buses.append(bus)
        return connect(bus, Winch, "toy.winch", boot=boot)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    fabric = Fabric()
    async with Nursery("bench") as nursery:
        bench = Bench(fabric, nursery)
        yield bench
        nursery.cancel()
    for bus in bench.buses:
        bus.close()
    fabric.close()


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_call_is_answered_when_the_work_is_done(bench: Bench) -> None:
    winch = bench.driver()
    after = await winch.wind(1.0)
    assert (round(after.metres, 6), now()) == (1.0, pytest.approx(10.0))
    assert (await winch.position()).metres == bench.device.metres


async def test_arguments_go_by_position_and_by_name(bench: Bench) -> None:
    winch = bench.driver()
    await winch.wind(0.5, 0.5)
    await winch.wind(metres=-0.5, speed=0.5)
    assert bench.device.metres == pytest.approx(0.0)
    assert now() == pytest.approx(2.0)


async def test_wrong_numbers_of_arguments_are_the_callers_error(bench: Bench) -> None:
    winch = bench.driver()
    with pytest.raises(TypeError, match="takes 2 arguments"):
        await winch.wind(1.0, 0.1, 3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="metres twice"):
        await winch.wind(1.0, metres=1.0)  # type: ignore[misc]


async def test_bytes_travel_unchanged(bench: Bench) -> None:
    data = bytes(range(256))
    assert await bench.driver().echo(data) == data


@pytest.mark.parametrize("arguments", [{"metres": 11.0}, {"metres": "far"}, {}, {"length": 1.0}])
async def test_arguments_that_the_interface_does_not_allow_are_rejected(
    bench: Bench, arguments: dict[str, Any]
) -> None:
    with pytest.raises(DeviceRejected, match="wind"):
        await bench.driver().wind(**arguments)
    assert bench.device.metres == 0.0


async def test_a_device_may_refuse_at_any_length(bench: Bench) -> None:
    bench.device.mood = "refuses"
    with pytest.raises(DeviceRejected, match="not while it is locked"):
        await bench.driver().wind(1.0)
    assert now() == 0.0


async def test_a_fault_carries_its_code(bench: Bench) -> None:
    bench.device.mood = "jams"
    with pytest.raises(DeviceFault, match="jammed at") as caught:
        await bench.driver().wind(1.0)
    assert caught.value.code == "jammed"


async def test_a_device_that_does_not_answer_times_out_and_is_told_to_stop(bench: Bench) -> None:
    bench.device.mood = "silent"
    with pytest.raises(DeviceTimeout, match="no answer within 100 s"):
        await bench.driver().wind(1.0)
    assert now() == 100.0
    await asyncio.sleep(1.0)
    assert bench.server._running == {}


async def test_a_device_that_is_not_there_times_out() -> None:
    fabric = Fabric()
    bus = Bus("toy", fabric=fabric)
    with pytest.raises(DeviceTimeout):
        await connect(bus, Winch, "toy.nothing").position()
    bus.close()
    fabric.close()


async def test_a_cancelled_call_stops_the_device_where_it_is(bench: Bench) -> None:
    winch = bench.driver()
    task = bench.nursery.start(winch.wind(5.0), name="wind")
    await asyncio.sleep(2.5)
    task.cancel()
    await asyncio.sleep(100.0)
    assert task.cancelled()
    assert bench.device.metres == pytest.approx(0.2)
    assert bench.server._running == {}


async def test_a_call_that_is_cancelled_at_once_never_moves_the_device(bench: Bench) -> None:
    winch = bench.driver()
    task = bench.nursery.start(winch.wind(5.0), name="wind")
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(100.0)
    assert bench.device.metres == 0.0
    assert bench.server._running == {}


async def test_a_timeout_around_a_call_stops_the_device_too(bench: Bench) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2.5):
            await bench.driver().wind(5.0)
    await asyncio.sleep(100.0)
    assert bench.device.metres == pytest.approx(0.2)


async def test_calls_overlap(bench: Bench) -> None:
    winch = bench.driver()
    task = bench.nursery.start(winch.wind(1.0), name="wind")
    await asyncio.sleep(5.5)
    assert (await winch.position()).metres == pytest.approx(0.5)
    assert now() == 5.5
    assert (await task).metres == pytest.approx(1.0)


# ---------------------------------------------------------------------- reboots


async def test_what_moves_for_a_dead_node_goes_on_until_its_next_boot_says_hello(
    bench: Bench,
) -> None:
    old = bench.driver(boot=1)
    task = bench.nursery.start(old.wind(10.0), name="wind")
    await asyncio.sleep(2.5)
    bench.buses[-1].close()  # power cut: no cancel reaches the device
    task.cancel()
    await asyncio.sleep(2.0)
    assert bench.device.metres == pytest.approx(0.4)
    new = bench.driver(boot=2)
    await asyncio.sleep(100.0)
    assert bench.device.metres == pytest.approx(0.4)
    assert (await new.wind(0.1)).metres == pytest.approx(0.5)


async def test_a_hello_from_before_the_last_boot_changes_nothing(bench: Bench) -> None:
    new = bench.driver(boot=2)
    await asyncio.sleep(1.0)
    task = bench.nursery.start(new.wind(1.0), name="wind")
    await asyncio.sleep(2.0)
    bench.driver(boot=1)
    assert (await task).metres == pytest.approx(1.0)


# ---------------------------------------------------------------------- signals


async def test_a_device_speaks_unasked_to_who_has_said_hello(bench: Bench) -> None:
    heard: list[float] = []
    listen(bench.driver(), "slack", heard.append)
    await asyncio.sleep(1.0)
    bench.server.emit("slack", 0.25)
    await asyncio.sleep(1.0)
    assert heard == [0.25]


async def test_a_signal_that_the_interface_does_not_have_cannot_be_listened_to(
    bench: Bench,
) -> None:
    with pytest.raises(ValueError, match="no signal 'tight'"):
        listen(bench.driver(), "tight", lambda value: None)


# --------------------------------------------------------------------- nonsense


class Liar:
    """A device that answers whatever it likes."""

    def __init__(self, bus: Bus, answer: Any) -> None:
        self.answer = answer
        self.server = bus.serve("toy.liar", self.receive)

    def receive(self, peer: bytes, message: Message) -> None:
        if isinstance(message, Call):
            answer = self.answer(message.number) if callable(self.answer) else self.answer
            self.server.send(peer, answer)


@pytest.mark.parametrize(
    "result", [None, 7, "nonsense", {"metres": "far"}, {}, [1, 2], {"metres": None}]
)
async def test_a_reply_of_the_wrong_type_is_a_fault(bench: Bench, result: Any) -> None:
    Liar(bench.hardware, lambda number: Reply(number, result=result))
    bus = Bus("toy", fabric=bench.fabric)
    bench.buses.append(bus)
    with pytest.raises(DeviceFault, match="answered nonsense") as caught:
        await connect(bus, Winch, "toy.liar").position()
    assert caught.value.code == "garbage"


async def test_replies_to_nobody_and_foreign_messages_are_passed_over(bench: Bench) -> None:
    Liar(bench.hardware, lambda number: Reply(number + 1, result={"metres": 1.0}))
    bus = Bus("toy", fabric=bench.fabric)
    bench.buses.append(bus)
    driver = connect(bus, Winch, "toy.liar")
    said: list[str] = []
    driver.connection.on_unexpected = said.append  # type: ignore[attr-defined]
    listen(driver, "slack", lambda value: said.append("heard"))
    with pytest.raises(DeviceTimeout):
        await driver.position()
    for wrong in (
        Call(1, "position", {}),
        DeviceSignal("tight", 1.0),
        DeviceSignal("slack", "nonsense"),
    ):
        driver.connection._receive(wrong)  # type: ignore[attr-defined]
    assert len(said) == 3 and "heard" not in said


async def test_an_unknown_method_is_rejected(bench: Bench) -> None:
    answers: list[Message] = []
    bus = Bus("stranger", fabric=bench.fabric)
    bench.buses.append(bus)
    client = bus.connect("toy.winch", answers.append)
    client.send(Call(1, "explode", {}))
    client.send(Call(2, "__init__", {}))
    await asyncio.sleep(1.0)
    assert [(a.number, a.error) for a in answers if isinstance(a, Reply)] == [
        (1, "rejected"),
        (2, "rejected"),
    ]


async def test_calls_in_work_of_one_caller_are_bounded_in_number_and_in_bytes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CALLS_OF_ONE", 3)
    one, two = bench.driver(boot=1), bench.driver(boot=2)
    drives = [bench.nursery.start(one.wind(0.5), name="wind") for _ in range(3)]
    await asyncio.sleep(0.1)
    with pytest.raises(DeviceRejected, match="3 calls are in work; allowed are 3"):
        await one.position()
    assert bench.hardware.counters.dropped == 1
    assert (await two.position()).metres == 0.0  # has room of its own
    await asyncio.wait(drives)
    await one.position()  # there is room again

    monkeypatch.setattr(server, "MOST_BYTES_OF_ONE", 1000)
    assert await one.echo(bytes(2000)) == bytes(2000)  # alone, whatever its size
    drive = bench.nursery.start(one.wind(0.5), name="wind")
    await asyncio.sleep(0.1)
    assert await one.echo(bytes(500)) == bytes(500)
    with pytest.raises(DeviceRejected, match="bytes are in work; allowed are 1000"):
        await one.echo(bytes(1000))
    await drive


async def test_calls_in_work_of_all_callers_are_bounded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CALLS", 2)
    for boot in (1, 2):
        bench.nursery.start(bench.driver(boot).wind(0.5), name="wind")
    await asyncio.sleep(0.1)
    with pytest.raises(DeviceRejected, match="2 calls are in work; allowed are 2"):
        await bench.driver(3).position()


async def test_drivers_that_hear_signals_are_bounded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_DRIVERS", 2)
    heard: list[str] = []
    for name in ("one", "two", "three"):
        bus = Bus(name, fabric=bench.fabric)
        bench.buses.append(bus)
        listen(
            connect(bus, Winch, "toy.winch"), "slack", lambda value, name=name: heard.append(name)
        )
    await asyncio.sleep(0.1)
    bench.server.emit("slack", 1.0)
    await asyncio.sleep(0.1)
    assert heard == ["one", "two"]
    assert bench.hardware.counters.dropped == 1
