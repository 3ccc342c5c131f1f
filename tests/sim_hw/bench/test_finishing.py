"""An arming that is over has what the bench file names finished first; all that stops stops it."""

import asyncio

import pytest

from flight.runtime.nursery import Nursery
from sim_hw.bench.device_link import POWER
from tests.sim_hw.bench.test_arming import Bench, nursery, ready

__all__ = ["nursery"]
REPLY = ["reply", "rover.wheels"]


async def finishing(nursery: Nursery) -> Bench:
    """One that drives to its end after the arming is over."""
    bench = await ready(nursery, automatic=False, finish=("drive",))
    bench.link.arm(2.0, "anna")
    await asyncio.sleep(0.5)
    assert await bench.call(1, wait=2.0, distance=5.0) == []
    assert bench.state == "armed" and "is over; what moves is finished first" in bench.words()
    assert bench.device.motion is not None and not bench.device.safe
    return bench


async def test_a_method_that_is_to_be_finished_goes_on_to_its_end_and_nothing_new_begins(
    nursery: Nursery,
) -> None:
    bench = await finishing(nursery)
    assert (await bench.call(2, distance=1.0))[1] == "lost" and len(bench.device.asked) == 1
    assert (await bench.call(3, "state"))[1] == ""
    await asyncio.sleep(3.0)
    result, error = next(each[3:5] for each in bench.told if each[:3] == [*REPLY, 1])
    assert (result["distance"], error) == (5.0, "")
    last = [each[0] for each in bench.told if each[0] in ("reply", "state")][-2:]
    assert last == ["reply", "state"]  # whoever waits for it has its answer, and no loss
    assert bench.state == "safe" and bench.device.safe
    assert bench.words() == "the time that anna has armed it for is over"


@pytest.mark.parametrize("how", ["safe", "stop", "inhibit", "lost", "cancel"])
async def test_what_is_finished_first_is_stopped_by_all_that_stops(
    nursery: Nursery, how: str
) -> None:
    bench = await finishing(nursery)
    if how == "safe":
        bench.link.make_safe("ben made it safe")
    elif how == "stop":
        bench.interlock.stop("stopped by ben")
    elif how == "inhibit":
        bench.link.inhibit(POWER, "the switch is open")
    elif how == "cancel":
        bench.link.cancel(1)
    else:
        assert bench.device.last is not None
        bench.device.last.cut()
    await asyncio.sleep(2.0)
    assert bench.device.motion is None and bench.device.odometer < 3.0
    assert bench.state == "safe" and bench.device.safe
    bench.link.allow(POWER)
    bench.interlock.release()
    await asyncio.sleep(0.2)
    assert bench.state == "safe"  # nobody has armed it since
    bench.link.arm(60.0, "ben")
    await asyncio.sleep(0.2)
    assert bench.state == "armed"


async def test_who_arms_it_again_meanwhile_goes_on_as_armed(nursery: Nursery) -> None:
    bench = await finishing(nursery)
    bench.link.arm(60.0, "ben")
    await asyncio.sleep(4.0)
    assert bench.state == "armed" and bench.words() == "by ben, for 60 s"
    assert (await bench.call(2, wait=1.2, distance=1.0))[1] == ""


async def test_of_two_that_move_one_that_is_not_to_be_finished_stops_both(nursery: Nursery) -> None:
    guard = (await ready(nursery, finish=("drive",))).link.guard
    assert not guard.finishes
    guard.begun(1, 0.0, "drive")
    assert guard.finishes
    guard.begun(2, 1.0, "turn")
    assert not guard.finishes
    guard.ended(2, 2.0)
    assert guard.finishes
    guard.ended(1, 3.0)
    assert not guard.finishes
