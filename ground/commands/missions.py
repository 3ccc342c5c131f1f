"""`msr missions`: which missions there are, how long they take, and what happens in them."""

import argparse
import textwrap

from flight.configuration.files import configs_folder
from ground.missions.mission import LoadedMission, load_mission
from ground.terminal.exit_codes import YES

_WIDTH = 80
_INDENT = "    "


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments: none."""


def run(arguments: argparse.Namespace) -> int:
    """Prints the list; raises ConfigurationError for a mission file that is wrong."""
    for name in mission_names():
        print(paragraph(load_mission(name)))
    print("`msr fly NAME` flies one of them.")
    return YES


def mission_names() -> list[str]:
    """The names of all missions that there are, in order."""
    return sorted(file.stem for file in (configs_folder() / "missions").glob("*.yaml"))


def paragraph(loaded: LoadedMission) -> str:
    """A mission as a paragraph of at most 80 columns."""
    mission = loaded.mission
    tubes = len(loaded.wanted) + len(loaded.held)
    head = f"{loaded.name}: {mission.title}"
    figures = (
        f"some {mission.expected_duration:g} sols, {tubes} {'tube' if tubes == 1 else 'tubes'}, "
        f"{len(loaded.vehicles)} vehicles"
    )
    parts = [head, figures, mission.description]
    lines = [
        line
        for index, part in enumerate(parts)
        for line in textwrap.wrap(
            part,
            _WIDTH,
            initial_indent=_INDENT if index else "",
            subsequent_indent=_INDENT,
        )
    ]
    return "\n".join(lines) + "\n"
