"""The pictures of what flew: drawn when it was flown, of what came down and of the true tracks."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flight.astrodynamics.ephemeris import relative_state
from flight.icd.ascent_record import CHUNK_BYTES, chunk_count, chunk_text, pack_sample
from ground.missions.mission import load_mission
from ground.missions.run_folder import FOLDERS
from ground.pictures.approach import Approach
from ground.pictures.ascent import has_ascent
from ground.pictures.ascent_arrays import Ascent
from ground.pictures.descent import draw_descent, has_descent
from ground.pictures.descent_data import DescentData
from ground.pictures.draw import draw_pictures
from ground.pictures.flight_panels import PieceTime, broken_at, gaps_in
from ground.pictures.journey import Journey
from ground.pictures.rendezvous import has_rendezvous
from ground.pictures.run_data import RunData
from ground.pictures.style import house_style, save
from ground.pictures.transfer import has_transfer
from ground.studies.landing_study import SITE, fly_numbered, setting
from ground.testbed.hardware.truth_tracks import CAPSULE, DESCENT, RENDEZVOUS, TRANSFER, Track
from tests.ground.pictures.run_writer import (
    SOL,
    ArchiveWriter,
    ascent_samples,
    must_show_something,
    write_summary,
)

DAY = 86_400.0
FAR, CLOSE, CAPTURED = 100_000.0, 120_000.0, 140_000.0
DEPARTED, RELEASED = 30.0 * DAY, 230.0 * DAY


def write_track(folder: Path, name: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
    track = Track(name, columns)
    for row in rows:
        track.add(0.0, *row)
    (folder / "tracks").mkdir(exist_ok=True)
    track.write(folder / "tracks")


def write_rendezvous(folder: Path, archive: ArchiveWriter) -> None:
    """From 50 km to the container, along the orbit."""
    rows = []
    for time in np.linspace(FAR - 500.0, CAPTURED, 400):
        apart = 50_000.0 * math.exp(-(max(time, FAR) - FAR) / 4_000.0) + 1.5
        rows.append((time, 0.1 * apart, apart, 0.0, apart, apart / 4_000.0))
    write_track(folder, "rendezvous", RENDEZVOUS, rows)
    archive.series("orbiter", "mode", (0.0, "idle"), (FAR, "rendezvous.far"))
    archive.event("orbiter", "far_range_entered", FAR, range=50_000.0)
    archive.event("orbiter", "close_range_entered", CLOSE, range=500.0)
    archive.event("orbiter", "mode_changed", CLOSE, after="rendezvous.close")
    archive.series("orbiter", "relative_along", (FAR + 1800.0, 30_000.0), (CLOSE, 340.0))
    archive.series("orbiter", "relative_radial", (FAR + 1800.0, 3_000.0), (CLOSE, 34.0))
    archive.event("orbiter", "manoeuvre", FAR + 60.0, purpose="to 18000 m", size=21.0)
    archive.event("orbiter", "at_hold_point", CLOSE + 3_000.0, distance=300)
    archive.event("orbiter", "manoeuvre", CLOSE + 3_010.0, purpose="station keeping", size=0.01)
    archive.event("orbiter", "retreating", CLOSE + 3_500.0, range=300.0)
    archive.event("orbiter", "at_hold_point", CLOSE + 7_000.0, distance=100)
    archive.event("orbiter", "manoeuvre", CLOSE + 7_001.0, purpose="to 30 m", size=0.01)
    archive.event("orbiter", "at_hold_point", CLOSE + 12_000.0, distance=30)
    archive.event("orbiter", "capture_attempt", CAPTURED - 400.0, number=1)
    archive.event("orbiter", "captured", CAPTURED, tubes=2)
    archive.command(
        "orbiter", "capture", CAPTURED - 900.0, ("STARTED", CAPTURED - 400.0),
        ("COMPLETED", CAPTURED), verdict="COMPLETED",
    )  # fmt: skip


def write_transfer(folder: Path, archive: ArchiveWriter) -> None:
    """A line from Mars to Earth, a correction, the release, and a capsule that falls."""
    epoch = load_mission("short").epoch_jd_tt
    mars, _ = relative_state("mars", "sun", epoch + DEPARTED / DAY)
    earth, _ = relative_state("earth", "sun", epoch + 233.0)
    rows: list[tuple[Any, ...]] = []
    for part in np.linspace(0.02, 0.98, 40):
        place = [1e3 * (m + part * (e - m)) for m, e in zip(mars, earth, strict=True)]
        rows.append((DEPARTED + part * 203.0 * DAY, "sun", *place, 1.0, 2.0, 3.0))
    rows.append((231.0 * DAY, "earth", 9.0e8, 0.0, 0.0, -4_300.0, 0.0, 0.0))
    write_track(folder, "transfer", TRANSFER, rows)
    archive.event("orbiter", "departure_planned", DEPARTED - DAY, size=2_300.0)
    archive.event("orbiter", "departed", DEPARTED, c3=9.0, wanted=9.1)
    archive.event("orbiter", "manoeuvre", DEPARTED - DAY, purpose="arrival", size=1.0)
    archive.event("orbiter", "manoeuvre", 60.0 * DAY, purpose="correction 1", size=8.5)
    archive.event("orbiter", "capsule_released", RELEASED, tubes=2)
    archive.series("orbiter", "entry_angle", (229.0 * DAY, -25.01))
    fall = [
        (233.0 * DAY + t, 120_000.0 * (1.0 - t / 60.0), 11_500.0 * (1.0 - t / 61.0),
         1_300.0 * math.exp(-((t - 20.0) ** 2) / 20.0), 1e7, 0.0, 0.0)
        for t in range(60)
    ]  # fmt: skip
    landed = (233.0 * DAY + 400.0, 1_300.0, 40.0, 8_000.0, 0.0, 40.2, -113.3)
    write_track(folder, "capsule", CAPSULE, [*fall, landed])


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with an ascent, a rendezvous and a transfer."""
    folder = tmp_path_factory.mktemp("flown") / "run"
    write_summary(folder)
    archive = ArchiveWriter(folder)
    data = b"".join(map(pack_sample, ascent_samples()))
    count = chunk_count(len(data))
    chunks = [data[n * CHUNK_BYTES : (n + 1) * CHUNK_BYTES] for n in range(count)]
    texts = [chunk_text(n, count, chunk) for n, chunk in enumerate(chunks) if n != 1]
    archive.series("mav", "ascent_chunk", *((900.0 + n, text) for n, text in enumerate(texts)))
    write_rendezvous(folder, archive)
    write_transfer(folder, archive)
    archive.close()
    return folder


