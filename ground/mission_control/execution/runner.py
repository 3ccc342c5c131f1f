"""Runs a program: one step after the other, in mission time, and again after the ground was killed.

Where it stands is kept in the archive before a step is begun, and the commands of a step under the
name of its visit: whoever is started again waits for the verdicts of those that were sent already.
"""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.runtime.loop import NANOSECONDS
from ground.mission_control.archive.archive import order_of
from ground.mission_control.commanding.stages import stages_of
from ground.mission_control.commanding.tracker import TrackedCommand, Verdict
from ground.mission_control.execution.arguments import arguments_of
from ground.mission_control.execution.conditions import (
    astray,
    custody_is,
    reason_of,
    telemetry_is,
    whereabouts,
)
from ground.mission_control.execution.cursor import FAILURE, Cursor
from ground.mission_control.execution.cursor import PhaseRecord as PhaseRecord
from ground.mission_control.execution.deafness import Deafness
from ground.mission_control.execution.handling import Handling, Stopped
from ground.mission_control.execution.hibernations import Hibernations
from ground.mission_control.execution.leading_out import LeadingOut
from ground.mission_control.execution.orders import INSTANT, StepOrders
from ground.mission_control.execution.patience import pause_before_more
from ground.mission_control.execution.products import ProductCompletion
from ground.mission_control.execution.recovery import Recoverer
from ground.mission_control.execution.survey import find_from_orbit
from ground.mission_control.execution.tools import ProcedureTools, StepFailed
from ground.mission_control.execution.waiting_out import wait_for_telemetry
from ground.mission_control.procedures import steps
from ground.mission_control.procedures.reading import Instruction, Program

MISSIONS_OWN = "procedure"
ROUNDS_AT_ONCE = 3
"""So often a program may come by all its steps while no time passes: nothing changes meanwhile."""


class ProcedureChanged(Exception):
    """The archive belongs to a run of another procedure, or with other variables."""


