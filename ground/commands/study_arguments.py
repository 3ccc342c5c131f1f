"""What the commands of all studies take: how many runs, in how many processes, where to."""

import argparse
import sys
from pathlib import Path

from flight.configuration.files import ConfigurationError
from ground.terminal.destinations import check_folder

MOST_RUNS = 100_000
MOST_WORKERS = 64
MOST_FIRST = 2**53
"""Beyond it a number is no longer its own when a table is read as JSON elsewhere."""


def add_study_arguments(parser: argparse.ArgumentParser, what: str, runs: int) -> None:
    """Adds the arguments; `what` is flown, `runs` times when nothing is said."""
    parser.add_argument("--runs", type=int, default=runs, help=f"dispersed {what} (default {runs})")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--first", type=int, default=1, help="number of the first run (default 1)")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write every run and the summary into a folder"
    )


def check_study_arguments(arguments: argparse.Namespace) -> None:
    """Refuses what cannot be flown or written; raises ConfigurationError."""
    if not 1 <= arguments.runs <= MOST_RUNS:
        raise refused("--runs", arguments.runs, f"1 to {MOST_RUNS}")
    if not 1 <= arguments.workers <= MOST_WORKERS:
        raise refused("--workers", arguments.workers, f"1 to {MOST_WORKERS}")
    if not 0 <= arguments.first <= MOST_FIRST:
        raise refused("--first", arguments.first, f"numbers from 0 to {MOST_FIRST}")
    check_folder("--out", arguments.out)


def say_broken_off(arguments: argparse.Namespace, flown: int) -> None:
    """Tells of a study that a signal ended how many runs it has, and how the others are flown."""
    rest, first = arguments.runs - flown, arguments.first + flown
    print(
        f"msr: broken off after {flown} of {arguments.runs} runs, which are judged here; "
        f"`--first {first} --runs {rest}` flies the others",
        file=sys.stderr,
    )


def refused(option: str, value: object, allowed: str) -> ConfigurationError:
    """The refusal of an option's value."""
    return ConfigurationError("command line", None, option, f"= {value}: allowed are {allowed}")
