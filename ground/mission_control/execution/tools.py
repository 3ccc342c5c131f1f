"""What the steps of a procedure work with, and how they fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ground.mission_control.archive.archive import Archive
from ground.mission_control.commanding.tracker import CommandTracker
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.products.imagery import Imagery
from ground.mission_control.telemetry.custody import CustodyView
from ground.mission_control.telemetry.telemetry import LatestTelemetry
from ground.mission_control.telemetry.watches import Watches
from ground.mission_control.timing.mission_clock import MissionClock


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
