"""From a container on board to a capsule in the entry corridor, in virtual time."""

import asyncio
import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bench import Bench, bench, manifest

from flight.astrodynamics.earth_arrival import EquatorOfDate
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.time_scales import julian_date, utc_from_tt
from flight.astrodynamics.transfer_windows import Transfer, transfer
from flight.astrodynamics.vectors import dot, norm, transform
from flight.core.custody.ledger import CustodyStatus
from flight.core.keeping.memory import NAMESPACE as MEMORY
from flight.core.keeping.storage import Storage
from flight.icd.messages import Rung
from flight.icd.places import ENTRY_CAPSULE, ORBITER
from flight.runtime.loop import VirtualLoop, run
from sim_hw.dynamics.earth_entry import fly
from sim_hw.dynamics.entry_capsule import EARTH_ENTRY_SYSTEM

ENTRY_RADIUS = 6503137.0

DAY = 86_400.0
BEFORE_THE_WINDOW = julian_date(2030, 9, 20)


async def loaded(b: Bench) -> None:
    """The capture has been, and the capsule is closed."""
    b.vehicle.captured = True
    box = b.devices["containment"]
    box.oriented = box.sealed = box.tight = box.in_capsule = True
    if not b.world.tubes.at(ENTRY_CAPSULE):
        b.world.tubes.carry("orbit", ORBITER)
        b.world.tubes.carry(ORBITER, ENTRY_CAPSULE)
    await asyncio.sleep(1.0)
    await b.rig.stop("orbiter")
    storage = Storage(b.rig.folder / "orbiter.sqlite")
    storage.put("node", "rest_state", "loaded")
    storage.put(MEMORY, "container_captured", True)
    storage.put(MEMORY, "tubes_contained", len(b.tubes))
    storage.close()
    await b.rig.restart("orbiter")


