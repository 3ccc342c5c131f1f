"""Mars and the stations as they are to a mission control that is killed: they last."""

import mmap
import struct
from dataclasses import dataclass, field
from typing import Any

from flight.icd.codec import encode
from flight.icd.frames import read_frame, write_frame
from flight.icd.messages import (
    Command,
    CommandReport,
    Frame,
    Message,
    Packet,
    Rung,
    Telemetry,
    decode_message,
)
from flight.runtime.loop import NANOSECONDS
from tests.ground.mission_control.conftest import LIGHT_TIME, PASS_LENGTH, PASS_PERIOD

END = 6.0 * PASS_PERIOD  # by then all is answered
DURATION = 100.0  # s that a command takes on board


@dataclass
class Uplink:
    """A frame that has left the ground."""

    at: float
    number: int
    orders: list[Command]


@dataclass
class World:
    """What outlives mission control: all that has left it, and what came of that."""

    uplinks: list[Uplink] = field(default_factory=list)
    answers: dict[int, bool] = field(default_factory=dict)  # of acts: was it done or refused
    _now: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 8))

    @property
    def now(self) -> float:
        """Mission time that the present life has come to, or the last one."""
        return float(struct.unpack("d", self._now[:8])[0])

    @now.setter
    def now(self, seconds: float) -> None:
        self._now[:8] = struct.pack("d", seconds)

    def take(self, told: dict[str, Any]) -> None:
        """What a life has told."""
        if "frame" in told:
            frame = read_frame(bytes.fromhex(told["frame"]))
            self.uplinks.append(Uplink(told["at"], frame.number, list(map(_order, frame.packets))))
        elif "act" in told:
            self.answers[told["act"]] = told["ok"]

    def downs(self) -> list[tuple[float, Message]]:
        """All that comes down for what has left, each with when it is here; in that order."""
        found: list[tuple[float, Message]] = [
            (10.0 + 400.0 * k, _report_of_the_rover(k)) for k in range(int(END / 400.0))
        ]
        known: dict[str, float] = {}
        armed = ""
        for up in self.uplinks:
            arrival = next_pass(up.at + LIGHT_TIME)
            for order in up.orders:
                name, begun = order.identifier, known.get(order.identifier)
                if begun is not None:
                    over = arrival >= begun + DURATION
                    rung = Rung.COMPLETED if over else Rung.STARTED
                    found.append(_rung(name, rung, arrival, True))
                    continue
                known[name] = arrival if order.stage != "arm" else arrival - DURATION
                found += [_rung(name, rung, arrival) for rung in (Rung.RECEIVED, Rung.ACCEPTED)]
                if order.stage == "arm":
                    armed = order.name
                    found.append(_rung(name, Rung.COMPLETED, arrival))
                    continue
                assert order.stage != "fire" or armed == order.name
                found.append(_rung(name, Rung.STARTED, arrival))
                found.append(_rung(name, Rung.COMPLETED, arrival + DURATION))
        return sorted(found, key=lambda each: each[0])

    def came(self, now: float) -> list[Message]:
        """What is here, in the order in which the stations number it."""
        return [message for at, message in self.downs() if at <= now]

    def obeyed(self) -> list[Command]:
        """What the vehicle has done, each once, in that order."""
        done: dict[str, Command] = {}
        for up in self.uplinks:
            for order in up.orders:
                if order.stage != "arm":
                    done.setdefault(order.identifier, order)
        return list(done.values())


def next_pass(at: float) -> float:
    """The first instant from one on at which the vehicle hears and is heard."""
    start = (at // PASS_PERIOD) * PASS_PERIOD
    return at if at < start + PASS_LENGTH else start + PASS_PERIOD


def _order(data: bytes) -> Command:
    packet = decode_message(data)
    assert isinstance(packet, Packet)
    order = decode_message(packet.body)
    assert isinstance(order, Command)
    return order


def _rung(name: str, rung: Rung, at: float, repeated: bool = False) -> tuple[float, Message]:
    report = CommandReport(name, "rover", rung, round(at * NANOSECONDS), "", repeated)
    return next_pass(at) + LIGHT_TIME, report


def _report_of_the_rover(number: int) -> Telemetry:
    values = {"mode": "idle", "charge": 1.0 - number / 1000.0}
    return Telemetry("rover", round(400e9 * number), values, number + 1, 1)


def written(number: int, message: Message) -> bytes:
    packet = encode(Packet("rover", "ground", 0, encode(message)))
    return write_frame(Frame("rover", "relay", number, [packet]))
