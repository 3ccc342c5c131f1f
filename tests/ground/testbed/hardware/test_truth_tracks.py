"""True tracks: what is recorded, that it is bounded, and that recording changes nothing."""

import csv
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from flight.astrodynamics.ephemeris import relative_state
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import add, norm, scale
from flight.entry.node import EntryCapsule
from flight.orbiter.node import Orbiter
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.hardware.truth_tracks import (
    CAPSULE,
    RENDEZVOUS,
    TRANSFER,
    Track,
    record_capsule,
    record_rendezvous,
    record_transfer,
)
from sim_hw.assembly import entry, orbiter
from sim_hw.dynamics.capsule_flight import CapsuleFlight
from sim_hw.dynamics.earth_approach import plan_approach
from sim_hw.world.spacecraft import Spacecraft, orbiting
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

DAY = 86_400.0
EPOCH = julian_date(2030, 11, 1)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def column(track: Track, name: str) -> list[Any]:
    return [row[track.columns.index(name)] for row in track.rows]


def test_a_full_track_goes_on_with_half_the_rows() -> None:
    track = Track("some", ("value",), most=100)
    for second in range(100_000):
        if track.is_due(second):
            track.add(1.0, second, 2.0 * second)
    assert 50 <= len(track.rows) <= 100
    times = column(track, "time")
    assert times[0] == 0.0 and times[-1] > 95_000.0
    steps = [after - before for before, after in pairwise(times)]
    assert max(steps) <= 2.0 * min(steps)
    assert column(track, "value") == [2.0 * time for time in times]


def test_a_track_is_written_with_its_columns(tmp_path: Path) -> None:
    track = Track("way", ("centre", "x"))
    track.add(1.0, 12.3456, "sun", 123456789012.34567)
    track.write(tmp_path)
    with (tmp_path / "way.csv").open() as file:
        head, row = csv.reader(file)
    assert head == ["time", "centre", "x"]
    assert row == ["12.346", "sun", "123456789012.34567"]


# ------------------------------------------------------------------------ at Mars


def approach(record: bool, offset: float = 5_000.0) -> tuple[Track, tuple[float, ...], Any]:
    """An hour of an orbiter beside a container, looked at now and then."""
    clock = Clock()
    world = World(1, julian_date(2029, 7, 1), TubeRegistry([], {}))
    world.clock = clock
    _, devices = orbiter.build(world, load_vehicle_file(Orbiter, orbiter.HARDWARE).hardware)
    vehicle: Any = devices["camera"].vehicle  # type: ignore[attr-defined]
    place = add(vehicle.body.position(), (0.0, offset, 0.0))
    world.space.add(orbiting("container", clock, place, vehicle.body.velocity()))
    track = Track("rendezvous", RENDEZVOUS)
    if record:
        record_rendezvous(vehicle, track)
    for _ in range(40):
        clock.now += 93.0
        vehicle.relative_position()
    return track, vehicle.body.state, vehicle


def test_the_orbiter_is_recorded_about_the_container_and_flies_as_without() -> None:
    track, state, vehicle = approach(record=True)
    assert state == approach(record=False)[1]
    # Between 1 and 20 km a row every 40 s at the least; bodies are stepped by 20 s.
    assert 60 <= len(track.rows) <= 94
    last = track.rows[-1]
    place = last[track.columns.index("radial") : track.columns.index("across") + 1]
    assert math.hypot(*(float(each) for each in place)) == pytest.approx(column(track, "range")[-1])
    assert column(track, "range")[-1] == pytest.approx(norm(vehicle.relative_position()), rel=0.1)


def test_the_closing_speed_is_how_fast_the_range_shrinks() -> None:
    track, *_ = approach(record=True)
    times, ranges, speeds = (column(track, name) for name in ("time", "range", "closing_speed"))
    assert max(speeds) > 1.0 and len(times) > 50
    for k in range(len(times) - 1):
        mean = 0.5 * (speeds[k] + speeds[k + 1])
        shrunk = ranges[k] - ranges[k + 1]
        assert mean * (times[k + 1] - times[k]) == pytest.approx(shrunk, abs=0.5)


