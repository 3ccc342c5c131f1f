"""The orbiter's devices: limits, noise, and what they do when they fail."""

import asyncio
import math
from typing import Any

import pytest

from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import add, norm, scale, subtract, unit
from flight.icd.devices.base import DeviceFault
from flight.orbiter.node import Orbiter
from flight.runtime.loop import VirtualLoop, run
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly import orbiter
from sim_hw.world.spacecraft import orbiting
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World


def build(offset: tuple[float, float, float]) -> dict[str, Any]:
    """The devices, and a container at an offset (m) from the orbiter."""
    world = World(1, julian_date(2029, 7, 1), TubeRegistry([], {}))
    _, devices = orbiter.build(world, load_vehicle_file(Orbiter, orbiter.HARDWARE).hardware)
    found: dict[str, Any] = dict(devices)
    body = found["camera"].vehicle.body
    world.space.add(orbiting("container", world.now, add(body.position(), offset), body.velocity()))
    return found


async def pointed(devices: dict[str, Any]) -> Any:
    vehicle = devices["camera"].vehicle
    await devices["attitude_control"].point(list(vehicle.relative_position()))
    return vehicle


def test_the_lidar_reaches_500_metres_and_not_600() -> None:
    async def main(distance: float) -> tuple[list[Any], float]:
        devices = build((0.0, distance, 0.0))
        vehicle = await pointed(devices)
        scans = [await devices["lidar"].scan() for _ in range(100)]
        return scans, norm(vehicle.relative_position())

    near, truth = run(main(450.0), VirtualLoop())
    seen = [scan for scan in near if scan.valid]
    assert 85 < len(seen) < 100  # some drop out
    assert sum(s.range for s in seen) / len(seen) == pytest.approx(truth, abs=0.05)
    assert not any(scan.valid for scan in run(main(600.0), VirtualLoop())[0])


def test_the_camera_sees_only_what_is_in_its_field_lit_and_near_enough() -> None:
    async def main() -> None:
        devices = build((0.0, 50_000.0, 0.0))
        vehicle = await pointed(devices)
        camera = devices["camera"]
        near = math.inf
        while not math.isfinite(near):  # out of the shadow of Mars
            await asyncio.sleep(600.0)
            line, sun = vehicle.relative_position(), vehicle.body.sun_direction()
            near = camera.magnitude(line, sun)
        far = camera.magnitude(scale(20.0, line), sun)
        assert far - near == pytest.approx(5.0 * math.log10(20.0), abs=2.0)
        await pointed(devices)
        assert any(camera._container(sun) is not None for _ in range(20))  # some are missed
        await devices["attitude_control"].point(list(scale(-1.0, vehicle.relative_position())))
        assert not any(camera._container(sun) is not None for _ in range(20))
        camera.fail("blind")
        with pytest.raises(DeviceFault, match="no image"):
            await camera.expose(1.0)

    run(main(), VirtualLoop())


def test_thrusters_have_a_smallest_and_a_largest_change_and_an_error() -> None:
    async def main() -> None:
        devices = build((0.0, 1e5, 0.0))
        thrusters = devices["thrusters"]
        body = thrusters.vehicle.body
        with pytest.raises(DeviceFault, match="smallest"):
            await thrusters.fire([1e-5, 0.0, 0.0])
        with pytest.raises(DeviceFault, match="allowed"):
            await thrusters.fire([100.0, 0.0, 0.0])
        mass = thrusters.vehicle.mass
        gained = []
        for _ in range(30):
            before = body.velocity()
            thrusters._push((1.0, 0.0, 0.0), 1.0)
            gained.append(norm(subtract(body.velocity(), before)))
        mean = sum(gained) / len(gained)
        spread = math.sqrt(sum((g - mean) ** 2 for g in gained) / len(gained))
        assert mean == pytest.approx(1.0, abs=0.01) and 0.004 < spread < 0.02
        assert thrusters.vehicle.mass < mass
        thrusters.fail("valve")
        with pytest.raises(DeviceFault, match="valve"):
            await thrusters.fire([0.5, 0.0, 0.0])

    run(main(), VirtualLoop())


