"""The stand-in for the person at the console: does what a drill says, so long after it is asked."""

from typing import Protocol

from flight.icd.messages import Message
from flight.runtime.loop import VirtualLoop
from ground.drills.awaiting import Awaited
from ground.drills.drill import OperatorStep
from ground.drills.record import Waited
from ground.drills.sight import Sight
from ground.testbed.record.inputs import CommandInput
from ground.testbed.run import Run

USER = "drill"
"""As vehicles and records call who sends it."""


class Operator(Protocol):
    """Who does the steps of a drill."""

    def hear(self, message: Message) -> None:
        """A message was published."""

    def look(self) -> None:
        """Time has passed."""

    def waited(self) -> list[Waited]:
        """What was asked of the operator, and what came of it."""
        ...


def waited_of(
    index: int, step: OperatorStep, asked: float | None, done: float | None
) -> Waited:
    """What records say of a step, the `index`-th from 1."""
    what = f"{step.prompt} ({step.vehicle} {step.command})"
    return Waited(f"operator{index}", what, step.deadline, asked, done)


class _Step:
    """One step: what it answers, when that came, when it was done."""

    def __init__(self, step: OperatorStep, sight: Sight) -> None:
        self.step = step
        self.awaited = Awaited(step.after, sight)
        self.asked: float | None = None
        self.done: float | None = None


class ScriptedOperator:
    """Takes the steps of a drill one after the other."""

    def __init__(
        self, run: Run, steps: tuple[OperatorStep, ...], sight: Sight, loop: VirtualLoop
    ) -> None:
        self._run, self._loop = run, loop
        self._steps = [_Step(step, sight) for step in steps]
        self._turn = 0

    def hear(self, message: Message) -> None:
        """A message was published."""
        if self._turn < len(self._steps) and self._steps[self._turn].awaited.hear(message):
            self._asked()

    def look(self) -> None:
        """Time has passed."""
        if self._turn < len(self._steps) and self._steps[self._turn].awaited.poll():
            self._asked()

    def _asked(self) -> None:
        step = self._steps[self._turn]
        if step.asked is None:
            step.asked = self._loop.time()
            self._loop.call_later(step.step.delay, self._do, step)

    def _do(self, step: _Step) -> None:
        given = step.step
        self._run.admitted(
            CommandInput(
                vehicle=given.vehicle, command=given.command, user=USER, arguments=given.arguments
            )
        )
        step.done = self._loop.time()
        self._turn += 1

    def waited(self) -> list[Waited]:
        """What was asked of the operator, and what came of it."""
        return [
            waited_of(index, each.step, each.asked, each.done)
            for index, each in enumerate(self._steps, 1)
        ]
