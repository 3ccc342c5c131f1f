"""`msr on-board`: what a vehicle has loaded, as we think by our commands and as it has told."""

import argparse
from typing import TYPE_CHECKING, Any

from ground.commands.asking import (
    Times,
    ask,
    configure_asking,
    print_json,
    print_table,
    times_of,
)
from ground.terminal.exit_codes import NO, YES

if TYPE_CHECKING:
    from ground.client import MissionControl


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("vehicle", help="of which vehicle")
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Tells it. NO: a parameter is other than we think."""
    return ask(arguments, lambda mc: _tell(mc, arguments))


async def _tell(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    told = await mc.on_board(arguments.vehicle)
    differ = [name for name, each in told["parameters"].items() if not each["agrees"]]
    if arguments.json:
        print_json(told)
    else:
        _show(told, await times_of(mc))
    return NO if differ else YES


def _show(told: dict[str, Any], times: Times) -> None:
    parameters = [
        (name, each["thought"], each["told"], each["staged"], "" if each["agrees"] else "differs")
        for name, each in told["parameters"].items()
    ]
    heads = ("parameter", "as we think", "as it told", "loaded, not active", "")
    print_table(heads, parameters, "we have changed no parameter")
    sequences = [
        (name, each["thought"], times.utc(each["loaded_ns"]), each["told"], each["entry"],
         each["run"], times.utc(each["told_ns"]))
        for name, each in told["sequences"].items()
    ]  # fmt: skip
    columns = ("sequence", "as we think", "sent (UTC)", "as it told", "entry", "run", "told (UTC)")
    print_table(columns, sequences, "no sequence was loaded")
    changes = [
        (times.utc(each["occurred_ns"]), each.get("command"), _rest(each),
         "ours" if each["ours"] else "its own")
        for each in told["protection"]
    ]  # fmt: skip
    told_by = ("protection changed (UTC)", "by", "what", "")
    print_table(told_by, changes, "it has told of no change of its protection")


def _rest(change: dict[str, Any]) -> dict[str, Any]:
    known = ("occurred_ns", "command", "ours")
    return {name: value for name, value in change.items() if name not in known}
