"""How the rover looks for a tube and comes near: each decision at its limit."""

import math
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault
from flight.rover import tube_search
from flight.surface.driving import DriveFailed
from tests.flight.rover.standing import OTHER, TUBE, Standing, failing, ground, sighted

SIGNAL = Signal("x")
OBSTACLE, TILT = DeviceFault("obstacle", "a rock"), DeviceFault("tilt", "it leans")
JAM = DeviceFault("jam", "wheel 2")


@pytest.fixture
def rover() -> Any:
    return Standing()


# -------------------------------------------------------------------- searching


def chosen(rover: Any, *seen: Any) -> Any:
    return tube_search._choose(rover, TUBE, list(seen))


@pytest.mark.parametrize(("aside", "found"), [(1.499, True), (1.5, False), (1.501, False)])
def test_an_unread_tube_is_told_by_its_place_within_the_errors_of_both(
    rover: Any, aside: float, found: bool
) -> None:
    # A metre of the map, 0.3 m, and twice the rover's own error of 0.1 m.
    assert (chosen(rover, sighted(1.35, aside)) is not None) is found


@pytest.mark.parametrize(("confidence", "found"), [(0.5, True), (0.4999, False)])
def test_what_is_seen_too_badly_is_not_followed_unless_it_is_read(
    rover: Any, confidence: float, found: bool
) -> None:
    rover.parameters["tube_confidence"] = 0.5
    assert (chosen(rover, sighted(confidence=confidence)) is not None) is found
    read = sighted(confidence=0.01, right=5.0, serial=TUBE)
    assert chosen(rover, sighted(confidence=confidence), read) is read


def test_the_nearest_unread_one_is_taken_and_none_that_is_nearer_to_another_tube(
    rover: Any,
) -> None:
    near, far = sighted(1.35, 0.2), sighted(1.35, -0.4)
    assert chosen(rover, far, near) is near and chosen(rover, near, far) is near
    rover._map[OTHER] = (1.0, 1.35)
    assert chosen(rover, sighted(1.35, 0.51)) is None, "it is the other's"
    assert chosen(rover, sighted(1.35, 0.49)) is not None


def test_another_that_is_read_on_the_way_is_remembered_and_a_foreign_one_is_not(
    rover: Any,
) -> None:
    assert chosen(rover, sighted(2.0, 1.0, serial=OTHER), sighted(1.0, 0.0, serial="M9")) is None
    assert rover.fetch.seen == {OTHER: [1.0, 2.0, 0.1]} and rover.told("keep_fetch_plan")


def closely(rover: Any, *looks: Any) -> None:
    rover.hardware.camera.answers["find_tubes"] = [ground(each) if each else ground()
                                                   for each in looks]  # fmt: skip


@pytest.mark.parametrize(
    ("ahead", "right", "grasped"),
    [(1.1001, 0.0, True), (1.0999, 0.0, False), (1.4999, 0.0, True), (1.5001, 0.0, False),
     (1.3, 0.2999, True), (1.3, -0.2999, True), (1.3, 0.3001, False), (1.3, -0.3001, False)],
)  # fmt: skip
async def test_it_is_grasped_only_from_within_the_window_of_the_arm(
    rover: Any, ahead: float, right: float, grasped: bool
) -> None:
    closely(rover, sighted(ahead, right, serial=TUBE))
    found = await tube_search._come_near(rover, TUBE, (right, ahead))
    assert (found is not None) is grasped


async def test_one_that_cannot_be_read_is_believed_after_four_looks_and_one_that_is_another_never(
    rover: Any,
) -> None:
    closely(rover, sighted())
    rover.parameters["approaches"] = 3
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is None
    rover.parameters["approaches"] = 4
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is not None
    assert rover.told("tube_not_read") == [{"tube": TUBE}]
    rover.pose.error = 1.0
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is None, "it does not know where"
    rover.pose.error = 0.999
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is not None
    closely(rover, sighted(serial=OTHER))
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is None
    assert OTHER in rover.fetch.seen


@pytest.mark.parametrize(
    ("place", "drives"),
    [
        ((0.0, 1.35), []), ((0.19, 1.46), []),
        ((0.0, 1.48), [("drive", 0.13)]), ((0.0, 1.2), [("drive", -0.15)]),
        ((0.21, 1.35), [("turn", 0.154)]),
        ((0.0, 1.851), [("to", 0.0, 1.851, 0.0, 0.0, 1.35), ("drive", 0.501)]),
    ],
)  # fmt: skip
async def test_it_stands_so_that_the_arm_works_best(
    rover: Any, place: Any, drives: list[Any]
) -> None:
    await tube_search._stand_before(rover, place)
    assert rover.drives == drives


@pytest.mark.parametrize("fault", [OBSTACLE, TILT, JAM])
async def test_a_rock_before_the_tube_is_no_way_and_a_broken_wheel_is_trouble(
    rover: Any, fault: DeviceFault
) -> None:
    failing(rover, fault)
    with pytest.raises(DeviceFault if fault is JAM else DriveFailed):
        await tube_search._stand_before(rover, (0.0, 1.5))


async def test_a_tube_is_looked_for_from_all_stops_and_where_it_was_seen_is_forgotten(
    rover: Any,
) -> None:
    rover.fetch.seen = {TUBE: [0.0, 2.0, 0.1]}
    rover.parameters["search_stops"] = 3
    found = await tube_search.search_tube(rover, SIGNAL)
    assert found.name == "tube_missing" and rover.fetch.seen == {}
    assert len(rover.hardware.camera.asked) == 3 * 4
    stops = [(east, north - 2.0) for _, east, north in rover.drives]
    assert [math.hypot(*stop) for stop in stops] == pytest.approx([2.5, 2.5], abs=0.01)
    angles = [math.atan2(*stop) for stop in stops]
    assert angles[0] == pytest.approx(math.atan2(0.0, -2.0) + 1.05 - math.tau, abs=0.01)
    rover.goes_on = False
    assert await tube_search.search_tube(rover, SIGNAL) == "rest"


async def test_a_tube_that_is_read_is_found_and_its_place_is_kept(rover: Any) -> None:
    closely(rover, sighted(1.3, 0.1, serial=TUBE))
    rover.ledger.forget([TUBE], "x")
    assert await tube_search.search_tube(rover, SIGNAL) == "tube_found"
    assert rover.target.serial == TUBE and rover.fetch.seen[TUBE][:2] == [0.1, 1.3]
    rover.hardware.camera.answers["find_tubes"] = [ground(valid=False)]
    rover.rests = False
    with pytest.raises(ActivityFailed, match="too dark"):
        await tube_search.search_tube(rover, SIGNAL)