def test_what_was_flown_is_drawn_and_nothing_else(flown: Path, tmp_path: Path) -> None:
    files = draw_pictures(flown)
    assert {file.name for file in files} <= set(FOLDERS["pictures"])  # else a next run is refused
    names = {file.stem for file in files}
    assert {"ascent", "rendezvous", "transfer"} < names and "descent" not in names
    for name in ("ascent", "rendezvous", "transfer"):
        must_show_something(flown / "pictures" / f"{name}.png")
    write_summary(tmp_path)
    ArchiveWriter(tmp_path).close()
    with RunData(tmp_path) as run:
        for has in (has_ascent, has_descent, has_rendezvous, has_transfer):
            assert not has(run)


def test_an_approach_that_began_and_was_not_recorded_is_not_drawn(tmp_path: Path) -> None:
    write_summary(tmp_path)
    archive = ArchiveWriter(tmp_path)
    archive.event("orbiter", "far_range_entered", FAR, range=50_000.0)
    archive.event("orbiter", "departed", FAR, c3=9.0)
    archive.close()
    with RunData(tmp_path) as run:
        assert not has_rendezvous(run) and not has_transfer(run)
    write_track(tmp_path, "rendezvous", RENDEZVOUS, [(FAR - 10.0, 0.0, 5e4, 0.0, 5e4, 1.0)])
    with RunData(tmp_path) as run:
        assert not has_rendezvous(run)


