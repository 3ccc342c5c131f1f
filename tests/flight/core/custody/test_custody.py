"""The custody ledger allows what the chain of custody allows, and nothing else."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.core.custody.ledger import (
    CustodyError,
    CustodyLedger,
    CustodyRecord,
    CustodyStatus,
    Evidence,
    Outcome,
)
from flight.core.keeping.storage import Storage
from flight.icd.custody_account import Problem, account, agrees

TUBE = "Malay"
LOAD = Evidence("mission_load", "load list")
SEEN = Evidence("seat_sensor", "closed")
EMPTY = Evidence("seat_sensor", "open", present=False)
OTHER_TUBE = "Montdenier"


class Pair:
    """Two ledgers and what they publish."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 0
        self.published: list[CustodyRecord] = []
        self.storages = {name: Storage(folder / name) for name in ("rover", "arm")}
        self.rover = self.ledger("rover")
        self.arm = self.ledger("arm")
        self.rover.adopt(TUBE, "rover_rack", LOAD, slot=3)

    def ledger(self, name: str) -> CustodyLedger:
        return CustodyLedger(self.storages[name], name, self.clock, self.published.append)

    def reopen(self, name: str) -> CustodyLedger:
        self.storages[name].crash()
        self.storages[name] = Storage(self.folder / name)
        ledger = self.ledger(name)
        setattr(self, name, ledger)
        return ledger

    def clock(self) -> int:
        self.now += 1
        return self.now

    def offer(self) -> str:
        transfer = self.rover.offer(TUBE, "arm", "arm_gripper", "arm.gripper").transfer_id
        assert transfer is not None
        return transfer

    def expect(self, transfer: str) -> CustodyRecord:
        return self.arm.expect(transfer, "rover", "rover_rack", "arm_gripper", "arm.gripper")

    def release(self) -> str:
        transfer = self.offer()
        self.expect(transfer)
        self.rover.release(transfer)
        return transfer

    def statement(self) -> str:
        return account({"rover": self.rover.records(), "arm": self.arm.records()})[TUBE].statement


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    for storage in pair.storages.values():
        storage.close()


def status(ledger: CustodyLedger) -> CustodyStatus | None:
    record = ledger.record(TUBE)
    return None if record is None else record.status


def test_a_transfer_goes_from_one_ledger_to_the_other(pair: Pair) -> None:
    assert pair.statement() == "rover_rack, held by rover"
    transfer = pair.offer()
    pair.expect(transfer)
    assert pair.statement() == "rover_rack, held by rover"
    pair.rover.release(transfer)
    assert pair.statement() == "in transit from rover_rack to arm_gripper"
    pair.arm.confirm(transfer, SEEN)
    assert pair.statement() == "arm_gripper, held by arm"
    pair.rover.complete(transfer, SEEN)
    assert pair.statement() == "arm_gripper, held by arm"
    assert pair.rover.open_transfers() == pair.arm.open_transfers() == []
    assert [record.step for record in pair.rover.journal(TUBE)] == [
        "adopt",
        "offer",
        "release",
        "complete",
    ]
    assert [record.step for record in pair.arm.journal(TUBE)] == ["expect", "confirm"]


@pytest.mark.requirement("CUS-05")
def test_repeated_steps_of_a_transfer_change_nothing(pair: Pair) -> None:
    transfer = pair.offer()
    assert pair.offer() == transfer
    assert pair.expect(transfer) == pair.expect(transfer)
    assert pair.rover.release(transfer) == pair.rover.release(transfer)
    assert pair.arm.confirm(transfer, SEEN) == pair.arm.confirm(transfer, SEEN)
    assert pair.rover.complete(transfer, SEEN) == pair.rover.complete(transfer, SEEN)
    assert pair.rover.release(transfer).status is CustodyStatus.HANDED_OVER
    assert pair.expect(transfer).status is CustodyStatus.HELD
    assert len(pair.published) == 1 + 2 + 1 + 1 + 1


