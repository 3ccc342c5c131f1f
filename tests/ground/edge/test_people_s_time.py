"""Attempts, approvals and sessions by people's time: to the last second of each, and not beyond."""

from pathlib import Path
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.api.operators import load_operators
from ground.api.times import Times
from ground.edge.approvals import Approvals
from ground.edge.attempts import Attempts
from ground.edge.sessions import Sessions

HOUR = 3600.0


class Clock:
    """People's time, which a test sets."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


# --------------------------------------------------------------------- attempts


def failed(attempts: Attempts, clock: Clock, name: str, *at: float) -> float:
    """For how long nothing of a name is tried after failures at those times."""
    for clock.s in at:
        attempts.failed(name)
    return attempts.locked_for(name)


def test_five_failures_in_five_minutes_lock_for_a_minute(clock: Clock) -> None:
    attempts = Attempts(["anna", "ben"], clock)
    assert failed(attempts, clock, "anna", 0.0, 1.0, 2.0, 3.0) == 0.0
    assert failed(attempts, clock, "anna", 300.0) == 60.0
    assert attempts.locked_for("ben") == attempts.locked_for("nobody") == 0.0
    clock.s = 359.0
    assert attempts.locked_for("anna") == 1.0
    clock.s = 360.0
    assert attempts.locked_for("anna") == 0.0
    assert failed(attempts, clock, "anna", 360.0, 360.0, 360.0, 360.0) == 0.0  # counted anew


def test_failures_that_lie_farther_apart_lock_nothing_until_five_are_near(clock: Clock) -> None:
    attempts = Attempts(["anna"], clock)
    assert failed(attempts, clock, "anna", 0.0, 1.0, 2.0, 3.0, 300.5) == 0.0
    assert failed(attempts, clock, "anna", 301.0) == 60.0  # of the last five


def test_who_was_right_has_failed_at_nothing_before(clock: Clock) -> None:
    attempts = Attempts(["anna"], clock)
    failed(attempts, clock, "anna", 0.0, 1.0, 2.0, 3.0)
    attempts.succeeded("anna")
    assert failed(attempts, clock, "anna", 4.0, 5.0, 6.0, 7.0) == 0.0
    assert failed(attempts, clock, "anna", 8.0) == 60.0


def test_all_strangers_are_one(clock: Clock) -> None:
    attempts = Attempts(["anna"], clock)
    for number in range(5):
        attempts.failed(f"stranger {number}")
    assert attempts.locked_for("another") == 60.0 and attempts.locked_for("anna") == 0.0


def test_a_clock_that_is_set_back_locks_for_no_longer(clock: Clock) -> None:
    attempts = Attempts(["anna"], clock)
    assert failed(attempts, clock, "anna", *[90_000.0] * 5) == 60.0
    clock.s = 3600.0
    assert attempts.locked_for("anna") == 60.0
    clock.s += 60.0
    assert attempts.locked_for("anna") == 0.0


# -------------------------------------------------------------------- approvals


def approved(stage: str = "st-1", digest: str = "d", state: str = "approved") -> dict[str, Any]:
    return {"topic": "stack", "data": {"stage": stage, "hash": digest, "state": state}}


def test_an_approval_lasts_half_an_hour(tmp_path: Path, clock: Clock) -> None:
    approvals = Approvals(tmp_path / "a", clock)
    approvals.heard([approved(), {"topic": "audit", "data": {"state": "approved"}}])
    clock.s += 1799.0
    approvals.heard([approved()])  # told again: it keeps its hour
    assert approvals.over() == {}
    clock.s += 1.0
    assert approvals.over() == {"st-1": "d"}
    approvals.done("st-1")
    assert approvals.over() == {}


@pytest.mark.parametrize("state", ["void", "released", "refused", "expired", "waiting_approval"])
def test_what_is_approved_no_more_cannot_be_over(tmp_path: Path, clock: Clock, state: str) -> None:
    approvals = Approvals(tmp_path / "a", clock)
    approvals.heard([approved(), approved("st-2")])
    approvals.heard([approved(state=state)])
    clock.s += 1800.0
    assert approvals.over() == {"st-2": "d"}


def test_another_approval_of_the_same_stage_has_an_hour_of_its_own(
    tmp_path: Path, clock: Clock
) -> None:
    approvals = Approvals(tmp_path / "a", clock)
    approvals.heard([approved()])
    clock.s += 1000.0
    approvals.heard([approved(state="void"), approved(digest="e")])
    clock.s += 900.0
    assert approvals.over() == {}
    clock.s += 900.0
    assert approvals.over() == {"st-1": "e"}


def test_over_a_restart_an_approval_keeps_its_hour_and_one_without_is_over(
    tmp_path: Path, clock: Clock
) -> None:
    Approvals(tmp_path / "a", clock).heard([approved()])
    clock.s += 1000.0
    again = Approvals(tmp_path / "a", clock)
    again.heard([approved(), approved("st-2")], before=True)
    assert again.over() == {"st-2": "d"}
    clock.s += 800.0
    assert again.over() == {"st-1": "d", "st-2": "d"}
    again.forget()
    assert again.over() == {}
    (tmp_path / "a").write_text("[]")
    with pytest.raises(ConfigurationError, match="no list of approvals"):
        Approvals(tmp_path / "a", clock)


def test_a_clock_that_is_set_back_makes_no_approval_last_longer(
    tmp_path: Path, clock: Clock
) -> None:
    approvals = Approvals(tmp_path / "a", clock)
    approvals.heard([approved()])
    clock.s -= 60.0
    assert approvals.over() == {}, "it was corrected"
    clock.s -= 1.0
    assert approvals.over() == {"st-1": "d"}


# --------------------------------------------------------------------- sessions


def test_a_session_that_nobody_uses_is_over_after_half_a_day(tmp_path: Path, clock: Clock) -> None:
    sessions = Sessions(tmp_path / "s", ["anna"], clock)
    token, session = sessions.open("anna")
    assert (session.user, session.number) == ("anna", "anna-1")
    clock.s += 12.0 * HOUR
    assert sessions.find(token) is not None  # used at its last second: it goes on from there
    clock.s += 12.0 * HOUR
    assert sessions.find(token) is not None
    clock.s += 12.0 * HOUR + 0.001
    assert sessions.find(token) is None
    assert sessions.find("x" + token) is None


def test_that_it_was_used_is_written_once_a_minute_and_outlives_a_restart(
    tmp_path: Path, clock: Clock
) -> None:
    sessions = Sessions(tmp_path / "s", ["anna"], clock)
    token, session = sessions.open("anna")
    clock.s += 60.0
    sessions.find(token)
    assert session.used == 1000.0
    clock.s += 0.5
    sessions.find(token)
    again = Sessions(tmp_path / "s", ["anna"], clock).find(token)
    assert again is not None and again.used == 1060.5
    assert Sessions(tmp_path / "s", ["ben"], clock).find(token) is None  # anna is nobody there
    sessions.close(token)
    sessions.close(token)
    assert sessions.find(token) is None
    assert Sessions(tmp_path / "s", ["anna"], clock).open("anna")[1].number == "anna-2"


def test_of_two_hundred_and_one_sessions_the_one_used_longest_ago_ends(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ground.edge.sessions.write_private", lambda file, data: None)
    sessions = Sessions(tmp_path / "s", ["anna"], clock)
    tokens = []
    for _ in range(200):
        clock.s += 1.0
        tokens.append(sessions.open("anna")[0])
    clock.s += 100.0
    assert all(sessions.find(token) is not None for token in (tokens[0], *tokens[2:]))
    sessions.open("anna")
    assert sessions.find(tokens[1]) is None and sessions.find(tokens[0]) is not None


def test_a_link_is_of_use_once_and_for_half_a_day(tmp_path: Path, clock: Clock) -> None:
    sessions = Sessions(tmp_path / "s", ["anna"], clock)
    first, late = sessions.make_link("anna"), sessions.make_link("anna")
    clock.s += 12.0 * HOUR
    assert sessions.use_link(first) == "anna"
    assert sessions.use_link(first) is None
    clock.s += 0.001
    assert sessions.use_link(late) is None
    assert sessions.use_link("nothing") is None


# --------------------------------------------------------------- the operators' file

PEOPLE = "format: 1\nusers:\n  anna: {roles: [operator]}\n"


def test_an_operators_file_says_how_long_all_of_it_holds(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        PEOPLE + "times: {approval_minutes: 5, session_hours: 1, link_hours: 2, attempts: 2, "
        "attempts_seconds: 10, locked_seconds: 600}"
    )
    times = load_operators(file).times
    approvals = Approvals(tmp_path / "a", clock, times)
    approvals.heard([approved()])
    sessions = Sessions(tmp_path / "s", ["anna"], clock, times)
    token, link = sessions.open("anna")[0], sessions.make_link("anna")
    clock.s += 300.0
    assert approvals.over() == {"st-1": "d"}
    clock.s += HOUR - 299.9
    assert sessions.find(token) is None
    clock.s += HOUR - 0.1
    assert sessions.use_link(link) == "anna"
    attempts = Attempts(["anna"], clock, times)
    assert failed(attempts, clock, "anna", 9000.0, 9010.1) == 0.0
    assert failed(attempts, clock, "anna", 9020.1) == 600.0


def test_the_file_that_is_there_has_what_holds_without_any(tmp_path: Path) -> None:
    bare = tmp_path / "bare.yaml"
    bare.write_text(PEOPLE)
    assert load_operators("demo").times == load_operators(bare).times == Times()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("attempts: 0", "times.attempts = 0"),
        ("approval_minutes: 0.5", "times.approval_minutes = 0.5"),
        ("condition_sols: 701", "times.condition_sols = 701"),
        ("session_hour: 1", "session_hour"),
    ],
)
def test_what_no_time_can_be_is_refused_by_its_place(
    tmp_path: Path, wrong: str, words: str
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(f"{PEOPLE}times:\n  {wrong}\n")
    with pytest.raises(ConfigurationError) as refused:
        load_operators(file)
    assert words in str(refused.value) and ":5" in str(refused.value)


def test_a_clock_that_is_set_back_makes_no_session_last_longer(
    tmp_path: Path, clock: Clock
) -> None:
    sessions = Sessions(tmp_path / "s", ["anna"], clock)
    clock.s = 90 * HOUR
    token, _ = sessions.open("anna")
    clock.s = 10 * HOUR
    assert sessions.find(token) is not None, "it is used now"
    again = Sessions(tmp_path / "s", ["anna"], clock)
    clock.s = 22 * HOUR
    assert again.find(token) is not None
    clock.s += 12 * HOUR + 1.0
    assert again.find(token) is None
