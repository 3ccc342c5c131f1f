"""The orbiter's body, its main engine, and what is known of its orbit: figures by hand."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.constants import MARS_MEAN_RADIUS, STANDARD_GRAVITY
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.quaternions import rotate
from flight.astrodynamics.relative_motion import lvlh_axes
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import add, angle_between, dot, norm, scale, subtract, transform
from flight.icd.devices.base import DeviceFault, DeviceRejected
from sim_hw.devices.orbit_knowledge import OrbitKnowledgeParameters, SimOrbitKnowledge
from sim_hw.devices.orbiter_main_engine import MainEngineParameters, SimOrbiterMainEngine
from sim_hw.devices.orbiter_vehicle import OrbiterParameters, OrbiterVehicle
from sim_hw.serving.device import DeviceContext
from sim_hw.world.spacecraft import orbiting
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World
from tests.sim_hw.devices.stubs import Dice, Supply

PARAMETERS = OrbiterParameters(
    altitude=4.0e5, inclination=25.0, ascending_node=0.0, argument_of_latitude=0.0, dry_mass=1000.0,
    propellant=500.0, light_pressure=0.0, pointing_error=0.0, slew_rate=0.01, settling=30.0,
)  # fmt: skip
EXHAUST = 300.0 * STANDARD_GRAVITY
ENGINE = MainEngineParameters(600.0, 300.0, 0.0, 0.0)
KNOWLEDGE = OrbitKnowledgeParameters(10.0, 0.01, 1000.0, 0.1, 100.0, 0.05, 86_400.0)


def vehicle(dice: Dice | None = None, parameters: OrbiterParameters = PARAMETERS) -> OrbiterVehicle:
    world = World(1, julian_date(2029, 7, 1), TubeRegistry([], {}))
    return OrbiterVehicle(world, parameters, dice or Dice())


def far_from_planets(craft: OrbiterVehicle) -> Any:
    """A body around the Sun, as far as thrust is concerned."""
    loop = asyncio.get_running_loop()
    kicks: list[Any] = []
    body: Any = SimpleNamespace(
        centre="sun", advance=lambda: (1e11, 0.0, 0.0, 0.0, 3e4, 0.0), kick=kicks.append,
        _clock=loop.time, near_earth=lambda distance: False, kicks=kicks,
    )  # fmt: skip
    body.time = loop.time()
    craft.body = body
    return body


async def refused(call: Any, code: str) -> None:
    with pytest.raises(DeviceFault) as fault:
        await call
    assert fault.value.code == code


# ---------------------------------------------------------------------- vehicle


async def test_it_begins_on_a_circle_of_its_altitude_and_inclination() -> None:
    craft = vehicle()
    x, y, z = craft.body.position()
    assert (x, y, z) == pytest.approx((MARS_MEAN_RADIUS + 4.0e5, 0.0, 0.0))
    speed = math.sqrt(MARS.gravitational_parameter / (MARS_MEAN_RADIUS + 4.0e5))
    tilt = math.radians(25.0)
    assert craft.body.velocity() == pytest.approx(
        (0.0, speed * math.cos(tilt), speed * math.sin(tilt)), abs=1e-6
    )
    assert craft.mass == 1500.0


async def test_turning_takes_the_angle_over_the_rate_and_the_settling() -> None:
    craft = vehicle()
    assert craft.turn_time((0.0, 1.0, 0.0)) == pytest.approx(50.0 * math.pi + 30.0)
    craft.turn((0.0, 1.0, 0.0), 0.25)
    assert angle_between(craft.boresight(), (1.0, 0.0, 0.0)) == pytest.approx(math.pi / 8.0)
    craft.turn((0.0, 1.0, 0.0))
    assert craft.boresight() == pytest.approx((0.0, 1.0, 0.0), abs=1e-12)
    craft.turn((0.0, 1.0, 0.0), 0.5)  # already there: there is no axis to turn about
    assert craft.boresight() == pytest.approx((0.0, 1.0, 0.0), abs=1e-12)
    craft.turn((0.0, -1.0, 0.0))
    assert craft.boresight() == pytest.approx((0.0, -1.0, 0.0), abs=1e-12)


async def test_pointing_and_star_tracker_have_errors_of_their_size() -> None:
    given = {name: getattr(PARAMETERS, name) for name in PARAMETERS.__struct_fields__}
    craft = vehicle(Dice(1.0), OrbiterParameters(**given | {"pointing_error": 0.002}))
    craft.turn((0.0, 1.0, 0.0))
    off = angle_between(craft.boresight(), (0.0, 1.0, 0.0))
    assert off == pytest.approx(0.002 * math.sqrt(2.0), rel=1e-3)
    craft = vehicle(Dice(1.0))
    seen = craft.measured_attitude(0.01)
    assert seen[1:] == pytest.approx([0.005] * 3, rel=1e-3)
    assert rotate(craft.attitude, (1.0, 0.0, 0.0)) == (1.0, 0.0, 0.0), "the truth stays"


async def test_the_rocket_equation_holds_and_tanks_do_not_go_below_empty() -> None:
    craft = vehicle()
    assert craft.largest_change(300.0) == pytest.approx(EXHAUST * math.log(1.5))
    craft.use(100.0, 300.0)
    assert craft.mass == pytest.approx(1500.0 * math.exp(-100.0 / EXHAUST))
    craft.use(1e5, 300.0)
    assert craft.propellant == 0.0 and craft.mass == 1000.0


async def test_accelerometers_sum_up_what_is_felt_with_its_error() -> None:
    craft = vehicle(Dice(1.0))
    craft.accelerometer = (0.01, 0.002)
    craft.feel((0.0, 0.0, 0.0))
    assert craft.felt.delta_v == (0.0, 0.0, 0.0), "no push, no noise"
    for _ in range(2):
        craft.feel((10.0, 0.0, 0.0))
    assert craft.felt.delta_v == pytest.approx((20.204, 0.004, 0.004))
    assert craft.knowledge_kick == pytest.approx((0.204, 0.004, 0.004))


async def test_the_closest_approach_is_that_between_two_looks_too() -> None:
    craft = vehicle()
    place, speed = craft.body.position(), craft.body.velocity()
    along = scale(1.0 / norm(speed), speed)
    up = scale(1.0 / norm(place), place)
    start = add(place, add(scale(-60.0, along), scale(25.0, up)))
    craft.world.space.add(
        orbiting("container", craft.world.now, start, add(speed, scale(3.0, along)))
    )
    assert craft.container is not None
    await asyncio.sleep(10.0)
    craft.body.advance()
    await asyncio.sleep(30.0)
    craft.body.advance()
    assert craft.closest == pytest.approx(25.0, abs=2.0)


async def test_only_who_has_a_container_to_watch_looks_on_the_way() -> None:
    craft = vehicle()
    looks: list[float] = []
    craft.body.observers.append(lambda time, state: looks.append(time))
    await asyncio.sleep(3600.0)
    craft.body.advance()
    assert not looks, "an hour in long steps"
    body = orbiting(
        "container", craft.world.now, add(craft.body.position(), (0.0, 60.0, 0.0)),
        add(craft.body.velocity(), (0.0, 1.0, 0.0)),
    )
    craft.world.space.add(body)
    await asyncio.sleep(100.0)
    craft.body.advance()
    assert looks == pytest.approx([3620.0, 3640.0, 3660.0, 3680.0, 3700.0])
    assert craft.closest == pytest.approx(80.0, abs=2.0)  # after the first step
    craft.captured = True
    await asyncio.sleep(3600.0)
    craft.body.advance()
    assert len(looks) == 5
    # Let go again: the way between the places of before and of now is none that was flown.
    craft.captured, body.frozen, craft.closest = False, False, math.inf
    body.state, body.time = (*add(craft.body.position(), (0.0, -900.0, 0.0)), *body.state[3:]), (
        craft.world.now()
    )
    await asyncio.sleep(1.0)
    craft.body.advance()
    assert craft.closest == pytest.approx(norm(craft.relative_position() or ()), rel=1e-6)


async def test_a_container_that_is_captured_frozen_or_far_from_mars_is_no_free_one() -> None:
    craft = vehicle()
    assert craft.relative_position() is None and craft.relative_velocity() == (0.0, 0.0, 0.0)
    place = add(craft.body.position(), (0.0, 100.0, 0.0))
    speed = add(craft.body.velocity(), (1.0, 0.0, 0.0))
    body = orbiting("container", craft.world.now, place, speed)
    craft.world.space.add(body)
    assert craft.relative_position() == pytest.approx((0.0, 100.0, 0.0))
    assert craft.relative_velocity() == pytest.approx((1.0, 0.0, 0.0))
    craft.captured = True
    assert craft.container is None
    craft.captured, body.frozen = False, True
    assert craft.container is None
    body.frozen = False
    craft.body.centre = "sun"
    assert craft.relative_position() is None


async def test_what_comes_on_board_and_what_goes_shares_its_momentum() -> None:
    craft = vehicle()
    speed = craft.body.velocity()
    body = orbiting(
        "container", craft.world.now, craft.body.position(), add(speed, (1.0, 0.0, 0.0)), 500.0
    )
    craft.take(body)
    assert craft.mass == 2000.0
    assert subtract(craft.body.velocity(), speed) == pytest.approx((0.25, 0.0, 0.0), abs=1e-9)
    assert craft.felt.delta_v == pytest.approx((0.25, 0.0, 0.0), abs=1e-9)
    before = craft.body.velocity()
    state = craft.let_go(500.0, (0.0, 0.0, 3.0))
    assert subtract(state[3:], before) == pytest.approx((0.0, 0.0, 3.0))  # type: ignore[arg-type]
    assert subtract(craft.body.velocity(), before) == pytest.approx((0.0, 0.0, -1.0), abs=1e-9)
    assert craft.mass == 1500.0


# ------------------------------------------------------------------ main engine


def engine(dice: Dice | None = None, parameters: MainEngineParameters = ENGINE) -> Any:
    return SimOrbiterMainEngine(
        DeviceContext("orbiter.main_engine", dice or Dice(), vehicle(), Supply()), parameters
    )


async def test_a_burn_far_from_planets_gives_its_change_in_its_time_and_uses_its_propellant() -> (
    None
):
    made = engine()
    body = far_from_planets(made.vehicle)
    report = await made.burn([0.0, 2.0, 0.0], 50.0, [0.0, 0.0, 1.0])
    seconds = 1500.0 * (1.0 - math.exp(-50.0 / EXHAUST)) * EXHAUST / 600.0
    assert report.completed and report.seconds == pytest.approx(seconds)
    assert body.kicks == [pytest.approx((0.0, 50.0, 0.0))]
    assert made.vehicle.mass == pytest.approx(1500.0 * math.exp(-50.0 / EXHAUST))
    assert made.vehicle.felt.delta_v == pytest.approx((0.0, 50.0, 0.0))


async def test_near_mars_the_thrust_acts_as_it_lasts_and_may_turn() -> None:
    made = engine()
    body = made.vehicle.body
    before = body.velocity()
    coasting = vehicle().body
    report = await made.burn([0.0, 1.0, 0.0], 20.0, [0.0, 0.0, 1.0], 0.005)
    assert not body.thrusting
    felt = made.vehicle.felt.delta_v
    # About a constant acceleration that turns: the chord over the arc.
    angle = 0.005 * report.seconds
    assert norm(felt) == pytest.approx(20.0 * math.sin(0.5 * angle) / (0.5 * angle), rel=1e-3)
    assert math.atan2(-felt[0], felt[1]) == pytest.approx(0.5 * angle, rel=0.01)
    fallen = subtract(coasting.velocity(), before)
    gained = subtract(subtract(body.velocity(), before), fallen)
    assert norm(subtract(gained, felt)) < 0.05
    assert made.vehicle.mass == pytest.approx(1500.0 * math.exp(-20.0 / EXHAUST), rel=1e-6)


async def test_what_is_refused_before_anything_burns() -> None:
    made = engine()
    for direction, axis, rate in (
        ([0.0, 0.0, 0.0], [0.0, 0.0, 1.0], 0.0), ([1.0, 0.0, 0.0], [0.0, 0.0, 0.0], 0.001),
    ):  # fmt: skip
        with pytest.raises(DeviceRejected, match="need a length"):
            await made.burn(direction, 1.0, axis, rate)
    made.fail("no_ignition", tries=1)
    await refused(made.burn([1.0, 0.0, 0.0], 1.0, [0.0, 0.0, 0.0]), "no_ignition")
    assert (await made.burn([1.0, 0.0, 0.0], 1.0, [0.0, 0.0, 0.0])).completed
    made.vehicle.propellant = 0.0
    await refused(made.burn([1.0, 0.0, 0.0], 1.0, [0.0, 0.0, 1.0]), "empty")
    made.electrical.brownout = True
    await refused(made.burn([1.0, 0.0, 0.0], 1.0, [0.0, 0.0, 1.0]), "no_power")
    await refused(made.propellant(), "no_power")
    with pytest.raises(ValueError, match="it has"):
        made.fail("leak")


async def test_a_burn_ends_early_once_when_the_engine_or_the_tanks_end_it() -> None:
    made = engine()
    body = far_from_planets(made.vehicle)
    made.fail("early_cutoff", fraction=0.7)
    assert not (await made.burn([1.0, 0.0, 0.0], 10.0, [0.0, 0.0, 1.0])).completed
    assert (await made.burn([1.0, 0.0, 0.0], 10.0, [0.0, 0.0, 1.0])).completed
    assert [kick[0] for kick in body.kicks] == pytest.approx([7.0, 10.0])
    made.vehicle.propellant = 1.0
    most = made.vehicle.largest_change(300.0)
    assert not (await made.burn([1.0, 0.0, 0.0], 10.0, [0.0, 0.0, 1.0])).completed
    assert body.kicks[-1][0] == pytest.approx(most)
    assert made.vehicle.propellant == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("fraction", "completed"), [(0.9991, True), (0.9989, False)])
async def test_a_burn_is_complete_within_a_thousandth(fraction: float, completed: bool) -> None:
    made = engine()
    far_from_planets(made.vehicle)
    made.fail("early_cutoff", fraction=fraction)
    report = await made.burn([1.0, 0.0, 0.0], 10.0, [0.0, 0.0, 1.0])
    assert report.completed is completed


async def test_a_burn_that_is_broken_off_has_given_what_it_gave() -> None:
    made = engine()
    body = far_from_planets(made.vehicle)
    work = asyncio.ensure_future(made.burn([1.0, 0.0, 0.0], 50.0, [0.0, 0.0, 1.0]))
    seconds = 1500.0 * (1.0 - math.exp(-50.0 / EXHAUST)) * EXHAUST / 600.0
    await asyncio.sleep(0.25 * seconds)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert body.kicks == [pytest.approx((12.5, 0.0, 0.0))]
    spent = 0.25 * seconds * 600.0 / EXHAUST
    assert made.vehicle.mass == pytest.approx(1500.0 - spent)


async def test_errors_of_cutoff_direction_and_gauge() -> None:
    made = engine(Dice(1.0), MainEngineParameters(600.0, 300.0, 0.01, 0.02))
    body = far_from_planets(made.vehicle)
    await made.burn([1.0, 0.0, 0.0], 10.0, [0.0, 0.0, 1.0])
    line = (1.02, 0.02, 0.02)
    assert body.kicks[0] == pytest.approx(scale(10.1 / norm(line), line))
    made.vehicle.propellant = 100.0
    told = await made.propellant()
    assert told.propellant == pytest.approx(102.0) and told.mass == made.vehicle.mass
    made.random.bell = -60.0
    assert (await made.propellant()).propellant == 0.0


# -------------------------------------------------------------- orbit knowledge


def knowledge(dice: Dice | None = None) -> Any:
    return SimOrbitKnowledge(
        DeviceContext("orbiter.orbit", dice or Dice(), vehicle(), Supply()), KNOWLEDGE
    )


async def test_without_errors_the_truth_is_known_and_a_solution_holds_for_its_interval() -> None:
    made = knowledge()
    for wait, number in ((0.0, 1), (86_400.0, 1), (1.0, 2)):
        await asyncio.sleep(wait)
        known = await made.state()
        assert known.solution == number and known.centre == "mars"
        truth = made.vehicle.body.advance()
        assert known.position == pytest.approx(list(truth[:3]))
        assert known.velocity == pytest.approx(list(truth[3:6]))
        assert (known.position_sigma, known.velocity_sigma) == (10.0, 0.01)


async def test_an_error_near_mars_is_that_of_an_orbit_of_the_same_period() -> None:
    made = knowledge(Dice(1.0))
    known = await made.state()
    truth = made.vehicle.body.advance()
    axes = lvlh_axes(truth[:3], truth[3:6])  # type: ignore[arg-type]
    off = transform(axes, subtract(tuple(known.position), truth[:3]))  # type: ignore[arg-type]
    assert off == pytest.approx((10.0, 10.0, 10.0))
    period = math.tau / made._motion((truth[:3], truth[3:6]))
    await asyncio.sleep(period)
    known = await made.state()
    truth = made.vehicle.body.advance()
    axes = lvlh_axes(truth[:3], truth[3:6])  # type: ignore[arg-type]
    off = transform(axes, subtract(tuple(known.position), truth[:3]))  # type: ignore[arg-type]
    assert off[1] == pytest.approx(10.0, abs=1.0), "it does not drift along the track"


async def test_a_bias_lies_along_the_track_and_a_lost_solution_is_none() -> None:
    made = knowledge()
    made.fail("biased", metres=500.0)
    known = await made.state()
    truth = made.vehicle.body.advance()
    off = subtract(tuple(known.position), truth[:3])  # type: ignore[arg-type]
    along = scale(1.0 / norm(truth[3:6]), truth[3:6])  # type: ignore[arg-type]
    assert norm(off) == pytest.approx(500.0) and dot(off, along) > 499.0
    made.fail("no_solution")
    await refused(made.state(), "no_solution")
    made.fail("no_solution", lasting=False)
    assert (await made.state()).solution == 1


async def test_on_the_cruise_an_error_grows_on_a_straight_line_and_burns_add_theirs() -> None:
    made = knowledge(Dice(1.0))
    far_from_planets(made.vehicle)
    known = await made.state()
    assert known.position == pytest.approx([1e11 + 1000.0, 1000.0, 1000.0])
    assert known.position_sigma == 1000.0 and known.velocity_sigma == 0.1
    made.vehicle.knowledge_kick = (0.0, 0.5, 0.0)
    await asyncio.sleep(100.0)
    known = await made.state()
    assert known.position == pytest.approx([1e11 + 1010.0, 1010.0, 1010.0])
    assert known.velocity == pytest.approx([0.1, 3e4 + 0.6, 0.1])
    await asyncio.sleep(100.0)
    assert (await made.state()).position[1] == pytest.approx(1010.0 + 60.0)
    made.vehicle.body.near_earth = lambda distance: distance == 1.5e10
    assert (await made.state()).position_sigma == 100.0
    made.vehicle.body.centre = "earth"
    known = await made.state()
    assert known.solution == 2 and known.velocity_sigma == 0.05, "for another planet, a new one"


async def test_far_out_around_mars_one_is_tracked_as_on_the_cruise() -> None:
    made = knowledge()
    assert made._sigmas(5.0e7) == (1000.0, 0.1)
    assert made._sigmas(4.9e7) == (10.0, 0.01)
