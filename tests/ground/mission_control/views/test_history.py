"""What the archive says of an instant and of a stretch of time; that looking changes nothing."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.ground_station import EarthLinkState, NetworkStatus
from flight.icd.messages import EventReport, Severity, Telemetry
from ground.mission_control.archive.archive import Archive
from ground.mission_control.space_link.link_log import LinkLog
from ground.mission_control.views.history import UnknownChannel, events, series, values_at

S = 1_000_000_000


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive.sqlite", {("rover", "charge"): "1"})


def measured(
    archive: Archive, number: int, time: int, received: int, /, boot: int = 1, **values: Any
) -> None:
    archive.add_samples(Telemetry("rover", time * S, values, number, boot), received * S)


def known(archive: Archive, at: int) -> dict[str, Any]:
    return {each.channel: each.value for each in values_at(archive, at * S)}


def event(number: int, severity: Severity, text: str = "wheel 3") -> EventReport:
    return EventReport("rover", "told", severity, number, text, {}, number)


@pytest.mark.requirement("REC-02")
def test_a_value_is_known_from_its_receipt_on_and_not_from_its_measurement(
    archive: Archive,
) -> None:
    measured(archive, 1, 10, 100, charge=0.5)
    measured(archive, 2, 20, 200, charge=0.6, mode="idle")
    assert known(archive, 99) == {}
    assert known(archive, 100) == {"charge": 0.5}
    assert known(archive, 199) == {"charge": 0.5}
    assert known(archive, 200) == {"charge": 0.6, "mode": "idle"}
    assert known(archive, 10_000) == known(archive, 200)


def test_what_comes_late_is_never_shown_as_what_is_so(archive: Archive) -> None:
    measured(archive, 5, 50, 100, charge=0.5)
    measured(archive, 3, 30, 200, charge=0.3)
    assert known(archive, 300) == {"charge": 0.5}
    archive.flush()
    measured(archive, 4, 40, 400, charge=0.4)
    assert known(archive, 500) == {"charge": 0.5}
    assert [row[5] for row in archive.last_values()] == [1_000_000_005]


def test_late_and_new_is_told_over_a_restart_of_the_ground(tmp_path: Path) -> None:
    first = Archive(tmp_path / "a.sqlite")
    measured(first, 5, 50, 100, charge=0.5)
    first.close()
    again = Archive(tmp_path / "a.sqlite")
    measured(again, 3, 30, 200, charge=0.3)
    assert known(again, 300) == {"charge": 0.5}
    measured(again, 1, 1, 400, boot=2, charge=0.2)  # of a later boot, with its clock set back
    assert known(again, 500) == {"charge": 0.2}


def test_of_what_came_in_one_frame_the_last_said_counts(archive: Archive) -> None:
    for number in (1, 2, 3):
        measured(archive, number, 10 * number, 100, charge=0.1 * number)
    assert known(archive, 100) == {"charge": pytest.approx(0.3)}


def test_looking_writes_nothing_and_finds_what_waits(archive: Archive, tmp_path: Path) -> None:
    measured(archive, 1, 10, 100, charge=0.5)
    archive.add_event(event(1, Severity.WARNING_HI), 7)
    assert known(archive, 100) == {"charge": 0.5}
    assert len(events(archive)) == 1
    assert archive._waiting == 3
    with sqlite3.connect(tmp_path / "archive.sqlite") as other:
        assert other.execute("SELECT COUNT(*) FROM samples").fetchone() == (0,)
    archive.crash()
    again = Archive(tmp_path / "archive.sqlite")
    assert (known(again, 100), events(again)) == ({}, [])


def test_a_row_that_cannot_be_kept_hides_no_other_from_who_looks(archive: Archive) -> None:
    archive._rows["events"].append(("rover", None, None, None, None, None, None, None, None))
    measured(archive, 1, 10, 100, charge=0.5)
    assert known(archive, 100) == {"charge": 0.5}


def test_a_series_has_minimum_maximum_and_last_of_each_stretch(archive: Archive) -> None:
    for number, value in enumerate([5.0, 1.0, 9.0, 4.0, None, 7.0]):
        measured(archive, number, 10 * number, 100, charge=value)
    told = series(archive, "rover", "charge", 0, 60 * S, 2)
    assert told["rows"] == [[20 * S, 1.0, 9.0, 9.0], [50 * S, 4.0, 7.0, 7.0]]
    assert (told["before"], told["unit"], told["samples"]) == (None, "1", 6)


def test_a_series_begins_at_its_first_instant_and_ends_before_its_last(archive: Archive) -> None:
    for number in range(4):
        measured(archive, number, 10 * number, 100, charge=float(number))
    told = series(archive, "rover", "charge", 10 * S, 30 * S, 100)
    assert [row[0] for row in told["rows"]] == [10 * S, 20 * S]
    assert told["before"] == [0, 0.0]
    assert len(series(archive, "rover", "charge", 0, 40 * S, 1)["rows"]) == 1


def test_a_series_of_words_has_no_minimum(archive: Archive) -> None:
    measured(archive, 1, 10, 100, mode="idle")
    measured(archive, 2, 20, 100, mode="driving")
    assert series(archive, "rover", "mode", 0, 100 * S, 1)["rows"] == [
        [20 * S, None, None, "driving"]
    ]


def test_what_is_no_stretch_or_no_channel_is_refused(archive: Archive) -> None:
    measured(archive, 1, 10, 100, charge=0.5)
    with pytest.raises(ValueError, match="t1_ns = 5: allowed is a time after t0_ns = 5"):
        series(archive, "rover", "charge", 5, 5, 10)
    with pytest.raises(UnknownChannel, match="rover speed: no value of it has come yet"):
        series(archive, "rover", "speed", 0, 5, 10)


def test_events_are_found_by_what_they_are_newest_first(archive: Archive) -> None:
    archive.add_event(event(1, Severity.ACTIVITY_LO), 100)
    archive.add_event(event(2, Severity.WARNING_HI, "100 % slip"), 200)
    archive.add_event(event(3, Severity.FATAL, "1000 slip"), 150)

    def numbers(**wanted: Any) -> list[int]:
        return [each["number"] for each in events(archive, **wanted)]

    assert numbers() == [2, 3, 1]
    assert numbers(severity="WARNING_HI") == [2, 3]
    assert numbers(since_ns=150) == [2]
    assert numbers(until_ns=150) == [3, 1]
    assert numbers(text="100 %") == [2]  # the sign stands for itself
    assert numbers(text="WHEEL") == [1]
    assert numbers(source="lander") == []
    assert numbers(limit=1) == [2]
    with pytest.raises(ValueError, match="severity = 'BAD': allowed is one of DIAGNOSTIC"):
        numbers(severity="BAD")


def test_light_time_and_links_are_kept_when_they_change(archive: Archive) -> None:
    now = [0]

    def status(light: float, up: bool, *, moratorium: bool = False) -> NetworkStatus:
        links = [EarthLinkState("relay", True, 1000.0), EarthLinkState("lander", up, 100.0)]
        return NetworkStatus(
            light_time=light, moratorium=moratorium, links=links, passes=[]
        )

    log = LinkLog(archive, lambda: now[0])
    for time, told in enumerate(
        [status(600.0, True), status(600.9, True), status(601.0, False), status(601.0, False)]
    ):
        now[0] = time
        log.take(told)
    now[0] = 9
    log = LinkLog(archive, lambda: 9)  # the ground was started again
    log.take(status(601.0, False))
    log.take(status(601.0, False, moratorium=True))
    assert archive.rows("SELECT * FROM light_times") == [
        (0, 600.0, 0), (2, 601.0, 0), (9, 601.0, 1)
    ]  # fmt: skip
    assert archive.rows("SELECT * FROM link_states ORDER BY since_ns, spacecraft") == [
        ("lander", 0, 1, 100.0), ("relay", 0, 1, 1000.0), ("lander", 2, 0, 0.0)
    ]  # fmt: skip
