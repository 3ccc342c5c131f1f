"""The caller's side of a device, against a device that says whatever the test wants."""

import asyncio
from collections.abc import Awaitable, Callable
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
from flight.icd.devices.description import interface_hash
from flight.icd.devices.measured import measured
from flight.icd.messages import (
    Call,
    Cancel,
    Command,
    DeviceIdentity,
    DeviceSignal,
    Hello,
    Message,
    Reply,
)
from flight.runtime.bus import Bus
from flight.runtime.device_driver import connect, listen
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.memory_fabric import MemoryFabric
from flight.runtime.nursery import Nursery
from flight.runtime.reading_gate import ReadingGate


class Level(Reading, frozen=True, kw_only=True):
    height: Annotated[float, measured("m", 0.0, 10.0)]


class Opened(msgspec.Struct, frozen=True):
    angle: Annotated[float, measured("rad", 0.0, 2.0)]


class Valve(DeviceInterface):
    signals: ClassVar[dict[str, Any]] = {"moved": Opened}

    @reading(limit=5.0)
    async def level(self) -> Level:
        """How high it stands."""
        raise NotImplementedError

    @actuation(limit=20.0)
    async def open(self, angle: float) -> Opened:
        """Opens."""
        raise NotImplementedError


class Device:
    """Serves the bus by hand: keeps what it hears, and says what it is told to."""

    def __init__(self) -> None:
        self.fabric = MemoryFabric()
        self.heard: list[Message] = []
        self.peer: Any = None
        self.bus = Bus("hardware", fabric=self.fabric)
        self.end = self.bus.serve("valve", self._hear)
        self.verdicts: list[tuple[str, str]] = []
        self.unexpected: list[str] = []
        self.caller = Bus("lander", fabric=self.fabric)
        gate = ReadingGate(lambda method, value, why: self.verdicts.append((method, why)))
        self.driver: Any = connect(self.caller, Valve, "valve", boot=3, gate=gate)
        self.driver.connection.on_unexpected = self.unexpected.append

    def _hear(self, peer: Any, message: Message) -> None:
        self.peer = peer
        self.heard.append(message)

    async def say(self, *messages: Message) -> None:
        for message in messages:
            self.end.send(self.peer, message)
        await asyncio.sleep(0.01)

    async def asked(self, work: Awaitable[Any], nursery: Nursery) -> "asyncio.Task[Any]":
        """A call that has reached the device; its own number is 1 more than that of the last."""

        async def outcome() -> Any:
            try:
                return await work
            except Exception as error:
                return error

        task = nursery.start(outcome(), name="call")
        await asyncio.sleep(0.01)
        return task

    def numbers(self, kind: type[Call] | type[Cancel]) -> list[int]:
        return [each.number for each in self.heard if isinstance(each, kind)]


def play(story: Callable[[Device, Nursery], Awaitable[None]]) -> None:
    async def whole() -> None:
        device = Device()
        async with Nursery("test") as nursery:
            await asyncio.sleep(0.01)
            assert device.heard == [Hello("lander", 3)]
            await story(device, nursery)
        device.caller.close()
        device.bus.close()

    run(whole(), VirtualLoop())


def test_an_answer_reaches_its_own_call_whatever_the_order() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        first = await device.asked(device.driver.open(angle=0.5), nursery)
        second = await device.asked(device.driver.open(angle=1.5), nursery)
        calls = [Call(1, "open", {"angle": 0.5}), Call(2, "open", {"angle": 1.5})]
        assert device.heard[1:] == calls
        await device.say(Reply(2, {"angle": 1.5}))
        assert second.done() and not first.done()
        await device.say(Reply(1, {"angle": 0.5}), Reply(1, {"angle": 2.0}))
        assert (first.result(), second.result()) == (Opened(0.5), Opened(1.5))

    play(story)


def test_a_foreign_and_a_late_answer_move_nobody() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        call = await device.asked(device.driver.open(angle=0.5), nursery)
        await device.say(Reply(0, {"angle": 1.0}), Reply(2, {"angle": 1.0}))
        assert not call.done()
        await asyncio.sleep(20.0)
        assert isinstance(call.result(), DeviceTimeout) and "within 20 s" in str(call.result())
        assert device.numbers(Cancel) == [1], "the device is told to stop"
        again = await device.asked(device.driver.open(angle=0.7), nursery)
        await device.say(Reply(1, {"angle": 0.5}))
        assert not again.done(), "the answer to the call before"
        await device.say(Reply(2, {"angle": 0.7}))
        assert again.result() == Opened(0.7)
        assert device.unexpected == []

    play(story)


