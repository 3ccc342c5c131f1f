"""Mission control: composes the ground, and runs a procedure from the first step to the last."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from flight.icd.devices.ground_station import NumberedFrame
from flight.icd.messages import EventReport, Severity
from flight.runtime.bus import Bus
from flight.runtime.discs import FILES, Disc
from flight.runtime.nursery import Nursery
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.alarms.alarms import Alarms
from ground.mission_control.alarms.shelves import Shelves
from ground.mission_control.archive.archive import Archive, ArchiveError
from ground.mission_control.archive.retention import Retention
from ground.mission_control.archive.rows import NoRoom, room_in
from ground.mission_control.commanding.keeping_in_touch import Interval, KeepingInTouch
from ground.mission_control.commanding.read_back import ReadBack
from ground.mission_control.commanding.tracked import DECOMMISSION
from ground.mission_control.commanding.tracker import CommandTracker, TrackedCommand
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.execution.recovery import Recovery
from ground.mission_control.execution.runner import PhaseRecord, ProcedureRunner
from ground.mission_control.execution.side_procedures import SideProcedures
from ground.mission_control.execution.tools import ProcedureTools
from ground.mission_control.procedures.library import Compile, ProcedureLibrary
from ground.mission_control.procedures.reading import Program
from ground.mission_control.products.imagery import Imagery
from ground.mission_control.space_link.downlink import Downlink
from ground.mission_control.space_link.link_log import LinkLog
from ground.mission_control.space_link.reception import Reception
from ground.mission_control.space_link.stations import HOSTS, Hours, Stations
from ground.mission_control.space_link.uplink import Uplink
from ground.mission_control.telemetry.custody import CustodyView, TubeEntry, write_manifest
from ground.mission_control.telemetry.telemetry import LatestTelemetry
from ground.mission_control.telemetry.watches import Watches
from ground.mission_control.timing.mission_clock import MissionClock
from ground.mission_control.timing.windows import Window

ARCHIVE_FILE = "archive.sqlite"
FORGOT = "store_damaged"
"""The event by which a vehicle says that it does not remember all that it did."""
ROUND = 21_600.0
"""Longest time in seconds between two looks at the stations; light time changes slowly."""
RECENT_EVENTS = 8
_SHOWN = (
    Severity.ACTIVITY_HI,
    Severity.WARNING_LO,
    Severity.WARNING_HI,
    Severity.FATAL,
)


class Outcome(msgspec.Struct, frozen=True):
    """How a procedure ended: `complete` or `failed`, and why; `unknown` where a flight from a torn
    record could not be flown to its end."""

    verdict: str
    reason: str
    phases: list[PhaseRecord]
    recoveries: list[Recovery] = []


class MissionControl:
    """The ground of one run.

    `folder` holds the archive; a ground that is started again in the same folder continues. It
    reaches space only through the device service `ground.stations` on `bus`. `conjunctions`: when
    nobody commands, s of mission time. `compile_procedure` reads what people write.
    `hours`: of vehicles whose direct link sleeps.
    """

    def __init__(
        self,
        bus: Bus,
        folder: Path,
        dictionary: Dictionary,
        program: Program,
        tubes: Iterable[TubeEntry],
        clock: MissionClock,
        hosts: Mapping[str, str] = HOSTS,
        opportunities: Mapping[str, Callable[[float], float]] | None = None,
        disc: Disc = FILES,
        conjunctions: Sequence[Interval] = (),
        *,
        durable: bool = False,
        compile_procedure: Compile | None = None,
        hours: Hours | None = None,
    ) -> None:
        self.clock = clock
        self.dictionary = dictionary
        self.folder = folder
        self.archive = Archive(
            folder / ARCHIVE_FILE, _units(dictionary), disc, clock.now_ns(), durable=durable
        )
        with self.archive.closed_on_error():
            self.archive.set_clock(clock.sols_at_zero)
            self.boot = int(self.archive.get("boot", 0)) + 1
            self.archive.put("boot", self.boot)
            self.telemetry = LatestTelemetry()
            self.telemetry.load(self.archive)
            self.custody = CustodyView(tubes)
            self.custody.load(self.archive)
            self.alarms = Alarms(self.archive, clock.now_ns)
            self.alarms.units = dictionary.unit
            self.shelves = Shelves(self.alarms, clock.now_ns)
            self.watches = Watches()
            self.recent_events: deque[EventReport] = deque(maxlen=RECENT_EVENTS)
            self.stations = Stations(bus, self.boot, clock.now, hosts, hours)
            self.stations.on_status = LinkLog(self.archive, clock.now_ns).take
            self.uplink = Uplink(
                self.stations, self.archive, clock.now_ns, self.archive.count("uplinks")
            )
            self.retention = Retention(self.archive, dictionary.product_channels)
            self.tracker = CommandTracker(
                self.archive, self._window, self.uplink.send, clock.now_ns
            )
            self.tracker.radio_of = self.stations.radio_of
            self.downlink = Downlink(
                self.archive,
                self.tracker,
                self.telemetry,
                self.custody,
                self.alarms,
                self.watches,
                clock.now_ns,
            )
            self.downlink.on_event = self._event
            self.on_event: Callable[[EventReport], None] = lambda event: None
            """Told of each event that comes down, once."""
            self.tracker.on_verdict = self._verdict
            self.read_back = ReadBack(self.tracker, self._deadline)
            self.tracker.completed = self.read_back.completed
            for vehicle in sorted(self.decommissioned()):
                self.alarms.retire(vehicle)
            self._passes_until: dict[str, float] = {}  # of each: end of the last that is kept
            self.reception = Reception(
                self.archive, self.stations.frames, self.downlink.take, self._log_reception
            )
            self.stations.on_frame = self._arrived
            self._nursery: Nursery | None = None  # while it runs
            self._broken = False
            tools = ProcedureTools(
                self.archive,
                clock,
                dictionary,
                self.tracker,
                self.telemetry,
                self.custody,
                self.watches,
                opportunities or {},
                Imagery(bus, self.boot),
            )
            self.runner = ProcedureRunner(program, tools)
            self.library = ProcedureLibrary(
                self.archive, dictionary, compile_procedure, clock.now_ns
            )
            self.side_procedures = SideProcedures(self.archive, self.library, tools)

            self.touch = KeepingInTouch(
                [each for each in dictionary.vehicles if each not in hosts],
                self.tracker, self.telemetry, dictionary, clock.now, conjunctions,
            )  # fmt: skip

    async def run(self, begun: Callable[[], None] = lambda: None) -> Outcome:
        """Runs the procedure until it ends; returns how. `begun` is called when the stations have
        been asked how things are, and what was under way goes on: what people ask before is refused
        for want of that. Raises ArchiveError; NoRoom where it can go on when it is begun again."""
        with room_in(self.archive.path):
            async with Nursery("mission control") as nursery:
                self._nursery = nursery
                await self._look()
                self._check_life()
                nursery.start(self.uplink.run(self.tracker), name="uplink")
                nursery.start(self._rounds(), name="rounds")
                self.tracker.resume()
                nursery.start(self.touch.run(), name="keeping in touch")
                self.side_procedures.begin(nursery)
                begun()
                with self.shelves:
                    cursor = await self.runner.run()
                nursery.cancel()
                for command in self.tracker.open_commands():
                    self.tracker.give_up(command.order.identifier, "the procedure ended before")
            self.archive.flush()
        return Outcome(cursor.ended, cursor.reason, list(cursor.phases), list(cursor.recoveries))

    def close(self) -> None:
        """Closes the archive."""
        self.archive.close()

    def write_manifest(self) -> None:
        """Writes the sample manifest into the folder, as JSON and to read."""
        write_manifest(self.folder, self.custody, self.clock.text)

    def stale(self, vehicle: str) -> bool:
        """Whether a vehicle has been silent for longer than light time and passes explain."""
        return self.telemetry.is_stale(vehicle, self.clock.now_ns(), self._window(vehicle))

    def decommissioned(self) -> set[str]:
        """The vehicles that were switched off for good: nobody waits for a word of theirs."""
        return {
            each.order.target
            for each in self.tracker.named(DECOMMISSION)
            if each.has_switched_off
        }

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(self._until_next_round())
            await self._look()
            self.tracker.check()
            self.archive.flush()
            self.retention.look(self.clock.now_ns())

    async def _look(self) -> None:
        """Asks the stations how things are, and for the frames that came down unseen."""
        if await self.stations.refresh() and self.stations.status is not None:
            await self.reception.catch_up(self.stations.status.last_frame)
        self._keep_passes()

    def _check_life(self) -> None:
        """Raises ArchiveError when the vehicles answer what this archive, a new one, never sent."""
        known = self.downlink.of_another_life
        if known and self.runner.cursor.position == 0 and not self.tracker.commands():
            raise ArchiveError(
                f"{self.archive.path} holds no command, and a vehicle answers {known}: the archive "
                "of this run was lost. Restore it, or fly in another folder"
            )

    def _keep_passes(self) -> None:
        """Keeps the passes that are predicted for the first time."""
        now_ns = self.clock.now_ns()
        for each in self.stations.passes():
            if each.start >= self._passes_until.get(each.vehicle, 0.0):
                self._passes_until[each.vehicle] = each.end
                start, end = round(each.start * NANOSECONDS), round(each.end * NANOSECONDS)
                self.archive.add_pass(each.vehicle, start, end, now_ns)

    def _deadline(self, vehicle: str, command: str) -> float:
        return self.dictionary.vehicles[vehicle].commands[command].deadline

    def _verdict(self, command: TrackedCommand) -> None:
        self.read_back.heard(command)
        if command.has_switched_off:
            self.alarms.retire(command.order.target)

    def _arrived(self, frame: NumberedFrame) -> None:
        """A frame comes between the steps of all that runs here: where the archive does not take
        it, all of that ends, and who is begun again asks the stations for it and for what comes
        meanwhile."""
        if self._broken:
            return
        try:
            with room_in(self.archive.path):
                self.reception.arrived(frame)
        except NoRoom as error:
            self._broken = self._nursery is not None
            if self._nursery is not None:
                self._nursery.start(_raised(error), name="no room")

    def _log_reception(self, text: str) -> None:
        self.archive.add_log(self.clock.now_ns(), "reception", text)

    def _until_next_round(self) -> float:
        """Seconds until a command is overdue or a pass is over, so that there is another next."""
        now = self.clock.now()
        times = [now + ROUND, *(each.end for each in self.stations.passes()[:1])]
        due = self.tracker.next_check()
        if due is not None:
            times.append(due)
        # Never shorter than a second: a command may be due and still wait for a link.
        return max(1.0, min(times) - now)

    def _window(self, vehicle: str) -> Window:
        return self.stations.window(vehicle, self.uplink.deliveries.get(vehicle))

    def _event(self, event: EventReport) -> None:
        if event.name == FORGOT:
            self.tracker.ask(event.source, self.downlink.peer)
        self.touch.heard(event)
        if event.severity in _SHOWN:
            self.recent_events.append(event)
        self.on_event(event)


async def _raised(error: Exception) -> None:
    raise error


def _units(dictionary: Dictionary) -> dict[tuple[str, str], str]:
    return {
        (vehicle.name, channel.name): channel.unit
        for vehicle in dictionary.vehicles.values()
        for channel in vehicle.channels.values()
    }
