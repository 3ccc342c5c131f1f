"""What a procedure notes of its steps, how long a demand on tubes takes, and how that is shown."""

import asyncio
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from flight.icd.messages import Rung, Severity
from ground.mission_control.procedures import steps
from ground.mission_control.views.progress import (
    Progress,
    ProgressDisplay,
    ShownEvent,
    line,
    render,
)

Fly = Callable[..., Any]
DRIVE = "do: command, vehicle: rover, command: drive, arguments: {distance: 1.0}"


def logged(ground: Any) -> list[tuple[str, str]]:
    return [tuple(row) for row in ground.control.archive.rows(
        "SELECT step, text FROM procedure_log ORDER BY time_ns, rowid"
    )]  # fmt: skip


def test_each_command_is_noted_with_its_verdict_and_each_end_with_its_reason(fly: Fly) -> None:
    text = (
        f"  - {{{DRIVE}}}\n  - {{do: phase, phase: second}}\n"
        f"  - {{{DRIVE}, on_failure: continue}}\n"
        "  - {do: end, verdict: failed, reason: it is enough}\n"
    )

    async def flight(ground: Any) -> Any:
        ground.vehicle.report = _detailed(ground.vehicle)
        asyncio.get_running_loop().call_at(
            6_000.0, lambda: setattr(ground.vehicle, "ending", Rung.FAILED)
        )
        outcome = await ground.run()
        return outcome, logged(ground)

    outcome, log = fly(text, flight)
    assert outcome.verdict == "failed" and outcome.reason.endswith("it is enough")
    assert ("steps[0]", "rover drive: COMPLETED well") in log
    assert ("second", "phase begins") in log
    assert ("steps[2]", "rover drive: FAILED well") in log
    assert ("steps[2]", "failed: rover drive ended FAILED: well") in log
    assert log[-1][0] == "end" and log[-1][1].startswith("failed ")


def _detailed(vehicle: Any) -> Any:
    before = vehicle.report

    def report(order: Any, rung: Rung, detail: str = "", repeated: bool = False) -> None:
        before(order, rung, detail or "well", repeated)

    return report


def demanded(fly: Fly, demand: str, *tubes: str) -> tuple[str, float]:
    """How a demand at 5000 s ends and when, with those tubes in the container."""

    async def flight(ground: Any) -> Any:
        for tube in tubes:
            asyncio.get_running_loop().call_at(
                9.0, lambda tube=tube: ground.vehicle.custody(tube, "container")
            )
        outcome = await ground.run()
        return outcome.verdict, ground.stations.now

    text = "  - {do: pause, seconds: 5000}\n"
    text += "  - {do: assert_custody, tubes: '${tube_ids}', places: [container, orbit], "
    return fly(text + demand + "}\n", flight)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("tubes", "seconds"), [(("M1", "M2"), 0.0), (("M1",), 0.5 * 88_775.24414688)]
)
def test_a_demand_that_is_met_takes_no_time_and_one_that_some_meet_takes_all_of_it(
    fly: Fly, tubes: tuple[str, ...], seconds: float
) -> None:
    verdict, ended = demanded(fly, "at_least: 1, limit_sols: 0.5", *tubes)
    assert verdict == "complete" and ended == pytest.approx(5000.0 + seconds)


@pytest.mark.parametrize(("at_least", "verdict"), [(1, "complete"), (2, "failed")])
def test_a_demand_without_a_limit_fails_at_once_unless_enough_is_there(
    fly: Fly, at_least: int, verdict: str
) -> None:
    assert demanded(fly, f"at_least: {at_least}", "M1") == (verdict, 5000.0)


def test_a_time_that_is_over_is_not_waited_for(fly: Fly) -> None:
    text = (
        "  - {do: pause, seconds: 5000}\n  - {do: wait_until, sol: 0, lmst: 0.0}\n"
        "  - {do: pause, seconds: 0}\n"
    )

    async def flight(ground: Any) -> Any:
        return (await ground.run()).verdict, ground.stations.now

    assert fly(text, flight) == ("complete", 5000.0)


