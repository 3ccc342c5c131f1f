"""Makes ready what a branch of a run begins with: the record up to an instant, and where to fly."""

import contextlib
from pathlib import Path

import msgspec

from flight.configuration.files import ConfigurationError
from ground.edge.private_files import read_private, state_folder, write_private
from ground.edge.standing import GOAL, STANDING, Standing
from ground.testbed.record.branching import branch_of, free_folder, lines_of
from ground.testbed.record.session import SESSION_FILE, read_session

SESSIONS = "sessions.json"


def prepare(run: Path, out: Path, at: str) -> None:
    """Has a run in `out` begin as `run` did and stand at an instant of it: a checkpoint, or seconds
    of mission time. Raises ConfigurationError; where it is not for want of room, nothing is
    written then."""
    session = branch_of(read_session(run), at)
    free_folder(out)
    parent = session.head.parent
    assert parent is not None
    state = state_folder(out)
    try:
        (state / STANDING).unlink(missing_ok=True)
        write_private(state / SESSION_FILE, b"".join(lines_of(session)))
        write_private(state / GOAL, msgspec.json.encode(Standing(parent.time_ns, 0.0)))
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigurationError(str(state), None, "", f"cannot be used: {why}") from error


def hand_over_sessions(run: Path, out: Path) -> None:
    """Who is logged in at the one run is at the other; where that cannot be, they log in again."""
    with contextlib.suppress(OSError, ConfigurationError):
        data = read_private(state_folder(run) / SESSIONS)
        if data is not None:
            write_private(state_folder(out) / SESSIONS, data)
