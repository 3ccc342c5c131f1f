"""Lets a procedure sleep until something that it waits for has happened."""

import asyncio

HEARD = "heard"
"""What happens, with the name of the vehicle, when anything of it has come down."""


class Watches:
    """Futures by what they wait for; whatever happens wakes only those that it concerns."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, ...], list[asyncio.Future[None]]] = {}

    def happened(self, *what: str) -> None:
        """Something has happened; the longer names wake those who wait for a shorter one too."""
        if not self._waiting:
            return
        for length in range(1, len(what) + 1):
            for waiter in self._waiting.pop(what[:length], []):
                if not waiter.done():
                    waiter.set_result(None)

    async def wait(self, *what: str) -> None:
        """Waits until it happens next."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(what, []).append(waiter)
        try:
            await waiter
        finally:
            left = self._waiting.get(what, [])
            if waiter in left:
                left.remove(waiter)
                if not left:
                    del self._waiting[what]
