"""The kernel's own times and counts, each by what it does: how long, how often, how many."""

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.chart.statechart import Signal
from flight.core.commanding.ladder import Ladder
from flight.core.custody.handover import HandoverFailed, PassiveHandover
from flight.core.custody.ledger import Evidence, Outcome
from flight.core.fault_protection.reading_checks import ReadingChecks
from flight.core.fault_protection.responses import Responder, Step
from flight.core.fault_protection.watchdog import Vigil, Watched
from flight.core.keeping.guarded_storage import GuardedStorage
from flight.core.keeping.health import HealthMonitor, Progress
from flight.core.keeping.storage import Storage
from flight.core.keeping.store_watch import StoreWatch
from flight.core.mailbox import (
    CommandArrived,
    CommandInterrupted,
    DeadlinePassed,
    FloodLook,
    Mailbox,
    label,
)
from flight.core.sequencing.sequence_store import RUNS, SequenceStore
from flight.core.sequencing.sequences import SequenceRefusal, parse_sequence
from flight.core.sound_readings import sound
from flight.core.telling.communications import Communications
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.icd.messages import Command, CommandReport, Rung
from flight.runtime.nursery import Nursery


def since(begun: float) -> float:
    return asyncio.get_running_loop().time() - begun


# --------------------------------------------------------------------------- readings


@pytest.mark.parametrize("trouble", [DeviceTimeout("x"), DeviceFault("garbage", "x"), None])
async def test_a_reading_that_is_needed_is_asked_for_over_six_minutes(
    trouble: Exception | None,
) -> None:
    asked: list[float] = []
    begun = asyncio.get_running_loop().time()

    async def ask() -> Any:
        asked.append(since(begun))
        if trouble is not None:
            raise trouble
        return SimpleNamespace(valid=False, reason="noise")

    with pytest.raises((DeviceTimeout, DeviceFault)):
        await sound(ask)
    assert asked == [0.0, 1.0, 11.0, 71.0, 371.0]
    asked.clear()
    trouble = DeviceFault("jam", "x")
    with pytest.raises(DeviceFault, match="x"):
        await sound(ask)
    assert len(asked) == 1, "what is no bad reading is not asked for again"


@pytest.mark.parametrize(
    ("change", "seconds", "rate"),
    [(8.5, 1.0, 0.0), (9.5, 1.0, 1.0), (9.5, 2.0, 0.5), (9.5, 0.0, 1000.0)],
)
def test_noise_of_two_readings_is_no_rate(change: float, seconds: float, rate: float) -> None:
    rules: Any = SimpleNamespace(noise=(1.0, 0.0))
    checks = ReadingChecks(rules, lambda name: None)
    found = checks._rate((0, 100.0), (round(seconds * 1e9), 100.0 + change))
    assert found == pytest.approx(rate)


# -------------------------------------------------------------------------- responses


@pytest.mark.parametrize(("seconds", "failures"), [(3_599.0, []), (3_601.0, ["x: TimeoutError"])])
async def test_an_action_has_an_hour_and_keeps_no_other_from_being_done(
    seconds: float, failures: list[str]
) -> None:
    done: list[str] = []

    def call(text: str, wait: float) -> Any:
        async def act(node: Any) -> None:
            await asyncio.sleep(wait)
            done.append(text)

        return SimpleNamespace(text=text, on=act)

    responder: Any = object.__new__(Responder)
    responder._node = None
    assert await responder._do(Step([call("x", seconds), call("y", 1.0)])) == failures
    assert done == (["y"] if failures else ["x", "y"])


# -------------------------------------------------------------------------- sequences


def entries(count: int) -> dict[str, Any]:
    entry = {"kind": "relative", "target": "rover", "command": "report_status"}
    return {"name": "long", "entries": [entry] * count}


def test_a_sequence_has_a_thousand_entries_at_the_most() -> None:
    found = parse_sequence(entries(1_000))
    assert len(found.entries) == 1_000 and found.entries[0].within == 3_600.0  # type: ignore[union-attr]
    for count in (0, 1_001):
        with pytest.raises(SequenceRefusal, match="a list of 1 to 1000"):
            parse_sequence(entries(count))


def test_the_last_runs_are_remembered_and_no_number_is_given_twice() -> None:
    storage = Storage(":memory:")
    store = SequenceStore(storage, lambda name, data: None)
    numbers = [store.begin_run("x", 0.0, 0).number for _ in range(40)]
    assert len(set(numbers)) == 40 and storage.count(RUNS) == 32


