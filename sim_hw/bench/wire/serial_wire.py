"""A serial line, or a pty: a thread alone waits for it, so that nobody else waits for the kernel.

What a line holds is handed on by workers of the kernel that no priority lifts. Whoever asks a line
whether there is anything waits for them, on a busy machine for a tenth of a second, and with it all
other devices of the bench would. The line is not asked whether it is there, either: its name goes
before it says so.
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
        self._thread: threading.Thread | None = None
        self._turn = threading.Lock()
        """Of who reads, and of who lets go: nothing is read of what is another's by then."""
        self._ahead = threading.Semaphore(AHEAD)
        self._ends, self._ended = -1, -1  # a pipe that tells the thread that it is let go of
        self._later: asyncio.TimerHandle | None = None
        self._gone = False

    def start(self, hear: Hear, lost: Lost) -> None:
        """Begins to hear."""
        self._hear, self._lost = hear, lost
        self._ended, self._ends = os.pipe2(os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._wait, name=f"line {self._path}", daemon=True)
        self._thread.start()
        # Where nobody tells of names that go, the line itself says it.
        with contextlib.suppress(OSError):
            self._watch = PathWatch(self._path, self._unplugged)
        self.send_bytes(b"\0")  # ends what somebody before may have left half said

    def _unplugged(self) -> None:
        self._gone = True
        self._is_lost(CLOSED)

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
            os.close(self._ended)
            os.close(self._descriptor)
            if self._watch is not None:
                self._watch.close()

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
        if self._thread is None:
            self.closed = True
            os.close(self._descriptor)
            return
        if self._gone:  # who reads may wait for the kernel: it is not waited for
            self.closed = True
        else:
            with self._turn:
                self.closed = True
            with contextlib.suppress(OSError, termios.error):
                fcntl.ioctl(self._descriptor, termios.TIOCNXCL)
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._ahead.release()
        os.close(self._ends)
