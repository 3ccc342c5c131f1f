"""What people do in a drill, step by step; which curves tell of one; what a summary rests on."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.expression_values import Symbol
from flight.icd.expressions import parse_expression
from flight.icd.messages import Command, EventReport, Severity
from ground.drills import telling
from ground.drills.crew import Crew
from ground.drills.curves import curves_of
from ground.drills.drill import Drill, OperatorStep, Within
from ground.drills.happenings import CommandCompletes, EventComes, Holds, StateEntered
from ground.drills.scenario import Scenario
from tests.ground.drills.test_reports import shown

STALL = EventComes("arm", "stalled")
NANOSECOND = 1_000_000_000


class Loop:
    def __init__(self) -> None:
        self.now = 100.0

    def time(self) -> float:
        return self.now

    def time_ns(self) -> int:
        return round(self.now * NANOSECOND)


def crew(*steps: OperatorStep, value: Any = None) -> tuple[Crew, Any]:
    loop: Any = Loop()
    sight: Any = SimpleNamespace(
        value=lambda path: None if value is None else value[0], symbol=lambda path: Symbol("number")
    )
    return Crew(steps, sight, loop), loop


STOW = OperatorStep("stow it", STALL, "arm", "stow", {"n": 2}, 60.0)
LOAD = OperatorStep("load it", EventComes("arm", "stowed"), "arm", "load", {}, 60.0)


def told(name: str = "stalled", at: float = 100.0) -> EventReport:
    return EventReport("arm", name, Severity.WARNING_LO, round(at * NANOSECOND), "", {}, 1)


def order(name: str = "stow", target: str = "arm", stage: str = "run", **arguments: Any) -> Command:
    return Command("c", target, name, arguments, "mc", stage)


def test_people_are_asked_when_the_ground_has_heard_and_done_is_what_they_send_then() -> None:
    people, loop = crew(STOW, LOAD)
    people.hear(told())
    people.look()
    people.issued(order(n=2), "eve")
    people.heard(told(at=99.9))
    assert people.prompts(trainer=False) == [], "what was told before the drill is no cue"
    people.heard(told("stowed"))
    assert people.prompts(trainer=False) == [], "nor is what another step answers"
    loop.now = 105.0
    people.heard(told())
    (asked,) = people.prompts(trainer=False)
    assert (asked["number"], asked["prompt"], asked["state"]) == (1, "stow it", "asked")
    assert (asked["asked_ns"], asked["deadline_ns"]) == (105 * NANOSECOND, 165 * NANOSECOND)
    assert asked["done_ns"] is None and "command" not in asked
    loop.now = 110.0
    people.heard(told(at=109.0))
    for nothing in (order(n=2, stage="arm"), order("load"), order(target="rover", n=2)):
        people.issued(nothing, "eve")
    people.issued(order(n=2), "")
    assert people.waited()[0].met is None, "armed, another, elsewhere, by no person"
    people.issued(order(n=3), "eve")
    people.issued(order(n=2, more=1), "ben")
    first, second = people.waited()
    assert (first.name, first.since, first.met, first.limit) == ("operator1", 105.0, 110.0, 60.0)
    assert (second.since, second.met) == (None, None)
    loop.now = 120.0
    people.issued(order(n=2), "eve")
    assert people.waited()[0].met == 110.0, "what is done is done"
    people.heard(told("stowed"))
    loop.now = 181.0
    people.issued(order("load"), "eve")
    done, late = people.prompts(trainer=True)
    assert (done["state"], done["by"], done["done_ns"]) == ("in_time", "ben", 110 * NANOSECOND)
    assert done["others"] == [{"by": "eve", "arguments": {"n": 3}}]
    assert (done["vehicle"], done["command"], done["arguments"]) == ("arm", "stow", {"n": 2})
    assert (done["deadline_s"], done["after"]) == (60.0, "event arm.stalled")
    assert late["state"] == "late"
    people.heard(told())
    people.issued(order(n=2), "eve")
    assert len(people.prompts(trainer=True)) == 2


def test_trainers_see_what_is_not_asked_yet_and_of_what_was_nearly_it_twenty() -> None:
    people, _ = crew(STOW, LOAD)
    people.heard(told())
    for number in range(3, 30):
        people.issued(order(n=number), "eve")
    first, second = people.prompts(trainer=True)
    assert [each["arguments"]["n"] for each in first["others"]] == list(range(3, 23))
    assert (second["state"], second["asked_ns"], second["deadline_ns"]) == ("not_yet", None, None)


def test_what_no_message_tells_is_asked_for_as_it_comes() -> None:
    value = [0.0]
    people, loop = crew(replace(STOW, after=Holds(parse_expression("a > 1"))), value=value)
    people.look()
    assert people.waited()[0].since is None
    value[0] = 2.0
    loop.now = 107.0
    people.look()
    loop.now = 109.0
    people.look()
    assert people.waited()[0].since == 107.0


# -------------------------------------------------------------------------------- curves


def fault(name: str) -> Any:
    return SimpleNamespace(target=SimpleNamespace(name=name))


def curves(good: Drill, scenario: Scenario, **more: Any) -> list[tuple[str, str]]:
    plain: dict[str, Any] = {"faults": (), "within": (), "always": (), "never": ()}
    drill = replace(good, **(plain | more))
    found = curves_of(drill, scenario.vocabulary, None).curves  # type: ignore[arg-type]
    return [(each.name, each.kind) for each in found]


def test_curves_are_of_who_is_broken_or_awaited_and_of_what_is_asked(
    good: Drill, scenario: Scenario
) -> None:
    rover = curves(good, scenario, faults=(fault("rover.wheels"),))
    assert rover == [
        ("truth.rover.east", "truth"), ("rover.east", "belief"), ("truth.rover.north", "truth"),
        ("rover.north", "belief"), ("battery.rover", "truth"), ("rover.state_of_charge", "belief"),
    ]  # fmt: skip
    for what in (EventComes("rover", "arrived"), StateEntered("rover", "surface"),
                 CommandCompletes("rover", "drive_to")):  # fmt: skip
        assert curves(good, scenario, within=(Within("a", what, 5.0),)) == rover
    assert curves(good, scenario, faults=(fault("orbiter.camera"),)) == [], "it takes no part"
    assert curves(good, scenario, faults=(fault("arm.gripper"),)) == [
        ("truth.tubes.container", "truth"), ("arm.tubes_loaded", "belief"),
    ]  # fmt: skip
    asked = parse_expression("battery.lander > 0.2 while lander.landed")
    other = parse_expression("tubes_accounted")
    holds = Within("a", Holds(parse_expression("mav.state_of_charge > 0.5")), 5.0)
    assert curves(good, scenario, always=(asked, other)) == [("battery.lander", "truth")]
    assert curves(good, scenario, never=(asked,), within=(holds,)) == [
        ("battery.lander", "truth"), ("mav.state_of_charge", "belief"),
    ]  # fmt: skip
    assert curves(good, scenario) == []


# ------------------------------------------------------------------------------ a summary


def test_a_summary_rests_on_the_configuration_of_all_scenarios_and_counts_each_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "load_scenario", lambda name: SimpleNamespace(mission=name))

    def evidence(mission: str, seed: int, kind: Any) -> dict[str, Any]:
        configuration = {mission: f"#{mission}"}
        return {"seed": seed, "options": {}, "commit": "c", "configuration": configuration}

    monkeypatch.setattr(telling, "evidence_of", evidence)
    monkeypatch.setattr(telling, "fingerprint", lambda: {"cpu": "x"})
    judged = [shown(verdict).judged for verdict in ("PASS", "FAIL", "PASS")]
    judged[2].record.scenario = "nominal"
    found = telling.summary_of("msr drill x", judged, 12.34567)
    assert found.counts == {"PASS": 2, "FAIL": 1} and found.seconds == 12.346
    assert found.evidence == {
        "commit": "c", "configuration": {"short": "#short", "nominal": "#nominal"},
    }  # fmt: skip
    assert found.command == "msr drill x" and found.fingerprint == {"cpu": "x"}
