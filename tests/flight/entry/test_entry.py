"""The capsule takes the container, is let go, and lies on the ground with its beacon on."""

import asyncio
import math
import sys
from pathlib import Path
from typing import Any

import pytest

from flight.core.chart.statechart_checks import check
from flight.icd.exchanges import SET_ENTRY, EntryTime, Topic

sys.path.insert(0, str(Path(__file__).parent))

from capsule_bench import THREE_DAYS, Bench, bench

from flight.core.custody.ledger import CustodyStatus
from flight.core.exchanges import ExchangeFailed
from flight.entry.node import EntryCapsule
from flight.entry.sensing import landing_signs, look
from flight.runtime.loop import VirtualLoop, run

ON_EARTH = ("earth", CustodyStatus.HELD)
IN_FALL = ("entry_capsule", CustodyStatus.IN_TRANSIT)


def test_the_statechart_is_sound() -> None:
    assert check(EntryCapsule.statechart) == []


async def until_landed(b: Bench) -> None:
    await b.rig.wait_for_state("entry", "landed", timeout=THREE_DAYS + 7_200.0)
    await asyncio.sleep(5.0)


def test_from_the_orbiter_to_the_beacon_on_the_ground(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, 10) as b:
            await b.load()
            assert b.status() == [("entry_capsule", CustodyStatus.HELD)] * 10
            await b.arm()
            await b.let_go()
            await b.rig.wait_for_state("entry", "released")
            assert b.status() == [IN_FALL] * 10
            await until_landed(b)
            assert b.status() == [ON_EARTH] * 10
            assert b.world.tubes.at("earth") == tuple(b.tubes)
            assert b.device("beacon").sending
            assert b.flight.touchdown_speed == pytest.approx(40.0, abs=1.5)
            assert b.flight.landed_at is not None and b.flight.released_at is not None
            entry = b.flight.released_at + THREE_DAYS
            assert b.flight.landed_at - entry == pytest.approx(360.0, abs=20.0)
            assert b.distance_from_target() < 10_000.0
            assert b.rig.nodes["entry"].peak_load == pytest.approx(150.0 * 9.81, rel=0.1)
            report = await b.rig.command("entry", "read_out")
            assert report.rung == "COMPLETED" and "'samples': 2" in report.detail
            await asyncio.sleep(12.0 * 3_600.0)
            assert b.rig.nodes["entry"].payload_temperature < 303.0
            names = b.rig.event_names("entry")
            assert "sensor_outvoted" not in names and "landing_unsure" not in names

    run(main(), VirtualLoop())


@pytest.mark.parametrize(
    ("device", "mode", "options", "outvoted"),
    [
        ("g_switch", "inverted", {}, "g_switch"),
        ("accelerometer", "inverted", {}, "accelerometer"),
        ("accelerometer", "invalid", {}, "accelerometer"),
    ],
)
def test_one_bad_sensor_is_outvoted(
    tmp_path: Path, device: str, mode: str, options: dict[str, object], outvoted: str
) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.arm()
            b.device(device).fail(mode, **options)
            await b.let_go()
            await b.rig.wait_for_event("entry", "entry_sensed", timeout=THREE_DAYS + 600.0)
            await until_landed(b)
            told = [e.data["sensor"] for e in b.rig.events if e.name == "sensor_outvoted"]
            assert told == [outvoted]
            assert b.device("beacon").sending
            # Without its accelerometer there is no second witness of the landing.
            settled = mode == "inverted"
            assert b.status() == [ON_EARTH if settled else IN_FALL] * 3
            assert b.world.tubes.at("earth") == tuple(b.tubes)

    run(main(), VirtualLoop())


