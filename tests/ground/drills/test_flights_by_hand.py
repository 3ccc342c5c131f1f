"""What a trunk does with the drills that begin in it, without a flight: who begins when, which of
several candidates counts, how a branch ends; and how faults are drawn, figure by figure."""

import random
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.messages import EventReport, Severity
from flight.runtime.forking import BranchFailed, BranchLate
from ground.drills import flying
from ground.drills.drill import AtTime, Drill, Start
from ground.drills.flying import AllBegun, Flight
from ground.drills.happenings import EventComes
from ground.drills.jobs import Job
from ground.drills.record import WITHOUT_EFFECT, Record
from ground.drills.swarm import _duration, _spares, _with_others
from ground.drills.swarm_faults import Choice, _spread, needed, plain_fault
from sim_hw.faults.answer_kinds import Dropout, Stale
from sim_hw.faults.value_kinds import Bias, Stuck

ARRIVED = EventComes("rover", "arrived")


class Loop:
    """Timers by hand; what runs between two instants runs at once."""

    def __init__(self) -> None:
        self.now, self.timers = 0.0, list[tuple[float, Any, tuple[Any, ...]]]()
        self.callbacks = 100
        self.going: Any = None

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, work: Any, *given: Any) -> None:
        self.timers.append((when, work, given))

    def call_later(self, delay: float, work: Any, *given: Any) -> None:
        self.call_at(self.now + delay, work, *given)

    def between(self, work: Any) -> None:
        work()

    def watch(self, look: Any, every_ns: int) -> None:
        assert every_ns == 1_000_000_000
        self.look = look

    def until(self, when: float) -> None:
        due = sorted((each for each in self.timers if each[0] <= when), key=lambda each: each[0])
        self.timers = [each for each in self.timers if each[0] > when]
        for at, work, given in due:
            self.now = at
            work(*given)
        self.now = when

    def go_on(self, until: Any) -> None:
        self.going(until)


def job(number: int, **more: Any) -> Job:
    plain = {"drill": f"d{number}", "file": "f", "text": "t", "scenario": "surface", "seed": 7}
    return Job(number=number, **(plain | more))


class Host(flying.VirtualHost):
    """Stands for the host of a branch: what was sent there so far."""

    def __init__(self) -> None:
        log = SimpleNamespace(sha256=lambda: "abc", count=9)
        self.rig = SimpleNamespace(log=log)  # type: ignore[assignment]

    def runs(self, role: str) -> bool:
        return False


class Trunk:
    """A flight of drills that begin as they say; what is emitted, and when."""

    def __init__(self, good: Drill, *starts: Start, **more: Any) -> None:
        self.out: list[tuple[float, str]] = []
        self.records: list[Record] = []
        drills = [
            changed(good, name=f"d{number}", start=start, scenario="surface")
            for number, start in enumerate(starts)
        ]
        pairs = [(job(number, **more), drill) for number, drill in enumerate(drills)]
        self.flight = Flight(pairs, self.emit, read=lambda each: drills[0])
        self.loop = Loop()
        mission = SimpleNamespace(vehicles=(), in_space=False)
        run: Any = SimpleNamespace(observers=[], host=Host(), mission=mission)
        self.flight._run, self.flight._loop = run, self.loop  # type: ignore[assignment]
        self.flight._phases = SimpleNamespace(look=lambda now: None)  # type: ignore[assignment]
        self.flight._with_effect = lambda due: Record(  # type: ignore[method-assign]
            drill=due.drill.name, file="f", scenario="s", seed=1
        )
        self.flight._prepare()
        self.hear = run.observers[0]

    def emit(self, each: Job, record: Record) -> None:
        self.out.append((self.loop.now, each.drill))
        self.records.append(record)


def changed(drill: Drill, **more: Any) -> Drill:
    return replace(drill, **more)


def event(name: str = "arrived") -> EventReport:
    return EventReport("rover", name, Severity.ACTIVITY_HI, 0, "", {}, 1)


# ---------------------------------------------------------------------------- the trunk


