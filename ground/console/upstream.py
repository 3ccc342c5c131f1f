"""The connection to mission control's API: requests in a person's name, and its streams."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

from ground.client import Connection, Refused, Unanswered
from ground.client.frames import Api

PATIENCE = 15.0  # wall seconds for an answer
SILENCE = 3.0  # wall seconds without the clock after which the link counts as lost
WAITING = 1000  # requests that may wait for their answers

Request = dict[str, Any]
Answer = dict[str, Any]


def refusal(sentence: str) -> Answer:
    """An answer that says no."""
    return {"ok": False, "refused": sentence}


class Upstream:
    """A client of the API for all browsers: `async with Upstream(...) as upstream`.

    An API that was started anew is found again. `on_stream(topic, message)` gets what is streamed;
    `on_silence()` is called when nothing is.
    """

    def __init__(
        self,
        api: str,
        streams: str,
        on_stream: Callable[[str, Any], None],
        on_silence: Callable[[], None],
    ) -> None:
        self._on_stream = on_stream
        self._on_silence = on_silence
        self._asked = 0
        self._connection = Connection(Api(api, streams), patience=PATIENCE)

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._connection.__aexit__(*error)

    async def ask(
        self, request: Request, session: str | None = None, key: str | None = None
    ) -> Answer:
        """The API's answer, `{"ok", "result" | "refused"}`; also when it does not answer."""
        if self._asked >= WAITING:
            return refusal("too many requests wait for mission control")
        self._asked += 1
        try:
            result = await self._connection.ask(request, session=session or "", key=key)
        except Refused as error:
            return refusal(str(error))
        except Unanswered as error:
            return {**refusal(str(error)), "away": True}
        finally:
            self._asked -= 1
        return {"ok": True, "result": result}

    async def run(self) -> None:
        """Takes what is streamed, until it is cancelled."""
        inbox = self._connection.stream()
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    topic, message = await anext(inbox)
            except TimeoutError:
                self._on_silence()
            except StopAsyncIteration:
                return
            else:
                self._on_stream(topic, message)
