"""The rover's devices: physics, noise, limits, and where a motion stops when it is broken off."""

import asyncio
import random
from math import cos, degrees, hypot, radians, sin
from statistics import fmean, pstdev
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.transfer_arm_geometry import SOCKETS, rack_place
from flight.icd.places import GROUND
from flight.mav.node import Mav
from flight.rover.node import FetchRover
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly import mav, rover
from sim_hw.world.depot import load_depot
from sim_hw.world.rocks import Rock
from sim_hw.world.terrain import GroundPoint
from sim_hw.world.tubes import LyingPose, TubeRegistry, TubeState
from sim_hw.world.world import World

TUBE = "M2020-00337-08"


class Bench:
    """A rover at the depot at noon, one tube before it."""

    def __init__(self, *, hour_offset: float = 0.0, tube_ahead: float = 1.35) -> None:
        depot = load_depot()
        states = {
            tube.id: TubeState(
                GROUND,
                pose=LyingPose(tube.east + 100.0, tube.north, -2545.3, 0.0, 0.0),
            )
            for tube in depot.tubes
        }
        states[TUBE] = TubeState(GROUND, pose=LyingPose(20.0, 20.0 + tube_ahead, 0.0, 0.4, 0.0))
        self.world = World(3, 2461990.0, TubeRegistry(depot.tubes, states), clock=None)
        noon = self._seconds_to_noon() + hour_offset * 3600.0
        loop = asyncio.get_running_loop()
        self.world.clock = lambda: loop.time() + noon
        self.body = self.world.place("rover", 20.0, 20.0)
        self.world.rocks.within = lambda *args: self.rocks  # type: ignore[method-assign]
        self.rocks: list[Rock] = []
        hardware = load_vehicle_file(FetchRover, rover.HARDWARE).hardware
        self.electrical, devices = rover.build(self.world, hardware)
        self.devices: dict[str, Any] = dict(devices)

    def _seconds_to_noon(self) -> float:
        return max(range(0, 88_000, 600), key=lambda s: self.world.sky_at(float(s)).sun_elevation)

    def ground(self, *, slope: float = 0.0, looseness: float = 0.0) -> None:
        """Makes all ground alike: slope to the north in degrees."""
        point = GroundPoint(0.0, 0.0, sin(radians(slope)) / cos(radians(slope)), looseness)
        self.world.terrain.ground = lambda east, north: point  # type: ignore[method-assign]


# ------------------------------------------------------------------------ wheels


async def test_wheel_odometry_does_not_feel_slip() -> None:
    bench = Bench()
    bench.ground(looseness=1.0)
    driven = await bench.devices["wheels"].drive(5.0)
    assert driven.distance == pytest.approx(5.0, rel=0.02)
    assert 1.5 < bench.body.north - 20.0 < 3.5


async def test_uphill_slips_more_than_on_the_flat() -> None:
    flat, steep = Bench(), Bench()
    flat.ground()
    steep.ground(slope=12.0)
    for bench in (flat, steep):
        await bench.devices["wheels"].drive(5.0)
    assert steep.body.north < flat.body.north - 0.3


async def test_a_drive_takes_its_time_and_stops_where_it_is_when_broken_off() -> None:
    bench = Bench()
    bench.ground()
    wheels = bench.devices["wheels"]
    begun = bench.world.now()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30.0):
            await wheels.drive(5.0)
    assert bench.world.now() - begun == pytest.approx(30.0)
    assert bench.body.north - 20.0 == pytest.approx(30.0 * 0.07, rel=0.1)
    assert (await wheels.state()).odometer == pytest.approx(2.1, rel=0.05)
    assert bench.electrical.consumption_of("wheels") == 0.0


async def test_a_rock_stops_the_drive_before_it_is_touched() -> None:
    bench = Bench()
    bench.ground()
    bench.rocks = [Rock(20.2, 23.0, 0.6, 0.35)]
    with pytest.raises(DeviceFault) as fault:
        await bench.devices["wheels"].drive(5.0)
    assert fault.value.code == "obstacle"
    assert hypot(bench.body.east - 20.2, bench.body.north - 23.0) > 0.3 + 0.6


