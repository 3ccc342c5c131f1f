"""How long a step waits and what it commands again, without a flight: limits exactly met, silence,
products in pieces."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.ascent_record import chunk_text
from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution import orders as of_orders
from ground.mission_control.execution.cursor import Cursor
from ground.mission_control.execution.orders import StepOrders
from ground.mission_control.execution.products import ProductCompletion
from ground.mission_control.execution.tools import StepFailed
from ground.mission_control.procedures.steps import CommandStep, CompleteProduct

SOL = 88_775.244147  # s
NS = 10**9


def now() -> float:
    return asyncio.get_running_loop().time()


class Tracker:
    """Notes what is issued; its verdicts come when a test says so."""

    def __init__(self) -> None:
        self.issued: dict[str, list[Any]] = {}
        self.given_up: list[tuple[float, str, str]] = []
        self.verdicts: dict[str, asyncio.Future[Verdict]] = {}
        self.issued_ns = 0

    def of_step(self, name: str) -> list[Any]:
        return [SimpleNamespace(order=order) for order in self.issued.get(name, [])]

    def next_identifiers(self, count: int) -> list[str]:
        begun = sum(map(len, self.issued.values()))
        return [f"mc-{begun + number}" for number in range(1, count + 1)]

    def issue(self, name: str, orders: list[Any], deadline: float) -> None:
        assert deadline == 60.0
        self.issued[name] = orders

    def command(self, identifier: str) -> Any:
        return SimpleNamespace(issued_ns=self.issued_ns, detail="as told")

    async def verdict(self, identifier: str) -> Verdict:
        waits = self.verdicts.setdefault(identifier, asyncio.get_running_loop().create_future())
        return await asyncio.shield(waits)

    def ends(self, identifier: str, verdict: Verdict) -> None:
        loop = asyncio.get_running_loop()
        waits = self.verdicts.setdefault(identifier, loop.create_future())
        if not waits.done():
            waits.set_result(verdict)

    def give_up(self, identifier: str, why: str) -> None:
        self.given_up.append((round(now(), 3), identifier, why))
        self.ends(identifier, Verdict.UNANSWERED)


class Desk:
    """What steps work with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, hazardous: bool = False) -> None:
        self.tracker = Tracker()
        self.heard = 0.0
        self.kept: list[int] = []
        self.slept: list[float] = []  # for which a vehicle hibernates when it is asked for
        self.cursor = Cursor("f", entered_ns=0)
        stages = ["arm", "fire"] if hazardous else ["run"]
        monkeypatch.setattr(of_orders, "stages_of", lambda *given, armed: stages)
        monkeypatch.setattr(of_orders, "arguments_of", lambda step, tools: dict(step.arguments))
        entry = SimpleNamespace(deadline=60.0)
        self.tools: Any = SimpleNamespace(
            tracker=self.tracker, dictionary=SimpleNamespace(check=lambda *given: entry),
            clock=SimpleNamespace(now=now, now_ns=lambda: round(now() * NS)),
            telemetry=SimpleNamespace(last_receipt=lambda vehicle: self.heard),
        )  # fmt: skip
        self.orders = StepOrders(
            self.tools, self.cursor, lambda: self.kept.append(self.cursor.commanded_ns),
            self.sit_out, lambda: "step 3",
        )  # fmt: skip

    async def sit_out(self, place: str, vehicle: str) -> bool:
        assert place == "step 3" and vehicle == "rover"
        if not self.slept:
            return False
        self.cursor.slept += self.slept.pop()
        return True


def command(**more: Any) -> CommandStep:
    return CommandStep(**({"vehicle": "rover", "command": "drive", "arguments": {"n": 1}} | more))


# ------------------------------------------------------------------------ commands


async def test_the_command_of_a_step_is_issued_once(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch)
    await asyncio.sleep(7.0)
    begun = round(now() * NS)
    assert desk.orders.issue("a 1", command()) == "mc-1"
    await asyncio.sleep(7.0)
    assert desk.orders.issue("a 1", command()) == "mc-1" and desk.kept == [begun]
    assert desk.orders.issue("a 2", command()) == "mc-2"
    (order,) = desk.tracker.issued["a 1"]
    assert (order.target, order.name, order.arguments, order.stage, order.lifetime) == (
        "rover", "drive", {"n": 1}, "run", 0.0,
    )  # fmt: skip
    assert order.origin == "mission_control"