def test_it_waits_as_long_as_the_method_may_take_and_no_longer() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        began = asyncio.get_running_loop().time()
        short = await device.asked(device.driver.level(), nursery)
        await asyncio.sleep(began + 4.999 - asyncio.get_running_loop().time())
        assert not short.done() and device.numbers(Cancel) == []
        await asyncio.sleep(0.002)
        assert isinstance(short.result(), DeviceTimeout) and device.numbers(Cancel) == [1]
        assert device.verdicts == [("level", str(short.result()))], "a reading that did not come"

    play(story)


def test_who_no_longer_waits_tells_the_device_to_stop() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        async def moves() -> None:
            await device.driver.open(angle=0.5)

        task = nursery.start(moves(), name="moves")
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.sleep(0.01)
        assert device.numbers(Call) == device.numbers(Cancel) == [1]
        assert device.verdicts == [], "a call that was given up says nothing of the device"

    play(story)


@pytest.mark.parametrize(
    ("reply", "kind", "code", "text"),
    [
        (Reply(1, error="rejected", reason="not now"), DeviceRejected, None, "valve: not now"),
        (Reply(1, error="fault", code="stuck", reason="at 0.1"), DeviceFault, "stuck", "at 0.1"),
        (Reply(1, result={"angle": "wide"}), DeviceFault, "garbage", "nonsense"),
        (Reply(1, result=None), DeviceFault, "garbage", "nonsense"),
        (Reply(1, result={"angle": 2.01}), DeviceFault, "garbage", "angle"),
        (Reply(1, result={"angle": float("nan")}), DeviceFault, "garbage", "angle"),
        (Reply(1, result={"angle": -0.01}), DeviceFault, "garbage", "angle"),
    ],
)
def test_what_is_no_answer_is_an_error_that_says_so(
    reply: Reply, kind: type[Exception], code: str | None, text: str
) -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        call = await device.asked(device.driver.open(angle=0.5), nursery)
        await device.say(reply)
        error = call.result()
        assert type(error) is kind and text in str(error)
        assert getattr(error, "code", None) == code
        assert device.numbers(Cancel) == [], "it has ended by itself"
        assert device.verdicts == [], "of readings alone"

    play(story)


def test_an_answer_at_its_limits_is_one() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        for number, angle in ((1, 0.0), (2, 2.0)):
            call = await device.asked(device.driver.open(angle=angle), nursery)
            await device.say(Reply(number, {"angle": angle}))
            assert call.result() == Opened(angle)

    play(story)


def test_a_reading_passes_the_gate_and_a_failed_one_is_told_there() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        now = asyncio.get_running_loop().time_ns  # type: ignore[attr-defined]
        for number, height, why in ((1, 10.0, ""), (2, 10.5, "height")):
            call = await device.asked(device.driver.level(), nursery)
            await device.say(Reply(number, {"height": height, "time_ns": now()}))
            assert call.result().valid is (not why)
            assert device.verdicts[-1][0] == "level" and device.verdicts[-1][1].startswith(why)
        call = await device.asked(device.driver.level(), nursery)
        await device.say(Reply(3, error="fault", code="broken", reason="it is wet"))
        assert device.verdicts[-1] == ("level", str(call.result())) and len(device.verdicts) == 3
        refused = await device.asked(device.driver.level(), nursery)
        await device.say(Reply(4, error="rejected", reason="it is off"))
        assert isinstance(refused.result(), DeviceRejected) and len(device.verdicts) == 3

    play(story)


def identity(**changes: Any) -> DeviceIdentity:
    sound = DeviceIdentity("Valve", interface_hash(Valve), boot=1)
    return msgspec.structs.replace(sound, **changes)


def test_a_device_that_has_restarted_answers_nothing_of_before() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        await device.say(identity())
        before = await device.asked(device.driver.open(angle=0.5), nursery)
        await device.say(identity())
        assert not before.done(), "the same boot, said again"
        await device.say(identity(boot=2))
        assert isinstance(before.result(), DeviceTimeout)
        assert "restarted (boot 2)" in str(before.result())
        after = await device.asked(device.driver.open(angle=0.6), nursery)
        await device.say(Reply(1, {"angle": 0.5}), Reply(2, {"angle": 0.6}))
        assert after.result() == Opened(0.6)

    play(story)


