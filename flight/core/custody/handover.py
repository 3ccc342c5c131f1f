"""Hands sample tubes from node to node; the passive side of it, and what brings it to an end.

One node moves the tube with its arm: the active side (`flight.core.custody.handover_active`). The
other answers its questions and looks with a sensor of its own: the passive side. Whichever of the
two is the receiver decides by its sensor how a transfer ended, the giver follows (see
`flight.core.custody.ledger`). Each step is in the ledgers before the next is taken, so that after a
reboot or a lost message both sides find out from ledgers, sensors and each other how it ended:

- the active side settles what is open before it moves anything, and after a boot;
- the passive side asks the active one from time to time, and decides nothing while that may move.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from flight.core.activities import ActivityFailed
from flight.core.custody.ledger import CustodyError, CustodyRecord, CustodyStatus, Evidence, Outcome
from flight.core.exchanges import ExchangeFailed
from flight.core.fault_protection.witnesses import CONTRADICTS, WITNESSES
from flight.core.node import Node
from flight.icd import custody_exchanges as told
from flight.icd import exchanges as ask
from flight.icd.devices.base import DeviceError

Q = TypeVar("Q")
A = TypeVar("A")

Verify = Callable[[str, int | None, bool], Awaitable[Evidence]]
ChooseSlot = Callable[[str, list[int]], int | None]

ANSWER_TIMEOUT = 120.0  # seconds; the other side may have to look first
ANSWER_ATTEMPTS = 5
LOOKS = 3  # an unexpected sight is looked at again; the majority counts
FIRST_WATCH = 5.0  # seconds after a boot
WATCH = 1800.0  # seconds between looks at what is open; a move lasts minutes to an hour


class HandoverFailed(Exception):
    """The tube was not handed over; the text says why.

    `settled`: the transfer has ended, and the ledgers say where the tube is, or that it is not
    known. Otherwise it stays openly in transit until the other side or a sensor can be asked.
    """

    def __init__(self, reason: str, *, settled: bool) -> None:
        super().__init__(reason)
        self.settled = settled


class PassiveHandover:
    """One node's side of hand-overs that the other node's arm carries out.

    Create it in `attach()`. `place` is where this node takes tubes to. `verify(tube, slot,
    expected)` looks at this node's place with a sensor that moves no tube and returns what it saw;
    it raises a device error when it cannot see. `refusal()` returns why the node cannot take part
    in a hand-over now ("" when it can); `refresh()` brings up to date what that is judged by.
    `choose_slot(tube, avoid)` returns the slot for a tube to come, or raises `CustodyError` with
    the reason why there is none.
    """

    def __init__(
        self,
        node: Node,
        place: str,
        verify: Verify,
        *,
        refusal: Callable[[], str] = lambda: "",
        refresh: Callable[[], Awaitable[None]] | None = None,
        choose_slot: ChooseSlot = lambda tube, avoid: None,
    ) -> None:
        self.node = node
        self.place = place
        self.ledger = node.ledger
        self._verify = verify
        self._refusal = refusal
        self._refresh = refresh
        self._choose_slot = choose_slot
        self._locks: dict[str, asyncio.Lock] = {}
        self._watched: dict[str, None] = {}
        exchanges = node.exchanges
        exchanges.answer(ask.OFFER, self._offer)
        exchanges.answer(ask.RELEASE, self._release)
        exchanges.answer(ask.CHECK, self._check)
        exchanges.answer(ask.DECIDED, self._decided)
        exchanges.answer(ask.EXPECT, self._expect)
        exchanges.answer(ask.DECIDE, self._decide)
        exchanges.answer(ask.WITHDRAWN, self._withdrawn)
        exchanges.answer(ask.OUTCOME, self._outcome)
        exchanges.answer(ask.CEDE, self._cede)
        for record in self.ledger.open_transfers():
            if record.transfer_id is not None:
                self._watch(record.tube, FIRST_WATCH)

    async def settle(self) -> list[CustodyRecord]:
        """Brings each open transfer to its end as far as that can be done now.

        Returns what is still open.
        """
        for record in self.ledger.open_transfers():
            if record.transfer_id is not None:
                try:
                    await self._settle(record.tube)
                except HandoverFailed as failure:
                    self.node.service_warning(report="custody open", data=str(failure))
        return [r for r in self.ledger.open_transfers() if r.transfer_id is not None]

    async def find_again(self, tube: str, slot: int | None) -> bool:
        """Looks for a tube that came to be unknown on its way here; True when it is held again.

        Whoever answers for it cedes it. Raises HandoverFailed when that cannot be asked.
        """
        record = self.ledger.record(tube)
        lost = (CustodyStatus.UNKNOWN, CustodyStatus.DECLINED)
        if record is None or record.status not in lost or is_open(record):
            return False
        try:
            evidence = await self._look(msgspec.structs.replace(record, slot=slot), expected=False)
            if not evidence.present:
                return False
            ceded = None
            if not record.responsible:
                ceded = (await self._question(record, ask.CEDE, told.Lost(tube))).record
            self.ledger.find(tube, self.place, evidence, slot, ceded)
        except (ExchangeFailed, CustodyError, *LOOK_ERRORS) as error:
            raise HandoverFailed(f"{tube} is seen and not found: {error}", settled=True) from error
        return True

    # ------------------------------------------------- questions to the giver

    async def _offer(self, source: str, question: told.Offer) -> told.Offered:
        await self._must_be_ready()
        record = await self._found_again(question.tube)
        promised = (record.counterpart, record.destination) == (source, question.destination)
        if is_open(record) and not (record.status is CustodyStatus.OFFERED and promised):
            await self._settle(question.tube)
            record = self.ledger.record(question.tube) or record
        if record.status is CustodyStatus.HELD:
            evidence = await self._look(record, expected=True)
            if not evidence.present:
                raise ExchangeFailed(
                    f"{evidence.verified_by} does not see {question.tube} at {record.place}: "
                    f"{evidence.reading}"
                )
        record = self.ledger.offer(question.tube, source, question.destination, question.moved_by)
        self._watch(record.tube, WATCH)
        return told.Offered(record.transfer_id or "", record.place, record.slot)

    async def _found_again(self, tube: str) -> CustodyRecord:
        """The record of a tube; one that was given up for unknown is looked for first."""
        record = self.ledger.record(tube)
        if record is None:
            raise CustodyError(f"{self.node.name} knows no tube {tube!r}.")
        if record.status is CustodyStatus.UNKNOWN and record.outcome is not Outcome.OPEN:
            evidence = await self._look(record, expected=False)
            if evidence.present:
                self._must_not_be_contradicted(record, evidence)
                return self.ledger.find(tube, record.place, evidence, record.slot)
        return record

    def _must_not_be_contradicted(self, record: CustodyRecord, evidence: Evidence) -> None:
        """A sensor whose word stood against another's does not settle that by saying it again."""
        before = record.evidence
        if before is None or not self.node.context.structure.keeps(WITNESSES):
            return
        if before.verified_by == evidence.verified_by and before.reading.startswith(CONTRADICTS):
            raise CustodyError(
                f"{record.tube} is not known to be at {record.place}: {evidence.verified_by} says "
                f"so, which {before.reading}. Another look than its own has to resolve that."
            )

    async def _release(self, source: str, question: told.Transfer) -> told.Standing:
        transfer = self._party(source, question.transfer)
        self.ledger.release(transfer)
        return self._standing(transfer)

    async def _check(self, source: str, question: told.Transfer) -> told.Seen:
        transfer = self._party(source, question.transfer)
        evidence = await self._look(self._record(transfer), expected=False)
        return told.Seen(evidence, self._standing(transfer), self._record(transfer).slot)

    async def _decided(self, source: str, standing: told.Standing) -> told.Standing:
        self._party(source, standing.transfer)
        await self._follow(standing)
        return self._standing(standing.transfer)

    # ---------------------------------------------- questions to the receiver

    async def _expect(self, source: str, question: told.Expect) -> told.Expected:
        await self._must_be_ready()
        tube = question.transfer.rpartition("#")[0]
        record = self.ledger.record(tube)
        if record is not None and record.transfer_id != question.transfer and is_open(record):
            await self._settle(tube)
        if self.ledger.outcome(question.transfer) is not Outcome.OPEN:
            slot = self._choose_slot(tube, question.avoid)
            self.ledger.expect(
                question.transfer, source, question.place, question.destination,
                question.moved_by, slot,
            )  # fmt: skip
            self._watch(tube, WATCH)
        return told.Expected(self._record(question.transfer).slot)

    async def _decide(self, source: str, question: told.Decide) -> told.Standing:
        transfer = self._party(source, question.transfer)
        if self.ledger.outcome(transfer) is Outcome.OPEN:
            here = await self._look(self._record(transfer), expected=not question.giver_sees)
            self._decide_by(transfer, here, question.giver_sees)
        return self._standing(transfer)

    async def _withdrawn(self, source: str, question: told.Transfer) -> told.Standing:
        transfer = self._party(source, question.transfer)
        await self._decline(transfer)
        return self._standing(transfer)

    async def _outcome(self, source: str, question: told.Transfer) -> told.Standing:
        return self._standing(question.transfer)

    async def _cede(self, source: str, question: told.Lost) -> told.Ceded:
        return told.Ceded(self.ledger.cede(question.tube, source))

    # --------------------------------------------------------- how it ends

    def _decide_by(self, transfer: str, here: Evidence, giver_sees: bool) -> None:
        """Receiver: decides an open transfer by what is seen at both ends."""
        if self.ledger.outcome(transfer) is not Outcome.OPEN:
            return
        if here.present and giver_sees:
            tube = self._record(transfer).tube
            self.ledger.lose(
                tube, f"both sides claim to see it, {here.verified_by}: {here.reading}"
            )
        elif here.present:
            self.ledger.confirm(transfer, here)
        else:
            self.ledger.cancel(transfer, here)

    async def _decline(self, transfer: str) -> None:
        """Receiver: the giver never let go, so that nothing can have been moved."""
        if self.ledger.outcome(transfer) is not Outcome.OPEN:
            return
        here = await self._look(self._record(transfer), expected=False)
        if self.ledger.outcome(transfer) is not Outcome.OPEN:
            return
        if here.present:
            self.ledger.lose(
                self._record(transfer).tube, f"seen, though never released: {here.reading}"
            )
        else:
            self.ledger.cancel(transfer, here)

    async def _follow(self, standing: told.Standing) -> None:
        """Giver: does what the receiver has decided."""
        transfer = standing.transfer
        if self.ledger.outcome(transfer) is not Outcome.OPEN:
            return
        record = self._record(transfer)
        if standing.outcome is Outcome.CONFIRMED:
            seen = standing.evidence or Evidence(f"{record.counterpart}", "confirmed")
            self.ledger.complete(transfer, seen)
        elif standing.outcome is Outcome.CANCELLED and record.status is CustodyStatus.OFFERED:
            self.ledger.cancel(transfer)
        elif standing.outcome is Outcome.CANCELLED:
            mine = await self._look(record, expected=True)
            if standing.status is CustodyStatus.UNKNOWN and mine.present:
                mine = Evidence(
                    mine.verified_by, f"{CONTRADICTS}{record.counterpart}: {mine.reading}", False
                )
            if self.ledger.outcome(transfer) is Outcome.OPEN:
                self.ledger.cancel(transfer, mine, counterpart_cancelled=True)

    async def _settle(self, tube: str) -> None:
        """Brings the open transfer of a tube to its end; raises HandoverFailed if it stays open."""
        async with self._locks.setdefault(tube, asyncio.Lock()):
            record = self.ledger.record(tube)
            if record is None or not is_open(record):
                return
            try:
                await self._settle_record(record)
            except (ExchangeFailed, CustodyError, *LOOK_ERRORS) as error:
                raise HandoverFailed(
                    f"{record.transfer_id} stays open: {error}", settled=False
                ) from error
        record = self.ledger.record(tube)
        if record is not None and is_open(record):
            raise HandoverFailed(
                f"{record.transfer_id} stays open: {record.counterpart} has not decided.",
                settled=False,
            )

    async def _settle_record(self, record: CustodyRecord) -> None:
        transfer = record.transfer_id or ""
        standing = await self._ask_outcome(record)
        if record.status is not CustodyStatus.RECEIVING:
            if standing.outcome is None and record.status is CustodyStatus.OFFERED:
                self.ledger.cancel(transfer)  # the receiver has promised nothing
            else:
                await self._follow(standing)
        elif standing.outcome is Outcome.CANCELLED:
            await self._decline(transfer)

    # ------------------------------------------------------------ mechanics

    async def look(self, record: CustodyRecord) -> Evidence:
        """What this node's sensor sees of a tube, by majority where it sees something."""
        return await self._look(record, expected=False)

    async def _look(self, record: CustodyRecord, *, expected: bool) -> Evidence:
        """What the sensor sees; an unexpected sight is looked at again, the majority counts."""
        first = await self._verify(record.tube, record.slot, expected)
        if first.present is expected:
            return first
        seen = [first]
        while len(seen) < LOOKS:
            seen.append(await self._verify(record.tube, record.slot, expected))
        present = 2 * sum(evidence.present for evidence in seen) > len(seen)
        return next(evidence for evidence in reversed(seen) if evidence.present is present)

    async def _ask_outcome(self, record: CustodyRecord) -> told.Standing:
        return await self._question(record, ask.OUTCOME, told.Transfer(record.transfer_id or ""))

    async def _question(self, record: CustodyRecord, topic: ask.Topic[Q, A], question: Q) -> A:
        return await self._ask_node(record.counterpart or "", topic, question)

    async def _ask_node(self, node: str, topic: ask.Topic[Q, A], question: Q) -> A:
        return await self.node.exchanges.ask(
            node, topic, question, timeout=ANSWER_TIMEOUT, attempts=ANSWER_ATTEMPTS
        )

    def _standing(self, transfer: str) -> told.Standing:
        outcome = self.ledger.outcome(transfer)
        if outcome is None:
            return told.Standing(transfer)
        last = self._record(transfer)
        if last.transfer_id != transfer:  # the tube has moved on since
            steps = [r for r in self.ledger.journal(last.tube) if r.transfer_id == transfer]
            last = steps[-1] if steps else last
        return told.Standing(transfer, outcome, last.status, last.evidence)

    def _record(self, transfer: str) -> CustodyRecord:
        record = self.ledger.record(_tube(transfer))
        if record is None:
            raise CustodyError(f"{self.node.name} knows no transfer {transfer!r}.")
        return record

    def _party(self, source: str, transfer: str) -> str:
        """The transfer of a question; raises CustodyError unless it is one with `source`."""
        if self.ledger.outcome(transfer) is None:
            raise CustodyError(f"{self.node.name} knows no transfer {transfer!r}.")
        record = self._record(transfer)
        if record.transfer_id == transfer and record.counterpart != source:
            raise CustodyError(f"{transfer} is with {record.counterpart}, not with {source}.")
        return transfer

    async def _must_be_ready(self) -> None:
        if self._refresh is not None:
            await self._refresh()
        reason = self._refusal()
        if reason:
            raise ExchangeFailed(reason)

    def _watch(self, tube: str, delay: float) -> None:
        """Sees to it that an open transfer ends, even if the other side is not heard of again."""
        if tube not in self._watched:
            self._watched[tube] = None
            try:
                self.node.nursery.start(self._keep_settling(tube, delay), name=f"watch {tube}")
            except RuntimeError:  # the node goes down; after the boot it is watched again
                del self._watched[tube]

    async def _keep_settling(self, tube: str, delay: float) -> None:
        try:
            while True:
                await asyncio.sleep(delay)
                record = self.ledger.record(tube)
                if record is None or not is_open(record):
                    return
                try:
                    await self._settle(tube)
                except HandoverFailed as failure:
                    if failure.__cause__ is not None:  # more than that the arm still moves
                        self.node.service_warning(report="custody open", data=str(failure))
                delay = WATCH
        finally:
            self._watched.pop(tube, None)


LOOK_ERRORS = (DeviceError, ActivityFailed)


def is_open(record: CustodyRecord) -> bool:
    """Whether a transfer between two nodes is under way, as this ledger knows it."""
    return record.transfer_id is not None and record.outcome is Outcome.OPEN


def _tube(transfer: str) -> str:
    return transfer.rpartition("#")[0]
