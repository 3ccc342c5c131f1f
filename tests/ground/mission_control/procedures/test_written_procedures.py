"""Procedures that people write: draft, submitted, approved by another, run beside the mission's."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ground.api import commanding, controlling, reads
from ground.commands import procedure
from ground.mission_control.service.handling import Asked
from tests.ground.mission_control.people import ANNA, BEN, MAX, People, use_files

Fly = Callable[..., Any]
HEAD = "title: Drop\nphases: [{name: only, title: Only}]\nsteps:\n"
DROP = HEAD + (
    "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 5}}\n"
    "  - {do: command, vehicle: rover, command: release, arguments: {tube: '${tube}'}}\n"
)
LONG = "  - {do: pause, seconds: 60000}\n"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_files(tmp_path, monkeypatch)


def save(text: str = DROP, name: str = "drop") -> controlling.ProcedureSave:
    return controlling.ProcedureSave(name, text)


SUBMIT = controlling.ProcedureSubmit("drop")
RUN = controlling.ProcedureRun("drop")


def approve(version: str) -> controlling.ProcedureApprove:
    return controlling.ProcedureApprove("drop", version, "read")


def approved(people: People, text: str = DROP) -> None:
    """Max writes it, Ben approves it."""
    people.do(MAX, save(text))
    version = people.do(MAX, SUBMIT)["version"]
    assert people.do(BEN, approve(version))["state"] == "approved"


@pytest.mark.requirement("REC-06")
def test_another_person_approves_what_was_submitted_and_nothing_else(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people = People(ground)
        told = [people.do(ANNA, save()), people.do(MAX, SUBMIT), people.do(BEN, RUN)]
        first = people.do(BEN, save())  # who writes cannot approve
        told.append(people.do(BEN, approve(first["version"])))
        people.do(MAX, SUBMIT)
        told.append(people.do(BEN, approve(first["version"])))
        cora = Asked("cora", "s5", ("director",), "k")
        told.append(people.do(cora, approve("0" * 16)))
        changed = people.do(MAX, save(DROP.replace("5}", "6}")))  # after it was submitted
        told.append(people.do(cora, approve(first["version"])))
        people.do(MAX, SUBMIT)
        told.append(people.do(cora, approve(first["version"])))
        done = people.do(cora, approve(changed["version"]))
        told.append(people.do(cora, approve(changed["version"])))
        people.do(MAX, save())  # a new draft beside it
        listed = people.look(reads.Procedures())["procedures"][1]
        people.do(MAX, SUBMIT)
        words = [procedure.state(each) for each in (
            {"draft": first}, listed, people.look(reads.Procedures())["procedures"][1],
        )]  # fmt: skip
        return told, done, listed, words

    told, done, listed, words = fly(LONG, flight)
    assert words == [
        "draft", "approved; a draft is beside it", "approved; a new version is submitted",
    ]  # fmt: skip
    assert [each.partition(":")[0] for each in told] == [
        "procedure_save needs the role engineer or director; anna has operator",
        "name = 'drop'",
        "name = 'drop'",
        "drop was not submitted",
        "ben has written or submitted it",
        "version = '0000000000000000'",
        "drop was not submitted",
        f"version = '{told[7].split(chr(39))[1]}'",
        "drop was not submitted",
    ]
    assert (done["state"], done["approved_by"]) == ("approved", "cora")
    assert done["hazardous"] == ["rover release"]
    assert listed["approved"]["version"] == done["version"]
    assert listed["draft"]["state"] == "draft"
    assert "text" not in listed["draft"]


def test_an_admin_cannot_have_it_approved_by_a_person_of_theirs(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people = People(ground)
        boss = Asked("boss", "s6", ("admin", "engineer"), "k")
        people.do(boss, commanding.RolesSet("dora", ("director",)))
        people.do(boss, save())
        version = people.do(boss, SUBMIT)["version"]
        return people.do(Asked("dora", "s7", (), "k"), approve(version))

    assert fly(LONG, flight) == "dora has roles from boss: another person has to approve"


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        (DROP.replace("release", "relaese"), "drop", "drop.yaml:5: steps[1]"),
        (DROP.replace("${tube}", "${tubes}"), "drop", "drop.yaml:5"),
        (DROP.replace("distance: 5", "distance: 500"), "drop", "drop.yaml:4"),
        ("title: [", "drop", "drop.yaml:"),
        (DROP, "Drop", "allowed are small letters"),
        (DROP, "../drop", "allowed are small letters"),
        (DROP, "mission", "which is the mission's own"),
    ],
)
def test_what_is_no_procedure_is_refused_and_not_kept(
    fly: Fly, text: str, name: str, problem: str
) -> None:
    async def flight(ground: Any) -> Any:
        people = People(ground)
        return people.do(MAX, save(text, name)), people.look(reads.Procedures())["procedures"]

    answer, listed = fly(LONG, flight)
    assert problem in answer
    assert "/tmp" not in answer
    assert [each["name"] for each in listed] == ["mission"]


def test_an_approved_one_runs_beside_the_missions_over_a_restart(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        loop, people = asyncio.get_running_loop(), People(ground)
        answers: list[Any] = []
        approved(people)

        def start() -> None:
            answers.append(people.do(MAX, RUN))
            answers.append(people.do(ANNA, RUN)["doing"])
            answers.append(people.do(ANNA, RUN))

        loop.call_at(100.0, start)
        await ground.run_and_kill_at(500.0)
        ground.start()
        people = People(ground, count=100)

        def agree() -> None:
            state = people.look(reads.GetProcedure("drop"))
            answers.append((state["hold"]["kind"], state["position"]))
            answer = controlling.ProcedureAnswer(state["hold"]["id"], "approve", name="drop")
            answers.append(people.do(ANNA, answer))
            answers.append(people.do(BEN, answer)["hold"])

        loop.call_at(1500.0, agree)
        outcome = await ground.run()
        state = people.look(reads.GetProcedure("drop"))
        commands = [each.order for each in ground.control.tracker.commands()]
        return answers, outcome.verdict, state, commands

    answers, verdict, state, commands = fly(LONG, flight)
    assert answers[0].startswith("procedure_run needs the role operator or director")
    assert answers[2] == "drop runs already"
    assert answers[3] == ("approval", 1)
    assert answers[4] == "a hazardous command needs the role director to be approved"
    assert answers[5] is None
    assert (verdict, state["ended"], state["position"]) == ("complete", "complete", 2)
    assert [(each.name, each.stage) for each in commands] == [
        ("drive", "run"), ("release", "arm"), ("release", "fire"),
    ]  # fmt: skip
    assert commands[1].arguments == {"tube": "M1"}


def test_what_was_approved_runs_whatever_was_saved_since(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        approved(people, HEAD + "  - {do: end, reason: first}\n")
        people.do(MAX, save(HEAD + "  - {do: end, reason: second}\n"))
        answers: list[Any] = []
        for at in (100.0, 200.0):
            loop.call_at(at, lambda: answers.append(people.do(ANNA, RUN)))
        await ground.run()
        late = people.do(ANNA, controlling.ProcedurePause("drop"))
        never = people.do(ANNA, controlling.ProcedurePause("lift"))
        told = [people.look(reads.GetProcedure(name)) for name in ("drop", "mission")]
        return *told, late, never

    state, mission, late, never = fly(LONG, flight)
    assert (state["ended"], state["reason"]) == ("complete", "first")
    # What runs is named as it was approved, and tells what it did itself, this time.
    assert state["version"] == state["approved"]["version"] != state["draft"]["version"]
    second = [(200 * 10**9, "only", "phase begins"), (200 * 10**9, "end", "complete first")]
    assert [tuple(line) for line in state["log"]] == second
    assert [step for _, step, _ in mission["log"]] == ["first", "end"]
    assert late.startswith("drop has ended")
    assert never.startswith("name = 'lift': there is no such procedure; there are mission, drop")


def test_a_procedure_is_read_with_its_steps(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people = People(ground)
        people.do(MAX, save())
        return people.look(reads.GetProcedure("drop")), people.look(reads.GetProcedure())

    drop, mission = fly(LONG, flight)
    assert [(s["what"], s["hazardous"], s["line"]) for s in drop["steps"]] == [
        ("rover drive distance=5", False, 4), ("rover release tube=M1", True, 5),
    ]  # fmt: skip
    assert drop["draft"]["text"] == DROP
    assert (mission["procedure"], mission["of"]) == ("mission", 1)
