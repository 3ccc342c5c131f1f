"""Decisions of the kernel that stand by themselves: what is resumed, who gives way, whose word."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.chart.statechart import Safing
from flight.core.commanding import ladder
from flight.core.commanding.commands import CommandRejected, Restart
from flight.core.commanding.dispatch import Dispatcher, _why_ended
from flight.core.commanding.ladder import Ladder
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import CustodyError, CustodyLedger, CustodyStatus, Evidence
from flight.core.fault_protection.responses import Responder
from flight.core.fault_protection.structure import Structure
from flight.core.keeping.storage import Storage
from flight.icd.messages import Command, Rung

# ---------------------------------------------------------------------- commands


def order(stage: str = "run", target: str = "rover", name: str = "drive") -> Command:
    return Command("c-1", target, name, {}, "test", stage=stage)


def spec(**more: Any) -> Any:
    values: dict[str, Any] = {
        "name": "drive", "check": lambda arguments: {}, "check_stage": lambda *given: None,
        "starts": None, "allowed_in": (), "so_in": (), "restart": Restart.RESUME,
    }  # fmt: skip
    return SimpleNamespace(**(values | more))


def dispatcher(
    spec: Any, state: str = "idle", *, handles: bool = True, critical: bool = False,
    reduced: bool = False, left_out: tuple[str, ...] = (),
) -> tuple[Any, list[Any]]:  # fmt: skip
    asked: list[Any] = []
    found: Any = object.__new__(Dispatcher)
    found._node = SimpleNamespace(
        name="rover", state=state, commands={} if spec is None else {"drive": spec},
        boot=SimpleNamespace(reduced=reduced),
        context=SimpleNamespace(structure=Structure(left_out=frozenset(left_out))),
        safing_control=SimpleNamespace(
            is_critical=lambda: critical, takes_up=lambda state: critical and state == "driving"
        ),
        hazards=SimpleNamespace(now=lambda *given: asked.append(given[1:])),
        statechart=SimpleNamespace(handles=lambda state, name: handles),
    )  # fmt: skip
    return found, asked


@pytest.mark.parametrize(
    ("state", "allowed", "taken"),
    [("idle", (), True), ("idle", ("idle",), True), ("idle.low", ("idle",), True),
     ("idler", ("idle",), False), ("safe", ("idle", "stowed"), False),
     ("stowed", ("idle", "stowed"), True)],
)  # fmt: skip
def test_a_command_is_taken_in_its_states_alone(
    state: str, allowed: tuple[str, ...], taken: bool
) -> None:
    found, _ = dispatcher(spec(allowed_in=allowed), state)
    if taken:
        assert found._check(order())[1] == {}
    else:
        with pytest.raises(CommandRejected, match=f"not allowed in state {state}"):
            found._check(order())


def test_what_begins_an_activity_is_taken_where_the_chart_has_a_transition() -> None:
    for handles in (True, False):
        found, _ = dispatcher(spec(starts="driving", allowed_in=("never",)), handles=handles)
        if handles:
            found._check(order())
        else:
            with pytest.raises(CommandRejected, match="not allowed in state idle"):
                found._check(order())


def test_what_is_so_already_is_taken_anywhere_and_is_critical_to_nobody() -> None:
    found, asked = dispatcher(spec(allowed_in=("never",), so_in=("idle",)), critical=True)
    found._check(order())
    found._node.state = "never"
    found._check(order())
    assert [given[1] for given in asked] == [False, True]
    found, asked = dispatcher(spec(), critical=True, left_out=("arm_and_fire",))
    found._check(order())
    assert asked == [], "without that safeguard nobody asks for the stage"


def test_what_was_taken_before_a_reboot_is_not_asked_for_an_arming_anew() -> None:
    found, asked = dispatcher(spec(), critical=True)
    found._check(order(), resumed=True)
    found._check(order())
    assert [given[1] for given in asked] == [False, True]


def test_another_ones_command_and_an_unknown_one_are_refused() -> None:
    found, _ = dispatcher(spec())
    with pytest.raises(CommandRejected, match="this is rover"):
        found._check(order(target="lander"))
    with pytest.raises(CommandRejected, match="has no command 'fly'; it has: drive"):
        found._check(order(name="fly"))


def entry(rung: Rung = Rung.STARTED, *, begun: bool = True, stage: str = "run") -> Any:
    return SimpleNamespace(command=order(stage), rung=rung, begun=begun)


@pytest.mark.parametrize(
    ("entry", "more", "resumes"),
    [
        (entry(), {"starts": "driving"}, True), (entry(), {}, False),
        (entry(), {"starts": "driving", "restart": Restart.ABORT}, False),
        (entry(Rung.RECEIVED, begun=False), {}, True), (entry(Rung.RECEIVED), {}, False),
        (entry(Rung.RECEIVED, begun=False, stage="arm"), {}, False),
        (entry(stage="arm"), {"starts": "driving"}, False),
    ],
)  # fmt: skip
def test_after_a_boot_only_what_may_go_on_is_resumed(
    entry: Any, more: dict[str, Any], resumes: bool
) -> None:
    assert dispatcher(spec(**more))[0]._can_resume(entry) is resumes
    assert not dispatcher(spec(**more), reduced=True)[0]._can_resume(entry)
    # But what nothing is safer than to go on with goes on, when it had begun.
    goes_on = dispatcher(spec(**more), reduced=True, critical=True)[0]._can_resume(entry)
    assert goes_on is (resumes and entry.rung is Rung.STARTED)
    assert not dispatcher(None)[0]._can_resume(entry), "a command that it has no more"
    if entry.rung is Rung.STARTED:
        assert not dispatcher(spec(**more), handles=False)[0]._can_resume(entry)


def test_of_what_may_have_acted_it_says_that_nobody_knows() -> None:
    assert "not known" in _why_ended(entry(Rung.RECEIVED))
    assert _why_ended(entry(Rung.RECEIVED, begun=False)) == "interrupted by a reboot"
    assert _why_ended(entry()) == "interrupted by a reboot"


def test_the_oldest_that_have_ended_are_forgotten_and_none_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ladder, "HISTORY", 3)
    found: Any = object.__new__(Ladder)
    forgotten: list[str] = []
    found._forget = lambda identifier, entry: forgotten.append(identifier)
    found._entries = {
        name: SimpleNamespace(command=SimpleNamespace(identifier=name, origin="ground"), ended=done)
        for name, done in (("a", True), ("b", False), ("c", True), ("d", True), ("e", True))
    }
    found._forget_oldest(False)
    assert forgotten == ["a", "c"]
    forgotten.clear()
    del found._entries["a"], found._entries["c"]
    found._forget_oldest(False)
    assert forgotten == []


# ------------------------------------------------------------------------ responses


@pytest.mark.parametrize(
    ("priority", "safing", "keeps_going", "reason", "interruptible", "gives"),
    [
        (2, Safing.ALLOWED, False, True, True, True), (1, Safing.ALLOWED, False, True, True, False),
        (0, Safing.ALLOWED, False, True, True, False), (2, Safing.DEFERRED, True, True, True, True),
        (2, Safing.DEFERRED, False, True, True, False),
        (2, Safing.ALLOWED, False, False, True, False),
        (2, Safing.ALLOWED, False, True, False, False),
    ],
)  # fmt: skip
async def test_a_response_gives_way_to_a_higher_one_that_may_run_now(
    priority: int, safing: Safing, keeps_going: bool, reason: bool, interruptible: bool, gives: bool
) -> None:
    async def work() -> None:
        await asyncio.sleep(10.0)

    task = asyncio.get_running_loop().create_task(work())
    await asyncio.sleep(1.0)
    found: Any = object.__new__(Responder)
    running = SimpleNamespace(
        entry=SimpleNamespace(interruptible=interruptible, priority=1), gives_way_to=""
    )
    waits = SimpleNamespace(
        name="other", entry=SimpleNamespace(priority=priority), step=0,
        steps=[SimpleNamespace(keeps_going=keeps_going)],
    )  # fmt: skip
    found._running = (running, task)
    found._waiting = lambda: [waits]
    found._teller = SimpleNamespace(safing=lambda: safing)
    found._reason = lambda run: reason
    found._give_way()
    await asyncio.sleep(1.0)
    assert running.gives_way_to == ("other" if gives else "") and task.cancelled() is gives
    if gives:
        waits.name = "third"
        found._give_way()
        assert running.gives_way_to == "other", "it puts down what it holds, once"
    task.cancel()
    await asyncio.sleep(0.0)


# -------------------------------------------------------------------------- custody

SEEN = Evidence("rover.rack", "closed")


@pytest.mark.parametrize(
    ("before", "refused"),
    [(None, False), (Evidence("rover.rack", "contradicts the camera"), True),
     (Evidence("rover.rack", "closed"), False),
     (Evidence("rover.camera", "contradicts the rack"), False)],
)  # fmt: skip
def test_a_sensor_does_not_settle_its_own_contradiction(before: Any, refused: bool) -> None:
    def asked(*left_out: str) -> None:
        found: Any = object.__new__(PassiveHandover)
        structure = Structure(left_out=frozenset(left_out))
        found.node = SimpleNamespace(context=SimpleNamespace(structure=structure))
        record: Any = SimpleNamespace(tube="A", place="rover_rack", evidence=before)
        found._must_not_be_contradicted(record, SEEN)

    if refused:
        with pytest.raises(CustodyError, match="Another look"):
            asked()
        asked("witnesses")
    else:
        asked()


def test_who_was_to_receive_a_tube_declines_it_by_another_sensor_than_its_mover() -> None:
    ledgers = {
        name: CustodyLedger(Storage(":memory:"), name, lambda: 1, lambda record: None)
        for name in ("rover", "arm")
    }
    rover, arm = ledgers["rover"], ledgers["arm"]
    rover.adopt("Malay", "rover_rack", Evidence("load", "list"), slot=3)
    transfer = str(rover.offer("Malay", "arm", "arm_gripper", "arm.gripper").transfer_id)
    arm.expect(transfer, "rover", "rover_rack", "arm_gripper", "arm.gripper")
    for wrong in (
        None, Evidence("arm.gripper", "open", present=False), Evidence("arm.camera", "held"),
    ):  # fmt: skip
        with pytest.raises(CustodyError):
            arm.cancel(transfer, wrong)
        record = arm.record("Malay")
        assert record is not None and record.status is CustodyStatus.RECEIVING
    arm.cancel(transfer, Evidence("arm.camera", "empty", present=False))
    record = arm.record("Malay")
    assert record is not None and record.status is CustodyStatus.DECLINED
