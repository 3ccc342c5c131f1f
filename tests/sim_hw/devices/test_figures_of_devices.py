"""What devices compute and draw, in figures worked out by hand: signs, powers, limits, counts."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.astrodynamics.quaternions import from_axis_angle, rotate
from flight.astrodynamics.vectors import add, scale, unit
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.transfer_arm_geometry import tube_port_place
from flight.icd.places import PERSEVERANCE
from sim_hw.devices.bit_carousel import BitCarouselParameters, SimBitCarousel
from sim_hw.devices.capture_cone import ConeParameters, SimCaptureCone
from sim_hw.devices.containment import ContainmentParameters, SimContainment
from sim_hw.devices.descent_engines import DescentEngineParameters, SimDescentEngines
from sim_hw.devices.landing_radar import SimLandingRadar
from sim_hw.devices.narrow_angle_camera import SimNarrowAngleCamera
from sim_hw.devices.orbit_knowledge import OrbitKnowledgeParameters, SimOrbitKnowledge
from sim_hw.devices.orbital_imagery import ImageryParameters, SimOrbitalImagery
from sim_hw.devices.orbiter_main_engine import _direction, _integral, _powered
from sim_hw.devices.orbiter_star_tracker import SimOrbiterStarTracker, StarTrackerParameters
from sim_hw.devices.orbiter_thrusters import SimOrbiterThrusters, ThrusterParameters
from sim_hw.world.tubes import TubeRegistry, TubeState
from sim_hw.world.world import Body
from sim_hw.world.world import World as TrueWorld
from tests.sim_hw.devices import ground_stubs
from tests.sim_hw.devices.descent_stubs import RADAR, Bench
from tests.sim_hw.devices.ground_stubs import A, B, tubes
from tests.sim_hw.devices.orbiter_stubs import CAMERA, SMALL, Container, device, refused
from tests.sim_hw.devices.stubs import Dice

CONE = ConeParameters(1.5, 0.3, 0.5, 0.02, 0.1, 0.5, 10.0)
HOLD = ContainmentParameters(600.0, 900.0, 1200.0, 250.0, 800.0, 700.0, 1000.0, 0.05, 300.0, 1e-9,
                             1e-3)  # fmt: skip
KNOWLEDGE = OrbitKnowledgeParameters(10.0, 0.01, 1000.0, 0.1, 100.0, 0.05, 86_400.0)
MU = MARS.gravitational_parameter


# ------------------------------------------------------------------------- cone


def cone(aside: float = 0.0, speed: float = 0.05, distance: float = 2.0) -> tuple[Any, Any]:
    made = device(SimCaptureCone, CONE)
    made.vehicle.container = Container(made.vehicle.world)
    made.vehicle.container.state = (distance, aside, 0.0, -speed, 0.0, 0.0)
    made.vehicle.world.space.bodies["container"] = made.vehicle.container
    return made, made.vehicle.container


async def test_it_is_caught_at_the_mouth_and_the_lid_draws_30_watts_for_10_seconds() -> None:
    made, container = cone()
    await made.close_on_trigger(300.0)
    assert 1.489 < container.state[0] <= 1.5
    assert 20.0 <= made.world.now() <= 20.21, "10 s to the mouth, 10 s of the lid"
    assert made.electrical.drawn == [("device", 30.0), ("device", 0.0)]
    made.vehicle.captured = False
    begin = made.world.now()
    await made.open()
    assert made.world.now() - begin == pytest.approx(10.0)


@pytest.mark.parametrize(("mode", "option"), [("jam", "tries"), ("bounce", "tries")])
async def test_two_tries_are_two_and_the_third_is_kept(mode: str, option: str) -> None:
    made, container = cone()
    made.fail(mode, **{option: 2})
    for _ in range(2):
        container.since, container.state = made.world.now(), (1.6, 0.0, 0.0, -0.05, 0.0, 0.0)
        if mode == "jam":
            await refused(made.close_on_trigger(60.0), "jammed")
        else:
            assert not (await made.close_on_trigger(60.0)).lid_closed
        assert container.state[3] == pytest.approx(0.025)
    container.since, container.state = made.world.now(), (1.6, 0.0, 0.0, -0.05, 0.0, 0.0)
    assert (await made.close_on_trigger(60.0)).lid_closed


@pytest.mark.parametrize(("distance", "met"), [(1001.5, True), (1001.6, False)])
async def test_what_is_farther_than_a_kilometre_is_not_waited_for(
    distance: float, met: bool
) -> None:
    made, _ = cone(speed=50.0, distance=distance)
    await made.close_on_trigger(300.0)
    assert (made.contact_speed is not None) is met
    assert made.world.now() == pytest.approx(20.0 if met else 300.0, abs=0.6)


# ------------------------------------------------------------------ containment


async def test_seal_gantry_and_motor_take_their_time_and_20_watts() -> None:
    made = device(SimContainment, HOLD, dice=Dice(1.0))
    made.vehicle.captured = True
    made.vehicle.tubes.places = {}
    await made.orient()
    state = await made.seal()
    assert made.world.now() == pytest.approx(1500.0)
    assert ("device", 20.0) in made.electrical.drawn
    assert state.leak_rate == pytest.approx(1e-9 * math.exp(0.1))
    assert state.outer_temperature == pytest.approx(250.5)
    assert state.sample_temperature == pytest.approx(250.3)
    await made.insert_into_capsule()
    assert made.world.now() == pytest.approx(2700.0)
    assert made.vehicle.tubes.places == {}, "an empty container brings no tubes"
    made.electrical.brownout = True
    await refused(made.state(), "no_power")


# ------------------------------------------------------------------ main engine


def test_a_thrust_turns_about_its_axis_as_a_quaternion_would_have_it() -> None:
    ahead, axis = unit((0.3, 0.9, -0.4)), unit((0.2, -0.5, 0.8))
    for angle in (0.0, 0.4, -2.0):
        wanted = rotate(from_axis_angle(axis, angle), ahead)
        assert _direction(ahead, axis, angle) == pytest.approx(wanted)


def test_a_powered_body_feels_gravity_and_a_thrust_that_grows_as_it_gets_lighter() -> None:
    ahead, axis = unit((0.3, 0.9, -0.4)), unit((0.2, -0.5, 0.8))
    place = (2.0e6, -1.5e6, 2.9e6)
    motion = _powered(ahead, axis, 0.01, 100.0, 600.0, 1500.0, 3000.0)
    told = motion(150.0, (*place, 1.0, 2.0, 3.0))
    size = 600.0 / (1500.0 - 0.2 * 50.0)
    push = scale(size, rotate(from_axis_angle(axis, 0.5), ahead))
    assert told[:3] == (1.0, 2.0, 3.0)
    assert told[3:] == pytest.approx(add(acceleration(place, MARS), push))


def test_what_a_straight_burn_gives_is_that_of_the_rocket_equation() -> None:
    ahead = unit((0.3, 0.9, -0.4))
    gained = _integral(ahead, ahead, 0.0, 500.0, 600.0, 1500.0, 3000.0)
    size = 3000.0 * math.log(1500.0 / (1500.0 - 0.2 * 500.0))
    assert gained == pytest.approx(scale(size, ahead), rel=1e-9)
    turned = _integral((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.01, 50.0, 1.0, 1e9, 1e12)
    wanted = (1e-7 * math.sin(0.5), 1e-7 * (1.0 - math.cos(0.5)), 0.0)
    assert turned == pytest.approx(wanted, rel=1e-6, abs=1e-18), "a constant push that turns"
    assert _integral(ahead, ahead, 0.0, 0.0, 600.0, 1500.0, 3000.0) == (0.0, 0.0, 0.0)


# ------------------------------------------------- thrusters, tracker, knowledge


async def test_a_firing_that_is_broken_off_errs_by_its_part_only() -> None:
    made = device(
        SimOrbiterThrusters, ThrusterParameters(20.0, 220.0, 10.0, 5.0, 0.02, 0.01), dice=Dice(1.0)
    )
    work = asyncio.ensure_future(made.fire([1.0, 0.0, 0.0]))  # 50 s, its impulse after 25
    await asyncio.sleep(10.0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert made.vehicle.kicks == [pytest.approx((0.204 + 0.002, 0.002, 0.002))]
    made.electrical.brownout = True
    await refused(made.fire([1.0, 0.0, 0.0]), "no_power")


async def test_the_impulse_comes_in_the_middle_of_the_firing() -> None:
    made = device(SimOrbiterThrusters, SMALL)
    work = asyncio.ensure_future(made.fire([1.0, 0.0, 0.0]))
    await asyncio.sleep(24.9)
    assert made.vehicle.kicks == []
    await asyncio.sleep(0.2)
    assert len(made.vehicle.kicks) == 1
    await work
    assert made.world.now() == pytest.approx(50.0)


async def test_a_star_tracker_without_power_sees_nothing() -> None:
    made = device(SimOrbiterStarTracker, StarTrackerParameters(1e-3))
    made.electrical.brownout = True
    await refused(made.attitude(), "no_power")


def test_an_orbit_is_bound_below_the_speed_of_escape_and_its_motion_is_keplers() -> None:
    made = device(SimOrbitKnowledge, KNOWLEDGE)
    radius = 4.0e6
    escape = math.sqrt(2.0 * MU / radius)
    for part, bound in ((1.0 - 1e-9, True), (1.0 + 1e-9, False)):
        assert made._low(((radius, 0.0, 0.0), (0.0, part * escape, 0.0))) is bound
    made.vehicle.body.centre = "sun"
    assert not made._low(((radius, 0.0, 0.0), (0.0, 0.0, 0.0)))
    axis = 6.0e6  # its lowest point is at `radius`
    speed = math.sqrt(MU * (2.0 / radius - 1.0 / axis))
    motion = made._motion(((radius, 0.0, 0.0), (0.0, speed, 0.0)))
    assert motion == pytest.approx(math.sqrt(MU / axis**3), rel=1e-12)


async def test_the_velocity_that_is_known_errs_by_the_turning_of_the_local_axes_too() -> None:
    made = device(SimOrbitKnowledge, KNOWLEDGE, dice=Dice(1.0))
    radius, speed = 4.0e6, math.sqrt(MU / 4.0e6)
    made.vehicle.body.advance = lambda: (radius, 0.0, 0.0, 0.0, speed, 0.0)
    made.vehicle.knowledge_kick = (9.0, 9.0, 9.0)
    known = await made.state()
    motion = speed / radius
    assert known.position == pytest.approx([radius + 10.0, 10.0, 10.0])
    assert known.velocity == pytest.approx(
        [0.01 - 10.0 * motion, speed - 20.0 * motion + 10.0 * motion, 0.01], abs=1e-9
    ), "a solution forgets what pushes before it did"
    made.vehicle.knowledge_kick = (0.1, 0.2, 0.3)
    known = await made.state()
    assert known.velocity[0] == pytest.approx(0.11 - 10.0 * motion, abs=1e-9)
    assert known.velocity[2] == pytest.approx(0.31, abs=1e-9)


# ----------------------------------------------------------------------- camera


async def test_an_artefact_lies_in_the_field_and_has_some_brightness() -> None:
    made = device(SimNarrowAngleCamera, CAMERA, dice=Dice(chance=0.099))
    (false,) = (await made.expose(1.0)).targets
    off = math.radians(5.0) * (2.0 * 0.099 - 1.0)
    assert false.direction == pytest.approx(list(unit((1.0, off, off))))
    assert false.magnitude == pytest.approx(4.0 + 7.0 * 0.099)
    assert ("device", 12.0) in made.electrical.drawn


async def test_where_the_vehicle_looks_is_where_its_field_is() -> None:
    made = device(SimNarrowAngleCamera, CAMERA)
    made.vehicle.place = (0.0, -1.0e7, 0.0)
    made.vehicle.attitude = from_axis_angle((0.0, 0.0, 1.0), 0.5 * math.pi)
    assert made._in_view((0.0, -1e4, 0.0)) is False
    made.vehicle.place = (-1.0e7, 0.0, 0.0)
    assert made._in_view((0.0, 1e4, 0.0)) is True
    assert made._in_view((1e4, 0.0, 0.0)) is False


# ---------------------------------------------------------------------- imagery


def imagery(clock: list[float], dice: Dice) -> SimOrbitalImagery:
    world = TrueWorld(1, 2461990.0, TubeRegistry((), {}), clock=lambda: clock[0])
    world.place("lander", 100.0, 50.0)
    made = SimOrbitalImagery(world, ImageryParameters(error=0.5, soonest=1.0, latest=4.0))
    made.random = dice
    return made


async def test_a_picture_is_there_from_its_sol_on_and_errs_by_its_error() -> None:
    clock = [100.0]
    made = imagery(clock, Dice(1.0, 0.5))
    ready = 100.0 + 2.5 * SOL_SECONDS
    for now in (100.0, math.nextafter(ready, 0.0)):
        clock[0] = now
        with pytest.raises(DeviceFault, match="no picture yet"):
            await made.find("lander")
    clock[0] = ready
    fix = await made.find("lander")
    assert (fix.east, fix.north, fix.error) == (100.5, 50.5, 0.5)
    assert fix.time_ns == round(ready * 1e9)


@pytest.mark.parametrize(("east", "north"), [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])
@pytest.mark.parametrize(("metres", "there"), [(3.96875, True), (4.0, False)])
async def test_who_stands_within_eight_sigma_stands_there_still(
    east: float, north: float, metres: float, there: bool
) -> None:
    clock = [0.0]
    made = imagery(clock, Dice(0.0, 0.0))
    with pytest.raises(DeviceFault):
        await made.find("lander")
    clock[0] = SOL_SECONDS
    body = made.world.bodies["lander"]
    body.east, body.north = 100.0 + metres * east, 50.0 + metres * north
    if there:
        assert (await made.find("lander")).east == 100.0
    else:
        with pytest.raises(DeviceFault, match="no picture yet"):
            await made.find("lander")


# ------------------------------------------------------------------- way down


def slope(bench: Bench, east: float, north: float) -> None:
    """Ground that rises to the east and north by these gradients."""
    bench.vehicle.ground = lambda e, n: SimpleNamespace(height=east * e + north * n)  # type: ignore[assignment,method-assign]


@pytest.mark.parametrize("gradients", [(0.1, 0.0), (-0.1, 0.0), (0.0, 0.1), (0.05, -0.1)])
def test_a_slanted_range_ends_on_the_slope_where_it_meets_it(
    gradients: tuple[float, float],
) -> None:
    bench = Bench(SimLandingRadar, RADAR)
    slope(bench, *gradients)
    bench.vehicle.place = (200.0, -300.0, 1000.0)
    direction = unit((0.3, -0.5, -0.8))
    height = 1000.0 - gradients[0] * 200.0 + gradients[1] * 300.0
    closing = -direction[2] + gradients[0] * direction[0] + gradients[1] * direction[1]
    # Each look halves the error more than ten times: three of them are good to a part in 300.
    assert bench.device._distance(list(direction)) == pytest.approx(height / closing, rel=0.003)
    first = height / -direction[2]
    moved = gradients[0] * direction[0] + gradients[1] * direction[1]
    second = (height - moved * first) / -direction[2]
    third = (height - moved * second) / -direction[2]
    assert bench.device._distance(list(direction)) == pytest.approx(third, rel=1e-12)


def test_near_the_horizon_the_first_look_has_to_do_and_on_it_there_is_no_ground() -> None:
    bench = Bench(SimLandingRadar, RADAR)
    slope(bench, -0.02, 0.0)
    bench.vehicle.place = (0.0, 0.0, 1000.0)
    # tan(1.4) = 5.798: a beam that meets level ground farther than 5799 m away is not refined.
    for away, refined in ((5790.0, True), (5797.5, True), (5800.0, False), (5900.0, False)):
        direction = unit((away, 0.0, -1000.0))
        first = math.hypot(away, 1000.0)
        told = bench.device._distance(list(direction))
        assert (abs(told - first) > 1.0) is refined, away
    assert bench.device._distance([0.9987, 0.0, -0.05]) == 1e9
    assert bench.device._distance([0.9987, 0.0, -0.0501]) < 1e6
    bench.vehicle.place = (0.0, 0.0, -5.0)
    assert bench.device._distance([0.0, 0.0, -1.0]) == 0.0


async def test_an_engine_told_the_least_gives_its_least_and_empty_tanks_nothing() -> None:
    bench = Bench(SimDescentEngines, DescentEngineParameters(0.0, 0.0))
    await bench.device.prime()
    state = await bench.device.throttle([0.001, 0.0, 399.9, 3000.1])
    assert tuple(state.thrusts) == (400.0, 0.0, 400.0, 3000.0)
    bench.vehicle.propellant = 0.0
    state = await bench.device.throttle([1000.0] * 4)
    assert tuple(state.thrusts) == (0.0,) * 4 and state.propellant == 0.0
    bench.vehicle.propellant = 1e-6
    assert bench.device._state().thrusts == (1000.0,) * 4


# --------------------------------------------------------------------- carousel


async def test_a_released_tube_falls_where_the_vehicle_turned_its_port() -> None:
    world = ground_stubs.World(tubes(a=TubeState(PERSEVERANCE), b=TubeState(PERSEVERANCE)))
    parameters = BitCarouselParameters(300.0, 60.0, 30.0, 40.0, 0.9, 0.01, 0.05)
    made = ground_stubs.device(
        SimBitCarousel, Body("perseverance"), parameters, world=world, dice=Dice(1.0)
    )
    made.body.east, made.body.north, made.body.heading = 10.0, 20.0, 0.4
    await made.present(0)
    await made.release()
    pose = world.tubes.state(A).pose
    assert pose is not None
    ahead, right, _ = tube_port_place()
    ahead, right = ahead + 0.05, right + 0.05
    assert pose.east == pytest.approx(10.0 + ahead * math.sin(0.4) + right * math.cos(0.4))
    assert pose.north == pytest.approx(20.0 + ahead * math.cos(0.4) - right * math.sin(0.4))
    assert pose.heading == pytest.approx(0.5 * math.pi)


async def test_a_tube_that_an_arm_takes_is_the_only_one_that_is_gone() -> None:
    world = ground_stubs.World(tubes(a=TubeState(PERSEVERANCE), b=TubeState(PERSEVERANCE)))
    parameters = BitCarouselParameters(300.0, 60.0, 30.0, 40.0, 0.9, 0.01, 0.0)
    made = ground_stubs.device(SimBitCarousel, Body("perseverance"), parameters, world=world)
    await made.present(0)
    world.tubes.move(B, "arm_gripper")
    state = await made.state()
    assert made.held_out == A and state.presented == 0 and not any(state.seated)
    world.tubes.move(B, PERSEVERANCE)
    assert made.held_out == B, "and what an arm puts into the port is held out there"
    world.tubes.move(B, "arm_gripper")
    state = await made.state()
    assert made.held_out is None and state.presented is None and not state.port


async def test_two_jams_of_the_carousel_are_two() -> None:
    made = ground_stubs.device(
        SimBitCarousel, Body("perseverance"),
        BitCarouselParameters(300.0, 60.0, 30.0, 40.0, 0.9, 0.01, 0.0),
        world=ground_stubs.World(tubes(a=TubeState(PERSEVERANCE))),
    )  # fmt: skip
    made.fail("jam", count=2)
    for _ in range(2):
        await refused(made.present(0), "jam")
    assert (await made.present(0)).port
    with pytest.raises(DeviceRejected, match="at the port already"):
        await made.present(1)
