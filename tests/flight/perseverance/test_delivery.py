"""Perseverance keeps its tubes, and drives to the lander with them at its published pace."""

import asyncio
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.chart.statechart_checks import check
from flight.core.custody.ledger import CustodyStatus
from flight.icd.messages import TERMINAL_RUNGS, Rung
from flight.icd.places import CONTAINER
from flight.perseverance.node import Perseverance
from flight.runtime.loop import VirtualLoop, run
from flight.surface.sol_budget import SolBudget

AUTONAV_PACE = 120.0  # m/h, published
LONGEST_SOL = 347.7  # m, published


def terminal_rungs(bench: Any, identifier: str) -> list[Rung]:
    return [rung for rung in bench.rig.rungs(identifier) if rung in TERMINAL_RUNGS]


def test_the_statechart_is_sound() -> None:
    assert check(Perseverance.statechart) == []


def test_parked_it_sleeps_for_weeks_keeps_its_tubes_and_says_little(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench() as bench:
            await asyncio.sleep(45 * SOL_SECONDS)
            node = bench.node
            assert node.state == "parked"
            assert node.asleep is True
            assert node.tubes_held == len(bench.tubes) == 7
            assert "tube_missing" not in bench.rig.event_names("perseverance")
            assert bench.electrical.state_of_charge > 0.99
            assert bench.rig.log.count < 2000

    run(main(), VirtualLoop())


def test_it_delivers_over_several_sols_at_its_pace_through_a_kill(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench() as bench:
            start = bench.body.east, bench.body.north
            command = bench.rig.send("perseverance", "deliver_tubes")
            await bench.rig.wait_for_state("perseverance", "surface.driving.traversing")
            await asyncio.sleep(3600.0)
            way = ((bench.body.east - start[0]) ** 2 + (bench.body.north - start[1]) ** 2) ** 0.5
            assert 0.8 * AUTONAV_PACE < way < 1.1 * AUTONAV_PACE

            await bench.kill()
            await asyncio.sleep(200.0)
            await bench.restart()
            await bench.rig.wait_for_event("perseverance", "going_to_sleep")
            driven = bench.node.distance_driven
            assert 0.9 * LONGEST_SOL < driven <= LONGEST_SOL + 1.0

            report = await bench.rig.wait_for_end(command)
            assert report.rung is Rung.COMPLETED, report.detail
            assert terminal_rungs(bench, command) == [Rung.COMPLETED]
            assert 2.0 < bench.world.now() / SOL_SECONDS < 4.0
            assert bench.node.state == "surface.delivering"
            assert bench.distance_to_lander() == pytest.approx(2.0, abs=0.25)

            arm = bench.add_arm()
            await asyncio.sleep(1.0)
            for socket, tube in enumerate(bench.tubes[:2]):
                await arm.load(tube, socket)
            await asyncio.sleep(2000.0)
            assert bench.world.tubes.at(CONTAINER) == bench.tubes[:2]
            assert bench.node.tubes_held == 5
            for tube in bench.tubes[:2]:
                assert bench.node.ledger.record(tube).status is CustodyStatus.HANDED_OVER
                assert arm.ledger.record(tube).status is CustodyStatus.HELD

    run(main(), VirtualLoop())


@pytest.mark.parametrize("instant", [1.0, 40.0, 400.0, 900.0, 1400.0, 1650.0, 1800.0])
def test_a_kill_at_any_time_of_a_delivery_ends_at_the_dock(make_bench: Any, instant: float) -> None:
    async def main() -> None:
        async with make_bench(start=(300.0, -120.0)) as bench:
            command = bench.rig.send("perseverance", "deliver_tubes")
            await asyncio.sleep(instant)
            await bench.kill()
            await asyncio.sleep(30.0)
            await bench.restart()
            assert (await bench.rig.wait_for_end(command)).rung is Rung.COMPLETED
            assert terminal_rungs(bench, command) == [Rung.COMPLETED]
            assert bench.node.state == "surface.delivering"
            assert bench.distance_to_lander() == pytest.approx(2.0, abs=0.25)

    run(main(), VirtualLoop())


def test_an_abort_stops_the_wheels_and_a_new_command_goes_on(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench(start=(280.0, -120.0)) as bench:
            command = bench.rig.send("perseverance", "deliver_tubes")
            await asyncio.sleep(600.0)
            bench.rig.send("perseverance", "abort_activity")
            assert (await bench.rig.wait_for_end(command)).rung is Rung.ABORTED
            assert bench.node.state == "surface.idle"
            stopped = bench.body.east, bench.body.north
            await asyncio.sleep(600.0)
            assert (bench.body.east, bench.body.north) == stopped
            report = await bench.rig.command("perseverance", "deliver_tubes")
            assert report.rung is Rung.COMPLETED

    run(main(), VirtualLoop())


def test_it_does_not_drive_at_night(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench(start=(280.0, -120.0)) as bench:
            await asyncio.sleep(0.6 * SOL_SECONDS)
            bench.rig.send("perseverance", "deliver_tubes")
            await asyncio.sleep(0.2 * SOL_SECONDS)
            assert bench.node.state == "surface.driving.sleeping"
            assert bench.node.asleep is True
            assert bench.body.east == 280.0
            await bench.rig.wait_for_state("perseverance", "surface.delivering")

    run(main(), VirtualLoop())


def test_without_charge_it_waits_until_the_generator_has_charged(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench(start=(280.0, -120.0)) as bench:
            bench.electrical.set_load("leak", 700.0)
            await asyncio.sleep(5000.0)
            bench.electrical.set_load("leak", 0.0)
            low = bench.electrical.state_of_charge
            assert low < 0.5
            command = bench.rig.send("perseverance", "deliver_tubes")
            await bench.rig.wait_for_event("perseverance", "going_to_sleep")
            await bench.rig.wait_for_event("perseverance", "woke_up")
            assert bench.electrical.state_of_charge >= 0.5
            assert (await bench.rig.wait_for_end(command)).rung is Rung.COMPLETED

    run(main(), VirtualLoop())


def test_wheels_that_fail_fail_the_command_and_leave_it_idle(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench(start=(280.0, -120.0)) as bench:
            bench.devices["wheels"].dead_wheels = [0, 1]
            report = await bench.rig.command("perseverance", "deliver_tubes")
            assert report.rung is Rung.FAILED
            assert "do not turn" in report.detail
            assert bench.node.state == "surface.idle"

    run(main(), VirtualLoop())


def test_it_goes_safe_when_the_batteries_run_down_and_leaves_it_by_command(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench() as bench:
            bench.electrical.set_load("leak", 400.0)
            await bench.rig.wait_for_state("perseverance", "safe")
            bench.electrical.set_load("leak", 0.0)
            await asyncio.sleep(2 * SOL_SECONDS)
            assert bench.electrical.state_of_charge > 0.5
            assert bench.node.state == "safe"
            await bench.rig.command("perseverance", "leave_safe")
            await bench.rig.wait_for_state("perseverance", "surface.idle")
            await bench.rig.command("perseverance", "park")
            await bench.rig.wait_for_state("perseverance", "parked")

    run(main(), VirtualLoop())


def test_the_coming_night_gives_no_energy_for_today(make_bench: Any) -> None:
    async def main() -> None:
        async with make_bench() as bench:
            await asyncio.sleep(1.0)
            sols: SolBudget = bench.node.sols
            noon = bench.node.clock.jd_tt()
            plan = sols.planner.plan(noon, bench.node.parameters["energy_reserve"])
            assert plan.work == 0.0
            full = sols.planner.plan(noon, 1.0)
            stored = 0.6 * bench.node.parameters["battery_capacity"]
            assert full.work * 195.0 / 3600.0 < stored

    run(main(), VirtualLoop())
