"""An alarm's life after ISA-18.2, and what it does not do."""

from pathlib import Path

import pytest

from flight.icd.messages import EventReport, Severity
from ground.mission_control.alarms.alarm import Alarm, AlarmState
from ground.mission_control.alarms.alarms import Alarms
from ground.mission_control.archive.archive import Archive

LONGEST_SHELF_NS = round(30 * 88775.24414688001e9)  # thirty sols

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


class Desk:
    """Alarms, the time, and the changes that were told."""

    def __init__(self, archive: Archive, now: int = 0) -> None:
        self.archive = archive
        self.now = now
        self.changes: list[tuple[str, str, int]] = []
        self.alarms = Alarms(archive, lambda: self.now)
        self.alarms.on_change = self._changed

    def _changed(self, what: str, who: str, alarm: Alarm) -> None:
        self.changes.append((what, who, alarm.number))

    def limit(self, number: int, state: str, *, boot: int = 0) -> None:
        severity = {"RED": Severity.WARNING_HI, "YELLOW": Severity.WARNING_LO}.get(
            state, Severity.ACTIVITY_LO
        )
        name = {"RED": "limit_red", "OK": "limit_cleared"}.get(state, "limit_crossed")
        data = {"channel": "charge", "state": state}
        self.take(EventReport("rover", name, severity, number, f"is {state}", data, number, boot))

    def warn(self, number: int, severity: Severity = Severity.WARNING_HI) -> None:
        self.take(EventReport("rover", "motor_fault", severity, number, "wheel 3", {}, number))

    def take(self, event: EventReport) -> None:
        self.archive.add_event(event, self.now)
        self.alarms.take(event)

    def again(self) -> "Desk":
        """The ground is killed and started again."""
        return Desk(self.archive, self.now)

    @property
    def states(self) -> list[str]:
        return [alarm.shown(self.now) for alarm in self.alarms.all()]

    @property
    def what(self) -> list[str]:
        return [what for what, _, _ in self.changes]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Archive(tmp_path / "archive.sqlite"))


def test_a_limit_that_was_seen_ends_when_it_returns(desk: Desk) -> None:
    desk.limit(1, "RED")
    desk.alarms.acknowledge(1, "anna")
    assert desk.states == ["ACKNOWLEDGED"]
    desk.limit(2, "OK")
    assert desk.states == ["CLOSED"]
    assert desk.changes == [("raised", "", 1), ("acknowledged", "anna", 1), ("closed", "", 1)]


def test_a_limit_that_returned_unseen_waits_for_somebody(desk: Desk) -> None:
    desk.limit(1, "RED")
    desk.limit(2, "OK")
    desk.limit(3, "OK")
    assert desk.states == ["RETURNED"]
    assert desk.what == ["raised", "returned"]  # that it is still normal is no change
    desk.alarms.acknowledge(1, "anna")
    assert desk.states == ["CLOSED"]


def test_a_latched_one_stays_until_it_is_reset_in_either_order(desk: Desk) -> None:
    desk.alarms.latches = lambda source, name: (source, name) == ("rover", "limit charge")
    desk.limit(1, "RED")
    with pytest.raises(ValueError, match="alarm 1 is not latched: allowed none"):
        desk.alarms.reset(1, "anna")
    desk.alarms.acknowledge(1, "anna")
    desk.limit(2, "OK")
    assert desk.states == ["LATCHED"]
    assert desk.alarms.unacknowledged() == []
    desk.limit(3, "YELLOW")  # the same again
    assert desk.states == ["ACTIVE"]
    desk.limit(4, "OK")
    with pytest.raises(ValueError, match="is not latched"):
        desk.alarms.reset(1, "anna")  # nobody has seen that it came again
    desk.alarms.acknowledge(1, "anna")
    assert desk.again().states == ["LATCHED"]
    desk.alarms.reset(1, "ben", "looked at")
    assert desk.states == ["CLOSED"]
    assert desk.what[-2:] == ["acknowledged", "reset"]


def test_a_shelved_one_comes_back_at_its_instant_and_not_before(desk: Desk) -> None:
    desk.limit(1, "RED")
    desk.alarms.shelve(1, "anna", HOUR, "the heater is off until noon")
    assert desk.states == ["SHELVED"]
    assert desk.alarms.unacknowledged() == []
    assert desk.alarms.next_return() == HOUR
    desk.now = HOUR - 1
    desk.alarms.check()
    assert desk.states == ["SHELVED"]
    desk.now = HOUR
    assert desk.states == ["ACTIVE"]
    desk.alarms.check()
    desk.alarms.check()
    assert desk.changes[-2:] == [("shelved", "anna", 1), ("unshelved", "", 1)]
    assert desk.alarms.next_return() is None