@pytest.mark.requirement("CUS-03")
def test_every_step_survives_a_crash_and_names_what_is_open(pair: Pair) -> None:
    transfer = pair.release()
    [given] = pair.reopen("rover").open_transfers()
    [taken] = pair.reopen("arm").open_transfers()
    assert (given.status, taken.status) == (CustodyStatus.IN_TRANSIT, CustodyStatus.RECEIVING)
    assert given.transfer_id == taken.transfer_id == transfer
    pair.arm.confirm(transfer, SEEN)
    assert pair.reopen("arm").outcome(transfer) is Outcome.CONFIRMED
    assert pair.rover.outcome(transfer) is Outcome.OPEN
    assert pair.rover.outcome("Malay#99") is None


def test_adopting_again_after_a_reboot_does_not_bring_the_tube_back(pair: Pair) -> None:
    transfer = pair.release()
    pair.arm.confirm(transfer, SEEN)
    pair.rover.complete(transfer, SEEN)
    assert pair.reopen("rover").adopt(TUBE, "rover_rack", LOAD).status is CustodyStatus.HANDED_OVER


def test_a_move_inside_the_node_ends_where_the_sensor_sees_the_tube(pair: Pair) -> None:
    pair.rover.begin(TUBE, "rover_gripper", "rover.gripper")
    assert pair.statement() == "in transit from rover_rack to rover_gripper"
    assert pair.rover.begin(TUBE, "rover_gripper", "rover.gripper").sequence == 2
    assert pair.rover.commit(TUBE, SEEN).place == "rover_gripper"
    pair.rover.begin(TUBE, "rover_rack", "rover.arm", slot=5)
    assert pair.rover.revert(TUBE, SEEN).place == "rover_gripper"
    assert pair.rover.open_transfers() == []


def test_a_move_that_is_taken_back_leaves_the_tube_in_its_slot(pair: Pair) -> None:
    pair.rover.begin(TUBE, "rover_rack", "rover.arm", slot=5)
    assert pair.rover.commit(TUBE, SEEN).slot == 5
    pair.rover.begin(TUBE, "rover_gripper", "rover.gripper")
    back = pair.rover.revert(TUBE, SEEN)
    assert (back.place, back.slot) == ("rover_rack", 5)


@pytest.mark.requirement("CUS-02")
def test_what_moved_the_tube_cannot_verify_it(pair: Pair) -> None:
    pair.rover.begin(TUBE, "rover_gripper", "rover.gripper")
    mover = Evidence("rover.gripper", "jaw 19 mm open")
    for step in (pair.rover.commit, pair.rover.revert):
        with pytest.raises(CustodyError, match="ask another sensor"):
            step(TUBE, mover)
    pair.rover.revert(TUBE, SEEN)
    transfer = pair.release()
    with pytest.raises(CustodyError, match="ask another sensor"):
        pair.arm.confirm(transfer, Evidence("arm.gripper", "jaw 19 mm open"))
    assert status(pair.arm) is CustodyStatus.RECEIVING


@pytest.mark.parametrize("evidence", [EMPTY, Evidence("", "closed"), Evidence("seat_sensor", "")])
def test_a_commit_needs_a_sensor_a_reading_and_the_tube(pair: Pair, evidence: Evidence) -> None:
    transfer = pair.release()
    with pytest.raises(CustodyError, match="vidence"):
        pair.arm.confirm(transfer, evidence)
    pair.arm.confirm(transfer, SEEN)
    with pytest.raises(CustodyError, match="vidence"):
        pair.rover.complete(transfer, evidence)


def test_an_offer_can_be_withdrawn_before_the_release(pair: Pair) -> None:
    transfer = pair.offer()
    pair.expect(transfer)
    assert pair.rover.cancel(transfer).status is CustodyStatus.HELD
    assert pair.rover.outcome(transfer) is Outcome.CANCELLED
    assert pair.arm.cancel(transfer, EMPTY).status is CustodyStatus.DECLINED
    assert pair.statement() == "rover_rack, held by rover"
    assert pair.offer() != transfer


@pytest.mark.requirement("CUS-04")
def test_after_the_release_the_receiver_decides(pair: Pair) -> None:
    transfer = pair.release()
    with pytest.raises(CustodyError, match="arm decides"):
        pair.rover.cancel(transfer, SEEN)
    with pytest.raises(CustodyError, match="does not support"):
        pair.arm.cancel(transfer, SEEN)
    pair.arm.cancel(transfer, EMPTY)
    with pytest.raises(CustodyError, match="cancelled already"):
        pair.arm.confirm(transfer, SEEN)
    assert pair.rover.cancel(transfer, SEEN, counterpart_cancelled=True).place == "rover_rack"
    with pytest.raises(CustodyError, match="cancelled already"):
        pair.rover.complete(transfer, SEEN)


