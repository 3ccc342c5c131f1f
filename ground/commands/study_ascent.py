"""`msr study ascent`: dispersed launches of the MAV, open loop and closed loop side by side."""

import argparse
import sys

from ground.commands.study_arguments import REFUSED, add_study_arguments, refusal


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_study_arguments(parser, "launches", 100)
    parser.add_argument(
        "--cycle", type=float, default=0.04, help="control cycle in s (default 0.04; flight 0.02)"
    )


def run(arguments: argparse.Namespace) -> int:
    """0: flown and judged; 2: the call was refused."""
    problem = _refusal(arguments)
    if problem:
        print(f"msr study ascent: {problem}", file=sys.stderr)
        return REFUSED
    # Imported late: other calls of `msr` need none of it.
    from ground.studies.ascent_study import compare, fly_study, markdown, vehicle_file, write
    from ground.studies.study_runs import count_on_terminal

    vehicle_file()  # refuses an impossible vehicle before any process is started

    results = fly_study(
        arguments.runs, arguments.workers, first=arguments.first, cycle=arguments.cycle,
        progress=count_on_terminal("ascents"),
    )  # fmt: skip
    sides = compare(results)
    print(markdown(sides), end="")
    if arguments.out is not None:
        from ground.studies.draw import draw_study

        write(arguments.out, results, sides)
        draw_study("ascent", results, arguments.out)
    return 0


def _refusal(arguments: argparse.Namespace) -> str:
    if not 0.01 <= arguments.cycle <= 0.05:
        return f"--cycle = {arguments.cycle}: allowed are 0.01 to 0.05 s"
    return refusal(arguments)
