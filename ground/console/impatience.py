"""Connections that take their time: nobody holds a place of the web server with one.

Whoever can reach the port can open connections and say nothing on them, or a byte now and then, or
ask and never read the answer. uvicorn waits for them without end, and refuses all others when it
has too many.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

EXCHANGE = 30.0  # wall seconds from a connection, or the answer before, to the end of an answer
MOST = 100  # connections of HTTP at once: a browser opens six


class ImpatientProtocol(H11Protocol):
    """HTTP whose requests and answers have `EXCHANGE` s to be over; where there are `MOST`, the one
    that has taken longest goes for one that comes. Websockets are none of them."""

    _since = 0.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Makes room for it, if there is none."""
        others = [each for each in self.connections if isinstance(each, ImpatientProtocol)]
        if len(others) >= MOST:
            min(others, key=lambda each: each._since)._give_up()
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended, by whomever."""
        self._stop()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Another exchange may come."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._begin()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """From here on it lasts as long as it likes."""
        self._stop()
        super().handle_websocket_upgrade(event)

    def _begin(self) -> None:
        self._stop()
        self._since = self.loop.time()
        self._timer = self.loop.call_later(EXCHANGE, self._give_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self.connections.discard(self)  # its end is heard later, and counts now
        self.transport.abort()