def test_accelerometers_feel_a_long_burn_and_a_cancelled_one_stops() -> None:
    async def main() -> None:
        devices = build((0.0, 1e5, 0.0))
        engine, unit_ = devices["main_engine"], devices["inertial_unit"]
        await engine.burn([0.0, 1.0, 0.0], 100.0, [0.0, 0.0, 1.0])
        felt = (await unit_.state()).delta_v
        assert math.hypot(*felt) == pytest.approx(100.0, rel=0.005)
        task = asyncio.get_running_loop().create_task(
            engine.burn([0.0, 1.0, 0.0], 100.0, [0.0, 0.0, 1.0])
        )
        await asyncio.sleep(50.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        more = math.hypot(*(await unit_.state()).delta_v) - math.hypot(*felt)
        assert 10.0 < more < 40.0
        assert not engine.vehicle.body.thrusting

    run(main(), VirtualLoop())


def test_the_cone_keeps_what_comes_in_slowly_on_its_axis_and_throws_out_the_rest() -> None:
    async def main(aside: float, speed: float) -> tuple[Any, Any]:
        devices = build((0.0, 4.0, 0.0))
        vehicle = await pointed(devices)
        container = vehicle.world.space.bodies["container"]
        ahead = vehicle.boresight()
        sideways = unit((-ahead[1], ahead[0], 0.0))
        state = vehicle.body.advance()
        place = add(state[:3], add(scale(4.0, ahead), scale(aside, sideways)))  # type: ignore[arg-type]
        container.advance()
        container.state = (*place, *add(state[3:6], scale(-speed, ahead)))  # type: ignore[arg-type]
        return await devices["capture_cone"].close_on_trigger(120.0), devices

    closed, devices = run(main(0.05, 0.07), VirtualLoop())
    assert closed.triggered and closed.lid_closed
    assert run_state(devices)
    closed, devices = run(main(0.5, 0.07), VirtualLoop())
    assert not closed.lid_closed and devices["capture_cone"].collisions
    closed, devices = run(main(0.0, 0.5), VirtualLoop())
    assert not closed.lid_closed and devices["capture_cone"].collisions


def run_state(devices: dict[str, Any]) -> bool:
    captured: bool = devices["capture_cone"].vehicle.captured
    return captured


def test_unknown_failures_are_refused_in_words() -> None:
    async def main() -> None:
        for device in build((0.0, 100.0, 0.0)).values():
            with pytest.raises(ValueError, match="it has"):
                device.fail("nonsense")

    run(main(), VirtualLoop())


@pytest.mark.parametrize(
    ("device", "arguments", "seconds"),
    [("thrusters", ([0.0, 1.0, 0.0],), 10.0),
     ("main_engine", ([0.0, 1.0, 0.0], 100.0, [0.0, 0.0, 1.0]), 60.0)],
)  # fmt: skip
def test_a_burn_is_felt_while_it_goes_on(
    device: str, arguments: tuple[Any, ...], seconds: float
) -> None:
    async def main() -> None:
        devices = build((0.0, 1e6, 0.0))
        engine, unit = getattr(devices[device], "burn", None), devices["inertial_unit"]
        begin = engine or devices[device].fire
        assert (await unit.state()).delta_v == [0.0, 0.0, 0.0]
        work = asyncio.ensure_future(begin(*arguments))
        sums = []
        for _ in range(3):
            await asyncio.sleep(0.2 * seconds / 3.0)
            sums.append((await unit.state()).delta_v[1])
        assert 0.0 < sums[0] < sums[1] < sums[2]
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        end = (await unit.state()).delta_v
        assert end[1] == pytest.approx(sums[2], rel=0.1), "and what it gave is what it had come to"
        await asyncio.sleep(10.0)
        assert (await unit.state()).delta_v == end, "off, it gives nothing"

    run(main(), VirtualLoop())


def test_a_spare_unit_counts_from_when_it_is_used() -> None:
    async def main() -> None:
        devices = build((0.0, 1e6, 0.0))
        first, spare = devices["inertial_unit"], devices["inertial_unit_b"]
        await devices["thrusters"].fire([0.0, 1.0, 0.0])
        before = (await spare.state()).delta_v
        assert before == [0.0, 0.0, 0.0] and (await first.state()).delta_v[1] > 0.9
        await devices["thrusters"].fire([0.0, 1.0, 0.0])
        assert (await spare.state()).delta_v[1] == pytest.approx(1.0, abs=0.1)
        assert (await first.state()).delta_v[1] == pytest.approx(2.0, abs=0.1)

    run(main(), VirtualLoop())