def test_a_device_with_another_interface_is_not_spoken_to_until_the_right_one_is_there() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        waiting = await device.asked(device.driver.open(angle=0.5), nursery)
        await device.say(identity(interface_hash="0" * 64))
        assert isinstance(waiting.result(), DeviceTimeout)
        refused = await device.asked(device.driver.open(angle=0.6), nursery)
        assert isinstance(refused.result(), DeviceFault) and refused.result().code == "interface"
        assert device.numbers(Call) == [1], "it heard nothing of it"
        assert len(device.unexpected) == 1 and "is needed" in device.unexpected[0]
        await device.say(identity())
        call = await device.asked(device.driver.open(angle=0.7), nursery)
        await device.say(Reply(2, {"angle": 0.7}))
        assert call.result() == Opened(0.7)

    play(story)


def test_signals_reach_who_listens_and_what_is_none_is_told() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        await device.say(DeviceSignal("moved", {"angle": 1.0}))
        assert device.unexpected == [], "nobody listens"
        moved: list[Opened] = []
        listen(device.driver, "moved", moved.append)
        with pytest.raises(ValueError, match="valve has no signal 'burst'"):
            listen(device.driver, "burst", moved.append)
        await device.say(
            DeviceSignal("moved", {"angle": 2.0}),
            DeviceSignal("moved", {"angle": 2.5}),
            DeviceSignal("moved", {"angle": "far"}),
            DeviceSignal("burst", {}),
            Command("c", "lander", "drive", {}, "ground"),
        )
        assert moved == [Opened(2.0)]
        expected = ("moved: angle", "signal moved: ", "'burst' is not part", "a Command is nothing")
        assert len(device.unexpected) == 4
        for text, part in zip(device.unexpected, expected, strict=True):
            assert text.startswith("valve: ") and part in text

    play(story)


def test_a_lost_device_says_anew_who_it_is_and_a_strange_one_may_have_been_replaced() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        connection = device.driver.connection
        await device.say(identity())
        assert connection.identity == identity()
        call = await device.asked(device.driver.open(angle=0.5), nursery)
        connection._lost("valve was lost")
        await asyncio.sleep(0.01)
        assert str(call.result()) == "valve was lost, with call 1 unanswered"
        assert connection.identity is None
        waits = await device.asked(device.driver.open(angle=0.6), nursery)
        await device.say(identity(boot=2))
        assert not waits.done(), "nobody knows what was before"
        await device.say(Reply(2, {"angle": 0.6}))
        assert waits.result() == Opened(0.6)
        connection.on_unexpected = None
        await device.say(identity(interface_hash="0" * 64), Command("c", "x", "y", {}, "ground"))
        refused = await device.asked(device.driver.open(angle=0.7), nursery)
        assert isinstance(refused.result(), DeviceFault)
        connection._lost("valve was lost")
        call = await device.asked(device.driver.open(angle=0.7), nursery)
        assert not call.done() and device.numbers(Call) == [1, 2, 3]
        await device.say(Reply(3, {"angle": 0.7}))
        assert call.result() == Opened(0.7)

    play(story)


def test_arguments_may_be_given_by_place_and_a_driver_tells_what_its_methods_do() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        call = await device.asked(device.driver.open(0.5), nursery)
        assert device.heard[-1] == Call(1, "open", {"angle": 0.5})
        await device.say(Reply(1, {"angle": 0.5}))
        assert call.result() == Opened(0.5) and isinstance(device.driver, Valve)
        assert device.driver.open.__name__ == "open" and device.driver.open.__doc__ == "Opens."

    play(story)


def test_a_call_that_cannot_be_sent_fails_at_once_and_a_reading_of_it_is_told() -> None:
    async def story(device: Device, nursery: Nursery) -> None:
        device.end.close()
        await asyncio.sleep(0.01)
        call = await device.asked(device.driver.level(), nursery)
        assert str(call.result()) == "valve.level: the device cannot be reached"
        assert device.verdicts == [("level", str(call.result()))]
        assert device.driver.connection._waiting == {}

    play(story)
