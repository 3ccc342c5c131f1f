"""Flies a mission in virtual time: world, vehicles and ground in one process and one loop."""

import asyncio
import json
import random
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.custody_account import Account
from flight.icd.messages import CustodyReport, EventReport, Message
from flight.runtime.bus import Bus
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.nursery import end
from flight.runtime.streams import stream
from ground.mission_control.mission_control import MissionControl, Outcome
from ground.missions.mission import LoadedMission
from ground.missions.run_folder import RunFolder
from ground.missions.vehicle_files import VehicleFile
from ground.reports.ascent_product import write_ascent_report
from ground.reports.summary import RunFacts, write_summary
from ground.reports.touchdown_facts import touchdown_facts
from ground.testbed.auditor import Auditor
from ground.testbed.control_room import make_mission_control, write_outcome
from ground.testbed.hardware import Hardware
from ground.testbed.kills import BOOT_SECONDS, GROUND, Kill
from ground.testbed.mission_check import check_mission
from ground.testbed.power_cuts import PowerCuts
from ground.testbed.rig import Rig
from ground.testbed.truth_tracks import TruthTracks
from ground.testbed.vehicles import vehicle_class

STEP = 300.0  # seconds of mission time between looks at the wall clock, for the display


@dataclass(frozen=True)
class RunOptions:
    """How a mission is flown. `shuffle` permutes what is ready, by its own seed.

    Who is of `kills` boots again after BOOT_SECONDS, unless it is lost for good.
    """

    seed: int = 1
    shuffle: int | None = None
    log_messages: bool = False
    kills: tuple[Kill, ...] = ()


class FlownMission:
    """One run in virtual time, with all that can be asked of it while it runs and afterwards."""

    def __init__(
        self,
        mission: LoadedMission,
        files: dict[str, VehicleFile],
        folder: RunFolder,
        options: RunOptions,
    ) -> None:
        self.mission = mission
        self.files = files
        self.folder = folder
        self.options = options
        log = folder.path / "messages.log" if options.log_messages else None
        self.rig = Rig(
            folder.nodes, seed=options.seed, epoch_jd_tt=mission.epoch_jd_tt, log_file=log
        )
        self.hardware: Hardware
        self.tracks: TruthTracks
        self.power_cuts: PowerCuts
        self.auditor: Auditor
        self.control: MissionControl
        self.killed: list[Kill] = []
        self.outcome: Outcome | None = None
        self.statements: dict[str, Account] = {}
        self._ended: asyncio.Future[Outcome]
        self._ground: asyncio.Task[None]
        self._ground_bus: Bus
        self._events: IO[str]

    async def fly(self, show: Callable[["FlownMission"], None] | None = None) -> Outcome:
        """Flies until the procedure ends or the mission's time limit is over."""
        with (self.folder.path / "events.jsonl").open("w", encoding="utf-8") as self._events:
            outcome = await self._fly(show)
        write_outcome(self.folder.ground, outcome)
        return outcome

    async def _fly(self, show: Callable[["FlownMission"], None] | None) -> Outcome:
        rig = self.rig
        rig.observers.append(self._observe)
        async with rig:
            self.hardware = Hardware(self.mission, self.files, self.options.seed)
            self.hardware.on_lost = self._lost
            self.hardware.serve(rig.hardware_bus, rig.nursery)
            self.tracks = TruthTracks(self.hardware)
            self.power_cuts = PowerCuts(rig, self.hardware)
            rig.on_power_off = self.hardware.switch_off
            self.auditor = Auditor(self.hardware.world.tubes, rig.ledgers, self.now)
            for name in self.mission.vehicles:
                rig.add_node(
                    vehicle_class(name),
                    self.files[name].flight,
                    mission=self.hardware.load_of(name),
                )
            self._ended = asyncio.get_running_loop().create_future()
            self._start_ground()
            for kill in self.options.kills:
                rig.nursery.start(self._kill(kill), name=f"kill {kill.role}")
            if show is not None:
                rig.nursery.start(self._show(show), name="display")
            try:
                self.outcome = await self._control_until_limit()
                self.auditor.audit()
                self.statements = self.auditor.statement()
            finally:
                await end(self._ground)
                self.control.write_manifest()
                self.control.close()
                self._ground_bus.close()
        return self.outcome

    async def _control_until_limit(self) -> Outcome:
        limit = self.mission.mission.time_limit
        try:
            async with asyncio.timeout(limit * SOL_SECONDS):
                return await self._ended
        except TimeoutError:
            reason = f"not ended within the time limit of {limit:g} sols"
            place = self.control.runner.place
            return Outcome(
                "failed", f"{reason}; the ground was at {place}" if place else reason, []
            )

    def _start_ground(self) -> None:
        self._ground_bus = self.rig.bus("mission_control")
        self.control = make_mission_control(self.mission, self._ground_bus, self.folder.ground)
        self._ground = self.rig.nursery.start(self._run_ground(), name="mission control")

    async def _run_ground(self) -> None:
        outcome = await self.control.run()
        if not self._ended.done():
            self._ended.set_result(outcome)

    def let_die(self, role: str) -> None:
        """Lets a participant die now; it is booted again."""
        self.rig.nursery.start(self._kill(Kill(role, self.now())), name=f"kill {role}")

    async def _kill(self, kill: Kill) -> None:
        """Lets a participant die at its time, and boots it again."""
        await asyncio.sleep(kill.at - self.now())
        if kill.role == GROUND:
            self.killed.append(kill)
            self.control.archive.crash()
            self._ground_bus.close()
            await end(self._ground)
            await asyncio.sleep(BOOT_SECONDS)
            self._start_ground()
        elif kill.role in self.rig.nodes:  # else it is dead already
            self.killed.append(kill)
            await self.rig.kill(kill.role)
            await asyncio.sleep(BOOT_SECONDS)
            dead = kill.role not in self.rig.nodes and kill.role not in self.hardware.lost
            if dead and not self.power_cuts.is_dark(kill.role):  # else it boots with the power
                await self.rig.restart(kill.role)

    async def _show(self, show: Callable[["FlownMission"], None]) -> None:
        while True:
            show(self)
            await asyncio.sleep(STEP)

    def now(self) -> float:
        """Seconds of mission time."""
        return asyncio.get_running_loop().time()

    def _observe(self, message: Message) -> None:
        if isinstance(message, EventReport):
            fields = EventReport.__struct_fields__
            record = msgspec.to_builtins({name: getattr(message, name) for name in fields})
            self._events.write(json.dumps(record, ensure_ascii=False) + "\n")
        elif isinstance(message, CustodyReport):
            self.auditor.audit()

    def _lost(self, vehicle: str) -> None:
        if vehicle in self.rig.nodes:
            self.rig.nursery.start(self.rig.kill(vehicle), name=f"loss of {vehicle}")


