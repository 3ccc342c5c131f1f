"""The device protocol on a CAN bus: payload and checksum by ISO-TP, in frames of two numbers, one
each way. Needs `python-can`."""

import asyncio
import contextlib
import importlib.util
from typing import Any

from sim_hw.bench.wire.addresses import Address
from sim_hw.bench.wire.frames import Damaged, with_checksum, without_checksum
from sim_hw.bench.wire.isotp import CLASSIC, FD, IsoTp
from sim_hw.bench.wire.wire import Ended, Hear, Lost, WireLost

MOST_AT_ONCE = 64  # frames taken before others have their turn
INSTALL = "pip install 'threeforks[can]'"


class CanWire(Ended):
    """Payloads to one device on a bus that may have others; `bus` of python-can, with a descriptor
    that tells when something has come."""

    def __init__(self, address: Address, bus: Any) -> None:
        super().__init__(address.text)
        self._bus, self._to, self._from, self._fd = bus, address.to, address.back, address.fd
        self._wide = max(self._to, self._from) >= 1 << 11
        self._parts = IsoTp(self._put, self._heard, FD if self._fd else CLASSIC)
        self._damaged = 0

    def start(self, hear: Hear, lost: Lost) -> None:
        self._hear, self._lost = hear, lost
        self._loop.add_reader(self._bus.fileno(), self._readable)

    def _readable(self) -> None:
        from can import CanError

        for _ in range(MOST_AT_ONCE):
            try:
                message = self._bus.recv(0.0)
            except (CanError, OSError) as error:
                self._is_lost(_words(error))
                return
            if message is None:
                return
            if self._is_its(message):
                if self._floods(len(message.data)):
                    return
                self._parts.feed(bytes(message.data))
                self.counters.damaged = self._damaged + self._parts.broken
            if self.closed:
                return

    def _is_its(self, message: Any) -> bool:
        plain = not message.is_error_frame and not message.is_remote_frame
        who = (message.arbitration_id, bool(message.is_extended_id))
        return plain and who == (self._from, self._wide)

    def _heard(self, data: bytes) -> None:
        try:
            payload = without_checksum(data)
        except Damaged:
            self._damaged += 1
            return
        self.counters.received += 1
        self._hear(payload)

    def send(self, payload: bytes) -> bool:
        return self.send_bytes(with_checksum(payload))

    def send_bytes(self, data: bytes) -> bool:
        """Sends a message as it is."""
        if self.closed or not self._parts.send(data):
            return self._unsent()
        self.counters.sent += 1
        return not self.closed

    def _put(self, frame: bytes) -> bool:
        import can

        message = can.Message(
            arbitration_id=self._to, is_extended_id=self._wide, data=frame, is_fd=self._fd,
            bitrate_switch=self._fd,
        )  # fmt: skip
        try:
            self._bus.send(message)
        except (can.CanError, OSError):  # its queue is full; of a bus that is gone reading tells
            return False
        return True

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._parts.close()
            self._loop.remove_reader(self._bus.fileno())
            self._bus.shutdown()


async def open_can(address: Address) -> CanWire:
    """Raises WireLost with what to do about it."""
    if importlib.util.find_spec("can") is None:
        raise WireLost(f"{address.text}: python-can is not installed: {INSTALL}")
    opening = asyncio.get_running_loop().run_in_executor(None, _open, address)
    try:
        bus = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_let_go)
        raise
    return CanWire(address, bus)


def _open(address: Address) -> Any:
    """In a thread: what python-can has for an interface may wait."""
    import can

    more: dict[str, Any] = {"fd": True} if address.fd else {}
    if address.interface == "udp_multicast":
        more["hop_limit"] = 0  # nothing leaves this machine
    try:
        bus = can.Bus(channel=address.path, interface=address.interface, **more)
    except Exception as error:  # of others' drivers, whatever it is
        raise WireLost(f"{address.text}: {_words(error)}") from None
    try:
        tells = bus.fileno() >= 0
    except NotImplementedError:
        tells = False
    if not tells:
        bus.shutdown()
        words = "has no descriptor to wait for; socketcan and udp_multicast have"
        raise WireLost(f"{address.text}: {address.interface} {words}")
    return bus


def _let_go(opening: "asyncio.Future[Any]") -> None:
    """Nobody waits for that bus any more."""
    if not opening.cancelled() and opening.exception() is None:
        with contextlib.suppress(Exception):
            opening.result().shutdown()


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
