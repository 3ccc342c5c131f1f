"""What the drills break, as a worksheet of failure modes, effects and criticality (FMECA)."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flight.configuration.files import find_configuration
from flight.core.node import Node
from flight.icd.devices.base import DeviceInterface
from ground.drills.score import DETECTIONS
from ground.drills.variants import plain_cases
from ground.missions.protection_files import load_protection, protection_names
from ground.reference.device_page import interface_of
from ground.reference.markdown import code, first_sentence, page, table
from ground.testbed.computers.protections import STRUCTURAL
from sim_hw.faults.kind import TARGET_KINDS

PATH = "reference/fmeca.md"
WORKSHEET = "reference/fmeca.csv"
"""What was flown: written by `msr drill ... --score --fmeca`."""
NONE = "–"
"""No drill, or no flight."""
FOLDERS = ("anomalies", "further", "protections", "examples")
HEADS = (
    "item", "function", "failure mode", "phase", "detected by", "compensation", "severity", "drill",
)  # fmt: skip
INTRODUCTION = """\
What each drill breaks, after the worksheet of ECSS-Q-ST-30-02C: a row for each fault of the drills
in `configs/drills`, by the item that fails. *Phase* is where the drill begins, *detected by* what
it awaits as the detection, *compensation* the protections without which it has to fail. The kinds
and their parameters: [faults](faults.md). What is broken in each device and in each phase beside
these: [hardware drills](hardware-drills.md).