# ----------------------------------------------------------------------------- radio


class Air:
    """Communications of which only sending is there."""

    def __init__(self, sends: list[bool]) -> None:
        self.sends, self.frames, self.at = sends, [], []  # type: ignore[var-annotated]
        self.dropped: list[str] = []
        self.mute: list[str] = []
        begun = asyncio.get_running_loop().time()
        found: Any = object.__new__(Communications)

        async def transmit(peer: str, packets: list[bytes]) -> bool:
            self.frames.append(len(packets))
            self.at.append(since(begun))
            return self.sends.pop(0) if self.sends else False

        found._transmit = transmit
        found._outboxes = {"lander": deque([bytes(10_000)] * 5)}
        found._on_drop = lambda peer, reason: self.dropped.append(reason)
        found._on_mute = lambda peer, reason: self.mute.append(reason)
        found._refused, found._links = {}, {}
        self.communications = found


async def test_a_frame_has_some_32_kb_and_four_attempts_each_twenty_seconds() -> None:
    air = Air([False, False, False, True])
    await air.communications._send_outbox("lander")
    assert air.frames == [4] * 4 and air.at == [0.0, 20.0, 40.0, 60.0] and air.dropped == []
    assert len(air.communications._outboxes["lander"]) == 1
    await air.communications._send_outbox("lander")
    assert len(air.frames) == 8 and air.dropped == ["1 packets found no link after 4 attempts"]


async def test_a_radio_that_does_not_send_is_told_at_the_fifth_frame_or_without_an_answer() -> None:
    air = Air([])
    fault, silence = DeviceFault("lost", "nobody hears"), DeviceTimeout("no answer")
    air.communications._not_sent("relay", fault)
    assert air.communications._refused == {}, "without a link it is no wonder"
    air.communications._links["relay"] = SimpleNamespace(up=True)
    for _ in range(4):
        air.communications._not_sent("relay", fault)
    assert air.mute == []
    air.communications._not_sent("relay", fault)
    air.communications._not_sent("relay", fault)
    assert air.mute == ["nobody hears"], "once"
    air.communications._not_sent("earth", silence)
    air.communications._not_sent("earth", silence)
    assert air.mute == ["nobody hears", "no answer"]


# ---------------------------------------------------------------------------- mailbox


def test_a_thousand_signals_wait_and_a_hundred_urgent_ones_beside_them() -> None:
    dropped: list[Any] = []
    mailbox = Mailbox(dropped.append)
    for urgent, most in ((False, 1_000), (True, 100)):
        assert all(mailbox.post(Signal(f"{urgent} {n}"), urgent=urgent) for n in range(most))
        assert not mailbox.post(Signal(f"one more, {urgent}"), urgent=urgent)
    assert [each.name for each in dropped] == ["one more, False", "one more, True"]
    assert mailbox.dropped == 2 and len(mailbox) == mailbox.depth == 1_100


async def test_what_waits_is_counted_without_the_questions_of_the_watchdog() -> None:
    mailbox = Mailbox(pytest.fail)
    asked = Progress("mailbox", 1.0, 2.0, True, lambda: 0.0)
    mailbox.ask(asked)
    mailbox.post(Signal("one"))
    mailbox.ask(asked)
    mailbox.post(Signal("two"), urgent=True)
    assert (len(mailbox), mailbox.depth) == (4, 2)
    taken = [await mailbox.take() for _ in range(4)]
    assert [label(each) for each in taken] == ["two", "Ping", "one", "Ping"]


def test_an_item_is_told_by_a_word() -> None:
    order = Command("c", "rover", "drive", {}, "ground")
    for item, word in (
        (Signal("done"), "done"), (CommandArrived(order), "command drive"),
        (CommandInterrupted(order), "command drive"), (DeadlinePassed("c"), "DeadlinePassed"),
        (FloodLook(), "FloodLook"),
    ):  # fmt: skip
        assert label(item) == word


# ------------------------------------------------------------------------------ store


class Kept(GuardedStorage):
    """A store of which a test says how it is."""

    def __init__(self) -> None:
        self.failure, self.well, self.differs = "", True, []  # type: ignore[var-annotated]
        self.mends = 0
        self.on_failure = lambda reason: None

    def look(self) -> bool:
        return self.well

    def mend(self) -> list[str]:
        self.mends += 1
        return self.differs


