"""The container's way out: what is begun is ended by its break wire, witnessed or not."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.custody.ledger import CustodyStatus
from flight.core.fault_protection.structure import STRUCTURE, Structure
from flight.icd import places
from flight.icd.devices.base import DeviceFault
from flight.mav import countdown, orbit
from flight.mav.launch_chart import was_in


class Records:
    """A ledger of one tube that is moved by what is begun."""

    def __init__(self) -> None:
        self.one = SimpleNamespace(
            tube="a", status=CustodyStatus.HELD, place=places.MAV, slot=0, destination=None,
            transfer_id=None,
        )  # fmt: skip
        self.steps: list[str] = []

    def records(self) -> list[Any]:
        return [self.one]

    def journal(self, tube: str) -> list[Any]:
        return []

    def begin(self, tube: str, place: str, mover: str, slot: int | None) -> None:
        self.steps.append(f"begin {place}")
        self.one.status, self.one.destination = CustodyStatus.IN_TRANSIT, place

    def commit(self, tube: str, evidence: Any) -> None:
        self.steps.append(f"commit by {evidence.verified_by}")

    def revert(self, tube: str, evidence: Any) -> None:
        self.steps.append(f"revert by {evidence.verified_by}")


class Springs:
    """Let go at some try; each answer says that they have."""

    def __init__(self, opens_at: int) -> None:
        self.tries, self.opens_at, self.looks = 0, opens_at, 0

    async def release_container(self) -> Any:
        self.tries += 1
        return SimpleNamespace(valid=True, container=False)

    async def state(self) -> Any:
        self.looks += 1
        return SimpleNamespace(valid=True, reason="", container=self.tries < self.opens_at)


def mav(springs: Springs, structure: Structure = STRUCTURE) -> Any:
    node: Any = SimpleNamespace(
        context=SimpleNamespace(structure=structure), separation=springs, ledger=Records(),
        last_seats=[True], told=[],
    )  # fmt: skip
    node.result_unconfirmed = lambda actuation, witness: node.told.append("unconfirmed")
    node.container_released = lambda tubes: node.told.append("released")
    node.device_trouble = lambda reason: node.told.append(reason)
    return node


async def test_what_is_let_go_at_the_second_try_is_committed_by_the_wire() -> None:
    node = mav(Springs(2))
    await orbit.let_go(node)
    assert node.separation.tries == 2 and node.told == ["unconfirmed", "released"]
    assert node.ledger.steps == [f"begin {places.ORBIT}", "commit by mav.break_wires"]


async def test_without_witnesses_the_answer_is_believed() -> None:
    node = mav(Springs(9), Structure(left_out=frozenset({"witnesses"})))
    await orbit.let_go(node)
    assert (node.separation.tries, node.separation.looks) == (1, 0)
    assert node.told == ["released"]


@pytest.mark.parametrize("fails", [False, True])
async def test_the_beacon_is_switched_on_and_one_that_does_not_answer_is_no_end(
    fails: bool,
) -> None:
    asked: list[bool] = []

    async def set_sending(on: bool) -> Any:
        asked.append(on)
        if fails:
            raise DeviceFault("empty", "its cell is empty")
        return SimpleNamespace(valid=True, reason="", sending=True)

    node = mav(Springs(1))
    node.beacon, node.beacon_sending = SimpleNamespace(set_sending=set_sending), None
    await orbit._start_beacon(node)
    assert asked == [True] and node.beacon_sending is (None if fails else True)
    assert len(node.told) == fails


@pytest.mark.parametrize(("valid", "off", "problem"), [
    (True, 0.299, ""), (True, 0.301, "off where it was told"), (False, 0.0, "is not known"),
])  # fmt: skip
async def test_a_nozzle_is_where_it_was_told_within_three_tenths_of_a_degree(
    valid: bool, off: float, problem: str
) -> None:
    from math import radians

    async def steer(pitch: float, yaw: float, *more: Any) -> Any:
        return SimpleNamespace(valid=valid, reason="dark", pitch=pitch, yaw=yaw + radians(off))

    node: Any = SimpleNamespace(effectors=SimpleNamespace(steer=steer))
    found = await countdown._helm(node)
    assert (found == []) is (problem == "") and all(problem in each for each in found)


def test_a_flight_goes_on_in_the_phase_that_it_was_in() -> None:
    node: Any = SimpleNamespace(phase=lambda: "coasting")
    assert was_in("coasting")(node, None)  # type: ignore[arg-type]
    assert not was_in("trimming")(node, None)  # type: ignore[arg-type]
