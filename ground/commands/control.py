"""`msr control`: serves mission control of a run to people and scripts."""

import argparse
import asyncio
import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flight.configuration.files import ConfigurationError
from ground.terminal.exit_codes import YES

if TYPE_CHECKING:
    from ground.edge import Edge, EdgeOptions


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=None,
        metavar="RUN_FOLDER",
        help="folder of a run that was begun with `msr fly --pace`, or will be",
    )
    parser.add_argument(
        "--operators",
        default="demo",
        metavar="NAME",
        help="who there is: a file in configs/operators, or a path (default: demo)",
    )
    parser.add_argument(
        "--secrets",
        type=Path,
        default=None,
        metavar="FILE",
        help="file of the passwords, of mode 0600 (default: secrets.json in "
        "$XDG_CONFIG_HOME/threeforks)",
    )
    parser.add_argument(
        "--tcp",
        type=_port,
        default=None,
        metavar="PORT",
        help="serve who has a person's key as well, on this loopback port and the next (0: any "
        "two); keys are made for the run",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        help="make a one-time login link and a saved session for each person",
    )
    parser.add_argument(
        "--no-previews",
        action="store_true",
        help="nobody flies commands on a twin before they are sent, as in a drill with people",
    )
    parser.add_argument(
        "--branches",
        action="store_true",
        help="leave a trainer's wish for a branch to who has started this, as `msr console` does",
    )
    parser.add_argument(
        "--set-password",
        default=None,
        metavar="USER",
        help="give this person a password, which is asked for or read from standard input, and end",
    )
    parser.add_argument(
        "--json", action="store_true", help="print addresses, links and key files as one line"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serves until it is interrupted; raises ConfigurationError before anything is served."""
    from ground.api.operators import load_operators
    from ground.edge import EdgeOptions

    operators = load_operators(arguments.operators)
    users = operators.users
    people = {user: frozenset(map(str, each.roles)) for user, each in users.items()}
    if arguments.set_password is not None:
        return _set_password(arguments.set_password, arguments.secrets, list(people))
    folder = arguments.folder
    if folder is None:
        raise ConfigurationError("command line", None, "RUN_FOLDER", "is missing: say which run")
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(str(folder), None, "RUN_FOLDER", "is no folder")
    options = EdgeOptions(
        people, arguments.secrets, arguments.tcp, arguments.demo, not arguments.no_previews,
        arguments.branches, times=operators.times,
    )  # fmt: skip
    asyncio.run(_serve(folder, options, arguments))
    return YES


async def _serve(folder: Path, options: "EdgeOptions", arguments: argparse.Namespace) -> None:
    from ground.edge import Edge

    async with Edge(folder, options) as edge:
        _tell(edge, options, arguments)
        await edge.ended()


def _tell(edge: "Edge", options: "EdgeOptions", arguments: argparse.Namespace) -> None:
    links = {user: edge.sessions.make_link(user) for user in options.people if arguments.demo}
    if arguments.json:
        told = {
            "requests": edge.requests,
            "streams": edge.streams,
            "links": links,
            "roles": {user: sorted(roles) for user, roles in options.people.items()},
            "keys": [str(file) for file in edge.key_files],
        }
        print(json.dumps(told), flush=True)
        return
    print(f"mission control of {arguments.folder} is served; Ctrl-C ends that")
    for user, roles in options.people.items():
        print(f"  {user}: {', '.join(sorted(roles))}")
    for file in edge.key_files:
        print(f"  key: {file}")
    for user, token in links.items():
        print(f"  once, for {user}: /login?token={token}")
    sys.stdout.flush()


def _set_password(user: str, secrets: Path | None, people: list[str]) -> int:
    from ground.edge.passwords import set_password
    from ground.edge.private_files import secrets_file

    if user not in people:
        allowed = ", ".join(people)
        raise ConfigurationError(
            "command line", None, "--set-password", f"= {user}: allowed is one of {allowed}"
        )
    if sys.stdin.isatty():
        password = getpass.getpass(f"New password of {user}: ")
        if getpass.getpass("Once more: ") != password:
            problem = "was typed twice, and not the same"
            raise ConfigurationError("command line", None, "password", problem)
    else:
        password = sys.stdin.readline().rstrip("\n")
    file = secrets or secrets_file()
    try:
        set_password(file, user, password)
    except ValueError as error:
        raise ConfigurationError("command line", None, "password", str(error)) from None
    print(f"{user} has a new password in {file}")
    return YES


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65534:  # the next is taken, too
        raise argparse.ArgumentTypeError(f"{text!r}: allowed is a port from 0 to 65534")
    return int(text)
