"""`msr drill`: breaks what files say, and judges what must hold."""

import argparse
import contextlib
import secrets
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flight.configuration.files import ConfigurationError
from ground.commands.drill_arguments import configure as configure
from ground.commands.drill_modes import check_mode
from ground.commands.study_arguments import MOST_WORKERS, refused
from ground.terminal.destinations import check_file, check_folder
from ground.terminal.exit_codes import BROKE, NO, YES

if TYPE_CHECKING:
    from ground.drills.campaign import Campaign, Progress, Task
    from ground.drills.drill import Drill
    from ground.drills.growing import GrowingRecords
    from ground.drills.record import Judged
    from ground.drills.results import Shown


MOST_SWARM = 100_000
SCENARIO = "return"
"""What a swarm is drawn from, and drills of the hardware are written for, by default."""


def run(arguments: argparse.Namespace) -> int:
    """The exit code of the worst verdict; raises ConfigurationError."""
    if arguments.matrix is not None:
        check_mode(arguments)
        return _print_matrix(arguments.matrix)
    _check(arguments)
    from ground.drills.growing import alone_in

    if arguments.bench is not None:
        from ground.commands import drill_bench

        with alone_in(arguments.out):
            return drill_bench.run(arguments, _tasks, _write, _growing)
    from ground.drills.campaign import Campaign
    from ground.drills.worker_choice import workers_of

    workers = workers_of(arguments.workers, arguments.cluster)
    with contextlib.closing(workers):
        campaign = Campaign(workers, arguments.workers, arguments.out, _progress(arguments.quiet))
        if arguments.write_hardware is not None:
            return _write_hardware(arguments, campaign)
        with alone_in(arguments.out):
            return _run(arguments, campaign)


def _run(arguments: argparse.Namespace, campaign: "Campaign") -> int:
    from ground.drills import text_report
    from ground.drills.swarm_flight import rates
    from ground.drills.twins import fly_with_twins

    recorded = _recorded(arguments)
    baseline = _baseline(arguments)
    cut: list[str] = []
    drills = _drills(arguments, campaign, cut) if recorded is None else []
    swarms = arguments.swarm is not None
    tasks = _swarm(arguments, campaign) if swarms else _tasks(arguments, drills, recorded)
    with _growing(arguments, campaign, tasks):
        tasks, judged, notes, differ = fly_with_twins(campaign, tasks)
    notes = [rates(judged), *notes] if swarms else [*cut, *notes]
    shown = _write(arguments, campaign, drills, tasks, judged, notes)
    for each in shown:
        if not arguments.quiet or each.judged.verdict != "PASS":
            print("\n".join(text_report.lines(each)))
    print("\n".join([*notes, text_report.summary_line(judged)]))
    code = BROKE if differ else text_report.exit_code(judged)
    if recorded is not None:
        return _print_differences(recorded, judged)
    if baseline is not None and _print_comparison(baseline, shown):
        code = max(code, NO)
    if arguments.shrink:
        _shrink(arguments, campaign, tasks, judged)
    return code


def _growing(
    arguments: argparse.Namespace, campaign: "Campaign", tasks: "Sequence[Task]"
) -> "GrowingRecords":
    """What keeps each record as soon as it is there."""
    from ground.drills.growing import GrowingRecords

    return GrowingRecords(arguments.out, campaign, tasks, _command(), _say)


def _command() -> str:
    return shlex.join(["msr", *sys.argv[1:]])


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _drills(
    arguments: argparse.Namespace, campaign: "Campaign", notes: list[str]
) -> "list[Drill]":
    """Those that are flown; `notes` gets what is left out of them."""
    from ground.drills.finding import drills_in
    from ground.drills.nth import MOST, nth_drills, target_of

    if arguments.swarm is not None:
        return []
    drills = drills_in(arguments.drills, arguments.only)
    if arguments.nth is None:
        return drills
    found: list[Drill] = []
    for drill in drills:
        target_of(drill, arguments.nth)
        calls = campaign.calls(drill).get(arguments.nth, 0)
        if calls > MOST:
            notes.append(f"{drill.name}: the first {MOST} of {calls} calls of {arguments.nth}")
        folder = arguments.out / "generated"
        found += nth_drills(drill, arguments.nth, arguments.kind, calls, folder)
    if not found:
        raise refused("--nth", arguments.nth, "methods that are called between start and horizon")
    return found


