"""A serial line, or a pty. Its loss is seen when its name goes, before the line itself says so.

What a line holds is handed on by workers of the kernel that no priority lifts. Whoever asks a line
whether there is anything waits for them, on a busy machine for a tenth of a second, and with it all
other devices of the bench would. So where the bench is ahead of other programs a thread alone waits
for the line; where it is not, that thread would be one more that waits for its turn.
"""

import asyncio
import contextlib
import fcntl
import os
import select
import termios
import threading

from sim_hw.bench.wire.path_watch import PathWatch
from sim_hw.bench.wire.stream_wire import CHUNK, CLOSED, StreamWire
from sim_hw.bench.wire.wire import Hear, Lost, next_step

AHEAD = 16  # chunks that are read and not taken yet, at most
FULL = 0.005  # s until a line that took no more is tried again


class SerialWire(StreamWire):
    """Frames over the descriptor of a serial line at `path`."""

    def __init__(self, name: str, descriptor: int, path: str) -> None:
        super().__init__(name, descriptor)
        self._path = path
        self._watch: PathWatch | None = None
        self._later: asyncio.TimerHandle | None = None
        self._gone = False

    def start(self, hear: Hear, lost: Lost) -> None:
        """Begins to hear."""
        # Where nobody tells of names that go, the line itself says it.
        with contextlib.suppress(OSError):
            self._watch = PathWatch(self._path, self._unplugged)
        super().start(hear, lost)

    def _unplugged(self) -> None:
        self._gone = True
        self._is_lost(CLOSED)

    def _wait_for_room(self) -> None:
        self._later = self._loop.call_later(FULL, self._write)

    def close(self) -> None:
        """Lets go of it: from here on others may have the line."""
        if self.closed:
            return
        if self._later is not None:
            self._later.cancel()
        if self._watch is not None:
            self._watch.end()
        self._read_no_more()
        if not self._gone:
            with contextlib.suppress(OSError, termios.error):
                fcntl.ioctl(self._descriptor, termios.TIOCNXCL)
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._let_go()

    def _read_no_more(self) -> None:
        self.closed = True
        self._loop.remove_reader(self._descriptor)

    def _let_go(self) -> None:
        threading.Thread(target=self._close_all, name=f"line {self._path}", daemon=True).start()

    def _close_all(self) -> None:
        """Waits for the kernel, and is for a thread that may."""
        os.close(self._descriptor)
        if self._watch is not None:
            self._watch.close()


class AwaitedSerialWire(SerialWire):
    """The same, where a thread waits for what comes."""

    def __init__(self, name: str, descriptor: int, path: str) -> None:
        super().__init__(name, descriptor, path)
        self._turn = threading.Lock()
        """Of who reads, and of who lets go: nothing is read of what is another's by then."""
        self._ahead = threading.Semaphore(AHEAD)
        self._ended, self._ends = os.pipe2(os.O_CLOEXEC)  # tells the thread that it is let go of
        self._thread = threading.Thread(target=self._wait, name=f"line {path}", daemon=True)

    def _begin_to_read(self) -> None:
        self._thread.start()

    # ---------------------------------------------------------------- the thread

    def _wait(self) -> None:
        """Reads until it is let go of; the descriptor is this thread's to close."""
        waits = select.poll()
        waits.register(self._descriptor, select.POLLIN)
        waits.register(self._ended, select.POLLIN)
        try:
            while True:
                waits.poll()
                self._ahead.acquire()
                with self._turn:
                    if self.closed:
                        break
                    data, why = self._read()
                if data is None:
                    self._ahead.release()
                    continue
                self._loop.call_soon_threadsafe(self._heard, data, why)
                if why:
                    break
        except RuntimeError:  # the loop is closed: nobody hears any more
            pass
        finally:
            os.read(self._ended, 1)
            self._close_all()

    def _close_all(self) -> None:
        os.close(self._ended)
        super()._close_all()

    def _read(self) -> tuple[bytes | None, str]:
        """What there is (None: nothing), and why there will be no more."""
        try:
            data = os.read(self._descriptor, CHUNK)
        except (BlockingIOError, InterruptedError):
            return None, ""
        except OSError as error:  # EIO: the other side of a pty is closed, or the plug is out
            return b"", next_step(error)
        return data, "" if data else CLOSED

    # ------------------------------------------------------------------ the loop

    def _heard(self, data: bytes, why: str) -> None:
        self._ahead.release()
        if self.closed:
            return
        if why:
            self._is_lost(why)
        else:
            self._take(data)

    def _read_no_more(self) -> None:
        if self._gone:  # who reads may wait for the kernel: it is not waited for
            self.closed = True
            return
        with self._turn:
            self.closed = True

    def _let_go(self) -> None:
        os.close(self._ends)
        if self._thread.ident is None:
            super()._let_go()
        else:
            self._ahead.release()
