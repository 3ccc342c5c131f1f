"""The part of a bench's host that leaves evidence: the recording, what stands beside simulated
devices, and faults of the lines of real ones."""

import asyncio
import math
from collections.abc import Coroutine
from typing import Any

import msgspec

from flight.runtime.throttled_loop import Input, ThrottledLoop
from ground.testbed.bench.evidence import BenchEvidence
from ground.testbed.bench.lines import BenchLine, why_not_on
from ground.testbed.bench.orders import BenchOrders
from ground.testbed.bench.tapes import Tapes
from ground.testbed.bench.view import BenchView
from ground.testbed.faults.injector import FaultRefused
from ground.testbed.record.inputs import BenchInput
from ground.testbed.seams.outside import OutsideSeam
from sim_hw.bench.port import BenchPort
from sim_hw.bench.recording_what import HEAD, INPUT, REAL_TIME, SIM, TOLD
from sim_hw.faults.fault import Fault


class RecordedBench(BenchOrders):
    """What is told for the recording alone changes nothing in the run."""

    port: BenchPort
    evidence: BenchEvidence
    tapes: Tapes
    _view: BenchView
    _broken: dict[str, None]
    """Faults of lines that have begun and are not healed."""

    def _start_beside(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return self.nursery.start(work, name="beside")

    # ------------------------------------------------------- what is told to the run

    def _put_in(self, told: list[Any]) -> None:
        """Something that a device, or the bench, has told waits for its turn in the run."""
        self._view.heard(told, self._bench.outside.now())
        self._bench_loop.put(msgspec.to_builtins(BenchInput(_finite(told))))

    def _put_recorded(self, told: list[Any]) -> None:
        """A device that is a recording has told something."""
        if self._process is not None:
            self._process.note(TOLD, told[1], told)
        self._put_in(told)

    def _not_theirs(self) -> list[str]:
        """Why it may be this machine, or a recording, and no device, that a flight has failed."""
        return [*self.evidence.not_theirs(), *self.tapes.not_theirs()]

    def _note_real_time(self, why: str) -> None:
        """The verdict is unknown by the wall's time; a flight from the record is to know of it."""
        self._session.stood_on_real_time(why)
        if self._process is not None:
            self._process.note(REAL_TIME, "", why)

    # ------------------------------------------------------- recording, faults

    def _not_recorded(self, why: str, since: float | None = None) -> None:
        """There is no recording, or none from some mission time on (s); the flight goes on."""
        if since is None:
            self.evidence.not_recorded = why
        else:
            self.evidence.incomplete = why, since
            why = f"The recording of the bench is incomplete from t={since:.3f} s on: {why}"
        self._happenings.told("bench_not_recorded", why)

    def _record(self, loop: ThrottledLoop) -> None:
        """What is put into the run goes into the recording as well: it can be flown from that."""
        assert self._process is not None
        self.port.mission_ns = loop.time_ns
        process, record = self._process, loop.record
        process.note(HEAD, "", msgspec.to_builtins(self._session.head))

        def admitted(taken: Input) -> None:
            if record is not None:
                record(taken)
            line = {"time_ns": taken.time_ns, "order": taken.order, "input": taken.data}
            process.note(INPUT, "", line)

        loop.record = admitted

    def _note_simulated(self, service: str, told: dict[str, Any]) -> None:
        if self._process is not None:
            self._process.note(SIM, service, told)

    def outside(self, fault: Fault) -> OutsideSeam | None:
        """The line of a real device is broken at its wire; raises FaultRefused where the bench file
        does not allow it."""
        why = why_not_on(self._bench.bench, fault)
        if why:
            raise FaultRefused(why)
        device = self._bench.bench.wired.get(fault.target.name)
        if fault.target.kind != "line" or device is None or not device.flies:
            return super().outside(fault)
        return BenchLine(self._break)

    def _break(self, service: str, what: str, values: tuple[Any, ...]) -> None:
        if self._process is not None:
            self._process.order("fault", service, what, *values)
        if what == "begin":
            self._broken[values[0]] = None
        else:
            self._broken.pop(values[0], None)
        self._keep_pace()  # a fault of the wire is there by the wall's time

    def _fault_hit(self, fault: str, where: str, before: Any, after: Any) -> None:
        self._happenings.fault_told(fault, "hit", where, before, after)


def _finite(plain: Any) -> Any:
    """The same with texts for what a record cannot hold; those are no numbers to anybody."""
    if isinstance(plain, float) and not math.isfinite(plain):
        return str(plain)
    if isinstance(plain, bytes):
        return plain.hex()
    if isinstance(plain, list):
        return [_finite(each) for each in plain]
    if isinstance(plain, dict):
        return {name: _finite(each) for name, each in plain.items()}
    return plain
