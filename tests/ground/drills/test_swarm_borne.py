"""What a swarm does not draw, since nobody could live through it."""

import pytest

from ground.drills.survey import Calls
from ground.drills.swarm_faults import Choice, falls, is_borne, lateness
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.kind import TargetKind

BURNING = [
    Calls("lander.descent_engines", "throttle", "entry", times=[933.0 + n for n in range(40)]),
    Calls("lander.landing_radar", "measure", "entry", times=[890.0]),
]


@pytest.mark.parametrize(
    ("kind", "sort", "target", "method", "span", "borne"),
    [
        ("partition", "bus", "hardware", "", (949.4, 956.6), False),
        ("partition", "bus", "lander", "", (949.4, 956.6), False),
        ("partition", "bus", "rover", "", (949.4, 956.6), True),
        ("partition", "bus", "hardware", "", (949.4, 951.0), True),  # they hold on for a second
        ("partition", "bus", "hardware", "", (949.4, 951.1), False),
        ("partition", "bus", "hardware", "", (920.0, 933.9), True),  # under the parachute
        ("partition", "bus", "hardware", "", (973.1, 983.0), True),  # on the ground
        ("clog", "bus", "hardware", "", (962.3, 967.9), False),
        ("drop", "bus", "hardware", "", (949.4, 956.6), True),
        ("jam", "device", "lander.descent_engines", "throttle", (940.0, 944.0), False),
        ("jam", "device", "lander.descent_engines", "throttle", (940.0, 940.5), True),
        ("reversed", "device", "lander.descent_engines", "throttle", (970.0, 972.0), False),
        ("no_move", "device", "lander.descent_engines", "prime", (898.0, 935.0), True),
        ("no_move", "device", "lander.attitude_thrusters", "turn", (930.0, 940.0), True),
    ],
)  # fmt: skip
def test_no_engines_that_bear_a_lander_are_kept_from_hearing_until_they_close(
    kind: str, sort: TargetKind, target: str, method: str, span: tuple[float, float], borne: bool
) -> None:
    choice = Choice(catalogue().kinds(sort)[kind], sort, target, method)
    assert is_borne(choice, BURNING, *span) == borne


@pytest.mark.parametrize(("by", "borne"), [(0.3, True), (0.3001, False), (65.7, False)])
@pytest.mark.parametrize(
    ("kind", "sort", "target", "method"),
    [("delay", "bus", "hardware", ""), ("slow", "device", "lander.descent_engines", "throttle")],
)
def test_orders_come_in_time_to_steer_by_them(
    kind: str, sort: TargetKind, target: str, method: str, by: float, borne: bool
) -> None:
    choice = Choice(catalogue().kinds(sort)[kind], sort, target, method)
    assert is_borne(choice, BURNING, 949.4, 956.6, by) == borne
    assert is_borne(choice, BURNING, 949.4, 950.6, by), "for so short a while"


@pytest.mark.parametrize(
    ("begins", "ends", "does"),
    [(941.9, 972.4, True), (900.0, 930.0, False), (900.0, 934.1, True), (973.0, 1_003.0, False)],
)
def test_a_computer_that_is_away_bears_nothing(begins: float, ends: float, does: bool) -> None:
    assert falls(BURNING, begins, ends) == does


def test_only_what_comes_late_is_late() -> None:
    assert lateness({"kind": "delay", "by": "65.7 s"}) == 65.7
    assert lateness({"kind": "delayed", "by": "65.7 s"}) == 0.0
    assert lateness({"kind": "jam", "at": 0.5}) == 0.0
