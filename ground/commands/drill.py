"""`msr drill`: breaks what files say, and judges what must hold."""

import argparse
import sys
from pathlib import Path

from flight.configuration.files import ConfigurationError
from ground.commands.study_arguments import MOST_WORKERS, refused
from ground.terminal.destinations import check_folder


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument(
        "drills",
        nargs="*",
        type=Path,
        metavar="FILE|FOLDER",
        help="drill files, or folders of them",
    )
    parser.add_argument("--seeds", default=None, metavar="A..B", help="fly each with these seeds")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs") / "drills",
        help="folder of the records and reports",
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only drills of this name"
    )
    parser.add_argument(
        "--alone",
        action="store_true",
        help="fly each from the beginning and over ZeroMQ, not as a branch",
    )
    parser.add_argument("--quiet", action="store_true", help="print what did not pass, and the sum")


def run(arguments: argparse.Namespace) -> int:
    """The exit code of the worst verdict; raises ConfigurationError."""
    if not 1 <= arguments.workers <= MOST_WORKERS:
        raise refused("--workers", arguments.workers, f"1 to {MOST_WORKERS}")
    check_folder("--out", arguments.out)
    from ground.drills import campaign, text_report
    from ground.drills.finding import drills_in
    from ground.drills.variants import seeds_of
    from ground.drills.workers import LocalWorkers

    try:
        seeds = [] if arguments.seeds is None else seeds_of(arguments.seeds)
    except ValueError as error:
        raise ConfigurationError(
            "command line", None, "--seeds", f"= {arguments.seeds}: allowed are {error}"
        ) from None
    drills = drills_in(arguments.drills, arguments.only)
    tasks = campaign.tasks_of(drills, seeds, alone=arguments.alone)
    watch = campaign.Stopwatch()

    def progress(done: int, total: int, last: object) -> None:
        if total > 1 and not arguments.quiet:
            end = "\r" if sys.stderr.isatty() and done < total else "\n"
            print(f"{done} of {total}, {watch.words(done, total)}   ", end=end, file=sys.stderr)

    judged = campaign.fly_tasks(tasks, LocalWorkers(arguments.workers), arguments.workers, progress)
    campaign.write_records(arguments.out / "records.jsonl", judged)
    for task, each in zip(tasks, judged, strict=True):
        if not arguments.quiet or each.verdict != "PASS":
            print("\n".join(text_report.lines(task.drill, each)))
    print(text_report.summary(judged))
    return text_report.exit_code(judged)
