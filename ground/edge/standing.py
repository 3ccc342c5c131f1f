"""Where a run stood last: kept beside its sessions, so that one that dies can be flown to there."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from flight.configuration.outside_files import UNDECODABLE
from ground.edge.private_files import keep_private

STANDING = "standing.json"
GOAL = "resuming.json"  # to where a run is on its way that died
NOTED = 1.0  # wall seconds between notes while it flies on at one pace


class Standing(msgspec.Struct, frozen=True):
    """Mission time in ns, the pace (None: as fast as it goes), and the mission time in s at which
    it is to stand (None: at none)."""

    time_ns: int
    pace: float | None
    until: float | None = None


def read_standing(file: Path) -> Standing | None:
    """What a file says; None where there is none."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Standing)
    except (OSError, *UNDECODABLE):
        return None


class StandingFile:
    """Writes it: each second, and at once where somebody has set it going or it stands."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._file, self._now = folder / STANDING, now
        self._last: Standing | None = None
        self._noted = 0.0

    def note(self, standing: Standing) -> None:
        """It stands there now, or flies on from there."""
        if standing == self._last:
            return
        last = self._last
        asked = last is None or (standing.pace, standing.until) != (last.pace, last.until)
        if asked or standing.pace == 0.0 or self._now() - self._noted >= NOTED:
            self._noted = self._now()
            # One that cannot be kept is tried again with the next.
            kept = keep_private(self._file, msgspec.json.encode(standing))
            self._last = standing if kept else None
