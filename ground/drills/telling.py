"""From verdicts to what reports tell: what the files say, and the command that flies it again."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ground.drills.campaign import Task
from ground.drills.drill import Drill
from ground.drills.jobs import Job, shown_path
from ground.drills.record import Judged
from ground.drills.results import ScoreRow, Shown, Summary, Told, kept_name
from ground.drills.scenario import load_scenario
from ground.testbed.evidence.evidence import evidence_of
from ground.testbed.evidence.fingerprint import fingerprint
from ground.testbed.hosts.virtual import Virtual


def shown_of(tasks: Sequence[Task], judged: Sequence[Judged]) -> list[Shown]:
    """Each verdict with what is told of its drill."""
    return [
        Shown(told=told_of(task.drill, task.job), judged=each)
        for task, each in zip(tasks, judged, strict=True)
    ]


def told_of(drill: Drill, job: Job) -> Told:
    """What a report says of a drill."""
    return Told(
        name=drill.name, title=drill.title, requirement=drill.requirement, doc=drill.doc,
        start=str(drill.start), horizon=drill.horizon, protects=drill.protects,
        again=again(drill, job), kept=kept_name(drill.file, job.text),
    )  # fmt: skip


def again(drill: Drill, job: Job) -> str:
    """The command that flies just this again."""
    words = ["msr drill", shown_path(drill.file)]
    if drill.swept:
        words.append(f"--only '{drill.name.rpartition('/')[2]}'")
    words.append(f"--seeds {job.seed}")
    words += [f"--without {name}" for name in job.off]
    words += ["--bare"] if job.bare else []
    words += ["--alone"] if job.alone and not job.bench else []
    words += [f"--bench {job.bench}"] if job.bench else []
    return " ".join(words)


def _early(row: ScoreRow) -> str:
    """When the effect comes, and when it is noticed with the protections."""
    if row.effect is None:
        return ""
    noticed = "nobody notices"
    if row.detected is not None:
        late = "" if row.is_early else ", LATER than half of that"
        noticed = f"noticed after {row.detected:.3g} s{late}"
    return f" after {row.effect:.3g} s; {noticed}"


def score_text(summary: Summary) -> str:
    """What the protections were shown to be for."""
    lines = []
    for row in summary.score:
        word = "shown" if row.counts else "NOT SHOWN"
        by = f" by {row.by}" if row.by else ""
        lines.append(
            f"{word:9} {row.drill}: without {', '.join(row.protections)} it is {row.quiet} when "
            f"nothing breaks, and {row.broken}{by} with its faults{_early(row)}"
        )
    if summary.score_share is None:
        return "protection score: no drill names what it protects"
    shown = len([row for row in summary.score if row.counts])
    return "\n".join(
        [*lines, f"protection score: {summary.score_share:.0%} ({shown} of {len(summary.score)})"]
    )


def summary_of(command: str, judged: Sequence[Judged], seconds: float) -> Summary:
    """A campaign in short, with what it rests on."""
    scenarios = list(dict.fromkeys(each.record.scenario for each in judged))
    evidence: dict[str, Any] = {}
    for name in scenarios:
        found = evidence_of(load_scenario(name).mission, 0, Virtual(in_memory=True))
        evidence = {**found, "configuration": {**evidence.get("configuration", {}),
                                               **found["configuration"]}}  # fmt: skip
    for key in ("seed", "options"):
        evidence.pop(key, None)
    counts = Counter[str](each.verdict for each in judged)
    return Summary(
        command=command, counts=dict(counts), seconds=round(seconds, 3), evidence=evidence,
        fingerprint=fingerprint(),
    )  # fmt: skip
