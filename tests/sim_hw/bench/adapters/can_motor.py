"""A motor of `configs/benches/wheel_motor.dbc`, on any bus of python-can, with a dead man."""

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import can
import cantools

from flight.configuration.files import configs_folder

IDLE, MOVING, DONE, STALLED, STOPPED = range(5)
DATABASE = configs_folder() / "benches" / "wheel_motor.dbc"


class Motor:
    """Runs in a thread of its own; `speed` in m/s and rad/s; `database`: its messages, whose
    numbers are `base` above those of DATABASE."""

    def __init__(
        self, interface: str, channel: str, *, speed: float = 1.0, database: Path = DATABASE,
        base: int = 0, **more: Any,
    ) -> None:  # fmt: skip
        self._bus = can.Bus(channel=channel, interface=interface, **more)
        self._database: Any = cantools.database.load_file(database)
        self._base = base
        self.speed = speed
        self.odometer = self.turned = 0.0
        self.stalls_at: float | None = None
        self.talks = True
        self.dead = 0b101  # wheels, by bits
        self.asked: list[tuple[float, float]] = []  # motion and how far
        self.number = self.motion = 0
        self.state = IDLE
        self.wanted = self.done = 0.0
        self._alive = self._last = time.monotonic()
        self._born = time.monotonic()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ends.set()
        self._thread.join(5.0)
        self._bus.shutdown()

    def _work(self) -> None:
        at = 0
        while not self._ends.is_set():
            until = time.monotonic() + 0.02
            while (left := until - time.monotonic()) > 0.0:
                message = self._bus.recv(left)
                if message is not None:
                    self._hear(message)
            self._move()
            if self.talks:
                self._tell(at)
            at += 1

    def _hear(self, message: Any) -> None:
        if message.arbitration_id == 256 + self._base:
            self._alive = time.monotonic()
        elif message.arbitration_id == 257 + self._base:
            told = self._database.decode_message(257 + self._base, message.data)
            if told["Motion"] == 0:
                self.state = STOPPED if self.state == MOVING else self.state
            elif self.state != MOVING:
                self.number, self.motion = int(told["Number"]), int(told["Motion"])
                self.wanted, self.done, self.state = told["Asked"], 0.0, MOVING
                self.asked.append((told["Motion"], round(told["Asked"], 4)))
                self._last = time.monotonic()

    def _move(self) -> None:
        now = time.monotonic()
        passed, self._last = now - self._last, now
        if self.state != MOVING:
            return
        if now - self._alive > 0.5:
            self.state = STOPPED
            return
        step = min(self.speed * passed, abs(self.wanted) - abs(self.done))
        self.done += step if self.wanted >= 0.0 else -step
        if self.motion == 1:
            self.odometer += step
        else:
            self.turned += step if self.wanted >= 0.0 else -step
        if self.stalls_at is not None and abs(self.done) >= self.stalls_at:
            self.state = STALLED
        elif abs(self.done) >= abs(self.wanted) - 1e-9:
            self.state = DONE

    def _tell(self, at: int) -> None:
        said: list[tuple[str, dict[str, float]]] = [
            ("MotorStatus", {"DoneNumber": self.number, "State": self.state, "Done": self.done})
        ]
        if at % 2 == 0:
            said.append(("WheelsWay", {"Odometer": self.odometer, "Turned": self.turned}))
            state = {"Temperature": 18.5, "Current": 0.5, "DeadWheels": self.dead}
            said.append(("MotorState", state))
        if at % 10 == 0:
            uptime = time.monotonic() - self._born
            said.append(("MotorIdentity", {
                "Serial": 1, "FirmwareMajor": 0, "FirmwareMinor": 2, "Uptime": uptime,
            }))  # fmt: skip
        for name, signals in said:
            message = self._database.get_message_by_name(name)
            data = message.encode(signals)
            self._bus.send(
                can.Message(arbitration_id=message.frame_id, data=data, is_extended_id=False)
            )