def test_each_drill_begins_at_its_start_and_the_last_ends_the_trunk(good: Drill) -> None:
    trunk = Trunk(
        good, Start(AtTime(20.0), 5.0), Start(ARRIVED), Start(ARRIVED, 3.0), Start(ARRIVED, 0.0, 2)
    )
    trunk.loop.until(10.0)
    trunk.hear(event("left"))
    trunk.hear(event())
    assert trunk.out == [(10.0, "d1")], "what is later, or the second time, is not yet"
    trunk.loop.until(24.9)
    assert trunk.out[1:] == [(13.0, "d2")]
    trunk.loop.until(30.0)
    assert trunk.out[2:] == [(25.0, "d0")]
    with pytest.raises(AllBegun):
        trunk.hear(event())
    assert trunk.out[3:] == [(30.0, "d3")]


def test_a_drill_begins_once_and_who_never_began_leaves_an_empty_record(good: Drill) -> None:
    trunk = Trunk(good, Start(ARRIVED), Start(ARRIVED, 0.0, 3))
    trunk.hear(event())
    (began, waits) = trunk.flight._due
    trunk.flight._begin(began)
    assert [name for _, name in trunk.out] == ["d0"]
    trunk.flight._never_begun()
    assert [name for _, name in trunk.out] == ["d0", "d1"]
    blank = trunk.records[-1]
    assert (blank.began, blank.harness, blank.seed, blank.scenario) == (None, "", 7, "surface")
    trunk.flight._trunk_broke("KeyError: x")
    assert trunk.records[-1].harness == "the trunk broke:\nKeyError: x"
    assert len(trunk.out) == 3, "not of the one that began"
    assert waits.left == 2


def test_a_start_that_no_message_tells_is_looked_for(good: Drill) -> None:
    trunk = Trunk(good, Start(ARRIVED), Start(ARRIVED, 0.0, 2), Start(EventComes("rover", "left")))
    wait, other = trunk.flight._waits
    came = [False, True, True]
    wait.awaited.poll = lambda: came.pop(0)  # type: ignore[method-assign]
    trunk.loop.look()
    assert trunk.out == []
    trunk.loop.look()
    assert [name for _, name in trunk.out] == ["d0"]
    trunk.loop.look()
    assert [name for _, name in trunk.out] == ["d0", "d1"]
    assert trunk.flight._waits == [other], "that is looked for no more"


# ----------------------------------------------------------------------- candidates


def of_branch(trunk: Trunk, *ends: str) -> list[str]:
    """Has branches end so, and returns which drills they flew."""
    flown: list[str] = []
    left = list(ends)

    def branched(due: Any) -> Record:
        flown.append(due.drill.name)
        found = Record(drill=due.drill.name, file="f", scenario="s", seed=1, end=left.pop(0))
        found.cpu = 2.0
        return found

    trunk.flight._branched = branched  # type: ignore[method-assign]
    return flown


@pytest.mark.parametrize(
    ("ends", "flown", "cpu"),
    [
        (["horizon"], ["d0"], 2.0), ([WITHOUT_EFFECT, "horizon"], ["d0", "d0-1"], 4.0),
        ([WITHOUT_EFFECT] * 3, ["d0", "d0-1", "d0-2"], 6.0),
    ],
)  # fmt: skip
def test_others_are_flown_until_one_has_an_effect(
    good: Drill, ends: list[str], flown: list[str], cpu: float
) -> None:
    trunk = Trunk(good, Start(ARRIVED), instead=("a", "b"))
    trunk.flight._read = lambda each: changed(good, name=each.drill)
    found = of_branch(trunk, *ends)
    record = Flight._with_effect(trunk.flight, trunk.flight._due[0])
    assert found == flown and record.end == ends[-1] and record.cpu == cpu


