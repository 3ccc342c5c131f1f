"""The watch over a drill: from when a wait counts, what is broken, and when all is over."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import EventReport, Severity
from ground.drills import watch as watching
from ground.drills.drill import Drill, Heal, OperatorStep, Within
from ground.drills.happenings import EventComes
from ground.drills.operator import ScriptedOperator
from ground.drills.phases import PhaseClock
from ground.drills.watch import Watch

STALL = EventComes("arm", "stalled")


def event(name: str = "stalled", severity: Severity = Severity.WARNING_LO, **data: Any) -> Any:
    return EventReport("arm", name, severity, 0, "words", data, 1)


class Loop:
    """Time that tests set; what is called at a time is called when that comes."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Any, tuple[Any, ...]]] = []
        self.look: Any = None

    def time(self) -> float:
        return self.now

    def watch(self, look: Any, every_ns: int) -> None:
        self.look, self.every_ns = look, every_ns

    def call_at(self, when: float, work: Any, *given: Any) -> None:
        self.timers.append((when, work, given))

    def call_later(self, delay: float, work: Any, *given: Any) -> None:
        self.call_at(self.now + delay, work, *given)

    def go(self, until: float) -> None:
        for when, work, given in sorted(self.timers, key=lambda timer: timer[0]):
            if self.now <= when <= until:
                self.now = when
                work(*given)
        self.timers = [timer for timer in self.timers if timer[0] > until]
        self.now = until


class Rule:
    """An invariant that says what tests tell it to."""

    said = ""
    at_end = ""
    error: Exception | None = None

    def __init__(self, run: Any) -> None:
        pass

    def hear(self, message: Any) -> str:
        return "heard: bad" if getattr(message, "name", "") == "bad" else ""

    def look(self) -> str:
        if Rule.error is not None:
            raise Rule.error
        return Rule.said

    def end(self, broke: BaseException | None) -> str:
        return f"broke by {broke}" if broke else Rule.at_end


