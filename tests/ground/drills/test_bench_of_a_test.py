"""What a test can do with a run under way: waits, expectations and faults, without a flight."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.expression_values import Symbol
from flight.icd.messages import EventReport, Severity
from ground.drills import bench as of_bench
from ground.drills.bench import Bench, Injected
from ground.drills.happenings import EventComes
from tests.ground.drills.test_waiting_for_a_start import event


class Invariant:
    """Says what it was given to say, and counts how often it was asked."""

    def __init__(self, run: Any) -> None:
        self.says = self.at_end = ""
        self.asked = 0

    def hear(self, message: Any) -> str:
        self.asked += 1
        return self.says

    def look(self) -> str:
        self.asked += 1
        return self.says

    def end(self, outcome: Any) -> str:
        return self.at_end


class Seen:
    """A sight of names that tests set."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"rover.charge": 0.9}

    def value(self, path: str) -> Any:
        return self.values.get(path)

    def symbol(self, path: str) -> Symbol:
        return Symbol("number" if "." in path else "boolean")


class Flown:
    """A bench over a run of which only faults and time are."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.healed: list[str] = []
        self.armed: list[Any] = []
        hits = [SimpleNamespace(fault=each) for each in ("a", "b", "a")]
        self.faults = SimpleNamespace(
            hits=hits, counts={"a": 7}, heal=self.healed.append, arm=self.armed.append
        )
        self.run: Any = SimpleNamespace(faults=self.faults, observers=[], now=lambda: 12.3456)
        self.invariants = {name: Invariant(None) for name in ("always", "named")}
        monkeypatch.setattr(of_bench, "ALWAYS_ON", ("always",))
        monkeypatch.setattr(
            of_bench, "INVARIANTS",
            {name: lambda run, each=each: each for name, each in self.invariants.items()},
        )  # fmt: skip
        self.bench: Any = Bench(folder)
        self.bench.run, self.bench._sight = self.run, (sight := Seen())
        self.bench._scenario = SimpleNamespace(vocabulary=SimpleNamespace(symbol=sight.symbol))
        self.sight = sight
        self.looks: list[Any] = []
        self.bench._watch(SimpleNamespace(watch=lambda look, every: self.looks.append(look)))


@pytest.fixture
def flown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flown:
    return Flown(tmp_path, monkeypatch)


def test_a_fault_counts_its_own_hits_and_is_healed_by_its_name(flown: Flown) -> None:
    one, other = Injected(flown.run, "a"), Injected(flown.run, "c")
    assert len(one.hits) == 2 and one.count == 7
    assert other.hits == [] and other.count == 0
    one.heal()
    assert flown.healed == ["a"]


def test_what_must_always_hold_and_never_is_broken_once_and_only_when_it_is_known(
    flown: Flown,
) -> None:
    flown.bench.always("rover.charge > 0.5")
    flown.bench.never("rover.charge > 0.95")
    assert flown.bench.holds("rover.charge > 0.5") is True
    for charge in (None, 0.6, 0.96, 0.97, 0.4, 0.3):
        flown.sight.values["rover.charge"] = charge
        flown.looks[0]()
    assert flown.bench._broken == [
        "never rover.charge > 0.95 did not hold at 12.346 s",
        "rover.charge > 0.5 did not hold at 12.346 s",
    ]
    flown.sight.values["rover.charge"] = None
    assert flown.bench.holds("rover.charge > 0.5") is None


def test_each_message_is_an_instant_at_which_it_is_looked(flown: Flown) -> None:
    flown.bench.always("rover.charge > 0.5")
    flown.sight.values["rover.charge"] = 0.4
    assert flown.bench._broken == []
    flown.run.observers[0](event("drove"))
    assert flown.bench._broken == ["rover.charge > 0.5 did not hold at 12.346 s"]


def test_an_invariant_is_told_once_and_asked_no_more(flown: Flown) -> None:
    always = flown.invariants["always"]
    flown.looks[0]()
    asked = always.asked
    assert asked and flown.bench._broken == []
    always.says = "a tube is gone"
    flown.run.observers[0](event("drove"))
    flown.looks[0]()
    assert flown.bench._broken == ["always did not hold at 12.346 s: a tube is gone"]
    assert always.asked == asked + 1
    always.at_end = "at the end"
    flown.bench._end()
    assert len(flown.bench._broken) == 1 and not flown.bench._holding["always"]


def test_what_holds_no_more_at_the_end_is_broken_too(flown: Flown) -> None:
    flown.invariants["always"].at_end = "left open"
    flown.bench._end()
    assert flown.bench._broken == ["always did not hold at 12.346 s: left open"]


def test_an_invariant_that_is_named_is_watched_from_then_on(flown: Flown) -> None:
    named = flown.invariants["named"]
    flown.looks[0]()
    assert named.asked == 0
    flown.bench.always("named")
    flown.looks[0]()
    assert named.asked == 1
    flown.bench.always("named")
    assert flown.bench._invariants["named"] is named and flown.bench._holding["named"]


def test_of_a_new_run_nothing_is_expected_that_was_of_the_one_before(flown: Flown) -> None:
    flown.bench.always("rover.charge > 0.99")
    flown.looks[0]()
    assert len(flown.bench._broken) == 1
    flown.bench._watch(SimpleNamespace(watch=lambda look, every: flown.looks.append(look)))
    flown.looks[-1]()
    assert flown.bench._broken == []


@pytest.mark.parametrize(("comes", "took"), [(None, None), (3.0, 3.0), (8.0, None)])
async def test_what_is_waited_for_comes_in_time_or_the_test_fails(
    flown: Flown, comes: float | None, took: float | None
) -> None:
    loop = asyncio.get_running_loop()
    hear = flown.run.observers[0]
    loop.call_later(1.0, hear, event("arrived", "lander"))
    if comes is not None:
        loop.call_later(comes, hear, event("arrived"))
        loop.call_later(comes, hear, event("arrived"))
    waiting = flown.bench._wait(EventComes("rover", "arrived"), 5.0, "5 s")
    if took is None:
        with pytest.raises(AssertionError, match="arrived did not come within 5 s"):
            await waiting
    else:
        assert await waiting == took
    assert flown.bench._waiting == [], "it waits no more, however it has ended"


async def test_what_comes_twice_before_the_test_goes_on_has_come_once(flown: Flown) -> None:
    hear = flown.run.observers[0]
    waiting = asyncio.ensure_future(flown.bench._wait(EventComes("rover", "arrived"), 5.0, "5 s"))
    await asyncio.sleep(0.0)
    hear(event("arrived"))
    hear(event("arrived"))
    assert await waiting == 0.0


async def test_the_run_ends_with_its_block_and_what_did_not_hold_is_said_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    class Ran:
        def __init__(self, setting: Any, options: Any, kind: Any) -> None:
            self.made_of, self.observers = (setting, options, kind), list[Any]()
            self.ended = False
            made.append(self)

        def now(self) -> float:
            return 7.0

        async def fly(self) -> None:
            for observer in list(self.observers):
                observer("composed")
            try:
                await asyncio.Event().wait()
            finally:
                self.ended = True

    always = Invariant(None)
    monkeypatch.setattr(of_bench, "Run", Ran)
    monkeypatch.setattr(of_bench, "load_vehicle_files", lambda mission: {})
    monkeypatch.setattr(of_bench, "ALWAYS_ON", ("always",))
    monkeypatch.setattr(of_bench, "INVARIANTS", {"always": lambda run: always})
    bench = Bench(tmp_path)
    async with bench.fly("short", seed=3, without=["gate"]) as run:
        assert run is made[0] and not made[0].ended
        setting, options, kind = made[0].made_of
        assert (setting.seed, options.seed, kind.in_memory) == (3, 3, True)
        assert setting.protections_off == options.protections_off == ("gate",)
    assert made[0].ended and made[0].made_of[0].seed == 3
    with pytest.raises(AssertionError, match=r"^always did not hold at 7\.000 s: at the end$"):
        async with bench.fly("short"):
            always.at_end = "at the end"
    assert made[1].ended and made[1].made_of[0].seed == 1
    folders = [each.made_of[0].folder.path for each in made]
    assert folders[0] != folders[1], "each run has a folder of its own"


async def test_a_drill_in_a_test_needs_virtual_time_and_says_where_to_read_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_bench, "VirtualLoop", str)
    with pytest.raises(RuntimeError, match=r"docs/how-to/drills-in-pytest\.md"):
        async with Bench(tmp_path).fly("short"):
            pass


def test_a_fault_without_a_name_is_given_one_of_its_own(
    flown: Flown, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[Any] = []
    monkeypatch.setattr(
        of_bench, "read_fault", lambda section, targets: said.append(section.plain()) or "fault"
    )
    flown.bench._scenario = SimpleNamespace(targets=None)
    assert flown.bench.inject(device="rover.wheels", kind="dropout").identifier == "fault2"
    assert flown.bench.inject(id="mine", device="rover.wheels").identifier == "mine"
    assert said == [
        {"device": "rover.wheels", "kind": "dropout", "id": "fault2"},
        {"id": "mine", "device": "rover.wheels"},
    ]
    assert flown.armed == ["fault", "fault"]
    assert len(list(tmp_path.glob("said-*.yaml"))) == 2, "what was said is left to be read"


def test_a_warning_is_an_event_like_others(flown: Flown) -> None:
    told = EventReport("rover", "stuck", Severity.WARNING_HI, 0, "", {}, 1)
    flown.run.observers[0](told)
    assert flown.bench._broken == []
