"""Kills that somebody asks for: which participant of a run dies, and when."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flight.configuration.files import ConfigurationError
from ground.missions.mission import ALL_VEHICLES

GROUND = "ground"
ROLES: tuple[str, ...] = (*ALL_VEHICLES, GROUND)
LATEST = 1e10  # s; beyond any mission
BOOT_SECONDS = 30.0  # from the death of a computer until its software runs again; assumption


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
            raise ConfigurationError(
                "command line",
                None,
                "--kill",
                f"= {text!r}: allowed is VEHICLE@SECONDS with "
                f"VEHICLE one of {', '.join(ROLES)} and SECONDS of mission time from 0",
            )
        kills.append(Kill(role, seconds))
    return sorted(kills, key=lambda kill: kill.at)


def check_kills(kills: Iterable[Kill], vehicles: Collection[str], limit: float) -> None:
    """Refuses kills that cannot come; raises ConfigurationError.

    `limit`: s of mission time, when the mission ends at the latest.
    """
    for kill in kills:
        if kill.role != GROUND and kill.role not in vehicles:
            raise ConfigurationError(
                "command line",
                None,
                "--kill",
                f"= {kill.role}: it does not take part in this "
                f"mission; allowed are {', '.join((*vehicles, GROUND))}",
            )
        if kill.at >= limit:
            raise ConfigurationError(
                "command line",
                None,
                "--kill",
                f"= {kill.role}@{kill.at:g}: the mission ends before that; allowed are seconds of "
                f"mission time below {limit:g}, its time limit",
            )
