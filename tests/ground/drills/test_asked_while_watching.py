"""What a watch asks at each look, whom it lets look and hear, and the flights of a score."""

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from ground.drills import score
from ground.drills import watch as watching
from ground.drills.drill import Drill
from tests.ground.drills.test_watching import Bench, event, plain

VALUES = {"arm.load": 2.0, "arm.state": "safe"}


class Claim:
    """Stands for what is asked at each look: it does not hold when the test says so, once."""

    breaks: ClassVar[set[str]] = set()

    def __init__(self, expression: Any, wanted: bool, sight: Any) -> None:
        self.expression, self.text = expression, expression.text
        self.wanted, self.known = wanted, expression.text != "nobody knows"

    def look(self) -> bool:
        broke = self.text in Claim.breaks
        Claim.breaks.discard(self.text)
        return broke


class Notes:
    """Whoever looks, hears, or is told that something has happened."""

    def __init__(self) -> None:
        self.looks = 0
        self.heard: list[str] = []
        self.happenings: list[float] = []
        self.curves: list[Any] = []
        self.steps: list[Any] = []

    def look(self, now: float | None = None) -> None:
        self.looks += 1

    def hear(self, message: Any) -> None:
        self.heard.append(message.name)

    def happened(self, now: float) -> None:
        self.happenings.append(now)

    def waited(self) -> list[Any]:
        return []


def asked(text: str) -> Any:
    return SimpleNamespace(text=text, names=("arm.load", "arm.state"))


@pytest.fixture
def bench(good: Drill, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A watch over three claims and the rule; who looks and hears with it notes that."""
    Claim.breaks = set()
    monkeypatch.setattr(watching, "Asked", Claim)
    drill = plain(
        good, always=(asked("held"), asked("rule"), asked("nobody knows")), never=(asked("spilt"),)
    )
    found: Any = Bench(drill, monkeypatch)
    watch = found.watch
    found.curves, found.trail, found.operator = Notes(), Notes(), Notes()
    watch._curves, watch._trail, watch._operator = found.curves, found.trail, found.operator
    watch._sight = SimpleNamespace(value=VALUES.get)
    return found


def test_what_a_drill_asks_is_told_with_the_values_at_that_look(bench: Any) -> None:
    bench.at(101.0)
    assert bench.watch.record().broken == [] and bench.curves.happenings == []
    Claim.breaks = {"spilt"}
    bench.at(102.0)
    Claim.breaks = {"held"}
    bench.at(103.0)
    words = f"arm.load = {watching._shown(2.0)}, arm.state = safe"
    assert [(each.what, each.time, each.detail) for each in bench.watch.record().broken] == [
        ("spilt", 102.0, words), ("held", 103.0, words),
    ]  # fmt: skip
    assert bench.curves.happenings == [102.0, 103.0], "the curves are close there"
    assert bench.watch.record().unasked == ["nobody knows"]


def test_what_is_always_and_what_is_never_so_and_a_rule_by_name_is_no_claim(bench: Any) -> None:
    assert list(bench.watch._invariants) == ["rule"]
    assert [(each.text, each.wanted) for each in bench.watch._asked] == [
        ("held", True), ("nobody knows", True), ("spilt", False),
    ]  # fmt: skip


def test_at_each_look_and_each_message_operator_curves_and_trail_look_as_well(bench: Any) -> None:
    bench.at(101.0)
    assert (bench.operator.looks, bench.curves.looks, bench.trail.looks) == (1, 1, 1)
    assert bench.operator.heard == []
    bench.hear(event("moved"))
    assert (bench.operator.looks, bench.curves.looks, bench.trail.looks) == (2, 2, 2)
    assert bench.operator.heard == ["moved"]


def test_what_came_without_a_message_is_met_at_the_look_that_finds_it_once_it_counts(
    bench: Any,
) -> None:
    awaiting = bench.watch._awaiting[0]
    awaiting.awaited = SimpleNamespace(hear=lambda message: False, poll=lambda: True)
    bench.at(101.0)
    assert (awaiting.since, awaiting.met) == (None, None), "nothing has hit yet"
    bench.hit(101.5)
    bench.at(102.0)
    bench.at(103.0)
    assert (awaiting.since, awaiting.met) == (101.5, 102.0)


def test_a_hit_and_what_does_not_hold_are_happenings_once_each(bench: Any) -> None:
    bench.hit(101.5)
    bench.at(102.0)
    bench.hit(102.5)
    bench.at(103.0)
    assert bench.curves.happenings == [102.0]
    bench.hit(103.5, "f2")
    bench.at(104.0)
    bench.hear(event("bad"))
    assert bench.curves.happenings == [102.0, 104.0, 104.0]


def test_a_score_flies_each_protected_drill_quiet_and_broken_with_numbers_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def tasks(drills: Any, seeds: Any, number: int, **more: Any) -> Any:
        assert seeds == ()
        return [(drills[0].name, number, more)]

    monkeypatch.setattr(score, "tasks_of", tasks)
    drills: Any = [
        SimpleNamespace(name=name, protects=protects)
        for name, protects in (("a", ("x",)), ("b", ()), ("c", ("y", "z")), ("d", ("x",)))
    ]
    found = [(each.drill.name, each.quiet, each.broken) for each in score.shows_of(drills, 5)]
    assert found == [
        ("a", ("a", 5, {"off": ("x",), "bare": True}), ("a", 6, {"off": ("x",)})),
        ("c", ("c", 7, {"off": ("y", "z"), "bare": True}), ("c", 8, {"off": ("y", "z")})),
        ("d", ("d", 9, {"off": ("x",), "bare": True}), ("d", 10, {"off": ("x",)})),
    ]