def test_it_leaves_in_the_window_of_2030_and_puts_the_capsule_into_the_corridor(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with bench(tmp_path, epoch=BEFORE_THE_WINDOW) as b:
            await loaded(b)
            detail = await b.do("depart")
            window = next(e for e in b.rig.events if e.name == "window_chosen")
            # Least C3 of the window by DE421: 5.430 km2/s2 on 2030-11-09; the orbit's plane holds
            # the direction only now and then, so the day is another.
            assert window.data["best"] == 5.43
            assert window.data["departure"][:7] in ("2030-10", "2030-11")
            assert window.data["c3"] < 5.9
            left = next(e for e in b.rig.events if e.name == "departed")
            assert abs(left.data["c3"] - left.data["wanted"]) < 0.05, detail
            # What has left Mars has the energy that was wanted, once Mars pulls no more.
            wanted = departed_transfer(b)
            assert abs(left.data["c3"] - wanted.c3) < 0.05
            await b.rig.wait_for_state("orbiter", "approach", 1e9)
            assert abs(b.node.entry_angle + 25.0) < 0.1
            report = await b.rig.wait_for_end(b.rig.send("orbiter", "release_capsule"))
            assert report.rung == Rung.REJECTED  # hazardous: ARM, then FIRE
            await refuse_a_release(b)
            await b.do("release_capsule")
            released = next(e for e in b.rig.events if e.name == "capsule_released")
            assert 2.0 < released.data["distance"] < 4.5  # lunar distances
            capsule = b.world.space.bodies["entry_capsule"]
            await b.do("deflect")
            assert b.node.is_in("heliocentric")
            await asyncio.sleep(3.5 * DAY)
            check_entry(b, capsule)
            # Lambert neglects what planets pull on the way; patched spheres are 37 m/s off.
            speed = math.hypot(
                1000.0 * norm(wanted.arrival_v_infinity),
                math.sqrt(2.0 * EARTH.gravitational_parameter / ENTRY_RADIUS),
            )
            assert abs(norm(capsule.velocity()) - speed) < 10.0
            # The orbiter itself passes Earth.
            b.vehicle.body.advance()
            assert not b.vehicle.body.frozen and b.vehicle.body.centre == "earth"
            await asyncio.sleep(20.0 * DAY)
            b.vehicle.body.advance()
            assert b.vehicle.body.centre == "sun" and not b.vehicle.body.frozen

    run(main(), VirtualLoop())


def departed_transfer(b: Bench) -> Transfer:
    """Lambert's arc between massless planets, from when it left Mars to when it is to arrive."""
    departure = b.node.departure
    assert departure is not None
    dates = (b.rig.epoch_jd_tt + getattr(departure, name) / DAY for name in ("time", "arrival"))
    return transfer("mars", "earth", *dates)


async def refuse_a_release(b: Bench) -> None:
    """No capsule is let go when the predicted ellipse reaches out of what is allowed."""
    allowed = b.node.parameters["landing_radius"]
    for limit, words in (({"landing_radius": 5_000.0}, "from the site"),
                         ({"largest_ellipse": 5_000.0}, "from its centre"),
                         ({"entry_corridor": 0.02}, "outside the corridor")):  # fmt: skip
        kept = {name: b.node.parameters[name] for name in limit}
        await change(b, limit)
        arm = await b.rig.wait_for_end(b.rig.send("orbiter", "release_capsule", stage="arm"))
        assert arm.rung == Rung.COMPLETED
        fired = b.rig.send("orbiter", "release_capsule", stage="fire")
        report = await b.rig.wait_for_end(fired, 1e9)
        assert report.rung == Rung.FAILED and words in report.detail, report.detail
        assert b.vehicle.capsule_on_board and b.node.is_in("approach")
        await change(b, kept)
    assert b.node.parameters["landing_radius"] == allowed


async def change(b: Bench, values: dict[str, float]) -> None:
    await b.do("load_parameters", values=values)
    await b.do("activate_parameters")


def check_entry(b: Bench, capsule: object) -> None:
    """The capsule's true entry: angle, speed, and that it comes down in the predicted ellipse."""
    state = capsule.advance()  # type: ignore[attr-defined]
    assert capsule.frozen and capsule.centre == "earth"  # type: ignore[attr-defined]
    position, velocity = state[:3], state[3:6]
    angle = math.degrees(math.asin(dot(position, velocity) / norm(position) / norm(velocity)))
    assert 12_100.0 < norm(velocity) < 12_500.0
    told = [e for e in b.rig.events if e.name == "landing_predicted"][-1].data
    assert abs(angle - told["angle"]) < 4.0 * told["angle_sigma"] < 0.1
    assert told["miss"] < 5.0 and 5.0 < told["long"] < 15.0  # km
    axes = EquatorOfDate.at(utc_from_tt(b.rig.epoch_jd_tt + told["entry_time"] / DAY))
    start = (*transform(axes.from_icrf, position), *transform(axes.from_icrf, velocity))
    landed = fly(EARTH_ENTRY_SYSTEM, start, None, 1_300.0, axes.prime_meridian)
    north = (math.degrees(landed.latitude) - told["latitude"]) * 111.2
    east = (math.degrees(landed.east_longitude) - told["longitude"]) * 111.2
    assert math.hypot(north, east * math.cos(landed.latitude)) < 1.5 * told["long"]


def test_a_window_that_is_missed_is_followed_by_that_of_2033(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, epoch=julian_date(2031, 3, 1)) as b:
            await loaded(b)
            b.rig.send("orbiter", "depart", stage="arm")
            b.rig.send("orbiter", "depart", stage="fire")
            window = await b.rig.wait_for_event("orbiter", "window_chosen")
            assert window.data["departure"][:4] == "2033" and window.data["c3"] < 6.6
            await asyncio.sleep(10.0 * DAY)  # it waits, and burns nothing meanwhile
            assert b.node.is_in("departing") and b.events("departed") == []

    run(main(), VirtualLoop())


@pytest.mark.check
def test_two_years_are_waited_for_the_window_of_2033(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, epoch=julian_date(2031, 3, 1)) as b:
            await loaded(b)
            await b.do("depart")
            window = [e for e in b.rig.events if e.name == "window_chosen"][-1]
            assert window.data["departure"][:4] == "2033" and window.data["c3"] < 6.6
            assert b.node.is_in("cruise")

    run(main(), VirtualLoop())


def test_engines_that_do_not_ignite_are_tried_again_a_revolution_later(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, epoch=julian_date(2030, 10, 25)) as b:
            await loaded(b)
            b.devices["main_engine"].fail("no_ignition")
            await b.do("depart")
            assert len(b.events("departure_planned")) == 2
            assert b.node.is_in("cruise")

    run(main(), VirtualLoop())


def test_a_burn_that_is_cut_off_early_and_two_power_cuts_are_made_good(tmp_path: Path) -> None:
    """And without a release the orbiter turns away from Earth: all on one way home."""

    async def main() -> None:
        async with bench(tmp_path, epoch=julian_date(2030, 10, 25)) as b:
            await loaded(b)
            b.devices["main_engine"].fail("early_cutoff", fraction=0.95)
            identifier = b.rig.send("orbiter", "depart", stage="arm")
            identifier = b.rig.send("orbiter", "depart", stage="fire")
            await asyncio.sleep(3.0 * DAY)
            await power_cut(b)
            assert (await b.rig.wait_for_end(identifier, 1e9)).rung == Rung.COMPLETED
            assert len(b.events("burn_off_nominal")) == 1
            await asyncio.sleep(100.0 * DAY)
            await power_cut(b)
            await b.rig.wait_for_state("orbiter", "approach", 1e9)
            assert abs(b.node.entry_angle + 25.0) < 0.1
            await b.rig.wait_for_state("orbiter", "heliocentric", 1e9)
            assert b.node.perigee_altitude > 500_000.0

    run(main(), VirtualLoop())


async def power_cut(b: Bench) -> None:
    await b.rig.kill("orbiter")
    await asyncio.sleep(3600.0)
    await b.rig.restart("orbiter")


def test_containment_is_verified_by_sensors_and_leaks_are_sealed_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.do("load_manifest", records=manifest(b.tubes))
            b.vehicle.captured = True
            b.world.tubes.carry("orbit", ORBITER)
            from flight.orbiter.custody import end_capture, find_in_orbit

            find_in_orbit(b.node, 10.0)
            assert end_capture(b.node, True, "felt") == 3
            b.node.container_captured = True
            await b.do("enter_safe")
            await asyncio.sleep(1.0)
            await b.do("leave_safe")
            await asyncio.sleep(1.0)
            b.devices["containment"].fail("leak")
            b.devices["containment"].fail("jam")
            await b.do("contain")
            assert [(r.place, r.status) for r in b.node.ledger.records()] == [
                ("entry_capsule", CustodyStatus.HELD)
            ] * 3
            assert [b.world.tubes.state(t).place for t in b.tubes] == ["entry_capsule"] * 3
            assert b.node.leak_rate < 1e-8 and b.node.sample_temperature < 303.0

    run(main(), VirtualLoop())


def test_a_weak_heater_does_not_count_as_sterilised(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            b.vehicle.captured = True
            b.node.container_captured = True
            await b.do("enter_safe")
            await asyncio.sleep(1.0)
            await b.do("leave_safe")
            await asyncio.sleep(1.0)
            b.devices["containment"].fail("weak_heater", fraction=0.8)
            report = await b.command("contain")
            assert report.rung == Rung.FAILED and "sterilised for 0 s only" in report.detail
            assert b.node.is_in("loaded")

    run(main(), VirtualLoop())