async def test_a_hazardous_one_is_armed_for_its_lifetime_and_fire_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(monkeypatch, hazardous=True)
    assert desk.orders.issue("a 1", command(lifetime=120.0)) == "mc-2"
    arm, fire = desk.tracker.issued["a 1"]
    assert (arm.stage, arm.lifetime, fire.stage, fire.lifetime) == ("arm", 120.0, "fire", 0.0)
    assert arm.arguments == fire.arguments


@pytest.mark.parametrize(
    ("more", "heard", "ends", "why"),
    [
        ({"limit_sols": 2.0}, 0.0, 2.0, "no verdict within 2 sols"),
        ({"silence_sols": 1.5}, 0.0, 1.5, "nothing was heard of rover for 1.5 sols"),
        ({"silence_sols": 1.5}, 0.75, 2.25, "nothing was heard of rover for 1.5 sols"),
        ({"limit_sols": 2.0, "silence_sols": 1.5}, 0.75, 2.0, "no verdict within 2 sols"),
        ({"limit_sols": 2.0, "silence_sols": 1.5}, 0.25, 1.75, "nothing was heard"),
    ],
)  # fmt: skip
async def test_a_command_is_given_up_at_its_limit_or_after_silence(
    monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], heard: float, ends: float, why: str
) -> None:
    desk = Desk(monkeypatch)
    desk.heard = heard * SOL
    assert await desk.orders.verdict(command(**more), "mc-1") is Verdict.UNANSWERED
    ((at, name, told),) = desk.tracker.given_up
    assert at == pytest.approx(ends * SOL, abs=0.01) and name == "mc-1" and why in told


async def test_silence_counts_from_the_command_where_nothing_was_heard_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(monkeypatch)
    desk.tracker.issued_ns = round(0.5 * SOL * NS)
    await desk.orders.verdict(command(silence_sols=1.0), "mc-1")
    assert desk.tracker.given_up[0][0] == pytest.approx(1.5 * SOL, abs=0.01)


async def test_who_is_heard_meanwhile_is_waited_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch)
    waits = asyncio.ensure_future(desk.orders.verdict(command(silence_sols=1.0), "mc-1"))
    await asyncio.sleep(0.9 * SOL)
    desk.heard = now()
    await asyncio.sleep(0.9 * SOL)
    assert not waits.done()
    desk.tracker.ends("mc-1", Verdict.FAILED)
    assert await waits is Verdict.FAILED and desk.tracker.given_up == []


async def test_the_time_in_which_a_vehicle_hibernates_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(monkeypatch)
    desk.slept = [3.0 * SOL]
    await desk.orders.verdict(command(limit_sols=2.0), "mc-1")
    assert desk.tracker.given_up[0][0] == pytest.approx(5.0 * SOL, abs=0.01)
    assert desk.orders.limit(command(limit_sols=1.0), SOL) == pytest.approx(5.0 * SOL)
    desk.cursor.slept, desk.cursor.entered_ns = 0.0, NS
    assert desk.orders.limit(command(limit_sols=1.0)) == pytest.approx(1.0 + SOL)
    assert desk.orders.limit(command()) > 9e5 * SOL


# ------------------------------------------------------------------------ products


def pieces(*numbers: int, of: int = 4) -> list[str]:
    return [chunk_text(number, of, b"x") for number in numbers]


