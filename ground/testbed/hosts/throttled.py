"""A run in virtual time that is held back to a pace, and can be operated from outside."""

import asyncio
import traceback
from dataclasses import dataclass, field
from math import inf
from types import TracebackType
from typing import Any, Self

import msgspec

from flight.configuration.files import ConfigurationError
from flight.icd.codec import pack
from flight.runtime.loop import NANOSECONDS
from flight.runtime.participants import working_as
from flight.runtime.throttled_loop import Descriptors, Input, ThrottledLoop
from ground.api.entries import Answer
from ground.api.operators import load_operators
from ground.mission_control import Asked, Outcome, Service
from ground.missions.mission import LoadedMission
from ground.testbed.computers.deaths import Death
from ground.testbed.control_room.about import about_run
from ground.testbed.control_room.control_room import make_dictionary
from ground.testbed.evidence.evidence import configuration_hashes
from ground.testbed.host import GROUND, Boot, Happenings, Setting
from ground.testbed.hosts.virtual import Virtual, VirtualHost
from ground.testbed.operating.asking import DOWN, Asking
from ground.testbed.operating.pace_goal import PaceGoal
from ground.testbed.operating.run_control import CONTROL_FILE, ControlServer, Order
from ground.testbed.record.branching import is_checkpoint
from ground.testbed.record.inputs import (
    BenchInput,
    InputRefused,
    RequestInput,
    change_of,
    check_input,
    read_input,
)
from ground.testbed.record.session import (
    FORMAT,
    Parent,
    Session,
    SessionHead,
    SessionWriter,
)
from sim_hw.faults.reading import plain_fault

AFTER = 1e-3  # s of mission time behind the last input of a torn record


@dataclass(frozen=True)
class Throttled(Virtual):
    """Virtual time, so many mission seconds in a wall second (`pace`; inf: as fast as it goes).

    With `serve` it can be spoken to while it flies (`run_control`). What is put into it is
    recorded; `session` is the record of an earlier run, whose inputs come again at their instants.
    `ahead_ns`: mission time up to which it flies as fast as it goes, before its pace holds it;
    until then nobody changes anything. `operators`: the file of those who may ask mission control
    for something.
    Same record, same bits: pace, pauses and looks change nothing.
    """

    pace: float = inf
    serve: bool = True
    session: Session | None = None
    operators: str = "demo"
    ahead_ns: int = 0
    outside: Descriptors = field(default_factory=Descriptors, compare=False)

    @property
    def name(self) -> str:
        """As evidence and errors call it."""
        return "throttled"

    @property
    def is_flown_once(self) -> bool:
        """Whether what happens in it does not come again: people act, or real devices."""
        return self.serve

    @property
    def bench_name(self) -> str:
        """The file of the bench that devices are real on, for the record; "" without."""
        return ""

    @property
    def condition_sols(self) -> float:
        """For which a command waits for its condition where nobody says until when: by the
        operators' file, and where a record is flown again by that."""
        if self.session is not None:
            return self.session.head.condition_sols
        return load_operators(self.operators).times.condition_sols

    def configuration(self, mission: LoadedMission) -> dict[str, str]:
        """SHA-256 of each file that the run may read."""
        return dict(configuration_hashes(mission))

    def check(self, mission: LoadedMission) -> None:
        """Refuses a record of another mission, or of other files, and a file of no operators."""
        load_operators(self.operators)
        if self.session is None:
            return
        head = self.session.head
        if head.mission != mission.name:
            raise _refused(self.session, f"mission = {head.mission}: {mission.name} is to be flown")
        now = self.configuration(mission)
        names = sorted({*now, *head.configuration})
        changed = [name for name in names if now.get(name) != head.configuration.get(name)]
        if changed:
            raise _refused(
                self.session,
                f"these files have changed since it was recorded: {', '.join(changed[:5])}",
            )
        dictionary = make_dictionary()
        for each in self.session.inputs:
            try:
                check_input(read_input(each.data), mission, dictionary)
            except ValueError as error:
                raise _refused(self.session, f"input {each.order}: {error}") from error

    def open(self, setting: Setting, happenings: Happenings) -> "ThrottledHost":
        """The host of one run."""
        return ThrottledHost(setting, happenings, self)

    def loop(self) -> ThrottledLoop:
        """A loop that jumps through time no faster than the pace."""
        loop = ThrottledLoop(
            self.outside,
            rate=self.pace,
            inputs=() if self.session is None else self.session.inputs,
            shuffle=self.order(),
        )
        if self.ahead_ns:
            loop.pace.set(inf, 0, self.ahead_ns, then=self.pace)
        return loop

    @property
    def parent(self) -> Parent | None:
        """What the run branches off from."""
        return None if self.session is None else self.session.head.parent


