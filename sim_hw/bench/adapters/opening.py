"""The bench's side of an adapter: starts its process, and is a wire to it like any other."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

import msgspec

from flight.icd.codec import pack
from sim_hw.bench.adapters.adapter import OPENING
from sim_hw.bench.adapters.process import LAST, Told
from sim_hw.bench.emulated_wire import EmulatedOpener
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.stream_wire import StreamWire
from sim_hw.bench.wire.wire import Wire, WireLost
from sim_hw.bench.wire.wires import open_wire

STARTING = 5.0  # s beyond the opening: an interpreter with its libraries
GRACE = 1.0  # s in which a process that is let go of makes its device safe; then it is ended
ENDING = 0.05  # s that a process takes to end when its socket has
LAST_WORDS = 2_000  # bytes of what it says at its end that are kept

Opener = Callable[[], Awaitable[Wire]]
"""Opens a wire, again and again. One that has started something is a `Starts`."""


@runtime_checkable
class Starts(Protocol):
    """An opener that has started a process for its wire, and ends it."""

    async def __call__(self) -> Wire: ...

    async def close(self) -> None:
        """Ends it."""


async def end_of(opener: Opener) -> None:
    """Ends what an opener has started, if it has."""
    if isinstance(opener, Starts):
        await opener.close()


class AdapterProcess:
    """One process of an adapter, and what it has said last."""

    def __init__(self, told: Told) -> None:
        self.bench, theirs = socket.socketpair()
        self.bench.setblocking(False)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sim_hw.bench.adapters.process", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        except BaseException:
            self.bench.close()
            raise
        finally:
            theirs.close()
        assert self._process.stdin is not None and self._process.stderr is not None
        with contextlib.suppress(OSError), self._process.stdin as stdin:
            stdin.write(pack(msgspec.to_builtins(told)))
        self._says = self._process.stderr.fileno()
        os.set_blocking(self._says, False)
        self._kept = b""
        self._silent = asyncio.Event()  # it says nothing any more: it has ended
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._says, self._hear)

    def _hear(self) -> None:
        try:
            said = os.read(self._says, LAST_WORDS)
        except (BlockingIOError, InterruptedError):
            return
        self._kept = (self._kept + said)[-LAST_WORDS:]
        if not said:
            self._loop.remove_reader(self._says)
            self._silent.set()

    def last_words(self) -> str:
        """Why it has ended, as it says itself, or as far as can be told."""
        with contextlib.suppress(OSError):
            while said := os.read(self._says, LAST_WORDS):
                self._kept = (self._kept + said)[-LAST_WORDS:]
        lines = [each.strip() for each in self._kept.decode(errors="replace").splitlines()]
        own = [each for each in lines if each.startswith(LAST)]
        if own:
            return own[-1].removeprefix(LAST)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDING)
        code = self._process.poll()
        if code is not None and code < 0:
            return f"its process was ended by signal {-code}"
        return next((each for each in reversed(lines) if each), "its process has ended")

    async def end(self, grace: float = GRACE) -> None:
        """It has been let go of: it is waited for, and then ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._silent.wait()
        self.kill()

    def kill(self) -> None:
        """Ends it at once, if it has not ended."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._loop.remove_reader(self._says)
        if self._process.stderr is not None:
            self._process.stderr.close()


class AdapterWire(StreamWire):
    """The wire to one process; its end is told with that process's own words."""

    def __init__(self, name: str, process: AdapterProcess) -> None:
        super().__init__(name, process.bench.detach())
        self._process = process

    def _is_lost(self, why: str) -> None:
        super()._is_lost(f"its adapter has failed: {self._process.last_words()}")


class AdapterOpener:
    """Opens the wire to an adapter, again and again; there is one process at a time."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._process: AdapterProcess | None = None

    async def __call__(self) -> Wire:
        """Raises WireLost with the adapter's own words."""
        await self.close()
        process = self._process = AdapterProcess(self._told)
        name = f"{self._told.adapter} {self._told.address}"
        try:
            async with asyncio.timeout(OPENING + STARTING):
                there = await asyncio.get_running_loop().sock_recv(process.bench, 1)
        except TimeoutError:
            process.kill()
            raise WireLost(f"{name}: its adapter has not opened it") from None
        except OSError:
            there = b""
        if not there:
            process.bench.close()
            await process.end()
            raise WireLost(f"{name}: {process.last_words()}")
        return AdapterWire(name, process)

    async def close(self) -> None:
        """Waits for the process of before, which has been let go of."""
        process, self._process = self._process, None
        if process is not None:
            await process.end()


def opener_of(address: str, adapter: Told | None, *, allow_network: bool = False) -> Opener:
    """What opens the wire to a device: through its adapter, or at an address of the protocol."""
    if adapter is not None:
        return AdapterOpener(adapter)
    where = read_address(address, allow_network=allow_network)
    if where.kind == "qemu":
        return EmulatedOpener(where)
    return lambda: open_wire(where)
