"""Follows every command that was sent until its verdict.

SENT -> the report is expected at (light time and passes) -> rungs -> verdict. Without a report in
time a command is LATE and is sent again under the same identifier, which a vehicle answers from its
history and does not run twice. A vehicle at work is asked in the same way now and then, and soon
after it says that it has lost its memory: the report of its end may have been lost, or the command
itself. Only when the repeats are used up does the ground give it up as UNANSWERED; TIMED_OUT is
what a vehicle itself says of a command that passed its deadline on board.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.messages import TERMINAL_RUNGS, Command, CommandReport, Rung
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.archive.archive import Archive
from ground.mission_control.commanding.tracked import ORIGIN as ORIGIN
from ground.mission_control.commanding.tracked import RANK, from_row
from ground.mission_control.commanding.tracked import Taken as Taken
from ground.mission_control.commanding.tracked import TrackedCommand as TrackedCommand
from ground.mission_control.commanding.tracked import Verdict as Verdict
from ground.mission_control.timing.windows import MARGIN, Window

ATTEMPTS = 4  # the first sending and three repeats that nobody answers
ASK_AFTER = 2 * SOL_SECONDS  # s without news of a command at work until its vehicle is asked
PREFIX = "mc-"


class CommandTracker:
    """All commands of a run.

    `send` is given the commands of a bundle that are to leave in one frame; whoever sends them
    calls `sent` when they have left. `window` tells the way to a vehicle and back as of now.
    """

    def __init__(
        self,
        archive: Archive,
        window: Callable[[str], Window],
        send: Callable[[list[Command]], None],
        now_ns: Callable[[], int],
        *,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._archive = archive
        self._window = window
        self._send = send
        self._now_ns = now_ns
        self._attempts = attempts
        self._commands: dict[str, TrackedCommand] = {}
        self._open: dict[str, TrackedCommand] = {}
        self._waiting: dict[str, list[asyncio.Future[Verdict]]] = {}
        self.on_verdict: Callable[[TrackedCommand], None] = lambda command: None
        self.completed: Callable[[Command], Command] = lambda order: order
        """An order as it is to leave."""
        self.radio_of: Callable[[str], str] = lambda vehicle: vehicle
        """The vehicle whose radio serves a node."""
        self.together: Callable[[], AbstractContextManager[None]] = nullcontext
        """What is kept of one step is kept within it."""
        self.on_change: Callable[[TrackedCommand, str], None] = lambda command, what: None
        """Told of what becomes of a command on the ground: issued, sent, late, asked_again,
        ended."""
        self._load()

    # ------------------------------------------------------------------ issuing

    def issue(self, step: str, orders: list[Command], deadline: float) -> None:
        """Takes commands that travel together, keeps them, and has them sent.

        `step` is the procedure step that they belong to; `deadline` the one on board, in seconds.
        """
        now = self._now_ns()
        orders = [self.completed(order) for order in orders]
        bundle = orders[0].identifier
        tracked = [TrackedCommand(order, bundle, deadline, now) for order in orders]
        self._archive.execute(
            (
                "INSERT INTO commands (identifier, vehicle, name, arguments, stage, lifetime, "
                "bundle, deadline, step, issued_ns) VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    order.identifier, order.target, order.name, json.dumps(order.arguments),
                    order.stage, order.lifetime, bundle, deadline, step, now,
                ),
            )
            for order in orders
        )  # fmt: skip
        for command in tracked:
            self._commands[command.order.identifier] = command
            self._open[command.order.identifier] = command
            self.on_change(command, "issued")
        self._send(orders)

    def next_identifiers(self, count: int) -> list[str]:
        """Identifiers that no command of this run has, the same in each replay.

        They carry the life of the archive: after a loss of it, none is given twice.
        """
        first, life = len(self._commands) + 1, self._archive.life
        return [f"{PREFIX}{life}-{number:05d}" for number in range(first, first + count)]

    def is_of_another_life(self, identifier: str) -> bool:
        """Whether it is a command of mission control that this archive has never issued."""
        return identifier.startswith(PREFIX) and identifier not in self._commands

    def sent(self, identifiers: Iterable[str], sent_ns: int, spacecraft: str = "") -> None:
        """The commands have left the ground station, for a spacecraft that takes them."""
        with self.together():
            for identifier in identifiers:
                if self._commands[identifier].verdict is None:
                    self._sent(self._commands[identifier], sent_ns, spacecraft)

    def _sent(self, command: TrackedCommand, sent_ns: int, spacecraft: str) -> None:
        window = self._window(command.order.target)
        command.attempts += 1
        command.unanswered += 1
        command.is_overtaken = False
        command.sent_ns = sent_ns
        command.expected_ns = sent_ns + _ns(window.first_report)
        self._keep(command)
        identifier = command.order.identifier
        attempt = (identifier, command.attempts, spacecraft, sent_ns, command.expected_ns)
        self._archive.execute([("INSERT OR REPLACE INTO attempts VALUES (?,?,?,?,?)", attempt)])
        self.on_change(command, "sent")

    # ------------------------------------------------------------------ reports

    def judge(self, report: CommandReport) -> Taken:
        """What a report is, before it is taken."""
        command = self._commands.get(report.identifier)
        if command is None:
            return Taken.UNKNOWN
        if report.source != command.order.target:
            return Taken.FOREIGN
        if command.verdict is not None:
            return Taken.AFTER_THE_END
        if report.rung in TERMINAL_RUNGS:
            return Taken.NEW
        if command.rung is not None and RANK[report.rung] < RANK[command.rung]:
            return Taken.EARLIER
        return Taken.REPEATED if report.repeated else Taken.NEW

    def report(self, report: CommandReport) -> bool:
        """Takes a report; False when it tells nothing new (a copy, or an earlier rung, or late)."""
        taken = self.judge(report)
        if taken in (Taken.UNKNOWN, Taken.FOREIGN, Taken.AFTER_THE_END):
            return False
        command = self._commands[report.identifier]
        first = command.rung is None
        command.late = False
        command.unanswered = 0
        is_new = self._take(command, report, taken)
        if first:
            self._ask_overtaken(command)
        return is_new

    def _take(self, command: TrackedCommand, report: CommandReport, taken: Taken) -> bool:
        if report.rung in TERMINAL_RUNGS:
            command.rung, command.detail = report.rung, report.detail
            self._end(command, Verdict(str(report.rung)))
            return True
        if taken is Taken.EARLIER:
            return False
        known, command.rung, command.detail = command.rung, report.rung, report.detail
        if known is not report.rung or report.repeated:
            self._expect_end(command)
            self._keep(command)
        return True

    def _ask_overtaken(self, answered: TrackedCommand) -> None:
        """Sends again, once, what left long before a command that is answered now, by the same
        direct link, and is not answered: on that link nothing is overtaken, so that it is lost. By
        the passes that would be known after a sol."""
        radio, now = self.radio_of(answered.order.target), self._now_ns()
        lost = [
            each
            for each in self._open.values()
            if each.attempts == 1
            and each.rung is None
            and each.expected_ns is not None
            and _left_long_before(each, answered)
            and self.radio_of(each.order.target) == radio
            and self._archive.last_link(each.order.identifier) == radio
        ]
        if not lost or self._archive.last_link(answered.order.identifier) != radio:
            return
        for each in lost:
            each.unanswered = 0  # no wait for an answer is used up by it
            each.is_overtaken = True
            each.expected_ns = now - _ns(MARGIN)
        self.check()

    def _expect_end(self, command: TrackedCommand) -> None:
        """A vehicle at work reports again by its deadline at the latest, however long that is."""
        window = self._window(command.order.target)
        now = self._now_ns()
        end = now + _ns(window.end_after(command.deadline))
        command.end_ns = max(end, command.end_ns or 0)
        command.expected_ns = min(command.end_ns, now + _ns(ASK_AFTER))

    # --------------------------------------------------------------------- time

    def check(self) -> None:
        """Looks for what is late: sends it again, or gives it up."""
        with self.together():
            self._check()

    def _check(self) -> None:
        now = self._now_ns()
        overdue: dict[str, list[TrackedCommand]] = {}
        for command in list(self._open.values()):
            if command.expected_ns is not None and now >= command.expected_ns + _ns(MARGIN):
                overdue.setdefault(command.bundle, []).append(command)
        for commands in overdue.values():
            for command in commands:
                known, command.late = command.late, command.end_ns is None or now >= command.end_ns
                if command.late and not known:
                    self.on_change(command, "late")
            again = [each for each in commands if self._may_be_asked(each, now)]
            for command in commands:
                if command not in again:
                    self._give_up(command)
                else:
                    command.expected_ns = None  # until it has left again
                    self._keep(command)
            if again:
                self._send([each.order for each in again])

    def _may_be_asked(self, command: TrackedCommand, now: int) -> bool:
        """A vehicle at work is asked until its deadline; another one a few times only."""
        at_work = command.end_ns is not None and now < command.end_ns
        return at_work or command.unanswered < self._attempts

    def ask(self, vehicle: str, heard_by: str = "") -> None:
        """A vehicle has lost its memory: it is asked at the next check for what it was at work on.

        Of what it has forgotten it says nothing by itself; asked, it takes the order for a new one.
        `heard_by`: the link by which that came; its own is the one by which it hears as well.
        """
        now = self._now_ns()
        for command in self._open.values():
            at_work = command.end_ns is not None and command.expected_ns is not None
            if command.order.target == vehicle and at_work:
                command.is_overtaken = heard_by == self.radio_of(vehicle)
                command.expected_ns = now - _ns(MARGIN)
                self._keep(command)

    def ask_now(self, identifier: str) -> None:
        """What kept a vehicle from answering is over: what has left of a bundle and is open is
        asked for at once, by the link that is up. What was waited for so far counts for nothing."""
        for command in self.bundle(self._commands[identifier].bundle):
            if command.expected_ns is not None:
                command.unanswered = 0
                command.is_overtaken = True
                command.expected_ns = self._now_ns() - _ns(MARGIN)
        self.check()

    def next_check(self) -> float | None:
        """Mission time in seconds at which `check` has work at the earliest; None: not known."""
        times = [each.expected_ns for each in self._open.values() if each.expected_ns is not None]
        return min(times) / NANOSECONDS + MARGIN if times else None

    def give_up(self, identifier: str, reason: str) -> None:
        """The ground waits no longer for a command, for a reason of its own."""
        command = self._open.get(identifier)
        if command is not None:
            command.detail = reason
            self._end(command, Verdict.UNANSWERED)

    def take_back(self, identifier: str, reason: str) -> None:
        """A command that has not left the ground is not to leave. Raises KeyError for one that is
        over or was never issued."""
        command = self._open[identifier]
        command.detail = reason
        self._end(command, Verdict.CANCELLED)

    def ask_again(self, identifier: str) -> None:
        """Asks anew for a command that was given up, and for what travelled with it unanswered.

        Under their identifiers: what the vehicle has done already it answers from its history.
        """
        bundle = self._commands[identifier].bundle
        again = [
            each
            for each in self._commands.values()
            if each.bundle == bundle and each.verdict is Verdict.UNANSWERED
        ]
        for command in again:
            command.verdict, command.unanswered, command.late = None, 0, False
            command.expected_ns = None  # until it has left again
            self._open[command.order.identifier] = command
            self._keep(command)
            self.on_change(command, "asked_again")
        if again:
            self._send([each.order for each in again])

    def _give_up(self, command: TrackedCommand) -> None:
        heard = "no report" if command.rung is None else f"nothing after {command.rung}"
        command.detail = f"{heard}, sent {command.attempts} times"
        self._end(command, Verdict.UNANSWERED)

    def _end(self, command: TrackedCommand, verdict: Verdict) -> None:
        command.verdict = verdict
        del self._open[command.order.identifier]
        self._keep(command)
        self.on_change(command, "ended")
        self.on_verdict(command)
        for waiter in self._waiting.pop(command.order.identifier, []):
            if not waiter.done():
                waiter.set_result(verdict)

    # ------------------------------------------------------------------ looking

    def command(self, identifier: str) -> TrackedCommand:
        """One command; KeyError when it was never issued."""
        return self._commands[identifier]

    def knows(self, identifier: str) -> bool:
        """Whether a command was issued."""
        return identifier in self._commands

    def attribute(self, identifier: str, origin: str) -> None:
        """Says again who sends a command, after a start of mission control."""
        command = self._commands[identifier]
        command.order = msgspec.structs.replace(command.order, origin=origin)

    def is_open(self, identifier: str) -> bool:
        """Whether a command was issued and has no verdict."""
        return identifier in self._open

    def bundle(self, name: str) -> list[TrackedCommand]:
        """The open commands that travel together."""
        return [each for each in self._open.values() if each.bundle == name]

    def commands(self) -> list[TrackedCommand]:
        """All commands, in the order of issue."""
        return list(self._commands.values())

    def named(self, name: str) -> list[TrackedCommand]:
        """Those of a name, in the order of issue."""
        return [each for each in self._commands.values() if each.order.name == name]

    def open_commands(self) -> list[TrackedCommand]:
        """Those without a verdict."""
        return list(self._open.values())

    def of_step(self, step: str) -> list[TrackedCommand]:
        """The commands that a step of the procedure has issued, also before a restart."""
        found = self._archive.rows(
            "SELECT identifier FROM commands WHERE step = ? ORDER BY number", (step,)
        )
        return [self._commands[identifier] for (identifier,) in found]

    async def verdict(self, identifier: str) -> Verdict:
        """Waits for a command's verdict."""
        command = self._commands[identifier]
        if command.verdict is not None:
            return command.verdict
        waiter: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(identifier, []).append(waiter)
        try:
            return await waiter
        finally:
            if not waiter.done() or waiter.cancelled():
                self._waiting[identifier].remove(waiter)

    # ------------------------------------------------------------------ keeping

    def _keep(self, command: TrackedCommand) -> None:
        verdict_ns = self._now_ns() if command.verdict is not None else None
        self._archive.execute(
            [
                (
                    "UPDATE commands SET attempts = ?, sent_ns = ?, expected_ns = ?, "
                    "late = MAX(late, ?), verdict = ?, verdict_ns = ?, detail = ? "
                    "WHERE identifier = ?",
                    (
                        command.attempts, command.sent_ns, command.expected_ns, int(command.late),
                        command.verdict, verdict_ns, command.detail, command.order.identifier,
                    ),
                )
            ]
        )  # fmt: skip

    def _load(self) -> None:
        """Takes up the commands of an earlier life of the ground."""
        for row in self._archive.rows(
            "SELECT identifier, vehicle, name, arguments, stage, lifetime, bundle, deadline, "
            "issued_ns, attempts, sent_ns, expected_ns, verdict, detail, late FROM commands "
            "ORDER BY number"
        ):
            command = from_row(row)
            self._commands[command.order.identifier] = command
            if command.verdict is None:
                self._open[command.order.identifier] = command
                command.of_another_start = True
                self._take_up(command)

    def _take_up(self, command: TrackedCommand) -> None:
        """What was heard of a command in earlier lives is taken as it was then (`report`)."""
        identifier, heard_ns = command.order.identifier, -1
        for rung, detail, again, heard_ns in self._archive.reports(
            identifier, command.order.target
        ):
            known, reached = command.rung, Rung(rung)
            if known is not None and RANK[reached] < RANK[known]:
                continue
            command.rung, command.detail = reached, detail
            if known is not reached or again:
                command.taken_ns = heard_ns
        command.unanswered = self._archive.attempts_since(identifier, heard_ns)
        command.late = command.late and command.unanswered > 0

    def resume(self) -> None:
        """After a restart of the ground, when the stations have been asked: knows again until when
        vehicles are at work; sends again what had not left; ends what has ended."""
        now = self._now_ns()
        for command in self._open.values():
            if command.taken_ns is not None:
                end_after = self._window(command.order.target).end_after(command.deadline)
                command.end_ns = command.taken_ns + _ns(end_after)
                command.late = command.late and now >= command.end_ns
        bundles: dict[str, list[Command]] = {}
        for command in list(self._open.values()):
            if command.rung in TERMINAL_RUNGS:
                self._end(command, Verdict(str(command.rung)))
            elif command.expected_ns is None and command.of_another_start:
                bundles.setdefault(command.bundle, []).append(command.order)
        for orders in bundles.values():
            self._send(orders)


def _left_long_before(command: TrackedCommand, answered: TrackedCommand) -> bool:
    """By more than an answer takes; of one that was sent twice nobody knows which was answered."""
    if command.sent_ns is None or answered.sent_ns is None or answered.attempts != 1:
        return False
    return answered.sent_ns - command.sent_ns >= _ns(MARGIN)


def _ns(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
