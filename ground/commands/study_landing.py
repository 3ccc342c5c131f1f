"""`msr study landing`: dispersed landings of the lander, with its own flight software."""

import argparse

from ground.commands.study_arguments import (
    add_study_arguments,
    check_study_arguments,
    say_broken_off,
)
from ground.terminal.exit_codes import NO, YES


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_study_arguments(parser, "landings", 50)


def run(arguments: argparse.Namespace) -> int:
    """YES: flown and judged; NO: a loss was claimed as a landing; raises ConfigurationError.

    Where a signal ends it, KeyboardInterrupt is raised once what was flown is judged and written.
    """
    check_study_arguments(arguments)
    # Imported late: other calls of `msr` need none of it.
    from ground.studies.landing_study import fly_study, markdown, setting, summarise, write
    from ground.studies.study_runs import BrokenOffError
    from ground.terminal import progress

    setting()  # refuses an impossible vehicle before any process is started

    try:
        results = fly_study(
            arguments.runs,
            arguments.workers,
            first=arguments.first,
            progress=progress.count("landings"),
        )
    except BrokenOffError as broken:
        if broken.results:
            say_broken_off(arguments, len(broken.results))
            summary = summarise(broken.results)
            print(markdown(summary), end="")
            if arguments.out is not None:
                write(arguments.out, broken.results, summary)
        raise
    summary = summarise(results)
    print(markdown(summary), end="")
    if arguments.out is not None:
        from ground.studies.draw import draw_study

        write(arguments.out, results, summary)
        draw_study("landing", results, arguments.out)
    return NO if summary.lost_in_silence else YES
