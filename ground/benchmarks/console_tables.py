"""The console's budgets beside what was measured, and the same figures as plain data."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table

from ground.benchmarks.archive_load import ArchiveFigures
from ground.benchmarks.console_starts import KILLED_AT
from ground.benchmarks.measurement import Sample
from ground.benchmarks.painted_console import PLOTS
from ground.benchmarks.report import titled
from ground.benchmarks.served_console import BROWSERS, STALLED, ServedFigures
from ground.benchmarks.telling_run import CHANNELS

AIM_TAKEN = 100_000.0  # samples/s
AIM_INSTANT, AIM_DAY = 0.020, 0.050  # s
AIM_FIRST, AIM_LIVE, AIM_DEMO, AIM_KILLED, AIM_PREVIEW = 1.0, 1.5, 3.0, 5.0, 2.0  # s
AIM_MIDDLE, AIM_LATE = 0.120, 0.300  # s from the run to a browser
AIM_CORES, AIM_MEMORY, AIM_GROWN = 0.10, 80.0, 5.0  # processors, MB, MB
HEADS = ("budget", "measured", "floor", "verdict")
WITHIN, ABOVE, UNKNOWN = "within", "MISSED", "not measured"
ARCHIVE_NOTE = (
    "Power-loss safety on. Floor: the same rows, in turns with ours, into one bare table with a "
    "row for each sample, the same key and no index, which waits for the disc with each batch. In "
    "brackets the processor's time, which does not count what others do on this machine. The "
    "questions are asked of an archive that was closed and opened anew; a channel-day is a sol of "
    "one channel: the middle, and the 99th of a hundred."
)
SERVED_NOTE = (
    f"A run that tells {CHANNELS} values ten times a second, in front of edge and web server as "
    "processes of their own. Painted: in real browsers, from the run until the page has drawn it. "
    "Else to a browser means to its websocket: the painting is not in it, the waits of two rounds "
    f"of a tenth of a second are. Of {STALLED} stalled browsers some are real ones that stand "
    "still; the others take frames and never say that they have painted one. The floors are of "
    "this very run: a Python that does nothing, a bare timer of ten a second, a websocket's own "
    "ping. Where there are two figures they are the middle and the 99th of a hundred. In brackets "
    "the processor's time."
)


@dataclass(frozen=True)
class Line:
    """One thing that was measured. `within`: None where it has no budget."""

    name: str
    budget: str
    measured: str
    floor: str
    within: bool | None = None

    @property
    def verdict(self) -> str:
        """In a word."""
        return "" if self.within is None else WITHIN if self.within else ABOVE


def archive_table(figures: ArchiveFigures) -> Group:
    """How fast the archive takes and tells."""
    title = (
        f"Archive: {figures.samples / 1e6:.1f} million samples, {figures.size / 1e6:.0f} MB, "
        f"opened and checked in {figures.opened:.2f} s; each question "
        f"{len(figures.channel_day.seconds):,} times"
    )
    return _table(title, _archive_lines(figures))


def served_table(figures: ServedFigures) -> Group:
    """How soon the console answers, and what it costs."""
    count, starts = len(figures.latency.seconds), len(figures.demo.seconds)
    title = f"The console, served: {count:,} samples of each time, {starts} starts"
    lines = [
        *_start_lines(figures), *_page_lines(figures), *_latency_lines(figures),
        *_cost_lines(figures),
    ]  # fmt: skip
    return _table(title, lines)


def missed(figures: ServedFigures, archived: ArchiveFigures) -> list[str]:
    """What is not within its budget."""
    lines = [
        *_start_lines(figures), *_page_lines(figures), *_latency_lines(figures),
        *_cost_lines(figures), *_archive_lines(archived),
    ]  # fmt: skip
    return [line.name.strip() for line in lines if line.within is False]


def _table(title: str, lines: "list[Line] | Iterator[Line]") -> Group:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("what")  # the one that is broken where a line is too long
    for head in HEADS:
        table.add_column(head, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(line.name, line.budget, line.measured, line.floor, line.verdict)
    return titled(title, table)


def _archive_lines(figures: ArchiveFigures) -> Iterator[Line]:
    taken, floor = figures.taken, figures.floor
    yield Line(
        "samples taken a second", f"{AIM_TAKEN:,.0f}", f"{taken.wall:,.0f}",
        f"{floor.wall:,.0f}", taken.wall >= AIM_TAKEN,
    )  # fmt: skip
    ours, bare = f"({taken.processor:,.0f})", f"({floor.processor:,.0f})"
    yield Line("  of the processor's time", "", ours, bare)
    for (name, sample, aim), work in zip(
        (
            ("all channels at an instant", figures.at_an_instant, AIM_INSTANT),
            ("a channel-day in 1,000 pixels", figures.channel_day, AIM_DAY),
            ("the newest of all channels", figures.last_values, AIM_INSTANT),
        ),
        figures.processor,
        strict=True,
    ):
        yield Line(
            name, f"{aim * 1e3:.0f} ms", f"{_both(sample)} ({work * 1e3:.1f})", "",
            _late(sample) <= aim,
        )  # fmt: skip


def _start_lines(figures: ServedFigures) -> Iterator[Line]:
    start = f"{figures.floor_start.median:.2f} s"
    for name, sample, work, aim in (
        ("first response of the web server", figures.first_response, figures.first_response_work,
         AIM_FIRST),
        ("a demo that can be operated", figures.demo, figures.demo_work, AIM_DEMO),
    ):  # fmt: skip
        shown = f"{sample.median:.2f} s ({work.median:.2f})"
        yield Line(name, f"{aim:.0f} s", shown, start, sample.median <= aim)
    for name, one, aim in (
        *((f"a demo, killed at {age:,.0f} s, is back", sample, AIM_KILLED)
          for age, sample in zip(KILLED_AT, (figures.killed, figures.killed_old), strict=True)),
    ):  # fmt: skip
        yield Line(name, f"{aim:.0f} s", f"{one.median:.2f} s", "", one.median <= aim)
    preview, name = figures.preview, "a preview on a warm twin"
    if preview is None:
        yield Line(f"{name} ({figures.not_previewed})", f"{AIM_PREVIEW:.0f} s", UNKNOWN, "")
    else:
        slow = preview.median > AIM_PREVIEW
        yield Line(name, f"{AIM_PREVIEW:.0f} s", f"{preview.median:.2f} s", "", not slow)


def _page_lines(figures: ServedFigures) -> Iterator[Line]:
    live, painted, cores = figures.page_live, figures.painted, figures.cores_painted
    if live is None or painted is None or cores is None:
        for name in ("a page is live", f"painted in {BROWSERS} browsers"):
            yield Line(f"{name} ({figures.not_painted})", "", UNKNOWN, "")
        return
    yield Line(
        "a page is live", f"{AIM_LIVE} s", f"{live.median:.2f} s",
        f"{figures.floor_start.median:.2f} s", live.median <= AIM_LIVE,
    )  # fmt: skip
    name = f"painted in {BROWSERS} browsers with {PLOTS} plots"
    yield _latency(name, painted, figures.floor_timer)
    yield _cores("  processor of edge and web server meanwhile", cores)


def _latency_lines(figures: ServedFigures) -> Iterator[Line]:
    for name, sample in (
        ("a page over HTTP", figures.page), ("an answer of the run", figures.answer),
    ):  # fmt: skip
        yield Line(name, "", _both(sample), _both(figures.floor_ping))
    for name, sample in (
        ("from the run to 1 browser", figures.latency_alone),
        (f"  to {BROWSERS} browsers", figures.latency),
        (f"  the same beside {STALLED} stalled ones", figures.latency_stalled),
    ):
        yield _latency(name, sample, figures.floor_timer)


def _latency(name: str, sample: Sample, floor: Sample) -> Line:
    late = _late(sample)
    return Line(
        name, f"{AIM_MIDDLE * 1e3:.0f}, {AIM_LATE * 1e3:.0f} ms", _both(sample), _both(floor),
        sample.median <= AIM_MIDDLE and late <= AIM_LATE,
    )  # fmt: skip


def _cores(name: str, cores: float) -> Line:
    return Line(name, f"{AIM_CORES:.0%}", f"{cores:.1%}", "", cores <= AIM_CORES)


def _cost_lines(figures: ServedFigures) -> Iterator[Line]:
    stalled = f"{STALLED} stalled ones"
    if figures.stopped:
        stalled += f" ({figures.stopped} real)"
    yield _cores("processor, 1 browser", figures.cores_alone)
    yield _cores(f"  {BROWSERS} browsers", figures.cores)
    yield _cores(f"  and {stalled}", figures.cores_stalled)
    for name, size, aim in (
        ("memory of edge and web server", figures.memory, AIM_MEMORY),
        (f"  the web server's more for {stalled}", figures.web_grew, AIM_GROWN),
    ):
        yield Line(name, f"{aim:.0f} MB", f"{size:.1f} MB", "", size <= aim)


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


def _both(sample: Sample) -> str:
    """The middle, and what one in a hundred exceeds."""
    return f"{sample.median * 1e3:.1f}, {_late(sample) * 1e3:.1f} ms"


def _late(sample: Sample) -> float:
    """The value that one in a hundred exceeds."""
    return sorted(sample.seconds)[int(len(sample.seconds) * 0.99)]
