"""`msr study`: many dispersed runs of one phase, and what share of them comes out well.

The table below is all that it knows of the studies; each module offers `configure(parser)` and
`run(arguments) -> int`, as the subcommands of `msr` do.
"""

import argparse
import importlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Study:
    """One study: its name, a line of help, and the module that does it."""

    name: str
    help: str
    module: str


STUDIES = (
    Study(
        "ascent",
        "dispersed launches of the MAV, open loop and closed loop",
        "ground.commands.study_ascent",
    ),
    Study(
        "landing",
        "dispersed landings of the lander",
        "ground.commands.study_landing",
    ),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments: those of the studies that there are."""
    choices = parser.add_subparsers(title="studies", metavar="STUDY", required=True)
    for study in STUDIES:
        child = choices.add_parser(study.name, help=study.help)
        module = importlib.import_module(study.module)
        module.configure(child)
        child.set_defaults(run_study=module.run)


def run(arguments: argparse.Namespace) -> int:
    """Does the study that was chosen."""
    return int(arguments.run_study(arguments))
