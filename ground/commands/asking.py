"""What the commands share that ask mission control: where it is, who asks, and how it is told."""

import argparse
import asyncio
import getpass
import json
import math
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ground.terminal.exit_codes import NO, REFUSED, UNKNOWN

if TYPE_CHECKING:
    from ground.client import MissionControl

NANOSECONDS = 1_000_000_000
LONGEST_PASSWORD = 200  # characters, as mission control takes them
USER = "MSR_USER"  # the environment's word for who asks


def configure_asking(parser: argparse.ArgumentParser, json_help: str = "print JSON") -> None:
    """Where, who, and how it is told."""
    parser.add_argument(
        "--at",
        type=Path,
        default=None,
        metavar="RUN_FOLDER",
        help="folder of the run, or a person's key file (default: the one run in runs/ that is "
        "served)",
    )
    parser.add_argument(
        "--user",
        default=None,
        help=f"who asks (default: ${USER}, or who alone has a saved session on this machine)",
    )
    parser.add_argument(
        "--password-file",
        type=Path,
        default=None,
        metavar="FILE",
        help="a file with the password (default: it is asked for where no session is saved)",
    )
    parser.add_argument("--json", action="store_true", help=json_help)


def ask(arguments: argparse.Namespace, work: "Callable[[MissionControl], Awaitable[int]]") -> int:
    """The exit code of what `work` does with mission control. REFUSED: it says no; UNKNOWN: it does
    not answer, and nobody knows."""
    from ground.client import MissionControlError, NeedsApproval, Refused

    try:
        return asyncio.run(_asked(arguments, work))
    except NeedsApproval as waits:
        code, words = NO, str(waits)
    except Refused as refusal:
        code, words = REFUSED, str(refusal)
    except MissionControlError as error:
        code, words = UNKNOWN, str(error)
    print(f"msr {arguments.command}: {words}", file=sys.stderr)
    return code


async def _asked(
    arguments: argparse.Namespace, work: "Callable[[MissionControl], Awaitable[int]]"
) -> int:
    from ground.client import MissionControl

    place = arguments.at if arguments.at is not None else _served_place()
    user, password = _who(arguments, place)
    async with MissionControl(place, user=user, password=password) as mc:
        if password:
            mc.remember()
        return await work(mc)


def _served_place() -> Path:
    from ground.client import Refused

    served = sorted(file.parent for file in Path("runs").glob("*/api.json"))
    if len(served) == 1:
        return served[0]
    names = ", ".join(map(str, served)) or "none"
    raise Refused(f"say which run with --at RUN_FOLDER; served below runs/: {names}")


def _who(arguments: argparse.Namespace, place: Path) -> tuple[str, str]:
    """Name and password; no password where a session is saved, nothing where a key says it."""
    from ground.client import Refused, find_api
    from ground.client.finding import saved_people, saved_session

    api = find_api(place)
    if api.user:
        return "", ""
    people = saved_people(api)
    user = arguments.user or os.environ.get(USER) or (people[0] if len(people) == 1 else "")
    if not user:
        saved = f"; sessions are saved of {', '.join(people)}" if people else ""
        raise Refused(f"say who you are with --user{saved}")
    if arguments.password_file is not None:
        try:
            # A pipe is as good, as `<(pass show anna)` gives one: but not one without end.
            with arguments.password_file.open(encoding="utf-8") as file:
                return user, file.read(LONGEST_PASSWORD + 1).rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "holds no text"
            raise Refused(f"{arguments.password_file}: {why}") from error
    if saved_session(api, user):
        return user, ""
    if not sys.stdin.isatty():
        raise Refused(f"no session of {user} is saved here; give --password-file")
    return user, getpass.getpass(f"Password of {user}: ")


# ------------------------------------------------------------------- telling


def print_json(plain: Any) -> None:
    """One line of JSON."""
    print(json.dumps(plain, ensure_ascii=False, default=str), flush=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], nothing: str) -> None:
    """A table, or the sentence `nothing`."""
    from rich import box
    from rich.table import Table

    from ground.terminal.screen import make_screen

    if not rows:
        print(nothing)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(shown, row))
    make_screen().print(table)


def shown(value: Any) -> str:
    """A value in a table."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{name}={shown(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return str(value)


def rows_of(result: Any, name: str) -> list[Any]:
    """The rows of an answer: a list, or a map with one."""
    if isinstance(result, dict):
        result = result.get(name, [])
    return list(result)


def need_vehicle(hello: Any, name: str | None) -> None:
    """Raises Refused for a vehicle that is not in the run that `hello` tells of."""
    from ground.client import Refused

    names = [each["name"] for each in hello.get("vehicles", ())]
    if name is not None and name not in names:
        raise Refused(f"vehicle = {name!r}: allowed is one of {', '.join(names)}")


class Times:
    """Mission time as UTC, from a run's `epoch_utc`."""

    def __init__(self, epoch: str) -> None:
        self._epoch = datetime.fromisoformat(epoch.removesuffix("Z"))

    def utc(self, time_ns: int | None) -> str:
        """`2033-03-01 12:00:05`; `-` for none."""
        if time_ns is None:
            return "-"
        when = self._epoch + timedelta(seconds=time_ns / NANOSECONDS)
        return when.isoformat(" ", "seconds")


    def read(self, text: str, option: str) -> int:
        """Mission time (ns) of `2033-03-01 12:00:05`, UTC; raises ConfigurationError."""
        from flight.configuration.files import ConfigurationError

        try:
            when = datetime.fromisoformat(text.removesuffix("Z"))
            since = when - self._epoch  # a TypeError where one of the two has a zone
        except (ValueError, TypeError):
            problem = f"= {text!r}: allowed is an hour of UTC, as 2033-03-01 12:00:05"
            raise ConfigurationError("command line", None, option, problem) from None
        return round(since / timedelta(microseconds=1)) * 1000


async def times_of(mc: "MissionControl") -> Times:
    """The times of a run."""
    return Times(str((await mc.hello())["epoch_utc"]))


def finite(text: str) -> float:
    """A number of an option: of hours or seconds that a mission can have."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= 1e9:  # also false for what is no number
        raise argparse.ArgumentTypeError(f"{text!r}: allowed is a number up to 1e9")
    return value


def read_value(text: str) -> Any:
    """`3`, `true`, `[1, 2]` as JSON has it; anything else is a text."""
    from flight.configuration.outside_files import UNDECODABLE

    try:
        return json.loads(text)
    except UNDECODABLE:
        return text


def read_pairs(words: Sequence[str]) -> dict[str, Any]:
    """`name=value` words; raises ConfigurationError for one that is none."""
    from flight.configuration.files import ConfigurationError

    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            problem = "is no argument: allowed is name=value"
            raise ConfigurationError("command line", None, word, problem)
        if name in pairs:
            raise ConfigurationError("command line", None, name, "is given twice")
        pairs[name] = read_value(value)
    return pairs
