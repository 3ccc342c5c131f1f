"""Exchanges between nodes: answers, refusals, repeats, silence."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
import pytest

from flight.core.exchanges import ExchangeFailed, Exchanges
from flight.icd.exchanges import EVERY_NODE, TOPICS, Topic
from flight.icd.messages import Exchange
from flight.runtime.nursery import Nursery
from ground.missions.mission import load_mission
from ground.testbed.checks.wiring import connected_nodes
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files

REMEMBERED = 200


def topic(name: str) -> Topic[Any, Any]:
    return Topic(name, dict[str, Any], dict[str, Any], ("b",))


class Air:
    """Carries exchanges between two nodes, a second each way; loses those it is told to."""

    def __init__(self, nursery: Nursery) -> None:
        self.nodes = {name: Exchanges(name, 1, self.sender(name), nursery) for name in ("a", "b")}
        self.sent: list[tuple[str, Exchange]] = []
        self.lose: set[int] = set()

    def sender(self, source: str) -> Any:
        def send(destination: str, exchange: Exchange) -> bool:
            self.sent.append((destination, exchange))
            if len(self.sent) in self.lose:
                return False
            asyncio.get_running_loop().call_later(1.0, self.nodes[destination].receive, exchange)
            return True

        return send


@pytest.fixture
async def air() -> AsyncIterator[Air]:
    async with Nursery("air") as nursery:
        yield Air(nursery)
        nursery.cancel()


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_question_is_answered(air: Air) -> None:
    async def double(source: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"from": source, "value": 2 * data["value"]}

    air.nodes["b"].answer(topic("double"), double)
    answer = await air.nodes["a"].ask("b", topic("double"), {"value": 21})
    assert answer == {"from": "a", "value": 42}
    assert now() == 2.0


@pytest.mark.parametrize("lost", [{1}, {2}, {1, 2}, {1, 3}])
async def test_a_lost_message_is_asked_again_and_the_handler_runs_once(
    air: Air, lost: set[int]
) -> None:
    runs = []

    async def count(source: str, data: dict[str, Any]) -> dict[str, Any]:
        runs.append(data)
        return {"run": len(runs)}

    air.lose = lost
    air.nodes["b"].answer(topic("count"), count)
    assert await air.nodes["a"].ask("b", topic("count"), {}) == {"run": 1}
    assert len(runs) == 1


async def test_a_repeat_that_comes_while_the_answer_is_made_waits_for_that_answer(
    air: Air,
) -> None:
    runs = []

    async def slow(source: str, data: dict[str, Any]) -> dict[str, Any]:
        runs.append(data)
        await asyncio.sleep(50.0)
        return {"run": len(runs)}

    air.nodes["b"].answer(topic("slow"), slow)
    assert await air.nodes["a"].ask("b", topic("slow"), {}, timeout=20.0) == {"run": 1}
    assert (len(runs), now()) == (1, 52.0)


async def test_who_says_nothing_of_it_asks_four_times_for_half_a_minute_each(air: Air) -> None:
    air.lose = set(range(1, 100))
    with pytest.raises(ExchangeFailed, match="no answer to status in 4 attempts of 30 s"):
        await air.nodes["a"].ask("b", topic("status"), {})
    assert (now(), len(air.sent)) == (120.0, 4)


async def test_silence_ends_after_all_attempts(air: Air) -> None:
    air.lose = set(range(1, 100))
    with pytest.raises(ExchangeFailed, match="no answer to status in 3 attempts of 10 s"):
        await air.nodes["a"].ask("b", topic("status"), {}, timeout=10.0, attempts=3)
    assert (now(), len(air.sent)) == (30.0, 3)


async def test_a_refusal_says_why(air: Air) -> None:
    async def refuse(source: str, data: dict[str, Any]) -> dict[str, Any]:
        raise ExchangeFailed("the gripper holds a tube")

    async def fail(source: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"value": data["missing"]}

    air.nodes["b"].answer(topic("refuse"), refuse)
    air.nodes["b"].answer(topic("fail"), fail)
    with pytest.raises(ExchangeFailed, match="b refused refuse: the gripper holds a tube"):
        await air.nodes["a"].ask("b", topic("refuse"), {})
    with pytest.raises(ExchangeFailed, match="refused fail"):
        await air.nodes["a"].ask("b", topic("fail"), {})
    with pytest.raises(ExchangeFailed, match="b does not answer nothing"):
        await air.nodes["a"].ask("b", topic("nothing"), {})


async def test_questions_of_several_at_once_do_not_mix(air: Air) -> None:
    async def echo(source: str, data: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(data["wait"])
        return data

    air.nodes["b"].answer(topic("echo"), echo)
    answers: dict[float, dict[str, Any]] = {}

    async def ask(wait: float) -> None:
        answers[wait] = await air.nodes["a"].ask("b", topic("echo"), {"wait": wait})

    async with Nursery("askers") as nursery:
        for wait in (3.0, 1.0, 2.0):
            nursery.start(ask(wait), name=str(wait))
    assert answers == {wait: {"wait": wait} for wait in (1.0, 2.0, 3.0)}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"id": ""},
        {"id": 7, "ask": {}},
        {"id": None, "answer": {}},
        {"id": "a/1/1", "answer": "nonsense"},
        {"id": "unknown", "answer": {}},
    ],
)
async def test_nonsense_is_passed_over(air: Air, data: dict[str, Any]) -> None:
    air.nodes["b"].receive(Exchange("a", "status", data))
    await asyncio.sleep(10.0)
    assert air.sent == []


async def test_a_question_without_data_is_refused(air: Air) -> None:
    async def never(source: str, data: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError

    air.nodes["b"].answer(topic("status"), never)
    air.nodes["b"].receive(Exchange("a", "status", {"id": "a/1/1", "ask": "nonsense"}))
    await asyncio.sleep(0.5)
    assert air.sent[0][1].data["answer"] == {"refused": "the question carries no data"}


async def test_the_memory_of_answers_is_bounded(air: Air) -> None:
    async def answer(source: str, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    air.nodes["b"].answer(topic("status"), answer)
    for _ in range(REMEMBERED + 50):
        await air.nodes["a"].ask("b", topic("status"), {})
    assert len(air.nodes["b"]._answers) == REMEMBERED


class Wanted(msgspec.Struct, frozen=True):
    """How much."""

    amount: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)]


class Given(msgspec.Struct, frozen=True):
    """How much, and by whom."""

    amount: float
    by: str = ""


GIVE = Topic("give", Wanted, Given, ("b",))


async def test_question_and_answer_are_of_the_types_of_their_topic(air: Air) -> None:
    asked: list[Wanted] = []

    async def give(source: str, wanted: Wanted) -> Given:
        asked.append(wanted)
        return Given(wanted.amount, by="b")

    air.nodes["b"].answer(GIVE, give)
    assert await air.nodes["a"].ask("b", GIVE, Wanted(10.0)) == Given(10.0, "b")
    assert asked == [Wanted(10.0)]
    assert air.nodes["b"].answered == ("give",)


@pytest.mark.parametrize("wrong", [{}, {"amount": 10.1}, {"amount": "much"}, {"amount": None}])
async def test_a_question_that_is_none_of_its_topic_is_refused_unheard(
    air: Air, wrong: dict[str, Any]
) -> None:
    asked: list[Wanted] = []

    async def give(source: str, wanted: Wanted) -> Given:
        asked.append(wanted)
        return Given(0.0)

    air.nodes["b"].answer(GIVE, give)
    with pytest.raises(ExchangeFailed, match="refused give: give: Wanted cannot be read"):
        await air.nodes["a"].ask("b", topic("give"), wrong)
    assert asked == []


async def test_an_answer_that_is_none_of_its_topic_is_nonsense(air: Air) -> None:
    async def give(source: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"amount": "much"}

    air.nodes["b"].answer(topic("give"), give)
    with pytest.raises(ExchangeFailed, match="b answered nonsense: give: Given cannot be read"):
        await air.nodes["a"].ask("b", GIVE, Wanted(1.0))


@pytest.mark.parametrize("mission", ["nominal", "surface"])
def test_each_vehicle_answers_the_topics_that_the_icd_says_it_answers(mission: str) -> None:
    loaded = load_mission(mission)
    files = load_vehicle_files(loaded)
    hardware = Hardware(loaded, files, 0, map_half_width=20.0)
    hardware.world.clock = lambda: 0.0
    for name, node in connected_nodes(loaded, files, hardware).items():
        said = {each.name for each in TOPICS if name in each.answered_by}
        said |= {each.name for each in TOPICS if each.answered_by == EVERY_NODE}
        assert set(node.exchanges.answered) == said, name
    assert len({each.name for each in TOPICS}) == len(TOPICS)
