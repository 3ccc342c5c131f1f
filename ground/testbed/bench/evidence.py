"""The evidence of a flight on a bench: how late its devices were, beside the machine's floor."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.whole_files import replace_file
from ground.mission_control import Outcome
from ground.testbed.bench.adapters import is_local
from ground.testbed.bench.file import BenchFile
from sim_hw.bench.flight_floor import FlightFloor
from sim_hw.bench.floor import FLOOR_WAY, Floor, floor_rate, measure_floor
from sim_hw.bench.port import BenchPort, Line
from sim_hw.bench.realtime import of_the_run
from sim_hw.bench.recorder import CannotRecord
from sim_hw.bench.recording import RECORDING, NoRecording, figures_of
from sim_hw.bench.timing import UNKNOWN, Timings

BENCH_FILE = "bench.json"
FORMAT = 1
EMPTY: Mapping[str, Any] = {}
FLOOR_SECONDS = 6.0  # s of the wall, before a flight with a loop


def floor_of(bench: BenchFile) -> Floor | None:
    """How late this machine is by itself, at the rate of the fastest loop of a bench and as far
    ahead of other programs as its run; None: nothing has a deadline, and nothing is measured."""
    timed, ahead = bench.timed, bench.ahead
    if not timed:
        return None
    priority = None if ahead is None else of_the_run(ahead.priority)
    return measure_floor(floor_rate(timed.values()), FLOOR_SECONDS, priority=priority)


def worse_floor(floor: Mapping[str, Any]) -> float | None:
    """The part of the cycles that the machine missed by itself, before a flight or during it,
    whichever is more, of a floor as evidence has it; None where nothing was measured during it."""
    during = floor.get("in_flight")
    if during is None:  # evidence of before it was
        return float(floor["miss_rate"])
    if not during["lateness"]["n"]:
        return None
    return max(float(floor["miss_rate"]), float(during["miss_rate"]))


def judged(outcome: Outcome, not_theirs: list[str]) -> Outcome:
    """Unknown where it has failed, and that may be this machine's fault: it says nothing of a
    device."""
    if not not_theirs or outcome.verdict != "failed":
        return outcome
    words = f"nobody can say whose fault it is: {'; '.join(not_theirs)} ({outcome.reason})"
    return msgspec.structs.replace(outcome, verdict="unknown", reason=words)


class BenchEvidence:
    """Gathers it while the flight goes on."""

    def __init__(self, bench: BenchFile, floor: Floor | None) -> None:
        timed = bench.timed
        self._bench, self._floor = bench, floor
        self._deadline = min((deadline for _, deadline in timed.values()), default=0.0)
        ahead = None if bench.ahead is None else of_the_run(bench.ahead.priority)
        self._in_flight = None if floor is None else FlightFloor(floor.rate, ahead)
        self.timings = Timings(timed, bench.most_misses)
        self.began, self.answered = self.timings.began, self.timings.answered
        self.ended = self.timings.ended
        self.clocks: dict[str, dict[str, Any]] = {}
        """How the clocks of the devices go beside that of the bench, as it was told last."""
        self.not_recorded = "" if bench.record.calls else "the bench file says record.calls: false"
        """Why there is no recording."""
        self.incomplete: tuple[str, float] | None = None
        """Why something is missing in it, and from which mission time on (s)."""
        self.starved: list[str] = []
        """Losses of devices that may be this machine's, for nobody on it had the CPU, and why."""
        self.not_permitted: dict[str, list[str]] = {}
        """What of `realtime` the machine does not permit, to the bench process and to the run."""

    def work(self, on: bool) -> None:
        """Something real is at work from now on, or nothing any more: the floor of the flight is
        measured meanwhile."""
        if self._in_flight is not None:
            self._in_flight.work(on)

    def end(self) -> None:
        """Nothing is measured any more."""
        if self._in_flight is not None:
            self._in_flight.end()

    @property
    def verdict(self) -> str:
        """Of all that has a deadline; unknown where the machine itself was too late, or let a
        device starve."""
        return UNKNOWN if self.starved else self.timings.verdict(self.floor_misses())

    def not_theirs(self) -> list[str]:
        """Why it may be this machine, and no device, that a flight has failed."""
        misses, most, late = self.floor_misses(), self.timings.most_misses, self.timings.missed
        if misses is None or misses <= most or not late:
            return list(self.starved)
        return [
            *self.starved, f"answers of {', '.join(late)} were too late, and this machine missed "
            f"{misses:.2%} of its cycles by itself (allowed is {most:.2%})",
        ]  # fmt: skip

    def floor_misses(self) -> float | None:
        """The part of the cycles that this machine misses by itself, before the flight or during
        it, whichever is more; None: not measured both times."""
        floor = self.floor_told()
        return None if floor is None else worse_floor(floor)

    def floor_told(self) -> dict[str, Any] | None:
        """The floor of before the flight, and in it that of the flight; None: not measured."""
        if self._floor is None or self._in_flight is None:
            return None
        lateness = self._floor.lateness[FLOOR_WAY]
        return {
            "way": FLOOR_WAY, "rate_hz": self._floor.rate,
            "miss_rate": lateness.beyond(self._deadline), "slips": self._floor.slips[FLOOR_WAY],
            "lateness": lateness.told(), "not_permitted": self._floor.refused,
            "in_flight": self._in_flight.told(self._deadline),
        }  # fmt: skip

    def told(
        self, port: BenchPort, beside: Mapping[str, Any], folder: Path,
        tapes: Mapping[str, Any] = EMPTY,
    ) -> dict[str, Any]:  # fmt: skip
        """All of it, as plain data; `beside`: what was compared, `tapes`: how recordings answered,
        by service."""
        return {
            "format": FORMAT,
            "title": self._bench.title,
            "timing": self.verdict,
            "most_misses": self._bench.most_misses,
            "floor": self.floor_told(),
            "starved": self.starved,
            "realtime": self._bench.ahead is not None,
            "priority": None if self._bench.ahead is None else self._bench.ahead.priority,
            "not_permitted": [
                f"{whose}: {each}" for whose, all_of in self.not_permitted.items()
                for each in all_of
            ],
            "devices": {
                service: {
                    "mode": self._bench.devices[service].mode,
                    "anybody": self._anybody(service),
                    "state": line.state, "boots": line.boot, "identity": line.identity,
                    "clock": self.clocks.get(service),
                    "methods": self.timings.told().get(service, {}),
                    **({"beside": beside[service]} if service in beside else {}),
                    **({"recorded": tapes[service]} if service in tapes else {}),
                }
                for service, line in _lines(self._bench, port)
            },
            "recording": self._recording(folder / RECORDING),
        }  # fmt: skip

    def _anybody(self, service: str) -> bool:
        """Whether it is beyond this machine, where anybody on its network can move it."""
        device = self._bench.devices[service]
        if not device.wire:
            return False
        return not is_local(device.adapter, self._bench.wires[device.wire].address)

    def _recording(self, file: Path) -> dict[str, Any]:
        """What came of it, from the file itself: also of one that a death has torn."""
        if self.not_recorded:
            return {"file": None, "because": self.not_recorded}
        try:
            found = figures_of(file)
        except (NoRecording, CannotRecord) as why:
            return {"file": None, "because": str(why)}
        # What was told while it flew is known also where the file could not be ended.
        words, since = self.incomplete or (found.failed, found.incomplete_from_s)
        if not found.whole and since is None:
            words, since = "it was not ended in order", found.last_s
        return {
            "file": RECORDING, "messages": found.messages, "dropped": found.dropped,
            "whole": found.whole, "because": words, "incomplete_from_s": since,
        }  # fmt: skip

    def write(
        self, folder: Path, port: BenchPort, beside: Mapping[str, Any],
        tapes: Mapping[str, Any] = EMPTY,
    ) -> None:  # fmt: skip
        """Into a run folder."""
        text = json.dumps(self.told(port, beside, folder, tapes), indent=1)
        replace_file(folder / BENCH_FILE, text + "\n")


def _lines(bench: BenchFile, port: BenchPort) -> list[tuple[str, Line]]:
    """Of each device of a bench; one that is simulated has none of its own, and nothing on it."""
    simulated = {name: Line(name, state="") for name in bench.devices if name not in port.lines}
    return [*port.lines.items(), *simulated.items()]
