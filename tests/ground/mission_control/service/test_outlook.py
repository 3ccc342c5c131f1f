"""When a command can leave and be answered, at the very instants at which that changes."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.ground_station import EarthLinkState, NetworkStatus, PredictedPass
from ground.mission_control.service.windows import outlook

LIGHT = 600.0
S = 1_000_000_000


def seen(
    now: float,
    *passes: tuple[float, float],
    up: tuple[str, ...] = ("relay",),
    told_at: float = 0.0,
    moratorium: bool = False,
) -> Any:
    """The outlook of the rover, by what the stations told at an instant."""
    status = NetworkStatus(
        time_ns=round(told_at * S), light_time=LIGHT, moratorium=moratorium, passes=[],
        links=[EarthLinkState(name, name in up, 1e6) for name in ("relay", "rover")],
    )  # fmt: skip
    stations: Any = SimpleNamespace(
        status=status,
        light_time=LIGHT,
        radio_of=lambda vehicle: vehicle,
        passes=lambda vehicle: [PredictedPass(vehicle, start, end) for start, end in passes],
    )
    return outlook(stations, "rover", now)


def test_nothing_is_known_before_the_stations_have_spoken() -> None:
    silent: Any = SimpleNamespace(status=None)
    told = outlook(silent, "rover", 0.0)
    assert "have not said yet" in told.why_not
    assert told.window is None and told.estimate.earliest_answer_ns is None


def test_in_conjunction_nobody_commands_also_by_a_link_that_is_up() -> None:
    told = seen(0.0, (0.0, 9000.0), up=("relay", "rover"), moratorium=True)
    assert "conjunction" in told.why_not
    assert told.estimate.earliest_sent_ns is None


def test_a_direct_link_needs_no_pass_and_takes_light_time_each_way() -> None:
    told = seen(100.0, up=("rover",))
    assert told.why_not == "" and told.window is None
    assert told.estimate.earliest_sent_ns == 100 * S
    assert told.estimate.earliest_answer_ns == (100 + 2 * 600) * S


def test_that_a_direct_link_is_down_is_believed_for_600_s_and_no_longer() -> None:
    assert "no pass" in seen(math.nextafter(600.0, 0.0)).why_not
    assert seen(600.0).why_not == ""  # since then it may have come up
    assert "no pass" in seen(1000.0, told_at=401.0).why_not
    assert seen(1000.0, told_at=400.0).why_not == ""


def test_a_pass_that_ends_as_the_signal_arrives_is_of_no_use() -> None:
    assert "no pass over rover is in sight" in seen(0.0, (0.0, LIGHT)).why_not
    just = seen(0.0, (0.0, math.nextafter(LIGHT, 1e9)))
    assert just.why_not == ""
    next_one = seen(0.0, (0.0, LIGHT), (5000.0, 5600.0))
    assert next_one.window == (5000 * S, 5600 * S)


@pytest.mark.parametrize(("start", "answer"), [(100.0, 1200.0), (600.0, 1200.0), (900.0, 1500.0)])
def test_it_is_there_at_the_beginning_of_the_pass_or_when_the_signal_is(
    start: float, answer: float
) -> None:
    told = seen(0.0, (start, 2000.0))
    assert told.estimate.earliest_answer_ns == round(answer * S)
    assert told.window == (round(start * S), 2000 * S)


def test_without_a_link_to_the_relay_nobody_says_when_it_leaves() -> None:
    assert seen(0.0, (700.0, 2000.0), up=()).estimate.earliest_sent_ns is None
    assert seen(0.0, (700.0, 2000.0)).estimate.earliest_sent_ns == 0
