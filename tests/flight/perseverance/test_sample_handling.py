"""Tubes leave Perseverance one at a time, seen by sensors, and never get out of account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.custody.handover import HandoverFailed
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.icd.messages import Rung
from flight.icd.places import ARM_GRIPPER, CONTAINER, GROUND, PERSEVERANCE
from flight.perseverance.sample_handling import look
from flight.runtime.loop import VirtualLoop, run

DOCK = (330.0, -152.0)  # before the lander, facing it


@asynccontextmanager
async def at_dock(make_bench: Any) -> AsyncIterator[Any]:
    async with make_bench(start=DOCK) as bench:
        arm = bench.add_arm()
        await bench.rig.command("perseverance", "wake")
        await bench.rig.wait_for_state("perseverance", "surface.idle")
        report = await bench.rig.command("perseverance", "present")
        assert report.rung is Rung.COMPLETED, report.detail
        yield bench, arm


def test_away_from_the_dock_no_tube_is_handed_out(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench(start=(300.0, -150.0)) as bench:
            arm = bench.add_arm()
            await asyncio.sleep(1.0)
            with pytest.raises(HandoverFailed, match="only at the dock"):
                await arm.load(bench.tubes[0], 0)
            await bench.rig.command("perseverance", "wake")
            await bench.rig.wait_for_state("perseverance", "surface.idle")
            report = await bench.rig.command("perseverance", "present")
            assert report.rung is Rung.FAILED
            assert "m away" in report.detail
            assert len(bench.node.tubes_aboard()) == 7

    run(main(), VirtualLoop())


def test_a_tube_that_the_arm_did_not_get_is_put_away_for_the_next(make_bench: Any) -> None:
    async def main() -> None:
        async with at_dock(make_bench) as (bench, arm):
            first, second = bench.tubes[3], bench.tubes[1]
            with pytest.raises(HandoverFailed, match="did not arrive"):
                await arm.active.take(
                    first, "perseverance", lambda slot: asyncio.sleep(60.0), device="gripper"
                )
            assert bench.carousel.held_out == first
            assert bench.node.ledger.record(first).status is CustodyStatus.HELD
            await arm.load(second, 0)
            assert bench.world.tubes.at(CONTAINER) == (second,)
            await arm.load(first, 1)
            assert bench.carousel.held_out is None

    run(main(), VirtualLoop())


def test_the_arm_gets_a_tube_by_night_and_through_a_jam(make_bench: Any) -> None:
    async def main() -> None:
        async with at_dock(make_bench) as (bench, arm):
            await asyncio.sleep(0.6 * SOL_SECONDS)
            assert bench.node.asleep is True
            bench.carousel.fail("jam", count=2)
            await arm.load(bench.tubes[0], 0)
            assert bench.node.asleep is False
            assert bench.rig.event_names("perseverance").count("device_trouble") == 2
            await asyncio.sleep(3 * 3600.0)
            assert bench.node.asleep is True

    run(main(), VirtualLoop())


def test_a_carousel_that_stays_jammed_refuses_and_keeps_the_tube(make_bench: Any) -> None:
    async def main() -> None:
        async with at_dock(make_bench) as (bench, arm):
            bench.carousel.fail("jam", count=100)
            with pytest.raises(HandoverFailed, match="did not get through"):
                await arm.load(bench.tubes[0], 0)
            assert bench.node.ledger.record(bench.tubes[0]).status is CustodyStatus.HELD

    run(main(), VirtualLoop())


@pytest.mark.parametrize(("legible", "seen"), [(0.0, False), (1.0, True)])
def test_a_tube_at_the_port_that_nothing_names_is_none_of_those_without_a_slot(
    make_bench: Any, legible: float, seen: bool
) -> None:
    """An arm has put a tube there: no slot is presented, and of the one looked for none is known.
    """

    async def main() -> None:
        async with at_dock(make_bench) as (bench, _):
            tube, carousel = "M2020-99999-99", bench.carousel
            carousel.parameters = msgspec.structs.replace(carousel.parameters, legible=legible)
            carousel.held_out, carousel._presented = tube, None
            evidence = await look(bench.node, tube, None, False)
            assert evidence.present is seen, evidence.reading
            assert (await look(bench.node, bench.tubes[0], 0, False)).present, "in its slot"

    run(main(), VirtualLoop())


def test_the_arm_can_give_a_tube_back(make_bench: Any) -> None:
    async def main() -> None:
        async with at_dock(make_bench) as (bench, arm):
            tube, world = bench.tubes[2], bench.world

            async def take(slot: int | None) -> None:
                world.tubes.move(tube, ARM_GRIPPER)

            async def give(slot: int | None) -> None:
                assert slot == 2
                world.tubes.move(tube, PERSEVERANCE)

            await arm.active.take(tube, "perseverance", take, device="gripper")
            await arm.active.give(tube, "perseverance", PERSEVERANCE, give, device="gripper")
            assert bench.node.ledger.record(tube).status is CustodyStatus.HELD
            await arm.load(bench.tubes[0], 0)  # the one at the port is put away for it
            await arm.load(tube, 1)
            assert world.tubes.at(CONTAINER) == (bench.tubes[0], tube)

    run(main(), VirtualLoop())


def test_a_reboot_beside_the_lander_changes_nothing(make_bench: Any) -> None:
    async def main() -> None:
        async with at_dock(make_bench) as (bench, arm):
            await arm.load(bench.tubes[0], 0)
            await bench.kill()
            await asyncio.sleep(60.0)
            await bench.restart()
            assert bench.node.state == "surface.delivering"
            await asyncio.sleep(60.0)
            await arm.load(bench.tubes[1], 1)
            assert len(bench.node.tubes_aboard()) == 5
            assert "tube_missing" not in bench.rig.event_names("perseverance")

    run(main(), VirtualLoop())


def test_a_tube_is_dropped_only_when_armed_and_is_seen_on_the_ground(make_bench: Any) -> None:
    async def main() -> None:
        async with at_dock(make_bench) as (bench, _):
            tube = bench.tubes[4]
            identifier = bench.rig.send("perseverance", "drop_tube", tube=tube)
            assert (await bench.rig.wait_for_end(identifier)).rung is Rung.REJECTED
            report = await bench.rig.command("perseverance", "drop_tube", tube=tube)
            assert report.rung is Rung.COMPLETED, report.detail
            assert bench.world.tubes.state(tube).place == GROUND
            record = bench.node.ledger.record(tube)
            assert (record.status, record.place) == (CustodyStatus.HELD, GROUND)
            assert record.evidence.verified_by == "perseverance.stereo_camera"
            report = await bench.rig.command("perseverance", "drop_tube", tube=tube)
            assert report.rung is Rung.REJECTED
            assert "allowed is one aboard" in report.detail

    run(main(), VirtualLoop())


def test_in_the_dark_nothing_is_dropped(make_bench: Any) -> None:
    async def main() -> None:
        async with at_dock(make_bench) as (bench, _):
            await asyncio.sleep(0.6 * SOL_SECONDS)
            report = await bench.rig.command("perseverance", "drop_tube", tube=bench.tubes[0])
            assert report.rung is Rung.FAILED
            assert "dark" in report.detail
            assert bench.world.tubes.state(bench.tubes[0]).place == PERSEVERANCE

    run(main(), VirtualLoop())


@pytest.mark.parametrize("instant", [60.0, 250.0, 325.0, 345.0, 360.0, 450.0, 600.0])
def test_a_kill_during_a_drop_leaves_a_true_ledger(make_bench: Any, instant: float) -> None:
    async def main() -> None:
        async with at_dock(make_bench) as (bench, _):
            tube = bench.tubes[0]
            bench.rig.send("perseverance", "drop_tube", stage="arm", tube=tube)
            command = bench.rig.send("perseverance", "drop_tube", stage="fire", tube=tube)
            await asyncio.sleep(instant)
            await bench.kill()
            await asyncio.sleep(60.0)
            await bench.restart()
            await asyncio.sleep(7200.0)
            ends = [r for r in bench.rig.reports if r.identifier == command]
            assert ends[-1].rung in (Rung.ABORTED, Rung.COMPLETED)
            record = bench.node.ledger.record(tube)
            assert record.status is CustodyStatus.HELD
            assert record.place == bench.world.tubes.state(tube).place

    run(main(), VirtualLoop())


def test_a_slot_that_is_found_empty_is_said_openly(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench() as bench:
            await bench.rig.stop("perseverance")
            bench.carousel.fail("stuck_sensor", slot=3, value=False)
            await bench.rig.restart("perseverance")
            await asyncio.sleep(60.0)
            missing = [e for e in bench.rig.events if e.name == "tube_missing"]
            assert [e.data["slot"] for e in missing] == [3]

    run(main(), VirtualLoop())


def test_adopted_tubes_have_the_slots_of_the_load_list(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench() as bench:
            await asyncio.sleep(1.0)
            records = [bench.node.ledger.record(tube) for tube in bench.tubes]
            assert [record.slot for record in records] == list(range(7))
            assert records[0].evidence == Evidence("mission load", "slot 0 of the load list")

    run(main(), VirtualLoop())
