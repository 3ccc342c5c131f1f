"""What the audit of a run over processes knows of ledgers: what their nodes have told."""

from typing import Any

import msgspec

from flight.icd.custody_record import FORGET, CustodyRecord, CustodyStatus
from flight.icd.envelope import write_envelope
from flight.icd.messages import CustodyReport
from ground.testbed.processes.host import ProcessesHost
from ground.testbed.processes.told_ledgers import ToldLedgers


class Heard:
    """A host with nobody in it, as it hears its processes."""

    def __init__(self) -> None:
        self.host: Any = ProcessesHost.__new__(ProcessesHost)
        self.host._told, self.host._children, self.host._draining = ToldLedgers(), {}, False
        self.host._happenings, self.host._counted = self, 0
        self.told: list[Any] = []

    def heard(self, message: Any) -> None:
        self.told.append(message)

    def take(self, owner: str, step: str, status: CustodyStatus) -> None:
        record = CustodyRecord(
            tube="Malay", owner=owner, step=step, status=status, place="rover_rack", since_ns=0,
            link=1, sequence=1,
        )  # fmt: skip
        report = CustodyReport(owner, 0, msgspec.to_builtins(record))
        self.host._take_message(write_envelope(1, 0, report))


def test_a_ledger_that_was_lost_says_unknown_and_does_not_fall_silent() -> None:
    """As in virtual time: a tube that no ledger names any more is a breach of custody."""
    heard = Heard()
    heard.take("rover", "grasp", CustodyStatus.HELD)
    heard.take("arm", "take", CustodyStatus.HELD)
    heard.take("rover", FORGET, CustodyStatus.UNKNOWN)
    ledgers = heard.host.ledgers()
    assert [(each.step, each.status) for each in ledgers["rover"]] == [
        (FORGET, CustodyStatus.UNKNOWN)
    ]
    assert [each.status for each in ledgers["arm"]] == [CustodyStatus.HELD]
    assert len(heard.told) == 3


def test_what_is_no_message_changes_no_ledger() -> None:
    heard = Heard()
    heard.take("rover", "grasp", CustodyStatus.HELD)
    heard.host._take_message(b"\x93\x01\x02")
    assert len(heard.told) == 1 and len(heard.host.ledgers()["rover"]) == 1
