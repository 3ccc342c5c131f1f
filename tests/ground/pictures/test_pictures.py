"""Every picture of a run can be drawn, whatever the run left behind."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.pictures.draw import draw_pictures
from ground.pictures.labels import around_points, places_in_a_row, spread
from ground.pictures.run_data import RunData, Span
from ground.pictures.sky import SolScale
from ground.pictures.tracks import believed_track
from ground.pictures.tube_loadings import loadings, seated
from ground.pictures.vehicle_lanes import merged, milestones
from tests.ground.pictures.run_writer import (
    ATSAH,
    SKYLAND,
    SOL,
    ArchiveWriter,
    must_show_something,
    write_summary,
)

PICTURES = (
    "mission_timeline", "traverse_map", "power_and_temperature", "arm_work", "custody_ribbon",
)  # fmt: skip


def hand_over(time: float, place: str) -> dict[str, Any]:
    return {"time": time, "place": place, "verified_by": "arm.camera", "reading": "seen"}


def write_manifest(folder: Path, *places: tuple[float, str]) -> None:
    tube = {"id": ATSAH, "name": "Atsah", "content": "Rock core", "statement": "mav",
            "place": places[-1][1], "problem": None,
            "hand_overs": [hand_over(*each) for each in places]}  # fmt: skip
    lost = {"id": SKYLAND, "name": "Skyland", "content": "Rock core", "statement": "nowhere",
            "place": None, "problem": "silently_lost", "hand_overs": []}  # fmt: skip
    text = json.dumps({"tubes": [tube, lost]})
    (folder / "ground" / "manifest.json").write_text(text)


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a little of everything."""
    folder = tmp_path_factory.mktemp("tiny") / "run"
    write_summary(folder)
    archive = ArchiveWriter(folder)
    archive.series("lander", "mode", (0.0, "landed.commissioning"), (SOL, "landed.operating.day"))
    archive.series("lander", "state_of_charge", (0.0, 0.9), (SOL, 0.6), (1.5 * SOL, None))
    archive.series("lander", "earth_in_view", (0.0, 1), (0.3 * SOL, 0), (0.9 * SOL, 1))
    archive.series("rover", "mode", (0.0, "stowed"), (SOL, "surface.fetching.driving"))
    archive.series("rover", "battery_temperature", (0.0, 270.0), (SOL, 250.0))
    archive.series("rover", "east", (SOL, 70.0), (1.1 * SOL, 60.0), (1.2 * SOL, 48.0))
    archive.series("rover", "north", (SOL, 22.0), (1.1 * SOL, 30.0), (1.2 * SOL, 26.0))
    stowed, ready = [0.0, -1.9, 0.0, 2.5, 0.0, 0.9, 0.0], [0.0, -0.6, 0.0, 1.7, 0.0, 2.04, 0.0]
    archive.series("arm", "joint_angles", (0.0, json.dumps(stowed)), (1.5 * SOL, json.dumps(ready)))
    archive.series("arm", "contact_force", (1.5 * SOL, 12.0))
    archive.series("arm", "mode", (0.0, "stowed"))
    steps = ("approaching", "extracting", "verifying", "inserting", "checking_seat")
    for number, step in enumerate(steps):
        seconds = 1.5 * SOL + 600.0 * number
        archive.event("arm", "mode_changed", seconds, after=f"ready.loading.{step}")
    archive.event("arm", "mode_changed", 1.5 * SOL + 3000.0, after="ready.idle")
    archive.event("arm", "tube_loaded", 1.5 * SOL + 3000.0, tube=ATSAH)
    archive.event("rover", "drive_setback", 1.1 * SOL, kind="high_slip", detail="45 %")
    archive.event("rover", "entered_safe", 1.3 * SOL)
    archive.command(
        "rover", "fetch_tubes", 0.9 * SOL, ("STARTED", SOL), ("PROGRESS", 1.1 * SOL),
        ("COMPLETED", 1.2 * SOL), verdict="COMPLETED",
    )  # fmt: skip
    archive.command("arm", "load_tubes", 1.3 * SOL, ("STARTED", 1.5 * SOL), verdict="FAILED")
    archive.command("mav", "wake", 1.8 * SOL, verdict=None)
    archive.close()
    write_manifest(
        folder, (0.0, "ground"), (1.2 * SOL, "rover_gripper"), (1.2 * SOL + 300.0, "rover_rack"),
        (1.5 * SOL + 1500.0, "arm_gripper"), (1.5 * SOL + 3000.0, "container"),
    )  # fmt: skip
    return folder


def test_all_pictures_of_a_run_are_drawn(tiny_run: Path) -> None:
    files = draw_pictures(tiny_run)
    assert [file.name for file in files] == [f"{name}.png" for name in PICTURES]
    for file in files:
        assert file.parent == tiny_run / "pictures"
        must_show_something(file)


def test_a_run_that_lost_its_rover_and_left_no_archive_is_drawn(tmp_path: Path) -> None:
    write_summary(
        tmp_path, verdict="failure", phases=[], mission_seconds=3000.0,
        vehicles_lost={"rover": 0.01},
    )  # fmt: skip
    files = draw_pictures(tmp_path)
    assert len(files) == len(PICTURES)
    for file in files:
        must_show_something(file)


def test_the_same_run_gives_the_same_bytes(tiny_run: Path) -> None:
    from ground.pictures.custody_ribbon import draw_custody_ribbon
    from ground.pictures.style import house_style, save

    with RunData(tiny_run) as run, house_style():
        first = save(draw_custody_ribbon(run), tiny_run / "first.png")
        second = save(draw_custody_ribbon(run), tiny_run / "second.png")
    assert first.read_bytes() == second.read_bytes()


