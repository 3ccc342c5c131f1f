"""A flood of events is held back, counted and announced, and never hides another event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.core.telling.throttling import EventThrottle, NoticeKind, ThrottleNotice
from flight.icd.messages import Severity


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def flood(
    throttle: EventThrottle,
    count: int,
    event: str = "slip",
    severity: Severity = Severity.WARNING_LO,
) -> list[bool]:
    return [throttle.admit(event, severity).admitted for _ in range(count)]


def test_a_burst_passes_and_what_follows_does_not() -> None:
    assert flood(EventThrottle(3, 1.0, Clock()), 5) == [True, True, True, False, False]


def test_tokens_come_back_with_time() -> None:
    clock = Clock()
    throttle = EventThrottle(3, 0.5, clock)
    flood(throttle, 10)
    clock.now = 4.0
    assert flood(throttle, 3) == [True, True, False]


def test_a_flood_costs_one_notice_and_its_end_one_with_the_number_suppressed() -> None:
    clock = Clock()
    throttle = EventThrottle(2, 1.0, clock)
    notices = []
    for _ in range(100):  # one event each 0.25 s: four times what is refilled
        notices.append(throttle.admit("slip", Severity.WARNING_LO).notice)
        clock.now += 0.25
    told = [notice for notice in notices if notice is not None]
    assert told == [ThrottleNotice(NoticeKind.THROTTLED, "slip", Severity.WARNING_LO, 0)]

    clock.now += 10.0
    suppressed = throttle.suppressed_total
    assert throttle.collect() == [
        ThrottleNotice(NoticeKind.RELEASED, "slip", Severity.WARNING_LO, suppressed)
    ]
    assert throttle.collect() == []


def test_the_next_event_after_a_flood_carries_its_end_when_nobody_collects() -> None:
    clock = Clock()
    throttle = EventThrottle(1, 1.0, clock)
    flood(throttle, 4)
    clock.now = 5.0
    admission = throttle.admit("slip", Severity.WARNING_LO)
    assert admission.admitted
    assert admission.notice == ThrottleNotice(NoticeKind.RELEASED, "slip", Severity.WARNING_LO, 3)


@pytest.mark.requirement("NOD-07")
def test_another_event_and_another_severity_of_the_same_event_pass_in_a_flood() -> None:
    throttle = EventThrottle(1, 1.0, Clock())
    flood(throttle, 50)
    assert throttle.admit("slip", Severity.WARNING_HI).admitted
    assert throttle.admit("tilt", Severity.WARNING_LO).admitted


def test_fatal_events_are_never_throttled() -> None:
    throttle = EventThrottle(1, 0.1, Clock())
    assert all(flood(throttle, 50, severity=Severity.FATAL))


def test_a_full_table_still_admits_critical_events_and_shares_one_bucket_for_the_rest() -> None:
    throttle = EventThrottle(2, 0.1, Clock(), capacity=4)
    for number in range(4):
        flood(throttle, 3, event=f"flood_{number}")
    assert all(flood(throttle, 20, event="critical", severity=Severity.WARNING_HI))
    assert flood(throttle, 1, event="new_a") == [True]
    assert flood(throttle, 2, event="new_b") == [True, False]
    assert len(throttle) == 5


def test_a_full_bucket_gives_way_but_a_flood_that_is_not_yet_reported_does_not() -> None:
    clock = Clock()
    throttle = EventThrottle(2, 1.0, clock, capacity=2)
    flood(throttle, 5, event="flood")
    flood(throttle, 1, event="quiet")
    clock.now = 60.0
    flood(throttle, 1, event="new")
    assert len(throttle) == 2
    assert [notice.event for notice in throttle.collect()] == ["flood"]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d", "e", "f"]),
        st.sampled_from(list(Severity)),
        st.sampled_from([0.0, 0.0, 0.0, 0.3, 1.0, 20.0]),
    ),
    max_size=150,
)


@given(EVENTS, st.integers(1, 4), st.sampled_from([0.5, 2.0]), st.integers(1, 5))
def test_whatever_arrives_counts_add_up_memory_is_bounded_and_critical_events_pass(
    events: list[tuple[str, Severity, float]], burst: int, refill: float, capacity: int
) -> None:
    clock = Clock()
    throttle = EventThrottle(burst, refill, clock, capacity=capacity)
    notices: list[ThrottleNotice] = []
    suppressed = 0
    last_seen: dict[tuple[str, Severity], float] = {}
    for event, severity, pause in events:
        clock.now += pause
        admission = throttle.admit(event, severity)
        suppressed += not admission.admitted
        if admission.notice is not None:
            notices.append(admission.notice)
        if severity is Severity.FATAL:
            assert admission.admitted
        if severity is Severity.WARNING_HI:
            # Its own bucket has a token again after 1 / refill seconds of its silence.
            silence = clock.now - last_seen.get((event, severity), float("-inf"))
            assert admission.admitted or silence < 1.0 / refill
        last_seen[event, severity] = clock.now
        assert len(throttle) <= capacity + len(Severity)
    clock.now += 1000.0
    notices += throttle.collect()
    begun = [notice for notice in notices if notice.kind is NoticeKind.THROTTLED]
    ended = [notice for notice in notices if notice.kind is NoticeKind.RELEASED]
    assert len(begun) == len(ended)
    assert sum(notice.suppressed for notice in ended) == suppressed == throttle.suppressed_total
    assert len(throttle) == 0