def _swarm(arguments: argparse.Namespace, campaign: "Campaign") -> "list[Task]":
    from ground.drills.scenario import load_scenario
    from ground.drills.swarm import Swarm, trunk_seeds
    from ground.drills.swarm_flight import swarm_tasks

    seed = secrets.randbelow(10**6) if arguments.seed is None else arguments.seed
    name = arguments.scenario or SCENARIO
    print(f"swarm of {arguments.swarm}, seed {seed}, scenario {name}", flush=True)
    scenario = load_scenario(name)
    trunks = campaign.trunks(name, trunk_seeds(seed, arguments.swarm))
    folder = arguments.out / "generated"
    swarm = Swarm(scenario, trunks, seed, folder)
    return swarm_tasks(swarm, arguments.swarm)


def _tasks(
    arguments: argparse.Namespace, drills: "list[Drill]", recorded: "list[Shown] | None"
) -> "list[Task]":
    from ground.drills.campaign import tasks_of
    from ground.drills.replay import tasks_from
    from ground.drills.scenario import load_scenario
    from ground.drills.variants import seeds_of
    from ground.testbed.computers.protections import check_protections

    if recorded is not None:
        return tasks_from(recorded, arguments.records)
    try:
        seeds = [] if arguments.seeds is None else seeds_of(arguments.seeds)
    except ValueError as error:
        raise refused("--seeds", arguments.seeds, str(error)) from None
    off = tuple(arguments.without)
    for drill in drills if off else ():
        check_protections(off, load_scenario(drill.scenario).mission.vehicles)
    return tasks_of(drills, seeds, alone=arguments.alone, off=off, bare=arguments.bare)


def _write(
    arguments: argparse.Namespace,
    campaign: "Campaign",
    drills: "Sequence[Drill]",
    tasks: "Sequence[Task]",
    judged: "Sequence[Judged]",
    notes: list[str],
) -> "list[Shown]":
    """Writes all that is asked for; returns what is told of each drill."""
    from ground.drills.coverage import coverage_text
    from ground.drills.fmeca import fmeca_rows, write_fmeca
    from ground.drills.html.page import write_html
    from ground.drills.junit import write_junit
    from ground.drills.results import write_results
    from ground.drills.score import score
    from ground.drills.telling import score_text, shown_of, summary_of

    shown = shown_of(tasks, judged)
    summary = summary_of(_command(), judged, campaign.seconds)
    summary.notes = notes
    unprotected: dict[str, Judged] = {}
    if arguments.score:
        scored = score(campaign, drills, judged)
        summary.score, unprotected = scored.rows, scored.unprotected
        print(score_text(summary))
    coverage = campaign.coverage(judged)
    write_results(arguments.out, shown, summary)
    if arguments.junit is not None:
        write_junit(arguments.junit, shown)
    if arguments.html is not None:
        write_html(arguments.html, shown, summary, coverage)
    if arguments.fmeca is not None:
        write_fmeca(arguments.fmeca, fmeca_rows(shown, unprotected))
    if arguments.coverage:
        print(coverage_text(coverage))
    return shown


def _recorded(arguments: argparse.Namespace) -> "list[Shown] | None":
    if arguments.records is None:
        return None
    recorded = _records(arguments.records, "--from")
    only = arguments.only
    kept = [each for each in recorded if not only or each.judged.record.drill in only]
    if not kept:
        names = sorted({each.judged.record.drill for each in recorded})
        raise refused("--only", " ".join(only), f"drills of the records: {', '.join(names)}")
    return kept


