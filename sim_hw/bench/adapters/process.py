"""The process of one adapter: `python -m sim_hw.bench.adapters.process FD`, started by the bench.

What it is told comes in one packet on its standard input; the device protocol goes over the socket.
The adapter works in a thread of its own. One that raises what is no `DeviceError`, answers nonsense
or does not come back ends this process, with one line on the standard error that begins with LAST.
"""

import asyncio
import contextlib
import importlib
import itertools
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from flight.icd.codec import decode_plain
from flight.runtime.loop import run
from flight.runtime.paced_loop import PacedLoop
from sim_hw.bench.adapters.adapter import OPENING, Adapter, AdapterSetting
from sim_hw.bench.adapters.registry import adapter_called, check_safe
from sim_hw.bench.adapters.server import Done, MappedDevice
from sim_hw.bench.wire.stream_wire import StreamWire

LAST = "adapter: "
LOOK = 0.05  # s between looks whether the adapter has come back
Job = tuple[int, int, Callable[[], Any], Done]
"""0 for what goes first, 1 for the rest; the how-manieth it is; what is done, and who is told."""
DEAF = 5.0  # s after which the kernel ends a process whose interpreter stands still


class Told(msgspec.Struct, frozen=True):
    """What the process is told. `interface`: as `module:Class`."""

    adapter: str
    interface: str
    address: str
    folder: str
    map: dict[str, Any]
    longest: float
    silence: float


def adapter_of(told: Told) -> Adapter:
    """The adapter that is told of; it has opened nothing yet. Raises AdapterRefused."""
    module, _, name = told.interface.partition(":")
    kind = adapter_called(told.adapter)
    interface = getattr(importlib.import_module(module), name)
    check_safe(told.adapter, kind, interface)
    setting = AdapterSetting(
        interface, told.address,
        msgspec.convert(told.map, kind.Map), Path(told.folder), told.longest,
    )  # fmt: skip
    return kind(setting)


class Worker:
    """A thread that does what it is given in its order, or ahead of all that waits, and how long it
    has been at it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.PriorityQueue[Job] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self.since: float | None = None
        """When what it does was begun (s of the loop's time); None: it waits for something."""
        threading.Thread(target=self._work, name="adapter", daemon=True).start()

    def do(self, work: Callable[[], Any], done: Done) -> None:
        """Has it do something; `done` is called on the loop."""
        self._jobs.put((1, next(self._numbers), work, done))

    def do_first(self, work: Callable[[], Any], done: Done) -> None:
        """As soon as what it is at has ended; of several, the first that was given."""
        self._jobs.put((0, next(self._numbers), work, done))

    def do_last(self, work: Callable[[], Any], done: Done) -> None:
        """As soon as what it is at has ended, and nothing after it: what waits is not done."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
        self.do_first(work, done)

    def _work(self) -> None:
        while True:
            _, _, work, done = self._jobs.get()
            self.since = self._loop.time()
            result: Any = None
            error: Exception | None = None
            try:
                result = work()
            except Exception as problem:
                error = problem
            except BaseException as problem:  # such as SystemExit: it is its adapter's end alone
                error = RuntimeError(f"{type(problem).__name__}: {problem}")
            self.since = None
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(done, result, error)


class Host:
    """The adapter, its worker, and the socket of the bench."""

    def __init__(self, told: Told, bench: socket.socket) -> None:
        self._told, self._bench = told, bench
        self._loop = asyncio.get_running_loop()
        self._worker = Worker()
        self._limit = OPENING
        self._adapter: Adapter | None = None
        self._device: MappedDevice | None = None
        self._ends = False
        self.ended: asyncio.Future[int] = self._loop.create_future()

    def start(self) -> None:
        """Opens the device; then serves the bench."""
        self._look()
        self._worker.do(self._open, self._opened)

    def _open(self) -> Any:
        self._adapter = adapter_of(self._told)
        identity = self._adapter.open()
        self._adapter.make_safe()
        return identity

    def _opened(self, identity: Any, error: Exception | None) -> None:
        if error is not None:
            self._fail(str(error) if isinstance(error, OSError) else _words(error))
            return
        assert self._adapter is not None
        self._limit = self._told.longest
        wire = StreamWire(self._told.adapter, self._bench.detach())
        self._device = MappedDevice(
            self._adapter, identity, lambda payload: void(wire.send(payload)), self._worker.do,
            self._fail, self._told.silence, f"{os.getpid()} {self._loop.time():.6f}",
            self._worker.do_first,
        )  # fmt: skip
        wire.start(self._device.hear, lambda why: self._end(0))  # its first byte says: it is there

    def _look(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, DEAF)  # ends this process if nobody comes by again
        since = self._worker.since
        if since is not None and self._loop.time() - since > self._limit:
            print(f"{LAST}it has not come back for {self._limit:g} s", file=sys.stderr, flush=True)
            os._exit(1)
        self._loop.call_later(LOOK, self._look)

    def _fail(self, why: str) -> None:
        if not self._ends:
            line = " ".join(why.split())[:300]
            print(f"{LAST}{line}", file=sys.stderr, flush=True)
            self._end(1)

    def _end(self, code: int) -> None:
        """Nobody wants it any more, or it has failed: it is made safe and let go of, in a time."""
        if self._ends:
            return
        self._ends = True
        if self._device is not None:
            self._device.close()
        self._worker.do_last(self._let_go, lambda result, error: self.ended.set_result(code))

    def _let_go(self) -> None:
        if self._adapter is not None:
            try:
                self._adapter.make_safe()
            finally:
                self._adapter.close()


def void(_: object) -> None:
    """Nothing of it is wanted."""


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def main(descriptor: int) -> NoReturn:
    """Serves the bench at the other end of a socket."""
    os.set_inheritable(descriptor, False)
    told = msgspec.convert(decode_plain(sys.stdin.buffer.read()), Told)
    bench = socket.socket(fileno=descriptor)
    bench.setblocking(False)

    async def work() -> int:
        host = Host(told, bench)
        host.start()
        return await host.ended

    code = run(work(), PacedLoop())
    sys.stderr.flush()
    os._exit(code)  # a thread that hangs is waited for by nobody


if __name__ == "__main__":
    main(int(sys.argv[1]))
