"""Hands over several tubes that one motion moves together, such as all that are in one container.

No tube moves before each is released by its giver and promised by its receiver: else the truth of
one would change while its ledger still says that it stays.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from flight.core.custody.handover import HandoverFailed
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyRecord
from flight.runtime.nursery import Nursery


async def give_together(
    handover: ActiveHandover,
    tubes: Sequence[str],
    receiver: str,
    destination: str,
    move: Callable[[], Awaitable[None]],
    *,
    device: str,
) -> list[CustodyRecord]:
    """Gives all `tubes` to node `receiver` by one `move()`, or moves nothing.

    Each then ends by its own sensors' word, as in `ActiveHandover.give`; those that are with the
    receiver already count as given. Raises HandoverFailed with the first reason, when any was not
    handed over.
    """
    gate = _Gate(len(tubes), move)
    records: dict[str, CustodyRecord] = {}
    failures: list[HandoverFailed] = []

    async def give(tube: str) -> None:
        try:
            records[tube] = await handover.give(
                tube, receiver, destination, gate.pass_through, device=device
            )
        except HandoverFailed as failure:
            failures.append(failure)
        finally:
            gate.leave(tube in records)

    async with Nursery("handover together") as nursery:
        for tube in tubes:
            nursery.start(give(tube), name=f"give {tube}")
    if failures:
        raise HandoverFailed(
            str(failures[0]), settled=all(failure.settled for failure in failures)
        ) from failures[0]
    return [records[tube] for tube in tubes]


class _Gate:
    """Opens when everybody is at it or gone; the first to come moves, unless one was refused."""

    def __init__(self, expected: int, move: Callable[[], Awaitable[None]]) -> None:
        self._missing = expected
        self._move = move
        self._refused = False
        self._taken = False
        self._open = asyncio.Event()
        self._moved = asyncio.Event()
        self._failure = ""

    async def pass_through(self, slot: int | None) -> None:
        """The move of one tube: waits for the others; the first to come moves for all."""
        first, self._taken = not self._taken, True
        self._count()
        if first:
            await self._open.wait()
            await self._move_all()
        await self._moved.wait()
        if self._failure:
            raise HandoverFailed(self._failure, settled=False)

    def leave(self, given: bool) -> None:
        """One transfer has ended; before the move that counts as a refusal, unless it was given."""
        if not self._open.is_set():
            self._refused = self._refused or not given
            self._count()

    async def _move_all(self) -> None:
        try:
            if self._refused:
                self._failure = "another tube of the same container was refused"
            else:
                await self._move()
        except BaseException as error:
            self._failure = f"{error}" or type(error).__name__
            raise
        finally:
            self._moved.set()

    def _count(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            self._open.set()
