"""The devices of a bench in the hands of a program without a loop, such as a test.

It is the bench process of a flight that has them: guard, limits, stop and loss are the same. But
nothing is armed by itself: each is safe until it is armed by name, for a time.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from flight.icd.codec import CodecError, convert, pack
from flight.icd.devices.base import (
    DeviceFault,
    DeviceInterface,
    DeviceRejected,
    DeviceTimeout,
    Reading,
)
from ground.testbed.bench.file import REPLACEABLE, BenchFile, setting_of
from ground.testbed.bench.opening import Holding, check_stop
from sim_hw.bench.device_link import ABSENT, ARMED, IDENTIFIED, LOST, READABLE, REFUSED, SAFE
from sim_hw.bench.port import BenchProcess

ALIVE = 0.25  # s between two words to the bench process that somebody is there
SETTLED = (IDENTIFIED, SAFE, REFUSED)
SETTLING = 15.0  # s in which something is to be told of each device, at the beginning
AGAIN = 2.0  # s in which one that was not there is looked for again
WITHIN = 5.0  # s in which one that is there is armed, or safe


@dataclass
class _Line:
    """What is known of one device."""

    state: str = ABSENT
    words: str = ""
    boot: int = 0
    identity: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    """How often anything was told of it."""


@dataclass
class Motion:
    """A call that is under way. `effects`: what the device has said that it did."""

    number: int
    method: str
    begun: float
    reply: list[Any] | None = None
    took: float = 0.0
    effects: list[dict[str, Any]] = field(default_factory=list)


class BenchSession:
    """All devices of a bench file, held until it is closed. Raises ConfigurationError."""

    def __init__(
        self, file: Path, bench: BenchFile, *, allow_network: bool = False, who: str = "",
        hold: bool = True,
    ) -> None:  # fmt: skip
        check_stop(file, bench)
        self.file, self.bench = file, bench
        self.lines = {service: _Line() for service in bench.wired}
        self.stopped = ""
        """Why all is stopped; "" when it is not."""
        self._holding = Holding(file, bench, who, "tests on") if hold else None
        self._news = threading.Condition()
        self._motions: dict[int, Motion] = {}
        self._number = 0
        self._ends = False
        try:
            setting = setting_of(bench, file, allow_network=allow_network)
            plain = msgspec.to_builtins(setting)
            for each in plain["devices"]:
                each["wanted"]["automatic"] = False
            self._process = BenchProcess(plain)
        except BaseException:
            if self._holding is not None:
                self._holding.release()
            raise
        self._thread = threading.Thread(target=self._hear, name="bench", daemon=True)
        self._thread.start()
        lines = list(self.lines.values())
        self._until(lambda: all(each.seen for each in lines), SETTLING)
        self._until(lambda: all(each.state in SETTLED for each in lines), AGAIN)

    # --------------------------------------------------------------- hearing

    def _hear(self) -> None:
        said = 0.0
        while not self._ends and not self._process.gone:
            if time.monotonic() - said > ALIVE:
                said = time.monotonic()
                self._process.say_alive(0)
            told = self._process.take(ALIVE / 5)
            if told is not None:
                with self._news:
                    self._take(told)
                    self._news.notify_all()
        with self._news:
            for line in self.lines.values():
                line.state, line.words = LOST, "the bench process has ended"
            self._news.notify_all()

    def _take(self, told: list[Any]) -> None:
        kind, service, *values = told
        if kind == "interlock":
            self.stopped = values[0]
        elif kind == "state":
            line = self.lines[service]
            line.state, line.words, line.boot, line.identity = values[:4]
            line.seen += 1
        elif kind == "effect" and values[0] in self._motions:
            self._motions[values[0]].effects.append(values[1])
        elif kind == "reply" and values[0] in self._motions:
            motion = self._motions[values[0]]
            motion.took = time.monotonic() - motion.begun
            motion.reply = values[1:]

    def _until(self, holds: Callable[[], bool], seconds: float) -> bool:
        with self._news:
            return self._news.wait_for(holds, seconds)

    # ----------------------------------------------------------------- orders

    def device(self, service: str) -> "HeldDevice":
        """One of them; raises KeyError for one that the bench file does not have."""
        return HeldDevice(self, service, self.lines[service], REPLACEABLE[service])

    def order(self, what: str, service: str, *values: Any) -> None:
        """To the bench process, as `msr hil` orders it."""
        self._process.order(what, service, *values)

    def begin(
        self, service: str, method: str, arguments: Mapping[str, Any], limit: float
    ) -> Motion:
        """Asks a device for something, and does not wait."""
        with self._news:
            self._number += 1
            motion = Motion(self._number, method, time.monotonic())
            self._motions[motion.number] = motion
        message = ["call", service, motion.number, method, dict(arguments), limit, limit]
        self._process.send(pack(message))
        return motion

    def answer(self, motion: Motion, seconds: float) -> list[Any] | None:
        """What came back; None where nothing did."""
        self._until(lambda: motion.reply is not None or self._process.gone, seconds)
        self._motions.pop(motion.number, None)
        return motion.reply

    def cancel(self, service: str, motion: Motion) -> None:
        """Nobody wants a call any more: the device stops what it does for it."""
        self._process.send(pack(["cancel", service, motion.number]))

    def close(self) -> None:
        """All is safe, and others may have it."""
        self._ends = True
        self._thread.join(5.0)
        self._process.close()
        if self._holding is not None:
            self._holding.release()


class HeldDevice:
    """One device: `call("state")`, `call("drive", distance=1.0)`, `arm(60.0)`, `safe()`."""

    def __init__(
        self, session: BenchSession, service: str, line: _Line, interface: type[DeviceInterface]
    ) -> None:
        self.service = service
        self.interface = interface
        self.times: dict[str, list[float]] = {}
        """How long (s) each call took, by its method."""
        self._session, self._line = session, line

    @property
    def state(self) -> str:
        """`absent`, `refused`, `lost`, `safe`, `armed`, or on its way there."""
        return self._line.state

    @property
    def why(self) -> str:
        """Why it is in that state; "" where nothing is to be said."""
        return self._line.words

    @property
    def there(self) -> bool:
        """Whether it can be read."""
        return self._line.state in READABLE

    @property
    def boot(self) -> int:
        """Which power-up of it, counted by the bench."""
        return self._line.boot

    @property
    def identity(self) -> dict[str, Any]:
        """What it says that it is."""
        return dict(self._line.identity)

    @property
    def features(self) -> list[str]:
        """Of its identity."""
        told = self._line.identity.get("features")
        return [str(each) for each in told] if isinstance(told, list) else []

    def arm(self, seconds: float = 60.0, who: str = "pytest") -> None:
        """Lets it move for so long; raises DeviceTimeout where it is not let."""
        longest = self._session.bench.devices[self.service].arm_for
        if not 0.0 < seconds <= longest:
            raise ValueError(f"{self.service}: {seconds:g} s: allowed is up to {longest:g} s")
        self._session.order("arm", self.service, seconds, who)
        self._wait(ARMED)

    def safe(self) -> None:
        """It moves no more; raises DeviceTimeout where it does not say so."""
        if self.there:
            self._session.order("safe", self.service, "a test wants it so")
            self._wait(SAFE)

    def _wait(self, state: str) -> None:
        if not self._session._until(lambda: self._line.state == state, WITHIN):
            raise DeviceTimeout(
                f"{self.service} is not {state} within {WITHIN:g} s but {self.state}: {self.why}"
            )

    def begin(self, method: str, **arguments: Any) -> Motion:
        """Asks for something and does not wait for its end."""
        known = self.interface.methods
        if method not in known:
            raise DeviceRejected(f"{method}: allowed is one of {', '.join(known)}")
        return self._session.begin(self.service, method, arguments, known[method].limit)

    def answer(self, motion: Motion, *, within: float | None = None) -> Any:
        """Its result, as the ICD has it. Raises DeviceRejected, DeviceFault, DeviceTimeout."""
        method = self.interface.methods[motion.method]
        reply = self._session.answer(motion, method.limit + 1.0 if within is None else within)
        if reply is None:
            self.cancel(motion)
            raise DeviceTimeout(f"{self.service}: {motion.method} gave no answer")
        result, error, reason, code, *_ = reply
        if error == "rejected":
            raise DeviceRejected(reason)
        if error == "fault":
            raise DeviceFault(code, reason)
        if error:
            raise DeviceTimeout(reason)
        self.times.setdefault(motion.method, []).append(motion.took)
        is_reading = isinstance(method.result, type) and issubclass(method.result, Reading)
        try:
            told = dict(result) | {"time_ns": 0, "boot": self.boot} if is_reading else result
            return convert(told, method.result)
        except (CodecError, TypeError, ValueError) as nonsense:
            raise DeviceFault("garbage", f"{self.service} answered nonsense: {nonsense}") from None

    def call(self, method: str, **arguments: Any) -> Any:
        """Asks, and waits for the end."""
        return self.answer(self.begin(method, **arguments))

    def cancel(self, motion: Motion) -> None:
        """It stops what it does for a call."""
        self._session.cancel(self.service, motion)
