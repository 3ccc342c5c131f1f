"""Flies an operated run that died to where it was, by its record at full speed."""

import contextlib
from math import inf
from pathlib import Path

import msgspec

from flight.configuration.files import ConfigurationError
from flight.runtime.loop import NANOSECONDS
from ground.commands.own_paces import OwnPaces
from ground.commands.paces import checked_pace
from ground.edge.private_files import state_folder, write_private
from ground.edge.standing import GOAL, STANDING, Standing, read_standing
from ground.missions.mission import load_mission
from ground.testbed.operating.control_client import ControlRefused, RunControl
from ground.testbed.record.session import SESSION_FILE, Session, read_session

PATIENCE = 2.0  # wall seconds for an answer of the run, which is asked again then


def forget(folder: Path) -> None:
    """What was kept to fly a run to where it was is of no more use."""
    for name in (SESSION_FILE, GOAL, STANDING):
        (state_folder(folder) / name).unlink(missing_ok=True)


def _check_meant(session: Session, mission: str | None, seed: int | None) -> None:
    head = session.head
    if mission is not None and load_mission(mission).name != head.mission:
        raise ConfigurationError(
            "command line", None, "--demo",
            f"= {mission}: what is to be resumed in {session.file.parent} is {head.mission}",
        )  # fmt: skip
    if seed is not None and seed != head.seed:
        raise ConfigurationError(
            "command line", None, "--seed",
            f"= {seed}: what is to be resumed in {session.file.parent} has the seed {head.seed}",
        )  # fmt: skip


def _finite(pace: float) -> float | None:
    return None if pace == inf else pace


class Resumed:
    """A run on its way to where it was. Its record is kept aside until it is there: the folder's
    own is written anew. It goes on at `pace`, or at the one that it had, to where it was to stand.
    `mission` and `seed`: what it is meant to be, where somebody said so. Raises ConfigurationError
    where there is nothing to resume, and where that is something else."""

    def __init__(
        self, folder: Path, pace: str | None, mission: str | None = None, seed: int | None = None
    ) -> None:
        self._folder = folder
        state = state_folder(folder)
        self._kept, self._goal = state / SESSION_FILE, state / GOAL
        session = self._record()
        _check_meant(session, mission, seed)
        last_ns = session.inputs[-1].time_ns if session.inputs else 0
        goal = read_standing(self._goal) or read_standing(state / STANDING) or Standing(0, 0.0)
        time_ns = max(last_ns, goal.time_ns)
        write_private(self._goal, msgspec.json.encode(Standing(time_ns, goal.pace, goal.until)))
        self._time_ns, self.time = time_ns, time_ns / NANOSECONDS
        self._pace, self._until = goal.pace, goal.until
        if pace is not None:
            self._pace, self._until = _finite(checked_pace(pace)), None
        elif goal.until is not None and goal.until <= self.time:
            self._pace, self._until = 0.0, None  # it is where it was to stand
        self._paces = OwnPaces()
        self._let_go = self._goes_on = False  # told to go on at its pace: surely, perhaps

    @property
    def record(self) -> Path:
        """What it is flown from."""
        return self._kept

    @property
    def words(self) -> list[str]:
        """Of `msr fly`."""
        return ["--from", str(self._kept), "--pace", "0"]

    def arrived(self) -> bool:
        """Whether it is there; lets it go on its way first, and at its pace in the end. Where
        somebody else has set a pace, that holds."""
        if self._let_go:
            return self._is_noted()
        try:
            with RunControl(self._folder, patience=PATIENCE) as control:
                look, before = control.look(), self._paces.count
                if self._paces.are_all(look["paces"]) and not (
                    self._goes_on and self._paces.count > before
                ):
                    if look["time"] < self.time and not self._paces.count:
                        self._paces.set(control, None, self.time)
                        return False
                    if look["pace"] != 0.0:
                        return False  # on its way: where that ends, it stands
                    self._goes_on = True
                    self._paces.set(control, self._pace, self._until)
        except ControlRefused:
            return False
        self._let_go = True
        return self._is_noted()

    def _is_noted(self) -> bool:
        """Whether the edge has noted that it is there: until then it may die again."""
        state = state_folder(self._folder)
        noted = read_standing(state / STANDING)
        if noted is None or noted.time_ns < self._time_ns:
            return False
        for name in (SESSION_FILE, GOAL):
            (state / name).unlink(missing_ok=True)
        return True

    def _record(self) -> Session:
        """The longer of the folder's record and one that an earlier return did not use up."""
        found: list[Session] = []
        for place in (self._folder, self._kept):
            with contextlib.suppress(ConfigurationError):
                found.append(read_session(place))
        if not found:
            return read_session(self._folder)  # refused, with the sentence
        longest = max(found, key=lambda session: len(session.inputs))
        if longest.file != self._kept:
            write_private(self._kept, longest.file.read_bytes())
        return longest
