"""`msr passes`: when a relay is in sight of a vehicle, and what went over it."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

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

HEADS = ("vehicle", "begins (UTC)", "ends (UTC)", "min", "", "bytes expected", "bytes come")


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
            times.utc(each["start_ns"]),
            times.utc(each["end_ns"]),
            round((each["end_ns"] - each["start_ns"]) / NANOSECONDS / 60.0, 1),
            each["state"],
            each["expected_bytes"],
            None if each["state"] == "coming" else each["bytes"],
        )
        for each in found
    ]
    print_table(HEADS, rows, "no pass is predicted in that time")
    for line in _links(answer, now_ns, times):
        print(line)
    return YES


def _links(answer: dict[str, Any], now_ns: int, times: Times) -> Iterator[str]:
    """Light time and links as they are now."""
    light = [row for row in answer.get("light_time", ()) if row[0] <= now_ns][-1:]
    for _, seconds, conjunction in light:
        yield f"light time {seconds:.0f} s one way" + (
            "; conjunction: nothing is sent" if conjunction else ""
        )
    newest = {row[0]: row[1:] for row in answer.get("links", ()) if row[1] <= now_ns}
    for name, (since, up, rate) in newest.items():
        how = f"up, {rate:g} bit/s" if up else "down"
        yield f"link of {name}: {how}, since {times.utc(since)} UTC"
