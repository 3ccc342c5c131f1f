"""`msr watch`: the newest values of channels, as they come."""

import argparse
from typing import TYPE_CHECKING, Any

from ground.commands.asking import (
    Times,
    ask,
    configure_asking,
    need_vehicle,
    print_json,
    print_table,
    shown,
)
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl, Value

HEADS = ("vehicle", "channel", "value", "state", "measured (UTC)", "age (s)")


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("vehicle", nargs="?", default=None, help="of one vehicle (default: of all)")
    parser.add_argument(
        "channels", nargs="*", metavar="CHANNEL", help="channels, or beginnings of their names"
    )
    parser.add_argument("--once", action="store_true", help="print the values of now, and end")
    configure_asking(parser, "print JSON, a line for each value")


def run(arguments: argparse.Namespace) -> int:
    """Shows values until it is interrupted."""
    return ask(arguments, lambda mc: _watch(mc, arguments))


async def _watch(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    hello = await mc.hello()
    need_vehicle(hello, arguments.vehicle)
    times = Times(str(hello["epoch_utc"]))
    await _need_channels(mc, arguments)
    if arguments.once:
        answer = await mc.ask("telemetry", vehicle=arguments.vehicle)
        rows = sorted((row for row in answer["values"] if _wanted(row, arguments)), key=_name)
        clock = await anext(mc.clock())
        _print(rows, times, clock.get("time_ns"), arguments.json)
        return YES
    async for value in mc.telemetry(arguments.vehicle):
        if not _wanted(value, arguments):
            continue
        if arguments.json:
            print_json(value._asdict())
        else:
            print(_line(value, times), flush=True)
    return YES


async def _need_channels(mc: "MissionControl", arguments: argparse.Namespace) -> None:
    """Raises Refused for a beginning of a name that no channel has, known or told."""
    from ground.client import Refused

    if not arguments.channels:
        return
    known = (await mc.dictionary(arguments.vehicle))["vehicles"].values()
    names = {name for entry in known for name in entry.get("channels", ())}
    told = await mc.ask("telemetry", vehicle=arguments.vehicle)
    names |= {row[1] for row in told["values"]}
    for beginning in arguments.channels:
        if not any(name.startswith(beginning) for name in names):
            raise Refused(f"{beginning!r}: no channel of {arguments.vehicle} begins so")


def _wanted(row: Any, arguments: argparse.Namespace) -> bool:
    return not arguments.channels or any(row[1].startswith(each) for each in arguments.channels)


def _name(row: Any) -> tuple[str, str]:
    return row[0], row[1]


def _line(value: "Value", times: Times) -> str:
    state = "" if value.state == "OK" else f"  {value.state}"
    when = times.utc(value.occurred_ns)
    return f"{when} UTC  {value.vehicle} {value.channel} = {shown(value.value)}{state}"


def _print(rows: list[Any], times: Times, now_ns: int | None, as_json: bool) -> None:
    if as_json:
        names = ("vehicle", "channel", "value", "occurred_ns", "received_ns", "state")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    table = [
        (
            *row[:3],
            row[5],
            times.utc(row[3]),
            None if now_ns is None or row[3] is None else round((now_ns - row[3]) / 1e9),
        )
        for row in rows
    ]
    print_table(HEADS, table, "nothing has been measured yet")
