"""A device is taken out, safe, and a spare put in its place: another life, armed anew."""

import asyncio
from typing import Any

import pytest

from flight.runtime.nursery import Nursery
from sim_hw.bench.wire.wire import Wire, WireLost
from tests.sim_hw.bench.reference_device import ReferenceDevice
from tests.sim_hw.bench.test_arming import Bench, nursery, ready

__all__ = ["nursery"]


class Spare(ReferenceDevice):
    """Another one of the same kind, with a number of its own."""

    serial = "SN2"


class Desk(Bench):
    """A bench whose line may have nothing on it."""

    plugged = True

    async def _open(self) -> Wire:
        if not self.plugged:
            raise WireLost("desk: there is no line; is it plugged in?")
        return await super()._open()

    def put_in(self, device: ReferenceDevice) -> None:
        """Takes out what is there."""
        if self.device.last is not None:
            self.device.last.cut()
        self.device = device

    def states(self) -> list[str]:
        return [each[2] for each in self.told if each[0] == "state"]


async def desk(nursery: Nursery, **wanted: Any) -> Desk:
    bench = Desk(nursery, serial="SN1", **wanted)
    await asyncio.sleep(0.5)
    return bench


async def test_the_old_one_is_safe_and_the_spare_is_armed_in_a_life_of_its_own(
    nursery: Nursery,
) -> None:
    bench = await desk(nursery)
    old = bench.device
    assert await bench.call(1, wait=1.0, distance=5.0) == []
    bench.told.clear()
    bench.link.swap("SN2", "anna")
    assert bench.state == "safe"  # at once: nothing is begun from here on
    assert (await bench.call(2, distance=1.0))[1] == "lost"
    await asyncio.sleep(0.3)
    assert old.safe and old.motion is None and old.odometer < 1.5
    reply = next(each for each in bench.told if each[0] == "reply" and each[2] == 1)
    assert reply[4] in ("lost", "fault")
    await asyncio.sleep(5.0)  # and it is not let in again, though it is still on the line
    assert bench.state == "refused" and "its serial is SN1" in bench.words()
    assert old.safe and len(old.asked) == 1 and bench.link.boot == 1
    spare = Spare()
    spare.born = old.born  # also one whose clock says that it was never off
    bench.put_in(spare)
    await asyncio.sleep(2.0)
    assert bench.state == "armed" and bench.link.boot == 2
    assert bench.told[-1][5]["serial"] == "SN2"
    assert (await bench.call(3, wait=1.5, distance=1.0))[1] == ""
    assert spare.asked == [("drive", {"distance": 1.0})]
    bench.told.clear()
    bench.link.swap("SN1", "ben")  # and back
    await asyncio.sleep(0.3)
    bench.put_in(old)
    await asyncio.sleep(2.0)
    assert bench.state == "armed" and bench.link.boot == 3 and spare.safe


async def test_another_one_is_another_life_also_where_any_may_be_there(nursery: Nursery) -> None:
    """A bench that names no serial number, and one of the same age put in while it was away."""
    bench = Desk(nursery)
    await asyncio.sleep(0.5)
    old, spare = bench.device, Spare()
    spare.born = old.born
    bench.put_in(spare)
    await asyncio.sleep(2.0)
    assert bench.state == "armed" and bench.link.boot == 2
    bench.put_in(spare)  # its plug was out, and it is itself
    await asyncio.sleep(2.0)
    assert bench.state == "armed" and bench.link.boot == 2


async def test_what_a_person_has_armed_is_armed_anew_and_another_one_is_never_let_in(
    nursery: Nursery,
) -> None:
    bench = await desk(nursery, automatic=False)
    bench.link.arm(600.0, "anna")
    await asyncio.sleep(0.2)
    assert bench.state == "armed"
    bench.link.swap("SN3", "anna")
    await asyncio.sleep(0.2)
    bench.put_in(Spare())
    await asyncio.sleep(2.0)
    assert bench.state == "refused"
    assert "its serial is SN2; the bench file wants SN3" in bench.words()
    bench.link.swap("SN2", "anna")
    await asyncio.sleep(3.0)
    assert bench.state == "safe" and bench.words() == "nobody has armed it"
    assert bench.device.safe and bench.device.asked == []


async def test_a_spare_of_an_arm_stands_nobody_knows_where(nursery: Nursery) -> None:
    bench = await desk(nursery, positions=True)
    assert bench.state == "armed"
    bench.link.swap("SN2", "anna")
    await asyncio.sleep(0.2)
    bench.put_in(Spare())
    await asyncio.sleep(2.0)
    assert bench.state == "safe" and "put in for another one: look where" in bench.words()
    bench.link.arm(60.0, "anna")
    await asyncio.sleep(0.2)
    assert bench.state == "armed"


@pytest.mark.parametrize("mute", [True, False], ids=["says nothing", "is not there"])
async def test_one_that_does_not_answer_is_let_go_of_all_the_same(
    nursery: Nursery, mute: bool
) -> None:
    bench = await desk(nursery)
    if mute:
        bench.device.mute = True
    else:
        bench.plugged = False
        bench.put_in(bench.device)
        await asyncio.sleep(0.5)
    bench.link.swap("SN2", "anna")
    await asyncio.sleep(1.5)
    assert bench.state in ("lost", "found")
    bench.plugged = True
    bench.put_in(Spare())
    await asyncio.sleep(3.0)
    assert bench.state == "armed" and bench.link.boot == 2


async def test_a_stop_holds_for_the_spare_too(nursery: Nursery) -> None:
    bench = await desk(nursery)
    bench.interlock.stop("stopped by ben")
    bench.link.swap("SN2", "anna")
    await asyncio.sleep(0.2)
    bench.put_in(Spare())
    await asyncio.sleep(2.0)
    assert bench.state == "safe" and "stopped by ben" in bench.words()
    bench.interlock.release()
    await asyncio.sleep(0.2)
    assert bench.state == "armed"
    assert (await ready(nursery)).state == "armed"
