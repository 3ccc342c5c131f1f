"""What a browser is told: the newest, each entry once, in frames of bounded size."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ground.api.training import blank
from ground.console.news import News, Reader


def row(channel: str, value: Any, received: int = 1) -> list[Any]:
    return ["rover", channel, value, received, received, "OK"]


def entries(first: int, last: int, text: str = "") -> list[dict[str, Any]]:
    return [{"n": n, "topic": "ev", "data": {"text": text}} for n in range(first, last + 1)]


def frames(reader: Reader) -> list[dict[str, Any]]:
    found = []
    while (frame := reader.next_frame()) is not None:
        assert len(frame) <= 62_000
        found.append(json.loads(frame)["poll"])
    return found


def told(polls: list[dict[str, Any]]) -> list[int]:
    return [entry["n"] for poll in polls for entry in poll["journal"]]


@pytest.mark.requirement("CON-04")
def test_a_slow_reader_gets_the_newest_value_and_none_between() -> None:
    news = News()
    reader = Reader(news)
    for value in range(50):
        news.take("tm.rover", {"values": [row("east", value, value)]})
    assert [poll["telemetry"] for poll in frames(reader)] == [[row("east", 49, 49)]]
    assert frames(reader) == []


def test_an_older_value_does_not_take_the_place_of_a_newer() -> None:
    news = News()
    news.take("tm.rover", {"values": [row("east", 2, received=20)]})
    news.take("tm", {"values": [row("east", 1, received=10)]})
    assert frames(Reader(news))[0]["telemetry"] == [row("east", 2, received=20)]


def test_each_entry_is_told_once_whatever_the_order_of_topics() -> None:
    news = News()
    reader = Reader(news)
    news.take("ev", {"after": 0, "entries": entries(2, 2)})
    news.take("cmd", {"after": 0, "entries": entries(1, 1)})
    news.take("ev", {"after": 0, "entries": entries(2, 3)})
    polls = frames(reader)
    assert told(polls) == [2, 1, 3]
    assert not any(poll.get("missed") for poll in polls)


@pytest.mark.requirement("CON-04")
def test_a_gap_in_a_topic_is_said() -> None:
    news = News()
    reader = Reader(news)
    news.take("ev", {"after": 0, "entries": entries(1, 2)})
    news.take("ev", {"after": 5, "entries": entries(6, 6)})
    assert any(poll.get("missed") for poll in frames(reader))
    assert frames(reader) == []


@pytest.mark.requirement("CON-04")
def test_who_missed_more_than_is_kept_is_told_so() -> None:
    news = News()
    reader = Reader(news)
    for n in range(1, 2002):
        news.take("ev", {"after": n - 1, "entries": entries(n, n)})
    polls = frames(reader)
    assert polls[0]["missed"]
    assert told(polls)[-1] == 2001


def test_after_the_link_was_lost_the_old_is_not_told() -> None:
    news = News()
    reader = Reader(news)
    news.take("tm.rover", {"values": [row("east", 1)]})
    news.take("ev", {"after": 0, "entries": entries(1, 3)})
    news.forget()
    polls = frames(reader)
    assert polls[0]["missed"]
    assert told(polls) == []
    assert all(poll["telemetry"] == [] for poll in polls)


def test_the_link_is_told_when_it_changes_and_not_else() -> None:
    news = News()
    reader = Reader(news)
    assert frames(reader) == []  # nobody knows yet, and nobody is told that it is lost
    up = {"link": {"up": True, "why": "", "since": None}}
    for time_ns in range(3):
        news.take("clock", {"time_ns": time_ns, **up})
    assert [poll.get("link", {}).get("up") for poll in frames(reader)] == [True]
    news.take("clock", {"time_ns": 4, **up})
    assert ["link" in poll for poll in frames(reader)] == [False]
    news.take("clock", {"time_ns": 5, "link": {"up": False, "why": "the run ended", "since": "x"}})
    assert [poll["link"]["up"] for poll in frames(reader)] == [False]


def test_what_is_no_message_changes_nothing() -> None:
    news = News()
    reader = Reader(news)
    for message in (None, 7, "x", [1], {"entries": [1, {"n": "2"}]}, {"values": [1, [2], None]}):
        for topic in ("ev", "tm.rover", "clock"):
            news.take(topic, message)
    assert told(frames(reader)) == []


@given(some.lists(some.integers(0, 40_000), max_size=60))
def test_frames_stay_small_and_nothing_is_left_out(sizes: list[int]) -> None:
    news = News()
    reader = Reader(news)
    for n, size in enumerate(sizes, 1):
        news.take("ev", {"after": n - 1, "entries": entries(n, n, "x" * size)})
        news.take("tm.rover", {"values": [row(f"c{n}", "y" * (size // 40))]})
    polls = frames(reader)
    assert told(polls) == list(range(1, len(sizes) + 1))
    assert sum(len(poll["telemetry"]) for poll in polls) == len(sizes)


@pytest.mark.requirement("CON-12")
def test_what_trainers_do_is_told_to_trainers_alone_and_hides_nothing_else() -> None:
    news = News()
    crew, trainer = Reader(news), Reader(news, trains=True)
    topics = [
        ("fault", "injected"), ("fault", "drill_begun"), ("audit", "fault_inject"),
        ("audit", "stage"), ("ev", "fault_inject"), ("fault", "drill_ended"),
    ]  # fmt: skip
    told_of = [
        {"n": n, "topic": topic, "what": what, "data": {}}
        for n, (topic, what) in enumerate(topics, 1)
    ]
    for entry in told_of:
        news.take(entry["topic"], {"after": 0, "entries": [entry]})
    assert told(frames(trainer)) == [1, 2, 3, 4, 5, 6]
    assert told(frames(crew)) == [4, 5]
    assert frames(crew) == []


def test_a_crew_that_is_told_nothing_is_not_told_that_something_is_missing() -> None:
    news = News()
    reader = Reader(news)
    hidden = [{"n": n, "topic": "fault", "what": "injected", "data": {}} for n in range(1, 301)]
    news.take("fault", {"after": 0, "entries": hidden})
    news.take("ev", {"after": 0, "entries": entries(301, 301)})
    polls = frames(reader)
    assert told(polls) == [301] and not any(poll.get("missed") for poll in polls)


def test_what_the_streams_hide_is_asked_for_by_trainers_alone_and_keeps_its_place() -> None:
    news = News()
    crew, trainer = Reader(news), Reader(news, trains=True)
    secret = [
        {"n": n, "topic": "fault", "what": "injected", "data": {"id": f"f{n}"}} for n in (2, 3)
    ]
    news.take("ev", {"after": 0, "entries": entries(1, 1)})
    news.take("fault", {"after": 0, "entries": [blank(each) for each in secret]})
    news.take("ev", {"after": 1, "entries": entries(4, 4)})
    assert crew.wanted() is None
    assert trainer.wanted() == 2
    trainer.reveal(2, {"entries": secret})
    assert trainer.wanted() is None
    polls = frames(trainer)
    assert told(polls) == [1, 2, 3, 4]
    assert [each["data"] for poll in polls for each in poll["journal"]][1] == {"id": "f2"}
    assert told(frames(crew)) == [1, 4]


@pytest.mark.parametrize(
    "answer",
    [{}, {"entries": None}, {"entries": [7]},
     {"entries": [{"n": 1, "topic": "fault", "what": "hidden", "data": {}}]}],
)  # fmt: skip
def test_who_is_a_trainer_no_longer_is_told_nothing_of_it_and_waits_for_nothing(
    answer: dict[str, Any],
) -> None:
    news = News()
    reader = Reader(news, trains=True)
    news.take("fault", {"after": 0, "entries": [
        {"n": 1, "topic": "fault", "what": "hidden", "data": {}}]})  # fmt: skip
    news.take("ev", {"after": 0, "entries": entries(2, 2)})
    assert reader.wanted() == 1
    reader.reveal(1, answer)
    assert reader.wanted() is None
    assert told(frames(reader)) == [2]
