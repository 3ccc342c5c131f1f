"""What guard, histogram and recorder take of the processor for one call of a real device, s."""

import time
from collections.abc import Callable
from pathlib import Path

from flight.configuration.scratch_folder import ScratchFolder
from flight.icd.codec import pack
from sim_hw.bench.guard import Guard, GuardRules, Span
from sim_hw.bench.recorder import Recorder
from sim_hw.bench.recording_what import record_heard, record_told
from sim_hw.bench.timing import Timings

ARGUMENTS = {"pitch": 0.01, "yaw": -0.01, "pulses": [0.0, 0.0, 0.0], "forward": 0.0}
RESULT = {"valid": True, "reason": "", "pitch": 0.01, "yaw": -0.01, "gas": 0.0}
AT_ONCE = 500  # calls between two pauses in which the recorder writes
PATIENCE = 60.0  # s of the wall for one such pause


def measure_costs(calls: int) -> dict[str, float]:
    """Seconds a call, by part; the recorder's is all of it: who records, and who writes. Without it
    where this machine gave it no turn to write, and something was dropped."""
    guard = Guard(GuardRules(("steer",), {"steer.pitch": Span(-0.1, 0.1, "rad")}, duty=0.9))
    timings = Timings({("mav.effectors", "steer"): (0.02, 0.02)})

    def guarded(number: int) -> None:
        now = 0.02 * number
        guard.refuses("steer", ARGUMENTS, now)
        guard.begun(number, now)
        guard.ended(number, now + 0.001)

    def timed(number: int) -> None:
        now = 0.02 * number
        timings.began("mav.effectors", "steer", number, now, now + 1e-4)
        timings.answered("mav.effectors", number, now + 1e-3)
        timings.ended("mav.effectors", number)

    with ScratchFolder("measure-") as home:
        recorder = Recorder(Path(home) / "bench.mcap")
        wire = pack([1, 0, ["call", 1, "steer", ARGUMENTS, 1000]])

        def recorded(number: int) -> None:
            call = [number, "steer", ARGUMENTS, 1.0, 1.0, number]
            record_heard(recorder, "call", "mav.effectors", call)
            recorder.payload("/mav.effectors/sent", wire)
            recorder.payload("/mav.effectors/heard", wire)
            told = ["reply", "mav.effectors", number, RESULT, "", "", "", 10, 300]
            record_told(recorder, told)
            line = {"time_ns": number, "order": number, "input": {"type": "bench", "told": told}}
            record_heard(recorder, "input", "", [line])
            if number % AT_ONCE == 0:
                _until_written(recorder)

        found = {"guard": _each(guarded, calls), "histogram": _each(timed, calls)}
        begun = time.process_time()
        for number in range(1, calls + 1):
            recorded(number)
        recorder.close()
        found["recorder"] = (time.process_time() - begun) / calls
        if recorder.dropped:
            del found["recorder"]
    return found


def _until_written(recorder: Recorder) -> None:
    """Waits until nothing waits to be written."""
    until = time.monotonic() + PATIENCE
    while recorder.waiting and time.monotonic() < until:
        time.sleep(0.02)


def _each(work: Callable[[int], None], calls: int) -> float:
    begun = time.process_time()
    for number in range(calls):
        work(number)
    return (time.process_time() - begun) / calls