def test_a_shelf_that_runs_out_calls_anew_also_who_had_seen_it(desk: Desk) -> None:
    desk.limit(1, "RED")
    desk.alarms.acknowledge(1, "anna")
    desk.alarms.shelve(1, "anna", HOUR, "until the heater is on")
    desk.alarms.unshelve(1, "ben")
    assert desk.states == ["ACKNOWLEDGED"], "who takes it off looks at it"
    desk.alarms.shelve(1, "anna", HOUR, "until the heater is on")
    desk.now = HOUR - 1
    desk.alarms.check()
    assert desk.alarms.unacknowledged() == []
    desk.now = HOUR
    desk.alarms.check()
    assert desk.states == ["ACTIVE"] and desk.changes[-1] == ("unshelved", "", 1)
    assert desk.again().states == ["ACTIVE"]
    desk.alarms.acknowledge(1, "anna")
    desk.alarms.check()
    assert desk.states == ["ACKNOWLEDGED"], "once"


@pytest.mark.requirement("REC-04")
def test_a_shelved_one_that_becomes_worse_comes_back_at_once(desk: Desk) -> None:
    desk.limit(1, "YELLOW")
    desk.alarms.acknowledge(1, "anna")
    desk.alarms.shelve(1, "anna", HOUR, "known")
    desk.limit(2, "YELLOW")
    assert desk.states == ["SHELVED"]  # not worse
    desk.limit(3, "RED")
    assert desk.states == ["ACTIVE"]
    assert desk.what[-2:] == ["unshelved", "worse"]
    assert len(desk.alarms.unacknowledged()) == 1


def test_an_older_red_that_comes_late_takes_nothing_from_the_shelf(desk: Desk) -> None:
    desk.limit(5, "YELLOW")
    desk.alarms.shelve(1, "anna", HOUR, "known")
    desk.limit(4, "RED")
    assert desk.states == ["SHELVED"]
    assert desk.alarms.all()[0].severity == "WARNING_LO"


def test_another_of_its_kind_stays_on_the_shelf_unless_it_is_worse(desk: Desk) -> None:
    desk.limit(1, "YELLOW")
    desk.alarms.shelve(1, "anna", HOUR, "chatters")
    desk.limit(2, "OK")
    desk.alarms.acknowledge(1, "anna")
    assert desk.states == ["CLOSED"]
    desk = desk.again()
    desk.limit(3, "YELLOW")
    assert desk.states == ["CLOSED", "SHELVED"]
    desk.limit(4, "OK")
    desk.alarms.acknowledge(2, "anna")
    desk.limit(5, "RED")
    assert desk.states == ["CLOSED", "CLOSED", "ACTIVE"]


def test_another_of_its_kind_after_the_shelf_is_listed(desk: Desk) -> None:
    desk.limit(1, "YELLOW")
    desk.alarms.shelve(1, "anna", HOUR, "chatters")
    desk.limit(2, "OK")
    desk.alarms.acknowledge(1, "anna")
    desk.now = HOUR
    desk.limit(3, "YELLOW")
    assert desk.states == ["CLOSED", "ACTIVE"]
    desk.alarms.check()
    assert desk.what[-1] == "raised"  # a shelf of what is over ends without a word


def test_all_of_it_survives_a_restart_of_the_ground(desk: Desk) -> None:
    desk.warn(1)
    desk.limit(2, "RED")
    desk.alarms.own(1, "anna", "ben")
    desk.alarms.add_note(1, "ben", "wheel 3 is looked at")
    desk.alarms.acknowledge(2, "anna", "seen")
    desk.alarms.shelve(2, "anna", HOUR, "known")
    before = [alarm.plain(desk.now) for alarm in desk.alarms.all()]
    again = desk.again()
    assert [alarm.plain(desk.now) for alarm in again.alarms.all()] == before
    assert before[0]["owner"] == "ben"
    assert before[0]["notes"] == [{"t": 0, "who": "ben", "text": "wheel 3 is looked at"}]
    again.now = HOUR
    again.alarms.check()
    assert again.states == ["ACTIVE", "ACTIVE"], "it calls anew"
    assert again.changes == [("unshelved", "", 2)]


