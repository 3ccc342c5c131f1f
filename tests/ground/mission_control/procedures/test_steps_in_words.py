"""Steps in words, and how far a procedure has come, as a screen tells them."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.runtime.loop import VirtualLoop, run
from ground.mission_control.execution.hibernations import Hibernations
from ground.mission_control.procedures import steps
from ground.mission_control.service.requests.procedures import describe
from ground.mission_control.telemetry.watches import Watches
from ground.mission_control.timing.durations import duration
from ground.mission_control.views.progress import ProgressDisplay

SOL = 88_775.244

COMMAND = steps.CommandStep("rover", "drive", arguments={"distance": 5.0, "to": "A"})
EVENT = steps.WaitForEvent(vehicle="rover", event="arrived", limit_sols=1.0)
TELEMETRY = steps.WaitForTelemetry(
    vehicle="rover", channel="charge", comparison=">=", value=0.5, limit_sols=1.0
)
UNTIL = steps.WaitUntil(sol=60, lmst=9.5)
CUSTODY = steps.AssertCustody(tubes=["M1", "M2"], places=["mav", "lander_rack"])
LONG = "x" * 300
FLAGS = steps.CommandStep(
    "rover", "set", arguments={"on": True, "off": False, "tubes": ["M1", "M2"]}
)
AWAKE = steps.TelemetryIs("rover", "asleep", "==", value=False)
ABOARD = steps.CustodyIs(tubes=["M1", "M2"], places=["mav", "hand"], at_least=0)
NONE = steps.CustodyIs(tubes=[], places=["mav"], at_least=1)
EACH = steps.CustodyIs(tubes="EACH", places=["mav"])
DONE = steps.VerdictIs(among=["COMPLETED", "FAILED"])
TOLD = steps.VerdictIs(among=["FAILED"], of="egress")
GO = steps.AnswerIs(of="ready", among=["go", "wait"])


def branch(**condition: Any) -> steps.Branch:
    return steps.Branch(then="a", otherwise="b", **condition)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (COMMAND, "rover drive distance=5.0, to=A"),
        (EVENT, "wait for rover arrived"),
        (TELEMETRY, "wait for rover charge >= 0.5"),
        (UNTIL, "wait until sol 60, 9.5 h"),
        (steps.Pause(seconds=10.0, sols=1.0), "pause 10 s, 1 sols"),
        (steps.Pause(sols=0.5), "pause 0.5 sols"), (steps.Pause(), "go on"),
        (FLAGS, "rover set on=yes, off=no, tubes=[M1, M2]"),
        (branch(telemetry=AWAKE), "if rover asleep == no: go to a, else to b"),
        (branch(custody=ABOARD), "if at least 0 of M1, M2 at mav or hand: go to a, else to b"),
        (branch(custody=NONE), "if at least 1 of no tube at mav: go to a, else to b"),
        (branch(custody=EACH), "if EACH at mav: go to a, else to b"),
        (branch(verdict=DONE), "if the last command is COMPLETED or FAILED: go to a, else to b"),
        (branch(verdict=TOLD), "if egress is FAILED: go to a, else to b"),
        (branch(answer=GO), "if ready was answered go or wait: go to a, else to b"),
        (steps.Branch(then="a", telemetry=AWAKE), "if rover asleep == no: go to a"),
        (steps.Phase(phase="second"), "phase second"),
        (CUSTODY, "M1, M2 at mav or lander_rack"),
        (steps.Goto(to="again"), "go to again"),
        (steps.End(verdict="failed", reason="no tube"), "end: failed no tube"),
        (steps.End(), "end: complete"),
        (steps.Survey(vehicle="rover", limit_sols=1.0), "survey"),
        (
            steps.CommandStep("rover", "say", arguments={"text": LONG}),
            ("rover say text=" + LONG)[:200],
        ),
        (steps.End(reason=LONG), ("end: complete " + LONG)[:200]),
        (
            steps.AssertCustody(tubes=[LONG], places=["mav"]), LONG[:200],
        ),
    ],
)  # fmt: skip
def test_a_step_in_words_is_not_longer_than_a_line(step: Any, words: str) -> None:
    found: Any = SimpleNamespace(step=step)
    assert describe(found) == words and len(words) <= 200


def screen(**known: Any) -> Any:
    display = object.__new__(ProgressDisplay)
    display._control = SimpleNamespace(**known)  # type: ignore[assignment]
    return display


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (EVENT, "waiting for rover arrived"),
        (TELEMETRY, "waiting for rover charge >= 0.5"),
        (UNTIL, "waiting for sol 60, 09:30"),
        (CUSTODY, "checking the chain of custody"),
        (steps.Pause(seconds=1.0), ""),
    ],
)
def test_what_is_waited_for_is_on_the_screen(step: Any, words: str) -> None:
    runner = SimpleNamespace(instruction=SimpleNamespace(step=step))
    assert screen(runner=runner)._activity(0.0) == words
    assert screen(runner=SimpleNamespace(instruction=None))._activity(0.0) == ""


@pytest.mark.parametrize(
    ("command", "waiting", "words"),
    [
        (None, "", "rover drive 5 A"),
        ({"sent_ns": None}, "no link", "rover drive 5 A · waiting for the link"),
        ({"sent_ns": None}, "", "rover drive 5 A · WAITING"),
        ({"sent_ns": 1}, "no link", "rover drive 5 A · WAITING"),
        (
            {"expected_ns": 65_000_000_000}, "",
            "rover drive 5 A · WAITING · answer within 1 min 05 s",
        ),
        (
            {"expected_ns": 9_000_000_000, "rung": "PROGRESS", "detail": "half"}, "",
            "rover drive 5 A · WAITING half · answer within 9 s",
        ),
    ],
)  # fmt: skip
def test_how_far_a_command_has_come_is_on_the_screen(
    command: dict[str, Any] | None, waiting: str, words: str
) -> None:
    plain = {"sent_ns": None, "expected_ns": None, "status": "WAITING", "rung": "", "detail": ""}
    opened = [] if command is None else [SimpleNamespace(**plain | command)]
    display = screen(
        tracker=SimpleNamespace(open_commands=lambda: opened),
        uplink=SimpleNamespace(waiting_for=waiting),
    )
    assert display._command_activity(COMMAND, 0.0) == words


@pytest.mark.parametrize(
    ("passes", "words"),
    [
        ([], "no pass predicted"),
        ([(100.0, 165.0)], "pass under way, 1 min 05 s left"),
        ([(130.0, 900.0)], "next pass in 30 s"),
    ],
)
def test_the_next_pass_is_on_the_screen(passes: list[tuple[float, float]], words: str) -> None:
    coming = [SimpleNamespace(start=start, end=end) for start, end in passes]
    assert screen(stations=SimpleNamespace(passes=lambda: coming))._next_pass(100.0) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5.0, "0 s"), (59.4, "59 s"), (60.0, "1 min 00 s"), (3599.0, "59 min 59 s"),
        (3600.0, "1 h 00 min"), (177_550.0, "49 h 19 min"), (177_551.0, "2.0 sols"),
    ],
)  # fmt: skip
def test_a_span_of_time_is_told_in_what_people_count_by(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def fraction(phase: str, places: dict[str, str], position: int = 0, ended: str = "") -> float:
    """How much is behind, of phases of weights 1, 3 and 4; the second has tubes, the third ten
    steps from the tenth on."""
    program = SimpleNamespace(
        phases=[
            steps.PhaseEntry(name="first", title="", weight=1.0),
            steps.PhaseEntry("second", "", 3.0, ["M1", "M2"], ["mav"]),
            steps.PhaseEntry(name="third", title="", weight=4.0),
        ]
    )
    begun = [SimpleNamespace(name=phase)] if phase else []
    cursor = SimpleNamespace(ended=ended, phases=begun, position=position)
    display = screen(
        runner=SimpleNamespace(program=program, cursor=cursor),
        custody=SimpleNamespace(place=lambda tube: places.get(tube, "")),
    )
    display._spans = {"first": (0, 4), "third": (10, 20)}
    return float(display.fraction())


def test_what_is_behind_counts_by_weight_by_tubes_and_by_steps() -> None:
    assert fraction("", {}) == 0.0
    assert fraction("first", {}, 2) == 0.5 / 8.0
    assert fraction("first", {}, 9) == 1.0 / 8.0
    assert fraction("second", {}) == 1.0 / 8.0
    assert fraction("second", {"M1": "mav", "M2": "rover_rack"}) == (1.0 + 1.5) / 8.0
    assert fraction("second", {"M1": "mav", "M2": "mav"}) == 4.0 / 8.0
    assert fraction("third", {}, 15) == (4.0 + 2.0) / 8.0
    assert fraction("third", {}, 1) == 4.0 / 8.0
    assert fraction("third", {}, 15, "complete") == 1.0
    assert fraction("third", {}, 15, "failed") == 6.0 / 8.0


@pytest.mark.parametrize(("sols", "done"), [(3.0, True), (12.0, False)])
def test_who_waits_for_a_sleeper_says_so_at_its_begin_and_at_its_end(
    sols: float, done: bool
) -> None:
    logged: list[str] = []
    awake: list[int] = []

    async def main() -> bool:
        loop, watches = asyncio.get_running_loop(), Watches()
        asleep = [True]

        def wakes() -> None:
            asleep.clear()
            watches.happened("sample", "lander", "hibernating")

        loop.call_at(sols * SOL, wakes)
        tools: Any = SimpleNamespace(
            telemetry=SimpleNamespace(value=lambda who, what: bool(asleep)), watches=watches,
            clock=SimpleNamespace(now=loop.time),
        )  # fmt: skip
        rules: Any = SimpleNamespace(needs={}, hibernation_sols=10.0)
        kept = Hibernations(
            rules, tools, lambda path, text: logged.append(text), lambda: awake.append(1)
        )
        told = await kept.sit_out("steps[0]", "lander")
        if done:
            assert not await kept.sit_out("steps[0]", "lander")  # it is awake: nobody waits
        return told

    assert run(main(), VirtualLoop()) is done
    assert logged[0] == "waits: lander hibernates" and len(logged) == 2
    assert len(awake) == int(done)
    no_longer = "waits no longer: lander has hibernated for 10 sols"
    assert logged[1].startswith("goes on after 3.0 sols" if done else no_longer)
