"""The arguments of a command: its own usage with each refusal, and what may have been meant."""

import argparse
import difflib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from ground.terminal.exit_codes import REFUSED

_NUMBERS: dict[Any, str] = {int: "a whole number", float: "a number"}


class Parser(argparse.ArgumentParser):
    """Refuses in the name of the command that was called, and suggests."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, but what is not known is refused here, not by the command above."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            word = unknown[0].partition("=")[0]
            if word.startswith("-"):
                self.error(f"there is no option {word}{meant(word, self._option_string_actions)}")
            self.error(f"{word!r} is one argument too many")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """Prints the usage of this command and the sentence, and leaves with 2."""
        self.exit(REFUSED, f"{self.format_usage()}{self.prog}: {message}\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        if message:  # argparse keeps to itself that an output is full
            print(message, end="", file=file or sys.stderr, flush=True)

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        # The path of an empty text is the folder in which one stands, which nobody has named: as
        # of a variable of the shell that is not set.
        if action.type is Path and not arg_string:
            problem = "'': allowed is a path, such as . for the folder that you are in"
            raise argparse.ArgumentError(action, problem)
        try:
            return super()._get_value(action, arg_string)
        except argparse.ArgumentError as error:
            allowed = _NUMBERS.get(action.type)
            if allowed is None or not error.message.startswith("invalid "):
                raise
            problem = f"{arg_string!r}: allowed is {allowed}"
            raise argparse.ArgumentError(action, problem) from None

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        names = [str(name) for name in action.choices]
        raise argparse.ArgumentError(
            action,
            f"there is no {value!r}{meant(str(value), names)}; allowed is {', '.join(names)}",
        )


def meant(given: str, names: Iterable[str]) -> str:
    """` (did you mean ...?)`, or nothing when no name is near."""
    near = difflib.get_close_matches(given, list(names), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