def test_what_cannot_be_done_is_refused_and_changes_nothing(desk: Desk) -> None:
    desk.limit(1, "RED")
    alarms, told = desk.alarms, len(desk.changes)
    with pytest.raises(ValueError, match="alarm 2 is not listed: allowed 1"):
        alarms.shelve(2, "anna", HOUR, "why")
    for until in (0, -1, LONGEST_SHELF_NS + 1):
        with pytest.raises(ValueError, match="allowed is a mission time after now"):
            alarms.shelve(1, "anna", until, "why")
    for why in ("", "  ", "x" * 501):
        with pytest.raises(ValueError, match="why: allowed are words"):
            alarms.shelve(1, "anna", HOUR, why)
    with pytest.raises(ValueError, match="alarm 1 is not shelved: allowed none"):
        alarms.unshelve(1, "anna")
    with pytest.raises(ValueError, match="there is no alarm 7: allowed 1"):
        alarms.add_note(7, "anna", "x")
    with pytest.raises(ValueError, match="note: allowed are words"):
        alarms.acknowledge(1, "anna", "x" * 501)
    assert len(desk.changes) == told
    assert desk.states == ["ACTIVE"]
    alarms.shelve(1, "anna", LONGEST_SHELF_NS, "exactly as long as is allowed")
    alarms.unshelve(1, "ben")
    with pytest.raises(ValueError, match="is not shelved"):
        alarms.unshelve(1, "ben")  # the second time
    assert desk.changes[told:] == [("shelved", "anna", 1), ("unshelved", "ben", 1)]


def test_a_boot_and_a_retirement_end_what_is_shelved_as_well(desk: Desk) -> None:
    desk.limit(1, "RED")
    desk.alarms.shelve(1, "anna", HOUR, "known")
    desk.limit(1, "OK", boot=1)
    assert desk.alarms.all()[0].state is AlarmState.RETURNED
    desk.alarms.retire("rover")
    assert desk.states == ["CLOSED"]
    desk.now = HOUR
    desk.alarms.check()
    assert desk.what[-1] == "closed"
    desk.limit(2, "RED", boot=1)
    assert desk.states == ["CLOSED"]


def test_the_state_of_a_warning_that_was_seen_is_over(desk: Desk) -> None:
    desk.warn(1)
    desk.alarms.acknowledge(1, "anna")
    desk.warn(1)  # a copy
    assert desk.states == ["CLOSED"]
    desk.warn(2)
    assert desk.states == ["CLOSED", "ACTIVE"]


def test_what_clients_are_told_waits_for_somebody_only_where_it_is_listed(desk: Desk) -> None:
    def told() -> tuple[object, object, object]:
        plain = desk.alarms.all()[0].plain(desk.now)
        return plain["state"], plain["unacknowledged"], plain["shelved_until_ns"]

    desk.limit(1, "RED")
    assert told() == ("ACTIVE", True, None)
    desk.alarms.shelve(1, "anna", HOUR, "known")
    assert told() == ("SHELVED", False, HOUR)
    desk.now = HOUR
    assert told() == ("ACTIVE", True, None), "at the instant itself it is back"
    desk.alarms.acknowledge(1, "anna")
    assert told() == ("ACKNOWLEDGED", False, None)
    desk.limit(2, "OK")
    assert told() == ("CLOSED", False, None)


def test_an_alarm_of_a_limit_says_the_unit_of_its_value_from_first_to_last(desk: Desk) -> None:
    units = {("rover", "temperature"): "K"}
    desk.alarms.units = lambda source, channel: units.get((source, channel), "")

    def crossed(number: int, channel: str, words: str, state: str) -> str:
        data = {"channel": channel, "state": state}
        name = "limit_cleared" if state == "OK" else "limit_red"
        text = f"{channel} = {words}"
        desk.take(EventReport("rover", name, Severity.WARNING_HI, number, text, data, number))
        return desk.alarms.all()[-1].text

    assert crossed(1, "temperature", "301.5 is RED, was OK", "RED") == (
        "temperature = 301.5 K is RED, was OK"
    )
    assert crossed(2, "temperature", "300.0 is OK, was RED", "OK") == (
        "temperature = 300.0 K is OK, was RED"
    )
    assert desk.again().alarms.all()[0].text.startswith("temperature = 300.0 K")
    assert crossed(3, "slip", "0.7 is RED, was OK", "RED") == "slip = 0.7 is RED, was OK"
    desk.warn(4)
    assert desk.alarms.all()[-1].text == "wheel 3"
    told = desk.archive.rows("SELECT text FROM events ORDER BY number")
    assert told[0] == ("temperature = 301.5 is RED, was OK",), "what it said stays as it was said"
