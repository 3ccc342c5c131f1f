"""A procedure in people's hands: paused, stepped, jumped, asked about, approved, stopped.

A procedure that nobody has taken in hand runs by itself, and none of this costs it an instant. Once
somebody has, it is attended to its end: a step that fails waits for Retry, Go or Stop, a hazardous
command for a second person. What it waits for, and what was answered, is kept: it survives the
death of the ground.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import msgspec

from ground.mission_control.archive.archive import Archive
from ground.mission_control.execution.tools import StepFailed
from ground.mission_control.procedures import steps
from ground.mission_control.procedures.program import Instruction

Pace = Literal["run", "pause", "step"]


class Stopped(Exception):
    """Somebody has ended the procedure; the text says who and why."""


class NotNow(ValueError):
    """Something that is not what the procedure waits for; the text says what it waits for."""


class Hold(msgspec.Struct, forbid_unknown_fields=True):
    """What a procedure waits for people for.

    `kind`: paused, failed, prompt, poll, approval. `id`: what an answer names. `hash`: of what is
    to be approved. `said`: by whom a poll was answered, with the role it was for.
    """

    kind: str
    id: str
    text: str
    position: int
    answers: list[str] = []
    roles: list[str] = []
    said: dict[str, str] = {}
    hash: str = ""
    command: dict[str, Any] = {}


class State(msgspec.Struct, forbid_unknown_fields=True):
    """All of it that is kept."""

    attended: bool = False
    pace: Pace = "run"
    by: str = ""  # who had it go on last
    hold: Hold | None = None
    answers: dict[str, str] = {}  # to prompts, by their labels
    done: str = ""  # visit whose prompt or poll was answered
    agreed: str = ""  # hash of the command that was approved
    stopped: str = ""  # by whom and why


class Handling:
    """Of one procedure. `planned` tells whether a command would be hazardous, and its arguments.

    `on_change(what, who, data)` is told what people are to know. `may(vehicle, by)` says why
    somebody may not command a vehicle; empty: they may.
    """

    def __init__(
        self,
        archive: Archive,
        key: str,
        planned: Callable[[steps.CommandStep], tuple[bool, dict[str, Any]]],
    ) -> None:
        self._archive = archive
        self._key = key
        self._planned = planned
        self.on_change: Callable[[str, str, dict[str, Any]], None] = lambda what, who, data: None
        self.may: Callable[[str, str], str] = lambda vehicle, by: ""
        self.state = msgspec.convert(archive.get(key, {}), State)
        self._decided: asyncio.Future[int] | None = None  # position to go on at; -1: as it stands
        self._scope: asyncio.Timeout | None = None
        self._visit = ""
        self.waited = False
        """Whether the last step to be begun had to wait for people before."""

    @property
    def attended(self) -> bool:
        """Whether somebody has taken it in hand."""
        return self.state.attended

    @property
    def hold(self) -> Hold | None:
        """What it waits for people for; None: nothing."""
        return self.state.hold

    @property
    def answers(self) -> dict[str, str]:
        """The answers to prompts, by their labels."""
        return self.state.answers

    # --------------------------------------------------------------- the runner's side

    async def before(self, instruction: Instruction, position: int, visit: int) -> int | None:
        """Waits until a step may be done; the position to go to instead, if it may not.

        Raises Stopped.
        """
        self.waited = False
        if not self.state.attended:
            return None
        kept = self.state.hold
        if kept is not None and kept.kind == "failed":  # the ground was started again
            return await self._wait(kept)
        self._ended()
        if self.state.pace != "run":
            if self.state.pace == "step":
                self.state.pace = "pause"
                if kept is None:  # the step that was asked for
                    self._keep()
                    return await self._approved(instruction, position, visit)
            held = Hold("paused", str(visit), f"before {instruction.path}", position)
            go_to = await self._wait(held)
            if go_to != position:
                return go_to
            if self.state.pace == "step":
                self.state.pace = "pause"
                self._keep()
        return await self._approved(instruction, position, visit)

    async def _approved(self, instruction: Instruction, position: int, visit: int) -> int | None:
        step = instruction.step
        while isinstance(step, steps.CommandStep):
            try:
                hazardous, arguments = self._planned(step)
            except StepFailed:
                return None  # the step itself says why it cannot be done
            if not hazardous:
                return None
            command = {"vehicle": step.vehicle, "command": step.command, "arguments": arguments}
            wanted = _hash(instruction.path, visit, command)
            if self.state.agreed == wanted:
                return None
            text = f"{step.vehicle} {step.command} is hazardous: a second person has to approve it"
            hold = Hold(
                "approval", f"approve-{visit}", text, position, ["approve", "refuse"],
                hash=wanted, command=command,
            )  # fmt: skip
            go_to = await self._wait(hold)
            if go_to != position:
                return go_to
        return None

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:
        """While a step is done; whoever stops the procedure ends it. Raises Stopped."""
        scope = self._scope = asyncio.timeout(None)
        try:
            async with scope:
                yield
        except TimeoutError:
            if not scope.expired() or not self.state.stopped:
                raise
            raise Stopped(self.state.stopped) from None
        finally:
            self._scope = None

    def may_command(self, step: steps.CommandStep) -> None:
        """Raises StepFailed where who has it go on may not command the vehicle."""
        if self.state.attended:
            why_not = self.may(step.vehicle, self.state.by)
            if why_not:
                raise StepFailed(why_not)

    async def failed(self, position: int, visit: int, reason: str) -> int:
        """A step has failed: waits for Retry, Go, Stop or a jump; where it goes on."""
        return await self._wait(Hold("failed", str(visit), reason, position))

    async def ask(self, step: steps.Prompt | steps.Poll, visit: int) -> str:
        """Has a prompt or a poll answered; returns the outcome in words. Raises StepFailed."""
        self._visit = str(visit)
        if not self.state.attended:
            if isinstance(step, steps.Poll):
                return "nobody attends the procedure, and nobody was polled"
            self.state.answers[step.label] = step.otherwise
            self._keep()
            return f"nobody attends the procedure: {step.otherwise}"
        if isinstance(step, steps.Prompt):
            if self.state.done != str(visit):
                answers = list(step.answers)
                await self._wait(Hold("prompt", step.label, step.text, 0, answers))
            return f"{step.text} {self.state.answers[step.label]}"
        if self.state.done != str(visit):
            kept = self.state.hold
            name = f"poll-{visit}"
            hold = kept if kept is not None and kept.id == name else Hold(
                "poll", name, step.text, 0, ["go", "no-go"], list(step.roles)
            )
            await self._wait(hold)
        no = self.state.answers.pop("no-go", "")
        if no:
            self._keep()
            raise StepFailed(no)
        return f"{step.text} go"

    async def _wait(self, hold: Hold) -> int:
        self._decided, self.waited = asyncio.get_running_loop().create_future(), True
        if self.state.hold != hold:
            self.state.hold = hold
            self._keep()
            self.on_change("holds", "", self.plain())
        self._ended()
        try:
            go_to = await self._decided
        finally:
            self._decided = None
        self._ended()
        return go_to

    def _ended(self) -> None:
        if self.state.stopped:
            raise Stopped(self.state.stopped)

    # ----------------------------------------------------------------- people's side

    def attend(self, by: str) -> None:
        """Somebody takes it in hand, and it runs."""
        self.state.attended, self.state.by = True, by
        self._told("taken in hand", by)

    def pause(self, by: str) -> None:
        """Has it stand after the step that it is in."""
        if self.state.attended and self.state.pace == "pause":
            raise NotNow("the procedure is paused already")
        self.state.attended, self.state.pace, self.state.by = True, "pause", by
        self._told("paused", by)

    def go(self, by: str, why: str) -> None:
        """Has it go on: over a step that failed, for a reason; where it was to halt and is still in
        its step, it does not halt. Raises NotNow."""
        if self.state.hold is None and self.state.pace == "pause":
            self.state.pace, self.state.by = "run", by
            self._told("went on", by, why=why)
            return
        hold = self._held("paused", "failed")
        if hold.kind == "failed" and not why:
            raise NotNow("a step has failed: allowed is to go on over it for a reason (why)")
        self.state.pace, self.state.by = "run", by
        self._goes_on(hold.position + (hold.kind == "failed"), "went on", by, why)

    def step(self, by: str) -> None:
        """Has it do one step. Raises NotNow."""
        hold = self._held("paused")
        self.state.pace, self.state.by = "step", by
        self._goes_on(hold.position, "stepped", by, "")

    def retry(self, by: str) -> None:
        """Has a step that failed done anew. Raises NotNow."""
        hold = self._held("failed")
        self.state.by = by
        self._goes_on(hold.position, "tried again", by, "")

    def jump(self, by: str, position: int, why: str, steps_in_all: int) -> None:
        """Has it go on at another step. Raises NotNow."""
        self._held("paused", "failed")
        if position >= steps_in_all:
            raise NotNow(f"step = {position}: allowed is 0 to {steps_in_all - 1}")
        self.state.pace, self.state.by = "pause", by
        self._goes_on(position, f"jumped to {position}", by, why)

    def stop(self, by: str, why: str) -> None:
        """Ends it, whatever it does."""
        self.state.stopped = f"stopped by {by}: {why}"
        self.state.attended, self.state.hold = True, None
        self._told("stopped", by, why=why)
        if self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time())
        elif self._decided is not None and not self._decided.done():
            self._decided.set_result(-1)

    def answer(self, by: str, name: str, answer: str, note: str = "") -> None:
        """Answers a prompt, or approves or refuses a hazardous command. Raises NotNow."""
        hold = self._held("prompt", "approval")
        if name != hold.id:
            raise NotNow(f"prompt = {name!r}: the procedure waits for an answer to {hold.id!r}")
        if answer not in hold.answers:
            raise NotNow(f"answer = {answer!r}: allowed is one of {', '.join(hold.answers)}")
        if hold.kind == "prompt":
            self.state.answers[name] = answer
            self._goes_on(-1, f"answered {answer}", by, note)
            return
        if answer == "approve":
            if by == self.state.by:
                raise NotNow(f"{by} has the procedure go on: a second person has to approve")
            self.state.agreed = hold.hash
            self._goes_on(hold.position, "approved", by, note)
            return
        self.state.pace = "pause"
        self.state.hold = Hold("failed", hold.id, f"refused by {by}: {note}", hold.position)
        self._told("refused", by, why=note)

    def vote(self, by: str, roles: tuple[str, ...], name: str, answer: str, note: str) -> None:
        """One's word in a go/no-go poll. Raises NotNow."""
        hold = self._held("poll")
        if name != hold.id:
            raise NotNow(f"poll = {name!r}: the procedure waits for {hold.id!r}")
        if by in hold.said:
            raise NotNow(f"{by} has said go already")
        if answer == "no-go":
            self.state.answers["no-go"] = f"no-go by {by}: {note}".rstrip(": ")
            self._goes_on(-1, "said no-go", by, note)
            return
        open_roles = [role for role in hold.roles if role not in hold.said.values()]
        mine = [role for role in open_roles if role in roles]
        if not mine:
            raise NotNow(f"the poll waits for {', '.join(open_roles)}; {by} is none of these")
        hold.said[by] = mine[0]
        if len(open_roles) == 1:
            self._goes_on(-1, "said go", by, note)
        else:
            self._told("said go", by, why=note)

    def _held(self, *kinds: str) -> Hold:
        hold = self.state.hold
        if hold is None or hold.kind not in kinds:
            now = "runs" if hold is None else f"waits for people ({hold.kind}: {hold.text})"
            raise NotNow(f"the procedure {now}: it is not {' or '.join(kinds)}")
        return hold

    def _goes_on(self, position: int, what: str, by: str, why: str) -> None:
        hold = self.state.hold
        if hold is not None and hold.kind in ("prompt", "poll"):
            self.state.done = self._visit
        self.state.hold = None
        self._told(what, by, why=why)
        if self._decided is not None and not self._decided.done():
            self._decided.set_result(position)

    def _told(self, what: str, by: str, **data: Any) -> None:
        self._keep()
        self.on_change(what, by, {**self.plain(), **data})

    def _keep(self) -> None:
        self._archive.put(self._key, msgspec.to_builtins(self.state))

    def plain(self) -> dict[str, Any]:
        """As clients are told."""
        hold = self.state.hold
        return {
            "attended": self.state.attended, "pace": self.state.pace, "by": self.state.by,
            "hold": None if hold is None else msgspec.to_builtins(hold),
            "answers": dict(self.state.answers),
        }  # fmt: skip


def _hash(path: str, visit: int, command: dict[str, Any]) -> str:
    plain = msgspec.json.encode([path, visit, command], order="deterministic")
    return hashlib.sha256(plain).hexdigest()
