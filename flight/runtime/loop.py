"""The event loop is the clock: a loop that jumps through time, and what is asked of any loop.

All code of the project uses plain asyncio (`asyncio.sleep`, `asyncio.timeout`, `loop.time()`).
Which clock that is, is decided once, where a run is composed.
"""

import asyncio
import contextlib
import heapq
import random
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from operator import itemgetter
from typing import Any, TypeVar

from flight.runtime.handles import LeanHandle, LeanTimer, QueueReader
from flight.runtime.interrupts import interruptible
from flight.runtime.pace import NANOSECONDS as NANOSECONDS
from flight.runtime.paced_loop import PacedLoop
from flight.runtime.participants import Standing

T = TypeVar("T")

LONGEST_INSTANT = 5_000_000  # callbacks at one instant; the busiest have some thousands


class Deadlock(RuntimeError):
    """Nothing is ready and no timer is set: the run would wait for ever. Names what waits."""


class Livelock(RuntimeError):
    """In virtual time, when more and more happens at one instant and the clock stands still."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose time jumps to the next timer when nothing is ready.

    Time is kept in integer nanoseconds; timers of one instant fire in the order they were made.
    File descriptors (those of `inproc://` ZeroMQ sockets) are looked at, in the order of their
    registration, each time nothing else is ready and before time jumps. With `shuffle`, a seeded
    generator permutes each batch of ready callbacks: it finds races that FIFO order hides.

    An error in a callback (a reader, a timer; tasks keep theirs) ends the run: it is raised from
    the call that runs the loop, as `Deadlock` and `Livelock` are.
    """

    def __init__(self, *, start_ns: int = 0, shuffle: random.Random | None = None) -> None:
        super().__init__()
        self._now_ns = start_ns
        self._standing = 0  # callbacks since the clock moved last
        self._done = 0  # callbacks at earlier instants
        self._timers: list[tuple[int, int, asyncio.TimerHandle]] = []
        self._timer_count = 0
        self._cancelled_timers = 0
        self._shuffle = shuffle
        self._readers: dict[int, tuple[int, asyncio.Handle]] = {}
        self._reader_count = 0
        self._woken: dict[int, QueueReader] = {}
        self._poller: selectors.BaseSelector | None = None  # a run over queues needs none
        self._clock_resolution = 1e-9
        self._callback_error: BaseException | None = None
        self._look: Callable[[], None] | None = None
        self._look_every_ns = 0
        self._next_look_ns = 0
        self._between: deque[Callable[[], object]] = deque()
        self._is_between = False
        self._held = Standing()

    # ------------------------------------------------------------------ time

    def watch(self, look: Callable[[], None] | None, every_ns: int) -> None:
        """Has somebody look from outside, each time that so much has passed; None: nobody does.

        It happens when all that is due at an instant has been done. It is no callback and no timer
        of the loop, so that a run with and without it, also one that is shuffled, is the same.
        """
        self._look, self._look_every_ns, self._next_look_ns = look, every_ns, self._now_ns

    def time(self) -> float:
        """Seconds since the start of the run."""
        return self._now_ns / NANOSECONDS

    def time_ns(self) -> int:
        """Nanoseconds since the start of the run."""
        return self._now_ns

    get_debug = staticmethod(bool)
    """False: this loop is never debugged. Each future and task asks, half a million times a run."""

    @property
    def callbacks(self) -> int:
        """How many there have been since the start of the run: a measure of work, not of time."""
        return self._done + self._standing

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        # Who waits at all waits a nanosecond at least: else a loop that waits for the rest of a
        # time would never see it pass.
        due_ns = self._now_ns + ((round(delay * NANOSECONDS) or 1) if delay > 0.0 else 0)
        return self._add_timer(due_ns, callback, args, context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        return self._add_timer(round(when * NANOSECONDS), callback, args, context)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, T], **options: Any
    ) -> asyncio.Task[T]:
        return asyncio.Task(coro, loop=self, **options)

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.Handle:
        if self._closed:  # type: ignore[attr-defined]
            self._check_closed()  # type: ignore[attr-defined]
        handle = LeanHandle(callback, args, self, context)
        self._ready.append(handle)  # type: ignore[attr-defined]
        return handle

    def _add_timer(
        self, due_ns: int, callback: Callable[..., object], args: tuple[Any, ...], context: Any
    ) -> asyncio.TimerHandle:
        if self._closed:  # type: ignore[attr-defined]
            self._check_closed()  # type: ignore[attr-defined]
        timer = LeanTimer(due_ns / NANOSECONDS, callback, args, self, context)
        self._timer_count += 1
        heapq.heappush(self._timers, (due_ns, self._timer_count, timer))
        return timer

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self._cancelled_timers += 1
        if self._cancelled_timers > 1000 and self._cancelled_timers * 2 > len(self._timers):
            self._timers = [entry for entry in self._timers if not entry[2].cancelled()]
            heapq.heapify(self._timers)
            self._cancelled_timers = 0

    def hold(self, participant: str) -> None:
        """Holds back all work of a participant, as when his process stands."""
        self._held.begin(participant)

    def release(self, participant: str) -> None:
        """Has what was held back done now, in the order in which it was due."""
        self._ready.extend(self._held.end(participant))  # type: ignore[attr-defined]

    # --------------------------------------------------------------- readers

    def add_reader(  # type: ignore[override]
        self, fd: Any, callback: Callable[..., Any], *args: Any
    ) -> None:
        self.remove_reader(fd)
        number = fd if isinstance(fd, int) else fd.fileno()
        self._reader_count += 1
        self._readers[number] = (self._reader_count, asyncio.Handle(callback, args, self))
        if self._poller is None:
            self._poller = selectors.DefaultSelector()
        self._poller.register(number, selectors.EVENT_READ)

    def remove_reader(self, fd: Any) -> bool:
        number = fd if isinstance(fd, int) else fd.fileno()
        reader = self._readers.pop(number, None)
        if reader is None:
            return False
        reader[1].cancel()
        assert self._poller is not None
        self._poller.unregister(number)
        return True

    def add_queue_reader(
        self, callback: Callable[[], object], waits: Callable[[], bool]
    ) -> QueueReader:
        """Has `callback` called, in its turn among the readers, when its reader was woken and there
        still is something that `waits`."""
        self._reader_count += 1
        handle = asyncio.Handle(callback, (), self)
        return QueueReader(self._reader_count, handle, waits, self._woken)

    def _poll_readers(self) -> bool:
        if len(self._woken) == 1 and not self._readers and not self._held.anybody:
            # Mostly one alone was woken.
            reader = self._woken.popitem()[1]
            if not reader.waits():
                return False
            alone: Any = reader.handle
            if not alone._cancelled:
                try:  # as in a round
                    alone._context.run(alone._callback)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:
                    self._callback_failed(alone, error)
            return True
        due = []
        if self._woken:
            woken, held = list(self._woken.values()), self._held
            self._woken.clear()
            if held.anybody:
                woken = [reader for reader in woken if not held.keeps_reader(reader)]
            due = [(r.number, r.handle) for r in woken if r.waits()]
        if self._readers:
            assert self._poller is not None
            found = self._poller.select(0)
            due += [self._readers[key.fd] for key, _ in found if key.fd in self._readers]
            if self._held.anybody:
                due = [reader for reader in due if not self._held.holds(reader[1])]
        if not due:
            return False
        # Run here and not queued: ZeroMQ's own threads wake a reader at moments of their liking
        # when a socket is closed, and a batch to shuffle must not depend on that.
        if len(due) > 1:
            due.sort(key=itemgetter(0))
        for _, handle in due:
            if not handle.cancelled():
                handle._run()
        return True

    # ------------------------------------------------------------- iteration

    def between(self, callback: Callable[[], object]) -> None:
        """Has `callback` called when the present round of callbacks is over, before the next.

        It is none of them: a run with and without it, also one that is shuffled, is the same. An
        error that it raises ends the run.
        """
        self._between.append(callback)

    @property
    def is_between(self) -> bool:
        """Whether no callback is being run: nothing of the loop's state is anywhere else."""
        return self._is_between

    @property
    def reads_descriptors(self) -> bool:
        """Whether file descriptors are being looked at, or have been."""
        return self._poller is not None

    def go_on(self, until: Callable[[], bool]) -> None:
        """Runs, from between two rounds, the next ones, until it is time to stop.

        For a copy of a process, in which those who run the loop are never returned to. Raises
        RuntimeError when what the loop was run for ends before.
        """
        if not self._is_between:
            raise RuntimeError("a loop goes on from between two rounds only")
        while not until():
            if self._stopping:  # type: ignore[attr-defined]
                raise RuntimeError("all has ended, and it is not yet time to stop")
            self._run_round()

    def _run_once(self) -> None:
        # One call for all rounds: a run has a million of them.
        while True:
            self._run_round()
            if self._stopping:  # type: ignore[attr-defined]
                return

    def _run_round(self) -> None:
        if self._between:
            self._is_between = True
            try:
                while self._between:
                    self._between.popleft()()
            finally:
                self._is_between = False
        ready = self._ready  # type: ignore[attr-defined]
        if not ready and not ((self._woken or self._readers) and self._poll_readers()):
            if self._stopping:  # type: ignore[attr-defined]
                return
            self._jump()
        batch = len(ready)  # what these make ready has its turn in the next round
        self._standing += batch
        if self._standing > LONGEST_INSTANT:
            words = self._describe_livelock()
            self._done, self._standing = self.callbacks, 0
            raise Livelock(words)
        if self._shuffle is not None and batch > 1:
            handles = [ready.popleft() for _ in range(batch)]
            self._shuffle.shuffle(handles)
            ready.extendleft(reversed(handles))
        held = self._held if self._held.anybody else None
        for _ in range(batch):
            handle = ready.popleft()
            if not handle._cancelled and (held is None or not held.keeps(handle)):
                try:  # as Handle._run does, which would be one more call each time
                    handle._context.run(handle._callback, *handle._args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:
                    self._callback_failed(handle, error)
        if self._callback_error is not None:
            failed, self._callback_error = self._callback_error, None
            raise failed

    def _callback_failed(self, handle: asyncio.Handle, error: BaseException) -> None:
        message = f"Exception in callback {handle!r}"
        self.call_exception_handler({"message": message, "exception": error, "handle": handle})

    def _jump(self) -> None:
        timers = self._timers
        head: Any = timers[0] if timers else None
        due_ns = self._next_due_ns() if head is None or head[2]._cancelled else head[0]
        if due_ns is None:
            raise Deadlock(self._describe_waiting())
        if self._look is not None and due_ns > self._next_look_ns:
            self._next_look_ns = due_ns + self._look_every_ns
            self._look()
            if self._ready:  # type: ignore[attr-defined]
                return  # it has not only looked
        self._come_to(due_ns)

    def _next_due_ns(self) -> int | None:
        """When the earliest timer is due; None when there is none."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
            self._cancelled_timers = max(0, self._cancelled_timers - 1)
        return timers[0][0] if timers else None

    def _come_to(self, due_ns: int) -> None:
        """Sets the clock, and makes ready what is due by then."""
        timers, ready = self._timers, self._ready  # type: ignore[attr-defined]
        if due_ns > self._now_ns:
            self._now_ns = due_ns
            self._done += self._standing
            self._standing = 0
        now_ns = self._now_ns
        while timers and timers[0][0] <= now_ns:
            timer: Any = heapq.heappop(timers)[2]
            timer._scheduled = False
            if not timer._cancelled:
                ready.append(timer)
            else:
                self._cancelled_timers = max(0, self._cancelled_timers - 1)

    def _describe_livelock(self) -> str:
        names = sorted(task.get_name() for task in asyncio.all_tasks(self))
        return (
            f"no time passes any more at t = {self.time():.3f} s: {self._standing} callbacks at "
            f"one instant; tasks: {', '.join(names) or 'none'}"
        )

    def _describe_waiting(self) -> str:
        names = sorted(task.get_name() for task in asyncio.all_tasks(self))
        return f"nothing is ready and no timer is set at t = {self.time():.3f} s; waiting: " + (
            ", ".join(names) or "no task"
        )

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keeps the first error of a callback, to be raised; reports the rest as asyncio does."""
        error = context.get("exception")
        if "handle" in context and error is not None and self._callback_error is None:
            self._callback_error = error
        else:
            super().call_exception_handler(context)

    # ------------------------------------------- what asyncio wants to be there

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.Handle:
        raise RuntimeError("threads do not exist in virtual time")

    def _process_events(self, event_list: Any) -> None:
        raise NotImplementedError

    def _write_to_self(self) -> None:
        pass

    def wake(self) -> None:
        """Ends a wait, where there is one: in one process nobody waits."""

    def close(self) -> None:
        if not self.is_closed() and self._poller is not None:
            self._poller.close()
            self._readers.clear()  # who removes his later finds none
        super().close()


def time_ns() -> int:
    """The running loop's time in nanoseconds."""
    return clock_of(asyncio.get_running_loop())()


def clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], int]:
    """A function that tells the time of `loop` in nanoseconds."""
    if isinstance(loop, (VirtualLoop, PacedLoop)):
        return loop.time_ns
    return lambda: round(loop.time() * NANOSECONDS)


