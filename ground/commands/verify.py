"""`msr verify`: sets computed figures beside published ones."""

import argparse
import sys
from pathlib import Path

from ground.verification.rows import misses_required
from ground.verification.table import (
    as_json,
    make_console,
    print_rows,
    print_summary,
)
from ground.verification.targets import TARGETS, UnknownTarget, chosen_targets

REQUIRED_ROW_MISSES = 1
REFUSED = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "--target",
        action="append",
        metavar="NAME",
        help="only this target, such as V3; may be given several times",
    )
    parser.add_argument("--list", action="store_true", help="name the targets and end")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to a file too")


def run(arguments: argparse.Namespace) -> int:
    """Prints the table. 0: all required rows agree; 1: one misses; 2: the call was refused."""
    try:
        targets = chosen_targets(arguments.target, TARGETS)
    except UnknownTarget as error:
        print(f"msr verify: {error}", file=sys.stderr)
        return REFUSED
    if arguments.list:
        width = max(len(target.name) for target in TARGETS)
        for target in targets:
            print(f"{target.name:<{width}}  {target.title}")
        return 0
    console = make_console()
    judged = []
    for target in targets:
        rows = target.rows()
        print_rows(target.name, target.title, rows, console)
        judged.append((target.name, rows))
    print_summary(judged, console)
    if arguments.json is not None:
        try:
            arguments.json.parent.mkdir(parents=True, exist_ok=True)
            arguments.json.write_text(as_json(judged), encoding="utf-8")
        except OSError as error:
            print(f"msr verify: cannot write {arguments.json}: {error.strerror}", file=sys.stderr)
            return REFUSED
    missed = any(misses_required(rows) for _, rows in judged)
    return REQUIRED_ROW_MISSES if missed else 0
