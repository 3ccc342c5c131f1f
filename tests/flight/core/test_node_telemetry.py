"""Events, channels and housekeeping of a node."""

import asyncio

from flight.core.keeping.health import Standing
from flight.core.keeping.storage import StorageDamage
from flight.icd.devices.base import DeviceTimeout
from flight.icd.messages import Rung, Severity
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import World, toy


async def test_a_flood_of_one_event_is_throttled_and_others_pass(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    for number in range(500):
        node.chatter(number=number)
        node.doom(number=number)
    await asyncio.sleep(1.0)
    names = rig.event_names("toy")
    assert 30 < names.count("chatter") < 60
    assert names.count("doom") == 500
    assert names.count("events_throttled") == 1
    await asyncio.sleep(3600.0)
    released = [event for event in rig.events if event.name == "events_throttled"][1:]
    told = rig.event_names("toy").count("chatter")
    assert told == names.count("chatter") + 1  # the last of the flood
    assert [event.data["suppressed"] for event in released] == [500 - told]


async def test_an_event_with_wrong_arguments_is_still_reported(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    toy(rig).chatter(nonsense=1)
    event = await rig.wait_for_event("toy", "chatter")
    assert "KeyError" in event.text and event.severity is Severity.DIAGNOSTIC


async def test_a_channel_that_crosses_a_limit_is_an_event(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    for kelvin in (280.0, 315.0, 330.0, 280.0):
        node.temperature = kelvin
    await asyncio.sleep(1.0)
    crossings = [(e.name, e.data["state"]) for e in rig.events if e.name.startswith("limit_")]
    assert crossings == [("limit_crossed", "YELLOW"), ("limit_red", "RED"), ("limit_cleared", "OK")]


async def test_not_a_number_is_no_valid_value(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    node.temperature = 280.0
    node.temperature = float("nan")
    assert node.temperature is None


async def test_an_override_pins_a_channel_until_it_is_released(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    node.temperature = 280.0
    node.channels.override("temperature", 330.0)
    node.temperature = 281.0
    assert node.temperature == 330.0
    await rig.wait_for_event("toy", "limit_red")
    node.channels.release("temperature")
    node.temperature = 281.0
    assert node.temperature == 281.0


async def test_changed_channels_are_published_with_the_next_housekeeping(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    toy(rig).temperature = 280.0
    await asyncio.sleep(1.0)
    assert "temperature" not in rig.telemetry["toy"]
    await asyncio.sleep(600.0)
    assert rig.telemetry["toy"]["temperature"] == 280.0


async def test_devices_that_cannot_be_sampled_do_not_end_the_node(rig: Rig, world: World) -> None:
    for error, told in (
        (DeviceTimeout("dead"), "sample_failed"),
        (StorageDamage("node", "key", "store"), "sample_failed"),
        (KeyError("a"), "sample_fault"),
    ):
        rig.events.clear()
        world.sample = error
        await asyncio.sleep(700.0)
        failed = [name for name in rig.event_names("toy") if name.startswith("sample_")]
        assert set(failed) == {told}
    world.sample = None
    assert (await rig.command("toy", "note", text="alive")).rung is Rung.COMPLETED


async def test_the_watchdog_is_petted_while_the_mailbox_is_worked_off(rig: Rig) -> None:
    await asyncio.sleep(3600.0)
    health = toy(rig).health
    assert health.standings()["mailbox"] is Standing.PROGRESSING
    deadline = health.deadline()
    assert deadline is not None and deadline.name == "mailbox"
    # The last answer is no older than a round: nothing is near to being lost.
    assert 3600.0 - deadline.since <= 900.0
