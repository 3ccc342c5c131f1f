"""`msr events`: what the vehicles and the ground have told."""

import argparse
from typing import TYPE_CHECKING, Any

from ground.commands.asking import (
    Times,
    ask,
    configure_asking,
    print_json,
    print_table,
    rows_of,
)
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl

HEADS = ("received (UTC)", "happened (UTC)", "vehicle", "severity", "name", "text")


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--source", default=None, metavar="VEHICLE", help="of one vehicle")
    parser.add_argument("--name", default=None, help="of this name")
    parser.add_argument("--severity", default=None, help="of this severity, and of worse")
    parser.add_argument("--text", default=None, help="with this in their text")
    parser.add_argument("--limit", type=int, default=50, help="so many at most (default: 50)")
    parser.add_argument("--follow", action="store_true", help="and each that comes, as it comes")
    configure_asking(parser, "print JSON, a line for each event")


def run(arguments: argparse.Namespace) -> int:
    """Lists events, the newest at the end."""
    return ask(arguments, lambda mc: _list(mc, arguments))


async def _list(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    hello = await mc.hello()
    times = Times(str(hello["epoch_utc"]))
    only = {
        name: getattr(arguments, name) for name in ("source", "name", "severity", "text", "limit")
    }
    found = rows_of(await mc.events(**only), "events")[::-1]
    if arguments.json:
        for event in found:
            print_json(event)
    else:
        rows = [_row(event, event.get("vehicle") or event.get("source"), times) for event in found]
        print_table(HEADS, rows, "nothing of the kind was told")
    if arguments.follow:
        await _follow(mc, arguments, times, int(hello["journal_last"]))
    return YES


async def _follow(
    mc: "MissionControl", arguments: argparse.Namespace, times: Times, since: int
) -> None:
    async for entry in mc.journal(since, ("ev",)):
        event = entry.data
        if arguments.source not in (None, entry.vehicle):
            continue
        if arguments.name not in (None, event.get("name")):
            continue
        if arguments.text and arguments.text not in str(event.get("text", "")):
            continue
        if arguments.json:
            print_json({"vehicle": entry.vehicle, **event})
        else:
            print("  ".join(map(str, _row(event, entry.vehicle, times))), flush=True)


def _row(event: dict[str, Any], vehicle: Any, times: Times) -> tuple[Any, ...]:
    return (
        times.utc(event.get("received_ns")),
        times.utc(event.get("occurred_ns")),
        vehicle,
        event.get("severity"),
        event.get("name"),
        event.get("text"),
    )
