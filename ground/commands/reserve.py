"""Who stands by for the one that stands by: a copy of it, which sleeps until that one is killed.

It costs no work while it sleeps, and the memory in which the two differ. When it wakes it has to
fly again only what the other has flown since it was made.
"""

import math
import os
import signal
import time
from collections.abc import Callable

AFTER = 0.1  # s of the processor's time that were flown since the last one was made
AT_LEAST = 0.25  # wall seconds between two, also where the last one has died


class Reserve:
    """The copy that sleeps, as the process sees it that was copied."""

    def __init__(self) -> None:
        self._pid = 0
        self._line = -1  # open as long as this process lives: it says nothing, it only ends
        self._lot = -1  # holds one byte; of several that wake, who draws it takes the place
        self._flown = self._made = -math.inf

    @property
    def is_due(self) -> bool:
        """Whether there is none, or a newer one is to be made."""
        if self._pid and os.waitpid(self._pid, os.WNOHANG)[0]:
            self._pid = 0
        if time.monotonic() - self._made < AT_LEAST:
            return False
        return not self._pid or time.process_time() - self._flown >= AFTER

    def renew(self, wakes: Callable[[], None]) -> None:
        """Makes one, and lets the last one go.

        Returns in this process, and in the copy when it is to take the place of this process, which
        has died; there `wakes` is called first. To be called where the process can be copied.
        """
        reading, writing = os.pipe()
        if self._lot < 0:
            self._lot, other = os.pipe()
            os.write(other, b".")
            os.close(other)
        self._flown, self._made = time.process_time(), time.monotonic()
        try:
            pid = os.fork()
        except OSError:  # no room for another: the last one stays
            os.close(reading)
            os.close(writing)
            return
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.close(writing)
            self._sleep(reading)
            wakes()
            return
        os.close(reading)
        self.end()
        self._pid, self._line = pid, writing

    def _sleep(self, reading: int) -> None:
        lot = self._lot
        self._lot = -1
        self.let_go()
        os.read(reading, 1)  # at the end of that process
        drawn = os.read(lot, 1)
        if not drawn:
            os._exit(0)  # another was sooner
        os.close(reading)
        os.close(lot)

    def let_go(self) -> None:
        """In a copy: who sleeps belongs to the process that was copied."""
        for descriptor in (self._line, self._lot):
            if descriptor >= 0:
                os.close(descriptor)
        self._pid, self._line, self._lot = 0, -1, -1

    def end(self) -> None:
        """Nobody sleeps any more."""
        pid, self._pid = self._pid, 0
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        if self._line >= 0:
            os.close(self._line)
            self._line = -1
