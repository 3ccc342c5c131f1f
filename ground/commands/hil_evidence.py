"""`msr hil replay | compare`: flies a recording again, and holds one beside another."""

import argparse
import json
import math
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from ground.terminal.exit_codes import NO, UNKNOWN, YES


def configure(works: Any) -> None:
    """Declares the works and their arguments."""
    replay = works.add_parser(
        "replay", help="fly a run with real devices again, without them, in virtual time"
    )
    replay.add_argument(
        "recording", type=Path, help="a run folder, its session.jsonl, or a bench.mcap"
    )
    replay.add_argument(
        "--out", type=Path, default=None, help="folder of the run (default: beside it, -replay)"
    )
    replay.add_argument(
        "--twice", action="store_true", help="fly it twice; both must leave the same, bit by bit"
    )
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


def replay(arguments: argparse.Namespace) -> int:
    """YES when the hash is the recorded one (and that of the second time); NO when it is not;
    UNKNOWN where nothing was recorded to hold it against, and where the record is torn. Raises
    ConfigurationError."""
    from ground.testbed.session import read_session

    place: Path = arguments.recording
    folder = place if place.is_dir() else place.parent
    beside = folder.resolve()
    out = arguments.out or beside.parent / f"{beside.name}-replay"
    found = [_fly(place, out)]
    if arguments.twice:
        found.append(_fly(place, out))
    for hash_ in found:
        print(f"replayed: {hash_}")
    if not all(found):
        print("a replay has left no hash: whether it is the same is unknown")
        return UNKNOWN
    torn = read_session(place).torn
    if torn is not None:
        if len(set(found)) > 1:
            print("not the same")
            return NO
        print(f"{torn.words}; the flight from it ends there, and how its run ended is unknown")
        return UNKNOWN
    told = _hash_in(folder)
    if told:
        print(f"recorded: {told}")
        found.append(told)
    if len(found) == 1:
        print("the run has left no hash to hold it against: fly it --twice")
        return UNKNOWN
    same = len(set(found)) == 1
    print("all the same, bit by bit" if same else "not the same")
    return YES if same else NO


def _fly(place: Path, out: Path) -> str:
    from ground.commands import fly

    parser = argparse.ArgumentParser()
    fly.configure(parser)
    words = ["--from", str(place), "--in-memory", "--quiet", "--no-pictures", "--out", str(out)]
    fly.run(parser.parse_args(words))
    return _hash_in(out)


def _hash_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / "summary.json").read_bytes())["log_sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


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
