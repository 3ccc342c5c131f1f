"""Each step of a ledger in each state of a tube: done, without effect, or refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flight.core.custody.ledger import CustodyError, CustodyLedger, CustodyRecord, Evidence
from flight.core.custody.rules import check_evidence, tube_and_link
from flight.core.keeping.storage import Storage

TUBE = "Malay"
SEEN, EMPTY = Evidence("seat", "closed"), Evidence("seat", "open", present=False)


def begun(ledger: CustodyLedger, *steps: str, tube: str = TUBE) -> None:
    for step in steps:
        DO[step](ledger, tube)


Step = Callable[[CustodyLedger, str], Any]
DO: dict[str, Step] = {
    "adopt": lambda x, t: x.adopt(t, "tray", SEEN, slot=1),
    "begin": lambda x, t: x.begin(t, "gripper", "arm.gripper"),
    "begin elsewhere": lambda x, t: x.begin(t, "lid", "arm.gripper"),
    "begin as transferred": lambda x, t: x.begin(t, "rack", "arm.gripper"),
    "commit": lambda x, t: x.commit(t, SEEN),
    "revert": lambda x, t: x.revert(t, SEEN),
    "lose": lambda x, t: x.lose(t, "gone"),
    "find": lambda x, t: x.find(t, "tray", SEEN),
    "cede": lambda x, t: x.cede(t, "rover"),
    "forget": lambda x, t: x.forget([t], "the store was lost"),
    "offer": lambda x, t: x.offer(t, "rover", "rack", "arm.gripper"),
    "offer to another": lambda x, t: x.offer(t, "mav", "rack", "arm.gripper"),
    "expect": lambda x, t: x.expect(f"{t}#2", "rover", "rack", "gripper", "arm.gripper"),
    "expect later": lambda x, t: x.expect(f"{t}#9", "rover", "rack", "gripper", "arm.gripper"),
    "release": lambda x, t: x.release(f"{t}#2"),
    "confirm": lambda x, t: x.confirm(f"{t}#2", SEEN),
    "complete": lambda x, t: x.complete(f"{t}#2", SEEN),
    "cancel": lambda x, t: x.cancel(f"{t}#2"),
    "cancel, not here": lambda x, t: x.cancel(f"{t}#2", EMPTY),
    "cancel, both": lambda x, t: x.cancel(f"{t}#2", SEEN, counterpart_cancelled=True),
    "cancel, both, gone": lambda x, t: x.cancel(f"{t}#2", EMPTY, counterpart_cancelled=True),
}  # fmt: skip

STATES: dict[str, tuple[str, ...]] = {
    "unheard of": (),
    "held": ("adopt",),
    "moving": ("adopt", "begin"),
    "offered": ("adopt", "offer"),
    "in transit": ("adopt", "offer", "release"),
    "receiving": ("expect",),
    "handed over": ("adopt", "offer", "release", "complete"),
    "declined": ("expect", "cancel, not here"),
    "lost": ("adopt", "lose"),
    "lost, open": ("adopt", "offer", "release", "lose"),
    "lost at the receiver": ("expect", "lose"),
    "ceded": ("adopt", "lose", "cede"),
    "forgotten": ("forget",),
    "confirmed": ("expect", "confirm"),
    "taken back": ("adopt", "offer", "cancel"),
}
"""How each state is come to; the columns of the table are these, in this order."""

TABLE = {
    "adopt": "held = = = = = = = = = = = unknown = =",
    "begin": "no in_transit = no no no no no no no no no no in_transit in_transit",
    "begin elsewhere": "no in_transit no no no no no no no no no no no in_transit in_transit",
    "begin as transferred": "no in_transit no no no no no no no no no no no in_transit in_transit",
    "commit": "no no held no no no no no no no no no no no no",
    "revert": "no no held no no no no no no no no no no no no",
    "lose": "no unknown unknown no unknown unknown no no = = = = = unknown unknown",
    "find": "no = no no no no no no held no no no no no =",
    "cede": "no no no no no no no no unknown no no = no no no",
    "forget": "unknown = = = = = = = = = = = = = =",
    "offer": "no offered no = no no no no no no no no no offered offered",
    "offer to another": "no offered no no no no no no no no no no no offered offered",
    "expect": "receiving no no = = = = = no = = no receiving = =",
    "expect later": "receiving no no no no no receiving receiving receiving no receiving receiving "
    "receiving no no",
    "release": "no no no in_transit = no = = no = = no no = =",
    "confirm": "no no no no no held = no no no no no no = no",
    "complete": "no no no no handed_over no = no no handed_over no no no = no",
    "cancel": "no no no held no no no = no no = no no no =",
    "cancel, not here": "no no no held no declined no = no no = no no no =",
    "cancel, both": "no no no held held no no = no held = no no no =",
    "cancel, both, gone": "no no no held unknown declined no = no unknown = no no no =",
}
"""What becomes of the tube by a step: its new status, = for no effect, no where it is refused."""


@pytest.mark.requirement("CUS-05")
@pytest.mark.parametrize(("step", "row"), TABLE.items())
def test_a_step_does_in_each_state_what_the_chain_of_custody_allows(
    tmp_path: Path, step: str, row: str
) -> None:
    found: dict[str, str] = {}
    told: list[CustodyRecord] = []
    storage = Storage(tmp_path / "store")
    ledger = CustodyLedger(storage, "arm", lambda: 1, told.append)
    for state, steps in STATES.items():
        begun(ledger, *steps, tube=state)
        before = len(told)
        try:
            DO[step](ledger, state)
            new = told[before:]
            found[state] = str(new[0].status) if new else "="
        except CustodyError:
            found[state], new = "no", told[before:]
            assert new == []
        mine = [each for each in told if each.tube == state]
        assert len(new) <= 1 and ledger.journal(state) == mine
        assert [each.sequence for each in mine] == list(range(1, len(mine) + 1))
    storage.close()
    assert found == dict(zip(STATES, row.split(), strict=True))


@pytest.fixture
def arm(tmp_path: Path) -> CustodyLedger:
    return CustodyLedger(Storage(tmp_path / "arm"), "arm", lambda: 1, lambda record: None)


def test_the_link_grows_with_each_step_that_changes_who_answers_for_it(arm: CustodyLedger) -> None:
    begun(arm, "adopt", "begin", "commit", "lose", "find", "lose", "cede")
    begun(arm, "adopt", "offer", "release", "cancel, both", tube="A")
    begun(arm, "expect", "confirm", tube="B")
    begun(arm, "adopt", "offer", "release", "complete", tube="C")
    assert [(each.step, each.link, each.responsible) for each in arm.journal(TUBE)] == [
        ("adopt", 1, True), ("begin", 2, True), ("commit", 2, True), ("lose", 3, True),
        ("find", 4, True), ("lose", 5, True), ("cede", 6, False),
    ]  # fmt: skip
    links = [[(each.link, each.responsible) for each in arm.journal(tube)] for tube in "ABC"]
    assert links == [
        [(1, True), (2, True), (2, True), (3, True)],
        [(2, False), (3, True)],
        [(1, True), (2, True), (2, True), (2, False)],
    ]


def test_a_cession_out_of_date_finds_nothing(arm: CustodyLedger, tmp_path: Path) -> None:
    rover = CustodyLedger(Storage(tmp_path / "r"), "rover", lambda: 1, lambda record: None)
    rover.adopt(TUBE, "rack", SEEN)
    rover.lose(TUBE, "fell")
    ceded = rover.cede(TUBE, "arm")
    assert (ceded.link, ceded.responsible, ceded.counterpart) == (3, False, "arm")
    begun(arm, "expect", "cancel, not here")  # link 2 of the chain: older than the cession
    found = arm.find(TUBE, "gripper", SEEN, 4, ceded)
    assert (found.link, found.slot, found.responsible) == (4, 4, True)
    arm.lose(TUBE, "fell again")
    with pytest.raises(CustodyError, match="cession of Malay by rover is out of date"):
        arm.find(TUBE, "gripper", SEEN, 4, ceded)


def test_evidence_is_of_somebody_else_than_what_moved_it_and_says_so() -> None:
    check_evidence(SEEN, "arm.gripper", present=True)
    check_evidence(EMPTY, None, present=False)
    check_evidence(EMPTY, None)
    wrong: list[tuple[Any, str | None, bool | None, str]] = [
        (None, None, None, "Evidence is needed"),
        (Evidence("", "closed"), None, None, "Evidence is needed"),
        (Evidence("seat", ""), None, None, "Evidence is needed"),
        (SEEN, "seat", None, "seat moved the tube and cannot be what verifies it"),
        (SEEN, None, False, "says that the tube is there: it does not support"),
        (EMPTY, None, True, "says that the tube is not there: it does not support"),
    ]
    for evidence, moved_by, present, words in wrong:
        with pytest.raises(CustodyError, match=words):
            check_evidence(evidence, moved_by, present)


@pytest.mark.parametrize("name", ["", "Malay", "#2", "Malay#", "Malay#x", "Malay#-1", "Malay#1.5"])
def test_what_names_no_transfer_is_refused(name: str) -> None:
    with pytest.raises(CustodyError, match="is no transfer: it must read tube#number"):
        tube_and_link(name)
    assert tube_and_link("Ma#lay#12") == ("Ma#lay", 12)
