"""The bus beside bare sockets: throughput and round trip, for each pattern and transport."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flight.configuration.scratch_folder import ScratchFolder
from flight.runtime.message_log import MessageLog
from ground.benchmarks.links import PATTERNS, BareLink, BusLink, Link
from ground.benchmarks.measurement import Comparison, compare

TRANSPORTS = ("inproc", "ipc", "tcp")
WINDOW = 200  # messages sent at once; two windows are under way
GREETING = 1_000_000_000  # number of a message that only finds out whether the other is there


@dataclass(frozen=True)
class BusFigures:
    """What was measured for one pattern over one transport."""

    pattern: str
    transport: str
    throughput: Comparison
    round_trip: Comparison
    logged_throughput: Comparison | None = None


async def measure_bus(*, messages: int, trips: int, repetitions: int) -> list[BusFigures]:
    """All patterns over all transports, in the running loop, which has to be in wall time."""
    figures = []
    with ScratchFolder() as folder:
        for transport in TRANSPORTS:
            for pattern in PATTERNS:
                figures.append(
                    await _measure(pattern, transport, Path(folder), messages, trips, repetitions)
                )
    return figures


async def _measure(
    pattern: str, transport: str, folder: Path, messages: int, trips: int, repetitions: int
) -> BusFigures:
    parties = [
        _Party(lambda arrived, returned: BareLink(pattern, _pair(), arrived, returned)),
        _Party(lambda arrived, returned: BusLink(pattern, _pair(), arrived, returned)),
        _Party(
            lambda arrived, returned: BusLink(pattern, _pair(), arrived, returned, MessageLog())
        ),
    ]

    def _pair() -> tuple[str, str]:
        return _address(transport, folder), _address(transport, folder)

    try:
        for party in parties:
            await party.open()
        bare, ours, logged = parties
        throughput = await compare(
            lambda: bare.stream(messages),
            lambda: ours.stream(messages),
            operations=messages,
            repetitions=repetitions,
        )
        round_trip = await compare(
            lambda: bare.bounce(trips),
            lambda: ours.bounce(trips),
            operations=trips,
            repetitions=repetitions,
        )
        logged_throughput = None
        if transport == "inproc":
            logged_throughput = await compare(
                lambda: bare.stream(messages),
                lambda: logged.stream(messages),
                operations=messages,
                repetitions=repetitions,
            )
        return BusFigures(pattern, transport, throughput, round_trip, logged_throughput)
    finally:
        for party in parties:
            party.close()


class _Party:
    """Drives one link; the same driver on both sides of a comparison."""

    def __init__(
        self, make: Callable[[Callable[[int], None], Callable[[int], None]], Link]
    ) -> None:
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._link: Link | None = None
        self._arrived: Callable[[int], None] = lambda number: None
        self._returned: Callable[[int], None] = lambda number: None

    async def open(self) -> None:
        """Connects, and waits until both directions carry messages."""
        heard = [False, False]
        self._arrived = lambda number: heard.__setitem__(0, True)
        self._returned = lambda number: heard.__setitem__(1, True)
        link = self._make(lambda number: self._arrived(number), lambda n: self._returned(n))
        self._link = link
        # One direction after the other: a bare socket that sends before it has read what waits is
        # not told of it again (its descriptor is edge-triggered).
        for direction, send in enumerate((link.forth, link.back)):
            while not heard[direction]:
                send(GREETING)
                await asyncio.sleep(0.002)
        await asyncio.sleep(0.02)  # what greetings are still under way shall not be counted

    async def stream(self, count: int) -> None:
        """Sends `count` messages forth, a multiple of the window, two windows at a time."""
        assert self._link is not None
        forth, loop = self._link.forth, self._loop
        done = loop.create_future()
        received = 0

        def send_window() -> None:
            for number in range(WINDOW):
                forth(number)

        def arrived(_: int) -> None:
            nonlocal received
            received += 1
            if received % WINDOW == 0:
                if received == count:
                    if not done.done():  # else it was broken off
                        done.set_result(None)
                elif received <= count - 2 * WINDOW:
                    loop.call_soon(send_window)

        self._arrived = arrived
        send_window()
        send_window()
        await done

    async def bounce(self, count: int) -> None:
        """Sends one message forth and back `count` times."""
        assert self._link is not None
        forth, done = self._link.forth, self._loop.create_future()

        def returned(number: int) -> None:
            if number < count:
                forth(number + 1)
            else:
                done.set_result(None)

        self._arrived, self._returned = self._link.back, returned
        forth(1)
        await done

    def close(self) -> None:
        """Closes the link."""
        if self._link is not None:
            self._link.close()
            self._link = None


_numbers = iter(range(1_000_000))


def _address(transport: str, folder: Path) -> str:
    if transport == "inproc":
        return f"inproc://benchmark-{next(_numbers)}"
    if transport == "ipc":
        return f"ipc://{folder}/{next(_numbers)}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"
