"""What `msr console` refuses before it starts anything."""

import argparse
import errno
import importlib.util
import socket
import time
from pathlib import Path

from flight.configuration.files import ConfigurationError
from ground.commands.paces import checked_pace

WEB = "ground.console"
WEB_NEEDS = ("starlette", "uvicorn", "websockets")
DEMO = Path("runs") / "demo"
PORT_IS_LEFT = 3.0  # wall seconds in which a page that ends leaves its port


def branch_off(arguments: argparse.Namespace) -> None:
    """Makes ready a demo that begins as a branch; raises ConfigurationError."""
    from ground.commands.branching import prepare

    run, _, at = arguments.branch.rpartition("@")
    prepare(Path(run), arguments.out, at)
    arguments.demo, arguments.resume = "", True


def _check_joined(folder: Path) -> None:
    """Refuses a run that cannot be joined any more; one that is about to begin can."""
    from ground.missions.run_folder import MARK, is_under_way, state_of

    if not folder.is_dir():
        raise ConfigurationError(str(folder), None, "--at", "there is no such run folder")
    if is_under_way(folder) or not (folder / MARK).exists():
        return
    from ground.commands.broken_off import can_be_resumed

    goes_on = f"`msr console --demo --resume --out {folder}` goes on from where it was, "
    raise ConfigurationError(
        str(folder), None, "--at",
        f"the run has ended ({state_of(folder)}), and nobody can operate it; "
        f"{goes_on if can_be_resumed(folder) else ''}`msr console "
        f"--replay {folder}` shows it at any of its instants, `msr history --replay "
        f"--at {folder}` tells it again, `msr fly --from {folder} --out FOLDER` flies it again",
    )  # fmt: skip


def _check_replayed(folder: Path) -> None:
    """Refuses what is no run that has ended, with an archive of its ground."""
    from ground.missions.run_folder import is_under_way

    why = ""
    if not folder.is_dir():
        why = "there is no such run folder"
    elif is_under_way(folder):
        why = f"this run is under way: `msr console --at {folder}` joins it"
    elif not (folder / "ground" / "archive.sqlite").is_file():
        why = "there is no archive of a run in it"
    if why:
        raise ConfigurationError(str(folder), None, "--replay", why)


def _check_broken_off(folder: Path, begins: bool) -> bool:
    """Whether the last console of a folder was killed. Waits for its processes then, and refuses to
    begin another demo over one that can go on."""
    from ground.commands.broken_off import await_its_end, can_be_resumed, how_far, was_killed

    if not was_killed(folder):
        return False
    await_its_end(folder)
    if begins and can_be_resumed(folder):
        raise ConfigurationError(
            str(folder), None, "--out",
            f"the console of this demo was killed{how_far(folder)}; --resume goes on from there "
            "with all that was asked of it, --anew begins another in its place, and another --out "
            "keeps it",
        )  # fmt: skip
    return True


def _check_free(folder: Path) -> None:
    """Refuses the folder of a run that is under way, or that somebody serves."""
    from ground.edge.lock import is_served
    from ground.missions.run_folder import is_under_way

    why = ""
    if is_served(folder):
        why = "mission control of this run folder is served already"
    elif is_under_way(folder):
        why = "another run is under way in this folder"
    if why:
        raise ConfigurationError(
            str(folder), None, "--out", f"{why}; `msr console --at {folder}` joins it where it is "
            "not served, and another --out is for another run",
        )  # fmt: skip


def _check_branch(arguments: argparse.Namespace) -> None:
    """Refuses what is no branch, and finds a folder for one."""
    run, at_sign, at = arguments.branch.rpartition("@")
    if not (at_sign and run and at):
        raise ConfigurationError(
            "command line", None, "--branch", f"= {arguments.branch}: allowed is RUN_FOLDER@AT"
        )
    for option in ("seed", "pace"):
        if getattr(arguments, option) is not None:
            problem = "is that of the run that it branches off from, and it stands at first"
            raise ConfigurationError("command line", None, f"--{option}", problem)
    if arguments.out is None:
        from ground.edge.branching import free_name

        try:
            arguments.out = free_name(Path(run), at)
        except ValueError as error:
            raise ConfigurationError("command line", None, "--branch", str(error)) from None


