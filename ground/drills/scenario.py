"""The scenario of a drill: the mission that is flown, and the names that it has."""

from dataclasses import dataclass
from functools import cache, cached_property

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import find_configuration
from ground.drills.truth import truths
from ground.drills.vocabulary import Vocabulary
from ground.mission_control import Dictionary
from ground.missions.mission import LoadedMission, load_mission
from ground.testbed.control_room.control_room import make_dictionary
from ground.testbed.faults.connecting import targets_of
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from sim_hw.faults.targets import Targets


@dataclass(frozen=True)
class Scenario:
    """A mission with its vocabulary."""

    mission: LoadedMission

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The names that a drill of it may use."""
        hardware = self._hardware
        looks, devices = truths(hardware), hardware.devices()
        return Vocabulary(dictionary(), self.mission.vehicles, looks, devices)

    @cached_property
    def _hardware(self) -> Hardware:
        """To be looked at and thrown away; the time in it stands still."""
        hardware = Hardware(self.mission, load_vehicle_files(self.mission), 0)
        hardware.world.clock = lambda: 0.0
        hardware.services()
        return hardware

    @cached_property
    def targets(self) -> Targets:
        """What can break in it."""
        return targets_of(self.mission)

    @property
    def limit(self) -> float:
        """Seconds after which a mission that has not ended is over."""
        return self.mission.mission.time_limit * SOL_SECONDS


@cache
def dictionary() -> Dictionary:
    """That of all vehicles."""
    return make_dictionary()


def scenario_names() -> list[str]:
    """Those that `scenario:` may give, beside the paths of files."""
    home = find_configuration("missions", "short").parent
    return sorted(file.stem for file in home.glob("*.yaml"))


@cache
def load_scenario(name: str) -> Scenario:
    """By the name of a mission or the path of its file; raises ConfigurationError."""
    return Scenario(load_mission(name))
