"""What a campaign does with its drills: in which order, how often, which are flown again, and what
it comes to; nothing is flown."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from ground.drills import campaign, twins
from ground.drills.campaign import Campaign, Task, tasks_of
from ground.drills.drill import Drill
from ground.drills.jobs import Batch
from ground.drills.record import Judged, Record, Waited
from ground.drills.replay import differences
from ground.drills.score import score, shows_of
from ground.drills.survey import Survey
from ground.drills.swarm_flight import rates
from ground.drills.trail import Trail
from ground.drills.twins import fly_with_twins, twin_words
from tests.ground.drills.test_reports import record, shown


def verdict(name: str, what: Any = "PASS", **more: Any) -> Judged:
    made = record(what, name)
    for field, value in more.items():
        setattr(made, field, value)
    return Judged(verdict=what, because=[], record=made)


# -------------------------------------------------------------------------------- campaigns


class Crew:
    """Flies nothing: a record for each job, of which some end late, some of these twice."""

    def __init__(self, *late: int) -> None:
        self.late = list(late)
        self.batches: list[Batch] = []

    def fly(self, batches: Any) -> Iterator[tuple[int, Record]]:
        for batch in batches:
            self.batches.append(batch)
            for each in reversed(batch.jobs):
                made = record("PASS", each.drill)
                made.calls = {"rover.wheels.drive": 3}
                if each.number in self.late:
                    self.late.remove(each.number)
                    made.end, made.harness = "late", "took too long"
                yield each.number, made


def tasks(good: Drill, count: int) -> list[Task]:
    return tasks_of([replace(good, name=f"d{number}") for number in range(count)])


def of_campaign(crew: Any, folder: Path, **more: Any) -> tuple[Campaign, list[Any]]:
    asked: list[Any] = []
    made = Campaign(crew, 2, folder, **more)
    made.surveys = lambda names: asked.append(list(names)) or {}  # type: ignore[method-assign]
    return made, asked


@pytest.mark.parametrize(("count", "surveyed"), [(7, False), (8, True)])
def test_verdicts_come_in_the_order_that_was_asked_for_and_many_are_surveyed_first(
    good: Drill, tmp_path: Path, count: int, surveyed: bool
) -> None:
    told: list[tuple[int, int]] = []
    heard: list[str] = []
    made, asked = of_campaign(
        Crew(), tmp_path, progress=lambda done, total, words: told.append((done, total))
    )
    made.on_judged = lambda task, judged: heard.append(task.drill.name)
    found = made.fly(tasks(good, count))
    assert [each.record.drill for each in found] == [f"d{number}" for number in range(count)]
    assert told == [(number, count) for number in range(1, count + 1)]
    assert sorted(heard) == sorted(f"d{number}" for number in range(count))
    assert asked == ([["short"] * count] if surveyed else [])


def test_what_was_late_is_flown_once_more_when_nothing_else_is(good: Drill, tmp_path: Path) -> None:
    crew = Crew(1, 1, 2)
    made, asked = of_campaign(crew, tmp_path, patience=9.0)
    found = made.fly(tasks(good, 4))
    assert [each.verdict for each in found] == ["PASS", "ERROR", "PASS", "PASS"]
    assert [len(batch.jobs) for batch in crew.batches[-2:]] == [1, 1]
    assert asked == [["short"], ["short"]], "with a bound on its work, the second time"
    assert {batch.patience for batch in crew.batches} == {9.0} and crew.late == []


def test_calls_are_counted_without_faults(good: Drill, tmp_path: Path) -> None:
    crew = Crew()
    made, _ = of_campaign(crew, tmp_path)
    assert made.calls(good) == {"rover.wheels.drive": 3}
    (asked,) = crew.batches[0].jobs
    assert asked.bare and asked.count_calls
    made.fly_one(good)
    assert not crew.batches[1].jobs[0].bare


def test_a_scenario_is_surveyed_with_seed_one_and_its_trunks_with_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def found(wanted: Any, crew: Any, folder: Path) -> Any:
        keys = list(wanted)
        asked.append((keys, folder))
        return {key: Survey(scenario=key[0], seed=key[1]) for key in keys}

    monkeypatch.setattr(campaign, "surveys", found)
    made = Campaign(Crew(), 1, tmp_path)  # type: ignore[arg-type]
    assert [each.seed for each in made.trunks("short", [7, 8])] == [7, 8]
    assert made.surveys(["short", "surface", "surface"])["short"].seed == 7, "it is known by then"
    assert asked == [
        ([("short", 7), ("short", 8)], tmp_path / "surveys"),
        ([("surface", 1)], tmp_path / "surveys"),
    ]
    possible = {"short": {("drop", "bus a"): ("entry", "cruise")},
                "surface": {("drop", "bus a"): ("cruise", "surface")}}  # fmt: skip
    monkeypatch.setattr(campaign, "load_scenario", lambda name: name)
    monkeypatch.setattr(campaign, "possible_cells", lambda name, survey: possible[name])
    assert made.coverage([]).possible == {("drop", "bus a"): ("entry", "cruise", "surface")}


# ---------------------------------------------------------------------- flown once more


def test_every_twentieth_is_flown_again_and_held_against_the_first(
    good: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    flights: list[list[int]] = []
    other: list[int] = []

    class Flies:
        def fly(self, tasks: Any) -> list[Judged]:
            flights.append([each.job.number for each in tasks])
            return [
                verdict("d", sha256="x" if each.job.number in other else "same") for each in tasks
            ]

    monkeypatch.setattr(twins, "flown_task", lambda task, judged: (task, judged))
    every = tasks(good, 20)
    flown, judged, told, differ = fly_with_twins(Flies(), every)  # type: ignore[arg-type]
    assert flown == every and len(judged) == 20 and not differ
    assert flights == [list(range(21)), [20]], "a branch of the same trunk; then one alone"
    assert told == ["1 flown twice as branches, 1 from the beginning over ZeroMQ: the same hashes"]
    other.append(20)
    *_, told, differ = fly_with_twins(Flies(), every)  # type: ignore[arg-type]
    assert differ and len(told) == 3 and told[0].endswith(": 2 NOT the same")
    assert fly_with_twins(Flies(), every[:19])[2:] == ([], False)  # type: ignore[arg-type]
    assert "3 NOT the same" in twin_words(1, 2, 3)


def test_where_a_flight_differs_is_told_by_its_trail_and_its_first_other_mark() -> None:
    def told(**more: Any) -> str:
        before, now = shown("PASS"), shown("PASS")
        before.judged.record.trail = [(1.0, 50, "a"), (2.0, 100, "b")]
        now.judged.record.trail = [(1.0, 50, "a"), (2.0, 100, "x")]
        for name, value in {"sha256": "other", **more}.items():
            setattr(now.judged.record, name, value)
        (words,) = differences([before], [now.judged])
        return words.partition(": ")[2]

    assert told() == "the runs part after 1.000 s, by 2.000 s at the latest"
    assert told(trail=[(1.0, 50, "x")]) == (
        "the runs part from the start of the drill on, by 1.000 s at the latest"
    )
    assert told(trail=[]) == "the runs differ behind the last step of their trails"
    marks = shown("PASS").judged.record.marks
    moved = [marks[0], msgspec.structs.replace(marks[1], time=113.0), marks[2]]
    words = told(marks=moved)
    assert ": 112.000 s lander reading_invalid: " in words
    assert "; now 113.000 s lander reading_invalid: " in words
    before, now = shown("PASS"), shown("FAIL")
    assert differences([before], [now.judged])[0].endswith("PASS → FAIL; the messages are the same")


def test_a_protection_is_scored_by_a_quiet_flight_and_one_with_its_faults(good: Drill) -> None:
    protected = replace(good, name="p", protects=("gate",))
    (one, two) = shows_of([good, protected, replace(protected, name="q")], 5)
    assert [each.job.number for each in (one.quiet, one.broken, two.quiet, two.broken)] == [
        5, 6, 7, 8,
    ]  # fmt: skip
    assert one.quiet.job.bare and not one.broken.job.bare
    assert one.quiet.job.off == one.broken.job.off == ("gate",)

    class Flies:
        def fly(self, tasks: Any) -> list[Judged]:
            self.numbers = [each.job.number for each in tasks]
            return [verdict("p"), verdict("p", "FAIL")]

    flies: Any = Flies()
    kept = verdict("p")
    found = score(flies, [good, protected], [kept])
    assert flies.numbers == [0, 1]
    (row,) = found.rows
    assert (row.drill, row.protections, row.quiet, row.broken) == ("p", ("gate",), "PASS", "FAIL")
    assert (row.by, row.effect, row.detected) == ("never lander.safe", 20.0, 2.5)
    assert found.unprotected["p"].verdict == "FAIL", "that with its faults"


def test_what_fails_by_its_detection_alone_scores_as_unknown(good: Drill) -> None:
    late = [Waited("detect", "x", 5.0, 110.0)]

    class Flies:
        def fly(self, tasks: Any) -> list[Judged]:
            return [verdict("p"), verdict("p", "FAIL", broken=[], heal=None, within=late)]

    (row,) = score(Flies(), [replace(good, protects=("gate",))]).rows  # type: ignore[arg-type]
    assert (row.broken, row.by, row.effect, row.detected) == ("UNKNOWN", "", None, None)


def test_a_swarm_comes_to_shares_of_what_was_flown_and_healed() -> None:
    def heal(since: float | None, met: float | None) -> Waited:
        return Waited("then", "x", 9.0, since, met)

    every = [
        verdict("swarm-1-0000", heal=heal(5.0, 9.0), cpu=1.0),
        verdict("swarm-1-0001-2", heal=heal(5.0, None), cpu=2.0),
        verdict("swarm-1-0002", "FAIL", heal=heal(None, None), cpu=3.0),
        verdict("swarm-1-0003", "UNKNOWN", heal=None, cpu=4.0),
    ]
    assert rates(every) == (
        "invariants broken in 1 of 4; UNKNOWN 25.0%; the next milestone in time after healing: "
        "50.0% of 2; 1 had no effect as first drawn; 2.50 s of CPU a branch"
    )
    assert "0.0% of 0" in rates(every[3:])


def test_a_trail_has_a_step_each_fifty_messages_and_when_it_is_full_each_hundred(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Host:
        def __init__(self) -> None:
            self.rig = SimpleNamespace(log=self)
            self.count = 7

        def sha256(self) -> str:
            return f"{self.count:064d}"

    monkeypatch.setattr("ground.drills.trail.VirtualHost", Host)
    host = Host()
    trail = Trail(SimpleNamespace(host=host))  # type: ignore[arg-type]
    for count in (7, 56, 57, 106, 108):
        host.count = count
        trail.look(float(count))
    assert [step[1] for step in trail.steps] == [7, 57, 108]
    assert trail.steps[0] == (7.0, 7, "0" * 12)
    for _ in range(156):
        host.count += 50
        trail.look(1.0)
    assert len(trail.steps) == 159
    host.count += 50
    trail.look(2.0)
    assert len(trail.steps) == 80 and [step[1] for step in trail.steps[:2]] == [7, 108]
    host.count += 99
    trail.look(3.0)
    assert len(trail.steps) == 80
    host.count += 1
    trail.look(4.0)
    assert len(trail.steps) == 81
    nothing = Trail(SimpleNamespace(host="in processes"))  # type: ignore[arg-type]
    nothing.look(1.0)
    assert nothing.steps == []
