"""Where a chain of custody leads to a ledger that was lost, the tube is openly unknown."""

from typing import Any

from flight.icd.custody_account import account, agrees
from flight.icd.custody_record import FORGET, CustodyRecord, CustodyStatus, Outcome

TUBE = "Malay"


def record(owner: str, status: CustodyStatus, place: str, **more: Any) -> CustodyRecord:
    fields = {"step": "x", "since_ns": 0, "link": 1, "sequence": 1, **more}
    return CustodyRecord(tube=TUBE, owner=owner, status=status, place=place, **fields)


def forgotten(owner: str) -> CustodyRecord:
    return record(
        owner, CustodyStatus.UNKNOWN, owner, step=FORGET, link=0, reason="its store was lost"
    )


GIVEN = record(
    "arm", CustodyStatus.HANDED_OVER, "arm_gripper", destination="container", counterpart="mav",
    transfer_id="Malay#4", outcome=Outcome.CONFIRMED, link=5,
)  # fmt: skip


def test_a_tube_handed_to_a_node_that_lost_its_ledger_was_last_seen_there() -> None:
    said = account({"arm": [GIVEN], "mav": [forgotten("mav")]})[TUBE]
    assert (said.problem, said.last_seen) == (None, "container")
    assert said.statement == "unknown, last seen container by arm (mav: its store was lost)"
    assert agrees(said, "ground")


def test_without_a_lost_ledger_it_is_lost_in_silence() -> None:
    assert account({"arm": [GIVEN], "mav": []})[TUBE].problem is not None


def test_a_ledger_that_holds_the_tube_decides() -> None:
    held = record("rover", CustodyStatus.HELD, "rover_rack")
    said = account({"rover": [held], "mav": [forgotten("mav")]})[TUBE]
    assert said.place == "rover_rack"
    assert not agrees(said, "ground")


def test_a_move_that_does_not_lead_to_the_lost_ledger_is_stated_as_before() -> None:
    moving = record(
        "rover", CustodyStatus.IN_TRANSIT, "ground", destination="rover_rack", moved_by="gripper"
    )
    said = account({"rover": [moving], "mav": [forgotten("mav")]})[TUBE]
    assert said.in_transit == ("ground", "rover_rack")


def test_a_move_to_the_lost_ledger_is_unknown() -> None:
    moving = record(
        "arm", CustodyStatus.IN_TRANSIT, "arm_gripper", destination="container", counterpart="mav",
        transfer_id="Malay#4", outcome=Outcome.OPEN, link=4,
    )  # fmt: skip
    said = account({"arm": [moving], "mav": [forgotten("mav")]})[TUBE]
    assert (said.in_transit, said.last_seen) == (None, "container")


def test_a_tube_that_no_other_ledger_ever_named_is_unknown_too() -> None:
    said = account({"mav": [forgotten("mav")]}, [TUBE])[TUBE]
    assert (said.problem, said.last_seen) == (None, "mav")
