"""What the commands of all studies take: how many runs, in how many processes, where to."""

import argparse
import os
from pathlib import Path

REFUSED = 2
MOST_RUNS = 100_000
MOST_WORKERS = 64


def add_study_arguments(parser: argparse.ArgumentParser, what: str, runs: int) -> None:
    """Adds the arguments; `what` is flown, `runs` times when nothing is said."""
    parser.add_argument("--runs", type=int, default=runs, help=f"dispersed {what} (default {runs})")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--first", type=int, default=1, help="number of the first run (default 1)")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write every run and the summary into a folder"
    )


def refusal(arguments: argparse.Namespace) -> str:
    """What is wrong with the arguments, in a sentence; empty when nothing is."""
    if not 1 <= arguments.runs <= MOST_RUNS:
        return f"--runs = {arguments.runs}: allowed are 1 to {MOST_RUNS}"
    if not 1 <= arguments.workers <= MOST_WORKERS:
        return f"--workers = {arguments.workers}: allowed are 1 to {MOST_WORKERS}"
    if arguments.first < 0:
        return f"--first = {arguments.first}: allowed are numbers from 0"
    return "" if arguments.out is None else _refusal_of_folder(arguments.out)


def _refusal_of_folder(folder: Path) -> str:
    """Why nothing can be written into a folder, which need not be there yet; empty if it can."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        return f"--out = {folder}: {nearest} is a file; allowed is a folder"
    if not os.access(nearest, os.W_OK):
        return f"--out = {folder}: nothing can be written into {nearest}; allowed is another folder"
    return ""
