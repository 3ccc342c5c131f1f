"""`msr dictionary`: prints what each vehicle obeys, measures and tells."""

import argparse
from pathlib import Path

from flight.configuration.whole_files import replace_file
from ground.missions.vehicles import VEHICLES
from ground.terminal.destinations import check_file
from ground.terminal.exit_codes import YES
from ground.testbed.control_room.dictionary import (
    build_dictionary,
    dictionary_json,
    dictionary_markdown,
)
from ground.testbed.participants.vehicles import vehicle_classes


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "--format", choices=("json", "markdown"), default="json", help="default: json"
    )
    parser.add_argument(
        "--vehicle",
        action="append",
        choices=tuple(VEHICLES),
        help="only this vehicle; may be given several times",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to a file")


def run(arguments: argparse.Namespace) -> int:
    """Prints or writes the dictionary; raises ConfigurationError."""
    check_file("--out", arguments.out)
    plain = build_dictionary(vehicle_classes(arguments.vehicle or tuple(VEHICLES)))
    render = dictionary_json if arguments.format == "json" else dictionary_markdown
    text = render(plain)
    if arguments.out is None:
        print(text, end="")
    else:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        replace_file(arguments.out, text)
    return YES
