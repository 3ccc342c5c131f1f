"""A node that takes nothing from its mailbox."""

import asyncio
from collections.abc import Callable
from typing import Any

from flight.core.keeping.health import Progress
from flight.core.mailbox import Ping
from flight.core.node import Node


def leave_mailbox(node: Node) -> Callable[[], None]:
    """Has a node not come to the end of what it takes from its mailbox next, until what is returned
    is called."""
    react = node.react
    gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def stuck(item: Any) -> None:
        await _opened(gate)
        await react(item)

    node.react = stuck  # type: ignore[method-assign]
    # Who waits for the next item has looked up already what will take it; the second is left.
    for _ in range(2):
        node.mailbox.post(Ping(Progress("nothing", 1.0, 2.0, False, lambda: 0.0)))

    def go_on() -> None:
        if not gate.done():
            gate.set_result(None)
            node.react = react  # type: ignore[method-assign]

    return go_on


async def _opened(gate: asyncio.Future[None]) -> None:
    """Waits for a gate; who is cancelled meanwhile leaves it as it is for the others."""
    waiter = asyncio.get_running_loop().create_future()

    def wake(_: object) -> None:
        if not waiter.done():
            waiter.set_result(None)

    gate.add_done_callback(wake)
    try:
        await waiter
    finally:
        gate.remove_done_callback(wake)
