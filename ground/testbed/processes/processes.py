"""A run with every vehicle's computer and the ground in a process of its own.

Mission time goes on when all have done what was due, at a rate that can be bounded. World and
hardware are in the process that composes the run. Loopback only; every process is ended.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from flight.configuration.files import ConfigurationError
from flight.configuration.scratch_folder import PREFIX
from flight.runtime.throttled_loop import LEAST_PACE
from ground.api.operators import load_operators
from ground.missions.mission import LoadedMission
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from ground.testbed.host import Happenings, Setting
from ground.testbed.participants.addresses import IpcAddresses
from ground.testbed.processes.host import ProcessesHost
from sim_hw.faults.kind import FaultKind

GREATEST_RATE = 1e9  # times as fast as Mars


@dataclass(frozen=True)
class Processes:
    """A process each. `rate`: mission seconds in a second at most; None: as fast as all get done
    what is due. `operators`: the file of those who may ask mission control; "": it is not served.
    """

    rate: float | None = None
    transport: Literal["ipc", "tcp"] = "ipc"
    operators: str = ""

    @property
    def name(self) -> str:
        """As evidence and errors call it."""
        return "processes"

    @property
    def not_deterministic(self) -> tuple[str, ...]:
        """Why two runs of one seed differ."""
        return ("who works at one instant does so in the order in which the machine lets them",)

    def check(self, mission: LoadedMission) -> None:
        """Refuses a rate that there is not, and sockets that could not be; raises
        ConfigurationError."""
        if self.operators:
            load_operators(self.operators)
        if self.rate is not None and not LEAST_PACE <= self.rate <= GREATEST_RATE:
            allowed = f"a number from {LEAST_PACE:g} to {GREATEST_RATE:g}"
            raise ConfigurationError(
                "command line", None, "--rate", f"= {self.rate}: allowed is {allowed}"
            )
        if self.transport == "ipc":
            folder = Path(tempfile.gettempdir()) / f"{PREFIX}{'x' * 8}"
            try:
                IpcAddresses(folder)[max(services(mission), key=len)]
            except ValueError as error:
                raise ConfigurationError(
                    "command line", None, "--transport", f"= ipc: {error}"
                ) from None

    def why_not(self, kind: FaultKind) -> str:
        """What reaches into a computer from the process that composes the run."""
        return kind.one_process and f"over processes {kind.one_process}"

    def options(self, mission: LoadedMission) -> dict[str, Any]:
        """As the evidence of the run has them."""
        return {"rate": self.rate, "transport": self.transport}

    def open(self, setting: Setting, happenings: Happenings) -> ProcessesHost:
        """The host of one run."""
        mission = setting.mission
        return ProcessesHost(
            setting, happenings, rate=self.rate, transport=self.transport,
            services=services(mission) if self.transport == "tcp" else [],
            operators=self.operators,
        )  # fmt: skip


def services(mission: LoadedMission) -> list[str]:
    """Every service of a run, for transports that need a table."""
    hardware = Hardware(mission, load_vehicle_files(mission), 0)
    hardware.world.clock = lambda: 0.0
    names = [f"{v}.{kind}" for v in mission.vehicles for kind in ("node", "telemetry")]
    return [*names, *hardware.services()]