def transport_grace() -> float:
    """Seconds of mission time to add to a deadline for what machines, not missions, delay.

    Zero in virtual time, where a message takes no time; two wall seconds, at the present
    rate, in paced time.
    """
    loop = asyncio.get_running_loop()
    return 2.0 * loop.rate if isinstance(loop, PacedLoop) else 0.0


def run(main: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """Runs `main` on `loop` to its end and closes the loop.

    `main` has to end its own tasks (a nursery does); one that it leaves running is an error.
    An interrupt (SIGINT) cancels `main`, so that it cleans up; a second one breaks
    it off.
    """
    try:
        task = loop.create_task(main, name="main")
        try:
            wake = loop.wake if isinstance(loop, VirtualLoop | PacedLoop) else None
            with interruptible(task, wake):
                return loop.run_until_complete(task)
        except BaseException:
            if not task.done():  # dead-lock, error of a callback, interrupt: let it clean up
                task.cancel()
                with contextlib.suppress(BaseException):
                    loop.run_until_complete(task)
            raise
        finally:
            left = sorted(t.get_name() for t in asyncio.all_tasks(loop) if t is not task)
            loop.run_until_complete(loop.shutdown_asyncgens())
            if left and task.done() and not task.cancelled() and task.exception() is None:
                raise RuntimeError(f"tasks were left running: {', '.join(left)}")
    finally:
        asyncio.set_event_loop(None)
        loop.close()
