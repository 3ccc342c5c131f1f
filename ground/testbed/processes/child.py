"""One participant's process, as the process that composes the run has it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ground.testbed.computers.deaths import Death
from ground.testbed.host import Boot
from ground.testbed.processes import reporting_pipe as pipes
from ground.testbed.processes.orders_pipe import OrdersPipe


class Child:
    """A process that was started, and what became of it. `orders`: those that wait for it."""

    def __init__(
        self,
        role: str,
        specification: Path,
        boot: Boot,
        log: Path,
        inherited: Sequence[int] = (),
        orders: bytes = b"",
    ) -> None:
        reading, writing = os.pipe()
        taking, giving = os.pipe()
        self._orders = OrdersPipe(giving)
        self._orders.send(orders)
        try:
            with log.open("ab") as out:
                self._process = subprocess.Popen(
                    [
                        sys.executable, "-m", "ground.testbed.processes.process",
                        role, str(specification),
                        "--cause", boot.cause, "--number", str(boot.number),
                        *(["--planned"] if boot.planned else []), "--report", str(writing),
                        "--orders", str(taking),
                    ],
                    stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                    pass_fds=(writing, taking, *inherited),
                    env=os.environ | {"PYTHONHASHSEED": "0"},
                    start_new_session=True,  # Ctrl-C comes here, and everybody is ended in order
                )  # fmt: skip
        except BaseException:
            os.close(reading)
            self._orders.close()
            raise
        finally:
            os.close(writing)
            os.close(taking)
        loop = asyncio.get_running_loop()
        self._pipe = pipes.ReadingEnd(reading)
        self.ended: asyncio.Future[None] = loop.create_future()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.asked: int | None = None  # what it told before its end: REBOOT, OFF, OUTCOME, REFUSED
        self.words = ""
        self.wanted = False  # somebody here has ended it
        self.count = 0  # messages that it has sent
        self._was_ready = self._hung = False
        self._log = log

    @property
    def descriptor(self) -> int:
        """Of the pipe in which it tells what happens."""
        return self._pipe.descriptor

    @property
    def runs(self) -> bool:
        """Whether it runs, and nobody has asked it to end."""
        return not self.wanted and not self.ended.done()

    def frames(self) -> Iterator[list[Any]]:
        """What it has told since; when its end was read, `gone` is true."""
        return self._pipe.frames()

    @property
    def gone(self) -> bool:
        """Whether it has ended, and all that it told was read."""
        return self._pipe.ended

    def buried(self) -> None:
        """Its end is known to the system, and to who waits for it."""
        self._process.wait()
        self._orders.close()
        self._was_ready = self.ready.done()
        self.ended.set_result(None)
        if not self.ready.done():
            self.ready.set_result(None)

    def ask_to_end(self) -> None:
        """Asks it to end in order."""
        self.wanted = True
        self._process.terminate()
        self.go_on()  # one that stands hears it then

    def kill(self) -> None:
        """Ends it as a power cut does."""
        self.wanted = True
        self._process.kill()

    def kill_hung(self) -> None:
        """Ends it as a watchdog does: that is a death that nobody wanted."""
        self.words = "it hung, and its watchdog ended it"
        self._hung = True
        self._process.kill()

    def order(self, line: bytes) -> None:
        """Gives it an order about faults; one that has just died takes none."""
        self._orders.send(line)

    def give_orders(self) -> None:
        """Gives it what its pipe has not taken yet."""
        self._orders.send_on()

    def stop(self) -> None:
        """Nothing of it runs any more, as if it hung."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It runs again."""
        self._process.send_signal(signal.SIGCONT)

    def end_now(self) -> None:
        """Ends it whatever it does, and waits for that."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def death(self) -> Death:
        """How it has ended whom nobody here has ended, and where more is written. By signal 9 ends
        nobody by itself."""
        code = self._process.returncode
        outside = code == -signal.SIGKILL and not self._hung
        words = self.words or ("killed from outside" if outside else f"exit code {code}")
        return Death(f"{words}; see {self._log}", outside, self._was_ready)
