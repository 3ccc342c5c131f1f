"""The seam to what can break: reads the faults of a drill against what a scenario has."""

from typing import Any

from flight.configuration.sections import Section
from ground.missions.mission import LoadedMission


def read_faults_of(section: Section, mission: LoadedMission) -> tuple[Any, ...]:
    """The faults of a drill; raises ConfigurationError."""
    if not section.items():
        return ()
    raise section.refuse(f"{section.key}: nothing can be made to break yet: allowed is []")
