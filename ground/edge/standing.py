"""Where a run stood last: kept beside its sessions, so that one that dies can be flown to there."""

import time
from pathlib import Path

import msgspec

from ground.edge.private_files import write_private

STANDING = "standing.json"
GOAL = "resuming.json"  # to where a run is on its way that died
NOTED = 1.0  # wall seconds between notes


class Standing(msgspec.Struct, frozen=True):
    """Mission time in ns, and the pace (None: as fast as it goes)."""

    time_ns: int
    pace: float | None


def read_standing(file: Path) -> Standing | None:
    """What a file says; None where there is none."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Standing)
    except (OSError, msgspec.MsgspecError):
        return None


class StandingFile:
    """Writes it now and then."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / STANDING
        self._last: Standing | None = None
        self._noted = 0.0

    def note(self, time_ns: int, pace: float | None) -> None:
        """It stands there now."""
        standing = Standing(time_ns, pace)
        if standing != self._last and time.monotonic() - self._noted >= NOTED:
            self._noted = time.monotonic()
            self._last = standing
            write_private(self._file, msgspec.json.encode(standing))