def test_a_cancelled_transfer_whose_tube_is_gone_is_openly_unknown(pair: Pair) -> None:
    transfer = pair.release()
    pair.arm.cancel(transfer, EMPTY)
    record = pair.rover.cancel(transfer, EMPTY, counterpart_cancelled=True)
    assert record.status is CustodyStatus.UNKNOWN
    assert pair.statement() == "unknown, last seen rover_rack by rover"
    assert pair.rover.find(TUBE, "ground", SEEN).place == "ground"


@pytest.mark.requirement("CUS-08")
def test_a_dropped_tube_is_openly_unknown_at_once_and_found_later(pair: Pair) -> None:
    transfer = pair.release()
    pair.arm.lose(TUBE, "the gripper is empty")
    assert pair.statement() == ("unknown, last seen rover_rack by arm (the gripper is empty)")
    assert pair.arm.outcome(transfer) is Outcome.CANCELLED
    pair.rover.cancel(transfer, EMPTY, counterpart_cancelled=True)
    pair.rover.find(TUBE, "ground", SEEN)
    assert pair.statement() == "ground, held by rover"


@pytest.mark.requirement("CUS-09")
def test_only_one_node_may_find_a_lost_tube(pair: Pair) -> None:
    transfer = pair.release()
    pair.arm.lose(TUBE, "the gripper is empty")
    with pytest.raises(CustodyError, match="does not answer for"):
        pair.arm.find(TUBE, "ground", SEEN)
    pair.rover.cancel(transfer, EMPTY, counterpart_cancelled=True)
    ceded = pair.rover.cede(TUBE, "arm")
    assert pair.rover.cede(TUBE, "arm") == ceded
    assert pair.statement() == "unknown, last seen rover_rack by rover (ceded to arm)"
    with pytest.raises(CustodyError, match="does not answer for"):
        pair.rover.find(TUBE, "ground", SEEN)
    pair.arm.find(TUBE, "ground", SEEN, ceded=ceded)
    assert pair.statement() == "ground, held by arm"
    pair.arm.begin(TUBE, "arm_gripper", "arm.gripper")
    pair.arm.lose(TUBE, "slipped")
    with pytest.raises(CustodyError, match="out of date"):
        pair.arm.find(TUBE, "ground", SEEN, ceded=ceded)


def test_a_tube_of_a_dead_node_is_found_by_one_that_never_knew_it(pair: Pair) -> None:
    last = pair.rover.lose(TUBE, "out of sight")
    assert pair.arm.find(TUBE, "ground", SEEN, ceded=last).link == last.link + 1
    assert pair.statement() == "ground, held by arm"


def test_the_furthest_link_counts_whatever_the_names_of_the_nodes(pair: Pair) -> None:
    transfer = pair.release()
    pair.arm.confirm(transfer, SEEN)
    pair.arm.begin(TUBE, "container", "arm.joints")
    ledgers = {"a": pair.rover.records(), "b": pair.arm.records()}
    assert account(ledgers)[TUBE].in_transit == ("arm_gripper", "container")
    pair.rover.lose(TUBE, "out of sight")
    ledgers = {"a": pair.rover.records(), "b": pair.arm.records()}
    assert account(ledgers)[TUBE].in_transit == ("arm_gripper", "container")


def test_a_giver_that_lost_sight_still_waits_for_the_receivers_word(pair: Pair) -> None:
    transfer = pair.release()
    pair.rover.lose(TUBE, "camera failed")
    with pytest.raises(CustodyError, match="may still confirm"):
        pair.rover.find(TUBE, "rover_rack", SEEN)
    assert [record.transfer_id for record in pair.rover.open_transfers()] == [transfer]
    pair.arm.confirm(transfer, SEEN)
    assert pair.statement() == "arm_gripper, held by arm"
    pair.rover.complete(transfer, SEEN)
    assert pair.rover.open_transfers() == []


