"""A bench as people look at it while a flight goes on: what is real, who armed it, how late it was.

It is read between two instants of the run, and changes no bit of it.
"""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, log2
from typing import Any

from ground.testbed.bench.evidence import BenchEvidence
from ground.testbed.bench.file import BenchFile, DeviceFile
from sim_hw.bench.device_link import ARMED
from sim_hw.bench.port import BenchPort, Line

_BY_WHOM = re.compile(r"by (.+), for ([0-9]+) s\Z")
LONGEST_LIFE = 60  # changes of state of a device
BARS = 2  # bars of a histogram to a doubling of the time
EMPTY: Mapping[str, str] = {}
NAMES = ("vendor", "model", "serial", "firmware")


@dataclass
class BenchView:
    """Hears what the bench process tells, as it comes: that may still wait for its turn in the run.
    Instants are s of the wall."""

    bench: BenchFile
    stopped: str = ""
    _lives: dict[str, deque[tuple[float, str]]] = field(default_factory=dict)
    """When each device came into which state, the latest last."""
    _states: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    _identities: dict[str, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)

    def heard(self, told: list[Any], now: float) -> None:
        """Something was told."""
        if told[0] == "state":
            life = self._lives.setdefault(told[1], deque(maxlen=LONGEST_LIFE))
            if not life or life[-1][1] != told[2]:
                life.append((now, told[2]))
            self._states[told[1]] = told[2], told[3], now
            self._identities[told[1]] = told[4], told[5]
        elif told[0] == "interlock":
            self.stopped = told[2]

    def told(
        self, port: BenchPort, evidence: BenchEvidence, now: float,
        broken: Mapping[str, str] = EMPTY,
    ) -> dict[str, Any]:  # fmt: skip
        """All of it, as plain data; `broken`: how people have broken lines, by service."""
        stop = self.bench.interlock.e_stop
        timings = evidence.timings.told()
        return {
            "title": self.bench.title, "stopped": self.stopped,
            "stops": {"key": stop.key, "file": stop.file, "input": stop.input},
            "timing": evidence.verdict,
            "floor": _floor(evidence.floor_told()),
            "devices": [
                {
                    **self._device(service, device, port.lines.get(service), timings, now),
                    "clock": evidence.clocks.get(service),
                    "faults": device.faults, "broken": broken.get(service, ""),
                    "life": [
                        [max(0.0, now - at), state] for at, state in self._lives.get(service, ())
                    ],
                }
                for service, device in self.bench.devices.items()
            ],
        }  # fmt: skip

    def _device(
        self, service: str, device: DeviceFile, line: Line | None, timings: Mapping[str, Any],
        now: float,
    ) -> dict[str, Any]:  # fmt: skip
        # A line that was lost with the bench process is not told of by anybody else.
        told = ("", "", now) if line is None else (line.state, line.words, now)
        state, words, at = self._states.get(service, told)
        boot, identity = self._identities.get(service, (0, {}))
        who = _BY_WHOM.match(words) if state == ARMED else None
        left = None if who is None else max(0.0, float(who[2]) - (now - at))
        return {
            "service": service, "mode": device.mode, "interface": device.identity.interface,
            "state": state, "words": "" if who else words, "boot": boot,
            "identity": " ".join(str(identity.get(name, "")) for name in NAMES).strip(),
            "by_hand": device.arm == "required", "arm_for": device.arm_for,
            "armed_by": who[1] if who else ("the bench file" if state == ARMED else ""),
            "armed_left_s": left,
            "methods": [_method(name, each) for name, each in timings.get(service, {}).items()],
        }  # fmt: skip


def _floor(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """That of the flight, as soon as there is one; till then that of before it."""
    if told is None:
        return None
    during = told["in_flight"]["lateness"]["n"] > 0
    floor = told["in_flight"] if during else told
    lateness = floor["lateness"]
    return {
        "rate_hz": floor["rate_hz"], "p50_s": lateness["p50_s"], "p99_s": lateness["p99_s"],
        "max_s": lateness["max_s"], "miss_rate": floor["miss_rate"], "during": during,
    }  # fmt: skip


def _method(name: str, timing: Mapping[str, Any]) -> dict[str, Any]:
    response = timing["response"]
    return {
        "method": name, "n": timing["n"], "misses": timing["misses"], "slips": timing["slips"],
        "unanswered": timing["unanswered"], "p50_s": response["p50_s"],
        "p99_s": response["p99_s"], "max_s": response["max_s"],
        "deadline_s": timing["deadline_s"], "bars": _bars(response["counts_ns"]),
    }  # fmt: skip


def _bars(counts: list[list[int]]) -> list[list[float]]:
    """A histogram as rows [upper end in s, how many], `BARS` to a doubling: some forty at most."""
    found: dict[int, int] = {}
    for upper_ns, count in counts:
        bar = ceil(BARS * log2(upper_ns))
        found[bar] = found.get(bar, 0) + count
    return [[2.0 ** (bar / BARS) * 1e-9, count] for bar, count in sorted(found.items())]
