"""`msr history`: what was commanded, by whom, and how far each command has come."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ground.commands.asking import (
    Times,
    ask,
    configure_asking,
    finite,
    print_json,
    print_table,
    rows_of,
    times_of,
)
from ground.terminal.exit_codes import REFUSED, YES

if TYPE_CHECKING:
    from ground.client import MissionControl

HEADS = (
    "identifier", "vehicle", "command", "arguments", "by", "issued (UTC)", "sent (UTC)", "status",
    "answer by (UTC)", "detail",
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--vehicle", default=None, help="to one vehicle")
    parser.add_argument("--name", default=None, metavar="COMMAND", help="of this command")
    parser.add_argument("--by", default=None, metavar="USER", help="asked for by this person")
    parser.add_argument("--limit", type=int, default=50, help="so many at most (default: 50)")
    parser.add_argument("--rungs", action="store_true", help="with each rung of each")
    parser.add_argument(
        "--replay",
        nargs="?",
        const="max",
        default=None,
        metavar="RATE",
        help="tell a run again from its archive in the order in which the ground heard of it: so "
        "many mission seconds in a second (default: max); it may have ended, and is not asked",
    )
    parser.add_argument(
        "--from", dest="start", type=finite, default=None, metavar="SECONDS",
        help="with --replay: from that second of mission time",
    )  # fmt: skip
    configure_asking(parser, "print JSON, a line for each command")


def run(arguments: argparse.Namespace) -> int:
    """Lists commands, the newest at the end; or tells a run again."""
    if arguments.replay is not None:
        return _replay(arguments)
    return ask(arguments, lambda mc: _list(mc, arguments))


async def _list(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    times = await times_of(mc)
    found = rows_of(
        await mc.history(
            vehicle=arguments.vehicle,
            name=arguments.name,
            user=arguments.by,
            limit=arguments.limit,
        ),
        "commands",
    )[::-1]
    if arguments.json:
        for command in found:
            print_json(command)
        return YES
    rows: list[tuple[Any, ...]] = []
    for command in found:
        rows.append(_row(command, times))
        if arguments.rungs:
            rows += [_rung(rung, times) for rung in command.get("rungs", ())]
    print_table(HEADS, rows, "nothing of the kind was commanded")
    return YES


def _row(command: dict[str, Any], times: Times) -> tuple[Any, ...]:
    expected = command.get("expected_ns") or (command.get("windows") or {}).get("expected_ns")
    return (
        command.get("identifier"),
        command.get("vehicle"),
        command.get("command"),
        command.get("arguments") or "",
        command.get("user") or "procedure",
        times.utc(command.get("issued_ns")),
        times.utc(command.get("sent_ns")),
        command.get("status"),
        times.utc(expected),
        command.get("detail") or "",
    )


def _rung(rung: dict[str, Any], times: Times) -> tuple[Any, ...]:
    happened, heard = times.utc(rung.get("occurred_ns")), times.utc(rung.get("received_ns"))
    name = f"· {rung.get('rung')}" + (" (not counted)" if rung.get("not_counted") else "")
    return "", "", "", "", "", happened, heard, name, "", rung.get("detail") or ""


def _replay(arguments: argparse.Namespace) -> int:
    from ground.commands.replaying import BadRate, read_rate, replay

    if arguments.at is None:
        print("msr history: --replay needs --at RUN_FOLDER", file=sys.stderr)
        return REFUSED
    try:
        rate = read_rate(arguments.replay)
    except BadRate as error:
        print(f"msr history: --replay: {error}", file=sys.stderr)
        return REFUSED
    for option, given in (
        ("--name", arguments.name), ("--by", arguments.by), ("--rungs", arguments.rungs),
    ):  # fmt: skip
        if given:
            print(f"msr history: {option}: --replay tells all that was heard", file=sys.stderr)
            return REFUSED
    return replay(Path(arguments.at), rate, arguments.start, arguments.vehicle, arguments.json)
