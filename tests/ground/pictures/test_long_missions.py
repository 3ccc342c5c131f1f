"""The pictures of missions of years: quiet sols are left out, and what is shown is legible."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ground.mission_control import IN_TOUCH
from ground.missions.vehicles import ALL_VEHICLES
from ground.pictures.command_rows import draw_commands
from ground.pictures.command_spans import CommandSpan, joined
from ground.pictures.draw import draw_pictures
from ground.pictures.labels import from_paper, on_paper, text_width
from ground.pictures.mission_timeline import draw_mission_timeline
from ground.pictures.power_and_temperature import draw_power_and_temperature
from ground.pictures.quiet import mission_scale, quiet_stretches
from ground.pictures.run_data import RunData
from ground.pictures.sky import SolScale
from ground.pictures.style import PLACES, VEHICLES
from ground.pictures.time_axis import GAP, sol_axis, widest_piece
from tests.ground.pictures.run_writer import (
    SOL,
    ArchiveWriter,
    must_show_something,
    write_summary,
)

LENGTH = 900.0  # sols


def order(archive: ArchiveWriter, vehicle: str, name: str, sol: float, lasts: float) -> None:
    """A hazardous command: armed, fired, completed."""
    sent = sol * SOL
    archive.command(
        vehicle, name, sent, ("COMPLETED", sent + 900.0), verdict="COMPLETED", stage="arm"
    )
    archive.command(
        vehicle, name, sent, ("STARTED", sent + 900.0), ("COMPLETED", sent + lasts * SOL),
        verdict="COMPLETED", stage="fire",
    )  # fmt: skip


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifteen sols on the ground, a launch at sol 150, the capsule home at sol 900."""
    folder = tmp_path_factory.mktemp("long") / "run"
    phases = [
        {"name": "surface", "began": 0.0, "ended": 15.0 * SOL},
        {"name": "ascent", "began": 15.0 * SOL, "ended": 152.0 * SOL},
        {"name": "cruise", "began": 152.0 * SOL, "ended": None},
    ]
    write_summary(folder, phases=phases, mission_seconds=LENGTH * SOL)
    archive = ArchiveWriter(folder)
    days = [(n + 0.5 * half, f"landed.operating.{'night' if half else 'day'}")
            for n in range(900) for half in (0, 1)]  # fmt: skip
    archive.series("lander", "mode", *((sol * SOL, mode) for sol, mode in days))
    archive.series("lander", "earth_in_view", *((0.5 * n * SOL, n % 2) for n in range(1800)))
    archive.series("lander", "state_of_charge", *((n * SOL, 0.8) for n in range(160)))
    archive.series("mav", "mode", (0.0, "dormant"), (150.0 * SOL, "in_orbit"))
    archive.series("orbiter", "mode", (0.0, "idle"), (152.0 * SOL, "departing"))
    archive.series("entry", "mode", (0.0, "stowed"), (898.0 * SOL, "released"))
    for number in range(10):
        order(archive, "mav", "condition", 10.0 + 0.4 * number, 0.2)
    order(archive, "mav", "launch", 149.0, 1.0)
    order(archive, "lander", "decommission", 153.0, 0.02)
    order(archive, "orbiter", "depart", 154.0, 700.0)
    order(archive, "orbiter", "release_capsule", 897.5, 0.5)
    for sol in range(20, 890, 2):  # nobody planned them, and nothing comes of them
        archive.command(
            "orbiter", "report_status", sol * SOL, ("COMPLETED", sol * SOL + 60.0),
            verdict="COMPLETED", step=IN_TOUCH,
        )  # fmt: skip
    archive.close()
    return folder


def bare_axes() -> Axes:
    return Figure(figsize=(12.8, 5.0)).add_axes((0.1, 0.1, 0.8, 0.8))


# -------------------------------------------------------------------- what is left out


