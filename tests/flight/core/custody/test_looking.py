"""A node that lost its memory claims nothing, and finds again what its own sensor sees."""

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from flight.core.chart.statechart import ANY, On, State, Statechart
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import CustodyRecord, CustodyStatus, Evidence
from flight.core.custody.looking import LooksForTubes
from flight.icd.custody_record import FORGET
from flight.icd.devices.base import DeviceFault
from flight.icd.places import GRIPPERS
from flight.runtime.loop import VirtualLoop, run
from ground.testbed.rig import Rig

A, B, C = "M2020-00001-01", "M2020-00002-02", "M2020-00003-03"
LOAD = {"all_tubes": [A, B, C], "depot": [A, B, C]}


class Keeper(LooksForTubes):
    """Keeps tubes in slots; its load list says that all lie on the ground."""

    name = "keeper"
    statechart = Statechart(
        State("idle", initial=True),
        State("safe"),
        transitions=[On("enter_safe", ANY, "safe"), On("leave_safe", "safe", "idle")],
        ignored=("abort",),
    )
    seats: ClassVar[dict[int | None, bool]] = {}
    blind: ClassVar[list[int]] = []

    def attach(self) -> None:
        self.handover = PassiveHandover(self, "rack", self.look)
        for tube in self.context.mission["depot"]:
            self.ledger.adopt(tube, "ground", Evidence("load list", "laid down"))

    async def look(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        if slot in self.blind:
            raise DeviceFault("no_power", "the seat sensor does not answer")
        seated = self.seats.get(slot, False)
        return Evidence("keeper.seats", f"slot {slot}: {seated}", seated)


def into_rack(node: Any, tube: str, slot: int) -> None:
    node.ledger.begin(tube, "rack", "keeper.arm", slot)
    node.ledger.commit(tube, Evidence("keeper.seats", "closed"))


async def without_memory(rig: Rig) -> tuple[Any, list[CustodyRecord]]:
    """A keeper with A and B in its rack loses its store; and what its ledger said before."""
    node: Any = rig.add_node(Keeper, {}, mission=LOAD)
    await asyncio.sleep(1.0)
    into_rack(node, A, 0)
    into_rack(node, B, 1)
    Keeper.seats, Keeper.blind = {0: True, 1: True}, []
    told = node.ledger.records()
    await rig.kill("keeper")
    rig.forget("keeper")
    return await rig.restart("keeper"), told


async def look(rig: Rig, told: list[CustodyRecord]) -> Any:
    return await rig.command("keeper", "look_for_tubes", records=msgspec.to_builtins(told))


def stated(node: Any) -> dict[str, tuple[str, str, int | None]]:
    return {r.tube: (str(r.status), r.place, r.slot) for r in node.ledger.records()}


@pytest.mark.requirement("CUS-14")
def test_without_memory_nothing_is_claimed_whatever_the_load_list_says(tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node, _ = await without_memory(rig)
            records = node.ledger.records()
            assert [(r.tube, str(r.status), r.step) for r in records] == [
                (tube, "unknown", FORGET) for tube in (A, B, C)
            ]
            assert {r.place for r in records} == {"ground"}, "where the load list saw them last"
            assert node.state == "safe"

    run(main(), VirtualLoop())


def test_a_first_boot_takes_the_load_list_and_is_not_safe(tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node: Any = rig.add_node(Keeper, {}, mission=LOAD)
            await asyncio.sleep(1.0)
            assert {r.status for r in node.ledger.records()} == {CustodyStatus.HELD}
            assert node.state == "idle"

    run(main(), VirtualLoop())


@pytest.mark.requirement("CUS-14")
def test_what_its_own_sensor_sees_is_held_again_and_the_rest_stays_unknown(tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node, told = await without_memory(rig)
            Keeper.seats = {0: True, 1: False}
            report = await look(rig, told)
            assert report.rung == "COMPLETED" and f"found: {A}" in report.detail
            assert stated(node) == {
                A: ("held", "rack", 0), B: ("unknown", "ground", None),
                C: ("unknown", "ground", None),
            }  # fmt: skip
            Keeper.seats = {0: True, 1: True}  # a second look finds the other, and A not twice
            assert f"found: {B}; not seen: {C}" in (await look(rig, told)).detail
            assert stated(node)[B] == ("held", "rack", 1)
            link = next(r.link for r in told if r.tube == B)
            assert node.ledger.record(B).link > link, "it stands above what it said before"

    run(main(), VirtualLoop())


def test_two_tubes_are_never_found_in_one_slot(tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node, told = await without_memory(rig)
            twice = [msgspec.structs.replace(r, slot=0, place="rack") for r in told]
            assert "found: none" in (await look(rig, twice)).detail
            assert "found: " + A in (await look(rig, told[:1])).detail
            assert "found: none" in (await look(rig, twice[1:2])).detail
            assert stated(node)[B][0] == "unknown"

    run(main(), VirtualLoop())


@pytest.mark.parametrize("place", GRIPPERS)
def test_two_tubes_are_never_found_in_one_gripper(tmp_path: Path, place: str) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node, told = await without_memory(rig)
            Keeper.seats = {None: True}
            held = [msgspec.structs.replace(r, slot=None, place=place) for r in told]
            assert "found: none" in (await look(rig, held)).detail
            assert f"found: {A}" in (await look(rig, held[:1])).detail
            assert "found: none" in (await look(rig, held[1:2])).detail
            assert stated(node)[A] == ("held", place, None)

    run(main(), VirtualLoop())


def test_no_sensor_aboard_finds_what_lies_on_the_ground(tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node, told = await without_memory(rig)
            Keeper.seats = {None: True, 0: True}
            assert "found: none" in (await look(rig, told[2:])).detail
            ground = [msgspec.structs.replace(told[0], place="ground")]
            assert "found: none" in (await look(rig, ground)).detail
            assert {each[0] for each in stated(node).values()} == {"unknown"}

    run(main(), VirtualLoop())


def test_a_sensor_that_does_not_answer_shows_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node, told = await without_memory(rig)
            Keeper.blind = [0]
            assert f"found: {B}; not seen: {A}, {C}" in (await look(rig, told)).detail
            assert stated(node)[A][0] == "unknown"

    run(main(), VirtualLoop())


def test_what_is_known_is_not_changed_by_old_records(tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            node: Any = rig.add_node(Keeper, {}, mission=LOAD)
            await asyncio.sleep(1.0)
            into_rack(node, A, 0)
            told = [r for r in node.ledger.records() if r.tube == A]
            node.ledger.lose(A, "it fell")
            Keeper.seats = {0: True}
            assert "found: none" in (await look(rig, told)).detail
            assert stated(node)[A][0] == "unknown" and stated(node)[B][0] == "held"

    run(main(), VirtualLoop())


@pytest.mark.parametrize(
    ("change", "says"), [({"owner": "arm"}, "recorded by arm"), ({"status": "eaten"}, "records")]
)
def test_records_of_another_and_what_is_none_are_refused(
    tmp_path: Path, change: dict[str, str], says: str
) -> None:
    async def main() -> None:
        async with Rig(tmp_path) as rig:
            _, told = await without_memory(rig)
            plain = [{**msgspec.to_builtins(each), **change} for each in told]
            report = await rig.command("keeper", "look_for_tubes", records=plain)
            assert report.rung == "REJECTED" and says in report.detail

    run(main(), VirtualLoop())
