"""What of the talk between a run and its bench is recorded, and under which topic.

`/SERVICE/call`, `stimulus`, `cancel`, `reply`, `effect`, `state`, `fault`, `clock`, `drop`, and
`sim`: what the simulated device has answered. `/bench/...`: orders and the interlock. `/run/head`,
`/run/input`, `/run/real_time`: the record of the run, from which it can be flown again.
`/SERVICE/sent`, `heard`: the wire.
"""

from collections.abc import Sequence
from typing import Any

from sim_hw.bench.recorder import Recorder

HEAD, INPUT, SIM = "head", "input", "sim"
TOLD = "told"
"""What a recorded device tells the run: it is recorded as that of a real one."""
REAL_TIME = "real_time"
"""Why the verdict of a run stood on the wall's time."""
FOR_THE_RECORD = (HEAD, INPUT, SIM, TOLD, REAL_TIME)
"""What the run tells for the recording alone."""
STIMULUS = "stimulus"
_CALL = ("number", "method", "arguments", "limit", "valid")
_TOLD: dict[str, tuple[str, ...]] = {
    "state": ("state", "words", "boot", "identity", "here"),
    "effect": ("number", "effect", "way_us"),
    "reply": ("number", "result", "error", "reason", "code", "age_us", "way_us"),
    "fault": ("fault", "where", "before", "after"),
    "clock": ("figures",),
}


def record_told(recorder: Recorder, message: Sequence[Any]) -> None:
    """What the bench tells the run."""
    kind, service, *values = message
    names = _TOLD.get(kind)
    if names is None:
        recorder.told(f"/bench/{kind}", {"service": service, "values": values})
    else:
        recorder.told(f"/{service}/{kind}", dict(zip(names, values, strict=False)))


def record_heard(recorder: Recorder, kind: str, service: str, values: Sequence[Any]) -> None:
    """What the run tells the bench; with a call, and with each sign of life, mission time comes."""
    if kind == "alive":
        recorder.mission_ns = values[0] if values else recorder.mission_ns
    elif kind == "call":
        recorder.mission_ns = values[5] if len(values) > 5 else recorder.mission_ns
        topic = STIMULUS if values[1] == STIMULUS else kind
        recorder.told(f"/{service}/{topic}", dict(zip(_CALL, values, strict=False)))
    elif kind == INPUT:
        recorder.mission_ns = values[0]["time_ns"]
        recorder.told("/run/input", values[0])
    elif kind == HEAD:
        recorder.told("/run/head", values[0])
    elif kind == REAL_TIME:
        recorder.told("/run/real_time", {"real_time": values[0]})
    elif kind == TOLD:
        record_told(recorder, values[0])
    elif kind == SIM:
        recorder.told(f"/{service}/{SIM}", values[0])
    elif kind == "order":
        what = service  # of an order, what comes first is what is wanted
        recorder.told("/bench/order", {"order": what, "values": values})
    else:
        recorder.told(f"/{service}/{kind}", {"values": values})
