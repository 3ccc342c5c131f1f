"""Hand-overs end with one holder, whoever is killed and whatever messages are lost or repeated."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flight.core.chart.statechart import State, Statechart
from flight.core.custody.handover import HandoverFailed, PassiveHandover
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyRecord, CustodyStatus, Evidence
from flight.core.exchanges import ExchangeFailed
from flight.core.keeping.storage import StorageError
from flight.core.node import Node
from flight.core.telling.communications import wire
from flight.icd.custody_account import account, agrees
from flight.icd.devices.base import DeviceFault, DeviceInterface, Reading, actuation, reading
from flight.icd.exchanges import HOLDERS, TOPICS, Topic
from flight.icd.messages import Exchange, Message
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.nursery import Nursery
from ground.testbed.rig import Rig

TUBE = "M2020-00337-08"
MOVE_SECONDS = 300.0


class Sight(Reading, frozen=True, kw_only=True):
    """Whether a tube was seen."""

    seen: bool


class Crane(DeviceInterface):
    """Moves a tube between two places, and looks at places."""

    @actuation(limit=1000.0)
    async def carry(self, tube: str, source: str, destination: str) -> None:
        """Half of the time without the tube, then it changes place."""
        raise NotImplementedError

    @reading()
    async def look(self, place: str, tube: str) -> Sight:
        """Whether the tube is at the place."""
        raise NotImplementedError


class ToyCrane(Crane):
    """The truth of these tests."""

    def __init__(self, places: dict[str, str]) -> None:
        self.places = places
        self.fault = ""  # "stall": does not move it; "drop": loses it on the way
        self.blind: dict[str, bool] = {}
        self.lies: dict[str, bool] = {}
        self.on_move: Callable[[], None] = lambda: None
        self.moves = 0

    async def carry(self, tube: str, source: str, destination: str) -> None:
        await asyncio.sleep(MOVE_SECONDS / 2)
        if self.fault == "stall":
            raise DeviceFault("stall", "the crane does not move")
        if self.places[tube] == source:
            self.moves += 1
            self.places[tube] = "ground" if self.fault == "drop" else destination
            self.on_move()
        await asyncio.sleep(MOVE_SECONDS / 2)

    async def look(self, place: str, tube: str) -> Sight:
        if self.blind.get(place):
            raise DeviceFault("dark", f"nothing to be seen at {place}")
        return Sight(seen=self.lies.get(place, self.places[tube] == place))


class Toy(Node):
    """What both toy nodes share."""

    statechart = Statechart(State("idle", initial=True))
    place = ""
    disturb: Callable[[Exchange], int] = staticmethod(lambda exchange: 1)

    def attach(self) -> None:
        self.crane = self.driver(Crane, "crane", owner="hardware")
        self.refuses = ""
        self.handover = self.make_handover()

    def make_handover(self) -> PassiveHandover:
        return PassiveHandover(self, self.place, self.look, refusal=lambda: self.refuses)

    async def look(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        sight = await self.crane.look(self.place, tube)
        return Evidence(f"{self.name}.sensor", f"seen: {sight.seen}", sight.seen)

    def _send_exchange(self, destination: str, exchange: Exchange) -> bool:
        for _ in range(self.disturb(exchange)):
            super()._send_exchange(destination, exchange)
        return True


class Rack(Toy):
    """The passive side."""

    name = "rack"
    place = "rack"
    routes: ClassVar = {"hand": wire("hand")}


class Hand(Toy):
    """The active side."""

    name = "hand"
    place = "hand"
    routes: ClassVar = {"rack": wire("rack")}

    def make_handover(self) -> ActiveHandover:
        self.active = ActiveHandover(self, self.place, self.look, refusal=lambda: self.refuses)
        return self.active

    async def take(self) -> CustodyRecord:
        return await self.active.take(
            TUBE, "rack", lambda slot: self.crane.carry(TUBE, "rack", "hand"), device="crane"
        )

    async def give(self) -> CustodyRecord:
        return await self.active.give(
            TUBE, "rack", "rack", lambda slot: self.crane.carry(TUBE, "hand", "rack"),
            device="crane",
        )  # fmt: skip


class Bench:
    """The two nodes, their crane, and a judge that compares ledgers and truth all the time."""

    def __init__(self, rig: Rig, start: str) -> None:
        self.rig = rig
        self.crane = ToyCrane({TUBE: start})
        self.crane.on_move = self.judge
        self.lying: dict[str, list[CustodyRecord]] = {}
        self.violations: list[str] = []
        self.nursery: Nursery
        rig.add_device("hardware.crane", self.crane)
        rig.observers.append(lambda message: self.judge())
        for kind in (Rack, Hand):
            rig.add_node(kind, {})
        self.node(start).ledger.adopt(TUBE, start, Evidence("load", "load list"), slot=None)

    def node(self, name: str) -> Any:
        return self.rig.nodes[name]

    @property
    def hand(self) -> Any:
        return self.rig.nodes["hand"]

    def ledgers(self) -> dict[str, list[CustodyRecord]]:
        living = {name: node.ledger.records() for name, node in self.rig.nodes.items()}
        return {**self.lying, **living}

    def judge(self) -> None:
        try:
            ledgers = self.ledgers()
        except Exception:  # a ledger that is being closed
            return
        statement = account(ledgers, [TUBE])[TUBE]
        if not agrees(statement, self.crane.places[TUBE], "ground"):
            self.violations.append(
                f"{statement.statement}; truly at {self.crane.places[TUBE]}: {ledgers}"
            )

    def record(self, name: str) -> CustodyRecord:
        return self.node(name).ledger.record(TUBE)

    async def kill(self, victim: str, pause: float) -> None:
        self.lying[victim] = self.node(victim).ledger.records()
        await self.rig.kill(victim)
        await asyncio.sleep(pause)
        await self.rig.restart(victim)
        del self.lying[victim]

    async def settled(self) -> None:
        """Waits until both sides are through with all transfers."""
        async with asyncio.timeout(86_400.0):
            while any(  # noqa: ASYNC110
                node.ledger.open_transfers() for node in self.rig.nodes.values()
            ):
                await asyncio.sleep(60.0)


@asynccontextmanager
async def bench(folder: Path, start: str) -> AsyncIterator[Bench]:
    async with Rig(folder) as rig:
        built = Bench(rig, start)
        await asyncio.sleep(1.0)
        async with Nursery("bench") as built.nursery:
            yield built
        built.judge()
        assert built.violations == []


def other(place: str) -> str:
    return "hand" if place == "rack" else "rack"


WAYS = (("take", "rack"), ("give", "hand"))


@pytest.mark.parametrize(("way", "start"), WAYS)
def test_a_tube_is_handed_over_and_both_ledgers_say_so(
    tmp_path: Path, way: str, start: str
) -> None:
    async def main() -> None:
        async with bench(tmp_path, start) as b:
            await getattr(b.hand, way)()
            assert b.record(other(start)).status is CustodyStatus.HELD
            assert b.record(start).status is CustodyStatus.HANDED_OVER
            await getattr(b.hand, way)()  # again: nothing more happens
            assert b.crane.moves == 1

    run(main(), VirtualLoop())


@pytest.mark.parametrize(("way", "start"), WAYS)
@pytest.mark.parametrize(
    ("fault", "status"), [("stall", CustodyStatus.HELD), ("drop", CustodyStatus.UNKNOWN)]
)
def test_a_failed_move_ends_where_the_sensors_see_the_tube(
    tmp_path: Path, way: str, start: str, fault: str, status: CustodyStatus
) -> None:
    async def main() -> None:
        async with bench(tmp_path, start) as b:
            b.crane.fault = fault
            with pytest.raises(HandoverFailed) as failure:
                await getattr(b.hand, way)()
            assert failure.value.settled
            assert b.record(start).status is status
            assert b.record(other(start)).status is CustodyStatus.DECLINED

    run(main(), VirtualLoop())


@pytest.mark.parametrize(("way", "start"), WAYS)
def test_a_refusal_leaves_the_tube_with_its_holder(tmp_path: Path, way: str, start: str) -> None:
    async def main() -> None:
        async with bench(tmp_path, start) as b:
            b.node("rack").refuses = "the rack is closed"
            with pytest.raises(HandoverFailed, match="the rack is closed"):
                await getattr(b.hand, way)()
            assert b.record(start).status is CustodyStatus.HELD
            assert b.crane.moves == 0

    run(main(), VirtualLoop())


@pytest.mark.parametrize(("way", "start"), WAYS)
def test_a_blind_sensor_leaves_the_transfer_open_until_it_sees(
    tmp_path: Path, way: str, start: str
) -> None:
    async def main() -> None:
        async with bench(tmp_path, start) as b:
            b.crane.blind["hand"] = True
            with pytest.raises(HandoverFailed) as failure:
                await getattr(b.hand, way)()
            assert not failure.value.settled
            assert b.record(start).status is CustodyStatus.IN_TRANSIT
            b.crane.blind.clear()
            await b.settled()
            assert b.record(other(start)).status is CustodyStatus.HELD

    run(main(), VirtualLoop())


@pytest.mark.parametrize(("way", "start"), WAYS)
def test_two_sensors_that_both_claim_to_see_the_tube_make_it_unknown(
    tmp_path: Path, way: str, start: str
) -> None:
    async def main() -> None:
        async with bench(tmp_path, start) as b:
            b.crane.lies = {"rack": True, "hand": True}
            with pytest.raises(HandoverFailed):
                await getattr(b.hand, way)()
            statement = account(b.ledgers(), [TUBE])[TUBE]
            assert statement.last_seen is not None and statement.problem is None

    run(main(), VirtualLoop())


def test_an_empty_gripper_is_not_taken_for_a_success(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, "rack") as b:
            hand = b.hand
            with pytest.raises(HandoverFailed, match="did not arrive"):
                await hand.active.take(TUBE, "rack", lambda slot: asyncio.sleep(1), device="crane")
            assert b.record("rack").status is CustodyStatus.HELD

    run(main(), VirtualLoop())


def test_a_tube_that_was_given_up_is_found_again_when_it_is_seen(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, "rack") as b:
            b.node("rack").ledger.lose(TUBE, "nobody sees it")
            await b.hand.take()
            assert b.record("hand").status is CustodyStatus.HELD

    run(main(), VirtualLoop())


def test_an_aborted_move_is_settled_by_itself(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, "rack") as b:
            task = b.hand.nursery.start(b.hand.take(), name="take")
            await asyncio.sleep(MOVE_SECONDS * 0.75)
            task.cancel()
            await b.settled()
            assert b.record("hand").status is CustodyStatus.HELD

    run(main(), VirtualLoop())


def test_malformed_questions_are_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with bench(tmp_path, "rack") as b:
            asked = [topic.name for topic in TOPICS if topic.answered_by == HOLDERS]
            assert len(asked) == 9
            for name in asked:
                hostile = Topic(name, dict[str, int], dict[str, int], HOLDERS)
                with pytest.raises(ExchangeFailed, match=f"refused {name}: .*cannot be read"):
                    await b.hand.exchanges.ask("rack", hostile, {"transfer": 7})

    run(main(), VirtualLoop())


async def insist(b: Bench, way: str) -> None:
    """Does what a command does that is resumed after each reboot, and repeated when it fails."""
    for _ in range(20):
        try:
            if "hand" not in b.rig.nodes or not hasattr(b.hand, "handover"):
                await asyncio.sleep(100.0)
                continue
            work = b.hand.nursery.start(attempt(b.hand, way), name="work")
            if await work:
                return
        except asyncio.CancelledError:
            if not work.cancelled():
                raise
        await asyncio.sleep(400.0)
    raise AssertionError("the tube was never handed over")


async def attempt(hand: Any, way: str) -> bool:
    try:
        await getattr(hand, way)()
    except (HandoverFailed, StorageError):  # the latter: the node was killed under it
        return False
    return True


def kill_at(b: Bench, victim: str, count: int, pause: float) -> Callable[[Message], None]:
    """Kills `victim` when the nodes have published so many messages."""
    seen = 0

    def watch(_: Message) -> None:
        nonlocal seen
        seen += 1
        if seen == count and victim in b.rig.nodes:
            b.rig.nursery.start(b.kill(victim, pause), name="killer")

    return watch


@pytest.mark.parametrize("victim", ["rack", "hand"])
@pytest.mark.parametrize(("way", "start"), WAYS)
@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.requirement("CUS-06")
def test_a_kill_at_any_step_ends_with_one_holder(
    tmp_path: Path, victim: str, way: str, start: str, count: int
) -> None:
    async def main() -> None:
        async with bench(tmp_path, start) as b:
            b.rig.observers.append(kill_at(b, victim, count, 20.0 if count % 2 else 700.0))
            await insist(b, way)
            await b.settled()
            assert b.crane.places[TUBE] == other(start)
            assert account(b.ledgers(), [TUBE])[TUBE].place == other(start)
            assert b.crane.moves == 1

    run(main(), VirtualLoop(shuffle=random.Random(count)))


@pytest.mark.parametrize("victim", ["rack", "hand"])
@pytest.mark.parametrize(("way", "start"), WAYS)
@pytest.mark.parametrize("instant", [0.0, 1.0, 149.0, 151.0, 299.0, 300.0])
def test_a_kill_during_the_move_ends_with_one_holder(
    tmp_path: Path, victim: str, way: str, start: str, instant: float
) -> None:
    async def main() -> None:
        async with bench(tmp_path, start) as b:
            b.rig.nursery.start(killer(b, victim, instant), name="killer")
            await insist(b, way)
            await b.settled()
            assert account(b.ledgers(), [TUBE])[TUBE].place == other(start)

    run(main(), VirtualLoop())


async def killer(b: Bench, victim: str, instant: float) -> None:
    await asyncio.sleep(instant)
    if victim in b.rig.nodes:
        await b.kill(victim, 90.0)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.requirement("CUS-07")
def test_lost_repeated_and_late_messages_end_with_one_holder(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    way, start = WAYS[seed % 2]

    async def main() -> None:
        async with bench(tmp_path, start) as b:
            for node in b.rig.nodes.values():
                node.disturb = lambda exchange: chance.choice((0, 0, 1, 2))  # type: ignore[attr-defined]
            await insist(b, way)
            await b.settled()
            assert account(b.ledgers(), [TUBE])[TUBE].place == other(start)
            assert b.crane.moves == 1

    run(main(), VirtualLoop(shuffle=random.Random(seed)))
