"""The models of flight in figures: each term and each constant of what comes out of them today.

Other tests hold them against what was flown and published, as well as that is known. A figure that
moves here moves in each flight: the reason belongs in the CHANGELOG.
"""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.quaternions import quaternion_of_axes, rotate
from flight.astrodynamics.site_frame import SiteFrame
from flight.astrodynamics.vectors import Vector, cross, dot, norm
from sim_hw.dynamics import entry_aerodynamics, entry_capsule
from sim_hw.dynamics.aerodynamics import (
    SlenderBody,
    bridged_drag,
    drag_coefficient,
    free_molecular_part,
    knudsen_number,
)
from sim_hw.dynamics.engine_ring import EngineRing
from sim_hw.dynamics.entry_capsule import EARTH_ENTRY_SYSTEM, Capsule
from sim_hw.dynamics.entry_motion import (
    AeroshellMotion,
    RigidMotion,
    lift_direction,
    tilt_of,
    trimmed_axes,
)
from sim_hw.dynamics.entry_parameters import EngineParameters, LegParameters
from sim_hw.dynamics.hybrid_flight import Burn
from sim_hw.dynamics.landing_legs import Legs, Plane
from sim_hw.dynamics.planet import JEZERO
from sim_hw.dynamics.steering import held_in_local_axes, pitch_programme
from sim_hw.dynamics.thrusters import Thruster, thruster_loads
from sim_hw.dynamics.touchdown import TouchdownEllipse
from sim_hw.world.atmosphere import Atmosphere, nominal_air
from sim_hw.world.earth_atmosphere import standard_air


def near(*values: float) -> Any:
    return pytest.approx(values, rel=1e-9, abs=1e-12)


# ------------------------------------------------------------------------- in air


@pytest.mark.parametrize(
    ("mach", "slender", "stagnation", "base", "canopy"),
    [
        (0.03, 0.2, 1.0, -0.1343021734863803, 0.64),
        (0.5, 0.2, 1.0643457598558825, -0.20170289143967163, 0.64),
        (0.9, 0.36, 1.222417463380586, -0.2590652045914089, 0.54),
        (1.0, 0.4, 1.2806393485491039, -0.27340578287934325, 0.5),
        (1.3, 0.56999, 1.4610393917185722, -0.27118405962117054, 0.5766666666666668),
        (2.5, 0.39995, 1.7472769873488718, -0.13825160215740154, 0.46),
        (5.0, 0.3, 1.8409520449200534, -0.04582651145500829, 0.46),
    ],
)  # fmt: skip
def test_coefficients_over_mach_number(
    mach: float, slender: float, stagnation: float, base: float, canopy: float
) -> None:
    assert drag_coefficient(mach) == pytest.approx(slender, rel=1e-9)
    assert (
        entry_aerodynamics.stagnation_pressure_coefficient(mach),
        entry_aerodynamics.base_pressure_coefficient(mach),
        entry_aerodynamics.canopy_drag_coefficient(mach),
    ) == near(stagnation, base, canopy)


def test_a_blunt_cone_lifts_where_its_base_is_tilted() -> None:
    assert entry_aerodynamics.cone_coefficients(5.0, 0.2, 1.2) == near(
        1.5644273562883495, 0.26910222037600834
    )
    drag, lift = entry_aerodynamics.cone_coefficients(5.0, 0.0, 1.2)
    assert lift == 0.0 and drag > 1.5644


@pytest.mark.parametrize(
    ("knudsen", "part", "drag"),
    [(1e-3, 0.0, 0.3), (1e-2, 0.14644660940672624, 0.5050252531694167),
     (1.0, 0.8535533905932735, 1.494974746830583), (10.0, 1.0, 1.7), (99.0, 1.0, 1.7)],
)  # fmt: skip
def test_from_dense_air_to_single_molecules(knudsen: float, part: float, drag: float) -> None:
    assert free_molecular_part(knudsen) == pytest.approx(part, abs=1e-12)
    assert bridged_drag(5.0, knudsen) == pytest.approx(drag, rel=1e-9)


