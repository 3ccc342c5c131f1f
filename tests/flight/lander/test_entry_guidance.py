"""Guidance of the entry by hand: the course, the phases, the side that the lift points to."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.quaternions import Quaternion, quaternion_of_axes
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import Vector, cross, dot, scale, unit
from flight.lander import entry_phases
from flight.lander.descent_navigation import DescentNavigation
from flight.lander.entry_guidance import (
    BankOrder,
    EntryGuidance,
    GuidanceSettings,
    _arrival_heading,
    _planar,
    _range,
    _surroundings,
)
from flight.lander.entry_phases import EntryFlight, bank_of, make_guidance, speed_of
from flight.lander.entry_reference import EntryReference, ReferencePoint
from tests.flight.lander.descent_bench import FRAME, GROUND, MUTE, NO_STARS, Bench, navigation

SETTINGS = GuidanceSettings(
    start_drag=0.2, heading_speed=1_100.0, prebank=math.radians(60.0),
    greatest_bank=math.radians(105.0), least_bank=math.radians(15.0),
    heading_bank=math.radians(30.0), corridor=2_500.0, corridor_slope=4.0e-4, final_speed=405.0,
)  # fmt: skip
POINT = ReferencePoint(
    speed=3_000.0, range_to_go=100_000.0, height=20_000.0, path_angle=-0.1, drag=50.0,
    scale_height=10_000.0, by_path_angle=500_000.0, by_height=8.0, by_lift=100_000.0,
)  # fmt: skip
AWAY = ReferencePoint(
    speed=100.0, range_to_go=0.0, height=0.0, path_angle=-0.1, drag=50.0, scale_height=10_000.0,
    by_path_angle=500_000.0, by_height=8.0, by_lift=100_000.0,
)  # fmt: skip
FELT = math.hypot(1.0, 0.24) * 50.0
"""What is felt when the drag is that of the reference."""


def guidance(target: Vector = (0.0, 0.0, GROUND), lift: float = 0.6) -> EntryGuidance:
    reference = EntryReference([POINT, AWAY], lift)
    return EntryGuidance(SETTINGS, reference, 0.24, target, FRAME)


def coming(
    east: float = -100_000.0, north: float = 0.0, *, speed: float = 3_000.0, felt: float = FELT,
    climb: float = -0.1, time: float = 100.0,
) -> DescentNavigation:  # fmt: skip
    """One that flies to the east towards the origin."""
    place = (east, north, GROUND + 20_000.0)
    velocity = (speed * math.cos(climb), 0.0, speed * math.sin(climb))
    n = navigation(place, velocity, time)
    n.felt = (0.0, 0.0, felt)
    return n


# ------------------------------------------------------------------- the course


def test_range_and_crossrange_of_a_target_ahead() -> None:
    course = guidance((0.0, -3_000.0, GROUND)).course(coming())
    assert course.range_to_go == pytest.approx(math.hypot(100_000.0, 3_000.0), rel=2e-3)
    # To the south it is on the right of who flies to the east; the parallel bends to the north.
    left = guidance((0.0, 3_000.0, GROUND)).course(coming())
    middle = guidance((0.0, 0.0, GROUND)).course(coming())
    assert course.crossrange - middle.crossrange == pytest.approx(3_000.0, rel=1e-2)
    assert left.crossrange - middle.crossrange == pytest.approx(-3_000.0, rel=1e-2)
    assert course.crossrange > 0.0 > left.crossrange
    assert course.heading_error - middle.heading_error == pytest.approx(0.03, rel=1e-2)


def test_what_is_behind_has_a_negative_range() -> None:
    course = guidance().course(coming(east=5_000.0))
    assert course.range_to_go == pytest.approx(-5_000.0, rel=1e-2)
    assert abs(course.heading_error) > 3.0


# ------------------------------------------------------------------- the phases


@pytest.mark.parametrize(("felt", "waits"), [(1.96, True), (1.9614, False)])
def test_guidance_begins_at_its_drag_and_holds_a_bank_till_then(felt: float, waits: bool) -> None:
    g = guidance()
    order = g.order(coming(felt=felt))
    assert (order.phase == "waiting") is waits and g.active is not waits
    if waits:
        assert abs(order.bank) == pytest.approx(math.radians(60.0)) and not order.reversed


@pytest.mark.parametrize(("north", "side"), [(5_000.0, -1.0), (-5_000.0, 1.0)])
def test_the_first_side_is_that_of_the_target(north: float, side: float) -> None:
    g = guidance((0.0, north, GROUND))
    assert g.order(coming(felt=0.0)).bank == pytest.approx(side * math.radians(60.0))
    # It stays though the target is on the other side later on.
    g.target = (0.0, -north, GROUND)
    assert g.order(coming(felt=0.0)).bank == pytest.approx(side * math.radians(60.0))


@pytest.mark.parametrize(("speed", "phase"), [(1_099.0, "heading"), (1_101.0, "range")])
def test_below_its_speed_the_heading_is_aligned(speed: float, phase: str) -> None:
    g = guidance((0.0, -500.0, GROUND))
    assert g.order(coming(speed=speed)).phase == phase == g.phase


@pytest.mark.parametrize(
    ("north", "degrees"), [(-900.0, None), (-12_000.0, 30.0), (12_000.0, -30.0)]
)
def test_six_times_the_heading_error_within_its_limit(north: float, degrees: float | None) -> None:
    g = guidance((0.0, north, GROUND))
    n = coming(speed=1_000.0)
    order = g.order(n)
    if degrees is None:
        assert order.bank == pytest.approx(6.0 * g.course(n).heading_error)
        assert 0.0 < order.bank < math.radians(30.0)
    else:
        assert order.bank == pytest.approx(math.radians(degrees))


# ------------------------------------------------------------- the part upwards


def lift(n: DescentNavigation, miss: float = 0.0, reference: float = 0.6) -> float:
    """The part of the lift that points up when the target is so much farther than predicted."""
    g = guidance(lift=reference)
    course: Any = SimpleNamespace(range_to_go=100_000.0 + miss, crossrange=1.0, heading_error=0.0)
    speed = speed_of(n)
    drag = math.hypot(*n.felt)
    return g._vertical_lift(n, speed, n.local_velocity()[2], drag, course)


def test_on_the_reference_the_lift_is_that_of_the_reference() -> None:
    assert lift(coming()) == pytest.approx(0.6, abs=1e-9)


@pytest.mark.parametrize(("miss", "expected"), [(5_000.0, 0.8), (-5_000.0, 0.4)])
def test_a_range_error_is_answered_four_times(miss: float, expected: float) -> None:
    assert lift(coming(), miss) == pytest.approx(expected, abs=1e-9)


def test_path_angle_and_drag_are_part_of_what_is_predicted() -> None:
    # 0.002 rad shallower: 1000 m farther. A tenth more drag: 1000 m lower, 8000 m nearer.
    assert lift(coming(climb=-0.098)) == pytest.approx(0.6 - 4.0 * 1_000.0 / 1e5, abs=1e-6)
    assert lift(coming(felt=1.1 * FELT)) == pytest.approx(0.6 + 4.0 * 8_000.0 / 1e5, abs=1e-6)
    # What the drag tells of the height is believed to 20 km.
    assert lift(coming(felt=4.0 * FELT), -165_000.0) == pytest.approx(
        0.6 - 4.0 * 5_000.0 / 1e5, abs=1e-6
    )
    assert lift(coming(felt=0.0), 80_000.0) == pytest.approx(0.6, abs=1e-6)


@pytest.mark.parametrize(("miss", "degrees"), [(90_000.0, 15.0), (-90_000.0, 105.0)])
def test_some_of_the_lift_is_kept_to_steer_with(miss: float, degrees: float) -> None:
    assert lift(coming(), miss) == pytest.approx(math.cos(math.radians(degrees)))


def test_where_lift_moves_little_it_is_not_asked_for_more() -> None:
    weak = ReferencePoint(**{**{f: getattr(POINT, f) for f in POINT.__dataclass_fields__},
                             "by_lift": 10.0})  # fmt: skip
    g = guidance()
    g.reference = EntryReference([weak, AWAY], 0.6)
    course: Any = SimpleNamespace(range_to_go=100_050.0)
    assert g._vertical_lift(coming(), 3_000.0, -299.5, FELT, course) == pytest.approx(
        0.6 + 4.0 * 50.0 / 1_000.0, abs=1e-3
    )
    assert g.predicted_miss == pytest.approx(50.0, abs=1.0)


# -------------------------------------------------------------------- reversals


def turned(g: EntryGuidance, crossrange: float, time: float, speed: float = 1_000.0) -> bool:
    course: Any = SimpleNamespace(crossrange=crossrange)
    return g._choose_side(course, speed, time)


def test_the_side_changes_when_the_target_leaves_the_corridor_on_the_other_side() -> None:
    g = guidance()
    g.side = 1.0
    # 2500 m and 4e-4 of the square of the speed: 2900 m.
    assert not turned(g, -2_899.0, 0.0)
    assert not turned(g, 9_000.0, 0.0)
    assert turned(g, -2_901.0, 0.0) and g.side == -1.0 and g.reversals == 1
    assert not turned(g, 3_000.0, 8.0)  # not within eight seconds
    assert turned(g, 3_000.0, 8.1) and g.side == 1.0 and g.reversals == 2
    assert not turned(g, -12_000.0, 30.0, 5_000.0)
    assert turned(g, -12_600.0, 30.0, 5_000.0)


def test_an_order_of_the_range_phase_points_to_its_side() -> None:
    g = guidance((0.0, 30_000.0, GROUND))
    order = g.order(coming())
    assert order.phase == "range" and g.side == -1.0 and -math.pi < order.bank < 0.0
    g.target = (0.0, -30_000.0, GROUND)
    order = g.order(coming())
    assert order.reversed and order.bank > 0.0
    assert not g.order(coming()).reversed


# --------------------------------------------------------------------- the plan


def test_the_way_to_the_aim() -> None:
    n = coming()
    assert _range(n, (0.0, 0.0, GROUND)) == pytest.approx(100_000.0, rel=2e-3)
    assert math.degrees(_arrival_heading(n, (0.0, 0.0, GROUND))) == pytest.approx(90.0, abs=0.5)
    assert math.degrees(_arrival_heading(n, (-100_000.0, 50_000.0, 0.0))) == pytest.approx(
        0.0, abs=0.01
    )
    around = _surroundings(n)
    latitude = math.radians(18.45263)
    assert around.gravitational_parameter == pytest.approx(4.282837e13, rel=1e-6)
    assert around.radius == FRAME.radius
    assert around.coriolis == pytest.approx(2.0 * 7.088218e-5 * math.cos(latitude), rel=1e-4)
    west = navigation((0.0, 0.0, 0.0), (-800.0, 600.0, 0.0))
    assert _surroundings(west).coriolis == pytest.approx(-0.8 * around.coriolis, rel=1e-3)
    planar = _planar(n, around)
    assert (planar.range, planar.speed) == (0.0, pytest.approx(3_000.0))
    assert planar.path_angle == pytest.approx(-0.1)
    assert planar.height == pytest.approx(GROUND + 20_000.0)


def test_the_plan_of_a_whole_entry() -> None:
    place = (-600_000.0, 0.0, 125_000.0)
    velocity = (5_620.0 * math.cos(0.28), 0.0, -5_620.0 * math.sin(0.28))
    g = make_guidance(Bench(navigation(place, velocity)).descent)
    assert g.settings == SETTINGS
    assert g.lift_to_drag == 0.243
    assert g.reference.vertical_lift == pytest.approx(0.54581298828125, rel=1e-9)
    assert g.target == pytest.approx((-7_731.1258, -249.9514, GROUND), abs=1e-3)
    assert g.reference.points[0].speed == pytest.approx(404.4, abs=1.0)


# ------------------------------------------------------------------- the flight


def banked(angle: float) -> Quaternion:
    """An attitude that lifts to the right of one that flies to the east, by an angle."""
    n = coming()
    east, _, up = local_axes(n.position)
    forward = unit(
        tuple(v - g for v, g in zip(n.velocity, FRAME.ground_velocity(n.position), strict=True))  # type: ignore[arg-type]
    )
    right = unit(cross(forward, up))
    top = cross(right, forward)
    x = unit(tuple(math.sin(angle) * r + math.cos(angle) * t
                   for r, t in zip(right, top, strict=True)))  # type: ignore[arg-type]  # fmt: skip
    assert dot(east, forward) > 0.9
    return quaternion_of_axes(x, cross(scale(-1.0, forward), x), scale(-1.0, forward))


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0, 3.0])
def test_the_bank_angle_by_attitude_and_velocity(angle: float) -> None:
    n = coming()
    n.attitude = banked(angle)
    assert bank_of(n) == pytest.approx(angle, abs=1e-9)


class Orders:
    """Guidance that orders what it is told."""

    def __init__(self, *orders: BankOrder) -> None:
        self.orders = list(orders)
        self.asked = 0
        self.reversals = 3
        self.predicted_miss = -412.4

    def order(self, n: DescentNavigation) -> BankOrder:
        self.asked += 1
        return self.orders.pop(0) if len(self.orders) > 1 else self.orders[0]


def entering(*orders: BankOrder, speed: float = 3_000.0) -> tuple[Bench, EntryFlight, Orders]:
    bench = Bench(coming(speed=speed))
    bench.where.attitude = banked(0.4)
    found: Any = Orders(*orders)
    return bench, EntryFlight(bench.descent, found), found


def test_guidance_comes_every_fifth_beat_and_turns_by_what_is_missing() -> None:
    bench, flight, orders = entering(BankOrder(1.0))
    for _ in range(14):
        bench.do(flight.beat())
    assert orders.asked == 2 and len(bench.thrusters.asked) == 2
    assert bench.thrusters.of("turn")[0][0] == pytest.approx(0.6)
    assert bench.descent.banks == (1.0, pytest.approx(0.4))


@pytest.mark.parametrize(
    ("bank", "turn"),
    [
        (0.4 + math.radians(0.49), None),
        (0.4 + math.radians(0.51), math.radians(0.51)),
        (0.4 - math.radians(0.51), -math.radians(0.51)),
        (-1.4, -1.8),
        (7.0, 6.2),
        (-7.0, -6.2),
    ],
)
def test_it_turns_through_lift_up_and_not_for_less_than_half_a_degree(
    bank: float, turn: float | None
) -> None:
    bench, flight, _ = entering(BankOrder(bank))
    for _ in range(5):
        bench.do(flight.beat())
    asked = [change for (change,) in bench.thrusters.of("turn")]
    assert asked == ([] if turn is None else [pytest.approx(turn)])


def test_what_guidance_does_is_told() -> None:
    bench, flight, _ = entering(
        BankOrder(0.4, phase="waiting"), BankOrder(0.4), BankOrder(0.4, reversed=True),
        BankOrder(0.4, phase="heading"), BankOrder(0.4, phase="heading"),
    )  # fmt: skip
    for _ in range(25):
        bench.do(flight.beat())
    assert [(name, data) for _, name, data in bench.host.events] == [
        ("guidance_started", {"speed": 3_000}),
        ("bank_reversed", {"number": 3, "speed": 3_000}),
        ("heading_alignment", {"speed": 3_000, "miss": -412}),
    ]


def test_a_silent_thruster_is_told_and_asked_again() -> None:
    bench, flight, _ = entering(BankOrder(1.0))
    bench.thrusters.answers["turn"] = [MUTE]
    for _ in range(10):
        bench.do(flight.beat())
    assert len(bench.thrusters.asked) == 2
    assert bench.told("device_trouble")[0]["device"] == "attitude_thrusters"


@pytest.mark.parametrize(("speed", "straight"), [(471.0, False), (469.0, True)])
def test_slow_it_flies_straight_and_drops_its_balance_masses_once(
    speed: float, straight: bool
) -> None:
    bench, flight, orders = entering(BankOrder(1.0), speed=speed)
    for _ in range(10):
        bench.do(flight.beat())
    assert bench.pyrotechnics.of("fire") == ([("entry_balance", "A")] if straight else [])
    assert bench.told("lift_given_up") == ([{"speed": 469}] if straight else [])
    if straight:
        assert orders.asked == 0
        assert [change for (change,) in bench.thrusters.of("turn")] == [pytest.approx(-0.4)]


@pytest.mark.parametrize(
    ("felt", "told"),
    [
        ([5.0, 60.0, 54.1], None),
        ([5.0, 60.0, 53.9], 6.12),
        ([5.0, 60.0, 55.0, 90.0, 80.0, 20.0, 100.0, 50.0], 9.18),
        ([9.8, 5.0], None),
        ([9.81, 8.7], 1.0),
    ],
)
def test_the_peak_is_told_when_a_tenth_of_it_is_gone(felt: list[float], told: float | None) -> None:
    bench, flight, _ = entering(BankOrder(1.0))
    for value in felt:
        flight._watch_deceleration(value)
    assert bench.told("peak_deceleration") == ([] if told is None else [{"felt": told}])


# ------------------------------------------------------------------ before the air


def coasting(
    height: float, sinking: float = 1_000.0, step: float = 1.0, east: float = 100.0
) -> Bench:
    bench = Bench(navigation((-600_000.0, 0.0, height), (east, 0.0, -sinking)))
    bench.inertial_unit.answers["increments"] = [bench.hovering(step)]
    return bench


def test_the_balance_masses_go_111_seconds_after_the_cruise_stage() -> None:
    bench = coasting(300_000.0)
    fired: list[float] = []

    async def fire(part: str) -> bool:
        fired.append(bench.where.time)
        assert part == "cruise_balance"
        return True

    bench.descent.fire = fire  # type: ignore[method-assign]
    bench.do(entry_phases.coast(bench.descent))
    assert fired == [pytest.approx(211.0)] and bench.memory.balanced
    [told] = bench.told("entry_interface")
    assert bench.where.local()[2] <= 125_000.0 < bench.where.local()[2] + 1_100.0
    assert told["speed"] == pytest.approx(926.8, abs=0.2)
    assert told["angle"] == pytest.approx(-82.37, abs=0.02)


def test_at_the_interface_they_go_at_once_and_after_a_reboot_not_again() -> None:
    bench = coasting(124_999.0)
    bench.do(entry_phases.coast(bench.descent))
    assert bench.where.time == 100.0
    assert bench.pyrotechnics.of("fire") == [("cruise_balance", "A")]
    bench = coasting(125_500.0)
    bench.memory.balanced = True
    bench.do(entry_phases.coast(bench.descent))
    assert not bench.pyrotechnics.asked and bench.where.time == pytest.approx(101.0)


def test_the_cruise_stage_goes_after_the_stars_were_seen() -> None:
    bench = coasting(300_000.0)
    seen = bench.inertial_unit.answers["alignment"][0]
    bench.inertial_unit.answers["alignment"] = [seen, NO_STARS]
    bench.do(entry_phases.separate_cruise_stage(bench.descent))
    assert bench.inertial_unit.asked == [("alignment",), ("alignment",)]
    assert bench.pyrotechnics.of("fire") == [("cruise_stage", "A")]
    assert bench.names() == ["cruise_stage_separated"]


def test_the_entry_ends_with_the_mortar(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = coasting(9_000.0 + GROUND, 100.0, 0.1, 2_000.0)
    made: Any = Orders(BankOrder(0.0))
    made.reference = SimpleNamespace(vertical_lift=0.5)
    made.course = lambda n: SimpleNamespace(range_to_go=12_345.0)
    monkeypatch.setattr(entry_phases, "make_guidance", lambda descent: made)
    due: list[float] = []

    class Trigger:
        speed, mach, pressure, reason = 401.4, 1.7349, 512.3, "range"

        def __init__(self, descent: Any) -> None:
            assert descent is bench.descent

        def due(self, guidance: Any) -> bool:
            due.append(asyncio.get_running_loop().time())
            return len(due) == 7

    monkeypatch.setattr(entry_phases, "ParachuteTrigger", Trigger)
    bench.descent.banks = (1.0, 2.0)
    bench.do(entry_phases.enter(bench.descent))
    assert due == pytest.approx([0.1 * beat for beat in range(1, 8)])
    assert bench.pyrotechnics.of("fire") == [("mortar", "A")] and bench.descent.banks is None
    assert bench.told("entry_planned") == [{"range": 12.3, "bank": 60.0}]
    [fired] = bench.told("parachute_fired")
    assert (fired["speed"], fired["mach"], fired["pressure"]) == (401, 1.73, 512)
    assert fired["reason"] == "range" and fired["height"] == pytest.approx(8_930, abs=30)
    assert bench.memory.mortar_time == bench.where.time == pytest.approx(100.7)