def test_a_receiver_goes_on_while_the_giver_has_not_heard(pair: Pair) -> None:
    transfer = pair.release()
    pair.arm.confirm(transfer, SEEN)
    pair.arm.begin(TUBE, "container", "arm.joints")
    assert pair.statement() == "in transit from arm_gripper to container"
    pair.arm.lose(TUBE, "no force at the seat")
    assert pair.statement().startswith("unknown, last seen arm_gripper")


def test_an_offer_out_of_date_is_refused(pair: Pair) -> None:
    late = pair.offer()
    pair.rover.cancel(late)
    transfer = pair.release()
    pair.arm.confirm(transfer, SEEN)
    pair.rover.complete(transfer, SEEN)
    back = pair.arm.offer(TUBE, "rover", "rover_rack", "arm.joints").transfer_id
    assert back is not None
    pair.rover.expect(back, "arm", "arm_gripper", "rover_rack", "arm.joints")
    pair.arm.release(back)
    pair.rover.confirm(back, SEEN)
    pair.arm.complete(back, SEEN)
    with pytest.raises(CustodyError, match="out of date"):
        pair.expect(late)


def test_steps_out_of_order_are_refused_and_change_nothing(pair: Pair) -> None:
    before = pair.rover.records()
    for step in (
        lambda: pair.rover.commit(TUBE, SEEN),
        lambda: pair.rover.revert(TUBE, SEEN),
        lambda: pair.rover.find(TUBE, "ground", SEEN),
        lambda: pair.rover.release("Malay#2"),
        lambda: pair.rover.begin("Atlantis", "rover_rack", "rover.gripper"),
        lambda: pair.rover.lose("Atlantis", "?"),
        lambda: pair.rover.expect("Malay#9", "arm", "a", "b", "c"),
        lambda: pair.rover.expect("Malay", "arm", "a", "b", "c"),
    ):
        with pytest.raises(CustodyError):
            step()
    assert pair.rover.records() == before
    transfer = pair.offer()
    for step in (
        lambda: pair.rover.complete(transfer, SEEN),
        lambda: pair.rover.confirm(transfer, SEEN),
        lambda: pair.rover.lose(TUBE, "?"),
        lambda: pair.rover.begin(TUBE, "rover_gripper", "rover.gripper"),
        lambda: pair.rover.offer(TUBE, "mav", "container", "arm.joints"),
    ):
        with pytest.raises(CustodyError):
            step()
    assert status(pair.rover) is CustodyStatus.OFFERED


def test_what_is_undone_with_an_outer_transaction_is_not_published(pair: Pair) -> None:
    with pytest.raises(KeyError), pair.storages["rover"].transaction():
        pair.rover.begin(TUBE, "rover_gripper", "rover.gripper")
        raise KeyError
    assert status(pair.rover) is CustodyStatus.HELD
    assert [record.step for record in pair.published] == ["adopt"]


