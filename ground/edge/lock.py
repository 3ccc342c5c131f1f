"""One edge serves a run folder: it holds a lock as long as it lives."""

import fcntl
import os
from pathlib import Path

from flight.configuration.files import ConfigurationError
from ground.edge.private_files import state_folder

LOCK = "lock"


def _taken(state: Path) -> int | None:
    """The lock; None where another one has it. Raises ConfigurationError where there can be none:
    that is no sign of another one."""
    try:
        descriptor = os.open(state / LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        problem = f"cannot be used: {error.strerror}; XDG_STATE_HOME names another place for it"
        raise ConfigurationError(str(state), None, "", problem) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def take_lock(state: Path) -> int:
    """The lock of an edge's state folder; raises ConfigurationError where another one has it."""
    descriptor = _taken(state)
    if descriptor is None:
        raise ConfigurationError(
            str(state), None, "", "mission control of this run folder is served already"
        )
    return descriptor


def is_served(run_folder: Path) -> bool:
    """Whether somebody serves a run folder; raises ConfigurationError where nobody can."""
    descriptor = _taken(state_folder(run_folder))
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
