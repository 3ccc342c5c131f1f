"""What a vehicle said last decides: by its number, not by a clock that is set, nor by arrival."""

from itertools import permutations
from pathlib import Path

import pytest

from flight.icd.messages import EventReport, Severity, Telemetry
from ground.mission_control.alarms.alarms import Alarms, AlarmState
from ground.mission_control.archive.archive import Archive
from ground.mission_control.telemetry.telemetry import LatestTelemetry
from ground.mission_control.timing.windows import Window

SECOND = 1_000_000_000


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive.sqlite")


@pytest.fixture
def alarms(archive: Archive) -> Alarms:
    return Alarms(archive, lambda: 0)


def crossing(
    number: int, state: str, time_ns: int | None = None, *, boot: int = 0
) -> EventReport:
    red = state == "RED"
    severity = Severity.WARNING_HI if red else Severity.WARNING_LO
    data = {"channel": "temperature", "state": state}
    stamp = number if time_ns is None else time_ns
    name = {"RED": "limit_red", "OK": "limit_cleared"}.get(state, "limit_crossed")
    return EventReport("rover", name, severity, stamp, f"is {state}", data, number, boot)


def booted(boot: int) -> EventReport:
    return EventReport("rover", "booted", Severity.ACTIVITY_HI, boot, "Boot", {}, 1, boot)


def stepped(number: int, step: float, time_ns: int) -> EventReport:
    data = {"step": step, "correction": -step}
    return EventReport("rover", "clock_corrected", Severity.ACTIVITY_HI, time_ns, "", data, number)


def states(alarms: Alarms) -> list[str]:
    return [str(alarm.state) for alarm in alarms.all()]


def test_a_red_that_comes_after_the_ok_that_ended_it_is_history(alarms: Alarms) -> None:
    assert alarms.take(crossing(20, "OK")) is None
    assert alarms.take(crossing(10, "RED")) is None
    assert alarms.all() == []


def test_an_ok_is_remembered_over_a_restart_of_the_ground(archive: Archive) -> None:
    archive.add_event(crossing(20, "OK"), 30)
    assert Alarms(archive, lambda: 0).take(crossing(10, "RED")) is None


def test_an_older_red_does_not_wake_an_alarm_that_has_returned(alarms: Alarms) -> None:
    alarms.take(crossing(10, "YELLOW"))
    alarms.take(crossing(30, "OK"))
    alarms.take(crossing(20, "RED"))
    (alarm,) = alarms.all()
    assert (alarm.state, alarm.text, alarm.count) == (AlarmState.RETURNED, "is OK", 2)


def test_a_late_yellow_raises_nothing_after_the_alarm_was_closed(archive: Archive) -> None:
    alarms = Alarms(archive, lambda: 0)
    alarms.take(crossing(10, "RED"))
    alarms.take(crossing(30, "OK"))
    alarms.acknowledge(1, "test")
    alarms.take(crossing(20, "YELLOW"))
    again = Alarms(archive, lambda: 0)
    again.take(crossing(20, "YELLOW"))
    assert states(alarms) == states(again) == ["CLOSED"]


def test_a_late_ok_does_not_end_what_holds(alarms: Alarms) -> None:
    alarms.take(crossing(30, "RED"))
    alarms.take(crossing(20, "OK"))
    assert states(alarms) == ["ACTIVE"]


def test_an_ok_ends_a_red_with_a_greater_stamp_after_the_clock_was_set_back(
    alarms: Alarms,
) -> None:
    alarms.take(crossing(1, "RED", 100_000 * SECOND))
    alarms.take(crossing(2, "OK", 5 * SECOND))
    assert states(alarms) == ["RETURNED"]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_whether_an_alarm_holds_does_not_depend_on_the_order_of_arrival(
    order: tuple[int, ...], archive: Archive
) -> None:
    said = [crossing(n, state) for n, state in enumerate(("RED", "OK", "YELLOW", "RED"), 1)]
    alarms = Alarms(archive, lambda: 0)
    for index in order:
        alarms.take(said[index])
    assert [str(alarm.state) for alarm in alarms.open()] == ["ACTIVE"]


def test_a_vehicle_that_boots_judges_its_limits_anew(alarms: Alarms) -> None:
    alarms.take(crossing(5, "RED", boot=1))
    alarms.take(booted(1))
    assert states(alarms) == ["ACTIVE"]
    alarms.take(booted(2))
    (alarm,) = alarms.all()
    assert (alarm.state, alarm.note) == (
        AlarmState.RETURNED, "not said again since the vehicle booted",
    )  # fmt: skip
    alarms.take(crossing(3, "RED", boot=2))
    assert states(alarms) == ["ACTIVE"]


