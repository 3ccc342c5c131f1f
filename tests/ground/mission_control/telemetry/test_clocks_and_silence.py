"""Stamps after a clock was set, and how long a vehicle has been silent by them."""

from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import CommandReport, EventReport, Rung, Severity, Telemetry
from ground.mission_control.archive.archive import Archive
from ground.mission_control.telemetry.telemetry import LatestTelemetry
from ground.mission_control.timing.spacecraft_clocks import SpacecraftClocks

SECOND = 1_000_000_000


def event(name: str, number: int, at: float, source: str = "rover", **data: Any) -> EventReport:
    return EventReport(source, name, Severity.ACTIVITY_HI, round(at * SECOND), "", data, number)


def test_only_an_event_of_a_clock_that_was_corrected_by_a_number_moves_stamps() -> None:
    clocks = SpacecraftClocks()
    for other in (
        event("clock_corrected", 5, 9.0, step="a lot"), event("clock_corrected", 5, 9.0),
        event("drove", 5, 9.0, step=-70.0),
    ):  # fmt: skip
        clocks.take(other)
        assert clocks.present("rover", 1, 100) == 100, other
    clocks.take(event("clock_corrected", 5, 9.0, step=2))
    clocks.take(event("clock_corrected", 8, 9.0, step=-0.5))
    clocks.take(event("clock_corrected", 8, 9.0, step=-0.5))  # a copy steps nothing twice
    assert [clocks.present("rover", place, 0) for place in (4, 5, 7, 8, 9)] == [
        1_500_000_000, -500_000_000, -500_000_000, 0, 0,
    ]  # fmt: skip
    assert clocks.present("lander", 1, 0) == 0


def test_after_a_clock_was_set_back_what_has_no_number_says_nothing_of_the_silence_before() -> None:
    latest = LatestTelemetry()
    latest.heard("rover", 500 * SECOND, 510 * SECOND)
    latest.heard("lander", 500 * SECOND, 510 * SECOND)
    assert latest.silence("rover", 600 * SECOND) == 100.0
    latest.take_event(event("drove", 1, 400.0), 590 * SECOND)
    assert latest.silence("rover", 600 * SECOND) == 100.0
    latest.take_event(event("clock_corrected", 2, 410.0, step=-100.0), 590 * SECOND)
    assert latest.silence("rover", 600 * SECOND) == 190.0
    assert latest.silence("lander", 600 * SECOND) == 100.0
    latest.heard("rover", 420 * SECOND, 595 * SECOND)
    assert latest.silence("rover", 600 * SECOND) == 180.0
    latest.heard("rover", 415 * SECOND, 599 * SECOND)  # late: what is newer stands
    assert latest.silence("rover", 600 * SECOND) == 180.0


def test_what_was_said_first_and_comes_last_changes_neither_value_nor_silence_nor_boot() -> None:
    latest = LatestTelemetry()
    assert latest.silence("rover", 5) == float("inf") and latest.boot("rover") is None
    assert latest.age("rover", "charge", 5) == float("inf") and not latest.was_heard("rover")
    newer = Telemetry("rover", 50 * SECOND, {"charge": 0.5}, 7, 2)
    assert list(latest.take(newer, 60 * SECOND)) == ["charge"]
    older = Telemetry("rover", 90 * SECOND, {"charge": 0.9, "mode": "idle"}, 9, 1)
    assert list(latest.take(older, 95 * SECOND)) == ["mode"]
    assert latest.take(newer, 97 * SECOND) == {}, "a copy is no news"
    assert latest.value("rover", "charge") == 0.5 and latest.boot("rover") == 2
    assert latest.silence("rover", 100 * SECOND) == 50.0
    assert latest.last_receipt("rover") == 97.0
    latest.take_event(event("late", 3, 1.0), 96 * SECOND)
    assert latest.last_receipt("rover") == 97.0, "the last receipt is the latest"


def test_what_has_changed_since_is_told_newest_first_and_once() -> None:
    latest = LatestTelemetry()
    latest.take(Telemetry("rover", 1, {"a": 1, "b": 2}, 1), 1)
    seen = latest.version
    assert [name for _, name, _ in latest.changed_after(0)] == ["b", "a"]
    assert list(latest.changed_after(seen)) == []
    latest.take(Telemetry("rover", 2, {"a": 3}, 2), 2)
    assert [(name, each.value) for _, name, each in latest.changed_after(seen)] == [("a", 3)]
    assert [name for _, name, _ in latest.changed_after(0)] == ["a", "b"]
    assert latest.version == seen + 1


def test_a_restart_of_the_ground_takes_up_events_reports_and_clocks_too(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.sqlite")
    archive.add_samples(Telemetry("mav", 20 * SECOND, {"charge": 0.5}, 4, 3), 44 * SECOND)
    archive.add_event(event("drove", 3, 40.0), 50 * SECOND)
    archive.add_rung(CommandReport("mc-1", "lander", Rung.STARTED, 30 * SECOND), 45 * SECOND)
    latest = LatestTelemetry()
    latest.load(archive)
    assert latest.silence("rover", 60 * SECOND) == 20.0 and latest.was_heard("rover")
    assert latest.silence("lander", 60 * SECOND) == 30.0
    assert latest.last_receipt("lander") == 45.0 and latest.boot("lander") is None
    [(source, channel, sample)] = latest.changed_after(0)
    assert (source, channel, sample.value) == ("mav", "charge", 0.5)
    assert (sample.occurred_ns, sample.received_ns) == (20 * SECOND, 44 * SECOND)
    assert latest.boot("mav") == 3 and latest.silence("mav", 60 * SECOND) == 40.0
    assert latest.take(Telemetry("mav", 90 * SECOND, {"charge": 0.1}, 3, 3), 95 * SECOND) == {}
    archive.close()


@pytest.mark.parametrize(("stamp", "silence"), [(40, 20.0), (55, 10.0)])
def test_nothing_has_happened_after_it_was_here(stamp: int, silence: float) -> None:
    latest = LatestTelemetry()
    latest.take(Telemetry("rover", stamp * SECOND, {"charge": 0.5}, 1), 50 * SECOND)
    assert latest.silence("rover", 60 * SECOND) == silence