def _print_differences(recorded: "Sequence[Shown]", judged: "Sequence[Judged]") -> int:
    from ground.drills.replay import differences

    told = differences(recorded, judged)
    print("\n".join(told) if told else f"{len(judged)} flown again, all the same, bit by bit")
    return NO if told else YES


def _baseline(arguments: argparse.Namespace) -> "list[Shown] | None":
    """What is compared with; read before anything flies, since it may be none."""
    if arguments.compare is None:
        return None
    return _records(arguments.compare, "--compare")


def _records(path: Path, option: str) -> "list[Shown]":
    """What a campaign has left, one drill or more; raises ConfigurationError."""
    from ground.drills.results import read_results

    found = read_results(path, option)
    if not found:
        raise refused(option, path, "the records of one drill or more; there is none")
    return found


def _print_comparison(baseline: "Sequence[Shown]", shown: "Sequence[Shown]") -> bool:
    """Whether something is worse than it was."""
    from ground.drills.comparing import compare

    found = compare(baseline, shown)
    print("\n".join(found.lines()))
    return bool(found.worse)


def _shrink(
    arguments: argparse.Namespace,
    campaign: "Campaign",
    tasks: "Sequence[Task]",
    judged: "Sequence[Judged]",
) -> None:
    from ground.drills.jobs import shown_path
    from ground.drills.shrinking import shrink

    for task, each in zip(tasks, judged, strict=True):
        if each.verdict == "FAIL":
            found = shrink(task.drill, each, campaign.fly_one, arguments.out / "generated")
            steps = ", ".join(found.steps) or "nothing smaller fails alike"
            print(f"{task.drill.name}: {steps} ({found.flown} flights)")
            print(f"        again: msr drill {shown_path(found.drill.file)}")


def _write_hardware(arguments: argparse.Namespace, campaign: "Campaign") -> int:
    from ground.drills.hardware_drills import write_hardware
    from ground.drills.scenario import load_scenario

    name = arguments.scenario or SCENARIO
    survey = campaign.surveys([name])[name]
    count = write_hardware(arguments.write_hardware, load_scenario(name), survey)
    print(f"{count} drills in {arguments.write_hardware}")
    return YES


def _print_matrix(scenario: str) -> int:
    from ground.drills.possible import matrix_table
    from ground.drills.scenario import load_scenario

    print(matrix_table(load_scenario(scenario)))
    return YES


def _check(arguments: argparse.Namespace) -> None:
    check_mode(arguments)
    if not 1 <= arguments.workers <= MOST_WORKERS:
        raise refused("--workers", arguments.workers, f"1 to {MOST_WORKERS}")
    check_folder("--out", arguments.out)
    for option in ("--junit", "--html", "--fmeca"):
        check_file(option, getattr(arguments, option.removeprefix("--")))
    if arguments.swarm is not None and not 1 <= arguments.swarm <= MOST_SWARM:
        raise refused("--swarm", arguments.swarm, f"1 to {MOST_SWARM}")
    if arguments.write_hardware is not None:
        check_folder("--write-hardware", arguments.write_hardware)
        return
    if arguments.records is None and arguments.swarm is None and not arguments.drills:
        raise ConfigurationError(
            "command line",
            None,
            "",
            "FILE or FOLDER is missing: allowed are drill files and folders",
        )


def _progress(quiet: bool) -> "Progress":
    """Tells how many are done, the rate, and how long the rest will take."""

    def tell(done: int, total: int, words: str) -> None:
        if total == 1 or quiet:
            return
        end = "" if sys.stderr.isatty() and done < total else "\n"
        start = "\r" if sys.stderr.isatty() else ""
        print(f"{start}{done} of {total}, {words}   ", end=end, file=sys.stderr, flush=True)

    return tell