def stored(storage: Any, recorder: Any = None) -> tuple[StoreWatch, Any, list[Any]]:
    told: list[Any] = []
    node = SimpleNamespace(
        storage=storage, recorder=recorder, storage_failing=None,
        mailbox=SimpleNamespace(post=lambda item: told.append(type(item).__name__)),
        storage_failed=lambda reason: told.append(("failed", reason)),
        storage_restored=lambda seconds: told.append(("restored", seconds)),
        storage_mended=lambda records: told.append(("mended", records)),
    )  # fmt: skip
    return StoreWatch(node), node, told


async def test_a_store_is_looked_through_once_a_sol_and_what_was_mended_is_named() -> None:
    store = Kept()
    watch, _, told = stored(store)
    watch.begin()
    sol = 88_775.244147
    await asyncio.sleep(sol - 1.0)
    watch.look()
    assert store.mends == 0
    await asyncio.sleep(1.0)
    watch.look()
    watch.look()
    assert store.mends == 1 and told == []
    for differs, said in (("abcde", "a, b, c, d, e"), ("abcdefg", "a, b, c, d, e and 2 more")):
        store.differs = list(differs)
        await asyncio.sleep(sol)
        watch.look()
        assert told[-1] == ("mended", said)
    store.well, store.failure = False, "full"
    await asyncio.sleep(2.0 * sol)
    watch.look()
    assert store.mends == 3, "not while it fails"


async def test_a_store_that_fails_is_told_once_and_the_recorder_keeps_four_megabytes() -> None:
    limits: list[Any] = []
    store = Kept()
    watch, node, told = stored(store, SimpleNamespace(limit=limits.append))
    watch.begin()
    assert told == []
    store.failure, store.well = "full", False
    store.on_failure("full")
    assert told == ["StoreLook"], "in its turn"
    watch.tell()
    watch.look()
    watch.tell()
    assert told[1:] == [("failed", "full")] and limits == [4_000_000]
    assert node.storage_failing is True
    await asyncio.sleep(30.0)
    store.failure, store.well = "", True
    watch.look()
    watch.look()
    assert told[2:] == [("restored", 30.0)] and limits == [4_000_000, None]
    assert node.storage_failing is False
    store.failure = "dead"
    watch.tell()
    assert told[3:] == [("failed", "dead")], "another failure is other news"


async def test_a_store_that_is_not_guarded_is_left_alone_and_without_a_recorder_it_is_told() -> (
    None
):
    watch, _, told = stored(Storage(":memory:"))
    watch.begin()
    watch.tell()
    watch.look()
    assert told == []
    store = Kept()
    store.failure = "dead"
    watch, node, told = stored(store)
    watch.begin()
    assert told == [("failed", "dead")] and node.storage_failing


# --------------------------------------------------------------------------- watchdog


async def test_a_burn_is_asked_about_five_times_in_half_a_second() -> None:
    loop = asyncio.get_running_loop()
    health = HealthMonitor(lambda event, data: None, loop.time)
    asked: list[float] = []
    nearer: list[int] = []
    timer = SimpleNamespace(watch=lambda *given: None, nearer=lambda: nearer.append(1))
    vigil = Vigil(
        (Watched(("flying",), 0.5), Watched(("slow",), 2.0, beats=False, held=("wheels",))),
        health, timer, lambda progress: asked.append(loop.time()),  # type: ignore[arg-type]
    )  # fmt: skip
    begun = loop.time()
    with vigil.burning(), vigil.burning():
        await asyncio.sleep(0.45)
        assert [round(each - begun, 6) for each in asked] == [0.0, 0.1, 0.2, 0.3, 0.4]
        deadline = health.deadline()
        assert deadline is not None and deadline[:2] == (begun + 0.5, "mailbox now")
        assert vigil.is_close and vigil.held == ()
    assert not vigil.is_close and health.deadline() is None
    await asyncio.sleep(5.0)
    assert len(asked) == 5
    vigil.state_is("slow")
    assert vigil.held == ("wheels",) and vigil.is_close
    assert [entry.fatal_interval for entry in health._entries.values()] == [2.0]
    assert [entry.maximum_interval for entry in health._entries.values()] == [1.0]
    with vigil.burning():
        assert [entry.fatal_interval for entry in health._entries.values()] == [0.5]
    vigil.state_is("flying")
    assert set(health.standings()) == {"flying", "mailbox now"} and vigil.held == ()
    await asyncio.sleep(0.25)
    vigil.alive(within=3.0)
    vigil.state_is("elsewhere")
    assert health.standings() == {} and not vigil.is_close
    vigil.alive()
    vigil.end()
    assert len(nearer) >= 6


