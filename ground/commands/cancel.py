"""`msr cancel`: takes back a command that was released and has not left the ground."""

import argparse
from typing import TYPE_CHECKING

from ground.commands.asking import ask, configure_asking, print_json
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.client import MissionControl


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("identifier", help="which command, as `msr history` lists it")
    configure_asking(parser)


def run(arguments: argparse.Namespace) -> int:
    """Takes it back, with what travels with it."""
    return ask(arguments, lambda mc: _cancel(mc, arguments))


async def _cancel(mc: "MissionControl", arguments: argparse.Namespace) -> int:
    answer = await mc.cancel(arguments.identifier)
    if arguments.json:
        print_json(answer)
    else:
        print(f"taken back: {', '.join(answer['identifiers'])}")
    return YES
