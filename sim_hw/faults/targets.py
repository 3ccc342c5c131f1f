"""What can break in a run: its targets, by sort and name, for the checks at load."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from flight.icd.devices.description import interface_of
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.kind import TargetKind


@dataclass(frozen=True)
class NamedPart:
    """A target of which no more is to be known than its name, what it has, and what others of its
    sort there are."""

    name: str
    has: Collection[str] = ()
    others: Collection[str] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Why it lacks something, where there is more to say than that it does."""

    def why_no(self, what: str) -> str:
        """Why nothing can be done to something of it; "" where it has that."""
        return "" if what in self.has else self.lacks.get(what, f"{self.name} has no {what}")


@dataclass
class Targets:
    """All targets of a run: of each sort, each name and what is known of it.

    `events`: the events that each participant can tell, and `states`: the states that each vehicle
    can be in, for triggers; an empty one leaves them unchecked.
    """

    parts: Mapping[TargetKind, Mapping[str, Any]]
    events: Mapping[str, Collection[str]] = field(default_factory=dict)
    states: Mapping[str, Collection[str]] = field(default_factory=dict)
    cannot: Mapping[TargetKind, str] = field(default_factory=dict)
    """Sorts of targets at which this host can do nothing, and why."""
    places: Mapping[str, int] = field(default_factory=dict)
    """The places where tubes can be, and how many at most; empty: unchecked."""

    def names(self, kind: TargetKind) -> list[str]:
        """The names of a sort."""
        return list(self.parts.get(kind, {}))


def device_parts(devices: Mapping[str, Any]) -> dict[str, DevicePart]:
    """Targets of devices, by service."""
    return {
        service: DevicePart(service, interface_of(device), device)
        for service, device in devices.items()
    }
