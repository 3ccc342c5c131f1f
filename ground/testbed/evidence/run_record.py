"""What is known of a run when it is over. Reports are written from this and from its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flight.icd.custody_account import Account
from ground.mission_control import Outcome
from ground.missions.mission import LoadedMission
from ground.testbed.evidence.auditor import Violation
from ground.testbed.evidence.breakages import Breakage
from ground.testbed.hardware.milestones import Released, Touchdown
from ground.testbed.host import Figures
from ground.testbed.kills import Kill


@dataclass(frozen=True)
class RunRecord:
    """One run, from outside: what was flown, how it ended, what was true and what was said."""

    mission: LoadedMission
    seed: int
    outcome: Outcome
    truth: Mapping[str, str]
    """Where each tube truly is in the end."""
    statements: Mapping[str, Account]
    """What the ledgers said in the end, each tube of `truth`."""
    accounted: Sequence[str]
    """The tubes of which the last audit found stated what is true, and the place known."""
    violations: Sequence[Violation]
    audits: int
    figures: Figures
    mission_seconds: float
    wall_seconds: float
    evidence: Mapping[str, Any]
    lost: Mapping[str, float] = field(default_factory=dict)
    """Vehicles that were taken away for good, and when (s)."""
    kills: Sequence[Kill] = ()
    """The deaths that happened on purpose, each when it did."""
    breakages: Sequence[Breakage] = ()
    """All that was to break, and whether it did."""
    power_cuts: Sequence[tuple[float, str]] = ()
    boots: Mapping[str, int] = field(default_factory=dict)
    """How often each participant was started."""
    released: Released | None = None
    touchdown: Touchdown | None = None

    @property
    def verdict(self) -> str:
        """`success` when the procedure was completed and custody held; `unknown` where nobody can
        know how it ended; else `failure`."""
        if self.violations:
            return "failure"
        return {"complete": "success", "unknown": "unknown"}.get(self.outcome.verdict, "failure")

    @property
    def log_sha256(self) -> str:
        """Of the ordered message log; empty on hosts that keep none."""
        return self.figures.log_sha256

    @property
    def messages(self) -> int:
        """How many were sent on the bus."""
        return self.figures.messages
