"""What the steps of a procedure work with, and how they fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ground.mission_control.archive import Archive
from ground.mission_control.clock import MissionClock
from ground.mission_control.command_tracker import CommandTracker
from ground.mission_control.custody_view import CustodyView
from ground.mission_control.dictionary import Dictionary
from ground.mission_control.imagery import Imagery
from ground.mission_control.telemetry import LatestTelemetry
from ground.mission_control.watches import Watches


class StepFailed(Exception):
    """A step did not come to what it demands; the text says why."""


@dataclass(frozen=True)
class ProcedureTools:
    """What a procedure works with."""

    archive: Archive
    clock: MissionClock
    dictionary: Dictionary
    tracker: CommandTracker
    telemetry: LatestTelemetry
    custody: CustodyView
    watches: Watches
    opportunities: Mapping[str, Callable[[float], float]] = field(default_factory=dict)
    """The next time at which something can be done, from one on; seconds of mission time."""
    imagery: Imagery | None = None
