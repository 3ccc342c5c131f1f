"""Kills that somebody asks for: which participant of a run dies, and when."""

from collections.abc import Iterable
from dataclasses import dataclass

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import ConfigurationError
from ground.missions.mission import LoadedMission
from ground.missions.vehicles import ALL_VEHICLES
from ground.testbed.host import GROUND

ROLES: tuple[str, ...] = (*ALL_VEHICLES, GROUND)
LATEST = 1e10  # s; beyond any mission


@dataclass(frozen=True)
class Kill:
    """One death without warning: of which role, at which second of mission time."""

    role: str
    at: float


def parse_kills(texts: list[str]) -> list[Kill]:
    """Reads `VEHICLE@SECONDS`; raises ConfigurationError."""
    kills = []
    for text in texts:
        role, _, at = text.partition("@")
        try:
            seconds = float(at)
        except ValueError:
            seconds = -1.0
        if role not in ROLES or not 0.0 <= seconds <= LATEST:
            raise _refused(
                f"{text!r}: allowed is VEHICLE@SECONDS with "
                f"VEHICLE one of {', '.join(ROLES)} and SECONDS of mission time from 0"
            )
        kills.append(Kill(role, seconds))
    return sorted(kills, key=lambda kill: kill.at)


def check_kills(kills: Iterable[Kill], mission: LoadedMission) -> None:
    """Refuses kills that cannot come: too late, or of who takes no part.

    Raises ConfigurationError.
    """
    limit = mission.mission.time_limit * SOL_SECONDS
    for kill in kills:
        if kill.role != GROUND and kill.role not in mission.vehicles:
            roles = ", ".join((*mission.vehicles, GROUND))
            raise _refused(
                f"{kill.role}: it does not take part in this mission; allowed are {roles}"
            )
        if kill.at >= limit:
            raise _refused(
                f"{kill.role}@{kill.at:g}: the mission ends before that; allowed are seconds "
                f"of mission time below {limit:g}, its time limit"
            )


def _refused(problem: str) -> ConfigurationError:
    return ConfigurationError("command line", None, "--kill", f"= {problem}")
