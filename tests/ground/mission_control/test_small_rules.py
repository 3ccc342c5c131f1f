"""Rules of mission control that stand by themselves: phases, shelves, recoveries, what fits."""

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.icd.messages import Command
from ground.mission_control.alarms.ground_limits import GroundLimits
from ground.mission_control.alarms.shelves import Shelves
from ground.mission_control.commanding.tracker import TrackedCommand, Verdict
from ground.mission_control.execution.cursor import Cursor
from ground.mission_control.execution.recovery import Recoverer, Recovery
from ground.mission_control.procedures.steps import CommandStep
from ground.mission_control.service.requests.reading import bounded
from ground.mission_control.telemetry.watches import Watches
from ground.mission_control.views.on_board import _parameters, _sequences
from ground.mission_control.views.passes import _state

# ------------------------------------------------------------------------ phases


def test_a_phase_begins_once_and_ends_the_one_before_it() -> None:
    cursor = Cursor("f")
    assert cursor.begin_phase("first", 1.0)
    assert not cursor.begin_phase("first", 2.0), "it goes on"
    assert cursor.begin_phase("second", 3.0)
    assert [(each.name, each.began, each.ended) for each in cursor.phases] == [
        ("first", 1.0, 3.0), ("second", 3.0, None),
    ]  # fmt: skip
    cursor.close_phase(4.0)
    cursor.close_phase(5.0)
    assert cursor.phases[-1].ended == 4.0, "what has ended does not end again"
    assert cursor.begin_phase("second", 6.0), "after its end it is another one"
    assert [each.ended for each in cursor.phases] == [3.0, 4.0, None]


@pytest.mark.parametrize(("now", "state"), [(9, "coming"), (10, "now"), (19, "now"), (20, "past")])
def test_a_pass_is_now_from_its_beginning_and_past_at_its_end(now: int, state: str) -> None:
    assert _state(10, 20, now) == state


# ----------------------------------------------------------------------- shelves


class Shelved:
    """Alarms of which the next one comes back at an instant (s)."""

    def __init__(self, *ends: float) -> None:
        self.ends = list(ends)
        self.checks: list[float] = []
        self.on_shelved: Any = None

    def next_return(self) -> int | None:
        return round(self.ends[0] * 1e9) if self.ends else None

    def check(self) -> None:
        now = asyncio.get_running_loop().time()
        self.checks.append(now)
        self.ends = [end for end in self.ends if end > now]


async def test_shelves_are_looked_at_when_they_end_and_at_no_other_time() -> None:
    loop = asyncio.get_running_loop()
    alarms: Any = Shelved(10.0, 25.0)
    with Shelves(alarms, lambda: round(loop.time() * 1e9)):
        await asyncio.sleep(30.0)
        assert alarms.checks == [0.0, 10.0, 25.0]
        alarms.ends = [40.0]
        alarms.on_shelved()
        alarms.ends = [50.0]
        alarms.on_shelved()  # set anew, not twice
        await asyncio.sleep(30.0)
        assert alarms.checks[3:] == [50.0]
        alarms.ends = [70.0]
        alarms.on_shelved()
    alarms.on_shelved()
    await asyncio.sleep(30.0)
    assert alarms.checks[4:] == [], "who has left looks no more"


async def test_what_came_back_while_nobody_was_there_is_seen_at_once() -> None:
    await asyncio.sleep(5.0)
    alarms: Any = Shelved(1.0)
    loop = asyncio.get_running_loop()
    with Shelves(alarms, lambda: round(loop.time() * 1e9)):
        assert alarms.checks == [loop.time()] and alarms.ends == []


# ------------------------------------------------------------------------ limits