@given(st.lists(st.floats(0.0, 1200.0), min_size=2, max_size=30))
def test_only_long_stretches_without_anything_are_left_out(moments: list[float]) -> None:
    gaps = quiet_stretches(moments)
    assert len(gaps) <= 6
    assert gaps == sorted(gaps)
    for start, end in gaps:
        assert end - start >= 10.0
        assert not any(start <= moment <= end for moment in moments)
        assert min(moments) < start and end < max(moments)


def test_a_long_wait_is_left_out_and_what_happened_is_shown(long_run: Path) -> None:
    with RunData(long_run) as run:
        scale = mission_scale(run)
        wait, departing, cruise = scale.gaps
        assert wait[0] < 18.0 and 145.0 < wait[1] < 149.0
        assert departing[0] < 160.0 and departing[1] < 854.5 < cruise[0]
        assert 890.0 < cruise[1] < 897.5
        for command in run.commands:
            assert scale.is_shown(scale.sol(command.sent), scale.sol(command.sent))
            assert command.name != "report_status"


def test_a_short_mission_is_shown_whole(tmp_path: Path) -> None:
    write_summary(tmp_path, mission_seconds=50.0 * SOL, phases=[])
    with RunData(tmp_path) as run:
        assert mission_scale(run).gaps == ()
        assert mission_scale(run).stretches == [mission_scale(run).bounds]


def test_nights_passes_and_contacts_are_those_that_are_shown(long_run: Path) -> None:
    with RunData(long_run) as run:
        scale = mission_scale(run)
        end = scale.sol(run.end_of("lander"))
        shown = sum(last - first for first, last in scale.stretches)
        assert len(scale.nights) == pytest.approx(shown, abs=2 * len(scale.stretches))
        for intervals in (scale.nights, scale.relay_passes, scale.contact("earth_in_view")):
            assert all(scale.is_shown(*each) for each in intervals)
        assert max(last for _, last in scale.relay_passes) <= end
        assert max(last for _, last in scale.contact("earth_in_view")) <= end


# -------------------------------------------------------------------- the axis


def test_a_gap_is_narrow_and_the_axis_can_be_read_both_ways(long_run: Path) -> None:
    axes = bare_axes()
    with RunData(long_run) as run:
        scale = mission_scale(run)
        sol_axis([axes], scale)
    for start, end in scale.gaps:
        left, right = on_paper(axes, [start, end])
        assert right - left == pytest.approx(GAP, rel=0.03)
    for sol in (0.5, 12.0, 150.0, 400.0, 899.0):
        assert from_paper(axes, on_paper(axes, sol)) == pytest.approx(sol)
    middle, room = widest_piece(axes, scale, 14.0, 152.0)
    assert scale.is_shown(middle, middle)
    assert 0.0 < room < float(on_paper(axes, 152.0) - on_paper(axes, 14.0)) - GAP


def test_numbers_of_sols_do_not_touch_and_every_stretch_has_one(long_run: Path) -> None:
    axes = bare_axes()
    with RunData(long_run) as run:
        scale = mission_scale(run)
        sol_axis([axes], scale)
    ticks = sorted(float(tick) for tick in axes.xaxis.get_minorticklocs())
    for before, after in pairwise(ticks):
        width = text_width(str(int(before)), 9.5) / 2 + text_width(str(int(after)), 9.5) / 2
        assert on_paper(axes, after) - on_paper(axes, before) > width
    for first, last in scale.stretches:
        assert any(first <= tick <= last for tick in ticks)


@pytest.mark.parametrize(("sols", "nights"), [(50.0, True), (900.0, False)])
def test_nights_are_drawn_where_they_can_be_seen(tmp_path: Path, sols: float, nights: bool) -> None:
    write_summary(tmp_path, mission_seconds=sols * SOL, phases=[])
    axes = bare_axes()
    with RunData(tmp_path) as run:
        sol_axis([axes], SolScale(run))
    behind = [each for each in axes.collections if each.get_zorder() < 0]
    assert bool(behind) is nights
    assert len(axes.xaxis.get_majorticklocs()) < 60


