"""An adapter of wheels that are nothing but figures, and all the ways in which one can be bad."""

import ctypes
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from flight.icd.codec import pack
from sim_hw.bench.adapters.adapter import Adapter, AdapterSetting, Identity, Progress, Sample
from sim_hw.bench.wire.frames import frame

SPEED = 1.0  # m/s, rad/s


class Does(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`does`: what is wrong with it, and where it is."""

    does: str = "right"


class MotorAdapter(Adapter):
    """Wheels. `now` is their clock, s."""

    Map = Does

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self.now = time.monotonic
        self.does = setting.map.does
        self.asked: list[tuple[str, float]] = []
        self.safed = 0
        self.field, self.wanted, self.begun = "distance", 0.0, 0.0
        self.odometer = 0.0

    def open(self) -> Identity:
        if self.does == "raises at opening":
            raise OSError("there is nobody at the desk")
        if self.does == "is another":
            return Identity("demo-motor", "SN9", "0.1")
        return Identity("demo-motor", "SN1", "0.1")

    def make_safe(self) -> None:
        self.halt()
        self.safed += 1

    def read(self, method: str, arguments: Mapping[str, Any]) -> Sample:
        self.misbehave()
        told: dict[str, Any] = {
            "odometer": self.odometer, "turned": 0.0, "motor_temperature": 290.0,
            "motor_current": 0.0, "dead_wheels": [],
        }  # fmt: skip
        if self.does == "nonsense":
            told["odometer"] = "far"
        if self.does == "not a number":
            told["odometer"] = float("nan")
        return Sample(told)

    def misbehave(self) -> None:
        if self.does == "raises":
            raise ZeroDivisionError("of its own")
        if self.does == "hangs":
            time.sleep(3600)
        if self.does == "hangs with the interpreter":
            ctypes.PyDLL(None).sleep(3600)
        if self.does == "crashes":
            os.kill(os.getpid(), 11)
        if self.does == "exits":
            sys.exit(0)
        if self.does == "floods":
            threading.Thread(target=self.flood, daemon=True).start()

    def flood(self) -> None:
        """100,000 frames on its socket, as fast as they are taken."""
        bench = int(sys.argv[1])
        os.set_blocking(bench, True)
        for number in range(1, 100_001):
            data = {"number": 1, "state": "moving", "age_us": 0, "distance": 0.0}
            try:
                os.write(bench, frame(pack([number + 1000, 0, ["signal", "effect", data, 0]])))
            except OSError:
                return

    def begin(self, method: str, arguments: Mapping[str, Any]) -> None:
        self.field = "distance" if method == "drive" else "turned"
        self.wanted = next(iter(arguments.values()))
        self.asked.append((method, self.wanted))
        self.begun = self.now()

    def _done(self) -> float:
        far = min(abs(self.wanted), SPEED * (self.now() - self.begun))
        return far if self.wanted >= 0.0 else -far

    def advance(self) -> Progress:
        done = 50.0 * self.wanted if self.does == "teleports" else self._done()
        effects = {self.field: done}
        if abs(done) < abs(self.wanted):
            return Progress(False, effects)
        self.odometer += abs(done) if self.field == "distance" else 0.0
        seconds = self.now() - self.begun
        self.wanted = 0.0
        return Progress(
            True, effects, {"distance": 0.0, "turned": 0.0, "seconds": seconds} | effects
        )

    def halt(self) -> Mapping[str, Any] | None:
        done, self.wanted = self._done(), 0.0
        self.odometer += abs(done) if self.field == "distance" else 0.0
        return {self.field: done}


class NeverSafeAdapter(Adapter):
    """Moves, and nobody can stop it."""

    def open(self) -> Identity:
        return Identity("demo-motor", "SN1", "0.1")


class HaltsAdapter(NeverSafeAdapter):
    """Can stop what moves, and no more."""

    def halt(self) -> Mapping[str, Any] | None:
        return None
