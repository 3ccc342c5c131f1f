"""What the MAV decides by what its devices say, and what its ledger begins and ends: each rule by
itself."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.custody.ledger import CustodyStatus
from flight.icd import places
from flight.mav import ascent, flight_loop, orbit
from flight.mav.acting import Fall, can_throw, is_from_before
from flight.mav.custody import begin_all, end_all, seats, socket_of, verify_seat
from flight.mav.latch import latch_differs
from flight.mav.node import Mav
from flight.mav.vehicle import MavVehicle
from tests.flight.mav.phases_bench import FAULT, WEIGHT, Vehicle

MOVING = CustodyStatus.IN_TRANSIT

# ------------------------------------------------------------------- what devices say


def ejector(charged: bool, in_tube: bool, valid: bool = True) -> Any:
    return SimpleNamespace(
        answer=SimpleNamespace(charged=charged, in_tube=in_tube, valid=valid), at=1.0
    )


NONE: Any = SimpleNamespace(answer=None)


def test_it_is_thrown_again_only_while_it_is_charged_and_lies_in_its_tube() -> None:
    assert can_throw(ejector(True, True))
    for told in (ejector(False, True), ejector(True, False), ejector(True, True, False), NONE):
        assert not can_throw(told)


@pytest.mark.parametrize(
    ("before", "after", "stuck"),
    [
        (ejector(True, True), ejector(False, False), True),
        (ejector(False, True), ejector(False, False), False),
        (ejector(True, True), ejector(True, False), False),
        (ejector(True, True), ejector(False, True), False),
        (ejector(True, True, False), ejector(False, False), False),
        (ejector(True, True), ejector(False, False, False), False),
        (ejector(True, True), NONE, False), (ejector(True, True), None, False),
        (NONE, ejector(False, False), False),
    ],
)  # fmt: skip
def test_a_state_that_still_has_the_charge_after_the_ejection_has_stuck(
    before: Any, after: Any, stuck: bool
) -> None:
    assert is_from_before(before, after) is stuck


@pytest.mark.parametrize(("cycles", "felt"), [(3, True), (2, False)])
async def test_a_fall_is_looked_for_as_long_as_there_is_time(cycles: int, felt: bool) -> None:
    fall = Fall(SimpleNamespace(navigation=SimpleNamespace(acceleration=(0.1, 0.0, 0.0))))  # type: ignore[arg-type]

    async def cycle() -> bool:
        await asyncio.sleep(1.0)
        return False

    assert await fall.within(float(cycles), cycle) is felt


@pytest.mark.parametrize("answers", [True, False])
async def test_without_a_witness_the_answer_of_the_ejector_is_believed(
    answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight_loop, "remember", lambda node, phase: None)
    node: Any = Vehicle()
    node.context.structure.keeps = lambda safeguard: False
    node.computer.navigation.acceleration = WEIGHT

    async def eject() -> None:
        await asyncio.sleep(0.4)
        if not answers:
            raise FAULT

    node.ejector.eject = eject
    loop = flight_loop.Loop(node, "ejecting")
    async with ascent.beside_the_loop(node) as asking:
        asked = asking.ask("ejector.eject", node.ejector.eject)
        reason = await ascent._until_thrown(loop, asking, asked)
    assert reason == ("" if answers else str(FAULT)), "though its weight is felt"
    assert "result_unconfirmed" not in node.told


class Container:
    """Switches as a test sets them; seats that say one after another."""

    def __init__(self, *seated: list[bool]) -> None:
        self.said = list(seated)

    async def state(self) -> Any:
        return SimpleNamespace(valid=True, seated=self.said.pop(0))


async def test_a_seat_is_what_most_of_its_readings_say() -> None:
    """Of four readings, two are no majority."""
    ways = ([True, True, False], [True, True, False], [True, False, False], [False, False, True])
    node: Any = SimpleNamespace(parameters={"seat_looks": 4}, container=Container(*ways))
    assert await seats(node) == [True, False, False] == node.last_seats
    record = SimpleNamespace(tube="A", slot=0)
    node.container = Container(*[[True, False]] * 8)
    node.ledger = SimpleNamespace(record=lambda tube: record if tube == "A" else None)
    seen = await verify_seat(node, "A", None, False)
    assert seen.present and seen.reading == "seat sensor 0 closed"
    other = await verify_seat(node, "A", 1, True)
    assert not other.present and other.reading == "seat sensor 1 open"
    assert not (await verify_seat(node, "B", None, True)).present


def standing(state: str, **more: Any) -> Any:
    return SimpleNamespace(
        is_in=lambda name: state == name, is_in_safe=state == "safe", closure="sealed", **more
    )


def held_at(place: str, status: CustodyStatus = CustodyStatus.HELD) -> Any:
    record = SimpleNamespace(tube="A", place=place, status=status, transfer_id=None, slot=2)
    return SimpleNamespace(records=lambda: [record])


@pytest.mark.parametrize(
    ("state", "latched", "lid", "closure", "place", "said"),
    [
        ("ready", True, True, "sealed", places.MAV, ""),
        ("ready", True, True, "sealed", places.CONTAINER, "its latch closed"),
        ("ready", False, True, "sealed", places.MAV, "its latch open"),
        ("ready", False, False, "sealed", places.MAV, ""),
        ("ready", False, True, "open", places.MAV, ""),
        ("opening", False, True, "sealed", places.MAV, ""),
        ("sealing", False, True, "sealed", places.MAV, ""),
        ("safe", False, True, "sealed", places.CONTAINER, ""),
        ("safe", False, True, "sealed", places.MAV, "its latch open"),
        ("ready", False, True, "sealed", places.CONTAINER, "its latch open"),
        ("safe", True, True, "sealed", places.CONTAINER, "its latch closed"),
    ],
)  # fmt: skip
def test_a_latch_that_is_not_as_it_was_told_is_said(
    state: str, latched: bool, lid: bool, closure: str, place: str, said: str
) -> None:
    node = standing(state, ledger=held_at(place))
    node.closure = closure
    switches: Any = SimpleNamespace(latched=latched, lid_closed=lid)
    assert latch_differs(node, switches) == said
    moving = standing("ready", ledger=held_at(places.MAV, MOVING))
    closed: Any = SimpleNamespace(latched=True, lid_closed=True)
    assert latch_differs(moving, closed) == "its latch closed", "what moves is not held"


@pytest.mark.parametrize(
    ("state", "powered", "said"),
    [("ready", False, "its avionics off"), ("ready", True, ""), ("dormant", False, ""),
     ("waking", False, ""), ("safe", False, ""), ("sealed", False, "its avionics off")],
)  # fmt: skip
def test_avionics_that_are_off_are_told_where_they_ought_to_be_on(
    state: str, powered: bool, said: str
) -> None:
    reading = SimpleNamespace(powered=powered)
    assert MavVehicle.differs(standing(state), "systems", reading) == said
    assert MavVehicle.differs(standing(state), "container", reading) == ""


async def test_what_differs_is_set_right_by_its_own_device(monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[str] = []

    async def set_power(on: bool) -> None:
        did.append(f"power {on}")

    async def close(node: Any) -> None:
        did.append("closed")

    monkeypatch.setattr("flight.mav.node.close_latch", close)

    class Standing(Mav):
        def __init__(self) -> None:
            self.systems: Any = SimpleNamespace(set_power=set_power)

    await Mav.set_right(Standing(), "container")
    await Mav.set_right(Standing(), "systems")
    assert did == ["closed", "power True"]


@pytest.mark.parametrize(
    ("kept", "after", "period"),
    [(None, {"container": "state", "systems": "state"}, 3600.0), ("coasting", {}, 18_000.0)],
)
async def test_in_flight_only_the_control_loop_looks(
    kept: str | None, after: dict[str, str], period: float
) -> None:
    looked: list[str] = []

    async def look() -> None:
        looked.append("x")

    node: Any = SimpleNamespace(
        phase=lambda: kept or "", looked_after=MavVehicle.looked_after,
        longest_housekeeping=MavVehicle.longest_housekeeping, _look_at_container=look,
        _look_at_systems=look, ledger=held_at(places.MAV),
    )  # fmt: skip
    assert MavVehicle.looks_after(node) == after
    assert MavVehicle.housekeeping_period(node) == period
    await Mav.sample(node)
    assert len(looked) == (0 if kept else 2)
    assert getattr(node, "tubes_held", None) == (None if kept else 1)


def test_how_the_checks_went_is_kept_with_its_time() -> None:
    node: Any = SimpleNamespace(clock=SimpleNamespace(count=lambda: 77.0))
    MavVehicle.note_checks(node, False)
    assert (node.checks_passed, node.checks_kept, node.tested_at) == (False, False, 77.0)
    MavVehicle.note_checks(node, True)
    assert node.checks_passed and node.checks_kept
    MavVehicle.note_conditioned(node)
    assert node.is_conditioned and node.conditioned_kept


# ------------------------------------------------------------------------ its ledger


def ledger(*records: Any) -> Any:
    wrote: list[Any] = []
    book = SimpleNamespace(
        records=lambda: list(records), wrote=wrote,
        journal=lambda tube: [SimpleNamespace(slot=None), SimpleNamespace(slot=4),
                              SimpleNamespace(slot=5), SimpleNamespace(slot=None)],
        begin=lambda tube, to, by, slot: wrote.append(("begin", tube, to, by, slot)),
        commit=lambda tube, evidence: wrote.append(("commit", tube, evidence.reading)),
        revert=lambda tube, evidence: wrote.append(("revert", tube, evidence.reading)),
    )  # fmt: skip
    return SimpleNamespace(ledger=book)


def tube(name: str, status: CustodyStatus, place: str, **more: Any) -> Any:
    plain = {"slot": 1, "transfer_id": None, "destination": None}
    return SimpleNamespace(tube=name, status=status, place=place, **(plain | more))


def test_only_what_is_held_elsewhere_begins_to_move_and_to_its_last_socket() -> None:
    node = ledger(
        tube("a", CustodyStatus.HELD, places.CONTAINER), tube("b", CustodyStatus.HELD, places.MAV),
        tube("c", MOVING, places.CONTAINER),
        tube("d", CustodyStatus.HELD, places.CONTAINER, slot=None),
    )  # fmt: skip
    begin_all(node, places.MAV)
    assert node.ledger.wrote == [
        ("begin", "a", places.MAV, "mav.latch", 1), ("begin", "d", places.MAV, "mav.latch", 5),
    ]  # fmt: skip
    assert socket_of(node, tube("d", MOVING, "x", slot=None)) == 5


@pytest.mark.parametrize(("latched", "lid"), [(True, True), (True, False), (False, True)])
def test_what_was_begun_with_the_latch_ends_by_lid_and_latch(latched: bool, lid: bool) -> None:
    node = ledger(
        tube("in", MOVING, "x", destination=places.MAV),
        tube("out", MOVING, "x", destination=places.CONTAINER),
        tube("free", MOVING, "x", destination=places.ORBIT),
        tube("held", CustodyStatus.HELD, places.MAV, destination=places.MAV),
    )  # fmt: skip
    state: Any = SimpleNamespace(latched=latched, lid_closed=lid)
    end_all(node, state)
    steps = [(step, name) for step, name, _ in node.ledger.wrote]
    sealed = latched and lid
    ends = ("commit", "revert") if sealed else ("revert", "commit")
    assert steps == [(ends[0], "in"), (ends[1], "out")]
    words = f"lid switch {'closed' if lid else 'open'}, latch switch "
    words += f"{'closed' if latched else 'open'}, socket 1"
    assert {reading for _, _, reading in node.ledger.wrote} == {words}


@pytest.mark.parametrize("stays", [False, True])
async def test_what_is_sealed_in_the_mav_is_let_go_in_orbit(
    monkeypatch: pytest.MonkeyPatch, stays: bool
) -> None:
    node = ledger(
        tube("a", CustodyStatus.HELD, places.MAV), tube("b", CustodyStatus.HELD, places.ORBIT),
        tube("c", MOVING, places.MAV),
    )  # fmt: skip
    told: list[int] = []
    node.container_released = lambda tubes: told.append(tubes)

    async def springs(node: Any) -> Any:
        return SimpleNamespace(container=stays)

    monkeypatch.setattr(orbit, "_let_go_of_container", springs)
    if stays:
        with pytest.raises(ActivityFailed, match="it stays with the second stage"):
            await orbit.let_go(node)
    else:
        await orbit.let_go(node)
    assert node.ledger.wrote == [("begin", "a", places.ORBIT, "mav.separation", 1)]
    assert told == ([] if stays else [3])