def test_a_candidate_without_a_meaning_is_left_out(good: Drill) -> None:
    trunk = Trunk(good, Start(ARRIVED), instead=("a", "b"))

    def read(each: Job) -> Drill:
        if each.text == "a":
            raise ConfigurationError("f", None, "k", "no")
        return changed(good, name=each.drill)

    trunk.flight._read = read
    found = of_branch(trunk, WITHOUT_EFFECT, "horizon")
    assert Flight._with_effect(trunk.flight, trunk.flight._due[0]).end == "horizon"
    assert found == ["d0", "d0-2"]
    trunk.flight._read = None
    found = of_branch(trunk, WITHOUT_EFFECT)
    assert Flight._with_effect(trunk.flight, trunk.flight._due[0]).end == WITHOUT_EFFECT


@pytest.mark.parametrize(
    ("error", "end"), [(BranchLate("too long"), "late"), (BranchFailed("it has died"), "")]
)
def test_a_branch_that_leaves_nothing_is_an_error_of_the_harness(
    good: Drill, monkeypatch: pytest.MonkeyPatch, error: Exception, end: str
) -> None:
    trunk = Trunk(good, Start(ARRIVED))
    patience: list[float] = []

    def result(*seconds: float) -> bytes:
        patience.extend(seconds)
        raise error

    monkeypatch.setattr(flying, "branch", lambda loop, work: SimpleNamespace(result=result))
    record = trunk.flight._branched(trunk.flight._due[0])
    assert (record.harness, record.end, patience) == (str(error), end, [120.0, 2400.0])
    assert record.wall > 0.0


class Watched:
    """Stands for the watch of a branch."""

    def __init__(self) -> None:
        self.over, self.wants_effect, self.counted = False, False, False
        self.ended: list[Any] = []
        self.record = lambda: Record(drill="d", file="f", scenario="s", seed=1)

    def begin(self) -> None:
        pass

    def count_calls(self) -> None:
        self.counted = True

    def ended_by(self, error: Any) -> None:
        self.over = True
        self.ended.append(error)


@pytest.mark.parametrize(
    ("most", "does", "ended"),
    [
        (None, "over", None), (50, "over", None), (50, "busy", "TooManyCallbacks"),
        (None, "raises", "KeyError"), (50, "over then raises", None),
    ],
)  # fmt: skip
def test_a_branch_ends_with_its_watch_its_error_or_its_bound(
    good: Drill, monkeypatch: pytest.MonkeyPatch, most: int | None, does: str, ended: str | None
) -> None:
    trunk = Trunk(good, Start(ARRIVED), Start(ARRIVED), most=most, count_calls=True,
                  wants_effect=True)  # fmt: skip
    watch = Watched()
    monkeypatch.setattr(flying, "Watch", lambda *given: watch)
    monkeypatch.setattr(flying, "_busy", lambda loop, callbacks: f"{callbacks} callbacks")

    def going(until: Any) -> None:
        assert not until()
        if does == "busy":
            trunk.loop.callbacks = 150
            assert not until(), "so many are allowed"
            trunk.loop.callbacks = 151
            assert until()
            return
        if does == "raises":
            raise KeyError("x")
        watch.over = True
        assert until()
        if does != "over":
            raise KeyError("late")

    trunk.loop.going = going
    record = trunk.flight._work(trunk.flight._due[0])
    assert [type(each).__name__ for each in watch.ended] == ([ended] if ended else [])
    assert (record.sha256, record.messages) == ("abc", 9)
    assert record.callbacks == (51 if does == "busy" else 0)
    assert watch.counted and watch.wants_effect and trunk.flight._waits == []
    assert all(due.begun for due in trunk.flight._due), "nobody else begins in a branch"


# --------------------------------------------------------------------- how faults are drawn


class Draws(random.Random):
    """Chance as the test says it; what is drawn from a row is its first."""

    def __init__(self, *shares: float) -> None:
        super().__init__(1)
        self.shares = list(shares)

    def random(self) -> float:
        return self.shares.pop(0) if self.shares else 0.5

    def choice(self, row: Any) -> Any:
        return row[0]


def choice(kind: Any, *times: float, target: str = "rover.wheels") -> Choice:
    return Choice(kind, "device", target, "state", times)


