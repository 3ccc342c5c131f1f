"""Where the participants of a run live. What a run does is the same on every host; see `run`.

A host starts and ends computers, hears what they publish, and has a clock. It decides nothing: when
somebody dies, boots or loses power is up to the run.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from flight.core.node import Node
from flight.icd.custody_record import CustodyRecord
from flight.icd.messages import Message
from flight.runtime.bus import Bus
from flight.runtime.nursery import Nursery
from ground.mission_control import MissionControl, Outcome, Progress, Simulation
from ground.missions.mission import LoadedMission
from ground.missions.run_folder import RunFolder
from ground.missions.vehicle_files import VehicleFile
from ground.testbed.computers.deaths import Death
from ground.testbed.computers.oscillators import Turn
from ground.testbed.computers.watchdogs import Expiry
from ground.testbed.hardware.hardware import Hardware
from ground.testbed.participants.roles import GROUND as GROUND
from ground.testbed.record.inputs import CommandInput, KillInput
from ground.testbed.seams.bus import Buses
from ground.testbed.seams.outside import OutsideSeam
from ground.testbed.seams.stores import Stores
from sim_hw.faults.fault import Fault
from sim_hw.faults.kind import FaultKind


class HostCannot(RuntimeError):
    """Something that this host cannot do; says which host, and what."""


@dataclass(frozen=True)
class Setting:
    """What is flown, into which folder, and which protections are off."""

    mission: LoadedMission
    files: Mapping[str, VehicleFile]
    folder: RunFolder
    seed: int
    protections_off: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Boot:
    """One start of a computer.

    `planned`: somebody asked for it. `number`: counts the starts of this role within the run, from
    1. `load`: what a vehicle was told before launch. `side`: which of its computers; `side_before`:
    which flew until now, where that was another.
    """

    cause: str
    number: int
    planned: bool = False
    load: Mapping[str, Any] = field(default_factory=dict)
    side: str = "A"
    side_before: str = ""


class Happenings(Protocol):
    """What a host tells its run; each at the moment at which it happens."""

    def heard(self, message: Message) -> None:
        """A node has published something."""

    def reboot_asked(self, role: str) -> None:
        """A node has ended in order, and asks to be started again."""

    def swap_asked(self, role: str) -> None:
        """A node has ended in order, and asks for the vehicle's other computer."""

    def powered_off(self, role: str) -> None:
        """A node has ended in order, and is to be without power for good."""

    def died(self, role: str, death: Death) -> None:
        """Somebody has died whom nobody in the run killed."""

    def watchdog_expired(self, role: str, expiry: Expiry) -> None:
        """The software of a computer that runs has stood still for too long."""

    def procedure_ended(self, outcome: Outcome) -> None:
        """The ground has come to the end of its procedure."""

    def fault_told(self, fault: str, what: str, *values: Any) -> None:
        """A process tells what a fault does there."""

    @property
    def simulation(self) -> Simulation:
        """What a trainer can do to the run."""
        ...

    def admitted(self, given: CommandInput | KillInput) -> None:
        """Somebody outside wants something, and it is its turn."""

    def told(self, name: str, text: str) -> None:
        """The host itself has something to say: an event of the run."""


@dataclass(frozen=True)
class Figures:
    """Of a run that has ended: messages on the bus and their hash ("" where there is none), MB."""

    messages: int
    log_sha256: str
    peak_rss_mb: float


