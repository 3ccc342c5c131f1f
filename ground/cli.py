"""The command `msr`.

The table below is all that it knows of its subcommands. The module of one is imported only when
that one is chosen, so that `msr --help` answers at once. Such a module offers

    configure(parser: argparse.ArgumentParser) -> None    its arguments
    run(arguments: argparse.Namespace) -> int             its work; the exit code

However a command ends, it ends here: by its answer, by a refusal, by a signal, by the machine or by
an error of its own. `ground.terminal.exit_codes` says with which code.
"""

import argparse
import contextlib
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from flight.runtime import libm
from ground.terminal import output
from ground.terminal.arguments import Parser, meant
from ground.terminal.collecting import collect_seldom
from ground.terminal.exit_codes import BROKE, REFUSED, UNKNOWN, YES, after_signal
from ground.terminal.signals import CHILD, ended_in_order, ending_signal


@dataclass(frozen=True)
class Subcommand:
    """One subcommand: its name, a line of help, and the module that does it."""

    name: str
    help: str
    module: str


SUBCOMMANDS = (
    Subcommand("fly", "fly a mission and keep its records", "ground.commands.fly"),
    Subcommand("pace", "hold back a flight that is under way", "ground.commands.pace"),
    Subcommand("control", "serve a run to people and scripts", "ground.commands.control"),
    Subcommand("console", "operate a run in a browser", "ground.commands.console"),
    Subcommand("send", "send a command to a vehicle", "ground.commands.send"),
    Subcommand("cancel", "take back what has not left", "ground.commands.cancel"),
    Subcommand("watch", "show channels as they come", "ground.commands.watch"),
    Subcommand("events", "list what was told", "ground.commands.events"),
    Subcommand("history", "list what was commanded", "ground.commands.history"),
    Subcommand("alarms", "list alarms, or see to one", "ground.commands.alarms"),
    Subcommand("passes", "list passes of relays", "ground.commands.passes"),
    Subcommand("procedure", "show or lead procedures", "ground.commands.procedure"),
    Subcommand("on-board", "tell what a vehicle has loaded", "ground.commands.on_board"),
    Subcommand("authority", "tell who holds what, and who may what", "ground.commands.authority"),
    Subcommand("limits", "list sets of limits, or put one in force", "ground.commands.limits"),
    Subcommand("train", "train those who operate a run", "ground.commands.train"),
    Subcommand("changes", "tell what has changed", "ground.commands.changes"),
    Subcommand("export", "write values for other programs", "ground.commands.export"),
    Subcommand("runs", "list kept runs, or remove old ones", "ground.commands.runs"),
    Subcommand("missions", "list the missions that there are", "ground.commands.missions"),
    Subcommand("verify", "set computed figures beside published ones", "ground.commands.verify"),
    Subcommand("windows", "list transfers to Mars and home", "ground.commands.windows"),
    Subcommand("drill", "break things and judge what must hold", "ground.commands.drill"),
    Subcommand("hil", "put a real device in the loop, and check it", "ground.commands.hil"),
    Subcommand("study", "fly many dispersed runs of one phase", "ground.commands.study"),
    Subcommand("trade", "fly variants of the MAV and choose between them", "ground.commands.trade"),
    Subcommand("measure", "measure bus, nodes and missions", "ground.commands.measure"),
    Subcommand("dictionary", "print commands, channels and events", "ground.commands.dictionary"),
    Subcommand("docs", "write or check the generated pages", "ground.commands.docs"),
    Subcommand("completion", "print what a shell completes with", "ground.commands.completion"),
)
RENAMED = {"bench": "measure"}


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
    if arguments is None and _began_as_msr() and not {"-h", "--help", "--version"} & set(given):
        libm.pin()
    if arguments is None:
        output.stand_in_for_closed()
        collect_seldom()
    try:
        with ended_in_order():
            return _answer(given, subcommands)
    except KeyboardInterrupt:
        return _ended_by(ending_signal())


def _began_as_msr() -> bool:
    """Whether the process is the command's own; another that calls `main` is not begun anew."""
    begun = sys.orig_argv[1:]
    return begun[:2] == ["-m", "ground.cli"] or os.path.basename(begun[0] if begun else "") == "msr"


def _answer(given: list[str], subcommands: Sequence[Subcommand]) -> int:
    """The exit code of a command, whatever becomes of it; raises KeyboardInterrupt, SystemExit."""
    output.take_any_character()
    try:
        try:
            return _work(given, subcommands)
        finally:
            output.flush()
    except BrokenPipeError:  # as of `msr verify | head`
        for stream in (sys.stdout, sys.stderr):
            output.forget(stream)
        return after_signal(signal.SIGPIPE)
    except Exception as error:
        return _broken(error)


def _work(given: list[str], subcommands: Sequence[Subcommand]) -> int:
    parser = make_parser(subcommands, next((word for word in given if word[:1] != "-"), None))
    if not given:
        parser.print_help()
        return YES
    parsed = parser.parse_args(given)
    try:
        os.getcwd()
    except FileNotFoundError:
        print("msr: the folder that you are in has been removed; go to another", file=sys.stderr)
        return REFUSED
    from flight.configuration.files import ConfigurationError

    try:
        return int(parsed.run(parsed))
    except ConfigurationError as error:
        print(f"msr: {error}", file=sys.stderr)
        return REFUSED


def make_parser(subcommands: Sequence[Subcommand], *chosen: str | None) -> Parser:
    """The parser of `msr`, with the arguments of the `chosen` subcommands."""
    parser = Parser(prog="msr", description="Three Forks: fly the Mars Sample Return campaign.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    names = [subcommand.name for subcommand in subcommands]
    for word in chosen:
        if word is not None and word not in names:
            _refuse_command(parser, word, names)
    choices = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", required=True, parser_class=Parser
    )
    for subcommand in subcommands:
        child = choices.add_parser(
            subcommand.name, help=subcommand.help, description=_sentence(subcommand.help)
        )
        if subcommand.name in chosen:
            module = importlib.import_module(subcommand.module)
            module.configure(child)
            child.set_defaults(run=module.run)
    return parser


def _refuse_command(parser: Parser, word: str, names: list[str]) -> NoReturn:
    if word in RENAMED:
        parser.error(f"`msr {word}` is called `msr {RENAMED[word]}` now")
    parser.error(f"there is no command {word!r}{meant(word, names)}; `msr --help` lists them")


def _broken(error: Exception) -> int:
    """Tells of an error that is no answer: of the machine, or of the program itself."""
    from ground.terminal import machine_trouble

    sentence = machine_trouble.sentence_of(error)
    try:
        if sentence:
            print(f"msr: {sentence}; what was under way is not finished", file=sys.stderr)
        else:
            traceback.print_exception(error)
            print(
                f"msr: the program broke ({type(error).__name__}): an error of its own, not of "
                "what it was given; please report it with the lines above",
                file=sys.stderr,
            )
        sys.stderr.flush()
    except OSError:
        output.forget(sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        output.forget(sys.stdout)
    return UNKNOWN if sentence else BROKE


def _ended_by(number: signal.Signals) -> int:
    if os.environ.get(CHILD) and number == signal.SIGTERM:
        return after_signal(number)  # by who started it, and tells what there is to tell
    said = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    with contextlib.suppress(OSError):  # the terminal may have gone
        print(f"msr: {said}", file=sys.stderr, flush=True)
    return after_signal(number)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    sys.exit(main())
