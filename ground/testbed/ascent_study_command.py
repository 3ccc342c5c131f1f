"""`msr study ascent`: dispersed launches of the MAV, open loop and closed loop side by side."""

import argparse
import sys
from pathlib import Path

REFUSED = 2
MOST_RUNS = 100_000
MOST_WORKERS = 64


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--runs", type=int, default=100, help="dispersed launches (default 100)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--first", type=int, default=1, help="number of the first run (default 1)")
    parser.add_argument(
        "--cycle", type=float, default=0.04, help="control cycle in s (default 0.04; flight 0.02)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write every run and the summary into a folder"
    )


def run(arguments: argparse.Namespace) -> int:
    """0: flown and judged; 2: the call was refused."""
    refusal = _refusal(arguments)
    if refusal:
        print(f"msr study ascent: {refusal}", file=sys.stderr)
        return REFUSED
    # Imported late: other calls of `msr` need none of it.
    from ground.testbed.ascent_study import compare, fly_study, markdown, vehicle_file, write

    vehicle_file()  # refuses an impossible vehicle before any process is started

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} of {total} ascents", end="", file=sys.stderr, flush=True)

    results = fly_study(
        arguments.runs, arguments.workers, first=arguments.first, cycle=arguments.cycle,
        progress=progress,
    )  # fmt: skip
    if sys.stderr.isatty():
        print(file=sys.stderr)
    sides = compare(results)
    print(markdown(sides), end="")
    if arguments.out is not None:
        write(arguments.out, results, sides)
    return 0


def _refusal(arguments: argparse.Namespace) -> str:
    if not 1 <= arguments.runs <= MOST_RUNS:
        return f"--runs = {arguments.runs}: allowed are 1 to {MOST_RUNS}"
    if not 1 <= arguments.workers <= MOST_WORKERS:
        return f"--workers = {arguments.workers}: allowed are 1 to {MOST_WORKERS}"
    if not 0.01 <= arguments.cycle <= 0.05:
        return f"--cycle = {arguments.cycle}: allowed are 0.01 to 0.05 s"
    if arguments.first < 0:
        return f"--first = {arguments.first}: allowed are numbers from 0"
    return ""
