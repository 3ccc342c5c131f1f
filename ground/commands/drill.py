"""`msr drill`: breaks what files say, and judges what must hold."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flight.configuration.files import ConfigurationError
from ground.commands.study_arguments import MOST_WORKERS, refused
from ground.terminal.destinations import check_file, check_folder

if TYPE_CHECKING:
    from ground.drills.campaign import Progress, Stopwatch


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument(
        "drills",
        nargs="*",
        type=Path,
        metavar="FILE|FOLDER",
        help="drill files, or folders of them; a name is looked for in configs/drills, too",
    )
    parser.add_argument(
        "--seeds", default=None, metavar="A..B", help="fly each with these seeds (7; 1..5; 1,4,9)"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs") / "drills",
        help="folder of the records (default: runs/drills)",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as one page")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only drills of this name"
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="PROTECTION",
        help="switch a protection off ('*': all)",
    )
    parser.add_argument("--bare", action="store_true", help="leave out the faults")
    parser.add_argument(
        "--alone",
        action="store_true",
        help="fly each from the beginning and over ZeroMQ, not as a branch",
    )
    parser.add_argument("--quiet", action="store_true", help="print what did not pass, and the sum")


def run(arguments: argparse.Namespace) -> int:
    """The exit code of the worst verdict; raises ConfigurationError."""
    _check(arguments)
    from ground.drills import campaign, text_report
    from ground.drills.coverage import coverage_of
    from ground.drills.finding import drills_in
    from ground.drills.html.page import write_html
    from ground.drills.junit import write_junit
    from ground.drills.results import write_results
    from ground.drills.surveys import FOLDER, surveys
    from ground.drills.telling import shown_of, summary_of
    from ground.drills.variants import seeds_of
    from ground.drills.workers import LocalWorkers

    try:
        seeds = [] if arguments.seeds is None else seeds_of(arguments.seeds)
    except ValueError as error:
        raise refused("--seeds", arguments.seeds, str(error)) from None
    drills = drills_in(arguments.drills, arguments.only)
    tasks = campaign.tasks_of(
        drills, seeds, alone=arguments.alone, off=tuple(arguments.without), bare=arguments.bare
    )
    workers, kept = LocalWorkers(arguments.workers), arguments.out / FOLDER
    watch = campaign.Stopwatch()
    judged = campaign.fly_tasks(
        tasks, workers, arguments.workers, _progress(watch, arguments.quiet),
        surveys=lambda scenarios: surveys(scenarios, workers, kept),
    )  # fmt: skip
    shown = shown_of(tasks, judged)
    summary = summary_of(shlex.join(["msr", *sys.argv[1:]]), judged, watch.seconds)
    write_results(arguments.out, shown, summary)
    if arguments.junit is not None:
        write_junit(arguments.junit, shown)
    if arguments.html is not None:
        write_html(arguments.html, shown, summary, coverage_of(judged))
    for each in shown:
        if not arguments.quiet or each.judged.verdict != "PASS":
            print("\n".join(text_report.lines(each)))
    print(text_report.summary_line(judged))
    return text_report.exit_code(judged)


def _check(arguments: argparse.Namespace) -> None:
    if not 1 <= arguments.workers <= MOST_WORKERS:
        raise refused("--workers", arguments.workers, f"1 to {MOST_WORKERS}")
    check_folder("--out", arguments.out)
    for option in ("--junit", "--html"):
        check_file(option, getattr(arguments, option.removeprefix("--")))
    if not arguments.drills:
        raise ConfigurationError(
            "command line", None, "FILE|FOLDER", "is missing: allowed are drill files and folders"
        )


def _progress(watch: "Stopwatch", quiet: bool) -> "Progress":
    """Tells how many are done, the rate, and how long the rest will take."""

    def tell(done: int, total: int, last: object) -> None:
        if total == 1 or quiet:
            return
        end = "" if sys.stderr.isatty() and done < total else "\n"
        start = "\r" if sys.stderr.isatty() else ""
        words = f"{start}{done} of {total}, {watch.words(done, total)}   "
        print(words, end=end, file=sys.stderr, flush=True)

    return tell
