"""The summary of a run: verdict, phases, tubes, and figures of the run itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.custody_account import Account
from ground.mission_control.mission_control import Outcome
from ground.missions.mission import LoadedMission
from ground.missions.run_folder import MARK, RunFolder
from ground.testbed.auditor import Violation
from ground.testbed.fingerprint import fingerprint
from ground.testbed.flight_facts import TrueOrbit, light_times, orbit_as_plain
from ground.testbed.kills import Kill
from sim_hw.world.tubes import CONTAINER, EARTH, ENTRY_CAPSULE, MAV, ORBIT, ORBITER

SUMMARY_FILE = "summary.json"
ABOARD = (CONTAINER, MAV, ORBIT, ORBITER, ENTRY_CAPSULE, EARTH)


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run when it is over."""

    mission: LoadedMission
    outcome: Outcome
    seed: int
    shuffle: int | None
    truth: Mapping[str, str]
    statements: Mapping[str, Account]
    violations: Sequence[Violation]
    log_sha256: str
    messages: int
    mission_seconds: float
    wall_seconds: float
    peak_rss_mb: float
    lost: Mapping[str, float]
    kills: Sequence[Kill] = ()
    orbit: TrueOrbit | None = None
    """In which the container was let go."""
    touchdown: Mapping[str, Any] | None = None
    """Of the capsule on Earth, as `touchdown_facts` tells it."""

    @property
    def verdict(self) -> str:
        """`success` when the procedure was completed and custody held; else `failure`."""
        good = self.outcome.verdict == "complete" and not self.violations
        return "success" if good else "failure"


def write_summary(folder: RunFolder, facts: RunFacts) -> dict[str, Any]:
    """Writes `summary.json` and the mark of the run folder; returns the summary."""
    summary = summarise(facts)
    folder.write_json(SUMMARY_FILE, summary)
    folder.write_json(MARK, {"state": "ended", "verdict": facts.verdict})
    return summary


def summarise(facts: RunFacts) -> dict[str, Any]:
    """The summary as plain data."""
    names = {t.id: t.name for t in (*facts.mission.depot.tubes, *facts.mission.held)}
    return {
        "mission": facts.mission.name,
        "mission_file": str(facts.mission.file.resolve()),
        "title": facts.mission.mission.title,
        "verdict": facts.verdict,
        "reason": facts.outcome.reason,
        "seed": facts.seed,
        "shuffle": facts.shuffle,
        "landing": facts.mission.mission.landing,
        "phases": msgspec.to_builtins(facts.outcome.phases),
        "tubes": [
            {
                "id": tube,
                "name": names.get(tube, tube),
                "place": place,
                "custody": facts.statements[tube].statement,
                "stated_place": facts.statements[tube].place,
            }
            for tube, place in facts.truth.items()
        ],
        "left_behind": [tube for tube in facts.mission.wanted if facts.truth[tube] not in ABOARD],
        "orbit": orbit_as_plain(facts.orbit),
        "touchdown": facts.touchdown,
        "light_times": light_times(
            facts.mission.epoch_jd_tt, facts.mission_seconds, facts.outcome.phases
        ),
        "kills": [asdict(kill) for kill in facts.kills],
        "custody_violations": [asdict(violation) for violation in facts.violations],
        "vehicles_lost": {vehicle: at / SOL_SECONDS for vehicle, at in facts.lost.items()},
        "log_sha256": facts.log_sha256,
        "fingerprint": fingerprint(),
        "messages": facts.messages,
        "mission_seconds": facts.mission_seconds,
        "mission_sols": facts.mission_seconds / SOL_SECONDS,
        "wall_seconds": round(facts.wall_seconds, 3),
        "peak_rss_mb": round(facts.peak_rss_mb, 1),
    }
