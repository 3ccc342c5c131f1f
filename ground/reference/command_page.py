"""The command `msr` as a page: every subcommand with its arguments, from its parser."""

import argparse
import importlib
from collections.abc import Iterable
from typing import Protocol

from ground.reference.markdown import code, one_line, page, table

PATH = "reference/commands.md"
EXIT_CODES = """\
| exit code | meaning |
| --- | --- |
| 0 | yes: done, and well; `msr` alone, which prints its help |
| 1 | no: a mission or a drill failed, a required figure missed, a loss was claimed \
as a landing, a page was stale, no transfer was found |
| 2 | refused: a wrong argument or file, named in a sentence; nothing was touched or started |
| 3 | unknown: the machine did not let it end, such as a full disk, and what was \
written is incomplete; or a drill could not be judged |
| 4 | the program broke: an error of its own, with a traceback on standard error |
| 128 + n | ended by the signal n, in order: 130 by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP, 141 \
when nobody read on, as of `msr verify \\| head` |
"""


class Subcommand(Protocol):
    """What is to be known of a subcommand: its name, a line of help, and its module."""

    @property
    def name(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def module(self) -> str: ...


def command_page(subcommands: Iterable[Subcommand]) -> dict[str, str]:
    """The page by its path."""
    parts = [part for each in subcommands for part in _section(each)]
    introduction = "`msr --help` lists the subcommands, `msr COMMAND --help` the arguments of one."
    made_from = "the parsers in ground/"
    return {PATH: page("The command msr", made_from, introduction, EXIT_CODES.strip(), *parts)}


def _section(subcommand: Subcommand) -> list[str]:
    # Not by the help text of argparse: its form differs between versions of Python.
    parser = argparse.ArgumentParser(prog=f"msr {subcommand.name}", add_help=False)
    importlib.import_module(subcommand.module).configure(parser)
    return [
        f"## msr {subcommand.name}",
        f"{subcommand.help[0].upper()}{subcommand.help[1:]}.",
        _arguments(parser),
        *_children(parser),
    ]


def _arguments(parser: argparse.ArgumentParser) -> str:
    rows = [row for each in _actions(parser) if (row := _row(each)) is not None]
    return table(("Argument", "What it is"), rows)


def _children(parser: argparse.ArgumentParser) -> list[str]:
    """The subcommands of a subcommand, such as `msr study landing`."""
    parts = []
    for action in _actions(parser):
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                parts += [f"### {child.prog.removeprefix('usage: ')}", _arguments(child)]
    return parts


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # argparse offers no other way to list them


def _row(action: argparse.Action) -> list[str] | None:
    if action.help is argparse.SUPPRESS or "--help" in action.option_strings:
        return None
    help_text = one_line((action.help or "") % {"default": action.default, "prog": "msr"})
    return [code(_usage(action)), help_text + _extra(action)]


def _usage(action: argparse.Action) -> str:
    value = _value(action)
    if not action.option_strings:
        return f"[{value}]" if action.nargs in ("?", "*") else value
    return f"{', '.join(action.option_strings)}{' ' + value if action.nargs != 0 else ''}"


def _value(action: argparse.Action) -> str:
    if action.metavar is not None:
        return action.metavar if isinstance(action.metavar, str) else " ".join(action.metavar)
    return action.dest.upper()


def _extra(action: argparse.Action) -> str:
    """The choices, where the help does not name them all."""
    choices = [str(choice) for choice in action.choices or ()]
    if not choices or all(choice in (action.help or "") for choice in choices):
        return ""
    return f" (one of {', '.join(map(code, choices))})"
