"""Who asks mission control in a process of its own: the control socket of a run over processes.

It lies where it lay before a death, so that whoever asks finds the next life there. Requests act at
once, at the instant at which all participants are. They are not recorded: over processes nothing is
flown again bit for bit.
"""

import os
import selectors
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from flight.runtime.common_loop import CommonLoop
from ground.api.entries import Answer
from ground.api.operators import load_operators
from ground.mission_control import Asked, MissionControl, Service
from ground.missions.mission import LoadedMission
from ground.testbed.control_room.about import about_run
from ground.testbed.operating.asking import Asking
from ground.testbed.operating.run_control import CONTROL_FILE, ControlServer
from ground.testbed.operating.sending import order
from ground.testbed.processes.process import Specification
from ground.testbed.record.inputs import (
    CommandInput,
    InputRefused,
    KillInput,
    RequestInput,
    RunInput,
    change_of,
    check_input,
    read_input,
)

BROKE = 70  # exit code


@dataclass(frozen=True)
class FixedPace:
    """As it was given at the start."""

    rate: float
    until_ns: int | None = None


class CommonRun:
    """The loop of this process, and whoever speaks to it, as the control socket wants them."""

    def __init__(self, loop: CommonLoop, rate: float, admit: Callable[[Any], None]) -> None:
        self._loop = loop
        self._admit = admit
        self._callbacks: dict[int, Callable[[], None]] = {}
        self.admitted = 0
        self.pace = FixedPace(rate)

    @property
    def outside(self) -> "CommonRun":
        """This."""
        return self

    def time(self) -> float:
        """Mission time in s."""
        return self._loop.time()

    def time_ns(self) -> int:
        """Mission time."""
        return self._loop.time_ns()

    def set_pace(self, rate: float, until_ns: int | None = None) -> None:
        """Raises ValueError."""
        raise ValueError("over processes the pace is given at the start, by --rate, and stays")

    def put(self, data: Any) -> None:
        """Does it now."""
        self.admitted += 1
        self._admit(data)

    def add(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Has `callback` called when a descriptor can be read."""
        self._callbacks[descriptor] = callback
        self._loop.add_reader(descriptor, callback)

    def remove(self, descriptor: int) -> None:
        """Ends that."""
        del self._callbacks[descriptor]
        self._loop.remove_reader(descriptor)

    def now(self) -> float:
        """Wall seconds, that never go back."""
        return time.monotonic()

    def serve(self, seconds: float) -> None:
        """Waits for the descriptors, so many wall seconds at most."""
        with selectors.DefaultSelector() as selector:
            for descriptor in self._callbacks:
                selector.register(descriptor, selectors.EVENT_READ)
            for key, _ in selector.select(max(0.0, seconds)):
                self._callbacks[key.fd]()


class GroundDoor:
    """The service of one life of mission control, and its socket. To be made on the running
    loop."""

    def __init__(
        self,
        control: MissionControl,
        mission: LoadedMission,
        given: Specification,
        loop: CommonLoop,
    ) -> None:
        operators = load_operators(given.operators)
        about = about_run(
            mission, given.seed, "processes", deterministic=False,
            condition_sols=operators.times.condition_sols,
        )  # fmt: skip
        self._control = control
        self._mission = mission
        self._service = Service(control, about)
        run = CommonRun(loop, inf if given.rate is None else given.rate, self._admit)
        asking = Asking(run, operators, lambda: self._service)
        announce, sockets = Path(given.folder) / CONTROL_FILE, Path(given.sockets)
        self._server = ControlServer(run, run, self._check, announce, asking, sockets)

    def close(self, verdict: str = "ended") -> None:
        """Mission control ends in order; whoever has just looked is told how."""
        self._server.last_words(verdict)
        self._server.close()
        self._service.close()

    def _check(self, given: RunInput) -> None:
        if isinstance(given, KillInput):
            raise InputRefused("over processes who dies is given at the start, by --kill")
        check_input(given, self._mission, self._control.dictionary)

    def _admit(self, plain: Any) -> None:
        given = read_input(plain)
        if isinstance(given, RequestInput):
            self._server.asking.acted(given, self._do(given))
        elif isinstance(given, CommandInput):
            order(self._control, given)

    def _do(self, given: RequestInput) -> Answer:
        asked = Asked(given.user, given.session, given.roles, given.key)
        try:
            return self._service.change(asked, change_of(given))
        except Exception as error:  # whatever it is: what is in memory is not to be trusted
            traceback.print_exc()
            answer = Answer(False, refused=f"mission control broke over this request: {error!r}")
            self._server.asking.acted(given, answer)
            self._server.close()
            sys.stderr.flush()
            os._exit(BROKE)  # it goes on from its archive
