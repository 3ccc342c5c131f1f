"""Ends of a bus over a socket that a test makes full, or that reaches nobody."""

from collections import deque
from types import SimpleNamespace
from typing import Any

from flight.runtime.bus_side import Counters
from flight.runtime.client import Client
from flight.runtime.sockets import Link


class Wire:
    """A socket that takes messages, or is full, or reaches nobody."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        if self.problem is not None:
            raise self.problem
        self.sent.append(data)

    def send_to(self, peer: bytes, data: bytes) -> None:
        self.send(data)

    def has_input(self) -> bool:
        return False

    def look_at_peer(self) -> None:
        pass


def end(kind: Any, problem: Exception | None = None, size: int = 10, **more: Any) -> Any:
    """An end of a bus with such a socket, whose messages have a size in bytes."""
    drops: list[str] = []
    found = object.__new__(kind)
    fabric = SimpleNamespace(
        lacks=lambda address, peer: False, is_down=lambda address: False, changes=0
    )
    bus = SimpleNamespace(
        fabric=fabric, counters=Counters(), on_drop=lambda service, why: drops.append(why)
    )
    looks: list[int] = []
    vars(found).update(
        bus=bus, service="hub", _closed=False, _socket=Wire(problem), _clock=None, _address="x",
        _wrap=lambda peer, message: bytes(size), _look_later=lambda: looks.append(1), drops=drops,
        looks=looks, _changes_seen=0, _draining=False, _is_told=False, _followers={},
        **more,
    )  # fmt: skip
    return found


def client(problem: Exception | None = None, link: Link | None = None, size: int = 10) -> Any:
    lost: list[str] = []
    return end(
        Client, problem, size, _outside=True, _link=link, _held=deque(), _bytes_held=0,
        _following=None, on_lost=lost.append, lost=lost, on_reconnect=None, _expected={},
        _schedule_drain=lambda: None,
    )  # fmt: skip
