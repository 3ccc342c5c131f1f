"""`msr hil arm | safe | stop | release | inject | heal | swap`, `lock`, `unlock`, `locks`."""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.configuration.files import ConfigurationError
from ground.terminal.exit_codes import NO, REFUSED, YES
from ground.terminal.user_names import user_name
from sim_hw.faults.line_names import KINDS

if TYPE_CHECKING:
    from ground.testbed.bench.file import BenchFile

WHO = "who you are (default: the user)"
LONGEST_NAME = 80  # characters
ORDERS = ("arm", "safe", "stop", "release", "inject", "heal", "swap")
STOPS = ("safe", "stop")
OWN_STOP = (
    "; what is real may move still: stop it by the bench's own stop (its key, its file), or switch "
    "it off"
)
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def configure(works: Any) -> None:
    """Declares the works and their arguments."""
    for work, help_text in (
        ("arm", "let a real device of a run that is under way move, for a time"),
        ("safe", "make a real device of a run safe, or all of them"),
        ("stop", "stop all that is real in a run: safe, and latched until it is released"),
        ("release", "release that stop"),
        ("inject", "break the line of a real device of a run, as its bench file allows"),
        ("heal", "mend that line"),
        ("swap", "put a spare of the bench file in the place of a real device of a run"),
    ):
        parser = works.add_parser(work, help=help_text)
        parser.add_argument("folder", type=Path, help="folder of the run")
        if work not in ("stop", "release"):
            optional: dict[str, Any] = {"nargs": "?", "default": ""} if work == "safe" else {}
            parser.add_argument("service", help="such as rover.wheels", **optional)
        if work == "inject":
            parser.add_argument("kind", help=", ".join(KINDS))
            parser.add_argument(
                "--figure", type=float, default=None, help="s of a delay (0.2); share of drop and "
                "corrupt (0.5)"
            )  # fmt: skip
        if work == "swap":
            parser.add_argument("kind", metavar="serial", help="of the one that is put in")
        if work == "arm":
            parser.add_argument("--for", dest="time", required=True, help="such as 15m, 90s or 1h")
        parser.add_argument("--as", dest="who", default=None, help=WHO)
    for work, help_text in (
        ("lock", "put the devices of a bench by for yourself"),
        ("unlock", "let go of them"),
    ):
        parser = works.add_parser(work, help=help_text)
        parser.add_argument("bench", help="name in configs/benches, or the path of such a file")
        if work == "lock":
            parser.add_argument("--for", dest="time", required=True, help="such as 2h or 30m")
            parser.add_argument(
                "--wait", default=None, metavar="TIME", help="wait so long for what somebody "
                "holds, behind those who wait already (default: refuse)"
            )  # fmt: skip
        parser.add_argument("--as", dest="who", default=None, help=WHO)
    works.add_parser("locks", help="which devices are held, by whom, and for how long")


def order(arguments: argparse.Namespace) -> int:
    """Orders something of the bench of a run; REFUSED when that says no; NO when none is there, or
    none answers."""
    from ground.testbed.operating.run_control import (
        ControlRefused,
        NoRequest,
        RefusedByRun,
        RunControl,
    )

    seconds = seconds_of(arguments.time) if arguments.work == "arm" else None
    who = who_of(arguments)
    service = getattr(arguments, "service", "")
    try:
        with RunControl(arguments.folder) as control:
            kind, figure = getattr(arguments, "kind", ""), getattr(arguments, "figure", None)
            control.order(arguments.work, who, service, seconds, kind, figure)
    except ControlRefused as refusal:
        asked = isinstance(refusal, NoRequest | RefusedByRun)
        more = "" if asked or arguments.work not in STOPS else OWN_STOP
        print(f"msr hil {arguments.work}: {refusal}{more}", file=sys.stderr)
        return REFUSED if asked else NO
    print(f"{arguments.work}: asked of the bench; events.jsonl tells what became of it")
    return YES


def lock(arguments: argparse.Namespace) -> int:
    """Holds or lets go of the devices of a bench; raises ConfigurationError."""
    from ground.testbed.bench.file import load_bench
    from ground.testbed.bench.locks import RESERVED, Held, Locks
    from ground.testbed.bench.opening import lock_keys, note_waiting

    seconds = seconds_of(arguments.time) if arguments.work == "lock" else 0.0
    file, bench = load_bench(arguments.bench, allow_network=True)
    keys, who = lock_keys(bench), who_of(arguments)
    try:
        if arguments.work == "unlock":
            gone = Locks().release(keys, who)
            print(f"let go of {', '.join(gone) or 'nothing'}")
            return YES if gone else NO
        name = arguments.bench if file.stem == arguments.bench else str(file.resolve())
        if wait := wait_of(arguments):
            taken = Locks().take_in_line(
                keys, who, RESERVED, wait=wait, pid=os.getpid(), seconds=seconds, bench=name,
                tell=note_waiting(wait),
            )  # fmt: skip
        else:
            taken = Locks().take(keys, who, RESERVED, seconds=seconds, bench=name)
        for told in taken:
            print(f"note: {told}")
    except Held as error:
        raise ConfigurationError(str(file), None, "devices", str(error)) from None
    print(f"{who} holds {', '.join(keys)} for {seconds:g} s")
    return YES


def stop_key(bench: "BenchFile") -> int:
    """Where the key that stops is heard; -1 without one, and where no terminal can be heard: that
    is told."""
    stop = bench.interlock.e_stop
    if not stop.key:
        return -1
    if sys.stdin is not None and sys.stdin.isatty():
        return sys.stdin.fileno()
    others = [
        f"the file {stop.file}" if stop.file else "",
        f"the line {stop.input}" if stop.input else "",
        "`msr hil stop RUN`",
    ]
    print(
        f"warning: nobody hears the key {stop.key} that stops, for standard input is no terminal; "
        f"what stops is {' or '.join(filter(None, others))}",
        file=sys.stderr,
    )
    return -1


def locks(_: argparse.Namespace) -> int:
    """Prints what is held."""
    from ground.testbed.bench.locks import Held, Locks

    try:
        held = Locks().held()
    except Held as error:
        raise ConfigurationError("locks", None, "", str(error)) from None
    for each in held:
        print(each.words(time.time()))
    if not held:
        print("nothing is held")
    return YES


def wait_of(arguments: argparse.Namespace) -> float:
    """s of `--wait`, 0.0 without; raises ConfigurationError."""
    return 0.0 if arguments.wait is None else seconds_of(arguments.wait, "--wait")


def seconds_of(text: str, option: str = "--for") -> float:
    """Of a time such as 15m; raises ConfigurationError."""
    number, unit = (text[:-1], text[-1:]) if text[-1:] in SECONDS else (text, "s")
    try:
        seconds = float(number) * SECONDS[unit]
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 86_400.0:
        problem = f"= {text}: allowed is a time up to 24h, such as 90s, 15m or 2h"
        raise ConfigurationError("command line", None, option, problem)
    return seconds


def who_of(arguments: argparse.Namespace) -> str:
    """The name of `--as`, else the user's; raises ConfigurationError where it is no name."""
    given = arguments.who
    if given is None:
        return str(os.environ.get("SUDO_USER") or user_name())
    if not given.strip() or not given.isprintable() or len(given) > LONGEST_NAME:
        problem = f"= {given!r}: allowed is a name of 1 to {LONGEST_NAME} characters, in print"
        raise ConfigurationError("command line", None, "--as", problem)
    return str(given)