class ThrottledHost(VirtualHost):
    """All participants on one loop that is held back, with a record of what comes from outside."""

    def __init__(self, setting: Setting, happenings: Happenings, kind: Throttled) -> None:
        super().__init__(
            setting, happenings, kind.loop, log_messages=kind.log_messages,
            in_memory=kind.in_memory,
            durable=kind.is_flown_once and not kind.in_memory,
        )  # fmt: skip
        self._kind = kind
        self._server: ControlServer | None = None
        self._goal: PaceGoal | None = None
        self.service: Service | None = None
        """Of mission control; None while that is down."""
        self._session: SessionWriter
        self._held_loop: ThrottledLoop

    async def __aenter__(self) -> Self:
        self._condition_sols = self._kind.condition_sols  # once: a file can be edited meanwhile
        await super().__aenter__()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ThrottledLoop)
        self._held_loop = loop
        setting = self._setting
        self._session = SessionWriter(
            setting.folder,
            SessionHead(
                FORMAT,
                setting.mission.name,
                setting.seed,
                self._kind.shuffle,
                self._kind.configuration(setting.mission),
                tuple(plain_fault(fault) for fault in setting.faults),
                self._kind.bench_name,
                self._kind.parent,
                self._condition_sols,
            ),
        )
        loop.record = self._session.admitted
        loop.admit = self._admit
        torn = None if self._kind.session is None else self._kind.session.torn
        if torn is not None:
            at = torn.time_ns / NANOSECONDS + AFTER
            loop.call_at(max(at, loop.time()), self._end_torn, torn.words)
        if self._kind.serve:
            self._serve(self._kind.outside)
        return self

    def _serve(self, outside: Descriptors) -> None:
        """From now on it can be spoken to."""
        mission, dictionary = self._setting.mission, make_dictionary()
        self._server = ControlServer(
            self._held_loop,
            outside,
            lambda given: check_input(given, mission, dictionary),
            self._setting.folder.path / CONTROL_FILE,
            Asking(self._held_loop, load_operators(self._kind.operators), lambda: self.service),
            held=self,
        )
        self._goal = PaceGoal(lambda: self.service, lambda: self.pace_asked(0.0, None))
        self._server.goal = self._goal
        self._server.asking.why_not = self._why_not
        if self.service is not None:
            self.service.desk.journal.on_entry = self._goal.hear

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        self._session.close()
        await super().__aexit__(kind, error, trace)

    def _end_torn(self, words: str) -> None:
        """Here the record ends: what is flown on from here would be another run."""
        self._happenings.procedure_ended(Outcome("unknown", words, []))

    def _ground_ended(self, outcome: Outcome) -> None:
        """Also one that ends before that has not heard all that there was."""
        torn = None if self._kind.session is None else self._kind.session.torn
        if torn is not None:
            outcome = Outcome("unknown", torn.words, outcome.phases, outcome.recoveries)
        super()._ground_ended(outcome)

    # ------------------------------------------------------------- the service

    def _begin_ground(self, boot: Boot) -> None:
        super()._begin_ground(boot)
        assert self.control is not None
        about = about_run(
            self._setting.mission, self._setting.seed, self._kind.name,
            condition_sols=self._condition_sols,
        )  # fmt: skip
        if self._kind.parent is not None:
            parent = msgspec.to_builtins(self._kind.parent)
            about = msgspec.structs.replace(about, branch_of=parent)
        self.service = Service(self.control, about, self._happenings.simulation)
        if self._goal is not None:
            self.service.desk.journal.on_entry = self._goal.hear

    @property
    def held_loop(self) -> ThrottledLoop:
        """The loop that is held back."""
        return self._held_loop

    def stand_here(self) -> None:
        """The run stands now, where somebody is there to let it go on; not on a way to an instant,
        nor where its inputs come again."""
        loop = self._held_loop
        if self._server is not None and loop.pace.until_ns is None and not loop.left_to_admit:
            self.pace_asked(0.0, None)

    def _why_not(self) -> str:
        """Why nothing may be changed now: it would be in the past of what is flown again."""
        if self._held_loop.time_ns() < self._kind.ahead_ns:
            return "the run flies again to where it branches off: nothing is changed before that"
        return ""

    def pace_asked(self, rate: float, until_ns: int | None) -> None:
        """A person sets the pace; raises ValueError."""
        self._held_loop.set_pace(rate, until_ns)

    def bench_told(self) -> dict[str, Any] | None:
        """Nothing is real."""
        return None

    def ordered(self, asked: Order) -> None:
        """Refuses it: there is no bench."""
        raise InputRefused("nothing is real in this run: fly one with `msr fly --bench`")

    async def kill(self, role: str) -> None:
        """Ends a computer that runs as a power cut does."""
        if role == GROUND:
            self._end_service()
        await super().kill(role)

    async def end_ground(self) -> None:
        """Ends mission control in order; it leaves its records."""
        if self._server is not None and self.control is not None:
            self._server.last_words(self.control.runner.cursor.ended or "ended")
        self._end_service()
        await super().end_ground()

    def _end_service(self) -> None:
        if self.service is not None:
            self.service.close()
            self.service = None

    def _admit(self, taken: Input) -> None:
        given = read_input(taken.data)
        if isinstance(given, BenchInput):
            raise RuntimeError("a bench has told something to a run that has none")
        if not isinstance(given, RequestInput):
            self._happenings.admitted(given)
            return
        with working_as(GROUND):
            answer = self._do(given)
        told = {"request": taken.data, "answer": msgspec.to_builtins(answer)}
        self.rig.log.add(taken.time_ns, b"request", pack(told))
        if not answer.ok and is_checkpoint(taken.data):
            self._session.refused(taken.order)
        if self._server is not None:
            self._server.asking.acted(given, answer)

    def _do(self, given: RequestInput) -> Answer:
        if self.service is None or not self.runs(GROUND):
            return Answer(False, refused=DOWN)
        asked = Asked(given.user, given.session, given.roles, given.key)
        try:
            return self.service.change(asked, change_of(given))
        except Exception as error:  # whatever it is: what is in memory is not to be trusted
            self.nursery.start(self._die(traceback.format_exc()), name="mission control dies")
            return Answer(False, refused=f"mission control broke over this request: {error!r}")

    async def _die(self, how: str) -> None:
        """Mission control ends as a process does that breaks; it goes on from its archive."""
        await self.kill(GROUND)
        self._happenings.died(GROUND, Death(how))


def _refused(session: Session, problem: str) -> ConfigurationError:
    return ConfigurationError(str(session.file), None, "record", problem)