def test_nothing_is_recorded_of_bodies_far_from_each_other_or_when_it_is_captured() -> None:
    assert approach(record=True, offset=900_000.0)[0].rows == []
    track, _, vehicle = approach(record=True)
    count = len(track.rows)
    vehicle.captured = True
    vehicle.world.clock.now += 600.0
    vehicle.body.advance()
    assert len(track.rows) == count


# --------------------------------------------------------------------- on the way


def fly_to_earth(prepare: Callable[[Spacecraft], None]) -> tuple[float, ...]:
    """Sixteen days past Earth, with a change of velocity by 50 m/s after 30 hours."""
    clock = Clock()
    position, velocity = relative_state("earth", "sun", EPOCH)
    ahead = (0.6, 0.8, 0.0)
    start = add(scale(1000.0, position), add(scale(-1.2e9, ahead), (0.0, 0.0, 9.0e7)))
    speed = add(scale(1000.0, velocity), scale(5_000.0, ahead))
    body = Spacecraft("orbiter", clock, EPOCH, (*start, *speed), "sun")
    prepare(body)
    for hour in range(16 * 24):
        clock.now = 3600.0 * hour
        body.advance()
        if hour == 30:
            body.kick((0.0, 0.0, 50.0))
    return body.state


def test_the_transfer_has_a_row_a_day_and_one_after_each_change() -> None:
    track = Track("transfer", TRANSFER)
    with_record = fly_to_earth(lambda body: record_transfer(body, track))
    assert with_record == fly_to_earth(lambda body: None)
    times = column(track, "time")
    assert 16 <= len(times) <= 22
    kicked = times.index(pytest.approx(1.25 * DAY))
    before, after = column(track, "vz")[kicked - 1 : kicked + 1]
    assert after - before == pytest.approx(50.0, abs=10.0)
    assert set(column(track, "centre")) == {"sun", "earth"}


def test_a_body_that_stays_at_mars_leaves_no_transfer() -> None:
    clock = Clock()
    body = Spacecraft("orbiter", clock, EPOCH, (3.8e6, 0.0, 0.0, 0.0, 3_350.0, 0.0))
    track = Track("transfer", TRANSFER)
    record_transfer(body, track)
    clock.now = 30.0 * DAY
    body.advance()
    body.kick((1.0, 0.0, 0.0))
    assert track.rows == []


# ------------------------------------------------------------------------ at Earth


def fall(record: bool) -> tuple[Track, CapsuleFlight]:
    clock = Clock()
    world = World(2, 2462760.5, TubeRegistry([], {}))
    world.clock = clock
    _, devices = entry.build(world, load_vehicle_file(EntryCapsule, entry.HARDWARE).hardware)
    flight = entry.flight_of(devices)
    track = Track("capsule", CAPSULE)
    if record:
        record_capsule(flight, track)
    way = plan_approach((4_055.0, 2_228.6, 2_921.1), 2462767.5, math.radians(-25.0))
    flight.release(way.before(600.0), way.axes_before(600.0))
    while not flight.landed:
        clock.now += 5.0
    return track, flight


def test_the_capsule_is_recorded_to_the_ground_and_falls_as_without() -> None:
    track, flight = fall(record=True)
    other = fall(record=False)[1]
    assert (flight.landed_at, flight.touchdown) == (other.landed_at, other.touchdown)
    assert flight.touchdown is not None
    latitude, longitude = (math.degrees(angle) for angle in flight.touchdown)
    assert track.rows[-1][-2:] == (latitude, longitude)
    assert column(track, "time")[-1] == flight.landed_at
    assert max(column(track, "heat_flux")) == pytest.approx(flight.peak_heating, rel=0.02)
    in_the_air = column(track, "deceleration")[:-1]
    assert 100.0 < max(in_the_air) / 9.80665 < 200.0
    assert len(track.rows) < 2000
