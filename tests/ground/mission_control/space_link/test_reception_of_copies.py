"""What comes down twice is taken once; what cannot be read is counted and told in bounds."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.checksum import Corrupt
from flight.icd.codec import CodecError, encode
from flight.icd.devices.communications import ReceivedFrame
from flight.icd.messages import (
    CommandReport,
    CustodyReport,
    EventReport,
    Frame,
    Message,
    Packet,
    Rung,
    Severity,
    Telemetry,
)
from ground.mission_control.commanding.tracker import Taken
from ground.mission_control.space_link.downlink import Downlink


class Room:
    """Those whom a downlink tells, who note it."""

    def __init__(self, *seen: tuple[str, int, int, int]) -> None:
        self.told: list[Any] = []
        self.logged: list[str] = []
        self.judged = Taken.NEW
        self.news: list[str] = []
        notes = self.told.append
        archive: Any = SimpleNamespace(
            rows=lambda statement, values: list(seen),
            add_downlink=lambda *what: None, add_samples=lambda report, now: None,
            add_event=lambda event, now: notes(("event", event.number)),
            add_rung=lambda report, now: notes(("rung", report.rung)),
            add_log=lambda now, topic, text: self.logged.append(text),
            add_custody=lambda source, record, now: None,
        )  # fmt: skip
        tracker: Any = SimpleNamespace(
            judge=lambda report: self.judged, is_of_another_life=lambda name: name == "mc-9-1",
            report=lambda report: notes(("tracked", report.identifier)),
        )  # fmt: skip
        telemetry: Any = SimpleNamespace(
            take=lambda report, now: dict(report.values), take_event=lambda event, now: None,
            heard=lambda source, occurred, now: notes(("heard", source)),
        )  # fmt: skip
        ignoring: Any = SimpleNamespace(take=lambda *what: True, happened=lambda *what: None)
        self.downlink = Downlink(
            archive, tracker, telemetry, ignoring, ignoring, ignoring, lambda: 7
        )
        self.downlink.on_news = self.news.append
        self.downlink.read = lambda data: Frame("rover", "relay", 1, [data])  # type: ignore[assignment, return-value]

    def take(self, message: Message) -> bool:
        body = encode(Packet("rover", "ground", 0, encode(message)))
        return self.downlink.take(ReceivedFrame("relay/rover", body))


def event(number: int, boot: int = 0) -> EventReport:
    return EventReport("rover", "any", Severity.ACTIVITY_HI, 5, "x", {}, number, boot)


def test_an_event_is_taken_once_and_of_another_boot_it_is_another() -> None:
    room = Room(("rover", 5, 0, 3))
    for each in (event(1), event(1), event(1, boot=1), event(2), event(3)):
        assert room.take(each) is False
    assert room.told == [("event", 1), ("event", 1), ("event", 2)]  # the third was here before


def test_of_five_thousand_events_the_copies_are_known() -> None:
    room = Room()
    for number in range(5000):
        room.downlink._take_event(event(number), 7)
    room.downlink._take_event(event(0), 7)
    assert len(room.told) == 5000
    room.downlink._take_event(event(5000), 7)  # the oldest is forgotten for it
    room.downlink._take_event(event(1), 7)
    assert len(room.told) == 5001
    room.downlink._take_event(event(0), 7)
    assert len(room.told) == 5002


def test_what_a_vehicle_says_once_must_not_be_lost() -> None:
    room = Room()
    assert room.take(CommandReport("mc-0-1", "rover", Rung.ACCEPTED, 5)) is True
    assert room.told == [("rung", Rung.ACCEPTED), ("tracked", "mc-0-1"), ("heard", "rover")]
    assert room.downlink.of_another_life == ""
    room.take(CommandReport("mc-9-1", "rover", Rung.ACCEPTED, 5))
    assert room.downlink.of_another_life == "mc-9-1"
    assert room.take(Telemetry("rover", 5, {"charge": 1.0}, 1)) is False


def test_a_report_is_judged_before_it_is_taken() -> None:
    room, taken = Room(), []
    room.downlink.on_report = lambda report, how: taken.append(how)
    room.judged = Taken.FOREIGN
    room.take(CommandReport("mc-0-1", "lander", Rung.COMPLETED, 5))
    assert taken == [Taken.FOREIGN]


def test_telemetry_that_is_no_news_is_told_to_nobody() -> None:
    room = Room()
    room.take(Telemetry("rover", 5, {}, 1))
    assert room.news == []
    room.take(Telemetry("rover", 5, {"charge": 1.0}, 2))
    assert room.news == ["rover"]


def test_what_cannot_be_read_is_counted_always_and_told_a_hundred_times() -> None:
    room = Room()
    for _ in range(150):
        assert room.downlink.take(ReceivedFrame("relay/rover", b"nonsense")) is False
    downlink = room.downlink
    assert (downlink.frames, downlink.messages) == (150, 0)
    assert (downlink.unreadable, downlink.corrupt, len(room.logged)) == (150, 0, 100)


@pytest.mark.parametrize(("error", "corrupt"), [(Corrupt("bits"), 1), (CodecError("form"), 0)])
def test_a_frame_that_was_changed_on_its_way_is_told_apart(error: Exception, corrupt: int) -> None:
    room = Room()

    def read(data: bytes) -> Any:
        raise error

    room.downlink.read = read
    assert room.downlink.take(ReceivedFrame("relay/rover", b"x")) is False
    assert (room.downlink.unreadable, room.downlink.corrupt) == (1, corrupt)


def test_a_message_that_is_no_packet_or_no_custody_record_is_dropped_alone() -> None:
    room = Room()
    assert room.downlink.take(ReceivedFrame("r", encode(event(1)))) is False
    assert room.take(CustodyReport("rover", 5, {"tube": 7})) is False
    assert room.downlink.unreadable == 2 and room.told == []
