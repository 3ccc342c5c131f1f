"""What a vehicle without memory is told again: the last of each that it had done, in turn."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import Command
from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution import recovery
from ground.mission_control.execution.telling_again import told_before

NAMES = ["commission", "condition_mav"]


def _sent(
    name: str, at: int, verdict: Verdict | None = Verdict.COMPLETED, *, to: str = "lander",
    stage: str = "run", **arguments: Any,
) -> Any:  # fmt: skip
    order = Command(f"mc-{at}", to, name, arguments, "mission_control", stage)
    return SimpleNamespace(order=order, verdict=verdict, issued_ns=at)


def _told(commands: list[Any], *lost_ns: int) -> list[tuple[str, dict[str, Any]]]:
    losses = [
        SimpleNamespace(source="lander", boot=1, number=number, time_ns=at)
        for number, at in enumerate(lost_ns)
    ]
    tools: Any = SimpleNamespace(
        archive=SimpleNamespace(
            events=lambda *of: losses if of == ("lander", "store_damaged") else []
        ),
        tracker=SimpleNamespace(commands=lambda: commands),
        telemetry=SimpleNamespace(
            clocks=SimpleNamespace(present=lambda source, place, stamp_ns: stamp_ns + 1)
        ),
    )  # fmt: skip
    return [(order.name, order.arguments) for order in told_before("lander", NAMES, tools)]


def test_the_last_of_each_is_told_in_the_order_in_which_they_were_issued() -> None:
    commands = [
        _sent("condition_mav", 10, on=True), _sent("commission", 20), _sent("judge_arm", 25),
        _sent("condition_mav", 30, on=False), _sent("commission", 35, to="rover"),
    ]  # fmt: skip
    assert _told(commands, 39) == [("commission", {}), ("condition_mav", {"on": False})]


def test_who_has_lost_nothing_is_told_nothing() -> None:
    assert _told([_sent("commission", 20)]) == []


@pytest.mark.parametrize("verdict", [None, Verdict.FAILED, Verdict.ABORTED, Verdict.UNANSWERED])
def test_what_was_not_done_is_not_told(verdict: Verdict | None) -> None:
    commands = [_sent("commission", 20), _sent("condition_mav", 30, verdict, on=True)]
    assert _told(commands, 39) == [("commission", {})]
    assert _told([_sent("commission", 20, stage="arm")], 39) == []


def test_what_it_was_told_since_is_not_told_again_until_it_forgets_once_more() -> None:
    commands = [
        _sent("commission", 20), _sent("condition_mav", 30, on=True), _sent("commission", 40),
    ]  # fmt: skip
    assert _told(commands, 39) == [("condition_mav", {"on": True})]  # by its clock as it is set now
    assert _told(commands, 38, 44) == [("condition_mav", {"on": True}), ("commission", {})]
    assert _told([_sent("commission", 40)], 39) == []


@pytest.mark.parametrize(
    ("verdict", "ordered"), [(Verdict.REJECTED, ["commission"]), (Verdict.FAILED, NAMES)]
)
def test_who_refuses_one_is_told_no_more_but_what_fails_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict, ordered: list[str]
) -> None:
    commands = [_sent(name, at).order for at, name in enumerate(NAMES)]
    monkeypatch.setattr(recovery, "told_before", lambda *of: commands)
    issued: list[str] = []

    async def order(name: str, step: Any) -> Any:
        issued.append(step.command)
        return SimpleNamespace(verdict=verdict, detail="no", issued_ns=5)

    rules: Any = SimpleNamespace(limit_sols=2.0, told_again={"lander": NAMES})
    tools: Any = None
    recoverer = recovery.Recoverer(rules, tools, [], lambda: None, order, lambda *of: None)
    begun = recovery.Recovery("1/1 step", "lander", "launch", "safe", began=0.0)
    asyncio.run(recoverer._tell_again(begun, 1e6))
    assert issued == ordered