@pytest.mark.parametrize(("share", "seconds"), [(0.0, 30.0), (1.0, 20_000.0), (0.5, 774.597)])
def test_short_faults_are_as_likely_as_long_ones(share: float, seconds: float) -> None:
    assert _duration("surface", Draws(share)) == pytest.approx(seconds, abs=1e-3)


@pytest.mark.parametrize(
    ("share", "count"), [(0.0, 1), (0.7, 1), (0.701, 2), (0.9, 2), (0.901, 3), (1.0, 3)]
)
def test_most_drills_break_one_thing_and_none_more_than_three(share: float, count: int) -> None:
    place: Any = SimpleNamespace(phase="surface", start=100.0, call=110.0)
    first = choice(Bias, 110.0)
    soon = [choice(Bias, 410.0, target=f"rover.{name}") for name in "abc"]
    late = choice(Bias, 410.1, target="rover.late")
    found = _with_others(first, [first, late, *soon], place, Draws(share))
    assert len(found) == count and found[0] is first
    assert all(each is soon[0] for each in found[1:]), "of what is used within 300 s"
    assert len(_with_others(first, [first, late, soon[0]], place, Draws(1.0))) == 2
    assert _with_others(first, [first, late], place, Draws(1.0)) == [first]


@pytest.mark.parametrize(
    ("kinds", "spares"),
    [(["dropout"], True), (["intermittent"], True), (["delayed"], True), (["bias"], False),
     (["dropout", "dropout"], False), ([], False)],
)  # fmt: skip
def test_one_sensor_that_shows_of_itself_may_lose_no_vehicle(
    kinds: list[str], spares: bool
) -> None:
    assert _spares([{"kind": kind} for kind in kinds]) is spares


@pytest.mark.parametrize(("shares", "single"), [([0.9, 0.299], True), ([0.9, 0.3], False)])
def test_a_fault_lasts_from_its_start_or_hits_some_calls(shares: list[float], single: bool) -> None:
    found = plain_fault(3, choice(Dropout, 10.0, 20.0), 4.0, 6.0, Draws(*shares))
    assert (found["id"], found["device"], found["method"]) == ("fault3", "rover.wheels", "state")
    assert found["kind"] == "dropout" and found["lasts"] == "10.000 s", "from its start"
    assert ("when" in found) is single
    if single:
        assert found["when"]["nth"] == 1 and 1 <= found["when"]["calls"] <= 5


def test_what_waits_for_no_call_begins_when_its_call_is_due() -> None:
    by_itself = Choice(Stuck, "device", "rover.wheels", "state", ())
    found = plain_fault(1, by_itself, 4.0, 6.0, Draws())
    assert (found["when"], found["lasts"]) == ({"at": "4.0 s"}, "6.000 s")


def test_what_shows_over_time_has_figures_of_the_time_between_two_calls() -> None:
    stale = choice(Stale, 10.0, 20.0, 40.0, 60.0)
    found = plain_fault(1, stale, 4.0, 600.0, Draws(*[0.0] * 9))
    assert found["age"] == "24.0 s" and "when" not in found, "1.2 times 20 s at least"
    assert needed(stale) == 70.0 and needed(choice(Bias, 10.0, 20.0)) == 0.0
    each = {"period": 1.0, "age": 1.0, "bad": 1.0, "good": 1.0, "by": 1.0}
    for share, then in (
        (0.0, {"period": 30.0, "age": 24.0, "bad": 20.0, "good": 0.001, "by": 1.0}),
        (1.0, {"period": 100.0, "age": 100.0, "bad": 100.0, "good": 6.001, "by": 1.0}),
    ):
        figures = dict(each)
        _spread(figures, stale, Draws(*[share] * 4))
        assert figures == then, "long enough to show, with little in between"
    close = choice(Stale, 10.0, 10.01, 10.02)
    assert plain_fault(1, close, 4.0, 600.0, Draws(*[0.0] * 9))["age"] == "0.12 s"
