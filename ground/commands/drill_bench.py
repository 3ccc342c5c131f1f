"""`msr drill --bench`: drills with real devices, beside the same in simulation."""

import argparse
import contextlib
from typing import TYPE_CHECKING

import msgspec

from ground.commands.fly import arming
from ground.commands.hil_orders import stop_key, wait_of, who_of
from ground.terminal.keys import single_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ground.drills.campaign import Campaign, Task
    from ground.drills.drill import Drill
    from ground.drills.growing import GrowingRecords
    from ground.drills.record import Judged
    from ground.drills.results import Shown
    from ground.testbed.bench.host import Bench

    Asked = argparse.Namespace
    Tasks = Sequence[Task]
    Write = Callable[
        [Asked, Campaign, Sequence[Drill], Tasks, Sequence[Judged], list[str]], list[Shown]
    ]
    TasksOf = Callable[[argparse.Namespace, list[Drill], list[Shown] | None], list[Task]]
    Growing = Callable[[argparse.Namespace, Campaign, Tasks], GrowingRecords]


def run(
    arguments: argparse.Namespace, tasks_of: "TasksOf", write: "Write", growing: "Growing"
) -> int:
    """The exit code of the worst verdict on the bench; raises ConfigurationError.

    Where it is broken off, such as by a device that is not there any more, what was flown before
    is told and written as it would be at the end.
    """
    from ground.drills import text_report
    from ground.drills.campaign import Campaign
    from ground.drills.finding import drills_in
    from ground.drills.on_bench import check_on_bench, fly_on_bench
    from ground.drills.worker_choice import workers_of

    drills = drills_in(arguments.drills, arguments.only)
    kind = _bench(arguments)
    tasks = tasks_of(arguments, drills, None)
    check_on_bench(tasks, kind)
    workers = workers_of(arguments.workers, None)
    campaign = Campaign(workers, arguments.workers, arguments.out)
    with contextlib.closing(workers):
        simulated = campaign.fly(tasks)
    on_bench = [_on(task, arguments.bench) for task in tasks]
    judged: list[Judged] = []
    notes = [f"flown on the bench {arguments.bench}, with real devices"]
    try:
        with single_keys(kind.key_descriptor), growing(arguments, campaign, on_bench) as records:
            flown = fly_on_bench(tasks, lambda: _bench(arguments), arguments.out)
            for task, before, (now, folder) in zip(on_bench, simulated, flown, strict=True):
                records.add(task, now)
                judged.append(now)
                _print(task, now, before, folder)
    except BaseException:
        notes.append(f"broken off: {len(judged)} of {len(tasks)} were flown")
        write(arguments, campaign, drills, on_bench[: len(judged)], judged, notes)
        raise
    write(arguments, campaign, drills, on_bench, judged, notes)
    print(f"on the bench {text_report.summary_line(judged)}")
    print(f"in simulation {text_report.summary_line(simulated)}")
    return text_report.exit_code(judged)


def _print(task: "Task", now: "Judged", before: "Judged", folder: "Path") -> None:
    """A drill on the bench, beside the same in simulation."""
    from ground.drills import text_report
    from ground.drills.telling import shown_of

    print("\n".join(text_report.lines(*shown_of([task], [now]))))
    same = "the same" if before.verdict == now.verdict else "NOT THE SAME"
    print(f"        in simulation {before.verdict}: {same}; the flight is in {folder}")
    if before.verdict != now.verdict:
        print(f"        there because {'; '.join(before.because) or 'all held'}")


def _on(task: "Task", bench: str) -> "Task":
    """The same on a bench, for the command that flies it again."""
    from ground.drills.campaign import Task

    return Task(task.drill, msgspec.structs.replace(task.job, bench=bench))


def _bench(arguments: argparse.Namespace) -> "Bench":
    from ground.testbed.bench.file import load_bench
    from ground.testbed.bench.host import Bench

    file, bench = load_bench(arguments.bench, allow_network=arguments.allow_network)
    return Bench(
        in_memory=True,
        file=file,
        bench=bench,
        allow_network=arguments.allow_network,
        armed=tuple(arming(each) for each in arguments.arm),
        who=who_of(arguments),
        key_descriptor=stop_key(bench),
        wait=wait_of(arguments),
    )
