"""The writing end of a pipe of orders: it never waits, and cuts nothing.

What the pipe does not take at once (it holds 64 KiB) waits here until it is sent `on`.
"""

import os


class OrdersPipe:
    """Writes to a descriptor, which it owns."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = bytearray()
        os.set_blocking(descriptor, False)

    def send(self, data: bytes) -> None:
        """Sends data, in the order in which it is given; of an end that nobody reads any more it
        is forgotten."""
        self._waiting += data
        self.send_on()

    def send_on(self) -> None:
        """Sends what waits, as far as the pipe takes it."""
        if self._descriptor < 0:
            self._waiting.clear()
        try:
            while self._waiting:
                del self._waiting[: os.write(self._descriptor, self._waiting)]
        except BlockingIOError:
            return  # the rest another time
        except BrokenPipeError:
            self._waiting.clear()

    def close(self) -> None:
        """Nothing is sent any more; a second time it does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
