"""A flood about one subject hides nothing about another, and its last word is told."""

import asyncio

import pytest

from ground.testbed.rig import Rig
from tests.flight.core.toy_node import Toy, toy

EVENT_BURST = 40
EVENT_REFILL = 0.05

NEXT = 1.0 / EVENT_REFILL  # s until there is room for one more


def crossings(rig: Rig, channel: str) -> list[str]:
    return [e.data["state"] for e in rig.events if e.data.get("channel") == channel]


def chatter(node: Toy, times: int) -> None:
    """Crosses the limits of a channel there and back."""
    for _ in range(times):
        node.temperature = 330.0
        node.temperature = 280.0


async def test_the_flood_of_one_channel_does_not_hide_the_alarm_of_another(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    chatter(node, 100)
    node.mailbox_depth = 60
    await asyncio.sleep(1.0)
    assert crossings(rig, "temperature").count("RED") == EVENT_BURST
    assert crossings(rig, "mailbox_depth") == ["YELLOW"]


async def test_the_state_in_which_a_flood_ends_is_told(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    chatter(node, 100)
    node.temperature = 330.0
    occurred = node.clock.now_ns()
    await asyncio.sleep(1.0)
    assert crossings(rig, "temperature")[-1] == "OK"
    await asyncio.sleep(NEXT)
    assert crossings(rig, "temperature")[-1] == "RED"
    last = [e for e in rig.events if e.name == "limit_red"][-1]
    assert last.time_ns == occurred
    assert [e.number for e in rig.events] == sorted(e.number for e in rig.events)


async def test_what_a_newer_report_has_overtaken_is_not_told_any_more(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    for _ in range(EVENT_BURST + 5):  # red is used up, OK is not
        node.temperature = 330.0
        node._throttle._buckets.pop(("limit_crossed", "temperature", "WARNING_LO"), None)
        node.temperature = 280.0
    await asyncio.sleep(10.0 * NEXT)
    assert crossings(rig, "temperature")[-1] == "OK"
    assert crossings(rig, "temperature").count("RED") == EVENT_BURST


@pytest.mark.parametrize("subject", ["command", "report", "state"])
async def test_each_generic_event_floods_for_its_own_subject_alone(rig: Rig, subject: str) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)

    def emit(name: str) -> None:
        if subject == "command":
            node.command_refused(command=name, reason="x")
        elif subject == "report":
            node.service_warning(report=name, data={})
        else:
            node.activity_failed(state=name, reason="x")

    for _ in range(100):
        emit("loud")
    emit("quiet")
    await asyncio.sleep(1.0)
    about = [e.data.get(subject) for e in rig.events]
    assert about.count("loud") == EVENT_BURST
    assert about.count("quiet") == 1


async def test_a_node_that_died_in_a_flood_says_nothing_more(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    chatter(toy(rig), 100)
    await rig.kill("toy")
    heard = len(rig.events)
    await asyncio.sleep(10.0 * NEXT)
    assert len(rig.events) == heard
