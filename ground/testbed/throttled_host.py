"""A run in virtual time that is held back to a pace, and can be operated from outside."""

import asyncio
from dataclasses import dataclass, field
from math import inf
from types import TracebackType
from typing import Self

from flight.configuration.files import ConfigurationError
from flight.runtime.throttled_loop import Descriptors, Input, ThrottledLoop
from ground.missions.mission import LoadedMission
from ground.testbed.control_room import make_dictionary
from ground.testbed.evidence import configuration_hashes
from ground.testbed.host import Happenings, Setting
from ground.testbed.inputs import check_input, read_input
from ground.testbed.run_control import CONTROL_FILE, ControlServer
from ground.testbed.session import (
    FORMAT,
    SESSION_FILE,
    Session,
    SessionHead,
    SessionWriter,
)
from ground.testbed.virtual_host import Virtual, VirtualHost
from sim_hw.faults.reading import plain_fault


@dataclass(frozen=True)
class Throttled(Virtual):
    """Virtual time, so many mission seconds in a wall second (`pace`; inf: as fast as it goes).

    With `serve` it can be spoken to while it flies (`run_control`). What is put into it is
    recorded; `session` is the record of an earlier run, whose inputs come again at their instants.
    Same record, same bits: pace, pauses and looks change nothing.
    """

    pace: float = inf
    serve: bool = True
    session: Session | None = None
    outside: Descriptors = field(default_factory=Descriptors, compare=False)

    @property
    def name(self) -> str:
        """As evidence and errors call it."""
        return "throttled"

    def check(self, mission: LoadedMission) -> None:
        """Refuses a record of another mission, or of other files."""
        if self.session is None:
            return
        head = self.session.head
        if head.mission != mission.name:
            raise _refused(self.session, f"mission = {head.mission}: {mission.name} is to be flown")
        now = configuration_hashes(mission)
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
        return ThrottledLoop(
            self.outside,
            rate=self.pace,
            inputs=() if self.session is None else self.session.inputs,
            shuffle=self.order(),
        )


class ThrottledHost(VirtualHost):
    """All participants on one loop that is held back, with a record of what comes from outside."""

    def __init__(self, setting: Setting, happenings: Happenings, kind: Throttled) -> None:
        super().__init__(
            setting, happenings, kind.loop, log_messages=kind.log_messages, in_memory=kind.in_memory
        )
        self._kind = kind
        self.durable = kind.serve and not kind.in_memory  # what people did is not flown anew
        self._server: ControlServer | None = None
        self._session: SessionWriter

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ThrottledLoop)
        setting = self._setting
        folder = setting.folder.path
        self._session = SessionWriter(
            folder / SESSION_FILE,
            SessionHead(
                FORMAT,
                setting.mission.name,
                setting.seed,
                self._kind.shuffle,
                configuration_hashes(setting.mission),
                tuple(plain_fault(fault) for fault in setting.faults),
            ),
        )
        loop.record = self._session.admitted
        loop.admit = self._admit
        if self._kind.serve:
            dictionary = make_dictionary()
            self._server = ControlServer(
                loop,
                self._kind.outside,
                lambda given: check_input(given, setting.mission, dictionary),
                folder / CONTROL_FILE,
            )
        return self

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

    def _admit(self, taken: Input) -> None:
        self._happenings.admitted(read_input(taken.data))


def _refused(session: Session, problem: str) -> ConfigurationError:
    return ConfigurationError(str(session.file), None, "record", problem)