def test_a_channel_without_limits_of_the_ground_is_not_judged_and_only_its_own_alarms_latch() -> (
    None
):
    judged: list[Any] = []
    limits = SimpleNamespace(
        own=lambda vehicle, channel: limits.of.get((vehicle, channel)), of={},
        judged=lambda vehicle, channel, value: (
            None if (vehicle, channel) not in limits.of else "NONE" if value is None else "RED"
        ),
        in_force=lambda vehicle: "night", settled=lambda vehicle, stamp_ns: False,
    )  # fmt: skip
    limits.of = {("rover", "charge"): SimpleNamespace(latched=True),
                 ("rover", "tilt"): SimpleNamespace(latched=False)}  # fmt: skip
    alarms = SimpleNamespace(
        judge=lambda *what: judged.append(what), latches=None,
        units=lambda vehicle, channel: {"charge": "", "tilt": "rad"}[channel],
    )  # fmt: skip
    ground: Any = GroundLimits(limits, SimpleNamespace(sample=lambda v, c: None), alarms)  # type: ignore[arg-type]

    def sample(value: Any) -> Any:
        return SimpleNamespace(value=value, occurred_ns=7, place=9)

    ground.take("rover", "east", sample(1.0))
    ground.take("rover", "charge", sample(None))
    assert judged == []
    ground.take("rover", "charge", sample(0.1))
    assert judged == [
        ("rover", "charge", "RED", "charge = 0.1 is RED by the limit set night", 7, 9)
    ]  # fmt: skip
    ground.take("rover", "tilt", sample(0.5))
    assert judged[-1][3] == "tilt = 0.5 rad is RED by the limit set night"
    assert ground._latches("rover", "limit charge (ground)")
    assert not ground._latches("rover", "limit tilt (ground)")
    assert not ground._latches("rover", "limit charge"), "the vehicle's own"
    assert not ground._latches("lander", "limit charge (ground)")


# ------------------------------------------------------------------ what is on board


def done(name: str, /, **arguments: Any) -> TrackedCommand:
    order = Command("mc-1", "rover", name, arguments, "test")
    return TrackedCommand(order, "mc-1", 60.0, 5, verdict=Verdict.COMPLETED)


def test_what_was_activated_is_thought_and_what_was_loaded_since_is_staged() -> None:
    found = _parameters(
        [done("load_parameters", values={"a": 1, "b": 2}), done("activate_parameters"),
         done("load_parameters", values={"b": 3})],
        [("parameters_activated", {"changed": {"a": 1}}, 1), ("other", {"changed": {"a": 9}}, 2),
         ("parameters_activated", "nonsense", 3)],
    )  # fmt: skip
    assert found == {
        "a": {"thought": 1, "told": 1, "agrees": True, "staged": None},
        "b": {"thought": 2, "told": None, "agrees": False, "staged": 3},
    }
    back = _parameters([], [("parameters_activated", {"changed": {"a": 1}}, 1),
                            ("parameters_defaulted", {}, 2)])  # fmt: skip
    assert back == {"a": {"thought": None, "told": None, "agrees": True, "staged": None}}


def test_sequences_are_what_was_done_beside_what_was_told() -> None:
    found = _sequences(
        [done("load_sequence", sequence={"name": "s"}), done("start_sequence", name="s"),
         done("abort_sequence", name="t"), done("drive")],
        [("sequence_paused", {"sequence": "s", "entry": 3, "run": 1}, 8), ("other", {}, 9),
         ("", {"sequence": "s"}, 9), ("sequence_ended", None, 9)],
    )  # fmt: skip
    assert set(found) == {"s", "t"}
    assert found["s"] == {
        "loaded_ns": 5, "thought": "started", "told": "paused", "entry": 3, "run": 1, "told_ns": 8,
    }  # fmt: skip
    assert (found["t"]["thought"], found["t"]["told"]) == ("aborted", "")


def test_an_answer_holds_as_much_as_it_may_and_one_thing_at_least() -> None:
    entries = ["x" * 98, "y" * 98, "z" * 98]
    size = len(msgspec.msgpack.encode(entries[0]))
    assert bounded(entries, 2 * size) == entries[:2]
    assert bounded(entries, 2 * size - 1) == entries[:1]
    assert bounded(entries, 1) == entries[:1] and bounded([], 1) == []
    assert bounded(entries, 9999) == entries


# ---------------------------------------------------------------------- recoveries

STEP = CommandStep(vehicle="rover", command="drive")


def recoverer(*kept: str, mode: str = "idle", per_step: int = 2, in_all: int = 3) -> Any:
    found: Any = object.__new__(Recoverer)
    found._rules = SimpleNamespace(
        per_step=per_step, in_all=in_all, critical={"rover": ["driving"]}
    )
    found._kept = [Recovery(name, "rover", "drive", "why", 0.0) for name in kept]
    found.why_not = ""
    found._mode_before_safe = lambda vehicle: mode
    return found


def test_so_many_recoveries_are_allowed_for_a_step_and_for_a_mission() -> None:
    assert recoverer()._is_left("1 a", STEP) and recoverer("1 a")._is_left("1 a", STEP)
    spent = recoverer("1 a", "1 a")
    assert not spent._is_left("1 a", STEP)
    assert spent.why_not == "; no recovery is left: 2 are allowed for a step"
    waited = recoverer("1 a", "1 a")
    waited._kept[0].silence = True
    assert waited._is_left("1 a", STEP), "one was led out, one was waited for"
    assert waited._is_left("1 a", STEP, silence=True)
    other = recoverer("1 a", "2 b")
    assert other._is_left("3 c", STEP), "those of other steps"
    spent = recoverer("1 a", "2 b", "3 c")
    assert not spent._is_left("4 d", STEP) and "3 are allowed for a mission" in spent.why_not