def _check_drill(arguments: argparse.Namespace) -> None:
    """Reads the drill: what it is flown in, and in whose name it begins."""
    if arguments.demo is None or arguments.resume:
        problem = "is for a run that --demo begins; a drill is in the record of one that is resumed"
        raise ConfigurationError("command line", None, "--drill", problem)
    from ground.api.operators import load_operators
    from ground.commands.drill_files import name_of, text_of
    from ground.commands.drill_way import request_of
    from ground.drills.variants import CASE, allowed_cases, load_variant

    file, case = arguments.drill, arguments.case
    text = text_of(file)
    if allowed := allowed_cases(file, case):
        raise ConfigurationError("command line", None, "--case", f"= {case}: allowed is {allowed}")
    drill = load_variant(file, {CASE: case} if case else {})
    if arguments.demo and arguments.demo != drill.scenario:
        problem = f"= {arguments.demo}: the scenario of {file} is {drill.scenario}"
        raise ConfigurationError("command line", None, "--demo", problem)
    people = load_operators(arguments.operators).users
    trainers = [user for user, each in people.items() if "trainer" in map(str, each.roles)]
    if not trainers:
        problem = f"= {arguments.operators}: nobody there is a trainer, who could begin the drill"
        raise ConfigurationError("command line", None, "--operators", problem)
    arguments.demo = drill.scenario
    arguments.seed = drill.seed if arguments.seed is None else arguments.seed
    arguments.drill_begins = (trainers[0], request_of(name_of(file), text, case))


def check(arguments: argparse.Namespace) -> None:
    """Refuses what cannot be, before anything is started."""
    after_a_death = False
    if arguments.at is not None or arguments.replay is not None:
        for option in ("out", "seed", "pace", "drill"):
            if getattr(arguments, option) is not None:
                raise ConfigurationError(
                    "command line", None, f"--{option}", "is for a run that --demo starts"
                )
        for option in ("resume", "from_start", "no_spare", "anew"):
            if getattr(arguments, option):
                name = f"--{option.replace('_', '-')}"
                raise ConfigurationError("command line", None, name, "is for --demo")
        if arguments.at is not None:
            _check_joined(arguments.at)
        else:
            _check_replayed(arguments.replay)
    else:
        if arguments.branch is not None:
            _check_branch(arguments)
        if arguments.drill is not None:
            _check_drill(arguments)
        if arguments.anew and (arguments.resume or arguments.demo is None):
            problem = "begins another demo in the place of one that could go on: it is for --demo"
            raise ConfigurationError("command line", None, "--anew", problem)
        folder = arguments.out or DEMO
        begins = arguments.demo is not None and not (arguments.resume or arguments.anew)
        after_a_death = _check_broken_off(folder, begins)
        _check_free(folder)
    if not 0 < arguments.port < 65536:
        raise ConfigurationError(
            "command line", None, "--port", f"= {arguments.port}: allowed is 1 to 65535"
        )
    if arguments.pace is not None:
        try:
            checked_pace(arguments.pace)
        except ValueError as error:
            raise ConfigurationError("command line", None, "--pace", str(error)) from None
    if arguments.no_web:
        return
    missing = [name for name in (WEB, *WEB_NEEDS) if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            "command line", None, "console",
            f"needs {', '.join(missing)} for its page, which is not installed; --no-web serves the "
            "API alone",
        )  # fmt: skip
    _check_port(arguments.port, PORT_IS_LEFT if after_a_death else 0.0)


def _check_port(port: int, patience: float) -> None:
    """Refuses a port that is in use, and is so for longer than `patience` s."""
    end = time.monotonic() + patience
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() >= end:
                    raise ConfigurationError(
                        "command line", None, "--port", f"= {port}: {error.strerror}"
                    ) from error
        time.sleep(0.05)
