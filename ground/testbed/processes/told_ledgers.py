"""The custody ledgers of nodes in processes of their own, as their reports have told them."""

from flight.icd.codec import CodecError
from flight.icd.custody_record import CustodyRecord, decode
from flight.icd.envelope import read_envelope
from flight.icd.messages import CustodyReport, Message


class ToldLedgers:
    """The last record of each tube that each ledger has told of."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, CustodyRecord]] = {}

    def take(self, payload: bytes) -> Message | None:
        """What was published; None for what cannot be read: its own receivers count it."""
        try:
            message: Message = read_envelope(payload).message
        except CodecError:
            return None
        if isinstance(message, CustodyReport):
            record = decode(message.record)
            self._records.setdefault(record.owner, {})[record.tube] = record
        return message

    def ledgers(self) -> dict[str, list[CustodyRecord]]:
        """What each ledger has told, up to now."""
        return {owner: list(told.values()) for owner, told in self._records.items()}
