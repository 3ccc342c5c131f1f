"""`msr runs`: which runs there are, how much disk they take, and making room."""

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from flight.configuration.files import ConfigurationError
from ground.missions.kept_runs import KeptRun, find_runs, remove_run
from ground.terminal.exit_codes import YES

KEPT = 5
"""Runs that a prune leaves where nothing else is said."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("act", choices=("list", "prune"), help="list them, or remove old ones")
    parser.add_argument(
        "--below", type=Path, default=Path("runs"), metavar="FOLDER", help="where (default: runs)"
    )
    parser.add_argument(
        "--keep", type=int, metavar="N", help="prune: all but the newest N (default: 5)"
    )
    parser.add_argument(
        "--yes", action="store_true", help="prune: remove them; without, it is only said which"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Lists or removes. A run that is under way is never removed, nor a file that is of no run."""
    keep = KEPT if arguments.keep is None else arguments.keep
    if keep < 0:
        raise ConfigurationError("command line", None, "--keep", f"= {keep}: 0 or more")
    for option, given in (("--keep", arguments.keep is not None), ("--yes", arguments.yes)):
        if given and arguments.act == "list":
            raise ConfigurationError("command line", None, option, "needs `msr runs prune`")
    found = find_runs(arguments.below)
    if arguments.act == "list":
        _list(found, arguments.json)
        return YES
    over = [each for each in found if each.state != "running"][keep:]
    freed = 0
    for each in over:
        freed += remove_run(each.folder) if arguments.yes else each.size
    if arguments.json:
        removed = [str(each.folder) for each in over]
        print(json.dumps({"removed": removed if arguments.yes else [], "would": removed,
                          "bytes": freed}))  # fmt: skip
        return YES
    for each in over:
        print(
            f"{'removed' if arguments.yes else 'would remove'} {each.folder} ({_size(each.size)})"
        )
    what = "freed" if arguments.yes else "would be freed; --yes does it"
    print(f"{_size(freed)} {what}" if over else "nothing to remove")
    return YES


def _list(found: list[KeptRun], as_json: bool) -> None:
    from ground.commands.asking import print_table

    if as_json:
        print(json.dumps([asdict(each) | {"folder": str(each.folder)} for each in found]))
        return
    rows = [
        (
            each.folder,
            each.mission,
            each.state,
            each.verdict,
            datetime.fromtimestamp(each.changed, UTC).strftime("%Y-%m-%d %H:%M"),
            _size(each.size),
            each.branch_of,
        )
        for each in found
    ]
    heads = (
        "folder", "mission", "state", "verdict or reason", "last written (UTC)", "size",
        "branch of",
    )  # fmt: skip
    print_table(heads, rows, "there are no runs")
    if found:
        print(f"{len(found)} runs, {_size(sum(each.size for each in found))}")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