def fly_mission(
    mission: LoadedMission,
    out: Path,
    options: RunOptions | None = None,
    show: Callable[[FlownMission], None] | None = None,
) -> RunFacts:
    """Flies a mission, writes its run folder, and returns what the summary says.

    Raises ConfigurationError before anything is started or written.
    """
    options = options or RunOptions()
    files = check_mission(mission)
    folder = RunFolder(out)
    with folder.in_use():
        return _fly_in(folder, mission, files, options, show)


def _fly_in(
    folder: RunFolder,
    mission: LoadedMission,
    files: dict[str, VehicleFile],
    options: RunOptions,
    show: Callable[[FlownMission], None] | None,
) -> RunFacts:
    started = time.perf_counter()
    shuffle: random.Random | None = None
    if options.shuffle is not None:
        shuffle = stream(options.shuffle, "shuffle")
    loop = VirtualLoop(shuffle=shuffle)
    flown = FlownMission(mission, files, folder, options)
    outcome = run(_timed(flown, show), loop)
    facts = RunFacts(
        mission=mission,
        outcome=outcome[0],
        seed=options.seed,
        shuffle=options.shuffle,
        truth=flown.hardware.truth(),
        statements=flown.statements,
        violations=flown.auditor.violations,
        log_sha256=flown.rig.log.sha256(),
        messages=flown.rig.log.count,
        mission_seconds=outcome[1],
        wall_seconds=time.perf_counter() - started,
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
        lost=dict(flown.hardware.lost),
        kills=tuple(flown.killed),
        orbit=flown.hardware.orbit,
        touchdown=touchdown_facts(flown.hardware, flown.rig.events),
    )
    write_summary(folder, facts)
    flown.tracks.write(folder.path)
    write_ascent_report(folder.path)
    return facts


async def _timed(
    flown: FlownMission, show: Callable[[FlownMission], None] | None
) -> tuple[Outcome, float]:
    outcome = await flown.fly(show)
    return outcome, asyncio.get_running_loop().time()
