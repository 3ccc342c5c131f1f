"""`msr measure`: measures bus, nodes, statecharts, the ascent and a mission, in one run."""

import argparse
import importlib.util
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from flight.configuration.files import ConfigurationError
from flight.configuration.whole_files import replace_file
from flight.runtime.loop import run as run_loop
from flight.runtime.paced_loop import PacedLoop
from ground.benchmarks import (
    ascent_tables,
    console_tables,
    hil_measurement,
    report,
    served_console,
)
from ground.benchmarks.archive_load import measure_archive
from ground.benchmarks.ascent_over_bus import measure_control
from ground.benchmarks.bus_benchmark import measure_bus
from ground.benchmarks.closed_loop_ascents import measure_fleet
from ground.benchmarks.mission_profile import measure_mission
from ground.benchmarks.point_ascents import measure_many, measure_one
from ground.benchmarks.served_console import measure_served
from ground.benchmarks.statecharts import measure_statecharts
from ground.benchmarks.two_versions import DoesNotFly, check_version, compare_versions
from ground.benchmarks.virtual_nodes import measure_nodes
from ground.commands.study_arguments import refused
from ground.missions.mission import load_mission
from ground.terminal.screen import Screen

PARTS = ("bus", "nodes", "statecharts", "archive", "console", "ascent", "mission", "hil")
BRIEF = PARTS[:4]
"""Of a quick run, where none are named."""
WHOLE = tuple(part for part in PARTS if part not in ("archive", "hil"))
"""Of a full run: the archive is a part of the console, and a bench wants compilers and QEMU."""
ROUNDS = 3
MOST_ROUNDS = 100


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    messages: int  # per repetition, a multiple of 200
    trips: int
    repetitions: int
    virtual_seconds: float
    node_repetitions: int
    transitions: int
    point_ascents: int
    closed_loop_ascents: int
    ascent_rounds: int
    archived_samples: int
    archive_questions: int
    served_samples: int
    served_starts: int


FULL = Extent(
    messages=4000,
    trips=500,
    repetitions=11,
    virtual_seconds=20.0,
    node_repetitions=5,
    transitions=1000,
    point_ascents=1000,
    closed_loop_ascents=24,
    ascent_rounds=4,
    archived_samples=10_000_000,
    archive_questions=1000,
    served_samples=1000,
    served_starts=5,
)
QUICK = Extent(
    messages=1000,
    trips=50,
    repetitions=3,
    virtual_seconds=3.0,
    node_repetitions=1,
    transitions=100,
    point_ascents=8,
    closed_loop_ascents=2,
    ascent_rounds=1,
    archived_samples=100_000,
    archive_questions=20,
    served_samples=60,
    served_starts=1,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "parts",
        nargs="*",
        type=_part,
        metavar="PART",
        help=f"only these parts, of {', '.join(PARTS)} (default: all)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a short look of a few seconds; without console, ascent, mission and hil unless they "
        "are named",
    )
    parser.add_argument(
        "--part",
        action="append",
        choices=PARTS,
        help="the same as naming the part",
    )
    parser.add_argument(
        "--ascents",
        type=int,
        metavar="COUNT",
        help="how many closed-loop ascents are flown in each way "
        f"(default {FULL.closed_loop_ascents}; 1000 take ten minutes or more)",
    )
    parser.add_argument(
        "--samples",
        type=int,
        metavar="COUNT",
        help=f"how many samples the archive takes (default {FULL.archived_samples})",
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write the figures of the part console into this file as well",
    )
    parser.add_argument("--mission", default="short", help="the mission to profile: %(default)s")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FOLDER",
        help="instead of profiling it, fly the mission in turns with the version of this program "
        "in a folder (`git worktree add FOLDER COMMIT`), and tell the ratios",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=ROUNDS,
        help="with --against: flights of each version (default %(default)s)",
    )


def _part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"there is no part {name}, only {', '.join(PARTS)}")
    return name


