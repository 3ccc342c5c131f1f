"""What the values that came down are worth: limits in force, derived channels, staleness."""

import math
from pathlib import Path
from typing import Any

from flight.configuration.files import find_configuration
from flight.icd.devices.ground_station import PredictedPass
from flight.runtime.pace import NANOSECONDS
from ground.api.entries import Entry
from ground.mission_control.alarms.active_limits import ActiveLimits
from ground.mission_control.alarms.ground_limits import GroundLimits
from ground.mission_control.alarms.limit_sets import load_limit_sets
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.service.journal import Journal
from ground.mission_control.space_link.stations import answer_wait
from ground.mission_control.telemetry.derived_channels import Derived, load_derived
from ground.mission_control.telemetry.telemetry import HOUSEKEEPING
from ground.mission_control.timing.windows import MARGIN
from ground.mission_control.views.history import EVER, Value, values_at

FOLDER = "operators"
TOPIC, BY_HAND, BY_ITSELF = "limits", "set", "phase"
"""Of the entries that say which limit set came into force: they are its record over a restart."""
LONGEST = 256
"""Characters of a value in a table; what is longer is told in words."""


def _file(folder: Path | None, name: str) -> Path:
    return find_configuration(FOLDER, name if folder is None else str(folder / f"{name}.yaml"))


