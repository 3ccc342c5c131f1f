"""The tables of fault protection (`configs/fault_protection`), read and held against a vehicle."""

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.files import ConfigurationError, configs_folder, load_configuration
from flight.configuration.sections import Section, load_section
from flight.core.fault_protection.names import Names
from flight.core.fault_protection.structure import ALL
from flight.core.fault_protection.table_checks import Problem, problems
from flight.core.fault_protection.tables import Table
from flight.core.fault_protection.timers import COMMAND_LOSS

FOLDER = "fault_protection"
CONFIRM, SHEDDING = "confirm_communication", "shedding"


def protection_file(vehicle: str) -> Path:
    """Where the table of a vehicle is."""
    return configs_folder() / FOLDER / f"{vehicle}.yaml"


def load_protection(vehicle: str, path: Path | None = None) -> Table:
    """The table of a vehicle, or the one in another file; one without any has an empty one.

    Raises ConfigurationError for what no vehicle could have; `check_protection` does for the rest.
    """
    home = protection_file(vehicle)
    if path is None and not home.exists():
        return Table()
    if path is not None:
        return load_configuration(path, Table)
    found = home.stat()
    return _table(home, found.st_mtime_ns, found.st_size)


@cache
def _table(home: Path, changed_ns: int, size: int) -> Table:
    """Of a file as it is: the start of a run asks for each some three times."""
    return load_configuration(home, Table)


def check_protection(table: Table, names: Names, path: Path | None = None) -> None:
    """Refuses a table that has no meaning for its vehicle, with the line of the first such thing.

    Raises ConfigurationError.
    """
    found = problems(table, names)
    if not found:
        return
    file = path or protection_file(names.vehicle)
    raise _refusal(load_section(file), found[0])


def _refusal(section: Section, problem: Problem) -> ConfigurationError:
    """The refusal of what is wrong, at the nearest place that the file gives."""
    for part in re.findall(r"[^.\[\]]+", problem.key):
        inner: Section | None = None
        if section.is_mapping:
            inner = section.get(part)
        elif section.is_list and part.isdecimal():
            inner = section.items()[int(part)]
        if inner is None:
            break
        section = inner
    return section.refuse(str(problem))


def protection_names(table: Table) -> dict[str, str]:
    """The names by which parts of a table can be switched off, and what each is."""
    names = {name: f"monitor: {each.says}" for name, each in table.monitors.items()}
    names |= {name: f"response: {each.says}" for name, each in table.responses.items()}
    if table.timers.command_loss is not None:
        names[COMMAND_LOSS] = "timer: what is done when no valid command comes"
    if table.timers.confirm_communication is not None:
        names[CONFIRM] = "timer: settings of the radio go back unless they are confirmed"
    if table.shedding:
        names[SHEDDING] = "loads: shed below a state of charge"
    return names


def without(table: Table, off: Collection[str]) -> Table:
    """A table in which some parts are off, by name; `*` is all of it. Other names are passed over.

    A response that is off is not one of the vehicle's: it neither acts nor counts. A monitor that
    is off watches nothing, and asks no check of a reading.
    """
    if ALL in off:
        return Table()
    timers = table.timers
    if COMMAND_LOSS in off:
        timers = msgspec.structs.replace(timers, command_loss=None)
    if CONFIRM in off:
        timers = msgspec.structs.replace(timers, confirm_communication=None)
    return msgspec.structs.replace(
        table,
        monitors={
            name: msgspec.structs.replace(each, enabled=each.enabled and name not in off)
            for name, each in table.monitors.items()
        },
        responses={n: each for n, each in table.responses.items() if n not in off},
        timers=timers,
        shedding={} if SHEDDING in off else table.shedding,
    )


def plain(table: Table) -> dict[str, Any]:
    """A table as plain data, as a node is given it."""
    made: dict[str, Any] = msgspec.to_builtins(table)
    return made