class Bench:
    """A drill under watch, with a run of nothing."""

    def __init__(self, drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
        Rule.said = Rule.at_end = ""
        Rule.error = None
        monkeypatch.setattr(watching, "INVARIANTS", {"rule": Rule})
        monkeypatch.setattr(watching, "ALWAYS_ON", ("rule",))
        self.loop = Loop()
        self.armed: list[Any] = []
        self.faults = SimpleNamespace(
            hits=[], healed={}, counts={}, began={}, arm=self.armed.append,
            heal_all=lambda: self.faults.healed.update({f.id: self.loop.now for f in drill.faults}),
        )  # fmt: skip
        curves = SimpleNamespace(happened=lambda now: None, look=lambda now: None, curves=[])
        monkeypatch.setattr(watching, "curves_of", lambda *given: curves)
        monkeypatch.setattr(watching, "from_start", lambda fault, began: (fault.id, began))
        monkeypatch.setattr(watching, "target_words", lambda fault: "device arm")
        monkeypatch.setattr(
            watching, "Trail", lambda run: SimpleNamespace(look=lambda now: None, steps=[])
        )
        tubes = SimpleNamespace(tube_ids=[])
        self.run: Any = SimpleNamespace(
            faults=self.faults, observers=[], options=SimpleNamespace(seed=7),
            mission=SimpleNamespace(vehicles=("arm",), in_space=False),
            host=SimpleNamespace(runs=lambda role: False),
            hardware=SimpleNamespace(called=[], world=SimpleNamespace(tubes=tubes)),
            auditor=SimpleNamespace(statement=dict),
        )  # fmt: skip
        self.over: list[float] = []
        loop: Any = self.loop
        vocabulary: Any = SimpleNamespace()
        self.watch = Watch(self.run, drill, vocabulary, loop, PhaseClock(self.run))
        self.watch.when_over = lambda: self.over.append(self.loop.now)
        self.watch.begin()

    def hear(self, message: Any) -> None:
        for observer in self.run.observers:
            observer(message)

    def hit(self, time: float, fault: str = "f1") -> None:
        self.faults.hits.append(
            SimpleNamespace(fault=fault, time=time, where="", before=None, after=None)
        )
        self.faults.counts[fault] = self.faults.counts.get(fault, 0) + 1

    def at(self, now: float) -> None:
        self.loop.go(now)
        self.loop.look()


def fault(name: str) -> Any:
    return SimpleNamespace(id=name, kind=SimpleNamespace(name=lambda: "jam"))


def plain(good: Drill, since: Any = "hit", **more: Any) -> Drill:
    base = {
        "always": (), "never": (), "horizon": 50.0, "faults": (fault("f1"), fault("f2")),
        "within": (Within("detect", STALL, 5.0, since),),
    }  # fmt: skip
    return replace(good, **{**base, **more})


def test_from_the_first_hit_of_an_own_fault_it_counts(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(plain(good), monkeypatch)
    assert bench.armed == [("f1", 100.0), ("f2", 100.0)]
    bench.hit(90.0, "of the mission")
    bench.hear(event())
    waited = bench.watch.record().within[0]
    assert (waited.since, waited.met) == (None, None), "what came before the hit is no answer"
    bench.loop.now = 103.0
    bench.hit(102.5, "f2")
    bench.hit(102.9)
    bench.hear(event("other"))
    bench.loop.now = 104.0
    bench.hear(event())
    bench.loop.now = 105.0
    bench.hear(event())
    waited = bench.watch.record().within[0]
    assert (waited.since, waited.met, waited.took) == (102.5, 104.0, 1.5)
    spans = bench.watch.record().faults
    assert [(each.id, each.hits, each.first) for each in spans] == [
        ("f1", 1, 102.9), ("f2", 1, 102.5),
    ]  # fmt: skip
    assert {each.phase for each in spans} == {"surface"}


def test_from_the_start_it_counts_at_once_and_from_the_end_when_the_last_is_over(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    within = (Within("a", STALL, 5.0, "start"), Within("b", STALL, 5.0, "end"))
    bench = Bench(plain(good, within=within), monkeypatch)
    bench.at(101.0)
    assert [each.since for each in bench.watch.record().within] == [100.0, None]
    bench.faults.healed["f1"] = 108.0
    bench.at(109.0)
    assert bench.watch.record().within[1].since is None, "one of two is over"
    bench.faults.healed["f2"] = 104.0
    bench.at(110.0)
    assert bench.watch.record().within[1].since == 108.0


def test_what_must_follow_the_healing_counts_from_it(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    heal = Heal(20.0, Within("then", STALL, 9.0))
    bench = Bench(plain(good, within=(), heal=heal), monkeypatch)
    bench.at(119.0)
    assert bench.watch.record().heal.since is None  # type: ignore[union-attr]
    bench.at(121.0)
    record = bench.watch.record()
    assert record.healed == 120.0 == record.heal.since  # type: ignore[union-attr]
    bench.hear(event())
    assert bench.watch.record().heal.met == 121.0  # type: ignore[union-attr]


@pytest.mark.parametrize(("wants", "hits", "over"), [(True, 0, True), (True, 1, False),
                                                     (False, 0, False)])  # fmt: skip
def test_where_an_effect_is_wanted_it_ends_when_all_is_healed_and_nothing_has_hit(
    good: Drill, monkeypatch: pytest.MonkeyPatch, wants: bool, hits: int, over: bool
) -> None:
    bench = Bench(plain(good, heal=Heal(20.0)), monkeypatch)
    bench.watch.wants_effect = wants
    for _ in range(hits):
        bench.hit(110.0)
    bench.at(121.0)
    assert bench.watch.over is over
    assert (bench.watch.record().end == "without effect") is over


def test_at_its_horizon_it_ends_and_looks_and_hears_no_more(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(plain(good), monkeypatch)
    bench.at(149.9)
    assert not bench.watch.over
    Rule.at_end = "nothing came of it"
    bench.at(150.0)
    assert bench.watch.over and bench.over == [150.0]
    Rule.said = "too late"
    bench.hit(150.0)
    bench.at(151.0)
    bench.hear(event("bad"))
    record = bench.watch.record()
    assert [(each.what, each.time, each.detail) for each in record.broken] == [
        ("rule", 150.0, "nothing came of it")
    ]
    assert record.end == "horizon" and record.within[0].since is None
    bench.watch.break_off()
    assert bench.watch.record().end == "horizon", "what is over is not broken off"


def test_an_invariant_is_asked_when_time_passes_and_at_each_message_and_told_once(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(plain(good), monkeypatch)
    bench.at(101.0)
    assert bench.watch.record().broken == []
    Rule.said = "gone"
    bench.at(102.0)
    bench.at(103.0)
    bench.hear(event("bad"))
    assert [(b.what, b.time, b.detail) for b in bench.watch.record().broken] == [
        ("rule", 102.0, "gone")
    ]
    bench = Bench(plain(good), monkeypatch)
    bench.hear(event("bad"))
    assert bench.watch.record().broken[0].detail == "heard: bad"
    bench = Bench(plain(good), monkeypatch)
    bench.watch.ended_by(KeyError("x"))
    record = bench.watch.record()
    assert record.end == "KeyError" and "broke by" in record.broken[0].detail
    bench = Bench(plain(good), monkeypatch)
    bench.watch.ended_by(None)
    assert bench.watch.record().end == "the mission ended" and bench.over


def test_an_error_of_the_harness_ends_the_drill_as_that(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(plain(good), monkeypatch)
    Rule.error = ValueError("a bug")
    bench.at(101.0)
    record = bench.watch.record()
    assert bench.watch.over and bench.over and record.end == "harness"
    assert "ValueError: a bug" in record.harness


def test_what_ends_when_all_is_met_ends_a_moment_after_it(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = (Within("a", STALL, 5.0, "start"), Within("b", EventComes("arm", "moved"), 5.0, "start"))
    for ends in (True, False):
        bench = Bench(plain(good, within=two, ends_when_met=ends), monkeypatch)
        bench.at(101.0)
        bench.hear(event())
        bench.at(102.0)
        bench.at(104.0)
        assert not bench.watch.over, "one of two"
        bench.hear(event("moved"))
        bench.at(104.5)
        assert not bench.watch.over
        bench.at(105.23)
        assert not bench.watch.over
        bench.at(105.24)
        assert bench.watch.over is ends
    nothing = Bench(plain(good, within=(), ends_when_met=True), monkeypatch)
    nothing.at(104.0)
    nothing.at(120.0)
    assert not nothing.watch.over, "who awaits nothing has not met all of it"


def test_the_timeline_has_states_and_what_is_worth_telling(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(plain(good), monkeypatch)
    for severity in (Severity.DIAGNOSTIC, Severity.ACTIVITY_LO, Severity.COMMAND):
        bench.hear(event("small", severity))
    bench.hear(event("large", Severity.ACTIVITY_HI))
    bench.hear(event("warned"))
    bench.hear(event("lost", Severity.WARNING_HI))
    bench.hear(event("gone", Severity.FATAL))
    bench.hear(event("mode_changed", Severity.DIAGNOSTIC, after="safe"))
    marks = [(mark.kind, mark.text) for mark in bench.watch.record().marks]
    assert marks == [
        ("state", "(no computer runs)"), ("event", "large: words"), ("warning", "warned: words"),
        ("warning", "lost: words"), ("warning", "gone: words"), ("state", "safe"),
    ]  # fmt: skip
    for _ in range(500):
        bench.hear(event())
    assert len(bench.watch.record().marks) == 400


def test_calls_are_counted_when_it_is_asked_for(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(plain(good), monkeypatch)
    assert bench.run.hardware.called == []
    bench.watch.count_calls()
    for method in ("state", "move", "state"):
        bench.run.hardware.called[0]("arm.gripper", method)
    assert bench.watch.record().calls == {"arm.gripper.state": 2, "arm.gripper.move": 1}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, None, ""), (1.0, None, "1 → None"),
        (None, [1, 2, 3, 4, 5], "None → [1, 2, 3, 4, …]"),
        ([1, 2, 3, 4], "x" * 81, f"[1, 2, 3, 4] → {'x' * 77}..."), ("x" * 80, 0, f"{'x' * 80} → 0"),
        ({"a": 1.0, "b": 2}, {"a": 1.23456789, "b": 2}, "a: 1 → 1.23457"),
        ({}, {"a": 1, "b": 2, "c": 3}, "a: None → 1, b: None → 2, c: None → 3"),
        ({}, {"a": 1, "b": 2, "c": 3, "d": 4}, "a: None → 1, b: None → 2, c: None → 3, …"),
    ],
)  # fmt: skip
def test_of_the_first_hit_it_is_said_what_was_made_of_what(
    before: Any, after: Any, words: str
) -> None:
    first = SimpleNamespace(before=before, after=after)
    other = SimpleNamespace(before=7, after=8)
    hits: Any = [first, other]
    assert watching._hit_words(hits) == words
    assert watching._hit_words([]) == ""


# ---------------------------------------------------------------------------- phases


@pytest.mark.parametrize(
    ("vehicle", "state", "phase"),
    [("lander", "landed", "surface"), ("arm", "ready", "loading"),
     ("rover", "surface.delivering", "loading"), ("perseverance", "surface.delivering", "loading"),
     ("mav", "launching", "ascent"), ("mav", "in_orbit", "rendezvous"),
     ("orbiter", "searching", "rendezvous"), ("orbiter", "departing", "cruise"),
     ("orbiter", "approach", "earth")],
)  # fmt: skip
def test_a_phase_begins_with_the_state_of_one_vehicle_and_none_comes_again(
    vehicle: str, state: str, phase: str
) -> None:
    here, running = {vehicle: state}, [True]
    host = SimpleNamespace(
        runs=lambda role: running[0],
        node=lambda role: SimpleNamespace(is_in=lambda asked: here.get(role) == asked),
    )
    vehicles = ["lander", "arm", "rover", "perseverance", "mav", "orbiter"]
    run: Any = SimpleNamespace(host=host, mission=SimpleNamespace(in_space=True, vehicles=vehicles))
    clock = PhaseClock(run)
    assert clock.phase == "entry"
    running[0] = False
    clock.look(5.0)
    assert clock.phase == "entry", "of a computer that is off nothing is known"
    running[0] = True
    vehicles.remove(vehicle)
    clock.look(6.0)
    assert clock.phase == "entry", "it takes no part"
    vehicles.append(vehicle)
    clock.look(7.0)
    assert clock.phase == phase and clock.began == {"entry": 0.0, phase: 7.0}
    here.clear()
    here["lander"] = "landed"
    clock.look(8.0)
    assert clock.phase == phase


async def test_the_stand_in_of_a_person_does_each_step_in_its_turn_and_so_long_after(
    good: Drill,
) -> None:
    done: list[Any] = []
    loop: Any = asyncio.get_running_loop()
    run: Any = SimpleNamespace(
        admitted=lambda order: done.append((loop.time() - begun, order.command, order.user))
    )
    steps = tuple(
        OperatorStep(f"do {name}", EventComes("arm", after), "arm", name, {}, 60.0, delay)
        for name, after, delay in (("stow", "stalled", 4.0), ("load", "moved", 0.0))
    )
    sight: Any = SimpleNamespace()
    operator = ScriptedOperator(run, steps, sight, loop)
    begun = loop.time()
    operator.hear(event("moved"))
    await asyncio.sleep(1.0)
    assert not done and operator.waited()[1].since is None, "it is not its turn yet"
    operator.hear(event())
    await asyncio.sleep(2.0)
    operator.hear(event())
    assert not done
    await asyncio.sleep(3.0)
    assert done == [(5.0, "stow", "drill")]
    operator.hear(event("moved"))
    await asyncio.sleep(1.0)
    assert [each[1] for each in done] == ["stow", "load"]
    first, second = operator.waited()
    assert (first.name, first.took, first.limit) == ("operator1", 4.0, 60.0)
    assert second.took == 0.0
    operator.hear(event())
    operator.look()
    await asyncio.sleep(10.0)
    assert len(done) == 2