def test_without_matplotlib_a_sentence_names_the_extra(
    tiny_run: Path, without_matplotlib: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draw_pictures(tiny_run) == []
    assert "extra `plots`" in capsys.readouterr().err


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no summary\.json"):
        draw_pictures(tmp_path)


# -------------------------------------------------------------------- what is shown


def test_states_last_until_the_next_and_the_last_until_the_vehicle_is_lost(tmp_path: Path) -> None:
    write_summary(tmp_path, vehicles_lost={"rover": 1.5})
    archive = ArchiveWriter(tmp_path)
    archive.series("rover", "mode", (0.0, "stowed"), (SOL, "surface.idle"))
    archive.event("rover", "mode_changed", 0.5 * SOL, after="surface.idle")
    archive.close()
    with RunData(tmp_path) as run:
        states = run.states("rover")
        told = list(milestones(run, "rover"))
    assert [state.name for state in states] == ["stowed", "surface.idle"]
    assert states[0].end == states[1].start == pytest.approx(0.5 * SOL)
    assert states[1].end == pytest.approx(1.5 * SOL)
    assert [(each.text, each.bad) for each in told] == [("lost", True)]


def test_states_of_one_title_are_drawn_as_one() -> None:
    states = [
        Span(0.0, 1.0, "surface.fetching.driving"),
        Span(1.0, 2.0, "surface.fetching.grasping"),
        Span(2.0, 3.0, "surface.fetching.sleeping"),
        Span(3.0, 4.0, "safe"),
    ]
    assert merged(states) == [
        Span(0.0, 2.0, "fetching"), Span(2.0, 3.0, "sleeping"), Span(3.0, 4.0, "safe"),
    ]  # fmt: skip


def test_the_turn_of_a_tube_has_its_steps_and_its_name(tiny_run: Path) -> None:
    with RunData(tiny_run) as run:
        (turn,) = loadings(run)
        assert seated(run) == [pytest.approx(1.5 * SOL + 3000.0)]
    assert turn.name == "Atsah"
    assert [step.name for step in turn.steps] == [
        "approaching", "extracting", "verifying", "inserting", "checking_seat",
    ]  # fmt: skip
    assert turn.end - turn.start == pytest.approx(3000.0)


def test_a_command_shows_when_it_ran_and_when_that_was_known(tiny_run: Path) -> None:
    with RunData(tiny_run) as run:
        fetch, load, wake = run.commands
    assert (fetch.started, fetch.ended) == (pytest.approx(SOL), pytest.approx(1.2 * SOL))
    assert fetch.known == pytest.approx(1.2 * SOL + 1000.0)
    assert fetch.progress == (pytest.approx(1.1 * SOL),)
    assert (load.verdict, load.ended) == ("FAILED", None)
    assert (wake.verdict, wake.started) == (None, None)


def test_each_sol_has_one_night_of_about_half_its_length(tiny_run: Path) -> None:
    with RunData(tiny_run) as run:
        scale = SolScale(run)
        # Entry began in the morning of sol 0 (09:18), two sols were flown: two sunsets.
        first, second = scale.nights
        assert scale.sol(0.0) == pytest.approx(9.30 / 24, abs=0.01)
        assert 0.4 < first[1] - first[0] < 0.6
        assert second[0] - first[0] == pytest.approx(1.0, abs=0.01)
        assert len(scale.relay_passes) >= 2


def test_the_track_is_that_of_the_telemetry(tiny_run: Path) -> None:
    with RunData(tiny_run) as run:
        track = believed_track(run, SolScale(run), "rover")
        assert track.has_moved
        assert track.places == [(70.0, 22.0), (60.0, 30.0), (48.0, 26.0)]
        assert len(believed_track(run, SolScale(run), "perseverance").places) == 0


# -------------------------------------------------------------------- labels


@given(st.lists(st.floats(-1.0, 2.0), max_size=12))
def test_spread_labels_keep_their_distance_and_their_order(wanted: list[float]) -> None:
    placed = spread(wanted, 0.1, 0.0, 1.0)
    least = min(0.1, 1.0 / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], index))
    for before, after in pairwise(order):
        assert placed[after] - placed[before] >= least - 1e-9
    assert all(-1e-9 <= place <= 1.0 + 1e-9 for place in placed)


@given(st.lists(st.tuples(st.floats(0.0, 10.0), st.floats(0.1, 4.0)), max_size=8))
def test_labels_in_a_row_do_not_overlap(labels: list[tuple[float, float]]) -> None:
    anchors, widths = [each[0] for each in labels], [each[1] for each in labels]
    places = places_in_a_row(anchors, widths, 0.0, 10.0)
    spans = sorted(
        (place - width / 2, place + width / 2)
        for place, width in zip(places, widths, strict=True)
        if place is not None
    )
    for before, after in pairwise(spans):
        assert before[1] <= after[0] + 1e-9
    assert not labels or places[0] is not None


def test_labels_of_crowded_points_do_not_cover_one_another() -> None:
    points = [(2.0 + 0.2 * number, 2.0 + 0.1 * (number % 2)) for number in range(5)]
    places = around_points(points, [0.9] * 5, 0.18, (0.0, 0.0, 5.0, 4.0))
    for index, (x, y) in enumerate(places):
        assert 0.45 <= x <= 4.55
        for other_x, other_y in places[index + 1 :]:
            assert abs(x - other_x) >= 0.9 - 1e-9 or abs(y - other_y) >= 0.18 - 1e-9
