"""What the screen shows, at 80 and at 120 columns."""

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from flight.icd.messages import Severity
from ground.mission_control.timing.durations import duration
from ground.mission_control.views.progress import Progress, ProgressDisplay, line, render

Fly = Callable[..., Any]

TEXT = (
    "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 5.0}}\n"
    "  - {do: phase, phase: second}\n"
    "  - {do: command, vehicle: rover, command: traverse, limit_sols: 1, on_failure: continue}\n"
    "  - {do: pause, seconds: 10}\n"
)


def pictures(ground: Any) -> tuple[str, dict[int, str]]:
    progress = ProgressDisplay(ground.control).state()
    drawn = {}
    for width in (80, 120):
        console = Console(file=io.StringIO(), width=width, record=True)
        console.print(render(progress))
        drawn[width] = console.export_text()
    return line(progress), drawn


async def half_way(ground: Any) -> Any:
    loop, vehicle = asyncio.get_running_loop(), ground.vehicle
    loop.call_at(100.0, lambda: vehicle.custody("M1", "rover_rack"))
    loop.call_at(200.0, lambda: vehicle.event("motor_fault", Severity.WARNING_HI, wheel=3))
    task = ground._nursery.start(ground.run(), name="run")
    before = ProgressDisplay(ground.control).fraction()
    await asyncio.sleep(5_000.0)
    ground.vehicle.duration = 1e9
    drawn = pictures(ground)
    await asyncio.sleep(200_000.0)
    assert task.done()
    return before, drawn, ProgressDisplay(ground.control).fraction()


def test_it_shows_time_passes_tubes_events_alarms_and_a_bar(fly: Fly) -> None:
    before, (line, drawn), after = fly(TEXT, half_way)
    assert before == 0.0
    assert after == 1.0
    assert line.startswith(" 50% Sol 000 M ")  # weights 1 and 3: 1 + a third of 3
    assert line.endswith(" | 1 alarm")
    for picture in drawn.values():
        assert "Second" in picture
        assert "light time 10 min 00 s" in picture
        assert "next pass in 1 h 36 min" in picture
        assert "rover traverse" in picture
        assert "rover\u00a0rack\u00a01" in picture
        assert "not\u00a0reported\u00a0yet\u00a01" in picture
        assert "1 not acknowledged" in picture
        assert "WARNING motor_fault" in picture


@pytest.mark.parametrize("width", [80, 120])
def test_every_line_fits_the_terminal(fly: Fly, width: int) -> None:
    _, (_, drawn), _ = fly(TEXT, half_way)
    lines = drawn[width].rstrip("\n").split("\n")
    assert {len(line) for line in lines} == {width}
    assert len(lines) <= 20


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (754.0, "12 min 34 s"), (3899.0, "1 h 04 min")],
)
def test_durations_have_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("alarms", "end"), [(0, "| a minute | "), (1, " | 1 alarm"), (2, " | 2 alarms")]
)
def test_the_line_for_a_log_counts_the_alarms_if_there_are_any(alarms: int, end: str) -> None:
    state = Progress("First", 0.5, 0.0, "Sol 0", "a minute", "", "", {}, alarms, [], "")
    assert line(state).endswith(end)
