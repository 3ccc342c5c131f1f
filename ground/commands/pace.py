"""`msr pace`: how fast a flight goes that was begun with `msr fly --pace`."""

import argparse
import json
import sys
from math import inf
from pathlib import Path

from flight.configuration.files import ConfigurationError
from ground.commands.paces import checked_pace
from ground.terminal.exit_codes import NO, REFUSED, YES


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("folder", type=Path, help="folder of the run")
    parser.add_argument(
        "pace",
        nargs="?",
        default=None,
        help="mission seconds in a second (50 or 50x), `pause`, or `max`; without: say how it goes",
    )
    parser.add_argument(
        "--until",
        type=float,
        default=None,
        metavar="SECONDS",
        help="run to that mission time, and stand there",
    )
    parser.add_argument(
        "--until-event",
        default=None,
        metavar="VEHICLE.EVENT",
        help="run until this event is heard, and stand there",
    )
    parser.add_argument(
        "--until-verdict",
        default=None,
        metavar="IDENTIFIER",
        help="run until this command has its verdict on the ground, and stand there",
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Asks; REFUSED when the run says no; NO when none is there, or none answers. Raises
    ConfigurationError."""
    from ground.testbed.operating.run_control import (
        ControlRefused,
        NoRequest,
        RefusedByRun,
        RunControl,
    )

    told, rate = _told(arguments), _rate(arguments)
    try:
        with RunControl(arguments.folder) as control:
            if arguments.pace is None and arguments.until is None and told is None:
                state = control.look()
            else:
                _check_not_resuming(arguments.folder, control.look()["time"])
                state = control.pace(rate, arguments.until, told)
    except (ControlRefused, ValueError) as refusal:
        print(f"msr pace: {refusal}", file=sys.stderr)
        no = isinstance(refusal, NoRequest | RefusedByRun | ValueError)
        return REFUSED if no else NO
    if arguments.json:
        print(json.dumps(state))
        return YES
    pace = state["pace"]
    words = "as fast as it goes" if pace is None else "stands" if pace == 0 else f"{pace:g}x"
    until = "" if state["until"] is None else f", to {state['until']:.3f} s"
    until += f", to {state['told']}" if state.get("told") else ""
    print(f"{state['time']:.3f} s of mission time; {words}{until}; {state['inputs']} inputs so far")
    return YES


def _check_not_resuming(folder: Path, time: float) -> None:
    """Raises ValueError while the run flies to where it was: it is let go on by who resumes it."""
    from ground.edge.private_files import state_folder
    from ground.edge.standing import GOAL, read_standing

    goal = read_standing(state_folder(folder) / GOAL)
    if goal is not None and time * 1e9 < goal.time_ns:
        raise ValueError(
            f"{folder}: the run flies again to where it was, {goal.time_ns / 1e9:.3f} s; its pace "
            "is changed when it is there"
        )


def _told(arguments: argparse.Namespace) -> dict[str, str] | None:
    """What is to be heard; raises ConfigurationError."""
    event, verdict = arguments.until_event, arguments.until_verdict
    if event is not None and verdict is not None:
        raise _refused("--until-event", "allowed is that or --until-verdict, not both")
    if verdict == "":
        raise _refused("--until-verdict", "= : allowed is the identifier of a command")
    if verdict is not None:
        return {"verdict": verdict}
    if event is None:
        return None
    vehicle, dot, name = event.partition(".")
    if not (vehicle and dot and name):
        raise _refused("--until-event", f"= {event}: allowed is VEHICLE.EVENT")
    return {"vehicle": vehicle, "event": name}


def _rate(arguments: argparse.Namespace) -> float | None:
    """None: as fast as it goes; raises ConfigurationError."""
    from ground.testbed.operating.run_control import nanoseconds_of

    text, until = arguments.pace, arguments.until
    try:
        rate = 0.0 if text == "pause" else checked_pace("max" if text is None else text)
    except ValueError as error:
        raise _refused("PACE", f"= {error}, or pause") from None
    try:
        if until is not None:
            nanoseconds_of(until)
    except ValueError as error:
        raise _refused("--until", str(error).removeprefix("until ")) from None
    for option in ("until", "until_event", "until_verdict"):
        given = getattr(arguments, option)
        if rate == 0.0 and given is not None:
            problem = f"= {given}: a run that is paused comes to nothing; allowed is a pace above 0"
            raise _refused(f"--{option.replace('_', '-')}", problem)
    return None if rate == inf else rate


def _refused(key: str, problem: str) -> ConfigurationError:
    return ConfigurationError("command line", None, key, problem)