async def test_a_steep_slope_is_a_tilt_fault_and_the_night_is_too_cold() -> None:
    bench = Bench()
    bench.ground(slope=28.0)
    with pytest.raises(DeviceFault) as fault:
        await bench.devices["wheels"].drive(1.0)
    assert fault.value.code == "tilt"
    bench.world.air_temperature = lambda: 190.0  # type: ignore[method-assign]
    with pytest.raises(DeviceFault) as fault:
        await bench.devices["wheels"].drive(1.0)
    assert fault.value.code == "cold"


async def test_a_dead_wheel_slows_and_two_stop() -> None:
    bench = Bench()
    bench.ground()
    bench.devices["wheels"].fail("dead_wheel", wheel=1)
    await bench.devices["wheels"].drive(4.0)
    assert bench.body.north - 20.0 < 3.5
    bench.devices["wheels"].fail("dead_wheel", wheel=2)
    with pytest.raises(DeviceFault) as fault:
        await bench.devices["wheels"].drive(4.0)
    assert fault.value.code == "stall"


# ------------------------------------------------------------------------ camera


async def test_visual_odometry_is_good_to_one_or_two_percent_on_textured_ground() -> None:
    bench = Bench()
    bench.ground()
    camera, errors = bench.devices["stereo_camera"], []
    await camera.set_reference()
    for _ in range(60):
        bench.body.north += 5.0
        motion = await camera.visual_motion()
        assert motion.valid
        errors.append(motion.ahead / 5.0 - 1.0)
    assert abs(fmean(errors)) < 0.006
    assert 0.006 < pstdev(errors) < 0.022


async def test_visual_odometry_fails_on_bare_ripples_and_in_the_dark() -> None:
    bench = Bench()
    bench.ground(looseness=1.0)
    camera = bench.devices["stereo_camera"]
    valid = 0
    for _ in range(20):
        await camera.set_reference()
        valid += (await camera.visual_motion()).valid
    assert valid < 12
    night = Bench(hour_offset=12.0)
    await night.devices["stereo_camera"].set_reference()
    assert not (await night.devices["stereo_camera"].visual_motion()).valid
    assert not (await night.devices["stereo_camera"].find_tubes()).valid


async def test_a_clear_tube_is_found_at_close_range_with_millimetres_and_few_degrees() -> None:
    bench = Bench()
    camera = bench.devices["stereo_camera"]
    ahead, headings, found = [], [], 0
    for _ in range(60):  # four hours
        near = [s for s in (await camera.find_tubes(3.0)).sightings if s.serial == TUBE
                or abs(s.ahead - 1.35) < 0.1]  # fmt: skip
        found += bool(near)
        ahead += [s.ahead - 1.35 for s in near]
        headings += [degrees(s.heading - 0.4) for s in near if abs(s.heading - 0.4) < 1.0]
    assert found / 60 > 0.9
    assert 0.002 < pstdev(ahead) < 0.012
    assert 1.0 < pstdev(headings) < 8.0


async def test_dust_on_a_tube_makes_it_harder_to_find() -> None:
    bench = Bench()
    bench.world.tubes.set_dust_cover(TUBE, 0.9)
    camera = bench.devices["stereo_camera"]
    found = 0
    for _ in range(60):
        sightings = (await camera.find_tubes(3.0)).sightings
        found += any(abs(s.ahead - 1.35) < 0.1 and abs(s.right) < 0.1 for s in sightings)
    assert 0.2 < found / 60 < 0.75


async def test_rocks_are_mapped_where_they_are_and_only_within_range() -> None:
    bench = Bench()
    bench.ground()
    bench.rocks = [Rock(21.0, 24.0, 0.8, 0.4), Rock(20.0, 22.0, 0.2, 0.1)]
    image = await bench.devices["stereo_camera"].map_hazards()
    assert len(image.hazards) <= 1
    for hazard in image.hazards:
        assert hazard.ahead == pytest.approx(4.0, abs=0.15)
        assert hazard.right == pytest.approx(1.0, abs=0.15)


# --------------------------------------------------------------- arm and gripper


