"""One run: participants, clock, deaths and starts, losses, audit, tracks, records. All of it is
composed here, whatever the host: a host (`host`) decides only where the participants live.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.fault_protection.device_looks import LASTS
from flight.core.node import Node
from flight.icd.custody_account import Account
from flight.icd.messages import CustodyReport, EventReport, Message, Severity
from flight.runtime.loop import NANOSECONDS
from ground.mission_control import Drills, Outcome, Progress
from ground.terminal.collecting import collecting_seldom
from ground.testbed.computers.deaths import Death, Deaths
from ground.testbed.computers.power_cuts import PowerCuts
from ground.testbed.computers.protections import parts_without
from ground.testbed.computers.resets import Resets
from ground.testbed.computers.sides import Sides
from ground.testbed.computers.starts import COLD, WARM, Start
from ground.testbed.computers.watchdogs import WATCHDOG, Expiry
from ground.testbed.control_room.control_room import write_outcome
from ground.testbed.evidence.auditor import Auditor
from ground.testbed.evidence.breakages import Breakages
from ground.testbed.evidence.run_events import EventJournal, TruthJournal
from ground.testbed.faults.connecting import connect
from ground.testbed.faults.injector import Faults
from ground.testbed.faults.mission_failures import faults_of
from ground.testbed.hardware.hardware import Hardware
from ground.testbed.hardware.truth_tracks import TruthTracks
from ground.testbed.host import GROUND, Boot, Host, HostCannot, HostKind, Setting
from ground.testbed.kills import Kill
from ground.testbed.operating.sending import order
from ground.testbed.operating.trainer import Trainer
from ground.testbed.participants.vehicles import vehicle_class
from ground.testbed.record.inputs import CommandInput, KillInput
from sim_hw.faults.fault import Fault


@dataclass(frozen=True)
class RunOptions:
    """How a mission is flown: by which chance, who dies when (and is started again), what breaks,
    which protections are off (`protections`), and who flies drills with people in it."""

    seed: int = 1
    kills: tuple[Kill, ...] = ()
    faults: tuple[Fault, ...] = ()
    protections_off: tuple[str, ...] = ()
    drills: "Callable[[Run], Drills] | None" = field(default=None, compare=False)


class Run:
    """One run, with all that can be asked of it while it is under way and afterwards.

    `observers` hear every message that a node publishes; they are to change nothing.
    """

    def __init__(self, setting: Setting, options: RunOptions, kind: HostKind) -> None:
        self.mission = setting.mission
        self.folder = setting.folder
        self.options = options
        self.kind = kind
        self.host: Host = kind.open(setting, self)
        self.observers: list[Callable[[Message], None]] = []
        self.hardware: Hardware
        self.tracks: TruthTracks
        self.power_cuts: PowerCuts
        self.auditor: Auditor
        self.breakages = Breakages(
            setting.mission.mission.failures, options.kills, options.faults
        )
        self.faults = Faults(setting.seed, lambda: self.folder.path, lambda: self.host.nursery)
        self.on_boot: list[Callable[[str], None]] = []
        """Told of each participant that is started, but for the first starts."""
        self.killed: list[Kill] = []
        self.boots: dict[str, int] = {}
        self.statements: dict[str, Account] = {}
        self.accounted: tuple[str, ...] = ()
        self._setting = setting
        self._deaths = Deaths()
        self._resets = Resets()
        self.sides = Sides(parts_without(setting.protections_off).side_swap)
        self._off: dict[str, None] = {}
        self._ended: asyncio.Future[Outcome]
        self._events: EventJournal
        self.folder.begin()

    # ---------------------------------------------------------------- flying

    async def fly(self, show: Callable[["Run"], None] | None = None) -> Outcome:
        """Flies until the procedure ends or the mission's time limit is over."""
        self._events = EventJournal(self.folder)
        try:
            with collecting_seldom():
                outcome = await self._fly(show)
        finally:
            self._events.close()
        write_outcome(self.folder.ground, outcome)
        return outcome

    async def _fly(self, show: Callable[["Run"], None] | None) -> Outcome:
        setting, host = self._setting, self.host
        self._ended = asyncio.get_running_loop().create_future()
        async with host:
            own, files = parts_without(setting.protections_off), dict(setting.files)
            self.hardware = Hardware(self.mission, files, setting.seed, own.is_whole)
            self.hardware.on_lost = self._lost
            host.fit(self.hardware)
            self.hardware.serve(host.hardware_bus, host.nursery)
            tubes = self.hardware.world.tubes
            truth = TruthJournal(self.folder, tubes, self.now)
            self.tracks = TruthTracks(self.hardware)
            self.power_cuts = PowerCuts(self.hardware, host.nursery, self._cut, self._power_is_back)
            self.auditor = Auditor(tubes, host.ledgers, self.now, self._looks_within)
            for role in self.mission.vehicles:
                if vehicle_class(role).has_two_computers and host.has_sides:
                    self.sides.have_two(role)
            connect(self.faults, self, arming=own.arming_relays)
            for fault in (*faults_of(self.mission, self.hardware), *self.options.faults):
                self.faults.arm(fault)
            await host.begin(
                self.hardware,
                {
                    role: self._next_boot(role, "power on")
                    for role in (*self.mission.vehicles, GROUND)
                },
            )
            for index, kill in enumerate(self.options.kills):
                host.nursery.start(self._kill(kill, index), name=f"kill {kill.role}")
            if show is not None:
                host.look(lambda: show(self))
            try:
                outcome = await self._until_the_end()
                self.auditor.audit()
                self.statements = self.auditor.statement()
                self.accounted = self.auditor.accounted()
                self.simulation.drills.run_ends()
            finally:
                truth.close()
                await host.end_ground()
        return outcome

    async def _until_the_end(self) -> Outcome:
        limit = self.mission.mission.time_limit
        try:
            async with asyncio.timeout(limit * SOL_SECONDS - self.now()):
                return await self._ended
        except TimeoutError:
            reason = f"not ended within the time limit of {limit:g} sols"
            progress = self.host.progress()
            place = "" if progress is None else progress.step
            return Outcome(
                "failed", f"{reason}; the ground was at {place}" if place else reason, []
            )

    def now(self) -> float:
        """Seconds of mission time."""
        return asyncio.get_running_loop().time()

    def node(self, role: str) -> Node:
        """A node that runs, to be looked into. Raises HostCannot where it is out of reach, KeyError
        when it does not run."""
        return self.host.node(role)

    def progress(self) -> Progress | None:
        """How far the ground is; None before it has said so."""
        return self.host.progress()

    def devices_told(self) -> str:
        """Which devices are real, and how each is, for who looks; "" where none is."""
        return self.host.devices_told()

    def _next_boot(self, role: str, cause: str, *, planned: bool = False) -> Boot:
        self.boots[role] = self.boots.get(role, 0) + 1
        load = {} if role == GROUND else self.hardware.load_of(role)
        side, before = self.sides.of(role), self.sides.taken_from(role)
        return Boot(cause, self.boots[role], planned, load, side, before)

    # ------------------------------------------------- deaths, starts, losses

    def let_die(
        self, role: str, *, without_memory: bool = False, swaps: bool = False, warm: bool = False
    ) -> None:  # fmt: skip
        """Lets a participant die now; it is started again. `without_memory`: its store is gone;
        `swaps`: the other computer is started; `warm`: only its software was gone."""
        death = self._kill(
            Kill(role, self.now()), without_memory=without_memory, swaps=swaps, warm=warm
        )
        self.host.nursery.start(death, name=f"kill {role}")

    async def _kill(
        self, kill: Kill, index: int | None = None, *, without_memory: bool = False,
        swaps: bool = False, warm: bool = False,
    ) -> None:  # fmt: skip
        """Lets a participant die at its time, and starts it again."""
        await asyncio.sleep(kill.at - self.now())
        if not self.host.runs(kill.role):
            if index is not None:
                self.breakages.spared(index, "it did not run then")
            return
        if index is not None:
            self.breakages.killed(index, self.now())
        self.killed.append(kill)
        await self.host.kill(kill.role)
        if without_memory:
            self.host.forget(kill.role)
        if swaps:
            self.change_side(kill.role, "of itself")
        cause, start = ("process died", WARM) if warm else ("power cut", COLD)
        await self._start_again(kill.role, cause, start)

    async def _start_again(
        self, role: str, cause: str, start: Start, *, planned: bool = False
    ) -> None:
        if not planned and self.sides.gives_up(role, self.now()) and not self.host.runs(role):
            self.change_side(role, "unplanned boots")
        await asyncio.sleep(start.seconds)
        # One without power boots when that is back.
        if self._can_boot(role) and not self.power_cuts.is_dark(role):
            self._boot(role, self._next_boot(role, cause, planned=planned))

    def _boot(self, role: str, boot: Boot) -> None:
        self.host.boot(role, boot)
        for told in list(self.on_boot):
            told(role)

    def _can_boot(self, role: str) -> bool:
        gone = role in self._off or role in self.hardware.lost
        return not gone and not self.host.runs(role)

    async def _cut(self, roles: Iterable[str]) -> None:
        for role in roles:
            if self.host.runs(role):
                await self.host.kill(role)

    def _power_is_back(self, roles: Iterable[str], cause: str) -> None:
        for role in roles:
            if self._can_boot(role):
                self._boot(role, self._next_boot(role, cause))

    def _lost(self, vehicle: str) -> None:
        if self.host.runs(vehicle):
            self.host.nursery.start(self.host.kill(vehicle), name=f"loss of {vehicle}")

    def _looks_within(self, role: str) -> float:
        """s until a vehicle has looked again at what it lives by, at the most."""
        try:
            period = self.host.node(role).housekeeping_period()
        except (HostCannot, KeyError):
            period = vehicle_class(role).longest_housekeeping
        return period + LASTS

    def give_back(self, vehicle: str) -> None:
        """A vehicle that was lost has its power again, and boots."""
        if self.hardware.give_back(vehicle):
            again = self._start_again(vehicle, "power cut", COLD)
            self.host.nursery.start(again, name=f"{vehicle} is back")

    # ----------------------------------------------------- what a host tells

    def heard(self, message: Message) -> None:
        """A node has published something."""
        if isinstance(message, EventReport):
            self._events.write(message)
        elif isinstance(message, CustodyReport):
            self.auditor.audit()
        self.faults.heard(message)
        for observer in self.observers:
            observer(message)

    def reboot_asked(self, role: str) -> None:
        """A node has ended in order, and asks to be started again."""
        again = self._start_again(role, "commanded", WARM, planned=True)
        self.host.nursery.start(again, name=f"reboot {role}")

    def swap_asked(self, role: str) -> None:
        """A node has ended in order, and asks for the vehicle's other computer."""
        self.change_side(role, "commanded")
        again = self._start_again(role, "computer swapped", COLD, planned=True)
        self.host.nursery.start(again, name=f"swap {role}")

    def change_side(self, role: str, why: str) -> None:
        """The other computer of a vehicle is the one that is started next."""
        before, after = self.sides.change(role)
        self.host.change_side(role, before, after)
        self.told(
            "computer_swapped", f"{role} goes over from computer {before} to {after}: {why}",
            role=role, before=before, after=after, cause=why,
        )  # fmt: skip

    def powered_off(self, role: str) -> None:
        """A node has ended in order, and is to be without power for good."""
        self._off[role] = None
        self.hardware.switch_off(role)

    def watchdog_expired(self, role: str, expiry: Expiry) -> None:
        """The software of a computer has stood still for too long: it is started anew."""
        given_up = not expiry.closely and self.sides.may_give_up(role)
        given_up = given_up and self._resets.has_not_helped(role, self.now())
        start = self._resets.next(role, self.now(), closely=expiry.closely)
        self.told(
            "watchdog_reset",
            f"The watchdog starts {role} anew ({start.name}): no progress of {expiry.what} for "
            f"{expiry.silent_for:.1f} s",
            role=role, silent_for=expiry.silent_for, what=expiry.what, start=start.name,
        )  # fmt: skip
        reset = self._reset(role, expiry, start, swaps=given_up)
        self.host.nursery.start(reset, name=f"reset {role}")

    async def _reset(self, role: str, expiry: Expiry, start: Start, *, swaps: bool) -> None:
        if self.host.runs(role):
            await self.host.kill(role)
            self.hardware.let_go(role, expiry.held)
            if swaps:
                self.change_side(role, "watchdog")
            await self._start_again(role, WATCHDOG, start)

    def died(self, role: str, death: Death) -> None:
        """Somebody has died whom nobody here killed; it is started again."""
        how = death.how
        last = how.strip().rpartition("\n")[2]
        self.told("process_died", f"The software of {role} has died: {last}", role=role, how=how)
        if why := self._deaths.why_given_up(role, death):
            self.procedure_ended(Outcome("failed", why, []))
            return
        start = self._deaths.start_after(role, death)
        again = self._start_again(role, "process died", start)
        self.host.nursery.start(again, name=f"restart {role}")

    def fault_told(self, fault: str, what: str, *values: Any) -> None:
        """A process tells what a fault does there."""
        self.faults.told(fault, what, *values)

    def admitted(self, given: CommandInput | KillInput) -> None:
        """Somebody outside wants something."""
        if isinstance(given, KillInput):
            self.let_die(given.role)
        elif self.host.runs(GROUND):
            order(self.host.mission_control(), given)
        else:
            self.told(
                "command_unheard",
                f"Mission control is down: {given.command} to {given.vehicle}, asked for by "
                f"{given.user}, was not sent",
            )

    @cached_property
    def simulation(self) -> Trainer:
        """What a trainer can do to this run."""
        drills = None if self.options.drills is None else self.options.drills(self)
        return Trainer(self.mission, self.faults, self.host.runs, self.let_die, drills)

    def told(self, name: str, text: str, **data: Any) -> None:
        """Tells an event of the run itself."""
        self.heard(
            EventReport(
                source="run", name=name, severity=Severity.WARNING_HI,
                time_ns=round(self.now() * NANOSECONDS), text=text, data=data, number=0,
            )
        )  # fmt: skip

    def procedure_ended(self, outcome: Outcome) -> None:
        """The ground has come to the end of its procedure."""
        if not self._ended.done():
            self._ended.set_result(outcome)