@pytest.mark.parametrize(("wanted", "left"), [(0, False), (1, True), (None, True)])
def test_a_step_may_say_how_many_it_allows(wanted: int | None, left: bool) -> None:
    step = CommandStep(vehicle="rover", command="drive", recoveries=wanted)
    assert recoverer()._is_left("1 a", step) is left
    assert recoverer()._is_left("1 a", None), "nobody commanded it: as the rules say"


@pytest.mark.parametrize(
    ("mode", "stays"),
    [("idle", False), ("driving", True), ("driving.uphill", True), ("drive", False)],
)
def test_out_of_a_critical_state_it_is_left_where_it_fell(mode: str, stays: bool) -> None:
    found = recoverer(mode=mode)
    assert bool(found._stays_there("rover")) is stays
    assert recoverer(mode=mode)._stays_there("lander") == "", "another one's rule"


def verdict(verdict: Verdict, detail: str = "", stage: str = "run") -> TrackedCommand:
    order = Command("mc-1", "rover", "drive", {}, "test", stage=stage)
    return TrackedCommand(order, "mc-1", 60.0, 0, verdict=verdict, detail=detail)


@pytest.mark.parametrize(
    ("command", "falls", "recovers"),
    [
        (verdict(Verdict.REJECTED, "drive is not allowed in state safe"), True, True),
        (verdict(Verdict.REJECTED, "drive is not allowed in the state safe"), True, True),
        (verdict(Verdict.REJECTED, "the battery is safe"), True, False),
        (verdict(Verdict.ABORTED, "low"), True, True),
        (verdict(Verdict.ABORTED, "low"), False, False),
        (verdict(Verdict.ABORTED, "low", "fire"), True, False),
        (verdict(Verdict.FAILED, "in state safe"), True, False),
        (verdict(Verdict.TIMED_OUT), True, False),
    ],
)
async def test_what_can_pass_is_what_a_safe_state_has_ended(
    command: TrackedCommand, falls: bool, recovers: bool
) -> None:
    async def falls_safe(vehicle: str) -> bool:
        return falls

    entry = SimpleNamespace(commands={"leave_safe": 1}, channels={"mode": 1})
    found = recoverer()
    found._falls_safe = falls_safe
    found._silent_at = lambda step, command: 100.0
    found._tools = SimpleNamespace(
        clock=SimpleNamespace(now=lambda: 50.0),
        dictionary=SimpleNamespace(vehicle=lambda name: entry),
    )
    assert bool(await found._why("rover", STEP, command, 1000.0)) is recovers
    critical = recoverer(mode="driving")
    vars(critical).update(_falls_safe=falls_safe, _tools=found._tools, _silent_at=found._silent_at)
    assert await critical._why("rover", STEP, command, 1000.0) == ""
    entry.commands = {}
    assert await found._why("rover", STEP, command, 1000.0) == "", "it has no such command"


@pytest.mark.parametrize(("now", "over"), [(99.9, False), (100.0, True), (100.1, True)])
async def test_silence_passes_until_it_is_over(now: float, over: bool) -> None:
    found = recoverer()
    found._silent_at = lambda step, command: 100.0
    found._tools = SimpleNamespace(clock=SimpleNamespace(now=lambda: now))
    unanswered = verdict(Verdict.UNANSWERED)
    assert (await found._why("rover", STEP, unanswered, 1000.0) == "") is over
    assert (await found._why("rover", STEP, unanswered, 50.0)) == "", "the step is over before"


# ------------------------------------------------------------------------- watches


async def test_a_waiter_is_woken_by_what_it_waits_for_alone() -> None:
    watches, woken = Watches(), []

    async def wait(*what: str) -> None:
        await watches.wait(*what)
        woken.append(what)

    names = [("sample",), ("sample", "rover"), ("sample", "rover", "mode"), ("event", "rover")]
    tasks = [asyncio.get_running_loop().create_task(wait(*name)) for name in names]
    await asyncio.sleep(1.0)
    watches.happened("sample", "lander", "mode")
    await asyncio.sleep(1.0)
    assert woken == [("sample",)]
    watches.happened("sample", "rover", "mode")
    await asyncio.sleep(1.0)
    assert woken == names[:3]
    tasks[3].cancel()
    await asyncio.sleep(1.0)
    assert watches._waiting == {}