def run(arguments: argparse.Namespace) -> int:
    """Prints one table after the other, as they are measured."""
    console = Screen()
    chosen = [*arguments.parts, *(arguments.part or ())]
    parts = chosen or (BRIEF if arguments.quick else WHOLE)
    extent = QUICK if arguments.quick else FULL
    if arguments.ascents is not None:
        if arguments.ascents < 1:
            raise refused("--ascents", arguments.ascents, "1 and more")
        extent = replace(extent, closed_loop_ascents=arguments.ascents)
    if "ascent" in parts and importlib.util.find_spec("scipy") is None:
        problem = "needs scipy, which is not installed; install threeforks[measure]"
        raise ConfigurationError("command line", None, "", f"the part ascent {problem}")
    if "hil" in parts:
        hil_measurement.check()
    if "console" in parts:
        served_console.check()
    elif arguments.json is not None:
        raise ConfigurationError("command line", None, "--json", "is for the part console")
    if arguments.samples is not None and arguments.samples < 10_000:
        raise refused("--samples", arguments.samples, "10000 and more")
    other = None if arguments.against is None else _other_version(arguments, parts)
    load = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} processors, load {load:.1f} before this run. What others do on this "
        "machine meanwhile shows as noise."
    )
    if "bus" in parts:
        _print_bus(console, extent)
    if "nodes" in parts:
        rows = [
            measure_nodes(
                extent.virtual_seconds,
                beats_per_transition=beats,
                repetitions=extent.node_repetitions,
            )
            for beats in (20, 1)
        ]
        console.print(report.nodes_table(rows), report.NODES_NOTE)
    if "statecharts" in parts:
        work = measure_statecharts(transitions=extent.transitions, repetitions=extent.repetitions)
        table = report.statecharts_table(run_loop(work, PacedLoop()))
        console.print(table, report.STATECHARTS_NOTE)
    if "console" in parts:
        _print_console(console, extent, arguments.samples, arguments.json)
    elif "archive" in parts:
        archived = measure_archive(
            arguments.samples or extent.archived_samples, extent.archive_questions
        )
        console.print(console_tables.archive_table(archived), console_tables.ARCHIVE_NOTE)
    if "ascent" in parts:
        _print_ascent(console, extent)
    if "hil" in parts:
        _print_hil(console, quick=arguments.quick)
    if other is not None:
        return _print_versions(console, arguments.mission, other, arguments.rounds)
    if "mission" in parts:
        console.print(report.mission_table(measure_mission(arguments.mission)))
        console.print(report.PROFILE_NOTE)
    return 0


def _print_hil(console: Console, *, quick: bool) -> None:
    extent = hil_measurement.QUICK if quick else hil_measurement.FULL
    rows: list[hil_measurement.Row] = []
    try:
        rows.extend(hil_measurement.measure_hil(extent, console.print))
    finally:  # minutes of it, whatever has ended the rest
        if rows:
            console.print(hil_measurement.hil_table(rows), hil_measurement.NOTE)


def _other_version(arguments: argparse.Namespace, parts: Sequence[str]) -> Path:
    if "mission" not in parts:
        raise ConfigurationError("command line", None, "--against", "is for the part mission")
    if not 1 <= arguments.rounds <= MOST_ROUNDS:
        raise refused("--rounds", arguments.rounds, f"1 to {MOST_ROUNDS}")
    load_mission(arguments.mission)
    return check_version(arguments.against)


def _print_versions(console: Console, mission: str, other: Path, rounds: int) -> int:
    try:
        compared = compare_versions(mission, other, rounds)
    except DoesNotFly as problem:
        console.print(str(problem))
        return 1
    console.print(report.versions_table(compared, other), report.VERSIONS_NOTE)
    return 0


def _print_console(
    console: Console, extent: Extent, samples: int | None, file: Path | None
) -> None:
    served = measure_served(extent.served_samples, extent.served_starts)
    console.print(console_tables.served_table(served), console_tables.SERVED_NOTE)
    archived = measure_archive(samples or extent.archived_samples, extent.archive_questions)
    console.print(console_tables.archive_table(archived), console_tables.ARCHIVE_NOTE)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    above = console_tables.missed(served, archived)
    console.print(
        f"Load at the end: {load} on {os.cpu_count()} processors. "
        + (f"Not within its budget: {'; '.join(above)}." if above else "All within budget.")
    )
    if file is not None:
        told = {"served": console_tables.plain(served), "archive": console_tables.plain(archived)}
        replace_file(file, json.dumps(told, indent=1) + "\n")


def _print_bus(console: Console, extent: Extent) -> None:
    work = measure_bus(messages=extent.messages, trips=extent.trips, repetitions=extent.repetitions)
    figures = run_loop(work, PacedLoop())
    console.print(report.throughput_table(figures))
    console.print(report.round_trip_table(figures), report.BUS_NOTE)


def _print_ascent(console: Console, extent: Extent) -> None:
    rounds = extent.ascent_rounds
    one = measure_one(2 * rounds + 1)
    console.print(ascent_tables.one_ascent_table(one), ascent_tables.ONE_NOTE)
    many = measure_many(extent.point_ascents, rounds)
    console.print(ascent_tables.many_ascents_table(many), ascent_tables.MANY_NOTE)
    fleet = measure_fleet(extent.closed_loop_ascents, rounds)
    console.print(ascent_tables.fleet_table(fleet), ascent_tables.FLEET_NOTE)
    control = measure_control(rounds)
    console.print(ascent_tables.control_table(control), ascent_tables.CONTROL_NOTE)