class ProcedureRunner:
    """Runs one program to its end.

    `key`: under which the archive keeps where it stands, when it is not the mission's own.
    `version`: what was approved (default: of the program itself). `mark`: what its lines in the
    procedures' log begin with, and the names of its commands; empty for the mission's own.
    """

    def __init__(
        self, program: Program, tools: ProcedureTools, key: str = MISSIONS_OWN, version: str = ""
    ) -> None:
        self.program = program
        self.key = key
        self.version = version or program.fingerprint[:16]
        self.mark = "" if key == MISSIONS_OWN else f"{key} "
        self._tools = tools
        self.handling = Handling(tools.archive, f"{key} handling", self._planned)
        self.on_step: Callable[[Instruction], None] = lambda instruction: None
        self._at_once = 0  # steps begun since time passed last
        kept = tools.archive.get(key)
        if kept is None:
            self.cursor = Cursor(program.fingerprint)
            self.resumed = False
        else:
            self.cursor = msgspec.convert(kept, Cursor)
            self.resumed = True
            if self.cursor.fingerprint != program.fingerprint:
                raise ProcedureChanged(
                    f"{tools.archive.path} holds a run of another procedure or mission: "
                    "continue it with the files that it was begun with, or choose another folder."
                )
        self._asleep = Hibernations(program.recovery, tools, self._log, self._count_anew)
        self._sit_out = self._asleep.sit_out
        self._deaf = Deafness(
            program.recovery, tools, self._log, self._count_anew,
            lambda vehicle: self.handling.attended or bool(self._asleep.keeping(vehicle)),
        )  # fmt: skip
        self._orders = StepOrders(
            tools, self.cursor, self._keep, self._sit_out, lambda: self.place
        )
        self._completion = ProductCompletion(
            tools,
            lambda instruction, number, order: self._orders.issue(
                self._named(instruction, number), order
            ),
            self._orders.verdict,
            self._log,
        )
        self._recoverer = Recoverer(
            program.recovery, tools, self.cursor.recoveries, self._keep, self._order, self._log
        )

    @property
    def instruction(self) -> Instruction | None:
        """The step that is being run; None when the program has ended."""
        instructions, position = self.program.instructions, self.cursor.position
        if self.cursor.ended or position >= len(instructions):
            return None
        return instructions[position]

    @property
    def place(self) -> str:
        """File, line and name of the step that is being run; empty when the program has ended."""
        return "" if self.instruction is None else _place(self.instruction)

    async def run(self) -> Cursor:
        """Runs until the program ends; returns how."""
        cursor = self.cursor
        if not self.resumed:
            self._begin_phase(self.program.phases[0].name)
            self._enter(0)
        elif not cursor.ended:
            self._log(self.program.instructions[cursor.position].path, "resumed")
        while not cursor.ended:
            instruction = self.instruction
            if instruction is None:
                self._end("complete", "")
                break
            self.on_step(instruction)
            try:
                following = await self._do(instruction)
            except Stopped as stop:
                self._log(instruction.path, str(stop))
                self._end("failed", f"{_place(instruction)}: {stop}")
                break
            except StepFailed as failure:
                self._log(instruction.path, f"failed: {failure}")
                cursor.failure = str(failure)
                if self._stops(instruction, str(failure)):
                    break
                goto = instruction.on_failure
                following = cursor.position + 1 if goto is None else goto
            if not cursor.ended:
                self._enter(following)
                self._end_circles(instruction)
        return cursor

    async def _do(self, instruction: Instruction) -> int:
        """Does a step as people let it be done; returns the position of the next.

        Raises StepFailed, and Stopped.
        """
        handling, cursor = self.handling, self.cursor
        position = cursor.position
        go_to = await handling.before(instruction, position, cursor.visit)
        if go_to is not None:
            return go_to
        if handling.waited:  # its limits count from when it was let go
            cursor.entered_ns = self._tools.clock.now_ns()
            self._keep()
        try:
            async with handling.work():
                if isinstance(instruction.step, steps.CommandStep):
                    handling.may_command(instruction.step)
                return await self._perform(instruction)
        except StepFailed as failure:
            if await self._sit_out(instruction.path, getattr(instruction.step, "vehicle", "")):
                return position  # who hibernated is awake: it is done anew
            if not handling.attended or instruction.step.on_failure != "stop":
                raise
            self._log(instruction.path, f"failed: {failure}")
            return await handling.failed(position, cursor.visit, str(failure))

    def _planned(self, step: steps.CommandStep) -> tuple[bool, dict[str, Any]]:
        """Whether a command is hazardous if it is issued now, and its arguments. StepFailed."""
        instruction = self.instruction
        if instruction is None or self._tools.tracker.of_step(self._named(instruction, 1)):
            return False, {}  # it was issued before the ground was started again
        arguments = arguments_of(step, self._tools)
        entry = self._tools.dictionary.check(step.vehicle, step.command, arguments)
        stages = stages_of(entry, step.vehicle, arguments, self._tools.tracker)
        if step.until is not None:  # how long it is until then: another at each look
            arguments.pop(step.until.argument, None)
        return len(stages) > 1, arguments

    def _count_anew(self) -> None:
        """Who hibernated is awake, who may be deaf is asked anew: the limit counts from now."""
        self.cursor.slept = self._tools.clock.now() - self._entered
        self._keep()

    def _end_circles(self, instruction: Instruction) -> None:
        """Ends a program whose steps lead to each other while no time passes."""
        if self._at_once > ROUNDS_AT_ONCE * len(self.program.instructions):
            reason = "the steps go round in a circle while no time passes: one of them must wait"
            self._end("failed", f"{_place(instruction)}: {reason}")

    def _stops(self, instruction: Instruction, reason: str) -> bool:
        if instruction.step.on_failure == "stop":
            self._end("failed", f"{_place(instruction)}: {reason}")
        return bool(self.cursor.ended)

    def _enter(self, position: int) -> None:
        if self.instruction is not None:
            self.cursor.ahead.pop(self.instruction.path, None)
        self.cursor.position = position
        self.cursor.visit += 1
        self.cursor.slept = 0.0
        now = self._tools.clock.now_ns()
        self._at_once = self._at_once + 1 if now == self.cursor.entered_ns else 0
        self.cursor.entered_ns = now
        self._keep()

    def _end(self, verdict: str, reason: str) -> None:
        self.cursor.ended, self.cursor.reason = verdict, reason
        self.cursor.close_phase(self._tools.clock.now())
        self._log("end", f"{verdict} {reason}".strip())
        self._keep()

    def _keep(self) -> None:
        self._tools.archive.put(self.key, msgspec.to_builtins(self.cursor))

    def _log(self, path: str, text: str) -> None:
        self._tools.archive.add_log(self._tools.clock.now_ns(), f"{self.mark}{path}", text)

    # ---------------------------------------------------------------------- steps

    async def _perform(self, instruction: Instruction) -> int:
        """Does one step and returns the position of the next. Raises StepFailed."""
        step, position = instruction.step, self.cursor.position
        match step:
            case steps.CommandStep():
                await self._command(instruction, step)
            case steps.WaitForEvent():
                await self._wait_for_event(step)
            case steps.WaitForTelemetry():
                await self._wait_for_telemetry(instruction, step)
            case steps.WaitUntil():
                await self._sleep_until(self._tools.clock.seconds_at(int(step.sol), step.lmst))
            case steps.Survey():
                found = await find_from_orbit(step, self._tools, self._entered)
                self._log(instruction.path, found)
            case steps.CompleteProduct():
                await self._completion.complete(instruction, step, self._entered)
            case steps.Pause():
                await self._sleep_until(self._entered + step.seconds + step.sols * SOL_SECONDS)
            case steps.AssertCustody():
                await self._assert_custody(step)
            case steps.Phase():
                self._begin_phase(step.phase)
            case steps.Prompt() | steps.Poll():
                self._log(instruction.path, await self.handling.ask(step, self.cursor.visit))
            case steps.Goto():
                return instruction.then
            case steps.Branch():
                return instruction.then if self._holds(step) else instruction.otherwise
            case steps.End():
                reason = reason_of(step, self._tools).replace(FAILURE, self.cursor.failure)
                self._end(step.verdict, reason)
        return position + 1

    async def _command(self, instruction: Instruction, step: steps.CommandStep) -> None:
        attempt, number, before = 1, 0, ""
        await self._sit_out(instruction.path, step.vehicle)
        while True:
            number += 1
            name = self._named(instruction, number)
            following = self._named(instruction, number + 1)
            identifier = self._orders.issue(name, step)
            self._send_ahead(instruction)
            slept = self.cursor.slept
            needed = self.program.recovery.needs.get(step.vehicle, ())
            others = LeadingOut(
                self._tools, self._recoverer, name, needed, self._orders.limit(step)
            )
            verdict = str(await others.beside(identifier, self._orders.verdict(step, identifier)))
            command = self._tools.tracker.command(identifier)
            told = f"{step.vehicle} {step.command}: {verdict} {command.detail}"
            self._log(instruction.path, told)
            self.cursor.last_verdict = verdict
            if step.label is not None:
                self.cursor.verdicts[step.label] = verdict
            self._keep()
            if verdict == Verdict.COMPLETED:
                return
            if await self._sit_out(instruction.path, step.vehicle) or self.cursor.slept > slept:
                if verdict == Verdict.UNANSWERED:  # what it was at work on it goes on with
                    self._tools.tracker.ask_again(identifier)
                    number -= 1
                continue
            recovered = await self._recoverer.recover(
                name, step, command, self._orders.limit(step),
                superseded=bool(self._tools.tracker.of_step(following)),
            )  # fmt: skip
            if not recovered and await self._deaf.sit_out(name, step, command):
                number -= 1
                continue
            if self._tools.clock.now() + INSTANT >= self._orders.limit(step):
                break
            if recovered:  # without an answer, the same command is asked for again
                number -= verdict == Verdict.UNANSWERED
            elif others.has_led and verdict != Verdict.UNANSWERED:
                pass  # who was in its way is out
            elif attempt >= step.attempts and not await self._wait_for_more(
                name, following, step, command, attempt - step.attempts
            ):
                break
            else:
                attempt += 1
            if verdict != Verdict.REJECTED:
                before = f"; it had ended {verdict}: {command.detail}"
        detail = command.detail + self._recoverer.why_not
        if verdict == Verdict.REJECTED:  # who has failed may take it no more: why, it said before
            detail += before
        raise StepFailed(f"{step.vehicle} {step.command} ended {verdict}: {detail}")

    def _send_ahead(self, instruction: Instruction) -> None:
        """Sends the commands that go together with a step; each is waited for in its turn."""
        first = self.cursor.position + 1
        with_it = self.program.instructions[first : first + instruction.together]
        if self.handling.attended:  # people let them go one by one
            return
        for each in with_it:
            step = each.step
            assert isinstance(step, steps.CommandStep)
            if self._asleep.keeping(step.vehicle):
                continue  # which would not hear it
            self.cursor.ahead.setdefault(each.path, self.cursor.visit)
            with contextlib.suppress(StepFailed):  # it says so itself when it is its turn
                self._orders.issue(self._named(each, 1), step)

    async def _wait_for_more(
        self, name: str, following: str, step: steps.CommandStep, command: TrackedCommand,
        further: int,
    ) -> bool:  # fmt: skip
        """Whether a step whose attempts are used up is tried again; waits until it is."""
        if self._tools.tracker.of_step(following):
            return True  # issued already, before the ground was started again
        if self.handling.attended or self._recoverer.why_not:
            return False  # people say what follows, or the rules have said it
        limit = self._orders.limit(step)
        pause = pause_before_more(
            step, command, further, self.program.recovery, self._tools, limit
        )
        if pause is None:
            return False
        self._log(name, f"{step.vehicle} {step.command} is tried again in {pause:g} s")
        await asyncio.sleep(pause)
        return not self.handling.attended

    def _named(self, instruction: Instruction, number: int) -> str:
        """What the commands of the present visit to a step are kept under."""
        visit = self.cursor.ahead.get(instruction.path, self.cursor.visit)
        return f"{self.mark}{visit}/{number} {instruction.path}"

    async def _order(self, name: str, step: steps.CommandStep) -> TrackedCommand:
        """Has a command of no step of its own carried out; its limit counts from its issue."""
        tracker = self._tools.tracker
        command = tracker.command(self._orders.issue(name, step))
        issued = command.issued_ns / NANOSECONDS
        verdict = await self._orders.verdict(step, command.order.identifier, issued)
        self._log(name, f"{step.vehicle} {step.command}: {verdict} {command.detail}")
        return command

    async def _wait_for_event(self, step: steps.WaitForEvent) -> None:
        since = self.cursor.commanded_ns if step.since == "command" else 0

        def seen() -> bool:
            clocks = self._tools.telemetry.clocks
            return any(
                all(event.data.get(key) == value for key, value in step.where.items())
                for event in self._tools.archive.events(step.vehicle, step.event)
                if clocks.present(event.source, order_of(event), event.time_ns) >= since
            )

        what = f"event {step.event} of {step.vehicle}"
        await self._wait(seen, step.limit_sols, what, "event", step.vehicle, step.event)

    async def _wait_for_telemetry(self, here: Instruction, step: steps.WaitForTelemetry) -> None:
        watch = ("sample", step.vehicle, step.channel)
        await wait_for_telemetry(
            step, self._tools, self._recoverer, partial(self._named, here),
            lambda met, what: self._wait(met, step.limit_sols, what, *watch),
            self._entered + step.limit_sols * SOL_SECONDS,
        )  # fmt: skip

    async def _assert_custody(self, step: steps.AssertCustody) -> None:
        tools = self._tools
        wanted = steps.CustodyIs(step.tubes, step.places)
        enough = steps.CustodyIs(step.tubes, step.places, step.at_least)
        what = f"{', '.join(step.tubes)} at {' or '.join(step.places)}"
        missed = astray(step, tools)
        if missed and step.limit_sols == 0.0 and not custody_is(enough, tools):
            raise StepFailed(f"{what}: {whereabouts(missed, tools)}")
        try:
            await self._wait(lambda: custody_is(wanted, tools), step.limit_sols, what, "custody")
        except StepFailed as failure:
            if custody_is(enough, tools):
                return
            raise StepFailed(f"{failure}; {whereabouts(list(step.tubes), tools)}") from None

    # ------------------------------------------------------------------ conditions

    def _holds(self, step: steps.Branch) -> bool:
        if step.verdict is not None:
            cursor, of = self.cursor, step.verdict.of
            verdict = cursor.last_verdict if of is None else cursor.verdicts.get(of, "")
            return verdict in step.verdict.among
        if step.telemetry is not None:
            return telemetry_is(step.telemetry, self._tools)
        if step.answer is not None:
            return self.handling.answers.get(step.answer.of, "") in step.answer.among
        return step.custody is not None and custody_is(step.custody, self._tools)

    # --------------------------------------------------------------------- waiting

    @property
    def _entered(self) -> float:
        return self.cursor.entered_ns / NANOSECONDS

    async def _sleep_until(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds - self._tools.clock.now()))

    async def _wait(
        self, condition: Callable[[], bool], limit_sols: float, what: str, *watch: str
    ) -> None:
        """Waits until a condition holds, looking again whenever `watch` has happened."""
        try:
            async with asyncio.timeout_at(self._entered + limit_sols * SOL_SECONDS):
                while not condition():
                    await self._tools.watches.wait(*watch)
        except TimeoutError:
            raise StepFailed(f"{what}: not within {limit_sols:g} sols") from None

    # ---------------------------------------------------------------------- phases

    def _begin_phase(self, name: str) -> None:
        if self.cursor.begin_phase(name, self._tools.clock.now()):
            self._log(name, "phase begins")


def _place(instruction: Instruction) -> str:
    """File, line and name of a step."""
    return f"{instruction.file}:{instruction.line}, {instruction.path}"
