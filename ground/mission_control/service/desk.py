"""What all requests work with: mission control, its journal, its people, its stack."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ground.api.entries import Entry
from ground.api.times import DEFAULT_TIMES
from ground.mission_control.dictionary.dictionary import ChannelEntry, VehicleEntry
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.service.approvals import Approvals
from ground.mission_control.service.authority import Authority
from ground.mission_control.service.handling import Refused
from ground.mission_control.service.journal import Journal
from ground.mission_control.service.ladder import Ladder
from ground.mission_control.service.people import People
from ground.mission_control.service.releasing import Releases
from ground.mission_control.service.simulation import Simulation
from ground.mission_control.service.stack import Stack
from ground.mission_control.service.watch import Watch


class About(msgspec.Struct, frozen=True):
    """What a run is, for `hello`. `condition_sols`: see `ground.api.times`."""

    mission: str
    title: str
    vehicles: list[dict[str, str]]
    seed: int
    host: str
    deterministic: bool
    epoch_utc: str
    branch_of: dict[str, Any] | None = None
    condition_sols: float = DEFAULT_TIMES.condition_sols


class ControlDesk:
    """Made anew at each start of mission control, from its journal.

    `snapshots`: for each topic what a snapshot tells of it; whoever keeps more adds to it.
    """

    def __init__(
        self,
        control: MissionControl,
        about: About,
        simulation: Simulation | None,
        configs: Path | None = None,
    ) -> None:
        self.control = control
        self.about = about
        self.simulation = simulation
        self.vehicles = tuple(each["name"] for each in about.vehicles)
        self.dictionary_hash = hashlib.sha256(
            msgspec.json.encode(control.dictionary, order="deterministic")
        ).hexdigest()
        self.journal = Journal(control.archive, control.clock.now_ns)
        self.people = People()
        self.authority = Authority()
        self.stack = Stack(self.journal)
        self.ladder = Ladder(control, self.journal)
        self.approvals = Approvals(control, self.vehicles, self.stack)
        self.releases = Releases(
            control, self.vehicles, self.stack, self.ladder, self.approvals, about.condition_sols
        )
        self.snapshots: dict[str, Callable[[], Any]] = {
            "stack": lambda: msgspec.to_builtins(self.stack.all()),
            "authority": lambda: self.authority.plain(self.vehicles),
        }
        for entry in self.journal.of("people"):
            self.people.take(entry)
        for entry in self.journal.of("authority"):
            self.authority.take(entry)
        for entry in self.journal.of("stack"):
            self.stack.take(entry)
        self.releases.load()
        self.watch = Watch(control, self.journal, configs)

    def keep(
        self,
        topic: str,
        what: str,
        *,
        who: str = "",
        vehicle: str = "",
        data: dict[str, Any] | None = None,
    ) -> Entry:
        """Keeps an entry of the journal, and returns it."""
        number = self.journal.add(topic, what, who=who, vehicle=vehicle, data=data)
        return self.journal.after(number - 1, limit=1)[0]

    def need_vehicle(self, name: str) -> None:
        """Raises Refused for a vehicle that is not in this run."""
        if name not in self.vehicles:
            raise Refused(f"vehicle = {name!r}: allowed is one of {', '.join(self.vehicles)}")

    def entries(self, vehicle: str | None) -> list[VehicleEntry]:
        """What the dictionary has of a vehicle, or of all that take part."""
        names = self.vehicles if vehicle is None else (vehicle,)
        known = self.control.dictionary.vehicles
        return [known[name] for name in names if name in known]

    def channel(self, vehicle: str, name: str) -> ChannelEntry | None:
        """A channel, by the dictionary; None where it has none."""
        entry = self.control.dictionary.vehicles.get(vehicle)
        return None if entry is None else entry.channels.get(name)
