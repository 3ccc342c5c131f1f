"""The stop of a bench: by a key of the terminal, by a file that is there, by an order. It latches.

All real devices are safe from that instant on, whoever has armed them, and stay so until somebody
releases the stop; nobody can while the file is there.
A key that can be heard no more stops as well.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sim_hw.bench.device_link import STOP, DeviceLink

LOOK = 0.05  # s between looks whether the file is there
KEYS = {"space": b" ", "escape": b"\x1b", "s": b"s"}
"""Keys that can stop, and what a terminal says for each."""


class InterlockRules(msgspec.Struct, frozen=True):
    """`file`: while it is there, all is stopped; `key`: of KEYS, heard at `descriptor` (-1: none);
    "" for neither."""

    file: str = ""
    key: str = ""
    descriptor: int = -1


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
        """Devices may be armed again; refused, by saying why, while the file is there."""
        if self._is_there():
            self._tell(["interlock", "", f"not released: the file {self._rules.file} is there"])
            return
        self.stopped = ""
        for link in self._links.values():
            link.allow(STOP)
        self._tell(["interlock", "", ""])

    def close(self) -> None:
        """Hears no key any more."""
        if self._listens:
            self._listens = False
            asyncio.get_running_loop().remove_reader(self._rules.descriptor)
