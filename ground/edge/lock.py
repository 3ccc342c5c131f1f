"""One edge serves a run folder: it holds a lock as long as it lives."""

import fcntl
import os
from pathlib import Path

from flight.configuration.files import ConfigurationError
from ground.edge.private_files import state_folder

LOCK = "lock"


def take_lock(state: Path) -> int:
    """The lock of an edge's state folder; raises ConfigurationError where another one has it."""
    descriptor = os.open(state / LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ConfigurationError(
            str(state), None, "", "mission control of this run folder is served already"
        ) from None
    return descriptor


def is_served(run_folder: Path) -> bool:
    """Whether somebody serves a run folder."""
    try:
        os.close(take_lock(state_folder(run_folder)))
    except ConfigurationError:
        return True
    return False
