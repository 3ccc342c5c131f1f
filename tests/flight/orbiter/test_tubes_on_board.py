"""The orbiter's chain of custody and the containment: each by what its sensors say."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.custody.handover import HandoverFailed
from flight.core.custody.ledger import (
    CustodyError,
    CustodyLedger,
    CustodyRecord,
    CustodyStatus,
    Evidence,
)
from flight.core.exchanges import ExchangeFailed
from flight.core.keeping.storage import Storage
from flight.icd.devices.capture import ContainmentState
from flight.orbiter import containment
from flight.orbiter.custody import (
    begin_insertion,
    check_manifest,
    end_capture,
    end_insertion,
    find_in_orbit,
    on_board,
    promise,
)
from flight.orbiter.witnesses import SEALED
from tests.flight.orbiter.ship import MUTE, Answers, Ship, do

S = CustodyStatus


def record(status: CustodyStatus, place: str = "orbit", **more: Any) -> CustodyRecord:
    values: dict[str, Any] = {
        "tube": "A", "owner": "mav", "step": "x", "status": status, "place": place, "slot": 2,
        "since_ns": 0, "link": 4, "sequence": 4,
    }  # fmt: skip
    return CustodyRecord(**{**values, **more})


class Ledger:
    """Records as they are set; keeps what is asked of it, in words."""

    def __init__(self, *records: CustodyRecord, refuses: str = "") -> None:
        self.all = list(records)
        self.done: list[tuple[Any, ...]] = []
        self.refuses = refuses

    def records(self) -> list[CustodyRecord]:
        return self.all

    def record(self, tube: str) -> CustodyRecord | None:
        return next((r for r in self.all if r.tube == tube), None)

    def __getattr__(self, name: str) -> Any:
        def step(*given: Any, **more: Any) -> Any:
            if name == self.refuses:
                raise CustodyError(f"{name} is not allowed")
            self.done.append((name, *given, *more.values()))
            return record(S.HELD)

        return step


def ship(*records: CustodyRecord, refuses: str = "", **values: Any) -> Any:
    made = Ship(ledger=Ledger(*records, refuses=refuses), manifest=[], **values)
    return made


# --------------------------------------------------------------------- manifest


def test_a_manifest_is_read_and_what_is_only_offered_is_refused() -> None:
    plain = {
        "tube": "A", "owner": "mav", "step": "x", "status": S.HELD.value,
        "place": "orbit", "slot": 2, "since_ns": 0, "link": 4, "sequence": 4,
    }  # fmt: skip
    assert [r.tube for r in check_manifest([plain])] == ["A"]
    with pytest.raises(CustodyError, match="A is offered and not yet released by mav"):
        check_manifest([plain, {**plain, "status": S.OFFERED.value}])
    with pytest.raises(CustodyError, match="cannot be read"):
        check_manifest([{**plain, "slot": "two"}])


def transfer(**more: Any) -> CustodyRecord:
    return record(S.IN_TRANSIT, counterpart="orbiter", transfer_id="A#1", **more)


def test_only_what_is_released_to_the_orbiter_is_promised() -> None:
    node = ship()
    foreign = record(S.IN_TRANSIT, counterpart="rover", transfer_id="A#2")
    held = record(S.HELD, counterpart="orbiter")
    promise(node, [transfer(), foreign, held, record(S.HANDED_OVER, counterpart="orbiter")])
    assert node.ledger.done == [
        ("expect", "A#1", "mav", "orbit", "orbiter", "orbiter.capture_cone", 2)
    ]


def test_what_floats_there_is_found_and_its_move_begun() -> None:
    node = ship()
    node.manifest = [record(S.HELD), transfer()]
    find_in_orbit(node, 31.25)
    evidence = Evidence("orbiter.lidar", "the container is seen at 31.2 m")
    assert node.ledger.done == [
        ("find", "A", "orbit", evidence, 2, node.manifest[0]),
        ("begin", "A", "orbiter", "orbiter.capture_cone", 2),
    ]


@pytest.mark.parametrize(
    ("known", "begun"),
    [
        (record(S.HELD, "orbit", owner="orbiter", slot=5), True),
        (record(S.HELD, "orbiter", owner="orbiter"), False),
        (record(S.IN_TRANSIT, "orbit", owner="orbiter"), False),
        (record(S.RECEIVING, "orbit", owner="orbiter"), False),
    ],
)
def test_what_is_known_is_not_found_again(known: CustodyRecord, begun: bool) -> None:
    node = ship(known)
    node.manifest = [record(S.HELD)]
    find_in_orbit(node, 30.0)
    assert node.ledger.done == (
        [("begin", "A", "orbiter", "orbiter.capture_cone", 5)] if begun else []
    )


def test_who_lost_its_memory_finds_what_is_ceded_and_nothing_out_of_date(tmp_path: Path) -> None:
    node = ship()
    node.ledger = CustodyLedger(Storage(tmp_path / "o"), "orbiter", lambda: 1, lambda record: None)
    node.ledger.forget(["A", "B"], "its store was lost")
    node.manifest = [record(S.UNKNOWN, step="cede"), record(S.UNKNOWN, tube="B", link=0)]
    find_in_orbit(node, 30.0)
    assert [data["tube"] for data in node.told("custody_trouble")] == ["B"]
    assert end_capture(node, True, "felt") == 1
    found = node.ledger.record("A")
    assert (found.status, found.place, found.slot) == (S.HELD, "orbiter", 2)
    assert node.ledger.record("B").status is S.UNKNOWN


def test_one_tube_that_is_refused_does_not_stop_the_others() -> None:
    node = ship(refuses="find")
    node.manifest = [record(S.HELD), record(S.HELD, tube="B")]
    find_in_orbit(node, 30.0)
    assert [data["tube"] for data in node.told("custody_trouble")] == ["A", "B"]


# ---------------------------------------------------------------------- capture


def moving(destination: str = "orbiter", **more: Any) -> CustodyRecord:
    return record(S.IN_TRANSIT, "orbit", owner="orbiter", destination=destination, **more)


@pytest.mark.parametrize(
    ("known", "captured", "done"),
    [
        (record(S.RECEIVING, transfer_id="A#1"), True, [("confirm", "A#1", "orbiter.cage")]),
        (record(S.RECEIVING, transfer_id="A#1"), False, []),
        (moving(), True, [("commit", "A", "orbiter.cage")]),
        (moving(), False, [("revert", "A", "orbiter.lidar")]),
        (moving("orbiter.entry_capsule"), True, []),
        (moving("orbiter.entry_capsule"), False, []),
        (record(S.HELD, "orbit"), True, []),
        (record(S.OFFERED, "orbit"), True, []),
    ],
)
def test_a_capture_ends_by_what_is_felt_or_seen(
    known: CustodyRecord, captured: bool, done: list[tuple[str, ...]]
) -> None:
    node = ship(known)
    end_capture(node, captured, "so it is")
    assert [(name, what, e.verified_by) for name, what, e in node.ledger.done] == done
    assert all(evidence.reading == "so it is" for _, _, evidence in node.ledger.done)


def test_a_step_that_is_refused_is_told_and_the_rest_goes_on() -> None:
    node = ship(moving(tube="B"), record(S.RECEIVING, transfer_id="A#1"), refuses="commit")
    assert end_capture(node, True, "felt") == 0
    assert node.told("custody_trouble") == [{"tube": "B", "reason": "commit is not allowed"}]
    assert [done[0] for done in node.ledger.done] == ["confirm"]


def test_what_is_on_board() -> None:
    records = [
        record(S.HELD, "orbiter", tube="in the cage"),
        record(S.OFFERED, "orbiter", tube="offered"),
        record(S.HELD, "entry_capsule", tube="in the capsule"),
        record(S.HELD, "orbit", tube="outside"),
        record(S.IN_TRANSIT, "orbiter", tube="moving"),
        record(S.HANDED_OVER, "orbiter", tube="gone"),
    ]
    found = [r.tube for r in on_board(ship(*records))]
    assert found == ["in the cage", "offered", "in the capsule"]


def test_only_what_is_in_the_cage_is_carried_into_the_capsule() -> None:
    node = ship(
        record(S.HELD, "orbiter", tube="A", slot=0), record(S.OFFERED, "orbiter", tube="B"),
        record(S.HELD, "entry_capsule", tube="C"), record(S.HELD, "orbit", tube="D"),
    )  # fmt: skip
    begin_insertion(node)
    assert node.ledger.done == [("begin", "A", "entry_capsule", "orbiter.gantry", 0)]


@pytest.mark.parametrize(("in_capsule", "step"), [(True, "commit"), (False, "revert")])
def test_the_seat_switch_ends_that_move(in_capsule: bool, step: str) -> None:
    node = ship(
        moving("entry_capsule", tube="A"), moving("entry_capsule", tube="B", transfer_id="B#1"),
        moving("orbiter", tube="C"), record(S.HELD, "orbiter", tube="D"),
    )  # fmt: skip
    end_insertion(node, in_capsule)
    [(name, tube, evidence)] = node.ledger.done
    assert (name, tube, evidence.verified_by) == (step, "A", "orbiter.capsule_seat")
    assert ("closed" in evidence.reading) is in_capsule


# ------------------------------------------------------------------ containment


def state(**more: Any) -> ContainmentState:
    values: dict[str, Any] = {
        "present": True, "outer_temperature": 300.0, "sample_temperature": 250.0,
        "hot_seconds": 0.0, "leak_rate": 1.0, "sealed": False, "in_capsule": False,
        "capsule_closed": False,
    }  # fmt: skip
    return ContainmentState(**{**values, **more})


def boxed(states: list[Any], **acts: Any) -> Any:
    answers = {name: [state()] for name in ("orient", "sterilise", "seal", "insert_into_capsule")}
    node = ship()
    node.devices.containment = Answers(state=states, **{**answers, **acts})
    return node


SEAL_UNCONFIRMED = {"actuation": "containment.seal", "witness": "containment"}
HEAT_UNCONFIRMED = {"actuation": "containment.sterilise", "witness": "containment"}


def step(node: Any, row: Any = SEALED, done: Any = lambda s: s.sealed) -> None:
    do(containment._step(node, "sealing", row, node.devices.containment.seal, done))


@pytest.mark.parametrize(
    ("states", "acts", "attempt", "unconfirmed"),
    [
        ([state(sealed=True)], [state()], 1, 0),
        ([state(), state(sealed=True)], [state()], 2, 1),
        ([state(sealed=True)], [MUTE], 1, 0),  # the answer is lost, and the deed is done
        ([state(), state(), state(sealed=True)], [MUTE, MUTE, state()], 3, 0),
    ],
)
def test_a_step_is_verified_by_what_is_asked_for_anew(
    states: list[Any], acts: list[Any], attempt: int, unconfirmed: int
) -> None:
    node = boxed(states, seal=acts)
    step(node)
    assert node.told("containment_step") == [
        {"step": "sealing", "result": f"verified at attempt {attempt}"}
    ]
    assert len(node.devices.containment.of("seal")) == attempt
    assert node.told("result_unconfirmed") == [SEAL_UNCONFIRMED] * unconfirmed


@pytest.mark.parametrize(("acts", "unconfirmed"), [([state(sealed=True)], 3), ([MUTE], 0)])
def test_three_attempts_and_what_the_act_itself_answers_is_not_believed(
    acts: list[Any], unconfirmed: int
) -> None:
    node = boxed([state()], seal=acts)
    with pytest.raises(ActivityFailed, match="sealing was not verified in 3 attempts"):
        step(node)
    assert len(node.devices.containment.of("seal")) == 3
    # What was not acknowledged is trouble of the device, and nothing that a witness denies.
    assert node.told("result_unconfirmed") == [SEAL_UNCONFIRMED] * unconfirmed
    assert len(node.told("device_trouble")) == 3 - unconfirmed
    assert not node.told("containment_step")


def test_what_can_be_undone_needs_no_witness() -> None:
    node = boxed([state(), state(sealed=True)])
    step(node, row=None)
    assert len(node.devices.containment.of("seal")) == 2 and not node.told("result_unconfirmed")


def sterilised(node: Any, begin: ContainmentState) -> None:
    do(containment._sterilise(node, begin))


def test_heat_for_what_is_missing_until_it_is_enough() -> None:
    node = boxed([state(hot_seconds=3_000.0), state(hot_seconds=3_600.0)])
    sterilised(node, state(hot_seconds=100.0))
    assert node.devices.containment.of("sterilise") == [(3_500.0,), (600.0,)]
    assert node.told("containment_step") == [{"step": "sterilisation", "result": "3600 s hot"}]
    assert node.sample_temperature == 250.0 and not node.told("result_unconfirmed")
    hot = boxed([])
    sterilised(hot, state(hot_seconds=3_600.0))
    assert not hot.devices.containment.asked


def test_three_heatings_that_are_not_enough_are_a_failure_and_just_enough_is_not() -> None:
    node = boxed([state(hot_seconds=3_599.9)])
    with pytest.raises(ActivityFailed, match="sterilised for 3600 s only, 3600 s are needed"):
        sterilised(node, state())
    assert len(node.devices.containment.of("sterilise")) == 3
    last = [state(hot_seconds=1.0), state(hot_seconds=2.0), state(hot_seconds=3_600.0)]
    node = boxed(last)
    sterilised(node, state())


def test_a_heater_that_says_that_it_was_hot_is_not_believed() -> None:
    node = boxed([state()], sterilise=[state(hot_seconds=4_000.0)])
    with pytest.raises(ActivityFailed, match="sterilised for 0 s only"):
        sterilised(node, state())
    assert node.devices.containment.of("sterilise") == [(3_600.0,)] * 3
    assert node.told("result_unconfirmed") == [HEAT_UNCONFIRMED] * 3


@pytest.mark.parametrize(("kelvin", "spoilt"), [(303.0, False), (303.1, True)])
def test_warm_samples_end_it(kelvin: float, spoilt: bool) -> None:
    node = boxed([state(hot_seconds=4_000.0, sample_temperature=kelvin)])
    if spoilt:
        with pytest.raises(ActivityFailed, match="303 K warm"):
            sterilised(node, state())
    else:
        sterilised(node, state())


@pytest.mark.parametrize(
    ("answer", "trouble"), [(MUTE, 1), (state(valid=False, hot_seconds=9e9), 0)]
)
def test_a_heater_that_says_nothing_is_asked_by_its_sensors(answer: Any, trouble: int) -> None:
    node = boxed([state(hot_seconds=3_600.0)], sterilise=[answer])
    sterilised(node, state())
    assert len(node.told("device_trouble")) == trouble
    assert len(node.devices.containment.of("state")) == 1
    node = boxed([state()], sterilise=[answer])
    with pytest.raises(ActivityFailed, match="sterilised for 0 s only"):
        sterilised(node, state())
    assert len(node.told("result_unconfirmed")) == 3 * (1 - trouble)


def contained(node: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    order: list[str] = []

    async def insert(node: Any) -> None:
        order.append("insert")

    monkeypatch.setattr(containment, "_insert", insert)
    monkeypatch.setattr(containment, "end_insertion", lambda node, is_in: order.append(f"{is_in}"))
    node.order = order
    assert do(containment.contain(node, Signal("x"))).data["result"].startswith("sterilised")
    return order


def test_all_steps_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = state(sealed=True, leak_rate=1e-8, in_capsule=True, hot_seconds=3_601.0)
    node = boxed([state(), state(), state(hot_seconds=3_600.0), sealed])
    assert contained(node, monkeypatch) == ["insert", "True"]
    asked = [name for name, *_ in node.devices.containment.asked]
    assert asked == [
        "state", "orient", "state", "sterilise", "state", "seal", "state", "state",
    ]  # fmt: skip
    assert node.leak_rate == 1e-8
    assert node.told("contained") == [{"leak_rate": "1.0e-08", "hot_seconds": 3_601}]


@pytest.mark.parametrize(
    "after", [state(sealed=True, leak_rate=1.1e-8), state(sealed=False, leak_rate=1e-9)]
)
def test_a_lid_that_leaks_or_is_open_is_not_sealed(
    monkeypatch: pytest.MonkeyPatch, after: ContainmentState
) -> None:
    node = boxed([state(), state(), state(hot_seconds=3_600.0), after])
    with pytest.raises(ActivityFailed, match="sealing was not verified"):
        contained(node, monkeypatch)
    assert len(node.devices.containment.of("seal")) == 3
    assert node.told("result_unconfirmed") == [SEAL_UNCONFIRMED] * 3
    assert not node.order


def test_what_is_in_the_capsule_already_is_not_heated_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = boxed([state(present=False, in_capsule=True)])
    assert contained(node, monkeypatch) == ["True"]
    assert {name for name, *_ in node.devices.containment.asked} == {"state"}
    with pytest.raises(ActivityFailed, match="no container in the cage"):
        contained(boxed([state(present=False)]), monkeypatch)


def inserting(
    monkeypatch: pytest.MonkeyPatch, answers: bool, closed: bool = True
) -> tuple[Any, list[Any]]:
    node = boxed([state(in_capsule=True, capsule_closed=closed)])
    node.ledger = Ledger(record(S.HELD, "orbiter"), record(S.HELD, "orbiter", tube="B"))
    asked: list[Any] = []

    async def ask(*given: Any, **more: Any) -> None:
        asked.append((given[0], more))
        if not answers:
            raise ExchangeFailed("entry does not answer")

    async def give(handover: Any, tubes: Any, to: str, place: str, move: Any, device: str) -> None:
        asked.append((tubes, to, place, device))
        await move()

    node.exchanges = SimpleNamespace(ask=ask)
    node.handover = None
    monkeypatch.setattr(containment, "give_together", give)
    return node, asked


def test_a_capsule_that_answers_takes_the_tubes(monkeypatch: pytest.MonkeyPatch) -> None:
    node, asked = inserting(monkeypatch, True)
    do(containment._insert(node))
    assert asked == [("entry", {"attempts": 2}), (["A", "B"], "entry", "entry_capsule", "gantry")]
    assert node.tubes_contained == 2 and node.ledger.done == []


def test_a_silent_capsule_is_filled_on_the_orbiters_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node, asked = inserting(monkeypatch, False)
    do(containment._insert(node))
    assert [done[:2] for done in node.ledger.done] == [("begin", "A"), ("begin", "B")]
    assert len(asked) == 1 and node.told("capsule_silent")
    assert len(node.devices.containment.of("insert_into_capsule")) == 1


def test_an_open_capsule_is_not_filled_and_a_refusal_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node, _ = inserting(monkeypatch, True, closed=False)
    with pytest.raises(ActivityFailed, match="insertion was not verified"):
        do(containment._insert(node))

    async def refuse(*given: Any, **more: Any) -> None:
        raise HandoverFailed("no room", settled=True)

    node, _ = inserting(monkeypatch, True)
    monkeypatch.setattr(containment, "give_together", refuse)
    with pytest.raises(ActivityFailed, match="did not take the tubes: no room"):
        do(containment._insert(node))
