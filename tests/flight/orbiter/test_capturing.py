"""The capture: attempts, retreats, and what says that the container is on board."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.vectors import norm
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.capture import ConeState
from flight.orbiter import capturing
from flight.orbiter.legs import Leg
from tests.flight.orbiter.ship import MUTE, Answers, Ship, do, quick

SIGNAL = Signal("x")


OPEN, CLOSED = (
    ConeState(triggered=False, lid_closed=False),
    ConeState(triggered=True, lid_closed=True),
)
IN_VAIN, AJAR = OPEN, ConeState(triggered=True, lid_closed=False)
MEANINGLESS = ConeState(valid=False, triggered=True, lid_closed=True)


def capturing_ship(
    monkeypatch: pytest.MonkeyPatch, cone: list[Any], present: list[Any], seen: bool = True,
    state: list[Any] | None = None,
) -> tuple[Any, list[Any]]:  # fmt: skip
    calls = quick(
        monkeypatch, capturing, _run_in=None, _see_again=None, back_off=None, _come_back=None,
        take_scan=seen,
    )  # fmt: skip
    monkeypatch.setattr(capturing, "find_in_orbit", lambda node, range: calls.append(("find",)))

    def ended(node: Any, captured: bool, reading: str) -> int:
        calls.append(("end", captured, reading))
        return 3

    monkeypatch.setattr(capturing, "end_capture", ended)
    ship: Any = Ship((0.0, 30.0, 0.0), container_captured=False)
    ship.devices.capture_cone = Answers(
        state=state or [OPEN], open=[OPEN], close_on_trigger=list(cone)
    )
    cage = [SimpleNamespace(valid=True, present=p) if isinstance(p, bool) else p for p in present]
    ship.devices.containment = Answers(state=cage)
    return ship, calls


def names(calls: list[Any]) -> list[str]:
    return [call[0] for call in calls]


def test_what_is_inside_already_is_captured() -> None:
    with pytest.MonkeyPatch.context() as patch:
        ship, calls = capturing_ship(patch, [], [True])
        found = do(capturing.capture(ship, SIGNAL))
    assert found.data["result"] == "captured at attempt 0 with 3 tubes"
    assert calls == [("end", True, "the load cell of the cage feels the container")]
    assert ship.container_captured and ship.navigator.target is None
    assert ship.told("captured") == [{"tubes": 3}] and not ship.devices.capture_cone.asked


def test_the_first_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, calls = capturing_ship(monkeypatch, [CLOSED], [False, True])
    found = do(capturing.capture(ship, SIGNAL))
    assert found.data["result"] == "captured at attempt 1 with 3 tubes"
    assert names(calls) == ["find", "_run_in", "end"]
    assert ship.devices.capture_cone.of("close_on_trigger") == [(240.0,)]
    assert not ship.devices.capture_cone.of("open") and not ship.told("capture_failed")


@pytest.mark.parametrize(
    ("cone", "reason"),
    [
        (IN_VAIN, "nothing came into the cone"),
        (AJAR, "the lid did not close"),
        (CLOSED, "the cage is empty"),
        (MUTE, "nothing was heard"),
    ],
)
def test_a_failed_attempt_is_looked_at_backed_off_from_and_tried_three_times(
    monkeypatch: pytest.MonkeyPatch, cone: Any, reason: str
) -> None:
    ship, calls = capturing_ship(monkeypatch, [cone], [False])
    with pytest.raises(ActivityFailed, match="not captured in 3 attempts"):
        do(capturing.capture(ship, SIGNAL))
    assert [d["reason"] for d in ship.told("capture_failed")] == [reason] * 3
    assert [d["number"] for d in ship.told("capture_attempt")] == [1, 2, 3]
    attempt = ["find", "_run_in", "_see_again", "back_off"]
    assert names(calls) == [*attempt, "_come_back", *attempt, "_come_back", *attempt,
                            "take_scan", "end"]  # fmt: skip
    assert calls[-1] == ("end", False, "the container is seen at 30.0 m")
    assert not ship.container_captured


def test_what_is_not_seen_outside_is_not_said_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, calls = capturing_ship(monkeypatch, [IN_VAIN], [False], seen=False)
    with pytest.raises(ActivityFailed, match="not captured"):
        do(capturing.capture(ship, SIGNAL))
    assert "end" not in names(calls)


def test_who_does_not_know_where_it_is_captures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, calls = capturing_ship(monkeypatch, [CLOSED], [False])
    ship.may_meet_container = lambda: False
    with pytest.raises(ActivityFailed, match="determine_orbit first"):
        do(capturing.capture(ship, SIGNAL))
    assert calls == [] and not ship.told("capture_attempt")


def test_a_closed_lid_is_opened_first_and_a_meaningless_answer_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship, _ = capturing_ship(monkeypatch, [MEANINGLESS], [False, True], state=[CLOSED, CLOSED])
    assert do(capturing.capture(ship, SIGNAL)).data["result"].startswith("captured at attempt 1")
    assert [call[0] for call in ship.devices.capture_cone.asked] == [
        "state", "open", "close_on_trigger", "state",
    ]  # fmt: skip


def test_a_silent_cage_is_not_full(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, _ = capturing_ship(monkeypatch, [CLOSED], [MUTE])
    with pytest.raises(ActivityFailed, match="not captured"):
        do(capturing.capture(ship, SIGNAL))
    assert {d["reason"] for d in ship.told("capture_failed")} == {"the cage is empty"}


def running(monkeypatch: pytest.MonkeyPatch, seen: Any, along: float = 30.0) -> Any:
    quick(monkeypatch, capturing, take_scan=seen)
    ship: Any = Ship((0.0, along, 0.0))
    do(capturing._run_in(ship))
    return ship


def test_the_last_metres_are_flown_at_the_contact_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    ship = running(monkeypatch, True)
    distance = ship.navigator.range()
    assert 4.0 < distance <= 4.6  # 1.6 m of the mouth and 3 m of free flight
    assert norm(ship.navigator.relative()[1]) == pytest.approx(0.07, rel=0.1)
    assert len(ship.devices.attitude_control.of("point")) == 1
    assert {purpose for purpose, _ in ship.burns()} == {"approach"}


def test_five_scans_without_the_container_end_the_last_metres(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = iter([False, False, False, False, True] + [False] * 5)
    quick(monkeypatch, capturing, take_scan=lambda node: next(looks))
    ship: Any = Ship((0.0, 30.0, 0.0))
    with pytest.raises(ActivityFailed, match="does not see the container"):
        do(capturing._run_in(ship))
    assert next(looks, None) is None


def test_after_a_contact_it_is_measured_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(monkeypatch, capturing, take_scan=True)
    ship: Any = Ship()
    before = [ship.navigator.covariance[i][i] for i in (0, 3)]
    do(capturing._see_again(ship))
    after = [ship.navigator.covariance[i][i] for i in (0, 3)]
    assert after[0] - before[0] == pytest.approx(25.0)
    assert after[1] - before[1] == pytest.approx(0.0225)
    assert [call[1] for call in calls] == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]


def test_it_comes_back_to_the_last_hold_point(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = quick(
        monkeypatch, capturing, take_scan=True, follow_leg=True,
        begin_leg=lambda node, goal, *rest: Leg(goal, 55.0),
    )  # fmt: skip
    ship: Any = Ship((0.0, -100.0, 0.0))
    do(capturing._come_back(ship))
    assert calls[0][2:6] == ((0.0, -30.0, 0.0), "back to the hold point", 6.0, 60.0)
    assert calls[1][2] == Leg((0.0, -30.0, 0.0), 55.0)
    assert names(calls)[2:] == ["take_scan"] * 5
