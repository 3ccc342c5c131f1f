"""The rover's own arm loads the container, and lays tubes down only when armed and fired."""

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import Evidence
from flight.core.node import Node
from flight.core.telling.communications import Route, wire
from flight.icd.messages import Rung
from flight.rover.node import FetchRover
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.rig import Rig
from sim_hw.assembly import rover
from sim_hw.world.world import World
from tests.flight.rover.reaching import reach_only_from

WORLDS: list[World] = []
RAISED: dict[int, float] = {}


class WiredRover(FetchRover):
    """The rover with wires instead of radios."""

    routes: ClassVar[dict[str, Route]] = {"mav": wire("mav")}


async def _stay(node: Any, signal: Signal) -> None:
    await asyncio.sleep(1e9)


class Container(Node):
    """The receiving side: its seat sensor sees the true world."""

    name = "mav"
    routes: ClassVar[dict[str, Route]] = {"rover": wire("rover")}
    statechart = Statechart(
        State("open", initial=True),
        State("safe", activity=_stay),
        transitions=[
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "open"),
            On("done", "safe", None),
            On("failed", "safe", None),
        ],
        ignored=("abort",),
    )

    def attach(self) -> None:
        self.handover = PassiveHandover(
            self, "container", self._seat, choose_slot=lambda tube, avoid: self._free(avoid)
        )

    async def _seat(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        occupant = WORLDS[-1].tubes.occupant("container", slot or 0)
        return Evidence("mav.seats", f"socket {slot}", occupant is not None and slot not in RAISED)

    def _free(self, avoid: list[int]) -> int:
        return next(n for n in range(30) if n not in avoid and not self._taken(n))

    def _taken(self, slot: int) -> bool:
        return WORLDS[-1].tubes.occupant("container", slot) is not None


async def _docked_with_tubes(rig: Rig, field: Any) -> None:
    await rig.command("rover", "egress")
    await rig.command("rover", "fetch_tubes", tubes=field.tubes)
    await rig.command("rover", "return_to_lander")


def _with_container(rig: Rig, field: Any) -> None:
    WORLDS.append(field.world)
    rig.add_node(Container, {})


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FetchRover, "routes", WiredRover.routes)


async def test_the_rovers_arm_loads_the_container(
    folder: Path, new_field: Any, wired: None
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=2)
        _with_container(rig, field)
        await _docked_with_tubes(rig, field)
        report = await rig.command("rover", "load_container", tubes=field.tubes)
        assert report.rung is Rung.COMPLETED, report.detail
        assert report.detail.startswith("2 of 2")
        for tube in field.tubes:
            assert field.truth(tube) == "container"
            assert field.ledger(tube) == ("handed_over", "rover_gripper")
            record = rig.nodes["mav"].ledger.record(tube)
            assert record is not None and str(record.status) == "held"
            assert record.evidence is not None and record.evidence.verified_by == "mav.seats"
        assert rig.nodes["rover"].state == "surface.docked"


async def test_a_tube_that_does_not_seat_is_drawn_out_and_put_into_another_socket(
    folder: Path, new_field: Any, wired: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAISED, 0, 0.01)  # debris in the first socket
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        [tube] = field.tubes
        _with_container(rig, field)
        await _docked_with_tubes(rig, field)
        report = await rig.command("rover", "load_container", tubes=[tube])
        assert report.detail.startswith("1 of 1"), report.detail
        assert field.world.tubes.state(tube).slot == 1
        record = rig.nodes["mav"].ledger.record(tube)
        assert record is not None and (str(record.status), record.slot) == ("held", 1)


@pytest.mark.parametrize("instant", [100, 250, 400, 550, 700, 900, 1100, 1300])
async def test_killed_while_loading_it_goes_on_and_both_ledgers_agree(
    folder: Path, new_field: Any, wired: None, instant: int
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=2)
        _with_container(rig, field)
        await _docked_with_tubes(rig, field)
        identifier = rig.send("rover", "load_container", tubes=field.tubes)
        await asyncio.sleep(instant)
        await rig.kill("rover")
        await rig.restart("rover")
        report = await rig.wait_for_end(identifier)
        assert report.rung is Rung.COMPLETED, report.detail
        assert report.detail.startswith("2 of 2"), report.detail
        for tube in field.tubes:
            assert field.truth(tube) == "container"
            assert field.ledger(tube)[0] == "handed_over"


async def test_a_tube_is_laid_down_only_when_armed_and_fired(folder: Path, new_field: Any) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=1)
        [tube] = field.tubes
        await rig.command("rover", "egress")
        await rig.command("rover", "fetch_tubes", tubes=[tube])
        alone = await rig.wait_for_end(rig.send("rover", "release_tube", tube=tube))
        assert alone.rung is Rung.REJECTED
        assert field.truth(tube) == "rover_rack"
        assert (await rig.command("rover", "release_tube", tube=tube)).rung is Rung.COMPLETED
        assert field.truth(tube) == "ground"
        assert field.ledger(tube) == ("held", "ground")
        again = await rig.command("rover", "fetch_tubes", tubes=[tube])
        assert again.detail.startswith("collected 1 of 1")


def test_the_vehicle_file_is_read_against_its_declarations() -> None:
    file = load_vehicle_file(FetchRover, rover.HARDWARE)
    assert file.flight["sol_distance_limit"] == 200.0
    assert file.hardware.wheels.speed == pytest.approx(0.07)


@pytest.mark.parametrize("reached_at", [2, 99])
async def test_sockets_out_of_reach_are_reached_by_turning_or_the_tubes_stay_in_the_rack(
    folder: Path, new_field: Any, wired: None, reached_at: int
) -> None:
    async with Rig(folder) as rig:
        field = new_field(rig, count=2)
        _with_container(rig, field)
        await _docked_with_tubes(rig, field)
        stances = reach_only_from(field.devices["rover_arm"], reached_at)
        report = await rig.command("rover", "load_container", tubes=field.tubes)
        assert len(stances) - 1 == min(reached_at, 4)
        if reached_at == 2:
            assert report.rung is Rung.COMPLETED and report.detail.startswith("2 of 2")
            assert {field.truth(tube) for tube in field.tubes} == {"container"}
        else:
            assert report.rung is Rung.FAILED and "too far from the shoulder" in report.detail
            assert {field.truth(tube) for tube in field.tubes} == {"rover_rack"}
            assert {field.ledger(tube) for tube in field.tubes} == {("held", "rover_rack")}
