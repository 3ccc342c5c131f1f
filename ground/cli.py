"""The command `msr`.

The table below is all that it knows of its subcommands. The module of one is imported only when
that one is chosen, so that `msr --help` answers at once. Such a module offers

    configure(parser: argparse.ArgumentParser) -> None    its arguments
    run(arguments: argparse.Namespace) -> int             its work; the exit code
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

CONFIGURATION_REFUSED = 2
INTERRUPTED = 130


@dataclass(frozen=True)
class Subcommand:
    """One subcommand: its name, a line of help, and the module that does it."""

    name: str
    help: str
    module: str


SUBCOMMANDS = (
    Subcommand("fly", "fly a mission and keep its records", "ground.commands.fly"),
    Subcommand(
        "verify", "set computed figures beside published ones", "ground.commands.verify"
    ),
    Subcommand("windows", "list transfers to Mars and home", "ground.commands.windows"),
    Subcommand("study", "fly many dispersed runs of one phase", "ground.commands.study"),
    Subcommand(
        "trade", "fly variants of the MAV and choose between them", "ground.commands.trade"
    ),
    Subcommand("bench", "measure bus, nodes and missions", "ground.commands.measure"),
    Subcommand(
        "dictionary", "print commands, channels and events", "ground.commands.dictionary"
    ),
    Subcommand("docs", "write or check the generated pages", "ground.commands.docs"),
)


class _Version(argparse.Action):
    """Prints the version; the package metadata are looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"msr {version('threeforks')}")
        except PackageNotFoundError:
            print("msr, run from a folder that is not installed")
        parser.exit()


def main(
    arguments: Sequence[str] | None = None, subcommands: Sequence[Subcommand] = SUBCOMMANDS
) -> int:
    """Run `msr` with `arguments` (default: the process's own); returns the exit code.

    As argparse does, `--help`, `--version` and wrong arguments raise SystemExit.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="msr", description="Three Forks: fly the Mars Sample Return campaign."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    choices = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    chosen = next((word for word in given if not word.startswith("-")), None)
    for subcommand in subcommands:
        child = choices.add_parser(
            subcommand.name, help=subcommand.help, description=_sentence(subcommand.help)
        )
        if subcommand.name == chosen:
            module = importlib.import_module(subcommand.module)
            module.configure(child)
            child.set_defaults(run=module.run)
    parsed = parser.parse_args(given)
    return _run(parsed)


def _run(parsed: argparse.Namespace) -> int:
    from flight.configuration.files import ConfigurationError

    try:
        return int(parsed.run(parsed))
    except ConfigurationError as error:
        print(f"msr: {error}", file=sys.stderr)
        return CONFIGURATION_REFUSED
    except KeyboardInterrupt:
        print("msr: interrupted", file=sys.stderr)
        return INTERRUPTED


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    sys.exit(main())
