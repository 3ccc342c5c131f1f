"""The people at the console, as a drill sees them: what they are asked, what they did, and when.

They are asked when the ground has heard what a step answers, not when it happens: light time and
passes are not theirs to shorten. Whether what they did was in time is judged as of a stand-in.
"""

from dataclasses import dataclass, field
from typing import Any

from flight.icd.messages import Command, CommandReport, EventReport, Message
from flight.runtime.loop import VirtualLoop
from ground.drills.awaiting import Awaited
from ground.drills.drill import OperatorStep
from ground.drills.happenings import Holds
from ground.drills.operator import waited_of
from ground.drills.record import Waited, ns_of
from ground.drills.sight import Sight

MOST_OTHERS = 20


@dataclass
class _Step:
    """One step. `by`: who did it; `others`: commands that were nearly that."""

    step: OperatorStep
    awaited: Awaited
    asked: float | None = None
    done: float | None = None
    by: str = ""
    others: list[dict[str, Any]] = field(default_factory=list)

    def state(self, now: float) -> str:
        """In a word."""
        if self.asked is None:
            return "not_yet"
        late = (now if self.done is None else self.done) > self.asked + self.step.deadline
        if self.done is None:
            return "overdue" if late else "asked"
        return "late" if late else "in_time"


class Crew:
    """Takes the steps of a drill one after the other, each as people have done it."""

    def __init__(self, steps: tuple[OperatorStep, ...], sight: Sight, loop: VirtualLoop) -> None:
        self._loop = loop
        self._began_ns = loop.time_ns()
        self._steps = [_Step(step, Awaited(step.after, sight)) for step in steps]

    @property
    def _turn(self) -> _Step | None:
        return next((each for each in self._steps if each.done is None), None)

    def hear(self, message: Message) -> None:
        """A vehicle has told something, which the ground does not know yet."""

    def look(self) -> None:
        """Time has passed: what is no message shows at once."""
        step = self._turn
        if step is None or step.asked is not None or not isinstance(step.step.after, Holds):
            return
        if step.awaited.poll():
            step.asked = self._loop.time()

    def heard(self, message: EventReport | CommandReport) -> None:
        """The ground has heard something: what was told before the drill began is no cue."""
        step = self._turn
        if step is None or step.asked is not None or message.time_ns < self._began_ns:
            return
        if step.awaited.hear(message):
            step.asked = self._loop.time()

    def issued(self, order: Command, user: str) -> None:
        """A person has a command sent; the arming before it is not yet it."""
        step = self._turn
        if step is None or step.asked is None or not user or order.stage == "arm":
            return
        wanted = step.step
        if (order.target, order.name) != (wanted.vehicle, wanted.command):
            return
        if all(order.arguments.get(name) == each for name, each in wanted.arguments.items()):
            step.done, step.by = self._loop.time(), user
        elif len(step.others) < MOST_OTHERS:
            step.others.append({"by": user, "arguments": dict(order.arguments)})

    def waited(self) -> list[Waited]:
        """What was asked of the operators, and what came of it."""
        return [
            waited_of(index, each.step, each.asked, each.done)
            for index, each in enumerate(self._steps, 1)
        ]

    def prompts(self, *, trainer: bool) -> list[dict[str, Any]]:
        """What people are asked, in order; what is not asked yet, and what is to be done, is for
        trainers alone."""
        now, found = self._loop.time(), []
        for number, each in enumerate(self._steps, 1):
            if each.asked is None and not trainer:
                continue
            deadline = None if each.asked is None else each.asked + each.step.deadline
            told: dict[str, Any] = {
                "number": number, "prompt": each.step.prompt, "state": each.state(now),
                "asked_ns": ns_of(each.asked), "deadline_ns": ns_of(deadline),
                "done_ns": ns_of(each.done), "by": each.by,
            }  # fmt: skip
            if trainer:
                told |= {
                    "after": str(each.step.after), "deadline_s": each.step.deadline,
                    "vehicle": each.step.vehicle, "command": each.step.command,
                    "arguments": each.step.arguments, "others": each.others,
                }  # fmt: skip
            found.append(told)
        return found