def test_a_red_of_the_boot_before_that_comes_late_raises_nothing(archive: Archive) -> None:
    alarms = Alarms(archive, lambda: 0)
    alarms.take(booted(2))
    alarms.take(crossing(9, "RED", boot=1))
    assert alarms.all() == []
    archive.add_event(booted(2), 30)
    again = Alarms(archive, lambda: 0)
    again.take(crossing(9, "RED", boot=1))
    assert again.all() == []


def test_a_boot_ends_no_warning_and_nothing_of_another_vehicle(alarms: Alarms) -> None:
    alarms.take(crossing(5, "RED", boot=1))
    warning = EventReport("rover", "doom", Severity.WARNING_HI, 1, "doom", {}, 6, 1)
    alarms.take(warning)
    alarms.take(EventReport("lander", "booted", Severity.ACTIVITY_HI, 1, "Boot", {}, 1, 9))
    assert states(alarms) == ["ACTIVE", "ACTIVE"]
    alarms.take(booted(2))
    assert states(alarms) == ["RETURNED", "ACTIVE"]


def test_an_acknowledged_limit_is_over_when_its_vehicle_has_booted(alarms: Alarms) -> None:
    alarms.take(crossing(5, "RED", boot=1))
    alarms.acknowledge(1, "test")
    assert states(alarms) == ["ACKNOWLEDGED"]
    alarms.take(booted(2))
    assert states(alarms) == ["CLOSED"]


def test_a_vehicle_out_of_service_has_no_alarms_and_raises_none(alarms: Alarms) -> None:
    alarms.take(crossing(1, "RED"))
    alarms.retire("lander")
    assert states(alarms) == ["ACTIVE"]
    alarms.retire("rover")
    assert alarms.take(crossing(2, "RED")) is None
    assert [(a.state, a.note) for a in alarms.all()] == [(AlarmState.CLOSED, "out of service")]


def test_after_a_clock_was_set_back_newer_telemetry_is_news_and_ages_go_on() -> None:
    latest = LatestTelemetry()
    late = 100_010 * SECOND
    latest.take(Telemetry("rover", late, {"charge": 0.9, "mode": "idle"}, 1), 10 * SECOND)
    latest.take_event(stepped(2, -1e5, 11 * SECOND), 11 * SECOND)
    assert latest.age("rover", "mode", 20 * SECOND) == 10.0
    news = latest.take(Telemetry("rover", 12 * SECOND, {"charge": 0.8}, 3), 12 * SECOND)
    assert list(news) == ["charge"]
    assert latest.value("rover", "charge") == 0.8


def test_a_clock_that_runs_ahead_never_makes_the_silence_negative_nor_endless() -> None:
    latest = LatestTelemetry()
    latest.take(Telemetry("rover", 100_000 * SECOND, {"charge": 0.9}, 1), 10 * SECOND)
    latest.heard("rover", 100_000 * SECOND, 10 * SECOND)
    assert latest.silence("rover", 10 * SECOND) == 0.0
    assert latest.silence("rover", 50 * SECOND) == 40.0
    assert latest.age("rover", "charge", 50 * SECOND) == 0.0
    assert latest.is_stale("rover", 50_000 * SECOND, Window(600.0, 0.0, 10_000.0))


def test_the_ground_knows_of_a_step_after_its_restart(archive: Archive) -> None:
    archive.add_samples(Telemetry("rover", 100_010 * SECOND, {"charge": 0.9}, 1), 10 * SECOND)
    archive.add_event(stepped(2, -1e5, 11 * SECOND), 11 * SECOND)
    archive.add_samples(Telemetry("rover", 12 * SECOND, {"charge": 0.8}, 3), 12 * SECOND)
    latest = LatestTelemetry()
    latest.load(archive)
    assert latest.value("rover", "charge") == 0.8
    assert latest.clocks.present("rover", 1, 100_010 * SECOND) == 10 * SECOND
    assert latest.clocks.present("rover", 2, 11 * SECOND) == 11 * SECOND
    assert latest.clocks.present("lander", 1, 7) == 7
    assert latest.silence("rover", 12 * SECOND) == 0.0
