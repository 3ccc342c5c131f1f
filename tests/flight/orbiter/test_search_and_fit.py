"""Looking for the container: what can be seen, what is believed, when an orbit is known."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from flight.astrodynamics.vectors import (
    Vector,
    add,
    angle_between,
    norm,
    scale,
    subtract,
    unit,
)
from flight.core.chart.statechart import Signal
from flight.icd.devices.orbiter_navigation import Image, ImagedTarget, LidarReturn
from flight.orbiter import confirming, observing, search
from flight.orbiter.navigation import across
from flight.orbiter.observing import is_visible, nearest, point, take_bearing, take_scan
from flight.orbiter.propagation import semi_major_axis
from flight.orbiter.search import Member, _forget_a_little, _inherit, make_family
from tests.flight.orbiter.ship import MUTE, Answers, Ship, do, now, orbit, quick

SIGNAL = Signal("x")
SUN: Vector = (1.0, 0.0, 0.0)
MARS = 3_396_190.0
HIGH = 6.0e6


# -------------------------------------------------------------------- visibility


def seen(own: Vector, line: Vector, reach: float = 1e6) -> bool:
    return is_visible(own, add(own, line), SUN, reach)


def test_a_lit_body_is_seen_as_far_as_it_shines() -> None:
    own: Vector = (0.0, HIGH, 0.0)
    # With the Sun behind: as far as the reach.
    assert seen(own, (-999_999.0, 0.0, 0.0)) and not seen(own, (-1_000_001.0, 0.0, 0.0))
    # Lit from the side: by the root of 1/pi.
    part = math.sqrt(1.0 / math.pi)
    assert seen(own, (0.0, 0.999e6 * part, 0.0)) and not seen(own, (0.0, 1.001e6 * part, 0.0))


def test_mars_and_its_haze_are_in_the_way() -> None:
    height = MARS + 80_000.0
    # A line that passes the planet's limb at its middle.
    out: Vector = (2.0e6, height + 100.0, 0.0)
    assert seen(out, (-1_900_000.0, 0.0, 0.0), 9e6)
    low: Vector = (1.0e6, 0.0, height - 100.0)
    assert not is_visible(low, (-1.0e6, 0.0, height - 100.0), (0.0, 0.0, 1.0), 9e6)
    over: Vector = (1.0e6, 0.0, height + 100.0)
    assert is_visible(over, (-1.0e6, 0.0, height + 100.0), (0.0, 0.0, 1.0), 9e6)
    # What lies beyond the other end of the line is not in the way.
    assert seen((3.5e6, 0.0, 1e5), (5e5, 1e6, 0.0), 9e6)


def test_in_the_shadow_it_is_not_seen() -> None:
    own: Vector = (-1.0e6, 3.6e6, 0.0)
    assert not is_visible(own, (-2.0e6, MARS + 9_000.0, 0.0), SUN, 9e6)
    assert is_visible(own, (-2.0e6, 3.6e6, 0.0), SUN, 9e6)


@pytest.mark.parametrize(("degrees", "visible"), [(31.5, True), (30.5, False)])
def test_not_before_the_sun(degrees: float, visible: bool) -> None:
    angle = math.radians(degrees)
    line: Vector = (1e4 * math.cos(angle), 1e4 * math.sin(angle), 0.0)
    assert seen((0.0, HIGH, 0.0), line, 1e6) is visible


# ------------------------------------------------------------------------- images


def ready(**values: Any) -> Any:
    made: Any = Ship((0.0, 50_000.0, 0.0), sigma=10.0, **values)
    return made


def test_it_turns_to_where_it_will_be_when_it_has_turned() -> None:
    asked: list[float] = []

    def predict(time: float) -> Vector:
        asked.append(time)
        return (0.0, 1.0, 0.0)

    ship = ready(boresight=(1.0, 0.0, 0.0))
    do(point(ship, predict, 5.0))
    quarter = 0.5 * math.pi / 0.00873
    assert asked == pytest.approx([15.0, quarter + 15.0, quarter + 15.0])
    assert ship.boresight == (0.0, 1.0, 0.0)
    assert ship.devices.attitude_control.of("point") == [([0.0, 1.0, 0.0],)]
    asked.clear()
    lost = ready()
    do(point(lost, predict, 0.0))  # nobody knows where it looks: half a turn
    assert asked[1] == pytest.approx(math.pi / 0.00873 + 10.0)


def image(*targets: tuple[Vector, float], valid: bool = True, seconds: float = 0.0) -> Image:
    return Image(
        valid=valid, time_ns=round(seconds * 1e9), quaternion=[1.0, 0.0, 0.0, 0.0],
        targets=[ImagedTarget(list(direction), magnitude) for direction, magnitude in targets],
    )  # fmt: skip


def test_spots_of_a_valid_image_are_turned_by_its_attitude() -> None:
    ship = ready()
    turned = Image(
        time_ns=7_000_000_000, quaternion=[math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)],
        targets=[ImagedTarget([1.0, 0.0, 0.0], 9.0)],
    )  # fmt: skip
    ship.devices.camera = Answers(expose=[turned, image(((1.0, 0.0, 0.0), 3.0), valid=False)])
    [(time, direction, magnitude)] = do(observing.image(ship, lambda t: (1.0, 0.0, 0.0)))
    assert (time, magnitude) == (7.0, 9.0) and direction == pytest.approx((0.0, 1.0, 0.0))
    assert do(observing.image(ship, lambda t: (1.0, 0.0, 0.0))) == []
    assert ship.devices.camera.of("expose") == [(5.0,), (5.0,)]


def test_the_nearest_spot_within_the_gate() -> None:
    near = (0.0, unit((1.0, 0.01, 0.0)), 5.0)
    far = (0.0, unit((1.0, 0.03, 0.0)), 5.0)
    assert nearest([far, near], (1.0, 0.0, 0.0), 0.02) == near
    assert nearest([far], (1.0, 0.0, 0.0), 0.02) is None
    assert nearest([], (1.0, 0.0, 0.0), 0.02) is None
    assert nearest([near], (1.0, 0.0, 0.0), angle_between(near[1], (1.0, 0.0, 0.0))) == near


def line_of(ship: Any) -> Vector:
    return unit(ship.navigator.line_of_sight())


def bearing(ship: Any, monkeypatch: pytest.MonkeyPatch, *answers: Any, visible: bool = True) -> Any:
    monkeypatch.setattr(observing, "container_visible", lambda node, time: visible)
    ship.devices.camera = Answers(expose=list(answers))
    return do(take_bearing(ship))


def test_a_bearing_is_taken_from_what_lies_where_it_is_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship = ready()
    line = line_of(ship)
    off = unit(add(line, scale(2e-4, across(line)[0])))
    assert bearing(ship, monkeypatch, image((off, 5.0))) is True
    assert ship.navigator.accepted == 1
    aside = unit(add(line, scale(math.tan(math.radians(2.3)), across(line)[0])))
    assert bearing(ship, monkeypatch, image((aside, 5.0))) is False
    assert bearing(ship, monkeypatch, image()) is False
    assert bearing(ship, monkeypatch, image((line, 5.0)), visible=False) is False
    assert ship.navigator.accepted == 1 and ship.navigator.rejected == 0
    assert bearing(ship, monkeypatch, MUTE) is False
    assert len(ship.told("device_trouble")) == 1


def test_images_that_do_not_show_it_where_it_should_be_say_that_it_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship = ready()
    nav = ship.navigator
    for _ in range(15):
        assert bearing(ship, monkeypatch, image()) is False
    assert not nav.is_lost()
    line = line_of(ship)
    assert bearing(ship, monkeypatch, image((line, 5.0))) is True
    for _ in range(3):
        assert not nav.is_lost(), "what is seen once takes some of them back"
        bearing(ship, monkeypatch, image())
    assert not nav.is_lost()
    aside = unit(add(line_of(ship), scale(math.tan(math.radians(2.3)), across(line_of(ship))[0])))
    bearing(ship, monkeypatch, image((aside, 5.0)))  # what is seen elsewhere is not it
    assert nav.is_lost()
    nav.set_target(nav.target, nav.covariance, nav.time)
    assert not nav.is_lost(), "it was found anew"


@pytest.mark.parametrize("answer", [image(valid=False), MUTE])
def test_where_no_image_came_nobody_has_looked(
    monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    ship = ready()
    for _ in range(30):
        assert bearing(ship, monkeypatch, answer) is False
        assert bearing(ship, monkeypatch, image(), visible=False) is False
    assert ship.navigator.unseen == 0.0 and not ship.navigator.is_lost()


def scan(ship: Any, metres: float, *, valid: bool = True, off: float = 0.0) -> LidarReturn:
    line = line_of(ship)
    direction = unit(add(line, scale(off, across(line)[0])))
    return LidarReturn(
        valid=valid, time_ns=0, range=metres, direction=list(direction),
        quaternion=[1.0, 0.0, 0.0, 0.0],
    )  # fmt: skip


def scanned(ship: Any, answer: Any) -> Any:
    ship.devices.lidar = Answers(scan=[answer])
    return do(take_scan(ship))


def test_a_scan_gives_range_and_bearing() -> None:
    ship: Any = Ship((0.0, 400.0, 0.0), sigma=1.0, lidar_misses=3)
    assert scanned(ship, scan(ship, 400.5)) is True
    assert ship.lidar_misses == 0 and ship.navigator.accepted == 2
    # 3 cm and 60 mm of 400 m against a metre.
    sigma = 0.03 + 1.5e-4 * 400.5
    assert ship.navigator.range_sigma() == pytest.approx(sigma / math.hypot(1.0, sigma), rel=1e-3)
    local = ship.navigator.position_sigma() ** 2 - ship.navigator.range_sigma() ** 2
    side = 7e-4 * 400.5
    assert local == pytest.approx(2.0 * side**2 / (1.0 + side**2), rel=2e-3)


def test_what_does_not_come_back_is_missed_and_what_does_not_fit_is_not_taken() -> None:
    ship: Any = Ship((0.0, 400.0, 0.0), lidar_misses=3)
    assert scanned(ship, scan(ship, 400.0, valid=False)) is False and ship.lidar_misses == 4
    assert scanned(ship, MUTE) is False and ship.lidar_misses == 4
    assert len(ship.told("device_trouble")) == 1
    assert scanned(ship, scan(ship, 500.0)) is False
    assert ship.lidar_misses == 0 and ship.navigator.accepted == 0
    assert scanned(ship, scan(ship, 400.0, off=0.05)) is False and ship.navigator.accepted == 1


# ------------------------------------------------------------------------- family


def test_the_family_of_possible_orbits() -> None:
    family = make_family(orbit(), 20_000.0, 7_000.0)
    axes = [semi_major_axis(member.state(0.0)) for member in family]
    assert axes[0] == pytest.approx(3_732_500.0 - 70_000.0, abs=1.0)  # three and a half sigma
    assert axes[-1] == pytest.approx(3_732_500.0 + 70_000.0, abs=1.0)
    middle = family[len(family) // 2]
    assert (middle.deviation, middle.belief) == (0.0, 1.0)
    assert family[0].belief == pytest.approx(math.exp(-0.5 * 3.5**2))
    # At the end they are not more than 80 km apart along the track.
    ends = [member.state(7_000.0)[0] for member in family]
    gaps = [norm(subtract(a, b)) for a, b in pairwise(ends)]
    assert 60_000.0 < max(gaps) < 90_000.0
    assert len(make_family(orbit(), 20_000.0, 70_000.0)) > 7 * len(family)
    few = make_family(orbit(), 100.0, 7_000.0)
    assert len(few) == 15  # half a sigma at the least
    assert middle.rate == pytest.approx(9.1258e-4, rel=1e-4)
    assert middle.latitude == pytest.approx(0.0, abs=1e-3)


def members(*beliefs: float) -> list[Member]:
    count = len(beliefs)
    return [
        Member(2.0 * i / max(1, count - 1) - 1.0, None, belief, 0.0, 0.0)  # type: ignore[arg-type]
        for i, belief in enumerate(beliefs)
    ]


def test_belief_is_inherited_and_comes_back_slowly() -> None:
    finer = members(1.0, 1.0, 1.0, 1.0, 1.0)
    _inherit(finer, [(-1.0, 0.1), (0.0, 0.5), (1.0, 0.9)])
    assert [m.belief for m in finer] == [0.1, 0.1, 0.5, 0.9, 0.9]
    _inherit(finer, [])
    assert finer[0].belief == 0.1
    found = members(0.0, 0.0, 0.0)
    _forget_a_little(found)
    assert [m.belief for m in found] == pytest.approx(
        [0.05 * math.exp(-0.5), 0.05, 0.05 * math.exp(-0.5)]
    )


def swept(
    monkeypatch: pytest.MonkeyPatch, in_view: list[tuple[Member, Vector]],
    family: list[Member] | None = None, seen: Any = None, confirmed: Any = None, part: float = 1.0,
) -> tuple[Any, list[Any], float, Any]:  # fmt: skip
    calls = quick(monkeypatch, search, look=seen or [], confirm=confirmed)
    monkeypatch.setattr(search, "_in_view", lambda *given: in_view)
    monkeypatch.setattr(search, "_part_of_cell", lambda *given: (part, 0.0))
    monkeypatch.setattr(search, "_track", lambda node, member, epoch, beside: member)
    ship = ready()

    async def story() -> tuple[Any, float]:
        found = await search._sweep(ship, family or [m for m, _ in in_view], 0.0)
        return found, now()

    found, ended = do(story())
    return ship, calls, ended, found


def direction(degrees: float) -> Vector:
    return (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), 0.0)


def test_where_it_is_believed_most_is_looked_at_first_and_believed_less_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a, b, c = members(0.4, 0.5, 0.3)
    view = [(a, direction(0.0)), (b, direction(1.8)), (c, direction(10.0))]
    _, calls, ended, found = swept(monkeypatch, view)
    looked = [call[2] for call in calls]
    # b with a beside it in the image (1.9 degrees), then c, and so on while it is worth it.
    assert looked[:3] == [b, c, b] and len(looked) == 7 and found is None and ended == 900.0
    many = members(*[0.1] * 10)
    view = [(member, direction(10.0 * index)) for index, member in enumerate(many)]
    _, calls, ended, found = swept(monkeypatch, view)
    # Eight images, then the places in view are looked up anew at once.
    assert [call[2] for call in calls] == many[:8] and found is None and ended == 0.0
    assert [m.belief for m in many] == pytest.approx([0.025] * 8 + [0.1] * 2)


def test_an_image_of_a_part_of_a_place_takes_a_part_of_the_belief(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a, b = members(0.4, 0.0)
    swept(monkeypatch, [(a, direction(0.0))], [a, b], part=0.2)
    # Eight images of a fifth, each of which misses what is in it one time in four.
    assert a.belief == pytest.approx(0.4 * 0.85**8)


def test_where_no_image_was_taken_it_is_believed_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = members(0.4, 0.6)
    view = [(a, direction(0.0)), (b, direction(10.0))]
    _, calls, ended, found = swept(monkeypatch, view, seen=lambda node, track: None)
    # What is in view then is looked up anew: to wait for an image takes long.
    assert len(calls) == 1 and found is None and ended == 0.0
    assert (a.belief, b.belief) == (0.4, 0.6)


def test_what_is_not_worth_an_image_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = members(0.0039, 1.0 - 0.0039)
    _, calls, ended, _ = swept(monkeypatch, [(a, direction(0.0))], [a, b])
    assert not calls and ended == 900.0
    a, b = members(0.0041, 1.0 - 0.0041)
    _, calls, ended, _ = swept(monkeypatch, [(a, direction(0.0))], [a, b])
    assert len(calls) == 1 and ended == 900.0
    assert b.belief != pytest.approx(0.9959)  # belief comes back a little
    _, calls, ended, _ = swept(monkeypatch, [], [b])
    assert not calls and ended == 900.0


def test_a_sighting_that_is_confirmed_ends_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    [a] = members(1.0)
    _, calls, _, found = swept(
        monkeypatch, [(a, direction(0.0))], seen=["artefact", "it"],
        confirmed=lambda node, sighting, track: ["yes"] if sighting == "it" else None,
    )  # fmt: skip
    assert found == ["yes"] and [call[0] for call in calls] == ["look", "confirm", "confirm"]
    assert a.belief == 1.0


def confirm(
    monkeypatch: pytest.MonkeyPatch, answers: Sequence[bool | None]
) -> tuple[Any, list[float]]:
    """Whether the spot is in each further image; None: there is none."""
    left = list(answers)
    at: list[float] = []

    async def look(node: Any, predict: Any) -> list[Any] | None:
        at.append(now())
        here = left.pop(0)
        if here is None:
            return None
        wrong = unit((1.0, math.tan(math.radians(0.7)), 0.0))
        right = unit((1.0, math.tan(math.radians(0.5)), 0.0))
        return [(now(), right if here else wrong, 5.0)]

    monkeypatch.setattr(confirming, "look", look)
    first = (0.0, (1.0, 0.0, 0.0), 5.0)
    found = do(confirming.confirm(ready(), first, lambda time: (1.0, 0.0, 0.0)))
    return found, at


def test_three_more_images_that_agree_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    found, at = confirm(monkeypatch, [True] * 8)
    assert found is not None and len(found) == 4 and at == [30.0, 60.0, 90.0]


def test_an_artefact_does_not_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found, at = confirm(monkeypatch, [False] + [True] * 8)
    assert found is None and at == [30.0]


def test_an_image_that_is_missing_is_none_in_which_it_was_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, _ = confirm(monkeypatch, [None, None, True, None, True, True])
    assert found is not None and len(found) == 4
    found, at = confirm(monkeypatch, [None] * 20)
    assert found is None and at[-1] == 8 * 30.0, "it is not asked for ever"


def test_once_seen_again_it_may_be_missed_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [True, False, False, True, True, True, True, True]
    found, at = confirm(monkeypatch, left)
    # 0.5 degrees beside the first; what is 0.7 beside the track is 0.2 beside the offset.
    assert found is not None and len(found) == 4 and len(at) <= 5
