"""Brings a vehicle out of its safe state, or has its silence pass, so that a step can be done anew.

A step that a vehicle rejects because it is in its safe state, or gives up because it fell into it,
or because another vehicle is in its own, is not the end when the cause has passed: the ground
waits, tells the vehicle to leave, boots it once more if its last boot was a reduced one, looks that
it is out, and waits again. A vehicle that answered nothing and is heard again is asked once more
for the same command, which it answers from its history and does not run twice. Each recovery is
kept before it begins: a ground that is started again goes on where it stood.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.commanding.tracker import TrackedCommand, Verdict
from ground.mission_control.dictionary.dictionary import VehicleEntry
from ground.mission_control.execution.arguments import survey_key
from ground.mission_control.execution.telling_again import told_before
from ground.mission_control.execution.tools import ProcedureTools, StepFailed
from ground.mission_control.procedures.recovery_rules import RecoveryRules, is_inside
from ground.mission_control.procedures.steps import CommandStep
from ground.mission_control.telemetry.watches import HEARD

SAFE = "safe"
LEAVE, REBOOT, LOOK = "leave_safe", "reboot", "look_for_tubes"
LOCATE, CORRECT = "locate_lander", "correct_place"
MODE = "mode"
STORE = "storage_failed", "storage_restored"
"""The events by which a vehicle says that its store takes nothing, and that it does again."""
_INSTANT = 1e-6  # seconds: a timer may fire that much before the float it was set to
_SAYS_SAFE = re.compile(r"\bin ((the )?state )?safe\b")


class Refused(StepFailed):
    """The vehicle does not take the command as it is."""


class Recovery(msgspec.Struct):
    """One recovery; times in seconds of mission time."""

    of: str  # the step and its visit, as the command was issued
    vehicle: str
    command: str
    why: str
    began: float
    out: float | None = None  # since when the vehicle is known to be out of its safe state
    ended: float | None = None
    failed: str = ""  # why it came to nothing
    silence: bool = False  # it waited for a vehicle that did not answer, and led nobody out


class Recoverer:
    """Recovers vehicles for a procedure.

    `kept` are the recoveries of the run, which `keep` writes down. `order` issues a command under
    a name, unless it was before, and waits for its verdict; `log` notes a sentence.
    """

    def __init__(
        self,
        rules: RecoveryRules,
        tools: ProcedureTools,
        kept: list[Recovery],
        keep: Callable[[], None],
        order: Callable[[str, CommandStep], Awaitable[TrackedCommand]],
        log: Callable[[str, str], None],
    ) -> None:
        self._rules = rules
        self._tools = tools
        self._kept = kept
        self._keep = keep
        self._order = order
        self._log = log
        self.why_not = ""  # why the last step was not recovered, though its cause could pass

    async def recover(
        self,
        name: str,
        step: CommandStep,
        command: TrackedCommand,
        limit: float,
        *,
        superseded: bool = False,
    ) -> bool:
        """Whether the cause of a verdict has passed, so that the step may be done anew.

        `name`: under which the command was issued; `limit`: mission time at which the step is over;
        `superseded`: the next one was issued already, before the ground was started again.
        """
        self.why_not = ""
        silence = command.verdict is Verdict.UNANSWERED
        # Who was waited for in its silence and then says that it is safe is still to be led out.
        recovery = next(
            (each for each in self._kept[::-1] if each.of == name and each.silence == silence), None
        )
        if recovery is None or (silence and recovery.ended is not None):
            vehicle = self._in_its_way(step, command) or step.vehicle
            why = "" if superseded else await self._why(vehicle, step, command, limit)
            if not why or not self._is_left(name, step, silence=silence):
                return False
            recovery = Recovery(
                name, vehicle, step.command, why, self._tools.clock.now(), silence=silence
            )
            self._kept.append(recovery)
            self._keep()
            self._log(name, f"recovery of {vehicle} begins: {why}")
        if recovery.ended is None:
            try:
                if silence:
                    await self._until_heard(step, command, limit)
                else:
                    await self._lead_out(recovery, limit)
            except StepFailed as failure:
                recovery.failed = str(failure)
            recovery.ended = self._tools.clock.now()
            self._keep()
            ended = recovery.failed or "the step is done anew"
            self._log(name, f"recovery of {recovery.vehicle} ends: {ended}")
        if recovery.failed:
            self.why_not = f"; it could not be recovered: {recovery.failed}"
        elif silence:
            self._tools.tracker.ask_again(command.order.identifier)
        return not recovery.failed

    async def recover_waiting(self, name: str, vehicle: str, limit: float) -> bool:
        """Leads a vehicle out of its safe state that nobody has commanded; whether it is out.

        `name`: what it is kept under; `limit`: mission time at which the step is over.
        """
        self.why_not = ""
        recovery = next((each for each in self._kept if each.of == name), None)
        if recovery is None:
            why = self._stays_there(vehicle) or f"{vehicle} is in its safe state"
            if self.why_not or not self._is_left(name, None):
                self._log(name, f"{vehicle} is left in its safe state{self.why_not}")
                return False
            recovery = Recovery(name, vehicle, "", why, self._tools.clock.now())
            self._kept.append(recovery)
            self._keep()
            self._log(name, f"recovery of {vehicle} begins: {why}")
        if recovery.ended is None:
            try:
                await self._lead_out(recovery, limit)
            except StepFailed as failure:
                recovery.failed = str(failure)
            recovery.ended = self._tools.clock.now()
            self._keep()
            self._log(name, f"recovery of {vehicle} ends: {recovery.failed or 'it goes on'}")
        return not recovery.failed

    def leave(self, name: str) -> None:
        """What a recovery was for is done without it, and it has been broken off."""
        for recovery in self._kept:
            if recovery.of == name and recovery.ended is None:
                recovery.ended = self._tools.clock.now()
                recovery.failed = "it was not waited for to the end: the work was done without it"
                self._keep()
                self._log(name, f"recovery of {recovery.vehicle} ends: {recovery.failed}")

    # ------------------------------------------------------------------- whether

    def _in_its_way(self, step: CommandStep, command: TrackedCommand) -> str:
        """Another vehicle for whose safe state a command came to nothing: the verdict names it, and
        it says itself that it is; empty: none is."""
        if command.verdict is not Verdict.FAILED or not _SAYS_SAFE.search(command.detail):
            return ""
        named = set(re.findall(r"[a-z_]+", command.detail))
        return next(
            (
                vehicle
                for vehicle in self._tools.dictionary.vehicles
                if vehicle in named and vehicle != step.vehicle and self.is_safe(vehicle)
            ),
            "",
        )

    async def _why(
        self, vehicle: str, step: CommandStep, command: TrackedCommand, limit: float
    ) -> str:
        """What can pass; empty: it is for the procedure to say what follows."""
        now = self._tools.clock.now()
        if command.verdict is Verdict.UNANSWERED:
            over = now + _INSTANT >= min(limit, self._silent_at(step, command))
            return "" if over else f"{vehicle} does not answer: {command.detail}"
        entry = self._tools.dictionary.vehicle(vehicle)
        if LEAVE not in entry.commands or MODE not in entry.channels:
            return ""
        if vehicle != step.vehicle:
            pass  # it stands in the way of what has ended
        elif command.verdict is Verdict.REJECTED:
            if not _SAYS_SAFE.search(command.detail):
                return ""
        elif command.verdict is not Verdict.ABORTED or command.order.stage != "run":
            return ""  # what a hazardous command that was begun has done is not known
        elif not await self._falls_safe(vehicle):
            return ""
        if self._stays_there(vehicle):
            return ""
        return f"{vehicle} is in its safe state: {command.detail}"

    def _stays_there(self, vehicle: str) -> str:
        """Why a vehicle is left in its safe state; empty when it is not."""
        before = self._mode_before_safe(vehicle)
        for state in self._rules.critical.get(vehicle, []):
            if is_inside(before, state):
                self.why_not = f"; it fell into its safe state out of {before}, and is left there"
        return self.why_not

    def _is_left(self, name: str, step: CommandStep | None, *, silence: bool = False) -> bool:
        """Whether the numbers of recoveries allow for one more: of a step those of each kind count
        for themselves, so that what was spent on a silence is there for what the silence did."""
        rules = self._rules
        wanted = None if step is None else step.recoveries
        most = rules.per_step if wanted is None else wanted
        visit, path = _visit_and_path(name)
        here = [
            each
            for each in self._kept
            if _visit_and_path(each.of) == (visit, path) and each.silence == silence
        ]
        if len(here) >= most:
            self.why_not = f"; no recovery is left: {most} are allowed for a step"
        elif len(self._kept) >= rules.in_all:
            self.why_not = f"; no recovery is left: {rules.in_all} are allowed for a mission"
        return not self.why_not

    async def _falls_safe(self, vehicle: str) -> bool:
        """Whether a vehicle that has given something up tells soon that it is in its safe state."""
        until = self._tools.clock.now() + self._rules.settle_seconds
        try:
            await self._wait(lambda: self.is_safe(vehicle), until, "", "sample", vehicle, MODE)
        except StepFailed:
            return False
        return True

    def is_safe(self, vehicle: str) -> bool:
        return is_inside(str(self._tools.telemetry.value(vehicle, MODE)), SAFE)

    def _mode_before_safe(self, vehicle: str) -> str:
        modes = [str(value) for _, value in self._tools.archive.samples(vehicle, MODE)]
        return next((mode for mode in reversed(modes) if not is_inside(mode, SAFE)), "")

    def _silent_at(self, step: CommandStep, command: TrackedCommand) -> float:
        """Mission time at which a silent vehicle counts as lost."""
        heard = self._tools.telemetry.last_receipt(step.vehicle)
        sols = step.silence_sols or self._rules.silence_sols
        return max(command.issued_ns / NANOSECONDS, heard) + sols * SOL_SECONDS

    # ------------------------------------------------------------------- the way

    async def _until_heard(self, step: CommandStep, command: TrackedCommand, limit: float) -> None:
        telemetry, vehicle = self._tools.telemetry, step.vehicle
        last = telemetry.last_receipt(vehicle)
        until = min(limit, self._silent_at(step, command))
        await self._wait(
            lambda: telemetry.last_receipt(vehicle) > last, until,
            f"nothing was heard of {vehicle}", HEARD, vehicle,
        )  # fmt: skip

    async def _lead_out(self, recovery: Recovery, limit: float) -> None:
        """Waits, has the vehicle leave, and waits again. Raises StepFailed when it stays."""
        vehicle, settle = recovery.vehicle, self._rules.settle_seconds
        if recovery.out is None:
            await self._sleep_until(recovery.began + settle)
            since = round(recovery.began * NANOSECONDS)
            if not self._is_out(vehicle, since):
                since = await self._command(recovery, LEAVE, limit)
            await self._wait(
                lambda: self._is_out(vehicle, since), self._until(since / NANOSECONDS, limit),
                f"{vehicle} has not left its safe state", "sample", vehicle, MODE,
            )  # fmt: skip
            await self._leave_reduced_form(recovery, limit)
            recovery.out = self._tools.clock.now()
            self._keep()
        await self._sleep_until(recovery.out + settle)
        if self.is_safe(vehicle):
            raise StepFailed(f"{vehicle} fell back into its safe state")
        await self._tell_again(recovery, limit)
        await self._have_tubes_found(recovery, limit)

    async def _tell_again(self, recovery: Recovery, limit: float) -> None:
        """A vehicle that has lost its memory is told once more what it goes by: in turn, and no
        more where it refuses one, since it has come to where that is past."""
        names = self._rules.told_again.get(recovery.vehicle, [])
        for order in told_before(recovery.vehicle, names, self._tools):
            if not await self._try(recovery, order.name, limit, **order.arguments):
                return

    async def _have_tubes_found(self, recovery: Recovery, limit: float) -> None:
        """A vehicle that has lost its memory looks for its tubes where it had them last."""
        vehicle = recovery.vehicle
        told = self._tools.custody.forgotten(vehicle)
        if not told or LOOK not in self._tools.dictionary.vehicle(vehicle).commands:
            return
        await self._tell_places(recovery, limit)
        await self._try(recovery, LOOK, limit, records=msgspec.to_builtins(told))

    async def _tell_places(self, recovery: Recovery, limit: float) -> None:
        """Tells a vehicle without memory where the lander stands, and where it stands itself."""
        vehicle = recovery.vehicle
        commands = self._tools.dictionary.vehicle(vehicle).commands
        lander = self._tools.archive.get(survey_key("lander"))
        if lander is not None and LOCATE in commands:
            place = {name: float(lander[name]) for name in ("east", "north", "error")}
            await self._try(recovery, LOCATE, limit, **place)
        if self._tools.imagery is None or CORRECT not in commands:
            return
        seen = await self._tools.imagery.find(vehicle)
        if isinstance(seen, str):
            self._log(recovery.of, f"{vehicle} was not found from orbit: {seen}")
            return
        place = {"east": seen.east, "north": seen.north, "error": seen.error}
        await self._try(recovery, CORRECT, limit, **place)

    async def _try(
        self, recovery: Recovery, command: str, limit: float, **arguments: Any
    ) -> bool:
        """What does not succeed is noted, and the work goes on; whether it was not refused."""
        try:
            await self._command(recovery, command, limit, **arguments)
        except StepFailed as failure:
            self._log(recovery.of, str(failure))
            return not isinstance(failure, Refused)
        return True

    async def _leave_reduced_form(self, recovery: Recovery, limit: float) -> None:
        """A planned boot ends the row of unplanned ones for which the last one was reduced."""
        vehicle = recovery.vehicle
        reduced = self._newest_boot(vehicle, "boot_reduced")
        entry: VehicleEntry = self._tools.dictionary.vehicle(vehicle)
        if not reduced or reduced < self._newest_boot(vehicle, "booted") or (
            REBOOT not in entry.commands
        ):  # fmt: skip
            return
        if self._store_fails(vehicle, reduced):
            self._log(recovery.of, f"{vehicle} is not booted anew: its store takes nothing")
            return
        since = await self._command(recovery, REBOOT, limit)
        await self._wait(
            lambda: self._newest_boot(vehicle, "booted") > reduced,
            self._until(since / NANOSECONDS, limit),
            f"{vehicle} has not booted anew", "event", vehicle, "booted",
        )  # fmt: skip

    async def _command(
        self, recovery: Recovery, command: str, limit: float, **arguments: Any
    ) -> int:
        """Has a command carried out; returns when it was issued. Raises StepFailed."""
        left = (limit - recovery.began) / SOL_SECONDS
        step = CommandStep(
            vehicle=recovery.vehicle, command=command, arguments=arguments,
            limit_sols=max(0.0, min(self._rules.limit_sols, left)),
        )  # fmt: skip
        ended = await self._order(f"{recovery.of} {command}", step)
        stays = command == LEAVE and ended.verdict is Verdict.REJECTED  # it has left already
        if ended.verdict is not Verdict.COMPLETED and not stays:
            failed = Refused if ended.verdict is Verdict.REJECTED else StepFailed
            raise failed(f"{command} ended {ended.verdict}: {ended.detail}")
        return round(recovery.began * NANOSECONDS) if stays else ended.issued_ns

    def _is_out(self, vehicle: str, since_ns: int) -> bool:
        """Whether a vehicle has said since a time that it is in another state than safe."""
        sample = self._tools.telemetry.sample(vehicle, MODE)
        told = sample is not None and sample.received_ns >= since_ns
        return told and not self.is_safe(vehicle)

    def _store_fails(self, vehicle: str, boot: int) -> bool:
        """Whether it flies on from memory, all of which one more boot would cost."""
        failed, restored = (
            max((each.number for each in told if each.boot == boot), default=-1)
            for told in (self._tools.archive.events(vehicle, name) for name in STORE)
        )
        return failed > restored

    def _newest_boot(self, vehicle: str, event: str) -> int:
        """Number of the newest boot of which such an event tells; 0: there is none."""
        told = self._tools.archive.events(vehicle, event)
        return max((int(each.data.get("number", 0)) for each in told), default=0)

    # ------------------------------------------------------------------- waiting

    def _until(self, since: float, limit: float) -> float:
        return min(limit, since + self._rules.limit_sols * SOL_SECONDS)

    async def _sleep_until(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds - self._tools.clock.now()))

    async def _wait(
        self, condition: Callable[[], bool], until: float, what: str, *watch: str
    ) -> None:
        """Waits until a condition holds, looking again whenever `watch` has happened."""
        try:
            async with asyncio.timeout_at(until):
                while not condition():
                    await self._tools.watches.wait(*watch)
        except TimeoutError:
            raise StepFailed(f"{what} in time") from None


def _visit_and_path(name: str) -> tuple[str, str]:
    """The visit and the step in the name under which a command of it is issued."""
    visit, _, rest = name.partition("/")
    return visit, rest.partition(" ")[2]
