"""`msr study landing`: dispersed landings of the lander, with its own flight software."""

import argparse
import sys
from pathlib import Path

REFUSED = 2
MOST_RUNS = 100_000
MOST_WORKERS = 64


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--runs", type=int, default=50, help="dispersed landings (default 50)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--first", type=int, default=1, help="number of the first run (default 1)")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write every run and the summary into a folder"
    )


def run(arguments: argparse.Namespace) -> int:
    """0: flown and judged; 1: a loss was claimed as a landing; 2: the call was refused."""
    refusal = _refusal(arguments)
    if refusal:
        print(f"msr study landing: {refusal}", file=sys.stderr)
        return REFUSED
    # Imported late: other calls of `msr` need none of it.
    from ground.testbed.landing_study import fly_study, markdown, setting, summarise, write

    setting()  # refuses an impossible vehicle before any process is started

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} of {total} landings", end="", file=sys.stderr, flush=True)

    results = fly_study(arguments.runs, arguments.workers, first=arguments.first, progress=progress)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    summary = summarise(results)
    print(markdown(summary), end="")
    if arguments.out is not None:
        write(arguments.out, results, summary)
    return 1 if summary.lost_in_silence else 0


def _refusal(arguments: argparse.Namespace) -> str:
    if not 1 <= arguments.runs <= MOST_RUNS:
        return f"--runs = {arguments.runs}: allowed are 1 to {MOST_RUNS}"
    if not 1 <= arguments.workers <= MOST_WORKERS:
        return f"--workers = {arguments.workers}: allowed are 1 to {MOST_WORKERS}"
    if arguments.first < 0:
        return f"--first = {arguments.first}: allowed are numbers from 0"
    return ""
