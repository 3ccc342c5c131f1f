"""Where a procedure stands; all of it is kept."""

import msgspec

from ground.mission_control.recovery import Recovery


class PhaseRecord(msgspec.Struct):
    """When a phase began and ended, in seconds of mission time."""

    name: str
    began: float
    ended: float | None = None


class Cursor(msgspec.Struct):
    """Where the program stands; all of it is kept."""

    fingerprint: str
    position: int = 0
    visit: int = 1  # counts the steps that were begun: a step in a loop has several visits
    entered_ns: int = 0
    commanded_ns: int = 0  # when the last command was issued
    last_verdict: str = ""
    verdicts: dict[str, str] = {}  # of the steps that have a label
    phases: list[PhaseRecord] = []
    recoveries: list[Recovery] = []
    slept: float = 0.0  # s until which this step has waited for vehicles that hibernate
    ended: str = ""  # "complete" or "failed"
    reason: str = ""
