"""The line of those who wait for devices that somebody holds: first come, first served.

Each has a place in the folder of the locks, a file with a number. A place ends with its process;
who is in nobody's line waits behind all who are.
"""

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from flight.configuration.outside_files import UNDECODABLE
from flight.configuration.whole_files import replace_file
from ground.testbed.bench.processes import start_of

PLACES = "*.place"


class Place(msgspec.Struct, frozen=True):
    """In the line for `keys`: `who` waits, by a process."""

    number: int
    keys: tuple[str, ...]
    who: str
    pid: int
    started: int

    @property
    def is_left(self) -> bool:
        """Whether its process has ended."""
        return start_of(self.pid) != (self.started or -1)

    def words(self) -> str:
        """Who waits, as refusals say it."""
        return f"{self.who} (process {self.pid}) waits for {', '.join(self.keys)}, and came first"


class WaitingLine:
    """All places of a folder. What changes it is done under the lock of that folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def places(self) -> Iterator[Place]:
        """Those of the living, the first first; what the dead have left is removed."""
        found = []
        for file in self._folder.glob(PLACES):
            try:
                place = msgspec.json.decode(file.read_bytes(), type=Place)
            except (OSError, *UNDECODABLE):
                continue  # it has just been left, or a death has torn it
            if place.is_left:
                file.unlink(missing_ok=True)
            else:
                found.append(place)
        yield from sorted(found, key=lambda each: each.number)

    def ahead(self, keys: Collection[str], mine: Place | None) -> Place | None:
        """Who waits for one of the keys and came before; None: nobody."""
        for place in self.places():
            if mine is not None and place.number >= mine.number:
                return None
            if set(keys) & set(place.keys):
                return place
        return None

    def enter(self, keys: Collection[str], who: str, pid: int) -> Place:
        """A place behind all others."""
        number = max((each.number for each in self.places()), default=0) + 1
        place = Place(number, tuple(keys), who, pid, start_of(pid))
        replace_file(self._file(place), msgspec.json.encode(place))
        return place

    def leave(self, place: Place) -> None:
        """It is nobody's any more."""
        with contextlib.suppress(OSError):
            self._file(place).unlink()

    def _file(self, place: Place) -> Path:
        return self._folder / f"{place.number:08d}-{place.pid}.place"
