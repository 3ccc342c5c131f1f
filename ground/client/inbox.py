"""Messages of streams that wait for somebody: a bounded number, the newest are kept."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any


class Inbox:
    """Iterates over what comes: `async for topic, message in inbox`. `close` ends that.

    `lost`: messages that were let go because nobody had taken them; who reads sees by the numbers
    in the messages what is missing, and asks for it.
    """

    def __init__(
        self, topics: tuple[str, ...], most: int, on_close: Callable[["Inbox"], None]
    ) -> None:
        self.topics = topics
        self.lost = 0
        self._messages: deque[tuple[str, Any]] = deque()
        self._most = most
        self._on_close = on_close
        self._bell = asyncio.Event()
        self._ended = False

    @property
    def waiting(self) -> int:
        """Messages that can be taken at once."""
        return len(self._messages)

    def put(self, topic: str, message: Any) -> None:
        """Takes a message of its topics."""
        if not any(topic.startswith(each) for each in self.topics):
            return
        if len(self._messages) >= self._most:
            self._messages.popleft()
            self.lost += 1
        self._messages.append((topic, message))
        self._bell.set()

    def end(self) -> None:
        """Nothing more comes."""
        self._ended = True
        self._bell.set()

    def close(self) -> None:
        """Nobody reads any more."""
        self.end()
        self._on_close(self)

    def __aiter__(self) -> "Inbox":
        return self

    async def __anext__(self) -> tuple[str, Any]:
        while not self._messages:
            if self._ended:
                raise StopAsyncIteration
            self._bell.clear()
            await self._bell.wait()
        return self._messages.popleft()
