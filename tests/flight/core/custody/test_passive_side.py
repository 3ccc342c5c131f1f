"""The passive side of a hand-over by itself: whom it believes, and what it decides."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.custody.handover import HandoverFailed, PassiveHandover
from flight.core.custody.ledger import (
    CustodyError,
    CustodyLedger,
    CustodyStatus,
    Evidence,
    Outcome,
)
from flight.core.exchanges import ExchangeFailed
from flight.core.keeping.storage import Storage
from flight.icd import custody_exchanges as told
from flight.icd.devices.base import DeviceFault

TUBE, TRANSFER = "Malay", "Malay#2"
SEEN, EMPTY = Evidence("seat", "closed"), Evidence("seat", "open", present=False)


class Side:
    """A node "arm" that stands still: a ledger, what its sensor sees, what others answer."""

    def __init__(self, folder: Path) -> None:
        self.storage = Storage(folder / "arm")
        self.ledger = CustodyLedger(self.storage, "arm", lambda: 1, lambda record: None)
        self.sights: list[bool] = []
        self.looked: list[tuple[int | None, bool]] = []
        self.asked: list[tuple[Any, ...]] = []
        self.answers: list[Any] = []
        self.refusal = ""
        self.slot: int | None = 5
        self.warned: list[str] = []
        self.blind = False
        node: Any = SimpleNamespace(
            name="arm", ledger=self.ledger,
            exchanges=SimpleNamespace(answer=lambda topic, handler: None, ask=self.ask),
            nursery=SimpleNamespace(start=self.start),
            service_warning=lambda report, data: self.warned.append(data),
            context=SimpleNamespace(structure=SimpleNamespace(keeps=lambda what: True)),
        )  # fmt: skip
        self.watched: list[str] = []
        self.side = PassiveHandover(
            node, "gripper", self.look, refusal=lambda: self.refusal,
            choose_slot=lambda tube, avoid: self.slot,
        )  # fmt: skip

    def start(self, work: Any, *, name: str) -> None:
        work.close()
        self.watched.append(name)

    async def look(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        self.looked.append((slot, expected))
        if self.blind:
            raise DeviceFault("dark", "nothing is seen")
        seen = self.sights.pop(0) if len(self.sights) > 1 else self.sights[0]
        return Evidence("seat", f"look {len(self.looked)}", seen)

    async def ask(self, node: str, topic: Any, question: Any, **more: Any) -> Any:
        self.asked.append((node, topic.name, question, more))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def status(self) -> CustodyStatus | None:
        record = self.ledger.record(TUBE)
        return None if record is None else record.status

    # ------------------------------------------------------------ states

    def holds(self) -> None:
        self.ledger.adopt(TUBE, "gripper", SEEN, slot=3)

    def gives(self) -> None:
        self.holds()
        self.ledger.offer(TUBE, "rover", "rack", "arm.gripper")
        self.ledger.release(TRANSFER)

    def takes(self) -> None:
        self.ledger.expect(TRANSFER, "rover", "rack", "gripper", "rover.arm", 5)


@pytest.fixture
def arm(tmp_path: Path) -> Iterator[Side]:
    side = Side(tmp_path)
    yield side
    side.storage.close()


def do(work: Any) -> Any:
    return asyncio.run(work)


# ------------------------------------------------------------------- looking


@pytest.mark.parametrize("expected", [True, False])
def test_what_was_expected_is_looked_at_once(arm: Side, expected: bool) -> None:
    arm.holds()
    record = arm.ledger.record(TUBE)
    assert record is not None
    arm.sights = [expected]
    assert do(arm.side._look(record, expected=expected)).present is expected
    assert arm.looked == [(3, expected)]


@pytest.mark.parametrize(
    ("sights", "present"),
    [([True, False, False], False), ([True, True, False], True), ([True, False, True], True)],
)
def test_of_an_unexpected_sight_the_majority_of_three_counts(
    arm: Side, sights: list[bool], present: bool
) -> None:
    arm.holds()
    record = arm.ledger.record(TUBE)
    assert record is not None
    arm.sights = [*sights, not present]  # a fourth look would turn nothing
    seen = do(arm.side._look(record, expected=False))
    assert seen.present is present and len(arm.looked) == 3
    last = max(n for n, sight in enumerate(sights, start=1) if sight is present)
    assert seen.reading == f"look {last}"


# ------------------------------------------------------------ whom it believes


@pytest.mark.parametrize("asks", ["_release", "_check", "_withdrawn"])
def test_another_than_the_counterpart_is_not_heard(arm: Side, asks: str) -> None:
    arm.gives() if asks != "_withdrawn" else arm.takes()
    before = arm.ledger.journal(TUBE)
    with pytest.raises(CustodyError, match="Malay#2 is with rover, not with mav"):
        do(getattr(arm.side, asks)("mav", told.Transfer(TRANSFER)))
    with pytest.raises(CustodyError, match="knows no transfer 'Malay#7'"):
        do(getattr(arm.side, asks)("rover", told.Transfer("Malay#7")))
    assert arm.ledger.journal(TUBE) == before and arm.looked == []


def test_a_decision_of_another_is_not_followed(arm: Side) -> None:
    arm.gives()
    confirmed = told.Standing(TRANSFER, Outcome.CONFIRMED, CustodyStatus.HELD, SEEN)
    with pytest.raises(CustodyError, match="is with rover, not with mav"):
        do(arm.side._decided("mav", confirmed))
    assert arm.status() is CustodyStatus.IN_TRANSIT
    assert do(arm.side._decided("rover", confirmed)).status is CustodyStatus.HANDED_OVER
    late = told.Standing(TRANSFER, Outcome.CANCELLED, CustodyStatus.DECLINED)
    assert do(arm.side._decided("rover", late)).status is CustodyStatus.HANDED_OVER
    assert arm.looked == []  # a late word changes nothing, and nobody looks for it


def test_deciding_is_asked_for_by_the_giver_alone(arm: Side) -> None:
    arm.takes()
    arm.sights = [True]
    with pytest.raises(CustodyError, match="not with mav"):
        do(arm.side._decide("mav", told.Decide(TRANSFER, giver_sees=False)))
    assert arm.status() is CustodyStatus.RECEIVING


def test_who_cannot_take_part_promises_nothing(arm: Side) -> None:
    arm.holds()
    arm.refusal = "the arm sleeps"
    with pytest.raises(ExchangeFailed, match="the arm sleeps"):
        do(arm.side._offer("rover", told.Offer(TUBE, "rack", "rover.arm")))
    with pytest.raises(ExchangeFailed, match="the arm sleeps"):
        do(arm.side._expect("rover", told.Expect("Other#2", "rack", "gripper", "rover.arm")))
    assert arm.status() is CustodyStatus.HELD and arm.ledger.record("Other") is None


# --------------------------------------------------------------- what it promises


def test_an_offer_is_made_of_what_is_seen(arm: Side) -> None:
    arm.holds()
    arm.sights = [False]
    with pytest.raises(ExchangeFailed, match="seat does not see Malay at gripper"):
        do(arm.side._offer("rover", told.Offer(TUBE, "rack", "rover.arm")))
    assert arm.status() is CustodyStatus.HELD and arm.watched == []
    arm.sights = [True]
    offer = told.Offer(TUBE, "rack", "rover.arm")
    first = do(arm.side._offer("rover", offer))
    assert first == told.Offered(TRANSFER, "gripper", 3)
    assert do(arm.side._offer("rover", offer)) == first  # a question that comes twice
    assert arm.watched == ["watch Malay"]
    with pytest.raises(CustodyError, match="knows no tube 'Other'"):
        do(arm.side._offer("rover", told.Offer("Other", "rack", "rover.arm")))


def test_a_second_offer_to_another_is_settled_with_the_first_before(arm: Side) -> None:
    arm.holds()
    arm.sights = [True]
    do(arm.side._offer("rover", told.Offer(TUBE, "rack", "rover.arm")))
    arm.answers = [told.Standing(TRANSFER, Outcome.OPEN, CustodyStatus.RECEIVING)]
    with pytest.raises(HandoverFailed, match="stays open: rover has not decided"):
        do(arm.side._offer("mav", told.Offer(TUBE, "lid", "rover.arm")))
    arm.answers = [told.Standing(TRANSFER)]  # the first has promised nothing: taken back
    assert do(arm.side._offer("mav", told.Offer(TUBE, "lid", "rover.arm"))).transfer == "Malay#4"
    assert [each[0] for each in arm.asked] == ["rover", "rover"]


def test_what_is_expected_twice_keeps_its_slot(arm: Side) -> None:
    wanted = told.Expect(TRANSFER, "rack", "gripper", "rover.arm", [1])
    assert do(arm.side._expect("rover", wanted)) == told.Expected(5)
    arm.slot = 6
    assert do(arm.side._expect("rover", wanted)) == told.Expected(5)


def test_another_transfer_of_a_tube_that_is_expected_is_settled_first(arm: Side) -> None:
    arm.takes()
    later = told.Expect("Malay#9", "rack", "gripper", "rover.arm")
    arm.answers = [told.Standing(TRANSFER, Outcome.OPEN, CustodyStatus.IN_TRANSIT)]
    with pytest.raises(HandoverFailed, match="stays open"):
        do(arm.side._expect("rover", later))
    arm.sights = [False]
    arm.answers = [told.Standing(TRANSFER, Outcome.CANCELLED, CustodyStatus.HELD)]
    do(arm.side._expect("rover", later))
    record = arm.ledger.record(TUBE)
    assert record is not None and record.transfer_id == "Malay#9"


# --------------------------------------------------------------- how it ends


@pytest.mark.parametrize(
    ("giver_sees", "here", "status", "expected"),
    [
        (False, True, CustodyStatus.HELD, True),
        (True, False, CustodyStatus.DECLINED, False),
        (False, False, CustodyStatus.DECLINED, True),
        (True, True, CustodyStatus.UNKNOWN, False),
    ],
)
def test_the_receiver_decides_once_by_both_ends(
    arm: Side, giver_sees: bool, here: bool, status: CustodyStatus, expected: bool
) -> None:
    arm.takes()
    arm.sights = [here]
    question = told.Decide(TRANSFER, giver_sees=giver_sees)
    assert do(arm.side._decide("rover", question)).status is status
    assert arm.status() is status and arm.looked[0] == (5, expected)
    looked = len(arm.looked)
    arm.sights = [not here]
    assert do(arm.side._decide("rover", question)).status is status  # asked again: the same
    assert len(arm.looked) == looked


@pytest.mark.parametrize(
    ("here", "status"), [(False, CustodyStatus.DECLINED), (True, CustodyStatus.UNKNOWN)]
)
def test_a_giver_that_never_let_go_ends_it_and_a_tube_that_is_here_all_the_same_is_unknown(
    arm: Side, here: bool, status: CustodyStatus
) -> None:
    arm.takes()
    arm.sights = [here]
    do(arm.side._withdrawn("rover", told.Transfer(TRANSFER)))
    assert arm.status() is status
    looked = len(arm.looked)
    do(arm.side._withdrawn("rover", told.Transfer(TRANSFER)))
    assert arm.status() is status and len(arm.looked) == looked


@pytest.mark.parametrize(
    ("mine", "theirs", "status"),
    [
        (True, CustodyStatus.DECLINED, CustodyStatus.HELD),
        (False, CustodyStatus.DECLINED, CustodyStatus.UNKNOWN),
        (True, CustodyStatus.UNKNOWN, CustodyStatus.UNKNOWN),  # both claim to see it
    ],
)
def test_a_giver_follows_what_the_receiver_has_decided_by_its_own_sensor(
    arm: Side, mine: bool, theirs: CustodyStatus, status: CustodyStatus
) -> None:
    arm.gives()
    arm.sights = [mine]
    cancelled = told.Standing(TRANSFER, Outcome.CANCELLED, theirs)
    do(arm.side._decided("rover", cancelled))
    assert arm.status() is status
    assert arm.looked[0] == (3, True)


# --------------------------------------------------------------------- settling


def test_settling_asks_the_other_side_patiently_and_tells_what_stays_open(arm: Side) -> None:
    arm.gives()
    arm.answers = [ExchangeFailed("rover does not answer")]
    [still] = do(arm.side.settle())
    assert still.transfer_id == TRANSFER
    [(node, topic, question, more)] = arm.asked
    assert (node, topic, question) == ("rover", "custody.outcome", told.Transfer(TRANSFER))
    assert more == {"timeout": 120.0, "attempts": 5}
    assert arm.warned == ["Malay#2 stays open: rover does not answer"]
    arm.answers = [told.Standing(TRANSFER, Outcome.CONFIRMED, CustodyStatus.HELD, SEEN)]
    assert do(arm.side.settle()) == []
    assert arm.status() is CustodyStatus.HANDED_OVER
    assert do(arm.side.settle()) == [] and len(arm.asked) == 2


def test_a_move_within_the_node_is_nothing_to_be_asked_about(arm: Side) -> None:
    arm.holds()
    arm.ledger.begin(TUBE, "lid", "arm.gripper")
    assert do(arm.side.settle()) == [] and arm.asked == []


def test_a_blind_sensor_leaves_it_open_and_says_so(arm: Side) -> None:
    arm.gives()
    arm.blind = True
    arm.answers = [told.Standing(TRANSFER, Outcome.CANCELLED, CustodyStatus.DECLINED)]
    [still] = do(arm.side.settle())
    assert still.status is CustodyStatus.IN_TRANSIT and "stays open" in arm.warned[0]


def test_what_is_open_is_watched_after_a_boot_and_nothing_else(arm: Side, tmp_path: Path) -> None:
    arm.gives()
    arm.ledger.adopt("Other", "gripper", SEEN)
    arm.ledger.begin("Other", "lid", "arm.gripper")
    arm.storage.close()
    again = Side(tmp_path)
    assert again.watched == ["watch Malay"]
    again.storage.close()


# ---------------------------------------------------------------- finding again


def test_a_tube_that_is_unknown_here_is_found_when_it_is_seen(arm: Side) -> None:
    arm.holds()
    arm.ledger.lose(TUBE, "fell")
    arm.sights = [False]
    assert do(arm.side.find_again(TUBE, 7)) is False
    assert arm.status() is CustodyStatus.UNKNOWN
    arm.sights = [True]
    assert do(arm.side.find_again(TUBE, 7)) is True
    record = arm.ledger.record(TUBE)
    assert record is not None and (record.status, record.slot) == (CustodyStatus.HELD, 7)
    assert arm.asked == []  # it answers for it: nobody has to cede it
    assert do(arm.side.find_again(TUBE, 7)) is False  # it is held: nothing to be found
    assert do(arm.side.find_again("Other", 7)) is False


def test_who_does_not_answer_for_it_has_it_ceded_first(arm: Side) -> None:
    arm.takes()
    arm.ledger.cancel(TRANSFER, EMPTY)
    arm.sights = [True]
    arm.answers = [ExchangeFailed("rover does not answer for it")]
    with pytest.raises(HandoverFailed, match="is seen and not found: rover does not answer"):
        do(arm.side.find_again(TUBE, 7))
    assert arm.status() is CustodyStatus.DECLINED
    ceded = arm.ledger.record(TUBE)
    assert ceded is not None
    arm.answers = [told.Ceded(ceded)]
    assert do(arm.side.find_again(TUBE, 7)) is True
    assert [each[:2] for each in arm.asked] == [("rover", "custody.cede")] * 2


@pytest.mark.parametrize("state", ["gives", "takes"])
def test_while_a_transfer_is_open_nothing_is_found(arm: Side, state: str) -> None:
    getattr(arm, state)()
    if state == "gives":
        arm.ledger.lose(TUBE, "fell")
    arm.sights = [True]
    assert do(arm.side.find_again(TUBE, 7)) is False and arm.looked == []


def test_what_is_lost_here_is_ceded_once_to_who_asks(arm: Side) -> None:
    arm.holds()
    with pytest.raises(CustodyError, match="cannot be ceded to rover"):
        do(arm.side._cede("rover", told.Lost(TUBE)))
    arm.ledger.lose(TUBE, "fell")
    first = do(arm.side._cede("rover", told.Lost(TUBE)))
    assert not first.record.responsible and first.record.counterpart == "rover"
    assert do(arm.side._cede("rover", told.Lost(TUBE))) == first
