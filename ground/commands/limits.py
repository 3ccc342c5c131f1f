"""`msr limits`: which sets of limits are in force, or puts another in force."""

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
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "name", nargs="?", default=None, metavar="SET",
        help="put this set in force (default: list them)",
    )  # fmt: skip
    parser.add_argument(
        "--of", default=None, metavar="VEHICLE", help="for this vehicle alone (default: for all)"
    )
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lists the sets and which holds for which vehicle, or puts one in force."""
    if arguments.of is not None and arguments.name is None:
        from flight.configuration.files import ConfigurationError

        problem = "is for one vehicle alone: say which SET is to be in force for it"
        raise ConfigurationError("command line", None, "--of", problem)
    return ask(arguments, lambda mc: _work(mc, arguments))


async def _work(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    if arguments.name is not None:
        told = await mc.set_limits(arguments.name, arguments.of)
    else:
        told = (await mc.snapshot("limits"))["limits"]
    if arguments.json:
        print_json(told)
        return YES
    rows = [
        (name, "chosen" if name == told["name"] else "", doc)
        for name, doc in told["sets"].items()
    ]
    print_table(("set", "", "what it is for"), rows, "there is no set")
    times = await times_of(mc)
    vehicles = told["vehicles"].items()
    held = [(vehicle, each["set"], _by(each, times)) for vehicle, each in vehicles]
    print_table(("vehicle", "in force", "by"), held, "there is no vehicle")
    return YES


def _by(each: dict[str, Any], times: Times) -> str:
    """By what a set is in force, and since when."""
    if each["by"] == "hand":
        return f"choice, since {times.utc(each['since_ns'])}"
    if each["since_ns"] is None:
        return f"phase: {each['mode'] or 'nothing known yet'}"
    found = f"phase: {each['mode']}, since {times.utc(each['since_ns'])}"
    if each["settling"]:
        found += f"; still allowed as in {', '.join(each['settling'])}"
    return f"{found}; silent, so the last known is kept" if each["stale"] else found
