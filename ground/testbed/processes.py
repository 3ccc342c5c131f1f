"""A run with every vehicle's computer and the ground in a process of its own, paced.

Mission time follows the wall clock, slowly where control loops fly and fast where nothing is under
way. World and hardware are in the process that composes the run. Loopback only; every process is
ended.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import ConfigurationError
from ground.missions.mission import LoadedMission
from ground.testbed.addresses import IpcAddresses
from ground.testbed.hardware import Hardware, load_vehicle_files
from ground.testbed.host import Happenings, Setting
from ground.testbed.processes_host import SOCKETS, ProcessesHost

DEFAULT_WALL_SECONDS = 60.0  # a mission of expected length takes about so long
GREATEST_RATE = 1e6  # times as fast as Mars
LARGEST_CARE = 100.0


@dataclass(frozen=True)
class Processes:
    """A process each. `rate`: mission seconds in a second while nothing delicate is under way, from
    the mission's length when None; `care`: what all limits of the pace are divided by."""

    rate: float | None = None
    care: float = 1.0
    transport: Literal["ipc", "tcp"] = "ipc"

    @property
    def name(self) -> str:
        """As evidence and errors call it."""
        return "processes"

    @property
    def not_deterministic(self) -> tuple[str, ...]:
        """Why two runs of one seed differ."""
        return ("mission time follows the wall clock, and processes run as the machine lets them",)

    def check(self, mission: LoadedMission) -> None:
        """Refuses a pace that there is not, and sockets that could not be; raises
        ConfigurationError."""
        rate = self._rate(mission)
        if not 0.0 < rate <= GREATEST_RATE:
            raise _refused("--rate", rate, f"a number above 0, up to {GREATEST_RATE:g}")
        if not 1.0 / LARGEST_CARE <= self.care <= LARGEST_CARE:
            allowed = f"a number from {1.0 / LARGEST_CARE:g} to {LARGEST_CARE:g}"
            raise _refused("--care", self.care, allowed)
        if self.transport == "ipc":
            folder = Path(tempfile.gettempdir()) / f"{SOCKETS}{'x' * 8}"
            try:
                IpcAddresses(folder)[max(services(mission), key=len)]
            except ValueError as error:
                raise ConfigurationError(
                    "command line", None, "--transport", f"= ipc: {error}"
                ) from None

    def options(self, mission: LoadedMission) -> dict[str, Any]:
        """As the evidence of the run has them."""
        return {"rate": self._rate(mission), "care": self.care, "transport": self.transport}

    def open(self, setting: Setting, happenings: Happenings) -> ProcessesHost:
        """The host of one run."""
        mission = setting.mission
        return ProcessesHost(
            setting, happenings, rate=self._rate(mission), care=self.care, transport=self.transport,
            services=services(mission) if self.transport == "tcp" else [],
        )  # fmt: skip

    def _rate(self, mission: LoadedMission) -> float:
        if self.rate is not None:
            return self.rate
        return mission.mission.expected_duration * SOL_SECONDS / DEFAULT_WALL_SECONDS


def _refused(option: str, value: float, allowed: str) -> ConfigurationError:
    return ConfigurationError("command line", None, option, f"= {value}: allowed is {allowed}")


def services(mission: LoadedMission) -> list[str]:
    """Every service of a run, for transports that need a table."""
    hardware = Hardware(mission, load_vehicle_files(mission), 0)
    hardware.world.clock = lambda: 0.0
    names = [f"{v}.{kind}" for v in mission.vehicles for kind in ("node", "telemetry")]
    return [*names, *hardware.services()]
