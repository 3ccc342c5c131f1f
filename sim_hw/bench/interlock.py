"""The stop of a bench: by a key of the terminal, by a file that is there, by an input line, by an
order. It latches.

All real devices are safe from that instant on, whoever has armed them, and stay so until somebody
releases the stop; nobody can while the file is there.
A key that can be heard no more stops as well, and an input that cannot be read: it is a loop that
is closed while all is well, and a broken wire is no permission.
"""

import asyncio
import contextlib
import fcntl
import os
import stat
import sys
import termios
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sim_hw.bench.device_link import STOP, DeviceLink

LONGEST_WORD = 64  # bytes of what a line says
LONGEST_WRITTEN = 4096  # bytes taken out of a FIFO at one look
LOOK = 0.05  # s between looks whether the file is there
KEYS = {"space": b" ", "escape": b"\x1b", "s": b"s"}
"""Keys that can stop, and what a terminal says for each."""


class InterlockRules(msgspec.Struct, frozen=True):
    """`file`: while it is there, all is stopped; `key`: of KEYS, heard at `descriptor` (-1: none);
    `line`: a file that says `runs` while all is well, such as the value of a GPIO, or a FIFO, of
    which each byte stops, and that nobody holds it open; "" for none of them."""

    file: str = ""
    key: str = ""
    descriptor: int = -1
    line: str = ""
    runs: str = "1"


class InputLine:
    """A line that stops by what it says; `says_stop` tells why, "" while all is well."""

    def __init__(self, path: str, runs: str) -> None:
        self._path, self._runs = path, runs
        self._fifo = -1

    def says_stop(self, *, takes: bool = True) -> str:
        """Looks at it, without waiting. `takes`: what was written to a FIFO is taken out of it; a
        look beside a bench leaves it in."""
        if not self._path:
            return ""
        try:
            there = os.stat(self._path)  # each time: it may be gone, or another one, since
            if stat.S_ISFIFO(there.st_mode):
                return self._look_at_fifo(there, takes)
            self.close()
            if not stat.S_ISREG(there.st_mode):
                return f"stopped: the input {self._path} is no file and no FIFO"
            with open(self._path, "rb") as file:
                said = file.read(LONGEST_WORD).decode("utf-8", "replace").strip()
        except OSError as error:
            self.close()
            return f"stopped: the input {self._path} cannot be read: {error.strerror}"
        return "" if said == self._runs else f"stopped: the input {self._path} says {said!r}"

    def _look_at_fifo(self, there: os.stat_result, takes: bool) -> str:
        if self._fifo >= 0 and not os.path.samestat(os.fstat(self._fifo), there):
            self.close()
        if self._fifo < 0:
            self._fifo = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        written = f"stopped: the input {self._path} was written to"
        if not takes and self._waiting():
            return written
        try:
            said = os.read(self._fifo, LONGEST_WRITTEN)
        except BlockingIOError:
            return ""  # somebody holds it, and says nothing
        return written if said else f"stopped: nobody holds the input {self._path} open"

    def _waiting(self) -> int:
        """Bytes in the FIFO: what has no writer can be read as well, and has none."""
        count = fcntl.ioctl(self._fifo, termios.FIONREAD, b"\0" * 4)
        return int.from_bytes(count, sys.byteorder)

    def close(self) -> None:
        """Looks no more."""
        if self._fifo >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fifo)
            self._fifo = -1


class Interlock:
    """Watches for the stop, and inhibits all links by it."""

    def __init__(
        self,
        rules: InterlockRules,
        links: Mapping[str, DeviceLink],
        tell: Callable[[list[Any]], None],
    ) -> None:
        self._rules = rules
        self._links = links
        self._tell = tell
        self.stopped = ""
        """Why; "" when it is not."""
        self._listens = False
        self._line = InputLine(rules.line, rules.runs)

    async def watch(self) -> None:
        """Looks for the file and hears the key, for as long as it is let."""
        if self._rules.key and self._rules.descriptor >= 0:
            try:
                asyncio.get_running_loop().add_reader(self._rules.descriptor, self._pressed)
                self._listens = True
            except (OSError, ValueError):  # such as a file: it cannot be waited on
                self.stop(f"stopped: the key {self._rules.key} cannot be heard")
        while True:
            if self._is_there() and not self.stopped:
                self.stop(f"stopped: the file {self._rules.file} is there")
            why = self._line.says_stop()
            if why and not self.stopped:
                self.stop(why)
            await asyncio.sleep(LOOK)

    def _is_there(self) -> bool:
        if not self._rules.file:
            return False
        try:
            os.lstat(self._rules.file)  # a link that leads nowhere was put there as well
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            pass  # nobody can say that it is not
        return True

    def _pressed(self) -> None:
        try:
            pressed = os.read(self._rules.descriptor, 64)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pressed = b""
        if not pressed:
            self.close()
            self.stop(
                f"stopped: the terminal has ended, and the key {self._rules.key} with it; use "
                "`msr hil stop RUN` from here on"
            )
        elif KEYS[self._rules.key] in pressed:
            self.stop(f"stopped: the key {self._rules.key} was pressed")

    def stop(self, why: str) -> None:
        """All is safe, and stays so."""
        self.stopped = why
        for link in self._links.values():
            link.stop(why)
        self._tell(["interlock", "", why])

    def release(self) -> None:
        """Devices may be armed again; refused, by saying why, while the file is there, or the input
        says no."""
        if self._is_there():
            self._tell(["interlock", "", f"not released: the file {self._rules.file} is there"])
            return
        why = self._line.says_stop()
        if why:
            self._tell(["interlock", "", f"not released: {why.removeprefix('stopped: ')}"])
            return
        self.stopped = ""
        for link in self._links.values():
            link.allow(STOP)
        self._tell(["interlock", "", ""])

    def close(self) -> None:
        """Hears no key any more, and looks at no line."""
        self._line.close()
        if self._listens:
            self._listens = False
            asyncio.get_running_loop().remove_reader(self._rules.descriptor)
