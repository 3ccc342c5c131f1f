"""The fault unit of one device: it breaks what goes over the wire, as it is told.

It stands between link and wire, so that the device and the bench meet the fault as they would meet
a broken cable: heartbeats as well. It knows nothing of what a run is.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from flight.icd.codec import CodecError, decode_plain, pack
from sim_hw.bench.wire.frames import frame
from sim_hw.bench.wire.payloads import FEATURES
from sim_hw.bench.wire.wire import Hear, Wire
from sim_hw.faults.line_names import CUTS, KINDS

HITS_APART = 0.2  # s between two that are told
OWN = ("identity", "ping", "safe", *FEATURES, "inject")
"""Methods of the bench: no reading of the device is stuck in them."""


class FaultUnit:
    """`tell` gets `["fault", service, id, where, before, after]` for what a fault has changed."""

    def __init__(self, service: str, tell: Callable[[list[Any]], None]) -> None:
        self._service, self._tell = service, tell
        self._faults: dict[str, tuple[str, float, random.Random]] = {}
        self._told_at: dict[str, float] = {}
        self._methods: dict[int, str] = {}  # of calls, by the numbers of the wire
        self._last: dict[str, Any] = {}  # results that are told again, by method

    def begin(self, identifier: str, kind: str, figure: float) -> None:
        """`figure`: `by` (s) of a delay, `share` of drop and corrupt."""
        if kind in KINDS:
            self._last.clear()
            self._faults[identifier] = (kind, figure, random.Random(identifier))

    def heal(self, identifier: str) -> None:
        """That fault is over."""
        self._faults.pop(identifier, None)

    @property
    def cut_by(self) -> str:
        """The fault that lets nothing pass; "" without."""
        return next((i for i, (kind, _, _) in self._faults.items() if kind in CUTS), "")

    @property
    def is_clear(self) -> bool:
        """Whether nothing is broken."""
        return not self._faults

    def sent(self, payload: bytes, wire: Wire) -> bool:
        """Something goes to the device; whether its wire has taken it."""
        for identifier, (kind, share, draw) in self._faults.items():
            if kind == "stuck":
                self._note_call(payload)
            if kind in CUTS or (kind == "drop" and draw.random() < share):
                self._hit(identifier, "sent", "a frame", "none")
                return True
            if kind == "corrupt" and draw.random() < share:
                self._hit(identifier, "sent", "a frame", "a damaged one")
                return _send_bytes(wire, _damaged(payload, draw))
        return wire.send(payload)

    def heard(self, payload: bytes, wire: Wire, hear: Hear) -> None:
        """Something comes from the device."""
        delay = 0.0
        for identifier, (kind, figure, draw) in self._faults.items():
            if kind in CUTS or (kind == "drop" and draw.random() < figure):
                self._hit(identifier, "heard", "a frame", "none")
                return
            if kind == "corrupt" and draw.random() < figure:
                wire.counters.damaged += 1  # its checksum is another: nobody takes it
                self._hit(identifier, "heard", "a frame", "a damaged one")
                return
            if kind == "delay":
                delay += figure
                self._hit(identifier, "heard", "at once", f"{figure:g} s later")
            elif kind == "stuck":
                payload = self._stuck(identifier, payload)
        if delay:
            asyncio.get_running_loop().call_later(delay, hear, payload)
        else:
            hear(payload)

    # ------------------------------------------------------------------- stuck

    def _note_call(self, payload: bytes) -> None:
        message = _message(payload)
        if len(message) >= 3 and message[0] == "call" and message[2] not in OWN:
            if len(self._methods) > 1000:
                self._methods.clear()
            self._methods[message[1]] = message[2]

    def _stuck(self, identifier: str, payload: bytes) -> bytes:
        """The first answer to that method since it is stuck, in place of this one."""
        try:
            sequence, ns, message = decode_plain(payload)
            if message[0] != "reply" or message[2] is None:
                return payload
            method = self._methods.pop(message[1], "")
            if not method:
                return payload
            last = self._last.setdefault(method, message[2])
            if last != message[2]:
                self._hit(identifier, method, message[2], last)
                message[2] = last
        except (CodecError, ValueError, TypeError, IndexError, KeyError):
            return payload
        return pack([sequence, ns, message])

    def _hit(self, identifier: str, where: str, before: Any, after: Any) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told_at.get(identifier, -1e9) >= HITS_APART:
            self._told_at[identifier] = now
            place = f"{self._service} {where}"
            self._tell(["fault", self._service, identifier, place, before, after])


def _message(payload: bytes) -> list[Any]:
    try:
        plain = decode_plain(payload)
        found = plain[2] if isinstance(plain, list) and len(plain) == 3 else []
        return found if isinstance(found, list) else []
    except (CodecError, ValueError):
        return []


def _damaged(payload: bytes, draw: random.Random) -> bytes:
    """A frame of which one bit is another; it still ends where it ends."""
    data = bytearray(frame(payload))
    where = draw.randrange(len(data) - 1)
    data[where] = (data[where] ^ (1 << draw.randrange(8))) or 0x55
    return bytes(data)


def _send_bytes(wire: Wire, data: bytes) -> bool:
    send = getattr(wire, "send_bytes", None)
    return True if send is None else bool(send(data))
