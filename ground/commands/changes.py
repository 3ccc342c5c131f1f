"""`msr changes`: what has changed since the last pass, or since an instant."""

import argparse
from typing import TYPE_CHECKING, Any

from ground.commands.asking import (
    NANOSECONDS,
    Times,
    ask,
    configure_asking,
    finite,
    print_json,
    print_table,
    shown,
    times_of,
)
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    when = parser.add_mutually_exclusive_group()
    when.add_argument(
        "--passes", type=int, default=1, metavar="N", help="since so many passes ago (default: 1)"
    )
    when.add_argument(
        "--since", type=finite, default=None, metavar="SECONDS", help="since that mission time"
    )
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Tells it, by kind."""
    return ask(arguments, lambda mc: _tell(mc, arguments))


async def _tell(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    if arguments.since is None:
        found = await mc.changes(since_pass=arguments.passes)
    else:
        found = await mc.changes(since_ns=round(arguments.since * NANOSECONDS))
    if arguments.json:
        print_json(found)
        return YES
    times = await times_of(mc)
    for kind, rows in found.items():
        if not isinstance(rows, list):
            print(f"{_head(kind)}: {_cell(kind, rows, times)}")
            continue
        print(f"\n{_head(kind)}")
        heads = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
        cells = [
            [_cell(name, row.get(name), times) for name in heads]
            if isinstance(row, dict)
            else [row]
            for row in rows
        ]
        print_table([_head(name) for name in heads] or [""], cells, "  nothing")
    return YES


def _head(name: str) -> str:
    """`occurred_ns` is shown as UTC, and so called."""
    return f"{name[:-3]} (UTC)" if name.endswith("_ns") else name.replace("_", " ")


def _cell(name: str, value: Any, times: Times) -> str:
    if name.endswith("_ns") and isinstance(value, int):
        return times.utc(value)
    return shown(value)
