"""The MAV is launched from the lander into orbit, or says why not."""

import asyncio
import math
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from launch_bench import TUBES, LaunchBench, launch_bench

from flight.core.chart.statechart_checks import check
from flight.core.custody.ledger import CustodyStatus
from flight.icd.ascent_record import assemble, unpack_samples
from flight.icd.messages import Telemetry
from flight.mav.node import Mav
from flight.runtime.loop import VirtualLoop, run
from ground.missions.vehicle_files import load_vehicle_file
from ground.reports.ascent_design import design_of
from ground.reports.ascent_report import ascent_report, markdown
from sim_hw.assembly.mav import HARDWARE

RELEASE_PAUSES = (0.0, 1.0, 10.0, 60.0)


def statuses(b: LaunchBench) -> list[tuple[str, CustodyStatus]]:
    return [(r.place, r.status) for r in b.mav.ledger.records()]


def gather_chunks(b: LaunchBench) -> list[str]:
    chunks: list[str] = []
    times: set[int] = set()

    def hear(message: Any) -> None:
        if isinstance(message, Telemetry) and "ascent_chunk" in message.values:
            chunks.append(message.values["ascent_chunk"])
            # An archive takes two samples of a channel at one instant for copies of each other.
            assert message.time_ns not in times
            times.add(message.time_ns)

    b.rig.observers.append(hear)
    return chunks


def test_the_statechart_is_sound() -> None:
    assert check(Mav.statechart) == []


def test_it_flies_from_ready_to_orbit_and_sends_its_record(tmp_path: Path) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            chunks = gather_chunks(b)
            await b.prepare()
            report = await b.rig.command("mav", "launch")
            assert report.rung == "COMPLETED" and report.detail.startswith("in orbit"), report
            low, high = b.true_heights()
            assert 300.0 < low <= high < 380.0
            assert b.places() == ["orbit"] * len(TUBES)
            assert statuses(b) == [("orbit", CustodyStatus.HELD)] * len(TUBES)
            assert b.device("beacon").sending
            assert "container" in b.world.space.bodies
            orbit = next(e for e in b.rig.events if e.name == "orbit_determined")
            assert abs(orbit.data["inclination"] - 25.0) < 0.1
            assert b.rig.nodes["mav"].record_chunks == len(chunks) > 10  # type: ignore[attr-defined]
            # The record comes down whole, also when a chunk was lost and is asked for again.
            del chunks[3]
            again = await b.rig.command("mav", "send_ascent_data", first=3, last=3)
            assert again.detail == "1 chunks"
            samples = unpack_samples(assemble(chunks))
            file = load_vehicle_file(Mav, HARDWARE)
            found = ascent_report(samples, design_of(file.flight, file.hardware))
            truth = b.truth.body.loads
            assert not found.gaps
            assert abs(found.dynamic_pressure.value / truth.dynamic_pressure - 1.0) < 0.15
            assert abs(found.axial_acceleration.value / truth.acceleration - 1.0) < 0.01
            assert abs(found.first_burn.duration_off) < 0.05
            assert "first" in markdown(found)

    run(main(), VirtualLoop())


def test_with_a_dead_gauge_it_is_made_ready_by_what_the_self_test_measures(tmp_path: Path) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            systems = b.device("systems")
            original = systems.state

            async def dead() -> Any:
                return msgspec.structs.replace(await original(), state_of_charge=math.nan)

            systems.state = dead
            await b.prepare()
            assert b.mav.state == "prepared"
            assert b.mav.state_of_charge is None and b.mav.first_motor_temperature is not None

    run(main(), VirtualLoop())


