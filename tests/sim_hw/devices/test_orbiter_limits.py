"""The orbiter's devices one by one: limits exactly met, geometry, what breaks, what is refused."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.quaternions import IDENTITY, from_axis_angle, rotate
from flight.astrodynamics.vectors import add, norm, scale
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.places import ENTRY_CAPSULE, ORBIT, ORBITER
from sim_hw.devices.capsule_release import CAPSULE, ReleaseParameters, SimCapsuleRelease
from sim_hw.devices.capture_cone import ConeParameters, SimCaptureCone
from sim_hw.devices.containment import ContainmentParameters, SimContainment
from sim_hw.devices.narrow_angle_camera import CameraParameters, SimNarrowAngleCamera
from sim_hw.devices.orbiter_attitude_control import SimOrbiterAttitudeControl
from sim_hw.devices.orbiter_inertial_unit import OrbiterInertialParameters, SimOrbiterInertialUnit
from sim_hw.devices.orbiter_star_tracker import SimOrbiterStarTracker, StarTrackerParameters
from sim_hw.devices.orbiter_thrusters import SimOrbiterThrusters, ThrusterParameters
from sim_hw.devices.scanning_lidar import LidarParameters, SimScanningLidar
from tests.sim_hw.devices.stubs import Dice, Supply

AHEAD = (1.0, 0.0, 0.0)
AU = 1.495978707e11
FAR = (-1.0e7, 0.0, 0.0)  # m: where the orbiter is, with Mars behind it


class Tubes:
    def __init__(self) -> None:
        self.places = {ORBIT: ["a"]}

    def at(self, place: str) -> list[str]:
        return self.places.get(place, [])

    def carry(self, before: str, after: str) -> None:
        self.places[after] = self.places.pop(before)


class Container:
    """It comes in along the boresight, on a straight line."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.frozen = False
        self.since = world.now()
        self.state: Any = (10.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def advance(self) -> Any:
        now = self.world.now()
        gone, self.since = now - self.since, now
        place = add(self.state[:3], scale(gone, self.state[3:]))
        self.state = (*place, *self.state[3:])
        return self.state


class Vehicle:
    """The orbiter at rest at the origin of its own axes."""

    def __init__(self) -> None:
        bodies: dict[str, Any] = {}
        self.tubes = Tubes()
        self.world: Any = SimpleNamespace(
            now=lambda: asyncio.get_running_loop().time(), epoch_jd_tt=2462000.5,
            tubes=self.tubes, space=SimpleNamespace(bodies=bodies, add=self._add),
        )  # fmt: skip
        self.attitude: Any = IDENTITY
        self.container: Any = None
        self.captured = False
        self.capsule_on_board = True
        self.turning_until = 0.0
        self.propellant = 100.0
        self.mass = 1000.0
        self.sun: Any = (0.0, AU, 0.0)
        self.place: Any = FAR
        self.kicks: list[Any] = []
        self.used: list[tuple[float, float]] = []
        self.felt_changes: list[Any] = []
        self.turned: list[Any] = []
        self.possible = 1e9
        self.felt = SimpleNamespace(delta_v=(1.0, 2.0, 3.0), saturated=False)
        self.accelerometer = (0.0, 0.0)
        self.parameters = SimpleNamespace(slew_rate=0.01, settling=30.0)
        self.body: Any = SimpleNamespace(
            advance=lambda: (*self.place, 0.0, 0.0, 0.0), position=lambda: self.place,
            sun_direction=lambda: self.sun, kick=self.kicks.append, centre="mars",
        )  # fmt: skip
        self.taken: list[Any] = []
        self.pushed: list[Any] = []

    def _add(self, body: Any) -> None:
        self.world.space.bodies[body.name] = body

    def boresight(self) -> Any:
        return rotate(self.attitude, AHEAD)

    def measured_attitude(self, noise: float) -> Any:
        return (*self.attitude[:3], self.attitude[3] + noise)

    def relative_position(self) -> Any:
        if self.container is None or self.captured:
            return None
        return self.container.advance()[:3]

    def relative_velocity(self) -> Any:
        return self.container.advance()[3:]

    def turn_time(self, direction: Any) -> float:
        return 100.0

    def turn(self, direction: Any, fraction: float = 1.0) -> None:
        self.turned.append((tuple(direction), fraction))

    def use(self, change: float, impulse: float) -> None:
        self.used.append((change, impulse))

    def feel(self, change: Any) -> None:
        self.felt_changes.append(change)

    def largest_change(self, impulse: float) -> float:
        return self.possible

    def take(self, body: Any) -> None:
        self.taken.append(body)

    def let_go(self, mass: float, push: Any) -> Any:
        self.pushed.append((mass, push))
        return (*self.place, *push)


def device(kind: Any, *parameters: Any, dice: Dice | None = None) -> Any:
    return kind("orbiter.device", dice or Dice(), Supply(), Vehicle(), *parameters)


async def refused(call: Any, code: str) -> None:
    with pytest.raises(DeviceFault) as fault:
        await call
    assert fault.value.code == code


CONE = ConeParameters(1.5, 0.3, 0.5, 0.02, 0.1, 0.5, 10.0)
HOLD = ContainmentParameters(600.0, 900.0, 1200.0, 250.0, 800.0, 700.0, 1000.0, 0.05, 300.0, 1e-9,
                             1e-3)  # fmt: skip
RELEASE = ReleaseParameters(0.3, 0.0, 0.0, 0.5, 200.0, 85.0, 1e-5)
LIDAR = LidarParameters(500.0, 20.0, 0.1, 0.001, 0.0, 0.1)
CAMERA = CameraParameters(10.0, 1e-5, 1.0, 9.0, 30.0, 0.2, 0.1, 1e-4, 0.1, 0.5, 0.0)
SMALL = ThrusterParameters(20.0, 220.0, 10.0, 5.0, 0.0, 0.0)


# ------------------------------------------------------------------------- cone


def cone(aside: float = 0.0, speed: float = 0.05, distance: float = 2.0) -> tuple[Any, Any]:
    made = device(SimCaptureCone, CONE)
    vehicle = made.vehicle
    vehicle.container = Container(vehicle.world)
    vehicle.container.state = (distance, aside, 0.0, -speed, 0.0, 0.0)
    vehicle.world.space.bodies["container"] = vehicle.container
    return made, vehicle


@pytest.mark.parametrize(
    ("aside", "speed", "kept"),
    [
        (0.0, 0.05, True), (0.3, 0.05, True), (0.301, 0.05, False), (0.0, 0.1, True),
        (0.0, 0.101, False), (0.0, 0.02, True), (0.0, 0.0199, False),
    ],
)  # fmt: skip
async def test_what_comes_in_on_its_axis_and_slowly_is_kept(
    aside: float, speed: float, kept: bool
) -> None:
    made, vehicle = cone(aside, speed)
    captured: list[bool] = []
    made.on_capture = lambda: captured.append(True)
    state = await made.close_on_trigger(300.0)
    assert state.lid_closed is kept and vehicle.captured is kept
    assert made.contact_speed == pytest.approx(speed)
    assert captured == [True] * kept and len(made.collisions) == (not kept)
    assert vehicle.tubes.places == {ORBITER if kept else ORBIT: ["a"]}
    assert vehicle.container.frozen is kept and (vehicle.taken == [vehicle.container]) is kept
    assert ("container" in vehicle.world.space.bodies) is not kept
    # The barrier sees what came into the corridor, whether it stayed or not.
    assert state.triggered is (aside <= 0.3)


@pytest.mark.parametrize(("aside", "thrown"), [(0.5, True), (0.51, False)])
async def test_what_touches_the_rim_is_thrown_back_and_what_passes_beside_is_not(
    aside: float, thrown: bool
) -> None:
    made, vehicle = cone(aside, 0.05)
    await made.close_on_trigger(300.0)
    speed = vehicle.container.state[3]
    assert speed == pytest.approx(0.025 if thrown else -0.05)


async def test_a_bounce_throws_out_what_came_in_well_so_many_times() -> None:
    made, vehicle = cone()
    made.fail("bounce", tries=1)
    state = await made.close_on_trigger(300.0)
    assert state.triggered and not state.lid_closed and not vehicle.captured
    assert made.collisions == [], "it came in well"
    vehicle.container.state = (1.6, 0.0, 0.0, -0.05, 0.0, 0.0)
    assert (await made.close_on_trigger(300.0)).lid_closed


async def test_a_lid_that_jams_lets_it_out_again() -> None:
    made, vehicle = cone()
    made.fail("jam", tries=1)
    await refused(made.close_on_trigger(300.0), "jammed")
    assert not vehicle.captured and vehicle.container.state[3] > 0.0


async def test_nothing_comes_until_the_time_is_over_and_then_the_lid_stays_open() -> None:
    made, vehicle = cone(speed=0.001)
    begin = made.world.now()
    state = await made.close_on_trigger(60.0)
    assert made.world.now() - begin == pytest.approx(60.0, abs=0.01)
    assert not state.triggered and not state.lid_closed
    vehicle.container = None
    await made.close_on_trigger(60.0)
    assert made.world.now() - begin == pytest.approx(120.0, abs=0.01)


async def test_a_closed_lid_takes_nothing_and_a_full_cage_is_not_opened() -> None:
    made, vehicle = cone()
    await made.close_on_trigger(300.0)
    assert (await made.state()).triggered
    await refused(made.close_on_trigger(10.0), "jammed")
    await refused(made.open(), "jammed")
    vehicle.captured = False
    assert not (await made.open()).lid_closed
    assert made.electrical.drawn[-2][1] > 0.0
    for call in (made.state(), made.open(), made.close_on_trigger(1.0)):
        made.electrical.brownout = True
        await refused(call, "no_power")


# ------------------------------------------------------------------ containment


def hold(dice: Dice | None = None) -> Any:
    made = device(SimContainment, HOLD, dice=dice)
    made.vehicle.captured = True
    made.vehicle.tubes.places = {ORBITER: ["a"]}
    return made


async def test_the_work_on_the_container_has_its_order() -> None:
    made = hold()
    await refused(made.seal(), "jammed")
    await refused(made.insert_into_capsule(), "not_sealed")
    await made.orient()
    await refused(made.insert_into_capsule(), "not_sealed")
    state = await made.seal()
    assert state.sealed and state.leak_rate == pytest.approx(1e-9) and state.present
    state = await made.insert_into_capsule()
    assert state.in_capsule and state.capsule_closed and not state.present
    assert made.vehicle.tubes.places == {ENTRY_CAPSULE: ["a"]}
    begin = made.world.now()
    await made.insert_into_capsule()
    assert made.world.now() == begin, "a second time there is nothing to do"


async def test_an_empty_cage_is_not_worked_on() -> None:
    made = hold()
    made.vehicle.captured = False
    await refused(made.orient(), "empty")
    await refused(made.sterilise(10.0), "empty")
    assert not made.oriented and not (await made.state()).present


async def test_a_leaking_seal_looks_sealed_and_is_not_tight_and_a_second_one_is() -> None:
    made = hold()
    made.fail("leak", tries=1)
    await made.orient()
    state = await made.seal()
    assert state.sealed and state.leak_rate == pytest.approx(1e-3)
    await refused(made.insert_into_capsule(), "not_sealed")
    assert (await made.seal()).leak_rate == pytest.approx(1e-9)
    assert (await made.insert_into_capsule()).in_capsule


async def test_a_jam_stops_a_drive_on_its_way_so_many_times() -> None:
    made = hold()
    made.fail("jam", tries=2)
    for tried in (1, 2):
        await refused(made.orient(), "jammed")
        assert made.world.now() == pytest.approx(tried * 180.0)
        assert not made.oriented
    await made.orient()
    assert made.oriented and made.world.now() == pytest.approx(960.0)


async def test_time_counts_from_the_sterilising_temperature_on_and_while_it_cools_down_to_it() -> (
    None
):
    made = hold()
    state = await made.sterilise(5000.0)
    rise = 1000.0 * math.log(550.0 / 100.0)
    assert made.world.now() == pytest.approx(rise + 5000.0)
    assert state.hot_seconds == pytest.approx(5000.0)
    outer = 800.0 - 550.0 * math.exp(-(rise + 5000.0) / 1000.0)
    assert state.outer_temperature == pytest.approx(outer)
    assert state.sample_temperature == pytest.approx(250.0 + 0.05 * (outer - 250.0))
    assert ("device", 300.0) in made.electrical.drawn and made.electrical.loads["device"] == 0.0
    await asyncio.sleep(20_000.0)
    state = await made.state()
    assert state.hot_seconds == pytest.approx(
        5000.0 + 1000.0 * math.log((outer - 250.0) / 450.0)
    )
    assert state.outer_temperature == pytest.approx(250.0, abs=0.01)


async def test_a_weak_heater_never_gets_it_hot_enough() -> None:
    made = hold()
    made.fail("weak_heater", fraction=0.8)
    state = await made.sterilise(5000.0)
    assert state.hot_seconds == 0.0 and state.outer_temperature < 690.0


async def test_a_heater_that_is_broken_off_cools_down_from_where_it_was() -> None:
    made = hold()
    work = asyncio.ensure_future(made.sterilise(5000.0))
    await asyncio.sleep(1000.0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await asyncio.sleep(1000.0)
    hot = 550.0 * (1.0 - math.exp(-1.0))
    state = await made.state()
    assert state.outer_temperature == pytest.approx(250.0 + hot * math.exp(-1.0))


# ---------------------------------------------------------------------- release


def release(dice: Dice | None = None, parameters: ReleaseParameters = RELEASE) -> Any:
    vehicle = Vehicle()
    containment: Any = SimpleNamespace(in_capsule=True)
    return SimCapsuleRelease(
        "orbiter.release", dice or Dice(), Supply(), vehicle, containment, parameters,  # type: ignore[arg-type]
    )  # fmt: skip


async def test_the_capsule_goes_once_closed_and_to_where_it_is_told() -> None:
    made = release()
    vehicle = made.vehicle
    made._containment.in_capsule = False
    await refused(made.release([0.0, 1.0, 0.0]), "not_closed")
    made._containment.in_capsule = True
    with pytest.raises(DeviceRejected, match="needs a length"):
        await made.release([0.0, 0.0, 0.0])
    state = await made.release([0.0, 1.0, 0.0])
    assert state.separated and state.spin == 0.5 and not vehicle.capsule_on_board
    assert made.world.now() == 300.0, "turn, then springs and spin table"
    assert vehicle.turned == [((0.0, 1.0, 0.0), 1.0)]
    ((mass, push),) = vehicle.pushed
    assert mass == 85.0 and push == pytest.approx(scale(0.3, vehicle.boresight()))
    body = vehicle.world.space.bodies[CAPSULE]
    assert body.fixed_mass == 85.0 and body.centre == "mars"
    await made.release([0.0, 1.0, 0.0])
    assert len(vehicle.pushed) == 1, "it is gone"


async def test_stuck_springs_hold_it_so_many_times() -> None:
    made = release()
    made.fail("stuck", tries=1)
    await refused(made.release([1.0, 0.0, 0.0]), "stuck")
    assert made.vehicle.capsule_on_board and not (await made.state()).separated
    assert (await made.release([1.0, 0.0, 0.0])).separated
    made.electrical.brownout = True
    await refused(made.state(), "no_power")


async def test_errors_of_speed_axis_and_spin_have_their_sizes() -> None:
    made = release(Dice(1.0), ReleaseParameters(0.3, 0.1, 0.02, 0.5, 200.0, 85.0, 1e-5))
    await made.release([1.0, 0.0, 0.0])
    assert made.capsule_spin == pytest.approx(0.51)
    axis = (1.02, 0.02, 0.02)
    assert made.capsule_axis == pytest.approx(scale(1.0 / norm(axis), axis))
    assert norm(made.vehicle.pushed[0][1]) == pytest.approx(0.33)


# --------------------------------------------------------------- wheels and IMU


async def test_a_turn_takes_its_time_and_the_star_tracker_is_blind_meanwhile() -> None:
    made = device(SimOrbiterAttitudeControl)
    with pytest.raises(DeviceRejected, match="needs a length"):
        await made.point([0.0, 0.0, 0.0])
    await made.point([0.0, 0.0, 2.0])
    assert made.world.now() == 100.0 and made.vehicle.turning_until == 100.0
    assert made.vehicle.turned == [((0.0, 0.0, 2.0), 1.0)]


async def test_a_turn_that_is_broken_off_has_gone_a_part_of_its_way() -> None:
    made = device(SimOrbiterAttitudeControl)
    work = asyncio.ensure_future(made.point([0.0, 1.0, 0.0]))
    await asyncio.sleep(25.0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert made.vehicle.turned == [((0.0, 1.0, 0.0), 0.25)]
    assert made.vehicle.turning_until == 25.0


async def test_failing_wheels_do_not_turn_so_many_times() -> None:
    made = device(SimOrbiterAttitudeControl)
    made.fail("wheels", tries=1)
    await refused(made.point([1.0, 0.0, 0.0]), "wheels")
    assert made.vehicle.turned == [] and made.world.now() == 0.0
    await made.point([1.0, 0.0, 0.0])
    made.electrical.brownout = True
    await refused(made.point([1.0, 0.0, 0.0]), "no_power")


async def test_gyroscopes_feel_the_turn_as_long_as_it_lasts() -> None:
    made = device(SimOrbiterInertialUnit, OrbiterInertialParameters(0.001, 0.002, 0.0))
    assert made.vehicle.accelerometer == (0.001, 0.002)
    made.vehicle.turning_until = 5.0
    assert (await made.state()).rate == [0.0, 0.0, 0.01]
    await asyncio.sleep(5.0)
    state = await made.state()
    assert state.rate == [0.0, 0.0, 0.0] and state.valid
    assert state.delta_v == [1.0, 2.0, 3.0] and not state.saturated
    made.vehicle.felt.saturated = True
    made.fail("invalid")
    state = await made.state()
    assert not state.valid and state.saturated
    made.fail("invalid", lasting=False)
    assert (await made.state()).valid


@pytest.mark.parametrize(("angle", "valid"), [(25.9, False), (26.1, True)])
async def test_a_star_tracker_needs_the_sun_out_of_its_baffle(angle: float, valid: bool) -> None:
    made = device(SimOrbiterStarTracker, StarTrackerParameters(1e-3))
    made.vehicle.sun = (math.sin(math.radians(angle)), 0.0, math.cos(math.radians(angle)))
    told = await made.attitude()
    assert told.valid is valid and told.quaternion[3] == 1e-3
    made.vehicle.turning_until = 1.0
    assert not (await made.attitude()).valid
    made.vehicle.turning_until = 0.0
    assert (await made.attitude()).valid is valid
    made.fail("blind")
    assert not (await made.attitude()).valid
    made.fail("blind", lasting=False)
    assert (await made.attitude()).valid is valid


# -------------------------------------------------------------------- thrusters


async def test_a_firing_has_a_smallest_and_a_largest_size() -> None:
    for size, code in ((0.01, ""), (0.00999, "too_small"), (5.0, ""), (5.001, "too_large")):
        made = device(SimOrbiterThrusters, SMALL)
        if code:
            await refused(made.fire([0.0, size, 0.0]), code)
            assert made.vehicle.kicks == []
        else:
            report = await made.fire([0.0, size, 0.0])
            assert report.seconds == pytest.approx(size * 1000.0 / 20.0) and report.completed
            assert made.vehicle.kicks == [pytest.approx((0.0, size, 0.0))]
            assert made.vehicle.used == [(pytest.approx(size), 220.0)]
            assert made.vehicle.felt_changes == made.vehicle.kicks


async def test_empty_tanks_and_a_stuck_valve_push_nothing() -> None:
    made = device(SimOrbiterThrusters, SMALL)
    made.fail("valve", tries=1)
    await refused(made.fire([1.0, 0.0, 0.0]), "valve")
    await made.fire([1.0, 0.0, 0.0])
    made.vehicle.propellant = 0.0
    await refused(made.fire([1.0, 0.0, 0.0]), "empty")
    assert len(made.vehicle.kicks) == 1


async def test_what_the_tanks_hold_limits_the_change() -> None:
    made = device(SimOrbiterThrusters, SMALL)
    made.vehicle.possible = 0.4
    await made.fire([2.0, 0.0, 0.0])
    assert made.vehicle.kicks == [pytest.approx((0.4, 0.0, 0.0))]


async def test_errors_and_weakness_of_a_firing() -> None:
    made = device(
        SimOrbiterThrusters, ThrusterParameters(20.0, 220.0, 10.0, 5.0, 0.02, 0.01), dice=Dice(1.0)
    )
    made.fail("weak", fraction=0.5)
    await made.fire([2.0, 0.0, 0.0])
    assert made.vehicle.kicks == [pytest.approx((1.02 + 0.02, 0.02, 0.02))]


@pytest.mark.parametrize(("after", "given"), [(10.0, 0.2), (24.9, 0.498), (30.0, 1.0)])
async def test_a_firing_that_is_broken_off_has_given_its_part_once(
    after: float, given: float
) -> None:
    made = device(SimOrbiterThrusters, SMALL)
    work = asyncio.ensure_future(made.fire([1.0, 0.0, 0.0]))  # 50 s, its impulse after 25
    await asyncio.sleep(after)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert made.vehicle.kicks == [pytest.approx((given, 0.0, 0.0))]


# ------------------------------------------------------------------------ lidar


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ((500.0, 0.0, 0.0), True), ((500.1, 0.0, 0.0), False), ((0.0, 0.0, 0.0), False),
        ((100.0, 100.0 * math.tan(math.radians(9.99)), 0.0), True),
        ((100.0, 100.0 * math.tan(math.radians(10.01)), 0.0), False),
        ((-100.0, 0.0, 0.0), False), (None, False),
    ],
)  # fmt: skip
async def test_the_lidar_sees_what_is_near_and_in_its_field(line: Any, seen: bool) -> None:
    made = device(SimScanningLidar, LIDAR)
    made.vehicle.relative_position = lambda: line
    told = await made.scan()
    assert told.valid is seen
    if seen:
        assert told.range == pytest.approx(norm(line))
        assert told.direction == pytest.approx(list(scale(1.0 / norm(line), line)))


async def test_lidar_dropouts_noise_and_the_frame_of_the_vehicle() -> None:
    made = device(SimScanningLidar, LIDAR)
    made.vehicle.relative_position = lambda: (0.0, 100.0, 0.0)
    made.vehicle.attitude = from_axis_angle((0.0, 0.0, 1.0), 0.5 * math.pi)
    told = await made.scan()
    assert told.direction == pytest.approx([1.0, 0.0, 0.0], abs=1e-12)
    made.random.bell = 1.0
    assert (await made.scan()).range == pytest.approx(100.0 + 0.1 + 0.1)
    made.random.chance = 0.099
    assert not (await made.scan()).valid
    made.random.chance = 0.1
    assert (await made.scan()).valid
    made.fail("dropouts", probability=0.3)
    assert not (await made.scan()).valid
    made.random.chance = 0.9999
    made.fail("dead")
    assert not (await made.scan()).valid
    made.fail("dead", lasting=False)
    assert (await made.scan()).valid


# ----------------------------------------------------------------------- camera


def camera(line: Any, dice: Dice | None = None) -> Any:
    made = device(SimNarrowAngleCamera, CAMERA, dice=dice or Dice(chance=0.5))
    made.vehicle.relative_position = lambda: line
    return made


@pytest.mark.parametrize(
    ("angle", "seen"), [(4.99, True), (5.01, False), (-4.99, True), (90.0, False)]
)
async def test_a_target_has_to_be_in_the_field_of_view(angle: float, seen: bool) -> None:
    a = math.radians(angle)
    made = camera((1e4 * math.cos(a), 1e4 * math.sin(a), 0.0))
    made.vehicle.sun = (-AU, 0.0, 0.0)
    made.vehicle.place = (-1.0e7, 0.0, 0.0)
    image = await made.expose(2.0)
    assert image.valid and len(image.targets) == seen
    if seen:
        assert image.targets[0].direction == pytest.approx([math.cos(a), math.sin(a), 0.0])
    assert made.world.now() == 2.0


@pytest.mark.parametrize(("angle", "valid"), [(29.9, False), (30.1, True)])
async def test_an_image_near_the_sun_shows_nothing(angle: float, valid: bool) -> None:
    made = camera((1e4, 0.0, 0.0))
    a = math.radians(angle)
    made.vehicle.sun = (AU * math.cos(a), AU * math.sin(a), 0.0)
    image = await made.expose(1.0)
    assert image.valid is valid
    if not valid:
        assert image.targets == []


async def test_behind_mars_or_its_haze_nothing_is_seen() -> None:
    radius = MARS_IAU.equatorial_radius
    for height, seen in ((59_000.0, False), (61_000.0, True)):
        made = camera((2.0e7, 0.0, 0.0))
        made.vehicle.place = (-1.0e7, radius + height, 0.0)
        assert made._in_view((2.0e7, 0.0, 0.0)) is seen
        assert made._in_view((5.0e6, 0.0, 0.0)), "it stands before Mars"


async def test_a_container_in_the_shadow_of_mars_is_dark() -> None:
    radius = MARS_IAU.equatorial_radius
    made = camera((1e4, 0.0, 0.0))
    made.vehicle.place = (-1.0e7, 0.0, 0.0)
    sun = (AU, 0.0, 0.0)
    assert made.magnitude((1e4, 0.0, 0.0), sun) == math.inf
    assert made.magnitude((1e4, radius + 1.0, 0.0), sun) < math.inf
    made.vehicle.place = (1.0e7, 0.0, 0.0)
    assert made.magnitude((1e4, 0.0, 0.0), sun) < math.inf, "on the side of the Sun"


def test_a_lit_sphere_has_the_magnitude_of_lambert() -> None:
    made = camera((1e4, 0.0, 0.0))
    made.vehicle.place = (-1.0e7, 0.0, 0.0)
    full = made.magnitude((1e4, 0.0, 0.0), (-AU, 0.0, 0.0))
    reflected = 2.0 / 3.0 * 0.5 * (0.1 / 1e4) ** 2
    assert full == pytest.approx(-26.74 - 2.5 * math.log10(reflected))
    half = made.magnitude((1e4, 0.0, 0.0), (0.0, AU, 0.0))
    assert half - full == pytest.approx(2.5 * math.log10(math.pi))
    assert made.magnitude((1e5, 0.0, 0.0), (-AU, 0.0, 0.0)) - full == pytest.approx(5.0)
    assert made.magnitude((1e4, 0.0, 0.0), (-10.0 * AU, 0.0, 0.0)) - full == pytest.approx(5.0)


async def test_faint_missed_and_false_targets() -> None:
    near = camera((1e4, 0.0, 0.0))
    near.vehicle.sun = (-AU, 0.0, 0.0)
    magnitude = (await near.expose(1.0)).targets[0].magnitude
    for limit, seen in ((magnitude + 1e-6, True), (magnitude - 1e-6, False)):
        near.parameters = CameraParameters(
            10.0, 1e-5, 1.0, limit, 30.0, 0.2, 0.1, 1e-4, 0.1, 0.5, 0.0
        )
        assert len((await near.expose(1.0)).targets) == seen
    near.parameters = CAMERA
    for chance, count in ((0.2, 1), (0.199, 0), (0.1, 0), (0.099, 1)):
        near.random.chance = chance
        assert len((await near.expose(1.0)).targets) == count, chance
    near.random.chance = 0.0
    (false,) = (await near.expose(1.0)).targets
    half = math.tan(math.radians(5.0))
    assert abs(false.direction[1] / false.direction[0]) <= half


async def test_a_noisy_camera_and_a_blind_one() -> None:
    made = camera((1e4, 0.0, 0.0), Dice(1.0))
    made.vehicle.sun = (-AU, 0.0, 0.0)
    image = await made.expose(1.0)
    assert image.targets[0].direction[1] == pytest.approx(1e-5, rel=1e-6)
    assert image.quaternion[3] == 1e-4
    made.fail("noisy", factor=4.0)
    assert (await made.expose(1.0)).targets[0].direction[1] == pytest.approx(4e-5, rel=1e-6)
    made.fail("blind")
    await refused(made.expose(1.0), "blinded")
    made.fail("blind", lasting=False)
    assert (await made.expose(1.0)).valid
