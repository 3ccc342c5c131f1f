"""Questions that one flight node asks another, with an answer, a limit and repeats.

An exchange has an identifier: a repeat is answered with the same answer, so asking again is safe.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from flight.icd.exchanges import Topic, Unreadable
from flight.icd.messages import Exchange
from flight.runtime.loop import transport_grace
from flight.runtime.nursery import Nursery

REMEMBERED = 200

Handler = Callable[[str, Any], Awaitable[dict[str, Any]]]
Q = TypeVar("Q")
A = TypeVar("A")


class ExchangeFailed(Exception):
    """The other node refused, or did not answer in time (`is_silence`); the text says which."""

    is_silence = False


class NoAnswer(ExchangeFailed):
    """The other node did not answer in time."""

    is_silence = True


class Exchanges:
    """Asks and answers for one node."""

    def __init__(
        self, name: str, boot: int, send: Callable[[str, Exchange], bool], nursery: Nursery
    ) -> None:
        self.name = name
        self._nursery = nursery
        self._boot = boot
        self._send = send
        self._handlers: dict[str, Handler] = {}
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._answers: dict[str, dict[str, Any]] = {}
        self._answering: dict[str, None] = {}
        self._number = 0

    def answer(self, topic: Topic[Q, A], handler: Callable[[str, Q], Awaitable[A]]) -> None:
        """Lets `await handler(source, question)` answer a topic; it raises ExchangeFailed to
        refuse."""

        async def handle(source: str, asked: Any) -> dict[str, Any]:
            answer = await handler(source, topic.read_question(asked))
            plain: dict[str, Any] = msgspec.to_builtins(answer)
            return plain

        self._handlers[topic.name] = handle

    @property
    def answered(self) -> tuple[str, ...]:
        """The names of the topics that this node answers."""
        return tuple(self._handlers)

    async def ask(
        self,
        destination: str,
        topic: Topic[Q, A],
        question: Q,
        *,
        timeout: float = 30.0,
        attempts: int = 4,
    ) -> A:
        """Asks another node and returns its answer; raises ExchangeFailed, also for an answer that
        is none."""
        plain = msgspec.to_builtins(question)
        answer = await self._ask(destination, topic.name, plain, timeout, attempts)
        try:
            return topic.read_answer(answer)
        except Unreadable as error:
            raise ExchangeFailed(f"{destination} answered nonsense: {error}") from error

    async def _ask(
        self, destination: str, topic: str, data: Any, timeout: float, attempts: int
    ) -> dict[str, Any]:
        self._number += 1
        identifier = f"{self.name}/{self._boot}/{self._number}"
        question = Exchange(self.name, topic, {"id": identifier, "ask": data})
        try:
            for _ in range(attempts):
                waiter: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
                self._waiting[identifier] = waiter
                self._send(destination, question)
                try:
                    async with asyncio.timeout(timeout + transport_grace()):
                        answer = await waiter
                except TimeoutError:
                    continue
                if "refused" in answer:
                    raise ExchangeFailed(f"{destination} refused {topic}: {answer['refused']}")
                return answer
            raise NoAnswer(
                f"{destination} gave no answer to {topic} in {attempts} attempts of {timeout:g} s"
            )
        finally:
            self._waiting.pop(identifier, None)

    def receive(self, exchange: Exchange) -> None:
        """Takes a question or an answer that arrived."""
        identifier = exchange.data.get("id")
        if not isinstance(identifier, str) or not identifier:
            return  # without an identifier there is nothing to answer to
        if "answer" in exchange.data:
            waiter = self._waiting.get(identifier)
            answer = exchange.data["answer"]
            if waiter is not None and not waiter.done() and isinstance(answer, dict):
                waiter.set_result(answer)
            return
        known = self._answers.get(identifier)
        if known is not None:
            self._send_answer(exchange, identifier, known)
        elif identifier not in self._answering:
            self._answering[identifier] = None
            self._nursery.start(self._answer(exchange, identifier), name=f"answer {identifier}")

    async def _answer(self, exchange: Exchange, identifier: str) -> None:
        try:
            answer = await self._make_answer(exchange)
        finally:
            del self._answering[identifier]
        self._answers[identifier] = answer
        while len(self._answers) > REMEMBERED:
            self._answers.pop(next(iter(self._answers)))
        self._send_answer(exchange, identifier, answer)

    def _send_answer(self, exchange: Exchange, identifier: str, answer: dict[str, Any]) -> None:
        self._send(
            exchange.source,
            Exchange(self.name, exchange.topic, {"id": identifier, "answer": answer}),
        )

    async def _make_answer(self, exchange: Exchange) -> dict[str, Any]:
        handler = self._handlers.get(exchange.topic)
        asked = exchange.data.get("ask")
        if handler is None:
            return {"refused": f"{self.name} does not answer {exchange.topic}"}
        if not isinstance(asked, dict):
            return {"refused": "the question carries no data"}
        try:
            return await handler(exchange.source, asked)
        except Exception as error:  # a question must not end the node that is asked
            return {"refused": str(error) or type(error).__name__}