def test_the_count_holds_without_permission_and_scrubs_when_the_window_closes(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.prepare()
            lander: Any = b.rig.nodes["lander"]
            lander.permits = False
            report = await b.rig.command("mav", "launch", window=1800.0)
            assert report.rung == "FAILED" and "scrubbed" in report.detail
            # What the ground has to know, to clear the way before the next window.
            assert report.detail.endswith("the lander does not permit: the arm is in the way")
            held = [e.text for e in b.rig.events if e.name == "count_held"]
            assert held and "the arm is in the way" in held[0]
            await b.rig.wait_for_state("mav", "prepared")
            assert b.truth.body is None
            report = await b.rig.command("mav", "stand_down")
            assert report.rung == "COMPLETED"
            await b.rig.wait_for_state("mav", "ready")

    run(main(), VirtualLoop())


def test_a_launch_needs_arm_and_fire_and_a_rehearsal(tmp_path: Path) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.make_ready()
            report = await b.rig.command("mav", "launch")
            assert report.rung == "REJECTED" and "not allowed in state ready" in report.detail
            b.device("second_igniter").fail("open")
            report = await b.rig.command("mav", "prepare_launch")
            assert report.rung == "FAILED" and "second igniter's circuit is open" in report.detail
            b.device("second_igniter").is_open = False
            assert (await b.rig.command("mav", "prepare_launch")).rung == "COMPLETED"
            report = await b.rig.wait_for_end(b.rig.send("mav", "launch"))
            assert report.rung == "REJECTED" and "ARM it" in report.detail

    run(main(), VirtualLoop())


def test_an_ejector_that_is_stuck_leaves_all_on_the_lander(tmp_path: Path) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.prepare()
            b.device("ejector").fail("stuck")
            report = await b.rig.command("mav", "launch")
            assert report.rung == "FAILED" and "not ejected" in report.detail
            await b.rig.wait_for_state("mav", "ready")
            assert statuses(b) == [("mav", CustodyStatus.HELD)] * len(TUBES)
            report = await b.rig.command("mav", "prepare_launch")
            assert report.rung == "FAILED" and "ejector is spent" in report.detail

    run(main(), VirtualLoop())


def test_a_first_motor_that_never_lights_is_said_to_be_the_loss(tmp_path: Path) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path) as b:
            await b.prepare()
            b.device("first_igniter").fail("misfire", shots=2)
            report = await b.rig.command("mav", "launch")
            await b.rig.wait_for_state("mav", "lost")
            assert report.rung == "FAILED" and "lost" in report.detail
            lost = next(e for e in b.rig.events if e.name == "vehicle_lost")
            assert "did not light in mid-air" in lost.text and lost.severity == "FATAL"
            assert {status for _, status in statuses(b)} == {CustodyStatus.UNKNOWN}
            await asyncio.sleep(60.0)
            b.truth.body.advance()
            assert b.truth.body.crashed

    run(main(), VirtualLoop())


def test_it_survives_a_reboot_in_the_coast_one_bad_wire_and_a_stuck_stage(tmp_path: Path) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path, seed=11, coarse=True) as b:
            await b.prepare()
            b.device("first_igniter").fail("misfire", shots=1)
            b.device("separation").fail("stuck", part="first_stage")
            b.device("separation").fail("stuck", part="container", shots=3 * len(RELEASE_PAUSES))
            identifier = b.fire()
            await b.rig.wait_for_state("mav", "launching.coasting")
            await asyncio.sleep(100.0)
            await b.rig.kill("mav")
            await asyncio.sleep(40.0)
            await b.rig.restart("mav")
            report = await b.rig.wait_for_end(identifier)
            assert "flight_recalled" in b.rig.event_names("mav")
            # Each try failed: the container stays with the stage, and everybody is told.
            assert report.rung == "FAILED" and "container was not let go" in report.detail
            await b.rig.wait_for_state("mav", "in_orbit")
            assert statuses(b) == [("mav", CustodyStatus.HELD)] * len(TUBES)
            low, high = b.true_heights()
            assert 280.0 < low <= high < 400.0
            report = await b.rig.command("mav", "release_container")
            assert report.rung == "COMPLETED", report
            assert b.places() == ["orbit"] * len(TUBES)

    run(main(), VirtualLoop())


def test_a_weak_second_motor_ends_in_the_best_orbit_that_is_left(tmp_path: Path) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path, coarse=True) as b:
            await b.prepare()
            b.device("second_igniter").fail("weak", share=0.978)
            report = await b.rig.command("mav", "launch")
            assert report.rung == "COMPLETED", report
            orbit = next(e for e in b.rig.events if e.name == "orbit_determined")
            assert orbit.data["reduced"]
            low, high = b.true_heights()
            assert abs(orbit.data["periapsis"] - low) < 25.0
            assert 150.0 < low < 330.0 < high
            assert b.places() == ["orbit"] * len(TUBES)

    run(main(), VirtualLoop())


@pytest.mark.parametrize(
    ("state", "after", "pause", "ends"),
    [
        ("launching.countdown", 100.0, 60.0, "countdown"),
        ("launching.ejecting", 0.2, 3.0, "lost"),
        ("launching.first_burn", 40.0, 5.0, "lost"),
    ],
)
def test_a_reboot_is_survived_or_the_loss_is_stated(
    tmp_path: Path, state: str, after: float, pause: float, ends: str
) -> None:
    async def main() -> None:
        async with launch_bench(tmp_path, coarse=True) as b:
            await b.prepare()
            identifier = b.fire()
            await b.rig.wait_for_state("mav", state)
            await asyncio.sleep(after)
            await b.rig.kill("mav")
            await asyncio.sleep(pause)
            await b.rig.restart("mav")
            if ends == "countdown":
                await b.rig.wait_for_state("mav", "launching.countdown")
                b.rig.send("mav", "abort_activity")
                report = await b.rig.wait_for_end(identifier)
                assert report.rung == "ABORTED"
                await b.rig.wait_for_state("mav", "prepared")
                assert b.truth.body is None
                return
            report = await b.rig.wait_for_end(identifier)
            assert report.rung == "FAILED" and "lost" in report.detail
            assert b.mav.state == "lost"
            assert {status for _, status in statuses(b)} == {CustodyStatus.UNKNOWN}

    run(main(), VirtualLoop())
