"""Mission control: commanding, telemetry, alarms, archive, procedures.

What stands here is what anybody outside may use; nothing outside reaches into the modules below.
It knows the vehicles by their dictionary alone.
"""

from ground.mission_control.alarms.alarm import ALARMS_OVER
from ground.mission_control.archive.archive import ArchiveError, NoRoom
from ground.mission_control.archive.read_only_samples import damaged_blocks, sound_samples
from ground.mission_control.commanding.keeping_in_touch import IN_TOUCH
from ground.mission_control.commanding.origins import origin_of
from ground.mission_control.commanding.stages import stages_of
from ground.mission_control.dictionary.argument_types import TypeEntry
from ground.mission_control.dictionary.condition_checks import field_problem, value_problem
from ground.mission_control.dictionary.dictionary import (
    ArgumentEntry,
    Band,
    ChannelEntry,
    CommandEntry,
    Dictionary,
    DictionaryRefusal,
    EventEntry,
    VehicleEntry,
)
from ground.mission_control.execution.runner import MISSIONS_OWN, PhaseRecord, ProcedureChanged
from ground.mission_control.mission_control import ARCHIVE_FILE, MissionControl, Outcome
from ground.mission_control.procedures.reading import Program, load_procedure
from ground.mission_control.procedures.recovery_rules import check_rules
from ground.mission_control.products.ascent_record import AscentProduct, product_of
from ground.mission_control.service.desk import About
from ground.mission_control.service.handling import EDGE, Asked
from ground.mission_control.service.requests.table import all_handlers
from ground.mission_control.service.service import Service
from ground.mission_control.service.simulation import Drills, Simulation
from ground.mission_control.service.terms import why_fire_is_late, why_past
from ground.mission_control.service.waiting import compiled as compiled_condition
from ground.mission_control.telemetry.custody import TubeEntry
from ground.mission_control.timing.launch import launch_time
from ground.mission_control.timing.mission_clock import MissionClock
from ground.mission_control.views.benched_archive import BenchedArchive
from ground.mission_control.views.progress import PLACES as PLACE_STYLES
from ground.mission_control.views.progress import Progress, ProgressDisplay
from ground.mission_control.views.progress import line as progress_line
from ground.mission_control.views.progress import render as progress_panel

__all__ = [
    "ALARMS_OVER",
    "ARCHIVE_FILE",
    "EDGE",
    "IN_TOUCH",
    "MISSIONS_OWN",
    "PLACE_STYLES",
    "About",
    "ArchiveError",
    "ArgumentEntry",
    "AscentProduct",
    "Asked",
    "Band",
    "BenchedArchive",
    "ChannelEntry",
    "CommandEntry",
    "Dictionary",
    "DictionaryRefusal",
    "Drills",
    "EventEntry",
    "MissionClock",
    "MissionControl",
    "NoRoom",
    "Outcome",
    "PhaseRecord",
    "ProcedureChanged",
    "Program",
    "Progress",
    "ProgressDisplay",
    "Service",
    "Simulation",
    "TubeEntry",
    "TypeEntry",
    "VehicleEntry",
    "all_handlers",
    "check_rules",
    "compiled_condition",
    "damaged_blocks",
    "field_problem",
    "launch_time",
    "load_procedure",
    "origin_of",
    "product_of",
    "progress_line",
    "progress_panel",
    "sound_samples",
    "stages_of",
    "value_problem",
    "why_fire_is_late",
    "why_past",
]
