"""What a device only says that it has done is not done, and is done again."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bench import Bench, bench, manifest

from flight.icd.devices.base import DeviceFault
from flight.icd.places import ORBITER
from flight.orbiter.custody import end_capture, find_in_orbit
from flight.runtime.loop import VirtualLoop, run


def claims(b: Bench, device: str, method: str, times: int, **said: Any) -> None:
    """The device says that it has done it, and has done nothing, the first times."""
    real = b.devices[device]
    original, left = getattr(real, method), [times]

    async def claimed(*arguments: Any, **named: Any) -> Any:
        if left[0] == 0:
            return await original(*arguments, **named)
        left[0] -= 1
        return msgspec.structs.replace(await real.state(), **said)

    setattr(real, method, claimed)


async def in_the_cage(b: Bench) -> None:
    await b.do("load_manifest", records=manifest(b.tubes))
    b.vehicle.captured = True
    b.world.tubes.carry("orbit", ORBITER)
    find_in_orbit(b.node, 10.0)
    end_capture(b.node, True, "felt")
    b.node.container_captured = True
    await b.do("enter_safe")
    await asyncio.sleep(1.0)
    await b.do("leave_safe")
    await asyncio.sleep(1.0)


CLAIMS = {
    "sterilise": {"hot_seconds": 9_999.0},
    "seal": {"sealed": True, "leak_rate": 0.0},
    "insert_into_capsule": {"in_capsule": True, "capsule_closed": True},
}


@pytest.mark.requirement("FLT-10")
@pytest.mark.parametrize("method", CLAIMS)
def test_each_step_of_the_containment_is_seen_by_other_sensors(tmp_path: Path, method: str) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await in_the_cage(b)
            claims(b, "containment", method, 1, **CLAIMS[method])
            await b.do("contain")
            told = [e.data["actuation"] for e in b.rig.events if e.name == "result_unconfirmed"]
            assert told == [f"containment.{method}"]
            assert [b.world.tubes.state(t).place for t in b.tubes] == ["entry_capsule"] * 3

    run(main(), VirtualLoop())


@pytest.mark.parametrize("method", ["seal", "insert_into_capsule"])
def test_a_step_whose_answer_was_lost_is_not_done_again(tmp_path: Path, method: str) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await in_the_cage(b)
            real = b.devices["containment"]
            original, calls = getattr(real, method), []

            async def lost(*arguments: Any, **named: Any) -> Any:
                calls.append(method)
                await original(*arguments, **named)
                raise DeviceFault("stuck", "the answer was lost")

            setattr(real, method, lost)
            await b.do("contain")
            assert calls == [method]
            told = [e.name for e in b.rig.events]
            assert told.count("device_trouble") == 1 and "result_unconfirmed" not in told

    run(main(), VirtualLoop())


def test_an_orientation_that_is_not_answered_is_tried_again(tmp_path: Path) -> None:
    """No sensor sees how the container lies: there the answer is all that there is."""

    async def main() -> None:
        async with bench(tmp_path) as b:
            await in_the_cage(b)
            real = b.devices["containment"]
            original, calls = real.orient, []

            async def lost() -> Any:
                calls.append("orient")
                if len(calls) < 3:
                    raise DeviceFault("stuck", "it does not turn")
                return await original()

            real.orient = lost
            await b.do("contain")
            assert len(calls) == 3

    run(main(), VirtualLoop())


@pytest.mark.requirement("FLT-10")
def test_a_heater_that_only_says_so_never_counts(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path) as b:
            await in_the_cage(b)
            claims(b, "containment", "sterilise", 99, hot_seconds=9_999.0)
            report = await b.command("contain")
            assert report.rung == "FAILED" and "sterilised for 0 s only" in report.detail

    run(main(), VirtualLoop())
