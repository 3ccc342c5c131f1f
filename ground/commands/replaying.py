"""Tells a run again from its archive: commands, rungs and events as the ground heard of them."""

import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from math import inf
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from flight.runtime.throttled_loop import LEAST_PACE
from ground.commands.asking import print_json
from ground.missions.run_folder import read_archive
from ground.terminal.exit_codes import YES

QUESTION = """
SELECT at_ns, kind, vehicle, name, detail FROM (
    SELECT issued_ns AS at_ns, 'command' AS kind, vehicle, name,
           arguments AS detail, 0 AS place FROM commands
    UNION ALL
    SELECT received_ns, 'rung', source, rung, identifier || ' ' || detail, 1 FROM rungs
    UNION ALL
    SELECT received_ns, 'event', source, name, severity || ' ' || text, 2 FROM events
) WHERE at_ns >= ? AND (? IS NULL OR vehicle = ?) ORDER BY at_ns, place
"""

VEHICLES = """
SELECT vehicle FROM commands UNION SELECT source FROM rungs UNION SELECT source FROM events
ORDER BY 1
"""


class BadRate(ValueError):
    """A rate that is none."""


def read_rate(text: str) -> float:
    """`50`, `50x`, `max`; raises BadRate."""
    try:
        rate = inf if text == "max" else float(text.removesuffix("x"))
    except ValueError:
        rate = -1.0
    if not rate >= LEAST_PACE:
        raise BadRate(f"= {text}: allowed is a number from {LEAST_PACE:g}, or max")
    return rate


def replay(
    folder: Path, rate: float, start: float | None, vehicle: str | None, as_json: bool
) -> int:
    """Prints it at that rate; raises ConfigurationError where there is no archive to read, or
    nothing in it of that vehicle."""
    begun = time.monotonic()
    first: int | None = None
    for at_ns, kind, source, name, detail in _rows(folder, start, vehicle):
        first = at_ns if first is None else first
        wait = (at_ns - first) / (1e9 * rate) - (time.monotonic() - begun)
        if wait > 0.0:
            time.sleep(wait)
        if as_json:
            told = {"t": at_ns, "kind": kind, "vehicle": source, "name": name, "detail": detail}
            print_json(told)
        else:
            print(f"{at_ns / 1e9:14.3f} s  {kind:<8}{source:<14}{name}  {detail}", flush=True)
    if first is None:
        print("nothing was heard from then on", file=sys.stderr)
    return YES


def _rows(folder: Path, start: float | None, vehicle: str | None) -> Iterator[Any]:
    archive = None
    try:
        archive = read_archive(folder)
        if archive is None:
            raise ConfigurationError(str(folder), None, "--at", "there is no archive of a run")
        with closing(archive):
            _check_vehicle(archive, vehicle)
            since = round((start or 0.0) * 1e9) if start is not None else -(2**63)
            yield from archive.execute(QUESTION, (since, vehicle, vehicle))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(
            str(folder), None, "--at", f"the archive cannot be read: {error}"
        ) from error


def _check_vehicle(archive: sqlite3.Connection, vehicle: str | None) -> None:
    if vehicle is None:
        return
    known = [name for (name,) in archive.execute(VEHICLES)]
    if vehicle not in known:
        allowed = f"allowed is one of {', '.join(known)}" if known else "nothing was heard at all"
        raise ConfigurationError("command line", None, "--vehicle", f"= {vehicle}: {allowed}")
