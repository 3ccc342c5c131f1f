"""Rules between devices of a bench: who is safe while another moves, is armed, or is missing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from flight.runtime.nursery import Nursery
from sim_hw.bench.between import Between, Rule
from sim_hw.bench.device_link import DeviceLink
from sim_hw.bench.guard import GuardRules
from sim_hw.bench.wanted import Wanted
from sim_hw.bench.wire.wire import Wire, WireLost
from tests.sim_hw.bench.reference_device import ReferenceDevice

HASH = interface_hash(Wheels)


class One:
    """A link to a reference device, which may be unplugged."""

    def __init__(self, name: str, nursery: Nursery, automatic: bool) -> None:
        self.device = ReferenceDevice()
        self.there = True
        self.told: list[list[Any]] = []
        asked = Wanted(name, "Wheels", HASH, automatic=automatic)
        self.link = DeviceLink(asked, self._open, self.told.append, GuardRules(("drive", "turn")))
        nursery.start(self.link.run(), name=name)

    async def _open(self) -> Wire:
        if not self.there:
            raise WireLost("unplugged")
        return self.device.wire()

    def drive(self, number: int, distance: float = 1.0) -> None:
        self.link.call(number, "drive", {"distance": distance}, 900.0, 900.0)

    def reply(self, number: int) -> list[Any]:
        return next((e[3:6] for e in self.told if e[0] == "reply" and e[2] == number), [])

    async def has_ended(self) -> None:
        """Its motion is over, and that was told."""
        await asyncio.gather(*self.link._calls.values())

    @property
    def words(self) -> str:
        return str([each for each in self.told if each[0] == "state"][-1][3])


class Pair:
    def __init__(self, nursery: Nursery, *rules: Rule, automatic: bool = True) -> None:
        self.arm, self.wheels = (One(name, nursery, automatic) for name in ("arm", "wheels"))
        links = {"arm": self.arm.link, "wheels": self.wheels.link}
        self.between = Between(rules, links)

    @property
    def states(self) -> tuple[str, str]:
        return self.arm.link.state, self.wheels.link.state


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    async with Nursery("bench") as nursery:
        yield nursery
        nursery.cancel()


async def test_what_is_inhibited_stops_at_once_and_is_armed_again_when_the_other_stands(
    nursery: Nursery,
) -> None:
    pair = Pair(nursery, Rule("arm", "wheels", "moving"))
    await asyncio.sleep(0.5)
    assert pair.states == ("armed", "armed")
    pair.arm.drive(1, 8.0)
    await asyncio.sleep(0.2)
    pair.wheels.drive(2)
    assert pair.arm.link.guard.in_motion
    await asyncio.sleep(0.1)
    assert pair.states == ("safe", "armed") and pair.arm.device.safe
    assert pair.arm.words == "interlock rule: wheels is moving"
    assert pair.arm.reply(1)[1] in ("fault", "lost") and not pair.arm.link.guard.in_motion
    pair.arm.drive(3)
    await asyncio.sleep(0.1)
    assert "interlock rule: wheels is moving" in pair.arm.reply(3)[2], "nothing is begun meanwhile"
    await asyncio.sleep(2.0)
    assert pair.wheels.reply(2)[1] == "" and pair.states == ("armed", "armed")
    pair.arm.drive(4)
    await asyncio.sleep(2.0)
    assert pair.arm.reply(4)[1] == "" and pair.states == ("armed", "armed"), "not the other way"


async def test_it_is_safe_before_the_other_is_told_to_move(nursery: Nursery) -> None:
    pair = Pair(nursery, Rule("arm", "wheels", "moving"))
    await asyncio.sleep(0.5)
    seen: list[str] = []
    call = pair.wheels.link._client.call  # type: ignore[union-attr]

    def looked(*asked: Any, **more: Any) -> Any:
        seen.append(pair.arm.link.state)
        return call(*asked, **more)

    pair.wheels.link._client.call = looked  # type: ignore[union-attr, method-assign]
    pair.wheels.drive(1)
    await asyncio.sleep(0.05)
    assert seen == ["safe"]


async def test_of_two_that_exclude_each_other_the_first_moves(nursery: Nursery) -> None:
    pair = Pair(nursery, Rule("arm", "wheels", "moving"), Rule("wheels", "arm", "moving"))
    await asyncio.sleep(0.5)
    pair.arm.drive(1)
    pair.wheels.drive(2)
    await asyncio.sleep(0.2)
    assert pair.wheels.reply(2)[1] == "lost" and pair.wheels.device.asked == []
    await asyncio.sleep(2.0)
    assert pair.arm.reply(1)[1] == "" and pair.states == ("armed", "armed")


async def test_it_lasts_for_as_long_after_as_the_rule_says(nursery: Nursery) -> None:
    pair = Pair(nursery, Rule("arm", "wheels", "moving", after=5.0))
    await asyncio.sleep(0.5)
    loop = asyncio.get_running_loop()
    for number in (1, 2):  # a second motion within that time begins it anew
        pair.wheels.drive(number, 0.5)
        await pair.wheels.has_ended()
        ended = loop.time()
        await asyncio.sleep(3.0)
        assert pair.arm.link.state == "safe" and "or was within 5 s" in pair.arm.words
    await asyncio.sleep(ended + 4.9 - loop.time())
    assert pair.arm.link.state == "safe"
    await asyncio.sleep(0.3)
    assert pair.arm.link.state == "armed"


@pytest.mark.parametrize("what", ["missing", "armed"])
async def test_missing_and_armed_are_what_the_link_of_the_other_says(
    nursery: Nursery, what: Any
) -> None:
    pair = Pair(nursery, Rule("arm", "wheels", what))
    assert pair.arm.link._inhibits.keys() == ({"rule 0"} if what == "missing" else set())
    await asyncio.sleep(0.5)
    assert pair.states == ("armed" if what == "missing" else "safe", "armed")
    pair.wheels.there = False
    pair.wheels.link.drop("unplugged")
    await asyncio.sleep(1.0)
    assert pair.states == ("safe" if what == "missing" else "armed", "lost")
    pair.wheels.there = True
    await asyncio.sleep(1.0)
    assert pair.states == ("armed" if what == "missing" else "safe", "armed")


async def test_beside_what_is_real_it_never_moves_whoever_arms_it(nursery: Nursery) -> None:
    pair = Pair(nursery, Rule("arm", "igniter", "real"), automatic=False)
    await asyncio.sleep(0.5)
    pair.arm.link.arm(60.0, "anna")
    pair.wheels.link.arm(60.0, "anna")
    await asyncio.sleep(0.5)
    assert pair.states == ("safe", "armed") and pair.arm.words == "interlock rule: igniter is real"


async def test_a_rule_allows_nothing_that_a_person_or_another_rule_forbids(
    nursery: Nursery,
) -> None:
    pair = Pair(nursery, Rule("arm", "wheels", "moving"), Rule("arm", "wheels", "moving", 2.0))
    await asyncio.sleep(0.5)
    pair.wheels.drive(1, 0.5)
    await pair.wheels.has_ended()
    await asyncio.sleep(0.5)
    assert pair.arm.link.state == "safe", "the other rule holds still"
    pair.arm.link.make_safe("anna made it safe")
    await asyncio.sleep(3.0)
    assert pair.arm.link.state == "safe" and pair.arm.words == "anna made it safe"
    pair.between.close()
    pair.arm.link.arm(60.0, "anna")
    pair.wheels.drive(2, 0.5)
    await asyncio.sleep(0.1)
    assert pair.arm.link.state == "armed", "nobody looks any more"
