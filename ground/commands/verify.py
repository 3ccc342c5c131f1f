"""`msr verify`: sets computed figures beside published ones."""

import argparse
from pathlib import Path

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError
from flight.configuration.whole_files import replace_file
from ground.terminal.destinations import check_file
from ground.terminal.exit_codes import NO, YES
from ground.terminal.screen import make_screen
from ground.verification.rows import misses_required
from ground.verification.table import as_json, print_families, print_rows, print_summary
from ground.verification.targets import TARGETS, UnknownTarget, chosen_targets


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "--target",
        action="append",
        metavar="NAME",
        help="only this target, such as V3, with all its rows; may be given several times",
    )
    parser.add_argument(
        "--all", action="store_true", help="every row, not the counts and the misses alone"
    )
    parser.add_argument("--list", action="store_true", help="name the targets and end")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to a file too")


def run(arguments: argparse.Namespace) -> int:
    """Prints the table. YES: all required rows agree; NO: one misses.

    Raises ConfigurationError for a target that is none and a file that cannot be written.
    """
    check_file("--json", arguments.json)
    try:
        targets = chosen_targets(arguments.target, TARGETS)
    except UnknownTarget as error:
        allowed = choices_words(error.name, [target.name for target in TARGETS])
        problem = f"= {error.name}: there is no such target: {allowed}"
        raise ConfigurationError("command line", None, "--target", problem) from None
    if arguments.list:
        width = max(len(target.name) for target in TARGETS)
        for target in targets:
            print(f"{target.name:<{width}}  {target.title}")
        return YES
    screen = make_screen()
    judged = []
    whole = arguments.all or arguments.target is not None
    for target in targets:
        rows = target.rows()
        if whole:
            print_rows(target.name, target.title, rows, screen)
        judged.append((target, rows))
    by_name = [(target.name, rows) for target, rows in judged]
    if not whole:
        print_families([(target.name, target.title, rows) for target, rows in judged], screen)
    print_summary(by_name, screen)
    if arguments.json is not None:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        replace_file(arguments.json, as_json(by_name))
    missed = any(misses_required(rows) for _, rows in judged)
    return NO if missed else YES
