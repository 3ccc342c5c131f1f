"""Procedures in people's hands: what goes on, what waits, who may, and what a death leaves."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import Rung
from ground.api import commanding, controlling, reads
from ground.mission_control.service.handling import Asked
from tests.ground.mission_control.people import ANNA, BEN, EVE, MAX, People, use_files

Fly = Callable[..., Any]
DRIVE = "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 5.0}}\n"
RELEASE = "  - {do: command, vehicle: rover, command: release, arguments: {tube: M1}}\n"
WAIT = "  - {do: pause, seconds: 1000}\n"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_files(tmp_path, monkeypatch)


def pause(name: str | None = None) -> controlling.ProcedurePause:
    return controlling.ProcedurePause(name)


def go(why: str = "") -> controlling.ProcedureGo:
    return controlling.ProcedureGo(why)


class Script:
    """Does things at instants of mission time, and keeps the answers."""

    def __init__(self, ground: Any) -> None:
        self.people = People(ground)
        self.answers: dict[float, Any] = {}

    def at(self, time: float, who: Asked, request: Any) -> None:
        def do() -> None:
            self.answers[time] = self.people.do(who, request)

        asyncio.get_running_loop().call_at(time, do)

    def held(self, time: float) -> None:
        """Keeps what the mission's own procedure waits for at an instant, and what it came to."""

        def look() -> None:
            state = self.people.look(reads.GetProcedure())
            hold = state["hold"]
            kind = None if hold is None else hold["kind"]
            begun = [position for position, _ in state["begun"]]
            self.answers[time] = (kind, state["position"], state["hold"], begun)

        asyncio.get_running_loop().call_at(time, look)

    def kinds(self) -> list[tuple[str | None, int]]:
        return [each[:2] for each in self.answers.values() if isinstance(each, tuple)]


def issued(ground: Any) -> list[str]:
    return [each.order.name for each in ground.control.tracker.commands()]


