"""Loops with a common clock, each in a thread here as it is in a process: nobody is overrun."""

import asyncio
import os
import select
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import Cancel, Message
from flight.runtime.bus import Bus, Fabric
from flight.runtime.common_clock import ClockKeeper, CommonClock
from flight.runtime.common_loop import CommonLoop
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.sockets import Link

NAMES = ("hardware", "rover")
Part = Callable[[Bus, CommonClock], Coroutine[Any, Any, None]]


def owner(service: str) -> str:
    vehicle, _, what = service.partition(".")
    return vehicle if what in ("node", "telemetry") else "hardware"


def fly(folder: Path, parts: dict[str, Part]) -> None:
    """Runs each part on a loop of its own, in a thread; raises what one of them raises."""
    path = folder / "clock"
    ClockKeeper.create(path, NAMES)
    keeper = ClockKeeper(path, NAMES, "hardware", owner)
    for name in NAMES:
        keeper.start(name, 0, 1)
    keeper.begin()
    services = ("rover.node", "rover.telemetry", "wheel")
    addresses = {service: f"ipc://{folder}/{service}" for service in services}
    errors: list[BaseException] = []

    def live(name: str) -> None:
        clock = CommonClock(path, NAMES, name, owner)

        async def work() -> None:
            fabric = Fabric(None, clock)
            bus = Bus(name, fabric=fabric, addresses=addresses)
            try:
                async with asyncio.timeout(1e6):
                    await parts[name](bus, clock)
            finally:
                bus.close()
                fabric.close()

        try:
            run(work(), CommonLoop(clock))
        except BaseException as error:
            errors.append(error)
        finally:
            keeper.end(name)
            keeper._knock(range(len(NAMES)))
            clock.close()

    threads = [threading.Thread(target=live, args=(name,), daemon=True) for name in NAMES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    if errors:
        raise errors[0]
    assert not any(thread.is_alive() for thread in threads), "mission time stands for ever"
    keeper.close()


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("period", [0.02, 3600.0])
def test_a_question_and_its_answer_take_no_mission_time(tmp_path: Path, period: float) -> None:
    asked_at: list[float] = []
    answered: list[tuple[float, float]] = []
    ticks: list[float] = []

    async def hardware(bus: Bus, clock: CommonClock) -> None:
        def ask(peer: bytes, message: Message) -> None:
            asked_at.append(now())
            server.send(peer, message)

        server = bus.serve("wheel", ask)
        for _ in range(100):  # timers of its own, between all of the other's
            await asyncio.sleep(period / 2.0)
            ticks.append(now())

    async def rover(bus: Bus, clock: CommonClock) -> None:
        answer = asyncio.Event()
        client = bus.connect("wheel", lambda message: answer.set())
        for _ in range(40):
            await asyncio.sleep(period)
            before = now()
            answer.clear()
            client.send(Cancel(1))
            await answer.wait()
            answered.append((before, now()))

    fly(tmp_path, {"hardware": hardware, "rover": rover})
    assert len(answered) == 40
    assert all(before == after for before, after in answered)
    assert asked_at == [before for before, _ in answered]
    assert answered[-1][0] == pytest.approx(40 * period)
    assert ticks[79] == pytest.approx(40 * period)


def test_who_joins_a_stream_hears_all_that_is_said_after_the_start(tmp_path: Path) -> None:
    heard: list[tuple[int, float]] = []

    async def rover(bus: Bus, clock: CommonClock) -> None:
        publisher = bus.publish("rover.telemetry", lambda: publisher.send(Cancel(0)) and None)
        for number in range(1, 21):
            await asyncio.sleep(1000.0)
            publisher.send(Cancel(number))
        await asyncio.sleep(1000.0)  # who closes a socket discards what is under way

    async def hardware(bus: Bus, clock: CommonClock) -> None:
        ended = asyncio.Event()

        def take(message: Message) -> None:
            assert isinstance(message, Cancel)
            heard.append((message.number, now()))
            if message.number == 20:
                ended.set()

        bus.subscribe("rover.telemetry", take)
        await ended.wait()

    fly(tmp_path, {"hardware": hardware, "rover": rover})
    assert heard == [(number, 1000.0 * number) for number in range(21)]


def test_a_server_that_starts_late_is_waited_for_and_not_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flight.runtime.zeromq_presence.START_UP_MS", 1)
    tries = 0
    may_serve = threading.Event()
    lost: list[str] = []
    heard: list[float] = []

    async def hardware(bus: Bus, clock: CommonClock) -> None:
        may_serve.wait(60.0)  # as a program that loads for long
        done = asyncio.Event()

        def take(peer: bytes, message: Message) -> None:
            heard.append(now())
            done.set()

        bus.serve("wheel", take)
        await done.wait()

    async def rover(bus: Bus, clock: CommonClock) -> None:
        nonlocal tries
        client = bus.connect("wheel", lambda message: None)
        client.on_lost = lost.append
        client.send(Cancel(1))
        told = client._link_is

        def link_is(link: Link) -> None:
            nonlocal tries
            tries += link is Link.ABSENT
            told(link)
            if tries == 3:
                may_serve.set()

        client._socket._follower._tell = link_is  # type: ignore[attr-defined]
        await asyncio.sleep(1e5)

    fly(tmp_path, {"hardware": hardware, "rover": rover})
    assert heard == [0.0]
    assert not any("has not come up" in sentence for sentence in lost)
    assert tries >= 3


def test_a_send_that_takes_the_edge_of_an_answer_hides_it_from_nobody(tmp_path: Path) -> None:
    heard: list[Message] = []

    async def hardware(bus: Bus, clock: CommonClock) -> None:
        server = bus.serve("wheel", lambda peer, message: answer(peer, message))

        def answer(peer: bytes, message: Message) -> None:
            if message == Cancel(1):  # to the second question there is none, and no further edge
                server.send(peer, message)

        await asyncio.sleep(100.0)

    async def rover(bus: Bus, clock: CommonClock) -> None:
        client = bus.connect("wheel", heard.append)
        await asyncio.sleep(10.0)
        client.send(Cancel(1))
        socket: Any = client._socket
        arrived = select.poll()
        arrived.register(socket.descriptor, select.POLLIN)
        assert arrived.poll(20_000)
        look, send = socket._look, socket.send

        def take_edge_and_send(data: bytes) -> None:  # as ZeroMQ does now and then
            look()
            send(data)

        socket.send = take_edge_and_send
        client.send(Cancel(2))
        assert not arrived.poll(0)
        assert heard == []
        await asyncio.sleep(0.0)
        await asyncio.sleep(0.0)
        assert heard == [Cancel(1)] and now() == 10.0

    fly(tmp_path, {"hardware": hardware, "rover": rover})


class Watched:
    """A run over processes: its end takes more than one look of the wall, and reads a pipe."""

    def __init__(self, clock: CommonClock) -> None:
        self.loop = CommonLoop(clock)
        self.pipe = os.pipe()
        self.looks = 0
        self.ended = False

    def look(self) -> None:
        self.looks += 1
        raise OSError("the terminal is gone")

    async def fly(self) -> None:
        loop, (reading, writing) = self.loop, self.pipe
        heard = asyncio.Event()
        loop.add_reader(reading, lambda: (os.read(reading, 1), heard.set()))
        loop.look_by_wall(self.look, 0.0)
        try:
            await loop.create_future()
        finally:
            try:
                loop.clock.leave()
                for _ in range(3):  # as where one waits for processes that end
                    os.write(writing, b".")
                    await heard.wait()
                    heard.clear()
                    await asyncio.sleep(1e-4)
                self.ended = True
            finally:
                loop.remove_reader(reading)


def test_what_a_look_raises_is_what_the_run_ends_in(tmp_path: Path) -> None:
    ClockKeeper.create(tmp_path / "clock", NAMES[:1])
    keeper = ClockKeeper(tmp_path / "clock", NAMES[:1], "hardware", owner)
    keeper.start("hardware", 0, 1)
    keeper.begin()
    watched = Watched(keeper)
    with pytest.raises(OSError, match="the terminal is gone"):
        run(watched.fly(), watched.loop)
    assert watched.ended and watched.looks == 1  # it ended in order, and nobody looked again
    assert not watched.loop.remove_reader(watched.pipe[0])  # also when the loop is closed
    for each in watched.pipe:
        os.close(each)
    keeper.close()


def test_a_reader_is_gone_with_its_loop(tmp_path: Path) -> None:
    loop, (reading, writing) = VirtualLoop(), os.pipe()
    loop.add_reader(reading, lambda: None)
    loop.close()
    assert not loop.remove_reader(reading)
    os.close(reading)
    os.close(writing)
