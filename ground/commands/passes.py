"""`msr passes`: when a relay is in sight of a vehicle, and what went over it."""

import argparse
from typing import TYPE_CHECKING

from ground.commands.asking import (
    NANOSECONDS,
    Times,
    ask,
    configure_asking,
    finite,
    need_vehicle,
    print_json,
    print_table,
    rows_of,
)
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl

HEADS = ("vehicle", "link", "begins (UTC)", "ends (UTC)", "min", "bytes expected", "bytes come")


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--vehicle", default=None, help="of one vehicle")
    parser.add_argument(
        "--hours", type=finite, default=48.0, help="those of so many hours from now (default: 48)"
    )
    parser.add_argument(
        "--past", type=finite, default=0.0, metavar="HOURS", help="and of so many hours before now"
    )
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lists passes."""
    return ask(arguments, lambda mc: _list(mc, arguments))


async def _list(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    hello = await mc.hello()
    need_vehicle(hello, arguments.vehicle)
    times = Times(str(hello["epoch_utc"]))
    now_ns = int((await anext(mc.clock()))["time_ns"])
    hour = 3600 * NANOSECONDS
    answer = await mc.passes(
        now_ns - round(arguments.past * hour), now_ns + round(arguments.hours * hour)
    )
    found = [
        each
        for each in rows_of(answer, "passes")
        if arguments.vehicle in (None, each.get("vehicle"))
    ]
    if arguments.json:
        print_json(found)
        return YES
    rows = [
        (
            each.get("vehicle"),
            each.get("link"),
            times.utc(each["start_ns"]),
            times.utc(each["end_ns"]),
            round((each["end_ns"] - each["start_ns"]) / NANOSECONDS / 60.0, 1),
            each.get("bytes_expected"),
            each.get("bytes_come"),
        )
        for each in found
    ]
    print_table(HEADS, rows, "no pass is predicted in that time")
    return YES