def test_that_it_was_taken_up_again_is_noted_where_it_stood(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        await ground.run_and_kill_at(1500.0)
        ground.start()
        await ground.run()
        return logged(ground)

    log = fly("  - {do: pause, seconds: 1000}\n" * 2, flight)
    assert log.count(("steps[1]", "resumed")) == 1 and ("steps[0]", "resumed") not in log


def test_what_it_waits_for_in_a_round_is_named_by_the_visit_and_stands_at_its_step(
    fly: Fly,
) -> None:
    text = (
        "  - {do: pause, seconds: 1000, label: again}\n"
        "  - {do: branch, telemetry: {vehicle: rover, channel: charge, comparison: '<',"
        " value: 0.3}, then: done}\n"
        "  - {do: goto, to: again}\n  - {do: end, label: done}\n"
    )

    async def flight(ground: Any) -> Any:
        handling, seen = ground.control.runner.handling, []
        loop = asyncio.get_running_loop()
        loop.call_at(2_500.0, handling.pause, "anna")
        loop.call_at(3_500.0, lambda: seen.append(handling.hold))
        loop.call_at(3_600.0, handling.jump, "anna", 3, "enough", 4)
        loop.call_at(3_700.0, lambda: seen.append(handling.hold))
        loop.call_at(3_800.0, handling.go, "anna", "")
        outcome = await ground.run()
        return outcome.verdict, [(hold.kind, hold.id, hold.position) for hold in seen]

    verdict, held = fly(text, flight)
    assert held == [("paused", "9", 1), ("paused", "10", 3)] and verdict == "complete"


# -------------------------------------------------------------------------------- the screen


def progress(fraction: float = 0.5, **more: Any) -> Progress:
    given = {
        "phase": "First", "fraction": fraction, "now": 0.0, "time": "Sol 001 M 00:00:00",
        "light_time": "light time 1 s", "next_pass": "no pass predicted", "activity": "",
        "places": {}, "alarms": 0, "silent": [], "ended": "", **more,
    }  # fmt: skip
    return Progress(**given)


def drawn(state: Progress, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(render(state))
    return console.export_text().rstrip("\n").split("\n")


@pytest.mark.parametrize(("fraction", "told"), [(0.0, "  0%"), (0.05, "  5%"), (1.0, "100%")])
def test_the_bar_stays_as_long_as_it_is_whatever_it_says(fraction: float, told: str) -> None:
    [bar] = [row for row in drawn(progress(fraction)) if "%" in row]
    assert bar.endswith(f"{told} │")
    assert line(progress(fraction)).startswith(f"{told} Sol 001 M")


def test_what_there_is_nothing_of_is_not_shown() -> None:
    rows = "\n".join(drawn(progress()))
    assert "none reported yet" in rows
    for absent in ("now", "alarms", "silent", "complete"):
        assert absent not in rows
    shown = "\n".join(drawn(progress(
        activity="rover drive", silent=["mav"], ended="failed", places={"container": ["M1", "M2"]},
        events=[ShownEvent("0", "rover", Severity.FATAL, "it fell"),
                ShownEvent("1", "rover", Severity.COMMAND, "drive")],
    )))  # fmt: skip
    for present in ("now    rover drive", "alarms silent: mav", " failed ", "FATAL it fell", "●●",
                    "container\u00a02"):  # fmt: skip
        assert present in shown, present
    both = "\n".join(drawn(progress(alarms=2, silent=["mav", "arm"])))
    assert "2 not acknowledged · silent: mav, arm" in both


class Looked:
    """A mission control of which the progress display asks, as far as it does here."""

    def __init__(self, step: Any = None, passes: tuple[tuple[float, float], ...] = ()) -> None:
        instruction = None if step is None else SimpleNamespace(step=step)
        self.runner = SimpleNamespace(
            instruction=instruction, program=SimpleNamespace(instructions=[])
        )
        self.stations = SimpleNamespace(
            passes=lambda: [SimpleNamespace(start=a, end=b) for a, b in passes]
        )
        self.open: list[Any] = []
        self.tracker = SimpleNamespace(open_commands=lambda: self.open)
        self.uplink = SimpleNamespace(waiting_for="")

    def display(self) -> ProgressDisplay:
        return ProgressDisplay(self)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("passes", "told"),
    [((), "no pass predicted"), (((100.0, 160.0),), "pass under way, 1 min 00 s left"),
     (((160.0, 900.0), (1e5, 2e5)), "next pass in 1 min 00 s"),
     (((40.0, 130.0),), "pass under way, 30 s left")],
)  # fmt: skip
def test_a_pass_is_under_way_from_its_first_instant_on(passes: Any, told: str) -> None:
    assert Looked(passes=passes).display()._next_pass(100.0) == told


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (None, ""),
        (steps.WaitForEvent(vehicle="rover", event="arrived", limit_sols=1.0),
         "waiting for rover arrived"),
        (steps.WaitUntil(sol=3, lmst=9.5), "waiting for sol 3, 09:30"),
        (steps.WaitUntil(sol=3, lmst=23.995), "waiting for sol 3, 24:00"),
        (steps.CommandStep(vehicle="rover", command="drive",
                           arguments={"distance": 1.5, "tubes": ["M1"], "to": "depot"}),
         "rover drive 1.5 depot"),
        (steps.AssertCustody(tubes=["M1"], places=["orbit"]), "checking the chain of custody"),
    ],
)  # fmt: skip
def test_what_it_is_at_is_told_in_words(step: Any, told: str) -> None:
    assert Looked(step).display()._activity(0.0) == told


@pytest.mark.parametrize(
    ("command", "waiting", "told"),
    [
        ({}, "", "rover drive · SENT"), ({"sent_ns": None}, "no link", "rover drive · waiting for"),
        ({"sent_ns": 5}, "no link", "rover drive · SENT"),
        ({"sent_ns": None}, "", "rover drive · SENT"),
        ({"expected_ns": 90_000_000_000}, "", "rover drive · SENT · answer within 1 min 00 s"),
        ({"expected_ns": 90_000_000_000, "rung": "PROGRESS", "detail": "half"}, "",
         "rover drive · SENT half · answer within"),
        ({"expected_ns": 90_000_000_000, "rung": "STARTED", "detail": "half"}, "",
         "rover drive · SENT · answer within"),
    ],
)  # fmt: skip
def test_a_command_on_its_way_says_what_it_waits_for(
    command: dict[str, Any], waiting: str, told: str
) -> None:
    looked = Looked(steps.CommandStep(vehicle="rover", command="drive"))
    assert looked.display()._activity(30.0) == "rover drive"
    plain = {"sent_ns": 1, "expected_ns": None, "status": "SENT", "rung": "", "detail": ""}
    given = {**plain, **command}
    looked.open = [SimpleNamespace(expected_ns=None, status="OLD"), SimpleNamespace(**given)]
    looked.uplink.waiting_for = waiting
    assert looked.display()._activity(30.0).startswith(told)
    assert "OLD" not in looked.display()._activity(30.0)
