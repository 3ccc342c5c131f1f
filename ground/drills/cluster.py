"""Workers on a Dask cluster: each order is a task there, and starts a process of its own."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec

from flight.configuration.files import ConfigurationError
from ground.drills.jobs import Batch, SurveyOrder
from ground.drills.record import Record
from ground.drills.survey import Survey
from ground.drills.workers import fly_batch, fly_survey
from ground.testbed.evidence.fingerprint import fingerprint, refuse_other

PATIENCE = 20.0  # wall seconds until a scheduler answers
T = TypeVar("T")


class ClusterWorkers:
    """The workers of the scheduler at an address. Raises ConfigurationError when there is none, and
    when its machines compute other bits than this one."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise _refused(
                address, "Dask is not installed: `pip install threeforks[cluster]`"
            ) from None
        try:
            self._client: Any = Client(address, timeout=PATIENCE)
        except (OSError, TimeoutError, ValueError) as error:
            raise _refused(address, f"no scheduler answers there ({error})") from None
        self.executor = self._client.get_executor()
        self._check_bits(address)

    def close(self) -> None:
        """Ends the connection; the cluster stays."""
        self._client.close()

    def _check_bits(self, address: str) -> None:
        prints = self._client.run(fingerprint)
        if not prints:
            raise _refused(address, "the scheduler has no workers")
        for found in prints.values():
            refuse_other(found)

    def fly(self, batches: Sequence[Batch]) -> Iterator[tuple[int, Record]]:
        """As `Workers` says."""
        for answer in self._each(_fly, [msgspec.json.encode(batch) for batch in batches]):
            for number, record in answer:
                yield number, msgspec.json.decode(record, type=Record)

    def survey(self, orders: Sequence[SurveyOrder]) -> Iterator[tuple[SurveyOrder, Survey]]:
        """As `Workers` says."""
        for answer in self._each(_survey, [msgspec.json.encode(order) for order in orders]):
            yield (
                msgspec.json.decode(answer[0], type=SurveyOrder),
                msgspec.json.decode(answer[1], type=Survey),
            )

    def _each(self, work: Callable[[bytes], T], orders: Sequence[bytes]) -> Iterator[T]:
        """What comes of all orders, each as soon as it is there."""
        from concurrent.futures import as_completed  # not asyncio's: nothing of a run

        futures: list[Future[T]] = [self.executor.submit(work, order) for order in orders]
        for future in as_completed(futures):
            yield future.result()


def _fly(order: bytes) -> list[tuple[int, bytes]]:
    """On a worker of the cluster."""
    batch = msgspec.json.decode(order, type=Batch)
    return [(number, msgspec.json.encode(record)) for number, record in fly_batch(batch)]


def _survey(order: bytes) -> tuple[bytes, bytes]:
    given = msgspec.json.decode(order, type=SurveyOrder)
    ((_, survey),) = fly_survey(given)
    return order, msgspec.json.encode(survey)


def _refused(address: str, problem: str) -> ConfigurationError:
    return ConfigurationError("command line", None, "--cluster", f"= {address}: {problem}")
