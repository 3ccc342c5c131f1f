"""What a procedure waits for people for is kept at once, told once, and read again as it was."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from ground.mission_control.execution.handling import Handling, Hold, NotNow, Stopped
from ground.mission_control.execution.tools import StepFailed
from ground.mission_control.procedures import steps

DRIVE = steps.CommandStep(vehicle="rover", command="drive")
PROMPT = steps.Prompt(label="which", text="Which?", answers=["a", "b"], otherwise="b")
POLL = steps.Poll(label="poll", text="Go?", roles=["operator", "director"])


class Kept:
    """An archive of one procedure, and what people were told of it."""

    def __init__(self) -> None:
        self.plain: dict[str, Any] = {}
        self.told: list[tuple[str, str]] = []
        self.hazardous = True

    def get(self, key: str, otherwise: Any) -> Any:
        return self.plain.get(key, otherwise)

    def put(self, key: str, value: Any) -> None:
        self.plain[key] = value

    def begun(self) -> Handling:
        """The procedure as it is after a start of the ground."""
        handling = Handling(
            self, "p", lambda step: (self.hazardous, {"distance": 1.0})  # type: ignore[arg-type]
        )
        handling.on_change = lambda what, who, data: self.told.append((what, who))
        return handling

    @property
    def state(self) -> dict[str, Any]:
        return self.plain["p"]


@pytest.fixture
def kept() -> Kept:
    return Kept()


def instruction(step: Any = None, path: str = "steps[3]") -> Any:
    return SimpleNamespace(step=step or steps.Pause(seconds=1.0), path=path)


def waits(work: Any) -> Any:
    """A task that has come to where it waits."""
    return asyncio.ensure_future(work)


async def test_a_step_that_was_let_go_alone_stands_again_also_after_a_death(kept: Kept) -> None:
    handling = kept.begun()
    handling.pause("anna")
    task = waits(handling.before(instruction(), 3, 17))
    await asyncio.sleep(0.0)
    assert kept.state["hold"]["id"] == "17" and kept.state["hold"]["position"] == 3
    handling.step("ben")
    assert await task is None and handling.waited
    assert kept.state["pace"] == "pause" and kept.state["by"] == "ben"
    again = kept.begun()
    assert (again.state.pace, again.attended, again.hold) == ("pause", True, None)
    task = waits(again.before(instruction(), 4, 18))
    await asyncio.sleep(0.0)
    assert again.hold == Hold("paused", "18", "before steps[3]", 4)
    again.go("anna", "")
    assert await task is None and kept.state["pace"] == "run"


async def test_what_it_waited_for_already_is_told_once_over_a_death(kept: Kept) -> None:
    handling = kept.begun()
    handling.pause("anna")
    task = waits(handling.before(instruction(), 3, 17))
    await asyncio.sleep(0.0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    again = kept.begun()
    task = waits(again.before(instruction(), 3, 17))
    await asyncio.sleep(0.0)
    assert [what for what, _ in kept.told] == ["paused", "holds"]
    again.jump("anna", 7, "done by hand", 9)
    assert await task == 7 and kept.state["pace"] == "pause"


async def test_nobody_there_nothing_is_held_and_a_prompt_takes_its_default(kept: Kept) -> None:
    handling = kept.begun()
    assert await handling.before(instruction(DRIVE), 3, 17) is None and not handling.waited
    assert await handling.ask(PROMPT, 5) == "nobody attends the procedure: b"
    assert kept.state["answers"] == {"which": "b"}
    assert "nobody was polled" in await handling.ask(POLL, 6)
    handling.may = lambda vehicle, by: "no"
    handling.may_command(DRIVE)  # nobody has it go on
    assert kept.told == []


async def test_what_was_approved_is_asked_for_again_where_it_is_another_visit(kept: Kept) -> None:
    handling = kept.begun()
    handling.attend("anna")
    task = waits(handling.before(instruction(DRIVE), 3, 17))
    await asyncio.sleep(0.0)
    hold = handling.hold
    assert hold is not None and (hold.kind, hold.id, hold.position) == ("approval", "approve-17", 3)
    for by, name, answer, why in (
        ("anna", "approve-17", "approve", "a second person"),
        ("ben", "approve-16", "approve", "waits for an answer to 'approve-17'"),
        ("ben", "approve-17", "yes", "allowed is one of approve, refuse"),
    ):
        with pytest.raises(NotNow, match=why):
            handling.answer(by, name, answer)
    handling.answer("ben", "approve-17", "approve")
    assert await task is None
    assert await handling.before(instruction(DRIVE), 3, 17) is None, "it was agreed to"
    task = waits(handling.before(instruction(DRIVE), 3, 18))
    await asyncio.sleep(0.0)
    assert handling.hold is not None and handling.hold.id == "approve-18"
    handling.answer("ben", "approve-18", "refuse", "not now")
    assert handling.hold.kind == "failed" and handling.state.pace == "pause"
    assert "refused by ben: not now" in handling.hold.text
    handling.stop("anna", "enough")
    with pytest.raises(Stopped, match="stopped by anna: enough"):
        await task
    kept.hazardous = False
    with pytest.raises(Stopped):
        await kept.begun().before(instruction(DRIVE), 3, 19)


async def test_a_failed_step_goes_on_over_itself_for_a_reason_or_is_tried_again(
    kept: Kept,
) -> None:
    for act, position in (
        (lambda handling: handling.go("anna", "it stands well"), 6),
        (lambda handling: handling.retry("anna"), 5),
        (lambda handling: handling.jump("anna", 2, "", 9), 2),
    ):
        handling = kept.begun()
        handling.attend("ben")
        task = waits(handling.failed(5, 17, "it slipped"))
        await asyncio.sleep(0.0)
        assert kept.state["hold"]["text"] == "it slipped"
        with pytest.raises(NotNow, match="for a reason"):
            handling.go("anna", "")
        with pytest.raises(NotNow, match="it is not paused"):
            handling.step("anna")
        with pytest.raises(NotNow, match="allowed is 0 to 8"):
            handling.jump("anna", 9, "", 9)
        act(handling)
        assert await task == position and handling.hold is None
        assert kept.state["by"] == "anna" and kept.state["hold"] is None


async def test_a_prompt_is_answered_once_for_its_visit(kept: Kept) -> None:
    handling = kept.begun()
    handling.attend("anna")
    task = waits(handling.ask(PROMPT, 5))
    await asyncio.sleep(0.0)
    handling.answer("anna", "which", "a")
    assert await task == "Which? a" and kept.state["done"] == "5"
    again = kept.begun()
    assert await again.ask(PROMPT, 5) == "Which? a", "after a death nobody is asked anew"
    task = waits(again.ask(PROMPT, 6))
    await asyncio.sleep(0.0)
    assert again.hold is not None
    again.answer("ben", "which", "b")
    assert await task == "Which? b"


async def test_a_poll_needs_each_role_from_another_person_and_one_no_go_ends_it(kept: Kept) -> None:
    handling = kept.begun()
    handling.attend("anna")
    task = waits(handling.ask(POLL, 8))
    await asyncio.sleep(0.0)
    handling.vote("anna", ("operator", "director"), "poll-8", "go", "")
    assert kept.state["hold"]["said"] == {"anna": "operator"}, "kept before all have spoken"
    with pytest.raises(NotNow, match="anna has said go already"):
        handling.vote("anna", ("director",), "poll-8", "go", "")
    with pytest.raises(NotNow, match="the poll waits for director; ben is none of these"):
        handling.vote("ben", ("operator",), "poll-8", "go", "")
    with pytest.raises(NotNow, match="waits for 'poll-8'"):
        handling.vote("ben", ("director",), "poll-7", "go", "")
    again = kept.begun()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    task = waits(again.ask(POLL, 8))
    await asyncio.sleep(0.0)
    again.vote("ben", ("director",), "poll-8", "go", "")
    assert await task == "Go? go", "who has said go before a death is not asked again"
    task = waits(again.ask(POLL, 9))
    await asyncio.sleep(0.0)
    again.vote("cora", (), "poll-9", "no-go", "it is cold")
    with pytest.raises(StepFailed, match="no-go by cora: it is cold"):
        await task
    assert "no-go" not in kept.state["answers"], "the next poll begins without it"


async def test_a_stop_ends_what_is_being_done_and_is_kept(kept: Kept) -> None:
    handling = kept.begun()

    async def works() -> None:
        async with handling.work():
            await asyncio.sleep(1000.0)

    task = waits(works())
    await asyncio.sleep(0.0)
    handling.stop("anna", "smoke")
    with pytest.raises(Stopped, match="stopped by anna: smoke"):
        await task
    assert asyncio.get_running_loop().time() < 1.0
    assert kept.state["stopped"] == "stopped by anna: smoke" and kept.state["hold"] is None
    with pytest.raises(TimeoutError):  # one of the work's own is none of it
        async with kept.begun().work():
            raise TimeoutError


async def test_who_has_it_go_on_may_command_or_the_step_fails(kept: Kept) -> None:
    handling = kept.begun()
    handling.attend("anna")
    asked: list[tuple[str, str]] = []

    def may(vehicle: str, by: str) -> str:
        asked.append((vehicle, by))
        return "ben holds it"

    handling.may = may
    with pytest.raises(StepFailed, match="ben holds it"):
        handling.may_command(DRIVE)
    assert asked == [("rover", "anna")]
    handling.pause("anna")
    with pytest.raises(NotNow, match="paused already"):
        handling.pause("ben")
    handling.go("ben", "")  # it is still in its step: it does not halt after it
    assert await handling.before(instruction(), 1, 4) is None and handling.hold is None
    with pytest.raises(NotNow, match="it is not paused"):
        handling.go("anna", "")
    handling.pause("anna")
