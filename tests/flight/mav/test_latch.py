"""A latch that moves though nobody told it to: the MAV notes what it sees, and closes it."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "arm"))

from loading_bench import Bench, bench

from flight.core.custody.ledger import CustodyStatus
from flight.core.fault_protection.device_looks import LASTS
from flight.icd.devices.base import DeviceFault
from flight.runtime.loop import VirtualLoop, run

LOOK = 3600.0 + LASTS
HELD = CustodyStatus.HELD


async def sealed(b: Bench) -> None:
    await b.prepare()
    assert (await b.load()).rung == "COMPLETED"
    for target, name in (("arm", "close_lid"), ("mav", "seal_container")):
        assert (await b.rig.command(target, name)).rung == "COMPLETED"
    assert where(b) == [("mav", HELD)] and told(b) == []


def where(b: Bench) -> list[tuple[str, CustodyStatus]]:
    return [(r.place, r.status) for r in b.rig.nodes["mav"].ledger.records()]


def written(b: Bench) -> list[tuple[str, str]]:
    """The steps of the ledger since it was sealed first."""
    journal = b.rig.nodes["mav"].ledger.journal(b.tubes[0])
    steps = [(each.step, each.place) for each in journal]
    return steps[steps.index(("commit", "mav")) + 1 :]


def told(b: Bench) -> list[str]:
    names = ("switched_by_itself", "not_set_right", "look_failed")
    return [each.name for each in b.rig.events if each.source == "mav" and each.name in names]


async def opens_by_itself(b: Bench) -> None:
    await b.container.unlatch()
    assert b.places() == ["container"] and where(b) == [("mav", HELD)]  # nobody can know


async def look(b: Bench) -> None:
    await asyncio.sleep(LOOK)
    b.violations.clear()  # of the time before the look, in which nobody can know
    b.judge()


def story(folder: Path, live: Any) -> None:
    async def main() -> None:
        async with bench(folder, 1) as b:
            await sealed(b)
            await live(b)

    run(main(), VirtualLoop())


def test_it_is_noted_open_then_closed_and_noted_again(tmp_path: Path) -> None:
    async def live(b: Bench) -> None:
        await opens_by_itself(b)
        await look(b)
        assert written(b) == [
            ("begin", "mav"), ("commit", "container"), ("begin", "container"), ("commit", "mav"),
        ]  # fmt: skip
        assert b.container.latched and where(b) == [("mav", HELD)]
        assert told(b) == ["switched_by_itself"] and b.rig.nodes["mav"].state == "sealed"
        await look(b)  # and that is all
        assert len(written(b)) == 4 and told(b) == ["switched_by_itself"]

    story(tmp_path, live)


def test_one_that_sticks_is_known_to_be_open_until_it_moves_again(tmp_path: Path) -> None:
    async def live(b: Bench) -> None:
        await opens_by_itself(b)
        b.container.latch_stuck = True
        await look(b)
        assert where(b) == [("container", HELD)] and b.violations == []
        assert told(b) == ["switched_by_itself", "not_set_right"]
        b.container.latch_stuck = False
        await look(b)
        assert where(b) == [("mav", HELD)] and b.container.latched

    story(tmp_path, live)


def test_a_switch_that_contradicts_its_latch_is_not_believed(tmp_path: Path) -> None:
    async def live(b: Bench) -> None:
        state = b.container.state

        async def stuck_open() -> Any:
            return msgspec.structs.replace(await state(), latched=False)

        b.container.state = stuck_open
        await look(b)
        assert b.places() == ["mav"] and b.container.latched, "it has not moved at all"
        assert where(b) == [("container", CustodyStatus.IN_TRANSIT)] and b.violations == []
        await look(b)  # nor is it by the next look
        assert where(b) == [("container", CustodyStatus.IN_TRANSIT)] and b.violations == []
        b.container.state = state
        await look(b)
        assert where(b) == [("mav", HELD)] and b.violations == []

    story(tmp_path, live)


def test_one_that_closes_without_an_answer_is_closed(tmp_path: Path) -> None:
    async def live(b: Bench) -> None:
        latch, state = b.container.latch, b.container.state

        async def mute() -> Any:
            raise DeviceFault("electronics", "it breaks off")

        async def latch_and_be_mute() -> Any:
            await latch()
            if silent:
                b.container.state = mute
            raise DeviceFault("electronics", "it breaks off")

        b.container.latch = latch_and_be_mute
        silent = False
        await opens_by_itself(b)
        await look(b)
        assert where(b) == [("mav", HELD)] and told(b) == ["switched_by_itself"]
        silent = True
        await opens_by_itself(b)
        await look(b)  # it does not say whether it has closed: openly on the move
        assert where(b) == [("container", CustodyStatus.IN_TRANSIT)] and b.violations == []
        assert told(b)[1:] == ["switched_by_itself", "not_set_right"]
        b.container.state = state
        await look(b)
        assert where(b) == [("mav", HELD)] and b.container.latched

    story(tmp_path, live)


def test_in_the_safe_state_it_is_noted_and_nothing_moves(tmp_path: Path) -> None:
    async def live(b: Bench) -> None:
        assert (await b.rig.command("mav", "enter_safe")).rung == "COMPLETED"
        await opens_by_itself(b)
        await look(b)
        assert where(b) == [("container", HELD)] and not b.container.latched
        await look(b)
        assert told(b) == ["switched_by_itself"] and b.violations == []
        assert (await b.rig.command("mav", "leave_safe")).rung == "COMPLETED"
        await look(b)
        assert where(b) == [("mav", HELD)] and b.container.latched

    story(tmp_path, live)


@pytest.mark.parametrize("state", ["loading"])
def test_one_that_was_told_to_open_is_left_open(tmp_path: Path, state: str) -> None:
    async def live(b: Bench) -> None:
        assert (await b.rig.command("mav", "open_container")).rung == "COMPLETED"
        assert b.rig.nodes["mav"].state == state
        await look(b)
        assert where(b) == [("container", HELD)] and told(b) == [] and not b.container.latched

    story(tmp_path, live)