def test_nobody_there_it_runs_by_itself_and_hazardous_commands_too(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        Script(ground)
        outcome = await ground.run()
        return outcome.verdict, issued(ground), ground.stations.now

    assert fly(RELEASE, flight) == ("complete", ["release", "release"], pytest.approx(1300.0))


def test_it_is_paused_stepped_and_goes_on(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.at(100.0, ANNA, pause())
        script.at(101.0, ANNA, pause())
        script.at(102.0, ANNA, go())
        script.at(103.0, ANNA, go())
        script.at(104.0, ANNA, pause())
        script.held(1500.0)
        script.at(2000.0, ANNA, controlling.ProcedureStep())
        script.held(2500.0)
        script.held(3500.0)
        script.at(4000.0, ANNA, go())
        script.at(4001.0, ANNA, go())
        outcome = await ground.run()
        return script, outcome.verdict, ground.stations.now

    script, verdict, ended = fly(WAIT * 4, flight)
    # paused while its first step goes on; stands before the second; does that alone
    assert script.kinds() == [("paused", 1), (None, 1), ("paused", 2)]
    assert script.answers[101.0] == "the procedure is paused already"
    # told to go on while its step goes on, it has never stood; and may be paused again
    assert script.answers[102.0]["position"] == 0
    assert script.answers[103.0].startswith("the procedure runs: it is not paused or failed")
    assert script.answers[4001.0].startswith("the procedure runs")
    assert (verdict, ended) == ("complete", pytest.approx(6000.0))
    told = script.people.journal("proc")
    assert ("paused", "anna") in told and ("stepped", "anna") in told
    assert told.count(("step", "")) >= 4


def test_who_may_not_is_refused_and_nothing_waits_for_them(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.at(100.0, EVE, pause())
        script.at(101.0, MAX, controlling.ProcedureStop("no"))
        await ground.run()
        return script

    script = fly(WAIT, flight)
    assert script.answers[100.0].startswith("procedure_pause needs the role operator or director")
    assert script.answers[101.0].startswith("procedure_stop needs the role")


def test_a_failed_step_is_tried_again_or_passed_for_a_reason(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        ground.vehicle.ending = Rung.FAILED
        script.at(10.0, ANNA, controlling.ProcedureRun("mission"))
        script.held(2000.0)
        script.at(2001.0, ANNA, controlling.ProcedureStep())
        script.at(2002.0, ANNA, controlling.ProcedureRetry())
        script.held(12_000.0)  # the next pass is over
        script.at(12_001.0, ANNA, go())
        script.at(12_002.0, ANNA, go("it stands well where it is"))
        outcome = await ground.run()
        return script, outcome.verdict, issued(ground)

    script, verdict, commands = fly(DRIVE + WAIT, flight)
    assert script.kinds() == [("failed", 0), ("failed", 0)]
    assert "ended FAILED" in script.answers[2000.0][2]["text"]
    assert script.answers[2001.0].startswith("the procedure waits for people (failed")
    assert "for a reason" in script.answers[12_001.0]
    assert (verdict, commands) == ("complete", ["drive", "drive"])


def test_a_failed_step_that_nobody_attends_ends_it_as_before(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        Script(ground)
        ground.vehicle.ending = Rung.FAILED
        return await ground.run()

    assert fly(DRIVE + WAIT, flight).verdict == "failed"


def test_a_step_that_says_what_follows_its_failure_waits_for_nobody(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        ground.vehicle.ending = Rung.FAILED
        script.at(10.0, ANNA, controlling.ProcedureRun("mission"))
        return (await ground.run()).verdict

    assert fly(DRIVE.replace("}}", "}, on_failure: continue}") + WAIT, flight) == "complete"


def test_it_jumps_over_steps_and_stands_before_the_one_it_jumped_to(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.at(10.0, ANNA, pause())
        script.at(11.0, ANNA, controlling.ProcedureJump(3, "not while it works"))
        script.at(1500.0, ANNA, controlling.ProcedureJump(4, "there is none"))
        script.at(1501.0, ANNA, controlling.ProcedureJump(3, "was done by hand"))
        script.held(1502.0)
        script.at(1503.0, ANNA, go())
        outcome = await ground.run()
        return script, outcome.verdict, issued(ground)

    script, verdict, commands = fly(WAIT + DRIVE + DRIVE + WAIT, flight)
    assert script.answers[1502.0][3] == [0, 3]  # what it was led away from was passed over
    assert script.answers[11.0].startswith("the procedure runs")
    assert script.answers[1500.0] == "step = 4: allowed is 0 to 3"
    assert script.kinds() == [("paused", 3)]
    assert (verdict, commands) == ("complete", [])


@pytest.mark.parametrize("paused", [False, True])
def test_it_is_stopped_whatever_it_does(fly: Fly, paused: bool) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        if paused:
            script.at(10.0, ANNA, pause())
        script.at(1500.0, ANNA, controlling.ProcedureStop("the wind rises"))
        outcome = await ground.run()
        late = script.people.do(ANNA, controlling.ProcedureStop("once more"))
        return outcome, ground.stations.now, late

    outcome, now, late = fly(WAIT * 4, flight)
    assert (outcome.verdict, now) == ("failed", pytest.approx(1500.0))
    assert "stopped by anna: the wind rises" in outcome.reason
    assert late.startswith("mission has ended: failed")


def approve(answer: str = "approve", prompt: str = "approve-2") -> controlling.ProcedureAnswer:
    return controlling.ProcedureAnswer(prompt, answer, "seen")


@pytest.mark.requirement("REC-05")
def test_a_hazardous_command_waits_for_a_second_person(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        ben_alone = Asked("ben", "s4", ("operator",), "k")
        script.at(0.5, BEN, pause())
        script.at(2000.0, BEN, go())
        script.held(2001.0)
        script.at(2002.0, BEN, approve(prompt="approve-3"))
        script.at(2003.0, ANNA, approve(prompt="approve-3"))
        script.at(2004.0, ben_alone, go())
        cora = Asked("cora", "s5", ("director",), "k")
        script.at(2005.0, cora, approve(prompt="approve-2"))
        script.at(2006.0, cora, approve(prompt="approve-3", answer="perhaps"))
        before: list[Any] = []
        asyncio.get_running_loop().call_at(2007.0, lambda: before.extend(issued(ground)))
        script.at(2008.0, cora, approve(prompt="approve-3"))
        script.at(2009.0, cora, approve(prompt="approve-3"))
        outcome = await ground.run()
        return script, outcome.verdict, before, issued(ground)

    script, verdict, before, after = fly(WAIT + RELEASE, flight)
    kind, _, hold, _ = script.answers[2001.0]
    assert (kind, hold["id"], hold["command"]["arguments"]) == (
        "approval", "approve-3", {"tube": "M1"},
    )  # fmt: skip
    assert script.answers[2002.0] == (
        "ben has the procedure go on: a second person has to approve"
    )
    assert script.answers[2003.0] == "a hazardous command needs the role director to be approved"
    assert "waits for people (approval" in script.answers[2004.0]
    assert "waits for an answer to 'approve-3'" in script.answers[2005.0]
    assert script.answers[2006.0] == "answer = 'perhaps': allowed is one of approve, refuse"
    assert script.answers[2009.0].startswith("the procedure runs")  # the second time
    assert (before, after, verdict) == ([], ["release", "release"], "complete")


def test_who_has_their_roles_from_the_first_approves_nothing(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        boss = Asked("boss", "s6", ("admin", "operator"), "k")
        dora = Asked("dora", "s7", (), "k")
        script.at(1.0, boss, commanding.RolesSet("dora", ("director",)))
        script.at(2.0, boss, controlling.ProcedureRun("mission"))
        script.at(1100.0, dora, approve(prompt="approve-3"))
        script.at(1200.0, BEN, approve("refuse", prompt="approve-3"))
        script.held(1201.0)
        script.at(1300.0, boss, controlling.ProcedureStop("refused"))
        await ground.run()
        return script, issued(ground)

    script, commands = fly(WAIT + RELEASE, flight)
    assert script.answers[1100.0] == "dora has roles from boss: another has to approve"
    assert script.answers[1201.0][2]["text"] == "refused by ben: seen"
    assert (script.kinds(), commands) == ([("failed", 1)], [])


def test_a_vehicle_that_another_holds_is_not_commanded(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.at(1.0, BEN, commanding.AuthorityTake("rover"))
        script.at(2.0, ANNA, controlling.ProcedureRun("mission"))
        script.held(1500.0)
        script.at(1501.0, BEN, commanding.AuthorityRelease("rover"))
        script.at(1502.0, ANNA, controlling.ProcedureRetry())
        outcome = await ground.run()
        return script, outcome.verdict, issued(ground)

    script, verdict, commands = fly(WAIT + DRIVE, flight)
    assert script.answers[1500.0][2]["text"] == "ben holds rover, not anna"
    assert (verdict, commands) == ("complete", ["drive"])


PROMPT = (
    "  - {do: prompt, label: sure, text: Is the place free?, answers: ['yes', 'no'], "
    "otherwise: 'no'}\n"
    "  - {do: branch, then: drive, answer: {of: sure, among: ['yes']}}\n"
    "  - {do: end}\n"
    "  - {do: command, vehicle: rover, command: drive, arguments: {distance: 5.0}, label: drive}\n"
)


def test_a_prompt_takes_its_default_where_nobody_attends(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        Script(ground)
        outcome = await ground.run()
        return outcome.verdict, issued(ground), ground.stations.now

    assert fly(PROMPT, flight) == ("complete", [], 0.0)


def test_a_prompt_is_answered_once_and_the_branch_goes_by_it_over_a_restart(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.at(1.0, ANNA, controlling.ProcedureRun("mission"))
        script.at(1100.0, ANNA, controlling.ProcedureAnswer("sure", "maybe"))
        await ground.run_and_kill_at(1200.0)
        ground.start()
        again = Script(ground)
        again.people.count = 100
        again.held(1300.0)
        again.at(1400.0, BEN, controlling.ProcedureAnswer("sure", "yes"))
        again.at(1401.0, BEN, controlling.ProcedureAnswer("sure", "no"))
        outcome = await ground.run()
        return script, again, outcome.verdict, issued(ground)

    script, again, verdict, commands = fly(WAIT + PROMPT, flight)
    assert script.answers[1100.0] == "answer = 'maybe': allowed is one of yes, no"
    assert again.kinds() == [("prompt", 1)]
    assert again.answers[1401.0].startswith("the procedure runs")
    assert (verdict, commands) == ("complete", ["drive"])


POLL = "  - {do: poll, text: Go for the drive?, roles: [director, operator]}\n"


def vote(answer: str, poll: str = "poll-3") -> controlling.ProcedurePoll:
    return controlling.ProcedurePoll(poll, answer, "all green")  # type: ignore[arg-type]


def test_a_poll_needs_a_person_for_each_role(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.at(1.0, ANNA, controlling.ProcedureRun("mission"))
        script.at(1100.0, MAX, vote("go"))
        script.at(1101.0, BEN, vote("go"))
        script.at(1102.0, BEN, vote("go"))  # who has both roles counts for one
        script.held(1103.0)
        await ground.run_and_kill_at(1150.0)
        ground.start()
        again = Script(ground)
        again.people.count = 100
        again.at(1200.0, ANNA, vote("go"))
        outcome = await ground.run()
        return script, again, outcome.verdict, issued(ground)

    script, again, verdict, commands = fly(WAIT + POLL + DRIVE, flight)
    assert script.answers[1100.0] == (
        "the poll waits for director, operator; max is none of these"
    )
    assert script.answers[1102.0] == "ben has said go already"
    assert script.answers[1103.0][2]["said"] == {"ben": "director"}
    assert again.answers[1200.0]["hold"] is None
    assert (verdict, commands) == ("complete", ["drive"])


def test_one_no_go_fails_the_poll(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.at(1.0, ANNA, controlling.ProcedureRun("mission"))
        script.at(1100.0, BEN, vote("go"))
        script.at(1101.0, MAX, vote("no-go"))
        script.held(1102.0)
        script.at(1103.0, ANNA, controlling.ProcedureStop("no-go"))
        await ground.run()
        return script, issued(ground)

    script, commands = fly(WAIT + POLL + DRIVE, flight)
    assert script.answers[1102.0][2]["text"] == "no-go by max: all green"
    assert (script.kinds(), commands) == ([("failed", 1)], [])


TOLD = (
    "  - {do: command, vehicle: rover, command: release, "
    "from_event: {vehicle: rover, event: arrived, fields: {tube: place}}}\n"
)


def test_what_was_approved_leaves_and_what_has_changed_is_asked_for_again(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script, loop = Script(ground), asyncio.get_running_loop()

        def arrive(time: float, tube: str) -> None:
            loop.call_at(time, lambda: ground.vehicle.event("arrived", place=tube, left=0.0))

        arrive(1.0, "M1")
        script.at(2.0, ANNA, controlling.ProcedureRun("mission"))
        script.held(1100.0)
        arrive(550.0, "M2")  # here at 1150: after it was asked for M1
        cora = Asked("cora", "s5", ("director",), "k")
        script.at(1200.0, cora, approve(prompt="approve-3"))
        script.held(1201.0)
        script.at(1300.0, cora, approve(prompt="approve-3"))
        arrive(800.0, "M3")  # here at 1400: after it was sent
        await ground.run_and_kill_at(1500.0)
        ground.start()
        again = Script(ground)
        again.people.count = 100
        again.held(1600.0)
        outcome = await ground.run()
        return script, again, outcome.verdict, ground.control.tracker.commands()

    script, again, verdict, commands = fly(WAIT + TOLD, flight)
    asked = [script.answers[time][2]["command"]["arguments"] for time in (1100.0, 1201.0)]
    assert asked == [{"tube": "M1"}, {"tube": "M2"}]
    assert again.kinds() == [(None, 1)]  # it was sent: nobody is asked anew
    assert verdict == "complete"
    assert [each.order.arguments for each in commands] == [{"tube": "M2"}] * 2


@pytest.mark.requirement("REC-05")
def test_what_it_waits_for_survives_the_death_of_the_ground(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.at(1.0, ANNA, controlling.ProcedureRun("mission"))
        script.held(1100.0)
        await ground.run_and_kill_at(1150.0)
        ground.start()
        again = Script(ground)
        again.people.count = 100
        again.held(1160.0)
        again.at(1200.0, BEN, approve(prompt="approve-3"))
        await ground.run_and_kill_at(1250.0)  # sent, and the answer is on its way
        ground.start()
        third = Script(ground)
        third.people.count = 200
        third.held(1300.0)
        outcome = await ground.run()
        return script, again, third, outcome.verdict, issued(ground)

    script, again, third, verdict, commands = fly(WAIT + RELEASE, flight)
    assert script.answers[1100.0] == again.answers[1160.0]
    assert third.kinds() == [(None, 1)]  # it is not asked for again, nor sent again
    assert (verdict, commands) == ("complete", ["release", "release"])


def test_a_stop_survives_the_death_of_the_ground(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.people.do(ANNA, controlling.ProcedureStop("before it began"))
        ground.control.archive.crash()
        ground._bus.close()
        ground.start()
        return await ground.run()

    outcome = fly(DRIVE, flight)
    assert outcome.verdict == "failed"
    assert "stopped by anna: before it began" in outcome.reason


def test_stopping_the_missions_own_says_that_the_run_ends(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        script = Script(ground)
        script.at(1500.0, ANNA, controlling.ProcedureStop("the wind rises"))
        await ground.run()
        return script

    script = fly(WAIT * 4, flight)
    assert script.answers[1500.0]["says"].endswith("the run ends with it")