class Downlink:
    """A product of which pieces come as a test says, with each command or without."""

    def __init__(self, *there: int, comes: Any = (), verdict: Verdict = Verdict.COMPLETED) -> None:
        self.texts = pieces(*there)
        self.comes = list(comes)
        self.verdict = verdict
        self.said: tuple[int, int] | None = None  # how many there are, and when that was told (ns)
        self.issued: list[tuple[int, dict[str, Any], float | None]] = []
        self.limits: list[float] = []
        self.log: list[str] = []
        self.changed = asyncio.Event()
        telemetry = SimpleNamespace(
            value=lambda vehicle, channel: None if self.said is None else self.said[0],
            occurred=lambda vehicle, channel: None if self.said is None else self.said[1],
        )
        self.tools: Any = SimpleNamespace(
            telemetry=telemetry, watches=SimpleNamespace(wait=self.wait),
            archive=SimpleNamespace(samples=lambda *given: list(enumerate(self.texts))),
            tracker=SimpleNamespace(
                command=lambda name: SimpleNamespace(issued_ns=self.begun_ns, detail="as told")
            ),
        )  # fmt: skip
        self.completion = ProductCompletion(
            self.tools, self.issue, self.judged, lambda path, text: self.log.append(text)
        )

    async def wait(self, *what: str) -> None:
        assert what == ("sample", "mav", "record_chunks")
        self.changed.clear()
        await self.changed.wait()

    def tell(self, count: int) -> None:
        self.said = (count, round(now() * NS))
        self.changed.set()

    def issue(self, instruction: Any, attempt: int, order: CommandStep) -> str:
        assert (order.vehicle, order.command) == ("mav", "send_ascent_data")
        self.begun_ns = round(now() * NS)
        self.issued.append((attempt, dict(order.arguments), order.limit_sols))
        return f"mc-{attempt}"

    async def judged(self, order: CommandStep, identifier: str, began: float) -> Verdict:
        self.limits.append(began)
        await asyncio.sleep(100.0)
        if self.comes:
            self.texts += pieces(*self.comes.pop(0))
        self.said = (4, round(now() * NS))
        return self.verdict

    async def complete(self, attempts: int = 3) -> None:
        step = CompleteProduct(
            vehicle="mav", channel="ascent_chunk", announced="record_chunks",
            command="send_ascent_data", limit_sols=1.0, attempts=attempts,
        )  # fmt: skip
        instruction: Any = SimpleNamespace(path="p")
        await self.completion.complete(instruction, step, now())


async def test_a_product_that_is_whole_is_not_waited_for() -> None:
    link = Downlink(0, 1, 2, 3)
    await link.complete()
    assert link.issued == [] and now() == 0.0 and "4 of 4 pieces came" in link.log[0]


async def test_the_first_pieces_that_are_missing_in_a_row_are_sent_again() -> None:
    link = Downlink(0, comes=[(1,), (2,), (3,)])
    await asyncio.sleep(1.0)
    link.tell(4)
    await link.complete()
    assert [each[:2] for each in link.issued] == [
        (1, {"first": 1, "last": 3}), (2, {"first": 2, "last": 3}), (3, {"first": 3, "last": 3}),
    ]  # fmt: skip
    assert all(limit == 1.0 for *_, limit in link.issued) and link.limits == [1.0, 101.0, 201.0]


async def test_what_does_not_come_in_its_attempts_fails_the_step() -> None:
    link = Downlink(0, 2)
    link.tell(4)
    with pytest.raises(StepFailed, match="mav ascent_chunk: these pieces did not come: 1, 3"):
        await link.complete(attempts=2)
    assert [each[:2] for each in link.issued] == [
        (1, {"first": 1, "last": 1}), (2, {"first": 1, "last": 1}),
    ]  # fmt: skip


async def test_of_a_product_of_which_nothing_came_all_is_asked_for_after_its_time() -> None:
    link = Downlink(comes=[(0, 1, 2, 3)])
    await link.complete()
    assert link.issued == [(1, {}, 1.0)] and now() == pytest.approx(SOL + 100.0)
    nothing = Downlink()
    nothing.said = None
    waits = asyncio.ensure_future(nothing.complete(attempts=1))
    await asyncio.sleep(10.0)
    nothing.tell(0)
    await asyncio.sleep(10.0)
    assert nothing.issued == [], "that there is none is no announcement"
    nothing.tell(4)
    with pytest.raises(StepFailed, match="0, 1, 2, 3"):
        await waits
    assert len(nothing.issued) == 1


async def test_a_command_that_failed_is_repeated_without_waiting_for_what_it_did_not_send() -> None:
    link = Downlink(0, comes=[(), (1, 2, 3)], verdict=Verdict.FAILED)
    await asyncio.sleep(1.0)
    link.tell(4)
    await link.complete()
    assert len(link.issued) == 2 and now() == pytest.approx(201.0)


async def test_an_announcement_from_before_the_command_is_none() -> None:
    link = Downlink(0)
    link.tell(4)
    await asyncio.sleep(5.0)
    since = round(now() * NS)
    step: Any = SimpleNamespace(
        vehicle="mav", channel="c", announced="record_chunks", limit_sols=1.0
    )
    waits = asyncio.ensure_future(link.completion._until_announced(step, since, 0.0))
    await asyncio.sleep(50.0)
    assert not waits.done()
    link.tell(4)
    await asyncio.sleep(0.001)
    assert waits.done()
    late = asyncio.ensure_future(
        link.completion._until_announced(step, round(now() * NS) + NS, 0.0)
    )
    begun = now()
    await late
    assert now() - begun == pytest.approx(SOL + 1.0, abs=0.01), "from its command on"
