"""`msr limits`: which set of limits is in force, or puts another in force."""

import argparse
from typing import TYPE_CHECKING

from ground.commands.asking import ask, configure_asking, print_json, print_table
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "name", nargs="?", default=None, metavar="SET",
        help="put this set in force (default: list them)",
    )  # fmt: skip
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lists the sets, or puts one in force."""
    return ask(arguments, lambda mc: _work(mc, arguments))


async def _work(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    if arguments.name is not None:
        told = await mc.set_limits(arguments.name)
    else:
        told = (await mc.snapshot("limits"))["limits"]
    if arguments.json:
        print_json(told)
        return YES
    rows = [
        (name, "in force" if name == told["name"] else "", doc)
        for name, doc in told["sets"].items()
    ]
    print_table(("set", "", "what it is for"), rows, "there is no set")
    return YES
