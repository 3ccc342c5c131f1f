"""The safe state charges the battery, whatever angle of the arrays was loaded for it."""

import asyncio
from pathlib import Path

import pytest

from flight.runtime.loop import VirtualLoop, run
from sim_hw.devices.orbiter_array_drive import ArrayDriveParameters, SimArrayDrive
from tests.flight.orbiter.bench import Bench, bench
from tests.sim_hw.devices.orbiter_stubs import device, refused

HOUR = 3600.0


class Power:
    """A power system that is told what the arrays give."""

    generator_share = 1.0

    def advance(self) -> None:
        pass


def safe_for(folder: Path, angle: float, seconds: float) -> tuple[Bench, float]:
    """An orbiter that is safe for a while, and its true charge then."""

    async def main() -> tuple[Bench, float]:
        async with bench(folder, parameters={"safe_array_angle": angle}) as b:
            await b.do("enter_safe")
            await asyncio.sleep(seconds)
            battery = b.devices["battery"]._electrical
            charge = battery.state_of_charge
            await b.do("leave_safe")
            await asyncio.sleep(2.0 * HOUR)
            assert battery.generator_share == 1.0, "nobody holds the arrays any more"
            return b, charge

    return run(main(), VirtualLoop())


@pytest.mark.parametrize(
    ("angle", "why"), [(0.0, ""), (60.0, ""), (90.0, " A"), (-180.0, "stop")]
)
def test_arrays_that_look_aside_follow_the_sun_before_the_battery_is_empty(
    tmp_path: Path, angle: float, why: str
) -> None:
    b, charge = safe_for(tmp_path, angle, 20.0 * 24.0 * HOUR)
    assert charge > 0.99
    told = b.events("losing_power")
    assert len(told) == bool(why) and (not why or why in told[0])


def test_a_gauge_that_says_nothing_is_no_reason_to_trust_an_angle(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, parameters={"safe_array_angle": 90.0}) as b:
            b.devices["battery"].fail("gauge_invalid")
            await b.do("enter_safe")
            await asyncio.sleep(1.2 * HOUR)
            assert b.devices["battery"]._electrical.generator_share == 1.0

    run(main(), VirtualLoop())


def test_arrays_that_are_held_still_when_the_safe_state_is_left_have_not_turned_by_themselves(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with bench(tmp_path, parameters={"safe_array_angle": 60.0}) as b:
            await b.do("enter_safe")
            drive, differs = b.node.devices.array_drive, b.node.differs
            await asyncio.sleep(1000.0)
            await b.do("leave_safe")
            held = await drive.state()
            assert not held.following and differs("array_drive", held) == ""
            await asyncio.sleep(1.1 * HOUR)
            assert (await drive.state()).following
            assert differs("array_drive", held) == "the arrays to 60 deg"

    run(main(), VirtualLoop())


async def test_the_drive_holds_for_an_hour_stops_at_its_stop_and_gives_the_cosine() -> None:
    power = Power()
    limits = ArrayDriveParameters(rate=0.01, stop=2.0)
    drive = device(SimArrayDrive, limits, power)
    assert (await drive.turn(1.0)).angle == 1.0 and not (await drive.state()).following
    assert power.generator_share == pytest.approx(0.5403, abs=1e-4)
    await asyncio.sleep(HOUR - 110.0)
    await drive.turn(-1.0)
    await asyncio.sleep(HOUR - 1.0)
    assert power.generator_share < 0.6, "told again: for another hour"
    await asyncio.sleep(2.0)
    assert power.generator_share == 1.0 and (await drive.state()).following
    await refused(drive.turn(2.5), "stop")
    assert (await drive.state()).angle == 2.0 and power.generator_share == 0.0
    assert (await drive.follow()).following and power.generator_share == 1.0