At the end: [which drill shows each protection](#protections).
"""
SEVERITY = """\
*Severity* is assessed without what compensates, and then with it, as both were flown; where none is
given, the worksheet has no flight of it. 1 catastrophic: a vehicle or a tube is lost. 2 critical:
the mission does not go on. 3 major: degraded, or only with help. 4 minor or negligible. The
worksheet, [fmeca.csv](fmeca.csv), has the effects and the times of detection as well; it is flown
by `msr drill configs/drills/anomalies --score --fmeca docs/reference/fmeca.csv`.
"""
_TIMES = ("id", "kind", "when", "lasts", "method", "fields", *TARGET_KINDS)
_SORTS = {
    "line": "the wire of a device", "bus": "the bus of messages", "link": "a link by radio",
    "node": "the computer, and what runs on it", "store": "what a computer keeps",
    "world": "what surrounds a vehicle, its power and its heat",
    "ground": "what mission control sends",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A fault of a drill. `sort`: of its target."""

    sort: str
    item: str
    fault: Mapping[str, Any]
    drill: str
    says: Mapping[str, Any]


Severities = Mapping[tuple[str, str, str], tuple[str, str]]
"""By drill, item and kind of fault: without what compensates, and with it."""


def fmeca_page(
    kinds: Iterable[type[Node]], devices: Mapping[str, Any], severities: Severities
) -> dict[str, str]:
    """The page by its path; `devices`: each simulated device by its service."""
    home = find_configuration("missions", "short").parents[1] / "drills"
    rows = list(_rows(home))
    sections: dict[str, list[Row]] = {}
    for row in rows:
        sections.setdefault(row.item.partition(".")[0], []).append(row)
    parts = []
    for name, of_item in sorted(sections.items()):
        told = sorted(of_item, key=lambda row: (row.item, str(row.fault["kind"]), row.drill))
        lines = [_cells(row, devices, severities) for row in told]
        unique = list(dict.fromkeys(tuple(line) for line in lines))
        parts += [f"## {name}", table(HEADS, unique)]
    made_from = "configs/drills and docs/reference/fmeca.csv"
    return {
        PATH: page(
            "Failure modes, effects and criticality", made_from, INTRODUCTION.strip(),
            SEVERITY.strip() if severities else "",
            *parts, "## Protections", *_protections(kinds, rows),
        )
    }  # fmt: skip


def read_severities(file: Path) -> Severities:
    """What the worksheet says; empty where there is none."""
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as text:
        return {
            (row["drill"], row["item"], row["failure mode"]): (
                row["severity"], row["with compensation"],
            )
            for row in csv.DictReader(text)
        }  # fmt: skip


def _rows(home: Path) -> Iterator[Row]:
    for folder in FOLDERS:
        for file in sorted((home / folder).glob("*.yaml")):
            for name, says in plain_cases(file).items():
                for fault in says.get("faults", ()):
                    sort = next(each for each in TARGET_KINDS if each in fault)
                    yield Row(sort, str(fault[sort]), fault, name, says)


def _cells(row: Row, devices: Mapping[str, Any], severities: Severities) -> list[str]:
    kind = str(row.fault["kind"])
    flown = severities.get((row.drill, row.item, kind))
    return [
        code(row.item), _function(row, devices), _mode(row.fault), _phase(row.says["start"]),
        _detected(row.says.get("within", {})),
        ", ".join(code(str(each)) for each in row.says.get("protects", ())),
        _severity(flown, bool(row.says.get("protects"))), code(row.drill),
    ]  # fmt: skip


def _function(row: Row, devices: Mapping[str, Any]) -> str:
    """What the item is for: a method of a device, or the device, by its first sentence."""
    if row.sort != "device":
        return _SORTS[row.sort]
    interface: type[DeviceInterface] = interface_of(type(devices[row.item]))
    method = row.fault.get("method")
    if method in interface.methods:
        return f"`{method}`: {interface.methods[method].doc.partition('. ')[0].rstrip('.')}"
    return first_sentence(interface)


def _mode(fault: Mapping[str, Any]) -> str:
    """The kind with its parameters, and of what it is."""
    given = [f"{name} {_amount(value)}" for name, value in fault.items() if name not in _TIMES]
    given += [f"of {', '.join(map(str, fault['fields']))}"] if fault.get("fields") else []
    return code(str(fault["kind"])) + (f" ({', '.join(given)})" if given else "")


def _amount(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(str(each) for each in value.values())
    if isinstance(value, list):
        return "[" + ", ".join(_amount(each) for each in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _phase(start: Mapping[str, Any]) -> str:
    at = start["at"]
    if not isinstance(at, Mapping):
        return str(at)
    words = _amount(at) if "value" in at else " ".join(f"{k} {_amount(v)}" for k, v in at.items())
    return words + (f", {_amount(start['delay'])} later" if start.get("delay") else "")


def _detected(within: Mapping[str, Any]) -> str:
    waits = [what for name, what in within.items() if name.startswith(DETECTIONS)]
    return "; ".join(
        " ".join(f"{k} {_amount(v)}" for k, v in what.items() if k != "since") for what in waits
    )


def _severity(flown: tuple[str, str] | None, has_protection: bool) -> str:
    if flown is None:
        return ""
    without, kept = (each[:1] for each in flown)
    return f"{without}; with it {kept}" if has_protection else kept


def _protections(kinds: Iterable[type[Node]], rows: Sequence[Row]) -> Iterator[str]:
    """Which drills show each protection, by who has it."""
    drills = {row.drill: row.says for row in rows}
    yield (
        "What can be off, and the drills that fail without it. What no drill shows is shown by "
        "tests alone. A monitor is shown with the response that it is for, unless a drill names it."
    )
    lines = [_protection("all", name, doc, drills) for name, doc in STRUCTURAL.items()]
    for kind in kinds:
        named = protection_names(load_protection(kind.name))
        named |= {each.name: f"safeguard: {each.doc}" for each in kind.safeguards}
        told = [_protection(kind.name, name, doc, drills) for name, doc in named.items()]
        lines += [line for line in told if line[3] != NONE or not line[2].startswith("monitor:")]
    yield table(("Of", "Protection", "What it does", "Drills"), lines)


def _protection(
    owner: str, name: str, doc: str, drills: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    shown = [
        drill
        for drill, says in drills.items()
        if name in says.get("protects", ()) and (owner == "all" or _is_about(owner, says))
    ]
    return [owner, code(name), doc, ", ".join(map(code, shown)) or NONE]


def _is_about(vehicle: str, says: Mapping[str, Any]) -> bool:
    """Whether a drill breaks something of a vehicle, or awaits something of it: vehicles have
    protections of the same name."""
    told = [says.get(key) for key in ("faults", "always", "never", "within", "heal")]
    return re.search(rf"\b{vehicle}\b", str(told)) is not None