class Host(Protocol):
    """The place of one run. Used as `async with host:`; leaving it ends all who live there."""

    has_sides: bool
    """Whether vehicles can have two computers here."""

    @property
    def nursery(self) -> Nursery:
        """Of the run's own work; open while the host is."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    @property
    def buses(self) -> Buses:
        """The seams of the bus in this process."""
        ...

    def outside(self, fault: Fault) -> OutsideSeam | None:
        """Where a fault is that lies in other processes; None: all of it is in this one."""
        ...

    @property
    def stores(self) -> Stores:
        """The seams of the stores in this process."""
        ...

    @property
    def hardware_bus(self) -> Bus:
        """On which the hardware is served."""
        ...

    def loop(self) -> asyncio.AbstractEventLoop:
        """A new loop on which the run is composed: its clock."""
        ...

    def fit(self, hardware: Hardware) -> None:
        """Puts real devices in the place of simulated ones, before the hardware is served."""

    async def begin(self, hardware: Hardware, boots: Mapping[str, Boot]) -> None:
        """Starts the first computers, in their order; the hardware serves by then."""

    def boot(self, role: str, boot: Boot) -> None:
        """Starts a computer that does not run."""

    async def kill(self, role: str) -> None:
        """Ends a computer that runs as a power cut does: nothing more is sent or stored."""

    def runs(self, role: str) -> bool:
        """Whether a computer runs."""
        ...

    def stand(self, role: str) -> Callable[[], None]:
        """Nothing of a computer's software runs, until what is returned is called or it dies."""
        ...

    def leave_mailbox(self, role: str) -> Callable[[], None]:
        """A node takes nothing from its mailbox, until what is returned is called or it dies.

        Raises HostCannot where it is out of reach.
        """
        ...

    def lay_files(self, role: str) -> tuple[Callable[[], bool], Callable[[], None]]:
        """Old files lie in the store of a node: whether they still do, and what takes them away.

        Raises HostCannot where it is out of reach.
        """
        ...

    def say_too_much(self, role: str, characters: int) -> bool:
        """A node says once, in so many characters, what nobody needs; whether it runs.

        Raises HostCannot where it is out of reach.
        """
        ...

    def turn_clock(self, role: str, turn: Turn) -> Callable[[], None]:
        """The oscillator of a computer goes wrong, until what is returned is called.

        Raises HostCannot where it is out of reach.
        """
        ...

    def forget(self, role: str) -> None:
        """The store of a computer that does not run is empty when it is started."""

    def change_side(self, role: str, before: str, after: str) -> None:
        """The computer that does not run is to be the other one when it is started."""

    async def end_ground(self) -> None:
        """Ends mission control in order; it leaves its records."""

    def ledgers(self) -> Mapping[str, list[CustodyRecord]]:
        """What the custody ledger of each node says; of a dead node, what it had stored."""
        ...

    def node(self, role: str) -> Node:
        """A node that runs, to be looked into. Raises HostCannot where it is out of reach, KeyError
        when it does not run."""
        ...

    def mission_control(self) -> MissionControl:
        """The ground that runs. Raises HostCannot where it is out of reach."""
        ...

    def progress(self) -> Progress | None:
        """How far the ground is; None before it has said so."""
        ...

    def devices_told(self) -> str:
        """Which devices are real, shadows, looked at or simulated for a bench, and how each is;
        "" where nothing is."""
        ...

    def look(self, look: Callable[[], None]) -> None:
        """Has somebody look now and then, from outside: the run is the same with and without."""

    def figures(self) -> Figures:
        """Of the run, when it is over."""
        ...


class HostKind(Protocol):
    """A kind of host, with its options."""

    @property
    def name(self) -> str:
        """As evidence and errors call it."""
        ...

    @property
    def not_deterministic(self) -> tuple[str, ...]:
        """Why two runs of one seed differ here; nothing where they do not."""
        ...

    def check(self, mission: LoadedMission) -> None:
        """Refuses what this host cannot do; raises ConfigurationError before anything is begun."""

    def why_not(self, kind: FaultKind) -> str:
        """Why there can be no such fault here, in words; "" when there can."""
        ...

    def options(self, mission: LoadedMission) -> dict[str, Any]:
        """The options as the evidence of the run has them."""
        ...

    def open(self, setting: Setting, happenings: Happenings) -> Host:
        """The host of one run."""
        ...
