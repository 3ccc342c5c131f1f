"""A demo whose console was killed: its processes end with that, in order, and what was asked of it
is in its record. Who begins a demo in the same folder is told, before that is gone."""

import fcntl
import os
import time
from pathlib import Path

from flight.configuration.files import ConfigurationError
from flight.configuration.held_locks import is_held
from flight.runtime.loop import NANOSECONDS
from ground.edge.lock import is_served
from ground.edge.private_files import state_folder
from ground.edge.standing import GOAL, STANDING, read_standing
from ground.missions.run_folder import has_ended, holder_of, is_under_way
from ground.testbed.record.session import SESSION_FILE

CONSOLE = "console.lock"
ENDS = 15.0  # wall seconds that the processes of a console that was killed have to end
LOOK = 0.05


class Watch:
    """That a console sees to the run of a folder. What it keeps is locked as long as the console
    lives, and gone when it has ended in order: else it was killed. Raises ConfigurationError where
    another one does."""

    def __init__(self, folder: Path) -> None:
        self._file = state_folder(folder) / CONSOLE
        self._lock = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # it has begun since this one looked
            os.close(self._lock)
            problem = "another console has just begun here; another --out is for another run"
            raise ConfigurationError(str(folder), None, "--out", problem) from None

    def end(self) -> None:
        """It ends in order."""
        self._file.unlink(missing_ok=True)
        os.close(self._lock)


def was_killed(folder: Path) -> bool:
    """Whether the console that saw to the run of a folder last was killed."""
    try:
        lock = os.open(state_folder(folder) / CONSOLE, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return False
    return not is_held(lock)


def await_its_end(folder: Path) -> None:
    """Waits until the processes of a console that was killed have ended. Raises
    ConfigurationError where one does not, as one that is stopped."""
    end = time.monotonic() + ENDS
    while (under_way := is_under_way(folder)) or is_served(folder):
        if time.monotonic() > end:
            who = holder_of(folder) if under_way else 0
            raise ConfigurationError(
                str(folder), None, "--out",
                "the console of this demo was killed, and a process of it does not end"
                + (f": {who}, which `kill -9 {who}` ends" if who else ""),
            )  # fmt: skip
        time.sleep(LOOK)


def can_be_resumed(folder: Path) -> bool:
    """Whether there is a record of a run that has not come to its own end."""
    kept = state_folder(folder) / SESSION_FILE
    return kept.exists() or ((folder / SESSION_FILE).exists() and has_ended(folder) is False)


def how_far(folder: Path) -> str:
    """How far it had come, in words; empty where nobody has noted that."""
    state = state_folder(folder)
    last = read_standing(state / GOAL) or read_standing(state / STANDING)
    return "" if last is None else f", {last.time_ns / NANOSECONDS / 3600.0:.1f} h on"