async def test_a_well_placed_gripper_takes_the_tube_and_racks_it() -> None:
    bench = Bench()
    d = bench.devices
    await d["rover_arm"].move_to(1.35, 0.0, 0.0, 0.4)
    await d["gripper"].close()
    assert bench.world.tubes.state(TUBE).place == "rover_gripper"
    await d["rover_arm"].present()
    image = await d["stereo_camera"].view_gripper()
    assert image.valid and image.tube_present
    await d["rover_arm"].move_to_slot(7)
    await d["gripper"].open()
    assert bench.world.tubes.state(TUBE).slot == 7
    votes = [(await d["tube_rack"].state()).seated[7] for _ in range(5)]
    assert sum(votes) >= 4


@pytest.mark.parametrize(("aside", "turn"), [(0.05, 0.0), (0.0, 0.6)])
async def test_a_badly_placed_gripper_closes_on_nothing_and_looks_as_if_it_held(
    aside: float, turn: float
) -> None:
    bench = Bench()
    d = bench.devices
    right, back = aside * cos(0.4), -aside * sin(0.4)
    await d["rover_arm"].move_to(1.35 + back, right, 0.0, 0.4 + turn)
    state = await d["gripper"].close()
    assert bench.world.tubes.state(TUBE).place == "ground"
    assert state.force > 30.0
    await d["rover_arm"].present()
    assert not (await d["stereo_camera"].view_gripper()).tube_present


async def test_what_is_let_go_in_the_air_falls_to_the_ground() -> None:
    bench = Bench()
    d = bench.devices
    await d["rover_arm"].move_to(1.35, 0.0, 0.0, 0.4)
    await d["gripper"].close()
    await d["rover_arm"].present()
    await d["gripper"].open()
    assert bench.world.tubes.state(TUBE).place == "ground"


async def test_places_out_of_reach_are_refused_and_all_slots_are_within() -> None:
    bench = Bench()
    arm = bench.devices["rover_arm"]
    with pytest.raises(DeviceRejected, match="m from the shoulder"):
        await arm.move_to(3.0, 0.0, 0.0)
    for slot in range(36):
        arm._solve(*rack_place(slot), 0.0)


@pytest.mark.parametrize(("bearing", "within"), [(244.0, True), (64.0, False)])
async def test_the_container_is_reached_from_the_dock_and_not_from_the_other_side(
    bearing: float, within: bool
) -> None:
    bench = Bench()
    bench.ground()
    bench.world.place("lander", 50.0, 50.0)
    angle = radians(bearing)
    bench.body.east, bench.body.north = 50.0 + 2.0 * sin(angle), 50.0 + 2.0 * cos(angle)
    bench.body.heading = (angle + radians(180.0)) % radians(360.0)
    arm = bench.devices["rover_arm"]
    for socket in range(SOCKETS):
        place = arm._socket_place(socket)
        if within:
            arm._solve(*place)
        else:
            with pytest.raises(DeviceRejected, match="m from the shoulder"):
                arm._solve(*place)


async def test_a_closed_container_stops_the_arm_and_debris_lets_the_tube_stand_out() -> None:
    bench = Bench()
    bench.ground()
    d = bench.devices
    await d["rover_arm"].move_to(1.35, 0.0, 0.0, 0.4)
    await d["gripper"].close()
    bench.world.place("lander", 20.0 + 2.0 * sin(radians(64.0)), 20.0 + 2.0 * cos(radians(64.0)))
    bench.body.heading = radians(64.0)
    hardware = load_vehicle_file(Mav, mav.HARDWARE).hardware
    container: Any = mav.build(bench.world, hardware, bench.electrical)[1]["container"]
    d["rover_arm"].container = container
    with pytest.raises(DeviceFault) as fault:
        await d["rover_arm"].move_to_container(0)
    assert fault.value.code == "stall"
    container.lid, container.latched, container.debris = "stand", False, {0: 0.01}
    for _ in range(5):
        try:
            await d["rover_arm"].move_to_container(0)
            break
        except DeviceFault as again:
            assert again.code == "stall"  # on the rim
    await d["gripper"].open()
    assert bench.world.tubes.state(TUBE).place == "container"
    assert container.raised == {0: 0.01}
    votes = [(await container.state()).seated[0] for _ in range(5)]
    assert sum(votes) <= 1