# ------------------------------------------------------------------------------ orders


def test_what_a_command_says_of_itself_is_kept_to_two_thousand_characters() -> None:
    told: list[CommandReport] = []
    times = iter(range(100, 200))
    ladder = Ladder("rover", Storage(":memory:"), lambda: next(times), told.append, lambda: 7)
    ladder.receive(Command("c", "rover", "drive", {}, "ground"))
    ladder.step("c", Rung.ACCEPTED)
    ladder.step("c", Rung.STARTED)
    ladder.step("c", Rung.FAILED, "x" * 2_001)
    assert [(each.identifier, each.source, each.time_ns) for each in told] == [
        ("c", "rover", time) for time in (100, 101, 102, 103)
    ]
    assert told[-1].detail == "x" * 2_000 and not told[-1].repeated
    assert ladder.receive(Command("c", "rover", "drive", {}, "ground")) is False
    assert told[-1].repeated and told[-1].rung is Rung.FAILED and told[-1].time_ns == 104
    assert ladder.entry("c").accepted_ns == 7 and ladder.entry("c").written == 4


# ---------------------------------------------------------------------------- hand-over


async def test_another_node_is_asked_five_times_two_minutes_each() -> None:
    asked: list[Any] = []

    async def ask(*given: Any, **more: Any) -> None:
        asked.append(more)

    found: Any = object.__new__(PassiveHandover)
    found.node = SimpleNamespace(exchanges=SimpleNamespace(ask=ask))
    await found._ask_node("arm", None, None)
    assert asked == [{"timeout": 120.0, "attempts": 5}]


@pytest.mark.parametrize(
    ("sights", "expected", "present", "looks"),
    [
        ([True], True, True, 1), ([False], False, False, 1), ([False, True, True], True, True, 3),
        ([False, True, False], True, False, 3), ([True, False, False], False, False, 3),
        ([True, True, False], False, True, 3),
    ],
)  # fmt: skip
async def test_an_unexpected_sight_is_looked_at_three_times_and_the_majority_counts(
    sights: list[bool], expected: bool, present: bool, looks: int
) -> None:
    seen: list[Any] = []

    async def verify(tube: str, slot: int | None, wanted: bool) -> Evidence:
        assert (tube, slot, wanted) == ("Malay", 3, expected)
        seen.append(Evidence("arm.camera", f"look {len(seen)}", sights[len(seen)]))
        return seen[-1]  # type: ignore[no-any-return]

    found: Any = object.__new__(PassiveHandover)
    found._verify = verify
    evidence = await found._look(SimpleNamespace(tube="Malay", slot=3), expected=expected)
    assert evidence.present is present and len(seen) == looks
    assert evidence is [each for each in seen if each.present is present][-1]


async def test_an_open_transfer_is_looked_at_after_five_seconds_and_then_each_half_hour() -> None:
    loop = asyncio.get_running_loop()
    begun, settled, told = loop.time(), list[float](), list[str]()
    record = SimpleNamespace(transfer_id="Malay#1", outcome=Outcome.OPEN)

    async def settle(tube: str) -> None:
        settled.append(loop.time() - begun)
        failure = HandoverFailed("still moving", settled=False)
        failure.__cause__ = None if len(settled) == 1 else OSError("nobody answers")
        if len(settled) == 4:
            record.outcome = Outcome.CONFIRMED
            return
        raise failure

    found: Any = object.__new__(PassiveHandover)
    async with Nursery("node") as nursery:
        found.node = SimpleNamespace(
            nursery=nursery, service_warning=lambda report, data: told.append(data)
        )
        found.ledger = SimpleNamespace(record=lambda tube: record)
        found._settle, found._watched = settle, {}
        found._watch("Malay", 5.0)
        found._watch("Malay", 5.0)
    assert settled == [5.0, 1_805.0, 3_605.0, 5_405.0] and found._watched == {}
    assert told == ["still moving"] * 2, "that the arm still moves is no news"