def corrupt(path: Path, table: str, where: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(f"UPDATE {table} SET value = X'00' WHERE {where}").rowcount
    connection.close()


def test_a_damaged_record_is_repaired_from_the_journal(pair: Pair) -> None:
    transfer = pair.release()
    before = pair.rover.records()
    corrupt(pair.folder / "rover", "record", "TRUE")
    ledger = pair.reopen("rover")
    assert ledger.records() == before
    assert ledger.outcome(transfer) is Outcome.OPEN
    assert [damage.key for damage in ledger.damage] == [transfer, TUBE]


def test_a_damaged_record_and_journal_make_the_tube_openly_unknown(pair: Pair) -> None:
    pair.rover.begin(TUBE, "rover_gripper", "rover.gripper")
    pair.rover.commit(TUBE, SEEN)
    corrupt(pair.folder / "rover", "record", "TRUE")
    corrupt(pair.folder / "rover", "entry", "number = 3")
    ledger = pair.reopen("rover")
    [record] = ledger.records()
    assert record.status is CustodyStatus.UNKNOWN
    with pytest.raises(CustodyError, match="does not answer for"):
        ledger.find(TUBE, "rover_rack", SEEN)
    ledger.find(TUBE, "rover_rack", SEEN, ceded=record)
    corrupt(pair.folder / "rover", "record", "TRUE")
    corrupt(pair.folder / "rover", "entry", "TRUE")
    [record] = pair.reopen("rover").records()
    assert (record.tube, record.status) == (TUBE, CustodyStatus.UNKNOWN)
    assert not record.responsible


def test_entries_that_are_gone_behind_the_newest_of_a_tube_count_as_its_steps(pair: Pair) -> None:
    pair.rover.begin(TUBE, "rover_gripper", "rover.gripper")
    before = pair.rover.commit(TUBE, SEEN)
    corrupt(pair.folder / "rover", "record", "TRUE")
    corrupt(pair.folder / "rover", "entry", "number = 2")
    assert pair.reopen("rover").records() == [before], "what followed it is there"
    corrupt(pair.folder / "rover", "record", "TRUE")
    corrupt(pair.folder / "rover", "entry", "number = 3")
    [record] = pair.reopen("rover").records()
    adopted = pair.published[0]
    assert (record.step, record.place, record.since_ns) == ("repair", "rover_rack", pair.now)
    assert record.link == adopted.link + 3 and record.sequence == adopted.sequence + 3


def test_of_a_tube_of_which_nothing_is_left_every_other_word_is_newer(pair: Pair) -> None:
    pair.rover.adopt(OTHER_TUBE, "rover_rack", LOAD, slot=4)
    corrupt(pair.folder / "rover", "record", "TRUE")
    corrupt(pair.folder / "rover", "entry", "number = 1")
    other, record = sorted(pair.reopen("rover").records(), key=lambda each: each.tube != OTHER_TUBE)
    assert (other.status, other.slot) == (CustodyStatus.HELD, 4)
    assert (record.tube, record.owner, record.place) == (TUBE, "rover", "rover")
    assert (record.link, record.sequence) == (0, 500_000) and not record.responsible


def test_how_a_transfer_ended_is_repaired_from_its_last_step(pair: Pair) -> None:
    transfer = pair.release()
    pair.rover.complete(transfer, SEEN)
    corrupt(pair.folder / "rover", "record", "TRUE")
    ledger = pair.reopen("rover")
    assert ledger.outcome(transfer) is Outcome.CONFIRMED
    assert status(ledger) is CustodyStatus.HANDED_OVER


def test_two_holders_are_a_contradiction(pair: Pair) -> None:
    pair.arm.adopt(TUBE, "container", LOAD)
    told = account({"rover": pair.rover.records(), "arm": pair.arm.records()})[TUBE]
    assert told.problem is Problem.CONTRADICTION
    assert told.statement == "claimed by arm (container) and rover (rover_rack)"
    assert not agrees(told, "rover_rack")


def test_a_tube_that_no_ledger_claims_is_silently_lost(pair: Pair) -> None:
    transfer = pair.release()
    pair.arm.confirm(transfer, SEEN)
    pair.rover.complete(transfer, SEEN)
    told = account({"rover": pair.rover.records()}, tubes=[OTHER_TUBE])
    assert told[TUBE].problem is told[OTHER_TUBE].problem is Problem.SILENTLY_LOST
    assert not agrees(told[TUBE], "arm_gripper")
    assert "handed it over to arm" in told[TUBE].statement


def test_reports_that_come_late_are_no_contradiction_and_no_loss(pair: Pair) -> None:
    early = pair.rover.records()
    transfer = pair.release()
    pair.arm.confirm(transfer, SEEN)
    pair.rover.complete(transfer, SEEN)
    stale = account({"rover": early, "arm": pair.arm.records()}, delayed=True)[TUBE]
    assert (stale.place, stale.holders) == ("arm_gripper", ("arm",))
    ahead = account({"rover": pair.rover.records()}, delayed=True)[TUBE]
    assert (ahead.place, ahead.problem) == ("arm_gripper", None)


def test_agreement_with_the_truth(pair: Pair) -> None:
    def agreed(place: str, dropped_to: str | None = None) -> bool:
        ledgers = {"rover": pair.rover.records(), "arm": pair.arm.records()}
        return agrees(account(ledgers)[TUBE], place, dropped_to)

    assert agreed("rover_rack")
    assert not agreed("arm_gripper")
    pair.release()
    assert agreed("rover_rack")
    assert agreed("arm_gripper")
    assert not agreed("ground")
    assert agreed("ground", dropped_to="ground")
    pair.arm.lose(TUBE, "the gripper is empty")
    assert agreed("anywhere")