def test_forces_on_a_slender_body() -> None:
    assert knudsen_number(nominal_air(60_000.0), 0.5) == pytest.approx(0.006647527929378875)
    body = SlenderBody(0.5, 2.8, 0.7, base=0.1)
    assert (body.area, body.centre_of_pressure, body.planform) == near(
        0.0625 * math.pi, 2.9 - 0.466 * 0.7, 0.5 * (2.8 - 0.7 / 3.0)
    )
    loads = body.forces(nominal_air(5_000.0), (300.0, 20.0, -10.0), (0.0, 0.1, -0.2), 1.3)
    assert loads.force == near(-47.39563995674777, -14.08772483276476, 7.225627174794796)
    assert loads.moment == near(0.0, -7.458472092204204, -14.54169997510453)
    assert (loads.dynamic_pressure, loads.angle_of_attack) == near(425.03325, 0.0743980286408592)
    straight = body.forces(nominal_air(5_000.0), (300.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.3)
    assert straight.force == near(-47.17655273786207, 0.0, 0.0)
    back = body.forces(nominal_air(5_000.0), (-300.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.3)
    assert back.force[0] == -straight.force[0]


@pytest.mark.parametrize(
    ("mach", "knudsen", "drag"),
    [(0.5, 0.0, 0.8), (0.6, 0.0, 0.8), (1.3, 0.0, 1.1529614381192266),
     (2.0, 0.0, 1.5059228762384531), (9.0, 0.0, 1.399043709513838),
     (15.0, 0.0, 1.4297650882201907), (25.0, 0.0, 1.464178125), (25.0, 0.1, 1.7820890625)],
)  # fmt: skip
def test_drag_of_the_capsule(mach: float, knudsen: float, drag: float) -> None:
    assert EARTH_ENTRY_SYSTEM.drag_coefficient(mach, knudsen) == pytest.approx(drag, rel=1e-9)


def test_the_capsule_in_figures() -> None:
    capsule = EARTH_ENTRY_SYSTEM
    assert capsule.ballistic_coefficient == pytest.approx(47.32167834862379, rel=1e-9)
    assert capsule.drag(standard_air(40_000.0), 5_000.0) == pytest.approx(87_957.4386828382)
    thin = entry_capsule.knudsen_number(standard_air(95_000.0), 1.25)
    assert thin == pytest.approx(0.03546390980052635, rel=1e-9)
    assert entry_capsule.convective_heating(1e-4, 11_000.0, 0.3) == pytest.approx(4231953.69304858)


@pytest.mark.parametrize(
    ("density", "speed", "nose", "flux"),
    [(1e-4, 11_100.0, 0.3, 554_847.3598098635), (1e-4, 8_999.0, 0.3, 0.0),
     (1e-3, 12_000.0, 1.5, 40_616_910.69433237), (1e-3, 12_000.0, 2.5, 45_376_828.21950282),
     (1e-3, 9_000.0, 0.9, 149_435.80012646204)],
)  # fmt: skip
def test_heat_by_radiation(density: float, speed: float, nose: float, flux: float) -> None:
    found = entry_capsule.radiative_heating(density, speed, nose)
    assert found == pytest.approx(flux, rel=1e-9)


@pytest.mark.parametrize(
    "given",
    [(0.0, 1.0, 0.1), (1.0, 0.0, 0.1), (1.0, 1.0, 0.0), (1.0, 1.0, 1.01, 60.0),
     (1.0, 1.0, 0.1, 29.9), (1.0, 1.0, 0.1, 75.1), (1.0, 1.0, 0.1, 60.0, 0.0)],
)  # fmt: skip
def test_what_is_no_capsule_is_refused(given: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"capsule|allowed"):
        Capsule(*given)
    for edge in (30.0, 75.0):
        assert Capsule(1.0, 1.0, 0.1, edge).area > 0.0
    assert Capsule(1.0, 1.0, 0.5 / math.cos(math.radians(60.0))).nose_radius == pytest.approx(1.0)


# ------------------------------------------------------------------- thrust and legs

ENGINES = EngineParameters(
    count=4, least_thrust=100.0, greatest_thrust=3_000.0, specific_impulse=200.0, lag=0.1,
    ring_radius=2.0, below_centre=0.5, cant=10.0, propellant=100.0,
)  # fmt: skip


def test_engines_on_a_ring_push_up_and_turn_by_pairs() -> None:
    ring = EngineRing(ENGINES)
    up, aside = math.cos(math.radians(10.0)), math.sin(math.radians(10.0))
    all_on = ring.wrench([100.0] * 4)
    assert all_on.force == near(0.0, 0.0, 400.0 * up) and all_on.moment == near(0.0, 0.0, 0.0)
    assert all_on.flow == pytest.approx(400.0 / (200.0 * 9.80665))
    pair = ring.wrench([100.0, 0.0, 100.0, 0.0])
    assert pair.moment == near(0.0, 0.0, 200.0 * 2.0 * aside)
    assert ring.wrench([0.0, 100.0, 0.0, 100.0]).moment == near(0.0, 0.0, -200.0 * 2.0 * aside)
    one = ring.wrench([100.0, 0.0, 0.0, 0.0])
    x = y = math.sqrt(2.0)
    force = (-100.0 * aside / math.sqrt(2.0), 100.0 * aside / math.sqrt(2.0), 100.0 * up)
    assert one.force == near(*force)
    assert one.moment == near(*cross((x, y, -0.5), force))


def test_thrusters_push_and_turn_about_the_centre_of_mass() -> None:
    jets = [Thruster((2.0, 0.5, 0.0), (0.0, 0.0, 1.0), 20.0),
            Thruster((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 5.0)]  # fmt: skip
    force, moment = thruster_loads(jets, [0.5, 2.0], 1.5)
    assert force == (5.0, 0.0, 10.0) and moment == pytest.approx((5.0, -5.0, 0.0))
    assert thruster_loads(jets, [-1.0, 0.0], 1.5)[0] == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="1 openings for 2"):
        thruster_loads(jets, [1.0], 1.5)
    for wrong in ((0.0, 0.0, 1.1), (0.0, 0.0, 0.0)):
        with pytest.raises(ValueError, match="length 1"):
            Thruster((0.0, 0.0, 0.0), wrong, 1.0)
    with pytest.raises(ValueError, match="thrust of 0"):
        Thruster((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.0)


FRAME = SiteFrame(0.0, 0.0, 0.0)
LEGS = LegParameters(
    radius=2.0, centre_height=1.5, stiffness=1e5, damping=1e4, friction=0.5, stroke=0.3,
    clearance=0.4,
)  # fmt: skip


def standing(deep: float, sinking: float = 0.0, sliding: float = 0.0) -> tuple[Legs, Any, Plane]:
    """Upright, its pads so deep in level ground."""
    place = FRAME.inertial(0.0, 0.0, 0.0, 1.5 - deep)
    ground = FRAME.ground_velocity(place)
    up = tuple(each / norm(place) for each in place)
    east = (-up[1], up[0], 0.0)
    speed = tuple(g - sinking * u + sliding * e for g, u, e in zip(ground, up, east, strict=True))
    legs = Legs(LEGS, FRAME)
    attitude = quaternion_of_axes(east, cross(up, east), up)  # type: ignore[arg-type]
    return legs, (*place, *speed, 0.0, 0.0, 0.0, 0.0, *attitude, 0.0, 0.0, 0.0), Plane(0, 0, 0.0)


def test_pads_in_the_ground_push_up_and_are_held_by_friction() -> None:
    legs, y, ground = standing(0.01, sinking=0.2)
    assert legs.lowest_clearance(0.0, y, ground) == pytest.approx(-0.01, abs=1e-5)
    force, moment = legs.force_and_moment(0.0, y, ground)
    assert norm(force) == pytest.approx(4.0 * (1_000.0 + 2_000.0), rel=2e-3)
    assert norm(moment) < 60.0
    legs.note(0.0, y, ground)
    assert legs.loads == pytest.approx([3_000.0] * 4, rel=2e-3)
    assert legs.deepest == pytest.approx(0.01, rel=1e-3)
    legs, y, ground = standing(0.01, sliding=1.0)
    fast = legs.force_and_moment(0.0, y, ground)[0]
    legs, y, ground = standing(0.01, sliding=0.05)
    slow = legs.force_and_moment(0.0, y, ground)[0]
    aside = (0.0, 1.0, 0.0)  # east, at the prime meridian
    assert dot(fast, aside) == pytest.approx(-0.5 * 4_000.0, rel=2e-2)
    assert dot(slow, aside) == pytest.approx(-0.25 * 4_000.0, rel=2e-2), "like a viscous force"


def test_pads_over_the_ground_or_on_their_way_out_of_it_do_not_pull() -> None:
    legs, y, ground = standing(-0.01)
    assert legs.force_and_moment(0.0, y, ground) == ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    legs, y, ground = standing(0.01, sinking=-0.2)
    legs.note(0.0, y, ground)
    assert norm(legs.force_and_moment(0.0, y, ground)[0]) == 0.0 and legs.loads == [0.0] * 4
    tilted = Plane(1.0, 2.0, 3.0, 0.1, -0.2)
    assert tilted.at(2.0, 4.0) == pytest.approx(3.0 + 0.1 - 0.4)


# --------------------------------------------------------------------- equations

UP: Vector = (3.39e6, 0.0, 0.0)
FORWARD: Vector = (0.0, 0.0, 5_000.0)


def shell(**more: Any) -> AeroshellMotion:
    values: dict[str, Any] = {
        "planet": JEZERO, "atmosphere": Atmosphere(),
        "coefficients": lambda mach, attack: (1.5, 0.3), "area": 10.0,
        "dry_mass": 2_000.0, "bank_target": 0.0, "bank_rate": 0.3,
        "bank_acceleration": 0.1, "attack_target": 0.2, "trim_time": 4.0,
    }  # fmt: skip
    return AeroshellMotion(**(values | more))


@pytest.mark.parametrize(
    ("target", "bank", "rate", "found"),
    [
        (1.0, 0.0, 0.3, 0.0), (1.0, 0.0, 0.29, 0.04), (1.0, 0.0, 0.0, 0.1), (0.0, 1.0, 0.0, -0.1),
        (0.02, 0.0, 0.0, 0.1), (0.005, 0.0, 0.0, 0.04), (0.01, 0.0, 0.02, 0.0),
        (0.2, 0.0, math.sqrt(2.0 * 0.8 * 0.1 * 0.2), 0.0),
    ],
)  # fmt: skip
def test_the_bank_angle_is_turned_as_fast_as_it_can_be_stopped(
    target: float, bank: float, rate: float, found: float
) -> None:
    turned = shell(bank_target=target)._bank_acceleration(bank, rate)
    assert turned == pytest.approx(found, abs=1e-9)


def test_lift_points_up_at_bank_zero_and_to_the_right_at_ninety() -> None:
    assert lift_direction(UP, FORWARD, 0.0) == pytest.approx((1.0, 0.0, 0.0))
    right = lift_direction(UP, FORWARD, 0.5 * math.pi)
    assert right == pytest.approx(cross((0.0, 0.0, 1.0), (1.0, 0.0, 0.0)))
    x, y, z = trimmed_axes(UP, FORWARD, 0.0, 0.2)
    assert z == pytest.approx((math.sin(0.2), 0.0, -math.cos(0.2)))
    assert x == pytest.approx((math.cos(0.2), 0.0, math.sin(0.2))) and y == pytest.approx(
        cross(z, x)
    )
    attitude = quaternion_of_axes(x, y, z)
    assert rotate(attitude, (1.0, 0.0, 0.0)) == pytest.approx(x)
    assert rotate(attitude, (0.0, 0.0, 1.0)) == pytest.approx(z)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_half_turns_have_an_attitude_too(axis: tuple[int, int, int]) -> None:
    rows = [[(2.0 * axis[i] if i == j else 0.0) - (i == j) for j in range(3)] for i in range(3)]
    q = quaternion_of_axes(*map(tuple, rows))  # type: ignore[arg-type]
    assert abs(q[0]) < 1e-12 and q[1 + axis.index(1)] == pytest.approx(1.0)


def test_what_the_air_does_to_the_aeroshell() -> None:
    place: Vector = (JEZERO.surface_radius(UP) + 40_000.0, 0.0, 0.0)
    state = (*place, *FORWARD, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05, 0.1)
    motion = shell()
    felt = motion.felt(place, FORWARD, 0.0, 0.0, 0.1)
    air = nominal_air(40_000.0)
    moving = (0.0, -JEZERO.ground_velocity(place)[1] - air.wind_east, 5_000.0 - air.wind_north)
    push = 0.5 * air.density * norm(moving) ** 2 * 10.0 / 2_000.0
    assert felt[2] == pytest.approx(-1.5 * push * moving[2] / norm(moving), rel=1e-6)
    assert felt[0] == pytest.approx(0.3 * push, rel=1e-6)
    change = motion.derivative(0.0, state)
    gravity = JEZERO.gravity(place)
    assert change[3:6] == pytest.approx(tuple(g + f for g, f in zip(gravity, felt, strict=True)))
    assert change[7:10] == pytest.approx(felt) and change[10] == 0.05
    assert change[12] == pytest.approx((0.2 - 0.1) / 4.0)
    heavier = motion.felt(place, FORWARD, 2_000.0, 0.0, 0.1)
    assert heavier == pytest.approx(tuple(0.5 * each for each in felt))
    high: Vector = (UP[0] + 300_000.0, 0.0, 0.0)
    assert motion.felt(high, FORWARD, 0.0, 0.0, 0.1) == (0.0, 0.0, 0.0)


def test_a_spinning_body_turns_by_its_gyroscopic_moments() -> None:
    def loads(*given: Any) -> Any:
        return (10.0, 0.0, 0.0), (3.0, 4.0, 5.0), 2.0

    motion = RigidMotion(JEZERO, Atmosphere(), loads, 90.0, 20.0, 10.0)
    y = (*UP, *FORWARD, 10.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3)
    change = motion.derivative(0.0, y)
    assert change[6] == -2.0 and change[7:10] == pytest.approx((0.1, 0.0, 0.0))
    assert change[10:14] == pytest.approx((0.0, 0.05, 0.1, 0.15))
    assert change[14:] == pytest.approx(
        ((3.0 + 10.0 * 0.2 * 0.3) / 20.0, (4.0 - 10.0 * 0.3 * 0.1) / 20.0, 0.5)
    )
    empty = motion.derivative(0.0, (*y[:6], 0.0, *y[7:]))
    assert empty[6] == 0.0
    turned = motion.derivative(0.0, (*y[:10], 0.5, 0.5, 0.5, 0.5, 0.1, 0.2, 0.3))
    assert turned[10:14] == pytest.approx((-0.15, 0.05, 0.0, 0.1))
    assert tilt_of((1.0, 0.0, 0.0), UP) == 0.0 and tilt_of((0.0, 1.0, 0.0), UP) == pytest.approx(
        0.5 * math.pi
    )


# ------------------------------------------------------------------- burns and steering

MOTOR: Any = SimpleNamespace(design=SimpleNamespace(rise_time=2.0, fall_time=4.0))


@pytest.mark.parametrize(
    ("time", "opening", "seconds"),
    [
        (10.0, 0.0, 5.0), (11.0, 0.5, 5.25), (12.0, 1.0, 6.0), (20.0, 1.0, 14.0),
        (22.0, 0.5, 15.5), (24.0, 0.0, 16.0), (99.0, 0.0, 16.0),
    ],
)  # fmt: skip
def test_a_burn_rises_and_falls_evenly(time: float, opening: float, seconds: float) -> None:
    burn = Burn(10.0, 5.0, 20.0)
    assert burn.opening(time, MOTOR) == opening
    assert burn.seconds(time, MOTOR) == pytest.approx(seconds)
    if time < 20.0:
        assert Burn(10.0, 5.0).seconds(time, MOTOR) == pytest.approx(seconds)


def test_pitch_follows_its_programme() -> None:
    steer = pitch_programme([(10.0, 1.5), (20.0, 0.5)], 0.0)
    for time, pitch in ((0.0, 1.5), (10.0, 1.5), (12.5, 1.25), (20.0, 0.5), (99.0, 0.5)):
        found = steer(time, UP, FORWARD)
        assert found == pytest.approx((math.sin(pitch), 0.0, math.cos(pitch)))
    east = held_in_local_axes(0.2, 0.5 * math.pi)(0.0, UP, FORWARD)
    assert east == pytest.approx((math.sin(0.2), math.cos(0.2), 0.0))
    for wrong in ([], [(2.0, 1.0), (1.0, 1.0)], [(1.0, 1.0), (1.0, 2.0)]):
        with pytest.raises(ValueError, match="order of time"):
            pitch_programme(wrong, 0.0)


def test_inside_the_ellipse_of_touchdowns() -> None:
    ellipse = TouchdownEllipse(
        0.0, 0.0, 100.0, 50.0, 0.5 * math.pi, (), (), (), (), 0
    )  # fmt: skip
    assert ellipse.inside(99.9, 0.0) and not ellipse.inside(100.1, 0.0)
    assert ellipse.inside(0.0, 49.9) and not ellipse.inside(0.0, 50.1)
    north = TouchdownEllipse(0.0, 0.0, 100.0, 50.0, math.radians(30.0), (), (), (), (), 0)
    assert north.inside(49.9, 86.4) and not north.inside(-49.9, 86.4)
