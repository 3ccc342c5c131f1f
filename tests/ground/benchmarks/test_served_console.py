"""The benchmark of the served console measures what it says, and says what is too much."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from ground.benchmarks import console_tables, painted_console, served_console
from ground.benchmarks.archive_load import ArchiveFigures, Taken
from ground.benchmarks.measurement import Sample
from ground.benchmarks.painted_console import why_not
from ground.benchmarks.served_console import ServedFigures, check, measure_served
from ground.benchmarks.telling_run import CHANNELS, TellingRun
from ground.testbed.operating.run_control import RunControl

ONE = Sample((0.1, 0.1))
GOOD = ServedFigures(
    *[ONE] * 14, 0.02, 0.1, 0.03, 80.0, 81.0, 5.0, ONE, "", ONE, ONE, 0.1, 5, ""
)

ARCHIVED = ArchiveFigures(
    1, Taken(1e5, 1e5), Taken(1.0, 1.0), 1.0, 1, Sample((0.02,)), Sample((0.05,)), Sample((0.02,)),
    (1.0, 1.0, 1.0),
)  # fmt: skip


def table(figures: ServedFigures) -> str:
    console = Console(width=200)
    with console.capture() as printed:
        console.print(console_tables.served_table(figures))
    return printed.get()


def test_what_is_just_within_its_aim_is_not_above_it() -> None:
    shown = table(GOOD)
    assert "MISSED" not in shown and shown.count("within") == 16
    assert console_tables.missed(GOOD, ARCHIVED) == []


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("memory", 80.1), ("web_grew", 5.1), ("cores", 0.101), ("cores_stalled", 0.2),
        ("latency", Sample((0.1, 0.301))), ("latency_stalled", Sample((0.121, 0.121))),
        ("demo", Sample((3.01,))), ("killed", Sample((5.01,))), ("killed_old", Sample((5.01,))),
        ("first_response", Sample((1.01,))), ("preview", Sample((2.01,))),
        ("page_live", Sample((1.51,))), ("painted", Sample((0.1, 0.301))), ("cores_painted", 0.11),
    ],
)  # fmt: skip
@pytest.mark.requirement("CON-09")
def test_what_is_too_much_is_said_once(what: str, value: object) -> None:
    assert table(replace(GOOD, **{what: value})).count("MISSED") == 1  # type: ignore[arg-type]
    figures = replace(GOOD, **{what: value})  # type: ignore[arg-type]
    assert len(console_tables.missed(figures, ARCHIVED)) == 1


def test_without_a_browser_what_it_would_have_measured_is_said_not_to_be() -> None:
    none = replace(
        GOOD, page_live=None, painted=None, cores_painted=None, stopped=0, preview=None,
        not_painted="no browser", not_previewed="no twin",
    )  # fmt: skip
    shown = table(none)
    assert shown.count("not measured") == 3
    assert shown.count("(no browser)") == 2 and shown.count("(no twin)") == 1
    assert "real" not in table(none) and "5 real" in table(GOOD)


def test_the_figures_are_plain_data_too() -> None:
    told = json.loads(json.dumps(console_tables.plain(GOOD)))
    assert told["latency"] == {"n": 2, "median": 0.1, "p99": 0.1}
    assert told["memory"] == 80.0


@pytest.mark.stock
async def test_the_run_that_is_none_tells_each_value_with_when_it_was_made(tmp_path: Path) -> None:
    async with TellingRun(tmp_path / "run") as run:
        while len(run.late) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

        def ask() -> tuple[list[list[object]], dict[str, object]]:
            with RunControl(tmp_path / "run") as control:
                first = control.poll()
                again = control.poll(telemetry=int(first["telemetry_version"]) + 1)
                return first["telemetry"], again

        rows, again = await asyncio.to_thread(ask)
    assert len(rows) == CHANNELS and len({row[2] for row in rows}) == 1
    assert again["telemetry"] == []  # nothing is new


@pytest.mark.check
@pytest.mark.processes
def test_it_measures_edge_and_web_server_as_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_console, "STOPPED", 1)
    monkeypatch.setattr(painted_console, "BROWSERS", 1)
    check()
    figures = measure_served(20, 1)
    for name in ("page", "answer", "latency", "latency_stalled", "floor_ping"):
        assert len(getattr(figures, name).seconds) >= 20
    assert 0.0 < figures.floor_ping.median < figures.answer.median
    assert figures.killed.median > 0.0 and figures.killed_old.median > 0.0
    assert figures.memory > 20.0 and 0.0 < figures.cores < 2.0
    assert (figures.preview is None) == bool(figures.not_previewed)
    assert figures.stopped == (0 if why_not() else 1)
    if not figures.not_painted:
        assert figures.painted is not None and len(figures.painted.seconds) >= 20
        assert figures.page_live is not None and figures.page_live.median > 0.0


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("taken", Taken(99_999.0, 1e6)), ("at_an_instant", Sample((0.021,))),
        ("channel_day", Sample((0.051,))), ("last_values", Sample((0.021,))),
    ],
)  # fmt: skip
@pytest.mark.requirement("CON-09")
def test_of_the_archive_too_what_is_too_much_is_said(what: str, value: object) -> None:
    figures = replace(ARCHIVED, **{what: value})  # type: ignore[arg-type]
    assert len(console_tables.missed(GOOD, figures)) == 1
    console = Console(width=200)
    with console.capture() as printed:
        console.print(console_tables.archive_table(figures))
    assert printed.get().count("MISSED") == 1
