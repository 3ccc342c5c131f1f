"""What is truly so, by the names that drills use: `truth.<vehicle>.<probe>`, and a few more."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flight.icd.expression_values import Kind
from flight.icd.places import PLACES
from ground.missions.vehicles import ALL_VEHICLES
from ground.testbed.hardware.hardware import Hardware

TRUTH, BATTERY = "truth", "battery"


@dataclass(frozen=True)
class Look:
    """One thing that is true: its kind, its unit, what it means, and how it is looked at."""

    kind: Kind
    unit: str
    doc: str
    read: Callable[[Hardware], Any]


def truths(hardware: Hardware) -> dict[str, Look]:
    """All that can be known of a run whose hardware is built, by name."""
    found: dict[str, Look] = {}
    for name, (unit, doc) in hardware.probes.table().items():
        read = partial(_probe, name=name)
        found[f"{TRUTH}.{name}"] = Look(_kind(unit, doc), unit or "1", doc, read)
    for vehicle in ALL_VEHICLES:
        charge = found.get(f"{TRUTH}.{vehicle}.state_of_charge")
        if charge is not None:
            found[f"{BATTERY}.{vehicle}"] = charge
            found[f"{TRUTH}.{vehicle}.lost"] = Look(
                "boolean", "1", "whether it is taken away for good", partial(_lost, vehicle=vehicle)
            )
    for place in PLACES:
        doc = f"how many tubes are at {place}"
        found[f"{TRUTH}.tubes.{place}"] = Look("number", "1", doc, partial(_tubes, place=place))
    return found


def _kind(unit: str, doc: str) -> Kind:
    if unit:
        return "number"
    return "boolean" if doc.startswith("whether") else "text"


def _probe(hardware: Hardware, name: str) -> Any:
    return hardware.probes.read(name)


def _lost(hardware: Hardware, vehicle: str) -> bool:
    return vehicle in hardware.lost


def _tubes(hardware: Hardware, place: str) -> int:
    return len(hardware.world.tubes.at(place))
