"""What there is to say against a command: its mode, its second sending, its time."""

import math
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.icd.devices.ground_station import EarthLinkState, NetworkStatus
from ground.api.entries import Estimate, StackItem
from ground.mission_control.service.approvals import Approvals
from ground.mission_control.service.staging import (
    Assessment,
    Wanted,
    frozen_hash,
    mode_problems,
    split_problems,
)
from ground.mission_control.service.windows import Outlook

S = 1_000_000_000


def assessment(mode: str | None, allowed: tuple[str, ...], stages: int = 1) -> Assessment:
    entry: Any = SimpleNamespace(name="dig", allowed_in=allowed)
    return Assessment(entry, ["x"] * stages, "", mode, 12.0, 1, None, Outlook(Estimate()), [])


@pytest.mark.parametrize(
    ("mode", "allowed", "fits"),
    [
        ("idle", ("idle",), True),
        ("safe", ("idle",), False),
        ("driving.turning", ("idle", "driving"), True),  # a state within
        ("drivingly", ("driving",), False),
        ("driving", ("driving.turning",), False),
        ("safe", (), True),  # everywhere
        (None, ("idle",), True),  # nobody knows
    ],
)
def test_a_mode_is_one_of_those_or_lies_within(
    mode: str | None, allowed: tuple[str, ...], fits: bool
) -> None:
    assert (mode_problems(assessment(mode, allowed)) == []) is fits


def test_the_problem_with_a_mode_says_how_old_the_news_are() -> None:
    [problem] = mode_problems(assessment("safe", ("idle", "driving")))
    assert problem == (
        "dig is not allowed in state safe, which was reported 12 s ago; allowed: idle, driving"
    )


def test_hazardous_is_what_goes_in_two_stages() -> None:
    assert not assessment("idle", (), 1).hazardous
    assert assessment("idle", (), 2).hazardous


def split(lifetime: float, answer: float | None, direct: bool = True) -> list[str]:
    """What is said of a FIRE that waits for ARM's answer at an instant; 600 s of light time."""
    status = NetworkStatus(
        time_ns=0, light_time=600.0, moratorium=False, passes=[],
        links=[EarthLinkState("rover", direct, 1e6)],
    )  # fmt: skip
    stations: Any = SimpleNamespace(
        status=status, light_time=600.0, radio_of=lambda v: v, passes=lambda v: [],
    )  # fmt: skip
    seen = Outlook(Estimate(0, None if answer is None else round(answer * S)))
    wanted = Wanted("rover", "release", {}, lifetime=lifetime, unit=False)
    return split_problems(stations, seen, wanted)


def test_arm_lasts_exactly_until_fire_is_there() -> None:
    assert split(1200.0, 300.0) == []
    [problem] = split(math.nextafter(1200.0, 0.0), 300.0)
    assert problem.startswith("FIRE would be there 1200 s after ARM, which lasts 1200 s")


def test_where_nobody_knows_when_fire_could_follow_that_is_said() -> None:
    assert "nobody knows when FIRE" in split(1e9, 300.0, direct=False)[0]
    assert split(1.0, None) == []  # that nothing can be sent is said elsewhere


ITEM = StackItem(
    "st-1", "rover", "release", {"tube": "M1"}, "approved", "anna", "s", note="why", when="x",
    not_after=5 * S, hazardous=True, hazard="h", mode="idle", boot=1, window=(0, 9 * S),
    carried=[1], procedure="p", version=2,
)  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "st-2"}, {"vehicle": "lander"}, {"command": "drop"}, {"arguments": {}},
        {"when": None}, {"lifetime": 601.0}, {"not_after": None}, {"unit": False},
        {"hazard": "other"}, {"version": 3}, {"mode": "safe"}, {"boot": 2},
        {"window": (0, 9 * S + 1)}, {"carried": [2]}, {"procedure": "q"},
    ],
)  # fmt: skip
def test_whatever_is_approved_is_in_the_hash(change: dict[str, Any]) -> None:
    assert frozen_hash(msgspec.structs.replace(ITEM, **change)) != frozen_hash(ITEM)


@pytest.mark.parametrize("change", [{"state": "void"}, {"mode_age_s": 9.0}, {"problems": ["x"]}])
def test_what_only_tells_of_it_is_not_in_the_hash(change: dict[str, Any]) -> None:
    assert frozen_hash(msgspec.structs.replace(ITEM, **change)) == frozen_hash(ITEM)


def at(now_ns: int) -> Approvals:
    control: Any = SimpleNamespace(clock=SimpleNamespace(now_ns=lambda: now_ns))
    stack: Any = None
    return Approvals(control, ("rover",), stack)


def test_its_last_instant_is_still_in_time() -> None:
    assert at(5 * S).why_over(ITEM) == ""
    assert "it was to leave by" in at(5 * S + 1).why_over(ITEM)
    assert at(10**18).why_over(msgspec.structs.replace(ITEM, not_after=None, window=None)) == ""


def test_the_last_instant_of_its_pass_is_still_in_the_pass() -> None:
    item = msgspec.structs.replace(ITEM, not_after=None)
    assert at(9 * S).why_over(item) == ""
    assert "the pass for which it was staged is over" in at(9 * S + 1).why_over(item)
    assert at(9 * S + 1).why_over(item, in_pass=False) == ""
    assert at(9 * S + 1).why_over(msgspec.structs.replace(item, hazardous=False)) == ""