async def test_the_joint_angles_put_the_hand_where_it_was_asked_for() -> None:
    bench = Bench()
    arm, p = bench.devices["rover_arm"], bench.devices["rover_arm"].parameters
    source = random.Random(1)
    for _ in range(50):
        ahead, right = source.uniform(1.1, 1.5), source.uniform(-0.4, 0.4)
        up = source.uniform(0.0, 0.4)
        waist, shoulder, elbow, wrist, _, _ = arm._solve(ahead, right, up, 0.0)
        reach = p.upper_arm * cos(shoulder) + p.forearm * cos(shoulder + elbow)
        height = p.upper_arm * sin(shoulder) + p.forearm * sin(shoulder + elbow)
        pitch = shoulder + elbow + wrist
        reach += p.hand * cos(pitch)
        height += p.hand * sin(pitch) + p.shoulder_up
        assert p.shoulder_ahead + reach * cos(waist) == pytest.approx(ahead, abs=1e-9)
        assert reach * sin(waist) == pytest.approx(right, abs=1e-9)
        assert height == pytest.approx(up, abs=1e-9)


async def test_a_stuck_joint_is_a_fault_and_a_broken_off_motion_stops_half_way() -> None:
    bench = Bench()
    arm = bench.devices["rover_arm"]
    start = arm.joints
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(20.0):
            await arm.present()
    assert arm.joints != start and arm.pose != "presented"
    arm.fail("joint_stall", joint=1)
    with pytest.raises(DeviceFault) as fault:
        await arm.present()
    assert fault.value.code == "stall"


# ---------------------------------------------------------------------- attitude


async def test_the_gyro_follows_turns_and_drifts_slowly() -> None:
    bench = Bench()
    bench.ground()
    imu = bench.devices["inertial_measurement_unit"]
    before = (await imu.state()).yaw
    await bench.devices["wheels"].turn(1.0)
    turned = (await imu.state()).yaw - before
    assert turned == pytest.approx(bench.body.heading, abs=radians(0.3))
    assert turned == pytest.approx(1.0, abs=0.25)
    await asyncio.sleep(10 * 3600.0)
    drift = degrees((await imu.state()).yaw - before - turned)
    assert 0.05 < abs(drift) < 40.0


async def test_a_shock_is_flagged_once_and_leaves_the_yaw_wrong() -> None:
    bench = Bench()
    imu = bench.devices["inertial_measurement_unit"]
    before = (await imu.state()).yaw
    imu.fail("saturate", error=0.5)
    after = await imu.state()
    assert after.saturated and after.yaw - before == pytest.approx(0.5, abs=0.05)
    assert not (await imu.state()).saturated


async def test_the_slope_is_seen_as_pitch_uphill_positive() -> None:
    bench = Bench()
    bench.ground(slope=5.0)
    state = await bench.devices["inertial_measurement_unit"].state()
    assert degrees(state.pitch) == pytest.approx(5.0, abs=1.0)
    assert degrees(state.roll) == pytest.approx(0.0, abs=1.0)


async def test_the_sun_gives_the_heading_by_day_only() -> None:
    bench = Bench()
    bench.body.heading = 0.7
    seen = await bench.devices["sun_sensor"].direction()
    assert seen.valid
    heading = bench.world.sun().sun_azimuth - seen.azimuth
    assert (heading - 0.7 + 3.14159) % 6.28319 - 3.14159 == pytest.approx(0.0, abs=radians(3.0))
    night = Bench(hour_offset=12.0)
    assert not (await night.devices["sun_sensor"].direction()).valid


async def test_a_seat_sensor_lies_rarely_and_a_broken_one_always() -> None:
    bench = Bench()
    rack = bench.devices["tube_rack"]
    false = 0
    for _ in range(200):
        false += sum((await rack.state()).seated)
    assert 2 < false < 40  # 7200 readings, two in a thousand
    rack.fail("stuck_closed", slot=3)
    assert (await rack.state()).seated[3]
    with pytest.raises(ValueError, match="has no failure"):
        rack.fail("melted")


async def test_without_power_nothing_answers() -> None:
    bench = Bench()
    bench.electrical._brownout = True
    bench.electrical._energy = 0.0
    for name in ("wheels", "inertial_measurement_unit", "tube_rack", "gripper"):
        with pytest.raises(DeviceFault) as fault:
            await bench.devices[name].state()
        assert fault.value.code == "no_power"