class Watch:
    """Of one mission control, with the files `limit_sets` and `derived_channels` of a folder.

    Raises ConfigurationError.
    """

    def __init__(
        self, control: MissionControl, journal: Journal, folder: Path | None = None
    ) -> None:
        self.control = control
        self._journal = journal
        dictionary = control.dictionary
        sets = load_limit_sets(_file(folder, "limit_sets"), dictionary)
        self.limits = ActiveLimits(sets, dictionary)
        self.derived: dict[tuple[str, str], Derived] = load_derived(
            _file(folder, "derived_channels"), dictionary
        )
        self.products = dictionary.product_channels
        self._tell = {
            key: each.compile(control.telemetry.value) for key, each in self.derived.items()
        }
        clock = control.clock
        self.judge = GroundLimits(self.limits, control.telemetry, control.alarms, clock.now_ns)
        for entry in journal.of(TOPIC):
            self._again(entry)
        self.judge.on_phase = self._phase
        control.downlink.on_sample = self.judge.take

    def _again(self, entry: Entry) -> None:
        """Comes to what was in force before a restart; a set that the file has no more is none."""
        name, vehicle, at = entry.data.get("name", ""), entry.vehicle, entry.t
        if entry.what == BY_HAND and name in self.limits.names:
            self.limits.decide(name, vehicle, at)
        elif entry.what == BY_ITSELF:
            self.limits.begin(vehicle, name, entry.data["mode"], entry.data["since_ns"], at)

    def _phase(self, vehicle: str, name: str, before: str, mode: str, since_ns: int) -> None:
        data = {"name": name, "before": before, "mode": mode, "since_ns": since_ns}
        self._journal.add(TOPIC, BY_ITSELF, vehicle=vehicle, data=data)

    def decide(self, name: str, vehicle: str, who: str) -> None:
        """Puts a limit set in force, for a vehicle or (no name) for all, also over a restart.
        Raises ValueError."""
        before = self.limits.in_force(vehicle) if vehicle else self.limits.name
        self.judge.decide(name, vehicle)
        data = {"name": name, "before": before}
        self._journal.add(TOPIC, BY_HAND, who=who, vehicle=vehicle, data=data)

    def told_limits(self, vehicles: tuple[str, ...]) -> dict[str, Any]:
        """Which limits hold; of each vehicle that takes part, whether it has been silent for so
        long that nobody knows whether it is still in the phase by which it is judged."""
        told = self.limits.plain()
        told["vehicles"] = {
            vehicle: told["vehicles"][vehicle] | {"stale": self.control.stale(vehicle)}
            for vehicle in vehicles
        }
        return told

    def row(
        self, vehicle: str, channel: str, value: Any, occurred: int, received: int, stale: bool,
        at_ns: int | None = None,
    ) -> list[Any]:  # fmt: skip
        """[vehicle, channel, value, occurred_ns, received_ns, state] of a value, by the limits that
        are in force or were at an instant."""
        state = self.limits.state(vehicle, channel, value, at_ns)
        if stale and state != "NONE":
            return [vehicle, channel, shown(value), occurred, received, "STALE"]
        return [vehicle, channel, shown(value), occurred, received, state]

    def derived_rows(
        self, changed: set[tuple[str, str]], stale: dict[str, bool]
    ) -> list[list[Any]]:
        """The rows of the derived channels that are made from one that has changed."""
        found = []
        for key, each in self.derived.items():
            if changed.isdisjoint(each.inputs):
                continue
            samples = [self.control.telemetry.sample(*source) for source in each.inputs]
            known = [sample for sample in samples if sample is not None]
            if not known:
                continue
            occurred = max(sample.occurred_ns for sample in known)
            received = max(sample.received_ns for sample in known)
            old = any(stale.get(vehicle, False) for vehicle, _ in each.inputs)
            found.append(self.row(*key, self._tell[key](), occurred, received, old))
        return found

    def values(self, at_ns: int | None, vehicle: str = "") -> list[list[Any]]:
        """All values as they were known at an instant (None: now), without those of products."""
        control = self.control
        now = control.clock.now_ns()
        at = now if at_ns is None else at_ns
        known = values_at(control.archive, EVER if at_ns is None else at_ns)
        stale = self._stale(known, at if at_ns is not None else None)
        rows = [
            self.row(
                each.vehicle, each.channel, each.value, each.occurred_ns, each.received_ns,
                stale.get(each.vehicle, False), at_ns,
            )
            for each in known
            if (each.vehicle, each.channel) not in self.products
        ]  # fmt: skip
        table = {(each.vehicle, each.channel): each for each in known}
        for key, each in self.derived.items():
            inputs = [table[source] for source in each.inputs if source in table]
            if inputs:
                tell = each.compile(lambda v, c: table[(v, c)].value if (v, c) in table else None)
                occurred = max(source.occurred_ns for source in inputs)
                received = max(source.received_ns for source in inputs)
                old = any(stale.get(source.vehicle, False) for source in inputs)
                rows.append(self.row(*key, tell(), occurred, received, old, at_ns))
        return sorted(
            (row for row in rows if vehicle in ("", row[0])), key=lambda row: (row[0], row[1])
        )

    def _stale(self, known: list[Value], at_ns: int | None) -> dict[str, bool]:
        """Of each vehicle, whether it was silent for longer than light time and passes explain."""
        control = self.control
        newest: dict[str, int] = {}
        for each in known:
            seen = min(each.occurred_ns, each.received_ns)
            newest[each.vehicle] = max(seen, newest.get(each.vehicle, seen))
        if at_ns is None:
            return {vehicle: control.stale(vehicle) for vehicle in newest}
        with control.archive.seeing() as look:
            light = look(
                "SELECT seconds FROM light_times WHERE time_ns <= ? ORDER BY time_ns DESC LIMIT 1",
                (at_ns,),
            )
            rows = look(
                "SELECT vehicle, start_ns, end_ns FROM passes WHERE end_ns > ? AND start_ns < ? "
                "ORDER BY start_ns",
                (at_ns, at_ns + 400_000 * NANOSECONDS),
            )
        passes = [PredictedPass(v, s / NANOSECONDS, e / NANOSECONDS) for v, s, e in rows]
        way = (light[0][0] if light else 0.0) + HOUSEKEEPING + MARGIN
        now, found = at_ns / NANOSECONDS, {}
        for vehicle, seen in newest.items():
            radio = control.stations.radio_of(vehicle)
            wait = answer_wait([each for each in passes if each.vehicle == radio], now)
            found[vehicle] = now - seen / NANOSECONDS > wait + way
        return found


def shown(value: Any) -> Any:
    """A value as it goes into a table: what is long is told in words."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}…"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list | dict) and len(repr(value)) > LONGEST:
        return f"{len(value)} items"
    return value
