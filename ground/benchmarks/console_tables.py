"""Tables of what the operator's console rests on, and the same figures as plain data."""

from dataclasses import asdict, fields
from typing import Any

from rich.console import Group

from ground.benchmarks.archive_load import ArchiveFigures
from ground.benchmarks.measurement import Sample
from ground.benchmarks.report import plain_table, titled
from ground.benchmarks.served_console import BROWSERS, KILLED_AT, STALLED, ServedFigures
from ground.benchmarks.telling_run import CHANNELS

AIM_TAKEN = 100_000.0  # samples/s
AIM_INSTANT, AIM_DAY = 0.020, 0.050  # s
AIM_FIRST, AIM_DEMO, AIM_KILLED = 1.0, 3.0, 5.0  # s
AIM_MIDDLE, AIM_LATE = 0.120, 0.300  # s from the run to a browser
AIM_CORES, AIM_MEMORY, AIM_GROWN = 0.10, 80.0, 5.0  # processors, MB, MB
ARCHIVE_NOTE = (
    "Power-loss safety on. Floor: the same rows, in turns with ours, into one bare table with the "
    "same key and no index, which waits for the disc with each batch. In brackets the processor's "
    "time, which does not count what others do on this machine. The questions are asked of an "
    "archive that was closed and opened anew; a channel-day is a sol of one channel."
)
SERVED_NOTE = (
    f"A run that tells {CHANNELS} values ten times a second, in front of edge and web server as "
    "processes of their own. From the run to a browser means to its websocket: the painting is not "
    f"in it, the waits of two rounds of a tenth of a second are. {STALLED} stalled browsers take "
    "frames and never say that they have painted one. The floors are of this very run. In brackets "
    "the processor's time."
)


def archive_table(figures: ArchiveFigures) -> Group:
    """How fast the archive takes and tells."""
    title = (
        f"Archive: {figures.samples / 1e6:.1f} million samples, {figures.size / 1e6:.0f} MB, "
        f"opened and checked in {figures.opened:.2f} s"
    )
    table = plain_table(("what",), ("median", "p99", "aim", "of the floor"))
    taken, floor = figures.taken, figures.floor
    low = "" if taken.wall >= AIM_TAKEN else " (below)"
    table.add_row(
        "samples taken a second", f"{taken.wall:,.0f}{low}", "", f"{AIM_TAKEN:,.0f}",
        f"{taken.wall / floor.wall:.0%}",
    )  # fmt: skip
    table.add_row(
        "  of the processor's time", f"({taken.processor:,.0f})", "", "",
        f"({taken.processor / floor.processor:.0%})",
    )  # fmt: skip
    for (name, sample, aim), work in zip(
        (
            ("all channels at an instant", figures.at_an_instant, AIM_INSTANT),
            ("a channel-day in 1,000 pixels", figures.channel_day, AIM_DAY),
            ("the newest of all channels", figures.last_values, AIM_INSTANT),
        ),
        figures.processor,
        strict=True,
    ):
        slow = "" if sample.median <= aim else " (above)"
        table.add_row(
            name, f"{sample.median * 1e3:.1f} ms ({work * 1e3:.1f}){slow}",
            f"{_late(sample) * 1e3:.1f} ms", f"{aim * 1e3:.0f} ms", "",
        )  # fmt: skip
    return titled(title, table)


def served_table(figures: ServedFigures) -> Group:
    """How soon the console answers, and what it costs."""
    count, starts = len(figures.latency.seconds), len(figures.demo.seconds)
    title = f"The console, served: {count:,} samples of each time, {starts} starts"
    table = plain_table(("what",), ("median", "p99", "aim", "floor"))
    start, timer, ping = figures.floor_start, figures.floor_timer, figures.floor_ping
    for name, sample, work, aim in (
        ("first response of the web server", figures.first_response, figures.first_response_work,
         AIM_FIRST),
        ("a demo that can be operated", figures.demo, figures.demo_work, AIM_DEMO),
    ):  # fmt: skip
        slow = "" if sample.median <= aim else " (above)"
        table.add_row(
            name, f"{sample.median:.2f} s ({work.median:.2f}){slow}", "", f"{aim:.0f} s",
            f"{start.median:.2f} s",
        )  # fmt: skip
    for age, sample in zip(KILLED_AT, (figures.killed, figures.killed_old), strict=True):
        slow = "" if sample.median <= AIM_KILLED else " (above)"
        name = f"a demo, killed at {age:,.0f} s, is back"
        table.add_row(name, f"{sample.median:.2f} s{slow}", "", f"{AIM_KILLED:.0f} s", "")
    for name, sample, floor, bounds in (
        ("a page over HTTP", figures.page, ping, None),
        ("an answer of the run", figures.answer, ping, None),
        ("from the run to 1 browser", figures.latency_alone, timer, (AIM_MIDDLE, AIM_LATE)),
        (f"  to {BROWSERS} browsers", figures.latency, timer, (AIM_MIDDLE, AIM_LATE)),
        (f"  the same beside {STALLED} stalled ones", figures.latency_stalled, timer,
         (AIM_MIDDLE, AIM_LATE)),
    ):  # fmt: skip
        late, aim_text, slow = _late(sample), "", ""
        if bounds is not None:
            aim_text = f"{bounds[0] * 1e3:.0f}, {bounds[1] * 1e3:.0f} ms"
            slow = " (above)" if sample.median > bounds[0] or late > bounds[1] else ""
        table.add_row(
            name, f"{sample.median * 1e3:.1f} ms{slow}", f"{late * 1e3:.1f} ms", aim_text,
            f"{floor.median * 1e3:.1f}, {_late(floor) * 1e3:.1f} ms",
        )  # fmt: skip
    for name, cores in (
        ("processor, 1 browser", figures.cores_alone),
        (f"  {BROWSERS} browsers", figures.cores),
        (f"  and {STALLED} stalled ones", figures.cores_stalled),
    ):
        slow = "" if cores <= AIM_CORES else " (above)"
        table.add_row(name, f"{cores:.1%}{slow}", "", f"{AIM_CORES:.0%}", "")
    for name, size, aim in (
        ("memory of edge and web server", figures.memory, AIM_MEMORY),
        (f"  the web server's more for {STALLED} stalled ones", figures.web_grew, AIM_GROWN),
    ):
        slow = "" if size <= aim else " (above)"
        table.add_row(name, f"{size:.1f} MB{slow}", "", f"{aim:.0f} MB", "")
    return titled(title, table)


def plain(figures: ArchiveFigures | ServedFigures) -> dict[str, Any]:
    """The figures as plain data: of each sample its size, middle and 99th of a hundred in s."""
    told: dict[str, Any] = {}
    for each in fields(figures):
        value = getattr(figures, each.name)
        if isinstance(value, Sample):
            value = {"n": len(value.seconds), "median": value.median, "p99": _late(value)}
        elif hasattr(value, "__dataclass_fields__"):
            value = asdict(value)
        told[each.name] = value
    return told


def _late(sample: Sample) -> float:
    """The value that one in a hundred exceeds."""
    return sorted(sample.seconds)[int(len(sample.seconds) * 0.99)]
