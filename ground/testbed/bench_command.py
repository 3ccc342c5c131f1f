"""`msr bench`: measures bus, nodes, statecharts and a mission, in one run."""

import argparse
import os
from dataclasses import dataclass

from rich.console import Console

from flight.runtime.loop import PacedLoop
from flight.runtime.loop import run as run_loop
from ground.testbed.benchmarks import report
from ground.testbed.benchmarks.bus_benchmark import measure_bus
from ground.testbed.benchmarks.mission_profile import measure_mission
from ground.testbed.benchmarks.statecharts import measure_statecharts
from ground.testbed.benchmarks.virtual_nodes import measure_nodes

PARTS = ("bus", "nodes", "statecharts", "mission")


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    messages: int  # per repetition, a multiple of 200
    trips: int
    repetitions: int
    virtual_seconds: float
    node_repetitions: int
    transitions: int


FULL = Extent(
    messages=4000,
    trips=500,
    repetitions=11,
    virtual_seconds=20.0,
    node_repetitions=5,
    transitions=1000,
)
QUICK = Extent(
    messages=1000,
    trips=50,
    repetitions=3,
    virtual_seconds=3.0,
    node_repetitions=1,
    transitions=100,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "--quick", action="store_true", help="a short look of a few seconds, without the mission"
    )
    parser.add_argument(
        "--part",
        action="append",
        choices=PARTS,
        help="only this part; may be given several times",
    )
    parser.add_argument("--mission", default="short", help="the mission to profile: %(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Prints one table after the other, as they are measured."""
    console = Console(highlight=False)
    parts = arguments.part or (PARTS[:-1] if arguments.quick else PARTS)
    extent = QUICK if arguments.quick else FULL
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
    if "mission" in parts:
        console.print(report.mission_table(measure_mission(arguments.mission)))
        console.print(report.PROFILE_NOTE)
    return 0


def _print_bus(console: Console, extent: Extent) -> None:
    work = measure_bus(messages=extent.messages, trips=extent.trips, repetitions=extent.repetitions)
    figures = run_loop(work, PacedLoop())
    console.print(report.throughput_table(figures))
    console.print(report.round_trip_table(figures), report.BUS_NOTE)