def test_wires_that_do_not_tear_leave_the_landing_openly_unsure(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.arm()
            b.device("impact_sensor").fail("never_tears")
            await b.let_go()
            await until_landed(b)
            assert b.rig.event_names("entry").count("landing_unsure") == 1
            assert b.status() == [IN_FALL] * 3
            assert b.device("beacon").sending

    run(main(), VirtualLoop())


def test_what_the_entry_latched_is_not_taken_for_a_landing(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.arm()
            b.device("impact_sensor").fail("false_latch")
            await b.let_go()
            await b.rig.wait_for_state("entry", "descending", timeout=THREE_DAYS + 600.0)
            await asyncio.sleep(100.0)
            assert b.rig.nodes["entry"].state == "descending"
            assert b.status() == [IN_FALL] * 3
            await until_landed(b)
            assert b.status() == [ON_EARTH] * 3

    run(main(), VirtualLoop())


def test_the_loads_of_the_entry_are_no_shock_of_a_landing(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.arm()
            await b.let_go()
            await b.rig.wait_for_state("entry", "entering", timeout=THREE_DAYS + 600.0)
            await asyncio.sleep(20.0)
            node: Any = b.rig.nodes["entry"]
            seen = await look(node)
            assert seen.peak is not None and seen.peak > node.parameters["landing_shock"]
            assert await landing_signs(node, seen) == (False, False)

    run(main(), VirtualLoop())


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("stopped", {}),
        pytest.param("wire", {"wire": 1, "cut": False}, marks=pytest.mark.check),
        ("wire", {"wire": 0, "cut": True}),
    ],
)
def test_a_bad_timer_or_wire_does_not_keep_it_asleep(
    tmp_path: Path, mode: str, options: dict[str, object]
) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.arm()
            b.device("timer").fail(mode, **options)
            await b.let_go()
            await b.rig.wait_for_event("entry", "entry_sensed", timeout=THREE_DAYS + 600.0)
            await until_landed(b)
            assert b.status() == [ON_EARTH] * 3

    run(main(), VirtualLoop())


@pytest.mark.parametrize(
    ("after_entry", "pause"),
    [
        pytest.param(-100_000.0, 50_000.0, marks=pytest.mark.check, id="dormant"),
        pytest.param(-600.0, 30.0, marks=pytest.mark.check, id="awake"),
        pytest.param(-30.0, 60.0, id="asleep while the air begins to brake"),
        pytest.param(15.0, 5.0, id="at the peak"),
        pytest.param(20.0, 120.0, marks=pytest.mark.check, id="over the end of the braking"),
        pytest.param(200.0, 20.0, marks=pytest.mark.check, id="falling"),
        pytest.param(300.0, 300.0, id="over the landing"),
        pytest.param(-600.0, 1_200.0, marks=pytest.mark.check, id="over everything"),
    ],
)
def test_a_reboot_in_flight_is_survived(tmp_path: Path, after_entry: float, pause: float) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.arm()
            await b.let_go()
            await asyncio.sleep(THREE_DAYS + after_entry)
            await b.kill(pause)
            await until_landed(b)
            assert b.device("beacon").sending
            assert b.world.tubes.at("earth") == tuple(b.tubes)
            assert b.status() == [ON_EARTH] * 3

    run(main(), VirtualLoop())


def test_dead_from_before_the_release_the_ledger_still_tells_of_the_fall(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.arm()
            await b.rig.wait_for_state("entry", "armed")
            b.lying["entry"] = b.rig.nodes["entry"].ledger.records()
            await b.rig.kill("entry")
            await b.let_go()
            await asyncio.sleep(THREE_DAYS + 7_200.0)
            assert b.world.tubes.at("earth") == tuple(b.tubes)
            await b.rig.restart("entry")
            del b.lying["entry"]
            await until_landed(b)
            assert b.status() == [ON_EARTH] * 3
            assert b.device("beacon").sending

    run(main(), VirtualLoop())


def test_after_the_release_nobody_reaches_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.arm()
            await b.let_go()
            await b.rig.wait_for_state("entry", "released")
            identifier = b.rig.send("entry", "enter_safe")
            await asyncio.sleep(3_600.0)
            assert b.rig.rungs(identifier) == []
            assert b.rig.nodes["entry"].state == "released"

    run(main(), VirtualLoop())


def test_safe_in_flight_the_timer_still_brings_the_beacon(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.arm()
            await b.let_go()
            await b.rig.wait_for_state("entry", "released")
            b.rig.nodes["entry"].go_safe("for a test")
            await until_landed(b)
            assert b.device("beacon").sending
            assert b.status() == [ON_EARTH] * 3

    run(main(), VirtualLoop())


def test_let_go_without_being_armed_it_lives_by_its_sensors(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.let_go()
            await b.rig.wait_for_state("entry", "landed", timeout=6.0 * 86_400.0)
            await asyncio.sleep(5.0)
            assert b.rig.nodes["entry"].peak_load is None  # it slept over the entry
            assert b.status() == [ON_EARTH] * 3
            assert b.device("beacon").sending

    run(main(), VirtualLoop())


def test_it_is_armed_only_when_checked_full_and_in_time(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await asyncio.sleep(1.0)
            report = await b.rig.command("entry", "arm", entry_after=THREE_DAYS)
            assert report.rung == "REJECTED" and "run_checks first" in report.detail
            b.device("g_switch").fail("stuck", closed=True)
            report = await b.rig.command("entry", "run_checks")
            assert report.rung == "FAILED" and "g-switch" in report.detail
            b.device("g_switch").stuck = None
            await b.rig.command("entry", "run_checks")
            report = await b.rig.command("entry", "arm", entry_after=THREE_DAYS)
            assert report.rung == "REJECTED" and "holds no tube" in report.detail
            await b.load()
            report = await b.rig.command("entry", "arm", entry_after=60.0)
            assert report.rung == "REJECTED" and "1800" in report.detail
            report = await b.rig.wait_for_end(b.rig.send("entry", "arm", entry_after=THREE_DAYS))
            assert report.rung == "REJECTED" and "ARM it" in report.detail
            await b.arm()
            await b.rig.wait_for_state("entry", "armed")
            assert (await b.rig.command("entry", "disarm")).rung == "COMPLETED"
            await b.rig.wait_for_state("entry", "stowed")
            await asyncio.sleep(1.0)
            assert b.status() == [("entry_capsule", CustodyStatus.HELD)] * 3

    run(main(), VirtualLoop())


def test_seat_switches_are_outvoted_too(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            b.device("payload_bay").fail("stuck_switch", switch=0, value=False)
            await b.load()
            assert b.status() == [("entry_capsule", CustodyStatus.HELD)] * 3

    run(main(), VirtualLoop())


def test_a_run_repeats_bit_for_bit(tmp_path: Path) -> None:
    def flown(folder: Path) -> str:
        async def main() -> str:
            async with bench(folder) as b:
                await b.load()
                await b.arm()
                await b.let_go()
                await until_landed(b)
                return b.rig.log.sha256()

        return run(main(), VirtualLoop())

    assert flown(tmp_path / "a") == flown(tmp_path / "b")


HOSTILE = Topic(SET_ENTRY.name, dict[str, Any], dict[str, Any], ("entry",))


def test_the_orbiter_sets_the_time_of_an_armed_capsule_and_of_no_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.rig.command("entry", "run_checks")

            async def told(**data: object) -> object:
                answer = await b.orbiter.exchanges.ask("entry", HOSTILE, data)
                return answer["entry_after"]

            with pytest.raises(ExchangeFailed, match="stowed, not armed"):
                await told(entry_after=THREE_DAYS)
            await b.arm()
            await b.rig.wait_for_state("entry", "armed")
            for refused in (1800.0, 3.0e6 + 1.0, math.nan, None):
                with pytest.raises(ExchangeFailed, match="allowed is more than"):
                    await told(entry_after=refused)
            for refused in ("soon", True):
                with pytest.raises(ExchangeFailed, match="EntryTime cannot be read"):
                    await told(entry_after=refused)
            entry: Any = b.rig.nodes["entry"]
            assert entry.entry_after == THREE_DAYS
            with pytest.raises(ExchangeFailed, match="does not carry"):
                await entry._take_entry("rover", EntryTime(2.0e5))
            assert await told(entry_after=2.0e5) == 2.0e5
            await b.kill(60.0)
            assert b.rig.nodes["entry"].entry_after == 2.0e5

    run(main(), VirtualLoop())


def test_a_time_set_from_afar_has_it_watch_from_waking_on(tmp_path: Path) -> None:
    """Let go twenty minutes later than the ground had thought: the peak is kept all the same."""

    async def main() -> None:
        async with bench(tmp_path) as b:
            await b.load()
            await b.rig.command("entry", "run_checks")
            await b.rig.command("entry", "arm", entry_after=THREE_DAYS + 1200.0)
            await b.let_go()
            await until_landed(b)
            assert b.rig.nodes["entry"].peak_load == pytest.approx(150.0 * 9.81, rel=0.1)
            sensed = next(e for e in b.rig.events if e.name == "entry_sensed")
            assert sensed.data["late"] < -1_100.0

    run(main(), VirtualLoop())
