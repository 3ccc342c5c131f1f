"""Where a procedure stands; all of it is kept."""

import msgspec

from ground.mission_control.execution.recovery import Recovery

FAILURE = "{failure}"
"""In the reason of an end: how the last step that failed did."""


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
    ahead: dict[str, int] = {}
    """Steps whose command was sent with an earlier one: path -> the visit in which that was."""
    phases: list[PhaseRecord] = []
    recoveries: list[Recovery] = []
    slept: float = 0.0  # s until which this step has waited for who hibernates or may be deaf
    failure: str = ""  # of the step that has failed last
    ended: str = ""  # "complete" or "failed"
    reason: str = ""

    def begin_phase(self, name: str, now: float) -> bool:
        """Begins a phase; False when it is the one that goes on."""
        if self.phases and self.phases[-1].name == name and self.phases[-1].ended is None:
            return False
        self.close_phase(now)
        self.phases.append(PhaseRecord(name, now))
        return True

    def close_phase(self, now: float) -> None:
        """Ends the phase that goes on."""
        if self.phases and self.phases[-1].ended is None:
            self.phases[-1].ended = now
