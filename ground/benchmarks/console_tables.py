"""Tables of what the operator's console rests on."""

from rich.console import Group

from ground.benchmarks.archive_load import ArchiveFigures
from ground.benchmarks.measurement import Sample
from ground.benchmarks.report import plain_table, titled

AIM_TAKEN = 100_000.0  # samples/s
AIM_INSTANT, AIM_DAY = 0.020, 0.050  # s
ARCHIVE_NOTE = (
    "Power-loss safety on: each write waits for the disc. Floor: the same rows into one bare table "
    "with the same key and no index. The questions are asked of an archive that was closed and "
    "opened anew, the middle and the 99th of a hundred; a channel-day is a sol of one channel."
)


def archive_table(figures: ArchiveFigures) -> Group:
    """How fast the archive takes and tells."""
    title = (
        f"Archive: {figures.samples / 1e6:.1f} million samples, {figures.size / 1e6:.0f} MB, "
        f"opened and checked in {figures.opened:.2f} s"
    )
    table = plain_table(("what",), ("median", "p99", "aim", "of the floor"))
    low = "" if figures.taken >= AIM_TAKEN else " (below)"
    table.add_row(
        "samples taken a second", f"{figures.taken:,.0f}{low}", "", f"{AIM_TAKEN:,.0f}",
        f"{figures.taken / figures.floor:.0%}",
    )  # fmt: skip
    for name, sample, aim in (
        ("all channels at an instant", figures.at_an_instant, AIM_INSTANT),
        ("a channel-day in 1,000 pixels", figures.channel_day, AIM_DAY),
        ("the newest of all channels", figures.last_values, AIM_INSTANT),
    ):
        slow = "" if sample.median <= aim else " (above)"
        table.add_row(
            name, f"{sample.median * 1e3:.1f} ms{slow}", f"{_late(sample) * 1e3:.1f} ms",
            f"{aim * 1e3:.0f} ms", "",
        )  # fmt: skip
    return titled(title, table)


def _late(sample: Sample) -> float:
    """The value that one in a hundred exceeds."""
    return sorted(sample.seconds)[int(len(sample.seconds) * 0.99)]