# ---------------------------------------------------------------------------- ascent


def test_the_phases_of_an_ascent_follow_each_other_and_missing_chunks_are_gaps(
    flown: Path,
) -> None:
    with RunData(flown) as run:
        ascent = Ascent(run.ascent_product.samples)
        assert run.ascent_product.missing == (1,)
    names = [phase.name for phase in ascent.phases()]
    assert names == ["ejection", "burn 1", "coast", "burn 2", "trim"]  # the hold is in chunk 1
    ((start, end),) = [gap for gap in ascent.gaps if gap[1] - gap[0] > 10.0]
    assert 40.0 < end - start < 60.0  # a chunk holds 102 samples, two a second
    assert ascent.pointing_error == pytest.approx(0.0)
    whole = Ascent(ascent_samples())
    assert whole.height[0] == pytest.approx(2.5)
    assert not whole.gaps and "hold" in [phase.name for phase in whole.phases()]


def test_each_piece_of_a_time_axis_has_its_share_and_lines_break_at_gaps() -> None:
    scale = PieceTime((0.0, 80.0, 560.0, 600.0), (0.5, 0.2, 0.3))
    assert scale.at([0.0, 40.0, 80.0, 320.0, 600.0]) == pytest.approx([0, 0.25, 0.5, 0.6, 1])
    ticks = scale.ticks((10.0, 100.0, 10.0))
    assert ticks == sorted(ticks) and 0.0 in ticks and 300.0 in ticks and 570.0 in ticks
    assert np.diff(scale.at(ticks)).min() > 0.03
    seconds = np.array([0.0, 1.0, 9.0, 10.0])
    gaps = gaps_in(seconds, 2.0)
    assert gaps == [(1.0, 9.0)]
    times, values = broken_at(seconds, seconds, gaps)
    assert times.tolist() == [0.0, 1.0, 5.0, 9.0, 10.0] and math.isnan(values[2])


# ------------------------------------------------------------------------ rendezvous


def test_each_hold_point_has_its_decision(flown: Path) -> None:
    with RunData(flown) as run:
        way = Approach(run)
        told = [(stop.distance, stop.decision) for stop in way.hold_points]
        decided = [stop.decided for stop in way.hold_points]
        assert told == [(300.0, "NO-GO"), (100.0, "GO, its own"), (30.0, "GO of the ground")]
        assert decided == pytest.approx([CLOSE + 3_500.0, CLOSE + 7_001.0, CAPTURED - 400.0])
        assert (way.start, way.end) == (FAR, CAPTURED)
        assert way.seconds.min() >= FAR
        assert (way.down < 0.0).all()  # radially outward is away from Mars
        _, along, down = way.believed
        assert along.tolist() == [30_000.0, 340.0] and down.tolist() == [-3_000.0, -34.0]
        assert [mode.name for mode in way.modes] == ["far, by camera", "close, by LiDAR"]


# -------------------------------------------------------------------------- transfer


def test_the_way_begins_at_mars_and_has_its_manoeuvres(flown: Path) -> None:
    with RunData(flown) as run:
        way = Journey(run)
        titles = [(step.title, step.delta_v) for step in way.steps]
        assert titles[:2] == [("departure", 2_300.0), ("correction 1", 8.5)]
        assert titles[2][0] == "capsule released" and math.isnan(titles[2][1])
        start = way.place(DEPARTED)
        assert start == pytest.approx(tuple(way.planet("mars", DEPARTED)))
        assert 1.35 < math.hypot(*start) < 1.7
        assert way.arrival == 233.0 * DAY
        # A hyperbola: less than the speed at 900 000 km.
        assert 4_150.0 < way.arrival_speed < 4_300.0
        assert way.off_site(40.2, -113.3) == pytest.approx(0.0, abs=1.0)
        assert way.off_site(41.2, -113.3) == pytest.approx(111_195.0, rel=1e-3)


