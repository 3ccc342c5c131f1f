"""The arguments of `msr console`."""

import argparse
from pathlib import Path

PACE = "50x"
MISSION = "surface"


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--demo",
        nargs="?",
        const="",
        default=None,
        metavar="MISSION",
        help=f"fly a mission to be operated (default: {MISSION})",
    )
    which.add_argument(
        "--branch",
        default=None,
        metavar="RUN_FOLDER@AT",
        help="go on from an instant of another run in a run of its own: a checkpoint of that run, "
        "or seconds of mission time; it stands there",
    )
    which.add_argument(
        "--at", type=Path, default=None, metavar="RUN_FOLDER", help="join a run that is under way"
    )
    which.add_argument(
        "--replay", type=Path, default=None, metavar="RUN_FOLDER",
        help="look at a run that has ended, on all screens and at any of its instants; nothing is "
        "sent, and the run is not written to",
    )  # fmt: skip
    parser.add_argument(
        "--drill",
        type=Path,
        default=None,
        metavar="FILE",
        help="--demo: fly the scenario of a drill file to where the drill begins, at full speed; "
        "its operator steps are for people",
    )
    parser.add_argument("--case", default="", help="--drill: which case of a file with cases")
    parser.add_argument(
        "--out", type=Path, default=None, help="--demo: folder of the run (default: runs/demo)"
    )
    parser.add_argument("--seed", type=int, default=None, help="--demo: seed of all chance")
    parser.add_argument(
        "--pace",
        default=None,
        metavar="R",
        help=f"--demo: mission seconds in a second (default: {PACE}; 0: it stands; max)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="--demo: fly a demo that died to where it was, at full speed, and go on from there",
    )
    parser.add_argument(
        "--anew",
        action="store_true",
        help="--demo: begin another one in the place of one that could be resumed, as its console "
        "was killed",
    )
    parser.add_argument(
        "--from-start",
        action="store_true",
        help="--demo: at its pace from the first second on; otherwise it flies to the end of the "
        "first pass at full speed, since before that nothing is to be seen (not with --pace 0)",
    )
    parser.add_argument("--port", type=int, default=8700, help="port of the page (default: 8700)")
    parser.add_argument(
        "--operators", default="demo", metavar="NAME", help="who there is (default: demo)"
    )
    parser.add_argument(
        "--no-spare",
        action="store_true",
        help="--demo: no process stands by to take the place of a run that is killed; it flies "
        "again from its record then, which takes the longer the older the mission is",
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument("--no-web", action="store_true", help="without the page: API alone")
