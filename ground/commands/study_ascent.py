"""`msr study ascent`: dispersed launches of the MAV, open loop and closed loop side by side."""

import argparse

from ground.commands.study_arguments import (
    add_study_arguments,
    check_study_arguments,
    refused,
    say_broken_off,
)
from ground.terminal.exit_codes import YES

STEERING = {"both": (False, True), "open": (False,), "closed": (True,)}
"""By the option: whether the loop is closed, for each way that is flown."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_study_arguments(parser, "launches", 100)
    parser.add_argument(
        "--cycle", type=float, default=0.02, help="control cycle in s (default 0.02, as in flight)"
    )
    parser.add_argument(
        "--loop", choices=tuple(STEERING), default="both", help="how it is steered (default both)"
    )


def run(arguments: argparse.Namespace) -> int:
    """YES: flown and judged; raises ConfigurationError.

    Where a signal ends it, KeyboardInterrupt is raised once what was flown is judged and written.
    """
    if not 0.01 <= arguments.cycle <= 0.05:
        raise refused("--cycle", arguments.cycle, "0.01 to 0.05 s")
    check_study_arguments(arguments)
    # Imported late: other calls of `msr` need none of it.
    from ground.studies.ascent_study import compare, fly_study, markdown, vehicle_file, write
    from ground.studies.study_runs import BrokenOffError
    from ground.terminal import progress

    vehicle_file()  # refuses an impossible vehicle before any process is started

    steering = STEERING[arguments.loop]
    try:
        results = fly_study(
            arguments.runs, arguments.workers, first=arguments.first, cycle=arguments.cycle,
            steering=steering, progress=progress.count("ascents"),
        )  # fmt: skip
    except BrokenOffError as broken:
        whole = len(broken.results) // len(steering)
        if whole:
            flown = broken.results[: whole * len(steering)]
            say_broken_off(arguments, whole)
            print(markdown(compare(flown)), end="")
            if arguments.out is not None:
                write(arguments.out, flown, compare(flown))
        raise
    sides = compare(results)
    print(markdown(sides), end="")
    if arguments.out is not None:
        from ground.studies.draw import draw_study

        write(arguments.out, results, sides)
        draw_study("ascent", results, arguments.out)
    return YES
