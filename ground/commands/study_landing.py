"""`msr study landing`: dispersed landings of the lander, with its own flight software."""

import argparse
import sys

from ground.commands.study_arguments import REFUSED, add_study_arguments, refusal


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_study_arguments(parser, "landings", 50)


def run(arguments: argparse.Namespace) -> int:
    """0: flown and judged; 1: a loss was claimed as a landing; 2: the call was refused."""
    problem = refusal(arguments)
    if problem:
        print(f"msr study landing: {problem}", file=sys.stderr)
        return REFUSED
    # Imported late: other calls of `msr` need none of it.
    from ground.studies.landing_study import fly_study, markdown, setting, summarise, write
    from ground.studies.study_runs import count_on_terminal

    setting()  # refuses an impossible vehicle before any process is started

    results = fly_study(
        arguments.runs,
        arguments.workers,
        first=arguments.first,
        progress=count_on_terminal("landings"),
    )
    summary = summarise(results)
    print(markdown(summary), end="")
    if arguments.out is not None:
        from ground.studies.draw import draw_study

        write(arguments.out, results, summary)
        draw_study("landing", results, arguments.out)
    return 1 if summary.lost_in_silence else 0