# --------------------------------------------------------------------------- descent


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose archive holds what a real descent tells, with its true track."""
    from ground.studies import landing_study
    from ground.testbed.hardware.truth_tracks import record_descent

    folder = tmp_path_factory.mktemp("landed") / "run"
    write_summary(folder, mission="nominal", mission_seconds=SOL)
    assert setting()
    track = Track("descent", DESCENT)
    place = landing_study.place_in_space

    def recorded(*arguments: Any, **options: Any) -> Any:
        vehicle = place(*arguments, **options)
        record_descent(vehicle, track)
        return vehicle

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing_study, "place_in_space", recorded)
        flight = fly_numbered(2)
    archive = ArchiveWriter(folder)
    for time, name, data in flight.events:
        archive.event("lander", name, time, **data)
    for channel in ("height", "speed", "bank", "bank_ordered"):
        told = [(time, v[channel]) for time, v in flight.told if channel in v]
        archive.series("lander", f"descent_{channel}", *told)
    archive.close()
    (folder / "tracks").mkdir()
    track.write(folder / "tracks")
    assert 300 < len(track.rows) < 2_000
    return folder


def descent_of(folder: Path) -> Path:
    """The picture of the descent of a run, without the others."""
    with RunData(folder) as run, house_style():
        assert has_descent(run)
        return save(draw_descent(run), folder / "descent.png")


def test_a_descent_is_drawn_with_its_track(landed: Path) -> None:
    assert "descent" in {file.stem for file in draw_pictures(landed)}
    must_show_something(landed / "pictures" / "descent.png")


def test_a_descent_keeps_to_its_ordered_bank_and_comes_to_the_aim(landed: Path) -> None:
    with RunData(landed) as run:
        data = DescentData(run)
        assert data.is_true and data.aim == SITE
        titles = [title for title, _ in data.milestones]
        assert titles[0] == "entry interface" and titles[-1] == "touchdown"
        assert titles.index("parachute") < titles.index("radar lock") < titles.index("touchdown")
        east, north = data.places
        assert math.hypot(east[-1], north[-1]) < 60.0
        assert data.height[0] > 100_000.0 and data.height[-1] == pytest.approx(0.0, abs=1.0)
        assert 8.0 < data.felt.max() / 9.80665 < 14.0
        times, ordered = data.bank_ordered
        flown_at, bank = data.bank_flown
        assert len(times) > 30 and len(data.reversals) >= 1
        off = np.abs(np.interp(times, flown_at, bank) - ordered)
        assert np.median(off) < 3.0


def test_without_a_true_track_the_telemetry_is_drawn(landed: Path, tmp_path: Path) -> None:
    (tmp_path / "ground").mkdir()
    for name in ("summary.json", "ground/archive.sqlite"):
        (tmp_path / name).write_bytes((landed / name).read_bytes())
    with RunData(tmp_path) as run:
        data = DescentData(run)
        assert not data.is_true and len(data.seconds) > 50
        assert len(data.bank_flown[0]) > 30
    must_show_something(descent_of(tmp_path))


def test_a_lander_that_found_no_ground_is_drawn(landed: Path, tmp_path: Path) -> None:
    write_summary(tmp_path, mission="nominal", verdict="failure")
    archive = ArchiveWriter(tmp_path)
    archive.event("lander", "entry_interface", 600.0, speed=5600.0, angle=-16.0)
    archive.series("lander", "descent_height", (600.0, 1.2e5), (650.0, 6e4), (700.0, 2e4))
    archive.series("lander", "descent_speed", (600.0, 5600.0), (650.0, 5500.0), (700.0, 900.0))
    archive.close()
    must_show_something(descent_of(tmp_path))
