"""`msr hil compare`: holds one recording beside another."""

import argparse
import json
import math
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from ground.terminal.exit_codes import NO, UNKNOWN, YES


def configure(works: Any) -> None:
    """Declares the work and its arguments."""
    compare = works.add_parser(
        "compare", help="what simulated devices have told, beside what real ones have"
    )
    compare.add_argument("first", type=Path, help="a run folder, or a bench.mcap: what is expected")
    compare.add_argument(
        "second", type=Path, help="the other; the same twice: simulated beside real in a shadow"
    )
    compare.add_argument(
        "--tolerance",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="how far off a field may be, such as drive.distance=0.02 or odometer=0.5 (default: "
        "those of the bench file of the second)",
    )
    compare.add_argument("--json", action="store_true", help="print a JSON object instead")


def compare(arguments: argparse.Namespace) -> int:
    """YES when all is within its bands; NO when something is not; UNKNOWN without any band, and
    where too little was compared.

    Raises ConfigurationError for what cannot be compared.
    """
    from ground.hil.comparing import compared, comparison_lines, tolerances_of

    given: dict[str, float] = {}
    for each in arguments.tolerance:
        name, band = _tolerance(each)
        if name in given:
            problem = f"= {each}: allowed is one of each field, and {name} was given before"
            raise ConfigurationError("command line", None, "--tolerance", problem)
        given[name] = band
    tolerances = given or tolerances_of(arguments.second)
    told = compared(arguments.first, arguments.second, tolerances, all_held=bool(given))
    if arguments.json:
        print(json.dumps(told, indent=1))
    else:
        print("\n".join(comparison_lines(told)))
    return {True: YES, False: NO}.get(told["within"], UNKNOWN)


def _tolerance(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        if equals and name and 0.0 <= float(value) < math.inf:
            return name, float(value)
    except ValueError:
        pass
    problem = (
        f"= {text}: allowed is a field and how far off it may be, finite and not less than 0, such "
        "as odometer=0.5"
    )
    raise ConfigurationError("command line", None, "--tolerance", problem)
