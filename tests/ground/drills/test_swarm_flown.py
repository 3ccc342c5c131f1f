"""What a swarm does not draw, since nobody flies on through it: a burn that nobody steers, a flight
that nobody remembers."""

from typing import Any

import pytest

from ground.drills.milestones import AHEAD, Milestone, milestone_after
from ground.drills.survey import Step
from ground.drills.swarm_faults import Choice
from ground.drills.swarm_flown import is_flown, standing_until
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.kind import TargetKind

LAUNCH = [
    Step(0.0, "lander", "entry.coasting", "entry"),
    Step(900.0, "lander", "landed", "surface"),
    Step(3_200.0, "mav", "launching.countdown", "ascent"),
    Step(4_234.0, "mav", "launching.ejecting", "ascent"),
    Step(4_236.0, "mav", "launching.first_burn", "ascent"),
    Step(4_250.0, "lander", "landed.operating", "ascent"),
    Step(4_310.0, "mav", "launching.holding", "ascent"),
    Step(4_362.0, "mav", "launching.coasting", "ascent"),
    Step(4_800.0, "mav", "launching.second_burn", "ascent"),
    Step(4_827.0, "mav", "launching.trimming", "ascent"),
    Step(4_880.0, "mav", "in_orbit", "ascent"),
]


def flown(
    kind: str, sort: TargetKind, target: str, span: tuple[float, float], method: str = "",
    **figures: Any,
) -> bool:  # fmt: skip
    choice = Choice(catalogue().kinds(sort)[kind], sort, target, method)
    return is_flown(choice, {"kind": kind, **figures}, LAUNCH, *span)


@pytest.mark.parametrize(
    ("span", "borne"),
    [
        ((4_220.0, 4_237.0), True),  # for a second of the burn, as engines hold on by themselves
        ((4_220.0, 4_237.1), False),
        ((4_308.9, 4_330.0), False),
        ((4_309.0, 4_330.0), True),
        ((4_320.0, 4_790.0), True),  # between the burns
        ((4_826.5, 4_900.0), True),
        ((4_000.0, 4_900.0), False),
    ],
)
@pytest.mark.parametrize(
    ("kind", "sort", "target", "method", "figures"),
    [
        ("reversed", "device", "mav.effectors", "steer", {}),
        ("jam", "device", "mav.effectors", "steer", {"at": 0.1}),
        ("slow", "device", "mav.effectors", "steer", {"by": "0.31 s"}),
        ("partition", "bus", "hardware", "", {}),
        ("partition", "bus", "mav", "", {}),
        ("delay", "bus", "mav", "", {"by": "5 s"}),
        ("slow", "node", "mav", "", {"by": "5 s"}),
    ],
)
def test_a_motor_burns_for_no_longer_than_a_moment_without_who_steers_it(
    kind: str, sort: TargetKind, target: str, method: str, figures: dict[str, Any],
    span: tuple[float, float], borne: bool,
) -> None:  # fmt: skip
    assert flown(kind, sort, target, span, method, **figures) == borne


@pytest.mark.parametrize(
    ("kind", "sort", "target", "method", "figures"),
    [
        ("reversed", "device", "mav.separation", "separate_stage", {}),
        ("slow", "device", "mav.effectors", "steer", {"by": "0.3 s"}),
        ("bias", "device", "mav.effectors", "steer", {"offset": 0.1}),
        ("delayed", "device", "mav.effectors", "steer", {"by": "15 s"}),
        ("partition", "bus", "lander", "", {}),
        ("crash", "node", "lander", "", {}),
        ("crash", "node", "mav", "", {"start": "warm"}),
        ("hang", "node", "mav", "", {}),
        ("slow", "store", "lander", "", {"by": "156.0 s"}),
        ("slow", "store", "mav", "", {"by": "0.3 s"}),
        ("full", "store", "mav", "", {}),
    ],
)
def test_what_leaves_it_steered_is_drawn_in_a_burn_too(
    kind: str, sort: TargetKind, target: str, method: str, figures: dict[str, Any]
) -> None:
    assert flown(kind, sort, target, (4_240.0, 4_260.0), method, **figures)


@pytest.mark.parametrize(
    ("kind", "sort", "figures", "begins", "borne"),
    [
        ("crash", "node", {}, 4_207.0, True),  # half a minute from cold
        ("crash", "node", {}, 4_207.1, False),
        ("crash", "node", {}, 4_308.9, False),
        ("crash_loop", "node", {}, 4_206.1, False),  # until it is healed, and half a minute more
        ("slow", "store", {"by": "156.0 s"}, 4_640.0, True),  # each write holds it up so long
        ("slow", "store", {"by": "156.0 s"}, 4_645.0, False),
    ],
)
def test_a_computer_is_back_before_a_motor_has_burnt_for_a_moment(
    kind: str, sort: TargetKind, figures: dict[str, Any], begins: float, borne: bool
) -> None:
    assert flown(kind, sort, "mav", (begins, begins + 1.0), **figures) == borne


@pytest.mark.parametrize(
    ("target", "at", "known"),
    [
        ("lander", 899.9, False), ("lander", 900.0, True), ("mav", 4_233.0, True),
        ("mav", 4_234.0, False), ("mav", 4_790.0, False), ("mav", 4_870.0, False),
        ("mav", 4_880.0, True), ("rover", 10.0, True), ("arm", 4_790.0, True),
    ],
)  # fmt: skip
def test_who_flies_by_what_it_remembers_is_not_made_to_forget_it(
    target: str, at: float, known: bool
) -> None:
    assert flown("restart_without_memory", "node", target, (at, at + 1.0), start="warm") == known


@pytest.mark.parametrize(
    ("kind", "sort", "figures", "until"),
    [
        ("slow", "store", {"by": "156.0 s"}, 169.0), ("slow", "store", {"by": "0.3 s"}, 10.0),
        ("full", "store", {}, 10.0), ("slow", "node", {"by": "156.0 s"}, 13.0),
        ("crash", "node", {}, 40.0), ("hang", "node", {}, 10.0),
    ],
)  # fmt: skip
def test_a_write_that_stands_holds_its_computer_up_beyond_the_healing(
    kind: str, sort: TargetKind, figures: dict[str, Any], until: float
) -> None:
    choice = Choice(catalogue().kinds(sort)[kind], sort, "mav")
    assert standing_until(choice, {"kind": kind, **figures}, 10.0, 13.0) == until


@pytest.mark.parametrize(("after", "state"), [(88.0, "in_orbit"), (88.1, "later")])
def test_a_milestone_in_the_air_leaves_time_for_an_answer_that_never_comes(
    after: float, state: str
) -> None:
    every = [Milestone(100.0, "mav", "in_orbit"), Milestone(900.0, "mav", "later")]
    found = milestone_after(every, after, "ascent")
    assert found is not None and found.state == state
    assert 0.5 * AHEAD["ascent"] > 5.0 and AHEAD["entry"] == AHEAD["ascent"]
