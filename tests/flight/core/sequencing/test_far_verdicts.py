"""A command to another node: asked about every ten seconds, sent again only while it is unheard."""

import asyncio
from typing import Any

import pytest

from flight.core.exchanges import ExchangeFailed
from flight.core.sequencing.remote_verdicts import perform_elsewhere
from flight.icd.exchanges import OrderStanding
from flight.icd.messages import Command, Rung
from flight.runtime.loop import VirtualLoop, run

ORDER = Command("s-1", "lander", "survey", {}, "rover")


def performed(
    *answers: Any, within: float = 100.0, wanted: int = 99
) -> tuple[str, float, int, list[str]]:
    """The verdict, when it came, how often the command was sent, and of whom it was asked."""
    sent: list[float] = []
    asked: list[str] = []
    left = [wanted]

    class Exchanges:
        async def ask(self, target: str, topic: Any, question: Any) -> OrderStanding:
            assert question.identifier == "s-1"
            asked.append(target)
            answer = answers[min(len(asked), len(answers)) - 1]
            if answer is None:
                raise ExchangeFailed("out of reach")
            return OrderStanding(str(answer))

    def is_wanted() -> bool:
        left[0] -= 1
        return left[0] >= 0

    async def main() -> tuple[str, float]:
        loop = asyncio.get_running_loop()

        def send(order: Command) -> bool:
            assert order is ORDER
            sent.append(loop.time())
            return True

        exchanges: Any = Exchanges()
        verdict = await perform_elsewhere(ORDER, within, send, exchanges, is_wanted)
        return str(verdict), loop.time()

    verdict, time = run(main(), VirtualLoop())
    return verdict, time, len(sent), asked


@pytest.mark.parametrize(
    "rung", [Rung.COMPLETED, Rung.FAILED, Rung.REJECTED, Rung.ABORTED, Rung.TIMED_OUT]
)
def test_the_verdict_is_the_other_nodes_and_comes_after_ten_seconds(rung: Rung) -> None:
    assert performed(rung) == (str(rung), 10.0, 1, ["lander"])


@pytest.mark.parametrize("rung", [Rung.RECEIVED, Rung.ACCEPTED, Rung.STARTED, Rung.PROGRESS])
def test_that_it_is_at_work_is_no_verdict_and_it_is_not_sent_again(rung: Rung) -> None:
    assert performed(rung, Rung.COMPLETED)[:3] == ("COMPLETED", 20.0, 1)


def test_what_was_never_heard_of_is_sent_again_until_it_is() -> None:
    assert performed("", "", Rung.STARTED, Rung.COMPLETED)[:3] == ("COMPLETED", 40.0, 3)


def test_who_is_out_of_reach_is_asked_on() -> None:
    assert performed(None, None, Rung.COMPLETED)[:2] == ("COMPLETED", 30.0)
    assert performed(None, within=35.0)[:2] == ("TIMED_OUT", 35.0)


def test_a_sequence_that_has_ended_wants_no_more_of_it() -> None:
    assert performed("", wanted=0) == ("ABORTED", 0.0, 0, [])
    assert performed(Rung.STARTED, wanted=2)[:3] == ("ABORTED", 20.0, 1)
