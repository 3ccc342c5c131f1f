"""The active side of a hand-over: the node whose arm moves the tube."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from flight.core.custody.handover import (
    FIRST_WATCH,
    LOOK_ERRORS,
    ChooseSlot,
    HandoverFailed,
    PassiveHandover,
    Verify,
    is_open,
)
from flight.core.custody.ledger import CustodyError, CustodyRecord, CustodyStatus, Evidence, Outcome
from flight.core.exchanges import ExchangeFailed
from flight.core.fault_protection.witnesses import WITNESSES
from flight.core.keeping.storage import StorageError
from flight.core.node import Node
from flight.icd import custody_exchanges as told
from flight.icd import exchanges as ask

Move = Callable[[int | None], Awaitable[None]]
Witness = Callable[[str, str, int | None], Awaitable[Evidence | None]]


class ActiveHandover(PassiveHandover):
    """Takes tubes from other nodes and gives tubes to them, with this node's arm.

    Made like a `PassiveHandover`, and answers like one. `device` is what moves the tubes; `verify`
    must look with another one. `move(slot)` does the motion; an error in it fails the hand-over,
    and the sensors of both sides then say where the tube is. `witness(tube, place, slot)` looks at
    the other side's place with a device of this node; None where that is not in its view.
    """

    def __init__(
        self,
        node: Node,
        place: str,
        verify: Verify,
        *,
        refusal: Callable[[], str] = lambda: "",
        choose_slot: ChooseSlot = lambda tube, avoid: None,
        witness: Witness | None = None,
    ) -> None:
        super().__init__(node, place, verify, refusal=refusal, choose_slot=choose_slot)
        self._witness = witness

    async def take(
        self, tube: str, source: str, move: Move, *, device: str, destination: str = ""
    ) -> CustodyRecord:
        """Takes `tube` from node `source` to this node's `destination` (its place if not given).

        `move(slot)` gets the slot of the giver. A tube that is here already is not taken again.
        Raises HandoverFailed.
        """
        destination = destination or self.place
        await self._settle(tube)
        async with self._locks.setdefault(tube, asyncio.Lock()):
            known = self.ledger.record(tube)
            if known is not None and known.status is CustodyStatus.HELD:
                if known.place == destination:
                    return known
                raise HandoverFailed(f"{tube} is at {known.place} already.", settled=True)
            work = self._take(tube, source, move, self._mover(device), destination)
            return await self._watched_over(tube, work)

    async def give(
        self,
        tube: str,
        receiver: str,
        destination: str,
        move: Move,
        *,
        device: str,
        avoid: Sequence[int] = (),
    ) -> CustodyRecord:
        """Gives `tube` to node `receiver`, at its place `destination`, in a slot not in `avoid`.

        `move(slot)` gets the slot that the receiver has chosen. A tube that was handed over there
        already is not given again. Raises HandoverFailed.
        """
        await self._settle(tube)
        async with self._locks.setdefault(tube, asyncio.Lock()):
            known = self.ledger.record(tube)
            if known is None:
                raise HandoverFailed(f"{self.node.name} knows no tube {tube!r}.", settled=True)
            if known.status is CustodyStatus.HANDED_OVER and known.counterpart == receiver:
                return known
            mover = self._mover(device)
            work = self._give(tube, receiver, destination, move, mover, list(avoid))
            return await self._watched_over(tube, work)

    def _mover(self, device: str) -> str:
        return f"{self.node.name}.{device}"

    async def _watched_over(
        self, tube: str, work: Coroutine[Any, Any, CustodyRecord]
    ) -> CustodyRecord:
        """Turns what can go wrong into HandoverFailed; what stays open is settled later."""
        try:
            return await work
        except (ExchangeFailed, CustodyError, *LOOK_ERRORS) as error:
            raise HandoverFailed(str(error), settled=not self._open_record(tube)) from error
        finally:
            if self._open_record(tube):
                self._watch(tube, FIRST_WATCH)

    def _open_record(self, tube: str) -> bool:
        try:
            record = self.ledger.record(tube)
        except StorageError:  # the node was killed
            return False
        return record is not None and is_open(record)

    # ---------------------------------------------------------- as receiver

    async def _take(
        self, tube: str, source: str, move: Move, moved_by: str, destination: str
    ) -> CustodyRecord:
        offered = await self._ask_node(source, ask.OFFER, told.Offer(tube, destination, moved_by))
        if offered.transfer.rpartition("#")[0] != tube:
            raise CustodyError(f"{source} offers {offered.transfer!r} instead of {tube}.")
        self.ledger.expect(offered.transfer, source, offered.place, destination, moved_by)
        failure = await self._release_and_move(offered, source, move)
        await self._conclude_taking(self._record(offered.transfer))
        record = self._record(offered.transfer)
        if record.status is CustodyStatus.HELD:
            return record
        raise HandoverFailed(
            failure or f"{tube} did not arrive at {destination}.", settled=not is_open(record)
        )

    async def _release_and_move(self, offered: told.Offered, source: str, move: Move) -> str:
        """Moves the tube once the giver has let go; returns why that failed, or nothing."""
        try:
            question = told.Transfer(offered.transfer)
            standing = await self._ask_node(source, ask.RELEASE, question)
        except ExchangeFailed as error:
            return str(error)
        if standing.status is not CustodyStatus.IN_TRANSIT:
            return f"{source} does not let go of {offered.transfer}: it is {standing.status}."
        return await _try(move, offered.slot)

    async def _conclude_taking(self, record: CustodyRecord) -> None:
        """Decides by what both sides see, and tells the giver."""
        transfer = record.transfer_id or ""
        if self.ledger.outcome(transfer) is Outcome.OPEN:
            here = await self._look(record, expected=True)
            seen = await self._question(record, ask.CHECK, told.Transfer(transfer))
            never_released = seen.standing.status not in (
                CustodyStatus.IN_TRANSIT,
                CustodyStatus.UNKNOWN,
            )
            giver_sees = never_released or seen.evidence.present
            if here.present and giver_sees and not never_released:
                giver_sees = not await self._outvoted(record, seen)
            self._decide_by(transfer, here, giver_sees)
        try:
            await self._question(record, ask.DECIDED, self._standing(transfer))
        except ExchangeFailed as error:  # the giver asks for the outcome by itself
            self.node.service_warning(report="custody not told yet", data=str(error))

    async def _outvoted(self, record: CustodyRecord, seen: told.Seen) -> bool:
        """Whether a third look says that the giver's sensor, which claims the tube, is wrong."""
        if self._witness is None or not self.node.context.structure.keeps(WITNESSES):
            return False
        third = await self._witness(record.tube, record.place, seen.slot)
        if third is None or third.present:
            return False
        self.node.witness_outvoted(
            tube=record.tube,
            sensor=seen.evidence.verified_by,
            by=third.verified_by,
            reading=third.reading,
        )
        return True

    # ------------------------------------------------------------- as giver

    async def _give(
        self,
        tube: str,
        receiver: str,
        destination: str,
        move: Move,
        moved_by: str,
        avoid: list[int],
    ) -> CustodyRecord:
        record = self.ledger.offer(tube, receiver, destination, moved_by)
        transfer = record.transfer_id or ""
        try:
            question = told.Expect(transfer, record.place, destination, moved_by, avoid)
            slot = (await self._ask_node(receiver, ask.EXPECT, question)).slot
        except (ExchangeFailed, CustodyError) as error:
            await self._withdraw(record)
            raise HandoverFailed(str(error), settled=True) from error
        self.ledger.release(transfer)
        failure = await _try(move, slot)
        await self._conclude_giving(self._record(transfer), failed=bool(failure))
        record = self._record(transfer)
        if record.status is CustodyStatus.HANDED_OVER:
            return record
        raise HandoverFailed(
            failure or f"{tube} did not arrive at {destination}.", settled=not is_open(record)
        )

    async def _withdraw(self, record: CustodyRecord) -> None:
        transfer = record.transfer_id or ""
        self.ledger.cancel(transfer)
        with contextlib.suppress(ExchangeFailed):  # it asks for the outcome by itself
            await self._question(record, ask.WITHDRAWN, told.Transfer(transfer))

    async def _conclude_giving(self, record: CustodyRecord, *, failed: bool) -> None:
        """Lets the receiver decide, now that nothing moves any more, and follows."""
        mine = await self._look(record, expected=failed)
        question = told.Decide(record.transfer_id or "", mine.present)
        await self._follow(await self._question(record, ask.DECIDE, question))

    # -------------------------------------------------------------- settling

    async def _settle_record(self, record: CustodyRecord) -> None:
        if (record.moved_by or "").split(".")[0] != self.node.name:
            await super()._settle_record(record)
        elif record.status is CustodyStatus.RECEIVING:
            await self._conclude_taking(record)
        elif record.status is CustodyStatus.OFFERED:
            await self._withdraw(record)
        else:
            await self._conclude_giving(record, failed=True)


async def _try(move: Move, slot: int | None) -> str:
    """Moves; returns why it failed, or an empty text."""
    try:
        await move(slot)
    except Exception as error:  # whatever it is: the sensors now say where the tube is
        return f"{error}" or type(error).__name__
    return ""
