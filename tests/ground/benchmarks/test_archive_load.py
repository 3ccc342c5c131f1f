"""The benchmark of the archive measures what it says, at any size."""

from rich.console import Console

from ground.benchmarks import console_tables
from ground.benchmarks.archive_load import CHANNELS, SOURCES, measure_archive


def test_it_takes_whole_rounds_of_all_channels_and_asks_so_often() -> None:
    rounds = 30
    figures = measure_archive(rounds * SOURCES * CHANNELS + 1, 3)
    assert figures.samples == rounds * SOURCES * CHANNELS
    for sample in (figures.at_an_instant, figures.channel_day, figures.last_values):
        assert len(sample.seconds) == 3
    for rate in (figures.taken, figures.floor):
        assert 0 < rate.wall and 0 < rate.processor
    assert figures.size > 0 and min(figures.processor) > 0
    console = Console(width=120)
    with console.capture() as printed:
        console.print(console_tables.archive_table(figures))
    assert "all channels at an instant" in printed.get()
