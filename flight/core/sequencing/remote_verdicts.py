"""Commands that a sequence sends to another node: done when that node says so.

That a command was sent says nothing about what became of it. So the node asks the other one, over
the same way, how far the command has come, until that has a verdict or the time for it is over.
"""

import asyncio
from collections.abc import Callable

from flight.core.commanding.ladder import Ladder
from flight.core.exchanges import ExchangeFailed, Exchanges
from flight.icd.exchanges import COMMAND_VERDICT, OrderNamed, OrderStanding
from flight.icd.messages import TERMINAL_RUNGS, Command, Rung

ASKED_EVERY = 10.0  # s; a sequence does not hurry, and each question goes over the radio
NEVER_HEARD = ""  # the rung of a command that the other node does not know


def answer_from(ladder: Ladder, exchanges: Exchanges) -> None:
    """Lets a node answer how far the commands have come that others have sent to it."""

    async def answer(source: str, asked: OrderNamed) -> OrderStanding:
        entry = ladder.find(asked.identifier)
        return OrderStanding(NEVER_HEARD if entry is None else str(entry.rung))

    exchanges.answer(COMMAND_VERDICT, answer)


async def perform_elsewhere(
    order: Command,
    within: float,
    send: Callable[[Command], bool],
    exchanges: Exchanges,
    is_wanted: Callable[[], bool],
) -> str:
    """Sends a command to another node and returns that node's verdict.

    TIMED_OUT when there is none `within` seconds. A command that was lost on its way is sent
    again, so long as it `is_wanted`: its identifier keeps it from being carried out twice.
    ABORTED when the sequence has ended meanwhile; what has begun over there goes on.
    """
    try:
        async with asyncio.timeout(within):
            heard = False
            while is_wanted():
                if not heard:
                    send(order)
                await asyncio.sleep(ASKED_EVERY)
                try:
                    answer = await exchanges.ask(
                        order.target, COMMAND_VERDICT, OrderNamed(order.identifier)
                    )
                except ExchangeFailed:
                    continue  # it may be out of reach, or booting: the time for it decides
                rung = answer.rung
                if rung in TERMINAL_RUNGS:
                    return str(rung)
                heard = rung != NEVER_HEARD
            return Rung.ABORTED
    except TimeoutError:
        return Rung.TIMED_OUT