def test_a_picture_of_a_long_mission_has_few_parts(long_run: Path) -> None:
    with RunData(long_run) as run:
        for figure in (draw_mission_timeline(run), draw_power_and_temperature(run)):
            assert sum(len(axes.get_children()) for axes in figure.axes) < 800


def test_pictures_of_a_long_mission_show_something(long_run: Path) -> None:
    for file in draw_pictures(long_run):
        must_show_something(file)


# -------------------------------------------------------------------- vehicles and commands


def test_every_vehicle_has_a_name_and_a_colour_of_its_own() -> None:
    assert set(VEHICLES) == set(ALL_VEHICLES)
    assert len({colour for _, colour in VEHICLES.values()}) == len(VEHICLES)
    assert len({colour for _, colour in PLACES.values()}) == len(PLACES)


def test_the_lane_of_a_vehicle_ends_when_it_is_decommissioned(long_run: Path) -> None:
    with RunData(long_run) as run:
        assert run.end_of("lander") == pytest.approx(153.02 * SOL, abs=1.0)
        assert run.states("lander")[-1].end == run.end_of("lander")
        assert run.end_of("orbiter") == run.duration
        words = [text.get_text() for axes in draw_mission_timeline(run).axes for text in axes.texts]
        power = draw_power_and_temperature(run)
    assert {"Orbiter", "Entry capsule", "decommissioned"} <= set(words)
    assert "Until the last vehicle here was decommissioned" in power.texts[-1].get_text()
    assert power.axes[0].get_xlim()[1] < 160.0


def span(name: str, sent: float, stage: str, **changes: object) -> CommandSpan:
    values = {"started": sent + 10.0, "ended": sent + 20.0, "known": sent + 30.0,
              "verdict": "COMPLETED"}  # fmt: skip
    return CommandSpan("mav", name, stage, sent, **{**values, **changes})  # type: ignore[arg-type]


def test_both_stages_of_a_hazardous_command_are_one_row() -> None:
    arm, fire = span("launch", 0.0, "arm", started=None), span("launch", 5.0, "fire")
    (row,) = joined([arm, fire])
    assert (row.sent, row.started, row.known) == (0.0, 15.0, 35.0)
    refused = span("launch", 0.0, "arm", verdict="REJECTED")
    assert len(joined([refused, fire])) == 2
    assert len(joined([arm, span("seal", 5.0, "fire")])) == 2


def test_a_command_that_was_sent_again_while_it_ran_began_when_it_arrived() -> None:
    (row,) = joined([span("depart", 900.0, "run", started=10.0, ended=1000.0)])
    assert row.sent == row.started == 10.0


def test_no_name_of_a_command_stands_on_a_bar_or_outside(long_run: Path) -> None:
    axes = bare_axes()
    with RunData(long_run) as run:
        scale, rows = mission_scale(run), joined(run.commands)
        sol_axis([axes], scale)
        draw_commands(axes, rows, scale, 0)
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    names = [
        text for text in axes.texts if text.get_text() in {r.name.replace("_", " ") for r in rows}
    ]
    assert len(names) == len(rows)
    for name in names:
        box = name.get_window_extent(canvas.get_renderer())
        assert axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
        assert not any(box.overlaps(bar.get_window_extent()) for bar in axes.patches)


def test_a_curve_is_cut_where_sols_are_left_out(long_run: Path) -> None:
    with RunData(long_run) as run:
        scale = mission_scale(run)
        (start, end), *_ = scale.gaps
        seconds = [scale.seconds(sol) for sol in (start - 0.2, start + 1.0, end + 0.2)]
        before, within, after = scale.torn(seconds, [1.0, 2.0, 3.0])
    assert (before, after) == (1.0, 3.0)
    assert within != within  # not a number
